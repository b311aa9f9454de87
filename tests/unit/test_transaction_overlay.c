#undef NDEBUG
#include "base/memory.h"
#include "test.h"
#include "transaction_overlay.h"

#define LIMIT    ((size_t)1 << 20)
#define ABSENT   ((struct slice){ NULL, 0 })
#define ROWS_MAX 16

static const struct key_schema schema = {
	.partition = { SLICE("pk"), VALUE_S },
	.sort = { SLICE("sk"), VALUE_S },
};

struct fixture {
	struct overlay overlay;
	struct mount_table *stored;
	struct overlay_table *table;
	struct arena arena;
	struct error err;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .err = ERROR_INIT };
	overlay_init(&f->overlay, LIMIT);
	f->stored = mount_table_new(SLICE("Tab"), SLICE("id"), &schema, 0);
	f->table = overlay_table(&f->overlay, f->stored);
}

static void end(struct fixture *f)
{
	overlay_release(&f->overlay);
	mount_table_unref(f->stored);
	arena_release(&f->arena);
	error_release(&f->err);
}

#define FIXTURE(f) \
	struct fixture f CLEANUP(end); \
	begin(&f)

/* Rows are named by partition and sort key, "a/1". */
static struct key key_of(const char *name)
{
	const char *slash = strchr(name, '/');

	return (struct key){
		.partition = { VALUE_S, .bytes = slice_of(name, (size_t)(slash - name)) },
		.sort = { VALUE_S, .bytes = slice_from_string(slash + 1) },
	};
}

static struct slice row_key(struct fixture *f, const char *name)
{
	struct key key = key_of(name);

	return key_encode_new(&schema, &key, &f->arena);
}

static struct slice prefix_of(struct fixture *f, const char *partition)
{
	struct value value = { VALUE_S, .bytes = slice_from_string(partition) };
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	key_encode_partition(&value, &bytes);
	return arena_copy(&f->arena, buf_slice(&bytes));
}

static void put(struct fixture *f, const char *name)
{
	const struct item_facts facts = { .stamp = 1 };

	CHECK_OK(overlay_put(
			 &f->overlay, f->table, row_key(f, name), SLICE("item"), &facts, &f->err),
		&f->err);
}

static void take_away(struct fixture *f, const char *name)
{
	CHECK_OK(overlay_remove(&f->overlay, f->table, row_key(f, name), &f->err), &f->err);
}

static int expect(
	struct fixture *f, const char *name, enum item_expectation expectation, uint64_t stamp)
{
	int r = overlay_expect(
		&f->overlay, f->table, row_key(f, name), expectation, stamp, &f->err);

	CHECK_OK(r, &f->err);
	return r;
}

static const struct overlay_entry *entry(struct fixture *f, const char *name)
{
	return overlay_find(f->table, row_key(f, name));
}

/* A table that is stored, in the order of its rows. */
struct stored {
	struct item_row rows[ROWS_MAX];
	size_t count;
};

static int compare_rows(const void *left, const void *right)
{
	const struct item_row *a = left, *b = right;

	return slice_compare(a->row_key, b->row_key);
}

static void store(struct fixture *f, struct stored *stored, const char *name)
{
	stored->rows[stored->count++] =
		(struct item_row){ .key = key_of(name), .row_key = row_key(f, name) };
	qsort(stored->rows, stored->count, sizeof(stored->rows[0]), compare_rows);
}

/* So many stored rows behind the key, as the engine reads them. */
static struct overlay_stored read_stored(
	const struct stored *stored, struct slice after, size_t limit)
{
	size_t first = 0, last;

	while (first < stored->count && slice_compare(stored->rows[first].row_key, after) <= 0)
		first++;
	last = first + limit < stored->count ? first + limit : stored->count;
	return (struct overlay_stored){ stored->rows + first, last - first, last < stored->count };
}

