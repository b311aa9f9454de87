/* The shapes of request_table.h, row by row. */
#include "api/request_table.h"
#include "api/shapes.h"

const char *const scalar_type_names[] = { "B", "N", "S", NULL };
const char *const key_type_names[] = { "HASH", "RANGE", NULL };
const char *const billing_mode_names[] = { "PROVISIONED", "PAY_PER_REQUEST", NULL };
const char *const table_class_names[] = { "STANDARD", "STANDARD_INFREQUENT_ACCESS", NULL };
const char *const projection_type_names[] = { "ALL", "KEYS_ONLY", "INCLUDE", NULL };
const char *const stream_view_names[] = { "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE",
	"NEW_AND_OLD_IMAGES", NULL };
const char *const sse_type_names[] = { "AES256", "KMS", NULL };

#define OWNER attribute_definition
static const struct field attribute_definition_fields[] = {
	FIELD("AttributeName", FIELD_STRING, attribute_name, .required = true, .min = 1,
		.max = 255),
	FIELD("AttributeType", FIELD_ENUM, attribute_type, .required = true,
		.values = scalar_type_names),
};
SHAPE(attribute_definition, "AttributeDefinition");
#undef OWNER

#define OWNER key_schema_element
static const struct field key_schema_element_fields[] = {
	FIELD("AttributeName", FIELD_STRING, attribute_name, .required = true, .min = 1,
		.max = 255),
	FIELD("KeyType", FIELD_ENUM, key_type, .required = true, .values = key_type_names),
};
SHAPE(key_schema_element, "KeySchemaElement");
#undef OWNER

#define OWNER provisioned_throughput
static const struct field provisioned_throughput_fields[] = {
	FIELD("WriteCapacityUnits", FIELD_LONG, write_capacity_units, .required = true, .min = 1),
	FIELD("ReadCapacityUnits", FIELD_LONG, read_capacity_units, .required = true, .min = 1),
};
SHAPE(provisioned_throughput, "ProvisionedThroughput");
#undef OWNER

#define OWNER throughput_facts
static const struct field throughput_facts_fields[] = {
	FIELD("LastIncreaseDateTime", FIELD_TIMESTAMP, last_increase_date_time),
	FIELD("LastDecreaseDateTime", FIELD_TIMESTAMP, last_decrease_date_time),
	FIELD("NumberOfDecreasesToday", FIELD_LONG, number_of_decreases_today),
	FIELD("ReadCapacityUnits", FIELD_LONG, read_capacity_units),
	FIELD("WriteCapacityUnits", FIELD_LONG, write_capacity_units),
};
SHAPE(throughput_facts, "ProvisionedThroughputDescription");
#undef OWNER

#define OWNER on_demand_throughput
static const struct field on_demand_throughput_fields[] = {
	FIELD("MaxReadRequestUnits", FIELD_LONG, max_read_request_units),
	FIELD("MaxWriteRequestUnits", FIELD_LONG, max_write_request_units),
};
SHAPE(on_demand_throughput, "OnDemandThroughput");
#undef OWNER

#define OWNER warm_throughput
static const struct field warm_throughput_fields[] = {
	FIELD("ReadUnitsPerSecond", FIELD_LONG, read_units_per_second, .min = 1),
	FIELD("WriteUnitsPerSecond", FIELD_LONG, write_units_per_second, .min = 1),
	FIELD("Status", FIELD_STRING, status),
};
SHAPE(warm_throughput, "WarmThroughput");
#undef OWNER

#define OWNER projection_input
static const struct field projection_input_fields[] = {
	FIELD("ProjectionType", FIELD_ENUM, projection_type, .values = projection_type_names),
	FIELD("NonKeyAttributes", FIELD_LIST, non_key_attributes, .min = 1, .max = 20),
};
SHAPE(projection_input, "Projection");
#undef OWNER

#define OWNER local_index_input
static const struct field local_index_input_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name, .required = true, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .required = true, .min = 1, .max = 2,
		.shape = &shape_key_schema_element),
	FIELD("Projection", FIELD_STRUCT, projection, .required = true,
		.shape = &shape_projection_input),
};
SHAPE(local_index_input, "LocalSecondaryIndex");
#undef OWNER

