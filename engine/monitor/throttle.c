#include "monitor/throttle.h"

#include "base/hash.h"
#include "base/memory.h"
#include "monitor/bucket.h"

#include <pthread.h>

#define CHAINS 256

/* A table or a global index. */
struct part {
	char *id; /* of an index */
	char *name; /* of an index */
	struct bucket buckets[THROTTLE_SIDES];
};

struct limited {
	struct limited *next; /* in its chain */
	char *id; /* of the table */
	struct part table;
	struct part *indexes;
	size_t index_count;
};

struct throttle {
	bool enforce;
	pthread_mutex_t follow; /* before lock */
	pthread_mutex_t lock; /* over all below */
	struct limited *chains[CHAINS];
	size_t count;
};

struct throttle *throttle_new(bool enforce)
{
	struct throttle *throttle = memory_new_zero(sizeof(*throttle));

	throttle->enforce = enforce;
	pthread_mutex_init(&throttle->follow, NULL);
	pthread_mutex_init(&throttle->lock, NULL);
	return throttle;
}

bool throttle_enforces(const struct throttle *throttle)
{
	return throttle->enforce;
}

static void release_indexes(struct part *indexes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(indexes[i].id);
		free(indexes[i].name);
	}
	free(indexes);
}

static void limited_free(struct limited *limited)
{
	release_indexes(limited->indexes, limited->index_count);
	free(limited->id);
	free(limited);
}

void throttle_free(struct throttle *throttle)
{
	for (size_t i = 0; i < CHAINS; i++) {
		for (struct limited *limited = throttle->chains[i], *next; limited;
			limited = next) {
			next = limited->next;
			limited_free(limited);
		}
	}
	pthread_mutex_destroy(&throttle->lock);
	pthread_mutex_destroy(&throttle->follow);
	free(throttle);
}

static double units(int64_t set)
{
	return set > 0 ? (double)set : 0;
}

double throttle_rate(const struct table_description *table, const struct index_description *index,
	enum throttle_side side)
{
	bool provisioned = table->billing_mode == BILLING_PROVISIONED;
	bool read = side == THROTTLE_READ;

	if (index && provisioned)
		return units(read ? index->read_capacity_units : index->write_capacity_units);
	if (index)
		return units(read ? index->max_read_request_units : index->max_write_request_units);
	if (provisioned)
		return units(read ? table->read_capacity_units : table->write_capacity_units);
	return units(read ? table->max_read_request_units : table->max_write_request_units);
}

/* Finding and making. */

static struct limited **find_place(struct throttle *throttle, struct slice table_id)
{
	struct limited **at = &throttle->chains[hash64(table_id) % CHAINS];

	while (*at && !slice_equal_string(table_id, (*at)->id))
		at = &(*at)->next;
	return at;
}

static const struct part *find_index(const struct limited *limited, struct slice id)
{
	for (size_t i = 0; i < limited->index_count; i++) {
		if (slice_equal_string(id, limited->indexes[i].id))
			return &limited->indexes[i];
	}
	return NULL;
}

static struct part *find_named(struct limited *limited, struct slice name)
{
	for (size_t i = 0; i < limited->index_count; i++) {
		if (slice_equal_string(name, limited->indexes[i].name))
			return &limited->indexes[i];
	}
	return NULL;
}

static void set_rates(struct part *part, const struct table_description *table,
	const struct index_description *index, int64_t now_ns)
{
	for (int side = 0; side < THROTTLE_SIDES; side++)
		bucket_set_rate(&part->buckets[side],
			throttle_rate(table, index, (enum throttle_side)side), now_ns);
}

static void make_index(struct part *ret, const struct part *known,
	const struct table_description *table, const struct index_description *index,
	int64_t now_ns)
{
	if (known)
		memcpy(ret->buckets, known->buckets, sizeof(ret->buckets));
	ret->id = memory_copy_string(index->id.data, index->id.len);
	ret->name = memory_copy_string(index->name.data, index->name.len);
	set_rates(ret, table, index, now_ns);
}

/* The global indexes of the description, with what is left of those it had. */
static void set_indexes(
	struct limited *limited, const struct table_description *table, int64_t now_ns)
{
	struct part *indexes = memory_new_zero((table->index_count + 1) * sizeof(*indexes));
	size_t count = 0;

	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_description *index = &table->indexes[i];

