/*
 * What the mount needs beyond Amazon's operations: the partition keys of a
 * table or an index, a flush, and the figures of the disk.
 */
#include "api/operations.h"
#include "api/rows.h"
#include "store/index.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

struct partition_listing {
	const struct list_partitions_input *in;
	struct list_partitions_output *out;
	struct table *table;
	const struct index_description *index; /* NULL: the table itself */
	struct key_layout layout;
};

static struct row_range partitions_range(
	const struct partition_listing *listing, struct buf *lower, struct buf *upper)
{
	const struct list_partitions_input *in = listing->in;
	struct row_range range = { 0 };

	if (in->by_hash) {
		uint64_t hash = htobe64(in->hash);

		buf_append(lower, &hash, sizeof(hash));
		buf_append(upper, &hash, sizeof(hash));
		if (key_bound_after(upper))
			range.upper = buf_slice(upper);
	}
	if (in->after) {
		struct buf after CLEANUP(buf_release) = BUF_INIT;

		key_layout_encode_partition(&listing->layout, in->after, &after);
		key_bound_after(&after);
		if (slice_compare(buf_slice(&after), buf_slice(lower)) > 0) {
			buf_clear(lower);
			buf_append_slice(lower, buf_slice(&after));
		}
	}
	if (lower->len)
		range.lower = buf_slice(lower);
	return range;
}

static int open_partitions(struct txn *txn, const struct partition_listing *listing,
	const struct row_range *range, struct row_cursor **ret, struct error *err)
{
	if (listing->index)
		return index_cursor_open(
			txn, listing->table, listing->index->name, range, ROW_META, ret, err);
	return row_cursor_open(txn, listing->table, range, ROW_META, ret, err);
}

static int decode_partition(struct txn *txn, const struct partition_listing *listing,
	const struct row *row, struct value *ret, struct error *err)
{
	struct value values[2 * KEY_ATTRIBUTES_MAX];
	struct slice row_key;
	struct key key;

	if (listing->index) {
		TRY(index_entry_decode(
			&listing->layout, row->index_entry, txn_arena(txn), values, &row_key, err));
		memcpy(ret, values, listing->layout.partition_count * sizeof(*ret));
		return 0;
	}
	TRY(key_decode(
		&table_description(listing->table)->key, row->key, txn_arena(txn), &key, err));
	*ret = key.partition;
	return 0;
}

/* Takes the partition of the row and sends the cursor to the next one. */
static int take_partition(struct txn *txn, const struct partition_listing *listing,
	struct row_cursor *cursor, const struct row *row, struct value *ret, struct error *err)
{
	struct buf next CLEANUP(buf_release) = BUF_INIT;

	TRY(decode_partition(txn, listing, row, ret, err));
	if (!listing->index && !listing->layout.sort_count)
		return 0; /* one item each */
	key_layout_encode_partition(&listing->layout, ret, &next);
	if (key_bound_after(&next))
		row_cursor_seek(cursor, buf_slice(&next));
	return 0;
}

static int list_partitions_body(struct txn *txn, void *context, struct error *err)
{
	struct partition_listing *listing = context;
	size_t limit = listing->in->limit, each = listing->layout.partition_count;
	struct buf lower CLEANUP(buf_release) = BUF_INIT;
	struct buf upper CLEANUP(buf_release) = BUF_INIT;
	struct row_range range = partitions_range(listing, &lower, &upper);
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct value *partitions =
		arena_alloc_array(txn_arena(txn), limit * each, sizeof(*partitions));
	size_t count = 0;
	struct row row;
	int r;

	TRY(open_partitions(txn, listing, &range, &cursor, err));
	while ((r = row_cursor_next(cursor, &row, err)) == 0 && count < limit)
		TRY(take_partition(txn, listing, cursor, &row, &partitions[each * count++], err));
	TRY(r);
	*listing->out = (struct list_partitions_output){ partitions, each, count, r != ROW_END };
	r = row_cursor_close(cursor, err);
	cursor = NULL;
	return r;
}

static int find_partitions_index(struct partition_listing *listing, struct error *err)
{
	const struct index_description *index =
		table_find_index(listing->table, listing->in->index_name);

	if (!index)
		return error_set(err, ERROR_INDEX_NOT_FOUND,
			"The table does not have the specified index: %.*s",
			SLICE_ARG(listing->in->index_name));
	if (index->status != INDEX_ACTIVE)
		return error_set(err, ERROR_VALIDATION,
			"Cannot read from backfilling global secondary index: %.*s",
			SLICE_ARG(index->name));
	listing->index = index;
	listing->layout = index->key;
	return 0;
}

int run_list_partitions(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_partitions_input *in = request->input;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct partition_listing listing = { .in = in, .out = request->output };

	TRY(engine_find_table(engine, in->table_name, &table, err));
	listing.table = table;
	listing.layout = key_layout_of(&table_description(table)->key);
	if (slice_present(in->index_name))
		TRY(find_partitions_index(&listing, err));
	return txn_run(engine->store, TXN_READ, DURABLE_PROCESS, request->arena,
		list_partitions_body, &listing, err);
}

int run_sync(struct engine *engine, struct request *request, struct error *err)
{
	(void)request;
	return store_flush(engine->store, err);
}

/* Bytes on disk of the files of the data directory, not of its subdirectories. */
static int measure_directory(const char *path, uint64_t *ret, struct error *err)
{
	DIR *dir CLEANUP(cleanup_closedir) = opendir(path);
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	if (!dir)
		return error_set_errno(err, errno, "Reading directory %s", path);
	while ((entry = readdir(dir))) {
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (uint64_t)st.st_blocks * 512;
	}
	*ret = bytes;
	return 0;
}

static int count_items(struct engine *engine, struct arena *arena,
	struct describe_storage_output *out, struct error *err)
{
	struct slice after = { NULL, 0 };
	bool more = true;

	while (more) {
		struct slice *names;
		size_t count;

		TRY(table_list(engine->store, after, 100, arena, &names, &count, &more, err));
		for (size_t i = 0; i < count; i++) {
			struct table *table CLEANUP(table_unrefp) = NULL;
			struct table_counts counts;
			int r = table_find(engine->store, names[i], &table, err);

			TRY(r);
			if (r == TABLE_ABSENT)
				continue;
			table_counts(table, &counts);
			out->items += (uint64_t)counts.items;
			out->tables++;
		}
		if (count)
			after = names[count - 1];
	}
	return 0;
}

int run_describe_storage(struct engine *engine, struct request *request, struct error *err)
{
	struct describe_storage_output *out = request->output;
	const char *path = store_path(engine->store);
	struct statvfs disk;

	if (statvfs(path, &disk) < 0)
		return error_set_errno(err, errno, "Reading the state of the disk of %s", path);
	out->bytes_free = (uint64_t)disk.f_bavail * disk.f_frsize;
	TRY(measure_directory(path, &out->bytes_used, err));
	return count_items(engine, request->arena, out, err);
}
