#undef NDEBUG
#include "fs_fixture.h"
#include "ownership.h"

#include <limits.h>

/* The permissions of a node in a table of that mode. */
static mode_t mode_of(enum node_kind kind, mode_t table)
{
	const struct table_access access = { true, 7, 8, table };
	struct stat st = { 0 };

	ownership_fill(kind, &access, &st);
	CHECK_INT(st.st_uid, 7);
	CHECK_INT(st.st_gid, 8);
	CHECK_INT(st.st_mode & S_IFMT, node_kinds[kind].mode & S_IFMT);
	return st.st_mode & 07777;
}

static void what_is_in_a_table_has_its_rights(void)
{
	for (mode_t mode = 0; mode <= 0777; mode++) {
		CHECK_INT(mode_of(NODE_TABLE, mode), mode);
		CHECK_INT(mode_of(NODE_PARTITION, mode), mode);
		CHECK_INT(mode_of(NODE_ITEM, mode), mode & 0666);
		CHECK_INT(mode_of(NODE_IMPORT, mode), mode & 0666);
		CHECK_INT(mode_of(NODE_EXPORT, mode), mode & 0444);
	}
}

static void what_changes_a_table_is_written_by_its_owner_alone(void)
{
	static const enum node_kind kinds[] = { NODE_SCHEMA, NODE_TTL, NODE_STREAM };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CHECK_INT(mode_of(kinds[i], 0777), 0644);
		CHECK_INT(mode_of(kinds[i], 0577), 0444);
		CHECK_INT(mode_of(kinds[i], 0730), 0600);
	}
}

static void a_view_is_searched_by_who_may_read(void)
{
	CHECK_INT(mode_of(NODE_CONDITION, 0755), 0755);
	CHECK_INT(mode_of(NODE_CONDITION, 0711), 0700);
	CHECK_INT(mode_of(NODE_CONDITION, 0444), 0555);
	CHECK_INT(mode_of(NODE_CONDITION, 0733), 0722);
}

static void whoever_may_do_something_with_a_table_may_ask(void)
{
	CHECK_INT(mode_of(NODE_QUERY, 0755), 0666);
	CHECK_INT(mode_of(NODE_QUERY, 0720), 0660);
	CHECK_INT(mode_of(NODE_QUERY, 0711), 0600);
	CHECK_INT(mode_of(NODE_QUERY, 0), 0);
}

static void what_the_engine_judges_is_open_to_all(void)
{
	CHECK_INT(mode_of(NODE_PARTIQL, 0700), 0666);
	CHECK_INT(mode_of(NODE_OPERATION, 0700), 0666);
	CHECK_INT(mode_of(NODE_TRANSACTIONS, 0700), 01777);
}

static void a_table_without_an_owner_is_the_mounts_owners(void)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct table_access access;
	struct node *table;

	FIXTURE(f);
	f.fs.owner = 11;
	f.fs.group = 12;
	table = fixture_table(&f, "Tab", "id:S");
	node_load(f.fs.nodes, table, &f.arena, &view);
	access = ownership_find(&f.fs, view.table);
	CHECK(access.known);
	CHECK_INT(access.uid, 11);
	CHECK_INT(access.gid, 12);
	CHECK_INT(access.mode, 0755);
	CHECK_INT(ownership_find(&f.fs, NULL).uid, 11);
	node_forget(f.fs.nodes, table, 1);
}

static void set(struct fixture *f, const struct principal *principal, unsigned members,
	struct table_access access, const char *table)
{
	struct set_access_output output = { 0 };
	const struct set_access_input input = {
		.table_name = slice_from_string(table),
		.members = members,
		.access = access,
		.presumed = { true, 11, 12, 0755 },
	};

	CHECK_OK(request_run_for(&f->fs, principal, OPERATION_LOCAL_SET_ACCESS, &input, &output,
			 &f->arena, &f->err),
		&f->err);
}

static void members_are_set_one_by_one(void)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct table_access access;
	struct node *table;

	FIXTURE(f);
	table = fixture_table(&f, "Tab", "id:S");
	node_load(f.fs.nodes, table, &f.arena, &view);
	set(&f, NULL, ACCESS_MODE, (struct table_access){ .mode = 0700 }, "Tab");
	set(&f, NULL, ACCESS_OWNER, (struct table_access){ .uid = 5 }, "Tab");
	access = ownership_find(&f.fs, view.table);
	CHECK_INT(access.uid, 5);
	CHECK_INT(access.gid, 12);
	CHECK_INT(access.mode, 0700);
	set(&f, NULL, ACCESS_GROUP, (struct table_access){ .gid = 6 }, NULL);
	access = ownership_find(&f.fs, NULL);
	CHECK_INT(access.uid, 11);
	CHECK_INT(access.gid, 6);
	node_forget(f.fs.nodes, table, 1);
}

