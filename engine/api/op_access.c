/*
 * Owner and rights of the mount's directories: kept in the description of a
 * table, of the root in the store's settings.
 */
#include "api/access.h"
#include "api/operations.h"
#include "store/setting.h"

#include <stdio.h>

#define ROOT_SETTING SLICE("root-access")

struct table_access access_of_description(const struct table_description *description)
{
	if (!description->has_access)
		return (struct table_access){ 0 };
	return (struct table_access){
		.known = true,
		.uid = (uid_t)description->access_uid,
		.gid = (gid_t)description->access_gid,
		.mode = (mode_t)description->access_mode & ACCESS_MODE_MASK,
	};
}

void access_describe(struct table_access access, struct table_description *ret)
{
	ret->has_access = access.known;
	ret->access_uid = access.uid;
	ret->access_gid = access.gid;
	ret->access_mode = access.mode & ACCESS_MODE_MASK;
}

struct table_access access_of_maker(const struct principal *principal)
{
	if (!principal || principal->kind != PRINCIPAL_LOCAL)
		return (struct table_access){ 0 };
	return (struct table_access){
		.known = true,
		.uid = principal->uid,
		.gid = principal->gid,
		.mode = ACCESS_MODE_MASK & ~principal->umask,
	};
}

/* The root. */

int access_open_root(struct engine *engine, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	unsigned uid, gid, mode;
	struct slice text;
	int r;

	TRY(r = setting_read(engine->store, ROOT_SETTING, &arena, &text, err));
	if (r == SETTING_ABSENT)
		return 0;
	if (sscanf(text.data, "%u %u %o", &uid, &gid, &mode) != 3)
		return error_set(err, ERROR_CORRUPT, "the setting %.*s is malformed",
			SLICE_ARG(ROOT_SETTING));
	engine->root_access = (struct table_access){ true, uid, gid, mode & ACCESS_MODE_MASK };
	return 0;
}

struct table_access access_of_root(struct engine *engine)
{
	struct table_access access;

	pthread_mutex_lock(&engine->root_mutex);
	access = engine->root_access;
	pthread_mutex_unlock(&engine->root_mutex);
	return access;
}

/* Tables. */

static int check_id(const struct table_description *description, struct slice id, struct error *err)
{
	if (!slice_present(id) || slice_equal(id, description->id))
		return 0;
	return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

static int read_table(struct engine *engine, const struct find_access_input *in,
	struct table_access *ret, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;

	TRY(engine_find_table(engine, in->table_name, &table, err));
	TRY(check_id(table_description(table), in->table_id, err));
	*ret = access_of_description(table_description(table));
	return 0;
}

int run_find_access(struct engine *engine, struct request *request, struct error *err)
{
	const struct find_access_input *in = request->input;
	struct find_access_output *out = request->output;

	if (!slice_present(in->table_name))
		out->access = access_of_root(engine);
	else
		TRY(read_table(engine, in, &out->access, err));
	return 0;
}

/* Changing. */

static struct table_access changed(
	const struct table_access *old, const struct set_access_input *in)
{
	struct table_access access = old->known ? *old : in->presumed;

	if (in->members & ACCESS_OWNER)
		access.uid = in->access.uid;
	if (in->members & ACCESS_GROUP)
		access.gid = in->access.gid;
	if (in->members & ACCESS_MODE)
		access.mode = in->access.mode & ACCESS_MODE_MASK;
	access.known = true;
	return access;
}

struct access_change {
	const struct request *request;
	struct table_access result;
};

static int change_table(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	struct access_change *change = context;
	const struct set_access_input *in = change->request->input;
	struct table_access old = access_of_description(description);

	(void)txn;
	TRY(check_id(description, in->table_id, err));
	TRY(access_check_change(change->request, &old, err));
	change->result = changed(&old, in);
	access_describe(change->result, description);
	return 0;
}

static int change_root_locked(struct engine *engine, const struct request *request,
	struct table_access *ret, struct error *err)
{
	struct table_access access;

	TRY(access_check_change(request, &engine->root_access, err));
	access = changed(&engine->root_access, request->input);
	TRY(setting_write(engine->store, ROOT_SETTING,
		arena_printf(request->arena, "%u %u %o", access.uid, access.gid, access.mode),
		engine->durability[request->door], request->arena, err));
	*ret = engine->root_access = access;
	return 0;
}

static int change_root(struct engine *engine, const struct request *request,
	struct table_access *ret, struct error *err)
{
	int r;

	pthread_mutex_lock(&engine->root_mutex);
	r = change_root_locked(engine, request, ret, err);
	pthread_mutex_unlock(&engine->root_mutex);
	return r;
}

int run_set_access(struct engine *engine, struct request *request, struct error *err)
{
	const struct set_access_input *in = request->input;
	struct set_access_output *out = request->output;
	struct access_change change = { .request = request };
	int r;

	if (!slice_present(in->table_name))
		return change_root(engine, request, &out->access, err);
	r = table_update(engine->store, in->table_name, request->arena,
		engine->durability[request->door], change_table, &change, err);
	if (r == TABLE_ABSENT)
		return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	out->access = change.result;
	return r;
}
