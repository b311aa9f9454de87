#include "store/table_cache.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/backfill.h"
#include "store/catalog.h"
#include "store/history.h"
#include "store/index_private.h"
#include "store/store_private.h"
#include "store/table_private.h"

#include <dirent.h>
#include <errno.h>

static struct slice name_at(const struct table_cache *cache, size_t i)
{
	return cache->tables[i]->description.name;
}

/* The first position whose name is not before this one. */
static size_t position_locked(const struct table_cache *cache, struct slice name)
{
	size_t low = 0, high = cache->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(name_at(cache, middle), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct table *find_locked(const struct table_cache *cache, struct slice name)
{
	size_t i = position_locked(cache, name);

	if (i < cache->count && slice_equal(name_at(cache, i), name))
		return cache->tables[i];
	return NULL;
}

bool table_cache_has(struct store *store, struct slice name)
{
	bool has;

	pthread_mutex_lock(&store->tables.lock);
	has = find_locked(&store->tables, name);
	pthread_mutex_unlock(&store->tables.lock);
	return has;
}

static void insert_locked(struct table_cache *cache, struct table *table)
{
	size_t i = position_locked(cache, table->description.name);

	if (cache->count == cache->capacity) {
		cache->capacity = cache->capacity ? cache->capacity * 2 : 16;
		cache->tables =
			memory_resize(cache->tables, cache->capacity * sizeof(*cache->tables));
	}
	memmove(cache->tables + i + 1, cache->tables + i,
		(cache->count - i) * sizeof(*cache->tables));
	cache->tables[i] = table;
	cache->count++;
}

void table_cache_add(struct store *store, struct table *table)
{
	pthread_mutex_lock(&store->tables.lock);
	insert_locked(&store->tables, table);
	pthread_mutex_unlock(&store->tables.lock);
}

void table_cache_replace(struct store *store, struct table *old, struct table *next)
{
	struct table_cache *cache = &store->tables;

	pthread_mutex_lock(&cache->lock);
	cache->tables[position_locked(cache, old->description.name)] = next;
	pthread_mutex_unlock(&cache->lock);
	table_unref(old);
}

void table_cache_remove(struct store *store, struct table *table)
{
	struct table_cache *cache = &store->tables;
	size_t i;

	pthread_mutex_lock(&cache->lock);
	i = position_locked(cache, table->description.name);
	cache->count--;
	memmove(cache->tables + i, cache->tables + i + 1,
		(cache->count - i) * sizeof(*cache->tables));
	pthread_mutex_unlock(&cache->lock);
	table_unref(table);
}

static int open_body_locked(struct table_body *body, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	if (body->file)
		return 0;
	return bdb_file_open(body->store->env, NULL,
		table_file_name(slice_from_string(body->id), &name), 0, &body->file, err);
}

static int open_locked(struct table *table, struct error *err)
{
	if (table->open)
		return 0;
	TRY(open_body_locked(table->body, err));
	for (size_t i = 0; i < table->description.index_count; i++)
		TRY(index_open(table->indexes[i], NULL, 0, err));
	TRY(history_open(table->history, NULL, 0, err));
	table->open = true;
	return 0;
}

int table_open(struct table *table, struct error *err)
{
	struct table_cache *cache = &table->body->store->tables;
	int r;

	pthread_mutex_lock(&cache->lock);
	r = open_locked(table, err);
	pthread_mutex_unlock(&cache->lock);
	return r;
}

static int find_open_locked(
	struct table_cache *cache, struct slice name, struct table **ret, struct error *err)
{
	struct table *table = find_locked(cache, name);

	if (!table)
		return TABLE_ABSENT;
	TRY(open_locked(table, err));
	*ret = table_ref(table);
	return 0;
}

int table_find(struct store *store, struct slice name, struct table **ret, struct error *err)
{
	int r;

	pthread_mutex_lock(&store->tables.lock);
	r = find_open_locked(&store->tables, name, ret, err);
	pthread_mutex_unlock(&store->tables.lock);
	return r;
}

/* The first position after a name; an absent name is before all. */
static size_t position_after_locked(const struct table_cache *cache, struct slice name)
{
	size_t i;

	if (!slice_present(name))
		return 0;
	i = position_locked(cache, name);
	return i < cache->count && slice_equal(name_at(cache, i), name) ? i + 1 : i;
}

int table_list(struct store *store, struct slice after, size_t limit, struct arena *arena,
	struct slice **ret_names, size_t *ret_count, bool *ret_more, struct error *err)
{
	struct table_cache *cache = &store->tables;
	size_t first, count;

	(void)err;
	pthread_mutex_lock(&cache->lock);
	first = position_after_locked(cache, after);
	count = cache->count - first;
	*ret_more = count > limit;
	*ret_count = *ret_more ? limit : count;
	*ret_names = arena_alloc_array(arena, *ret_count, sizeof(**ret_names));
	for (size_t i = 0; i < *ret_count; i++)
		(*ret_names)[i] = arena_copy(arena, name_at(cache, first + i));
	pthread_mutex_unlock(&cache->lock);
	return 0;
}

void table_cache_all(struct store *store, struct table_array *ret)
{
	struct table_cache *cache = &store->tables;

	pthread_mutex_lock(&cache->lock);
	ret->count = cache->count;
	ret->tables = memory_new((cache->count + 1) * sizeof(*ret->tables));
	for (size_t i = 0; i < cache->count; i++)
		ret->tables[i] = table_ref(cache->tables[i]);
	pthread_mutex_unlock(&cache->lock);
}

void table_array_release(struct table_array *array)
{
	for (size_t i = 0; i < array->count; i++)
		table_unref(array->tables[i]);
	free(array->tables);
	*array = (struct table_array){ NULL, 0 };
}

static int load_indexes(struct table *table, struct error *err)
{
	const struct table_description *description = &table->description;

	for (size_t i = 0; i < description->index_count; i++) {
		TRY(index_counts_load(table->indexes[i], err));
		if (description->indexes[i].status == INDEX_CREATING)
			TRY(backfill_load(table->indexes[i], err));
	}
	return 0;
}

static int load_table(void *context, const struct table_description *description, struct error *err)
{
	struct store *store = context;
	struct table *table CLEANUP(table_unrefp) = table_new(store, description);

	TRY(counters_load(&table->body->counters, store->counts, description->id, err));
	TRY(conversion_load(table->body, err));
	TRY(load_indexes(table, err));
	insert_locked(&store->tables, table_ref(table));
	return 0;
}

static bool has_index(const struct table *table, struct slice id)
{
	for (size_t i = 0; i < table->description.index_count; i++) {
		if (slice_equal(table->description.indexes[i].id, id))
			return true;
	}
	return false;
}

static bool has_history(const struct table *table, struct slice id)
{
	return slice_equal(table->description.history_id, id);
}

static bool is_table(const struct table *table, struct slice id)
{
	return slice_equal(table->description.id, id);
}

/* Files that belong to tables, and whether one of that id is a table's. */
static const struct file_kind {
	struct slice begin;
	bool (*is_of)(const struct table *table, struct slice id);
} file_kinds[] = {
	{ SLICE("table-"), is_table },
	{ SLICE("index-"), has_index },
	{ SLICE("history-"), has_history },
	{ SLICE("moments-"), has_history },
};

/* Whether a file's name is of that kind, and of no table in the cache. */
static bool is_orphan(
	const struct table_cache *cache, const struct file_kind *kind, struct slice file)
{
	const struct slice end = SLICE(".db");
	struct slice id;

	if (!slice_starts_with(file, kind->begin) || !slice_ends_with(file, end))
		return false;
	id = slice_of(file.data + kind->begin.len, file.len - kind->begin.len - end.len);
	for (size_t i = 0; i < cache->count; i++) {
		if (kind->is_of(cache->tables[i], id))
			return false;
	}
	return true;
}

static int remove_orphan(struct store *store, const char *file, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_kinds); i++) {
		if (is_orphan(&store->tables, &file_kinds[i], slice_from_string(file)))
			TRY(table_remove_file(store, file, err));
	}
	return 0;
}

static int remove_orphans(struct store *store, struct error *err)
{
	DIR *directory CLEANUP(cleanup_closedir) = opendir(store->path);
	struct dirent *entry;

	if (!directory)
		return error_set_errno(err, errno, "opening %s", store->path);
	while ((entry = readdir(directory)))
		TRY(remove_orphan(store, entry->d_name, err));
	return 0;
}

int table_cache_load(struct store *store, struct error *err)
{
	TRY(catalog_read(store, load_table, store, err));
	return remove_orphans(store, err);
}

void table_cache_release(struct store *store)
{
	struct table_cache *cache = &store->tables;

	for (size_t i = 0; i < cache->count; i++)
		table_unref(cache->tables[i]);
	free(cache->tables);
	*cache = (struct table_cache){ .lock = cache->lock };
}
