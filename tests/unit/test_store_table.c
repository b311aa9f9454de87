#undef NDEBUG
#include "store_fixture.h"

#include <sys/stat.h>

static struct slice names_after(struct fixture *f, struct slice after, size_t limit, bool *ret_more)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct slice *names;
	size_t count;

	CHECK_OK(table_list(f->store, after, limit, &f->arena, &names, &count, ret_more, &f->err),
		&f->err);
	for (size_t i = 0; i < count; i++)
		buf_appendf(&text, "%.*s ", SLICE_ARG(names[i]));
	return arena_copy(&f->arena, buf_slice(&text));
}

static void tables_are_listed_in_byte_order_in_pages(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	const struct slice none = { NULL, 0 };
	bool more;

	fixture_create_table(&f, "b");
	fixture_create_table(&f, "Z");
	fixture_create_table(&f, "a");
	CHECK_TEXT(names_after(&f, none, 10, &more), "T Z a b ");
	CHECK(!more);
	CHECK_TEXT(names_after(&f, none, 2, &more), "T Z ");
	CHECK(more);
	CHECK_TEXT(names_after(&f, SLICE("Z"), 2, &more), "a b ");
	CHECK(!more);
	CHECK_TEXT(names_after(&f, SLICE("X"), 1, &more), "Z ");
	CHECK(more);
	CHECK_TEXT(names_after(&f, SLICE("b"), 1, &more), "");
	CHECK(!more);
}

static void a_name_is_taken_once(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description again = *table_description(f.table);

	CHECK_INT(table_create(f.store, &again, false, &f.arena, DURABLE_POWER, &f.err),
		TABLE_EXISTS);
}

static void a_description_survives_closing_and_opening(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description made = {
		.name = SLICE("Full"),
		.key = { .partition = { SLICE("p\0\"\xC3\xA9"), VALUE_B },
			.sort = { SLICE("s"), VALUE_N } },
		.billing_mode = BILLING_PROVISIONED,
		.read_capacity_units = 5,
		.write_capacity_units = 1LL << 40,
		.table_class = TABLE_CLASS_STANDARD_INFREQUENT_ACCESS,
		.deletion_protection = true,
	};
	const struct table_description *read;

	CHECK_INT(table_create(f.store, &made, false, &f.arena, DURABLE_POWER, &f.err), 0);
	CHECK_INT(made.id.len, 36);
	CHECK(made.created_ns > 0);
	fixture_close(&f);
	fixture_open(&f);
	table_unref(f.table);
	f.table = fixture_find(&f, "Full");
	read = table_description(f.table);
	CHECK(slice_equal(read->name, made.name));
	CHECK(slice_equal(read->id, made.id));
	CHECK(slice_equal(read->key.partition.name, made.key.partition.name));
	CHECK_INT(read->key.partition.type, VALUE_B);
	CHECK(slice_equal(read->key.sort.name, made.key.sort.name));
	CHECK_INT(read->key.sort.type, VALUE_N);
	CHECK_INT(read->created_ns, made.created_ns);
	CHECK_INT(read->billing_mode, BILLING_PROVISIONED);
	CHECK_INT(read->read_capacity_units, 5);
	CHECK_INT(read->write_capacity_units, 1LL << 40);
	CHECK_INT(read->table_class, TABLE_CLASS_STANDARD_INFREQUENT_ACCESS);
	CHECK(read->deletion_protection);
}

static void a_table_without_sort_key_has_none_after_opening(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description made = {
		.name = SLICE("Users"),
		.key = { .partition = { SLICE("id"), VALUE_S } },
	};

	CHECK_INT(table_create(f.store, &made, false, &f.arena, DURABLE_POWER, &f.err), 0);
	fixture_close(&f);
	fixture_open(&f);
	table_unref(f.table);
	f.table = fixture_find(&f, "Users");
	CHECK(!key_schema_has_sort(&table_description(f.table)->key));
}

static bool file_exists(struct fixture *f, struct slice id)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct stat status;

	buf_appendf(&path, "%s/table-%.*s.db", f->path, SLICE_ARG(id));
	return stat(buf_string(&path), &status) == 0;
}

/* The worker may hold a table for a moment. */
static void expect_file_goes(struct fixture *f, struct slice id)
{
	for (int i = 0; i < 500 && file_exists(f, id); i++)
		usleep(10000);
	CHECK(!file_exists(f, id));
}

