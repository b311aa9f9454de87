#include "listing.h"

#include "base/hash.h"
#include "base/memory.h"
#include "ephemeral.h"
#include "name.h"
#include "requests.h"
#include "scratch.h"

#include <pthread.h>

#define BATCH_ENTRIES   256
#define CHECKPOINTS_MAX 256
#define HASH_BITS       24
#define TABLES_PAGE     100

/* In the order of the listing. */
enum source { SOURCE_DOTS, SOURCE_STORED, SOURCE_EPHEMERAL, SOURCE_SCRATCH, SOURCE_COUNT };

/* Where a listing stands: after the entry of this key in this source. An absent
 * key is the source's beginning. */
struct position {
	enum source source;
	struct slice key; /* a row key, or a name */
};

struct batch {
	struct arena arena;
	struct position start; /* before its first entry */
	struct position end; /* after its last one */
	uint64_t first; /* ordinal of its first entry */
	struct listing_entry *entries;
	struct slice *keys; /* of each entry, as a position has it */
	uint64_t changes; /* node_changes() before it was read */
	enum source source; /* of all of them */
	size_t count;
};

struct checkpoint {
	uint64_t ordinal; /* of the entry after it */
	enum source source;
	struct buf key;
	bool has_key;
};

struct listing {
	struct filesystem *fs;
	struct caller caller;
	struct node *directory;
	pthread_mutex_t mutex;
	struct batch *current, *previous;
	struct checkpoint checkpoints[CHECKPOINTS_MAX];
	size_t checkpoint_count, checkpoint_every, batches_since;
	uint64_t next_cookie; /* of the entry given last: reading on */
	struct listing *older, *newer; /* in filesystem.listings */
};

struct listing *listing_open(
	struct filesystem *fs, const struct caller *caller, struct node *directory)
{
	struct listing *listing = memory_new_zero(sizeof(*listing));

	listing->fs = fs;
	listing->caller = *caller;
	listing->directory = node_ref(fs->nodes, directory);
	listing->checkpoint_every = 1;
	pthread_mutex_init(&listing->mutex, NULL);
	pthread_mutex_lock(&fs->handles_mutex);
	listing->older = fs->listings;
	if (fs->listings)
		fs->listings->newer = listing;
	fs->listings = listing;
	pthread_mutex_unlock(&fs->handles_mutex);
	return listing;
}

static void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	arena_release(&batch->arena);
	free(batch);
}

void listing_close(struct listing *listing)
{
	struct filesystem *fs = listing->fs;

	pthread_mutex_lock(&fs->handles_mutex);
	if (listing->older)
		listing->older->newer = listing->newer;
	if (listing->newer)
		listing->newer->older = listing->older;
	else
		fs->listings = listing->older;
	pthread_mutex_unlock(&fs->handles_mutex);
	batch_free(listing->current);
	batch_free(listing->previous);
	for (size_t i = 0; i < listing->checkpoint_count; i++)
		buf_release(&listing->checkpoints[i].key);
	pthread_mutex_destroy(&listing->mutex);
	node_unref(listing->fs->nodes, listing->directory);
	free(listing);
}

void listings_close(struct filesystem *fs)
{
	while (fs->listings)
		listing_close(fs->listings);
}

void listing_lock(struct listing *listing)
{
	pthread_mutex_lock(&listing->mutex);
}

void listing_unlock(struct listing *listing)
{
	pthread_mutex_unlock(&listing->mutex);
}

/* Filling a batch. */

static struct listing_entry *add(
	struct batch *batch, enum node_kind kind, struct slice name, struct slice key)
{
	struct listing_entry *entry = &batch->entries[batch->count];
	uint64_t ordinal = batch->first + batch->count;

	*entry = (struct listing_entry){ .name = name, .kind = kind, .changes = batch->changes };
	entry->cookie = (ordinal + 1) << HASH_BITS | (hash64(name) & ((1u << HASH_BITS) - 1));
	batch->keys[batch->count++] = key;
	return entry;
}

