/* The engine as HTTP asks it, and a table with indexes of every kind. */
#pragma once

#include "engine_fixture.h"

#define PUT    OPERATION_PUT_ITEM
#define GET    OPERATION_GET_ITEM
#define UPDATE OPERATION_UPDATE_ITEM
#define DELETE OPERATION_DELETE_ITEM
#define QUERY  OPERATION_QUERY
#define SCAN   OPERATION_SCAN

#define WERE_INVALID "One or more parameter values were invalid: "
#define ENVELOPE     "1 validation error detected: "

#define T    "'TableName': 'Tab', "
#define A1   "'pk': {'S': 'a'}, 'sk': {'N': '1'}"
#define KEY1 "'Key': {" A1 "}"

/* "Tab": pk S, sk N; global indexes "all" by g S and h N, "keys" by g alone,
 * "some" by h with attribute a; a local index "local" by l S. */
static inline struct door api_new(void)
{
	struct door door = door_new();

	CHECK_CALL(&door, OPERATION_CREATE_TABLE,
		"{" T "'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': ["
		"{'AttributeName': 'pk', 'AttributeType': 'S'},"
		"{'AttributeName': 'sk', 'AttributeType': 'N'},"
		"{'AttributeName': 'g', 'AttributeType': 'S'},"
		"{'AttributeName': 'h', 'AttributeType': 'N'},"
		"{'AttributeName': 'l', 'AttributeType': 'S'}],"
		"'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'},"
		"{'AttributeName': 'sk', 'KeyType': 'RANGE'}],"
		"'GlobalSecondaryIndexes': ["
		"{'IndexName': 'all', 'Projection': {'ProjectionType': 'ALL'}, 'KeySchema': ["
		"{'AttributeName': 'g', 'KeyType': 'HASH'},"
		"{'AttributeName': 'h', 'KeyType': 'RANGE'}]},"
		"{'IndexName': 'keys', 'Projection': {'ProjectionType': 'KEYS_ONLY'},"
		"'KeySchema': [{'AttributeName': 'g', 'KeyType': 'HASH'}]},"
		"{'IndexName': 'some', 'Projection': {'ProjectionType': 'INCLUDE',"
		"'NonKeyAttributes': ['a']},"
		"'KeySchema': [{'AttributeName': 'h', 'KeyType': 'HASH'}]}],"
		"'LocalSecondaryIndexes': ["
		"{'IndexName': 'local', 'Projection': {'ProjectionType': 'KEYS_ONLY'},"
		"'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'},"
		"{'AttributeName': 'l', 'KeyType': 'RANGE'}]}]}");
	return door;
}

/* As door_call(), by the API's door, with items as ready text. */
static inline int api_call(struct door *door, enum operation_id id, const char *json)
{
	const struct operation *operation = &operations[id];
	struct request request = {
		.operation = id,
		.door = DOOR_API,
		.as_json = true,
		.arena = &door->arena,
		.output = arena_alloc_zero(&door->arena, operation->output->size),
	};
	void *input = arena_alloc_zero(&door->arena, operation->input->size);

	buf_clear(&door->answer);
	TRY(wire_read(
		operation->input, door_json(&door->arena, json), &door->arena, input, &door->err));
	request.input = input;
	TRY(engine_run(door->engine, &request, &door->err));
	wire_write(operation->output, request.output, &door->answer);
	return 0;
}

#define API_ANSWER(door, id, json, expected) \
	do { \
		CHECK_OK(api_call(door, id, json), &(door)->err); \
		CHECK_TEXT(buf_slice(&(door)->answer), door_json(&(door)->arena, expected).data); \
	} while (0)

#define API_REFUSED(door, id, json, class, message) \
	do { \
		CHECK_INT(api_call(door, id, json), -1); \
		CHECK_ERROR(&(door)->err, class, message); \
	} while (0)

#define API_INVALID(door, id, json, message) API_REFUSED(door, id, json, ERROR_VALIDATION, message)

/* Asks by both ways of writing items: both must answer the same. */
#define BOTH_ANSWER(door, id, json, expected) \
	do { \
		CHECK_ANSWER(door, id, json, expected); \
		API_ANSWER(door, id, json, expected); \
	} while (0)