#define OWNER global_index_input
static const struct field global_index_input_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name, .required = true, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .required = true, .min = 1, .max = 8,
		.shape = &shape_key_schema_element),
	FIELD("Projection", FIELD_STRUCT, projection, .required = true,
		.shape = &shape_projection_input),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_provisioned_throughput),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
	FIELD("WarmThroughput", FIELD_STRUCT, warm_throughput, .shape = &shape_warm_throughput),
};
SHAPE(global_index_input, "GlobalSecondaryIndex");
#undef OWNER

#define OWNER global_index_change
static const struct field global_index_change_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name, .required = true, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_provisioned_throughput),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
	FIELD("WarmThroughput", FIELD_STRUCT, warm_throughput, .shape = &shape_warm_throughput),
};
SHAPE(global_index_change, "UpdateGlobalSecondaryIndexAction");
#undef OWNER

#define OWNER global_index_removal
static const struct field global_index_removal_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name, .required = true, .min = 3, .max = 255,
		.pattern = &resource_name),
};
SHAPE(global_index_removal, "DeleteGlobalSecondaryIndexAction");
#undef OWNER

#define OWNER global_index_update
static const struct field global_index_update_fields[] = {
	FIELD("Update", FIELD_STRUCT, update, .shape = &shape_global_index_change),
	FIELD("Create", FIELD_STRUCT, create, .shape = &shape_global_index_input),
	FIELD("Delete", FIELD_STRUCT, delete, .shape = &shape_global_index_removal),
};
SHAPE(global_index_update, "GlobalSecondaryIndexUpdate");
#undef OWNER

#define OWNER stream_specification
static const struct field stream_specification_fields[] = {
	FIELD("StreamEnabled", FIELD_BOOLEAN, stream_enabled, .required = true),
	FIELD("StreamViewType", FIELD_ENUM, stream_view_type, .values = stream_view_names),
};
SHAPE(stream_specification, "StreamSpecification");
#undef OWNER

#define OWNER sse_specification
static const struct field sse_specification_fields[] = {
	FIELD("Enabled", FIELD_BOOLEAN, enabled),
	FIELD("SSEType", FIELD_ENUM, sse_type, .values = sse_type_names),
	FIELD("KMSMasterKeyId", FIELD_STRING, kms_master_key_id),
};
SHAPE(sse_specification, "SSESpecification");
#undef OWNER

#define OWNER sse_facts
static const struct field sse_facts_fields[] = {
	FIELD("Status", FIELD_STRING, status),
	FIELD("SSEType", FIELD_STRING, sse_type),
	FIELD("KMSMasterKeyArn", FIELD_STRING, kms_master_key_arn),
};
SHAPE(sse_facts, "SSEDescription");
#undef OWNER

#define OWNER tag_input
static const struct field tag_input_fields[] = {
	FIELD("Key", FIELD_STRING, key, .required = true, .min = 1, .max = 128),
	FIELD("Value", FIELD_STRING, value, .required = true, .max = 256),
};
SHAPE(tag_input, "Tag");
#undef OWNER

#define OWNER local_index_facts
static const struct field local_index_facts_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &shape_key_schema_element),
	FIELD("Projection", FIELD_STRUCT, projection, .shape = &shape_projection_input),
	FIELD("IndexSizeBytes", FIELD_LONG, index_size_bytes),
	FIELD("ItemCount", FIELD_LONG, item_count),
	FIELD("IndexArn", FIELD_STRING, index_arn),
};
SHAPE(local_index_facts, "LocalSecondaryIndexDescription");
#undef OWNER

