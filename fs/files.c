#include "files.h"

#include "backpressure.h"
#include "base/memory.h"
#include "rejection.h"
#include "scratch.h"

#include <errno.h>

const struct file_operations *file_operations_of(enum node_kind kind)
{
	static const struct file_operations *const files[NODE_KIND_COUNT] = {
		[NODE_ITEM] = &item_file,
		[NODE_SCRATCH] = &scratch_file_operations,
		[NODE_SCHEMA] = &schema_file,
		[NODE_INFO] = &info_file,
		[NODE_IMPORT] = &import_file,
		[NODE_EXPORT] = &export_file,
		[NODE_ERROR] = &error_file,
		[NODE_TTL] = &ttl_file,
		[NODE_STREAM] = &stream_file,
		[NODE_FOLLOW] = &follow_file,
		[NODE_QUERY] = &query_file,
		[NODE_PARTIQL] = &query_file,
		[NODE_OPERATION] = &operation_file,
		[NODE_METRICS] = &metrics_file,
		[NODE_TABLE_METRICS] = &metrics_file,
		[NODE_CONTROL] = &control_file,
		[NODE_AUDIT] = &audit_file,
		[NODE_HOT] = &hot_file,
		[NODE_ALARM] = &alarm_file,
		[NODE_ALARMS_LOG] = &alarms_log_file,
	};

	return files[kind];
}

void handle_init(struct handle *handle, struct filesystem *fs, enum node_kind kind,
	const struct caller *caller, struct node *node, int flags)
{
	handle->operations = file_operations_of(kind);
	handle->node = node_ref(fs->nodes, node);
	handle->opener = *caller;
	handle->flags = flags;
	handle->references = 1;
	pthread_mutex_lock(&fs->handles_mutex);
	handle->previous = NULL;
	handle->next = fs->handles;
	if (fs->handles)
		fs->handles->previous = handle;
	fs->handles = handle;
	pthread_mutex_unlock(&fs->handles_mutex);
}

void handle_done(struct handle *handle, struct filesystem *fs)
{
	pthread_mutex_lock(&fs->handles_mutex);
	if (handle->next)
		handle->next->previous = handle->previous;
	if (handle->previous)
		handle->previous->next = handle->next;
	else
		fs->handles = handle->next;
	pthread_mutex_unlock(&fs->handles_mutex);
	node_unref(fs->nodes, handle->node);
}

struct handle *handle_ref(struct handle *handle)
{
	__atomic_add_fetch(&handle->references, 1, __ATOMIC_RELAXED);
	return handle;
}

bool handle_ref_listed(struct handle *handle)
{
	unsigned references = __atomic_load_n(&handle->references, __ATOMIC_RELAXED);

	while (references && !__atomic_compare_exchange_n(&handle->references, &references,
				     references + 1, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	return references > 0;
}

struct handle *handle_find(struct filesystem *fs, const struct node *node)
{
	struct handle *handle;

	pthread_mutex_lock(&fs->handles_mutex);
	for (handle = fs->handles; handle; handle = handle->next) {
		if (handle->node == node && handle_ref_listed(handle))
			break;
	}
	pthread_mutex_unlock(&fs->handles_mutex);
	return handle;
}

int handle_attributes(struct filesystem *fs, const struct node *node, struct stat *ret)
{
	struct handle *handle = handle_find(fs, node);
	int r = -ENOENT;

	if (!handle)
		return r;
	if (handle->operations->attributes)
		r = handle->operations->attributes(fs, handle, ret);
	handle_unref(handle, fs);
	return r;
}

void handle_unref(struct handle *handle, struct filesystem *fs)
{
	if (__atomic_sub_fetch(&handle->references, 1, __ATOMIC_ACQ_REL) == 0)
		handle->operations->release(fs, handle);
}

void handles_release(struct filesystem *fs)
{
	while (fs->handles)
		handle_unref(fs->handles, fs);
}

struct caller caller_of(fuse_req_t req)
{
	const struct fuse_ctx *context = fuse_req_ctx(req);

	return (struct caller){
		.uid = context->uid,
		.gid = context->gid,
		.pid = context->pid,
	};
}

void reply_text(fuse_req_t req, struct slice text, size_t size, off_t offset)
{
	if ((size_t)offset >= text.len) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	if (size > text.len - (size_t)offset)
		size = text.len - (size_t)offset;
	fuse_reply_buf(req, text.data + offset, size);
}

static int reject_path(struct filesystem *fs, const struct caller *caller, struct slice path,
	struct error *err, struct slice text)
{
	int r = error_to_errno(err);
	struct rejection rejection = {
		.path = path,
		.err = err,
		.errnum = -r,
		.text = text,
	};

	/* What is tried again is not rejected. */
	if (!backpressure_waits())
		rejection_record(fs->rejections, caller->uid, &rejection);
	error_release(err);
	return r;
}

int filesystem_reject(struct filesystem *fs, const struct caller *caller, struct node *node,
	struct error *err, struct slice text)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	return reject_path(fs, caller, node_path(fs->nodes, node, &arena), err, text);
}

int filesystem_reject_text(struct filesystem *fs, const struct caller *caller,
	struct node *directory, struct slice name, struct error *err, struct slice text)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice path = node_path(fs->nodes, directory, &arena);

	path = arena_printf(
		&arena, "%.*s%s%.*s", SLICE_ARG(path), path.len ? "/" : "", SLICE_ARG(name));
	return reject_path(fs, caller, path, err, text);
}