static void a_deleted_table_is_gone_with_its_file(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct slice id = arena_copy(&f.arena, table_description(f.table)->id);
	struct table *table;

	CHECK(file_exists(&f, id));
	table_unrefp(&f.table);
	CHECK_INT(table_delete(f.store, SLICE("T"), false, DURABLE_POWER, &f.err), 0);
	CHECK_INT(table_find(f.store, SLICE("T"), &table, &f.err), TABLE_ABSENT);
	CHECK_INT(table_delete(f.store, SLICE("T"), false, DURABLE_POWER, &f.err), TABLE_ABSENT);
	expect_file_goes(&f, id);
}

static void a_table_deleted_while_held_is_not_found_by_its_holder(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct slice id = arena_copy(&f.arena, table_description(f.table)->id);
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("x"));
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f.table,
			.row_key = fixture_key(f.table, &f.arena, "a", 1),
			.item = &item,
		},
	};
	struct row row;

	fixture_put(&f, "a", 1, "x");
	CHECK_INT(table_delete(f.store, SLICE("T"), false, DURABLE_POWER, &f.err), 0);
	CHECK_INT(fixture_get(&f, "a", 1, &row), -1);
	CHECK_ERROR(&f.err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	CHECK_INT(fixture_apply(&f, &write), -1);
	CHECK_ERROR(&f.err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	CHECK(file_exists(&f, id));
	table_unrefp(&f.table);
	expect_file_goes(&f, id);
}

static void a_name_can_be_used_again_and_has_another_id(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table *old = f.table;
	struct row row;

	fixture_put(&f, "a", 1, "x");
	CHECK_INT(table_delete(f.store, SLICE("T"), false, DURABLE_POWER, &f.err), 0);
	fixture_create_table(&f, "T");
	f.table = fixture_find(&f, "T");
	CHECK(!slice_equal(table_description(f.table)->id, table_description(old)->id));
	table_unref(old);
	CHECK_INT(fixture_get(&f, "a", 1, &row), ROW_ABSENT);
}

static void a_table_with_rows_stays_when_it_must_be_empty(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	fixture_put(&f, "a", 1, "x");
	CHECK_INT(table_delete(f.store, SLICE("T"), true, DURABLE_POWER, &f.err), TABLE_NOT_EMPTY);
	fixture_delete(&f, "a", 1);
	CHECK_INT(table_delete(f.store, SLICE("T"), true, DURABLE_POWER, &f.err), 0);
}

static void a_hundred_tables_come_and_go(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	bool more;

	for (int i = 0; i < 100; i++)
		fixture_create_table(&f, arena_printf(&f.arena, "table-%d", i).data);
	for (int i = 0; i < 100; i++)
		CHECK_INT(table_delete(f.store, arena_printf(&f.arena, "table-%d", i), true,
				  DURABLE_PROCESS, &f.err),
			0);
	CHECK_TEXT(names_after(&f, SLICE(""), 200, &more), "T ");
}

/* What the watcher was told, a line each. */
static void note_changes(void *context, const struct change *changes, size_t count)
{
	static const char *const kinds[] = {
		[CHANGE_NONE] = "none",
		[CHANGE_INSERT] = "insert",
		[CHANGE_MODIFY] = "modify",
		[CHANGE_REMOVE] = "remove",
		[CHANGE_TABLE_CREATED] = "created",
		[CHANGE_TABLE_UPDATED] = "updated",
		[CHANGE_TABLE_DELETED] = "deleted",
	};

	for (size_t i = 0; i < count; i++) {
		buf_appendf(context, "%s ", kinds[changes[i].kind]);
		buf_append_slice(context, changes[i].table_name);
		buf_appendf(context, " %zu; ", changes[i].row_key.len);
	}
}

static int two_puts_body(struct txn *txn, void *context, struct error *err)
{
	struct fixture *f = context;
	struct write_result result;

	for (int i = 1; i <= 2; i++) {
		struct map item = fixture_item(txn_arena(txn), "a", i, SLICE("x"));
		struct write_action action = {
			.kind = WRITE_PUT,
			.expect = EXPECT_ABSENT,
			.table = f->table,
			.row_key = fixture_key_of(f->table, txn_arena(txn), &item),
			.item = &item,
		};

		TRY(write_apply(txn, &action, &result, err));
	}
	return 0;
}

static int run_two_puts(struct fixture *f)
{
	return txn_run(f->store, TXN_WRITE, DURABLE_PROCESS, &f->arena, two_puts_body, f, &f->err);
}

static void the_watcher_learns_of_each_committed_change_once(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf told CLEANUP(buf_release) = BUF_INIT;
	struct buf expected CLEANUP(buf_release) = BUF_INIT;
	size_t key = fixture_key(f.table, &f.arena, "a", 1).len;

	store_watch(f.store, note_changes, &told);
	CHECK_INT(run_two_puts(&f), 0);
	CHECK_INT(run_two_puts(&f), -1);
	error_release(&f.err);
	fixture_put(&f, "a", 1, "y");
	fixture_put(&f, "a", 1, "y");
	fixture_delete(&f, "a", 1);
	fixture_delete(&f, "a", 1);
	fixture_create_table(&f, "U");
	CHECK_INT(table_delete(f.store, SLICE("U"), false, DURABLE_PROCESS, &f.err), 0);
	store_watch(f.store, NULL, NULL);
	fixture_put(&f, "a", 1, "z");
	buf_appendf(&expected,
		"insert T %zu; insert T %zu; modify T %zu; none T %zu; remove T %zu; "
		"created U 0; deleted U 0; ",
		key, key, key, key, key);
	CHECK_TEXT(buf_slice(&told), buf_string(&expected));
}

struct replacer {
	struct fixture *f;
	bool replacing; /* changes of the change are not looked at */
	struct buf *told;
};

static int leave_description(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	(void)txn, (void)description, (void)context, (void)err;
	return 0;
}

/* Another version of the table takes the place of the newest one, or the table
 * goes, before the change is looked at. */
static void replace_and_note(void *context, const struct change *changes, size_t count)
{
	struct replacer *replacer = context;
	struct fixture *f = replacer->f;

	int r;

	if (replacer->replacing)
		return;
	replacer->replacing = true;
	if (changes->kind == CHANGE_TABLE_CREATED)
		r = table_delete(f->store, SLICE("U"), false, DURABLE_PROCESS, &f->err);
	else
		r = table_update(f->store, SLICE("T"), &f->arena, DURABLE_PROCESS,
			leave_description, NULL, &f->err);
	CHECK_INT(r, 0);
	replacer->replacing = false;
	note_changes(replacer->told, changes, count);
}

static void a_change_names_its_table_whatever_becomes_of_that(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf told CLEANUP(buf_release) = BUF_INIT;
	struct buf expected CLEANUP(buf_release) = BUF_INIT;
	struct replacer replacer = { &f, false, &told };
	size_t key = fixture_key(f.table, &f.arena, "a", 1).len;

	store_watch(f.store, replace_and_note, &replacer);
	CHECK_INT(table_update(f.store, SLICE("T"), &f.arena, DURABLE_PROCESS, leave_description,
			  NULL, &f.err),
		0);
	fixture_put(&f, "a", 1, "x");
	fixture_create_table(&f, "U");
	store_watch(f.store, NULL, NULL);
	buf_appendf(&expected, "updated T 0; insert T %zu; created U 0; ", key);
	CHECK_TEXT(buf_slice(&told), buf_string(&expected));
}

static const struct test_case cases[] = {
	{ "tables are listed in byte order, in pages", tables_are_listed_in_byte_order_in_pages },
	{ "a name is taken once", a_name_is_taken_once },
	{ "a description survives closing and opening",
		a_description_survives_closing_and_opening },
	{ "a table without sort key has none after opening",
		a_table_without_sort_key_has_none_after_opening },
	{ "a deleted table is gone with its file", a_deleted_table_is_gone_with_its_file },
	{ "a table deleted while held is not found by its holder",
		a_table_deleted_while_held_is_not_found_by_its_holder },
	{ "a name can be used again, and has another id",
		a_name_can_be_used_again_and_has_another_id },
	{ "a table with rows stays when it must be empty",
		a_table_with_rows_stays_when_it_must_be_empty },
	{ "a hundred tables come and go", a_hundred_tables_come_and_go },
	{ "the watcher learns of each committed change once",
		the_watcher_learns_of_each_committed_change_once },
	{ "a change names its table whatever becomes of that",
		a_change_names_its_table_whatever_becomes_of_that },
};

TEST_MAIN(cases)
