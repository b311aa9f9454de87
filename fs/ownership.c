#include "ownership.h"

#include "base/memory.h"
#include "ephemeral.h"
#include "invalidate.h"
#include "requests.h"

#include <stdio.h>
#include <unistd.h>

#define UMASK_DEFAULT 022

static struct table_access presumed(const struct filesystem *fs)
{
	return (struct table_access){
		.known = true,
		.uid = fs->owner,
		.gid = fs->group,
		.mode = ACCESS_MODE_DEFAULT,
	};
}

/* The stored table of a transaction's view; NULL for what is no table's. */
static const struct mount_table *stored_of(const struct mount_table *table)
{
	return table && table->transaction ? table->stored : table;
}

static bool is_announced(const struct mount_table *table)
{
	return table && !mount_table_exists(table);
}

static struct table_access find_stored(struct filesystem *fs, const struct mount_table *table)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct find_access_output output = { 0 };
	struct find_access_input input = { 0 };

	if (table) {
		input.table_name = table->name;
		input.table_id = table->id;
	}
	if (request_run(fs, OPERATION_LOCAL_FIND_ACCESS, &input, &output, &arena, &err) == 0)
		return output.access;
	return table ? table->access : output.access; /* it was dropped */
}

struct table_access ownership_find(struct filesystem *fs, const struct mount_table *table)
{
	const struct mount_table *stored = stored_of(table);
	struct table_access access = { 0 };

	if (is_announced(stored))
		ephemeral_access(fs->ephemerals, stored->name, &access);
	else
		access = find_stored(fs, stored);
	return access.known ? access : presumed(fs);
}

/* Modes */

/* The permissions that one class of users has on a node, of the kind's and of the
 * table's, each rwx. */
static mode_t class_of(enum node_rights rights, mode_t kind, mode_t table)
{
	bool asks = table & (R_OK | W_OK);

	switch (rights) {
	case RIGHTS_SAME:
		return kind & table;
	case RIGHTS_VIEW:
		return kind & (table & R_OK ? table | X_OK : table & ~(mode_t)X_OK);
	case RIGHTS_ASKED:
		return asks ? kind : 0;
	case RIGHTS_ALL:
		return kind;
	}
	abort();
}

void ownership_fill(enum node_kind kind, const struct table_access *access, struct stat *ret)
{
	const struct node_kind_info *info = &node_kinds[kind];
	mode_t mode = info->mode & ~(mode_t)ACCESS_MODE_MASK;

	for (unsigned shift = 0; shift <= 6; shift += 3)
		mode |= class_of(info->rights, info->mode >> shift & 7, access->mode >> shift & 7)
			<< shift;
	ret->st_mode = mode;
	ret->st_uid = access->uid;
	ret->st_gid = access->gid;
}

/* Who asks */

static void read_groups(const char *text, struct principal *ret)
{
	gid_t *groups = NULL;
	unsigned gid;
	int len;

	for (; sscanf(text, "%u%n", &gid, &len) == 1; text += len) {
		groups = memory_resize(groups, (ret->group_count + 1) * sizeof(*groups));
		groups[ret->group_count++] = gid;
	}
	ret->groups = groups;
}

/* Another process may have the number by now, if the one that asked was killed: then
 * nothing is known. */
static void read_status(FILE *status, struct principal *ret)
{
	char *line CLEANUP(cleanup_free) = NULL;
	unsigned umask = ret->umask, uid;
	bool same = false;
	size_t size = 0;

	while (getline(&line, &size, status) > 0) {
		sscanf(line, "Umask: %o", &umask);
		if (sscanf(line, "Uid: %*u %*u %*u %u", &uid) == 1)
			same = uid == ret->uid;
		if (same && !ret->groups && strncmp(line, "Groups:", 7) == 0)
			read_groups(line + 7, ret);
	}
	if (same)
		ret->umask = umask;
}

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

struct principal ownership_principal(struct filesystem *fs, const struct caller *caller)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct principal principal = {
		.kind = PRINCIPAL_LOCAL,
		.uid = caller->uid,
		.gid = caller->gid,
		.umask = UMASK_DEFAULT,
		.presumed = presumed(fs),
	};
	FILE *status CLEANUP(close_file) = NULL;

	buf_appendf(&path, "/proc/%d/status", (int)caller->pid);
	status = caller->pid > 0 ? fopen(buf_string(&path), "re") : NULL;
	if (status)
		read_status(status, &principal);
	return principal;
}

void ownership_principal_release(struct principal *principal)
{
	free((gid_t *)principal->groups);
	principal->groups = NULL;
}

/* Changes */

/* Whatever was read before and is not told to the kernel yet is out of date, and so
 * is what it was told. */
static void forget_attributes(struct filesystem *fs, const struct mount_table *table)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node **nodes;
	size_t count;

	atomic_fetch_add(&fs->access_changes, 1);
	if (!table)
		invalidate_node(fs->invalidator, node_root(fs->nodes));
	nodes = node_list_of_table(fs->nodes, table ? table->id : SLICE(""), &arena, &count);
	for (size_t i = 0; i < count; i++) {
		invalidate_node(fs->invalidator, nodes[i]);
		node_unref(fs->nodes, nodes[i]);
	}
	invalidate_settle(fs);
}

static int change_stored(struct filesystem *fs, const struct principal *principal,
	const struct mount_table *table, unsigned members, const struct table_access *access,
	struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct set_access_output output = { 0 };
	struct set_access_input input = {
		.members = members,
		.access = *access,
		.presumed = presumed(fs),
	};

	if (table) {
		input.table_name = table->name;
		input.table_id = table->id;
	}
	return request_run_for(
		fs, principal, OPERATION_LOCAL_SET_ACCESS, &input, &output, &arena, err);
}

static struct table_access changed(
	struct table_access access, unsigned members, const struct table_access *wanted)
{
	if (members & ACCESS_OWNER)
		access.uid = wanted->uid;
	if (members & ACCESS_GROUP)
		access.gid = wanted->gid;
	if (members & ACCESS_MODE)
		access.mode = wanted->mode & ACCESS_MODE_MASK;
	return access;
}

static bool is_same(const struct table_access *a, const struct table_access *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode;
}

int ownership_change(struct filesystem *fs, const struct principal *principal,
	const struct node_view *directory, unsigned members, const struct table_access *access,
	struct error *err)
{
	const struct mount_table *table = directory->table;
	struct table_access old = ownership_find(fs, table), new = changed(old, members, access);

	if (members & ACCESS_MODE && access->mode & S_ISVTX)
		return error_set(err, ERROR_NOT_PERMITTED,
			"a directory here has no sticky bit: who may write to a table may remove "
			"its items");
	if (is_same(&old, &new))
		return 0;
	if (table && table->transaction)
		return error_set(err, ERROR_NOT_PERMITTED,
			"owner and mode of a table are changed outside of transactions");
	if (is_announced(table))
		ephemeral_announce(fs->ephemerals, table->name, &new);
	else
		TRY(change_stored(fs, principal, table, members, access, err));
	forget_attributes(fs, table);
	return 0;
}