		if (index->kind != INDEX_GLOBAL)
			continue;
		make_index(&indexes[count++], find_index(limited, index->id), table, index, now_ns);
	}
	release_indexes(limited->indexes, limited->index_count);
	limited->indexes = indexes;
	limited->index_count = count;
}

static void follow_locked(struct throttle *throttle, struct limited **at,
	const struct table_description *table, int64_t now_ns)
{
	if (!*at) {
		*at = memory_new_zero(sizeof(**at));
		(*at)->id = memory_copy_string(table->id.data, table->id.len);
		throttle->count++;
	}
	set_rates(&(*at)->table, table, NULL, now_ns);
	set_indexes(*at, table, now_ns);
}

void throttle_follow_begin(struct throttle *throttle)
{
	pthread_mutex_lock(&throttle->follow);
}

void throttle_follow_end(struct throttle *throttle)
{
	pthread_mutex_unlock(&throttle->follow);
}

void throttle_follow(
	struct throttle *throttle, const struct table_description *table, int64_t now_ns)
{
	pthread_mutex_lock(&throttle->lock);
	follow_locked(throttle, find_place(throttle, table->id), table, now_ns);
	pthread_mutex_unlock(&throttle->lock);
}

/* Asking and taking. */

int64_t throttle_wait_ns(struct throttle *throttle, const struct table_description *table,
	const struct index_description *index, enum throttle_side side, double pending,
	int64_t now_ns)
{
	struct limited **at;
	struct part *part;
	int64_t wait_ns = 0;

	if (throttle_rate(table, index, side) == 0)
		return 0;
	pthread_mutex_lock(&throttle->lock);
	at = find_place(throttle, table->id);
	if (!*at)
		follow_locked(throttle, at, table, now_ns);
	part = index ? find_named(*at, index->name) : &(*at)->table;
	if (part)
		wait_ns = bucket_wait_ns(&part->buckets[side], pending, now_ns);
	pthread_mutex_unlock(&throttle->lock);
	return wait_ns;
}

static void take(
	struct part *part, struct call_units used, struct call_units spared, int64_t now_ns)
{
	bucket_take(&part->buckets[THROTTLE_READ], used.read - spared.read, now_ns);
	bucket_take(&part->buckets[THROTTLE_WRITE], used.write - spared.write, now_ns);
}

static void take_table(struct limited *limited, const struct call_table *table, int64_t now_ns)
{
	take(&limited->table, table->units, table->spared, now_ns);
	for (size_t i = 0; i < table->index_count; i++) {
		const struct call_index *index = &table->indexes[i];
		struct part *part =
			index->local ? &limited->table : find_named(limited, index->name);

		if (part)
			take(part, index->units, index->spared, now_ns);
	}
}

void throttle_note(struct throttle *throttle, const struct call *call, int64_t now_ns)
{
	pthread_mutex_lock(&throttle->lock);
	for (size_t i = 0; throttle->count && i < call->table_count; i++) {
		struct limited *limited = *find_place(throttle, call->tables[i].id);

		if (limited)
			take_table(limited, &call->tables[i], now_ns);
	}
	pthread_mutex_unlock(&throttle->lock);
}

/* Forgetting. */

static bool part_is_full(const struct part *part, int64_t now_ns)
{
	return bucket_is_full(&part->buckets[THROTTLE_READ], now_ns) &&
	       bucket_is_full(&part->buckets[THROTTLE_WRITE], now_ns);
}

static bool is_full(const struct limited *limited, int64_t now_ns)
{
	for (size_t i = 0; i < limited->index_count; i++) {
		if (!part_is_full(&limited->indexes[i], now_ns))
			return false;
	}
	return part_is_full(&limited->table, now_ns);
}

void throttle_step(struct throttle *throttle, int64_t now_ns)
{
	pthread_mutex_lock(&throttle->lock);
	for (size_t i = 0; i < CHAINS; i++) {
		for (struct limited **at = &throttle->chains[i], *limited; (limited = *at);) {
			if (!is_full(limited, now_ns)) {
				at = &limited->next;
				continue;
			}
			*at = limited->next;
			limited_free(limited);
			throttle->count--;
		}
	}
	pthread_mutex_unlock(&throttle->lock);
}

size_t throttle_count(struct throttle *throttle)
{
	size_t count;

	pthread_mutex_lock(&throttle->lock);
	count = throttle->count;
	pthread_mutex_unlock(&throttle->lock);
	return count;
}
