#include "store/stream_set.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/store_private.h"
#include "store/stream_record.h"
#include "store/stream_registry.h"

#include <dirent.h>
#include <errno.h>

const char *stream_file_name(struct slice id, struct buf *buf)
{
	buf_clear(buf);
	buf_appendf(buf, "stream-%.*s.db", SLICE_ARG(id));
	return buf_string(buf);
}

static struct stream_description copy_description(
	const struct stream_description *description, struct arena *arena)
{
	struct stream_description copy = *description;

	copy.id = arena_copy(arena, copy.id);
	copy.table_name = arena_copy(arena, copy.table_name);
	copy.table_id = arena_copy(arena, copy.table_id);
	copy.label = arena_copy(arena, copy.label);
	copy.region = arena_copy(arena, copy.region);
	copy.key.partition.name = arena_copy(arena, copy.key.partition.name);
	copy.key.sort.name = arena_copy(arena, copy.key.sort.name);
	return copy;
}

struct stream *stream_new(struct store *store, const struct stream_description *description)
{
	struct stream *stream = memory_new_zero(sizeof(*stream));

	stream->store = store;
	stream->references = 1;
	stream->arena = ARENA_INIT;
	stream->description = copy_description(description, &stream->arena);
	return stream;
}

static struct stream *stream_ref(struct stream *stream)
{
	atomic_fetch_add_explicit(&stream->references, 1, memory_order_relaxed);
	return stream;
}

static int remove_file(struct store *store, const char *file, struct error *err)
{
	return bdb_file_remove(store->env, file, err);
}

static void stream_free(struct stream *stream)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	bdb_file_closep(&stream->file);
	/* What fails to go now goes when the store is opened again. */
	if (stream->removed && remove_file(stream->store,
				       stream_file_name(stream->description.id, &name), &err) < 0)
		log_warning("store: %s", err.message);
	arena_release(&stream->arena);
	free(stream);
}

void stream_unref(struct stream *stream)
{
	if (atomic_fetch_sub_explicit(&stream->references, 1, memory_order_acq_rel) == 1)
		stream_free(stream);
}

void stream_unrefp(struct stream **stream)
{
	if (*stream)
		stream_unref(*stream);
	*stream = NULL;
}

