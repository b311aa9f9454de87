/*
 * `.export`: a table's items as JSON Lines, in one pass, a page at a time.
 *
 * Invariants:
 * 1. What is in the text is answered at once; a page is fetched by the executor,
 *    and the next one while the kernel takes what there is. At the end of the
 *    table nothing is fetched.
 * 2. A job fetches at most one page and then goes to the end of the executor's
 *    queue. While it runs (`busy`) the place in the table is the job's, the rest
 *    is the mutex's holder's.
 * 3. A page that its table's throughput does not allow is fetched after a pause,
 *    while somebody waits for it.
 * 4. No more is held than a page beyond AHEAD_MIN and what one read asks for.
 */
#include "files.h"

#include "backpressure.h"
#include "base/memory.h"
#include "executor.h"
#include "requests.h"

#include <errno.h>
#include <pthread.h>

/* With less than this the next page is fetched. */
#define AHEAD_MIN (512 * 1024)

/* A read that waits for a page. */
struct export_read {
	struct export_read *next;
	fuse_req_t req;
	size_t size;
	off_t offset;
};

struct export_handle {
	struct handle handle;
	struct filesystem *fs;
	pthread_mutex_t mutex;
	struct export_read *first, **last;
	bool busy;
	struct buf text; /* rendered; so many bytes of it were read: */
	size_t taken;
	off_t text_start; /* where in the stream that is */
	bool ended; /* the text has the last item */
	/* The place in the table: */
	struct arena position_arena;
	struct key position; /* of the last item rendered */
	bool started;
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
	export->fs = fs;
	export->last = &export->first;
	info->direct_io = 1;
	info->noflush = 1;
	*ret = &export->handle;
	return 0;
}

static struct slice rest_of(const struct export_handle *export)
{
	return slice_skip(buf_slice(&export->text), export->taken);
}

/* Fetching. */

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
	export->started = true;
	return key_decode(&table->schema, bytes, &export->position_arena, &export->position, err);
}

static void add_lines_locked(struct export_handle *export, const struct query_output *page)
{
	struct buf *text = &export->text;

	if (export->taken) {
		memmove(text->data, text->data + export->taken, text->len - export->taken);
		text->len -= export->taken;
		export->taken = 0;
	}
	buf_append_slice(text, page->lines);
	export->ended = !page->last_evaluated_key;
}

/* Fetches a page, without the mutex. */
static int fetch(struct export_handle *export, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct query_output page;

	node_load(export->fs->nodes, export->handle.node, &arena, &view);
	TRY(request_lines(export->fs, view.table, export->started ? &export->position : NULL,
		&arena, &page, err));
	if (page.last_evaluated_key)
		TRY(keep_position(export, view.table, page.last_evaluated_key, err));
	pthread_mutex_lock(&export->mutex);
	add_lines_locked(export, &page);
	pthread_mutex_unlock(&export->mutex);
	return 0;
}

/* Answering. */

static void start_again(struct export_handle *export)
{
	buf_clear(&export->text);
	export->taken = 0;
	export->text_start = 0;
	export->started = export->ended = false;
}

/* Drops what is before the offset, which only grows: reading goes on in order, or
 * begins again, for which nobody may be fetching. Seeking itself is the kernel's,
 * as programs like head(1) put the offset back where they stopped. */
static int advance(struct export_handle *export, off_t offset, struct error *err)
{
	off_t skip = offset - export->text_start;

	if (offset == 0 && skip < 0) {
		start_again(export);
		skip = 0;
	}
	if (skip < 0 || (size_t)skip > rest_of(export).len)
		return error_set(err, ERROR_NOT_PERMITTED,
			".export is a stream: it is read from the beginning, in order");
	export->taken += (size_t)skip;
	export->text_start = offset;
	return 0;
}

static bool has_all(const struct export_handle *export, size_t size, off_t offset)
{
	return offset >= export->text_start &&
	       (export->ended ||
		       (size_t)(offset - export->text_start) + size <= rest_of(export).len);
}

