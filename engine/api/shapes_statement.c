/* The shapes of request_statement.h, row by row. */
#include "api/request_statement.h"
#include "api/shapes.h"

#define OWNER execute_statement_input
static const struct field execute_statement_input_fields[] = {
	FIELD("Statement", FIELD_STRING, statement, .required = true, .min = 1, .max = 8192),
	FIELD("Parameters", FIELD_VALUES, parameters, .min = 1),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	FIELD("NextToken", FIELD_STRING, next_token, .min = 1, .max = 32768),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1),
	FIELD("ReturnValuesOnConditionCheckFailure", FIELD_ENUM, return_values_on_failure,
		.values = return_on_failure_names),
};
SHAPE(execute_statement_input, "ExecuteStatementInput");
#undef OWNER

#define OWNER execute_statement_output
static const struct field execute_statement_output_fields[] = {
	FIELD("Items", FIELD_ITEMS, items),
	FIELD("NextToken", FIELD_STRING, next_token),
	FIELD("ConsumedCapacity", FIELD_STRUCT, consumed_capacity,
		.shape = &shape_consumed_capacity),
	FIELD("LastEvaluatedKey", FIELD_ATTRIBUTES, last_evaluated_key),
};
SHAPE(execute_statement_output, "ExecuteStatementOutput");
#undef OWNER

#define OWNER batch_statement
static const struct field batch_statement_fields[] = {
	FIELD("Statement", FIELD_STRING, statement, .required = true, .min = 1, .max = 8192),
	FIELD("Parameters", FIELD_VALUES, parameters, .min = 1),
	FIELD("ConsistentRead", FIELD_BOOLEAN, consistent_read),
	FIELD("ReturnValuesOnConditionCheckFailure", FIELD_ENUM, return_values_on_failure,
		.values = return_on_failure_names),
};
SHAPE(batch_statement, "BatchStatementRequest");
#undef OWNER

#define OWNER batch_execute_statement_input
static const struct field batch_execute_statement_input_fields[] = {
	FIELD("Statements", FIELD_LIST, statements, .required = true, .min = 1, .max = 25,
		.shape = &shape_batch_statement),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
};
SHAPE(batch_execute_statement_input, "BatchExecuteStatementInput");
#undef OWNER

#define OWNER batch_statement_error
static const struct field batch_statement_error_fields[] = {
	FIELD("Code", FIELD_STRING, code),
	FIELD("Message", FIELD_STRING, message),
	FIELD("Item", FIELD_ATTRIBUTES, item),
};
SHAPE(batch_statement_error, "BatchStatementError");
#undef OWNER

#define OWNER batch_statement_response
static const struct field batch_statement_response_fields[] = {
	FIELD("Error", FIELD_STRUCT, error, .shape = &shape_batch_statement_error),
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("Item", FIELD_ATTRIBUTES, item),
};
SHAPE(batch_statement_response, "BatchStatementResponse");
#undef OWNER

#define OWNER batch_execute_statement_output
static const struct field batch_execute_statement_output_fields[] = {
	FIELD("Responses", FIELD_LIST, responses, .shape = &shape_batch_statement_response),
	FIELD("ConsumedCapacity", FIELD_LIST, consumed_capacity, .shape = &shape_consumed_capacity),
};
SHAPE(batch_execute_statement_output, "BatchExecuteStatementOutput");
#undef OWNER

#define OWNER transact_statement
static const struct field transact_statement_fields[] = {
	FIELD("Statement", FIELD_STRING, statement, .required = true, .min = 1, .max = 8192),
	FIELD("Parameters", FIELD_VALUES, parameters, .min = 1),
	FIELD("ReturnValuesOnConditionCheckFailure", FIELD_ENUM, return_values_on_failure,
		.values = return_on_failure_names),
};
SHAPE(transact_statement, "ParameterizedStatement");
#undef OWNER

#define OWNER execute_transaction_input
static const struct field execute_transaction_input_fields[] = {
	FIELD("TransactStatements", FIELD_LIST, transact_statements, .required = true, .min = 1,
		.max = 100, .shape = &shape_transact_statement),
	FIELD("ClientRequestToken", FIELD_STRING, client_request_token, .max = 36),
	FIELD("ReturnConsumedCapacity", FIELD_ENUM, return_consumed_capacity,
		.values = return_capacity_names),
};
SHAPE(execute_transaction_input, "ExecuteTransactionInput");
#undef OWNER

#define OWNER execute_transaction_output
static const struct field execute_transaction_output_fields[] = {
	FIELD("Responses", FIELD_LIST, responses, .shape = &shape_item_response),
	FIELD("ConsumedCapacity", FIELD_LIST, consumed_capacity, .shape = &shape_consumed_capacity),
};
SHAPE(execute_transaction_output, "ExecuteTransactionOutput");
#undef OWNER