/* The first position whose id is not before this one. */
static size_t position_locked(const struct stream_set *set, struct slice id)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(set->streams[middle]->description.id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct stream *find_locked(const struct stream_set *set, struct slice id)
{
	size_t i = position_locked(set, id);

	if (i < set->count && slice_equal(set->streams[i]->description.id, id))
		return set->streams[i];
	return NULL;
}

/* Steals the reference. */
static void insert_locked(struct stream_set *set, struct stream *stream)
{
	size_t i = position_locked(set, stream->description.id);

	if (set->count == set->capacity) {
		set->capacity = set->capacity ? set->capacity * 2 : 16;
		set->streams = memory_resize(set->streams, set->capacity * sizeof(*set->streams));
	}
	memmove(set->streams + i + 1, set->streams + i, (set->count - i) * sizeof(*set->streams));
	set->streams[i] = stream;
	set->count++;
}

/* Leaves the reference to the caller. */
static void remove_locked(struct stream_set *set, const struct stream *stream)
{
	size_t i = position_locked(set, stream->description.id);

	set->count--;
	memmove(set->streams + i, set->streams + i + 1, (set->count - i) * sizeof(*set->streams));
}

/* The last record tells where the next one goes. */
static int learn_end(DBC *cursor, struct stream_state *state, struct error *err)
{
	char key_bytes[STREAM_KEY_LENGTH], header[STREAM_HEADER_LENGTH];
	DBT key = { .data = key_bytes, .ulen = sizeof(key_bytes), .flags = DB_DBT_USERMEM };
	DBT data = {
		.data = header,
		.ulen = sizeof(header),
		.dlen = sizeof(header),
		.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL,
	};
	struct stream_record record;
	int r = cursor->get(cursor, &key, &data, DB_LAST);

	state->last = state->end = state->start;
	if (r == DB_NOTFOUND)
		return 0;
	if (r)
		return bdb_error(err, r, "reading the end of a stream");
	TRY(stream_record_peek(bdb_slice(&key), bdb_slice(&data), &record, err));
	state->last = record.offset;
	state->end = record.next_offset;
	state->newest_ns = record.time_ns;
	return 0;
}

static int open_locked(struct stream *stream, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct stream_state state = stream->now;
	DB *file = NULL;
	DBC *cursor;
	int r;

	if (stream->file)
		return 0;
	TRY(bdb_file_open(stream->store->env, NULL, stream_file_name(stream->description.id, &name),
		0, &file, err));
	r = file->cursor(file, NULL, &cursor, 0);
	if (r) {
		bdb_file_closep(&file);
		return bdb_error(err, r, "reading the end of a stream");
	}
	r = learn_end(cursor, &state, err);
	cursor->close(cursor);
	if (r < 0) {
		bdb_file_closep(&file);
		return r;
	}
	stream->now = state;
	stream->file = file;
	return 0;
}

int stream_open(struct stream *stream, struct error *err)
{
	pthread_mutex_t *lock = &stream->store->streams.lock;
	int r;

	pthread_mutex_lock(lock);
	r = open_locked(stream, err);
	pthread_mutex_unlock(lock);
	return r;
}

static int get_locked(
	struct stream_set *set, struct slice id, struct stream **ret, struct error *err)
{
	struct stream *stream = find_locked(set, id);

	if (!stream)
		return STREAM_ABSENT;
	TRY(open_locked(stream, err));
	*ret = stream_ref(stream);
	return 0;
}

int stream_get(struct store *store, struct slice id, struct stream **ret, struct error *err)
{
	int r;

	pthread_mutex_lock(&store->streams.lock);
	r = get_locked(&store->streams, id, ret, err);
	pthread_mutex_unlock(&store->streams.lock);
	return r;
}

struct stream **stream_set_all(struct store *store, size_t *ret_count)
{
	struct stream_set *set = &store->streams;
	struct stream **all;

	pthread_mutex_lock(&set->lock);
	all = memory_new((set->count + 1) * sizeof(*all));
	for (size_t i = 0; i < set->count; i++)
		all[i] = stream_ref(set->streams[i]);
	*ret_count = set->count;
	pthread_mutex_unlock(&set->lock);
	return all;
}

struct stream_state stream_state(struct stream *stream)
{
	pthread_mutex_t *lock = &stream->store->streams.lock;
	struct stream_state state;

	pthread_mutex_lock(lock);
	state = stream->now;
	pthread_mutex_unlock(lock);
	return state;
}

struct stream_description stream_describe_locked(struct stream *stream, struct arena *arena)
{
	struct stream_description description = copy_description(&stream->description, arena);

	description.ended_ns = stream->now.ended_ns;
	description.enabled = stream->now.ended_ns == 0;
	return description;
}

static void commit_change(struct stream *stream)
{
	struct stream_set *set = &stream->store->streams;
	bool was, is = stream->next.registered;

	pthread_mutex_lock(&set->lock);
	was = stream->now.registered;
	stream->now = stream->next;
	if (is && !was)
		insert_locked(set, stream);
	if (was && !is) {
		remove_locked(set, stream);
		stream->removed = true;
	}
	pthread_mutex_unlock(&set->lock);
	if (was && !is)
		stream_unref(stream);
}

static void change_ended(struct txn_end *end, bool committed)
{
	struct stream *stream =
		(struct stream *)(void *)((char *)end - offsetof(struct stream, txn_end));

	stream->changing = false;
	if (committed)
		commit_change(stream);
	else if (!stream->now.registered)
		stream_unref(stream); /* it never came to be */
}

struct stream_state *stream_change(struct txn *txn, struct stream *stream)
{
	if (!stream->changing) {
		stream->changing = true;
		stream->next = stream_state(stream);
		stream->txn_end.ended = change_ended;
		txn_at_end(txn, &stream->txn_end);
	}
	return &stream->next;
}

static int load_stream(void *context, const struct stream_description *description, uint64_t start,
	struct error *err)
{
	struct store *store = context;
	struct stream *stream = stream_new(store, description);

	(void)err;
	stream->now = (struct stream_state){
		.registered = true,
		.ended_ns = description->ended_ns,
		.start = start,
		.end = start,
		.last = start,
	};
	insert_locked(&store->streams, stream);
	return 0;
}

/* Whether a file's name is that of a stream which is not in the set. */
static bool is_orphan(const struct stream_set *set, struct slice file)
{
	const struct slice begin = SLICE("stream-"), end = SLICE(".db");

	if (!slice_starts_with(file, begin) || !slice_ends_with(file, end))
		return false;
	return !find_locked(set, slice_of(file.data + begin.len, file.len - begin.len - end.len));
}

static int remove_orphans(struct store *store, struct error *err)
{
	DIR *directory CLEANUP(cleanup_closedir) = opendir(store->path);
	struct dirent *entry;

	if (!directory)
		return error_set_errno(err, errno, "opening %s", store->path);
	while ((entry = readdir(directory))) {
		if (is_orphan(&store->streams, slice_from_string(entry->d_name)))
			TRY(remove_file(store, entry->d_name, err));
	}
	return 0;
}

void stream_set_init(struct stream_set *set)
{
	*set = (struct stream_set){ 0 };
	pthread_mutex_init(&set->lock, NULL);
}

int stream_set_open(struct store *store, struct error *err)
{
	DB **registry = &store->streams.registry;

	TRY(bdb_file_open(store->env, NULL, "streams.db", DB_CREATE, registry, err));
	TRY(stream_registry_read(*registry, load_stream, store, err));
	return remove_orphans(store, err);
}

void stream_set_release(struct stream_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		stream_unref(set->streams[i]);
	free(set->streams);
	bdb_file_closep(&set->registry);
	pthread_mutex_destroy(&set->lock);
}
