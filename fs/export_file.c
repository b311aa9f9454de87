/*
 * `.export`: a table's items as JSON Lines, in one pass, a page at a time.
 */
#include "files.h"

#include "base/memory.h"
#include "model/plain.h"
#include "requests.h"

#include <pthread.h>

#define EXPORT_PAGE 1000

struct export_handle {
	struct handle handle;
	pthread_mutex_t mutex;
	struct buf text; /* rendered and not yet read */
	off_t text_start; /* where in the stream it begins */
	struct arena position_arena;
	struct key position; /* of the last item rendered */
	bool started, ended;
};

static struct export_handle *export_of(struct handle *handle)
{
	return (struct export_handle *)handle;
}

static int open_export(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct export_handle *export = memory_new_zero(sizeof(*export));

	handle_init(&export->handle, fs, NODE_EXPORT, caller, view->node, flags);
	pthread_mutex_init(&export->mutex, NULL);
	info->direct_io = 1;
	info->noflush = 1;
	*ret = &export->handle;
	return 0;
}

/* Remembers where the page ended, beyond the life of the page. */
static int keep_position(struct export_handle *export, const struct mount_table *table,
	const struct map *last, struct error *err)
{
	struct buf row_key CLEANUP(buf_release) = BUF_INIT;
	struct slice bytes;
	struct key key;

	TRY(key_from_map(&table->schema, last, &key, err));
	key_encode(&table->schema, &key, &row_key);
	arena_release(&export->position_arena);
	bytes = arena_copy(&export->position_arena, buf_slice(&row_key));
	return key_decode(&table->schema, bytes, &export->position_arena, &export->position, err);
}

static int render_page(struct filesystem *fs, struct export_handle *export,
	const struct mount_table *table, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct query_output page;
	const struct map *items;

	TRY(request_scan(fs, table, export->started ? &export->position : NULL, EXPORT_PAGE, false,
		&arena, &page, err));
	items = page.items.items;
	for (size_t i = 0; i < page.items.count; i++)
		plain_append_line(&export->text, &items[i]);
	export->started = true;
	if (!page.last_evaluated_key) {
		export->ended = true;
		return 0;
	}
	return keep_position(export, table, page.last_evaluated_key, err);
}

static void start_again(struct export_handle *export)
{
	buf_clear(&export->text);
	export->text_start = 0;
	export->started = export->ended = false;
}

/* Drops what is before the offset, which only grows: reading goes on in order, or
 * begins again. Seeking itself is the kernel's, as programs like head(1) put the
 * offset back where they stopped. */
static int advance(struct export_handle *export, off_t offset, struct error *err)
{
	off_t skip = offset - export->text_start;

	if (offset == 0 && skip < 0) {
		start_again(export);
		skip = 0;
	}
	if (skip < 0 || (size_t)skip > export->text.len)
		return error_set(err, ERROR_NOT_PERMITTED,
			".export is a stream: it is read from the beginning, in order");
	if (skip) {
		memmove(export->text.data, export->text.data + skip,
			export->text.len - (size_t)skip);
		buf_resize(&export->text, export->text.len - (size_t)skip);
		export->text_start = offset;
	}
	return 0;
}

static int read_stream(struct filesystem *fs, struct export_handle *export,
	const struct mount_table *table, size_t size, off_t offset, struct error *err)
{
	TRY(advance(export, offset, err));
	while (export->text.len < size && !export->ended)
		TRY(render_page(fs, export, table, err));
	return 0;
}

static void read_export(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct export_handle *export = export_of(handle);
	struct error err = ERROR_INIT;

	node_load(fs->nodes, handle->node, &arena, &view);
	pthread_mutex_lock(&export->mutex);
	if (read_stream(fs, export, view.table, size, offset, &err) < 0)
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
	else
		reply_text(req, buf_slice(&export->text), size, 0);
	pthread_mutex_unlock(&export->mutex);
}

static void release_export(struct filesystem *fs, struct handle *handle)
{
	struct export_handle *export = export_of(handle);

	buf_release(&export->text);
	arena_release(&export->position_arena);
	pthread_mutex_destroy(&export->mutex);
	handle_done(handle, fs);
	free(export);
}

const struct file_operations export_file = {
	.open = open_export,
	.read = read_export,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_export,
};
