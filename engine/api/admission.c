#include "api/admission.h"

#include "api/arn.h"

#define PROVISIONED "The level of configured provisioned throughput for "

/* What was exceeded, as messages and reasons call it. */
static const struct refusal {
	enum error_class class;
	const char *messages[2]; /* of a table, of an index */
	const char *limit; /* in a ThrottlingReason */
	const char *member; /* of the exception */
} refusals[] = {
	[BILLING_PROVISIONED] = {
		.class = ERROR_THROUGHPUT_EXCEEDED,
		.messages = {
			PROVISIONED "the table was exceeded. Consider increasing your provisioning "
				    "level with the UpdateTable API.",
			PROVISIONED "one or more global secondary indexes of the table was "
				    "exceeded. Consider increasing your provisioning level for the "
				    "under-provisioned global secondary indexes with the "
				    "UpdateTable API",
		},
		.limit = "ProvisionedThroughputExceeded",
		.member = "ThrottlingReasons",
	},
	[BILLING_PAY_PER_REQUEST] = {
		.class = ERROR_THROTTLED,
		.messages = {
			"Throughput exceeds the maximum OnDemandThroughput configured on table or "
			"index",
			"Throughput exceeds the maximum OnDemandThroughput configured on table or "
			"index",
		},
		.limit = "MaxOnDemandThroughputExceeded",
		.member = "throttlingReasons",
	},
};

bool admission_refused(const struct error *failure)
{
	return failure->class == ERROR_THROUGHPUT_EXCEEDED || failure->class == ERROR_THROTTLED;
}

/* "ThrottlingReasons":[{"reason":"TableReadProvisionedThroughputExceeded",…}] */
static void tell_reason(const struct admission *admission, const struct refusal *refusal,
	const struct index_description *index, enum throttle_side side, struct error *err)
{
	const struct engine *engine = admission->usage->engine;
	struct slice table = table_description(admission->table)->name;
	struct arena *arena = &admission->usage->arena;
	struct slice arn = index ? arn_of_part(engine, table, "index", index->name, arena)
				 : arn_of_table(engine, table, arena);
	struct buf members CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&members, "\"%s\":[{\"reason\":\"%s%s%s\",\"resource\":\"%.*s\"}]",
		refusal->member, index ? "Index" : "Table",
		side == THROTTLE_READ ? "Read" : "Write", refusal->limit, SLICE_ARG(arn));
	error_set_details(err, buf_slice(&members));
}

static int ask(const struct admission *admission, const struct index_description *index,
	enum throttle_side side, struct error *err)
{
	struct usage *usage = admission->usage;
	const struct refusal *refusal =
		&refusals[table_description(admission->table)->billing_mode];
	int64_t wait_ns;

	if (!usage->engine || !throttle_enforces(monitor_throttle(usage->engine->monitor)))
		return 0;
	wait_ns = usage_wait_ns(usage, admission->table, index, side, admission->kind);
	if (!wait_ns)
		return 0;
	usage_note_throttle(usage, admission->table, index, side, admission->key);
	if (wait_ns > usage->wait_ns)
		usage->wait_ns = wait_ns;
	error_set(err, refusal->class, "%s", refusal->messages[index != NULL]);
	tell_reason(admission, refusal, index, side, err);
	return -1;
}

int admission_read(
	const struct admission *admission, const struct index_description *index, struct error *err)
{
	if (index && index->kind != INDEX_GLOBAL)
		index = NULL;
	return ask(admission, index, THROTTLE_READ, err);
}

int admission_write(const struct admission *admission, struct error *err)
{
	return ask(admission, NULL, THROTTLE_WRITE, err);
}

static int ask_for_indexes(
	void *context, const struct index_write *writes, size_t count, struct error *err)
{
	const struct admission *admission = context;

	for (size_t i = 0; i < count; i++) {
		const struct index_description *index;

		if (!writes[i].changed || writes[i].local)
			continue;
		index = table_find_index(admission->table, writes[i].name);
		if (index)
			TRY(ask(admission, index, THROTTLE_WRITE, err));
	}
	return 0;
}

static bool limits_indexes(const struct table_description *table)
{
	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_description *index = &table->indexes[i];

		if (index->kind == INDEX_GLOBAL && throttle_rate(table, index, THROTTLE_WRITE) > 0)
			return true;
	}
	return false;
}

void admission_watch_indexes(struct admission *admission, struct write_action *action)
{
	const struct engine *engine = admission->usage->engine;

	if (!engine || !throttle_enforces(monitor_throttle(engine->monitor)) ||
		!limits_indexes(table_description(admission->table)))
		return;
	action->admit = ask_for_indexes;
	action->admit_context = admission;
}
