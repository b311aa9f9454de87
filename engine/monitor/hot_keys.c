#include "monitor/hot_keys.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/memory.h"
#include "model/key.h"
#include "monitor/sketch.h"

#include <pthread.h>
#include <stdlib.h>

#define HALF_NS   (HOT_WINDOW_NS / 2)
#define SECOND_NS 1e9

/* What is counted in one half of the window. */
struct half {
	struct sketch *sketches[HOT_MEASURE_COUNT][HOT_SCOPE_COUNT]; /* NULL: nothing */
};

/* A table or an index. */
struct heat {
	uint64_t name_hash; /* of the table's id and the index's name */
	int64_t first_ns, last_ns; /* when it was used */
	int64_t half; /* the number of the newer one, by time */
	struct half halves[2]; /* by its number */
};

struct hot_keys {
	pthread_mutex_t lock;
	struct heat *heats[HOT_TABLES_MAX];
	size_t count;
	struct buf key; /* scratch */
	uint64_t calls; /* so far that were sampled */
};

struct hot_keys *hot_keys_new(void)
{
	struct hot_keys *hot = memory_new_zero(sizeof(*hot));

	pthread_mutex_init(&hot->lock, NULL);
	return hot;
}

static void half_clear(struct half *half)
{
	for (size_t m = 0; m < HOT_MEASURE_COUNT; m++) {
		for (size_t s = 0; s < HOT_SCOPE_COUNT; s++) {
			if (half->sketches[m][s])
				sketch_clear(half->sketches[m][s]);
		}
	}
}

static void heat_free(struct heat *heat)
{
	for (size_t m = 0; m < HOT_MEASURE_COUNT; m++) {
		for (size_t s = 0; s < HOT_SCOPE_COUNT; s++) {
			sketch_free(heat->halves[0].sketches[m][s]);
			sketch_free(heat->halves[1].sketches[m][s]);
		}
	}
	free(heat);
}

void hot_keys_free(struct hot_keys *hot)
{
	if (!hot)
		return;
	for (size_t i = 0; i < hot->count; i++)
		heat_free(hot->heats[i]);
	buf_release(&hot->key);
	pthread_mutex_destroy(&hot->lock);
	free(hot);
}

static uint64_t hash_name(struct slice table_id, struct slice index_name)
{
	uint64_t hash = hash64(table_id);

	return slice_present(index_name) ? hash ^ hash64(index_name) << 1 : hash;
}

static struct heat *find_locked(struct hot_keys *hot, uint64_t name_hash)
{
	for (size_t i = 0; i < hot->count; i++) {
		if (hot->heats[i]->name_hash == name_hash)
			return hot->heats[i];
	}
	return NULL;
}

/* Room for one more: that of the longest unused when there is none. */
static struct heat **make_room_locked(struct hot_keys *hot)
{
	size_t oldest = 0;

	if (hot->count < HOT_TABLES_MAX)
		return &hot->heats[hot->count++];
	for (size_t i = 1; i < hot->count; i++) {
		if (hot->heats[i]->last_ns < hot->heats[oldest]->last_ns)
			oldest = i;
	}
	heat_free(hot->heats[oldest]);
	return &hot->heats[oldest];
}

/* Forgets the halves that are over. */
static void turn(struct heat *heat, int64_t now_ns)
{
	int64_t half = now_ns / HALF_NS, over = half - heat->half;

	if (over <= 0)
		return;
	half_clear(&heat->halves[half % 2]);
	if (over > 1)
		half_clear(&heat->halves[(half + 1) % 2]);
	heat->half = half;
}

static struct heat *use_locked(
	struct hot_keys *hot, struct slice table_id, struct slice index_name, int64_t now_ns)
{
	uint64_t name_hash = hash_name(table_id, index_name);
	struct heat *heat = find_locked(hot, name_hash);

