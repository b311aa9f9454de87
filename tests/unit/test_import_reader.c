#undef NDEBUG
#include "api/import_reader.h"
#include "test.h"

/* What a reader told: "1:text;" a record, "2!message;" a refusal. */
struct told {
	struct import_reader reader;
	struct buf text;
	struct import_position ends[8];
	size_t count;
};

static void note_record(void *context, const struct import_record *record)
{
	struct told *told = context;

	buf_appendf(&told->text, "%llu:%.*s;", (unsigned long long)record->line,
		SLICE_ARG(record->text));
	told->ends[told->count++] = record->end;
}

static void note_refusal(void *context, uint64_t line, const struct error *err)
{
	struct told *told = context;

	buf_appendf(&told->text, "%llu!%s;", (unsigned long long)line, err->message);
}

static void told_release(struct told *told)
{
	import_reader_release(&told->reader);
	buf_release(&told->text);
}

static void told_begin(struct told *told, const struct import_position *from)
{
	*told = (struct told){ .text = BUF_INIT };
	import_reader_init(&told->reader, from, note_record, note_refusal, told);
}

/* Reads in pieces of that many bytes, to the end. */
static void told_read(struct told *told, struct slice text, size_t piece)
{
	while (text.len) {
		size_t len = text.len < piece ? text.len : piece;

		import_reader_feed(&told->reader, slice_of(text.data, len));
		text = slice_skip(text, len);
	}
	import_reader_finish(&told->reader, true);
}

static void check_read(const char *text, const char *expected)
{
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		struct told told CLEANUP(told_release);

		told_begin(&told, NULL);
		told_read(&told, slice_from_string(text), piece);
		CHECK_TEXT(buf_slice(&told.text), expected);
	}
}

static void lines_are_records(void)
{
	check_read("{a}\n\n {b}\r\n{c}", "1:{a};3: {b}\r;4:{c};");
}

static void elements_are_records(void)
{
	check_read("\n[{\"a\": [1]},\n{b}\n]\n", "2:{\"a\": [1]};3:{b}\n;");
}

static void a_mark_is_no_text(void)
{
	check_read("\xEF\xBB\xBF{a}\n{b}\n", "1:{a};2:{b};");
	check_read("\xEF\xBB\xBF[{a}]", "1:{a};");
}

static void a_mark_later_is_text(void)
{
	check_read("{a}\n\xEF\xBB\xBF{b}\n", "1:{a};2:\xEF\xBB\xBF{b};");
}

/* From behind each record the rest reads as it did. */
static void check_resumed(const char *text)
{
	struct told whole CLEANUP(told_release);
	size_t before = 0;

	told_begin(&whole, NULL);
	told_read(&whole, slice_from_string(text), 100);
	CHECK(whole.count > 2);
	for (size_t i = 0; i < whole.count; i++) {
		struct told rest CLEANUP(told_release);

		before += strcspn(buf_string(&whole.text) + before, ";") + 1;
		told_begin(&rest, &whole.ends[i]);
		told_read(&rest, slice_skip(slice_from_string(text), (size_t)whole.ends[i].offset),
			100);
		CHECK_TEXT(buf_slice(&rest.text), buf_string(&whole.text) + before);
	}
}

static void lines_go_on_from_any_position(void)
{
	check_resumed("\xEF\xBB\xBF{a}\n\n{b}\n{c}\n{d}");
}

static void an_array_goes_on_from_any_position(void)
{
	check_resumed(" [{a},\n{b}\n, {c} ,{d}\n]\n");
	check_resumed("[{a},{b},{c},]");
}

static const struct test_case cases[] = {
	{ "lines are records, blank ones are none", lines_are_records },
	{ "elements of an array are records", elements_are_records },
	{ "a byte order mark at the start is no text", a_mark_is_no_text },
	{ "a byte order mark later is text", a_mark_later_is_text },
	{ "lines go on from any position", lines_go_on_from_any_position },
	{ "an array goes on from any position", an_array_goes_on_from_any_position },
};

TEST_MAIN(cases)
