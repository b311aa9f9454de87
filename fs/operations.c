/*
 * The kernel's requests: load the node, ask the module that knows, reply.
 */
#include "operations.h"

#include "operations_private.h"

#include "acting.h"
#include "backpressure.h"
#include "base/clock.h"
#include "base/memory.h"
#include "directory_operations.h"
#include "executor.h"
#include "item.h"
#include "ownership.h"
#include "requests.h"
#include "scratch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>

struct filesystem *operation_filesystem(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

void operation_begin(fuse_req_t req, fuse_ino_t ino, struct operation_context *ret)
{
	*ret = (struct operation_context){ .fs = operation_filesystem(req),
		.caller = caller_of(req) };
	ret->access_changes = atomic_load(&ret->fs->access_changes);
	acting_set(&ret->caller);
	node_load(ret->fs->nodes, node_of_id(ret->fs->nodes, ino), &ret->arena, &ret->view);
}

void operation_end(struct operation_context *context)
{
	node_view_release(&context->view);
	arena_release(&context->arena);
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	conn->time_gran = 1;
	conn->want &= ~(unsigned)FUSE_CAP_WRITEBACK_CACHE;
	if (conn->capable & FUSE_CAP_READDIRPLUS_AUTO)
		conn->want |= FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO;
}

/* Fills the attributes of an entry whose node is known by now. */
static int fill_entry(struct operation_context *context, const struct directory_entry *found,
	struct fuse_entry_param *ret)
{
	struct node *node = node_lookup(context->fs->nodes, context->view.node, &found->identity);
	struct node_view view CLEANUP(node_view_release) = { 0 };
	int r = 0;

	*ret = (struct fuse_entry_param){
		.ino = node_id(node),
		.attr = found->attributes,
		.attr_timeout = found->timeout,
		.entry_timeout = found->timeout,
	};
	node_load(context->fs->nodes, node, &context->arena, &view);
	if (found->changes != node_changes(context->fs->nodes) && found->identity.kind == NODE_ITEM)
		ret->attr_timeout = ret->entry_timeout = 0;
	if (!found->attributes.st_mode)
		r = directory_attributes(
			context->fs, &context->caller, &view, &ret->attr, &ret->attr_timeout);
	if (found->identity.kind == NODE_SCRATCH || found->identity.kind == NODE_ITEM)
		ret->attr.st_ino = view.inode;
	if (context->access_changes != atomic_load(&context->fs->access_changes))
		ret->attr_timeout = 0;
	if (r < 0)
		node_forget(context->fs->nodes, node, 1);
	return r;
}

static int lookup(struct operation_context *context, const char *name, struct fuse_entry_param *ret)
{
	struct directory_entry found CLEANUP(directory_entry_release) = { 0 };
	int r = directory_find(context->fs, &context->caller, &context->view,
		slice_from_string(name), &context->arena, &found);

	if (r < 0)
		return r;
	return fill_entry(context, &found, ret);
}

static void reply_lookup(fuse_req_t req, struct operation_context *context, const char *name)
{
	struct fuse_entry_param entry;
	int r = lookup(context, name, &entry);

	if (r < 0)
		fuse_reply_err(req, -r);
	else if (fuse_reply_entry(req, &entry) == -ENOENT) /* interrupted */
		node_forget(context->fs->nodes, node_of_id(context->fs->nodes, entry.ino), 1);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct operation_context context CLEANUP(operation_end);

	operation_begin(req, parent, &context);
	reply_lookup(req, &context, name);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	struct filesystem *fs = operation_filesystem(req);

	node_forget(fs->nodes, node_of_id(fs->nodes, ino), count);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct filesystem *fs = operation_filesystem(req);

	for (size_t i = 0; i < count; i++)
		node_forget(fs->nodes, node_of_id(fs->nodes, forgets[i].ino), forgets[i].nlookup);
	fuse_reply_none(req);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct operation_context context CLEANUP(operation_end);
	int r;

	operation_begin(req, parent, &context);
	r = directory_mkdir(
		context.fs, &context.caller, &context.view, slice_from_string(name), mode);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_lookup(req, &context, name);
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct operation_context context CLEANUP(operation_end);

	operation_begin(req, parent, &context);
	fuse_reply_err(req, -directory_rmdir(context.fs, &context.caller, &context.view,
				    slice_from_string(name)));
}

static void run_unlink(struct filesystem *fs, const struct kernel_call *call)
{
	struct operation_context context CLEANUP(operation_end);

	operation_begin(call->req, call->ino, &context);
	backpressure_reply_err(
		call->req, -directory_unlink(fs, &context.caller, &context.view, call->name));
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	backpressure_run(operation_filesystem(req), &(struct kernel_call){
							    .run = run_unlink,
							    .req = req,
							    .ino = parent,
							    .name = slice_from_string(name),
						    });
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct operation_context context CLEANUP(operation_end);
	int r;

	operation_begin(req, parent, &context);
	r = directory_symlink(context.fs, &context.caller, &context.view, slice_from_string(name),
		slice_from_string(target));
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_lookup(req, &context, name);
}

static void reply_link(fuse_req_t req, int r, struct buf *target)
{
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_readlink(req, buf_string(target));
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	const struct directory_operations *links;
	struct operation_context context CLEANUP(operation_end);
	struct buf target CLEANUP(buf_release) = BUF_INIT;
	struct scratch_path path;
	struct node *parent;
	int r;

	operation_begin(req, ino, &context);
	links = directory_operations_of_link(context.view.kind);
	if (links) {
		reply_link(req, links->append_target(context.fs, &context.view, &target), &target);
		return;
	}
	parent = node_parent(context.fs->nodes, context.view.node);
	path.directory = node_path(context.fs->nodes, parent, &context.arena);
	path.name = context.view.name;
	node_unref(context.fs->nodes, parent);
	r = scratch_readlink(context.fs->scratch, context.view.owner, path, &target);
	reply_link(req, r, &target);
}

static void run_rename(struct filesystem *fs, const struct kernel_call *call)
{
	struct operation_context from CLEANUP(operation_end), to CLEANUP(operation_end);

	operation_begin(call->req, call->ino, &from);
	operation_begin(call->req, call->to, &to);
	backpressure_reply_err(
		call->req, -directory_rename(fs, &from.caller, &from.view, call->name, &to.view,
				   call->to_name, call->flags));
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	const char *newname, unsigned flags)
{
	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	backpressure_run(operation_filesystem(req), &(struct kernel_call){
							    .run = run_rename,
							    .req = req,
							    .ino = parent,
							    .to = newparent,
							    .name = slice_from_string(name),
							    .to_name = slice_from_string(newname),
							    .flags = flags,
						    });
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	struct operation_context context CLEANUP(operation_end);

	(void)ino;
	operation_begin(req, newparent, &context);
	if (directory_is_read_only(context.view.kind)) {
		fuse_reply_err(req, EROFS);
		return;
	}
	fuse_reply_err(req, -filesystem_refuse(context.fs, &context.caller, context.view.node,
				    slice_from_string(newname),
				    "an item has one name: copy it instead of linking it"));
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t dev)
{
	struct operation_context context CLEANUP(operation_end);

	(void)mode;
	(void)dev;
	operation_begin(req, parent, &context);
	if (directory_is_read_only(context.view.kind)) {
		fuse_reply_err(req, EROFS);
		return;
	}
	fuse_reply_err(
		req, -filesystem_refuse(context.fs, &context.caller, context.view.node,
			     slice_from_string(name), "only regular files can be made here"));
}

static void reply_attributes(fuse_req_t req, struct operation_context *context)
{
	struct stat attributes;
	double timeout;
	int r = directory_attributes(
		context->fs, &context->caller, &context->view, &attributes, &timeout);

	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	if (context->view.kind == NODE_SCRATCH)
		attributes.st_ino = context->view.inode;
	fuse_reply_attr(req, &attributes, timeout);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct operation_context context CLEANUP(operation_end);

	(void)info;
	operation_begin(req, ino, &context);
	reply_attributes(req, &context);
}

/* Those of what is in a table are the table's, and asking for just that is fine.
 * Scratch and files that are being written take any mode and stay as they are,
 * since rsync, install and others set modes on the way and give up when that
 * fails. */
static int check_owner_and_mode(
	struct operation_context *context, const struct stat *wanted, int to_set)
{
	struct stat now;
	double timeout;
	int r;

	if (context->view.kind == NODE_SCRATCH ||
		!(to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)))
		return 0;
	r = directory_attributes(context->fs, &context->caller, &context->view, &now, &timeout);
	if (r < 0)
		return r;
	if (to_set & FUSE_SET_ATTR_MODE && ((wanted->st_mode ^ now.st_mode) & 07777) &&
		!node_drafts(context->fs->nodes, context->view.node).open)
		return -EPERM;
	if (to_set & FUSE_SET_ATTR_UID && wanted->st_uid != now.st_uid)
		return -EPERM;
	if (to_set & FUSE_SET_ATTR_GID && wanted->st_gid != now.st_gid)
		return -EPERM;
	return 0;
}