	if (!heat) {
		heat = memory_new_zero(sizeof(*heat));
		*make_room_locked(hot) = heat;
		heat->name_hash = name_hash;
		heat->first_ns = now_ns;
		heat->half = now_ns / HALF_NS;
	}
	turn(heat, now_ns);
	heat->last_ns = now_ns;
	return heat;
}

static void count(struct heat *heat, enum hot_measure measure, enum hot_scope scope,
	struct slice key, double weight)
{
	struct sketch **sketch = &heat->halves[heat->half % 2].sketches[measure][scope];

	if (weight <= 0)
		return;
	if (!*sketch)
		*sketch = sketch_new(HOT_COUNTERS);
	sketch_add(*sketch, key, weight);
}

static void count_all(struct heat *heat, enum hot_scope scope, struct slice key,
	struct call_units units, struct call_throttles throttles, double factor)
{
	count(heat, HOT_READS, scope, key, factor * units.read);
	count(heat, HOT_WRITES, scope, key, factor * units.write);
	count(heat, HOT_THROTTLES, scope, key, factor * (throttles.read + throttles.write));
}

static void note_key_locked(
	struct hot_keys *hot, struct heat *heat, const struct call_key *key, double factor)
{
	buf_clear(&hot->key);
	key_encode_partition(key->partition, &hot->key);
	count_all(heat, HOT_PARTITIONS, buf_slice(&hot->key), key->units, key->throttles, factor);
	if (!key->sort)
		return;
	key_encode_value(key->sort, &hot->key);
	count_all(heat, HOT_ITEMS, buf_slice(&hot->key), key->units, key->throttles, factor);
}

/* Which one of each n is counted, in turn. */
static size_t sample_start(struct hot_keys *hot, size_t step)
{
	return step > 1 ? hot->calls++ % step : 0;
}

static void note_index_locked(
	struct hot_keys *hot, struct slice table_id, const struct call_index *index, int64_t now_ns)
{
	size_t step = (index->partition_count + HOT_SAMPLED - 1) / HOT_SAMPLED;
	struct heat *heat;

	if (!index->partition_count)
		return;
	heat = use_locked(hot, table_id, index->name, now_ns);
	for (size_t i = sample_start(hot, step); i < index->partition_count; i += step) {
		const struct call_partition *partition = &index->partitions[i];

		count_all(heat, HOT_PARTITIONS, partition->bytes, partition->units,
			partition->throttles, (double)step);
	}
}

static void note_table_locked(struct hot_keys *hot, const struct call_table *table, int64_t now_ns)
{
	size_t step = (table->key_count + HOT_SAMPLED - 1) / HOT_SAMPLED;
	struct heat *heat;

	for (size_t i = 0; i < table->index_count; i++)
		note_index_locked(hot, table->id, &table->indexes[i], now_ns);
	if (!table->key_count)
		return;
	heat = use_locked(hot, table->id, slice_of(NULL, 0), now_ns);
	for (size_t i = sample_start(hot, step); i < table->key_count; i += step) {
		if (table->keys[i].partition)
			note_key_locked(hot, heat, &table->keys[i], (double)step);
	}
}

void hot_keys_note(struct hot_keys *hot, const struct call *call, int64_t now_ns)
{
	pthread_mutex_lock(&hot->lock);
	for (size_t i = 0; i < call->table_count; i++)
		note_table_locked(hot, &call->tables[i], now_ns);
	pthread_mutex_unlock(&hot->lock);
}

/*
 * Reports. A key that only one half has a counter for may have had, in the other
 * one, what that missed at most.
 */

struct ranking {
	struct hot_key keys[2 * HOT_COUNTERS];
	size_t count;
	double total;
};

static void add_missed(
	const struct sketch *sketch, uint64_t hash, size_t length, struct hot_key *key)
{
	struct sketch_entry entry;

	if (!sketch)
		return;
	if (!sketch_find(sketch, hash, length, &entry)) {
		entry.count = entry.error = sketch_missed(sketch);
	}
	key->amount += entry.count;
	key->error += entry.error;
}

