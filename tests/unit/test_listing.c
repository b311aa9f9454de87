#undef NDEBUG
#include "fs_fixture.h"
#include "listing.h"

#include <fcntl.h>
#include <malloc.h>

#define ITEMS test_rounds(10000)
#define BATCH 256 /* what a listing reads at once */

/* Items of a table by their numbers: Num/17.json. */
struct numbers {
	struct member *ids;
	struct map *keys;
	size_t count;
};

static struct numbers numbers_from(struct fixture *f, size_t first, size_t count, size_t step)
{
	struct numbers numbers = {
		.ids = arena_alloc_array(&f->arena, count, sizeof(*numbers.ids)),
		.keys = arena_alloc_array(&f->arena, count, sizeof(*numbers.keys)),
		.count = count,
	};

	for (size_t i = 0; i < count; i++) {
		numbers.ids[i] = (struct member){ SLICE("id"), fixture_number(first + i * step) };
		numbers.keys[i] = (struct map){ &numbers.ids[i], 1 };
	}
	return numbers;
}

static void change(
	struct fixture *f, enum item_write_kind kind, size_t first, size_t count, size_t step)
{
	struct numbers numbers = numbers_from(f, first, count, step);

	fixture_write(f, kind, "Num", numbers.keys, count);
}

static struct node *make_numbers(struct fixture *f, size_t count)
{
	struct node *directory = fixture_table(f, "Num", "id:N");

	change(f, ITEM_PUT, 0, count, 1);
	return directory;
}

/* How often each number was listed. */
struct tally {
	unsigned *times;
	size_t limit;
	size_t others; /* "." and ".." */
};

static struct tally tally_new(struct fixture *f, size_t limit)
{
	return (struct tally){ arena_alloc_array(&f->arena, limit, sizeof(unsigned)), limit, 0 };
}

static void count_entry(struct tally *tally, const struct listing_entry *entry)
{
	char *end;
	unsigned long number = strtoul(entry->name.data, &end, 10);

	if (entry->name.data[0] == '.') {
		tally->others++;
		return;
	}
	CHECK(strcmp(end, ".json") == 0);
	CHECK(number < tally->limit);
	tally->times[number]++;
}

static struct listing *open_listing(struct fixture *f, struct node *directory)
{
	return listing_open(&f->fs, &f->caller, directory);
}

/* Reads as the kernel does: each call packs some entries, and meets one more
 * that it has no room for, unless the listing ends. False at the end. */
static bool read_call(struct fixture *f, struct listing *listing, uint64_t *cookie, size_t room,
	struct tally *tally)
{
	struct listing_entry entry;

	for (size_t i = 0; i <= room; i++) {
		int r = listing_read(listing, *cookie, &entry, &f->err);

		CHECK_OK(r, &f->err);
		if (r == LISTING_END)
			return false;
		if (i == room)
			break;
		CHECK(entry.cookie != 0 && entry.cookie != *cookie);
		CHECK(entry.cookie <= INT64_MAX);
		*cookie = entry.cookie;
		count_entry(tally, &entry);
	}
	return true;
}

static void read_rest(struct fixture *f, struct listing *listing, uint64_t cookie, size_t room,
	struct tally *tally)
{
	while (read_call(f, listing, &cookie, room, tally))
		;
}

static bool each_once(const struct tally *tally, size_t first, size_t end, size_t step)
{
	for (size_t i = first; i < end; i += step) {
		if (tally->times[i] == 1)
			continue;
		printf("# %zu was listed %u times\n", i, tally->times[i]);
		return false;
	}
	return true;
}

static void an_empty_directory_has_itself_and_its_parent(void)
{
	FIXTURE(f);
	struct node *directory = fixture_table(&f, "Num", "id:N");
	struct listing *listing = open_listing(&f, directory);
	struct listing_entry entry;

	CHECK_INT(listing_read(listing, 0, &entry, &f.err), 0);
	CHECK_TEXT(entry.name, ".");
	CHECK_INT(listing_read(listing, entry.cookie, &entry, &f.err), 0);
	CHECK_TEXT(entry.name, "..");
	CHECK_INT(listing_read(listing, entry.cookie, &entry, &f.err), LISTING_END);
	CHECK_INT(listing_read(listing, entry.cookie, &entry, &f.err), LISTING_END);
	listing_close(listing);
}

