/*
 * Open alarms. A reader's handle takes the text when it is opened. A writer's holds
 * a draft: the write() that completes it puts the alarm, and fails when there is a
 * mistake in it, as shells don't look at close(); what is written over other text
 * is judged as a whole, at the next close. Until then the alarm stays as it is, and
 * what is not complete at the last close goes to `.error`.
 *
 * Invariants:
 * 1. A draft is put by the executor, as judging an alarm reads its metric. Meanwhile
 *    (`busy`) it does not change: the kernel sends the writes to a file one by one,
 *    and who makes others regardless gets EBUSY.
 * 2. After a write that was refused a draft takes no more until it is emptied.
 */
#include "alarm.h"
#include "files.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "executor.h"
#include "model/json.h"
#include "rejection.h"
#include "requests.h"

#include <errno.h>
#include <pthread.h>

struct alarm_handle {
	struct handle handle;
	pthread_mutex_t mutex;
	struct buf text; /* of a reader, or the draft */
	struct json_scanner scanner; /* of a draft in order */
	bool in_order; /* the scanner has seen exactly the draft */
	bool complete; /* in order, and a whole document */
	bool dirty; /* not put yet */
	bool spoiled; /* refused */
	bool counted; /* told to the node */
	bool busy;
	struct error refusal; /* the last one, for the end */
};

/* A draft that is being put. */
struct alarm_job {
	struct filesystem *fs;
	struct alarm_handle *alarm; /* held */
	fuse_req_t req;
	bool writes; /* a write() of so many bytes, else a close */
	size_t size;
};

static struct alarm_handle *alarm_of(struct handle *handle)
{
	return (struct alarm_handle *)handle;
}

static void begin_empty(struct alarm_handle *alarm)
{
	buf_clear(&alarm->text);
	json_scanner_release(&alarm->scanner);
	json_scanner_init(&alarm->scanner);
	alarm->scanner.only_judges = true;
	alarm->in_order = alarm->dirty = true;
	alarm->complete = alarm->spoiled = false;
	error_release(&alarm->refusal);
}

/* A draft that begins with what the alarm is: blanks may follow on it, and it may
 * be written over. */
static void begin_loaded(struct alarm_handle *alarm)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	json_scanner_init(&alarm->scanner);
	alarm->scanner.only_judges = true;
	alarm->in_order = alarm->complete =
		json_scanner_feed(&alarm->scanner, buf_slice(&alarm->text), &err) == JSON_COMPLETE;
}

static void count_draft(struct filesystem *fs, struct alarm_handle *alarm)
{
	if (!alarm->counted)
		node_draft_begin(fs->nodes, alarm->handle.node);
	alarm->counted = true;
	node_draft_update(fs->nodes, alarm->handle.node, alarm->text.len, clock_realtime_ns());
	if (alarm->spoiled)
		node_draft_hide(fs->nodes, alarm->handle.node);
}

static void end_draft(struct filesystem *fs, struct alarm_handle *alarm)
{
	if (alarm->counted)
		node_draft_end(fs->nodes, alarm->handle.node);
	alarm->counted = false;
}

static int load_text(
	struct filesystem *fs, const struct node_view *view, struct buf *text, struct error *err)
{
	int64_t mtime;

	return alarm_append_text(fs, view->name, text, &mtime, err);
}

