/* Contributor insights. Inputs and outputs; conventions in field.h. */
#pragma once

#include "api/field.h"

extern const char *const insights_action_names[]; /* DISABLE, ENABLE */
extern const char *const insights_mode_names[]; /* of enum insights_mode */

struct update_insights_input {
	struct slice table_name;
	struct slice index_name;
	struct slice action;
	struct slice mode;
};

struct update_insights_output {
	struct slice table_name;
	struct slice index_name;
	struct slice status;
	struct slice mode;
};

struct describe_insights_input {
	struct slice table_name;
	struct slice index_name;
};

struct failure_exception {
	struct slice exception_name;
	struct slice exception_description;
};

struct describe_insights_output {
	struct slice table_name;
	struct slice index_name;
	struct request_list rule_list; /* struct slice */
	struct slice status;
	int64_t last_update_date_time;
	const struct failure_exception *failure_exception;
	struct slice mode;
};

struct insights_summary {
	struct slice table_name;
	struct slice index_name;
	struct slice status;
	struct slice mode;
};

struct list_insights_input {
	struct slice table_name;
	struct slice next_token;
	struct optional_integer max_results;
};

struct list_insights_output {
	struct request_list summaries; /* struct insights_summary */
	struct slice next_token;
};
