#undef NDEBUG
#include "model/plain.h"
#include "port_cell.h"
#include "port_columns.h"
#include "test.h"

static const struct key_schema key = {
	.partition = { SLICE("id"), VALUE_N },
	.sort = { SLICE("at"), VALUE_S },
};

struct sheet {
	struct arena arena;
	struct port_columns columns;
	struct error err;
};

static void sheet_release(struct sheet *sheet)
{
	arena_release(&sheet->arena);
	error_release(&sheet->err);
}

static struct sheet sheet_new(bool infer)
{
	return (struct sheet){ ARENA_INIT, { .delimiter = ',', .infer = infer }, ERROR_INIT };
}

static int read_header(struct sheet *sheet, const char *header)
{
	return columns_read_header(
		&sheet->columns, &key, slice_from_string(header), &sheet->arena, &sheet->err);
}

/* The row as a line of plain JSON. */
static int read_row(struct sheet *sheet, const char *row, struct buf *ret)
{
	struct map item;

	TRY(columns_read_item(
		&sheet->columns, slice_from_string(row), &sheet->arena, &item, &sheet->err));
	plain_append_line(ret, &item);
	return 0;
}

static void check_row(bool infer, const char *header, const char *row, const char *expected)
{
	struct sheet sheet CLEANUP(sheet_release) = sheet_new(infer);
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	CHECK_OK(read_header(&sheet, header), &sheet.err);
	CHECK_OK(read_row(&sheet, row, &line), &sheet.err);
	CHECK_TEXT(buf_slice(&line), expected);
}

static void check_bad_header(const char *header, const char *message)
{
	struct sheet sheet CLEANUP(sheet_release) = sheet_new(false);

	CHECK_INT(read_header(&sheet, header), -1);
	CHECK_ERROR(&sheet.err, ERROR_VALIDATION, message);
}

static void check_bad_row(const char *header, const char *row, unsigned column, const char *message)
{
	struct sheet sheet CLEANUP(sheet_release) = sheet_new(false);
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	CHECK_OK(read_header(&sheet, header), &sheet.err);
	CHECK_INT(read_row(&sheet, row, &line), -1);
	CHECK_INT(sheet.err.place.known ? sheet.err.place.column : 0, column);
	CHECK_ERROR(&sheet.err, ERROR_VALIDATION, message);
}

static void columns_hold_strings(void)
{
	check_row(false, "id,at,n,b", "1,x,5,true",
		"{\"id\":1,\"at\":\"x\",\"n\":\"5\",\"b\":\"true\"}\n");
}

static void columns_have_the_type_they_tell(void)
{
	check_row(false, "id,at,n:N,b:BOOL,z:NULL,d:B,s:S", "1,x,1.50,FALSE,null,AAE=,y",
		"{\"id\":1,\"at\":\"x\",\"n\":1.5,\"b\":false,\"z\":null,\"d\":{\"B\":\"AAE=\"},"
		"\"s\":\"y\"}\n");
	check_row(false, "id,at,s:SS,n:NS,l:L,m:M", "1,x,\"[\"\"a\"\"]\",\"[1,\"\"2\"\"]\",[],{}",
		"{\"id\":1,\"at\":\"x\",\"s\":{\"SS\":[\"a\"]},\"n\":{\"NS\":[\"1\",\"2\"]},\"l\":[],"
		"\"m\":{}}\n");
}

static void a_colon_is_part_of_other_names(void)
{
	check_row(false, "id,at,a:b,c:S:S,:S", "1,x,1,2,3",
		"{\"id\":1,\"at\":\"x\",\"a:b\":\"1\",\"c:S\":\"2\",\":S\":\"3\"}\n");
}

static void empty_cells_are_left_out(void)
{
	check_row(false, "id,at,a,b,c:N", "1,x,,\"\",", "{\"id\":1,\"at\":\"x\"}\n");
}

static void quotes_are_an_empty_string_where_the_type_is_told(void)
{
	check_row(false, "id,at,a:S,b:B,c:S", "1,x,\"\",\"\",",
		"{\"id\":1,\"at\":\"x\",\"a\":\"\",\"b\":{\"B\":\"\"}}\n");
}

static void types_are_inferred_where_asked_for(void)
{
	check_row(true, "id,at,a,b,c,d,e,f,g:S", "1,5,-1.5e3,true,007,+1,x,TRUE,5",
		"{\"id\":1,\"at\":\"5\",\"a\":-1500,\"b\":true,\"c\":\"007\",\"d\":\"+1\",\"e\":\"x\","
		"\"f\":\"TRUE\",\"g\":\"5\"}\n");
	check_row(true, "id,at,a,b,c", "1,5,0,0.5,12345678901234567890123456789012345678901",
		"{\"id\":1,\"at\":\"5\",\"a\":0,\"b\":0.5,"
		"\"c\":\"12345678901234567890123456789012345678901\"}\n");
}

static void an_attribute_may_have_columns_of_several_types(void)
{
	check_row(false, "id,at,a,a:N", "1,x,,5", "{\"id\":1,\"at\":\"x\",\"a\":5}\n");
	check_bad_row("id,at,a,a:N", "1,x,y,5", 7, "a has values of two types");
}

