/*
 * `.import`: items into a table as one stream.
 *
 * A write to `.import` is answered at once while few batches wait to be
 * written, and else when the importer's thread has caught up: the request is
 * parked, no worker waits. Closing waits for everything to be written in the
 * same way, and fails with EINVAL when lines were left out; which ones and why
 * is in .error, and in the report that the same descriptor reads.
 *
 * What the table's throughput does not allow waits in the importer's thread, so
 * the writer is slowed to what it does. A request that is interrupted meanwhile is
 * answered with EINTR; lines that still wait when the file is released are left out.
 */
#include "files.h"

#include "acting.h"
#include "api/import.h"
#include "base/memory.h"
#include "executor.h"
#include "rejection.h"
#include "requests.h"

#include <errno.h>
#include <pthread.h>

/* Batches that may wait before a writer is made to. */
#define PENDING_MAX 2
/* Of the list of refused lines, so much is kept. */
#define REPORT_BYTES_MAX (1u << 20)
#define IMPORT_HELP \
	"Write JSON Lines (plain or typed), a JSON array or the lines of an S3 export " \
	"to this file.\n"

enum parked_kind { PARKED_WRITE, PARKED_FLUSH, PARKED_FSYNC, PARKED_READ };

/* A request that is answered when at most so many batches are pending. */
struct parked {
	struct parked *next;
	fuse_req_t req;
	enum parked_kind kind;
	size_t size; /* of a write or a read */
	size_t pending;
};

struct import_handle {
	struct handle handle;
	struct filesystem *fs;
	struct importer *importer;
	pthread_mutex_t feeding; /* held around what reads into the importer */
	pthread_mutex_t mutex; /* of the rest; after the importer's own */
	struct buf refused; /* "line 7: …\n" each, since the last close */
	uint64_t refused_count, refused_listed, refused_told;
	bool fed;
	bool reported; /* a report was made since the last write */
	struct buf report; /* what of it is not yet read */
	struct parked *parked, **parked_last;
};

static struct import_handle *import_of(struct handle *handle)
{
	return (struct import_handle *)handle;
}

static void note_refused(void *context, uint64_t line, const struct error *err)
{
	struct import_handle *import = context;

	pthread_mutex_lock(&import->mutex);
	import->refused_count++;
	if (import->refused.len < REPORT_BYTES_MAX) {
		import->refused_listed++;
		buf_appendf(&import->refused, "\nline %llu", (unsigned long long)line);
		if (err->place.known)
			buf_appendf(&import->refused, ", column %u", err->place.column);
		buf_appendf(&import->refused, ": %s", err->message);
	}
	pthread_mutex_unlock(&import->mutex);
}

static int open_import(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct import_handle *import = memory_new_zero(sizeof(*import));

	pthread_mutex_init(&import->feeding, NULL);
	pthread_mutex_init(&import->mutex, NULL);
	import->parked_last = &import->parked;
	import->fs = fs;
	handle_init(&import->handle, fs, NODE_IMPORT, caller, view->node, flags);
	if (handle_writes(&import->handle))
		import->importer = importer_new(
			fs->engine, view->table->name, acting_caller(), note_refused, import);
	info->direct_io = 1;
	*ret = &import->handle;
	return 0;
}

/* What closing answers: 0 or -errno. */
static int import_outcome(struct import_handle *import)
{
	struct filesystem *fs = import->fs;
	struct error err = ERROR_INIT;
	struct importer_report report;
	uint64_t refused, unlisted;

	if (importer_report(import->importer, &report, &err) < 0)
		return filesystem_reject(fs, &import->handle.opener, import->handle.node, &err,
			(struct slice){ NULL, 0 });
	pthread_mutex_lock(&import->mutex);
	refused = import->refused_count - import->refused_told;
	import->refused_told = import->refused_count;
	unlisted = import->refused_count - import->refused_listed;
	if (refused) {
		if (unlisted)
			buf_appendf(
				&import->refused, "\nand %llu more", (unsigned long long)unlisted);
		error_set(&err, ERROR_VALIDATION, "lines left out: %llu, items imported: %llu%s",
			(unsigned long long)refused, (unsigned long long)report.imported,
			buf_string(&import->refused));
		buf_clear(&import->refused);
		import->refused_listed = import->refused_count;
	}
	pthread_mutex_unlock(&import->mutex);
	if (!refused)
		return 0;
	return filesystem_reject(
		fs, &import->handle.opener, import->handle.node, &err, (struct slice){ NULL, 0 });
}

