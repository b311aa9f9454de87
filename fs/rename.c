/*
 * rename(2), by what is moved and what it is moved to: scratch becomes an item as
 * one save, or an alarm; an item moves in one transaction, an item never becomes scratch.
 */
#include "directory_operations.h"

#include "alarm.h"
#include "base/clock.h"
#include "invalidate.h"
#include "item.h"
#include "model/json.h"
#include "name.h"
#include "ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct rename {
	struct filesystem *fs;
	const struct caller *caller;
	const struct node_view *from_directory, *to_directory;
	struct slice from_name, to_name;
	unsigned flags;
	struct arena *arena;
	struct directory_entry from, to; /* to: prepared */
	bool to_exists;
};

/* The view of a name that need not be looked up. */
static struct node_view view_of(
	const struct node_view *directory, const struct directory_entry *entry)
{
	return (struct node_view){
		.node = directory->node,
		.kind = entry->identity.kind,
		.name = entry->identity.name,
		.table = entry->table,
		.row_key = entry->identity.row_key,
		.partition_name = directory->kind == NODE_PARTITION ? directory->name
								    : ((struct slice){ NULL, 0 }),
		.owner = entry->identity.owner,
	};
}

static int read_scratch(
	struct filesystem *fs, uid_t uid, struct scratch_path path, struct buf *text)
{
	struct scratch_file *file;
	struct stat st;
	ssize_t got = 0;
	int r = scratch_open(fs->scratch, uid, path, O_RDONLY, &file);

	if (r < 0)
		return r;
	r = scratch_file_stat(file, &st);
	if (r == 0 && st.st_size > (off_t)JSON_TEXT_MAX)
		r = -EFBIG;
	while (r == 0 && (off_t)text->len < st.st_size) {
		size_t left = (size_t)st.st_size - text->len;

		got = scratch_read(file, buf_reserve(text, left), left, (off_t)text->len);
		if (got <= 0)
			break;
		text->len += (size_t)got;
	}
	scratch_close(file);
	return r ? r : got < 0 ? (int)got : 0;
}

/* Stores the text as what stands at the new place: 0 or -errno. */
static int save(const struct rename *rename, struct slice text)
{
	struct node_view to = view_of(rename->to_directory, &rename->to);
	struct error err = ERROR_INIT;

	if (rename->to.identity.kind == NODE_ITEM)
		return item_save(rename->fs, rename->caller, &to, rename->to_directory->node, text,
			rename->flags & RENAME_NOREPLACE ? ITEM_ABSENT : ITEM_ANY,
			clock_from_timespec(rename->from.attributes.st_mtim));
	if (alarm_save(rename->fs, rename->caller, rename->to_name, text, &err) < 0)
		return filesystem_reject_text(rename->fs, rename->caller,
			rename->to_directory->node, rename->to_name, &err, text);
	return 0;
}

/* A whole file saved over an item or an alarm, as sed -i and rsync do: one atomic
 * save. */
static int rename_scratch_saved(const struct rename *rename)
{
	struct filesystem *fs = rename->fs;
	struct scratch_path path = directory_scratch_path(
		fs, rename->from_directory, rename->from_name, rename->arena);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int r;

	if (!S_ISREG(rename->from.attributes.st_mode))
		return filesystem_refuse(fs, rename->caller, rename->to_directory->node,
			rename->to_name,
			rename->to.identity.kind == NODE_ITEM
				? "an item can't be a symbolic link"
				: "an alarm can't be a symbolic link");
	r = read_scratch(fs, rename->caller->uid, path, &text);
	if (r < 0)
		return r;
	r = save(rename, buf_slice(&text));
	if (r < 0)
		return r;
	directory_forget_name(fs, rename->from_directory, &rename->from.identity);
	return scratch_unlink(fs->scratch, rename->caller->uid, path);
}

/* What was found and is not stored is a draft. */
static int still_open(const struct rename *rename)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_CONFLICT, "this item is still being written: close it first");
	return filesystem_reject_name(
		rename->fs, rename->caller, rename->from_directory->node, rename->from_name, &err);
}

/* In another table an item has that one's mode: nobody may move it to where he can
 * read it from where he can't. */
static int check_readable(const struct rename *rename)
{
	struct filesystem *fs = rename->fs;
	struct table_access access = ownership_find(fs, rename->from.table);
	struct principal principal;
	bool allowed;

	if (slice_equal(rename->from.table->id, rename->to.table->id))
		return 0;
	principal = ownership_principal(fs, rename->caller);
	allowed = principal_allows(&principal, &access, R_OK);
	ownership_principal_release(&principal);
	return allowed ? 0 : -EACCES;
}

