/*
 * The kernel's requests: load the node, ask the module that knows, reply.
 */
#include "operations.h"

#include "base/clock.h"
#include "base/memory.h"
#include "directory.h"
#include "files.h"
#include "item.h"
#include "listing.h"
#include "requests.h"
#include "scratch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>

/* One request: who asks, of which node; released at its end. */
struct operation_context {
	struct filesystem *fs;
	struct caller caller;
	struct arena arena;
	struct node_view view;
};

static struct filesystem *filesystem_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static void begin(fuse_req_t req, fuse_ino_t ino, struct operation_context *ret)
{
	*ret = (struct operation_context){ .fs = filesystem_of(req), .caller = caller_of(req) };
	node_load(ret->fs->nodes, node_of_id(ret->fs->nodes, ino), &ret->arena, &ret->view);
}

static void end(struct operation_context *context)
{
	node_view_release(&context->view);
	arena_release(&context->arena);
}

static struct handle *handle_of(const struct fuse_file_info *info)
{
	return (struct handle *)(uintptr_t)info->fh;
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	conn->time_gran = 1;
	conn->want &= ~(unsigned)FUSE_CAP_WRITEBACK_CACHE;
	if (conn->capable & FUSE_CAP_READDIRPLUS_AUTO)
		conn->want |= FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO;
}

/* Names. */

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
	struct operation_context context CLEANUP(end);

	begin(req, parent, &context);
	reply_lookup(req, &context, name);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	struct filesystem *fs = filesystem_of(req);

	node_forget(fs->nodes, node_of_id(fs->nodes, ino), count);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct filesystem *fs = filesystem_of(req);

	for (size_t i = 0; i < count; i++)
		node_forget(fs->nodes, node_of_id(fs->nodes, forgets[i].ino), forgets[i].nlookup);
	fuse_reply_none(req);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct operation_context context CLEANUP(end);
	int r;

	(void)mode;
	begin(req, parent, &context);
	r = directory_mkdir(context.fs, &context.caller, &context.view, slice_from_string(name));
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_lookup(req, &context, name);
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct operation_context context CLEANUP(end);

	begin(req, parent, &context);
	fuse_reply_err(req, -directory_rmdir(context.fs, &context.caller, &context.view,
				    slice_from_string(name)));
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct operation_context context CLEANUP(end);

	begin(req, parent, &context);
	fuse_reply_err(req, -directory_unlink(context.fs, &context.caller, &context.view,
				    slice_from_string(name)));
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct operation_context context CLEANUP(end);
	int r;

	begin(req, parent, &context);
	r = directory_symlink(context.fs, &context.caller, &context.view, slice_from_string(name),
		slice_from_string(target));
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_lookup(req, &context, name);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct operation_context context CLEANUP(end);
	struct buf target CLEANUP(buf_release) = BUF_INIT;
	struct scratch_path path;
	struct node *parent;
	int r;

	begin(req, ino, &context);
	parent = node_parent(context.fs->nodes, context.view.node);
	path.directory = node_path(context.fs->nodes, parent, &context.arena);
	path.name = context.view.name;
	node_unref(context.fs->nodes, parent);
	r = scratch_readlink(context.fs->scratch, context.view.owner, path, &target);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_readlink(req, buf_string(&target));
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	const char *newname, unsigned flags)
{
	struct operation_context from CLEANUP(end), to CLEANUP(end);

	begin(req, parent, &from);
	begin(req, newparent, &to);
	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	fuse_reply_err(
		req, -directory_rename(from.fs, &from.caller, &from.view, slice_from_string(name),
			     &to.view, slice_from_string(newname), flags));
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	struct operation_context context CLEANUP(end);

	(void)ino;
	begin(req, newparent, &context);
	fuse_reply_err(req, -filesystem_refuse(context.fs, &context.caller, context.view.node,
				    slice_from_string(newname),
				    "an item has one name: copy it instead of linking it"));
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t dev)
{
	struct operation_context context CLEANUP(end);

	(void)mode;
	(void)dev;
	begin(req, parent, &context);
	fuse_reply_err(
		req, -filesystem_refuse(context.fs, &context.caller, context.view.node,
			     slice_from_string(name), "only regular files can be made here"));
}