static void refuse(struct export_handle *export, fuse_req_t req, struct error *err)
{
	fuse_reply_err(req, -filesystem_reject(export->fs, &export->handle.opener,
				    export->handle.node, err, (struct slice){ NULL, 0 }));
}

/* With the mutex held: whether the read is answered, for good or ill. */
static bool answer_locked(struct export_handle *export, const struct export_read *read)
{
	struct error err = ERROR_INIT;

	if (atomic_load(&export->fs->ending) || fuse_req_interrupted(read->req)) {
		fuse_reply_err(read->req, EINTR);
		return true;
	}
	if (advance(export, read->offset, &err) < 0) {
		refuse(export, read->req, &err);
		return true;
	}
	if (!has_all(export, read->size, read->offset))
		return false;
	reply_text(read->req, rest_of(export), read->size, 0);
	return true;
}

static struct export_read *take_locked(struct export_handle *export)
{
	struct export_read *read = export->first;

	export->first = read->next;
	if (!export->first)
		export->last = &export->first;
	return read;
}

static bool wants_page_locked(const struct export_handle *export)
{
	return export->first || (!export->ended && rest_of(export).len < AHEAD_MIN);
}

/* Answers what can be answered; whether a page is wanted then. */
static bool serve(struct export_handle *export)
{
	bool wanted;

	pthread_mutex_lock(&export->mutex);
	while (export->first && answer_locked(export, export->first))
		free(take_locked(export));
	wanted = wants_page_locked(export) && !atomic_load(&export->fs->ending);
	export->busy = wanted;
	pthread_mutex_unlock(&export->mutex);
	return wanted;
}

/* A page that nobody waits for yet is tried again by who does. */
static bool fail_first(struct export_handle *export, struct error *err)
{
	struct export_read *read = NULL;

	pthread_mutex_lock(&export->mutex);
	if (export->first)
		read = take_locked(export);
	else
		export->busy = false;
	pthread_mutex_unlock(&export->mutex);
	if (read)
		refuse(export, read->req, err);
	else
		error_release(err);
	free(read);
	return read != NULL;
}

static bool waits_for_throughput(struct export_handle *export, const struct error *err)
{
	bool waits;

	pthread_mutex_lock(&export->mutex);
	waits = export->first && backpressure_is_refusal(err);
	pthread_mutex_unlock(&export->mutex);
	return waits;
}

static void run_job(void *context)
{
	struct export_handle *export = context;
	struct filesystem *fs = export->fs;
	struct error err = ERROR_INIT;
	bool more = serve(export);

	if (more && fetch(export, &err) < 0) {
		if (waits_for_throughput(export, &err)) {
			error_release(&err);
			executor_submit_later(
				fs->executor, backpressure_pause_ns(), run_job, export);
			return;
		}
		more = fail_first(export, &err);
	}
	if (more)
		more = serve(export);
	if (more)
		executor_submit(fs->executor, run_job, export);
	else
		handle_unref(&export->handle, fs);
}

/* With the mutex held: whether a job must begin. */
static bool take_read_locked(
	struct export_handle *export, fuse_req_t req, size_t size, off_t offset)
{
	struct export_read read = { NULL, req, size, offset };
	bool begins;

	if (!export->first && has_all(export, size, offset)) {
		answer_locked(export, &read);
	} else {
		*export->last = memory_new(sizeof(read));
		**export->last = read;
		export->last = &(*export->last)->next;
	}
	begins = !export->busy && wants_page_locked(export);
	export->busy |= begins;
	return begins;
}

static void read_export(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct export_handle *export = export_of(handle);
	bool begins;

	pthread_mutex_lock(&export->mutex);
	begins = take_read_locked(export, req, size, offset);
	pthread_mutex_unlock(&export->mutex);
	if (begins)
		executor_submit(fs->executor, run_job, export_of(handle_ref(handle)));
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
