#include "directory.h"

#include "base/memory.h"
#include "ephemeral.h"
#include "files.h"
#include "invalidate.h"
#include "item.h"
#include "name.h"
#include "requests.h"
#include "tables.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define ABSENT_SLICE ((struct slice){ NULL, 0 })

void directory_entry_release(struct directory_entry *entry)
{
	mount_table_unref(entry->table);
	entry->table = NULL;
}

struct scratch_path directory_scratch_path(struct filesystem *fs, const struct node_view *directory,
	struct slice name, struct arena *arena)
{
	return (struct scratch_path){
		.directory = node_path(fs->nodes, directory->node, arena),
		.name = name,
	};
}

/* Attributes. */

static int64_t directory_mtime(const struct filesystem *fs, const struct mount_table *table)
{
	return table && table->created_ns ? table->created_ns : fs->started_ns;
}

static void fill_attributes(const struct filesystem *fs, enum node_kind kind, uint64_t inode,
	int64_t mtime_ns, struct stat *ret)
{
	*ret = (struct stat){
		.st_ino = inode,
		.st_mode = node_kinds[kind].mode,
		.st_nlink = 1,
		.st_uid = fs->owner,
		.st_gid = fs->group,
		.st_blksize = 4096,
		.st_atim = clock_to_timespec(mtime_ns),
		.st_mtim = clock_to_timespec(mtime_ns),
		.st_ctim = clock_to_timespec(mtime_ns),
	};
}

static int scratch_attributes(struct filesystem *fs, const struct caller *caller, uid_t owner,
	struct scratch_path path, uint64_t inode, struct stat *ret)
{
	int r = scratch_stat(fs->scratch, owner, path, ret);

	if (r < 0)
		return r;
	if (inode)
		ret->st_ino = inode;
	ret->st_gid = owner == fs->owner ? fs->group : caller->gid;
	return 0;
}

int directory_attributes(struct filesystem *fs, const struct caller *caller,
	const struct node_view *view, struct stat *ret, double *ret_timeout)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice path;

	*ret_timeout = node_kind_is_directory(view->kind) ? DIRECTORY_TIMEOUT : 0;
	if (view->kind == NODE_ITEM)
		return item_attributes(fs, view, ret, ret_timeout);
	if (view->kind == NODE_SCRATCH) {
		if (handle_attributes(fs, view->node, ret) == 0)
			return 0;
		path = node_path(fs->nodes, view->node, &arena);
		path.len -= view->name.len;
		if (path.len)
			path.len--;
		return scratch_attributes(
			fs, caller, view->owner, (struct scratch_path){ path, view->name }, 0, ret);
	}
	fill_attributes(fs, view->kind, view->inode, directory_mtime(fs, view->table), ret);
	return 0;
}

/* Finding. */

struct finder {
	struct filesystem *fs;
	const struct caller *caller;
	const struct node_view *directory;
	struct slice name;
	struct arena *arena;
	struct path_step step;
};

static int fail(const struct finder *finder, struct error *err)
{
	return filesystem_reject_name(
		finder->fs, finder->caller, finder->directory->node, finder->name, err);
}

static enum path_outcome take_step(struct finder *finder)
{
	const struct mount_table *table = finder->directory->table;
	struct path_directory directory = {
		.kind = finder->directory->kind,
		.schema = table && mount_table_exists(table) ? &table->schema : NULL,
	};

	return path_step(&directory, finder->name, finder->arena, &finder->step);
}

static void identify(const struct finder *finder, enum node_kind kind, struct slice row_key,
	struct directory_entry *ret)
{
	ret->table = mount_table_ref(finder->directory->table);
	ret->identity = (struct node_identity){
		.kind = kind,
		.name = finder->name,
		.table = ret->table,
		.row_key = row_key,
		.owner = kind == NODE_SCRATCH ? finder->caller->uid : 0,
	};
}

static int find_scratch(const struct finder *finder, struct directory_entry *ret)
{
	struct scratch_path path =
		directory_scratch_path(finder->fs, finder->directory, finder->name, finder->arena);
	int r;

	r = scratch_attributes(
		finder->fs, finder->caller, finder->caller->uid, path, 0, &ret->attributes);
	if (r < 0)
		return r;
	identify(finder, NODE_SCRATCH, ABSENT_SLICE, ret);
	return 0;
}