/* A change of owner or mode, at work: by the executor, as it may take long. */
struct access_call {
	fuse_req_t req;
	fuse_ino_t ino;
	unsigned members;
	struct table_access access;
	struct principal principal;
};

static void run_access_call(void *job)
{
	struct access_call *call = job;
	struct operation_context context CLEANUP(operation_end);
	struct error err = ERROR_INIT;

	operation_begin(call->req, call->ino, &context);
	if (ownership_change(context.fs, &call->principal, &context.view, call->members,
		    &call->access, &err) < 0)
		fuse_reply_err(
			call->req, -filesystem_reject(context.fs, &context.caller,
					   context.view.node, &err, (struct slice){ NULL, 0 }));
	else
		reply_attributes(call->req, &context);
	ownership_principal_release(&call->principal);
	free(call);
}

static bool has_access(const struct operation_context *context)
{
	return context->view.kind == NODE_TABLE || context->view.kind == NODE_ROOT;
}

static unsigned access_members(int to_set)
{
	return (to_set & FUSE_SET_ATTR_MODE ? ACCESS_MODE : 0) |
	       (to_set & FUSE_SET_ATTR_UID ? ACCESS_OWNER : 0) |
	       (to_set & FUSE_SET_ATTR_GID ? ACCESS_GROUP : 0);
}

