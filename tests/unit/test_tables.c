#undef NDEBUG
#include "fs_fixture.h"

static int make(struct fixture *f, const char *schema)
{
	return table_make(&f->fs, SLICE("Movies"), slice_from_string(schema), false, &f->err);
}

static int describe(struct fixture *f, const char *name, struct mount_table **ret)
{
	return request_table(&f->fs, slice_from_string(name), ret, &f->err);
}

static bool exists(struct fixture *f, const char *name)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct mount_table *table = NULL;
	int r = request_table(&f->fs, slice_from_string(name), &table, &err);

	CHECK(r >= 0);
	mount_table_unref(table);
	return r == 0;
}

static void the_short_form_of_one_name_is_a_partition_key(void)
{
	FIXTURE(f);
	struct mount_table *table;

	CHECK_OK(make(&f, "id:S\n"), &f.err);
	CHECK_INT(describe(&f, "Movies", &table), 0);
	CHECK_TEXT(table->schema.partition.name, "id");
	CHECK_INT(table->schema.partition.type, VALUE_S);
	CHECK(!key_schema_has_sort(&table->schema));
	CHECK(mount_table_exists(table));
	mount_table_unref(table);
}

static void the_short_form_of_two_names_has_a_sort_key(void)
{
	FIXTURE(f);
	struct mount_table *table;

	CHECK_OK(make(&f, "  year:N\ttitle:B  \r\n"), &f.err);
	CHECK_INT(describe(&f, "Movies", &table), 0);
	CHECK_TEXT(table->schema.partition.name, "year");
	CHECK_INT(table->schema.partition.type, VALUE_N);
	CHECK_TEXT(table->schema.sort.name, "title");
	CHECK_INT(table->schema.sort.type, VALUE_B);
	mount_table_unref(table);
}

static void the_last_colon_of_a_word_divides(void)
{
	FIXTURE(f);
	struct mount_table *table;

	CHECK_OK(make(&f, "a:S:N"), &f.err);
	CHECK_INT(describe(&f, "Movies", &table), 0);
	CHECK_TEXT(table->schema.partition.name, "a:S");
	CHECK_INT(table->schema.partition.type, VALUE_N);
	mount_table_unref(table);
}

static void what_is_no_schema_is_refused_with_its_place(void)
{
	static const struct {
		const char *schema;
		unsigned line, column;
	} bad[] = {
		{ "id", 1, 1 },
		{ "id:", 1, 1 },
		{ ":S", 1, 1 },
		{ "id:X", 1, 1 },
		{ "id:s", 1, 1 },
		{ "id:SS", 1, 1 },
		{ "a:S b", 1, 5 },
		{ "a:S b:N c:B", 1, 9 },
		{ "a:S\n\nb:Q", 3, 1 },
		{ "", 1, 1 },
		{ " \n", 2, 1 },
		{ "[]", 1, 1 },
	};

	FIXTURE(f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(make(&f, bad[i].schema), -1);
		CHECK_INT(f.err.class, ERROR_VALIDATION);
		CHECK(strstr(f.err.message, "a schema is one or two of name:TYPE"));
		CHECK(f.err.place.known);
		CHECK_INT(f.err.place.line, bad[i].line);
		CHECK_INT(f.err.place.column, bad[i].column);
		error_release(&f.err);
	}
	CHECK(!exists(&f, "Movies"));
}

static void the_same_name_twice_is_refused(void)
{
	FIXTURE(f);

	CHECK_INT(make(&f, "a:S a:S"), -1);
	CHECK_INT(f.err.class, ERROR_VALIDATION);
	CHECK(!exists(&f, "Movies"));
}

#define JSON_SCHEMA(name) \
	"{\"TableName\": \"" name "\"," \
	" \"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": \"S\"}]," \
	" \"KeySchema\": [{\"AttributeName\": \"id\", \"KeyType\": \"HASH\"}]}"

