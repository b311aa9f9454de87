#undef NDEBUG
#include "index_fixture.h"

#include "store/index_private.h"
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

/* A table with one index and the rows 1 and 2 in it. */
static struct fixture fixture_with_index(void)
{
	struct fixture f = fixture_new();
	const struct index_description index = index_global("byg");

	index_table(&f, &index, 1);
	index_put(&f, 1, "x", 1, NULL);
	index_put(&f, 2, "x", 2, NULL);
	return f;
}

static DB *index_file(struct fixture *f)
{
	return f->table->indexes[0]->file;
}

static struct slice entry_of(struct fixture *f, int64_t sk)
{
	struct map item = index_item(&f->arena, sk, "x", sk, NULL);
	struct buf entry CLEANUP(buf_release) = BUF_INIT;

	CHECK(index_entry_of(&table_description(f->table)->indexes[0], &item,
		fixture_key(f->table, &f->arena, "a", sk), &entry));
	return arena_copy(&f->arena, buf_slice(&entry));
}

static void a_missing_entry_of_an_index_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_index();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	DBT key = bdb_input(entry_of(&f, 2));

	CHECK_INT(fixture_check(&f, NULL).problems, 0);
	CHECK_INT(index_file(&f)->del(index_file(&f), NULL, &key, DB_AUTO_COMMIT), 0);
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), ": index byg lacks its entry"));
}

static void an_entry_without_its_row_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_index();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	DBT key = bdb_input(entry_of(&f, 3)), data = { .size = 0 };

	CHECK_INT(index_file(&f)->put(index_file(&f), NULL, &key, &data, DB_AUTO_COMMIT), 0);
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "index byg, entry "));
	CHECK(strstr(buf_string(&text), ": it has no row"));
}

static void an_entry_of_another_row_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_index();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct buf entry CLEANUP(buf_release) = BUF_INIT;
	struct map item = index_item(&f.arena, 1, "y", 1, NULL);
	DBT key, data = { .size = 0 };

	CHECK(index_entry_of(&table_description(f.table)->indexes[0], &item,
		fixture_key(f.table, &f.arena, "a", 1), &entry));
	key = bdb_input(buf_slice(&entry));
	CHECK_INT(index_file(&f)->put(index_file(&f), NULL, &key, &data, DB_AUTO_COMMIT), 0);
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), ": its row is another one"));
}

static void wrong_counts_of_an_index_are_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_index();
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	f.table->indexes[0]->now.bytes++;
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "index byg counts 2 items of 25 bytes, there are 2 of 24"));
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
	{ "a missing entry of an index is reported", a_missing_entry_of_an_index_is_reported },
	{ "an entry without its row is reported", an_entry_without_its_row_is_reported },
	{ "an entry of another row is reported", an_entry_of_another_row_is_reported },
	{ "wrong counts of an index are reported", wrong_counts_of_an_index_are_reported },
};

TEST_MAIN(cases)