static int open_alarm(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct alarm_handle *alarm;
	struct error err = ERROR_INIT;
	int r = load_text(fs, view, &text, &err);

	if (r < 0)
		return filesystem_reject(fs, caller, view->node, &err, (struct slice){ NULL, 0 });
	if (r == REQUEST_ABSENT && !(flags & O_CREAT) && !node_drafts(fs->nodes, view->node).open)
		return -ENOENT;
	if (r == 0 && flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	alarm = memory_new_zero(sizeof(*alarm));
	handle_init(&alarm->handle, fs, NODE_ALARM, caller, view->node, flags);
	pthread_mutex_init(&alarm->mutex, NULL);
	alarm->text = text;
	text = BUF_INIT;
	if (writes && (r == REQUEST_ABSENT || flags & O_TRUNC)) {
		begin_empty(alarm);
		count_draft(fs, alarm);
	} else if (writes) {
		begin_loaded(alarm);
	}
	info->direct_io = 1;
	info->noflush = !writes;
	*ret = &alarm->handle;
	return 0;
}

static void read_alarm(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct alarm_handle *alarm = alarm_of(handle);

	(void)fs;
	pthread_mutex_lock(&alarm->mutex);
	reply_text(req, buf_slice(&alarm->text), size, offset);
	pthread_mutex_unlock(&alarm->mutex);
}

/* Attributes */

static void fill(struct stat *ret, size_t size, int64_t mtime_ns)
{
	ret->st_size = (off_t)size;
	ret->st_mtim = ret->st_ctim = ret->st_atim = clock_to_timespec(mtime_ns);
}

/* What is stored, until another draft is put. */
static int stat_alarm(struct filesystem *fs, const struct node_view *view, struct stat *ret)
{
	struct node_drafts drafts = node_drafts(fs->nodes, view->node);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int64_t mtime;
	int r;

	r = alarm_append_text(fs, view->name, &text, &mtime, &err);
	if (r < 0)
		return error_to_errno(&err);
	if (r == REQUEST_ABSENT && (!drafts.open || drafts.hidden))
		return -ENOENT;
	fill(ret, r == REQUEST_ABSENT ? drafts.newest_size : text.len,
		r == REQUEST_ABSENT ? drafts.newest_mtime : mtime);
	return 0;
}

/* Of an alarm that was deleted while this file is open. */
static int open_attributes(struct filesystem *fs, struct handle *handle, struct stat *ret)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct alarm_handle *alarm = alarm_of(handle);

	node_load(fs->nodes, handle->node, &arena, &view);
	if (view.named && stat_alarm(fs, &view, ret) == 0)
		return 0;
	pthread_mutex_lock(&alarm->mutex);
	ret->st_size = (off_t)alarm->text.len;
	pthread_mutex_unlock(&alarm->mutex);
	ret->st_nlink = view.named;
	return 0;
}

/* Putting */

/* Rejects the draft and keeps the reason; the mutex is held. */
static int refuse(struct filesystem *fs, struct alarm_handle *alarm, struct error *err)
{
	alarm->spoiled = true;
	error_release(&alarm->refusal);
	alarm->refusal = (struct error){
		.class = err->class,
		.message = memory_copy_string(err->message, strlen(err->message)),
		.place = err->place,
	};
	count_draft(fs, alarm);
	return filesystem_reject(
		fs, &alarm->handle.opener, alarm->handle.node, err, buf_slice(&alarm->text));
}

static void answer(const struct alarm_job *job, int r)
{
	if (r == 0 && job->writes)
		fuse_reply_write(job->req, job->size);
	else
		fuse_reply_err(job->req, -r);
}

static void run_job(void *context)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct alarm_job *job = context;
	struct alarm_handle *alarm = job->alarm;
	struct error err = ERROR_INIT;
	int r = 0;

	node_load(job->fs->nodes, alarm->handle.node, &arena, &view);
	if (view.named) /* not removed while it was open */
		r = alarm_save(
			job->fs, &alarm->handle.opener, view.name, buf_slice(&alarm->text), &err);
	pthread_mutex_lock(&alarm->mutex);
	alarm->busy = false;
	if (r < 0)
		r = refuse(job->fs, alarm, &err);
	else
		alarm->dirty = false;
	pthread_mutex_unlock(&alarm->mutex);
	answer(job, r);
	handle_unref(&alarm->handle, job->fs);
	free(job);
}

/* The mutex is held; the job answers. */
static void begin_job(struct filesystem *fs, struct alarm_handle *alarm, struct alarm_job wanted)
{
	struct alarm_job *job = memory_new(sizeof(*job));

	*job = wanted;
	job->fs = fs;
	job->alarm = alarm_of(handle_ref(&alarm->handle));
	alarm->busy = true;
	executor_submit(fs->executor, run_job, job);
}

/* Writing */

static int check_writable(const struct alarm_handle *alarm, size_t end, struct error *err)
{
	if (alarm->busy)
		return error_set(err, ERROR_CONFLICT, "an earlier write is still at work");
	if (alarm->spoiled)
		return error_set(err, ERROR_VALIDATION,
			"an earlier write to this open file was rejected: begin again");
	if (end > ALARM_TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "no alarm is as long as this");
	return 0;
}

static void write_over(struct alarm_handle *alarm, struct slice piece, size_t offset)
{
	if (offset + piece.len > alarm->text.len)
		buf_resize(&alarm->text, offset + piece.len);
	memcpy(alarm->text.data + offset, piece.data, piece.len);
	alarm->in_order = alarm->complete = false;
	alarm->dirty = true;
}

#define DRAFT_COMPLETED 1
/* Takes a piece: 0, or DRAFT_COMPLETED when the draft is to be put. */
static int take_piece(
	struct alarm_handle *alarm, struct slice piece, size_t offset, struct error *err)
{
	bool was_put = alarm->complete && !alarm->dirty;
	int progress;