static void append_name(struct fixture *f, struct slice bytes, struct buf *names)
{
	struct key key;

	CHECK_OK(key_decode(&schema, bytes, &f->arena, &key, &f->err), &f->err);
	buf_appendf(names, "%s%.*s/%.*s", names->len ? " " : "", SLICE_ARG(key.partition.bytes),
		SLICE_ARG(key.sort.bytes));
}

/* All rows with the prefix, page by page. */
static void list(struct fixture *f, const struct stored *stored, struct slice prefix, size_t limit,
	struct buf *names)
{
	struct overlay_pick picks[ROWS_MAX];
	struct overlay_page page = { .picks = picks, .more = true };
	struct slice after = ABSENT;

	while (page.more) {
		struct overlay_stored rows = read_stored(stored, after, limit);

		overlay_merge(f->table, after, prefix, &rows, limit, &page);
		CHECK(page.count <= limit);
		for (size_t i = 0; i < page.count; i++)
			append_name(f,
				picks[i].stored == OVERLAY_NOT_STORED
					? picks[i].entry->row_key
					: rows.rows[picks[i].stored].row_key,
				names);
		after = arena_copy(&f->arena, page.last);
	}
}

/* Whatever the pages' sizes, the listing is this one: in the order of row keys,
 * in which all rows of "a" here come together. */
static void check_list(struct fixture *f, const struct stored *stored, const char *expected)
{
	for (size_t limit = 1; limit < ROWS_MAX; limit++) {
		struct buf names CLEANUP(buf_release) = BUF_INIT;

		list(f, stored, SLICE(""), limit, &names);
		CHECK_TEXT(buf_slice(&names), expected);
	}
}

static void what_is_stored_is_seen_through_an_empty_overlay(void)
{
	FIXTURE(f);
	struct stored stored = { 0 };

	check_list(&f, &stored, "");
	store(&f, &stored, "a/2");
	store(&f, &stored, "a/1");
	check_list(&f, &stored, "a/1 a/2");
}

static void what_is_put_is_listed_between_what_is_stored(void)
{
	FIXTURE(f);
	struct stored stored = { 0 };

	store(&f, &stored, "a/2");
	store(&f, &stored, "a/4");
	put(&f, "a/1");
	put(&f, "a/3");
	put(&f, "a/5");
	put(&f, "a/6");
	check_list(&f, &stored, "a/1 a/2 a/3 a/4 a/5 a/6");
}

static void what_is_put_over_a_stored_row_is_listed_once(void)
{
	FIXTURE(f);
	struct stored stored = { 0 };

	store(&f, &stored, "a/1");
	store(&f, &stored, "a/2");
	put(&f, "a/1");
	put(&f, "a/2");
	check_list(&f, &stored, "a/1 a/2");
}

static void what_is_removed_is_not_listed(void)
{
	FIXTURE(f);
	struct stored stored = { 0 };

	for (int i = 0; i < 6; i++) {
		struct slice name = arena_printf(&f.arena, "a/%d", i);

		store(&f, &stored, name.data);
		if (i != 3)
			take_away(&f, name.data);
	}
	take_away(&f, "a/9");
	check_list(&f, &stored, "a/3");
	take_away(&f, "a/3");
	check_list(&f, &stored, "");
}

static void what_is_removed_and_put_again_is_listed(void)
{
	FIXTURE(f);
	struct stored stored = { 0 };

	store(&f, &stored, "a/1");
	take_away(&f, "a/1");
	put(&f, "a/1");
	check_list(&f, &stored, "a/1");
}

static void what_was_only_read_is_listed_as_it_is_stored(void)
{
	FIXTURE(f);
	struct stored stored = { 0 };

	store(&f, &stored, "a/2");
	expect(&f, "a/1", ITEM_ABSENT, 0);
	expect(&f, "a/2", ITEM_UNCHANGED, 7);
	check_list(&f, &stored, "a/2");
	store(&f, &stored, "a/1");
	check_list(&f, &stored, "a/1 a/2");
}

