/* What the files of the kernel's requests share. */
#pragma once

#include "operations.h"

#include "directory.h"
#include "listing.h"

/* One request: who asks, of which node; released at its end. */
struct operation_context {
	struct filesystem *fs;
	struct caller caller;
	struct arena arena;
	struct node_view view;
	unsigned access_changes; /* when it began */
};

struct filesystem *operation_filesystem(fuse_req_t req);
void operation_begin(fuse_req_t req, fuse_ino_t ino, struct operation_context *ret);
void operation_end(struct operation_context *context);

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	struct fuse_file_info *info);
void op_read(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info);
void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
	struct fuse_file_info *info);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *info);
void op_poll(
	fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info, struct fuse_pollhandle *poll);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void op_readdir(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info);
void op_readdirplus(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info);
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *info);

static inline struct handle *handle_of(const struct fuse_file_info *info)
{
	return (struct handle *)(uintptr_t)info->fh;
}