static void json_is_create_tables_and_the_directory_names_the_table(void)
{
	FIXTURE(f);

	CHECK_OK(make(&f, JSON_SCHEMA("Other")), &f.err);
	CHECK(exists(&f, "Movies"));
	CHECK(!exists(&f, "Other"));
}

static void faulty_json_is_refused_with_its_place(void)
{
	FIXTURE(f);

	CHECK_INT(make(&f, "{\n  \"KeySchema\": [,]}"), -1);
	CHECK(f.err.place.known);
	CHECK_INT(f.err.place.line, 2);
	CHECK_INT(f.err.place.column, 17);
	error_release(&f.err);
	CHECK_INT(make(&f, "{\"KeySchema\": 1}"), -1);
	error_release(&f.err);
	CHECK_INT(make(&f, "{}"), -1);
	CHECK(!exists(&f, "Movies"));
}

static void a_table_is_made_once(void)
{
	FIXTURE(f);

	CHECK_OK(make(&f, "year:N title:S"), &f.err);
	CHECK_INT(make(&f, "year:N title:S"), -1);
	CHECK_ERROR(&f.err, ERROR_TABLE_IN_USE, "Table already exists: Movies");
	CHECK_INT(make(&f, "year:N"), -1);
	CHECK_ERROR(&f.err, ERROR_TABLE_IN_USE, "Table already exists: Movies");
}

static void checking_makes_nothing(void)
{
	FIXTURE(f);

	CHECK_OK(table_make(&f.fs, SLICE("Movies"), SLICE("id:S"), true, &f.err), &f.err);
	CHECK(!exists(&f, "Movies"));
	CHECK_INT(table_make(&f.fs, SLICE("Movies"), SLICE("id:Q"), true, &f.err), -1);
}

static void a_name_that_no_table_can_have_is_refused(void)
{
	static const char *const bad[] = { "", "ab", "a b c", "caf\xC3\xA9", "a/b" };

	FIXTURE(f);
	CHECK_OK(table_check_name(&f.fs, SLICE("a.b-c_D9"), &f.err), &f.err);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(table_check_name(&f.fs, slice_from_string(bad[i]), &f.err), -1);
		CHECK_INT(f.err.class, ERROR_VALIDATION);
		error_release(&f.err);
	}
}

static void a_schema_is_complete_at_the_end_of_its_line(void)
{
	CHECK(schema_is_complete(SLICE("id:S\n")));
	CHECK(schema_is_complete(SLICE("\n id:S n:N \n")));
	CHECK(!schema_is_complete(SLICE("id:S")));
	CHECK(!schema_is_complete(SLICE("\n")));
	CHECK(!schema_is_complete(SLICE("")));
}

static void a_json_schema_is_complete_with_its_last_brace(void)
{
	CHECK(schema_is_complete(SLICE("{}")));
	CHECK(schema_is_complete(SLICE(" {\"a\": {\n}}")));
	CHECK(!schema_is_complete(SLICE("{\"a\": {\n}\n")));
	/* What can't become one is judged at once. */
	CHECK(schema_is_complete(SLICE("{]")));
}

static void the_schema_of_a_table_makes_its_like(void)
{
	FIXTURE(f);
	struct buf schema CLEANUP(buf_release) = BUF_INIT;
	struct buf clone CLEANUP(buf_release) = BUF_INIT;
	struct mount_table *table;

	CHECK_OK(make(&f, "year:N title:S"), &f.err);
	CHECK_OK(table_append_schema(&f.fs, SLICE("Movies"), &schema, &f.err), &f.err);
	CHECK(schema_is_complete(buf_slice(&schema)));
	CHECK_OK(table_make(&f.fs, SLICE("Clone"), buf_slice(&schema), false, &f.err), &f.err);
	CHECK_INT(describe(&f, "Clone", &table), 0);
	CHECK_TEXT(table->schema.sort.name, "title");
	mount_table_unref(table);
	CHECK_OK(table_append_schema(&f.fs, SLICE("Clone"), &clone, &f.err), &f.err);
	CHECK(strstr(buf_string(&clone), "\"TableName\": \"Clone\""));
	CHECK(strstr(buf_string(&clone), "\"BillingMode\": \"PAY_PER_REQUEST\""));
}

