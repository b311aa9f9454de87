/*
 * A log of the engine's as a regular file of JSON Lines that grows: `.audit`,
 * `.alarms/.log`.
 *
 * The file's offset 0 is the log's offset origin, its size is the log's end less
 * the origin.
 *
 * 1. The origin is the oldest line that is kept when the first descriptor is
 *    opened, and stays until the last one is closed: the kernel asks for a file's
 *    size without saying for which descriptor. While none is open, it is the
 *    oldest line that is kept at the moment.
 * 2. Nothing is kept for who has the file open: the log's size is bounded, so a
 *    reader who is too slow is told by ESTALE that what he comes to is gone.
 * 3. When that has happened to a file that is open, the name gets another node:
 *    who opens it next finds what there is.
 */
#include "files.h"

#include "base/clock.h"
#include "base/memory.h"
#include "requests.h"

#include <errno.h>

#define BLOCK_BYTES 512

struct log_handle {
	struct handle handle;
	enum engine_log log;
	bool settled; /* under the lock of the handles: the origin is known */
	uint64_t origin;
};

static struct log_handle *log_of(struct handle *handle)
{
	return (struct log_handle *)handle;
}

static int find_log(
	struct filesystem *fs, enum engine_log log, struct find_log_output *ret, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct find_log_input input = { log };

	return request_run(fs, OPERATION_LOCAL_FIND_LOG, &input, ret, &arena, err);
}

/* What the descriptors on the node show from, or where the log begins by now; -1
 * when that is further, so that one more would not be shown all. */
static int choose_origin_locked(
	struct filesystem *fs, const struct node *node, uint64_t start, uint64_t *ret)
{
	*ret = start;
	for (struct handle *other = fs->handles; other; other = other->next) {
		if (other->node == node && log_of(other)->settled)
			*ret = log_of(other)->origin;
	}
	return *ret < start ? -1 : 0;
}

static int settle(struct filesystem *fs, struct log_handle *log, uint64_t start)
{
	int r;

	pthread_mutex_lock(&fs->handles_mutex);
	r = choose_origin_locked(fs, log->handle.node, start, &log->origin);
	log->settled = r == 0;
	pthread_mutex_unlock(&fs->handles_mutex);
	return r;
}

static void release_log(struct filesystem *fs, struct handle *handle)
{
	handle_done(handle, fs);
	free(log_of(handle));
}

static int open_log(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	enum engine_log kind, int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct error err = ERROR_INIT;
	struct find_log_output found;
	struct log_handle *log;

	if (find_log(fs, kind, &found, &err) < 0)
		return filesystem_reject(fs, caller, view->node, &err, (struct slice){ NULL, 0 });
	log = memory_new_zero(sizeof(*log));
	log->log = kind;
	handle_init(&log->handle, fs, view->kind, caller, view->node, flags);
	if (settle(fs, log, found.start) < 0) {
		node_unname(fs->nodes, view->node);
		release_log(fs, &log->handle);
		return -ESTALE; /* the kernel looks the name up again */
	}
	info->direct_io = 1;
	info->noflush = 1;
	*ret = &log->handle;
	return 0;
}

static void fill_attributes(const struct find_log_output *found, uint64_t origin, struct stat *ret)
{
	uint64_t size = found->end - origin;

	ret->st_size = (off_t)size;
	ret->st_blocks = (blkcnt_t)((size + BLOCK_BYTES - 1) / BLOCK_BYTES);
	ret->st_mtim = ret->st_ctim = clock_to_timespec(found->modified_ns);
}

static int log_attributes(struct filesystem *fs, struct handle *handle, struct stat *ret)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct find_log_output found;

	if (find_log(fs, log_of(handle)->log, &found, &err) < 0)
		return error_to_errno(&err);
	fill_attributes(&found, log_of(handle)->origin, ret);
	return 0;
}

static int find_attributes(struct filesystem *fs, enum engine_log log, struct stat *ret)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct find_log_output found;

	if (find_log(fs, log, &found, &err) < 0)
		return error_to_errno(&err);
	fill_attributes(&found, found.start, ret);
	return 0;
}

static int read_text(struct filesystem *fs, const struct log_handle *log, size_t size, off_t offset,
	struct arena *arena, struct slice *ret, struct error *err)
{
	const struct read_log_input input = {
		.log = log->log,
		.offset = log->origin + (uint64_t)offset,
		.size = size,
	};
	struct read_log_output output = { .text = SLICE("") };

	TRY(request_run(fs, OPERATION_LOCAL_READ_LOG, &input, &output, arena, err));
	*ret = slice_of(output.text.data, output.text.len < size ? output.text.len : size);
	return 0;
}

static void read_log(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct slice text;

	if (read_text(fs, log_of(handle), size, offset, &arena, &text, &err) < 0)
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
	else
		fuse_reply_buf(req, text.data, text.len);
}

/* `.alarms/.log` */

static int open_alarms_log(struct filesystem *fs, const struct caller *caller,
	struct node_view *view, int flags, struct handle **ret, struct fuse_file_info *info)
{
	return open_log(fs, caller, view, LOG_ALARMS, flags, ret, info);
}

static int find_alarms_log(struct filesystem *fs, const struct caller *caller,
	const struct mount_table *table, struct stat *ret)
{
	(void)caller;
	(void)table;
	return find_attributes(fs, LOG_ALARMS, ret);
}

const struct file_operations alarms_log_file = {
	.attributes = log_attributes,
	.open = open_alarms_log,
	.find = find_alarms_log,
	.read = read_log,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_log,
};

/* `.audit` */

static int open_audit(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	return open_log(fs, caller, view, LOG_AUDIT, flags, ret, info);
}

static int find_audit(struct filesystem *fs, const struct caller *caller,
	const struct mount_table *table, struct stat *ret)
{
	(void)caller;
	(void)table;
	return find_attributes(fs, LOG_AUDIT, ret);
}

const struct file_operations audit_file = {
	.attributes = log_attributes,
	.open = open_audit,
	.find = find_audit,
	.read = read_log,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_log,
};