static int find_table(const struct finder *finder, struct directory_entry *ret)
{
	struct filesystem *fs = finder->fs;
	struct error err = ERROR_INIT;
	struct mount_table *table = NULL;
	int r = request_table(fs, finder->step.table_name, &table, &err);

	if (r < 0)
		return fail(finder, &err);
	if (r == REQUEST_ABSENT) {
		if (!ephemeral_exists(fs->ephemerals, SLICE(""), finder->step.table_name))
			return find_scratch(finder, ret);
		table = mount_table_new(finder->step.table_name, SLICE(""), NULL, 0);
	}
	identify(finder, NODE_TABLE, ABSENT_SLICE, ret);
	ret->table = ret->identity.table = table;
	ret->timeout = DIRECTORY_TIMEOUT;
	return 0;
}

/* Resolves the value of a partition step: 0, REQUEST_ABSENT or -1. */
static int resolve_partition(
	const struct finder *finder, enum name_suffix suffix, struct value *ret, struct error *err)
{
	if (finder->step.hashed)
		return request_partition_by_name(finder->fs, finder->directory->table, finder->name,
			suffix, finder->step.hash, finder->arena, ret, err);
	*ret = finder->step.value;
	return 0;
}

static struct slice partition_row_key(const struct value *partition, struct arena *arena)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	key_encode_partition(partition, &bytes);
	return arena_copy(arena, buf_slice(&bytes));
}

static int find_partition(const struct finder *finder, struct directory_entry *ret)
{
	const struct mount_table *table = finder->directory->table;
	struct slice row_key = ABSENT_SLICE;
	struct error err = ERROR_INIT;
	struct value partition;
	int r = resolve_partition(finder, NAME_PARTITION, &partition, &err);

	if (r == 0) {
		row_key = partition_row_key(&partition, finder->arena);
		if (!finder->step.hashed)
			r = request_partition(finder->fs, table, &partition, &err);
	}
	if (r < 0)
		return fail(finder, &err);
	if (r == REQUEST_ABSENT &&
		!ephemeral_exists(finder->fs->ephemerals, table->id, finder->name))
		return find_scratch(finder, ret);
	identify(finder, NODE_PARTITION, row_key, ret);
	ret->timeout = DIRECTORY_TIMEOUT;
	return 0;
}

/* The row key of an item step: 0, REQUEST_ABSENT when only a hash is known and
 * no item has it, or -1. */
static int resolve_item(const struct finder *finder, struct slice *ret, struct error *err)
{
	const struct mount_table *table = finder->directory->table;
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct key key = { 0 };
	int r;

	*ret = ABSENT_SLICE;
	if (finder->directory->kind == NODE_TABLE) {
		r = resolve_partition(finder, NAME_ITEM, &key.partition, err);
	} else {
		struct key_schema hash_only = { .partition = table->schema.partition };

		if (!finder->directory->row_key.len)
			return REQUEST_ABSENT;
		TRY(key_decode(&hash_only, finder->directory->row_key, finder->arena, &key, err));
		key.sort = finder->step.value;
		r = finder->step.hashed ? request_sort_key_by_name(finder->fs, table,
						  &key.partition, finder->name, &finder->step.value,
						  finder->arena, &key.sort, err)
					: 0;
	}
	if (r)
		return r;
	key_encode(&table->schema, &key, &bytes);
	*ret = arena_copy(finder->arena, buf_slice(&bytes));
	return 0;
}

/* An item's node may hold a draft where nothing is stored yet. */
static int find_draft(const struct finder *finder, struct directory_entry *ret)
{
	struct node_table *nodes = finder->fs->nodes;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct node *node = node_find_child(nodes, finder->directory->node, finder->name, 0);
	int r;

	if (!node)
		return -ENOENT;
	node_load(nodes, node, finder->arena, &view);
	r = view.kind == NODE_ITEM && !node_drafts(nodes, node).hidden
		    ? item_attributes(finder->fs, &view, &ret->attributes, &ret->timeout)
		    : -ENOENT;
	node_unref(nodes, node);
	return r;
}