/* Attributes. */

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct operation_context context CLEANUP(end);
	struct stat attributes;
	double timeout;
	int r;

	(void)info;
	begin(req, ino, &context);
	r = directory_attributes(context.fs, &context.caller, &context.view, &attributes, &timeout);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	if (context.view.kind == NODE_SCRATCH)
		attributes.st_ino = context.view.inode;
	fuse_reply_attr(req, &attributes, timeout);
}

/* Owner and mode are what they are, and asking for just that is fine. Scratch
 * and files that are being written take any mode and stay as they are, since
 * rsync, install and others set modes on the way and give up when that fails. */
static int check_owner_and_mode(
	const struct operation_context *context, const struct stat *wanted, int to_set)
{
	mode_t mode = node_kinds[context->view.kind].mode & 07777;

	if (context->view.kind == NODE_SCRATCH)
		return 0;
	if (to_set & FUSE_SET_ATTR_MODE && (wanted->st_mode & 07777) != mode &&
		!node_drafts(context->fs->nodes, context->view.node).open)
		return -EPERM;
	if (to_set & FUSE_SET_ATTR_UID && wanted->st_uid != context->fs->owner)
		return -EPERM;
	if (to_set & FUSE_SET_ATTR_GID && wanted->st_gid != context->fs->group)
		return -EPERM;
	return 0;
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

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *wanted, int to_set,
	struct fuse_file_info *info)
{
	struct operation_context context CLEANUP(end);
	struct handle *handle = info ? handle_of(info) : NULL;
	int r;

	begin(req, ino, &context);
	r = check_owner_and_mode(&context, wanted, to_set);
	if (r == 0 && to_set & FUSE_SET_ATTR_SIZE)
		r = set_size(&context, wanted->st_size, handle);
	if (r == 0 && to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME |
				       FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW))
		r = set_times(&context, wanted, to_set);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	op_getattr(req, ino, info);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct operation_context context CLEANUP(end);
	struct describe_storage_output storage = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct request request = { .operation = OPERATION_LOCAL_DESCRIBE_STORAGE,
		.output = &storage };
	struct statvfs st = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };

	begin(req, ino, &context);
	request.arena = &context.arena;
	if (engine_run(context.fs->engine, &request, &err) < 0) {
		fuse_reply_err(req, -error_to_errno(&err));
		return;
	}
	st.f_bavail = st.f_bfree = storage.bytes_free / st.f_frsize;
	st.f_blocks = st.f_bfree + storage.bytes_used / st.f_frsize;
	st.f_ffree = st.f_favail = storage.bytes_free / 1024;
	st.f_files = storage.items + storage.tables + st.f_ffree;
	fuse_reply_statfs(req, &st);
}

/* Files. */

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct operation_context context CLEANUP(end);
	const struct file_operations *file;
	struct handle *handle;
	int r;

	begin(req, ino, &context);
	file = file_operations_of(context.view.kind);
	r = file ? file->open(context.fs, &context.caller, &context.view,
			   info->flags & ~(O_CREAT | O_EXCL), &handle, info)
		 : -EISDIR;
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	info->fh = (uint64_t)(uintptr_t)handle;
	if (fuse_reply_open(req, info) == -ENOENT)
		handle_unref(handle, context.fs); /* interrupted */
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
	return 0;
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	struct fuse_file_info *info)
{
	struct operation_context context CLEANUP(end);
	struct fuse_entry_param entry = { 0 };
	struct handle *handle;
	int r;

	(void)mode;
	begin(req, parent, &context);
	r = create(&context, name, info, &entry, &handle);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	info->fh = (uint64_t)(uintptr_t)handle;
	if (fuse_reply_create(req, &entry, info) == -ENOENT) {
		handle_unref(handle, context.fs);
		node_forget(context.fs->nodes, node_of_id(context.fs->nodes, entry.ino), 1);
	}
}

