#undef NDEBUG
#include "base/arena.h"
#include "model/typed.h"
#include "test.h"

#define NOT_ONE(what) \
	"Supplied AttributeValue " what ", must contain exactly one of the supported datatypes"

/* Reads an AttributeValue into the arena: 0, or -1 with the error. */
static int read_text(struct arena *arena, const char *text, struct value *ret, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { NULL };

	TRY(json_parse(slice_from_string(text), &document, err));
	return typed_read_value(&document, document.root, arena, ret, err);
}

static void check_refused(const char *text, enum error_class class, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value value;

	CHECK_INT(read_text(&arena, text, &value, &err), -1);
	CHECK_ERROR(&err, class, message);
}

#define CHECK_INVALID(text, message)      check_refused(text, ERROR_VALIDATION, message)
#define CHECK_UNSERIALISED(text, message) check_refused(text, ERROR_SERIALIZATION, message)

/* Reads the text and writes it again. */
static void check_written(const char *text, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct value value;

	CHECK_OK(read_text(&arena, text, &value, &err), &err);
	typed_append_value(&buf, &value);
	CHECK_TEXT(buf_slice(&buf), expected);
}

static void every_type_is_read_and_written(void)
{
	static const char *const texts[] = {
		"{\"S\":\"a\\\"\\n\"}",
		"{\"S\":\"\"}",
		"{\"N\":\"-1.5\"}",
		"{\"B\":\"aGk=\"}",
		"{\"B\":\"\"}",
		"{\"SS\":[\"b\",\"a\"]}",
		"{\"NS\":[\"2\",\"1\"]}",
		"{\"BS\":[\"aGk=\",\"\"]}",
		"{\"BOOL\":true}",
		"{\"BOOL\":false}",
		"{\"NULL\":true}",
		"{\"L\":[]}",
		"{\"L\":[{\"S\":\"a\"},{\"L\":[{\"N\":\"1\"}]}]}",
		"{\"M\":{}}",
		"{\"M\":{\"S\":{\"S\":\"a\"},\"b\":{\"M\":{\"c\":{\"NULL\":true}}}}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		check_written(texts[i], texts[i]);
}

static void numbers_are_written_canonically(void)
{
	check_written("{\"N\":\"+1.50e2\"}", "{\"N\":\"150\"}");
	check_written("{\"NS\":[\"007\",\".5\"]}", "{\"NS\":[\"7\",\"0.5\"]}");
}

static void exactly_one_type_must_be_sent(void)
{
	CHECK_INVALID("{}", NOT_ONE("is empty"));
	CHECK_INVALID("null", NOT_ONE("is empty"));
	CHECK_INVALID("{\"X\":\"a\"}", NOT_ONE("is empty"));
	CHECK_INVALID("{\"S\":null}", NOT_ONE("is empty"));
	CHECK_INVALID("{\"L\":[{}]}", NOT_ONE("is empty"));
	CHECK_INVALID("{\"M\":{\"a\":null}}", NOT_ONE("is empty"));
	CHECK_INVALID("{\"S\":\"a\",\"N\":\"1\"}", NOT_ONE("has more than one datatypes set"));
	check_written("{\"S\":\"a\",\"X\":1,\"N\":null}", "{\"S\":\"a\"}");
}

static void a_string_of_another_json_type_is_a_serialization_error(void)
{
	CHECK_UNSERIALISED("{\"N\":123}", "NUMBER_VALUE cannot be converted to String");
	CHECK_UNSERIALISED("{\"S\":1.5}", "DECIMAL_VALUE cannot be converted to String");
	CHECK_UNSERIALISED("{\"S\":1e3}", "DECIMAL_VALUE cannot be converted to String");
	CHECK_UNSERIALISED("{\"S\":true}", "TRUE_VALUE cannot be converted to String");
	CHECK_UNSERIALISED("{\"SS\":[false]}", "FALSE_VALUE cannot be converted to String");
	CHECK_UNSERIALISED("{\"NS\":[1]}", "NUMBER_VALUE cannot be converted to String");
	CHECK_UNSERIALISED("{\"S\":[]}", "Unrecognized collection type class java.lang.String");
	CHECK_UNSERIALISED("{\"S\":{}}", "Start of structure or map found where not expected");
}

static void other_members_of_the_wrong_json_type_are_worded_by_kind(void)
{
	CHECK_UNSERIALISED("{\"BOOL\":\"true\"}", "Unexpected token received from parser");
	CHECK_UNSERIALISED("{\"BOOL\":1}", "NUMBER_VALUE cannot be converted to Boolean");
	CHECK_UNSERIALISED("{\"NULL\":\"x\"}", "Unexpected token received from parser");
	CHECK_UNSERIALISED("{\"B\":5}", "only base-64-encoded strings are convertible to bytes");
	CHECK_UNSERIALISED(
		"{\"BS\":[[]]}", "Unrecognized collection type class java.nio.ByteBuffer");
	CHECK_UNSERIALISED("{\"L\":\"x\"}", "Unexpected field type");
	CHECK_UNSERIALISED("{\"SS\":{}}", "Start of structure or map found where not expected");
	CHECK_UNSERIALISED("{\"M\":5}", "Unexpected field type");
	CHECK_UNSERIALISED("{\"M\":[]}",
		"Unrecognized collection type java.util.Map<java.lang.String, "
		"com.amazonaws.dynamodb.v20120810.AttributeValue>");
	CHECK_UNSERIALISED("\"x\"", "Unexpected value type in payload");
	CHECK_UNSERIALISED("{\"L\":[5]}", "Unexpected value type in payload");
	CHECK_UNSERIALISED("[]", "Unrecognized collection type class "
				 "com.amazonaws.dynamodb.v20120810.AttributeValue");
}

static void base64_is_strict(void)
{
	CHECK_UNSERIALISED("{\"B\":\"23456\"}",
		"Base64 encoded length is expected a multiple of 4 bytes but found: 5");
	CHECK_UNSERIALISED(
		"{\"BS\":[\"+/+=\"]}", "Invalid last non-pad Base64 character dectected");
}

static void wrong_values_are_validation_errors(void)
{
	CHECK_INVALID("{\"NULL\":false}",
		"One or more parameter values were invalid: Null attribute value types must have "
		"the value of true");
	CHECK_INVALID("{\"N\":\"x\"}", "The parameter cannot be converted to a numeric value: x");
	CHECK_INVALID("{\"NS\":[\"1\",\"x\"]}",
		"The parameter cannot be converted to a numeric value: x");
}

static void a_wrong_json_type_is_found_before_a_wrong_value(void)
{
	CHECK_UNSERIALISED("{\"L\":[{\"N\":\"x\"},{},{\"S\":5}]}",
		"NUMBER_VALUE cannot be converted to String");
}

static void an_item_is_a_map_of_values(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct json_document document CLEANUP(json_document_release) = { NULL };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	static const char text[] = "{\"z\":{\"N\":\"1\"},\"S\":{\"S\":\"x\"},\"\":{\"L\":[]}}";
	struct map map;

	CHECK_OK(json_parse(slice_from_string(text), &document, &err), &err);
	CHECK_OK(typed_read_map(&document, document.root, &arena, &map, &err), &err);
	typed_append_map(&buf, &map);
	CHECK_TEXT(buf_slice(&buf), text);
}

static void a_map_that_is_no_object_is_a_serialization_error(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct json_document document CLEANUP(json_document_release) = { NULL };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map map;

	CHECK_OK(json_parse(SLICE("{\"Item\": \"x\"}"), &document, &err), &err);
	CHECK_INT(typed_read_map(
			  &document, json_object_get(document.root, "Item"), &arena, &map, &err),
		-1);
	CHECK_INT(err.place.column, 10);
	CHECK_ERROR(&err, ERROR_SERIALIZATION, "Unexpected field type");
}

static const struct test_case cases[] = {
	{ "every type is read and written", every_type_is_read_and_written },
	{ "numbers are written canonically", numbers_are_written_canonically },
	{ "exactly one type must be sent", exactly_one_type_must_be_sent },
	{ "a string of another JSON type is a serialization error",
		a_string_of_another_json_type_is_a_serialization_error },
	{ "other members of the wrong JSON type are worded by kind",
		other_members_of_the_wrong_json_type_are_worded_by_kind },
	{ "base64 is strict", base64_is_strict },
	{ "wrong values are validation errors", wrong_values_are_validation_errors },
	{ "a wrong JSON type is found before a wrong value",
		a_wrong_json_type_is_found_before_a_wrong_value },
	{ "an item is a map of values", an_item_is_a_map_of_values },
	{ "a map that is no object is a serialization error",
		a_map_that_is_no_object_is_a_serialization_error },
};
TEST_MAIN(cases)
