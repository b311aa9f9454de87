/*
 * A file system that does nothing: the floor under the mount's figures.
 *
 * It answers what the benchmark's client asks and stores no content: a file is
 * a name, a size and a time in memory, and reads as zeros. What is left is the
 * cost of the kernel, of libfuse and of the client, which any mount pays.
 *
 * 1. It is low-level, and has the mount's threads, timeouts, cache flags and
 *    default_permissions (which cost the kernel a question about the directory
 *    after each change in it), or the comparison means nothing.
 * 2. One mutex guards the tree; it is never held while replying.
 * 3. Nodes are never removed, so a pointer to one stays good: an inode number
 *    is its node's address, except the root's.
 */
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

/* As the mount's ITEM_TIMEOUT and DIRECTORY_TIMEOUT, in seconds. */
#define FILE_TIMEOUT      30.0
#define DIRECTORY_TIMEOUT 1.0
#define WORKERS_MAX       10
#define BUCKET_COUNT      (1u << 20) /* a power of two */

struct node {
	struct node *parent;
	struct node *bucket_next;
	char *name;
	mode_t mode;
	off_t size;
	struct timespec mtime;
	/* A directory's children as they came; the cookie of one is its index + 1. */
	struct node **children;
	size_t child_count;
	size_t child_room;
};

static struct node root = { .mode = S_IFDIR | 0755 };
static struct node *buckets[BUCKET_COUNT];
static pthread_mutex_t tree_lock = PTHREAD_MUTEX_INITIALIZER;
static const char zeros[1 << 20];

static struct node *node_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &root : (struct node *)ino;
}

static fuse_ino_t ino_of(const struct node *node)
{
	return node == &root ? FUSE_ROOT_ID : (fuse_ino_t)node;
}

static struct node **bucket_of(const struct node *parent, const char *name)
{
	uint64_t hash = hash64(slice_from_string(name)) + (uintptr_t)parent / sizeof(*parent);

	return &buckets[hash & (BUCKET_COUNT - 1)];
}

static struct stat stat_of_locked(const struct node *node)
{
	return (struct stat){
		.st_ino = ino_of(node),
		.st_mode = node->mode,
		.st_nlink = 1,
		.st_size = node->size,
		.st_mtim = node->mtime,
		.st_uid = getuid(),
		.st_gid = getgid(),
	};
}

static double timeout_of(const struct node *node)
{
	return S_ISDIR(node->mode) ? DIRECTORY_TIMEOUT : FILE_TIMEOUT;
}

static struct fuse_entry_param entry_of_locked(const struct node *node)
{
	return (struct fuse_entry_param){
		.ino = ino_of(node),
		.attr = stat_of_locked(node),
		.attr_timeout = timeout_of(node),
		.entry_timeout = timeout_of(node),
	};
}

static struct node *find_locked(const struct node *parent, const char *name)
{
	struct node *node = *bucket_of(parent, name);

	while (node && (node->parent != parent || strcmp(node->name, name) != 0))
		node = node->bucket_next;
	return node;
}

static void add_child_locked(struct node *parent, struct node *child)
{
	if (parent->child_count == parent->child_room) {
		parent->child_room = parent->child_room ? 2 * parent->child_room : 16;
		parent->children = memory_resize(
			parent->children, parent->child_room * sizeof(*parent->children));
	}
	parent->children[parent->child_count++] = child;
}

static struct node *add_locked(struct node *parent, const char *name, mode_t mode)
{
	struct node *node = memory_new_zero(sizeof(*node));
	struct node **bucket = bucket_of(parent, name);

	node->parent = parent;
	node->name = memory_copy_string(name, strlen(name));
	node->mode = mode;
	clock_gettime(CLOCK_REALTIME, &node->mtime);
	node->bucket_next = *bucket;
	*bucket = node;
	add_child_locked(parent, node);
	return node;
}

static void null_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { 0 };
	struct node *node;

	pthread_mutex_lock(&tree_lock);
	node = find_locked(node_of(parent), name);
	if (node)
		entry = entry_of_locked(node);
	pthread_mutex_unlock(&tree_lock);
	if (node)
		fuse_reply_entry(req, &entry);
	else
		fuse_reply_err(req, ENOENT);
}

static void null_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	pthread_mutex_lock(&tree_lock);
	st = stat_of_locked(node_of(ino));
	pthread_mutex_unlock(&tree_lock);
	fuse_reply_attr(req, &st, timeout_of(node_of(ino)));
}

static void null_setattr(
	fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	struct stat st;

	(void)fi;
	pthread_mutex_lock(&tree_lock);
	if (to_set & FUSE_SET_ATTR_SIZE)
		node->size = attr->st_size;
	st = stat_of_locked(node);
	pthread_mutex_unlock(&tree_lock);
	fuse_reply_attr(req, &st, timeout_of(node_of(ino)));
}

