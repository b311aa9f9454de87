#include "store/hot_backup_files.h"
#include "base/memory.h"
#include "store/bdb_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#define PIECE_BYTES      (256u << 10)
#define DIRECTORIES_DEEP 16

int pace_advance(struct pace *pace, uint64_t more, struct error *err)
{
	pace->done += more;
	if (pace->done > pace->total)
		pace->total = pace->done; /* it has grown meanwhile */
	if (pace->watcher->step(pace->watcher->context, pace->phase, pace->done, pace->total))
		return 0;
	return error_set(err, ERROR_SYSTEM, "It was stopped");
}

static void append_path(struct buf *buf, const char *directory, const char *name)
{
	buf_appendf(buf, "%s/%s", directory, name);
	buf_string(buf);
}

/* Lists */

void hot_files_release(struct hot_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].name);
	free(files->items);
	*files = (struct hot_files){ NULL, 0, 0 };
}

struct hot_file *hot_files_add(struct hot_files *files, struct slice name)
{
	struct hot_file *file;

	if (files->count == files->capacity) {
		files->capacity = files->capacity ? 2 * files->capacity : 32;
		files->items = memory_resize(files->items, files->capacity * sizeof(*files->items));
	}
	file = &files->items[files->count++];
	*file = (struct hot_file){ .name = memory_copy_string(name.data, name.len) };
	return file;
}

uint64_t hot_files_bytes(const struct hot_files *files)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < files->count; i++)
		bytes += files->items[i].bytes;
	return bytes;
}

/* What belongs to a process, or is made anew. */
static const char *const left_out[] = { "lock", "dynamount.sock", "scratch", "__db.*", "*.new",
	"backup.json" };

static bool belongs(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++) {
		if (fnmatch(left_out[i], name, 0) == 0)
			return false;
	}
	return true;
}

enum hot_file_kind hot_file_kind(const struct hot_file *file)
{
	if (strchr(file->name, '/'))
		return HOT_FILE_PLAIN;
	if (bdb_log_number(file->name))
		return HOT_FILE_LOG;
	return slice_ends_with(slice_from_string(file->name), SLICE(".db")) ? HOT_FILE_DATABASE
									    : HOT_FILE_PLAIN;
}

static int find_below(const char *directory, struct buf *path, unsigned depth,
	struct hot_files *files, struct error *err);

static int find_entry(const char *directory, int parent, const char *name, struct buf *path,
	unsigned depth, struct hot_files *files, struct error *err)
{
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_set_errno(err, errno, "Looking at %s", name);
	buf_appendf(path, "%s%s", path->len ? "/" : "", name);
	if (S_ISDIR(st.st_mode))
		return find_below(directory, path, depth + 1, files, err);
	if (S_ISREG(st.st_mode))
		hot_files_add(files, buf_slice(path))->bytes = (uint64_t)st.st_size;
	return 0;
}

static int find_below(const char *directory, struct buf *path, unsigned depth,
	struct hot_files *files, struct error *err)
{
	struct buf full CLEANUP(buf_release) = BUF_INIT;
	DIR *dir CLEANUP(cleanup_closedir) = NULL;
	struct dirent *entry;
	size_t len = path->len;

	append_path(&full, directory, buf_string(path));
	dir = depth < DIRECTORIES_DEEP ? opendir(full.data) : NULL;
	if (!dir)
		return error_set_errno(err, depth < DIRECTORIES_DEEP ? errno : ELOOP,
			"Reading the directory %s", full.data);
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			(depth == 0 && !belongs(entry->d_name)))
			continue;
		TRY(find_entry(directory, dirfd(dir), entry->d_name, path, depth, files, err));
		buf_resize(path, len);
	}
	return 0;
}

static int compare_files(const void *left, const void *right)
{
	const struct hot_file *a = left, *b = right;

	return strcmp(a->name, b->name);
}

int hot_files_find(const char *directory, struct hot_files *files, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	TRY(find_below(directory, &path, 0, files, err));
	if (files->count)
		qsort(files->items, files->count, sizeof(*files->items), compare_files);
	return 0;
}

/* Sums */

struct sum {
	EVP_MD_CTX *context;
};

static void sum_release(struct sum *sum)
{
	EVP_MD_CTX_free(sum->context);
}

static int sum_begin(struct sum *sum, struct error *err)
{
	sum->context = EVP_MD_CTX_new();
	if (!sum->context || EVP_DigestInit_ex(sum->context, EVP_sha256(), NULL) != 1)
		return error_set(err, ERROR_SYSTEM, "Beginning a SHA-256 sum failed");
	return 0;
}

