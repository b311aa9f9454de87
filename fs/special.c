/*
 * Files of a generated text: `.info`, `.hot`, `.error` and `.metrics`. The text is made
 * at the first read of an open file, and each open file has its own.
 */
#include "files.h"

#include "api/engine.h"
#include "base/memory.h"
#include "hot_text.h"
#include "rejection.h"
#include "tables.h"

#include <pthread.h>

struct text_handle {
	struct handle handle;
	pthread_mutex_t mutex;
	bool made;
	struct buf text;
};

/* The table is NULL at the root. */
typedef int text_maker(struct filesystem *fs, struct text_handle *text,
	const struct mount_table *table, struct error *err);

static struct text_handle *text_of(struct handle *handle)
{
	return (struct text_handle *)handle;
}

static int open_text(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct text_handle *text = memory_new_zero(sizeof(*text));

	handle_init(&text->handle, fs, view->kind, caller, view->node, flags);
	pthread_mutex_init(&text->mutex, NULL);
	info->direct_io = 1; /* its size is not known */
	info->noflush = !handle_writes(&text->handle);
	*ret = &text->handle;
	return 0;
}

static void release_text(struct filesystem *fs, struct handle *handle)
{
	struct text_handle *text = text_of(handle);

	buf_release(&text->text);
	pthread_mutex_destroy(&text->mutex);
	handle_done(handle, fs);
	free(text);
}

static void read_text(struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size,
	off_t offset, text_maker *make)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct text_handle *text = text_of(handle);
	struct error err = ERROR_INIT;
	int r = 0;

	node_load(fs->nodes, handle->node, &arena, &view);
	pthread_mutex_lock(&text->mutex);
	if (!text->made)
		r = make(fs, text, view.table, &err);
	if (r < 0) {
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
	} else {
		text->made = true;
		reply_text(req, buf_slice(&text->text), size, offset);
	}
	pthread_mutex_unlock(&text->mutex);
}

static int make_info(struct filesystem *fs, struct text_handle *text,
	const struct mount_table *table, struct error *err)
{
	return table_append_info(fs, table->name, &text->text, err);
}

static void read_info(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	read_text(fs, req, handle, size, offset, make_info);
}

const struct file_operations info_file = {
	.open = open_text,
	.read = read_info,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_text,
};

static int make_hot(struct filesystem *fs, struct text_handle *text,
	const struct mount_table *table, struct error *err)
{
	return hot_append_text(fs, table, &text->text, err);
}

static void read_hot(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	read_text(fs, req, handle, size, offset, make_hot);
}

const struct file_operations hot_file = {
	.open = open_text,
	.read = read_hot,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_text,
};

static int make_errors(struct filesystem *fs, struct text_handle *text,
	const struct mount_table *table, struct error *err)
{
	(void)table;
	(void)err;
	rejection_read(fs->rejections, text->handle.opener.uid, &text->text);
	return 0;
}

static void read_errors(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	read_text(fs, req, handle, size, offset, make_errors);
}

const struct file_operations error_file = {
	.open = open_text,
	.read = read_errors,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_text,
};

/* Of all tables at the root, where no table is named. */
static int make_metrics(struct filesystem *fs, struct text_handle *text,
	const struct mount_table *table, struct error *err)
{
	(void)err;
	engine_append_metrics(
		fs->engine, table ? table->name : (struct slice){ NULL, 0 }, &text->text);
	return 0;
}

static void read_metrics(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	read_text(fs, req, handle, size, offset, make_metrics);
}

const struct file_operations metrics_file = {
	.open = open_text,
	.read = read_metrics,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_text,
};