/* The kernel has looked the name up, or holds the answer of a moment ago. */
static bool make(fuse_ino_t parent, const char *name, mode_t mode, struct fuse_entry_param *ret)
{
	bool is_new;

	pthread_mutex_lock(&tree_lock);
	is_new = !find_locked(node_of(parent), name);
	if (is_new)
		*ret = entry_of_locked(add_locked(node_of(parent), name, mode));
	pthread_mutex_unlock(&tree_lock);
	return is_new;
}

static void null_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct fuse_entry_param entry;

	if (make(parent, name, S_IFDIR | (mode & 0777), &entry))
		fuse_reply_entry(req, &entry);
	else
		fuse_reply_err(req, EEXIST);
}

static void null_create(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct fuse_entry_param entry;

	fi->keep_cache = 1;
	if (make(parent, name, S_IFREG | (mode & 0777), &entry))
		fuse_reply_create(req, &entry, fi);
	else
		fuse_reply_err(req, EEXIST);
}

static void null_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (fi->flags & O_TRUNC) {
		pthread_mutex_lock(&tree_lock);
		node_of(ino)->size = 0;
		pthread_mutex_unlock(&tree_lock);
	}
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void null_read(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	off_t left;

	(void)fi;
	pthread_mutex_lock(&tree_lock);
	left = node_of(ino)->size - offset;
	pthread_mutex_unlock(&tree_lock);
	if (left < 0)
		left = 0;
	if (size > sizeof(zeros))
		size = sizeof(zeros);
	fuse_reply_buf(req, zeros, (size_t)left < size ? (size_t)left : size);
}

static void null_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
	struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);

	(void)data;
	(void)fi;
	pthread_mutex_lock(&tree_lock);
	if (node->size < offset + (off_t)size)
		node->size = offset + (off_t)size;
	clock_gettime(CLOCK_REALTIME, &node->mtime);
	pthread_mutex_unlock(&tree_lock);
	fuse_reply_write(req, size);
}

static void null_done(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, 0);
}

static void null_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)datasync;
	null_done(req, ino, fi);
}

/* Writes an entry of a listing: the bytes it takes, also when they don't fit. */
typedef size_t entry_writer(
	fuse_req_t req, char *buffer, size_t size, const struct node *child, off_t next);

static size_t write_plain(
	fuse_req_t req, char *buffer, size_t size, const struct node *child, off_t next)
{
	struct stat st = stat_of_locked(child);

	return fuse_add_direntry(req, buffer, size, child->name, &st, next);
}

static size_t write_plus(
	fuse_req_t req, char *buffer, size_t size, const struct node *child, off_t next)
{
	struct fuse_entry_param entry = entry_of_locked(child);

	return fuse_add_direntry_plus(req, buffer, size, child->name, &entry, next);
}

static void list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, entry_writer *writer)
{
	const struct node *directory = node_of(ino);
	CLEANUP(cleanup_free) char *buffer = memory_new(size);
	size_t used = 0;

	pthread_mutex_lock(&tree_lock);
	for (size_t i = (size_t)offset; i < directory->child_count; i++) {
		size_t need = writer(
			req, buffer + used, size - used, directory->children[i], (off_t)i + 1);

		if (need > size - used)
			break;
		used += need;
	}
	pthread_mutex_unlock(&tree_lock);
	fuse_reply_buf(req, buffer, used);
}

static void null_readdir(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, offset, write_plain);
}

static void null_readdirplus(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)fi;
	list(req, ino, size, offset, write_plus);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = null_lookup,
	.getattr = null_getattr,
	.setattr = null_setattr,
	.mkdir = null_mkdir,
	.create = null_create,
	.open = null_open,
	.read = null_read,
	.write = null_write,
	.flush = null_done,
	.release = null_done,
	.fsync = null_fsync,
	.readdir = null_readdir,
	.readdirplus = null_readdirplus,
};

static int serve(struct fuse_session *session)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int r;

	fuse_loop_cfg_set_clone_fd(config, 0);
	fuse_loop_cfg_set_max_threads(config, WORKERS_MAX);
	fuse_loop_cfg_set_idle_threads(config, WORKERS_MAX);
	r = fuse_session_loop_mt(session, config);
	fuse_loop_cfg_destroy(config);
	return r;
}

static int mount_and_serve(struct fuse_args *args, const char *mount_point)
{
	struct fuse_session *session =
		fuse_session_new(args, &operations, sizeof(operations), NULL);
	int r = -1;

	if (!session)
		return -1;
	if (fuse_set_signal_handlers(session) == 0) {
		if (fuse_session_mount(session, mount_point) == 0) {
			r = serve(session);
			fuse_session_unmount(session);
		}
		fuse_remove_signal_handlers(session);
	}
	fuse_session_destroy(session);
	return r;
}

/* Serves in the foreground until unmounted. */
int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: nullfs MNT\n");
		return EXIT_FAILURE;
	}
	fuse_opt_add_arg(&args, argv[0]);
	fuse_opt_add_arg(&args, "-odefault_permissions");
	r = mount_and_serve(&args, argv[1]);
	fuse_opt_free_args(&args);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
