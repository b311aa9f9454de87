/*
 * `.ctl` of a transaction: takes a word, tells what came of it.
 *
 * One write is one word. What it led to is read on the same descriptor, as a
 * stream: the offset is where writing has got to. A descriptor that nothing was
 * written to shows how the transaction stands.
 */
#include "files.h"

#include "backpressure.h"
#include "base/memory.h"
#include "executor.h"
#include "invalidate.h"
#include "requests.h"
#include "transaction.h"

#include <errno.h>

#define NO_TEXT ((struct slice){ NULL, 0 })

struct control_handle {
	struct handle handle;
	struct transaction *transaction; /* counted */
	pthread_mutex_t mutex;
	bool answering; /* text is an answer, and goes as it is read */
	bool made;
	struct buf text;
};

static struct control_handle *control_of(struct handle *handle)
{
	return (struct control_handle *)handle;
}

static int find_control(struct filesystem *fs, const struct caller *caller,
	const struct mount_table *table, struct stat *ret)
{
	const struct caller *owner = transaction_owner(table->transaction);

	(void)fs;
	(void)caller;
	ret->st_uid = owner->uid;
	ret->st_gid = owner->gid;
	return 0;
}

static int open_control(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct control_handle *control = memory_new_zero(sizeof(*control));

	handle_init(&control->handle, fs, NODE_CONTROL, caller, view->node, flags);
	control->transaction = transaction_ref(view->table->transaction);
	pthread_mutex_init(&control->mutex, NULL);
	info->direct_io = 1;
	info->noflush = 1;
	*ret = &control->handle;
	return 0;
}

/* Words. */

static int commit(struct transaction *transaction, struct buf *answer, struct error *err)
{
	return transaction_commit(transaction, answer, err);
}

static int abort_transaction(struct transaction *transaction, struct buf *answer, struct error *err)
{
	TRY(transaction_abort(transaction, err));
	transaction_append_status(transaction, answer);
	return 0;
}

static const struct control_word {
	const char *word;
	/* Appends what came of it, also when it fails. */
	int (*run)(struct transaction *transaction, struct buf *answer, struct error *err);
} words[] = {
	{ "commit", commit },
	{ "abort", abort_transaction },
};

static struct slice trim(struct slice text)
{
	while (text.len && strchr(" \t\r\n", text.data[0]))
		text = slice_skip(text, 1);
	while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
		text.len--;
	return text;
}

static const struct control_word *find_word(struct slice text, struct error *err)
{
	struct buf known CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (slice_equal_string(text, words[i].word))
			return &words[i];
		buf_appendf(&known, "%s%s", i ? " or " : "", words[i].word);
	}
	error_set(err, ERROR_VALIDATION, "a transaction takes %s in one write, not \"%.*s\"",
		buf_string(&known), SLICE_ARG(text));
	return NULL;
}

/* A word at work: by the executor, as it may take long. */
struct control_call {
	struct filesystem *fs;
	struct control_handle *control;
	fuse_req_t req;
	size_t size;
	const struct control_word *word;
};

/* The transaction's directory is gone. */
static void forget_directory(struct filesystem *fs, struct node *control)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node *directory = node_parent(fs->nodes, control);
	uint64_t parent_id;
	struct slice name;

	if (node_place(fs->nodes, directory, &arena, &parent_id, &name))
		invalidate_entry(fs->invalidator, parent_id, name);
	node_unname(fs->nodes, directory);
	node_unref(fs->nodes, directory);
}

static void take_answer(struct control_handle *control, struct buf *answer)
{
	pthread_mutex_lock(&control->mutex);
	control->answering = true;
	buf_release(&control->text);
	control->text = *answer; /* stolen */
	pthread_mutex_unlock(&control->mutex);
}

/* Whether a commit that its tables' throughput does not allow is not tried again. */
static bool ends(const struct control_call *call)
{
	return atomic_load(&call->fs->ending) || fuse_req_interrupted(call->req);
}

static void run_word(void *context)
{
	struct control_call *call = context;
	struct filesystem *fs = call->fs;
	struct handle *handle = &call->control->handle;
	struct error err = ERROR_INIT;
	struct buf answer = BUF_INIT;
	int r = call->word->run(call->control->transaction, &answer, &err);

	if (r < 0 && backpressure_is_refusal(&err) && !ends(call)) {
		error_release(&err);
		buf_release(&answer);
		executor_submit_later(fs->executor, backpressure_pause_ns(), run_word, call);
		return;
	}
	take_answer(call->control, &answer);
	if (r == 0)
		forget_directory(fs, handle->node);
	invalidate_settle(fs);
	if (r < 0)
		fuse_reply_err(call->req,
			-filesystem_reject(fs, &handle->opener, handle->node, &err, NO_TEXT));
	else
		fuse_reply_write(call->req, call->size);
	handle_unref(handle, fs);
	free(call);
}

static void write_control(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct control_call *call;
	struct error err = ERROR_INIT;
	const struct control_word *word = find_word(trim(data), &err);

	(void)offset;
	if (!word) {
		fuse_reply_err(
			req, -filesystem_reject(fs, &handle->opener, handle->node, &err, NO_TEXT));
		return;
	}
	call = memory_new(sizeof(*call));
	*call = (struct control_call){ fs, control_of(handle_ref(handle)), req, data.len, word };
	executor_submit(fs->executor, run_word, call);
}

/* Reading. */

static void reply_answer(fuse_req_t req, struct control_handle *control, size_t size)
{
	struct buf part CLEANUP(buf_release) = BUF_INIT;

	if (size > control->text.len)
		size = control->text.len;
	buf_append(&part, control->text.data, size);
	memmove(control->text.data, control->text.data + size, control->text.len - size);
	buf_resize(&control->text, control->text.len - size);
	fuse_reply_buf(req, part.data, part.len);
}

static void read_control(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct control_handle *control = control_of(handle);

	(void)fs;
	pthread_mutex_lock(&control->mutex);
	if (control->answering) {
		reply_answer(req, control, size);
	} else {
		if (!control->made)
			transaction_append_status(control->transaction, &control->text);
		control->made = true;
		reply_text(req, buf_slice(&control->text), size, offset);
	}
	pthread_mutex_unlock(&control->mutex);
}

static void fsync_control(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct error err = ERROR_INIT;
	int r = 0;

	if (request_sync(fs, &err) < 0)
		r = filesystem_reject(fs, &handle->opener, handle->node, &err, NO_TEXT);
	fuse_reply_err(req, -r);
}

static int truncate_control(struct filesystem *fs, struct handle *handle, off_t size)
{
	(void)fs;
	(void)handle;
	return size ? -EINVAL : 0;
}

static void release_control(struct filesystem *fs, struct handle *handle)
{
	struct control_handle *control = control_of(handle);

	buf_release(&control->text);
	transaction_unref(control->transaction);
	pthread_mutex_destroy(&control->mutex);
	handle_done(handle, fs);
	free(control);
}

const struct file_operations control_file = {
	.open = open_control,
	.find = find_control,
	.read = read_control,
	.write = write_control,
	.flush = file_flush_nothing,
	.fsync = fsync_control,
	.truncate = truncate_control,
	.release = release_control,
};
