/*
 * The kernel's requests on open files and directories.
 */
#include "operations_private.h"

#include "acting.h"
#include "backpressure.h"
#include "base/memory.h"
#include "executor.h"
#include "item.h"
#include "ownership.h"
#include "requests.h"

#include <errno.h>
#include <poll.h>

/* Of the attributes of a file that was just created, in seconds. */
#define DRAFT_TIMEOUT 1.0

static void run_open(struct filesystem *fs, const struct kernel_call *call)
{
	struct operation_context context CLEANUP(operation_end);
	struct fuse_file_info info = call->info;
	const struct file_operations *file;
	struct handle *handle;
	int r;

	operation_begin(call->req, call->ino, &context);
	file = file_operations_of(context.view.kind);
	r = file ? file->open(fs, &context.caller, &context.view, info.flags & ~(O_CREAT | O_EXCL),
			   &handle, &info)
		 : -EISDIR;
	if (r < 0) {
		backpressure_reply_err(call->req, -r);
		return;
	}
	info.fh = (uint64_t)(uintptr_t)handle;
	if (fuse_reply_open(call->req, &info) == -ENOENT)
		handle_unref(handle, fs); /* interrupted */
}

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	backpressure_run(operation_filesystem(req),
		&(struct kernel_call){ .run = run_open, .req = req, .ino = ino, .info = *info });
}

static int create(struct operation_context *context, const char *name, struct fuse_file_info *info,
	struct fuse_entry_param *entry, struct handle **ret)
{
	struct directory_entry prepared CLEANUP(directory_entry_release) = { 0 };
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct node *node;
	int r = directory_prepare(context->fs, &context->caller, &context->view,
		slice_from_string(name), &context->arena, &prepared);

	if (r < 0)
		return r;
	node = node_lookup(context->fs->nodes, context->view.node, &prepared.identity);
	node_load(context->fs->nodes, node, &context->arena, &view);
	r = file_operations_of(view.kind)->open(
		context->fs, &context->caller, &view, info->flags | O_CREAT, ret, info);
	if (r == 0) {
		r = directory_attributes(
			context->fs, &context->caller, &view, &entry->attr, &entry->attr_timeout);
		if (r < 0)
			handle_unref(*ret, context->fs);
	}
	if (r < 0) {
		node_forget(context->fs->nodes, node, 1);
		return r;
	}
	entry->ino = node_id(node);
	entry->attr.st_ino = view.inode;
	entry->entry_timeout = entry->attr_timeout;
	/* Each write makes the kernel ask again. */
	if (!entry->attr_timeout)
		entry->attr_timeout = DRAFT_TIMEOUT;
	return 0;
}

static void run_create(struct filesystem *fs, const struct kernel_call *call)
{
	struct operation_context context CLEANUP(operation_end);
	struct fuse_entry_param entry = { 0 };
	struct fuse_file_info info = call->info;
	struct handle *handle;
	int r;

	operation_begin(call->req, call->ino, &context);
	r = create(&context, call->name.data, &info, &entry, &handle);
	if (r < 0) {
		backpressure_reply_err(call->req, -r);
		return;
	}
	info.fh = (uint64_t)(uintptr_t)handle;
	if (fuse_reply_create(call->req, &entry, &info) == -ENOENT) {
		handle_unref(handle, fs);
		node_forget(fs->nodes, node_of_id(fs->nodes, entry.ino), 1);
	}
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	struct fuse_file_info *info)
{
	(void)mode;
	backpressure_run(operation_filesystem(req), &(struct kernel_call){
							    .run = run_create,
							    .req = req,
							    .ino = parent,
							    .name = slice_from_string(name),
							    .info = *info,
						    });
}

/* Those on items wait for throughput; the others have their own ways. */
static void run_on_handle(
	struct filesystem *fs, struct handle *handle, const struct kernel_call *call)
{
	acting_set(&handle->opener);
	handle_ref(handle);
	if (handle->operations == &item_file)
		backpressure_run(fs, call);
	else
		call->run(fs, call);
	handle_unref(handle, fs);
}

static void run_read(struct filesystem *fs, const struct kernel_call *call)
{
	call->handle->operations->read(fs, call->req, call->handle, call->size, call->offset);
}

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);

	(void)ino;
	__atomic_store_n(&handle->nonblocking, (info->flags & O_NONBLOCK) != 0, __ATOMIC_RELAXED);
	run_on_handle(operation_filesystem(req), handle,
		&(struct kernel_call){
			.run = run_read,
			.req = req,
			.handle = handle,
			.size = size,
			.offset = offset,
		});
}

