#include "store/series.h"

#include "base/memory.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <endian.h>

/* Records read, or removed under the writer's mutex, at a time. */
#define READ_BATCH 512
#define TRIM_BATCH 500

#define NAME_KEY   'N'
#define RECORD_KEY 'R'

/* Keys */

static void name_key(struct slice name, struct buf *key)
{
	buf_clear(key);
	buf_append_char(key, NAME_KEY);
	buf_append_slice(key, name);
}

/* The name's length comes first, so that no series lies within another one. */
static void record_key(struct slice name, uint32_t minute, struct buf *key)
{
	uint16_t length = htobe16((uint16_t)name.len);
	uint32_t time = htobe32(minute);

	buf_clear(key);
	buf_append_char(key, RECORD_KEY);
	buf_append(key, &length, sizeof(length));
	buf_append_slice(key, name);
	buf_append(key, &time, sizeof(time));
}

/* The minute of a record's key, if it is one of that series. */
static bool read_record_key(struct slice key, struct slice name, uint32_t *ret_minute)
{
	size_t before = 1 + sizeof(uint16_t);
	uint32_t time;

	if (key.len != before + name.len + sizeof(time) || key.data[0] != RECORD_KEY ||
		!slice_equal(slice_of(key.data + before, name.len), name))
		return false;
	memcpy(&time, key.data + before + name.len, sizeof(time));
	*ret_minute = be32toh(time);
	return true;
}

/* A cursor, and what it stands on. */
struct look {
	DBC *cursor;
	DBT key, data;
};

static int look_open(struct txn *txn, struct look *look, struct error *err)
{
	DB *file = txn->store->series;
	int r = file->cursor(file, txn->bdb, &look->cursor, 0);

	look->key = look->data = (DBT){ .flags = DB_DBT_REALLOC };
	return r ? bdb_error(err, r, "opening a cursor") : 0;
}

/* Closes it after an outcome, which it passes on. */
static int look_close(struct look *look, int outcome, struct error *err)
{
	int r = look->cursor->close(look->cursor);

	free(look->key.data);
	free(look->data.data);
	if (r && outcome >= 0)
		return bdb_error(err, r, "closing a cursor");
	return outcome;
}

#define LOOK_END 1
/* Moves it: 0, or LOOK_END. */
static int look_move(struct look *look, uint32_t flags, struct error *err)
{
	int r = look->cursor->get(look->cursor, &look->key, &look->data, flags);

	if (r == DB_NOTFOUND)
		return LOOK_END;
	return r ? bdb_error(err, r, "reading metrics") : 0;
}

/* Moves it to the first key from that one on. */
static int look_find(struct look *look, const struct buf *key, uint32_t flags, struct error *err)
{
	look->key.data = memory_resize(look->key.data, key->len);
	memcpy(look->key.data, key->data, key->len);
	look->key.size = (uint32_t)key->len;
	return look_move(look, DB_SET_RANGE | flags, err);
}

/* Writing */

struct merge {
	const struct series_point *points;
	size_t count;
	series_merger *merge;
};

#define ENTRY_ABSENT 1
/* An entry's data, in the transaction's arena: 0 or ENTRY_ABSENT. */
static int get_entry(struct txn *txn, const struct buf *key, struct slice *ret, struct error *err)
{
	DB *file = txn->store->series;
	DBT key_dbt = bdb_input(buf_slice(key));
	int r = file->get(file, txn->bdb, &key_dbt, &txn->scratch, DB_RMW);

	if (r == DB_NOTFOUND)
		return ENTRY_ABSENT;
	if (r)
		return bdb_error(err, r, "reading metrics");
	*ret = arena_copy(txn->arena, bdb_slice(&txn->scratch));
	return 0;
}

static int put_entry(struct txn *txn, const struct buf *key, struct slice data, struct error *err)
{
	DB *file = txn->store->series;
	DBT key_dbt = bdb_input(buf_slice(key)), data_dbt = bdb_input(data);
	int r = file->put(file, txn->bdb, &key_dbt, &data_dbt, 0);

	txn->writes++;
	return r ? bdb_error(err, r, "writing metrics") : 0;
}

