#undef NDEBUG
#include "monitor/hot_keys.h"

#include "api_fixture.h"
#include "model/key.h"
#include "monitor/sketch.h"

#define SECOND 1000000000LL
#define HALF   (HOT_WINDOW_NS / 2)
#define BEGIN  (100 * HOT_WINDOW_NS) /* of a half */

struct watching {
	struct hot_keys *hot;
	struct arena arena;
};

static struct watching watching_new(void)
{
	return (struct watching){ hot_keys_new(), ARENA_INIT };
}

static void watching_release(struct watching *w)
{
	hot_keys_free(w->hot);
	arena_release(&w->arena);
}

static struct value numbered(unsigned number, struct arena *arena)
{
	struct slice name = arena_printf(arena, "key-%u", number);

	return (struct value){ .type = VALUE_S, .bytes = name };
}

static void note_keys(struct watching *w, const char *table_id, struct call_key *keys, size_t count,
	int64_t now_ns)
{
	const struct call_table table = {
		.id = slice_from_string(table_id),
		.keys = keys,
		.key_count = count,
	};
	const struct call call = { .tables = &table, .table_count = 1 };

	hot_keys_note(w->hot, &call, now_ns);
}

/* A read of that many units, of an item of the partition. */
static void read_item(
	struct watching *w, unsigned partition, unsigned sort, double units, int64_t now_ns)
{
	struct value p = numbered(partition, &w->arena), s = numbered(sort, &w->arena);
	struct call_key key = { .partition = &p, .sort = &s, .units.read = units };

	note_keys(w, "id", &key, 1, now_ns);
}

static size_t report(struct watching *w, const char *table_id, int64_t now_ns,
	const struct hot_key **ret, double *ret_seconds)
{
	return hot_keys_report(w->hot, slice_from_string(table_id), slice_of(NULL, 0), 10, now_ns,
		&w->arena, ret, ret_seconds);
}

static bool is_partition(struct watching *w, const struct hot_key *key, unsigned number)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct value value = numbered(number, &w->arena);

	key_encode_partition(&value, &bytes);
	return slice_equal(key->bytes, buf_slice(&bytes));
}

static void partitions_and_items_are_ranked(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	const struct hot_key *keys;
	double seconds;

	for (unsigned i = 0; i < 100; i++)
		read_item(&w, i % 3 ? 1 : 2, i % 2, 0.5, BEGIN + i * SECOND / 10);
	CHECK_INT(report(&w, "id", BEGIN + 10 * SECOND, &keys, &seconds), 6);
	CHECK(seconds == 10);
	CHECK_INT(keys[0].measure, HOT_READS);
	CHECK_INT(keys[0].scope, HOT_PARTITIONS);
	CHECK(is_partition(&w, &keys[0], 1));
	CHECK(keys[0].amount == 33);
	CHECK(keys[0].error == 0);
	CHECK(keys[0].share == 33.0 / 50);
	CHECK(is_partition(&w, &keys[1], 2));
	CHECK(keys[1].amount == 17);
	CHECK_INT(keys[2].scope, HOT_ITEMS);
	CHECK(keys[2].amount + keys[3].amount + keys[4].amount + keys[5].amount == 50);
}

static void measures_are_counted_apart(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	struct value p = numbered(1, &w.arena);
	struct call_key key = {
		.partition = &p,
		.units = { .read = 2, .write = 3 },
		.throttles = { .read = 4, .write = 5 },
	};
	const struct hot_key *keys;
	double seconds;

	note_keys(&w, "id", &key, 1, BEGIN);
	CHECK_INT(report(&w, "id", BEGIN, &keys, &seconds), 3);
	CHECK(keys[0].measure == HOT_READS && keys[0].amount == 2);
	CHECK(keys[1].measure == HOT_WRITES && keys[1].amount == 3);
	CHECK(keys[2].measure == HOT_THROTTLES && keys[2].amount == 9);
	CHECK(seconds == 1);
	CHECK_INT(report(&w, "other", BEGIN, &keys, &seconds), 0);
}

static void old_heat_fades(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	const struct hot_key *keys;
	double seconds;

	read_item(&w, 1, 1, 100, BEGIN);
	read_item(&w, 2, 1, 10, BEGIN + HALF);
	CHECK_INT(report(&w, "id", BEGIN + HALF + SECOND, &keys, &seconds), 4);
	CHECK(is_partition(&w, &keys[0], 1));
	CHECK(keys[0].amount == 100);
	CHECK(seconds == HALF / SECOND + 1);
	CHECK_INT(report(&w, "id", BEGIN + 2 * HALF, &keys, &seconds), 2);
	CHECK(is_partition(&w, &keys[0], 2));
	CHECK(seconds == HALF / SECOND);
	CHECK_INT(report(&w, "id", BEGIN + 3 * HALF, &keys, &seconds), 0);
}

static void both_halves_of_a_window_are_added(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	const struct hot_key *keys;
	double seconds;

	for (int64_t i = 0; i < 2; i++) {
		read_item(&w, 1, 1, 4, BEGIN + i * HALF);
		read_item(&w, 2, 1, 1, BEGIN + i * HALF);
	}
	CHECK_INT(report(&w, "id", BEGIN + HALF, &keys, &seconds), 4);
	CHECK(keys[0].amount == 8);
	CHECK(keys[1].amount == 2);
	CHECK(keys[0].share == 0.8);
}