static void sum_end(struct sum *sum, char ret[SUM_DIGITS + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[SUM_DIGITS / 2];

	EVP_DigestFinal_ex(sum->context, bytes, NULL);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[SUM_DIGITS] = '\0';
}

/* One file */

static int make_folders(const char *directory, const char *name, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		buf_clear(&path);
		buf_appendf(&path, "%s/%.*s", directory, (int)(slash - name), name);
		if (mkdir(buf_string(&path), 0700) < 0 && errno != EEXIST)
			return error_set_errno(
				err, errno, "Making the directory %s", buf_string(&path));
	}
	return 0;
}

int hot_file_create(const char *directory, const char *name, int *ret_fd, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	int fd;

	TRY(make_folders(directory, name, err));
	append_path(&path, directory, name);
	fd = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, errno, "Making %s", path.data);
	*ret_fd = fd;
	return 0;
}

int hot_file_write(
	int fd, const char *name, uint64_t offset, const void *data, size_t len, struct error *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n =
			pwrite(fd, (const char *)data + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno != EINTR)
			return error_set_errno(err, errno, "Writing the copy of %s", name);
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* The log's files are mostly empty: what is zero becomes a hole. */
static bool is_zero(const char *data, size_t len)
{
	return len && !*data && memcmp(data, data + 1, len - 1) == 0;
}

/* Where the pieces of a file go. */
struct copying {
	int from, to; /* to: -1, when it is only summed */
	struct hot_file *file;
	uint64_t limit;
	struct pace *pace;
	struct sum sum;
	char *piece;
};

static int take_piece(struct copying *copying, size_t len, struct error *err)
{
	if (copying->to >= 0 && !is_zero(copying->piece, len))
		TRY(hot_file_write(copying->to, copying->file->name, copying->file->bytes,
			copying->piece, len, err));
	EVP_DigestUpdate(copying->sum.context, copying->piece, len);
	copying->file->bytes += len;
	return pace_advance(copying->pace, len, err);
}

static int take_all(struct copying *copying, struct error *err)
{
	struct hot_file *file = copying->file;

	file->bytes = 0;
	while (file->bytes < copying->limit) {
		uint64_t left = copying->limit - file->bytes;
		ssize_t n = read(copying->from, copying->piece,
			left < PIECE_BYTES ? (size_t)left : PIECE_BYTES);

		if (n < 0 && errno != EINTR)
			return error_set_errno(err, errno, "Reading %s", file->name);
		if (n == 0)
			break;
		if (n > 0)
			TRY(take_piece(copying, (size_t)n, err));
	}
	if (copying->to >= 0 &&
		(ftruncate(copying->to, (off_t)file->bytes) < 0 || fdatasync(copying->to) < 0))
		return error_set_errno(err, errno, "Writing the copy of %s", file->name);
	return 0;
}

static int run_copying(struct copying *copying, struct error *err)
{
	char *piece CLEANUP(cleanup_free) = memory_new(PIECE_BYTES);
	int r;

	copying->piece = piece;
	r = sum_begin(&copying->sum, err);
	if (r == 0)
		r = take_all(copying, err);
	if (r == 0)
		sum_end(&copying->sum, copying->file->sum);
	sum_release(&copying->sum);
	return r;
}

static int open_source(
	const char *directory, const struct hot_file *file, int *ret_fd, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	int fd;

	append_path(&path, directory, file->name);
	fd = open(path.data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return HOT_FILE_GONE;
	if (fd < 0)
		return error_set_errno(err, errno, "Opening %s", path.data);
	*ret_fd = fd;
	return 0;
}

int hot_file_copy(const char *from, const char *to, struct hot_file *file, uint64_t limit,
	struct pace *pace, struct error *err)
{
	int source CLEANUP(cleanup_close) = -1, target CLEANUP(cleanup_close) = -1;
	struct copying copying = { .file = file, .limit = limit, .pace = pace };
	int r;

	TRY(r = open_source(from, file, &source, err));
	if (r == HOT_FILE_GONE)
		return r;
	TRY(hot_file_create(to, file->name, &target, err));
	copying.from = source;
	copying.to = target;
	return run_copying(&copying, err);
}

int hot_file_sum(const char *directory, struct hot_file *file, bool sync, struct pace *pace,
	struct error *err)
{
	int source CLEANUP(cleanup_close) = -1;
	struct copying copying = { .to = -1, .file = file, .limit = UINT64_MAX, .pace = pace };
	int r;

	TRY(r = open_source(directory, file, &source, err));
	if (r == HOT_FILE_GONE)
		return error_set(err, ERROR_CORRUPT, "%s is missing in %s", file->name, directory);
	if (sync && fsync(source) < 0)
		return error_set_errno(err, errno, "Bringing %s to disk", file->name);
	copying.from = source;
	return run_copying(&copying, err);
}
