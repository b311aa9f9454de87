/*
 * `.schema`: what a table is, as the request that makes it.
 *
 * Written to, it makes the table that mkdir announced, or changes one that is
 * there (schema_update.h). The write() that completes a text is the one that
 * fails when there is a mistake in it, as shells don't look at close(). A change
 * of a table is made in that write(), too; a new table at the next close, or at
 * the last one when the text does not tell that it is whole.
 *
 * A descriptor holds one text, in one of these states:
 *
 *	empty	nothing was read or written, or what was written was refused
 *	clean	it is the table's, read from it or made so by this descriptor
 *	dirty	written to, and not taken yet
 *
 * Invariants:
 * 1. A write that follows on a clean text begins another, so that one descriptor
 *    can be read and then written, or written again and again. A write into a
 *    clean text edits it in place, as editors do; it is not looked at before the
 *    end of the old text was overwritten or cut off.
 * 2. A text is looked at by the executor. Meanwhile (`busy`) it does not change:
 *    the kernel sends the writes to a file one by one, and who makes others
 *    regardless gets EBUSY.
 * 3. A change that waits for an index to be filled goes to the end of the
 *    executor's queue again and again, and ends when its request is interrupted.
 */
#include "files.h"

#include "base/memory.h"
#include "base/text.h"
#include "ephemeral.h"
#include "executor.h"
#include "invalidate.h"
#include "rejection.h"
#include "requests.h"
#include "schema_update.h"
#include "tables.h"

#include <errno.h>
#include <pthread.h>

#define SCHEMA_TEXT_MAX  (256 * 1024)
#define FILLING_PAUSE_NS 20000000LL

enum text_state { TEXT_EMPTY, TEXT_CLEAN, TEXT_DIRTY };

struct schema_handle {
	struct handle handle;
	pthread_mutex_t mutex;
	enum text_state state;
	bool busy;
	struct buf text;
	off_t start; /* where in the file the text begins */
	size_t old_length; /* of the text that is edited, till its end is overwritten */
};

enum schema_call { SCHEMA_WRITE, SCHEMA_CLOSE, SCHEMA_RELEASE };

/* A text that is being taken. */
struct schema_job {
	struct filesystem *fs;
	struct schema_handle *schema; /* held, or owned at the release */
	enum schema_call call;
	fuse_req_t req; /* but for the release */
	size_t size; /* of the write */
	struct slice table_name; /* in the update's arena */
	bool planned;
	struct schema_update update;
};

static struct schema_handle *schema_of_handle(struct handle *handle)
{
	return (struct schema_handle *)handle;
}

static int open_schema(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct schema_handle *schema;
	struct error err = ERROR_INIT;

	if (mount_table_transaction(view->table) && (flags & O_ACCMODE) != O_RDONLY) {
		error_set(&err, ERROR_NOT_PERMITTED, "tables are changed outside of transactions");
		return filesystem_reject(fs, caller, view->node, &err, (struct slice){ NULL, 0 });
	}
	schema = memory_new_zero(sizeof(*schema));
	handle_init(&schema->handle, fs, view->kind, caller, view->node, flags);
	pthread_mutex_init(&schema->mutex, NULL);
	if (flags & O_TRUNC)
		schema->state = TEXT_CLEAN;
	info->direct_io = 1; /* its size is not known */
	info->noflush = !handle_writes(&schema->handle);
	*ret = &schema->handle;
	return 0;
}

static void schema_free(struct filesystem *fs, struct schema_handle *schema)
{
	buf_release(&schema->text);
	pthread_mutex_destroy(&schema->mutex);
	handle_done(&schema->handle, fs);
	free(schema);
}

static int reject(struct filesystem *fs, struct schema_handle *schema, struct error *err)
{
	return filesystem_reject(
		fs, &schema->handle.opener, schema->handle.node, err, buf_slice(&schema->text));
}

/* Taking a text. */

