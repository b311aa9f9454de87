/*
 * Finding what a name in a directory stands for, and its attributes.
 */
#include "directory_operations.h"

#include "alarm.h"
#include "base/clock.h"
#include "ephemeral.h"
#include "files.h"
#include "item.h"
#include "name.h"
#include "ownership.h"
#include "requests.h"
#include "transaction.h"

#include <errno.h>

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

static int64_t directory_mtime(const struct filesystem *fs, const struct mount_table *table)
{
	return table && table->created_ns ? table->created_ns : fs->started_ns;
}

static void fill_attributes(struct filesystem *fs, const struct mount_table *table,
	enum node_kind kind, uint64_t inode, struct stat *ret)
{
	struct table_access access = ownership_find(fs, table);
	int64_t mtime_ns = directory_mtime(fs, table);

	*ret = (struct stat){
		.st_ino = inode,
		.st_nlink = 1,
		.st_blksize = 4096,
		.st_atim = clock_to_timespec(mtime_ns),
		.st_mtim = clock_to_timespec(mtime_ns),
		.st_ctim = clock_to_timespec(mtime_ns),
	};
	ownership_fill(kind, &access, ret);
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

/* What is not the same for all of a kind. */
static int more_attributes(struct filesystem *fs, const struct caller *caller,
	const struct node_view *view, struct stat *ret)
{
	const struct directory_operations *links = directory_operations_of_link(view->kind);
	const struct directory_operations *directory = directory_operations_of(view->kind);
	const struct file_operations *file = file_operations_of(view->kind);
	struct buf target CLEANUP(buf_release) = BUF_INIT;
	int r;

	if (directory && directory->attributes)
		return directory->attributes(fs, caller, view, ret);
	if (file && file->attributes && handle_attributes(fs, view->node, ret) == 0)
		return 0;
	if (file && file->stat)
		return file->stat(fs, view, ret);
	if (file && file->find)
		return file->find(fs, caller, view->table, ret);
	if (!links)
		return 0;
	r = links->append_target(fs, view, &target);
	ret->st_size = (off_t)target.len;
	return r;
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
	fill_attributes(fs, view->table, view->kind, view->inode, ret);
	return more_attributes(fs, caller, view, ret);
}

int finder_fail(const struct finder *finder, struct error *err)
{
	return filesystem_reject_name(
		finder->fs, finder->caller, finder->directory->node, finder->name, err);
}

enum path_outcome finder_step(struct finder *finder)
{
	const struct mount_table *table = finder->directory->table;
	struct path_directory directory = {
		.kind = finder->directory->kind,
		.schema = table && mount_table_exists(table) ? &table->schema : NULL,
		.in_transaction = mount_table_transaction(table) != NULL,
	};

	return path_step(&directory, finder->name, finder->arena, &finder->step);
}

void directory_identify(const struct finder *finder, enum node_kind kind, struct slice row_key,
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
	directory_identify(finder, NODE_SCRATCH, ABSENT_SLICE, ret);
	return 0;
}

/* The table of a name in the directory of a transaction: 0, REQUEST_ABSENT or -1. */
static int see_table(const struct finder *finder, struct mount_table **ret, struct error *err)
{
	struct mount_table *stored = NULL;
	int r = request_table(finder->fs, finder->step.table_name, &stored, err);

	if (r == 0)
		r = transaction_table(finder->directory->table->transaction, stored, ret, err);
	mount_table_unref(stored);
	return r;
}

static int find_transaction_table(const struct finder *finder, struct directory_entry *ret)
{
	struct error err = ERROR_INIT;
	struct mount_table *table;
	int r = see_table(finder, &table, &err);

	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT)
		return -ENOENT;
	ret->identity = (struct node_identity){
		.kind = NODE_TABLE,
		.name = finder->name,
		.table = table,
	};
	ret->table = table;
	return 0;
}

static int find_table(const struct finder *finder, struct directory_entry *ret)
{
	struct filesystem *fs = finder->fs;
	struct error err = ERROR_INIT;
	struct mount_table *table = NULL;
	int r = request_table(fs, finder->step.table_name, &table, &err);

	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT) {
		if (!ephemeral_exists(fs->ephemerals, SLICE(""), finder->step.table_name))
			return find_scratch(finder, ret);
		table = mount_table_new(finder->step.table_name, SLICE(""), NULL, 0);
	}
	directory_identify(finder, NODE_TABLE, ABSENT_SLICE, ret);
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
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT &&
		!ephemeral_exists(finder->fs->ephemerals, table->id, finder->name))
		return find_scratch(finder, ret);
	directory_identify(finder, NODE_PARTITION, row_key, ret);
	ret->timeout = table->transaction ? 0 : DIRECTORY_TIMEOUT;
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
	struct table_access access = ownership_find(finder->fs, table);
	struct item_facts facts;
	struct key key;
	int r;

	ret->changes = node_changes(finder->fs->nodes);
	if (key_decode(&table->schema, row_key, finder->arena, &key, &err) < 0)
		return finder_fail(finder, &err);
	r = key_validate(&table->schema, &key, &err);
	if (r == 0)
		r = request_item(finder->fs, table, &key, finder->arena, NULL, &facts, &err);
	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT)
		return find_draft(finder, ret);
	item_fill_attributes(
		&access, node_item_inode(table->id, row_key), &facts, &ret->attributes);
	ret->timeout = item_timeout(table);
	return 0;
}