#define OWNER global_index_facts
static const struct field global_index_facts_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &shape_key_schema_element),
	FIELD("Projection", FIELD_STRUCT, projection, .shape = &shape_projection_input),
	FIELD("IndexStatus", FIELD_STRING, index_status),
	FIELD("Backfilling", FIELD_BOOLEAN, backfilling),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_throughput_facts),
	FIELD("IndexSizeBytes", FIELD_LONG, index_size_bytes),
	FIELD("ItemCount", FIELD_LONG, item_count),
	FIELD("IndexArn", FIELD_STRING, index_arn),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
	FIELD("WarmThroughput", FIELD_STRUCT, warm_throughput, .shape = &shape_warm_throughput),
};
SHAPE(global_index_facts, "GlobalSecondaryIndexDescription");
#undef OWNER

#define OWNER billing_mode_summary
static const struct field billing_mode_summary_fields[] = {
	FIELD("BillingMode", FIELD_ENUM, billing_mode, .values = billing_mode_names),
	FIELD("LastUpdateToPayPerRequestDateTime", FIELD_TIMESTAMP, last_update_to_pay_per_request),
};
SHAPE(billing_mode_summary, "BillingModeSummary");
#undef OWNER

#define OWNER table_class_summary
static const struct field table_class_summary_fields[] = {
	FIELD("TableClass", FIELD_ENUM, table_class, .values = table_class_names),
	FIELD("LastUpdateDateTime", FIELD_TIMESTAMP, last_update_date_time),
};
SHAPE(table_class_summary, "TableClassSummary");
#undef OWNER

#define OWNER restore_summary
static const struct field restore_summary_fields[] = {
	FIELD("SourceBackupArn", FIELD_STRING, source_backup_arn),
	FIELD("SourceTableArn", FIELD_STRING, source_table_arn),
	FIELD("RestoreDateTime", FIELD_TIMESTAMP, restore_date_time),
	FIELD("RestoreInProgress", FIELD_BOOLEAN, restore_in_progress),
};
static SHAPE(restore_summary, "RestoreSummary");
#undef OWNER

#define OWNER table_facts
static const struct field table_facts_fields[] = {
	FIELD("AttributeDefinitions", FIELD_LIST, attribute_definitions,
		.shape = &shape_attribute_definition),
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &shape_key_schema_element),
	FIELD("TableStatus", FIELD_STRING, table_status),
	FIELD("CreationDateTime", FIELD_TIMESTAMP, creation_date_time),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_throughput_facts),
	FIELD("TableSizeBytes", FIELD_LONG, table_size_bytes),
	FIELD("ItemCount", FIELD_LONG, item_count),
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("TableId", FIELD_STRING, table_id),
	FIELD("BillingModeSummary", FIELD_STRUCT, billing_mode_summary,
		.shape = &shape_billing_mode_summary),
	FIELD("LocalSecondaryIndexes", FIELD_LIST, local_secondary_indexes,
		.shape = &shape_local_index_facts),
	FIELD("GlobalSecondaryIndexes", FIELD_LIST, global_secondary_indexes,
		.shape = &shape_global_index_facts),
	FIELD("StreamSpecification", FIELD_STRUCT, stream_specification,
		.shape = &shape_stream_specification),
	FIELD("LatestStreamLabel", FIELD_STRING, latest_stream_label),
	FIELD("LatestStreamArn", FIELD_STRING, latest_stream_arn),
	FIELD("RestoreSummary", FIELD_STRUCT, restore_summary, .shape = &shape_restore_summary),
	FIELD("SSEDescription", FIELD_STRUCT, sse_description, .shape = &shape_sse_facts),
	FIELD("TableClassSummary", FIELD_STRUCT, table_class_summary,
		.shape = &shape_table_class_summary),
	FIELD("DeletionProtectionEnabled", FIELD_BOOLEAN, deletion_protection_enabled),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
	FIELD("WarmThroughput", FIELD_STRUCT, warm_throughput, .shape = &shape_warm_throughput),
};
SHAPE(table_facts, "TableDescription");
#undef OWNER

