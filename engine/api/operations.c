/*
 * The table of operations, and the shapes of their inputs and outputs.
 *
 * Members of the service that this engine knows of but does not serve yet are
 * FIELD_UNSUPPORTED: a request that brings one is refused, since leaving out
 * what was asked for would be worse.
 *
 * An input's rows stand in the order in which the service's messages tell their
 * failures.
 */
#include "api/operations.h"
#include "api/request.h"

#include <stddef.h>

const char *const scalar_type_names[] = { "B", "N", "S", NULL };
const char *const key_type_names[] = { "HASH", "RANGE", NULL };
const char *const billing_mode_names[] = { "PROVISIONED", "PAY_PER_REQUEST", NULL };
const char *const table_class_names[] = { "STANDARD", "STANDARD_INFREQUENT_ACCESS", NULL };
const char *const return_values_names[] = {
	[RETURN_ALL_NEW] = "ALL_NEW",
	[RETURN_UPDATED_OLD] = "UPDATED_OLD",
	[RETURN_ALL_OLD] = "ALL_OLD",
	[RETURN_NONE] = "NONE",
	[RETURN_UPDATED_NEW] = "UPDATED_NEW",
	NULL,
};
const char *const comparison_names[] = {
	[COMPARISON_IN] = "IN",
	[COMPARISON_NULL] = "NULL",
	[COMPARISON_BETWEEN] = "BETWEEN",
	[COMPARISON_LT] = "LT",
	[COMPARISON_NOT_CONTAINS] = "NOT_CONTAINS",
	[COMPARISON_EQ] = "EQ",
	[COMPARISON_GT] = "GT",
	[COMPARISON_NOT_NULL] = "NOT_NULL",
	[COMPARISON_NE] = "NE",
	[COMPARISON_LE] = "LE",
	[COMPARISON_BEGINS_WITH] = "BEGINS_WITH",
	[COMPARISON_GE] = "GE",
	[COMPARISON_CONTAINS] = "CONTAINS",
	NULL,
};
const char *const select_names[] = {
	[SELECT_SPECIFIC] = "SPECIFIC_ATTRIBUTES",
	[SELECT_COUNT] = "COUNT",
	[SELECT_ALL_ATTRIBUTES] = "ALL_ATTRIBUTES",
	[SELECT_ALL_PROJECTED] = "ALL_PROJECTED_ATTRIBUTES",
	NULL,
};

static bool has_name_characters(struct slice string)
{
	for (size_t i = 0; i < string.len; i++) {
		char c = string.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_' || c == '.' || c == '-'))
			return false;
	}
	return true;
}

static bool is_resource_name(struct slice string)
{
	return string.len > 0 && has_name_characters(string);
}

static const struct field_pattern resource_name = { "[a-zA-Z0-9_.-]+", is_resource_name };
/* Of a name to look up: that it is empty is told once, as a length. */
static const struct field_pattern known_name = { "[a-zA-Z0-9_.-]+", has_name_characters };

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
	static const struct request_shape identifier = { \
		.name = title, \
		.size = sizeof(struct OWNER), \
		.fields = identifier##_fields, \
		.count = ARRAY_SIZE(identifier##_fields), \
	}

/* Table names: DescribeTable and its kin take any that can be looked up. */
#define NEW_TABLE_NAME .required = true, .min = 3, .max = 255, .pattern = &resource_name
#define TABLE_NAME     .required = true, .min = 1, .max = 1024
#define ITEMS_TABLE    TABLE_NAME, .pattern = &known_name

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
static const struct field throughput_description_fields[] = {
	FIELD("NumberOfDecreasesToday", FIELD_LONG, number_of_decreases_today),
	FIELD("ReadCapacityUnits", FIELD_LONG, read_capacity_units),
	FIELD("WriteCapacityUnits", FIELD_LONG, write_capacity_units),
};
SHAPE(throughput_description, "ProvisionedThroughputDescription");
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
};
SHAPE(table_class_summary, "TableClassSummary");
#undef OWNER

