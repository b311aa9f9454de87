#include "monitor/sketch.h"

#include "base/hash.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define FREE_SLOT UINT32_MAX

/* A key's counter. Its place in the array never changes. */
struct counter {
	uint64_t hash;
	size_t length;
	double count, error;
	uint32_t heap_at, slot_at;
	uint16_t kept, room; /* bytes of the key that are, or can be, in: */
	char *key;
};

struct sketch {
	size_t capacity, count;
	double total;
	struct counter *counters;
	uint32_t *heap; /* of counters, the least first */
	uint32_t *slots; /* counters by hash, open addressing; a power of two of them */
	size_t slot_mask;
};

static size_t slots_for(size_t capacity)
{
	size_t slots = 4;

	while (slots < 2 * capacity)
		slots *= 2;
	return slots;
}

struct sketch *sketch_new(size_t capacity)
{
	struct sketch *sketch = memory_new_zero(sizeof(*sketch));

	assert(capacity > 0);
	sketch->capacity = capacity;
	sketch->counters = memory_new_zero(capacity * sizeof(*sketch->counters));
	sketch->heap = memory_new(capacity * sizeof(*sketch->heap));
	sketch->slot_mask = slots_for(capacity) - 1;
	sketch->slots = memory_new((sketch->slot_mask + 1) * sizeof(*sketch->slots));
	sketch_clear(sketch);
	return sketch;
}

void sketch_free(struct sketch *sketch)
{
	if (!sketch)
		return;
	for (size_t i = 0; i < sketch->capacity; i++)
		free(sketch->counters[i].key);
	free(sketch->counters);
	free(sketch->heap);
	free(sketch->slots);
	free(sketch);
}

void sketch_clear(struct sketch *sketch)
{
	sketch->count = 0;
	sketch->total = 0;
	memset(sketch->slots, 0xFF, (sketch->slot_mask + 1) * sizeof(*sketch->slots));
}

/* The heap */

static double heap_count(const struct sketch *sketch, size_t at)
{
	return sketch->counters[sketch->heap[at]].count;
}

static void heap_put(struct sketch *sketch, size_t at, uint32_t counter)
{
	sketch->heap[at] = counter;
	sketch->counters[counter].heap_at = (uint32_t)at;
}

/* Counts only grow, so a counter only sinks. */
static void sink(struct sketch *sketch, uint32_t counter)
{
	size_t at = sketch->counters[counter].heap_at, child;
	double count = sketch->counters[counter].count;

	while ((child = 2 * at + 1) < sketch->count) {
		if (child + 1 < sketch->count &&
			heap_count(sketch, child + 1) < heap_count(sketch, child))
			child++;
		if (heap_count(sketch, child) >= count)
			break;
		heap_put(sketch, at, sketch->heap[child]);
		at = child;
	}
	heap_put(sketch, at, counter);
}

/* A new one is put at the end, and rises. */
static void rise(struct sketch *sketch, uint32_t counter)
{
	size_t at = sketch->count - 1;
	double count = sketch->counters[counter].count;

	while (at && heap_count(sketch, (at - 1) / 2) > count) {
		heap_put(sketch, at, sketch->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(sketch, at, counter);
}

/* The slots */

/* The slot of that key, or the free one where it would be. */
static size_t find_slot(const struct sketch *sketch, uint64_t hash, size_t length)
{
	size_t slot = hash & sketch->slot_mask;

	while (sketch->slots[slot] != FREE_SLOT) {
		const struct counter *counter = &sketch->counters[sketch->slots[slot]];

		if (counter->hash == hash && counter->length == length)
			break;
		slot = (slot + 1) & sketch->slot_mask;
	}
	return slot;
}

static void put_slot(struct sketch *sketch, size_t slot, uint32_t counter)
{
	sketch->slots[slot] = counter;
	sketch->counters[counter].slot_at = (uint32_t)slot;
}

/* Frees a slot, and moves back those that went past it. */
static void free_slot(struct sketch *sketch, size_t slot)
{
	size_t mask = sketch->slot_mask, next = (slot + 1) & mask;

	for (; sketch->slots[next] != FREE_SLOT; next = (next + 1) & mask) {
		size_t home = sketch->counters[sketch->slots[next]].hash & mask;

		if (((next - home) & mask) < ((next - slot) & mask))
			continue;
		put_slot(sketch, slot, sketch->slots[next]);
		slot = next;
	}
	sketch->slots[slot] = FREE_SLOT;
}

static void keep_key(struct counter *counter, struct slice key, uint64_t hash)
{
	uint16_t kept = (uint16_t)(key.len < SKETCH_KEY_MAX ? key.len : SKETCH_KEY_MAX);

	if (kept > counter->room) {
		counter->key = memory_resize(counter->key, kept);
		counter->room = kept;
	}
	if (kept)
		memcpy(counter->key, key.data, kept);
	counter->kept = kept;
	counter->hash = hash;
	counter->length = key.len;
}

/* The counter that a key without one gets. */
static uint32_t take_counter(struct sketch *sketch, struct slice key, uint64_t hash)
{
	bool is_new = sketch->count < sketch->capacity;
	uint32_t i = is_new ? (uint32_t)sketch->count++ : sketch->heap[0];
	struct counter *counter = &sketch->counters[i];

	if (is_new)
		counter->count = 0;
	else
		free_slot(sketch, counter->slot_at);
	counter->error = counter->count;
	keep_key(counter, key, hash);
	put_slot(sketch, find_slot(sketch, hash, key.len), i);
	if (is_new)
		rise(sketch, i);
	return i;
}

void sketch_add(struct sketch *sketch, struct slice key, double weight)
{
	uint64_t hash = hash64(key);
	uint32_t i = sketch->slots[find_slot(sketch, hash, key.len)];

	if (i == FREE_SLOT)
		i = take_counter(sketch, key, hash);
	sketch->counters[i].count += weight;
	sketch->total += weight;
	sink(sketch, i);
}

size_t sketch_count(const struct sketch *sketch)
{
	return sketch->count;
}

struct sketch_entry sketch_at(const struct sketch *sketch, size_t i)
{
	const struct counter *counter = &sketch->counters[i];

	return (struct sketch_entry){
		.key = slice_of(counter->key ? counter->key : "", counter->kept),
		.hash = counter->hash,
		.length = counter->length,
		.count = counter->count,
		.error = counter->error,
	};
}

bool sketch_find(
	const struct sketch *sketch, uint64_t hash, size_t length, struct sketch_entry *ret)
{
	uint32_t i = sketch->slots[find_slot(sketch, hash, length)];

	if (i == FREE_SLOT)
		return false;
	*ret = sketch_at(sketch, i);
	return true;
}

double sketch_total(const struct sketch *sketch)
{
	return sketch->total;
}

double sketch_missed(const struct sketch *sketch)
{
	return sketch->count < sketch->capacity ? 0 : heap_count(sketch, 0);
}

size_t sketch_size(size_t capacity)
{
	return sizeof(struct sketch) +
	       capacity * (sizeof(struct counter) + sizeof(uint32_t) + SKETCH_KEY_MAX) +
	       slots_for(capacity) * sizeof(uint32_t);
}