static struct slice encode_name(
	const struct value *value, enum name_suffix suffix, struct arena *arena)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	name_encode(value, suffix, &name);
	return arena_copy(arena, buf_slice(&name));
}

static void add_dots(struct batch *batch, const struct position *position)
{
	if (!slice_present(position->key))
		add(batch, NODE_ROOT, SLICE("."), SLICE("."));
	if (!slice_present(position->key) || slice_equal(position->key, SLICE(".")))
		add(batch, NODE_ROOT, SLICE(".."), SLICE(".."));
}

static int add_tables(struct listing *listing, struct batch *batch, const struct position *position,
	struct error *err)
{
	struct list_tables_input input = {
		.exclusive_start_table_name = position->key,
		.limit = { true, TABLES_PAGE },
	};
	struct list_tables_output output = { 0 };
	struct request request = {
		.operation = OPERATION_LIST_TABLES,
		.arena = &batch->arena,
		.input = &input,
		.output = &output,
	};
	const struct slice *names;

	TRY(engine_run(listing->fs->engine, &request, err));
	names = output.table_names.items;
	for (size_t i = 0; i < output.table_names.count; i++) {
		struct value value = { .type = VALUE_S, .bytes = names[i] };

		add(batch, NODE_TABLE, encode_name(&value, NAME_PARTITION, &batch->arena),
			names[i]);
	}
	return 0;
}

static int add_items(struct batch *batch, const struct mount_table *table,
	const struct query_output *page, struct error *err)
{
	const struct key_schema *schema = &table->schema;
	const struct map *items = page->items.items;

	for (size_t i = 0; i < page->items.count; i++) {
		struct buf row_key CLEANUP(buf_release) = BUF_INIT;
		struct listing_entry *entry;
		const struct value *named;
		struct slice bytes;
		struct key key;

		TRY(key_from_map(schema, &items[i], &key, err));
		key_encode(schema, &key, &row_key);
		bytes = arena_copy(&batch->arena, buf_slice(&row_key));
		named = key_schema_has_sort(schema) ? &key.sort : &key.partition;
		entry = add(batch, NODE_ITEM, encode_name(named, NAME_ITEM, &batch->arena), bytes);
		entry->row_key = bytes;
		entry->has_facts = true;
		entry->facts = page->facts[i];
	}
	return 0;
}

static int decode_position(const struct mount_table *table, const struct position *position,
	struct arena *arena, struct key *key, const struct key **ret, struct error *err)
{
	*ret = NULL;
	if (!slice_present(position->key))
		return 0;
	TRY(key_decode(&table->schema, position->key, arena, key, err));
	*ret = key;
	return 0;
}

static struct key_schema hash_only(const struct mount_table *table)
{
	return (struct key_schema){ .partition = table->schema.partition };
}

static int add_partitions(struct listing *listing, struct batch *batch,
	const struct mount_table *table, const struct position *position, struct error *err)
{
	struct key_schema schema = hash_only(table);
	struct list_partitions_output output;
	const struct value *after = NULL;
	struct key key;

	if (slice_present(position->key)) {
		TRY(key_decode(&schema, position->key, &batch->arena, &key, err));
		after = &key.partition;
	}
	TRY(request_partitions(
		listing->fs, table, after, BATCH_ENTRIES, &batch->arena, &output, err));
	for (size_t i = 0; i < output.count; i++) {
		struct buf row_key CLEANUP(buf_release) = BUF_INIT;
		struct slice name =
			encode_name(&output.partitions[i], NAME_PARTITION, &batch->arena);
		struct slice bytes;

		key_encode_partition(&output.partitions[i], &row_key);
		bytes = arena_copy(&batch->arena, buf_slice(&row_key));
		add(batch, NODE_PARTITION, name, bytes)->row_key = bytes;
	}
	return 0;
}

