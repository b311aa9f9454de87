#include "store/backup_file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/record.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <xxhash.h>

#define PIECE_BYTES (1u << 20)
#define CHUNK_ROWS  256
#define CHUNK_BYTES (512u << 10)

static const struct slice begin = SLICE("backup-"), end = SLICE(".db");

static const char *file_name(struct slice id, struct buf *buf)
{
	buf_clear(buf);
	buf_append_slice(buf, begin);
	buf_append_slice(buf, id);
	buf_append_slice(buf, end);
	return buf_string(buf);
}

static const char *file_path(const struct store *store, struct slice id, struct buf *buf)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	buf_clear(buf);
	buf_appendf(buf, "%s/%s", store->path, file_name(id, &name));
	return buf_string(buf);
}

int backup_file_create(
	struct store *store, struct slice id, struct backup_file *ret, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	*ret = (struct backup_file){ NULL };
	return bdb_file_open(
		store->env, NULL, file_name(id, &name), DB_CREATE | DB_EXCL, &ret->file, err);
}

int backup_file_put(
	struct txn *txn, struct backup_file *file, const struct row *row, struct error *err)
{
	struct buf record CLEANUP(buf_release) = BUF_INIT;
	DBT key = bdb_input(row->key), data;
	int r;

	history_append_record(&record, row);
	data = bdb_input(buf_slice(&record));
	r = file->file->put(file->file, txn->bdb, &key, &data, 0);
	txn->writes++;
	return r ? bdb_error(err, r, "writing a backup") : 0;
}

int backup_file_sync(struct backup_file *file, struct error *err)
{
	int r = file->file->sync(file->file, 0);

	return r ? bdb_error(err, r, "writing a backup") : 0;
}

void backup_file_close(struct backup_file *file)
{
	bdb_file_closep(&file->file);
}

static int sum_open(int fd, XXH3_state_t *state, int64_t *ret_bytes)
{
	char *piece CLEANUP(cleanup_free) = memory_new(PIECE_BYTES);
	ssize_t length;

	*ret_bytes = 0;
	while ((length = read(fd, piece, PIECE_BYTES)) > 0) {
		XXH3_128bits_update(state, piece, (size_t)length);
		*ret_bytes += length;
	}
	return length < 0 ? -1 : 0;
}

int backup_file_sum(struct store *store, struct slice id, struct arena *arena, int64_t *ret_bytes,
	struct slice *ret_checksum, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT, hex CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = open(file_path(store, id, &path), O_RDONLY | O_CLOEXEC);
	XXH3_state_t *state;
	XXH128_canonical_t sum;
	int r;

	if (fd < 0)
		return error_set_errno(err, errno, "opening %s", buf_string(&path));
	state = XXH3_createState();
	XXH3_128bits_reset(state);
	r = sum_open(fd, state, ret_bytes);
	XXH128_canonicalFromHash(&sum, XXH3_128bits_digest(state));
	XXH3_freeState(state);
	if (r < 0)
		return error_set_errno(err, errno, "reading %s", buf_string(&path));
	hex_append(&hex, slice_of((const char *)&sum, sizeof(sum)));
	*ret_checksum = arena_copy(arena, buf_slice(&hex));
	return 0;
}

int backup_file_discard(struct store *store, struct slice id, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	if (access(file_path(store, id, &path), F_OK) < 0 && errno == ENOENT)
		return 0;
	return bdb_file_remove(store->env, file_name(id, &name), err);
}

/* A damaged file is none of Berkeley DB's. */
int backup_file_remove(struct store *store, struct slice id, struct error *err)
{
	struct error refusal CLEANUP(error_release) = ERROR_INIT;
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	if (backup_file_discard(store, id, &refusal) == 0)
		return 0;
	if (refusal.class == ERROR_NO_SPACE || unlink(file_path(store, id, &path)) < 0)
		return error_move(err, &refusal);
	return 0;
}

