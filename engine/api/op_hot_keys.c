/*
 * The hottest keys of a table and its global indexes, as the monitor has gathered them
 * (monitor/hot_keys.h).
 */
#include "api/operations.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "model/key_layout.h"
#include "monitor/hot_keys.h"

#include <endian.h>

#define KEYS_MAX 10 /* of each measure and scope */

const char *const hot_measure_names[] = {
	[HOT_READS] = "read",
	[HOT_WRITES] = "write",
	[HOT_THROTTLES] = "throttle",
	NULL,
};

const char *const hot_scope_names[] = {
	[HOT_PARTITIONS] = "partition",
	[HOT_ITEMS] = "item",
	NULL,
};

/* Adds the hash that stands before the bytes of a row key. */
static struct slice with_hash(struct slice encoded, struct arena *arena)
{
	uint64_t hash = htobe64(hash64(encoded));
	char *bytes = arena_alloc(arena, sizeof(hash) + encoded.len);

	memcpy(bytes, &hash, sizeof(hash));
	memcpy(bytes + sizeof(hash), encoded.data, encoded.len);
	return slice_of(bytes, sizeof(hash) + encoded.len);
}

/* The bytes of a partition that goes on: without the half of an escape at their end,
 * and ended. */
static struct slice end_string(struct slice encoded, struct arena *arena)
{
	static const char end[] = { 0, 1 };
	char *bytes = arena_alloc(arena, encoded.len + sizeof(end));

	if (encoded.len && encoded.data[encoded.len - 1] == 0)
		encoded.len--;
	memcpy(bytes, encoded.data, encoded.len);
	memcpy(bytes + encoded.len, end, sizeof(end));
	return slice_of(bytes, encoded.len + sizeof(end));
}

/* What is there of a character that was cut goes. */
static void trim_character(struct value *value)
{
	size_t fault;

	if (value->type == VALUE_S && !utf8_check(value->bytes, &fault))
		value->bytes.len = fault;
}

/* Of a key that was cut only what there is of its partition. */
static int read_cut(const struct key_schema *partition, const struct hot_key *hot,
	struct arena *arena, struct key *ret, struct error *err)
{
	struct slice encoded = slice_skip(hot->bytes, KEY_HASH_LENGTH);
	size_t whole = key_partition_length(partition, hot->bytes);

	if (whole)
		encoded.len = whole - KEY_HASH_LENGTH;
	else
		encoded = end_string(encoded, arena);
	TRY(key_decode(partition, with_hash(encoded, arena), arena, ret, err));
	trim_character(&ret->partition);
	return 0;
}

static int read_key(const struct key_schema *schema, const struct hot_key *hot, struct arena *arena,
	struct map *ret, struct error *err)
{
	struct key_schema partition = { .partition = schema->partition };
	const struct key_schema *shown = hot->scope == HOT_ITEMS && !hot->cut ? schema : &partition;
	struct key key;

	if (hot->cut)
		TRY(read_cut(&partition, hot, arena, &key, err));
	else
		TRY(key_decode(shown, hot->bytes, arena, &key, err));
	*ret = key_to_map(shown, &key, arena);
	return 0;
}

/* A list that grows in the arena. */
struct hot_list {
	struct hot_key_facts *items;
	size_t count, capacity;
};

static struct hot_key_facts *add_key(struct hot_list *list, struct arena *arena)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : KEYS_MAX;
		struct hot_key_facts *items = arena_alloc_array(arena, capacity, sizeof(*items));

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->capacity = capacity;
	}
	return &list->items[list->count++];
}

static struct hot_key_facts facts_of(const struct hot_key *key, double seconds)
{
	return (struct hot_key_facts){
		.measure = hot_measure_names[key->measure],
		.scope = hot_scope_names[key->scope],
		.cut = key->cut,
		.amount = key->amount,
		.per_second = key->amount / seconds,
		.share = key->share,
		.error = key->error * key->share / key->amount,
	};
}

static int list_table(const struct engine *engine, const struct table_description *table,
	struct arena *arena, struct hot_list *list, struct error *err)
{
	const struct hot_key *keys;
	double seconds;
	size_t count = hot_keys_report(monitor_hot_keys(engine->monitor), table->id,
		slice_of(NULL, 0), KEYS_MAX, clock_monotonic_ns(), arena, &keys, &seconds);

	for (size_t i = 0; i < count; i++) {
		struct hot_key_facts facts = facts_of(&keys[i], seconds);

		TRY(read_key(&table->key, &keys[i], arena, &facts.key, err));
		*add_key(list, arena) = facts;
	}
	return 0;
}

/* Of a partition that was cut nothing is shown: of several values there may be only
 * some. */
static int read_index_key(const struct key_layout *layout, const struct hot_key *hot,
	struct arena *arena, struct map *ret, struct error *err)
{
	struct member *members = arena_alloc_array(arena, KEY_ATTRIBUTES_MAX, sizeof(*members));
	struct value values[KEY_ATTRIBUTES_MAX];

	*ret = (struct map){ members, 0 };
	if (hot->cut)
		return 0;
	TRY(key_layout_decode_partition(layout, hot->bytes, arena, values, err));
	for (size_t i = 0; i < layout->partition_count; i++)
		members[i] = (struct member){ layout->partition[i].name, values[i] };
	ret->count = layout->partition_count;
	return 0;
}

static int list_index(const struct engine *engine, const struct table_description *table,
	const struct index_description *index, struct arena *arena, struct hot_list *list,
	struct error *err)
{
	const struct hot_key *keys;
	double seconds;
	size_t count = hot_keys_report(monitor_hot_keys(engine->monitor), table->id, index->name,
		KEYS_MAX, clock_monotonic_ns(), arena, &keys, &seconds);

	for (size_t i = 0; i < count; i++) {
		struct hot_key_facts facts = facts_of(&keys[i], seconds);

		facts.index_name = arena_copy(arena, index->name);
		TRY(read_index_key(&index->key, &keys[i], arena, &facts.key, err));
		*add_key(list, arena) = facts;
	}
	return 0;
}

static int list_all(const struct engine *engine, const struct table_description *table,
	struct arena *arena, struct hot_list *list, struct error *err)
{
	TRY(list_table(engine, table, arena, list, err));
	for (size_t i = 0; i < table->index_count; i++) {
		if (table->indexes[i].kind == INDEX_GLOBAL)
			TRY(list_index(engine, table, &table->indexes[i], arena, list, err));
	}
	return 0;
}

int run_find_hot_keys(struct engine *engine, struct request *request, struct error *err)
{
	const struct find_hot_keys_input *in = request->input;
	struct find_hot_keys_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct hot_list list = { NULL, 0, 0 };

	TRY(engine_find_table(engine, in->table_name, &table, err));
	TRY(list_all(engine, table_description(table), request->arena, &list, err));
	*out = (struct find_hot_keys_output){ list.items, list.count };
	return 0;
}
