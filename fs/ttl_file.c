/*
 * `.ttl`: the name of the attribute by which items expire, as a line of its own;
 * nothing while there is none. Writing a name turns time to live on, an empty
 * line or nothing at all turns it off:
 *
 *	echo expires > .ttl
 *	: > .ttl
 *
 * A line is taken by the write() that ends it, which also fails when it can't be,
 * and one without an end by the next close. That a file was emptied and nothing
 * written to it is only sure at the last close: shells close what they redirect
 * before they write to it. Who reads meanwhile finds it empty.
 *
 * What was taken already is no change. DESIGN 4.5.
 */
#include "files.h"

#include "base/memory.h"
#include "executor.h"
#include "invalidate.h"
#include "requests.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* More than the longest name: the engine tells how long that is. */
#define TTL_LINE_MAX (64 * 1024)

struct ttl_handle {
	struct handle handle;
	pthread_mutex_t mutex;
	atomic_bool emptied; /* and nothing was written since */
	struct buf line; /* written, and not taken yet */
	struct buf text; /* read */
	bool loaded;
};

/* A line that is being taken, or a file that was left empty. */
struct ttl_job {
	struct filesystem *fs;
	struct ttl_handle *ttl; /* held, or owned at the release */
	fuse_req_t req; /* NULL at the release */
	bool writes; /* a write() of so many bytes, else a close */
	size_t size;
	struct slice line; /* owned */
};

static struct ttl_handle *ttl_of(struct handle *handle)
{
	return (struct ttl_handle *)handle;
}

static int open_ttl(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct ttl_handle *ttl = memory_new_zero(sizeof(*ttl));

	handle_init(&ttl->handle, fs, view->kind, caller, view->node, flags);
	pthread_mutex_init(&ttl->mutex, NULL);
	atomic_init(&ttl->emptied, handle_writes(&ttl->handle) && flags & O_TRUNC);
	info->direct_io = 1;
	info->noflush = !handle_writes(&ttl->handle);
	*ret = &ttl->handle;
	return 0;
}

static void ttl_free(struct filesystem *fs, struct ttl_handle *ttl)
{
	buf_release(&ttl->line);
	buf_release(&ttl->text);
	pthread_mutex_destroy(&ttl->mutex);
	handle_done(&ttl->handle, fs);
	free(ttl);
}

/* Reading. */

static int describe_ttl(struct filesystem *fs, struct slice table_name, struct arena *arena,
	struct slice *ret_attribute, struct error *err)
{
	struct describe_time_to_live_input input = { .table_name = table_name };
	struct describe_time_to_live_output output = { 0 };

	TRY(request_run(fs, OPERATION_DESCRIBE_TIME_TO_LIVE, &input, &output, arena, err));
	*ret_attribute = output.time_to_live_description->attribute_name;
	return 0;
}

/* Whether somebody has emptied the file and not closed it yet. */
static bool is_emptied(struct filesystem *fs, const struct node *node)
{
	bool emptied = false;

	pthread_mutex_lock(&fs->handles_mutex);
	for (struct handle *other = fs->handles; other && !emptied; other = other->next)
		emptied = other->node == node && atomic_load(&ttl_of(other)->emptied);
	pthread_mutex_unlock(&fs->handles_mutex);
	return emptied;
}

static int load_text(struct filesystem *fs, struct ttl_handle *ttl, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct slice attribute;

	node_load(fs->nodes, ttl->handle.node, &arena, &view);
	TRY(describe_ttl(fs, view.table->name, &arena, &attribute, err));
	buf_clear(&ttl->text);
	if (slice_present(attribute) && !is_emptied(fs, ttl->handle.node)) {
		buf_append_slice(&ttl->text, attribute);
		buf_append_char(&ttl->text, '\n');
	}
	ttl->loaded = true;
	return 0;
}

static void read_ttl(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct ttl_handle *ttl = ttl_of(handle);
	struct error err = ERROR_INIT;
	int r = 0;

	pthread_mutex_lock(&ttl->mutex);
	if (!ttl->loaded || offset == 0)
		r = load_text(fs, ttl, &err);
	if (r < 0)
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
	else
		reply_text(req, buf_slice(&ttl->text), size, offset);
	pthread_mutex_unlock(&ttl->mutex);
}

/* Taking a line. */

static int set_ttl(struct filesystem *fs, struct slice table_name, struct slice attribute,
	bool enabled, struct arena *arena, struct error *err)
{
	struct ttl_specification wanted = {
		.enabled = { true, enabled },
		.attribute_name = attribute,
	};
	struct update_time_to_live_input input = {
		.table_name = table_name,
		.time_to_live_specification = &wanted,
	};
	struct update_time_to_live_output output = { 0 };

	return request_run(fs, OPERATION_UPDATE_TIME_TO_LIVE, &input, &output, arena, err);
}

static int change_ttl(struct filesystem *fs, struct slice table_name, struct slice attribute,
	struct arena *arena, struct error *err)
{
	struct slice current;

