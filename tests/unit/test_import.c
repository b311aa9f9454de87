#undef NDEBUG
#include "api/import.h"
#include "engine_fixture.h"

#include <pthread.h>

/* An import under way into the table "Tab" (S), and what it rejected, a line
 * each: "2: message". */
struct bulk {
	struct door door;
	struct importer *importer;
	struct buf rejected;
};

static void note_rejected(void *context, uint64_t line, const struct error *err)
{
	buf_appendf(context, "%llu: %s\n", (unsigned long long)line, err->message);
}

/* In place, since the importer keeps the address of what it notes. */
static void bulk_begin(struct bulk *bulk)
{
	bulk->door = door_new();
	bulk->rejected = BUF_INIT;
	door_create_table(&bulk->door, "Tab", "S", NULL);
	bulk->importer =
		importer_new(bulk->door.engine, SLICE("Tab"), NULL, note_rejected, &bulk->rejected);
}

static void bulk_release(struct bulk *bulk)
{
	if (bulk->importer)
		importer_free(bulk->importer);
	buf_release(&bulk->rejected);
	door_release(&bulk->door);
}

struct latch {
	pthread_mutex_t mutex;
	pthread_cond_t opened;
	bool open;
};

static void latch_open(void *context)
{
	struct latch *latch = context;

	pthread_mutex_lock(&latch->mutex);
	latch->open = true;
	pthread_cond_signal(&latch->opened);
	pthread_mutex_unlock(&latch->mutex);
}

/* Waits until at most that many batches are still to be written. */
static void bulk_wait(struct bulk *bulk, size_t pending)
{
	struct latch latch = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

	importer_wait(bulk->importer, pending, latch_open, &latch);
	pthread_mutex_lock(&latch.mutex);
	while (!latch.open)
		pthread_cond_wait(&latch.opened, &latch.mutex);
	pthread_mutex_unlock(&latch.mutex);
}

static void feed(struct bulk *bulk, const char *text)
{
	importer_feed(bulk->importer, door_json(&bulk->door.arena, text));
}

/* Ends the import and returns how it went. */
static struct importer_report bulk_end(struct bulk *bulk)
{
	struct importer_report report;

	importer_finish_line(bulk->importer, true);
	bulk_wait(bulk, 0);
	CHECK_OK(importer_report(bulk->importer, &report, &bulk->door.err), &bulk->door.err);
	return report;
}

/* Imports the text in pieces of that many bytes. */
static struct importer_report import_pieces(struct bulk *bulk, struct slice text, size_t piece)
{
	while (text.len) {
		size_t len = text.len < piece ? text.len : piece;
		/* On the heap in its exact size, so that a read beyond is found. */
		char *copy = malloc(len);

		memcpy(copy, text.data, len);
		importer_feed(bulk->importer, slice_of(copy, len));
		free(copy);
		text = slice_skip(text, len);
	}
	return bulk_end(bulk);
}

static const size_t piece_sizes[] = { 1, 2, 3, 7, 64, 1 << 20 };

/* Begins again with an empty table. */
static void bulk_restart(struct bulk *bulk)
{
	importer_free(bulk->importer);
	buf_clear(&bulk->rejected);
	CHECK_CALL(&bulk->door, OPERATION_DELETE_TABLE, "{'TableName': 'Tab'}");
	door_create_table(&bulk->door, "Tab", "S", NULL);
	bulk->importer =
		importer_new(bulk->door.engine, SLICE("Tab"), NULL, note_rejected, &bulk->rejected);
}

/* Imports the text in pieces of all sizes, each time into an empty table, which
 * must then be answered by a scan with those items. */
static void check_import(
	const char *text, uint64_t imported, const char *rejected, const char *items)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct slice json;
	unsigned lines = 0;

	for (const char *c = rejected; *c; c++)
		lines += *c == '\n';
	bulk_begin(&bulk);
	json = door_json(&bulk.door.arena, text);
	for (size_t i = 0; i < ARRAY_SIZE(piece_sizes); i++) {
		struct importer_report report = import_pieces(&bulk, json, piece_sizes[i]);

		CHECK_TEXT(buf_slice(&bulk.rejected), rejected);
		CHECK_INT(report.imported, imported);
		CHECK_INT(report.rejected, lines);
		CHECK_CALL(&bulk.door, OPERATION_SCAN, "{'TableName': 'Tab'}");
		CHECK(strstr(
			buf_string(&bulk.door.answer), door_json(&bulk.door.arena, items).data));
		bulk_restart(&bulk);
	}
}

