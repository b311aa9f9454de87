/* Metrics, the API of the service CloudWatch, as far as namespace AWS/DynamoDB
 * goes. Inputs and outputs; conventions in field.h.
 *
 * Source of names and limits: Amazon CloudWatch API Reference, 2010-08-01. */
#pragma once

#include "api/field.h"
#include "monitor/statistic.h"

extern const char *const metric_unit_names[]; /* StandardUnit */

/* A metric of the namespace AWS/DynamoDB. */
struct metric_summary {
	const char *name, *unit;
	enum metric_statistic statistic; /* that tells most of it */
};

/* The metric of that number, from 0 on: false when there are no more. */
bool metric_summary(size_t number, struct metric_summary *ret);

struct dimension_facts {
	struct slice name;
	struct slice value; /* of a filter: absent when any will do */
};

struct get_metric_statistics_input {
	struct slice namespace;
	struct slice metric_name;
	struct request_list dimensions; /* struct dimension_facts */
	int64_t start_time, end_time;
	struct optional_integer period;
	struct request_list statistics; /* struct slice */
	struct request_list extended_statistics; /* struct slice */
	struct slice unit;
};

struct datapoint_facts {
	int64_t timestamp;
	struct optional_double statistics[STATISTIC_COUNT];
	struct slice unit;
	struct request_list extended_statistics; /* struct named_double */
};

struct get_metric_statistics_output {
	struct slice label;
	struct request_list datapoints; /* struct datapoint_facts, in order of time */
};

struct list_metrics_input {
	struct slice namespace;
	struct slice metric_name;
	struct request_list dimensions; /* struct dimension_facts */
	struct slice next_token;
	struct slice recently_active;
};

struct metric_facts {
	struct slice namespace;
	struct slice metric_name;
	struct request_list dimensions; /* struct dimension_facts */
};

struct list_metrics_output {
	struct request_list metrics; /* struct metric_facts */
	struct slice next_token;
};