static int add_partition_items(struct listing *listing, struct batch *batch,
	const struct node_view *view, const struct position *position, struct error *err)
{
	struct key_schema schema = hash_only(view->table);
	struct query_output page;
	struct key key, after_key;
	const struct key *after;

	if (!view->row_key.len)
		return 0; /* its key is not known yet, so it holds nothing */
	TRY(key_decode(&schema, view->row_key, &batch->arena, &key, err));
	TRY(decode_position(view->table, position, &batch->arena, &after_key, &after, err));
	TRY(request_partition_items(listing->fs, view->table, &key.partition, after, BATCH_ENTRIES,
		&batch->arena, &page, err));
	return add_items(batch, view->table, &page, err);
}

static int add_table_items(struct listing *listing, struct batch *batch,
	const struct mount_table *table, const struct position *position, struct error *err)
{
	struct query_output page;
	struct key after_key;
	const struct key *after;

	TRY(decode_position(table, position, &batch->arena, &after_key, &after, err));
	TRY(request_scan(
		listing->fs, table, after, BATCH_ENTRIES, true, &batch->arena, &page, err));
	return add_items(batch, table, &page, err);
}

static int add_stored(struct listing *listing, struct batch *batch, const struct node_view *view,
	const struct position *position, struct error *err)
{
	if (view->kind == NODE_ROOT)
		return add_tables(listing, batch, position, err);
	if (!mount_table_exists(view->table))
		return 0;
	if (view->kind == NODE_PARTITION)
		return add_partition_items(listing, batch, view, position, err);
	if (key_schema_has_sort(&view->table->schema))
		return add_partitions(listing, batch, view->table, position, err);
	return add_table_items(listing, batch, view->table, position, err);
}

/* Whether an ephemeral partition has items, and so was listed already. */
static int is_stored(struct listing *listing, const struct mount_table *table, struct slice name,
	struct arena *arena, struct error *err)
{
	struct slice canonical;
	struct value value;
	uint64_t hash;
	int r, outcome = name_decode(name, NAME_PARTITION, table->schema.partition.type, arena,
		       &value, &hash, &canonical);

	if (outcome == NAME_HASHED)
		r = request_partition_by_name(
			listing->fs, table, name, NAME_PARTITION, hash, arena, &value, err);
	else
		r = request_partition(listing->fs, table, &value, err);
	TRY(r);
	return r == 0;
}

static size_t after_name(const struct slice *names, size_t count, const struct position *position)
{
	size_t i = 0;

	if (!slice_present(position->key))
		return 0;
	while (i < count && !slice_equal(names[i], position->key))
		i++;
	return i < count ? i + 1 : 0;
}

/* All of them are one batch: they are bounded. */
static int add_ephemerals(struct listing *listing, struct batch *batch,
	const struct node_view *view, const struct position *position, struct error *err)
{
	bool root = view->kind == NODE_ROOT;
	struct slice *names;
	size_t count, i;

	if (view->kind == NODE_PARTITION || (!root && !mount_table_exists(view->table)))
		return 0;
	names = ephemeral_list(
		listing->fs->ephemerals, root ? SLICE("") : view->table->id, &batch->arena, &count);
	i = after_name(names, count, position);
	for (; i < count && batch->count < BATCH_ENTRIES; i++) {
		struct value value = { .type = VALUE_S, .bytes = names[i] };
		int stored =
			root ? 0 : is_stored(listing, view->table, names[i], &batch->arena, err);

		TRY(stored);
		if (!stored)
			add(batch, root ? NODE_TABLE : NODE_PARTITION,
				root ? encode_name(&value, NAME_PARTITION, &batch->arena)
				     : names[i],
				names[i]);
	}
	return 0;
}

static void add_scratch(
	struct listing *listing, struct batch *batch, const struct position *position)
{
	struct slice path = node_path(listing->fs->nodes, listing->directory, &batch->arena);
	struct scratch_list list = { 0 };
	size_t i = 0;

	if (scratch_list(listing->fs->scratch, listing->caller.uid, path, &batch->arena, &list) < 0)
		return; /* nothing of the user's here */
	if (slice_present(position->key))
		i = scratch_list_after(&list, position->key);
	for (; i < list.count && batch->count < BATCH_ENTRIES; i++)
		add(batch, NODE_SCRATCH, list.entries[i].name, list.entries[i].name)->type =
			list.entries[i].type;
}