static void lines_are_imported_whatever_the_pieces(void)
{
	check_import("{'pk': 'a', 'v': 1}\n{'pk': 'b', 'v': {'SS': ['x']}}\n", 2, "", "'Count':2");
}

static void typed_lines_are_imported(void)
{
	check_import("{'pk': {'S': 'a'}, 'v': {'N': '1.50'}}\n", 1, "",
		"'Items':[{'pk':{'S':'a'},'v':{'N':'1.5'}}]");
}

static void lines_of_an_s3_export_are_imported(void)
{
	check_import("{'Item':{'pk':{'S':'a'},'v':{'M':{'x':{'NULL':true}}}}}\n"
		     " {'Item':{'pk':{'S':'b'}}}\n",
		2, "", "'v':{'M':{'x':{'NULL':true}}}");
}

static void an_item_with_an_attribute_item_is_no_export(void)
{
	check_import("{'Item': {'a': 1}, 'pk': 'a'}\n{'Item':'x','pk':'b'}\n", 2, "",
		"'Item':{'M':{'a':{'N':'1'}}}");
}

static void an_array_is_imported(void)
{
	check_import(
		"[{'pk': 'a', 'v': [1, {'x': ']'}]},\n {'pk': 'b\\\"]}'}\n]\n", 2, "", "'Count':2");
	check_import("\n  [{'pk':'a'},{'pk':'b'}]", 2, "", "'Count':2");
}

static void an_empty_array_has_no_items(void)
{
	check_import("[]", 0, "", "'Count':0");
	check_import(" [\n ] \n", 0, "", "'Count':0");
}

static void no_text_at_all_is_no_error(void)
{
	check_import("", 0, "", "'Count':0");
	check_import(" \n\r\n\t\n", 0, "", "'Count':0");
}

static void blank_lines_are_counted_but_no_items(void)
{
	check_import(
		"\n\n{'pk': 'a'}\n \t \n\nx\n", 1, "6: expected a value, found 'x'\n", "'Count':1");
}

static void lines_may_end_as_on_windows(void)
{
	check_import("{'pk': 'a'}\r\n\r\n{'pk': 'b'}\r\n", 2, "", "'Count':2");
}

static void the_last_line_needs_no_end(void)
{
	check_import("{'pk': 'a'}\n{'pk': 'b'}", 2, "", "'Count':2");
}

static void a_bad_line_is_told_and_the_others_go_in(void)
{
	check_import("{'pk': 'a'}\n{'pk': }\n{'pk': 'c'}\n{'v': 1}\n[1]\n'x'\n{'pk': 'd'}\n", 3,
		"2: expected a value, found '}'\n"
		"5: an item is an object, {\"name\": value, ...}\n"
		"6: an item is an object, {\"name\": value, ...}\n"
		"4: One or more parameter values were invalid: Missing the key pk in the item\n",
		"'Count':3");
}

static void a_line_that_is_not_whole_is_told(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct importer_report report;

	bulk_begin(&bulk);
	feed(&bulk, "{'pk': 'a'}\n{'pk': 'b', 'v': [1");
	report = bulk_end(&bulk);
	CHECK_INT(report.imported, 1);
	CHECK_INT(report.rejected, 1);
	CHECK(strncmp(buf_string(&bulk.rejected), "2: ", 3) == 0);
}

static void note_column(void *context, uint64_t line, const struct error *err)
{
	(void)line;
	*(unsigned *)context = err->place.column;
}

static void the_column_of_a_fault_counts_leading_blanks(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct importer *importer;
	unsigned column = 0;

	door_create_table(&door, "Tab", "S", NULL);
	importer = importer_new(door.engine, SLICE("Tab"), NULL, note_column, &column);
	importer_feed(importer, SLICE("   {\"pk\": ?}\n"));
	importer_free(importer);
	CHECK_INT(column, 11);
}