/* The directory of a table that was announced goes on as the table's. */
static int adopt_table(const struct schema_job *job, struct error *err)
{
	struct filesystem *fs = job->fs;
	struct mount_table *table = NULL;
	struct node *directory;
	int r = request_table(fs, job->table_name, &table, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	directory = node_parent(fs->nodes, job->schema->handle.node);
	node_set_table(fs->nodes, directory, table);
	node_unref(fs->nodes, directory);
	mount_table_unref(table);
	return 0;
}

/* A write() checks it, closing makes it. */
static int make_table(const struct schema_job *job, struct error *err)
{
	struct slice text = buf_slice(&job->schema->text);

	if (job->call == SCHEMA_WRITE)
		return table_make(job->fs, job->table_name, text, true, err);
	TRY(table_make(job->fs, job->table_name, text, false, err));
	ephemeral_remove(job->fs->ephemerals, SLICE(""), job->table_name);
	return adopt_table(job, err);
}

static bool is_given_up(const struct schema_job *job)
{
	return atomic_load(&job->fs->ending) || (job->req && fuse_req_interrupted(job->req));
}

#define TEXT_CHECKED 1 /* a new table's, which closing makes */
#define TEXT_WAITS   2 /* to be called again */
#define TEXT_LEFT    3 /* given up, which the error tells */

static int take_text(struct schema_job *job, struct error *err)
{
	int r = 0;

	if (!job->planned)
		r = schema_update_begin(
			job->fs, job->table_name, buf_slice(&job->schema->text), &job->update, err);
	TRY(r);
	if (r == SCHEMA_NO_TABLE) {
		TRY(make_table(job, err));
		return job->call == SCHEMA_WRITE ? TEXT_CHECKED : 0;
	}
	job->planned = true;
	TRY(r = schema_update_continue(job->fs, &job->update, err));
	if (r != SCHEMA_WAITS)
		return 0;
	if (!is_given_up(job))
		return TEXT_WAITS;
	schema_update_give_up(&job->update, err);
	return TEXT_LEFT;
}

/* An interruption has no exception of the service's. */
static int reject_interrupted(const struct schema_job *job, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct filesystem *fs = job->fs;
	const struct handle *handle = &job->schema->handle;
	struct rejection rejection = {
		.path = node_path(fs->nodes, handle->node, &arena),
		.err = err,
		.errnum = EINTR,
	};

	rejection_record(fs->rejections, handle->opener.uid, &rejection);
	error_release(err);
	return -EINTR;
}

static void forget_text(struct schema_handle *schema)
{
	schema->state = TEXT_EMPTY;
	buf_clear(&schema->text);
}

static void reply(const struct schema_job *job, int r)
{
	if (!job->req)
		return;
	if (r == 0 && job->call == SCHEMA_WRITE)
		fuse_reply_write(job->req, job->size);
	else
		fuse_reply_err(job->req, -r);
}

static void finish_job(struct schema_job *job, int outcome, struct error *err)
{
	struct schema_handle *schema = job->schema;
	int r = 0;

	if (outcome == TEXT_LEFT)
		r = reject_interrupted(job, err);
	else if (outcome < 0)
		r = reject(job->fs, schema, err);
	invalidate_settle(job->fs);
	pthread_mutex_lock(&schema->mutex);
	schema->busy = false;
	if (r < 0)
		forget_text(schema);
	else if (outcome == 0)
		schema->state = TEXT_CLEAN;
	pthread_mutex_unlock(&schema->mutex);
	reply(job, r);
	if (job->call == SCHEMA_RELEASE)
		schema_free(job->fs, schema);
	else
		handle_unref(&schema->handle, job->fs);
	schema_update_release(&job->update);
	free(job);
}

static void run_job(void *context)
{
	struct schema_job *job = context;
	struct error err = ERROR_INIT;
	int r = take_text(job, &err);

	if (r != TEXT_WAITS) {
		finish_job(job, r, &err);
		return;
	}
	if (job->fs->executor)
		executor_submit_later(job->fs->executor, FILLING_PAUSE_NS, run_job, job);
	else
		run_job(job);
}

/* Begins to take the text of a handle that is held, or owned. */
static void begin_job(struct filesystem *fs, struct schema_handle *schema, enum schema_call call,
	fuse_req_t req, size_t size)
{
	struct schema_job *job = memory_new_zero(sizeof(*job));
	struct node_view view CLEANUP(node_view_release) = { 0 };

	*job = (struct schema_job){
		.fs = fs, .schema = schema, .call = call, .req = req, .size = size
	};
	node_load(fs->nodes, schema->handle.node, &job->update.arena, &view);
	job->table_name = arena_copy(&job->update.arena, view.table->name);
	if (fs->executor)
		executor_submit(fs->executor, run_job, job);
	else
		run_job(job); /* the end of the mount */
}

/* Reading. */

/* A table that is only announced has none, which matters to nobody who writes one. */
static int load_text(struct filesystem *fs, struct schema_handle *schema, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };

	if (schema->state != TEXT_EMPTY)
		return 0;
	node_load(fs->nodes, schema->handle.node, &arena, &view);
	if (table_append_schema(fs, view.table->name, &schema->text, err) < 0) {
		if (err->class != ERROR_TABLE_NOT_FOUND || !handle_writes(&schema->handle))
			return -1;
		error_release(err);
	}
	schema->start = 0;
	schema->state = TEXT_CLEAN;
	return 0;
}

static void read_schema(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct schema_handle *schema = schema_of_handle(handle);
	struct error err = ERROR_INIT;

	pthread_mutex_lock(&schema->mutex);
	if (load_text(fs, schema, &err) < 0)
		fuse_reply_err(req, -reject(fs, schema, &err));
	else
		reply_text(req, buf_slice(&schema->text), size, offset);
	pthread_mutex_unlock(&schema->mutex);
}

/* Writing. */

static void begin_text(struct schema_handle *schema, off_t offset)
{
	schema->state = TEXT_DIRTY;
	schema->start = offset;
	schema->old_length = 0;
	buf_clear(&schema->text);
}

