/* The shapes of request_item.h, row by row. */
#include "api/request_item.h"
#include "api/shapes.h"

const char *const return_values_names[] = {
	[RETURN_ALL_NEW] = "ALL_NEW",
	[RETURN_UPDATED_OLD] = "UPDATED_OLD",
	[RETURN_ALL_OLD] = "ALL_OLD",
	[RETURN_NONE] = "NONE",
	[RETURN_UPDATED_NEW] = "UPDATED_NEW",
	NULL,
};
const char *const select_names[] = {
	[SELECT_SPECIFIC] = "SPECIFIC_ATTRIBUTES",
	[SELECT_COUNT] = "COUNT",
	[SELECT_ALL_ATTRIBUTES] = "ALL_ATTRIBUTES",
	[SELECT_ALL_PROJECTED] = "ALL_PROJECTED_ATTRIBUTES",
	NULL,
};

const char *const return_on_failure_names[] = { "ALL_OLD", "NONE", NULL };
const char *const return_capacity_names[] = { "INDEXES", "TOTAL", "NONE", NULL };
const char *const return_metrics_names[] = { "SIZE", "NONE", NULL };
const char *const conditional_operator_names[] = { "AND", "OR", NULL };
const char *const update_action_names[] = {
	[LEGACY_ADD] = "ADD",
	[LEGACY_PUT] = "PUT",
	[LEGACY_DELETE] = "DELETE",
	NULL,
};

#define OWNER key_condition
static const struct field key_condition_fields[] = {
	FIELD("AttributeValueList", FIELD_VALUES, attribute_value_list),
	FIELD("ComparisonOperator", FIELD_ENUM, comparison_operator, .required = true,
		.values = comparison_names),
};
SHAPE(key_condition, "Condition");
#undef OWNER

#define OWNER expected_attribute
static const struct field expected_attribute_fields[] = {
	FIELD("Value", FIELD_VALUE, value),
	FIELD("Exists", FIELD_BOOLEAN, exists),
	FIELD("ComparisonOperator", FIELD_ENUM, comparison_operator, .values = comparison_names),
	FIELD("AttributeValueList", FIELD_VALUES, attribute_value_list),
};
SHAPE(expected_attribute, "ExpectedAttributeValue");
#undef OWNER

#define OWNER attribute_update
static const struct field attribute_update_fields[] = {
	FIELD("Value", FIELD_VALUE, value),
	FIELD("Action", FIELD_ENUM, action, .values = update_action_names),
};
SHAPE(attribute_update, "AttributeValueUpdate");
#undef OWNER

#define OWNER capacity
static const struct field capacity_fields[] = {
	FIELD("ReadCapacityUnits", FIELD_DOUBLE, read_capacity_units),
	FIELD("WriteCapacityUnits", FIELD_DOUBLE, write_capacity_units),
	FIELD("CapacityUnits", FIELD_DOUBLE, capacity_units),
};
SHAPE(capacity, "Capacity");
#undef OWNER

#define OWNER consumed_capacity
static const struct field consumed_capacity_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("CapacityUnits", FIELD_DOUBLE, capacity_units),
	FIELD("ReadCapacityUnits", FIELD_DOUBLE, read_capacity_units),
	FIELD("WriteCapacityUnits", FIELD_DOUBLE, write_capacity_units),
	FIELD("Table", FIELD_STRUCT, table, .shape = &shape_capacity),
	FIELD("LocalSecondaryIndexes", FIELD_MAP, local_secondary_indexes,
		.shape = &shape_capacity),
	FIELD("GlobalSecondaryIndexes", FIELD_MAP, global_secondary_indexes,
		.shape = &shape_capacity),
};
SHAPE(consumed_capacity, "ConsumedCapacity");
#undef OWNER

#define OWNER item_collection_metrics
static const struct field item_collection_metrics_fields[] = {
	FIELD("ItemCollectionKey", FIELD_ATTRIBUTES, item_collection_key),
	FIELD("SizeEstimateRangeGB", FIELD_DOUBLES, size_estimate_range_gb),
};
SHAPE(item_collection_metrics, "ItemCollectionMetrics");
#undef OWNER

#define OWNER put_item_input
static const struct field put_item_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("Item", FIELD_ATTRIBUTES, item, .required = true),
	FIELD("ReturnValues", FIELD_ENUM, return_values, .values = return_values_names),
	ITEM_WRITE_PARAMETERS,
};
SHAPE(put_item_input, "PutItemInput");
#undef OWNER

#define OWNER put_item_output
static const struct field put_item_output_fields[] = {
	FIELD("Attributes", FIELD_ATTRIBUTES, attributes),
	FIELD("ConsumedCapacity", FIELD_STRUCT, consumed_capacity,
		.shape = &shape_consumed_capacity),
	FIELD("ItemCollectionMetrics", FIELD_STRUCT, item_collection_metrics,
		.shape = &shape_item_collection_metrics),
};
SHAPE(put_item_output, "PutItemOutput");
#undef OWNER

#define OWNER get_item_input
static const struct field get_item_input_fields[] = {
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	FIELD("AttributesToGet", FIELD_LIST, attributes_to_get, .min = 1),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
	FIELD("ProjectionExpression", FIELD_STRING, projection_expression),
	FIELD("ExpressionAttributeNames", FIELD_STRING_MAP, expression_attribute_names),
};
SHAPE(get_item_input, "GetItemInput");
#undef OWNER

