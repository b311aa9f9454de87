/*
 * Statistics of a metric's datapoints, by CloudWatch's names.
 */
#pragma once

#include "base/slice.h"
#include <stdbool.h>

struct metric_datapoint;

enum metric_statistic {
	STATISTIC_SAMPLE_COUNT,
	STATISTIC_AVERAGE,
	STATISTIC_SUM,
	STATISTIC_MINIMUM,
	STATISTIC_MAXIMUM,
	STATISTIC_COUNT
};

extern const char *const metric_statistic_names[]; /* NULL-terminated */

/* Of that name, or STATISTIC_COUNT. */
enum metric_statistic metric_statistic_find(struct slice name);
double metric_statistic_value(
	const struct metric_datapoint *datapoint, enum metric_statistic statistic);
/* "p99.9": false when the name is none of a percentile from p0 to p100. */
bool metric_percentile_parse(struct slice name, double *ret);
