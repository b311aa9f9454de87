#undef NDEBUG
#include "model/plain.h"
#include "port_items.h"
#include "test.h"

static const struct key_schema key = { .partition = { SLICE("id"), VALUE_S } };

/* A text read as items: a line of plain JSON each, or "line!message". */
struct sheet {
	struct items_reader items;
	struct buf text;
	struct error err;
};

static void take(void *context, const struct import_record *record)
{
	struct sheet *sheet = context;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item;

	if (items_parse(&sheet->items, record->text, &arena, &item, &err) == 0)
		plain_append_line(&sheet->text, &item);
	else
		buf_appendf(
			&sheet->text, "%llu!%s\n", (unsigned long long)record->line, err.message);
}

static void refuse(void *context, uint64_t line, const struct error *err)
{
	struct sheet *sheet = context;

	buf_appendf(&sheet->text, "%llu!%s\n", (unsigned long long)line, err->message);
}

static void sheet_release(struct sheet *sheet)
{
	items_release(&sheet->items);
	buf_release(&sheet->text);
	error_release(&sheet->err);
}

static int sheet_read(struct sheet *sheet, enum port_format format, struct slice text, size_t piece)
{
	const struct items_options options = { format, ',', false, &key, take, refuse, sheet };

	*sheet = (struct sheet){ .text = BUF_INIT, .err = ERROR_INIT };
	items_init(&sheet->items, &options);
	while (text.len) {
		size_t len = text.len < piece ? text.len : piece;

		TRY(items_feed(&sheet->items, slice_of(text.data, len), &sheet->err));
		text = slice_skip(text, len);
	}
	return items_finish(&sheet->items, &sheet->err);
}

static void check_items(enum port_format format, const char *text, enum port_format recognised,
	const char *expected)
{
	static const size_t pieces[] = { 4, 7, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct sheet sheet CLEANUP(sheet_release) = { 0 };

		CHECK_OK(
			sheet_read(&sheet, format, slice_from_string(text), pieces[i]), &sheet.err);
		CHECK_INT(sheet.items.options.format, recognised);
		CHECK_TEXT(buf_slice(&sheet.text), expected);
	}
}

static void check_fault(enum port_format format, struct slice text, const char *message)
{
	struct sheet sheet CLEANUP(sheet_release) = { 0 };

	CHECK_INT(sheet_read(&sheet, format, text, 1000), -1);
	CHECK_ERROR(&sheet.err, ERROR_VALIDATION, message);
}

static void lines_are_recognised(void)
{
	check_items(PORT_ANY, "\n\n\n\n {\"id\":\"a\"}\n{\"id\":{\"S\":\"b\"}}\n", PORT_JSON,
		"{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
}

static void an_array_is_recognised(void)
{
	check_items(PORT_ANY, "\xEF\xBB\xBF[{\"id\":\"a\"}, {\"id\":\"b\"}]", PORT_JSON,
		"{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
}

static void csv_is_recognised(void)
{
	check_items(PORT_ANY, "\n\n\n\nid,x\na,1\n", PORT_CSV, "{\"id\":\"a\",\"x\":\"1\"}\n");
}

static void lines_of_an_export_are_unwrapped(void)
{
	check_items(PORT_ANY, "{\"Item\":{\"id\":{\"S\":\"a\"}}}\n", PORT_JSON, "{\"id\":\"a\"}\n");
}

static void nothing_holds_no_items(void)
{
	check_items(PORT_ANY, "", PORT_ANY, "");
	check_items(PORT_ANY, " \n\n", PORT_ANY, "");
}

static void typed_takes_nothing_plain(void)
{
	check_items(PORT_TYPED, "{\"id\":{\"S\":\"a\"}}\n{\"Item\":{\"id\":{\"S\":\"b\"}}}\n",
		PORT_TYPED, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
	check_items(PORT_TYPED, "{\"Item\":{\"S\":\"a\"}}\n", PORT_TYPED, "{\"Item\":\"a\"}\n");
}

static void typed_tells_what_is_plain(void)
{
	struct sheet sheet CLEANUP(sheet_release) = { 0 };

	CHECK_OK(sheet_read(&sheet, PORT_TYPED, SLICE("{\"id\":\"a\"}\n[1]\n"), 1000), &sheet.err);
	CHECK(slice_starts_with(buf_slice(&sheet.text), SLICE("1!")));
	CHECK(strstr(buf_string(&sheet.text), "\n2!"));
}

static void an_export_has_nothing_but_items(void)
{
	check_items(PORT_S3, "{\"Item\":{\"id\":{\"S\":\"a\"}}}\n{\"id\":{\"S\":\"a\"}}\n", PORT_S3,
		"{\"id\":\"a\"}\n2!the line of an export is {\"Item\":{…}}\n");
}

static void what_is_no_text_is_told(void)
{
	static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

	check_fault(
		PORT_ANY, slice_of(png, sizeof(png)), "it holds binary data, neither JSON nor CSV");
}

static void csv_without_the_key_is_told(void)
{
	check_fault(PORT_ANY, SLICE("hello world\n"),
		"it does not begin as JSON, and as CSV: the header does not name the key attribute "
		"id");
	check_fault(
		PORT_CSV, SLICE("hello world\n"), "the header does not name the key attribute id");
}

static void delimiters_are_one_character(void)
{
	char delimiter;

	CHECK(port_delimiter_parse(";", &delimiter) && delimiter == ';');
	CHECK(port_delimiter_parse("tab", &delimiter) && delimiter == '\t');
	CHECK(port_delimiter_parse("\\t", &delimiter) && delimiter == '\t');
	CHECK(!port_delimiter_parse("", &delimiter));
	CHECK(!port_delimiter_parse("ab", &delimiter));
	CHECK(!port_delimiter_parse("\"", &delimiter));
}

static const struct test_case cases[] = {
	{ "lines are recognised", lines_are_recognised },
	{ "an array is recognised", an_array_is_recognised },
	{ "CSV is recognised", csv_is_recognised },
	{ "lines of an export are unwrapped", lines_of_an_export_are_unwrapped },
	{ "nothing holds no items", nothing_holds_no_items },
	{ "typed takes typed items, wrapped or not", typed_takes_nothing_plain },
	{ "typed tells what is plain", typed_tells_what_is_plain },
	{ "an export has nothing but items", an_export_has_nothing_but_items },
	{ "what is no text is told", what_is_no_text_is_told },
	{ "CSV without the key is told", csv_without_the_key_is_told },
	{ "a delimiter is one character", delimiters_are_one_character },
};

TEST_MAIN(cases)
