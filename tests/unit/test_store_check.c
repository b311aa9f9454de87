#undef NDEBUG
#include "store_fixture.h"

#include "store/table_private.h"

#include <fcntl.h>

/* Puts a record behind the store's back. */
static void put_raw(struct fixture *f, struct slice row_key, struct slice record)
{
	DB *file = f->table->body->file;
	DBT key = bdb_input(row_key), data = bdb_input(record);

	CHECK_INT(file->put(file, NULL, &key, &data, DB_AUTO_COMMIT), 0);
}

static struct slice get_raw(struct fixture *f, struct slice row_key)
{
	DB *file = f->table->body->file;
	DBT key = bdb_input(row_key), data = { .flags = DB_DBT_MALLOC };
	struct slice record;

	CHECK_INT(file->get(file, NULL, &key, &data, 0), 0);
	record = arena_copy(&f->arena, bdb_slice(&data));
	free(data.data);
	return record;
}

/* Changes a byte of the record of { "a", 1 } and checks what is said. */
static void expect_after_change(
	struct fixture *f, size_t offset, unsigned char byte, const char *problem)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct slice key = fixture_key(f->table, &f->arena, "a", 1);
	struct slice record = get_raw(f, key);

	((unsigned char *)record.data)[offset] = byte;
	put_raw(f, key, record);
	CHECK_INT(fixture_check(f, &text).problems, 1);
	if (!strstr(buf_string(&text), problem))
		printf("# %s", buf_string(&text));
	CHECK(strstr(buf_string(&text), problem));
}

static void a_sound_store_has_no_problems(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct check_totals totals;

	for (int i = 0; i < 300; i++)
		fixture_put(&f, "a", i, "x");
	totals = fixture_check(&f, NULL);
	CHECK_INT(totals.problems, 0);
	CHECK_INT(totals.tables, 1);
	CHECK_INT(totals.items, 300);
	CHECK(totals.bytes > 300 * 7);
}

static void an_unknown_version_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	fixture_put(&f, "a", 1, "x");
	expect_after_change(&f, 0, 9, "a stored row has version 9, unknown here");
}

static void a_wrong_item_size_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	fixture_put(&f, "a", 1, "x");
	expect_after_change(&f, 4, 200, "the item size is 9, stored as 200");
}

static void a_wrong_text_length_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	fixture_put(&f, "a", 1, "x");
	expect_after_change(&f, 8, 200, "the text length is 39, stored as 200");
}

static void an_item_that_does_not_decode_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	fixture_put(&f, "a", 1, "x");
	expect_after_change(&f, ROW_HEADER_LENGTH, 99, "T: row ");
}

static void a_truncated_record_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	put_raw(&f, fixture_key(f.table, &f.arena, "a", 1), SLICE("short"));
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "a stored row is malformed"));
}

static void a_row_under_the_key_of_another_item_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct slice key = fixture_key(f.table, &f.arena, "a", 1);
	struct slice record;

	fixture_put(&f, "a", 1, "x");
	fixture_put(&f, "a", 2, "x");
	record = get_raw(&f, fixture_key(f.table, &f.arena, "a", 2));
	put_raw(&f, key, record);
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "the key is not that of the item"));
}

static void own_text_of_another_item_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("x"));
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f.table,
			.row_key = fixture_key(f.table, &f.arena, "a", 1),
			.item = &item,
			.own_text = SLICE("{\"pk\":\"a\",\"sk\":1,\"v\":\"y\"}"),
		},
	};

	CHECK_INT(fixture_apply(&f, &write), 0);
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "the text is not that of the item"));
}

static void a_row_that_was_not_counted_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct slice key = fixture_key(f.table, &f.arena, "a", 1);
	struct slice record;

	fixture_put(&f, "a", 1, "x");
	record = get_raw(&f, key);
	fixture_delete(&f, "a", 1);
	put_raw(&f, key, record);
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "the catalogue counts 0 items of 0 bytes"));
}

static void a_damaged_page_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT, name CLEANUP(buf_release) = BUF_INIT;
	struct buf junk CLEANUP(buf_release) = BUF_INIT;
	struct slice id = arena_copy(&f.arena, table_description(f.table)->id);
	int fd;

	for (int i = 0; i < 300; i++)
		fixture_put(&f, "a", i, "some text to fill pages");
	fixture_close(&f);
	buf_appendf(&name, "%s/table-%.*s.db", f.path, SLICE_ARG(id));
	buf_resize(&junk, 2000);
	memset(junk.data, 0xA5, junk.len);
	fd = open(buf_string(&name), O_WRONLY);
	CHECK(fd >= 0);
	CHECK_INT(pwrite(fd, junk.data, junk.len, 2 * 4096 + 500), junk.len);
	close(fd);
	fixture_open(&f);
	CHECK(fixture_check(&f, &text).problems > 0);
	CHECK(strstr(buf_string(&text), "is damaged"));
}

static const struct test_case cases[] = {
	{ "a sound store has no problems", a_sound_store_has_no_problems },
	{ "an unknown version is reported", an_unknown_version_is_reported },
	{ "a wrong item size is reported", a_wrong_item_size_is_reported },
	{ "a wrong text length is reported", a_wrong_text_length_is_reported },
	{ "an item that does not decode is reported", an_item_that_does_not_decode_is_reported },
	{ "a truncated record is reported", a_truncated_record_is_reported },
	{ "a row under the key of another item is reported",
		a_row_under_the_key_of_another_item_is_reported },
	{ "own text of another item is reported", own_text_of_another_item_is_reported },
	{ "a row that was not counted is reported", a_row_that_was_not_counted_is_reported },
	{ "a damaged page is reported", a_damaged_page_is_reported },
};

TEST_MAIN(cases)