	TRY(describe_ttl(fs, table_name, arena, &current, err));
	if (slice_equal(current, attribute))
		return 0;
	if (!attribute.len)
		return set_ttl(fs, table_name, current, false, arena, err);
	if (!current.len)
		return set_ttl(fs, table_name, attribute, true, arena, err);
	return error_set(err, ERROR_VALIDATION,
		"TimeToLive is active on a different AttributeName: current AttributeName is "
		"%.*s. To change it, write an empty line first, which turns it off",
		SLICE_ARG(current));
}

static int take_line(const struct ttl_job *job, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct slice name = job->line;

	if (name.len && name.data[name.len - 1] == '\n')
		name.len--;
	if (memchr(name.data, '\n', name.len))
		return error_set(err, ERROR_VALIDATION,
			"time to live goes by one attribute, whose name is all that the line has: "
			"these are several lines");
	node_load(job->fs->nodes, job->ttl->handle.node, &arena, &view);
	return change_ttl(job->fs, view.table->name, name, &arena, err);
}

static void reply(const struct ttl_job *job, int r)
{
	if (!job->req)
		return;
	if (r == 0 && job->writes)
		fuse_reply_write(job->req, job->size);
	else
		fuse_reply_err(job->req, -r);
}

static void run_job(void *context)
{
	struct ttl_job *job = context;
	struct handle *handle = &job->ttl->handle;
	struct error err = ERROR_INIT;
	int r = take_line(job, &err);

	if (r < 0)
		r = filesystem_reject(job->fs, &handle->opener, handle->node, &err, job->line);
	invalidate_settle(job->fs);
	reply(job, r);
	if (job->req)
		handle_unref(handle, job->fs);
	else
		ttl_free(job->fs, job->ttl);
	free((char *)job->line.data);
	free(job);
}

/* Takes over the line; the handle is held, or without a request owned. */
static void begin_job(struct filesystem *fs, struct ttl_handle *ttl, struct ttl_job wanted)
{
	struct ttl_job *job = memory_new_zero(sizeof(*job));

	*job = wanted;
	job->fs = fs;
	job->ttl = ttl;
	job->line = slice_of(memory_copy_string(ttl->line.data, ttl->line.len), ttl->line.len);
	buf_clear(&ttl->line);
	if (fs->executor)
		executor_submit(fs->executor, run_job, job);
	else
		run_job(job); /* the end of the mount */
}

/* Writing. */

static int add_piece(struct filesystem *fs, struct ttl_handle *ttl, struct slice piece)
{
	struct error err = ERROR_INIT;

	if (ttl->line.len + piece.len <= TTL_LINE_MAX) {
		buf_append_slice(&ttl->line, piece);
		return 0;
	}
	error_set(&err, ERROR_VALIDATION, "no attribute has a name as long as this");
	buf_clear(&ttl->line);
	return filesystem_reject(
		fs, &ttl->handle.opener, ttl->handle.node, &err, (struct slice){ NULL, 0 });
}

/* In the order of arrival, wherever it is said to go. */
static void write_ttl(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct ttl_handle *ttl = ttl_of(handle);
	int r;

	(void)offset;
	pthread_mutex_lock(&ttl->mutex);
	atomic_store(&ttl->emptied, false);
	r = add_piece(fs, ttl, data);
	if (r == 0 && memchr(data.data, '\n', data.len)) {
		begin_job(fs, ttl_of(handle_ref(handle)),
			(struct ttl_job){ .req = req, .writes = true, .size = data.len });
		req = NULL;
	}
	pthread_mutex_unlock(&ttl->mutex);
	if (req && r == 0)
		fuse_reply_write(req, data.len);
	else if (req)
		fuse_reply_err(req, -r);
}

static void flush_ttl(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct ttl_handle *ttl = ttl_of(handle);

	pthread_mutex_lock(&ttl->mutex);
	if (ttl->line.len) {
		begin_job(fs, ttl_of(handle_ref(handle)), (struct ttl_job){ .req = req });
		req = NULL;
	}
	pthread_mutex_unlock(&ttl->mutex);
	if (req)
		fuse_reply_err(req, 0);
}

static int truncate_ttl(struct filesystem *fs, struct handle *handle, off_t size)
{
	struct ttl_handle *ttl = ttl_of(handle);

	(void)fs;
	if (size)
		return -EINVAL;
	pthread_mutex_lock(&ttl->mutex);
	atomic_store(&ttl->emptied, true);
	buf_clear(&ttl->line);
	pthread_mutex_unlock(&ttl->mutex);
	return 0;
}

static void release_ttl(struct filesystem *fs, struct handle *handle)
{
	struct ttl_handle *ttl = ttl_of(handle);

	if (atomic_load(&ttl->emptied))
		begin_job(fs, ttl, (struct ttl_job){ 0 });
	else
		ttl_free(fs, ttl);
}

const struct file_operations ttl_file = {
	.open = open_ttl,
	.read = read_ttl,
	.write = write_ttl,
	.flush = flush_ttl,
	.fsync = flush_ttl,
	.truncate = truncate_ttl,
	.release = release_ttl,
};
