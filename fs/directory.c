/*
 * Making and removing names.
 */
#include "directory_operations.h"

#include "alarm.h"
#include "ephemeral.h"
#include "item.h"
#include "requests.h"
#include "tables.h"

#include <errno.h>

int directory_symlink(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct slice target)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct directory_entry entry CLEANUP(directory_entry_release) = { 0 };
	int r = directory_prepare(fs, caller, directory, name, &arena, &entry);

	if (r < 0)
		return r;
	if (entry.identity.kind != NODE_SCRATCH)
		return filesystem_refuse(
			fs, caller, directory->node, name, "an item can't be a symbolic link");
	return scratch_symlink(fs->scratch, caller->uid,
		directory_scratch_path(fs, directory, name, &arena), target);
}

static int mkdir_table(const struct finder *finder, mode_t mode)
{
	struct filesystem *fs = finder->fs;
	struct error err = ERROR_INIT;
	struct table_access access = {
		.known = true,
		.uid = finder->caller->uid,
		.gid = finder->caller->gid,
		.mode = mode & ACCESS_MODE_MASK,
	};

	if (table_check_name(fs, finder->step.table_name, &err) < 0)
		return finder_fail(finder, &err);
	ephemeral_announce(fs->ephemerals, finder->step.table_name, &access);
	return 0;
}

static int mkdir_partition(const struct finder *finder)
{
	const struct mount_table *table = finder->directory->table;
	struct key_schema hash_only = { .partition = table->schema.partition };
	struct key key = { .partition = finder->step.value };
	struct error err = ERROR_INIT;

	if (!finder->step.hashed && key_validate(&hash_only, &key, &err) < 0)
		return finder_fail(finder, &err);
	ephemeral_add(finder->fs->ephemerals, table->id, finder->name);
	return 0;
}

int directory_mkdir(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, mode_t mode)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct finder finder = { fs, caller, directory, name, &arena, { 0 } };
	const struct directory_operations *own = directory_operations_of(directory->kind);
	struct directory_entry entry CLEANUP(directory_entry_release) = { 0 };
	enum path_outcome outcome;
	int r = directory_find(fs, caller, directory, name, &arena, &entry);

	if (r != -ENOENT)
		return r < 0 ? r : -EEXIST;
	if (own)
		return own->mkdir ? own->mkdir(&finder) : own->read_only ? -EROFS : -EPERM;
	outcome = finder_step(&finder);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_TABLE)
		return mkdir_table(&finder, mode);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_PARTITION)
		return mkdir_partition(&finder);
	if (directory->kind == NODE_TABLE && !mount_table_exists(directory->table))
		return finder_no_schema(&finder);
	if (directory->kind == NODE_TABLE && key_schema_has_sort(&directory->table->schema))
		return finder_not_canonical(&finder);
	return filesystem_refuse(
		fs, caller, directory->node, name, "items have no directories below them");
}

/* What was opened under a name keeps its node; the next file or directory gets
 * another, as the kernel takes nothing in a directory that was removed. */
void directory_forget_name(struct filesystem *fs, const struct node_view *directory,
	const struct node_identity *identity)
{
	struct node *node =
		node_find_child(fs->nodes, directory->node, identity->name, identity->owner);

	if (!node)
		return;
	node_unname(fs->nodes, node);
	node_unref(fs->nodes, node);
}

static int rmdir_table(const struct finder *finder, const struct directory_entry *entry)
{
	struct filesystem *fs = finder->fs;
	struct arena *arena = finder->arena;
	struct error err = ERROR_INIT;
	struct scratch_list own;
	int r;

	r = scratch_list(fs->scratch, finder->caller->uid, finder->name, arena, &own);
	if (r == 0 && own.count)
		return -ENOTEMPTY;
	if (mount_table_exists(entry->table) && table_drop(fs, entry->table->name, &err) < 0) {
		if (err.class != ERROR_TABLE_NOT_EMPTY)
			return finder_fail(finder, &err);
		error_release(&err);
		return -ENOTEMPTY;
	}
	ephemeral_remove(fs->ephemerals, SLICE(""), entry->table->name);
	ephemeral_remove_all(fs->ephemerals, entry->table->id);
	directory_forget_name(fs, finder->directory, &entry->identity);
	r = scratch_drop(fs->scratch, finder->name);
	return r == -ENOENT ? 0 : r;
}