static uint64_t marks_of(struct slice data)
{
	uint64_t marks = 0;

	if (data.len == sizeof(marks))
		memcpy(&marks, data.data, sizeof(marks));
	return le64toh(marks);
}

static int put_marks(struct txn *txn, const struct series_point *point, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	struct slice old = { 0 };
	uint64_t marks;
	int r;

	name_key(point->name, &key);
	TRY(r = get_entry(txn, &key, &old, err));
	marks = marks_of(old) | point->marks;
	if (r == 0 && marks == marks_of(old))
		return 0;
	marks = htole64(marks);
	return put_entry(txn, &key, slice_of((const char *)&marks, sizeof(marks)), err);
}

static int put_point(
	struct txn *txn, const struct series_point *point, series_merger *merge, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT, merged CLEANUP(buf_release) = BUF_INIT;
	struct slice old;
	int r;

	record_key(point->name, point->minute, &key);
	TRY(r = get_entry(txn, &key, &old, err));
	if (r == ENTRY_ABSENT)
		return put_entry(txn, &key, point->record, err);
	merge(old, point->record, &merged);
	return put_entry(txn, &key, buf_slice(&merged), err);
}

static int merge_body(struct txn *txn, void *context, struct error *err)
{
	const struct merge *merge = context;

	for (size_t i = 0; i < merge->count; i++) {
		TRY(put_marks(txn, &merge->points[i], err));
		TRY(put_point(txn, &merge->points[i], merge->merge, err));
	}
	return 0;
}

int series_merge(struct store *store, const struct series_point *points, size_t count,
	series_merger *merge, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct merge context = { points, count, merge };

	return txn_run(store, TXN_WRITE, DURABLE_PROCESS, &arena, merge_body, &context, err);
}

/* Reading */

struct reading {
	struct slice name;
	uint32_t from, until;
	struct series_record *records;
	size_t count;
};

static int read_records(
	struct look *look, struct reading *reading, struct arena *arena, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	uint32_t minute;
	int r;

	record_key(reading->name, reading->from, &key);
	TRY(r = look_find(look, &key, 0, err));
	while (r != LOOK_END && reading->count < READ_BATCH &&
		read_record_key(bdb_slice(&look->key), reading->name, &minute) &&
		minute < reading->until) {
		reading->records[reading->count++] = (struct series_record){
			.minute = minute,
			.record = arena_copy(arena, bdb_slice(&look->data)),
		};
		TRY(r = look_move(look, DB_NEXT, err));
	}
	return 0;
}

static int read_body(struct txn *txn, void *context, struct error *err)
{
	struct reading *reading = context;
	struct look look;

	TRY(look_open(txn, &look, err));
	reading->records = arena_alloc(txn->arena, READ_BATCH * sizeof(*reading->records));
	reading->count = 0;
	return look_close(&look, read_records(&look, reading, txn->arena, err), err);
}

int series_read(struct store *store, struct slice name, uint32_t from, uint32_t until,
	struct arena *arena, struct series_record **ret, size_t *ret_count, struct error *err)
{
	struct reading reading = { .name = name, .from = from, .until = until };

	*ret_count = 0;
	if (name.len > SERIES_NAME_MAX)
		return 0;
	TRY(txn_run(store, TXN_READ, DURABLE_PROCESS, arena, read_body, &reading, err));
	*ret = reading.records;
	*ret_count = reading.count;
	return 0;
}

/* Names */

struct listing {
	uint32_t since;
	struct series_name *names;
	size_t count, capacity;
};

static void add_name(struct listing *listing, struct arena *arena, const struct look *look)
{
	struct series_name *larger;

	if (listing->count == listing->capacity) {
		listing->capacity = listing->capacity ? 2 * listing->capacity : 64;
		larger = arena_alloc_array(arena, listing->capacity, sizeof(*larger));
		if (listing->count)
			memcpy(larger, listing->names, listing->count * sizeof(*larger));
		listing->names = larger;
	}
	listing->names[listing->count++] = (struct series_name){
		.name = arena_copy(arena, slice_skip(bdb_slice(&look->key), 1)),
		.marks = marks_of(bdb_slice(&look->data)),
	};
}

