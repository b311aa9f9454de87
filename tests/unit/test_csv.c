#undef NDEBUG
#include "api/csv.h"
#include "test.h"

#include <malloc.h>

/* What a reader told: "1:text;" a record, "2!message;" a refusal. */
struct told {
	struct csv_reader reader;
	struct buf text;
	struct import_position ends[16];
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
	csv_reader_release(&told->reader);
	buf_release(&told->text);
}

static void told_read(struct told *told, const struct import_position *from, char delimiter,
	struct slice text, size_t piece)
{
	*told = (struct told){ .text = BUF_INIT };
	csv_reader_init(&told->reader, from, delimiter, note_record, note_refusal, told);
	while (text.len) {
		size_t len = text.len < piece ? text.len : piece;

		csv_reader_feed(&told->reader, slice_of(text.data, len));
		text = slice_skip(text, len);
	}
	csv_reader_finish(&told->reader);
}

static void check_records(const char *text, const char *expected)
{
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		struct told told CLEANUP(told_release);

		told_read(&told, NULL, ',', slice_from_string(text), piece);
		CHECK_TEXT(buf_slice(&told.text), expected);
	}
}

static void lines_are_records(void)
{
	check_records("a,b\nc\n\nd", "1:a,b;2:c;4:d;");
	check_records("a\r\nb\r\n", "1:a;2:b;");
}

static void quotes_hold_ends_of_lines(void)
{
	check_records("a,\"b\nc\"\nd\n", "1:a,\"b\nc\";3:d;");
	check_records("\"a\"\"\n\",b\n\"\"\n", "1:\"a\"\"\n\",b;3:\"\";");
}

static void a_quote_within_a_cell_is_text(void)
{
	check_records("5\" disk\nb\n", "1:5\" disk;2:b;");
}

static void a_mark_is_no_text(void)
{
	check_records("\xEF\xBB\xBF"
		      "a\nb",
		"1:a;2:b;");
}

static void records_go_on_from_any_position(void)
{
	const struct slice text = SLICE("a,b\n1,\"x\ny\"\r\n\n2,\"\"\n3,z");
	struct told whole CLEANUP(told_release);
	size_t before = 0;

	told_read(&whole, NULL, ',', text, 100);
	CHECK_INT(whole.count, 4);
	for (size_t i = 0; i < whole.count; i++) {
		struct told rest CLEANUP(told_release);

		before += strcspn(buf_string(&whole.text) + before, ";") + 1;
		told_read(&rest, &whole.ends[i], ',',
			slice_skip(text, (size_t)whole.ends[i].offset), 100);
		CHECK_TEXT(buf_slice(&rest.text), buf_string(&whole.text) + before);
	}
}

static void an_endless_cell_is_told(void)
{
	struct told told CLEANUP(told_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&text, "a\n\"b");
	buf_resize(&text, 17u << 20);
	buf_append_string(&text, "\"\nc\n");
	told_read(&told, NULL, ',', buf_slice(&text), 65536);
	CHECK_TEXT(buf_slice(&told.text),
		"1:a;2!more than 16 MB without an end: is a quote not closed?;3:c;");
}

/* The cells, each in brackets; quoted ones with a "q". */
static void check_cells(const char *record, char delimiter, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct csv_cells cells;

	CHECK_OK(csv_read_cells(slice_from_string(record), delimiter, &arena, &cells, &err), &err);
	for (size_t i = 0; i < cells.count; i++)
		buf_appendf(&text, "%s[%.*s]", cells.cells[i].quoted ? "q" : "",
			SLICE_ARG(cells.cells[i].text));
	CHECK_TEXT(buf_slice(&text), expected);
}

static void a_record_has_cells(void)
{
	check_cells("a,b,c", ',', "[a][b][c]");
	check_cells("a,,", ',', "[a][][]");
	check_cells("", ',', "[]");
	check_cells("a;b,c", ';', "[a][b,c]");
	check_cells("a\tb", '\t', "[a][b]");
}

static void quoted_cells_are_unquoted(void)
{
	check_cells("\"a,b\",\"c\"\"d\",\"\"", ',', "q[a,b]q[c\"d]q[]");
	check_cells("a\"b,\"x\ny\"", ',', "[a\"b]q[x\ny]");
}

static size_t arena_bytes_of_cells(size_t count)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf record CLEANUP(buf_release) = BUF_INIT;
	struct csv_cells cells;
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;

	for (size_t i = 0; i < count; i++)
		buf_append_string(&record, i ? ",\"a\"" : "\"a\"");
	CHECK_OK(csv_read_cells(buf_slice(&record), ',', &arena, &cells, &err), &err);
	CHECK_INT(cells.count, count);
	CHECK_TEXT(cells.cells[count - 1].text, "a");
	return mallinfo2().uordblks + mallinfo2().hblkhd - before;
}

/* A row of a megabyte took as much for each of its cells. */
static void many_quoted_cells_take_memory_in_proportion(void)
{
	CHECK(arena_bytes_of_cells(8000) < 8000 * 1000);
}

static void check_fault(const char *record, unsigned column, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct csv_cells cells;

	CHECK_INT(csv_read_cells(slice_from_string(record), ',', &arena, &cells, &err), -1);
	CHECK_INT(err.place.column, column);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void faulty_quotes_are_told(void)
{
	check_fault("a,\"b", 3, "the quote that begins here is not closed");
	check_fault("a,\"b\"c", 6, "text follows the quote that ends the cell");
}

static void check_round(const char *text)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf record CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct csv_cells cells;

	csv_append_cell(&record, slice_from_string(text), ',');
	buf_append_char(&record, ',');
	CHECK_OK(csv_read_cells(buf_slice(&record), ',', &arena, &cells, &err), &err);
	CHECK_INT(cells.count, 2);
	CHECK_TEXT(cells.cells[0].text, text);
}

static void what_is_written_is_read(void)
{
	check_round("a");
	check_round("");
	check_round(",");
	check_round("\"");
	check_round("a\"\"b");
	check_round("\r\n");
	check_round(" a ");
}

static const struct test_case cases[] = {
	{ "lines are records, however they end", lines_are_records },
	{ "quotes hold ends of lines", quotes_hold_ends_of_lines },
	{ "a quote within a cell is text", a_quote_within_a_cell_is_text },
	{ "a byte order mark is no text", a_mark_is_no_text },
	{ "reading goes on from any position", records_go_on_from_any_position },
	{ "a cell without an end is told, and the next record is read", an_endless_cell_is_told },
	{ "a record has cells", a_record_has_cells },
	{ "quoted cells are unquoted", quoted_cells_are_unquoted },
	{ "many quoted cells take memory in proportion",
		many_quoted_cells_take_memory_in_proportion },
	{ "faulty quotes are told with their place", faulty_quotes_are_told },
	{ "what is written is read", what_is_written_is_read },
};

TEST_MAIN(cases)
