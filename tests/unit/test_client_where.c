#undef NDEBUG
/* WHERE, but for mounts: these are for e2e/test_cli.py. */
#include "where.h"

#include "engine_fixture.h"

#include <sys/stat.h>

static void check_url(
	const char *text, bool wants_table, const char *url, const char *name, const char *table)
{
	struct where where CLEANUP(where_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(where_resolve(text, wants_table, WHERE_EXISTS, &where, &err), &err);
	CHECK_TEXT(slice_from_string(where.url), url);
	CHECK_TEXT(slice_from_string(where.name), name);
	CHECK_TEXT(buf_slice(&where.table), table);
	CHECK(!where.data_directory);
}

static void check_refused(const char *text, bool wants_table, const char *message)
{
	struct where where = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(where_resolve(text, wants_table, WHERE_EXISTS, &where, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
	CHECK(!where.name && !where.url && !where.table.data);
}

static void the_last_part_of_a_URL_is_the_table(void)
{
	check_url("http://h:1/T", true, "http://h:1/", "http://h:1", "T");
	check_url("https://h/T//", true, "https://h/", "https://h", "T");
	check_url("http://h/below/T", true, "http://h/below/", "http://h/below", "T");
}

static void a_URL_without_a_table_is_an_endpoint(void)
{
	check_url("http://h:1", false, "http://h:1/", "http://h:1", "");
	check_url("http://h:1/", false, "http://h:1/", "http://h:1", "");
	check_url("http://h/below", false, "http://h/below/", "http://h/below", "");
}

static void a_URL_that_lacks_something_is_refused(void)
{
	check_refused("http://h:1", true,
		"http://h:1 names no table: it would be http://HOST:PORT/TABLE");
	check_refused("http://h:1/", true,
		"http://h:1/ names no table: it would be http://HOST:PORT/TABLE");
	check_refused("http://", false, "http:// names no host: it would be http://HOST:PORT");
	check_refused(
		"https:////", true, "https://// names no host: it would be http://HOST:PORT/TABLE");
}

static void check_data(
	const char *data, const char *below, bool wants_table, const char *table, struct error *err)
{
	struct where where CLEANUP(where_release) = { 0 };
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "%s%s", data, below);
	CHECK_OK(where_resolve(buf_string(&text), wants_table, WHERE_EXISTS, &where, err), err);
	CHECK_TEXT(slice_from_string(where.data_directory), data);
	CHECK_TEXT(buf_slice(&where.table), table);
	CHECK(!where.url);
}

static void the_last_part_of_a_path_is_the_table_of_a_data_directory(void)
{
	struct door door CLEANUP(door_release) = door_new();

	check_data(door.path, "/T", true, "T", &door.err);
	check_data(door.path, "//T/", true, "T", &door.err);
	check_data(door.path, "/./nothing/../T", true, "T", &door.err);
	check_data(door.path, "/catalog.db", true, "catalog.db", &door.err);
	check_data(door.path, "/", false, "", &door.err);
	check_data(door.path, "/nothing/..", false, "", &door.err);
}

static void a_relative_path_begins_where_one_is(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct where where CLEANUP(where_release) = { 0 };

	CHECK(chdir(door.path) == 0);
	CHECK_OK(where_resolve("T", true, WHERE_EXISTS, &where, &door.err), &door.err);
	CHECK(chdir("/") == 0);
	CHECK_TEXT(slice_from_string(where.data_directory), door.path);
	CHECK_TEXT(buf_slice(&where.table), "T");
}

static void what_is_nothing_is_told(void)
{
	check_refused("/nowhere/T", true,
		"/nowhere/T is not there: it is no URL (http://HOST:PORT/TABLE), in no mount of "
		"dynamount, and /nowhere is no data directory");
	check_refused("/", true,
		"/ is not there: it is no URL (http://HOST:PORT/TABLE), in no mount of dynamount, "
		"and / is no data directory");
	check_refused("/nowhere", false,
		"/nowhere is not there: it is no URL (http://HOST:PORT), in no mount of dynamount, "
		"and /nowhere is no data directory");
}

static int resolve_new(const char *directory, const char *below, struct error *err)
{
	struct where where CLEANUP(where_release) = { 0 };
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "%s%s", directory, below);
	return where_resolve(buf_string(&text), true, WHERE_MAY_BE_NEW, &where, err);
}

static void a_new_data_directory_is_one_where_nothing_is(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct buf empty CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	buf_appendf(&empty, "%s-empty", door.path);
	CHECK_OK(resolve_new(buf_string(&empty), "/T", &err), &err);
	CHECK_INT(resolve_new(buf_string(&empty), "/further/T", &err), -1);
	error_release(&err);
	CHECK(mkdir(buf_string(&empty), 0700) == 0);
	CHECK_OK(resolve_new(buf_string(&empty), "/T", &err), &err);
	CHECK_OK(resolve_new(buf_string(&empty), "/further/T", &err), &err);
	CHECK_OK(resolve_new(door.path, "/T", &err), &err);
	CHECK_INT(resolve_new(door.path, "/catalog.db/T", &err), -1);
	error_release(&err);
	CHECK_INT(resolve_new("/usr", "/T", &err), -1);
	CHECK(rmdir(buf_string(&empty)) == 0);
}

static const struct test_case cases[] = {
	{ "the last part of a URL is the table", the_last_part_of_a_URL_is_the_table },
	{ "a URL without a table is an endpoint", a_URL_without_a_table_is_an_endpoint },
	{ "a URL that lacks something is refused", a_URL_that_lacks_something_is_refused },
	{ "the last part of a path is the table of a data directory",
		the_last_part_of_a_path_is_the_table_of_a_data_directory },
	{ "a relative path begins where one is", a_relative_path_begins_where_one_is },
	{ "what is nothing is told", what_is_nothing_is_told },
	{ "a new data directory is one where nothing is",
		a_new_data_directory_is_one_where_nothing_is },
};
TEST_MAIN(cases)