/* Whether the series has a record of that minute or a later one. */
static int is_active(
	struct look *look, struct slice name, uint32_t since, bool *ret, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	uint32_t minute;
	int r;

	record_key(name, since, &key);
	TRY(r = look_find(look, &key, 0, err));
	*ret = r != LOOK_END && read_record_key(bdb_slice(&look->key), name, &minute);
	return 0;
}

static int list_names(struct look *names, struct look *records, struct listing *listing,
	struct arena *arena, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	int r;

	buf_append_char(&key, NAME_KEY);
	TRY(r = look_find(names, &key, 0, err));
	while (r != LOOK_END && bdb_slice(&names->key).data[0] == NAME_KEY) {
		bool active;

		TRY(is_active(records, slice_skip(bdb_slice(&names->key), 1), listing->since,
			&active, err));
		if (active)
			add_name(listing, arena, names);
		TRY(r = look_move(names, DB_NEXT, err));
	}
	return 0;
}

static int list_body(struct txn *txn, void *context, struct error *err)
{
	struct listing *listing = context;
	struct look names, records;
	int r;

	listing->count = listing->capacity = 0;
	TRY(look_open(txn, &names, err));
	r = look_open(txn, &records, err);
	if (r == 0)
		r = look_close(
			&records, list_names(&names, &records, listing, txn->arena, err), err);
	return look_close(&names, r, err);
}

int series_list(struct store *store, uint32_t since, struct arena *arena, struct series_name **ret,
	size_t *ret_count, struct error *err)
{
	struct listing listing = { .since = since };

	TRY(txn_run(store, TXN_READ, DURABLE_PROCESS, arena, list_body, &listing, err));
	*ret = listing.names;
	*ret_count = listing.count;
	return 0;
}

/* Trimming */

struct trim {
	struct slice name;
	uint32_t before;
};

#define TRIM_MORE 1
#define TRIM_ALL  2 /* the series has no record any more */

/* Removes old records from the cursor on. */
static int trim_records(
	struct txn *txn, struct look *look, const struct trim *trim, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	uint32_t minute;
	int r;

	record_key(trim->name, 0, &key);
	TRY(r = look_find(look, &key, DB_RMW, err));
	for (int removed = 0; removed < TRIM_BATCH; removed++) {
		int deleted;

		if (r == LOOK_END || !read_record_key(bdb_slice(&look->key), trim->name, &minute))
			return TRIM_ALL;
		if (minute >= trim->before)
			return 0;
		deleted = look->cursor->del(look->cursor, 0);
		if (deleted)
			return bdb_error(err, deleted, "removing old metrics");
		txn->writes++;
		TRY(r = look_move(look, DB_NEXT | DB_RMW, err));
	}
	return TRIM_MORE;
}

static int forget_name(struct txn *txn, struct slice name, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	DB *file = txn->store->series;
	DBT dbt;
	int r;

	name_key(name, &key);
	dbt = bdb_input(buf_slice(&key));
	r = file->del(file, txn->bdb, &dbt, 0);
	return r && r != DB_NOTFOUND ? bdb_error(err, r, "removing old metrics") : 0;
}

static int trim_body(struct txn *txn, void *context, struct error *err)
{
	const struct trim *trim = context;
	struct look look;
	int r;

	TRY(look_open(txn, &look, err));
	TRY(r = look_close(&look, trim_records(txn, &look, trim, err), err));
	if (r == TRIM_ALL)
		TRY(forget_name(txn, trim->name, err));
	return r;
}

static int trim_series(struct store *store, struct slice name, uint32_t before, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct trim trim = { name, before };
	int r;

	do {
		r = txn_run(store, TXN_WRITE, DURABLE_PROCESS, &arena, trim_body, &trim, err);
	} while (r == TRIM_MORE);
	return r < 0 ? -1 : 0;
}

int series_trim(struct store *store, uint32_t before, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct series_name *names;
	size_t count;

	TRY(series_list(store, 0, &arena, &names, &count, err));
	for (size_t i = 0; i < count; i++)
		TRY(trim_series(store, names[i].name, before, err));
	return 0;
}
