#include "listing_private.h"

#include "base/memory.h"
#include "directory_operations.h"

static bool lists_slowly(struct filesystem *fs, struct node *directory)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	const struct directory_operations *own;

	node_load(fs->nodes, directory, &arena, &view);
	own = directory_operations_of(view.kind);
	return own && own->lists_slowly;
}

struct listing *listing_open(
	struct filesystem *fs, const struct caller *caller, struct node *directory)
{
	struct listing *listing = memory_new_zero(sizeof(*listing));

	listing->fs = fs;
	listing->caller = *caller;
	listing->directory = node_ref(fs->nodes, directory);
	listing->checkpoint_every = 1;
	listing->references = 1;
	listing->may_pause = listing->slow = lists_slowly(fs, directory);
	pthread_mutex_init(&listing->mutex, NULL);
	pthread_mutex_lock(&fs->handles_mutex);
	listing->older = fs->listings;
	if (fs->listings)
		fs->listings->newer = listing;
	fs->listings = listing;
	pthread_mutex_unlock(&fs->handles_mutex);
	return listing;
}

bool listing_is_slow(const struct listing *listing)
{
	return listing->slow;
}

static void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	arena_release(&batch->arena);
	free(batch);
}

struct listing *listing_ref(struct listing *listing)
{
	__atomic_add_fetch(&listing->references, 1, __ATOMIC_RELAXED);
	return listing;
}

void listing_close(struct listing *listing)
{
	struct filesystem *fs = listing->fs;

	if (__atomic_sub_fetch(&listing->references, 1, __ATOMIC_ACQ_REL))
		return;
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
	batch_free(listing->filling);
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

void listing_lock(struct listing *listing, struct fuse_req *request)
{
	pthread_mutex_lock(&listing->mutex);
	listing->request = request;
}

void listing_unlock(struct listing *listing)
{
	listing->request = NULL;
	pthread_mutex_unlock(&listing->mutex);
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

static struct batch *take_filling(struct listing *listing)
{
	struct batch *batch = listing->filling;

	listing->filling = NULL;
	return batch;
}

static struct position end_of(const struct batch *batch)
{
	if (batch->is_last)
		return (struct position){ batch->source + 1, { NULL, 0 } };
	return (struct position){ batch->source, batch->keys[batch->count - 1] };
}

/* The next batch that is not empty from a position on, unless one is being filled
 * already: 0, LISTING_END, LISTING_PAUSED or -1. */
static int batch_read(struct listing *listing, const struct position *start, uint64_t first,
	struct batch **ret, struct error *err)
{
	struct position position = *start;

	while (position.source < SOURCE_COUNT) {
		struct batch *batch =
			listing->filling ? take_filling(listing) : batch_new(first, &position);
		int r = listing_fill(listing, batch, &batch->start, err);

		if (r == LISTING_PAUSED) {
			listing->filling = batch;
			return r;
		}
		if (r == 0 && batch->count) {
			batch->end = end_of(batch);
			*ret = batch;
			return 0;
		}
		position = (struct position){ batch->source + 1, { NULL, 0 } };
		batch_free(batch);
		TRY(r);
	}
	return LISTING_END;
}

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

static struct position position_of(const struct checkpoint *from, struct arena *arena)
{
	struct position position = { SOURCE_DOTS, { NULL, 0 } };

	if (from)
		position.source = from->source;
	if (from && from->has_key)
		position.key = arena_copy(arena, buf_slice(&from->key));
	return position;
}

/* Reads again from a checkpoint to the entry of an old cookie, and gives its
 * position; that of the checkpoint when it is not found. */
static int find_old(struct listing *listing, uint64_t cookie, struct arena *arena,
	struct position *ret, struct error *err)
{
	uint64_t ordinal = (cookie >> HASH_BITS) - 1, mask = (1u << HASH_BITS) - 1;
	const struct checkpoint *from = find_checkpoint(listing, ordinal);
	struct position position = position_of(from, arena);
	int r;

	*ret = position;
	r = restart(listing, &position, from ? from->ordinal : 0, err);
	while (r == 0 && listing->current->first <= ordinal) {
		struct batch *batch = listing->current;

		for (size_t i = 0; i < batch->count; i++) {
			if ((batch->entries[i].cookie & mask) != (cookie & mask))
				continue;
			*ret = (struct position){ batch->source,
				arena_copy(arena, batch->keys[i]) };
			return 0;
		}
		position =
			(struct position){ batch->end.source, arena_copy(arena, batch->end.key) };
		r = advance(listing, &position, batch->first + batch->count, err);
	}
	return r < 0 ? -1 : 0;
}

/* The entry's ordinal may have moved; those after it get new ones. */
static int seek_old(struct listing *listing, uint64_t cookie, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct position position;
	int r;

	listing->may_pause = false;
	r = find_old(listing, cookie, &arena, &position, err);
	listing->may_pause = listing->slow;
	TRY(r);
	return restart(listing, &position, cookie >> HASH_BITS, err);
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
		int r = advance(listing, &end, batch->first + batch->count, err);

		if (r)
			return r;
		batch = listing->current;
		index = 0;
	}
	*ret = batch->entries[index];
	return 0;
}

/* Goes on with the batch that is being filled, if it is for that cookie. */
static int go_on_filling(struct listing *listing, uint64_t cookie, struct error *err)
{
	const struct batch *filling = listing->filling;

	if (cookie == listing->filling_for)
		return advance(listing, &filling->start, filling->first, err);
	batch_free(take_filling(listing));
	return seek(listing, cookie, err);
}

int listing_read(
	struct listing *listing, uint64_t cookie, struct listing_entry *ret, struct error *err)
{
	int r = 0;

	if (listing->filling)
		r = go_on_filling(listing, cookie, err);
	else if (cookie == 0 || cookie != listing->next_cookie || !listing->current)
		r = seek(listing, cookie, err);
	if (r == 0)
		r = read_on(listing, cookie, ret, err);
	if (r == 0)
		listing->next_cookie = ret->cookie;
	listing->filling_for = cookie;
	return r;
}

void listing_put_back(struct listing *listing, uint64_t cookie)
{
	if (listing->slow) /* others are read again, as their attributes may be others */
		listing->next_cookie = cookie;
}
