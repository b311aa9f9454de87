/*
 * UpdateTable. All that the request asks is checked and done in one change of
 * the description; a new global index is then back-filled by the store.
 */
#include "api/operations.h"
#include "api/parameters.h"
#include "api/table_describe.h"
#include "api/table_design.h"
#include "api/throughput.h"
#include "api/validate.h"

#include "base/clock.h"
#include "store/catalog.h"
#include "store/stream.h"

#define INVALID "One or more parameter values were invalid: "

struct table_change {
	const struct engine *engine;
	const struct update_table_input *in;
};

/* What can be said of the request before its table is looked for. */

static bool asks_encryption(const struct sse_specification *sse)
{
	return sse && (sse->enabled.present || slice_present(sse->sse_type) ||
			      slice_present(sse->kms_master_key_id));
}

static int check_something(const struct update_table_input *in, struct error *err)
{
	if (slice_present(in->billing_mode) || in->provisioned_throughput ||
		in->global_secondary_index_updates.count || in->stream_specification ||
		asks_encryption(in->sse_specification) || slice_present(in->table_class) ||
		in->deletion_protection_enabled.present || in->on_demand_throughput ||
		in->warm_throughput)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
		"GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
}

static int check_billing(const struct update_table_input *in, struct error *err)
{
	int mode = enum_index(billing_mode_names, in->billing_mode);

	if (mode == BILLING_PAY_PER_REQUEST && in->provisioned_throughput)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
				"when BillingMode is PAY_PER_REQUEST");
	if (mode == BILLING_PROVISIONED && !in->provisioned_throughput)
		return error_set(err, ERROR_VALIDATION,
			INVALID "ProvisionedThroughput must be specified when BillingMode is "
				"PROVISIONED");
	if (in->provisioned_throughput)
		return design_check_throughput(in->provisioned_throughput, err);
	return 0;
}

static struct slice index_of(const struct global_index_update *update)
{
	if (update->create)
		return update->create->index_name;
	return update->delete ? update->delete->index_name : update->update->index_name;
}

static int check_one_update_each(
	const struct request_list *list, struct arena *arena, struct error *err)
{
	const struct global_index_update *updates = list->items;
	struct slice *names = arena_alloc_array(arena, list->count, sizeof(*names));
	const struct slice *duplicate;

	for (size_t i = 0; i < list->count; i++)
		names[i] = index_of(&updates[i]);
	duplicate = parameters_find_duplicate(names, list->count);
	if (!duplicate)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		INVALID "Only one global secondary index update per index is allowed "
			"simultaneously. Index: %.*s",
		SLICE_ARG(*duplicate));
}

static int check_index_updates(
	const struct update_table_input *in, struct arena *arena, struct error *err)
{
	const struct global_index_update *updates = in->global_secondary_index_updates.items;
	size_t made = 0;

	for (size_t i = 0; i < in->global_secondary_index_updates.count; i++) {
		const struct global_index_update *update = &updates[i];
		int actions = !!update->update + !!update->create + !!update->delete;

		if (actions != 1)
			return error_set(err, ERROR_VALIDATION,
				INVALID "One of GlobalSecondaryIndexUpdate.Update, "
					"GlobalSecondaryIndexUpdate.Create, "
					"GlobalSecondaryIndexUpdate.Delete must not be null");
		made += !update->update;
	}
	TRY(check_one_update_each(&in->global_secondary_index_updates, arena, err));
	if (made > 1)
		return error_set(err, ERROR_LIMIT_EXCEEDED,
			"Subscriber limit exceeded: Only 1 online index can be created or deleted "
			"simultaneously per table");
	return 0;
}

static int check_input(const struct update_table_input *in, struct arena *arena, struct error *err)
{
	TRY(check_table_name(in->table_name, err));
	TRY(check_something(in, err));
	TRY(check_billing(in, err));
	return check_index_updates(in, arena, err);
}

/* The changes themselves. */

/* Whether settings may change only so often, as the service has it. */
static bool limits_changes(const struct table_change *change)
{
	return throttle_enforces(monitor_throttle(change->engine->monitor));
}

/* index_name absent: of the table. */
static int same_throughput(struct throughput throughput, int64_t read, int64_t write,
	struct slice index_name, struct error *err)
{
	struct buf owner CLEANUP(buf_release) = BUF_INIT;
	bool index = slice_present(index_name);