#define OWNER table_facts
static const struct field table_facts_fields[] = {
	FIELD("AttributeDefinitions", FIELD_LIST, attribute_definitions,
		.shape = &attribute_definition),
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &key_schema_element),
	FIELD("TableStatus", FIELD_STRING, table_status),
	FIELD("CreationDateTime", FIELD_TIMESTAMP, creation_date_time),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &throughput_description),
	FIELD("TableSizeBytes", FIELD_LONG, table_size_bytes),
	FIELD("ItemCount", FIELD_LONG, item_count),
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("TableId", FIELD_STRING, table_id),
	FIELD("BillingModeSummary", FIELD_STRUCT, billing_mode_summary,
		.shape = &billing_mode_summary),
	FIELD("TableClassSummary", FIELD_STRUCT, table_class_summary,
		.shape = &table_class_summary),
	FIELD("DeletionProtectionEnabled", FIELD_BOOLEAN, deletion_protection_enabled),
};
SHAPE(table_facts, "TableDescription");
#undef OWNER

#define OWNER create_table_input
static const struct field create_table_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, NEW_TABLE_NAME),
	FIELD("BillingMode", FIELD_ENUM, billing_mode, .values = billing_mode_names),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &provisioned_throughput),
	FIELD("KeySchema", FIELD_LIST, key_schema, .required = true, .min = 1, .max = 2,
		.shape = &key_schema_element),
	FIELD("AttributeDefinitions", FIELD_LIST, attribute_definitions, .required = true,
		.shape = &attribute_definition),
	FIELD("TableClass", FIELD_ENUM, table_class, .values = table_class_names),
	FIELD("DeletionProtectionEnabled", FIELD_BOOLEAN, deletion_protection_enabled),
	UNSUPPORTED("LocalSecondaryIndexes"),
	UNSUPPORTED("GlobalSecondaryIndexes"),
	UNSUPPORTED("StreamSpecification"),
	UNSUPPORTED("SSESpecification"),
	UNSUPPORTED("Tags"),
	UNSUPPORTED("WarmThroughput"),
	UNSUPPORTED("ResourcePolicy"),
	UNSUPPORTED("OnDemandThroughput"),
};
SHAPE(create_table_input, "CreateTableInput");
#undef OWNER

#define OWNER create_table_output
static const struct field create_table_output_fields[] = {
	FIELD("TableDescription", FIELD_STRUCT, table_description, .shape = &table_facts),
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
	FIELD("Table", FIELD_STRUCT, table, .shape = &table_facts),
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
	FIELD("TableDescription", FIELD_STRUCT, table_description, .shape = &table_facts),
};
SHAPE(delete_table_output, "DeleteTableOutput");
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

#define OWNER put_item_input
static const struct field put_item_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("Item", FIELD_ATTRIBUTES, item, .required = true),
	FIELD("ReturnValues", FIELD_ENUM, return_values, .values = return_values_names),
	UNSUPPORTED("Expected"),
	UNSUPPORTED("ReturnConsumedCapacity"),
	UNSUPPORTED("ReturnItemCollectionMetrics"),
	UNSUPPORTED("ConditionalOperator"),
	UNSUPPORTED("ConditionExpression"),
	UNSUPPORTED("ExpressionAttributeNames"),
	UNSUPPORTED("ExpressionAttributeValues"),
	UNSUPPORTED("ReturnValuesOnConditionCheckFailure"),
};
SHAPE(put_item_input, "PutItemInput");
#undef OWNER

#define OWNER put_item_output
static const struct field put_item_output_fields[] = {
	FIELD("Attributes", FIELD_ATTRIBUTES, attributes),
};
SHAPE(put_item_output, "PutItemOutput");
#undef OWNER

#define OWNER get_item_input
static const struct field get_item_input_fields[] = {
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	UNSUPPORTED("AttributesToGet"),
	UNSUPPORTED("ReturnConsumedCapacity"),
	UNSUPPORTED("ProjectionExpression"),
	UNSUPPORTED("ExpressionAttributeNames"),
};
SHAPE(get_item_input, "GetItemInput");
#undef OWNER

