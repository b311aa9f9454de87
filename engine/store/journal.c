#include "store/journal.h"
#include "base/clock.h"
#include "base/memory.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <endian.h>
#include <inttypes.h>
#include <zstd.h>

/* What a chunk holds at most, unless one line is longer. */
#define CHUNK_BYTES (64u << 10)

/* A shorter text gains nothing from being packed. */
#define PACKED_MIN  1024
#define PACKED_FAST (-20) /* the level: more would cost more than the sums it saves */

/* Chunks deleted under the writer mutex at a time. */
#define TRIM_BATCH 500

#define KEY_LENGTH    sizeof(uint64_t)
#define HEADER_LENGTH sizeof(uint32_t)

struct journal {
	struct store *store;
	DB *file;
	pthread_mutex_t lock; /* a leaf */
	struct journal_extent extent; /* what is committed; under lock */
	/* Under the writer mutex. */
	struct txn_end txn_end;
	struct journal_extent next; /* what the transaction under way makes of it */
	ZSTD_CCtx *packer; /* NULL till it is needed */
};

static void encode_offset(uint64_t offset, char key[KEY_LENGTH])
{
	offset = htobe64(offset);
	memcpy(key, &offset, KEY_LENGTH);
}

static int decode_offset(const DBT *key, uint64_t *ret, struct error *err)
{
	if (key->size != KEY_LENGTH)
		return error_set(err, ERROR_CORRUPT, "a journal's key is malformed");
	memcpy(ret, key->data, KEY_LENGTH);
	*ret = be64toh(*ret);
	return 0;
}

/*
 * Cursors. One outside of a transaction keeps no page once a call has returned:
 * when it meets a deadlock it can simply go on.
 */

struct journal_cursor {
	DBC *bdb;
	DBT key, data; /* DB_DBT_REALLOC, or data that is not wanted */
};

static int cursor_open(
	struct journal *journal, DB_TXN *txn, struct journal_cursor *ret, struct error *err)
{
	DB *file = journal->file;
	int r;

	*ret = (struct journal_cursor){
		.key = { .flags = DB_DBT_REALLOC },
		.data = { .flags = DB_DBT_REALLOC },
	};
	r = file->cursor(file, txn, &ret->bdb, 0);
	return r ? bdb_error(err, r, "opening a cursor") : 0;
}

/* Lets it read keys alone. */
static void cursor_skip_data(struct journal_cursor *cursor)
{
	cursor->data = (DBT){ .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
}

/* What came before decides when the closing fails too. */
static int cursor_close(struct journal_cursor *cursor, int outcome, struct error *err)
{
	int r = cursor->bdb->close(cursor->bdb);

	free(cursor->key.data);
	free(cursor->data.data);
	return r && outcome >= 0 ? bdb_error(err, r, "closing a cursor") : outcome;
}

#define CURSOR_END 1
/* 0 and the chunk's offset, or CURSOR_END. */
static int cursor_get(
	struct journal_cursor *cursor, uint32_t direction, uint64_t *ret_offset, struct error *err)
{
	int r;

	for (int try = 0; try < TXN_TRIES; try++) {
		r = cursor->bdb->get(cursor->bdb, &cursor->key, &cursor->data, direction);
		if (r != DB_LOCK_DEADLOCK || cursor->bdb->txn)
			break;
	}
	if (r == DB_NOTFOUND)
		return CURSOR_END;
	if (r)
		return bdb_error(err, r, "reading a journal");
	return decode_offset(&cursor->key, ret_offset, err);
}

/* The chunk at or before an offset: 0, or CURSOR_END when there is none. */
static int cursor_seek(
	struct journal_cursor *cursor, uint64_t offset, uint64_t *ret_offset, struct error *err)
{
	int r;

	cursor->key.data = memory_resize(cursor->key.data, KEY_LENGTH);
	cursor->key.size = KEY_LENGTH;
	encode_offset(offset, cursor->key.data);
	TRY(r = cursor_get(cursor, DB_SET_RANGE, ret_offset, err));
	if (r == CURSOR_END)
		TRY(r = cursor_get(cursor, DB_LAST, ret_offset, err));
	/* What is appended meanwhile is passed over. */
	while (r == 0 && *ret_offset > offset)
		TRY(r = cursor_get(cursor, DB_PREV, ret_offset, err));
	return r;
}

/*
 * Chunks.
 */

static int malformed(struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "a journal's chunk is malformed");
}