static void a_partition_is_listed_alone(void)
{
	FIXTURE(f);
	struct stored stored = { 0 };
	struct buf names CLEANUP(buf_release) = BUF_INIT;

	store(&f, &stored, "a/2");
	put(&f, "a/1");
	put(&f, "a/3");
	put(&f, "b/1");
	put(&f, "c/1");
	list(&f, &stored, prefix_of(&f, "a"), 2, &names);
	CHECK_TEXT(buf_slice(&names), "a/1 a/2 a/3");
}

static void partitions_are_those_in_which_something_is_put(void)
{
	FIXTURE(f);
	struct slice found = ABSENT;
	size_t count = 0;

	put(&f, "a/1");
	put(&f, "a/2");
	put(&f, "b/1");
	put(&f, "d/1");
	take_away(&f, "c/1");
	expect(&f, "e/1", ITEM_ABSENT, 0);
	while (slice_present(found = overlay_next_partition(f.table, found))) {
		CHECK(slice_equal(found, prefix_of(&f, "a")) ||
			slice_equal(found, prefix_of(&f, "b")) ||
			slice_equal(found, prefix_of(&f, "d")));
		count++;
	}
	CHECK_INT(count, 3);
	take_away(&f, "b/1");
	CHECK(!slice_equal(
		overlay_next_partition(f.table, prefix_of(&f, "b")), prefix_of(&f, "b")));
}

static void what_was_seen_first_stays_expected(void)
{
	FIXTURE(f);

	CHECK_INT(expect(&f, "a/1", ITEM_UNCHANGED, 7), 0);
	CHECK_INT(expect(&f, "a/1", ITEM_UNCHANGED, 7), 0);
	CHECK_INT(expect(&f, "a/1", ITEM_UNCHANGED, 8), OVERLAY_CHANGED);
	CHECK_INT(expect(&f, "a/1", ITEM_ABSENT, 0), OVERLAY_CHANGED);
	CHECK_INT(entry(&f, "a/1")->expected_stamp, 7);
	put(&f, "a/1");
	take_away(&f, "a/1");
	CHECK_INT(entry(&f, "a/1")->expectation, ITEM_UNCHANGED);
	CHECK_INT(entry(&f, "a/1")->expected_stamp, 7);
}

static void what_is_put_or_removed_unseen_is_expected_to_be_nothing(void)
{
	FIXTURE(f);

	put(&f, "a/1");
	take_away(&f, "a/2");
	CHECK_INT(entry(&f, "a/1")->expectation, ITEM_ANY);
	CHECK_INT(entry(&f, "a/2")->expectation, ITEM_ANY);
	CHECK_INT(entry(&f, "a/2")->change, OVERLAY_REMOVED);
}

static void removing_what_was_found_absent_leaves_only_that(void)
{
	FIXTURE(f);

	expect(&f, "a/1", ITEM_ABSENT, 0);
	put(&f, "a/1");
	take_away(&f, "a/1");
	CHECK_INT(entry(&f, "a/1")->change, OVERLAY_AS_STORED);
	CHECK_INT(entry(&f, "a/1")->expectation, ITEM_ABSENT);
}

static void touching_keeps_what_is_put(void)
{
	FIXTURE(f);

	put(&f, "a/1");
	CHECK_OK(overlay_touch(&f.overlay, f.table, row_key(&f, "a/1"), 5, &f.err), &f.err);
	CHECK_OK(overlay_touch(&f.overlay, f.table, row_key(&f, "a/2"), 6, &f.err), &f.err);
	CHECK_INT(entry(&f, "a/1")->change, OVERLAY_PUT);
	CHECK_INT(entry(&f, "a/1")->facts.mtime_ns, 5);
	CHECK_INT(entry(&f, "a/2")->change, OVERLAY_TOUCHED);
	CHECK_INT(entry(&f, "a/2")->facts.mtime_ns, 6);
}