static void bad_elements_are_told_by_the_line_they_begin_on(void)
{
	check_import("[\n{'pk': 'a'},\n\n {\n'pk': ?},\n7, {'pk': 'b'}\n]", 2,
		"4: expected a value, found '?'\n"
		"6: an item is an object, {\"name\": value, ...}\n",
		"'Count':2");
}

static void a_missing_element_is_told(void)
{
	check_import("[,{'pk': 'a'},,\n{'pk': 'b'},\n]", 2,
		"1: a value is missing before ','\n"
		"1: a value is missing before ','\n"
		"3: a value is missing between ',' and ']'\n",
		"'Count':2");
}

static void an_array_that_does_not_end_is_told(void)
{
	check_import("[{'pk': 'a'},\n{'pk': 'b'}", 2,
		"2: the text ends inside the array: ']' is missing\n", "'Count':2");
	check_import("[", 0, "1: the text ends inside the array: ']' is missing\n", "'Count':0");
}

static void what_follows_an_array_is_told(void)
{
	check_import("[{'pk': 'a'}]\n{'pk': 'b'}\n{'pk': 'c'}\n", 1,
		"2: the array has ended before this\n", "'Count':1");
}

static void a_bracket_too_many_does_not_end_the_array(void)
{
	check_import("[{'pk': 'a'}}, {'pk': 'b'}]", 1,
		"1: expected nothing after the document, found '}'\n", "'Count':1");
}

static void the_last_line_of_a_key_wins(void)
{
	check_import("{'pk': 'a', 'v': 1}\n{'pk': 'b'}\n{'pk': 'a', 'v': 2}\n{'pk': 'a', 'v': 3}\n",
		4, "", "{'pk':{'S':'a'},'v':{'N':'3'}}");
}

static void append_line(struct buf *text, int number, const char *filler)
{
	buf_appendf(text, "{\"pk\": \"p%d\", \"v\": \"%s\"}\n", number, filler);
}

static int64_t count_items(struct bulk *bulk)
{
	struct scan_input input = { .table_name = SLICE("Tab"), .facts_only = true };
	struct query_output output = { 0 };

	CHECK_OK(door_run(&bulk->door, OPERATION_SCAN, &input, &output), &bulk->door.err);
	return output.count.value;
}

#define MANY 10000

static void thousands_of_items_go_in_over_several_batches(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct importer_report report;

	bulk_begin(&bulk);
	for (int i = 0; i < MANY; i++)
		append_line(&text, i, "");
	report = import_pieces(&bulk, buf_slice(&text), 5000);
	CHECK_INT(report.imported, MANY);
	CHECK_INT(report.rejected, 0);
	CHECK_INT(count_items(&bulk), MANY);
}

static void the_last_line_wins_across_batches_too(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct importer_report report;

	bulk_begin(&bulk);
	for (int i = 0; i < MANY; i++)
		append_line(&text, i % 10, i < MANY - 10 ? "early" : "late");
	report = import_pieces(&bulk, buf_slice(&text), 100000);
	CHECK_INT(report.imported, MANY);
	CHECK_INT(count_items(&bulk), 10);
	CHECK_CALL(&bulk.door, OPERATION_SCAN, "{'TableName': 'Tab'}");
	CHECK(strstr(buf_string(&bulk.door.answer), "late"));
	CHECK(!strstr(buf_string(&bulk.door.answer), "early"));
}

static void a_batch_is_bounded_in_bytes_too(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	char *filler = malloc(300001);

	memset(filler, 'x', 300000);
	filler[300000] = '\0';
	bulk_begin(&bulk);
	for (int i = 0; i < 20; i++)
		append_line(&text, i, filler);
	free(filler);
	importer_feed(bulk.importer, buf_slice(&text));
	bulk_wait(&bulk, 0);
	CHECK_INT(count_items(&bulk), 14);
	CHECK_INT(bulk_end(&bulk).imported, 20);
}

static void an_item_that_is_too_large_is_told(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	char *filler = malloc(500001);

	memset(filler, 'x', 500000);
	filler[500000] = '\0';
	bulk_begin(&bulk);
	append_line(&text, 1, filler);
	append_line(&text, 2, "");
	free(filler);
	CHECK_INT(import_pieces(&bulk, buf_slice(&text), 65536).imported, 1);
	CHECK_TEXT(
		buf_slice(&bulk.rejected), "1: Item size has exceeded the maximum allowed size\n");
}