static int find_stored(
	const struct finder *finder, struct slice row_key, struct directory_entry *ret)
{
	const struct mount_table *table = finder->directory->table;
	struct error err = ERROR_INIT;
	struct item_facts facts;
	struct key key;
	int r;

	ret->changes = node_changes(finder->fs->nodes);
	if (key_decode(&table->schema, row_key, finder->arena, &key, &err) < 0)
		return fail(finder, &err);
	r = key_validate(&table->schema, &key, &err);
	if (r == 0)
		r = request_item(finder->fs, table, &key, finder->arena, NULL, &facts, &err);
	if (r < 0)
		return fail(finder, &err);
	if (r == REQUEST_ABSENT)
		return find_draft(finder, ret);
	item_fill_attributes(
		finder->fs, node_item_inode(table->id, row_key), &facts, &ret->attributes);
	ret->timeout = ITEM_TIMEOUT;
	return 0;
}

static int find_item(const struct finder *finder, struct directory_entry *ret)
{
	struct error err = ERROR_INIT;
	struct slice row_key;
	int r = resolve_item(finder, &row_key, &err);

	if (r < 0)
		return fail(finder, &err);
	if (r == REQUEST_ABSENT)
		r = find_draft(finder, ret);
	else
		r = find_stored(finder, row_key, ret);
	if (r == 0)
		identify(finder, NODE_ITEM, row_key, ret);
	return r;
}

static int find_special(const struct finder *finder, struct directory_entry *ret)
{
	const struct mount_table *table = finder->directory->table;

	if (table && !mount_table_exists(table) && finder->step.kind != NODE_SCHEMA)
		return -ENOENT;
	identify(finder, finder->step.kind, ABSENT_SLICE, ret);
	return 0;
}

static int not_canonical(const struct finder *finder)
{
	struct error err = ERROR_INIT;

	if (slice_present(finder->step.canonical))
		error_set(&err, ERROR_VALIDATION, "%.*s is spelled %.*s here",
			SLICE_ARG(finder->name), SLICE_ARG(finder->step.canonical));
	else
		error_set(&err, ERROR_VALIDATION,
			"%.*s can't be the name of an item in this directory: its key is of type "
			"%s",
			SLICE_ARG(finder->name),
			value_type_name(finder->directory->kind == NODE_PARTITION
						? finder->directory->table->schema.sort.type
						: finder->directory->table->schema.partition.type));
	return fail(finder, &err);
}

int directory_find(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct arena *arena,
	struct directory_entry *ret)
{
	struct finder finder = { fs, caller, directory, name, arena, { 0 } };

	*ret = (struct directory_entry){ 0 };
	if (name.len > NAME_LENGTH_MAX)
		return -ENAMETOOLONG;
	switch (take_step(&finder)) {
	case PATH_SCRATCH:
		return find_scratch(&finder, ret);
	case PATH_NOT_CANONICAL:
		if (find_scratch(&finder, ret) == 0)
			return 0;
		return slice_present(finder.step.canonical) ? not_canonical(&finder) : -ENOENT;
	case PATH_FOUND:
		break;
	}
	switch (finder.step.kind) {
	case NODE_TABLE:
		return find_table(&finder, ret);
	case NODE_PARTITION:
		return find_partition(&finder, ret);
	case NODE_ITEM:
		return find_item(&finder, ret);
	case NODE_SCHEMA:
	case NODE_INFO:
	case NODE_IMPORT:
	case NODE_EXPORT:
	case NODE_ERROR:
		return find_special(&finder, ret);
	case NODE_ROOT:
	case NODE_SCRATCH:
	case NODE_KIND_COUNT:
		break;
	}
	return -ENOENT;
}

/* Creating. */

static int misplaced(const struct finder *finder)
{
	const struct key_schema *schema = &finder->directory->table->schema;
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_VALIDATION,
		"items of this table are files in a directory of their partition key: "
		"<%.*s>/<%.*s>.json",
		SLICE_ARG(schema->partition.name), SLICE_ARG(schema->sort.name));
	return fail(finder, &err);
}

static int no_schema(const struct finder *finder)
{
	return filesystem_refuse(finder->fs, finder->caller, finder->directory->node, finder->name,
		"this table has no key yet: write its .schema first, for example "
		"echo 'id:S' > .schema");
}

