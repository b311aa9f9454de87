/*
 * Files of a generated text: `.schema`, `.info` and `.error`.
 *
 * The text is made at the first read of an open file, and each open file has
 * its own. `.schema` of an announced table also takes one: the write() that
 * completes a faulty one fails, and closing makes the table.
 */
#include "files.h"

#include "base/memory.h"
#include "ephemeral.h"
#include "rejection.h"
#include "requests.h"
#include "tables.h"

#include <errno.h>
#include <pthread.h>

#define SCHEMA_TEXT_MAX (256 * 1024)

struct text_handle {
	struct handle handle;
	pthread_mutex_t mutex;
	bool made;
	struct buf text;
	bool dirty; /* a schema that is not yet a table */
};

typedef int text_maker(struct filesystem *fs, struct text_handle *text, struct slice table_name,
	struct error *err);

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
		r = make(fs, text, view.table ? view.table->name : SLICE(""), &err);
	if (r < 0) {
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
	} else {
		text->made = true;
		reply_text(req, buf_slice(&text->text), size, offset);
	}
	pthread_mutex_unlock(&text->mutex);
}

static int make_info(
	struct filesystem *fs, struct text_handle *text, struct slice table_name, struct error *err)
{
	return table_append_info(fs, table_name, &text->text, err);
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

static int make_errors(
	struct filesystem *fs, struct text_handle *text, struct slice table_name, struct error *err)
{
	(void)table_name;
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

/* .schema */

static int make_schema(
	struct filesystem *fs, struct text_handle *text, struct slice table_name, struct error *err)
{
	if (text->dirty || handle_writes(&text->handle))
		return 0;
	return table_append_schema(fs, table_name, &text->text, err);
}

static void read_schema(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	read_text(fs, req, handle, size, offset, make_schema);
}

static int take_schema(struct filesystem *fs, struct text_handle *text, struct slice table_name,
	struct slice data, off_t offset, struct error *err)
{
	if ((size_t)offset + data.len > SCHEMA_TEXT_MAX)
		return error_set(
			err, ERROR_TOO_LARGE, "a schema has at most %d bytes", SCHEMA_TEXT_MAX);
	if ((size_t)offset + data.len > text->text.len)
		buf_resize(&text->text, (size_t)offset + data.len);
	memcpy(text->text.data + offset, data.data, data.len);
	text->dirty = true;
	if (!schema_is_complete(buf_slice(&text->text)))
		return 0;
	return table_make(fs, table_name, buf_slice(&text->text), true, err);
}

static void write_schema(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct text_handle *text = text_of(handle);
	struct error err = ERROR_INIT;

	node_load(fs->nodes, handle->node, &arena, &view);
	pthread_mutex_lock(&text->mutex);
	if (handle->flags & O_APPEND)
		offset = (off_t)text->text.len;
	if (take_schema(fs, text, view.table->name, data, offset, &err) < 0) {
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    buf_slice(&text->text)));
		text->dirty = false;
		buf_clear(&text->text);
	} else {
		fuse_reply_write(req, data.len);
	}
	pthread_mutex_unlock(&text->mutex);
}

/* The directory goes on as the table's. */
static int adopt_table(
	struct filesystem *fs, struct node *schema_node, struct slice table_name, struct error *err)
{
	struct mount_table *table = NULL;
	struct node *directory;
	int r = request_table(fs, table_name, &table, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	directory = node_parent(fs->nodes, schema_node);
	node_set_table(fs->nodes, directory, table);
	node_unref(fs->nodes, directory);
	mount_table_unref(table);
	return 0;
}

static int make_table(
	struct filesystem *fs, struct text_handle *text, struct slice table_name, struct error *err)
{
	TRY(table_make(fs, table_name, buf_slice(&text->text), false, err));
	text->dirty = false;
	ephemeral_remove(fs->ephemerals, SLICE(""), table_name);
	return adopt_table(fs, text->handle.node, table_name, err);
}

/* Whether a close may be the last one: in { printf 'year:N '; echo title:S; } the
 * first is not. */
static bool schema_is_whole(const struct text_handle *text)
{
	struct slice schema = buf_slice(&text->text);

	if (schema_is_complete(schema))
		return true;
	return schema.len && !strchr(" \t\r\n{", schema.data[0]) &&
	       !strchr(" \t", schema.data[schema.len - 1]);
}

static void flush_schema(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct text_handle *text = text_of(handle);
	struct error err = ERROR_INIT;
	int r = 0;

	node_load(fs->nodes, handle->node, &arena, &view);
	pthread_mutex_lock(&text->mutex);
	if (text->dirty && schema_is_whole(text) &&
		make_table(fs, text, view.table->name, &err) < 0)
		r = filesystem_reject(
			fs, &handle->opener, handle->node, &err, buf_slice(&text->text));
	pthread_mutex_unlock(&text->mutex);
	fuse_reply_err(req, -r);
}

static int truncate_schema(struct filesystem *fs, struct handle *handle, off_t size)
{
	struct text_handle *text = text_of(handle);

	(void)fs;
	if (size > SCHEMA_TEXT_MAX)
		return -EFBIG;
	pthread_mutex_lock(&text->mutex);
	buf_resize(&text->text, (size_t)size);
	pthread_mutex_unlock(&text->mutex);
	return 0;
}

/* What was not whole at any close. */
static void release_schema(struct filesystem *fs, struct handle *handle)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct text_handle *text = text_of(handle);
	struct error err = ERROR_INIT;

	node_load(fs->nodes, handle->node, &arena, &view);
	if (text->dirty && make_table(fs, text, view.table->name, &err) < 0)
		filesystem_reject(fs, &handle->opener, handle->node, &err, buf_slice(&text->text));
	release_text(fs, handle);
}

const struct file_operations schema_file = {
	.open = open_text,
	.read = read_schema,
	.write = write_schema,
	.flush = flush_schema,
	.fsync = flush_schema,
	.truncate = truncate_schema,
	.release = release_schema,
};