static bool pack(struct journal *journal, struct slice text, struct buf *ret)
{
	size_t bound = ZSTD_compressBound(text.len), length;

	if (!journal->packer)
		journal->packer = ZSTD_createCCtx();
	if (!journal->packer)
		return false;
	length = ZSTD_compressCCtx(
		journal->packer, buf_reserve(ret, bound), bound, text.data, text.len, PACKED_FAST);
	if (ZSTD_isError(length) || length >= text.len)
		return false;
	ret->len += length;
	return true;
}

static void encode_chunk(struct journal *journal, struct slice text, struct buf *ret)
{
	uint32_t length = htole32((uint32_t)text.len);

	buf_append(ret, &length, sizeof(length));
	if (text.len < PACKED_MIN || !pack(journal, text, ret))
		buf_append_slice(ret, text);
}

/* The length of a chunk's text, by its beginning. */
static int text_length(struct slice chunk, uint32_t *ret, struct error *err)
{
	if (chunk.len < HEADER_LENGTH)
		return malformed(err);
	memcpy(ret, chunk.data, HEADER_LENGTH);
	*ret = le32toh(*ret);
	return 0;
}

/* Appends a chunk's text. */
static int decode_chunk(struct slice chunk, struct buf *ret, struct error *err)
{
	uint32_t length = 0;
	struct slice body;

	TRY(text_length(chunk, &length, err));
	body = slice_skip(chunk, HEADER_LENGTH);
	if (body.len == length) {
		buf_append_slice(ret, body);
		return 0;
	}
	if (ZSTD_getFrameContentSize(body.data, body.len) != length ||
		ZSTD_decompress(buf_reserve(ret, length), length, body.data, body.len) != length)
		return malformed(err);
	ret->len += length;
	return 0;
}

/*
 * Opening.
 */

static int find_extent(struct journal_cursor *cursor, struct journal_extent *ret, struct error *err)
{
	uint64_t last;
	uint32_t length = 0;
	int r;

	*ret = (struct journal_extent){ .modified_ns = clock_realtime_ns() };
	TRY(r = cursor_get(cursor, DB_FIRST, &ret->start, err));
	if (r == CURSOR_END)
		return 0;
	TRY(r = cursor_get(cursor, DB_LAST, &last, err));
	TRY(text_length(bdb_slice(&cursor->data), &length, err));
	ret->end = last + length;
	return 0;
}

static int open_file(struct journal *journal, const char *name, struct error *err)
{
	struct buf file CLEANUP(buf_release) = BUF_INIT;
	struct journal_cursor cursor;

	buf_appendf(&file, "journal-%s.db", name);
	TRY(bdb_file_open(
		journal->store->env, NULL, buf_string(&file), DB_CREATE, &journal->file, err));
	TRY(cursor_open(journal, NULL, &cursor, err));
	return cursor_close(&cursor, find_extent(&cursor, &journal->extent, err), err);
}

int journal_open(struct store *store, const char *name, struct journal **ret, struct error *err)
{
	struct journal *journal = memory_new_zero(sizeof(*journal));

	journal->store = store;
	pthread_mutex_init(&journal->lock, NULL);
	if (open_file(journal, name, err) < 0) {
		journal_close(journal);
		return -1;
	}
	*ret = journal;
	return 0;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	ZSTD_freeCCtx(journal->packer);
	bdb_file_closep(&journal->file);
	pthread_mutex_destroy(&journal->lock);
	free(journal);
}

/*
 * Changing it, within a write transaction.
 */

static void change_ended(struct txn_end *end, bool committed)
{
	struct journal *journal =
		(struct journal *)(void *)((char *)end - offsetof(struct journal, txn_end));

	if (!committed)
		return;
	pthread_mutex_lock(&journal->lock);
	journal->extent = journal->next;
	pthread_mutex_unlock(&journal->lock);
}