static int prepare_item(const struct finder *finder, struct directory_entry *ret)
{
	struct error err = ERROR_INIT;
	struct slice row_key;
	int r = resolve_item(finder, &row_key, &err);

	if (r < 0)
		return fail(finder, &err);
	identify(finder, NODE_ITEM, row_key, ret);
	return 0;
}

int directory_prepare(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct arena *arena,
	struct directory_entry *ret)
{
	struct finder finder = { fs, caller, directory, name, arena, { 0 } };
	enum path_outcome outcome;

	*ret = (struct directory_entry){ 0 };
	if (name.len > NAME_LENGTH_MAX)
		return -ENAMETOOLONG;
	outcome = take_step(&finder);
	if (outcome == PATH_NOT_CANONICAL)
		return not_canonical(&finder);
	if (directory->kind == NODE_TABLE && !mount_table_exists(directory->table) &&
		slice_ends_with(name, SLICE(".json")))
		return no_schema(&finder);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_ITEM)
		return prepare_item(&finder, ret);
	if (finder.step.kind == NODE_PARTITION && slice_ends_with(name, SLICE(".json")) &&
		name.data[0] != '.' && name.data[0] != '#')
		return misplaced(&finder);
	if (outcome == PATH_FOUND && finder.step.kind != NODE_TABLE &&
		finder.step.kind != NODE_PARTITION)
		return -EEXIST;
	identify(&finder, NODE_SCRATCH, ABSENT_SLICE, ret);
	return 0;
}

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

/* Directories. */

static int mkdir_table(const struct finder *finder)
{
	struct filesystem *fs = finder->fs;
	struct error err = ERROR_INIT;

	if (table_check_name(fs, finder->step.table_name, &err) < 0)
		return fail(finder, &err);
	ephemeral_add(fs->ephemerals, SLICE(""), finder->step.table_name);
	return 0;
}

static int mkdir_partition(const struct finder *finder)
{
	const struct mount_table *table = finder->directory->table;
	struct key_schema hash_only = { .partition = table->schema.partition };
	struct key key = { .partition = finder->step.value };
	struct error err = ERROR_INIT;

	if (!finder->step.hashed && key_validate(&hash_only, &key, &err) < 0)
		return fail(finder, &err);
	ephemeral_add(finder->fs->ephemerals, table->id, finder->name);
	return 0;
}

int directory_mkdir(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct finder finder = { fs, caller, directory, name, &arena, { 0 } };
	struct directory_entry entry CLEANUP(directory_entry_release) = { 0 };
	enum path_outcome outcome;
	int r = directory_find(fs, caller, directory, name, &arena, &entry);

	if (r != -ENOENT)
		return r < 0 ? r : -EEXIST;
	outcome = take_step(&finder);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_TABLE)
		return mkdir_table(&finder);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_PARTITION)
		return mkdir_partition(&finder);
	if (directory->kind == NODE_TABLE && !mount_table_exists(directory->table))
		return no_schema(&finder);
	if (directory->kind == NODE_TABLE && key_schema_has_sort(&directory->table->schema))
		return not_canonical(&finder);
	return filesystem_refuse(
		fs, caller, directory->node, name, "items have no directories below them");
}

/* What was opened under a name keeps its node; the next file or directory gets
 * another, as the kernel takes nothing in a directory that was removed. */
static void forget_name(struct filesystem *fs, const struct node_view *directory,
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
			return fail(finder, &err);
		error_release(&err);
		return -ENOTEMPTY;
	}
	ephemeral_remove(fs->ephemerals, SLICE(""), entry->table->name);
	ephemeral_remove_all(fs->ephemerals, entry->table->id);
	forget_name(fs, finder->directory, &entry->identity);
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
			return fail(finder, &err);
		if (r == 0)
			return -ENOTEMPTY;
	}
	ephemeral_remove(fs->ephemerals, entry->table->id, finder->name);
	forget_name(fs, finder->directory, &entry->identity);
	return 0;
}

int directory_rmdir(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct finder finder = { fs, caller, directory, name, &arena, { 0 } };
	struct directory_entry entry CLEANUP(directory_entry_release) = { 0 };
	int r = directory_find(fs, caller, directory, name, &arena, &entry);

	if (r < 0)
		return r;
	if (entry.identity.kind == NODE_TABLE)
		return rmdir_table(&finder, &entry);
	if (entry.identity.kind == NODE_PARTITION)
		return rmdir_partition(&finder, &entry);
	return -ENOTDIR;
}