static void every_item_is_listed_once(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, ITEMS);
	struct listing *listing = open_listing(&f, directory);
	struct tally tally = tally_new(&f, ITEMS);

	read_rest(&f, listing, 0, ITEMS, &tally);
	CHECK(each_once(&tally, 0, ITEMS, 1));
	CHECK_INT(tally.others, 2);
	listing_close(listing);
}

static void calls_of_any_size_list_every_item_once(void)
{
	static const size_t rooms[] = { 1, 3, BATCH - 2, BATCH, BATCH + 1, 1000 };

	FIXTURE(f);
	struct node *directory = make_numbers(&f, 1000);

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		struct listing *listing = open_listing(&f, directory);
		struct tally tally = tally_new(&f, 1000);

		read_rest(&f, listing, 0, rooms[i], &tally);
		CHECK(each_once(&tally, 0, 1000, 1));
		CHECK_INT(tally.others, 2);
		listing_close(listing);
	}
}

static void an_entry_has_the_items_facts_and_key(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 1);
	struct listing *listing = open_listing(&f, directory);
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct listing_entry entry = { 0 };
	struct key key;

	for (size_t i = 0; i < 3; i++)
		CHECK_INT(listing_read(listing, entry.cookie, &entry, &f.err), 0);
	node_load(f.fs.nodes, directory, &f.arena, &view);
	CHECK_TEXT(entry.name, "0.json");
	CHECK_INT(entry.kind, NODE_ITEM);
	CHECK(entry.has_facts);
	CHECK_INT(entry.facts.text_length, strlen("{\n  \"id\": 0\n}\n"));
	CHECK(entry.facts.mtime_ns > 0);
	CHECK_OK(key_decode(&view.table->schema, entry.row_key, &f.arena, &key, &f.err), &f.err);
	listing_close(listing);
}

/* rm -r: what was listed is removed before the next call. */
static void removing_what_was_listed_skips_nothing(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 1000);
	struct listing *listing = open_listing(&f, directory);
	struct tally tally = tally_new(&f, 1000);
	uint64_t cookie = 0;
	bool *removed = arena_alloc_array(&f.arena, 1000, sizeof(bool));

	while (read_call(&f, listing, &cookie, 100, &tally)) {
		for (size_t i = 0; i < 1000; i++) {
			if (!tally.times[i] || removed[i])
				continue;
			change(&f, ITEM_DELETE, i, 1, 1);
			removed[i] = true;
		}
	}
	CHECK(each_once(&tally, 0, 1000, 1));
	listing_close(listing);
}

static void what_is_there_all_along_is_listed_once(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, ITEMS);
	struct listing *listing = open_listing(&f, directory);
	struct tally tally = tally_new(&f, 2 * ITEMS);
	uint64_t cookie = 0;

	for (size_t i = 0; i < ITEMS / 500; i++)
		CHECK(read_call(&f, listing, &cookie, 50, &tally));
	change(&f, ITEM_DELETE, 1, ITEMS / 2, 2); /* the odd ones */
	change(&f, ITEM_PUT, ITEMS, ITEMS, 1); /* and others come */
	read_rest(&f, listing, cookie, 50, &tally);
	CHECK(each_once(&tally, 0, ITEMS, 2));
	for (size_t i = 0; i < tally.limit; i++)
		CHECK(tally.times[i] <= 1);
	listing_close(listing);
}

/* All cookies in the order of the listing, with the names that follow them. */
struct trace {
	uint64_t *cookies;
	struct slice *names;
	size_t count;
};

static struct trace trace(struct fixture *f, struct listing *listing, size_t limit)
{
	struct trace trace = {
		.cookies = arena_alloc_array(&f->arena, limit, sizeof(*trace.cookies)),
		.names = arena_alloc_array(&f->arena, limit, sizeof(*trace.names)),
	};
	uint64_t cookie = 0;
	struct listing_entry entry;