static struct journal_extent *begin_change(struct journal *journal, struct txn *txn)
{
	journal->next = journal_extent(journal);
	journal->txn_end.ended = change_ended;
	txn_at_end(txn, &journal->txn_end);
	txn->writes++;
	return &journal->next;
}

/* The length of the next chunk: as many lines as go in, but one at least. */
static size_t chunk_length(struct slice lines)
{
	const char *end;

	if (lines.len <= CHUNK_BYTES)
		return lines.len;
	end = memrchr(lines.data, '\n', CHUNK_BYTES);
	if (!end)
		end = memchr(lines.data + CHUNK_BYTES, '\n', lines.len - CHUNK_BYTES);
	return end ? (size_t)(end - lines.data) + 1 : lines.len;
}

static int put_chunk(struct journal *journal, struct txn *txn, uint64_t offset, struct slice chunk,
	struct error *err)
{
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;
	char at[KEY_LENGTH];
	DBT key = { .data = at, .size = sizeof(at) }, data;
	int r;

	encode_offset(offset, at);
	encode_chunk(journal, chunk, &encoded);
	data = bdb_input(buf_slice(&encoded));
	r = journal->file->put(journal->file, txn->bdb, &key, &data, DB_NOOVERWRITE);
	return r ? bdb_error(err, r, "writing a journal") : 0;
}

int journal_append_in(
	struct journal *journal, struct txn *txn, struct slice lines, struct error *err)
{
	struct journal_extent *extent = begin_change(journal, txn);

	while (lines.len) {
		size_t length = chunk_length(lines);

		TRY(put_chunk(journal, txn, extent->end, slice_of(lines.data, length), err));
		extent->end += length;
		lines = slice_skip(lines, length);
	}
	extent->modified_ns = clock_realtime_ns();
	return 0;
}

struct appending {
	struct journal *journal;
	struct slice lines;
};

static int append_body(struct txn *txn, void *context, struct error *err)
{
	const struct appending *appending = context;

	return journal_append_in(appending->journal, txn, appending->lines, err);
}

int journal_append(
	struct journal *journal, struct slice lines, enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct appending appending = { journal, lines };

	if (!lines.len)
		return 0;
	return txn_run(journal->store, TXN_WRITE, durability, &arena, append_body, &appending, err);
}

struct trimming {
	struct journal *journal;
	uint64_t max_bytes;
};

#define TRIM_MORE 1

static int delete_chunk(
	struct journal *journal, struct txn *txn, uint64_t offset, struct error *err)
{
	char at[KEY_LENGTH];
	DBT key = { .data = at, .size = sizeof(at) };
	int r;

	encode_offset(offset, at);
	r = journal->file->del(journal->file, txn->bdb, &key, 0);
	return r ? bdb_error(err, r, "trimming a journal") : 0;
}

/* Deletes a batch of chunks that are too many, the cursor one ahead: 0 or
 * TRIM_MORE. */
static int delete_batch(const struct trimming *trimming, struct txn *txn,
	struct journal_cursor *cursor, struct error *err)
{
	struct journal_extent *extent = &trimming->journal->next;
	uint64_t following;
	int r;

	TRY(r = cursor_get(cursor, DB_FIRST, &following, err));
	for (int deleted = 0; deleted < TRIM_BATCH; deleted++) {
		if (extent->end - extent->start <= trimming->max_bytes)
			return 0;
		TRY(r = cursor_get(cursor, DB_NEXT, &following, err));
		if (r == CURSOR_END)
			return 0;
		TRY(delete_chunk(trimming->journal, txn, extent->start, err));
		extent->start = following;
	}
	return TRIM_MORE;
}

static int trim_body(struct txn *txn, void *context, struct error *err)
{
	struct trimming *trimming = context;
	struct journal_cursor cursor;

	begin_change(trimming->journal, txn);
	TRY(cursor_open(trimming->journal, txn->bdb, &cursor, err));
	cursor_skip_data(&cursor);
	return cursor_close(&cursor, delete_batch(trimming, txn, &cursor, err), err);
}

