#undef NDEBUG
#include "base/arena.h"
#include "model/item.h"
#include "model/plain.h"
#include "model/typed.h"
#include "test.h"

/* Reads an item that must be fine. */
static struct map read_item(struct arena *arena, const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item = { NULL, 0 };

	CHECK_OK(plain_read_item(slice_from_string(text), arena, &item, &err), &err);
	return item;
}

static const struct value *attribute(const struct map *item, const char *name)
{
	const struct value *value = map_find(item, slice_from_string(name));

	CHECK(value);
	return value;
}

/* Checks that the rendering of what the text holds is the expected one. */
static void check_rendering(const char *text, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct map item = read_item(&arena, text);

	plain_append_item(&buf, &item);
	CHECK_TEXT(buf_slice(&buf), expected);
	CHECK_INT(plain_item_length(&item), buf.len);
}

/* The same on one line. */
static void check_line(const char *text, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct map item = read_item(&arena, text);

	plain_append_line(&buf, &item);
	CHECK_TEXT(buf_slice(&buf), expected);
}

static void check_refused(const char *text, unsigned line, unsigned column, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item;

	CHECK_INT(plain_read_item(slice_from_string(text), &arena, &item, &err), -1);
	CHECK(err.place.known);
	CHECK_INT(err.place.line, line);
	CHECK_INT(err.place.column, column);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void plain_json_becomes_the_obvious_types(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map item = read_item(&arena,
		"{\"s\":\"x\",\"n\":1.50,\"t\":true,\"f\":false,\"z\":null,\"l\":[1,\"a\"],"
		"\"m\":{\"a\":{}}}");

	CHECK_INT(item.count, 7);
	CHECK_TEXT(attribute(&item, "s")->bytes, "x");
	CHECK_INT(attribute(&item, "n")->type, VALUE_N);
	CHECK(attribute(&item, "t")->boolean);
	CHECK_INT(attribute(&item, "f")->type, VALUE_BOOL);
	CHECK(!attribute(&item, "f")->boolean);
	CHECK_INT(attribute(&item, "z")->type, VALUE_NULL);
	CHECK_INT(attribute(&item, "l")->type, VALUE_L);
	CHECK_INT(attribute(&item, "l")->elements.count, 2);
	CHECK_INT(attribute(&item, "m")->type, VALUE_M);
}

static void the_rendering_is_indented_and_in_order(void)
{
	check_rendering("{\"z\":1.50,\"a\":[],\"m\":{},\"l\":[1,{\"b\":null}],"
			"\"tags\":{\"SS\":[\"x\",\"y\"]},\"bin\":{\"B\":\"aGk=\"}}",
		"{\n  \"z\": 1.5,\n  \"a\": [],\n  \"m\": {},\n  \"l\": [\n    1,\n    {\n"
		"      \"b\": null\n    }\n  ],\n  \"tags\": {\n    \"SS\": [\n      \"x\",\n"
		"      \"y\"\n    ]\n  },\n  \"bin\": {\n    \"B\": \"aGk=\"\n  }\n}\n");
	check_rendering("{}", "{}\n");
}

static void a_line_has_no_blanks(void)
{
	check_line("{ \"a\" : [ 1 , true ] , \"b\" : { \"c\" : \"d e\" } }",
		"{\"a\":[1,true],\"b\":{\"c\":\"d e\"}}\n");
}

static void numbers_keep_their_38_digits(void)
{
	check_line("{\"n\":-1234567890123456789.0123456789012345678,\"e\":1E+3,\"t\":1e-7}",
		"{\"n\":-1234567890123456789.0123456789012345678,\"e\":1000,\"t\":0.0000001}\n");
}

static void sets_and_binary_have_descriptors(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map item = read_item(&arena,
		"{\"ss\":{\"SS\":[\"a\"]},\"ns\":{\"NS\":[1,\"2.0\"]},\"b\":{\"B\":\"aGk=\"},"
		"\"bs\":{\"BS\":[\"aGk=\",\"\"]}}");

	CHECK_INT(attribute(&item, "ss")->type, VALUE_SS);
	CHECK_INT(attribute(&item, "ns")->type, VALUE_NS);
	CHECK_INT(attribute(&item, "ns")->elements.count, 2);
	CHECK_TEXT(attribute(&item, "b")->bytes, "hi");
	CHECK_INT(attribute(&item, "bs")->type, VALUE_BS);
	CHECK_TEXT(attribute(&item, "bs")->elements.items[0].bytes, "hi");
	check_line("{\"ns\":{\"NS\":[1,\"2.0\"]}}", "{\"ns\":{\"NS\":[\"1\",\"2\"]}}\n");
}

static void wholly_typed_json_is_read_too(void)
{
	check_line("{\"year\":{\"N\":\"2013\"},\"title\":{\"S\":\"Rush\"},\"ok\":{\"BOOL\":true},"
		   "\"no\":{\"NULL\":true},\"info\":{\"M\":{\"rating\":{\"N\":\"8.30\"},"
		   "\"actors\":{\"L\":[{\"S\":\"D\"},{\"M\":{\"S\":{\"S\":\"x\"}}}]}}}}",
		"{\"year\":2013,\"title\":\"Rush\",\"ok\":true,\"no\":null,"
		"\"info\":{\"rating\":8.3,\"actors\":[\"D\",{\"M\":{\"S\":\"x\"}}]}}\n");
}

static void the_item_itself_is_never_a_descriptor(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map item = read_item(&arena, "{\"S\":\"x\"}");

	CHECK_TEXT(attribute(&item, "S")->bytes, "x");
	check_line("{\"M\":{\"a\":1}}", "{\"M\":{\"a\":1}}\n");
	item = read_item(&arena, "{\"Item\":{\"year\":{\"N\":\"1\"}}}");
	CHECK_INT(attribute(&item, "Item")->type, VALUE_M);
}

static void a_map_that_looks_typed_is_wrapped(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map item = read_item(&arena, "{\"m\":{\"M\":{\"SS\":[\"a\"]}}}");
	const struct value *m = attribute(&item, "m");

	CHECK_INT(m->type, VALUE_M);
	CHECK_INT(attribute(&m->map, "SS")->type, VALUE_L);
	check_line("{\"m\":{\"M\":{\"SS\":[\"a\"]}}}", "{\"m\":{\"M\":{\"SS\":[\"a\"]}}}\n");
	check_line("{\"m\":{\"M\":{\"M\":{\"x\":1}}}}", "{\"m\":{\"M\":{\"M\":{\"x\":1}}}}\n");
	check_line("{\"m\":{\"M\":{\"N\":5}}}", "{\"m\":{\"M\":{\"N\":5}}}\n");
	check_line("{\"m\":{\"M\":{\"a\":1}}}", "{\"m\":{\"a\":1}}\n");
	check_line("{\"m\":{\"M\":{\"S\":\"a\",\"N\":1}}}", "{\"m\":{\"S\":\"a\",\"N\":1}}\n");
}

static void a_map_by_size_is_a_map(void)
{
	check_line("{\"stock\":[{\"S\":5},{\"M\":7},{\"L\":9},{\"B\":{\"S\":null}}]}",
		"{\"stock\":[{\"S\":5},{\"M\":7},{\"L\":9},{\"B\":{\"S\":null}}]}\n");
	check_line("{\"m\":{\"N\":true}}", "{\"m\":{\"N\":true}}\n");
}

static void a_slip_with_a_descriptor_is_reported_where_it_stands(void)
{
	check_refused("{\"a\": 1,\n \"n\": {\"N\": 5}}", 2, 7,
		"{\"N\": ...} takes a string; a map with the one attribute \"N\" is written "
		"{\"M\": {\"N\": ...}}");
	check_refused("{\"a\": {\"SS\": \"x\"}}", 1, 7,
		"{\"SS\": ...} takes an array of strings; a map with the one attribute \"SS\" is "
		"written {\"M\": {\"SS\": ...}}");
	check_refused("{\"a\": {\"BOOL\": \"true\"}}", 1, 7,
		"{\"BOOL\": ...} takes true or false; a map with the one attribute \"BOOL\" is "
		"written {\"M\": {\"BOOL\": ...}}");
	check_refused("{\"a\": {\"NULL\": false}}", 1, 7,
		"{\"NULL\": ...} takes true; a map with the one attribute \"NULL\" is written "
		"{\"M\": {\"NULL\": ...}}");
}

static void a_bad_typed_value_is_reported_where_it_stands(void)
{
	check_refused("{\"a\":\n{\"B\": \"!\"}}", 2, 7, "binary must be base64 with its padding");
	check_refused("{\"a\": {\"SS\": [\"x\", 1]}}", 1, 20, "SS takes an array of strings");
	check_refused("{\"a\": {\"NS\": [1, null, []]}}", 1, 14, "NS takes an array of numbers");
	check_refused("{\"a\": {\"BS\": [\"\", \"a\"]}}", 1, 19,
		"binary must be base64 with its padding");
	check_refused("{\"a\": {\"N\": \"x\"}}", 1, 13,
		"The parameter cannot be converted to a numeric value: x");
	check_refused("{\"a\": [1, 1e999]}", 1, 11,
		"Number overflow. Attempting to store a number with magnitude larger than supported "
		"range");
}

static void an_item_is_an_object(void)
{
	check_refused(" [1]", 1, 2, "an item is an object, {\"name\": value, ...}");
	check_refused("5", 1, 1, "an item is an object, {\"name\": value, ...}");
	check_refused(
		"{\"a\":1", 1, 7, "the text ends before the '}' of the object opened in line 1");
}

/* A small generator: the sequence depends on the seed alone. */
static uint32_t random_state;

static uint32_t pick(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

static struct slice pick_text(void)
{
	static const struct slice texts[] = { SLICE(""), SLICE("a"), SLICE("S"), SLICE("N"),
		SLICE("B"), SLICE("SS"), SLICE("BOOL"), SLICE("NULL"), SLICE("L"), SLICE("M"),
		SLICE("a\"b\\c\n\x7F\x01"), SLICE("\xE2\x82\xAC"), SLICE("12") };

	return texts[pick(ARRAY_SIZE(texts))];
}

static struct value pick_number(void)
{
	static const char *const texts[] = { "0", "-1", "1.5", "1e125", "-1e-130", "12",
		"99999999999999999999999999999999999999" };
	struct value value = { .type = VALUE_N };
	struct error err = ERROR_INIT;

	CHECK_OK(number_parse(
			 slice_from_string(texts[pick(ARRAY_SIZE(texts))]), &value.number, &err),
		&err);
	return value;
}

static struct value pick_value(struct arena *arena, unsigned depth);

static struct map pick_map(struct arena *arena, unsigned depth, uint32_t count_below)
{
	size_t count = pick(count_below), used = 0;
	struct member *members = arena_alloc_array(arena, count, sizeof(*members));

	for (size_t i = 0; i < count; i++) {
		struct map so_far = { members, used };
		struct slice name = pick_text();

		if (name.len && !map_find(&so_far, name))
			members[used++] = (struct member){ name, pick_value(arena, depth + 1) };
	}
	return (struct map){ members, used };
}

static struct elements pick_elements(struct arena *arena, enum value_type type, unsigned depth)
{
	size_t count = pick(4);
	struct value *items = arena_alloc_array(arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		if (type == VALUE_L)
			items[i] = pick_value(arena, depth + 1);
		else if (type == VALUE_NS)
			items[i] = pick_number();
		else
			items[i] = (struct value){ .type = value_set_element_type(type),
				.bytes = pick_text() };
	}
	return (struct elements){ items, count };
}

static struct value pick_value(struct arena *arena, unsigned depth)
{
	struct value value = { .type = (enum value_type)pick(VALUE_TYPE_COUNT) };

	if (depth > 4)
		value.type = VALUE_S;
	switch (value.type) {
	case VALUE_S:
	case VALUE_B:
		value.bytes = pick_text();
		break;
	case VALUE_N:
		return pick_number();
	case VALUE_BOOL:
		value.boolean = pick(2);
		break;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
	case VALUE_L:
		value.elements = pick_elements(arena, value.type, depth);
		break;
	case VALUE_M:
		value.map = pick_map(arena, depth, 3);
		break;
	case VALUE_NULL:
	case VALUE_TYPE_COUNT:
		break;
	}
	return value;
}

/* Equal, and in the same order: the encodings are. */
static bool same(const struct map *a, const struct map *b)
{
	struct buf x CLEANUP(buf_release) = BUF_INIT, y CLEANUP(buf_release) = BUF_INIT;

	item_encode(a, &x);
	item_encode(b, &y);
	return slice_equal(buf_slice(&x), buf_slice(&y));
}

static void any_item_reads_back_as_itself(void)
{
	for (random_state = 1; random_state < 3000; random_state++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct buf buf CLEANUP(buf_release) = BUF_INIT;
		uint32_t seed = random_state;
		struct map item = pick_map(&arena, 0, 6), back;

		plain_append_item(&buf, &item);
		back = read_item(&arena, buf_string(&buf));
		CHECK(same(&item, &back));
		CHECK_INT(plain_item_length(&item), buf.len);
		buf_clear(&buf);
		plain_append_line(&buf, &item);
		back = read_item(&arena, buf_string(&buf));
		CHECK(same(&item, &back));
		random_state = seed;
	}
}

static void a_line_of_the_binary_form_is_the_same(void)
{
	for (random_state = 1; random_state < 3000; random_state++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct buf line CLEANUP(buf_release) = BUF_INIT;
		struct buf encoded CLEANUP(buf_release) = BUF_INIT;
		struct buf same_line CLEANUP(buf_release) = BUF_INIT;
		uint32_t seed = random_state;
		struct map item = pick_map(&arena, 0, 6);

		plain_append_line(&line, &item);
		item_encode(&item, &encoded);
		CHECK_OK(plain_append_encoded_line(&same_line, buf_slice(&encoded), &err), &err);
		CHECK(slice_equal(buf_slice(&line), buf_slice(&same_line)));
		random_state = seed;
	}
}

static void encoded_items_have_the_typed_json_of_their_values(void)
{
	for (random_state = 1; random_state < 3000; random_state++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct buf typed CLEANUP(buf_release) = BUF_INIT;
		struct buf encoded CLEANUP(buf_release) = BUF_INIT;
		struct buf same CLEANUP(buf_release) = BUF_INIT;
		uint32_t seed = random_state;
		struct map item = pick_map(&arena, 0, 6);

		typed_append_map(&typed, &item);
		item_encode(&item, &encoded);
		CHECK_OK(typed_append_item(&same, buf_slice(&encoded), &err), &err);
		CHECK(slice_equal(buf_slice(&typed), buf_slice(&same)));
		random_state = seed;
	}
}

/* Whether decoding and rendering agree that the bytes are an item, or none. */
static bool agree(struct slice bytes, struct buf *buf)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct error other CLEANUP(error_release) = ERROR_INIT;
	struct map item;
	size_t before = buf->len;
	int r = plain_append_encoded_line(buf, bytes, &err);

	if (r < 0 && (err.class != ERROR_CORRUPT || buf->len != before))
		return false;
	return r == item_decode(&arena, bytes, &item, &other);
}

static void malformed_bytes_make_no_line(void)
{
	for (random_state = 1; random_state < 300; random_state++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct buf buf CLEANUP(buf_release) = BUF_INIT;
		struct buf encoded CLEANUP(buf_release) = BUF_INIT;
		uint32_t seed = random_state;
		struct map item = pick_map(&arena, 0, 6);

		item_encode(&item, &encoded);
		for (size_t i = 0; i < encoded.len; i++) {
			char byte = encoded.data[i];

			CHECK(agree(slice_of(encoded.data, i), &buf));
			encoded.data[i] = (char)(byte + 1);
			CHECK(agree(buf_slice(&encoded), &buf));
			encoded.data[i] = (char)(byte ^ 0x80);
			CHECK(agree(buf_slice(&encoded), &buf));
			encoded.data[i] = byte;
		}
		random_state = seed;
	}
}

/* Appends what `jq .` prints for the text; false when there is no jq. */
static bool append_jq_output(struct buf *buf, struct slice text)
{
	char path[] = "/tmp/dynamount-test-XXXXXX";
	struct buf command CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = mkstemp(path);
	FILE *pipe;
	int c;

	CHECK(fd >= 0);
	CHECK(write(fd, text.data, text.len) == (ssize_t)text.len);
	buf_appendf(&command, "jq . %s 2>/dev/null", path);
	pipe = popen(buf_string(&command), "r");
	CHECK(pipe);
	while ((c = getc(pipe)) != EOF)
		buf_append_char(buf, (char)c);
	unlink(path);
	return pclose(pipe) == 0;
}

static void jq_renders_an_ordinary_item_the_same(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf ours CLEANUP(buf_release) = BUF_INIT, jqs CLEANUP(buf_release) = BUF_INIT;
	struct map item = read_item(&arena,
		"{\"year\":2013,\"title\":\"Rush\",\"price\":12.50,\"small\":0.001,\"neg\":-7,"
		"\"big\":123456789012345,\"text\":\"a\\\"b\\\\c\\/\\b\\f\\n\\r\\t\\u0001\\u001f"
		"\\u007f\\u0080\\u20ac\\ud83c\\udfac\",\"info\":{\"e\":{},\"l\":[],\"n\":null,"
		"\"t\":true,\"d\":[[1,[2]],{\"x\":[{}]}]},\"tags\":{\"SS\":[\"a\"]},\"\\u00e9\":{"
		"\"M\":{\"S\":\"x\"}}}");

	plain_append_item(&ours, &item);
	if (!append_jq_output(&jqs, buf_slice(&ours)))
		return; /* no jq on this machine */
	CHECK_TEXT(buf_slice(&ours), buf_string(&jqs));
}

static const struct test_case cases[] = {
	{ "encoded items have the typed JSON of their values",
		encoded_items_have_the_typed_json_of_their_values },
	{ "plain JSON becomes the obvious types", plain_json_becomes_the_obvious_types },
	{ "the rendering is indented and in order", the_rendering_is_indented_and_in_order },
	{ "a line has no blanks", a_line_has_no_blanks },
	{ "numbers keep their 38 digits", numbers_keep_their_38_digits },
	{ "sets and binary have descriptors", sets_and_binary_have_descriptors },
	{ "wholly typed JSON is read too", wholly_typed_json_is_read_too },
	{ "the item itself is never a descriptor", the_item_itself_is_never_a_descriptor },
	{ "a map that looks typed is wrapped", a_map_that_looks_typed_is_wrapped },
	{ "a map by size is a map", a_map_by_size_is_a_map },
	{ "a slip with a descriptor is reported where it stands",
		a_slip_with_a_descriptor_is_reported_where_it_stands },
	{ "a bad typed value is reported where it stands",
		a_bad_typed_value_is_reported_where_it_stands },
	{ "an item is an object", an_item_is_an_object },
	{ "any item reads back as itself", any_item_reads_back_as_itself },
	{ "a line of the binary form is the same", a_line_of_the_binary_form_is_the_same },
	{ "malformed bytes make no line", malformed_bytes_make_no_line },
	{ "jq renders an ordinary item the same", jq_renders_an_ordinary_item_the_same },
};
TEST_MAIN(cases)