static int find_item(const struct finder *finder, struct directory_entry *ret)
{
	struct error err = ERROR_INIT;
	struct slice row_key;
	int r = resolve_item(finder, &row_key, &err);

	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT)
		r = find_draft(finder, ret);
	else
		r = find_stored(finder, row_key, ret);
	if (r == 0)
		directory_identify(finder, NODE_ITEM, row_key, ret);
	return r;
}

static int find_no_stream(const struct finder *finder)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TABLE_NOT_FOUND,
		"this table has no stream: echo NEW_AND_OLD_IMAGES > .stream enables it");
	finder_fail(finder, &err);
	return -ENOENT;
}

static int find_special(const struct finder *finder, struct directory_entry *ret)
{
	const struct mount_table *table = finder->directory->table;

	const struct file_operations *file = file_operations_of(finder->step.kind);
	int r = 0;

	if (table && !mount_table_exists(table) && finder->step.kind != NODE_SCHEMA)
		return -ENOENT;
	directory_identify(finder, finder->step.kind, ABSENT_SLICE, ret);
	fill_attributes(finder->fs, table, finder->step.kind, 0, &ret->attributes);
	if (file && file->find)
		r = file->find(finder->fs, finder->caller, table, &ret->attributes);
	if (r == -ENOENT && (finder->step.kind == NODE_STREAM || finder->step.kind == NODE_FOLLOW))
		return find_no_stream(finder);
	if (r == 0)
		ret->attributes = (struct stat){ 0 }; /* with the inode of the node to be */
	return r;
}

int finder_not_canonical(const struct finder *finder)
{
	struct error err = ERROR_INIT;

	if (slice_present(finder->step.canonical))
		error_set(&err, ERROR_VALIDATION, "%.*s is spelled %.*s here",
			SLICE_ARG(finder->name), SLICE_ARG(finder->step.canonical));
	else if (finder->directory->kind == NODE_ALARMS)
		error_set(&err, ERROR_VALIDATION, "%.*s can't be the name of an alarm",
			SLICE_ARG(finder->name));
	else
		error_set(&err, ERROR_VALIDATION,
			"%.*s can't be the name of an item in this directory: its key is of type "
			"%s",
			SLICE_ARG(finder->name),
			value_type_name(finder->directory->kind == NODE_PARTITION
						? finder->directory->table->schema.sort.type
						: finder->directory->table->schema.partition.type));
	return finder_fail(finder, &err);
}

static int find_by_grammar(struct finder *finder, struct directory_entry *ret)
{
	switch (finder_step(finder)) {
	case PATH_SCRATCH:
		return find_scratch(finder, ret);
	case PATH_NOT_CANONICAL:
		if (find_scratch(finder, ret) == 0)
			return 0;
		return slice_present(finder->step.canonical) ? finder_not_canonical(finder)
							     : -ENOENT;
	case PATH_FOUND:
		break;
	}
	if (finder->step.kind == NODE_TABLE && finder->directory->kind == NODE_TRANSACTION)
		return find_transaction_table(finder, ret);
	if (finder->step.kind == NODE_TABLE)
		return find_table(finder, ret);
	if (finder->step.kind == NODE_PARTITION)
		return find_partition(finder, ret);
	if (finder->step.kind == NODE_ITEM)
		return find_item(finder, ret);
	if (finder->step.kind == NODE_ALARM)
		return alarm_find(finder, ret);
	return find_special(finder, ret);
}

int directory_find(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct arena *arena,
	struct directory_entry *ret)
{
	const struct directory_operations *own = directory_operations_of(directory->kind);
	struct finder finder = { fs, caller, directory, name, arena, { 0 } };

	*ret = (struct directory_entry){ 0 };
	if (name.len > NAME_LENGTH_MAX)
		return -ENAMETOOLONG;
	return own && own->find ? own->find(&finder, ret) : find_by_grammar(&finder, ret);
}

static int misplaced(const struct finder *finder)
{
	const struct key_schema *schema = &finder->directory->table->schema;
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_VALIDATION,
		"items of this table are files in a directory of their partition key: "
		"<%.*s>/<%.*s>.json",
		SLICE_ARG(schema->partition.name), SLICE_ARG(schema->sort.name));
	return finder_fail(finder, &err);
}

int finder_no_schema(const struct finder *finder)
{
	return filesystem_refuse(finder->fs, finder->caller, finder->directory->node, finder->name,
		"this table has no key yet: write its .schema first, for example "
		"echo 'id:S' > .schema");
}

