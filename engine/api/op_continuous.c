/*
 * UpdateContinuousBackups, DescribeContinuousBackups. What has happened can be
 * restored at once, not after the service's five minutes.
 */
#include "api/source_table.h"

#include "base/clock.h"
#include "store/recovery.h"

static const struct recovery_facts *describe_recovery(
	const struct table_description *table, struct arena *arena)
{
	struct recovery_facts *facts = arena_alloc_zero(arena, sizeof(*facts));
	int64_t now = clock_realtime_ns();

	if (!table->recovery_enabled) {
		facts->point_in_time_recovery_status = SLICE("DISABLED");
		return facts;
	}
	*facts = (struct recovery_facts){
		.point_in_time_recovery_status = SLICE("ENABLED"),
		.recovery_period_in_days = { true, table->recovery_days },
		.earliest_restorable_date_time = source_table_earliest(table, now),
		.latest_restorable_date_time = now,
	};
	return facts;
}

static const struct continuous_backups_facts *describe(
	const struct table_description *table, struct arena *arena)
{
	struct continuous_backups_facts *facts = arena_alloc(arena, sizeof(*facts));

	*facts = (struct continuous_backups_facts){
		.continuous_backups_status = SLICE("ENABLED"),
		.point_in_time_recovery_description = describe_recovery(table, arena),
	};
	return facts;
}

int run_update_continuous_backups(struct engine *engine, struct request *request, struct error *err)
{
	const struct update_continuous_backups_input *in = request->input;
	const struct recovery_specification *wanted = in->point_in_time_recovery_specification;
	struct continuous_backups_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_description description;
	int64_t days = RECOVERY_DAYS_MAX;
	int r;

	if (wanted->recovery_period_in_days.present &&
		!wanted->point_in_time_recovery_enabled.value)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: RecoveryPeriodInDays can only "
			"be specified when PointInTimeRecoveryEnabled is true");
	TRY(source_table_find(engine, in->table_name, &table, err));
	if (table_description(table)->recovery_enabled)
		days = table_description(table)->recovery_days;
	if (wanted->recovery_period_in_days.present)
		days = wanted->recovery_period_in_days.value;
	TRY(r = recovery_set(table, wanted->point_in_time_recovery_enabled.value, days,
		    request->arena, engine->durability[request->door], &description, err));
	if (r == TABLE_ABSENT)
		return source_table_absent(in->table_name, err);
	out->continuous_backups_description = describe(&description, request->arena);
	return 0;
}

int run_describe_continuous_backups(
	struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_continuous_backups_input *in = request->input;
	struct continuous_backups_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;

	TRY(source_table_find(engine, in->table_name, &table, err));
	out->continuous_backups_description = describe(table_description(table), request->arena);
	return 0;
}