int backup_file_list(struct store *store, struct arena *arena, struct slice **ret,
	size_t *ret_count, struct error *err)
{
	DIR *directory CLEANUP(cleanup_closedir) = opendir(store->path);
	struct buf ids CLEANUP(buf_release) = BUF_INIT;
	struct dirent *entry;

	if (!directory)
		return error_set_errno(err, errno, "opening %s", store->path);
	while ((entry = readdir(directory))) {
		struct slice name = slice_from_string(entry->d_name), id;

		if (!slice_starts_with(name, begin) || !slice_ends_with(name, end))
			continue;
		id = arena_copy(
			arena, slice_of(name.data + begin.len, name.len - begin.len - end.len));
		buf_append(&ids, &id, sizeof(id));
	}
	*ret_count = ids.len / sizeof(struct slice);
	*ret = arena_alloc_array(arena, *ret_count, sizeof(**ret));
	if (ids.len)
		memcpy(*ret, ids.data, ids.len);
	return 0;
}

/* Reading. */

int backup_reader_open(struct store *store, const struct backup *backup, struct backup_reader *ret,
	struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	*ret = (struct backup_reader){ .store = store };
	return bdb_file_open(
		store->env, NULL, file_name(backup->id, &name), DB_RDONLY, &ret->file, err);
}

void backup_reader_close(struct backup_reader *reader)
{
	bdb_file_closep(&reader->file);
	buf_release(&reader->position);
}

struct chunk {
	struct backup_reader *reader;
	snapshot_take *take;
	void *context;
	DBT key, data;
	struct row *rows; /* in the arena */
	size_t count, bytes;
	bool at_end;
};

static int add_row(struct txn *txn, struct chunk *chunk, struct error *err)
{
	struct slice key = arena_copy(txn->arena, bdb_slice(&chunk->key));
	struct slice record = arena_copy(txn->arena, bdb_slice(&chunk->data));

	chunk->bytes += record.len;
	return record_decode(key, record, ROW_FULL, &chunk->rows[chunk->count++], err);
}

static bool is_read(const struct chunk *chunk)
{
	return slice_equal(bdb_slice(&chunk->key), buf_slice(&chunk->reader->position));
}

static int read_rows(struct txn *txn, struct chunk *chunk, DBC *cursor, struct error *err)
{
	struct slice position = buf_slice(&chunk->reader->position);
	int r;

	chunk->key.data = memory_resize(chunk->key.data, position.len + 1);
	memcpy(chunk->key.data, position.data, position.len);
	chunk->key.size = (uint32_t)position.len;
	r = cursor->get(cursor, &chunk->key, &chunk->data, DB_SET_RANGE);
	if (r == 0 && position.len && is_read(chunk))
		r = cursor->get(cursor, &chunk->key, &chunk->data, DB_NEXT);
	while (r == 0 && chunk->count < CHUNK_ROWS && chunk->bytes < CHUNK_BYTES) {
		TRY(add_row(txn, chunk, err));
		r = cursor->get(cursor, &chunk->key, &chunk->data, DB_NEXT);
	}
	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "reading a backup");
	chunk->at_end = r == DB_NOTFOUND;
	return 0;
}

static int read_chunk(struct txn *txn, struct chunk *chunk, struct error *err)
{
	DB *file = chunk->reader->file;
	DBC *cursor;
	int outcome, r = file->cursor(file, txn->bdb, &cursor, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	outcome = read_rows(txn, chunk, cursor, err);
	r = cursor->close(cursor);
	if (r && outcome >= 0)
		return bdb_error(err, r, "closing a cursor");
	return outcome;
}

static int chunk_body(struct txn *txn, void *context, struct error *err)
{
	struct chunk *chunk = context;

	chunk->rows = arena_alloc_array(txn->arena, CHUNK_ROWS, sizeof(*chunk->rows));
	chunk->count = chunk->bytes = 0;
	TRY(read_chunk(txn, chunk, err));
	return chunk->take(txn, chunk->context, chunk->rows, chunk->count, err);
}

int backup_reader_next(struct backup_reader *reader, struct arena *arena, snapshot_take *take,
	void *context, struct error *err)
{
	struct chunk chunk = {
		.reader = reader,
		.take = take,
		.context = context,
		.key.flags = DB_DBT_REALLOC,
		.data.flags = DB_DBT_REALLOC,
	};
	int r = txn_run(reader->store, TXN_WRITE, DURABLE_PROCESS, arena, chunk_body, &chunk, err);

	free(chunk.key.data);
	free(chunk.data.data);
	TRY(r);
	if (chunk.count) {
		buf_clear(&reader->position);
		buf_append_slice(&reader->position, chunk.rows[chunk.count - 1].key);
	}
	return chunk.at_end ? SNAPSHOT_END : 0;
}