#define OWNER get_item_output
static const struct field get_item_output_fields[] = {
	FIELD("Item", FIELD_ATTRIBUTES, item),
};
SHAPE(get_item_output, "GetItemOutput");
#undef OWNER

#define OWNER delete_item_input
static const struct field delete_item_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("Key", FIELD_ATTRIBUTES, key, .required = true),
	FIELD("ReturnValues", FIELD_ENUM, return_values, .values = return_values_names),
	UNSUPPORTED("Expected"),
	UNSUPPORTED("ConditionalOperator"),
	UNSUPPORTED("ReturnConsumedCapacity"),
	UNSUPPORTED("ReturnItemCollectionMetrics"),
	UNSUPPORTED("ConditionExpression"),
	UNSUPPORTED("ExpressionAttributeNames"),
	UNSUPPORTED("ExpressionAttributeValues"),
	UNSUPPORTED("ReturnValuesOnConditionCheckFailure"),
};
SHAPE(delete_item_input, "DeleteItemInput");
#undef OWNER

#define OWNER delete_item_output
static const struct field delete_item_output_fields[] = {
	FIELD("Attributes", FIELD_ATTRIBUTES, attributes),
};
SHAPE(delete_item_output, "DeleteItemOutput");
#undef OWNER

#define OWNER key_condition
static const struct field key_condition_fields[] = {
	FIELD("AttributeValueList", FIELD_VALUES, attribute_value_list),
	FIELD("ComparisonOperator", FIELD_ENUM, comparison_operator, .required = true,
		.values = comparison_names),
};
SHAPE(key_condition, "Condition");
#undef OWNER

#define OWNER query_input
static const struct field query_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("Select", FIELD_ENUM, select, .values = select_names),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1, .terse = true),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	FIELD("KeyConditions", FIELD_MAP, key_conditions, .shape = &key_condition),
	FIELD("ScanIndexForward", FIELD_BOOLEAN, scan_index_forward),
	FIELD("ExclusiveStartKey", FIELD_ATTRIBUTES, exclusive_start_key),
	UNSUPPORTED("IndexName"),
	UNSUPPORTED("AttributesToGet"),
	UNSUPPORTED("QueryFilter"),
	UNSUPPORTED("ConditionalOperator"),
	UNSUPPORTED("ReturnConsumedCapacity"),
	UNSUPPORTED("ProjectionExpression"),
	UNSUPPORTED("FilterExpression"),
	UNSUPPORTED("KeyConditionExpression"),
	UNSUPPORTED("ExpressionAttributeNames"),
	UNSUPPORTED("ExpressionAttributeValues"),
};
SHAPE(query_input, "QueryInput");
#undef OWNER

#define OWNER query_output
static const struct field query_output_fields[] = {
	FIELD("Items", FIELD_ITEMS, items),
	FIELD("Count", FIELD_INTEGER, count),
	FIELD("ScannedCount", FIELD_INTEGER, scanned_count),
	FIELD("LastEvaluatedKey", FIELD_ATTRIBUTES, last_evaluated_key),
};
SHAPE(query_output, "QueryOutput");
static const struct request_shape scan_output = {
	.name = "ScanOutput",
	.size = sizeof(struct query_output),
	.fields = query_output_fields,
	.count = ARRAY_SIZE(query_output_fields),
};
#undef OWNER

#define OWNER scan_input
static const struct field scan_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, ITEMS_TABLE),
	FIELD("Select", FIELD_ENUM, select, .values = select_names),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1),
	FIELD("ExclusiveStartKey", FIELD_ATTRIBUTES, exclusive_start_key),
	FIELD("TotalSegments", FIELD_INTEGER, total_segments, .min = 1, .max = 1000000),
	FIELD("Segment", FIELD_INTEGER, segment, .min = 0, .max = 999999),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	UNSUPPORTED("IndexName"),
	UNSUPPORTED("AttributesToGet"),
	UNSUPPORTED("ScanFilter"),
	UNSUPPORTED("ConditionalOperator"),
	UNSUPPORTED("ReturnConsumedCapacity"),
	UNSUPPORTED("ProjectionExpression"),
	UNSUPPORTED("FilterExpression"),
	UNSUPPORTED("ExpressionAttributeNames"),
	UNSUPPORTED("ExpressionAttributeValues"),
};
SHAPE(scan_input, "ScanInput");
#undef OWNER