	if (index)
		buf_appendf(&owner, "index %.*s", SLICE_ARG(index_name));
	else
		buf_append_string(&owner, "the table");
	return error_set(err, ERROR_VALIDATION,
		"The provisioned throughput for %s%s will not change. The requested value "
		"equals the current value. Current ReadCapacityUnits provisioned for %s: "
		"%lld. Requested ReadCapacityUnits: %lld. Current WriteCapacityUnits provisioned "
		"for %s: %lld. Requested WriteCapacityUnits: %lld. Refer to the Amazon "
		"DynamoDB Developer Guide for current limits and how to request higher limits.",
		index ? "the " : "", buf_string(&owner), buf_string(&owner),
		(long long)*throughput.read_units, (long long)read, buf_string(&owner),
		(long long)*throughput.write_units, (long long)write);
}

static int change_units(const struct table_change *change, struct throughput throughput,
	const struct provisioned_throughput *in, struct slice index_name, struct error *err)
{
	int64_t read = in->read_capacity_units.value, write = in->write_capacity_units.value;
	int64_t now_ns = clock_realtime_ns();

	if (read == *throughput.read_units && write == *throughput.write_units)
		return same_throughput(throughput, read, write, index_name, err);
	if (limits_changes(change))
		TRY(throughput_check_decrease(&throughput, read, write, now_ns, err));
	throughput_set(&throughput, read, write, now_ns);
	return 0;
}

static int change_throughput(
	const struct table_change *change, struct table_description *description, struct error *err)
{
	if (description->billing_mode == BILLING_PAY_PER_REQUEST)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
				"when BillingMode is PAY_PER_REQUEST");
	return change_units(change, throughput_of_table(description),
		change->in->provisioned_throughput, slice_of(NULL, 0), err);
}

static struct index_description *copy_indexes(
	struct table_description *description, size_t more, struct arena *arena)
{
	struct index_description *copy =
		arena_alloc_array(arena, description->index_count + more, sizeof(*copy));

	if (description->index_count)
		memcpy(copy, description->indexes, description->index_count * sizeof(*copy));
	description->indexes = copy;
	return copy;
}

static int change_to_on_demand(const struct table_change *change,
	struct table_description *description, struct arena *arena, struct error *err)
{
	int64_t now_ns = clock_realtime_ns();

	if (limits_changes(change))
		TRY(throughput_check_on_demand(description, now_ns, err));
	throughput_go_on_demand(description, copy_indexes(description, 0, arena), now_ns);
	return 0;
}

static bool sets_units(const struct update_table_input *in, struct slice index_name)
{
	const struct global_index_update *updates = in->global_secondary_index_updates.items;

	for (size_t i = 0; i < in->global_secondary_index_updates.count; i++) {
		if (slice_equal(index_of(&updates[i]), index_name))
			return updates[i].delete ||
			       (updates[i].update && updates[i].update->provisioned_throughput);
	}
	return false;
}

static int change_to_provisioned(struct table_description *description,
	const struct update_table_input *in, struct error *err)
{
	struct buf missing CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < description->index_count; i++) {
		const struct index_description *index = &description->indexes[i];

		if (index->kind == INDEX_GLOBAL && !sets_units(in, index->name))
			buf_appendf(
				&missing, "%s%.*s", missing.len ? "," : "", SLICE_ARG(index->name));
	}
	if (missing.len)
		return error_set(err, ERROR_VALIDATION,
			INVALID "ProvisionedThroughput must be specified for index: %s",
			buf_string(&missing));
	description->billing_mode = BILLING_PROVISIONED;
	if (!description->billing_changed_ns)
		description->billing_changed_ns = description->created_ns;
	return 0;
}

/* A mode that the table has already is no change. */
static int change_billing(const struct table_change *change, struct table_description *description,
	struct arena *arena, struct error *err)
{
	const struct update_table_input *in = change->in;
	int mode = enum_index(billing_mode_names, in->billing_mode);