static void op_read(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct filesystem *fs = filesystem_of(req);
	struct handle *handle = handle_ref(handle_of(info));

	(void)ino;
	handle->operations->read(fs, req, handle, size, offset);
	handle_unref(handle, fs);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
	struct fuse_file_info *info)
{
	struct filesystem *fs = filesystem_of(req);
	struct handle *handle = handle_ref(handle_of(info));

	(void)ino;
	handle->operations->write(fs, req, handle, slice_of(data, size), offset);
	handle_unref(handle, fs);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct filesystem *fs = filesystem_of(req);
	struct handle *handle = handle_ref(handle_of(info));

	(void)ino;
	handle->operations->flush(fs, req, handle);
	handle_unref(handle, fs);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *info)
{
	struct filesystem *fs = filesystem_of(req);
	struct handle *handle = handle_ref(handle_of(info));

	(void)ino;
	(void)data_only;
	handle->operations->fsync(fs, req, handle);
	handle_unref(handle, fs);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	(void)ino;
	handle_unref(handle_of(info), filesystem_of(req));
	fuse_reply_err(req, 0);
}

/* Listing. */

static struct listing *listing_of(const struct fuse_file_info *info)
{
	return (struct listing *)(uintptr_t)info->fh;
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct filesystem *fs = filesystem_of(req);
	struct caller caller = caller_of(req);
	struct listing *listing = listing_open(fs, &caller, node_of_id(fs->nodes, ino));

	info->fh = (uint64_t)(uintptr_t)listing;
	if (fuse_reply_open(req, info) == -ENOENT)
		listing_close(listing);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
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
	struct node *node;

	if (!entry->has_facts)
		return;
	node = node_lookup(context->fs->nodes, context->view.node, &identity);
	ret->ino = node_id(node);
	item_fill_attributes(context->fs, node_item_inode(context->view.table->id, entry->row_key),
		&entry->facts, &ret->attr);
	if (!node_drafts(context->fs->nodes, node).open &&
		entry->changes == node_changes(context->fs->nodes))
		ret->attr_timeout = ret->entry_timeout = ITEM_TIMEOUT;
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

static int pack_entries(struct packing *packing, struct listing *listing, uint64_t cookie)
{
	struct operation_context *context = packing->context;
	struct error err = ERROR_INIT;
	struct listing_entry entry;
	int r;

	while ((r = listing_read(listing, cookie, &entry, &err)) == 0) {
		if (!pack(packing, &entry))
			break;
		cookie = entry.cookie;
	}
	if (r >= 0)
		return 0;
	r = filesystem_reject(
		context->fs, &context->caller, context->view.node, &err, (struct slice){ NULL, 0 });
	return packing->used ? 0 : r;
}

static void read_directory(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	struct fuse_file_info *info, bool plus)
{
	struct operation_context context CLEANUP(end);
	char *data CLEANUP(cleanup_free) = memory_new(size);
	struct packing packing = { req, &context, plus, data, size, 0 };
	struct listing *listing = listing_of(info);
	int r;

	begin(req, ino, &context);
	listing_lock(listing);
	r = pack_entries(&packing, listing, (uint64_t)offset);
	listing_unlock(listing);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_buf(req, data, packing.used);
}

static void op_readdir(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	read_directory(req, ino, size, offset, info, false);
}

static void op_readdirplus(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	read_directory(req, ino, size, offset, info, true);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *info)
{
	struct operation_context context CLEANUP(end);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	(void)data_only;
	(void)info;
	begin(req, ino, &context);
	fuse_reply_err(req, request_sync(context.fs, &err) < 0 ? -error_to_errno(&err) : 0);
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
