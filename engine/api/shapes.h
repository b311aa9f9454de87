/*
 * How the files of shapes write their rows, and the shapes by name. For api/
 * alone.
 */
#pragma once

#include "api/field.h"
#include "base/cleanup.h"
#include <stddef.h>

extern const struct field_pattern resource_name, known_name;

/* A shape and its rows in one go; FIELD names the struct's member. */
#define FIELD(json, kind, member, ...) \
	{ \
		.name = json, .type = kind, .offset = offsetof(struct OWNER, member), \
		##__VA_ARGS__ \
	}
#define UNSUPPORTED(json) \
	{ \
		.name = json, .type = FIELD_UNSUPPORTED \
	}
#define SHAPE(identifier, title) \
	const struct request_shape shape_##identifier = { \
		.name = title, \
		.size = sizeof(struct OWNER), \
		.fields = identifier##_fields, \
		.count = ARRAY_SIZE(identifier##_fields), \
	}

/* Table names: how long one is that exists, operations on it tell in other words
 * (check_table_name()), or as a table that is not found. */
#define NEW_TABLE_NAME .required = true, .min = 3, .max = 255, .pattern = &resource_name
#define TABLE_NAME     .required = true, .min = 1, .max = 1024, .pattern = &known_name
#define ITEMS_TABLE    TABLE_NAME

/* The members of struct item_condition beside the expression itself. */
#define CONDITION_PARAMETERS \
	FIELD("ExpressionAttributeNames", FIELD_STRING_MAP, condition.names), \
		FIELD("ExpressionAttributeValues", FIELD_ATTRIBUTES, condition.values), \
		FIELD("ReturnValuesOnConditionCheckFailure", FIELD_ENUM, \
			condition.return_values_on_failure, .values = return_on_failure_names)
/* And what else the writes of single items have in common. */
#define ITEM_WRITE_PARAMETERS \
	FIELD("Expected", FIELD_MAP, condition.expected, .shape = &shape_expected_attribute), \
		FIELD("ConditionalOperator", FIELD_ENUM, condition.conditional_operator, \
			.values = conditional_operator_names), \
		FIELD("ConditionExpression", FIELD_STRING, condition.expression), \
		CONDITION_PARAMETERS, RETURN_PARAMETERS
#define RETURN_PARAMETERS \
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity, \
		.values = return_capacity_names), \
		FIELD("ReturnItemCollectionMetrics", FIELD_ENUM, return_item_collection_metrics, \
			.values = return_metrics_names)

extern const struct request_shape shape_read_audit_input, shape_read_audit_output;

extern const struct request_shape shape_update_insights_input, shape_update_insights_output,
	shape_describe_insights_input, shape_failure_exception, shape_describe_insights_output,
	shape_list_insights_input, shape_insights_summary, shape_list_insights_output;

extern const struct request_shape shape_attribute_definition, shape_key_schema_element,
	shape_provisioned_throughput, shape_throughput_facts, shape_on_demand_throughput,
	shape_warm_throughput, shape_projection_input, shape_local_index_input,
	shape_global_index_input, shape_global_index_change, shape_global_index_removal,
	shape_global_index_update, shape_stream_specification, shape_sse_specification,
	shape_sse_facts, shape_tag_input, shape_local_index_facts, shape_global_index_facts,
	shape_billing_mode_summary, shape_table_class_summary, shape_table_facts,
	shape_create_table_input, shape_create_table_output, shape_describe_table_input,
	shape_describe_table_output, shape_delete_table_input, shape_delete_table_output,
	shape_update_table_input, shape_update_table_output, shape_list_tables_input,
	shape_list_tables_output, shape_tag_resource_input, shape_empty_output,
	shape_start_hot_backup_input, shape_describe_hot_backup_input,
	shape_describe_hot_backup_output, shape_stop_hot_backup_input, shape_stop_hot_backup_output,
	shape_untag_resource_input, shape_list_tags_of_resource_input,
	shape_list_tags_of_resource_output, shape_describe_limits_input,
	shape_describe_limits_output, shape_describe_endpoints_input, shape_endpoint_facts,
	shape_describe_endpoints_output, shape_put_resource_policy_input,
	shape_put_resource_policy_output, shape_get_resource_policy_input,
	shape_get_resource_policy_output, shape_delete_resource_policy_input,
	shape_delete_resource_policy_output, shape_ttl_specification,
	shape_update_time_to_live_input, shape_update_time_to_live_output,
	shape_describe_time_to_live_input, shape_ttl_facts, shape_describe_time_to_live_output,
	shape_key_condition, shape_expected_attribute, shape_attribute_update, shape_capacity,
	shape_consumed_capacity, shape_item_collection_metrics, shape_put_item_input,
	shape_put_item_output, shape_get_item_input, shape_get_item_output, shape_delete_item_input,
	shape_delete_item_output, shape_update_item_input, shape_update_item_output,
	shape_query_input, shape_query_output, shape_scan_input, shape_keys_and_attributes,
	shape_batch_get_item_input, shape_batch_get_item_output, shape_put_request,
	shape_delete_request, shape_write_request, shape_batch_write_item_input,
	shape_batch_write_item_output, shape_transact_condition_check, shape_transact_put,
	shape_transact_delete, shape_transact_update, shape_transact_write,
	shape_transact_write_items_input, shape_transact_write_items_output,
	shape_transact_get_request, shape_transact_get, shape_transact_get_items_input,
	shape_item_response, shape_transact_get_items_output, shape_execute_statement_input,
	shape_execute_statement_output, shape_batch_statement, shape_batch_execute_statement_input,
	shape_batch_statement_error, shape_batch_statement_response,
	shape_batch_execute_statement_output, shape_transact_statement,
	shape_execute_transaction_input, shape_execute_transaction_output, shape_list_streams_input,
	shape_stream_summary, shape_list_streams_output, shape_describe_stream_input,
	shape_sequence_number_range, shape_shard_facts, shape_stream_facts,
	shape_describe_stream_output, shape_get_shard_iterator_input,
	shape_get_shard_iterator_output, shape_get_records_input, shape_stream_image,
	shape_record_identity, shape_record_facts, shape_get_records_output;
extern const struct request_shape shape_scan_output;
extern const struct request_shape shape_create_backup_input, shape_create_backup_output,
	shape_describe_backup_input, shape_describe_backup_output, shape_delete_backup_input,
	shape_delete_backup_output, shape_list_backups_input, shape_list_backups_output,
	shape_restore_from_backup_input, shape_restore_to_point_in_time_input, shape_restore_output,
	shape_update_continuous_backups_input, shape_describe_continuous_backups_input,
	shape_continuous_backups_output;
