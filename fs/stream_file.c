/*
 * `.stream`: a table's changes as a regular file of JSON Lines that grows, and
 * the switch of its stream.
 *
 * It is there while the stream is enabled. Its pages are not kept, as a size that
 * the kernel holds to be known would cut reads short; what is read and the size
 * come from the engine each time.
 *
 * Writing a view type enables the stream, also where there is no `.stream` yet;
 * NONE or OFF disables it. The write that completes a word does it, and fails if
 * it can't be done.
 */
#include "files.h"

#include "base/memory.h"
#include "base/text.h"
#include "executor.h"
#include "invalidate.h"
#include "open_stream.h"
#include "stream_switch.h"

#include <errno.h>
#include <pthread.h>

struct stream_handle {
	struct handle handle;
	struct open_stream *stream; /* NULL: it only writes, or there was none */
	struct stream_reader reader;
	pthread_mutex_t mutex;
	struct buf written; /* of a word that is not complete */
};

static struct stream_handle *stream_of(struct handle *handle)
{
	return (struct stream_handle *)handle;
}

static int open_stream(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct stream_handle *stream = memory_new_zero(sizeof(*stream));
	int r = 0;

	if ((flags & O_ACCMODE) != O_WRONLY)
		r = open_stream_begin(fs, view, &stream->reader, &stream->stream);
	if (r == -ENOENT && (flags & O_ACCMODE) != O_RDONLY)
		r = 0;
	if (r < 0) {
		free(stream);
		return r;
	}
	handle_init(&stream->handle, fs, NODE_STREAM, caller, view->node, flags);
	pthread_mutex_init(&stream->mutex, NULL);
	info->direct_io = 1;
	info->noflush = !handle_writes(&stream->handle);
	*ret = &stream->handle;
	return 0;
}

static int find_stream(struct filesystem *fs, const struct caller *caller,
	const struct mount_table *table, struct stat *ret)
{
	(void)caller;
	return table_stream_attributes(fs, table, ret);
}

/* One that was opened to be written and has no stream yet is an empty file. */
static int attributes_of_stream(struct filesystem *fs, struct handle *handle, struct stat *ret)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	int r = open_stream_attributes(fs, handle->node, ret);

	if (r != -ENOENT)
		return r;
	node_load(fs->nodes, handle->node, &arena, &view);
	r = table_stream_attributes(fs, view.table, ret);
	return r == -ENOENT ? 0 : r;
}

static void read_stream(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct stream_handle *stream = stream_of(handle);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct error err = ERROR_INIT;
	uint64_t from;

	if (!stream->stream) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	from = stream->stream->origin + (uint64_t)offset;
	if (stream_text_read(fs, &stream->stream->text, from, size, &text, &err) < 0) {
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
		return;
	}
	if (text.len)
		open_stream_reached(fs, &stream->reader, from + text.len);
	fuse_reply_buf(req, text.data, text.len);
}

/* A write that switches the stream, for the executor. */
struct switching {
	struct filesystem *fs;
	fuse_req_t req;
	struct handle *handle; /* held */
	size_t size;
	struct slice view; /* static; absent: off */
};

static void run_switching(void *job)
{
	struct switching *switching = job;
	struct filesystem *fs = switching->fs;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct error err = ERROR_INIT;
	int r;

	node_load(fs->nodes, switching->handle->node, &arena, &view);
	r = stream_switch(fs, view.table, switching->view, &err);
	if (r < 0)
		r = filesystem_reject(fs, &switching->handle->opener, switching->handle->node, &err,
			(struct slice){ NULL, 0 });
	invalidate_settle(fs);
	if (r < 0)
		fuse_reply_err(switching->req, -r);
	else
		fuse_reply_write(switching->req, switching->size);
	handle_unref(switching->handle, fs);
	free(switching);
}

static void submit_switching(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	size_t size, struct slice view)
{
	struct switching *switching = memory_new(sizeof(*switching));

	*switching = (struct switching){ fs, req, handle_ref(handle), size, view };
	executor_submit(fs->executor, run_switching, switching);
}

static int reject_word(struct filesystem *fs, struct stream_handle *stream, struct error *err)
{
	int r = filesystem_reject(
		fs, &stream->handle.opener, stream->handle.node, err, buf_slice(&stream->written));

	buf_clear(&stream->written);
	return r;
}

static void write_stream(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct stream_handle *stream = stream_of(handle);
	struct error err = ERROR_INIT;
	struct slice view;
	int r;

	(void)offset; /* words, in the order in which they come */
	pthread_mutex_lock(&stream->mutex);
	if (text_is_blank(buf_slice(&stream->written)))
		buf_clear(&stream->written);
	buf_append_slice(&stream->written, data);
	r = stream_switch_read(buf_slice(&stream->written), &view, &err);
	if (r == 0)
		buf_clear(&stream->written);
	if (r < 0)
		fuse_reply_err(req, -reject_word(fs, stream, &err));
	pthread_mutex_unlock(&stream->mutex);
	if (r == 0)
		submit_switching(fs, req, handle, data.len, view);
	else if (r == STREAM_SWITCH_INCOMPLETE)
		fuse_reply_write(req, data.len);
}

static void flush_stream(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct stream_handle *stream = stream_of(handle);
	struct error err = ERROR_INIT;
	int r = 0;

	pthread_mutex_lock(&stream->mutex);
	if (stream_switch_is_cut(buf_slice(&stream->written), &err))
		r = reject_word(fs, stream, &err);
	pthread_mutex_unlock(&stream->mutex);
	fuse_reply_err(req, -r);
}

static void release_stream(struct filesystem *fs, struct handle *handle)
{
	struct stream_handle *stream = stream_of(handle);

	if (stream->stream)
		open_stream_end(fs, stream->stream, &stream->reader);
	buf_release(&stream->written);
	pthread_mutex_destroy(&stream->mutex);
	handle_done(handle, fs);
	free(stream);
}

const struct file_operations stream_file = {
	.attributes = attributes_of_stream,
	.open = open_stream,
	.find = find_stream,
	.read = read_stream,
	.write = write_stream,
	.flush = flush_stream,
	.fsync = flush_stream,
	.truncate = file_refuse_truncate,
	.release = release_stream,
};