/* More keys than counters in each half: the promise of the header. */
static void the_error_is_bounded_over_both_halves(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	double exact[1000] = { 0 }, total = 0, seconds;
	const struct hot_key *keys;
	size_t count;

	for (unsigned i = 0; i < 40000; i++) {
		unsigned number = i % 4 ? i % 1000 : i % 5;

		read_item(&w, number, 1, 1, BEGIN + (i / 20000) * HALF);
		exact[number]++;
		total++;
		arena_reset(&w.arena, (struct arena_mark){ w.arena.chunk, 0 });
	}
	count = report(&w, "id", BEGIN + HALF + 1, &keys, &seconds);
	CHECK(count >= 5);
	for (size_t i = 0; i < count && keys[i].scope == HOT_PARTITIONS; i++) {
		unsigned number = 0;

		while (number < 1000 && !is_partition(&w, &keys[i], number))
			number++;
		CHECK(number < 1000);
		CHECK(keys[i].amount >= exact[number]);
		CHECK(keys[i].amount - keys[i].error <= exact[number]);
		CHECK(keys[i].error <= total / HOT_COUNTERS);
		if (i < 5)
			CHECK(number < 5);
	}
}

static void what_is_mostly_error_is_not_told(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	const struct hot_key *keys;
	double seconds;

	for (unsigned i = 0; i < 20000; i++) {
		read_item(&w, i, i, 1, BEGIN);
		arena_reset(&w.arena, (struct arena_mark){ w.arena.chunk, 0 });
	}
	CHECK_INT(report(&w, "id", BEGIN, &keys, &seconds), 0);
}

static void many_keys_of_one_call_are_sampled(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	struct value p = numbered(1, &w.arena);
	struct call_key *batch = arena_alloc_array(&w.arena, 10 * HOT_SAMPLED, sizeof(*batch));
	const struct hot_key *keys;
	double seconds;

	for (size_t i = 0; i < 10 * HOT_SAMPLED; i++)
		batch[i] = (struct call_key){ .partition = &p, .units.write = 1 };
	note_keys(&w, "id", batch, 10 * HOT_SAMPLED, BEGIN);
	CHECK_INT(report(&w, "id", BEGIN, &keys, &seconds), 1);
	CHECK(keys[0].amount == 10 * HOT_SAMPLED);
}

static void the_table_longest_unused_gives_way(void)
{
	struct watching w CLEANUP(watching_release) = watching_new();
	struct value p = numbered(1, &w.arena);
	struct call_key key = { .partition = &p, .units.read = 1 };
	const struct hot_key *keys;
	double seconds;

	for (unsigned i = 0; i <= HOT_TABLES_MAX; i++)
		note_keys(&w, arena_printf(&w.arena, "table-%u", i).data, &key, 1, BEGIN + i);
	CHECK_INT(report(&w, "table-0", BEGIN + 99, &keys, &seconds), 0);
	CHECK_INT(report(&w, "table-1", BEGIN + 99, &keys, &seconds), 1);
	CHECK_INT(report(&w, "table-64", BEGIN + 99, &keys, &seconds), 1);
}

static void memory_is_bounded(void)
{
	size_t most = HOT_TABLES_MAX * 2 * HOT_MEASURE_COUNT * HOT_SCOPE_COUNT *
		      sketch_size(HOT_COUNTERS);

	printf("# at most %zu bytes\n", most);
	CHECK(most + (1u << 16) < HOT_MEMORY_MAX);
}

/* By the engine */

static struct find_hot_keys_output hot_of(struct door *door, const char *table)
{
	struct find_hot_keys_input input = { slice_from_string(table) };
	struct find_hot_keys_output output = { 0 };

	CHECK_OK(door_run(door, OPERATION_LOCAL_FIND_HOT_KEYS, &input, &output), &door->err);
	return output;
}

static void the_engine_tells_keys_and_shares(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct find_hot_keys_output hot;

	door_create_table(&door, "Tab", "S", "N");
	for (int i = 0; i < 3; i++)
		CHECK_CALL(&door, OPERATION_PUT_ITEM,
			"{'TableName': 'Tab', 'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}}");
	CHECK_CALL(&door, OPERATION_PUT_ITEM,
		"{'TableName': 'Tab', 'Item': {'pk': {'S': 'b'}, 'sk': {'N': '1'}}}");
	CHECK_CALL(&door, OPERATION_QUERY,
		"{'TableName': 'Tab', 'KeyConditionExpression': 'pk = :p', "
		"'ExpressionAttributeValues': {':p': {'S': 'a'}}}");
	hot = hot_of(&door, "Tab");
	CHECK_INT(hot.count, 5);
	CHECK_TEXT(slice_from_string(hot.keys[0].measure), "read");
	CHECK_TEXT(slice_from_string(hot.keys[0].scope), "partition");
	CHECK_INT(hot.keys[0].key.count, 1);
	CHECK(hot.keys[0].amount == 0.5);
	CHECK_TEXT(slice_from_string(hot.keys[1].measure), "write");
	CHECK_TEXT(hot.keys[1].key.members[0].value.bytes, "a");
	CHECK(hot.keys[1].amount == 3);
	CHECK(hot.keys[1].share == 0.75);
	CHECK_TEXT(slice_from_string(hot.keys[3].scope), "item");
	CHECK_INT(hot.keys[3].key.count, 2);
}