	while (listing_read(listing, cookie, &entry, &f->err) == 0) {
		CHECK(trace.count < limit);
		trace.cookies[trace.count] = cookie = entry.cookie;
		trace.names[trace.count++] = arena_copy(&f->arena, entry.name);
	}
	return trace;
}

static void an_old_cookie_leads_to_the_entry_after_it(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 3000);
	struct listing *listing = open_listing(&f, directory);
	struct trace t = trace(&f, listing, 4000);
	struct listing_entry entry;

	CHECK_INT(t.count, 3002);
	for (size_t i = 0; i + 1 < t.count; i += 97) {
		size_t from = i % 2 ? i : t.count - 2 - i; /* to and fro */

		CHECK_INT(listing_read(listing, t.cookies[from], &entry, &f.err), 0);
		CHECK(slice_equal(entry.name, t.names[from + 1]));
	}
	CHECK_INT(listing_read(listing, 0, &entry, &f.err), 0);
	CHECK_TEXT(entry.name, ".");
	CHECK_INT(listing_read(listing, t.cookies[t.count - 1], &entry, &f.err), LISTING_END);
	listing_close(listing);
}

/* After rewinddir(). */
static void reading_again_from_the_beginning_lists_all_again(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 600);
	struct listing *listing = open_listing(&f, directory);
	struct tally tally = tally_new(&f, 600);

	read_rest(&f, listing, 0, 70, &tally);
	read_rest(&f, listing, 0, 70, &tally);
	for (size_t i = 0; i < 600; i++)
		CHECK_INT(tally.times[i], 2);
	listing_close(listing);
}

static void an_old_cookie_of_a_removed_entry_skips_nothing(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 3000);
	struct listing *listing = open_listing(&f, directory);
	struct trace t = trace(&f, listing, 4000);
	struct tally tally = tally_new(&f, 3000);
	size_t from = 1000, after;
	char *end;

	change(&f, ITEM_DELETE, strtoul(t.names[from].data, &end, 10), 1, 1);
	read_rest(&f, listing, t.cookies[from], 100, &tally);
	for (after = from + 1; after < t.count; after++)
		CHECK(tally.times[strtoul(t.names[after].data, &end, 10)] == 1);
	listing_close(listing);
}

static void an_old_cookie_is_right_after_others_were_removed(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 3000);
	struct listing *listing = open_listing(&f, directory);
	struct trace t = trace(&f, listing, 4000);
	struct listing_entry entry;
	char *end;

	for (size_t i = 900; i < 1000; i++)
		change(&f, ITEM_DELETE, strtoul(t.names[i].data, &end, 10), 1, 1);
	CHECK_INT(listing_read(listing, t.cookies[1000], &entry, &f.err), 0);
	CHECK(slice_equal(entry.name, t.names[1001]));
	listing_close(listing);
}

/* More batches than a listing keeps checkpoints of. */
static void a_listing_of_any_size_holds_little_memory(void)
{
	FIXTURE(f);
	size_t count = test_rounds(70000);
	struct node *directory = make_numbers(&f, count);
	struct listing *listing = open_listing(&f, directory);
	struct tally tally = tally_new(&f, count);
	struct mallinfo2 before = mallinfo2(), after;
	struct trace t;

	read_rest(&f, listing, 0, 500, &tally);
	after = mallinfo2(); /* a sanitizer's says nothing */
	CHECK(each_once(&tally, 0, count, 1));
	CHECK(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + (2 << 20));
	t = trace(&f, listing, count + 2);
	CHECK_INT(t.count, count + 2);
	for (size_t i = 0; i < 20; i++) {
		size_t from = (i * 7919 * 13) % (count + 1);
		struct listing_entry entry;

		CHECK_INT(listing_read(listing, t.cookies[from], &entry, &f.err), 0);
		CHECK(slice_equal(entry.name, t.names[from + 1]));
	}
	listing_close(listing);
}

/* Names in the order of the listing, "." and ".." left out. */
static const char *names_in(struct fixture *f, struct node *directory, const struct caller *caller)
{
	struct listing *listing = listing_open(&f->fs, caller, directory);
	struct trace t = trace(f, listing, 1000);
	struct buf names CLEANUP(buf_release) = BUF_INIT;

	listing_close(listing);
	for (size_t i = 2; i < t.count; i++) {
		buf_append_slice(&names, t.names[i]);
		buf_append_char(&names, ' ');
	}
	return arena_copy(&f->arena, buf_slice(&names)).data;
}