static int rename_item(const struct rename *rename)
{
	struct filesystem *fs = rename->fs;
	struct node_view from = view_of(rename->from_directory, &rename->from);
	struct node_view to = view_of(rename->to_directory, &rename->to);
	struct node *node;
	int r;

	if (rename->to.identity.kind != NODE_ITEM)
		return filesystem_refuse(fs, rename->caller, rename->from_directory->node,
			rename->from_name,
			"an item can't be moved to a name that is not an item's: copy it instead");
	if (rename->from_directory->node == rename->to_directory->node &&
		slice_equal(rename->from_name, rename->to_name))
		return 0;
	r = check_readable(rename);
	if (r < 0)
		return r;
	r = item_move(fs, rename->caller, &from, &to, !(rename->flags & RENAME_NOREPLACE));
	if (r == -ENOENT)
		return still_open(rename);
	if (r < 0)
		return r;
	directory_keep_partition(fs, rename->from_directory);
	node = node_find_child(fs->nodes, rename->from_directory->node, rename->from_name, 0);
	if (node) {
		node_move(fs->nodes, node, rename->to_directory->node, &rename->to.identity);
		/* Its text, and so its size, may spell out another key. */
		invalidate_node(fs->invalidator, node);
		node_unref(fs->nodes, node);
	}
	return 0;
}

static int rename_scratch(const struct rename *rename)
{
	struct filesystem *fs = rename->fs;
	uid_t uid = rename->caller->uid;
	struct node *node;
	int r;

	if (rename->to.identity.kind != NODE_SCRATCH)
		return rename_scratch_saved(rename);
	r = scratch_rename(fs->scratch, uid,
		directory_scratch_path(
			fs, rename->from_directory, rename->from_name, rename->arena),
		directory_scratch_path(fs, rename->to_directory, rename->to_name, rename->arena),
		rename->flags);
	if (r < 0)
		return r;
	if (rename->flags & RENAME_EXCHANGE) {
		directory_forget_name(fs, rename->from_directory, &rename->from.identity);
		directory_forget_name(fs, rename->to_directory, &rename->to.identity);
		return 0;
	}
	node = node_find_child(fs->nodes, rename->from_directory->node, rename->from_name, uid);
	if (node) {
		node_move(fs->nodes, node, rename->to_directory->node, &rename->to.identity);
		node_unref(fs->nodes, node);
	}
	return 0;
}

static int find_both(struct rename *rename)
{
	struct directory_entry existing CLEANUP(directory_entry_release) = { 0 };
	int r;

	if (directory_is_read_only(rename->from_directory->kind) ||
		directory_is_read_only(rename->to_directory->kind))
		return -EROFS;
	if (mount_table_transaction(rename->from_directory->table) !=
		mount_table_transaction(rename->to_directory->table))
		return -EXDEV; /* lets mv copy into a transaction, or out of it */
	r = directory_find(rename->fs, rename->caller, rename->from_directory, rename->from_name,
		rename->arena, &rename->from);
	if (r < 0)
		return r;
	r = directory_find(rename->fs, rename->caller, rename->to_directory, rename->to_name,
		rename->arena, &existing);
	if (r < 0 && r != -ENOENT)
		return r;
	rename->to_exists = r == 0;
	if (rename->to_exists && node_kind_is_directory(existing.identity.kind))
		return node_kind_is_directory(rename->from.identity.kind) ? -EPERM : -EISDIR;
	if (rename->to_exists && node_kinds[existing.identity.kind].name)
		return -EXDEV; /* lets mv copy a file to .schema or .import */
	if (rename->to_exists && rename->flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (node_kind_is_directory(rename->from.identity.kind))
		return 0;
	return directory_prepare(rename->fs, rename->caller, rename->to_directory, rename->to_name,
		rename->arena, &rename->to);
}

/* Emacs then writes in place, and mv copies, which makes another alarm, and removes. */
static int rename_alarm(const struct rename *rename)
{
	if (rename->to.identity.kind == NODE_ALARM)
		return rename->from_directory->node == rename->to_directory->node &&
				       slice_equal(rename->from_name, rename->to_name)
			       ? 0
			       : -EXDEV;
	return filesystem_refuse(rename->fs, rename->caller, rename->from_directory->node,
		rename->from_name,
		"an alarm can't be moved to a name that is not an alarm's: copy it instead");
}

static int rename_found(const struct rename *rename)
{
	enum node_kind kind = rename->from.identity.kind;

	if (kind == NODE_ITEM)
		return rename->flags & RENAME_EXCHANGE ? -EINVAL : rename_item(rename);
	if (kind == NODE_ALARM)
		return rename_alarm(rename);
	if (kind == NODE_SCRATCH && rename->flags & RENAME_EXCHANGE &&
		rename->to.identity.kind != NODE_SCRATCH)
		return -EINVAL;
	if (kind == NODE_SCRATCH)
		return rename_scratch(rename);
	if (kind == NODE_TABLE || kind == NODE_PARTITION)
		return filesystem_refuse(rename->fs, rename->caller, rename->from_directory->node,
			rename->from_name,
			"tables and partitions can't be renamed: make the new one and move the "
			"items");
	return filesystem_refuse(rename->fs, rename->caller, rename->from_directory->node,
		rename->from_name, "this file belongs to the mount and can't be moved");
}

int directory_rename(struct filesystem *fs, const struct caller *caller,
	const struct node_view *from, struct slice from_name, const struct node_view *to,
	struct slice to_name, unsigned flags)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct rename rename = {
		.fs = fs,
		.caller = caller,
		.from_directory = from,
		.to_directory = to,
		.from_name = from_name,
		.to_name = to_name,
		.flags = flags,
		.arena = &arena,
	};
	int r = find_both(&rename);

	if (r == 0)
		r = rename_found(&rename);
	directory_entry_release(&rename.from);
	directory_entry_release(&rename.to);
	return r;
}
