/* Which series a question of `dynamount metrics` is about, and their values. */
#pragma once

#include "chart.h"
#include "client.h"

struct metrics_question {
	struct slice table, index, operation; /* absent: not said */
	const char *const *names; /* of metrics */
	size_t name_count; /* 0: not said */
	const char *statistic; /* "Sum", "p99"; NULL: what tells most of a metric */
	int64_t start_ns, end_ns, period_ns;
};

struct metrics_series {
	struct chart chart;
	struct slice namespace;
	struct request_list dimensions; /* struct dimension_facts */
	struct slice label; /* its dimensions that were not said: "GetItem" */
};

/* ERROR_VALIDATION for names that are none, with those that are like them. */
int metrics_check_name(const char *name, struct error *err) NODISCARD;
int metrics_check_statistic(const char *name, struct error *err) NODISCARD;

/* The series there are of what was said, in the arena: those of the metrics that
 * were named, which are about no more than another one is; without names those
 * which are about just that. */
int metrics_find(struct client *client, const struct metrics_question *question,
	struct arena *arena, struct metrics_series **ret, size_t *ret_count,
	struct error *err) NODISCARD;
/* Reads the values of one of them into its chart. */
int metrics_read(struct client *client, const struct metrics_question *question,
	struct arena *arena, struct metrics_series *series, struct error *err) NODISCARD;