static void rank_half(struct ranking *ranking, const struct hot_key *fields,
	const struct sketch *sketch, const struct sketch *other, bool only_new)
{
	for (size_t i = 0; sketch && i < sketch_count(sketch); i++) {
		struct sketch_entry entry = sketch_at(sketch, i), twin;
		struct hot_key key = *fields;

		if (only_new && other && sketch_find(other, entry.hash, entry.length, &twin))
			continue;
		key.bytes = entry.key;
		key.cut = entry.length > entry.key.len;
		key.amount = entry.count;
		key.error = entry.error;
		add_missed(other, entry.hash, entry.length, &key);
		ranking->keys[ranking->count++] = key;
	}
	if (sketch)
		ranking->total += sketch_total(sketch);
}

/* By what is sure of it. */
static int compare_keys(const void *a, const void *b)
{
	const struct hot_key *left = a, *right = b;
	double l = left->amount - left->error, r = right->amount - right->error;

	return (l < r) - (l > r);
}

static void rank(
	struct heat *heat, enum hot_measure measure, enum hot_scope scope, struct ranking *ranking)
{
	const struct sketch *a = heat->halves[0].sketches[measure][scope];
	const struct sketch *b = heat->halves[1].sketches[measure][scope];
	const struct hot_key fields = { .measure = measure, .scope = scope };

	ranking->count = 0;
	ranking->total = 0;
	rank_half(ranking, &fields, a, b, false);
	rank_half(ranking, &fields, b, a, true);
	qsort(ranking->keys, ranking->count, sizeof(ranking->keys[0]), compare_keys);
}

/* One of which the most is error is no better than those that have no counter. */
static bool is_hot(const struct hot_key *key)
{
	return key->error <= key->amount / 2;
}

static size_t report_locked(
	struct heat *heat, size_t limit, struct arena *arena, struct hot_key *ret)
{
	struct ranking *ranking = memory_new(sizeof(*ranking));
	size_t reported = 0;

	for (unsigned i = 0; i < HOT_MEASURE_COUNT * HOT_SCOPE_COUNT; i++) {
		rank(heat, i / HOT_SCOPE_COUNT, i % HOT_SCOPE_COUNT, ranking);
		for (size_t k = 0, told = 0; k < ranking->count && told < limit; k++) {
			struct hot_key key = ranking->keys[k];

			if (!is_hot(&key))
				continue;
			key.bytes = arena_copy(arena, key.bytes);
			key.share = key.amount / ranking->total;
			ret[reported++] = key;
			told++;
		}
	}
	free(ranking);
	return reported;
}

/* From the older half's begin, or since it is used. */
static double seconds_of(const struct heat *heat, int64_t now_ns)
{
	int64_t begin = (heat->half - 1) * HALF_NS;
	double seconds;

	if (heat->first_ns > begin)
		begin = heat->first_ns;
	seconds = (double)(now_ns - begin) / SECOND_NS;
	return seconds > 1 ? seconds : 1;
}

size_t hot_keys_report(struct hot_keys *hot, struct slice table_id, struct slice index_name,
	size_t limit, int64_t now_ns, struct arena *arena, const struct hot_key **ret,
	double *ret_seconds)
{
	size_t most = limit * HOT_MEASURE_COUNT * HOT_SCOPE_COUNT, reported = 0;
	struct hot_key *keys = arena_alloc_array(arena, most, sizeof(*keys));
	struct heat *heat;

	*ret = keys;
	*ret_seconds = 1;
	pthread_mutex_lock(&hot->lock);
	heat = find_locked(hot, hash_name(table_id, index_name));
	if (heat) {
		turn(heat, now_ns);
		reported = report_locked(heat, limit, arena, keys);
		*ret_seconds = seconds_of(heat, now_ns);
	}
	pthread_mutex_unlock(&hot->lock);
	return reported;
}