/* A partition that loses an item stays, maybe empty, until rmdir. */
static void keep_partition(struct filesystem *fs, const struct node_view *directory)
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
		return fail(finder, &err);
	keep_partition(finder->fs, finder->directory);
	forget_name(finder->fs, finder->directory, &entry->identity);
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
	if (entry.identity.kind == NODE_ITEM)
		return unlink_item(&finder, &entry);
	if (entry.identity.kind == NODE_SCRATCH) {
		r = scratch_unlink(fs->scratch, caller->uid,
			directory_scratch_path(fs, directory, name, &arena));
		if (r == 0)
			forget_name(fs, directory, &entry.identity);
		return r;
	}
	return filesystem_refuse(fs, caller, directory->node, name,
		"this file belongs to the table and can't be removed");
}

/* Moving. */

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
		.partition_name =
			directory->kind == NODE_PARTITION ? directory->name : ABSENT_SLICE,
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

/* A whole file saved over an item, as sed -i and rsync do: one atomic save. */
static int rename_scratch_to_item(const struct rename *rename)
{
	struct filesystem *fs = rename->fs;
	struct scratch_path path = directory_scratch_path(
		fs, rename->from_directory, rename->from_name, rename->arena);
	struct node_view to = view_of(rename->to_directory, &rename->to);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int r;

	if (!S_ISREG(rename->from.attributes.st_mode))
		return filesystem_refuse(fs, rename->caller, rename->to_directory->node,
			rename->to_name, "an item can't be a symbolic link");
	r = read_scratch(fs, rename->caller->uid, path, &text);
	if (r < 0)
		return r;
	r = item_save(fs, rename->caller, &to, rename->to_directory->node, buf_slice(&text),
		rename->flags & RENAME_NOREPLACE ? ITEM_ABSENT : ITEM_ANY,
		clock_from_timespec(rename->from.attributes.st_mtim));
	if (r < 0)
		return r;
	forget_name(fs, rename->from_directory, &rename->from.identity);
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
	r = item_move(fs, rename->caller, &from, &to, !(rename->flags & RENAME_NOREPLACE));
	if (r == -ENOENT)
		return still_open(rename);
	if (r < 0)
		return r;
	keep_partition(fs, rename->from_directory);
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

	if (rename->to.identity.kind == NODE_ITEM)
		return rename_scratch_to_item(rename);
	r = scratch_rename(fs->scratch, uid,
		directory_scratch_path(
			fs, rename->from_directory, rename->from_name, rename->arena),
		directory_scratch_path(fs, rename->to_directory, rename->to_name, rename->arena),
		rename->flags);
	if (r < 0)
		return r;
	if (rename->flags & RENAME_EXCHANGE) {
		forget_name(fs, rename->from_directory, &rename->from.identity);
		forget_name(fs, rename->to_directory, &rename->to.identity);
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
	int r = directory_find(rename->fs, rename->caller, rename->from_directory,
		rename->from_name, rename->arena, &rename->from);

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

static int rename_found(const struct rename *rename)
{
	switch (rename->from.identity.kind) {
	case NODE_ITEM:
		if (rename->flags & RENAME_EXCHANGE)
			return -EINVAL;
		return rename_item(rename);
	case NODE_SCRATCH:
		if (rename->flags & RENAME_EXCHANGE && rename->to.identity.kind == NODE_ITEM)
			return -EINVAL;
		return rename_scratch(rename);
	case NODE_ROOT:
	case NODE_TABLE:
	case NODE_PARTITION:
		return filesystem_refuse(rename->fs, rename->caller, rename->from_directory->node,
			rename->from_name,
			"tables and partitions can't be renamed: make the new one and move the "
			"items");
	case NODE_SCHEMA:
	case NODE_INFO:
	case NODE_IMPORT:
	case NODE_EXPORT:
	case NODE_ERROR:
	case NODE_KIND_COUNT:
		break;
	}
	return filesystem_refuse(rename->fs, rename->caller, rename->from_directory->node,
		rename->from_name, "this file belongs to the table and can't be moved");
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