void op_poll(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, struct fuse_pollhandle *poll)
{
	struct filesystem *fs = operation_filesystem(req);
	struct handle *handle = handle_of(info);
	unsigned events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

	(void)ino;
	if (handle->operations->poll)
		events = handle->operations->poll(fs, handle, poll);
	else if (poll)
		fuse_pollhandle_destroy(poll);
	fuse_reply_poll(req, events);
}

static void run_write(struct filesystem *fs, const struct kernel_call *call)
{
	call->handle->operations->write(fs, call->req, call->handle, call->data, call->offset);
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
	struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);

	(void)ino;
	run_on_handle(operation_filesystem(req), handle,
		&(struct kernel_call){
			.run = run_write,
			.req = req,
			.handle = handle,
			.data = slice_of(data, size),
			.offset = offset,
		});
}

static void run_flush(struct filesystem *fs, const struct kernel_call *call)
{
	call->handle->operations->flush(fs, call->req, call->handle);
}

void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);

	(void)ino;
	run_on_handle(operation_filesystem(req), handle,
		&(struct kernel_call){ .run = run_flush, .req = req, .handle = handle });
}

static void run_fsync(struct filesystem *fs, const struct kernel_call *call)
{
	call->handle->operations->fsync(fs, call->req, call->handle);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);

	(void)ino;
	(void)data_only;
	run_on_handle(operation_filesystem(req), handle,
		&(struct kernel_call){ .run = run_fsync, .req = req, .handle = handle });
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct handle *handle = handle_of(info);

	(void)ino;
	acting_set(&handle->opener);
	handle_unref(handle, operation_filesystem(req));
	fuse_reply_err(req, 0);
}

static struct listing *listing_of(const struct fuse_file_info *info)
{
	return (struct listing *)(uintptr_t)info->fh;
}

void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct filesystem *fs = operation_filesystem(req);
	struct caller caller = caller_of(req);
	struct listing *listing = listing_open(fs, &caller, node_of_id(fs->nodes, ino));

	info->fh = (uint64_t)(uintptr_t)listing;
	if (fuse_reply_open(req, info) == -ENOENT)
		listing_close(listing);
}

void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	(void)ino;
	listing_close(listing_of(info));
	fuse_reply_err(req, 0);
}

static mode_t entry_mode(const struct listing_entry *entry)
{
	return entry->kind == NODE_SCRATCH ? entry->type | 0600 : node_kinds[entry->kind].mode;
}

/* A reply of entries being packed. */
struct packing {
	fuse_req_t req;
	struct operation_context *context;
	bool plus;
	char *data;
	size_t size, used;
	struct buf *nodes; /* struct node *: looked up, to be taken back if the reply fails */
};

/* An entry's node and attributes, where they come without another request. */
static void know_entry(
	struct packing *packing, const struct listing_entry *entry, struct fuse_entry_param *ret)
{
	struct operation_context *context = packing->context;
	struct node_identity identity = {
		.kind = entry->kind,
		.name = entry->name,
		.table = context->view.table,
		.row_key = entry->row_key,
	};
	struct table_access access;
	struct node *node;

	if (!entry->has_facts)
		return;
	access = ownership_find(context->fs, context->view.table);
	node = node_lookup(context->fs->nodes, context->view.node, &identity);
	ret->ino = node_id(node);
	buf_append(packing->nodes, &node, sizeof(node));
	item_fill_attributes(&access, node_item_inode(context->view.table->id, entry->row_key),
		&entry->facts, &ret->attr);
	if (!node_drafts(context->fs->nodes, node).open &&
		context->access_changes == atomic_load(&context->fs->access_changes) &&
		entry->changes == node_changes(context->fs->nodes))
		ret->attr_timeout = ret->entry_timeout = item_timeout(context->view.table);
}