	if (mode == BILLING_PAY_PER_REQUEST && description->billing_mode == BILLING_PROVISIONED)
		TRY(change_to_on_demand(change, description, arena, err));
	if (mode == BILLING_PROVISIONED && description->billing_mode == BILLING_PAY_PER_REQUEST)
		TRY(change_to_provisioned(description, in, err));
	return in->provisioned_throughput ? change_throughput(change, description, err) : 0;
}

/* Of the table or of an index. */
static int change_maximum(const struct table_description *description,
	const struct on_demand_throughput *in, const char *of, int64_t *read_units,
	int64_t *write_units, struct error *err)
{
	if (description->billing_mode == BILLING_PROVISIONED)
		return error_set(err, ERROR_VALIDATION,
			INVALID "%s for OnDemandThroughput cannot be specified when the table "
				"BillingMode is PROVISIONED",
			in->max_read_request_units.present ? "MaxReadRequestUnits"
							   : "MaxWriteRequestUnits");
	return design_on_demand(in, of, read_units, write_units, err);
}

static struct index_description *find_global(
	struct index_description *indexes, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++) {
		if (indexes[i].kind == INDEX_GLOBAL && slice_equal(indexes[i].name, name))
			return &indexes[i];
	}
	return NULL;
}

static int check_new_index(const struct table_description *description,
	const struct index_description *index, struct error *err)
{
	size_t globals = 0;

	for (size_t i = 0; i < description->index_count; i++) {
		const struct index_description *other = &description->indexes[i];

		globals += other->kind == INDEX_GLOBAL;
		if (other->kind != INDEX_EXPIRY && slice_equal(other->name, index->name))
			return error_set(err, ERROR_VALIDATION,
				INVALID "Index already exists: %.*s", SLICE_ARG(index->name));
		if (other->kind == INDEX_GLOBAL && other->status == INDEX_CREATING)
			return error_set(err, ERROR_LIMIT_EXCEEDED,
				"Subscriber limit exceeded: Only 1 online index can be created or "
				"deleted simultaneously per table");
	}
	if (globals >= GLOBAL_INDEXES_MAX)
		return error_set(err, ERROR_LIMIT_EXCEEDED,
			"GlobalSecondaryIndex count exceeds the per-table limit of %d",
			GLOBAL_INDEXES_MAX);
	return 0;
}

/* The type that the table's keys and indexes give an attribute. */
static bool find_type(const struct key_layout *layout, struct slice name, enum value_type *ret)
{
	for (size_t i = 0; i < layout->partition_count + layout->sort_count; i++) {
		const struct key_attribute *attribute =
			i < layout->partition_count ? &layout->partition[i]
						    : &layout->sort[i - layout->partition_count];

		if (slice_equal(attribute->name, name)) {
			*ret = attribute->type;
			return true;
		}
	}
	return false;
}

/* An attribute has one type in all the keys of a table. */
static int check_types(const struct table_description *description,
	const struct request_list *definitions, struct error *err)
{
	const struct attribute_definition *items = definitions->items;
	struct key_layout table = key_layout_of(&description->key);

	for (size_t i = 0; i < definitions->count; i++) {
		struct slice name = items[i].attribute_name;
		enum value_type type, wanted;
		bool known = find_type(&table, name, &type);

		for (size_t j = 0; !known && j < description->index_count; j++)
			known = description->indexes[j].kind != INDEX_EXPIRY &&
				find_type(&description->indexes[j].key, name, &type);
		if (known && value_type_parse(items[i].attribute_type, &wanted) && wanted != type)
			return error_set(err, ERROR_VALIDATION,
				INVALID "Attribute %.*s is already defined with type %s: it cannot "
					"be redefined as %s",
				SLICE_ARG(name), value_type_name(type), value_type_name(wanted));
	}
	return 0;
}

static int add_index(struct table_description *description, const struct update_table_input *in,
	const struct global_index_input *create, struct arena *arena, struct error *err)
{
	struct index_description *indexes = copy_indexes(description, 1, arena);
	struct index_description *index = &indexes[description->index_count];

	TRY(design_global_index(create, &in->attribute_definitions, description, index, err));
	TRY(check_new_index(description, index, err));
	TRY(check_types(description, &in->attribute_definitions, err));
	description->index_count++;
	return design_check_projections(description, err);
}