int journal_trim(struct journal *journal, uint64_t max_bytes, struct error *err)
{
	struct trimming trimming = { journal, max_bytes };
	struct journal_extent extent = journal_extent(journal);
	int r = extent.end - extent.start > max_bytes ? TRIM_MORE : 0;

	while (r == TRIM_MORE && !worker_stopping(&journal->store->worker)) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		r = txn_run(journal->store, TXN_WRITE, DURABLE_PROCESS, &arena, trim_body,
			&trimming, err);
	}
	return r;
}

/*
 * Reading.
 */

struct journal_extent journal_extent(struct journal *journal)
{
	struct journal_extent extent;

	pthread_mutex_lock(&journal->lock);
	extent = journal->extent;
	pthread_mutex_unlock(&journal->lock);
	return extent;
}

static int trimmed(uint64_t offset, struct error *err)
{
	return error_set(err, ERROR_TRIMMED_DATA,
		"the lines at byte %" PRIu64 " of the log are gone: the oldest ones make room for "
		"new ones",
		offset);
}

/* Appends the text of the cursor's chunk, which is at `at`, from the offset on. */
static int read_chunk(struct journal_cursor *cursor, uint64_t at, uint64_t offset, struct buf *ret,
	struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	TRY(decode_chunk(bdb_slice(&cursor->data), &text, err));
	if (offset < at || offset - at >= text.len)
		return trimmed(offset, err);
	buf_append_slice(ret, slice_skip(buf_slice(&text), offset - at));
	return 0;
}

/* Appends chunks from the cursor's place on, until the buffer has that length. */
static int read_chunks(struct journal_cursor *cursor, uint64_t offset, uint64_t end, size_t length,
	struct buf *ret, struct error *err)
{
	uint64_t at;
	int r;

	TRY(r = cursor_seek(cursor, offset, &at, err));
	while (r == 0 && offset < end && ret->len < length) {
		size_t before = ret->len;

		TRY(read_chunk(cursor, at, offset, ret, err));
		offset += ret->len - before;
		TRY(r = cursor_get(cursor, DB_NEXT, &at, err));
	}
	return r == CURSOR_END && offset < end ? trimmed(offset, err) : 0;
}

int journal_read(
	struct journal *journal, uint64_t offset, size_t size, struct buf *ret, struct error *err)
{
	struct journal_extent extent = journal_extent(journal);
	struct journal_cursor cursor;
	size_t length;

	if (offset < extent.start)
		return trimmed(offset, err);
	if (offset >= extent.end)
		return 0;
	if (__builtin_add_overflow(ret->len, size, &length))
		length = SIZE_MAX;
	TRY(cursor_open(journal, NULL, &cursor, err));
	return cursor_close(
		&cursor, read_chunks(&cursor, offset, extent.end, length, ret, err), err);
}

static void check_chunk(
	uint64_t wanted, uint64_t at, struct slice chunk, journal_report *report, void *context)
{
	struct buf problem CLEANUP(buf_release) = BUF_INIT;

	if (at != wanted)
		buf_appendf(&problem, "a journal's chunk is at %" PRIu64 ", not at %" PRIu64, at,
			wanted);
	else if (!chunk.len || chunk.data[chunk.len - 1] != '\n')
		buf_appendf(&problem, "a journal's chunk at %" PRIu64 " ends within a line", at);
	if (problem.len)
		report(context, buf_string(&problem));
}

static int check_chunks(
	struct journal_cursor *cursor, journal_report *report, void *context, struct error *err)
{
	uint64_t at, wanted;
	int r;

	TRY(r = cursor_get(cursor, DB_FIRST, &at, err));
	wanted = at;
	while (r == 0) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		TRY(decode_chunk(bdb_slice(&cursor->data), &text, err));
		check_chunk(wanted, at, buf_slice(&text), report, context);
		wanted = at + text.len;
		TRY(r = cursor_get(cursor, DB_NEXT, &at, err));
	}
	return 0;
}

int journal_check(struct journal *journal, journal_report *report, void *context, struct error *err)
{
	struct journal_cursor cursor;

	TRY(cursor_open(journal, NULL, &cursor, err));
	return cursor_close(&cursor, check_chunks(&cursor, report, context, err), err);
}
