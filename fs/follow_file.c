/*
 * `.follow`: a table's changes from now on, each read waiting for the next.
 *
 * It has the size 0 and is read without regard to it. It can be sought in, since
 * shells read a block and go back to the end of their line.
 */
#include "files.h"

#include "base/memory.h"
#include "follow.h"
#include "stream_requests.h"

#include <poll.h>

struct follow_handle {
	struct handle handle;
	struct follow_reader reader;
};

static struct follow_handle *follow_of(struct handle *handle)
{
	return (struct follow_handle *)handle;
}

static int open_follow(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct follow_handle *follow = memory_new_zero(sizeof(*follow));
	int r = follow_open(fs, view->table, &follow->handle, &follow->reader);

	if (r < 0) {
		free(follow);
		return r;
	}
	handle_init(&follow->handle, fs, NODE_FOLLOW, caller, view->node, flags);
	info->direct_io = 1;
	info->noflush = 1;
	*ret = &follow->handle;
	return 0;
}

static int find_follow(struct filesystem *fs, const struct caller *caller,
	const struct mount_table *table, struct stat *ret)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct find_stream_output found;

	(void)caller;
	(void)ret;
	return request_stream_of(fs, table, &arena, &found);
}

static void read_follow(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	bool wait = !__atomic_load_n(&handle->nonblocking, __ATOMIC_RELAXED);

	follow_read(fs, req, &follow_of(handle)->reader, size, offset, wait);
}

static unsigned poll_follow(
	struct filesystem *fs, struct handle *handle, struct fuse_pollhandle *poll)
{
	bool ready = follow_poll(fs, &follow_of(handle)->reader, poll);

	return ready ? POLLIN | POLLRDNORM : 0;
}

static void release_follow(struct filesystem *fs, struct handle *handle)
{
	struct follow_handle *follow = follow_of(handle);

	follow_close(fs, &follow->reader);
	handle_done(handle, fs);
	free(follow);
}

const struct file_operations follow_file = {
	.open = open_follow,
	.find = find_follow,
	.read = read_follow,
	.poll = poll_follow,
	.write = file_refuse_write,
	.flush = file_flush_nothing,
	.fsync = file_flush_nothing,
	.truncate = file_refuse_truncate,
	.release = release_follow,
};
