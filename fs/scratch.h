/*
 * Scratch: the byte files that editors and shells leave beside items.
 *
 * A name that cannot be an item (".x.swp", "4913", "x~", "sedAbC", ".#x") is a
 * real file in an overlay on local disk, one overlay a user. It survives a
 * remount, is never in a table, and no other user sees it.
 *
 * Of an encrypted data directory the overlays are in memory, in a tmpfs: they hold
 * what items hold. They outlive a crash there, and end with the mount.
 *
 * Layout: DATA/scratch/UID/<directory of the mount>/.files/<name>. No component of
 * a directory of the mount that has scratch files is named ".files" (only ".transact"
 * begins with '.'), so that it collides with none of them,
 * and a scratch name lies one level below, so that it collides with no
 * directory: a scratch file "2013" of Movies is Movies/.files/2013, those of
 * Movies/2013 are in Movies/2013/.files.
 *
 * Invariants:
 * 1. Only this module makes directories below DATA/scratch, and users name only
 *    the last component. So nothing but that one can be a symlink, and it is
 *    never followed here: the kernel resolves it at the mount, as the user.
 * 2. Files belong to the daemon on disk, mode 0600, and are shown as the user's,
 *    mode 0600. No mode can be changed: vim reads the mode of its probe "4913"
 *    and writes items in place only because it is not the one it asked for.
 * 3. What a user holds on disk is at most the limit. Each name costs
 *    SCRATCH_ENTRY_COST and its size (a symlink: the target's length); a file
 *    that was unlinked while open costs until its last close. Costs are charged
 *    before the disk is used and counted anew at start.
 * 4. An open file is one object, shared by all who opened it; it outlives its
 *    name.
 *
 * Results are 0, or a count, or a negative errno, with no struct error: these
 * files have POSIX's semantics and nothing of DynamoDB's, every failure is told
 * to the kernel alone, and most are its own (rename(2), open(2), ...). Only
 * scratch_new(), whose failure a person reads at start, sets an error.
 *
 * Every function may be called from any thread.
 *
 * DESIGN 4.4.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define SCRATCH_LIMIT_DEFAULT ((int64_t)256 << 20)
/* What a name costs beside its content: an inode, a directory entry. */
#define SCRATCH_ENTRY_COST 1024
/* Files that one user has open at once; more are ENFILE. */
#define SCRATCH_OPEN_MAX 256

struct scratch;
struct scratch_file;

/* Where a scratch file is, borrowed. */
struct scratch_path {
	struct slice directory; /* of the mount: "", "Movies", "Movies/2013" */
	struct slice name;
};

/* Opens, creating it at need, the overlay in the data directory; new. The
 * limit is in bytes for each user. */
NODISCARD int scratch_new(
	const char *data_directory, int64_t limit, struct scratch **ret, struct error *err);
/* The same in memory, and gone when it is freed. */
NODISCARD int scratch_new_in_memory(
	const char *data_directory, int64_t limit, struct scratch **ret, struct error *err);
/* Every file must have been closed. */
void scratch_free(struct scratch *scratch);

/* Called with a directory of the mount, "Movies/2013". */
typedef void scratch_visitor(void *context, struct slice directory);
/* Tells, once, of the directories in which some user's files were found when it
 * was opened: they exist, whatever else is in them. Perhaps repeatedly. */
void scratch_visit_found(struct scratch *scratch, scratch_visitor *visit, void *context);

/* stat(2), lstat's kind. st_uid and st_mode are as the user is shown them;
 * st_gid is the daemon's: who knows the caller's group puts it there. */
NODISCARD int scratch_stat(
	struct scratch *scratch, uid_t uid, struct scratch_path path, struct stat *ret);
/* Sets atime and mtime; UTIME_NOW and UTIME_OMIT as in utimensat(2). */
NODISCARD int scratch_utimens(struct scratch *scratch, uid_t uid, struct scratch_path path,
	const struct timespec times[2]);
NODISCARD int scratch_truncate(
	struct scratch *scratch, uid_t uid, struct scratch_path path, off_t size);
NODISCARD int scratch_unlink(struct scratch *scratch, uid_t uid, struct scratch_path path);
/* flags: 0, RENAME_NOREPLACE or RENAME_EXCHANGE. */
NODISCARD int scratch_rename(struct scratch *scratch, uid_t uid, struct scratch_path from,
	struct scratch_path to, unsigned flags);
NODISCARD int scratch_symlink(
	struct scratch *scratch, uid_t uid, struct scratch_path path, struct slice target);
/* Appends the target. */
NODISCARD int scratch_readlink(
	struct scratch *scratch, uid_t uid, struct scratch_path path, struct buf *buf);

/* Opens a file, new: close it. Of the flags only O_CREAT, O_EXCL and O_TRUNC
 * matter: the kernel has checked the access mode and places an O_APPEND. */
NODISCARD int scratch_open(struct scratch *scratch, uid_t uid, struct scratch_path path, int flags,
	struct scratch_file **ret);
void scratch_close(struct scratch_file *file);
/* The bytes read, fewer than asked for only at the end. */
NODISCARD ssize_t scratch_read(struct scratch_file *file, void *data, size_t len, off_t offset);
/* The bytes written. EDQUOT, with nothing written, when they don't all fit. */
NODISCARD ssize_t scratch_write(struct scratch_file *file, struct slice data, off_t offset);
NODISCARD int scratch_file_truncate(struct scratch_file *file, off_t size);
NODISCARD int scratch_file_stat(struct scratch_file *file, struct stat *ret);
NODISCARD int scratch_file_utimens(struct scratch_file *file, const struct timespec times[2]);
/* Makes the content survive power loss: fdatasync(2). */
NODISCARD int scratch_sync(struct scratch_file *file);

struct scratch_entry {
	struct slice name;
	mode_t type; /* S_IFREG or S_IFLNK */
};

struct scratch_list {
	const struct scratch_entry *entries; /* by name, in byte order */
	size_t count;
};

/* The user's scratch files of one directory of the mount, none of its
 * subdirectories', as they are now. The list lives in the arena. */
NODISCARD int scratch_list(struct scratch *scratch, uid_t uid, struct slice directory,
	struct arena *arena, struct scratch_list *ret);
/* The index of the first entry behind the name, which need not be listed. */
size_t scratch_list_after(const struct scratch_list *list, struct slice name);

/* Unlinks the scratch files of all users in a directory of the mount and below
 * it, as a table is dropped. */
NODISCARD int scratch_drop(struct scratch *scratch, struct slice directory);

struct scratch_usage {
	int64_t bytes; /* costs, as in invariant 3 */
	int64_t entries; /* names, and unlinked files still open */
	int64_t limit;
};

void scratch_usage(struct scratch *scratch, uid_t uid, struct scratch_usage *ret);
/* Of all users together. */
void scratch_usage_total(struct scratch *scratch, struct scratch_usage *ret);
