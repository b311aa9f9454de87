/* PartiQL statements. Inputs and
 * outputs; conventions in field.h. */
#pragma once

#include "api/request_batch.h"

struct execute_statement_input {
	struct slice statement;
	struct request_list parameters; /* struct value */
	struct optional_boolean consistent_read;
	struct slice next_token;
	struct slice return_consumed_capacity;
	struct optional_integer limit;
	struct slice return_values_on_failure;
	/* local */
	bool item_tokens; /* of a SELECT of all columns: *item_tokens filled */
};

struct execute_statement_output {
	struct request_list items; /* struct map */
	struct slice next_token;
	const struct consumed_capacity *consumed_capacity;
	const struct map *last_evaluated_key;
	/* local */
	const struct slice *item_tokens; /* one for each item: to go on after it */
};

struct batch_statement {
	struct slice statement;
	struct request_list parameters; /* struct value */
	struct optional_boolean consistent_read;
	struct slice return_values_on_failure;
};

struct batch_execute_statement_input {
	struct request_list statements; /* struct batch_statement */
	struct slice return_consumed_capacity;
};

struct batch_statement_error {
	struct slice code;
	struct slice message;
	const struct map *item;
};

struct batch_statement_response {
	const struct batch_statement_error *error;
	struct slice table_name;
	const struct map *item;
};

struct batch_execute_statement_output {
	struct request_list responses; /* struct batch_statement_response */
	struct request_list consumed_capacity; /* struct consumed_capacity */
};

struct transact_statement {
	struct slice statement;
	struct request_list parameters; /* struct value */
	struct slice return_values_on_failure;
};

struct execute_transaction_input {
	struct request_list transact_statements; /* struct transact_statement */
	struct slice client_request_token;
	struct slice return_consumed_capacity;
};

struct execute_transaction_output {
	struct request_list responses; /* struct item_response */
	struct request_list consumed_capacity; /* struct consumed_capacity */
};