#define OWNER create_table_input
static const struct field create_table_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, NEW_TABLE_NAME),
	FIELD("BillingMode", FIELD_ENUM, billing_mode, .values = billing_mode_names),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_provisioned_throughput),
	FIELD("KeySchema", FIELD_LIST, key_schema, .required = true, .min = 1, .max = 2,
		.shape = &shape_key_schema_element),
	FIELD("AttributeDefinitions", FIELD_LIST, attribute_definitions, .required = true,
		.shape = &shape_attribute_definition),
	FIELD("LocalSecondaryIndexes", FIELD_LIST, local_secondary_indexes,
		.shape = &shape_local_index_input),
	FIELD("GlobalSecondaryIndexes", FIELD_LIST, global_secondary_indexes,
		.shape = &shape_global_index_input),
	FIELD("StreamSpecification", FIELD_STRUCT, stream_specification,
		.shape = &shape_stream_specification),
	FIELD("SSESpecification", FIELD_STRUCT, sse_specification,
		.shape = &shape_sse_specification),
	FIELD("Tags", FIELD_LIST, tags, .shape = &shape_tag_input),
	FIELD("TableClass", FIELD_ENUM, table_class, .values = table_class_names),
	FIELD("DeletionProtectionEnabled", FIELD_BOOLEAN, deletion_protection_enabled),
	FIELD("WarmThroughput", FIELD_STRUCT, warm_throughput, .shape = &shape_warm_throughput),
	FIELD("ResourcePolicy", FIELD_STRING, resource_policy, .max = 20480),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
};
SHAPE(create_table_input, "CreateTableInput");
#undef OWNER

#define OWNER create_table_output
static const struct field create_table_output_fields[] = {
	FIELD("TableDescription", FIELD_STRUCT, table_description, .shape = &shape_table_facts),
};
SHAPE(create_table_output, "CreateTableOutput");
#undef OWNER

#define OWNER describe_table_input
static const struct field describe_table_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, TABLE_NAME),
};
SHAPE(describe_table_input, "DescribeTableInput");
#undef OWNER

#define OWNER describe_table_output
static const struct field describe_table_output_fields[] = {
	FIELD("Table", FIELD_STRUCT, table, .shape = &shape_table_facts),
};
SHAPE(describe_table_output, "DescribeTableOutput");
#undef OWNER

#define OWNER delete_table_input
static const struct field delete_table_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, TABLE_NAME),
};
SHAPE(delete_table_input, "DeleteTableInput");
#undef OWNER

#define OWNER delete_table_output
static const struct field delete_table_output_fields[] = {
	FIELD("TableDescription", FIELD_STRUCT, table_description, .shape = &shape_table_facts),
};
SHAPE(delete_table_output, "DeleteTableOutput");
#undef OWNER

#define OWNER update_table_input
static const struct field update_table_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, TABLE_NAME),
	FIELD("AttributeDefinitions", FIELD_LIST, attribute_definitions,
		.shape = &shape_attribute_definition),
	FIELD("BillingMode", FIELD_ENUM, billing_mode, .values = billing_mode_names),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_provisioned_throughput),
	FIELD("GlobalSecondaryIndexUpdates", FIELD_LIST, global_secondary_index_updates,
		.shape = &shape_global_index_update),
	FIELD("StreamSpecification", FIELD_STRUCT, stream_specification,
		.shape = &shape_stream_specification),
	FIELD("SSESpecification", FIELD_STRUCT, sse_specification,
		.shape = &shape_sse_specification),
	FIELD("TableClass", FIELD_ENUM, table_class, .values = table_class_names),
	FIELD("DeletionProtectionEnabled", FIELD_BOOLEAN, deletion_protection_enabled),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
	FIELD("WarmThroughput", FIELD_STRUCT, warm_throughput, .shape = &shape_warm_throughput),
	UNSUPPORTED("ReplicaUpdates"),
	UNSUPPORTED("MultiRegionConsistency"),
	UNSUPPORTED("GlobalTableWitnessUpdates"),
};
SHAPE(update_table_input, "UpdateTableInput");
#undef OWNER

#define OWNER update_table_output
static const struct field update_table_output_fields[] = {
	FIELD("TableDescription", FIELD_STRUCT, table_description, .shape = &shape_table_facts),
};
SHAPE(update_table_output, "UpdateTableOutput");
#undef OWNER