static bool lists(struct fixture *f, struct node *directory, const char *names)
{
	const char *found = names_in(f, directory, &f->caller);

	if (strcmp(found, names) == 0)
		return true;
	printf("# listed: %s\n", found);
	return false;
}

static void the_root_lists_tables_and_those_announced(void)
{
	FIXTURE(f);
	struct node *root = node_root(f.fs.nodes);

	CHECK(lists(&f, root, ""));
	fixture_table(&f, "Users", "id:S");
	fixture_table(&f, "Movies", "year:N title:S");
	fixture_table(&f, ".hidden", "id:S");
	ephemeral_add(f.fs.ephemerals, SLICE(""), SLICE("Soon"));
	CHECK(lists(&f, root, "%2Ehidden Movies Users Soon "));
}

static void more_tables_than_a_page_are_all_listed(void)
{
	FIXTURE(f);
	struct listing *listing;
	struct trace t;

	for (size_t i = 0; i < 210; i++)
		fixture_table(&f, arena_printf(&f.arena, "Table%zu", i).data, "id:S");
	listing = open_listing(&f, node_root(f.fs.nodes));
	t = trace(&f, listing, 1000);
	CHECK_INT(t.count, 212);
	listing_close(listing);
}

/* Movies with items of the years, titled "a", "b", ... */
static struct node *make_movies(
	struct fixture *f, const size_t *years, size_t year_count, size_t titles)
{
	struct node *directory = fixture_table(f, "Movies", "year:N title:S");

	for (size_t i = 0; i < year_count; i++) {
		for (size_t j = 0; j < titles; j++) {
			struct member members[] = {
				{ SLICE("year"), fixture_number(years[i]) },
				{ SLICE("title"), fixture_string(arena_printf(
							  &f->arena, "%c", (int)('a' + j))) },
			};
			struct map key = { members, 2 };

			fixture_write(f, ITEM_PUT, "Movies", &key, 1);
		}
	}
	return directory;
}

static void a_partition_lists_its_items_by_sort_key(void)
{
	static const size_t years[] = { 2013, 2014 };

	FIXTURE(f);
	struct node *directory = make_movies(&f, years, 2, 4);
	struct value year = fixture_number(2013);
	struct node *partition = fixture_partition(&f, directory, "2013", &year);

	CHECK(lists(&f, partition, "a.json b.json c.json d.json "));
}

static void a_partition_is_listed_once_however_many_items_it_has(void)
{
	static const size_t years[] = { 2013 };

	FIXTURE(f);

	CHECK(lists(&f, make_movies(&f, years, 1, 5), "2013 "));
}

static void empty_partitions_are_listed_after_those_with_items(void)
{
	static const size_t years[] = { 2013 };

	FIXTURE(f);
	struct node *directory = make_movies(&f, years, 1, 1);
	struct node_view view CLEANUP(node_view_release) = { 0 };

	node_load(f.fs.nodes, directory, &f.arena, &view);
	ephemeral_add(f.fs.ephemerals, view.table->id, SLICE("2013"));
	ephemeral_add(f.fs.ephemerals, view.table->id, SLICE("1999"));
	ephemeral_add(f.fs.ephemerals, SLICE("other"), SLICE("1998"));
	CHECK(lists(&f, directory, "2013 1999 "));
}

static void write_scratch(struct fixture *f, uid_t uid, const char *directory, const char *name)
{
	struct scratch_path path = { slice_from_string(directory), slice_from_string(name) };
	struct scratch_file *file;

	CHECK_INT(scratch_open(f->fs.scratch, uid, path, O_CREAT, &file), 0);
	scratch_close(file);
}