static int put_large(struct fixture *f, const char *name, size_t size)
{
	const struct item_facts facts = { 0 };
	char *data CLEANUP(cleanup_free) = memory_new_zero(size);

	return overlay_put(
		&f->overlay, f->table, row_key(f, name), slice_of(data, size), &facts, &f->err);
}

static void what_does_not_fit_changes_nothing(void)
{
	FIXTURE(f);

	CHECK_INT(put_large(&f, "a/1", LIMIT / 2), 0);
	CHECK_INT(put_large(&f, "a/2", LIMIT / 2), -1);
	CHECK_INT(f.err.class, ERROR_TOO_LARGE);
	error_release(&f.err);
	CHECK(!entry(&f, "a/2"));
	CHECK_INT(put_large(&f, "a/1", LIMIT), -1);
	error_release(&f.err);
	CHECK_INT(entry(&f, "a/1")->item.len, LIMIT / 2);
}

static void what_is_replaced_or_removed_makes_room(void)
{
	FIXTURE(f);
	size_t before;

	for (int i = 0; i < 10; i++)
		CHECK_OK(put_large(&f, "a/1", LIMIT - 4096), &f.err);
	take_away(&f, "a/1");
	CHECK_OK(put_large(&f, "a/2", LIMIT - 4096), &f.err);
	before = f.overlay.bytes;
	put(&f, "a/2");
	CHECK(f.overlay.bytes < before);
}

static void tables_of_one_name_are_told_apart(void)
{
	FIXTURE(f);
	struct mount_table *again = mount_table_new(SLICE("Tab"), SLICE("id-2"), &schema, 0);

	put(&f, "a/1");
	CHECK(!overlay_find(overlay_table(&f.overlay, again), row_key(&f, "a/1")));
	CHECK(overlay_table(&f.overlay, f.stored) == f.table);
	mount_table_unref(again);
}

static void counts_are_of_what_is_read_written_and_removed(void)
{
	FIXTURE(f);
	struct overlay_counts counts;

	expect(&f, "a/1", ITEM_UNCHANGED, 7);
	put(&f, "a/1");
	put(&f, "a/2");
	take_away(&f, "b/1");
	expect(&f, "b/2", ITEM_ABSENT, 0);
	overlay_count(&f.overlay, &counts);
	CHECK_INT(counts.read, 2);
	CHECK_INT(counts.written, 2);
	CHECK_INT(counts.removed, 1);
}

static const struct test_case cases[] = {
	{ "what is stored is seen through an empty overlay",
		what_is_stored_is_seen_through_an_empty_overlay },
	{ "what is put is listed between what is stored",
		what_is_put_is_listed_between_what_is_stored },
	{ "what is put over a stored row is listed once",
		what_is_put_over_a_stored_row_is_listed_once },
	{ "what is removed is not listed", what_is_removed_is_not_listed },
	{ "what is removed and put again is listed", what_is_removed_and_put_again_is_listed },
	{ "what was only read is listed as it is stored",
		what_was_only_read_is_listed_as_it_is_stored },
	{ "a partition is listed alone", a_partition_is_listed_alone },
	{ "partitions are those in which something is put",
		partitions_are_those_in_which_something_is_put },
	{ "what was seen first stays expected", what_was_seen_first_stays_expected },
	{ "what is put or removed unseen is expected to be nothing",
		what_is_put_or_removed_unseen_is_expected_to_be_nothing },
	{ "removing what was found absent leaves only that",
		removing_what_was_found_absent_leaves_only_that },
	{ "touching keeps what is put", touching_keeps_what_is_put },
	{ "what does not fit changes nothing", what_does_not_fit_changes_nothing },
	{ "what is replaced or removed makes room", what_is_replaced_or_removed_makes_room },
	{ "tables of one name are told apart", tables_of_one_name_are_told_apart },
	{ "counts are of what is read, written and removed",
		counts_are_of_what_is_read_written_and_removed },
};
TEST_MAIN(cases)
