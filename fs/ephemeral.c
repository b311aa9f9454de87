#include "ephemeral.h"

#include "base/hash.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096

struct ephemeral {
	struct ephemeral *next; /* in its bucket */
	struct ephemeral *older, *newer; /* in order of adding */
	struct slice table_id, name;
	struct table_access access; /* of a table */
};

struct ephemerals {
	pthread_mutex_t mutex;
	struct ephemeral *buckets[BUCKETS];
	struct ephemeral *oldest, *newest;
	size_t count;
};

struct ephemerals *ephemerals_new(void)
{
	struct ephemerals *ephemerals = memory_new_zero(sizeof(*ephemerals));

	pthread_mutex_init(&ephemerals->mutex, NULL);
	return ephemerals;
}

static void ephemeral_free(struct ephemeral *ephemeral)
{
	free((char *)ephemeral->table_id.data);
	free((char *)ephemeral->name.data);
	free(ephemeral);
}

void ephemerals_free(struct ephemerals *ephemerals)
{
	while (ephemerals->oldest) {
		struct ephemeral *oldest = ephemerals->oldest;

		ephemerals->oldest = oldest->newer;
		ephemeral_free(oldest);
	}
	pthread_mutex_destroy(&ephemerals->mutex);
	free(ephemerals);
}

/* The link that leads to the entry, or to the end of its bucket. */
static struct ephemeral **find_link(
	struct ephemerals *ephemerals, struct slice table_id, struct slice name)
{
	uint64_t hash = hash64(table_id) * 31 + hash64(name);
	struct ephemeral **link = &ephemerals->buckets[hash % BUCKETS];

	while (*link &&
		!(slice_equal((*link)->name, name) && slice_equal((*link)->table_id, table_id)))
		link = &(*link)->next;
	return link;
}

static void unlink_entry(struct ephemerals *ephemerals, struct ephemeral **link)
{
	struct ephemeral *entry = *link;

	*link = entry->next;
	if (entry->older)
		entry->older->newer = entry->newer;
	else
		ephemerals->oldest = entry->newer;
	if (entry->newer)
		entry->newer->older = entry->older;
	else
		ephemerals->newest = entry->older;
	ephemerals->count--;
	ephemeral_free(entry);
}

static struct ephemeral *make_entry(struct slice table_id, struct slice name)
{
	struct ephemeral *entry = memory_new_zero(sizeof(*entry));

	entry->table_id = slice_of(memory_copy_string(table_id.data, table_id.len), table_id.len);
	entry->name = slice_of(memory_copy_string(name.data, name.len), name.len);
	return entry;
}

static void add_locked(struct ephemerals *ephemerals, struct slice table_id, struct slice name)
{
	struct ephemeral **link = find_link(ephemerals, table_id, name);

	if (*link)
		return;
	*link = make_entry(table_id, name);
	(*link)->older = ephemerals->newest;
	if (ephemerals->newest)
		ephemerals->newest->newer = *link;
	else
		ephemerals->oldest = *link;
	ephemerals->newest = *link;
	if (++ephemerals->count > EPHEMERAL_LIMIT)
		unlink_entry(ephemerals, find_link(ephemerals, ephemerals->oldest->table_id,
						 ephemerals->oldest->name));
}

void ephemeral_add(struct ephemerals *ephemerals, struct slice table_id, struct slice name)
{
	pthread_mutex_lock(&ephemerals->mutex);
	add_locked(ephemerals, table_id, name);
	pthread_mutex_unlock(&ephemerals->mutex);
}

void ephemeral_announce(
	struct ephemerals *ephemerals, struct slice name, const struct table_access *access)
{
	pthread_mutex_lock(&ephemerals->mutex);
	add_locked(ephemerals, SLICE(""), name);
	(*find_link(ephemerals, SLICE(""), name))->access = *access;
	pthread_mutex_unlock(&ephemerals->mutex);
}

void ephemeral_access(struct ephemerals *ephemerals, struct slice name, struct table_access *ret)
{
	struct ephemeral *entry;

	pthread_mutex_lock(&ephemerals->mutex);
	entry = *find_link(ephemerals, SLICE(""), name);
	if (entry)
		*ret = entry->access;
	pthread_mutex_unlock(&ephemerals->mutex);
}

bool ephemeral_exists(struct ephemerals *ephemerals, struct slice table_id, struct slice name)
{
	bool exists;

	pthread_mutex_lock(&ephemerals->mutex);
	exists = *find_link(ephemerals, table_id, name) != NULL;
	pthread_mutex_unlock(&ephemerals->mutex);
	return exists;
}

bool ephemeral_remove(struct ephemerals *ephemerals, struct slice table_id, struct slice name)
{
	struct ephemeral **link;
	bool existed;

	pthread_mutex_lock(&ephemerals->mutex);
	link = find_link(ephemerals, table_id, name);
	existed = *link != NULL;
	if (existed)
		unlink_entry(ephemerals, link);
	pthread_mutex_unlock(&ephemerals->mutex);
	return existed;
}

void ephemeral_remove_all(struct ephemerals *ephemerals, struct slice table_id)
{
	struct ephemeral *entry, *newer;

	if (!table_id.len)
		return; /* announced tables are each for itself */
	pthread_mutex_lock(&ephemerals->mutex);
	for (entry = ephemerals->oldest; entry; entry = newer) {
		newer = entry->newer;
		if (slice_equal(entry->table_id, table_id))
			unlink_entry(
				ephemerals, find_link(ephemerals, entry->table_id, entry->name));
	}
	pthread_mutex_unlock(&ephemerals->mutex);
}

struct slice *ephemeral_list(struct ephemerals *ephemerals, struct slice table_id,
	struct arena *arena, size_t *ret_count)
{
	struct slice *names;
	size_t count = 0;

	pthread_mutex_lock(&ephemerals->mutex);
	names = arena_alloc_array(arena, ephemerals->count, sizeof(*names));
	for (struct ephemeral *entry = ephemerals->oldest; entry; entry = entry->newer) {
		if (slice_equal(entry->table_id, table_id))
			names[count++] = arena_copy(arena, entry->name);
	}
	pthread_mutex_unlock(&ephemerals->mutex);
	*ret_count = count;
	return names;
}