static int remove_index(struct table_description *description, struct slice name,
	struct arena *arena, struct error *err)
{
	struct index_description *indexes = copy_indexes(description, 0, arena);
	struct index_description *index = find_global(indexes, description->index_count, name);
	size_t after;

	if (!index)
		return error_set(err, ERROR_INDEX_NOT_FOUND,
			"Requested resource not found: Table: %.*s not found", SLICE_ARG(name));
	after = description->index_count - (size_t)(index + 1 - indexes);
	memmove(index, index + 1, after * sizeof(*index));
	description->index_count--;
	return 0;
}

static int change_index_units(const struct table_change *change,
	const struct table_description *description, struct index_description *index,
	const struct provisioned_throughput *throughput, struct error *err)
{
	TRY(design_check_throughput(throughput, err));
	if (description->billing_mode == BILLING_PAY_PER_REQUEST)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
				"for index: %.*s when BillingMode is PAY_PER_REQUEST",
			SLICE_ARG(index->name));
	return change_units(change, throughput_of_index(index), throughput, index->name, err);
}

static int change_index(const struct table_change *change, struct table_description *description,
	const struct global_index_change *in, struct arena *arena, struct error *err)
{
	struct index_description *indexes = copy_indexes(description, 0, arena);
	struct index_description *index =
		find_global(indexes, description->index_count, in->index_name);

	if (!index)
		return error_set(err, ERROR_VALIDATION,
			"This operation cannot be performed with given input values. Please contact "
			"DynamoDB service team for more info: Action Blocked: IndexUpdate");
	if (in->provisioned_throughput)
		TRY(change_index_units(
			change, description, index, in->provisioned_throughput, err));
	if (in->on_demand_throughput)
		TRY(change_maximum(description, in->on_demand_throughput, "index",
			&index->max_read_request_units, &index->max_write_request_units, err));
	if (in->warm_throughput) {
		index->warm_read_units = in->warm_throughput->read_units_per_second.value;
		index->warm_write_units = in->warm_throughput->write_units_per_second.value;
	}
	return 0;
}

static int change_indexes(const struct table_change *change, struct table_description *description,
	struct arena *arena, struct error *err)
{
	const struct update_table_input *in = change->in;
	const struct global_index_update *updates = in->global_secondary_index_updates.items;

	for (size_t i = 0; i < in->global_secondary_index_updates.count; i++) {
		if (updates[i].create)
			TRY(add_index(description, in, updates[i].create, arena, err));
		else if (updates[i].delete)
			TRY(remove_index(description, updates[i].delete->index_name, arena, err));
		else
			TRY(change_index(change, description, updates[i].update, arena, err));
	}
	return 0;
}

static int check_stream(const struct table_description *description,
	const struct stream_specification *in, struct error *err)
{
	int view = enum_index(stream_view_names, in->stream_view_type);
	bool enabled = slice_present(description->stream_id);

	if (in->stream_enabled.value && enabled)
		return error_set(err, ERROR_VALIDATION,
			"Table already has an enabled stream: TableName: %.*s",
			SLICE_ARG(description->name));
	if (!in->stream_enabled.value && !enabled)
		return error_set(err, ERROR_VALIDATION,
			"Table has no stream to disable: TableName: %.*s",
			SLICE_ARG(description->name));
	if (!in->stream_enabled.value && view >= 0)
		return error_set(err, ERROR_VALIDATION,
			INVALID "StreamViewType should not be specified when the stream is being "
				"disabled");
	if (in->stream_enabled.value && view < 0)
		return error_set(err, ERROR_VALIDATION,
			INVALID "StreamViewType must be specified when a stream is being enabled");
	return 0;
}

/* Without a transaction the description alone tells of it. */
static int change_stream(struct txn *txn, struct table_description *description,
	const struct stream_specification *in, struct error *err)
{
	TRY(check_stream(description, in, err));
	if (!txn) {
		description->stream_id =
			in->stream_enabled.value ? SLICE("new") : slice_of(NULL, 0);
		return 0;
	}
	if (!in->stream_enabled.value)
		return stream_disable(txn, description, err);
	return stream_enable(txn, description,
		(enum stream_view)enum_index(stream_view_names, in->stream_view_type), err);
}