#define OWNER list_tables_input
static const struct field list_tables_input_fields[] = {
	FIELD("ExclusiveStartTableName", FIELD_STRING, exclusive_start_table_name, .min = 3,
		.max = 255, .pattern = &resource_name),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1, .max = 100),
};
SHAPE(list_tables_input, "ListTablesInput");
#undef OWNER

#define OWNER list_tables_output
static const struct field list_tables_output_fields[] = {
	FIELD("TableNames", FIELD_LIST, table_names),
	FIELD("LastEvaluatedTableName", FIELD_STRING, last_evaluated_table_name),
};
SHAPE(list_tables_output, "ListTablesOutput");
#undef OWNER

#define OWNER tag_resource_input
static const struct field tag_resource_input_fields[] = {
	FIELD("ResourceArn", FIELD_STRING, resource_arn, .required = true, .min = 1, .max = 1283),
	FIELD("Tags", FIELD_LIST, tags, .required = true, .shape = &shape_tag_input),
};
SHAPE(tag_resource_input, "TagResourceInput");
#undef OWNER

const struct request_shape shape_empty_output = { .name = "EmptyOutput",
	.size = sizeof(struct empty_output) };

#define OWNER untag_resource_input
static const struct field untag_resource_input_fields[] = {
	FIELD("ResourceArn", FIELD_STRING, resource_arn, .required = true, .min = 1, .max = 1283),
	FIELD("TagKeys", FIELD_LIST, tag_keys, .required = true),
};
SHAPE(untag_resource_input, "UntagResourceInput");
#undef OWNER

