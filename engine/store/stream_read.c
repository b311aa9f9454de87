#include "base/memory.h"
#include "store/store_private.h"
#include "store/stream_record.h"

#include <stdlib.h>

static bool is_of_table(const struct stream *stream, struct slice table_name)
{
	return !slice_present(table_name) ||
	       slice_equal(stream->description.table_name, table_name);
}

static int find_locked(struct stream_set *set, struct slice table_name, struct slice label,
	struct arena *arena, struct stream_description *ret)
{
	for (size_t i = 0; i < set->count; i++) {
		struct stream *stream = set->streams[i];

		if (is_of_table(stream, table_name) &&
			slice_equal(stream->description.label, label)) {
			*ret = stream_describe_locked(stream, arena);
			return 0;
		}
	}
	return STREAM_ABSENT;
}

int stream_find(struct store *store, struct slice table_name, struct slice label,
	struct arena *arena, struct stream_description *ret, struct error *err)
{
	struct stream_set *set = &store->streams;
	int r;

	(void)err;
	pthread_mutex_lock(&set->lock);
	r = find_locked(set, table_name, label, arena, ret);
	pthread_mutex_unlock(&set->lock);
	return r;
}

static int compare_streams(const void *a, const void *b)
{
	const struct stream_description *left = a, *right = b;
	int r = slice_compare(left->table_name, right->table_name);

	return r ? r : slice_compare(left->label, right->label);
}

int stream_list(struct store *store, struct slice table_name, struct arena *arena,
	struct stream_description **ret, size_t *ret_count, struct error *err)
{
	struct stream_set *set = &store->streams;
	struct stream_description *list;
	size_t count = 0;

	(void)err;
	pthread_mutex_lock(&set->lock);
	list = arena_alloc_array(arena, set->count, sizeof(*list));
	for (size_t i = 0; i < set->count; i++) {
		if (is_of_table(set->streams[i], table_name))
			list[count++] = stream_describe_locked(set->streams[i], arena);
	}
	pthread_mutex_unlock(&set->lock);
	if (count)
		qsort(list, count, sizeof(*list), compare_streams);
	*ret = list;
	*ret_count = count;
	return 0;
}

int stream_extent(struct store *store, const struct stream_description *description,
	struct stream_extent *ret, struct error *err)
{
	struct stream *stream CLEANUP(stream_unrefp) = NULL;
	struct stream_state state;
	int r;

	TRY(r = stream_get(store, description->id, &stream, err));
	if (r == STREAM_ABSENT)
		return r;
	state = stream_state(stream);
	*ret = (struct stream_extent){ state.start, state.last, state.end, state.newest_ns };
	return 0;
}

/* One read of a run of records. */
struct reading {
	DBC *cursor;
	DBT key, data;
	uint64_t offset; /* of the next one, or before it */
	bool within; /* or within it */
	uint64_t end; /* what is committed ends here */
	size_t limit;
	size_t max_bytes;
	struct arena *arena;
	struct stream_record *records;
	size_t count;
	size_t capacity;
	size_t bytes;
};

static void add_record(struct reading *reading, const struct stream_record *record)
{
	if (reading->count == reading->capacity) {
		size_t capacity = reading->capacity ? reading->capacity * 2 : 16;
		struct stream_record *records =
			arena_alloc_array(reading->arena, capacity, sizeof(*records));

		if (reading->count)
			memcpy(records, reading->records, reading->count * sizeof(*records));
		reading->records = records;
		reading->capacity = capacity;
	}
	reading->records[reading->count++] = *record;
	reading->bytes += record->size_bytes;
}

static bool is_full(const struct reading *reading)
{
	return reading->count >= reading->limit ||
	       (reading->count && reading->bytes >= reading->max_bytes);
}

/* Sets the key for the search. */
static void load_offset(struct reading *reading)
{
	char key[STREAM_KEY_LENGTH];

	stream_key_encode(reading->offset, key);
	reading->key.data = memory_resize(reading->key.data, sizeof(key));
	reading->key.size = sizeof(key);
	memcpy(reading->key.data, key, sizeof(key));
}

