/* Alarms, the API of the service CloudWatch, as far as namespace AWS/DynamoDB goes.
 * Inputs and outputs; conventions in field.h.
 *
 * Source of names and limits: Amazon CloudWatch API Reference, 2010-08-01. */
#pragma once

#include "api/field.h"

extern const char *const history_item_type_names[]; /* of enum history_item_type */

enum history_item_type { HISTORY_CONFIGURATION, HISTORY_STATE, HISTORY_ACTION };

/* What an alarm is, as it is put and as it is told. */
struct alarm_settings {
	struct slice name, description;
	struct optional_boolean actions_enabled;
	struct request_list ok_actions, alarm_actions, insufficient_data_actions; /* struct slice */
	struct slice metric_name, namespace;
	struct slice statistic, extended_statistic;
	struct request_list dimensions; /* struct dimension_facts */
	struct optional_integer period;
	struct slice unit;
	struct optional_integer evaluation_periods, datapoints_to_alarm;
	struct optional_double threshold;
	struct slice comparison_operator, treat_missing_data;
	struct slice evaluate_low_sample_count_percentile;
};

struct put_metric_alarm_input {
	struct alarm_settings settings;
};

struct alarm_facts {
	struct alarm_settings settings;
	struct slice arn;
	int64_t configuration_updated;
	struct slice state_value, state_reason, state_reason_data;
	int64_t state_updated;
};

struct describe_alarms_input {
	struct request_list names; /* struct slice */
	struct slice name_prefix;
	struct request_list types; /* struct slice */
	struct slice state_value;
	struct slice action_prefix;
	struct optional_integer max_records;
	struct slice next_token;
	/* local */
	struct slice after; /* the alarms behind that name */
};

struct describe_alarms_output {
	struct request_list metric_alarms; /* struct alarm_facts, in byte order of names */
	struct slice next_token;
};

struct describe_alarm_history_input {
	struct slice name;
	struct request_list types; /* struct slice */
	struct slice item_type;
	int64_t start_date, end_date;
	struct optional_integer max_records;
	struct slice next_token;
	struct slice scan_by;
};

struct alarm_history_item {
	struct slice name, alarm_type;
	int64_t timestamp;
	struct slice item_type, summary, data;
};

struct describe_alarm_history_output {
	struct request_list items; /* struct alarm_history_item */
	struct slice next_token;
};

struct delete_alarms_input {
	struct request_list names; /* struct slice */
};

struct set_alarm_state_input {
	struct slice name, state_value, state_reason, state_reason_data;
};