static void check_refused(
	struct fixture *f, const struct principal *principal, const struct set_access_input *input)
{
	struct set_access_output output = { 0 };

	CHECK_INT(request_run_for(&f->fs, principal, OPERATION_LOCAL_SET_ACCESS, input, &output,
			  &f->arena, &f->err),
		-1);
	CHECK_INT(f->err.class, ERROR_NOT_PERMITTED);
	error_release(&f->err);
}

static void only_the_owner_changes_them_and_only_to_a_group_of_his(void)
{
	const gid_t groups[] = { 21, 22 };
	const struct table_access presumed = { true, 11, 12, 0755 };
	const struct principal owner = {
		.uid = 11, .gid = 20, .groups = groups, .group_count = 2, .presumed = presumed
	};
	const struct principal other = { .uid = 13, .gid = 12, .presumed = presumed };
	struct set_access_input input = {
		.table_name = SLICE("Tab"),
		.presumed = presumed,
	};
	struct node *table;

	FIXTURE(f);
	table = fixture_table(&f, "Tab", "id:S");
	input.members = ACCESS_MODE;
	check_refused(&f, &other, &input);
	input.members = ACCESS_OWNER;
	input.access.uid = 13;
	check_refused(&f, &other, &input);
	set(&f, &owner, ACCESS_GROUP, (struct table_access){ .gid = 22 }, "Tab");
	check_refused(&f, &owner, &input);
	input.members = ACCESS_GROUP;
	input.access.gid = 23;
	check_refused(&f, &owner, &input);
	node_forget(f.fs.nodes, table, 1);
}

static void a_table_made_anew_has_an_access_of_its_own(void)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct table_access access = { true, 31, 32, 0710 };
	struct node *table;

	FIXTURE(f);
	table = fixture_table(&f, "Tab", "id:S");
	node_load(f.fs.nodes, table, &f.arena, &view);
	CHECK_OK(table_drop(&f.fs, SLICE("Tab"), &f.err), &f.err);
	ephemeral_announce(f.fs.ephemerals, SLICE("Tab"), &access);
	CHECK_OK(table_make(&f.fs, SLICE("Tab"), SLICE("id:S"), false, &f.err), &f.err);
	CHECK_INT(ownership_find(&f.fs, view.table).mode, 0755);
	node_forget(f.fs.nodes, table, 1);
	node_view_release(&view);
	CHECK_INT(request_table(&f.fs, SLICE("Tab"), &view.table, &f.err), 0);
	CHECK_INT(ownership_find(&f.fs, view.table).uid, 31);
	CHECK_INT(ownership_find(&f.fs, view.table).mode, 0710);
}

static void who_asks_is_known_with_his_groups_and_umask(void)
{
	struct caller caller = { getuid(), getgid(), getpid() };
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);
	mode_t before = umask(027);
	struct principal principal;

	FIXTURE(f);
	principal = ownership_principal(&f.fs, &caller);
	umask(before);
	CHECK_INT(principal.umask, 027);
	CHECK_INT(principal.group_count, count);
	for (int i = 0; i < count; i++) {
		bool found = false;

		for (size_t j = 0; j < principal.group_count; j++)
			found |= principal.groups[j] == groups[i];
		CHECK(found);
	}
	ownership_principal_release(&principal);
	caller.pid = 0;
	principal = ownership_principal(&f.fs, &caller);
	CHECK_INT(principal.umask, 022);
	CHECK_INT(principal.group_count, 0);
}

static const struct test_case cases[] = {
	{ "what is in a table has its rights", what_is_in_a_table_has_its_rights },
	{ "what changes a table is written by its owner alone",
		what_changes_a_table_is_written_by_its_owner_alone },
	{ "a view is searched by who may read", a_view_is_searched_by_who_may_read },
	{ "whoever may do something with a table may ask",
		whoever_may_do_something_with_a_table_may_ask },
	{ "what the engine judges is open to all", what_the_engine_judges_is_open_to_all },
	{ "a table without an owner is the mount's owner's",
		a_table_without_an_owner_is_the_mounts_owners },
	{ "members are set one by one", members_are_set_one_by_one },
	{ "only the owner changes them, and only to a group of his",
		only_the_owner_changes_them_and_only_to_a_group_of_his },
	{ "a table made anew has an access of its own",
		a_table_made_anew_has_an_access_of_its_own },
	{ "who asks is known with his groups and umask",
		who_asks_is_known_with_his_groups_and_umask },
};
TEST_MAIN(cases)
