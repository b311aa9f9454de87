#include "api/backup_describe.h"

#include "api/arn.h"
#include "api/table_describe.h"

static const char *const status_names[] = {
	[BACKUP_CREATING] = "CREATING",
	[BACKUP_AVAILABLE] = "AVAILABLE",
};

const char *backup_status_name(const struct backup *backup)
{
	return status_names[backup->status];
}

struct slice describe_backup_arn(
	const struct engine *engine, const struct backup *backup, struct arena *arena)
{
	return arn_of_part(engine, backup->table.name, "backup", backup->id, arena);
}

static struct optional_integer size_of(const struct backup *backup)
{
	return (struct optional_integer){ true, backup->bytes };
}

const struct backup_details *describe_backup_details(const struct engine *engine,
	const struct backup *backup, const char *status, struct arena *arena)
{
	struct backup_details *details = arena_alloc(arena, sizeof(*details));

	*details = (struct backup_details){
		.backup_arn = describe_backup_arn(engine, backup, arena),
		.backup_name = backup->name,
		.backup_size_bytes = size_of(backup),
		.backup_status = slice_from_string(status),
		.backup_type = slice_from_string(backup_type_names[backup->type]),
		.backup_creation_date_time = backup->created_ns,
		.backup_expiry_date_time = backup->expires_ns,
	};
	return details;
}

static const struct source_table_details *describe_source(
	const struct backup *backup, const struct table_facts *table, struct arena *arena)
{
	struct source_table_details *details = arena_alloc(arena, sizeof(*details));

	*details = (struct source_table_details){
		.table_name = table->table_name,
		.table_id = table->table_id,
		.table_arn = table->table_arn,
		.table_size_bytes = size_of(backup),
		.key_schema = table->key_schema,
		.table_creation_date_time = table->creation_date_time,
		.provisioned_throughput = table->provisioned_throughput,
		.on_demand_throughput = table->on_demand_throughput,
		.item_count = { true, backup->items },
		.billing_mode = slice_from_string(billing_mode_names[backup->table.billing_mode]),
	};
	return details;
}

static const struct ttl_facts *describe_ttl(const struct backup *backup, struct arena *arena)
{
	struct ttl_facts *facts = arena_alloc(arena, sizeof(*facts));
	struct slice attribute = backup->table.ttl_attribute;

	*facts = (struct ttl_facts){
		.time_to_live_status =
			slice_present(attribute) ? SLICE("ENABLED") : SLICE("DISABLED"),
		.attribute_name = attribute,
	};
	return facts;
}

static const struct source_table_features *describe_features(
	const struct backup *backup, const struct table_facts *table, struct arena *arena)
{
	struct source_table_features *features = arena_alloc(arena, sizeof(*features));

	*features = (struct source_table_features){
		.local_secondary_indexes = table->local_secondary_indexes,
		.global_secondary_indexes = table->global_secondary_indexes,
		.stream_description = table->stream_specification,
		.time_to_live_description = describe_ttl(backup, arena),
		.sse_description = table->sse_description,
	};
	return features;
}

const struct backup_description *describe_backup(const struct engine *engine,
	const struct backup *backup, const char *status, struct arena *arena)
{
	struct backup_description *description = arena_alloc(arena, sizeof(*description));
	const struct table_facts *table = describe_new_table(engine, &backup->table, arena);

	*description = (struct backup_description){
		.backup_details = describe_backup_details(engine, backup, status, arena),
		.source_table_details = describe_source(backup, table, arena),
		.source_table_feature_details = describe_features(backup, table, arena),
	};
	return description;
}

void describe_backup_summary(const struct engine *engine, const struct backup *backup,
	struct backup_summary *ret, struct arena *arena)
{
	*ret = (struct backup_summary){
		.table_name = backup->table.name,
		.table_id = backup->table.id,
		.table_arn = arn_of_table(engine, backup->table.name, arena),
		.backup_arn = describe_backup_arn(engine, backup, arena),
		.backup_name = backup->name,
		.backup_creation_date_time = backup->created_ns,
		.backup_expiry_date_time = backup->expires_ns,
		.backup_status = slice_from_string(backup_status_name(backup)),
		.backup_type = slice_from_string(backup_type_names[backup->type]),
		.backup_size_bytes = size_of(backup),
	};
}

int backup_find(struct engine *engine, struct slice arn, struct arena *arena, struct backup *ret,
	struct error *err)
{
	struct slice table, id;
	int r = BACKUP_ABSENT;

	if (arn_split(engine, arn, "backup", &table, &id))
		TRY(r = backup_get(engine->store, id, arena, ret, err));
	if (r == BACKUP_ABSENT || !slice_equal(table, ret->table.name))
		return error_set(
			err, ERROR_BACKUP_NOT_FOUND, "Backup not found: %.*s", SLICE_ARG(arn));
	return 0;
}