static void submit_access_call(fuse_req_t req, fuse_ino_t ino,
	const struct operation_context *context, const struct stat *wanted, unsigned members)
{
	struct access_call *call = memory_new_zero(sizeof(*call));

	call->req = req;
	call->ino = ino;
	call->members = members;
	call->access = (struct table_access){ true, wanted->st_uid, wanted->st_gid,
		wanted->st_mode & 07777 };
	call->principal = ownership_principal(context->fs, &context->caller);
	executor_submit(context->fs->executor, run_access_call, call);
}

/* Neither a view nor the links in it. */
static int check_writable(const struct operation_context *context)
{
	enum node_kind kind = context->view.kind;

	return directory_is_read_only(kind) || directory_operations_of_link(kind) ? -EROFS : 0;
}

static struct scratch_path scratch_path_of(struct operation_context *context)
{
	struct node *parent = node_parent(context->fs->nodes, context->view.node);
	struct scratch_path path = {
		.directory = node_path(context->fs->nodes, parent, &context->arena),
		.name = context->view.name,
	};

	node_unref(context->fs->nodes, parent);
	return path;
}

static int set_size(struct operation_context *context, off_t size, struct handle *handle)
{
	if (handle)
		return handle->operations->truncate(context->fs, handle, size);
	if (context->view.kind == NODE_SCRATCH)
		return scratch_truncate(
			context->fs->scratch, context->view.owner, scratch_path_of(context), size);
	if (context->view.kind == NODE_ITEM)
		return item_cut(context->fs, &context->caller, &context->view, size);
	return size ? -EINVAL : 0;
}