const struct operation operations[OPERATION_COUNT] = {
	[OPERATION_CREATE_TABLE] = {
		.name = "CreateTable",
		.help = "Make a table.",
		.kind = OPERATION_ADMIN,
		.input = &create_table_input,
		.output = &create_table_output,
		.run = run_create_table,
	},
	[OPERATION_DELETE_ITEM] = {
		.name = "DeleteItem",
		.help = "Delete the item of a key.",
		.kind = OPERATION_WRITE,
		.input = &delete_item_input,
		.output = &delete_item_output,
		.run = run_delete_item,
	},
	[OPERATION_DELETE_TABLE] = {
		.name = "DeleteTable",
		.help = "Delete a table and all its items.",
		.kind = OPERATION_ADMIN,
		.input = &delete_table_input,
		.output = &delete_table_output,
		.run = run_delete_table,
	},
	[OPERATION_DESCRIBE_TABLE] = {
		.name = "DescribeTable",
		.help = "Tell a table's key, state, size and settings.",
		.kind = OPERATION_ADMIN,
		.input = &describe_table_input,
		.output = &describe_table_output,
		.run = run_describe_table,
	},
	[OPERATION_GET_ITEM] = {
		.name = "GetItem",
		.help = "Read the item of a key.",
		.kind = OPERATION_READ,
		.input = &get_item_input,
		.output = &get_item_output,
		.run = run_get_item,
	},
	[OPERATION_LIST_TABLES] = {
		.name = "ListTables",
		.help = "Name the tables.",
		.kind = OPERATION_ADMIN,
		.input = &list_tables_input,
		.output = &list_tables_output,
		.run = run_list_tables,
	},
	[OPERATION_PUT_ITEM] = {
		.name = "PutItem",
		.help = "Store an item, replacing the one of its key.",
		.kind = OPERATION_WRITE,
		.input = &put_item_input,
		.output = &put_item_output,
		.run = run_put_item,
	},
	[OPERATION_QUERY] = {
		.name = "Query",
		.help = "Read the items of one partition key, in order of the sort key.",
		.kind = OPERATION_READ,
		.input = &query_input,
		.output = &query_output,
		.run = run_query,
	},
	[OPERATION_SCAN] = {
		.name = "Scan",
		.help = "Read all items of a table.",
		.kind = OPERATION_READ,
		.input = &scan_input,
		.output = &scan_output,
		.run = run_scan,
	},
	[OPERATION_LOCAL_LIST_PARTITIONS] = {
		.help = "Name the partition keys of a table.",
		.kind = OPERATION_READ,
		.run = run_list_partitions,
	},
	[OPERATION_LOCAL_WRITE_ITEMS] = {
		.help = "Make any number of changes in one transaction.",
		.kind = OPERATION_WRITE,
		.run = run_write_items,
	},
	[OPERATION_LOCAL_SYNC] = {
		.help = "Make everything so far survive power loss.",
		.kind = OPERATION_WRITE,
		.run = run_sync,
	},
	[OPERATION_LOCAL_DESCRIBE_STORAGE] = {
		.help = "Tell the space that the data directory takes and has left.",
		.kind = OPERATION_ADMIN,
		.run = run_describe_storage,
	},
};

const struct operation *operation_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (operations[i].name && slice_equal_string(name, operations[i].name))
			return &operations[i];
	}
	return NULL;
}

int enum_index(const char *const *values, struct slice name)
{
	for (int i = 0; slice_present(name) && values[i]; i++) {
		if (slice_equal_string(name, values[i]))
			return i;
	}
	return -1;
}
