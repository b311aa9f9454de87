/*
 * Sets of series: what came for each of them in some time.
 *
 * The series of the same dimensions are a group: they are found, written and
 * read together. A group's name is its scope and then the value of each of its
 * dimensions, ended by NUL; a value with a NUL in it is one of no series.
 */
#pragma once

#include "monitor/metrics.h"

/* What a set has room for, lest a process with very many tables and indexes grow
 * by them without end. What is beyond is not counted. */
#define METRIC_GROUPS_MAX 16384

struct metric_group {
	uint64_t hash;
	struct slice name;
	bool written;
	struct histogram *metrics[METRIC_COUNT]; /* NULL: nothing came */
};

struct metric_set {
	struct metric_group **slots; /* a hash table */
	size_t capacity, count;
};

/* Appends the name of the group of such dimensions. */
void metric_group_append_name(struct buf *buf, const struct slice dimensions[DIMENSION_COUNT]);
/* The dimensions of a name, which borrow from it: false when it is none. */
bool metric_group_read_name(struct slice name, struct slice dimensions[DIMENSION_COUNT]);

void metric_set_release(struct metric_set *set);
/* The group of that name, made if need be; NULL when there is no room. */
struct metric_group *metric_set_add(struct metric_set *set, struct slice name);
/* The group of that name, or NULL. */
struct metric_group *metric_set_find(const struct metric_set *set, struct slice name);
void metric_set_merge(struct metric_set *set, const struct metric_set *other);

/* What came for a metric, made if need be. */
struct histogram *metric_group_add(struct metric_group *group, enum metric_id metric);

/* The bits of the metrics' codes of which something came. */
uint64_t metric_group_marks(const struct metric_group *group);
/* A group's record. */
void metric_group_encode(const struct metric_group *group, struct buf *buf);
/* Adds the record to a group. What does not decode is left out: false. */
bool metric_group_decode(struct slice record, struct metric_group *group);
/* Adds what a record has of one metric: false when it does not decode. */
bool metric_record_read(struct slice record, enum metric_id metric, struct histogram *ret);
/* A series_merger of such records. */
void metric_record_merge(struct slice old, struct slice add, struct buf *ret);
