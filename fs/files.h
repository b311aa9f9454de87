/*
 * Open files: one table of what each kind of node does when it is opened, read,
 * written and closed. The operations reply to the kernel themselves, now or, for
 * a parked request, later.
 */
#pragma once

#define FUSE_USE_VERSION 314

#include "filesystem.h"
#include <fuse_lowlevel.h>

struct file_operations;

/* What fi->fh points to: the beginning of each kind's own handle. */
struct handle {
	const struct file_operations *operations;
	struct node *node; /* counted */
	struct caller opener;
	int flags; /* of open(2) */
	unsigned references; /* the open file's, and one for each request at work */
	bool nonblocking; /* of the last read; atomic */
	struct handle *previous, *next; /* in filesystem.handles */
};

struct file_operations {
	/* Attributes of a file that has lost its name: 0 or -errno. */
	int (*attributes)(struct filesystem *fs, struct handle *handle, struct stat *ret);
	/* Makes the handle and says in *info how the kernel shall treat it: 0 or
	 * -errno. O_CREAT in flags means that the file is new. */
	int (*open)(struct filesystem *fs, const struct caller *caller, struct node_view *view,
		int flags, struct handle **ret, struct fuse_file_info *info);
	/* Whether a special file is there by its name, and what its attributes are
	 * beside those of its kind: 0 or -errno; NULL: always, of size 0. */
	int (*find)(struct filesystem *fs, const struct caller *caller,
		const struct mount_table *table, struct stat *ret);
	/* Attributes of one that is found by its directory, beside those of its kind: 0
	 * or -errno; NULL: find() has them. */
	int (*stat)(struct filesystem *fs, const struct node_view *view, struct stat *ret);
	void (*read)(struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size,
		off_t offset);
	/* The events of poll(2) that are there now. The poll (or NULL) is taken over,
	 * to be notified of others. NULL: reading and writing are always possible. */
	unsigned (*poll)(
		struct filesystem *fs, struct handle *handle, struct fuse_pollhandle *poll);
	void (*write)(struct filesystem *fs, fuse_req_t req, struct handle *handle,
		struct slice data, off_t offset);
	void (*flush)(struct filesystem *fs, fuse_req_t req, struct handle *handle);
	void (*fsync)(struct filesystem *fs, fuse_req_t req, struct handle *handle);
	/* 0 or -errno. */
	int (*truncate)(struct filesystem *fs, struct handle *handle, off_t size);
	void (*release)(struct filesystem *fs, struct handle *handle);
};

/* By kind; NULL for directories. */
const struct file_operations *file_operations_of(enum node_kind kind);

/* Fills the common part; the node is counted until handle_done(). */
void handle_init(struct handle *handle, struct filesystem *fs, enum node_kind kind,
	const struct caller *caller, struct node *node, int flags);
void handle_done(struct handle *handle, struct filesystem *fs);
/* A request's hold: once it is answered, the kernel may release the file while
 * its worker has not yet returned. */
struct handle *handle_ref(struct handle *handle);
/* The same for one found in the list of handles, under its mutex; false when it is
 * being released. */
bool handle_ref_listed(struct handle *handle);
/* An open file of the node, held, or NULL. */
struct handle *handle_find(struct filesystem *fs, const struct node *node);
void handle_unref(struct handle *handle, struct filesystem *fs);
/* Releases those that the kernel did not, at the end of a mount. */
void handles_release(struct filesystem *fs);

static inline bool handle_writes(const struct handle *handle)
{
	return (handle->flags & O_ACCMODE) != O_RDONLY;
}

struct caller caller_of(fuse_req_t req);
/* Replies with the part of the text that a read asks for. */
void reply_text(fuse_req_t req, struct slice text, size_t size, off_t offset);

/* Operations of files that are only read. */
void file_refuse_write(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset);
void file_flush_nothing(struct filesystem *fs, fuse_req_t req, struct handle *handle);
int file_refuse_truncate(struct filesystem *fs, struct handle *handle, off_t size);

/* What each file kind's source offers to the table. */
/* The attributes of an open file that no name leads to any more: 0 or -errno. */
int handle_attributes(struct filesystem *fs, const struct node *node, struct stat *ret);

extern const struct file_operations item_file, scratch_file_operations, schema_file, info_file,
	import_file, export_file, error_file;
extern const struct file_operations ttl_file;
extern const struct file_operations stream_file, follow_file;
extern const struct file_operations query_file, operation_file;
extern const struct file_operations control_file;
extern const struct file_operations alarm_file, alarms_log_file;
extern const struct file_operations metrics_file;
extern const struct file_operations audit_file; /* log_file.c */
extern const struct file_operations hot_file;