static void info_counts_items_and_changes(void)
{
	FIXTURE(f);
	struct buf info CLEANUP(buf_release) = BUF_INIT;
	struct member id = { SLICE("id"), fixture_string(SLICE("a")) };
	struct map item = { &id, 1 };

	CHECK_OK(make(&f, "id:S"), &f.err);
	fixture_write(&f, ITEM_PUT, "Movies", &item, 1);
	CHECK_OK(table_append_info(&f.fs, SLICE("Movies"), &info, &f.err), &f.err);
	CHECK(strstr(buf_string(&info), "\"ItemCount\": 1"));
	CHECK(strstr(buf_string(&info), "\"Inserted\": 1"));
	CHECK(strstr(buf_string(&info), "\"TableStatus\": \"ACTIVE\""));
}

static void only_an_empty_table_is_dropped(void)
{
	FIXTURE(f);
	struct member id = { SLICE("id"), fixture_string(SLICE("a")) };
	struct map item = { &id, 1 };

	CHECK_OK(make(&f, "id:S"), &f.err);
	fixture_write(&f, ITEM_PUT, "Movies", &item, 1);
	CHECK_INT(table_drop(&f.fs, SLICE("Movies"), &f.err), -1);
	CHECK_INT(f.err.class, ERROR_TABLE_NOT_EMPTY);
	error_release(&f.err);
	CHECK(exists(&f, "Movies"));
	fixture_write(&f, ITEM_DELETE, "Movies", &item, 1);
	CHECK_OK(table_drop(&f.fs, SLICE("Movies"), &f.err), &f.err);
	CHECK(!exists(&f, "Movies"));
	CHECK_INT(table_drop(&f.fs, SLICE("Movies"), &f.err), -1);
	CHECK_INT(f.err.class, ERROR_TABLE_NOT_FOUND);
}

static void a_table_created_anew_has_another_id(void)
{
	FIXTURE(f);
	struct mount_table *first, *second;

	CHECK_OK(make(&f, "id:S"), &f.err);
	CHECK_INT(describe(&f, "Movies", &first), 0);
	CHECK_OK(table_drop(&f.fs, SLICE("Movies"), &f.err), &f.err);
	CHECK_OK(make(&f, "id:S"), &f.err);
	CHECK_INT(describe(&f, "Movies", &second), 0);
	CHECK(!slice_equal(first->id, second->id));
	mount_table_unref(first);
	mount_table_unref(second);
}

static const struct test_case cases[] = {
	{ "the short form of one name is a partition key",
		the_short_form_of_one_name_is_a_partition_key },
	{ "the short form of two names has a sort key",
		the_short_form_of_two_names_has_a_sort_key },
	{ "the last colon of a word divides", the_last_colon_of_a_word_divides },
	{ "what is no schema is refused, with its place",
		what_is_no_schema_is_refused_with_its_place },
	{ "the same name twice is refused", the_same_name_twice_is_refused },
	{ "JSON is CreateTable's, and the directory names the table",
		json_is_create_tables_and_the_directory_names_the_table },
	{ "faulty JSON is refused, with its place", faulty_json_is_refused_with_its_place },
	{ "a table is made once", a_table_is_made_once },
	{ "checking makes nothing", checking_makes_nothing },
	{ "a name that no table can have is refused", a_name_that_no_table_can_have_is_refused },
	{ "a schema is complete at the end of its line",
		a_schema_is_complete_at_the_end_of_its_line },
	{ "a JSON schema is complete with its last brace",
		a_json_schema_is_complete_with_its_last_brace },
	{ "the schema of a table makes its like", the_schema_of_a_table_makes_its_like },
	{ "info counts items and changes", info_counts_items_and_changes },
	{ "only an empty table is dropped", only_an_empty_table_is_dropped },
	{ "a table created anew has another id", a_table_created_anew_has_another_id },
};

TEST_MAIN(cases)