static void a_line_over_16_mb_is_told_and_the_next_goes_in(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct importer_report report;
	size_t piece_len = 1 << 20;
	char *piece = malloc(piece_len);

	memset(piece, 'x', piece_len);
	bulk_begin(&bulk);
	feed(&bulk, "{'pk': 'a'}\n{'pk': 'b', 'v': '");
	for (int i = 0; i < 40; i++)
		importer_feed(bulk.importer, slice_of(piece, piece_len));
	feed(&bulk, "'}\n{'pk': 'c'}\n");
	free(piece);
	report = bulk_end(&bulk);
	CHECK_INT(report.imported, 2);
	CHECK_INT(report.rejected, 1);
	CHECK(strncmp(buf_string(&bulk.rejected), "2: ", 3) == 0);
	CHECK_INT(count_items(&bulk), 2);
}

static void a_line_that_is_whole_can_be_taken_before_its_end(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct importer_report report;

	bulk_begin(&bulk);
	feed(&bulk, "{'pk': 'a'}\n{'pk': 'b'}");
	importer_finish_line(bulk.importer, false);
	bulk_wait(&bulk, 0);
	CHECK_INT(count_items(&bulk), 2);
	feed(&bulk, "\n{'pk': 'c'");
	importer_finish_line(bulk.importer, false);
	bulk_wait(&bulk, 0);
	CHECK_INT(count_items(&bulk), 2);
	feed(&bulk, "}\n");
	report = bulk_end(&bulk);
	CHECK_INT(report.imported, 3);
	CHECK_INT(report.rejected, 0);
}

static void a_wait_for_nothing_calls_back_at_once(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct latch latch = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

	bulk_begin(&bulk);
	importer_wait(bulk.importer, 0, latch_open, &latch);
	CHECK(latch.open);
}

static void a_wait_may_leave_batches_to_be_written(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct latch latch = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

	bulk_begin(&bulk);
	for (int i = 0; i < 5000; i++)
		append_line(&text, i, "");
	importer_feed(bulk.importer, buf_slice(&text));
	importer_wait(bulk.importer, 1000, latch_open, &latch);
	CHECK(latch.open);
	CHECK_INT(bulk_end(&bulk).imported, 5000);
}

static void every_wait_is_called_back(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	bulk_begin(&bulk);
	for (int i = 0; i < 500; i++) {
		buf_clear(&text);
		append_line(&text, i, "");
		importer_feed(bulk.importer, buf_slice(&text));
		importer_finish_line(bulk.importer, false);
		bulk_wait(&bulk, (size_t)i % 2);
	}
	CHECK_INT(bulk_end(&bulk).imported, 500);
}

static void what_was_taken_is_written_when_it_is_freed(void)
{
	struct bulk bulk CLEANUP(bulk_release);

	bulk_begin(&bulk);
	feed(&bulk, "{'pk': 'a'}\n{'pk': 'b'}\n{'pk': 'c");
	importer_free(bulk.importer);
	bulk.importer = NULL;
	CHECK_INT(count_items(&bulk), 2);
	CHECK_TEXT(buf_slice(&bulk.rejected), "");
}

static void an_importer_may_be_freed_unused(void)
{
	struct bulk bulk CLEANUP(bulk_release);

	bulk_begin(&bulk);
	CHECK_INT(count_items(&bulk), 0);
}

static void delete_table(struct bulk *bulk)
{
	CHECK_CALL(&bulk->door, OPERATION_DELETE_TABLE, "{'TableName': 'Tab'}");
}