static void bad_headers_are_told(void)
{
	check_bad_header("id,a", "the header does not name the key attribute at");
	check_bad_header("at,a", "the header does not name the key attribute id");
	check_bad_header("id:S,at", "the key attribute id is of type N in the table");
	check_bad_header("id,at,,b", "a column has no name");
	check_bad_header("id,at,a,a:S", "the column a is there twice");
	check_bad_header("id,at,\xFF", "the header is not UTF-8 text");
}

static void bad_rows_are_told(void)
{
	check_bad_row("id,at", "1,x,y", 0, "3 cells, but the header names 2 columns");
	check_bad_row("id,at", "1", 0, "1 cell, but the header names 2 columns");
	check_bad_row("id,at,a:BOOL", "1,x,yes", 5, "a: a BOOL is true or false");
	check_bad_row("id,at,a:B", "1,x,A", 5, "a: binary must be base64 with its padding");
	check_bad_row("id,at,a:SS", "1,x,\"a,b\"", 5, "a: a set is a JSON array: [\"a\",\"b\"]");
	check_bad_row("id,at,a:L", "1,x,{}", 5, "a: the value is of type M, not L");
	check_bad_row("id,at,a:L", "1,x,\"[],\"\"b\"\":1\"", 5, "a: more than one JSON value");
}

/* Items of JSON become CSV with the columns they need, and the same again. */
static void check_round(const char *const *lines, size_t count, const char *expected_header)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct column_set set CLEANUP(column_set_release) = { 0 };
	struct sheet sheet CLEANUP(sheet_release) = sheet_new(false);
	struct port_columns columns = { .delimiter = ',' };
	struct buf header CLEANUP(buf_release) = BUF_INIT;
	struct map items[8];

	for (size_t i = 0; i < count; i++) {
		CHECK_OK(
			plain_read_item(slice_from_string(lines[i]), &arena, &items[i], &sheet.err),
			&sheet.err);
		column_set_add_item(&set, &items[i]);
	}
	columns_from_set(&columns, &key, &set, &arena);
	columns_append_header(&columns, &header);
	CHECK_TEXT(buf_slice(&header), expected_header);
	header.len--;
	CHECK_OK(read_header(&sheet, buf_string(&header)), &sheet.err);
	for (size_t i = 0; i < count; i++) {
		struct buf row CLEANUP(buf_release) = BUF_INIT;
		struct map read;

		CHECK_INT(columns_append_item(&columns, &items[i], &row), 0);
		row.len--;
		CHECK_OK(columns_read_item(
				 &sheet.columns, buf_slice(&row), &sheet.arena, &read, &sheet.err),
			&sheet.err);
		CHECK(map_equal(&items[i], &read));
	}
}

static void tables_survive_csv(void)
{
	static const char *const lines[] = {
		"{\"at\":\"x\",\"id\":1,\"a\":\"s\",\"b:N\":\"t\"}",
		"{\"id\":2,\"at\":\"y\",\"a\":5,\"c\":\"\",\"d\":[1,{\"M\":{\"S\":{\"S\":\"q\"}}}]}",
		"{\"id\":3,\"at\":\"z\",\"a\":null,\"e\":{\"S\":{\"x\":1}},\"f\":{\"BS\":[\"AA==\",\"\"]}}",
		"{\"id\":4,\"at\":\"\\n\",\"g\":{\"B\":\"\"},\"h\":false,\"c\":\"a,\\\"b\\\"\\r\\n\"}",
	};

	check_round(
		lines, ARRAY_SIZE(lines), "id,at,a,a:N,a:NULL,b:N:S,c:S,d:L,e:M,f:BS,g:B,h:BOOL\n");
}

static void what_has_no_column_is_counted(void)
{
	struct sheet sheet CLEANUP(sheet_release) = sheet_new(false);
	struct buf row CLEANUP(buf_release) = BUF_INIT;
	struct map item;

	CHECK_OK(read_header(&sheet, "id,at,a:N"), &sheet.err);
	CHECK_OK(plain_read_item(SLICE("{\"id\":1,\"at\":\"x\",\"a\":\"s\",\"b\":2}"), &sheet.arena,
			 &item, &sheet.err),
		&sheet.err);
	CHECK_INT(columns_append_item(&sheet.columns, &item, &row), 2);
	CHECK_TEXT(buf_slice(&row), "1,x,\n");
}

static const struct test_case cases[] = {
	{ "columns hold strings", columns_hold_strings },
	{ "columns have the type that they tell", columns_have_the_type_they_tell },
	{ "a colon is part of other names", a_colon_is_part_of_other_names },
	{ "empty cells are left out", empty_cells_are_left_out },
	{ "a pair of quotes is the empty string where the type is told",
		quotes_are_an_empty_string_where_the_type_is_told },
	{ "types are inferred where asked for", types_are_inferred_where_asked_for },
	{ "an attribute may have columns of several types",
		an_attribute_may_have_columns_of_several_types },
	{ "bad headers are told", bad_headers_are_told },
	{ "bad rows are told with the column", bad_rows_are_told },
	{ "a table survives CSV value for value", tables_survive_csv },
	{ "what has no column is counted", what_has_no_column_is_counted },
};

TEST_MAIN(cases)