/* Packs one entry; false when there is no room. */
static bool pack(struct packing *packing, const struct listing_entry *entry)
{
	struct fuse_entry_param param = { .attr.st_mode = entry_mode(entry), .attr.st_ino = 1 };
	size_t left = packing->size - packing->used;
	size_t needed;

	if (!packing->plus) {
		if (entry->has_facts)
			param.attr.st_ino =
				node_item_inode(packing->context->view.table->id, entry->row_key);
		needed = fuse_add_direntry(packing->req, packing->data + packing->used, left,
			entry->name.data, &param.attr, (off_t)entry->cookie);
	} else {
		needed = fuse_add_direntry_plus(packing->req, NULL, 0, entry->name.data, NULL, 0);
		if (needed > left)
			return false;
		know_entry(packing, entry, &param);
		needed = fuse_add_direntry_plus(packing->req, packing->data + packing->used, left,
			entry->name.data, &param, (off_t)entry->cookie);
	}
	if (needed > left)
		return false;
	packing->used += needed;
	return true;
}

/* 0, -errno, or LISTING_PAUSED with nothing packed. */
static int pack_entries(struct packing *packing, struct listing *listing, uint64_t cookie)
{
	struct operation_context *context = packing->context;
	struct error err = ERROR_INIT;
	struct listing_entry entry;
	int r;

	while ((r = listing_read(listing, cookie, &entry, &err)) == 0) {
		if (!pack(packing, &entry)) {
			listing_put_back(listing, cookie);
			break;
		}
		cookie = entry.cookie;
	}
	if (r >= 0)
		return r == LISTING_PAUSED && !packing->used ? r : 0;
	if (listing_interrupted(listing)) {
		error_release(&err);
		return packing->used ? 0 : -EINTR;
	}
	r = filesystem_reject(
		context->fs, &context->caller, context->view.node, &err, (struct slice){ NULL, 0 });
	return packing->used ? 0 : r;
}

static void forget_all(struct filesystem *fs, const struct buf *nodes)
{
	struct node *const *node = (struct node *const *)(const void *)nodes->data;

	for (size_t i = 0; i < nodes->len / sizeof(*node); i++)
		node_forget(fs->nodes, node[i], 1);
}

/* A readdir, to be answered now or by the executor. */
struct directory_read {
	fuse_req_t req;
	fuse_ino_t ino;
	size_t size;
	uint64_t cookie;
	struct listing *listing;
	bool plus;
	int64_t pause_ns; /* before it is taken up again */
};

/* Whether it is answered: reading may take another job. */
static bool answer_directory_read(struct directory_read *read)
{
	struct operation_context context CLEANUP(operation_end);
	char *data CLEANUP(cleanup_free) = memory_new(read->size);
	struct buf nodes CLEANUP(buf_release) = BUF_INIT;
	struct packing packing = { read->req, &context, read->plus, data, read->size, 0, &nodes };
	int r;

	operation_begin(read->req, read->ino, &context);
	listing_lock(read->listing, read->req);
	r = pack_entries(&packing, read->listing, read->cookie);
	read->pause_ns = listing_pause_ns(read->listing);
	listing_unlock(read->listing);
	if (r == LISTING_PAUSED)
		return false;
	if (r < 0)
		fuse_reply_err(read->req, -r);
	else if (fuse_reply_buf(read->req, data, packing.used) == -ENOENT)
		forget_all(context.fs, &nodes); /* interrupted */
	return true;
}

static void run_directory_read(void *job)
{
	struct directory_read *read = job;
	struct filesystem *fs = operation_filesystem(read->req);

	if (answer_directory_read(read)) {
		listing_close(read->listing);
		free(read);
	} else if (read->pause_ns) {
		executor_submit_later(fs->executor, read->pause_ns, run_directory_read, read);
	} else {
		executor_submit(fs->executor, run_directory_read, read);
	}
}

static void read_directory(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *info, bool plus)
{
	struct directory_read read = {
		.req = req,
		.ino = ino,
		.size = size,
		.cookie = (uint64_t)offset,
		.listing = listing_of(info),
		.plus = plus,
	};
	struct filesystem *fs = operation_filesystem(req);
	struct directory_read *job;
	struct caller caller = caller_of(req);

	acting_set(&caller);
	if (!listing_is_slow(read.listing)) {
		answer_directory_read(&read);
		return;
	}
	job = memory_new(sizeof(*job));
	*job = read;
	listing_ref(job->listing);
	executor_submit(fs->executor, run_directory_read, job);
}

void op_readdir(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	read_directory(req, ino, size, offset, info, false);
}

void op_readdirplus(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	read_directory(req, ino, size, offset, info, true);
}

void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *info)
{
	struct operation_context context CLEANUP(operation_end);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	(void)data_only;
	(void)info;
	operation_begin(req, ino, &context);
	fuse_reply_err(req, request_sync(context.fs, &err) < 0 ? -error_to_errno(&err) : 0);
}