#define OWNER get_item_output
static const struct field get_item_output_fields[] = {
	FIELD("Item", FIELD_ATTRIBUTES, item),
	FIELD("Item", FIELD_JSON, item_json),
	FIELD("ConsumedCapacity", FIELD_STRUCT, consumed_capacity,
		.shape = &shape_consumed_capacity),
};
SHAPE(get_item_output, "GetItemOutput");
#undef OWNER

#define OWNER delete_item_input
static const struct field delete_item_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("ReturnValues", FIELD_ENUM, return_values, .values = return_values_names),
	ITEM_WRITE_PARAMETERS,
};
SHAPE(delete_item_input, "DeleteItemInput");
#undef OWNER

#define OWNER delete_item_output
static const struct field delete_item_output_fields[] = {
	FIELD("Attributes", FIELD_ATTRIBUTES, attributes),
	FIELD("ConsumedCapacity", FIELD_STRUCT, consumed_capacity,
		.shape = &shape_consumed_capacity),
	FIELD("ItemCollectionMetrics", FIELD_STRUCT, item_collection_metrics,
		.shape = &shape_item_collection_metrics),
};
SHAPE(delete_item_output, "DeleteItemOutput");
#undef OWNER

#define OWNER update_item_input
static const struct field update_item_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("AttributeUpdates", FIELD_MAP, attribute_updates, .shape = &shape_attribute_update),
	FIELD("UpdateExpression", FIELD_STRING, update_expression),
	FIELD("ReturnValues", FIELD_ENUM, return_values, .values = return_values_names),
	ITEM_WRITE_PARAMETERS,
};
SHAPE(update_item_input, "UpdateItemInput");
#undef OWNER

#define OWNER update_item_output
static const struct field update_item_output_fields[] = {
	FIELD("Attributes", FIELD_ATTRIBUTES, attributes),
	FIELD("ConsumedCapacity", FIELD_STRUCT, consumed_capacity,
		.shape = &shape_consumed_capacity),
	FIELD("ItemCollectionMetrics", FIELD_STRUCT, item_collection_metrics,
		.shape = &shape_item_collection_metrics),
};
SHAPE(update_item_output, "UpdateItemOutput");
#undef OWNER

#define OWNER query_input
static const struct field query_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("IndexName", FIELD_STRING, index_name, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("Select", FIELD_ENUM, select, .values = select_names),
	FIELD("AttributesToGet", FIELD_LIST, attributes_to_get, .min = 1),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1, .terse = true),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	FIELD("KeyConditions", FIELD_MAP, key_conditions, .shape = &shape_key_condition),
	FIELD("QueryFilter", FIELD_MAP, filter, .shape = &shape_key_condition),
	FIELD("ConditionalOperator", FIELD_ENUM, conditional_operator,
		.values = conditional_operator_names),
	FIELD("ScanIndexForward", FIELD_BOOLEAN, scan_index_forward),
	FIELD("ExclusiveStartKey", FIELD_ATTRIBUTES, exclusive_start_key),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
	FIELD("ProjectionExpression", FIELD_STRING, projection_expression),
	FIELD("FilterExpression", FIELD_STRING, filter_expression),
	FIELD("KeyConditionExpression", FIELD_STRING, key_condition_expression),
	FIELD("ExpressionAttributeNames", FIELD_STRING_MAP, expression_attribute_names),
	FIELD("ExpressionAttributeValues", FIELD_ATTRIBUTES, expression_attribute_values),
};
SHAPE(query_input, "QueryInput");
#undef OWNER

#define OWNER query_output
static const struct field query_output_fields[] = {
	FIELD("Items", FIELD_ITEMS, items),
	FIELD("Items", FIELD_JSON, items_json),
	FIELD("Count", FIELD_INTEGER, count),
	FIELD("ScannedCount", FIELD_INTEGER, scanned_count),
	FIELD("LastEvaluatedKey", FIELD_ATTRIBUTES, last_evaluated_key),
	FIELD("ConsumedCapacity", FIELD_STRUCT, consumed_capacity,
		.shape = &shape_consumed_capacity),
};
SHAPE(query_output, "QueryOutput");
const struct request_shape shape_scan_output = {
	.name = "ScanOutput",
	.size = sizeof(struct query_output),
	.fields = query_output_fields,
	.count = ARRAY_SIZE(query_output_fields),
};
#undef OWNER

#define OWNER scan_input
static const struct field scan_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("IndexName", FIELD_STRING, index_name, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("AttributesToGet", FIELD_LIST, attributes_to_get, .min = 1),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1),
	FIELD("Select", FIELD_ENUM, select, .values = select_names),
	FIELD("ScanFilter", FIELD_MAP, filter, .shape = &shape_key_condition),
	FIELD("ConditionalOperator", FIELD_ENUM, conditional_operator,
		.values = conditional_operator_names),
	FIELD("ExclusiveStartKey", FIELD_ATTRIBUTES, exclusive_start_key),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
	FIELD("TotalSegments", FIELD_INTEGER, total_segments, .min = 1, .max = 1000000),
	FIELD("Segment", FIELD_INTEGER, segment, .min = 0, .max = 999999),
	FIELD("ProjectionExpression", FIELD_STRING, projection_expression),
	FIELD("FilterExpression", FIELD_STRING, filter_expression),
	FIELD("ExpressionAttributeNames", FIELD_STRING_MAP, expression_attribute_names),
	FIELD("ExpressionAttributeValues", FIELD_ATTRIBUTES, expression_attribute_values),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
};
SHAPE(scan_input, "ScanInput");
#undef OWNER