static void a_user_sees_his_own_scratch(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 1);
	struct caller other = { f.caller.uid + 1, f.caller.gid };

	write_scratch(&f, f.caller.uid, "Num", ".b.swp");
	write_scratch(&f, f.caller.uid, "Num", ".a.swp");
	write_scratch(&f, other.uid, "Num", ".c.swp");
	write_scratch(&f, f.caller.uid, "", ".d.swp");
	CHECK(lists(&f, directory, "0.json .a.swp .b.swp "));
	CHECK_INT(strcmp(names_in(&f, directory, &other), "0.json .c.swp "), 0);
}

static void much_scratch_is_listed_whole(void)
{
	FIXTURE(f);
	struct node *directory = fixture_table(&f, "Num", "id:N");
	struct listing *listing;
	struct trace t;

	for (size_t i = 0; i < 2 * BATCH + 1; i++)
		write_scratch(&f, f.caller.uid, "Num", arena_printf(&f.arena, ".x%zu", i).data);
	listing = open_listing(&f, directory);
	t = trace(&f, listing, 1000);
	CHECK_INT(t.count, 2 * BATCH + 3);
	listing_close(listing);
}

static void a_table_dropped_meanwhile_is_an_error(void)
{
	FIXTURE(f);
	struct node *directory = fixture_table(&f, "Num", "id:N");
	struct listing *listing = open_listing(&f, directory);
	struct listing_entry entry = { 0 };

	CHECK_OK(table_drop(&f.fs, SLICE("Num"), &f.err), &f.err);
	CHECK_INT(listing_read(listing, 0, &entry, &f.err), 0);
	CHECK_INT(listing_read(listing, entry.cookie, &entry, &f.err), 0);
	CHECK_INT(listing_read(listing, entry.cookie, &entry, &f.err), -1);
	CHECK_INT(f.err.class, ERROR_TABLE_NOT_FOUND);
	listing_close(listing);
}

static void listings_left_open_are_closed_at_the_end(void)
{
	FIXTURE(f);
	struct node *directory = make_numbers(&f, 10);
	struct listing *listings[3];
	struct listing_entry entry;

	for (size_t i = 0; i < 3; i++) {
		listings[i] = open_listing(&f, directory);
		CHECK_INT(listing_read(listings[i], 0, &entry, &f.err), 0);
	}
	listing_close(listings[1]);
	CHECK(f.fs.listings);
	listings_close(&f.fs);
	CHECK(!f.fs.listings);
}

static const struct test_case cases[] = {
	{ "an empty directory has itself and its parent",
		an_empty_directory_has_itself_and_its_parent },
	{ "every one of 10,000 items is listed once", every_item_is_listed_once },
	{ "calls of any size list every item once", calls_of_any_size_list_every_item_once },
	{ "an entry has the item's facts and key", an_entry_has_the_items_facts_and_key },
	{ "removing what was listed skips nothing", removing_what_was_listed_skips_nothing },
	{ "what is there all along is listed once", what_is_there_all_along_is_listed_once },
	{ "an old cookie leads to the entry after it", an_old_cookie_leads_to_the_entry_after_it },
	{ "reading again from the beginning lists all again",
		reading_again_from_the_beginning_lists_all_again },
	{ "an old cookie of a removed entry skips nothing",
		an_old_cookie_of_a_removed_entry_skips_nothing },
	{ "an old cookie is right after others were removed",
		an_old_cookie_is_right_after_others_were_removed },
	{ "a listing of any size holds little memory", a_listing_of_any_size_holds_little_memory },
	{ "the root lists tables, then those announced",
		the_root_lists_tables_and_those_announced },
	{ "more tables than a page are all listed", more_tables_than_a_page_are_all_listed },
	{ "a partition lists its items by sort key", a_partition_lists_its_items_by_sort_key },
	{ "a partition is listed once, however many items it has",
		a_partition_is_listed_once_however_many_items_it_has },
	{ "empty partitions are listed after those with items",
		empty_partitions_are_listed_after_those_with_items },
	{ "a user sees his own scratch", a_user_sees_his_own_scratch },
	{ "much scratch is listed whole", much_scratch_is_listed_whole },
	{ "a table dropped meanwhile is an error", a_table_dropped_meanwhile_is_an_error },
	{ "listings left open are closed at the end", listings_left_open_are_closed_at_the_end },
};

TEST_MAIN(cases)