static int fill(struct listing *listing, struct batch *batch, const struct position *position,
	struct error *err)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };

	batch->changes = node_changes(listing->fs->nodes);
	node_load(listing->fs->nodes, listing->directory, &batch->arena, &view);
	switch (position->source) {
	case SOURCE_DOTS:
		add_dots(batch, position);
		return 0;
	case SOURCE_STORED:
		return add_stored(listing, batch, &view, position, err);
	case SOURCE_EPHEMERAL:
		return add_ephemerals(listing, batch, &view, position, err);
	case SOURCE_SCRATCH:
		add_scratch(listing, batch, position);
		return 0;
	case SOURCE_COUNT:
		break;
	}
	return 0;
}

static struct batch *batch_new(uint64_t first, const struct position *start)
{
	struct batch *batch = memory_new_zero(sizeof(*batch));

	batch->first = first;
	batch->source = start->source;
	batch->start = (struct position){ start->source, arena_copy(&batch->arena, start->key) };
	batch->entries = arena_alloc_array(&batch->arena, BATCH_ENTRIES, sizeof(*batch->entries));
	batch->keys = arena_alloc_array(&batch->arena, BATCH_ENTRIES, sizeof(*batch->keys));
	return batch;
}

/* The next batch that is not empty from a position on: 0, LISTING_END or -1. */
static int batch_read(struct listing *listing, const struct position *start, uint64_t first,
	struct batch **ret, struct error *err)
{
	struct position position = *start;

	while (position.source < SOURCE_COUNT) {
		struct batch *batch = batch_new(first, &position);

		if (fill(listing, batch, &batch->start, err) < 0) {
			batch_free(batch);
			return -1;
		}
		if (batch->count) {
			batch->end =
				(struct position){ batch->source, batch->keys[batch->count - 1] };
			*ret = batch;
			return 0;
		}
		batch_free(batch);
		position = (struct position){ position.source + 1, { NULL, 0 } };
	}
	return LISTING_END;
}

/* Checkpoints. */

static void thin_checkpoints(struct listing *listing)
{
	size_t kept = 0;

	for (size_t i = 0; i < listing->checkpoint_count; i++) {
		if (i % 2)
			buf_release(&listing->checkpoints[i].key);
		else
			listing->checkpoints[kept++] = listing->checkpoints[i];
	}
	listing->checkpoint_count = kept;
	listing->checkpoint_every *= 2;
}

static void note_checkpoint(struct listing *listing, const struct batch *batch)
{
	struct checkpoint *last = listing->checkpoint_count
					  ? &listing->checkpoints[listing->checkpoint_count - 1]
					  : NULL;

	if (last && batch->first <= last->ordinal)
		return; /* read again */
	if (last && ++listing->batches_since < listing->checkpoint_every)
		return;
	listing->batches_since = 0;
	if (listing->checkpoint_count == CHECKPOINTS_MAX)
		thin_checkpoints(listing);
	last = &listing->checkpoints[listing->checkpoint_count++];
	*last = (struct checkpoint){
		.ordinal = batch->first,
		.source = batch->source,
		.has_key = slice_present(batch->start.key),
	};
	buf_append_slice(&last->key, batch->start.key);
}

static const struct checkpoint *find_checkpoint(const struct listing *listing, uint64_t ordinal)
{
	const struct checkpoint *best = NULL;

	for (size_t i = 0; i < listing->checkpoint_count; i++) {
		if (listing->checkpoints[i].ordinal <= ordinal)
			best = &listing->checkpoints[i];
	}
	return best;
}

/* Moving. */

static int advance(
	struct listing *listing, const struct position *position, uint64_t first, struct error *err)
{
	struct batch *batch;
	int r = batch_read(listing, position, first, &batch, err);

	if (r)
		return r;
	note_checkpoint(listing, batch);
	batch_free(listing->previous);
	listing->previous = listing->current;
	listing->current = batch;
	return 0;
}