static int get_record(struct reading *reading, uint32_t direction)
{
	return reading->cursor->get(reading->cursor, &reading->key, &reading->data, direction);
}

/* The first record to be read: what Berkeley DB returns. What is appended between
 * two steps is passed over. */
static int get_first(struct reading *reading)
{
	char wanted[STREAM_KEY_LENGTH];
	int r;

	load_offset(reading);
	r = get_record(reading, DB_SET_RANGE);
	if (!reading->within)
		return r;
	stream_key_encode(reading->offset, wanted);
	if (r == DB_NOTFOUND)
		r = get_record(reading, DB_LAST);
	while (r == 0 &&
		slice_compare(bdb_slice(&reading->key), slice_of(wanted, sizeof(wanted))) > 0)
		r = get_record(reading, DB_PREV);
	return r;
}

#define READ_AGAIN 1 /* after a deadlock */

static int read_run(struct reading *reading, struct error *err)
{
	struct stream_record record;
	bool first = true;
	int r;

	while (!is_full(reading)) {
		r = first ? get_first(reading) : get_record(reading, DB_NEXT);
		first = false;
		if (r == DB_NOTFOUND)
			return 0;
		if (r)
			return r == DB_LOCK_DEADLOCK ? READ_AGAIN
						     : bdb_error(err, r, "reading a stream");
		TRY(stream_record_decode(bdb_slice(&reading->key), bdb_slice(&reading->data),
			reading->arena, &record, err));
		if (record.offset >= reading->end)
			return 0;
		add_record(reading, &record);
		reading->offset = record.next_offset;
		reading->within = false;
	}
	return 0;
}

static int read_with_cursor(struct reading *reading, DB *file, struct error *err)
{
	int closed, r = file->cursor(file, NULL, &reading->cursor, 0);

	if (r)
		return bdb_error(err, r, "reading a stream");
	r = read_run(reading, err);
	closed = reading->cursor->close(reading->cursor);
	return r == 0 && closed ? bdb_error(err, closed, "reading a stream") : r;
}

/* A reader holds no lock any more once its call has failed on a deadlock, so it
 * goes on from where it was. */
static int read_records(struct reading *reading, DB *file, struct error *err)
{
	int r = READ_AGAIN;

	for (int try = 0; r == READ_AGAIN && try < TXN_TRIES; try++)
		r = read_with_cursor(reading, file, err);
	return r == READ_AGAIN ? bdb_error(err, DB_LOCK_DEADLOCK, "reading a stream") : r;
}

static int read_stream(struct store *store, const struct stream_description *description,
	struct reading *reading, struct error *err)
{
	struct stream *stream CLEANUP(stream_unrefp) = NULL;
	int r;

	TRY(r = stream_get(store, description->id, &stream, err));
	if (r == STREAM_ABSENT)
		return r;
	reading->key.flags = reading->data.flags = DB_DBT_REALLOC;
	reading->end = stream_state(stream).end;
	if (reading->offset < reading->end)
		r = read_records(reading, stream->file, err);
	free(reading->key.data);
	free(reading->data.data);
	return r;
}

int stream_read(struct store *store, const struct stream_description *description, uint64_t offset,
	size_t limit, size_t max_bytes, struct arena *arena, struct stream_record **ret,
	size_t *ret_count, struct error *err)
{
	struct reading reading = {
		.offset = offset,
		.limit = limit,
		.max_bytes = max_bytes,
		.arena = arena,
	};
	int r;

	TRY(r = read_stream(store, description, &reading, err));
	*ret = reading.records;
	*ret_count = reading.count;
	return r;
}

int stream_read_within(struct store *store, const struct stream_description *description,
	uint64_t offset, size_t limit, size_t max_bytes, struct arena *arena,
	struct stream_record **ret, size_t *ret_count, struct error *err)
{
	struct reading reading = {
		.offset = offset,
		.within = true,
		.limit = limit,
		.max_bytes = max_bytes,
		.arena = arena,
	};
	int r;

	TRY(r = read_stream(store, description, &reading, err));
	*ret = reading.records;
	*ret_count = reading.count;
	return r;
}