/* Writing to `.stream` enables the table's stream where there is none. */
static int prepare_stream(const struct finder *finder, struct directory_entry *ret)
{
	if (!mount_table_exists(finder->directory->table))
		return finder_no_schema(finder);
	directory_identify(finder, NODE_STREAM, ABSENT_SLICE, ret);
	return 0;
}

static int prepare_item(const struct finder *finder, struct directory_entry *ret)
{
	struct error err = ERROR_INIT;
	struct slice row_key;
	int r = resolve_item(finder, &row_key, &err);

	if (r < 0)
		return finder_fail(finder, &err);
	directory_identify(finder, NODE_ITEM, row_key, ret);
	return 0;
}

/* A special file of tables that those in a transaction don't have. */
static bool is_left_out(const struct finder *finder)
{
	if (!mount_table_transaction(finder->directory->table))
		return false;
	for (int kind = 0; kind < NODE_KIND_COUNT; kind++) {
		const struct node_kind_info *info = &node_kinds[kind];

		if (info->name && info->directory == finder->directory->kind &&
			slice_equal_string(finder->name, info->name))
			return !info->in_transactions;
	}
	return false;
}

static int only_directories(const struct finder *finder)
{
	return filesystem_refuse(finder->fs, finder->caller, finder->directory->node, finder->name,
		finder->directory->kind == NODE_TRANSACTION
			? "a transaction holds the directories of tables, and .ctl, which takes "
			  "commit or abort"
			: "there are only directories here: mkdir begins a transaction");
}

/* A special file of directories of another kind, in which it was not found. */
static const struct node_kind_info *special_elsewhere(const struct finder *finder)
{
	for (int kind = 0; kind < NODE_KIND_COUNT; kind++)
		if (node_kinds[kind].name &&
			slice_equal_string(finder->name, node_kinds[kind].name))
			return &node_kinds[kind];
	return NULL;
}

static int belongs_elsewhere(const struct finder *finder, const struct node_kind_info *info)
{
	static const char *const places[NODE_KIND_COUNT] = {
		[NODE_ROOT] = "this file belongs to the root of the mount",
		[NODE_TABLE] = "this file belongs to a table: TABLE/ before its name",
		[NODE_TRANSACTION] = "this file belongs to a transaction: .transact/NAME/.ctl",
		[NODE_ALARMS] = "this file belongs to the alarms: .alarms/.log",
	};

	return filesystem_refuse(finder->fs, finder->caller, finder->directory->node, finder->name,
		places[info->directory]);
}

/* Who stands in a transaction that has ended makes nothing there any more. */
static int check_transaction(const struct finder *finder)
{
	struct transaction *transaction = mount_table_transaction(finder->directory->table);
	struct error err = ERROR_INIT;

	if (!transaction)
		return 0;
	if (!transaction_enter(transaction, TRANSACTION_READS, &err))
		return finder_fail(finder, &err);
	transaction_leave(transaction);
	return 0;
}

int directory_prepare(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct arena *arena,
	struct directory_entry *ret)
{
	const struct directory_operations *own = directory_operations_of(directory->kind);
	struct finder finder = { fs, caller, directory, name, arena, { 0 } };
	const struct node_kind_info *elsewhere;
	enum path_outcome outcome;
	int r;

	*ret = (struct directory_entry){ 0 };
	if (name.len > NAME_LENGTH_MAX)
		return -ENAMETOOLONG;
	if (own && own->mkdir)
		return only_directories(&finder);
	if (own && own->find) /* nothing is there but what it finds */
		return own->read_only ? -EROFS : -ENOENT;
	r = check_transaction(&finder);
	if (r < 0)
		return r;
	outcome = finder_step(&finder);
	if (is_left_out(&finder))
		return filesystem_refuse(fs, caller, directory->node, name,
			"of a table's special files a transaction has only .schema and .info: use "
			"this one outside of it");
	if (outcome == PATH_NOT_CANONICAL)
		return finder_not_canonical(&finder);
	if (directory->kind == NODE_TABLE && !mount_table_exists(directory->table) &&
		slice_ends_with(name, SLICE(".json")))
		return finder_no_schema(&finder);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_ITEM)
		return prepare_item(&finder, ret);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_STREAM)
		return prepare_stream(&finder, ret);
	if (outcome == PATH_FOUND && finder.step.kind == NODE_ALARM) {
		directory_identify(&finder, NODE_ALARM, ABSENT_SLICE, ret);
		return 0;
	}
	if (finder.step.kind == NODE_PARTITION && slice_ends_with(name, SLICE(".json")) &&
		name.data[0] != '.' && name.data[0] != '#')
		return misplaced(&finder);
	if (outcome == PATH_FOUND && finder.step.kind != NODE_TABLE &&
		finder.step.kind != NODE_PARTITION)
		return directory->kind == NODE_TABLE && !mount_table_exists(directory->table)
			       ? finder_no_schema(&finder)
			       : -EEXIST;
	elsewhere = special_elsewhere(&finder);
	if (elsewhere)
		return belongs_elsewhere(&finder, elsewhere);
	directory_identify(&finder, NODE_SCRATCH, ABSENT_SLICE, ret);
	return 0;
}
