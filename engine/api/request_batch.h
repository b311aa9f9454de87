/* Batches and transactions of items. Inputs and
 * outputs; conventions in field.h. */
#pragma once

#include "api/request_item.h"

struct keys_and_attributes {
	struct slice table_name;
	struct request_list keys; /* struct map */
	struct request_list attributes_to_get; /* struct slice */
	struct optional_boolean consistent_read;
	struct slice projection_expression;
	struct request_list expression_attribute_names; /* struct name_placeholder */
};

struct batch_get_item_input {
	struct request_list request_items; /* struct keys_and_attributes */
	struct slice return_consumed_capacity;
};

struct batch_get_item_output {
	struct request_list responses; /* struct named_items */
	struct request_list unprocessed_keys; /* struct keys_and_attributes */
	struct request_list consumed_capacity; /* struct consumed_capacity */
};

struct put_request {
	const struct map *item;
};

struct delete_request {
	const struct map *key;
};

struct write_request {
	const struct put_request *put_request;
	const struct delete_request *delete_request;
};

struct batch_write_item_input {
	struct request_list request_items; /* struct named_list of struct write_request */
	struct slice return_consumed_capacity;
	struct slice return_item_collection_metrics;
};

struct batch_write_item_output {
	struct request_list unprocessed_items; /* struct named_list of struct write_request */
	struct request_list
		item_collection_metrics; /* struct named_list of struct item_collection_metrics */
	struct request_list consumed_capacity; /* struct consumed_capacity */
};

struct transact_condition_check {
	const struct map *key;
	struct slice table_name;
	struct item_condition condition;
};

struct transact_put {
	const struct map *item;
	struct slice table_name;
	struct item_condition condition;
};

struct transact_delete {
	const struct map *key;
	struct slice table_name;
	struct item_condition condition;
};

struct transact_update {
	const struct map *key;
	struct slice update_expression;
	struct slice table_name;
	struct item_condition condition;
};

struct transact_write {
	const struct transact_condition_check *condition_check;
	const struct transact_put *put;
	const struct transact_delete *delete;
	const struct transact_update *update;
};

struct transact_write_items_input {
	struct request_list transact_items; /* struct transact_write */
	struct slice return_consumed_capacity;
	struct slice return_item_collection_metrics;
	struct slice client_request_token;
};

struct transact_write_items_output {
	struct request_list consumed_capacity; /* struct consumed_capacity */
	struct request_list
		item_collection_metrics; /* struct named_list of struct item_collection_metrics */
};

struct transact_get_request {
	const struct map *key;
	struct slice table_name;
	struct slice projection_expression;
	struct request_list expression_attribute_names; /* struct name_placeholder */
};

struct transact_get {
	const struct transact_get_request *get;
};

struct transact_get_items_input {
	struct request_list transact_items; /* struct transact_get */
	struct slice return_consumed_capacity;
};

struct item_response {
	const struct map *item;
};

struct transact_get_items_output {
	struct request_list consumed_capacity; /* struct consumed_capacity */
	struct request_list responses; /* struct item_response */
};