static struct timespec time_to_set(const struct timespec *time, int to_set, int set, int set_now)
{
	if (to_set & set_now)
		return (struct timespec){ .tv_nsec = UTIME_NOW };
	if (to_set & set)
		return *time;
	return (struct timespec){ .tv_nsec = UTIME_OMIT };
}

static int set_times(struct operation_context *context, const struct stat *wanted, int to_set)
{
	struct timespec times[2] = {
		time_to_set(&wanted->st_atim, to_set, FUSE_SET_ATTR_ATIME, FUSE_SET_ATTR_ATIME_NOW),
		time_to_set(&wanted->st_mtim, to_set, FUSE_SET_ATTR_MTIME, FUSE_SET_ATTR_MTIME_NOW),
	};
	int64_t mtime;

	if (context->view.kind == NODE_SCRATCH)
		return scratch_utimens(
			context->fs->scratch, context->view.owner, scratch_path_of(context), times);
	if (context->view.kind != NODE_ITEM || times[1].tv_nsec == UTIME_OMIT)
		return 0;
	mtime = times[1].tv_nsec == UTIME_NOW ? clock_realtime_ns() : clock_from_timespec(times[1]);
	return item_set_mtime(context->fs, &context->caller, &context->view, mtime);
}

static void run_setattr(struct filesystem *fs, const struct kernel_call *call)
{
	struct operation_context context CLEANUP(operation_end);
	const struct stat *wanted = &call->attributes;
	int to_set = call->to_set;
	unsigned members = access_members(to_set);
	int r;

	(void)fs;
	operation_begin(call->req, call->ino, &context);
	if (members && has_access(&context)) {
		submit_access_call(call->req, call->ino, &context, wanted, members);
		return;
	}
	r = check_writable(&context);
	if (r == 0)
		r = check_owner_and_mode(&context, wanted, to_set);
	if (r == 0 && to_set & FUSE_SET_ATTR_SIZE)
		r = set_size(&context, wanted->st_size, call->handle);
	if (r == 0 && to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME |
				       FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW))
		r = set_times(&context, wanted, to_set);
	if (r < 0)
		backpressure_reply_err(call->req, -r);
	else
		reply_attributes(call->req, &context);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *wanted, int to_set,
	struct fuse_file_info *info)
{
	backpressure_run(operation_filesystem(req), &(struct kernel_call){
							    .run = run_setattr,
							    .req = req,
							    .ino = ino,
							    .handle = info ? handle_of(info) : NULL,
							    .attributes = *wanted,
							    .to_set = to_set,
						    });
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct operation_context context CLEANUP(operation_end);
	struct describe_storage_output storage = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct statvfs st = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };

	operation_begin(req, ino, &context);
	if (request_run(context.fs, OPERATION_LOCAL_DESCRIBE_STORAGE, NULL, &storage,
		    &context.arena, &err) < 0) {
		fuse_reply_err(req, -error_to_errno(&err));
		return;
	}
	st.f_bavail = st.f_bfree = storage.bytes_free / st.f_frsize;
	st.f_blocks = st.f_bfree + storage.bytes_used / st.f_frsize;
	st.f_ffree = st.f_favail = storage.bytes_free / 1024;
	st.f_files = storage.items + storage.tables + st.f_ffree;
	fuse_reply_statfs(req, &st);
}

/* Extended attributes are not handled: the kernel learns that once and answers
 * ENOTSUP by itself. */
const struct fuse_lowlevel_ops filesystem_operations = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open,
	.read = op_read,
	.poll = op_poll,
	.write = op_write,
	.flush = op_flush,
	.release = op_release,
	.fsync = op_fsync,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.create = op_create,
};