/* The report of what this descriptor brought, in as many reads as it takes. */
static void reply_report(struct import_handle *import, fuse_req_t req, size_t size)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct importer_report report = { 0 };
	struct buf part CLEANUP(buf_release) = BUF_INIT;

	if (importer_report(import->importer, &report, &err) < 0) {
		fuse_reply_err(req, -error_to_errno(&err));
		return;
	}
	pthread_mutex_lock(&import->mutex);
	if (!import->reported)
		buf_appendf(&import->report, "{\"Imported\": %llu, \"Rejected\": %llu}\n",
			(unsigned long long)report.imported, (unsigned long long)report.rejected);
	import->reported = true;
	if (size > import->report.len)
		size = import->report.len;
	buf_append(&part, import->report.data, size);
	memmove(import->report.data, import->report.data + size, import->report.len - size);
	buf_resize(&import->report, import->report.len - size);
	pthread_mutex_unlock(&import->mutex);
	fuse_reply_buf(req, part.data, part.len);
}

static int settle_import(struct import_handle *import, bool sync)
{
	struct filesystem *fs = import->fs;
	struct error err = ERROR_INIT;
	int r = import_outcome(import);

	if (r == 0 && sync && request_sync(fs, &err) < 0)
		r = filesystem_reject(fs, &import->handle.opener, import->handle.node, &err,
			(struct slice){ NULL, 0 });
	return r;
}

static void answer(struct import_handle *import, const struct parked *parked)
{
	switch (parked->kind) {
	case PARKED_WRITE:
		fuse_reply_write(parked->req, parked->size);
		break;
	case PARKED_FLUSH:
		fuse_reply_err(parked->req, -settle_import(import, false));
		break;
	case PARKED_FSYNC:
		fuse_reply_err(parked->req, -settle_import(import, true));
		break;
	case PARKED_READ:
		reply_report(import, parked->req, parked->size);
		break;
	}
}

/* Takes out those that are due with so many batches pending; *ret_wait is what
 * the others wait for. */
static struct parked *take_due_locked(
	struct import_handle *import, size_t pending, size_t *ret_wait)
{
	struct parked *due = NULL, **due_last = &due, **link = &import->parked;

	*ret_wait = 0;
	while (*link) {
		struct parked *parked = *link;

		if (parked->pending >= pending) {
			*link = parked->next;
			parked->next = NULL;
			*due_last = parked;
			due_last = &parked->next;
			continue;
		}
		if (parked->pending > *ret_wait)
			*ret_wait = parked->pending;
		link = &parked->next;
	}
	import->parked_last = link;
	return due;
}

/* Answers the parked requests that are due, mostly from the importer's thread,
 * and has it call again for the others. */
static void answer_due(void *context)
{
	struct import_handle *import = context;
	size_t pending = importer_pending(import->importer);
	struct parked *due, *next;
	size_t wait;
	bool more;

	pthread_mutex_lock(&import->mutex);
	due = take_due_locked(import, pending, &wait);
	more = import->parked != NULL;
	pthread_mutex_unlock(&import->mutex);
	/* While one is parked the file stays open; after the last answer it may
	 * be gone. */
	if (more)
		importer_wait(import->importer, wait, answer_due, import);
	for (; due; due = next) {
		next = due->next;
		answer(import, due);
		free(due);
	}
}

/* What one of them waits for. A write behind a flush waits like it: else a
 * steady writer would keep the flush from ever being answered. */
static size_t wait_of_locked(const struct import_handle *import, enum parked_kind kind)
{
	for (const struct parked *parked = import->parked; parked; parked = parked->next) {
		if (parked->kind != PARKED_WRITE)
			return 0;
	}
	return kind == PARKED_WRITE ? PENDING_MAX : 0;
}

/* Takes out those that are interrupted. */
static struct parked *take_interrupted_locked(struct import_handle *import)
{
	struct parked *taken = NULL, **link = &import->parked;

	while (*link) {
		struct parked *parked = *link;

		if (!fuse_req_interrupted(parked->req)) {
			link = &parked->next;
			continue;
		}
		*link = parked->next;
		parked->next = taken;
		taken = parked;
	}
	import->parked_last = link;
	return taken;
}

static void answer_interrupted(struct import_handle *import)
{
	struct parked *taken;

	pthread_mutex_lock(&import->mutex);
	taken = take_interrupted_locked(import);
	pthread_mutex_unlock(&import->mutex);
	for (struct parked *parked = taken, *next; parked; parked = next) {
		next = parked->next;
		fuse_reply_err(parked->req, EINTR);
		free(parked);
	}
}

/* The open imports, held, in the buffer: struct handle *. */
static void hold_imports(struct filesystem *fs, struct buf *ret)
{
	pthread_mutex_lock(&fs->handles_mutex);
	for (struct handle *handle = fs->handles; handle; handle = handle->next) {
		if (handle->operations == &import_file && handle_ref_listed(handle))
			buf_append(ret, &handle, sizeof(struct handle *));
	}
	pthread_mutex_unlock(&fs->handles_mutex);
}