static int restart(
	struct listing *listing, const struct position *position, uint64_t first, struct error *err)
{
	batch_free(listing->previous);
	batch_free(listing->current);
	listing->previous = listing->current = NULL;
	return advance(listing, position, first, err);
}

/* Reads again from a checkpoint to the entry of an old cookie. */
static int seek_old(struct listing *listing, uint64_t cookie, struct error *err)
{
	uint64_t ordinal = (cookie >> HASH_BITS) - 1;
	const struct checkpoint *from = find_checkpoint(listing, ordinal);
	struct position position = { SOURCE_DOTS, { NULL, 0 } };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	uint64_t first = from ? from->ordinal : 0;
	int r;

	if (from)
		position = (struct position){ from->source,
			from->has_key ? arena_copy(&arena, buf_slice(&from->key))
				      : (struct slice){ NULL, 0 } };
	r = restart(listing, &position, first, err);
	while (r == 0 && listing->current->first <= ordinal) {
		struct batch *batch = listing->current;

		for (size_t i = 0; i < batch->count; i++) {
			uint64_t mask = (1u << HASH_BITS) - 1;

			if ((batch->entries[i].cookie & mask) != (cookie & mask))
				continue;
			/* Its ordinal may have moved; the entries after it get new ones. */
			position = (struct position){ batch->source,
				arena_copy(&arena, batch->keys[i]) };
			return restart(listing, &position, ordinal + 1, err);
		}
		position =
			(struct position){ batch->end.source, arena_copy(&arena, batch->end.key) };
		r = advance(listing, &position, batch->first + batch->count, err);
	}
	if (r < 0)
		return -1;
	position = (struct position){ SOURCE_DOTS, { NULL, 0 } };
	if (from)
		position = (struct position){ from->source,
			from->has_key ? arena_copy(&arena, buf_slice(&from->key))
				      : (struct slice){ NULL, 0 } };
	return restart(listing, &position, ordinal + 1, err);
}

/* The batch that holds the entry of the cookie, and its index there. */
static bool locate(const struct batch *batch, uint64_t cookie, size_t *ret_index)
{
	uint64_t ordinal = (cookie >> HASH_BITS) - 1;

	if (!batch || ordinal < batch->first || ordinal >= batch->first + batch->count)
		return false;
	*ret_index = ordinal - batch->first;
	return true;
}

/* Goes back to an entry of one of the two batches, and reads again what comes
 * after it: some of that may be gone. */
static int seek_recent(
	struct listing *listing, const struct batch *batch, size_t index, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct position position = { batch->source, arena_copy(&arena, batch->keys[index]) };

	return restart(listing, &position, batch->first + index + 1, err);
}

static int seek(struct listing *listing, uint64_t cookie, struct error *err)
{
	struct position start = { SOURCE_DOTS, { NULL, 0 } };
	size_t index;

	if (cookie == 0)
		return restart(listing, &start, 0, err);
	if (locate(listing->current, cookie, &index))
		return seek_recent(listing, listing->current, index, err);
	if (locate(listing->previous, cookie, &index))
		return seek_recent(listing, listing->previous, index, err);
	return seek_old(listing, cookie, err);
}

/* The entry after the one of the cookie, which is in the current batch, or is
 * the last one before it. */
static int read_on(
	struct listing *listing, uint64_t cookie, struct listing_entry *ret, struct error *err)
{
	struct batch *batch = listing->current;
	size_t index = (cookie >> HASH_BITS) - batch->first;

	if (index == batch->count) {
		struct position end = batch->end;

		TRY(advance(listing, &end, batch->first + batch->count, err));
		if (listing->current == batch)
			return LISTING_END;
		batch = listing->current;
		index = 0;
	}
	*ret = batch->entries[index];
	return 0;
}

int listing_read(
	struct listing *listing, uint64_t cookie, struct listing_entry *ret, struct error *err)
{
	int r = 0;

	if (cookie == 0 || cookie != listing->next_cookie || !listing->current)
		r = seek(listing, cookie, err);
	if (r == 0)
		r = read_on(listing, cookie, ret, err);
	if (r == 0)
		listing->next_cookie = ret->cookie;
	return r;
}