static void a_failure_of_the_engine_is_reported(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct importer_report report;

	bulk_begin(&bulk);
	feed(&bulk, "{'pk': 'a'}\n");
	importer_finish_line(bulk.importer, false);
	bulk_wait(&bulk, 0);
	delete_table(&bulk);
	feed(&bulk, "{'pk': 'b'}\n");
	importer_finish_line(bulk.importer, true);
	bulk_wait(&bulk, 0);
	CHECK_INT(importer_report(bulk.importer, &report, &bulk.door.err), -1);
	CHECK_INT(report.imported, 1);
	CHECK_ERROR(&bulk.door.err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

static void nothing_is_taken_after_a_failure(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct importer_report report;

	bulk_begin(&bulk);
	delete_table(&bulk);
	for (int i = 0; i < MANY; i++)
		append_line(&text, i, "");
	importer_feed(bulk.importer, slice_of(text.data, text.len / 2));
	bulk_wait(&bulk, 0);
	door_create_table(&bulk.door, "Tab", "S", NULL);
	importer_feed(bulk.importer, slice_skip(buf_slice(&text), text.len / 2));
	importer_finish_line(bulk.importer, true);
	bulk_wait(&bulk, 0);
	CHECK_INT(importer_report(bulk.importer, &report, &bulk.door.err), -1);
	error_release(&bulk.door.err);
	CHECK_INT(report.imported, 0);
	CHECK_INT(count_items(&bulk), 0);
}

static void a_table_deleted_in_the_middle_ends_the_import(void)
{
	struct bulk bulk CLEANUP(bulk_release);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct importer_report report;
	int r;

	bulk_begin(&bulk);
	for (int i = 0; i < MANY; i++)
		append_line(&text, i, "");
	importer_feed(bulk.importer, buf_slice(&text));
	delete_table(&bulk);
	importer_feed(bulk.importer, buf_slice(&text));
	importer_finish_line(bulk.importer, true);
	bulk_wait(&bulk, 0);
	r = importer_report(bulk.importer, &report, &bulk.door.err);
	CHECK_INT(r, -1);
	CHECK(report.imported < 2 * MANY);
	CHECK_ERROR(&bulk.door.err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

static const struct test_case cases[] = {
	{ "lines are imported, whatever the pieces", lines_are_imported_whatever_the_pieces },
	{ "typed lines are imported", typed_lines_are_imported },
	{ "lines of an S3 export are imported", lines_of_an_s3_export_are_imported },
	{ "an item with an attribute Item is no export",
		an_item_with_an_attribute_item_is_no_export },
	{ "an array is imported", an_array_is_imported },
	{ "an empty array has no items", an_empty_array_has_no_items },
	{ "no text at all is no error", no_text_at_all_is_no_error },
	{ "blank lines are counted but no items", blank_lines_are_counted_but_no_items },
	{ "lines may end as on Windows", lines_may_end_as_on_windows },
	{ "the last line needs no end", the_last_line_needs_no_end },
	{ "a bad line is told and the others go in", a_bad_line_is_told_and_the_others_go_in },
	{ "a line that is not whole is told", a_line_that_is_not_whole_is_told },
	{ "the column of a fault counts leading blanks",
		the_column_of_a_fault_counts_leading_blanks },
	{ "bad elements are told by the line they begin on",
		bad_elements_are_told_by_the_line_they_begin_on },
	{ "a missing element is told", a_missing_element_is_told },
	{ "an array that does not end is told", an_array_that_does_not_end_is_told },
	{ "what follows an array is told", what_follows_an_array_is_told },
	{ "a bracket too many does not end the array", a_bracket_too_many_does_not_end_the_array },
	{ "the last line of a key wins", the_last_line_of_a_key_wins },
	{ "thousands of items go in over several batches",
		thousands_of_items_go_in_over_several_batches },
	{ "the last line wins across batches too", the_last_line_wins_across_batches_too },
	{ "a batch is bounded in bytes too", a_batch_is_bounded_in_bytes_too },
	{ "an item that is too large is told", an_item_that_is_too_large_is_told },
	{ "a line over 16 MB is told and the next goes in",
		a_line_over_16_mb_is_told_and_the_next_goes_in },
	{ "a line that is whole can be taken before its end",
		a_line_that_is_whole_can_be_taken_before_its_end },
	{ "a wait for nothing calls back at once", a_wait_for_nothing_calls_back_at_once },
	{ "a wait may leave batches to be written", a_wait_may_leave_batches_to_be_written },
	{ "every wait is called back", every_wait_is_called_back },
	{ "what was taken is written when it is freed",
		what_was_taken_is_written_when_it_is_freed },
	{ "an importer may be freed unused", an_importer_may_be_freed_unused },
	{ "a failure of the engine is reported", a_failure_of_the_engine_is_reported },
	{ "nothing is taken after a failure", nothing_is_taken_after_a_failure },
	{ "a table deleted in the middle ends the import",
		a_table_deleted_in_the_middle_ends_the_import },
};
TEST_MAIN(cases)