	TRY(check_writable(alarm, offset + piece.len, err));
	if (!alarm->in_order || offset != alarm->text.len) {
		write_over(alarm, piece, offset);
		return 0;
	}
	buf_append_slice(&alarm->text, piece);
	TRY(progress = json_scanner_feed(&alarm->scanner, piece, err));
	alarm->complete = progress == JSON_COMPLETE;
	if (was_put)
		return 0; /* blanks at the end */
	alarm->dirty = true;
	return alarm->complete ? DRAFT_COMPLETED : 0;
}

static void write_alarm(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct alarm_handle *alarm = alarm_of(handle);
	struct error err = ERROR_INIT;
	int r;

	pthread_mutex_lock(&alarm->mutex);
	if (handle->flags & O_APPEND)
		offset = (off_t)alarm->text.len;
	r = take_piece(alarm, data, (size_t)offset, &err);
	if (r < 0 && alarm->busy)
		r = filesystem_reject(
			fs, &handle->opener, handle->node, &err, (struct slice){ NULL, 0 });
	else if (r < 0)
		r = refuse(fs, alarm, &err);
	else if (alarm->dirty)
		count_draft(fs, alarm);
	if (r == DRAFT_COMPLETED)
		begin_job(fs, alarm,
			(struct alarm_job){ .req = req, .writes = true, .size = data.len });
	pthread_mutex_unlock(&alarm->mutex);
	if (r < 0)
		fuse_reply_err(req, -r);
	else if (r == 0)
		fuse_reply_write(req, data.len);
}

/* Shells close what they redirect before they write to it: an empty draft may yet
 * be filled. */
static void flush_alarm(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct alarm_handle *alarm = alarm_of(handle);
	bool put, unfinished;

	pthread_mutex_lock(&alarm->mutex);
	unfinished = alarm->dirty && !alarm->busy;
	put = unfinished && !alarm->spoiled && !alarm->in_order;
	if (!alarm->dirty)
		end_draft(fs, alarm);
	if (put)
		begin_job(fs, alarm, (struct alarm_job){ .req = req });
	pthread_mutex_unlock(&alarm->mutex);
	if (!put)
		fuse_reply_err(req, unfinished ? EINVAL : 0);
}

static int truncate_alarm(struct filesystem *fs, struct handle *handle, off_t size)
{
	struct alarm_handle *alarm = alarm_of(handle);
	int r = 0;

	pthread_mutex_lock(&alarm->mutex);
	if (alarm->busy) {
		r = -EBUSY;
	} else if (!size) {
		begin_empty(alarm);
		count_draft(fs, alarm);
	} else if (size > ALARM_TEXT_MAX) {
		r = -EFBIG;
	} else if ((size_t)size != alarm->text.len) {
		buf_resize(&alarm->text, (size_t)size);
		alarm->in_order = alarm->complete = false;
		alarm->dirty = true;
		count_draft(fs, alarm);
	}
	pthread_mutex_unlock(&alarm->mutex);
	return r;
}

/* The end */

static void explain_abandoned(struct alarm_handle *alarm, struct error *ret)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	struct slice text = buf_slice(&alarm->text);

	if (alarm->refusal.class != ERROR_NONE)
		error_move(ret, &alarm->refusal);
	else if (text_is_blank(text))
		error_set(ret, ERROR_VALIDATION,
			"nothing was written: to delete an alarm, remove its file");
	else if (json_parse(text, &document, ret) == 0)
		error_set(ret, ERROR_VALIDATION, "this draft was not stored");
}

/* What is lost at the last close goes to .error, with the text. */
static void abandon(struct filesystem *fs, struct alarm_handle *alarm)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct rejection rejection = { .err = &err };

	explain_abandoned(alarm, &err);
	rejection.errnum = -error_to_errno(&err);
	rejection.path = node_path(fs->nodes, alarm->handle.node, &arena);
	rejection.text = buf_slice(&alarm->text);
	rejection.keep_text = rejection.text.len > 0;
	rejection_record(fs->rejections, alarm->handle.opener.uid, &rejection);
}

static void release_alarm(struct filesystem *fs, struct handle *handle)
{
	struct alarm_handle *alarm = alarm_of(handle);

	if (alarm->dirty)
		abandon(fs, alarm);
	end_draft(fs, alarm);
	json_scanner_release(&alarm->scanner);
	error_release(&alarm->refusal);
	buf_release(&alarm->text);
	pthread_mutex_destroy(&alarm->mutex);
	handle_done(handle, fs);
	free(alarm);
}

const struct file_operations alarm_file = {
	.attributes = open_attributes,
	.open = open_alarm,
	.stat = stat_alarm,
	.read = read_alarm,
	.write = write_alarm,
	.flush = flush_alarm,
	.fsync = flush_alarm,
	.truncate = truncate_alarm,
	.release = release_alarm,
};