static void change_class(struct table_description *description, struct slice name)
{
	enum table_class class = (enum table_class)enum_index(table_class_names, name);

	if (class != description->table_class)
		description->table_class_changed_ns = clock_realtime_ns();
	description->table_class = class;
}

static int change_description(const struct table_change *change, struct txn *txn,
	struct table_description *description, struct arena *arena, struct error *err)
{
	const struct update_table_input *in = change->in;

	TRY(change_billing(change, description, arena, err));
	TRY(change_indexes(change, description, arena, err));
	if (in->stream_specification)
		TRY(change_stream(txn, description, in->stream_specification, err));
	if (in->sse_specification)
		TRY(design_encryption(
			change->engine, in->sse_specification, arena, description, err));
	if (in->on_demand_throughput)
		TRY(change_maximum(description, in->on_demand_throughput, "table",
			&description->max_read_request_units, &description->max_write_request_units,
			err));
	if (in->warm_throughput) {
		description->warm_read_units = in->warm_throughput->read_units_per_second.value;
		description->warm_write_units = in->warm_throughput->write_units_per_second.value;
	}
	if (slice_present(in->table_class))
		change_class(description, in->table_class);
	if (in->deletion_protection_enabled.present)
		description->deletion_protection = in->deletion_protection_enabled.value;
	return 0;
}

static int change_table(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	return change_description(context, txn, description, txn_arena(txn), err);
}

/* Who asks for several changes waits until an index is filled before he goes on. */
static void fill_indexes(struct table_description *description, struct arena *arena)
{
	struct index_description *indexes = copy_indexes(description, 0, arena);

	for (size_t i = 0; i < description->index_count; i++)
		indexes[i].status = INDEX_ACTIVE;
}

/* Does all of it to a copy of the description. */
static int check_changes(struct engine *engine, const struct update_table_input *in,
	struct arena *arena, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_description description;

	TRY(engine_find_named_table(engine, in->table_name, &table, err));
	description = catalog_copy(table_description(table), arena);
	for (; in; in = in->next) {
		struct table_change change = { engine, in };

		TRY(validate_input(operations[OPERATION_UPDATE_TABLE].input, in, err));
		TRY(check_input(in, arena, err));
		fill_indexes(&description, arena);
		TRY(change_description(&change, NULL, &description, arena, err));
	}
	return 0;
}

/* The answer tells of an index that is new or being removed as it is on its way,
 * as the service does, though the next look finds it done. */
static void tell_new_indexes(const struct update_table_input *in, struct table_facts *facts)
{
	const struct global_index_update *updates = in->global_secondary_index_updates.items;
	struct global_index_facts *indexes = (void *)facts->global_secondary_indexes.items;

	for (size_t i = 0; i < in->global_secondary_index_updates.count; i++) {
		for (size_t j = 0; j < facts->global_secondary_indexes.count; j++) {
			if (!updates[i].create ||
				!slice_equal(indexes[j].index_name, updates[i].create->index_name))
				continue;
			indexes[j].index_status = SLICE("CREATING");
			indexes[j].backfilling = (struct optional_boolean){ true, false };
		}
	}
}

/* The throughput that the table is held to changes with its description. */
static int find_and_follow(
	struct engine *engine, struct slice name, struct table **ret, struct error *err)
{
	struct throttle *throttle = monitor_throttle(engine->monitor);
	int r;

	throttle_follow_begin(throttle);
	r = engine_find_named_table(engine, name, ret, err);
	if (r == 0)
		throttle_follow(throttle, table_description(*ret), clock_monotonic_ns());
	throttle_follow_end(throttle);
	return r;
}

int run_update_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct update_table_input *in = request->input;
	struct update_table_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_change change = { engine, in };
	struct table_facts *facts;
	int r;

	if (in->check_only)
		return check_changes(engine, in, request->arena, err);
	TRY(check_input(in, request->arena, err));
	r = table_update(engine->store, in->table_name, request->arena,
		engine->durability[request->door], change_table, &change, err);
	if (r == TABLE_ABSENT)
		return table_not_found(in->table_name, err);
	TRY(r);
	TRY(find_and_follow(engine, in->table_name, &table, err));
	facts = describe_table(engine, table, "UPDATING", request->arena);
	tell_new_indexes(in, facts);
	out->table_description = facts;
	return 0;
}