/* Blanks that follow what was taken are the end of a line. */
static bool follows_blank(const struct schema_handle *schema, struct slice data, off_t offset)
{
	return schema->state == TEXT_CLEAN && schema->text.len &&
	       offset == schema->start + (off_t)schema->text.len && text_is_blank(data);
}

static int place(struct schema_handle *schema, struct slice data, off_t offset, struct error *err)
{
	size_t end = schema->text.len, at;

	if (schema->state == TEXT_EMPTY || offset < schema->start ||
		(schema->state == TEXT_CLEAN && offset >= schema->start + (off_t)end))
		begin_text(schema, offset);
	if (schema->state == TEXT_CLEAN)
		schema->old_length = end;
	schema->state = TEXT_DIRTY;
	at = (size_t)(offset - schema->start);
	if (at + data.len > SCHEMA_TEXT_MAX)
		return error_set(
			err, ERROR_TOO_LARGE, "a schema has at most %d bytes", SCHEMA_TEXT_MAX);
	if (at + data.len > schema->text.len)
		buf_resize(&schema->text, at + data.len);
	memcpy(schema->text.data + at, data.data, data.len);
	if (at + data.len >= schema->old_length)
		schema->old_length = 0;
	return 0;
}

#define WRITE_REPLIED 0
#define WRITE_WHOLE   1

/* With the mutex held: 0, WRITE_WHOLE, or -errno. */
static int write_locked(
	struct filesystem *fs, struct schema_handle *schema, struct slice data, off_t offset)
{
	struct error err = ERROR_INIT;

	if (schema->busy)
		return -EBUSY;
	if (schema->handle.flags & O_APPEND)
		offset = schema->start + (off_t)schema->text.len;
	if (follows_blank(schema, data, offset))
		return 0;
	if (place(schema, data, offset, &err) < 0) {
		int r = reject(fs, schema, &err);

		forget_text(schema);
		return r;
	}
	if (schema->old_length || !schema_is_complete(buf_slice(&schema->text)))
		return 0;
	schema->busy = true;
	return WRITE_WHOLE;
}

static void write_schema(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct schema_handle *schema = schema_of_handle(handle);
	int r;

	pthread_mutex_lock(&schema->mutex);
	r = write_locked(fs, schema, data, offset);
	pthread_mutex_unlock(&schema->mutex);
	if (r < 0)
		fuse_reply_err(req, -r);
	else if (r == WRITE_WHOLE)
		begin_job(fs, schema_of_handle(handle_ref(handle)), SCHEMA_WRITE, req, data.len);
	else
		fuse_reply_write(req, data.len);
}

/* Whether a close may be the last one: in { printf 'year:N '; echo title:S; } the
 * first is not. */
static bool is_whole(const struct schema_handle *schema)
{
	struct slice text = buf_slice(&schema->text);

	if (schema_is_complete(text))
		return true;
	return text.len && !strchr(" \t\r\n{", text.data[0]) &&
	       !strchr(" \t", text.data[text.len - 1]);
}

static void flush_schema(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct schema_handle *schema = schema_of_handle(handle);
	bool taken;

	pthread_mutex_lock(&schema->mutex);
	taken = schema->state == TEXT_DIRTY && !schema->busy && is_whole(schema);
	if (taken)
		schema->busy = true;
	pthread_mutex_unlock(&schema->mutex);
	if (taken)
		begin_job(fs, schema_of_handle(handle_ref(handle)), SCHEMA_CLOSE, req, 0);
	else
		fuse_reply_err(req, 0);
}

static int truncate_locked(
	struct filesystem *fs, struct schema_handle *schema, size_t size, struct error *err)
{
	if (schema->state == TEXT_EMPTY && size)
		TRY(load_text(fs, schema, err));
	if (schema->state == TEXT_EMPTY || !size)
		schema->start = 0;
	if (schema->state == TEXT_EMPTY)
		schema->state = TEXT_CLEAN;
	buf_resize(&schema->text, size);
	schema->old_length = 0;
	return 0;
}

static int truncate_schema(struct filesystem *fs, struct handle *handle, off_t size)
{
	struct schema_handle *schema = schema_of_handle(handle);
	struct error err = ERROR_INIT;
	int r;

	if (size > SCHEMA_TEXT_MAX)
		return -EFBIG;
	pthread_mutex_lock(&schema->mutex);
	r = schema->busy ? -EBUSY : truncate_locked(fs, schema, (size_t)size, &err);
	if (err.class)
		r = reject(fs, schema, &err);
	pthread_mutex_unlock(&schema->mutex);
	return r;
}

/* What was not whole at any close is taken as it is. */
static void release_schema(struct filesystem *fs, struct handle *handle)
{
	struct schema_handle *schema = schema_of_handle(handle);

	if (schema->state == TEXT_DIRTY && schema->text.len)
		begin_job(fs, schema, SCHEMA_RELEASE, NULL, 0);
	else
		schema_free(fs, schema);
}

const struct file_operations schema_file = {
	.open = open_schema,
	.read = read_schema,
	.write = write_schema,
	.flush = flush_schema,
	.fsync = flush_schema,
	.truncate = truncate_schema,
	.release = release_schema,
};
