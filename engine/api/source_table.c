#include "api/source_table.h"

#include "api/arn.h"
#include "store/recovery.h"

#define MS_NS 1000000

int source_table_absent(struct slice name, struct error *err)
{
	return error_set(err, ERROR_SOURCE_NOT_FOUND, "Table not found: %.*s", SLICE_ARG(name));
}

int source_table_busy(const struct table *table, struct error *err)
{
	const struct table_description *description = table_description(table);

	return error_set(err, ERROR_SOURCE_IN_USE, "Table is being %s: %.*s",
		description->creating ? "created" : "deleted", SLICE_ARG(description->name));
}

int source_table_find(
	struct engine *engine, struct slice name, struct table **ret, struct error *err)
{
	int r = table_find(engine->store, name, ret, err);

	if (r == TABLE_ABSENT)
		return source_table_absent(name, err);
	TRY(r);
	if (!table_in_transition(*ret))
		return 0;
	r = source_table_busy(*ret, err);
	table_unrefp(ret);
	return r;
}

int source_table_find_arn(struct engine *engine, const struct request *request, struct slice arn,
	struct table **ret, struct error *err)
{
	struct slice name;

	TRY(arn_check(engine, request, arn, err));
	name = arn_table_name(arn);
	if (!slice_equal(arn, arn_of_table(engine, name, request->arena)))
		return source_table_absent(arn, err);
	return source_table_find(engine, name, ret, err);
}

int source_table_check_recovery(const struct table *table, struct error *err)
{
	const struct table_description *description = table_description(table);

	if (description->recovery_enabled)
		return 0;
	return error_set(err, ERROR_RECOVERY_OFF,
		"Point in time recovery is not enabled for table '%.*s'",
		SLICE_ARG(description->name));
}

int64_t source_table_earliest(const struct table_description *table, int64_t now_ns)
{
	int64_t earliest = recovery_earliest(table, now_ns);

	return (earliest + MS_NS - 1) / MS_NS * MS_NS;
}