static void partitions_of_global_indexes_are_told(void)
{
	struct door door CLEANUP(door_release) = api_new();
	struct find_hot_keys_output hot;
	size_t found = 0;

	for (int i = 0; i < 3; i++)
		CHECK_CALL(&door, OPERATION_PUT_ITEM,
			i ? "{" T "'Item': {'pk': {'S': 'b'}, 'sk': {'N': '2'}, 'g': {'S': 'x'}}}"
			  : "{" T "'Item': {" A1 ", 'g': {'S': 'x'}, 'h': {'N': '7'}}}");
	CHECK_CALL(&door, OPERATION_QUERY,
		"{" T "'IndexName': 'keys', 'KeyConditionExpression': 'g = :g', "
		"'ExpressionAttributeValues': {':g': {'S': 'x'}}}");
	CHECK_CALL(&door, OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'SELECT * FROM Tab.keys WHERE g = ?', 'Parameters': [{'S': 'x'}]}");
	hot = hot_of(&door, "Tab");
	for (size_t i = 0; i < hot.count; i++) {
		const struct hot_key_facts *key = &hot.keys[i];

		if (!slice_equal_string(key->index_name, "keys"))
			continue;
		CHECK_INT(key->key.count, 1);
		CHECK_TEXT(key->key.members[0].name, "g");
		CHECK_TEXT(key->key.members[0].value.bytes, "x");
		CHECK_TEXT(slice_from_string(key->scope), "partition");
		/* The second put of the same item changed no entry. */
		CHECK(key->amount == (strcmp(key->measure, "read") == 0 ? 1 : 2));
		found++;
	}
	CHECK_INT(found, 2);
}

static void a_long_key_is_told_by_its_beginning(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct buf json CLEANUP(buf_release) = BUF_INIT;
	struct find_hot_keys_output hot;
	struct slice shown;

	door_create_table(&door, "Tab", "S", "N");
	buf_append_string(&json, "{'TableName': 'Tab', 'Item': {'sk': {'N': '1'}, 'pk': {'S': '");
	for (int i = 0; i < 600; i++)
		buf_append_string(&json, "\xC3\xA4"); /* a character of two bytes */
	buf_append_string(&json, "'}}}");
	CHECK_CALL(&door, OPERATION_PUT_ITEM, buf_string(&json));
	hot = hot_of(&door, "Tab");
	CHECK_INT(hot.count, 2);
	for (size_t i = 0; i < 2; i++) {
		CHECK(hot.keys[i].cut);
		CHECK_INT(hot.keys[i].key.count, 1);
		shown = hot.keys[i].key.members[0].value.bytes;
		CHECK_INT(shown.len, SKETCH_KEY_MAX - KEY_HASH_LENGTH);
		CHECK(slice_starts_with(shown, SLICE("\xC3\xA4\xC3\xA4")));
	}
}

static void looks_of_the_mount_are_not_counted(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct get_item_input get = { .table_name = SLICE("Tab"), .facts_only = true };
	struct get_item_output got = { 0 };

	door_create_table(&door, "Tab", "S", "N");
	get.key = door_key(&door, value_of_string("a"), value_of_number(1));
	CHECK_OK(door_run(&door, OPERATION_GET_ITEM, &get, &got), &door.err);
	CHECK_INT(hot_of(&door, "Tab").count, 0);
	get.facts_only = false;
	CHECK_OK(door_run(&door, OPERATION_GET_ITEM, &get, &got), &door.err);
	CHECK_INT(hot_of(&door, "Tab").count, 2);
}

static const struct test_case cases[] = {
	{ "partitions and items are ranked", partitions_and_items_are_ranked },
	{ "measures are counted apart", measures_are_counted_apart },
	{ "old heat fades", old_heat_fades },
	{ "both halves of a window are added", both_halves_of_a_window_are_added },
	{ "the error is bounded over both halves", the_error_is_bounded_over_both_halves },
	{ "what is mostly error is not told", what_is_mostly_error_is_not_told },
	{ "many keys of one call are sampled", many_keys_of_one_call_are_sampled },
	{ "the table longest unused gives way", the_table_longest_unused_gives_way },
	{ "memory is bounded", memory_is_bounded },
	{ "the engine tells keys and shares", the_engine_tells_keys_and_shares },
	{ "partitions of global indexes are told", partitions_of_global_indexes_are_told },
	{ "a long key is told by its beginning", a_long_key_is_told_by_its_beginning },
	{ "looks of the mount are not counted", looks_of_the_mount_are_not_counted },
};

int main(void)
{
	return test_run(cases, ARRAY_SIZE(cases));
}