static int rmdir_partition(const struct finder *finder, const struct directory_entry *entry)
{
	struct filesystem *fs = finder->fs;
	struct key_schema hash_only = { .partition = entry->table->schema.partition };
	struct scratch_path inside =
		directory_scratch_path(fs, finder->directory, finder->name, finder->arena);
	struct error err = ERROR_INIT;
	struct scratch_list own;
	struct key key;
	int r;

	inside.directory = arena_printf(
		finder->arena, "%.*s/%.*s", SLICE_ARG(inside.directory), SLICE_ARG(finder->name));
	r = scratch_list(fs->scratch, finder->caller->uid, inside.directory, finder->arena, &own);
	if (r == 0 && own.count)
		return -ENOTEMPTY;
	if (entry->identity.row_key.len) {
		r = key_decode(&hash_only, entry->identity.row_key, finder->arena, &key, &err);
		if (r == 0)
			r = request_partition(fs, entry->table, &key.partition, &err);
		if (r < 0)
			return finder_fail(finder, &err);
		if (r == 0)
			return -ENOTEMPTY;
	}
	ephemeral_remove(fs->ephemerals, entry->table->id, finder->name);
	directory_forget_name(fs, finder->directory, &entry->identity);
	return 0;
}

int directory_rmdir(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct finder finder = { fs, caller, directory, name, &arena, { 0 } };
	const struct directory_operations *own = directory_operations_of(directory->kind);
	struct directory_entry entry CLEANUP(directory_entry_release) = { 0 };
	int r = directory_find(fs, caller, directory, name, &arena, &entry);

	if (r < 0)
		return r;
	if (own && own->rmdir)
		return own->rmdir(&finder, &entry);
	if (own && own->read_only)
		return -EROFS;
	if (entry.identity.kind == NODE_TABLE)
		return rmdir_table(&finder, &entry);
	if (entry.identity.kind == NODE_PARTITION)
		return rmdir_partition(&finder, &entry);
	return node_kind_is_directory(entry.identity.kind) ? -EPERM : -ENOTDIR;
}

void directory_keep_partition(struct filesystem *fs, const struct node_view *directory)
{
	if (directory->kind == NODE_PARTITION)
		ephemeral_add(fs->ephemerals, directory->table->id, directory->name);
}

static int unlink_item(const struct finder *finder, const struct directory_entry *entry)
{
	struct error err = ERROR_INIT;
	struct key key;
	int r;

	if (!entry->identity.row_key.len)
		return -EBUSY; /* a draft that has no key yet */
	r = key_decode(&entry->table->schema, entry->identity.row_key, finder->arena, &key, &err);
	if (r == 0)
		r = item_delete(finder->fs, entry->table, &key, &err);
	if (r < 0)
		return finder_fail(finder, &err);
	directory_keep_partition(finder->fs, finder->directory);
	directory_forget_name(finder->fs, finder->directory, &entry->identity);
	return 0;
}

int directory_unlink(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct finder finder = { fs, caller, directory, name, &arena, { 0 } };
	struct directory_entry entry CLEANUP(directory_entry_release) = { 0 };
	int r = directory_find(fs, caller, directory, name, &arena, &entry);

	if (r < 0)
		return r;
	if (node_kind_is_directory(entry.identity.kind))
		return -EISDIR;
	if (directory_is_read_only(directory->kind))
		return -EROFS;
	if (entry.identity.kind == NODE_ITEM)
		return unlink_item(&finder, &entry);
	if (entry.identity.kind == NODE_ALARM) {
		r = alarm_unlink(&finder);
		if (r == 0)
			directory_forget_name(fs, directory, &entry.identity);
		return r;
	}
	if (entry.identity.kind == NODE_SCRATCH) {
		r = scratch_unlink(fs->scratch, caller->uid,
			directory_scratch_path(fs, directory, name, &arena));
		if (r == 0)
			directory_forget_name(fs, directory, &entry.identity);
		return r;
	}
	return filesystem_refuse(fs, caller, directory->node, name,
		entry.identity.kind == NODE_STREAM
			? "this file belongs to the table: to disable its stream, write NONE to it"
			: "this file belongs to the mount and can't be removed");
}
