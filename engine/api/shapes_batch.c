/* The shapes of request_batch.h, row by row. */
#include "api/request_batch.h"
#include "api/shapes.h"

#define OWNER keys_and_attributes
static const struct field keys_and_attributes_fields[] = {
	FIELD("Keys", FIELD_ITEMS, keys, .required = true, .min = 1),
	FIELD("AttributesToGet", FIELD_LIST, attributes_to_get, .min = 1),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	FIELD("ProjectionExpression", FIELD_STRING, projection_expression),
	FIELD("ExpressionAttributeNames", FIELD_STRING_MAP, expression_attribute_names),
};
SHAPE(keys_and_attributes, "KeysAndAttributes");
#undef OWNER

#define OWNER batch_get_item_input
static const struct field batch_get_item_input_fields[] = {
	/* How many tables and keys: op_batch.c, in other words. */
	FIELD("RequestItems", FIELD_MAP, request_items, .required = true,
		.shape = &shape_keys_and_attributes),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
};
SHAPE(batch_get_item_input, "BatchGetItemInput");
#undef OWNER

#define OWNER batch_get_item_output
static const struct field batch_get_item_output_fields[] = {
	FIELD("Responses", FIELD_ITEMS_MAP, responses),
	FIELD("UnprocessedKeys", FIELD_MAP, unprocessed_keys, .shape = &shape_keys_and_attributes),
	FIELD("ConsumedCapacity", FIELD_LIST, consumed_capacity, .shape = &shape_consumed_capacity),
};
SHAPE(batch_get_item_output, "BatchGetItemOutput");
#undef OWNER

#define OWNER put_request
static const struct field put_request_fields[] = {
	FIELD("Item", FIELD_ATTRIBUTES, item, .required = true),
};
SHAPE(put_request, "PutRequest");
#undef OWNER

#define OWNER delete_request
static const struct field delete_request_fields[] = {
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
};
SHAPE(delete_request, "DeleteRequest");
#undef OWNER

#define OWNER write_request
static const struct field write_request_fields[] = {
	FIELD("PutRequest", FIELD_STRUCT, put_request, .shape = &shape_put_request),
	FIELD("DeleteRequest", FIELD_STRUCT, delete_request, .shape = &shape_delete_request),
};
SHAPE(write_request, "WriteRequest");
#undef OWNER

#define OWNER batch_write_item_input
static const struct field batch_write_item_input_fields[] = {
	FIELD("RequestItems", FIELD_LIST_MAP, request_items, .required = true, .min = 1, .max = 25,
		.shape = &shape_write_request),
	RETURN_PARAMETERS,
};
SHAPE(batch_write_item_input, "BatchWriteItemInput");
#undef OWNER

#define OWNER batch_write_item_output
static const struct field batch_write_item_output_fields[] = {
	FIELD("UnprocessedItems", FIELD_LIST_MAP, unprocessed_items, .shape = &shape_write_request),
	FIELD("ItemCollectionMetrics", FIELD_LIST_MAP, item_collection_metrics,
		.shape = &shape_item_collection_metrics),
	FIELD("ConsumedCapacity", FIELD_LIST, consumed_capacity, .shape = &shape_consumed_capacity),
};
SHAPE(batch_write_item_output, "BatchWriteItemOutput");
#undef OWNER

#define OWNER transact_condition_check
static const struct field transact_condition_check_fields[] = {
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("ConditionExpression", FIELD_STRING, condition.expression, .required = true),
	CONDITION_PARAMETERS,
};
SHAPE(transact_condition_check, "ConditionCheck");
#undef OWNER

#define OWNER transact_put
static const struct field transact_put_fields[] = {
	FIELD("Item", FIELD_ATTRIBUTES, item, .required = true),
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("ConditionExpression", FIELD_STRING, condition.expression),
	CONDITION_PARAMETERS,
};
SHAPE(transact_put, "Put");
#undef OWNER

#define OWNER transact_delete
static const struct field transact_delete_fields[] = {
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("ConditionExpression", FIELD_STRING, condition.expression),
	CONDITION_PARAMETERS,
};
SHAPE(transact_delete, "Delete");
#undef OWNER

#define OWNER transact_update
static const struct field transact_update_fields[] = {
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("UpdateExpression", FIELD_STRING, update_expression, .required = true),
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("ConditionExpression", FIELD_STRING, condition.expression),
	CONDITION_PARAMETERS,
};
SHAPE(transact_update, "Update");
#undef OWNER

#define OWNER transact_write
static const struct field transact_write_fields[] = {
	FIELD("ConditionCheck", FIELD_STRUCT, condition_check,
		.shape = &shape_transact_condition_check),
	FIELD("Put", FIELD_STRUCT, put, .shape = &shape_transact_put),
	FIELD("Delete", FIELD_STRUCT, delete, .shape = &shape_transact_delete),
	FIELD("Update", FIELD_STRUCT, update, .shape = &shape_transact_update),
};
SHAPE(transact_write, "TransactWriteItem");
#undef OWNER

#define OWNER transact_write_items_input
static const struct field transact_write_items_input_fields[] = {
	FIELD("TransactItems", FIELD_LIST, transact_items, .required = true, .min = 1, .max = 100,
		.shape = &shape_transact_write),
	RETURN_PARAMETERS,
	FIELD("ClientRequestToken", FIELD_STRING, client_request_token, .max = 36),
};
SHAPE(transact_write_items_input, "TransactWriteItemsInput");
#undef OWNER

#define OWNER transact_write_items_output
static const struct field transact_write_items_output_fields[] = {
	FIELD("ConsumedCapacity", FIELD_LIST, consumed_capacity, .shape = &shape_consumed_capacity),
	FIELD("ItemCollectionMetrics", FIELD_LIST_MAP, item_collection_metrics,
		.shape = &shape_item_collection_metrics),
};
SHAPE(transact_write_items_output, "TransactWriteItemsOutput");
#undef OWNER

#define OWNER transact_get_request
static const struct field transact_get_request_fields[] = {
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("ProjectionExpression", FIELD_STRING, projection_expression),
	FIELD("ExpressionAttributeNames", FIELD_STRING_MAP, expression_attribute_names),
};
SHAPE(transact_get_request, "Get");
#undef OWNER

#define OWNER transact_get
static const struct field transact_get_fields[] = {
	FIELD("Get", FIELD_STRUCT, get, .required = true, .shape = &shape_transact_get_request),
};
SHAPE(transact_get, "TransactGetItem");
#undef OWNER

#define OWNER transact_get_items_input
static const struct field transact_get_items_input_fields[] = {
	FIELD("TransactItems", FIELD_LIST, transact_items, .required = true, .min = 1, .max = 100,
		.shape = &shape_transact_get),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
};
SHAPE(transact_get_items_input, "TransactGetItemsInput");
#undef OWNER

#define OWNER item_response
static const struct field item_response_fields[] = {
	FIELD("Item", FIELD_ATTRIBUTES, item),
};
SHAPE(item_response, "ItemResponse");
#undef OWNER

#define OWNER transact_get_items_output
static const struct field transact_get_items_output_fields[] = {
	FIELD("ConsumedCapacity", FIELD_LIST, consumed_capacity, .shape = &shape_consumed_capacity),
	FIELD("Responses", FIELD_LIST, responses, .shape = &shape_item_response),
};
SHAPE(transact_get_items_output, "TransactGetItemsOutput");
#undef OWNER
