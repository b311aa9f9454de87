/*
 * Time series: named rows of records, one a minute at most.
 *
 *	DATA/metrics.db	'N' name -> u64 marks: what was ever in a record of the
 *				series, by bits that their owner gives meaning to
 *			'R' name u32 minute -> a record
 *
 * Names are any bytes, of at most SERIES_NAME_MAX. A minute counts from 1970 on.
 *
 * Invariants:
 * 1. A series with a record has its name's entry; the last record that is trimmed
 *    takes it along.
 * 2. What comes for a minute that has a record is merged with it, in one
 *    transaction, never put in its place: nothing is lost or counted twice when
 *    a process goes on with a minute that another one began.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "store/store.h"
#include <stdint.h>

#define SERIES_NAME_MAX 2048

struct series_point {
	struct slice name;
	uint32_t minute;
	struct slice record;
	uint64_t marks;
};

/* Appends what two records of one minute make together. */
typedef void series_merger(struct slice old, struct slice add, struct buf *ret);

/* Writes points, all or none. They survive a crash of the process. */
int series_merge(struct store *store, const struct series_point *points, size_t count,
	series_merger *merge, struct error *err) NODISCARD;

struct series_record {
	uint32_t minute;
	struct slice record;
};

/* The first records of the minutes in [from, until), in order of time, in the
 * arena: as many as are read at a time. None are left when there are none. */
int series_read(struct store *store, struct slice name, uint32_t from, uint32_t until,
	struct arena *arena, struct series_record **ret, size_t *ret_count,
	struct error *err) NODISCARD;

struct series_name {
	struct slice name;
	uint64_t marks;
};

/* The series with a record of that minute or a later one, in byte order of their
 * names, in the arena. */
int series_list(struct store *store, uint32_t since, struct arena *arena, struct series_name **ret,
	size_t *ret_count, struct error *err) NODISCARD;

/* Removes the records of minutes before that one, a few at a time. */
int series_trim(struct store *store, uint32_t before, struct error *err) NODISCARD;