int filesystem_reject_name(struct filesystem *fs, const struct caller *caller,
	struct node *directory, struct slice name, struct error *err)
{
	return filesystem_reject_text(fs, caller, directory, name, err, (struct slice){ NULL, 0 });
}

int filesystem_refuse(struct filesystem *fs, const struct caller *caller, struct node *directory,
	struct slice name, const char *reason)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_NOT_PERMITTED, "%s", reason);
	return filesystem_reject_name(fs, caller, directory, name, &err);
}

void file_refuse_write(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	(void)fs;
	(void)handle;
	(void)data;
	(void)offset;
	fuse_reply_err(req, EPERM);
}

void file_flush_nothing(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	(void)fs;
	(void)handle;
	fuse_reply_err(req, 0);
}

int file_refuse_truncate(struct filesystem *fs, struct handle *handle, off_t size)
{
	(void)fs;
	(void)handle;
	(void)size;
	return -EPERM;
}

/* Scratch files: the overlay's own, behind the table. */

struct scratch_handle {
	struct handle handle;
	struct scratch_file *file;
};

static struct scratch_file *file_of(struct handle *handle)
{
	return ((struct scratch_handle *)handle)->file;
}

static int open_scratch(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice path = node_path(fs->nodes, view->node, &arena);
	struct scratch_path place = { .name = view->name };
	struct scratch_handle *scratch;
	struct scratch_file *file;
	int r;

	place.directory = slice_of(path.data, path.len - view->name.len);
	if (place.directory.len)
		place.directory.len--;
	r = scratch_open(fs->scratch, view->owner, place, flags, &file);
	if (r < 0)
		return r;
	scratch = memory_new_zero(sizeof(*scratch));
	handle_init(&scratch->handle, fs, NODE_SCRATCH, caller, view->node, flags);
	scratch->file = file;
	info->noflush = 1;
	*ret = &scratch->handle;
	return 0;
}

static int attributes_of_scratch(struct filesystem *fs, struct handle *handle, struct stat *ret)
{
	int r = scratch_file_stat(file_of(handle), ret);

	ret->st_gid = ret->st_uid == fs->owner ? fs->group : handle->opener.gid;
	return r;
}

static void read_scratch(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	char *data CLEANUP(cleanup_free) = memory_new(size);
	ssize_t r = scratch_read(file_of(handle), data, size, offset);

	(void)fs;
	if (r < 0)
		fuse_reply_err(req, (int)-r);
	else
		fuse_reply_buf(req, data, (size_t)r);
}

static void write_scratch(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	ssize_t r = scratch_write(file_of(handle), data, offset);

	(void)fs;
	if (r < 0)
		fuse_reply_err(req, (int)-r);
	else
		fuse_reply_write(req, (size_t)r);
}

static void flush_scratch(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	(void)fs;
	(void)handle;
	fuse_reply_err(req, 0);
}

static void fsync_scratch(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	(void)fs;
	fuse_reply_err(req, -scratch_sync(file_of(handle)));
}

static int truncate_scratch(struct filesystem *fs, struct handle *handle, off_t size)
{
	(void)fs;
	return scratch_file_truncate(file_of(handle), size);
}

static void release_scratch(struct filesystem *fs, struct handle *handle)
{
	scratch_close(file_of(handle));
	handle_done(handle, fs);
	free(handle);
}

const struct file_operations scratch_file_operations = {
	.attributes = attributes_of_scratch,
	.open = open_scratch,
	.read = read_scratch,
	.write = write_scratch,
	.flush = flush_scratch,
	.fsync = fsync_scratch,
	.truncate = truncate_scratch,
	.release = release_scratch,
};
