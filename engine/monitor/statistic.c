#include "monitor/statistic.h"

#include "monitor/metrics.h"

const char *const metric_statistic_names[] = {
	[STATISTIC_SAMPLE_COUNT] = "SampleCount",
	[STATISTIC_AVERAGE] = "Average",
	[STATISTIC_SUM] = "Sum",
	[STATISTIC_MINIMUM] = "Minimum",
	[STATISTIC_MAXIMUM] = "Maximum",
	NULL,
};

/* Where a datapoint has the value of each. */
static const size_t places[STATISTIC_COUNT] = {
	[STATISTIC_SAMPLE_COUNT] = offsetof(struct metric_datapoint, sample_count),
	[STATISTIC_AVERAGE] = offsetof(struct metric_datapoint, average),
	[STATISTIC_SUM] = offsetof(struct metric_datapoint, sum),
	[STATISTIC_MINIMUM] = offsetof(struct metric_datapoint, minimum),
	[STATISTIC_MAXIMUM] = offsetof(struct metric_datapoint, maximum),
};

enum metric_statistic metric_statistic_find(struct slice name)
{
	unsigned i = 0;

	while (i < STATISTIC_COUNT && !slice_equal_string(name, metric_statistic_names[i]))
		i++;
	return (enum metric_statistic)i;
}

double metric_statistic_value(
	const struct metric_datapoint *datapoint, enum metric_statistic statistic)
{
	return *(const double *)(const void *)((const char *)datapoint + places[statistic]);
}

bool metric_percentile_parse(struct slice name, double *ret)
{
	size_t digits = 0, points = 0;
	double percent = 0, unit = 1;

	if (name.len < 2 || name.len > 16 || name.data[0] != 'p')
		return false;
	for (size_t i = 1; i < name.len; i++) {
		char c = name.data[i];

		if (c == '.' && digits && !points++)
			continue;
		if (c < '0' || c > '9')
			return false;
		digits++;
		unit /= points ? 10 : 1;
		percent = points ? percent + (c - '0') * unit : 10 * percent + (c - '0');
	}
	*ret = percent;
	return digits && name.data[name.len - 1] != '.' && percent <= 100;
}