/* By then the request may be answered and its file gone: looks at all of them. */
static void sweep_imports(void *context)
{
	struct filesystem *fs = context;
	struct buf imports CLEANUP(buf_release) = BUF_INIT;
	struct handle *const *handles;

	hold_imports(fs, &imports);
	handles = (struct handle *const *)(const void *)imports.data;
	for (size_t i = 0; i < imports.len / sizeof(*handles); i++) {
		answer_interrupted(import_of(handles[i]));
		handle_unref(handles[i], fs);
	}
}

static void note_interrupt(fuse_req_t req, void *context)
{
	struct filesystem *fs = context;

	(void)req;
	executor_submit(fs->executor, sweep_imports, fs);
}

static void park(struct import_handle *import, fuse_req_t req, enum parked_kind kind, size_t size)
{
	struct parked *parked = memory_new_zero(sizeof(*parked));
	size_t wait = 0;
	bool interrupted;

	/* Not under the mutex: the request has a lock that comes before it. */
	fuse_req_interrupt_func(req, note_interrupt, import->fs);
	pthread_mutex_lock(&import->mutex);
	*parked = (struct parked){ NULL, req, kind, size, wait_of_locked(import, kind) };
	*import->parked_last = parked;
	import->parked_last = &parked->next;
	for (const struct parked *other = import->parked; other; other = other->next) {
		if (other->pending > wait)
			wait = other->pending;
	}
	interrupted = fuse_req_interrupted(req);
	pthread_mutex_unlock(&import->mutex);
	if (interrupted)
		note_interrupt(req, import->fs);
	importer_wait(import->importer, wait, answer_due, import);
}

static void finish_line(struct import_handle *import, bool last)
{
	pthread_mutex_lock(&import->feeding);
	importer_finish_line(import->importer, last);
	pthread_mutex_unlock(&import->feeding);
}

static void write_import(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct import_handle *import = import_of(handle);
	struct error err = ERROR_INIT;
	struct importer_report report;

	(void)offset; /* a stream: in the order of arrival */
	if (importer_report(import->importer, &report, &err) < 0) {
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
		return;
	}
	pthread_mutex_lock(&import->feeding);
	importer_feed(import->importer, data);
	pthread_mutex_unlock(&import->feeding);
	pthread_mutex_lock(&import->mutex);
	import->fed = true;
	import->reported = false;
	buf_clear(&import->report);
	pthread_mutex_unlock(&import->mutex);
	park(import, req, PARKED_WRITE, data.len);
}

static void finish_import(struct handle *handle, fuse_req_t req, enum parked_kind kind)
{
	struct import_handle *import = import_of(handle);
	bool fed;

	pthread_mutex_lock(&import->mutex);
	fed = import->fed;
	pthread_mutex_unlock(&import->mutex);
	if (!fed) {
		fuse_reply_err(req, 0);
		return;
	}
	finish_line(import, false);
	park(import, req, kind, 0);
}

static void flush_import(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	(void)fs;
	finish_import(handle, req, PARKED_FLUSH);
}

static void fsync_import(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	(void)fs;
	finish_import(handle, req, PARKED_FSYNC);
}

static void read_import(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct import_handle *import = import_of(handle);

	(void)fs;
	if (!import->importer) {
		reply_text(req, SLICE(IMPORT_HELP), size, offset);
		return;
	}
	/* The offset is where writing has got to: the report is a stream too. */
	finish_line(import, false);
	park(import, req, PARKED_READ, size);
}

static int truncate_import(struct filesystem *fs, struct handle *handle, off_t size)
{
	(void)fs;
	(void)handle;
	return size ? -EINVAL : 0;
}

static void release_import(struct filesystem *fs, struct handle *handle)
{
	struct import_handle *import = import_of(handle);

	if (import->importer) {
		finish_line(import, true);
		importer_free(import->importer);
	}
	if (import->refused_count > import->refused_told) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct rejection rejection = {
			.path = node_path(fs->nodes, handle->node, &arena),
			.err = &err,
			.errnum = EINVAL,
		};

		error_set(&err, ERROR_VALIDATION, "lines left out: %llu%s",
			(unsigned long long)(import->refused_count - import->refused_told),
			buf_string(&import->refused));
		rejection_record(fs->rejections, handle->opener.uid, &rejection);
	}
	buf_release(&import->refused);
	buf_release(&import->report);
	pthread_mutex_destroy(&import->feeding);
	pthread_mutex_destroy(&import->mutex);
	handle_done(handle, fs);
	free(import);
}

const struct file_operations import_file = {
	.open = open_import,
	.read = read_import,
	.write = write_import,
	.flush = flush_import,
	.fsync = fsync_import,
	.truncate = truncate_import,
	.release = release_import,
};