#define OWNER list_tags_of_resource_input
static const struct field list_tags_of_resource_input_fields[] = {
	FIELD("ResourceArn", FIELD_STRING, resource_arn, .required = true, .min = 1, .max = 1283),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(list_tags_of_resource_input, "ListTagsOfResourceInput");
#undef OWNER

#define OWNER list_tags_of_resource_output
static const struct field list_tags_of_resource_output_fields[] = {
	FIELD("Tags", FIELD_LIST, tags, .shape = &shape_tag_input),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(list_tags_of_resource_output, "ListTagsOfResourceOutput");
#undef OWNER

const struct request_shape shape_describe_limits_input = { .name = "DescribeLimitsInput",
	.size = sizeof(struct describe_limits_input) };

#define OWNER describe_limits_output
static const struct field describe_limits_output_fields[] = {
	FIELD("AccountMaxReadCapacityUnits", FIELD_LONG, account_max_read_capacity_units),
	FIELD("AccountMaxWriteCapacityUnits", FIELD_LONG, account_max_write_capacity_units),
	FIELD("TableMaxReadCapacityUnits", FIELD_LONG, table_max_read_capacity_units),
	FIELD("TableMaxWriteCapacityUnits", FIELD_LONG, table_max_write_capacity_units),
};
SHAPE(describe_limits_output, "DescribeLimitsOutput");
#undef OWNER

const struct request_shape shape_describe_endpoints_input = { .name = "DescribeEndpointsRequest",
	.size = sizeof(struct describe_endpoints_input) };

#define OWNER endpoint_facts
static const struct field endpoint_facts_fields[] = {
	FIELD("Address", FIELD_STRING, address),
	FIELD("CachePeriodInMinutes", FIELD_LONG, cache_period_in_minutes),
};
SHAPE(endpoint_facts, "Endpoint");
#undef OWNER

#define OWNER describe_endpoints_output
static const struct field describe_endpoints_output_fields[] = {
	FIELD("Endpoints", FIELD_LIST, endpoints, .shape = &shape_endpoint_facts),
};
SHAPE(describe_endpoints_output, "DescribeEndpointsResponse");
#undef OWNER

#define OWNER put_resource_policy_input
static const struct field put_resource_policy_input_fields[] = {
	FIELD("ResourceArn", FIELD_STRING, resource_arn, .required = true, .min = 1, .max = 1283),
	FIELD("Policy", FIELD_STRING, policy, .required = true),
	FIELD("ExpectedRevisionId", FIELD_STRING, expected_revision_id, .min = 1, .max = 255),
	FIELD("ConfirmRemoveSelfResourceAccess", FIELD_BOOLEAN,
		confirm_remove_self_resource_access),
};
SHAPE(put_resource_policy_input, "PutResourcePolicyInput");
#undef OWNER

#define OWNER put_resource_policy_output
static const struct field put_resource_policy_output_fields[] = {
	FIELD("RevisionId", FIELD_STRING, revision_id),
};
SHAPE(put_resource_policy_output, "PutResourcePolicyOutput");
#undef OWNER

#define OWNER get_resource_policy_input
static const struct field get_resource_policy_input_fields[] = {
	FIELD("ResourceArn", FIELD_STRING, resource_arn, .required = true, .min = 1, .max = 1283),
};
SHAPE(get_resource_policy_input, "GetResourcePolicyInput");
#undef OWNER

#define OWNER get_resource_policy_output
static const struct field get_resource_policy_output_fields[] = {
	FIELD("Policy", FIELD_STRING, policy),
	FIELD("RevisionId", FIELD_STRING, revision_id),
};
SHAPE(get_resource_policy_output, "GetResourcePolicyOutput");
#undef OWNER

#define OWNER delete_resource_policy_input
static const struct field delete_resource_policy_input_fields[] = {
	FIELD("ResourceArn", FIELD_STRING, resource_arn, .required = true, .min = 1, .max = 1283),
	FIELD("ExpectedRevisionId", FIELD_STRING, expected_revision_id, .min = 1, .max = 255),
};
SHAPE(delete_resource_policy_input, "DeleteResourcePolicyInput");
#undef OWNER

#define OWNER delete_resource_policy_output
static const struct field delete_resource_policy_output_fields[] = {
	FIELD("RevisionId", FIELD_STRING, revision_id),
};
SHAPE(delete_resource_policy_output, "DeleteResourcePolicyOutput");
#undef OWNER

#define OWNER ttl_specification
static const struct field ttl_specification_fields[] = {
	FIELD("Enabled", FIELD_BOOLEAN, enabled, .required = true),
	FIELD("AttributeName", FIELD_STRING, attribute_name, .required = true, .min = 1,
		.max = 255),
};
SHAPE(ttl_specification, "TimeToLiveSpecification");
#undef OWNER

#define OWNER update_time_to_live_input
static const struct field update_time_to_live_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, TABLE_NAME),
	FIELD("TimeToLiveSpecification", FIELD_STRUCT, time_to_live_specification, .required = true,
		.shape = &shape_ttl_specification),
};
SHAPE(update_time_to_live_input, "UpdateTimeToLiveInput");
#undef OWNER

#define OWNER update_time_to_live_output
static const struct field update_time_to_live_output_fields[] = {
	FIELD("TimeToLiveSpecification", FIELD_STRUCT, time_to_live_specification,
		.shape = &shape_ttl_specification),
};
SHAPE(update_time_to_live_output, "UpdateTimeToLiveOutput");
#undef OWNER

#define OWNER describe_time_to_live_input
static const struct field describe_time_to_live_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, TABLE_NAME),
};
SHAPE(describe_time_to_live_input, "DescribeTimeToLiveInput");
#undef OWNER

#define OWNER ttl_facts
static const struct field ttl_facts_fields[] = {
	FIELD("TimeToLiveStatus", FIELD_STRING, time_to_live_status),
	FIELD("AttributeName", FIELD_STRING, attribute_name),
};
SHAPE(ttl_facts, "TimeToLiveDescription");
#undef OWNER

#define OWNER describe_time_to_live_output
static const struct field describe_time_to_live_output_fields[] = {
	FIELD("TimeToLiveDescription", FIELD_STRUCT, time_to_live_description,
		.shape = &shape_ttl_facts),
};
SHAPE(describe_time_to_live_output, "DescribeTimeToLiveOutput");
#undef OWNER
