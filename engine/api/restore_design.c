#include "api/restore_design.h"

#include "api/table_design.h"
#include "base/buf.h"
#include "store/catalog.h"

#define INVALID "One or more parameter values were invalid: "

/* Indexes: those of the source, or some of them. */

static bool is_local(const struct index_description *index)
{
	return index->kind == INDEX_LOCAL;
}

static const struct index_description *find_index(
	const struct table_description *source, struct slice name, enum index_kind kind)
{
	for (size_t i = 0; i < source->index_count; i++) {
		if (source->indexes[i].kind == kind && slice_equal(source->indexes[i].name, name))
			return &source->indexes[i];
	}
	return NULL;
}

static bool has_key_element(
	const struct key_layout *key, size_t at, const struct key_schema_element *element)
{
	bool sort = at >= key->partition_count;
	const struct key_attribute *attribute =
		sort ? &key->sort[at - key->partition_count] : &key->partition[at];

	return slice_equal(attribute->name, element->attribute_name) &&
	       slice_equal_string(element->key_type, sort ? "RANGE" : "HASH");
}

static bool is_same_key(const struct index_description *index, const struct request_list *schema)
{
	const struct key_schema_element *elements = schema->items;

	if (schema->count != index->key.partition_count + index->key.sort_count)
		return false;
	for (size_t i = 0; i < schema->count; i++) {
		if (!has_key_element(&index->key, i, &elements[i]))
			return false;
	}
	return true;
}

static bool is_projected(const struct index_description *index, struct slice name)
{
	for (size_t i = 0; i < index->non_key_attribute_count; i++) {
		if (slice_equal(index->non_key_attributes[i], name))
			return true;
	}
	return false;
}

static bool is_same_projection(
	const struct index_description *index, const struct projection_input *projection)
{
	const struct slice *names = projection->non_key_attributes.items;

	if (enum_index(projection_type_names, projection->projection_type) !=
			(int)index->projection ||
		projection->non_key_attributes.count != index->non_key_attribute_count)
		return false;
	for (size_t i = 0; i < projection->non_key_attributes.count; i++) {
		if (!is_projected(index, names[i]))
			return false;
	}
	return true;
}

static int check_index(const struct index_description *index, struct slice name,
	const struct request_list *key_schema, const struct projection_input *projection,
	struct error *err)
{
	if (index && is_same_key(index, key_schema) && is_same_projection(index, projection))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		INVALID "Index %.*s is not one of the source table's, with the same KeySchema and "
			"Projection: an override can only leave indexes out",
		SLICE_ARG(name));
}

struct restored_indexes {
	struct index_description *items;
	size_t count;
};

static int add_index(
	struct restored_indexes *to, const struct index_description *index, struct error *err)
{
	for (size_t i = 0; i < to->count; i++) {
		if (slice_equal(to->items[i].name, index->name))
			return error_set(err, ERROR_VALIDATION,
				INVALID "Duplicate index name: %.*s", SLICE_ARG(index->name));
	}
	to->items[to->count++] = *index;
	return 0;
}

static int add_local(struct restored_indexes *to, const struct table_description *source,
	const struct request_list *override, struct error *err)
{
	const struct local_index_input *items = override->items;

	for (size_t i = 0; i < override->count; i++) {
		const struct index_description *index =
			find_index(source, items[i].index_name, INDEX_LOCAL);

		TRY(check_index(index, items[i].index_name, &items[i].key_schema,
			items[i].projection, err));
		TRY(add_index(to, index, err));
	}
	return 0;
}

static int set_units(
	struct index_description *index, const struct global_index_input *in, struct error *err)
{
	if (in->provisioned_throughput) {
		TRY(design_check_throughput(in->provisioned_throughput, err));
		index->read_capacity_units = in->provisioned_throughput->read_capacity_units.value;
		index->write_capacity_units =
			in->provisioned_throughput->write_capacity_units.value;
	}
	if (in->on_demand_throughput)
		return design_on_demand(in->on_demand_throughput, "index",
			&index->max_read_request_units, &index->max_write_request_units, err);
	return 0;
}

static int add_global(struct restored_indexes *to, const struct table_description *source,
	const struct request_list *override, struct error *err)
{
	const struct global_index_input *items = override->items;

	for (size_t i = 0; i < override->count; i++) {
		const struct index_description *index =
			find_index(source, items[i].index_name, INDEX_GLOBAL);

		TRY(check_index(index, items[i].index_name, &items[i].key_schema,
			items[i].projection, err));
		TRY(add_index(to, index, err));
		TRY(set_units(&to->items[to->count - 1], &items[i], err));
	}
	return 0;
}

/* Those of a kind that are not overridden. */
static void add_all(
	struct restored_indexes *to, const struct table_description *source, enum index_kind kind)
{
	for (size_t i = 0; i < source->index_count; i++) {
		if (source->indexes[i].kind == kind)
			to->items[to->count++] = source->indexes[i];
	}
}

static int choose_indexes(const struct table_description *source,
	const struct restore_overrides *overrides, struct arena *arena,
	struct table_description *ret, struct error *err)
{
	size_t most = source->index_count;
	struct restored_indexes chosen;

	if (overrides->local_indexes.count + overrides->global_indexes.count > most)
		most = overrides->local_indexes.count + overrides->global_indexes.count;
	chosen = (struct restored_indexes){ arena_alloc_array(arena, most, sizeof(*chosen.items)),
		0 };
	if (!overrides->local_indexes.present)
		add_all(&chosen, source, INDEX_LOCAL);
	TRY(add_local(&chosen, source, &overrides->local_indexes, err));
	if (!overrides->global_indexes.present)
		add_all(&chosen, source, INDEX_GLOBAL);
	TRY(add_global(&chosen, source, &overrides->global_indexes, err));
	ret->indexes = chosen.items;
	ret->index_count = chosen.count;
	return 0;
}

/* Throughput. */

static int check_mode(
	const struct restore_overrides *overrides, enum billing_mode mode, struct error *err)
{
	if (mode == BILLING_PAY_PER_REQUEST && overrides->provisioned_throughput)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
				"when BillingMode is PAY_PER_REQUEST");
	if (mode == BILLING_PROVISIONED && overrides->on_demand_throughput)
		return error_set(err, ERROR_VALIDATION,
			INVALID "OnDemandThroughput cannot be specified when BillingMode is "
				"PROVISIONED");
	return 0;
}

static int check_provisioned(const struct table_description *table, struct error *err)
{
	if (!table->read_capacity_units || !table->write_capacity_units)
		return error_set(err, ERROR_VALIDATION,
			INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified "
				"when BillingMode is PROVISIONED");
	for (size_t i = 0; i < table->index_count; i++) {
		if (!is_local(&table->indexes[i]) && !table->indexes[i].read_capacity_units)
			return error_set(err, ERROR_VALIDATION,
				INVALID "ProvisionedThroughput is not specified for index: %.*s",
				SLICE_ARG(table->indexes[i].name));
	}
	return 0;
}

/* What belongs to the other mode goes. */
static void clear_units(struct table_description *table)
{
	struct index_description *indexes = (struct index_description *)table->indexes;
	bool on_demand = table->billing_mode == BILLING_PAY_PER_REQUEST;

	if (on_demand)
		table->read_capacity_units = table->write_capacity_units = 0;
	else
		table->max_read_request_units = table->max_write_request_units = 0;
	for (size_t i = 0; i < table->index_count; i++) {
		if (on_demand)
			indexes[i].read_capacity_units = indexes[i].write_capacity_units = 0;
		else
			indexes[i].max_read_request_units = indexes[i].max_write_request_units = 0;
	}
}

static int choose_throughput(const struct restore_overrides *overrides,
	struct table_description *table, struct error *err)
{
	const struct provisioned_throughput *provisioned = overrides->provisioned_throughput;

	if (slice_present(overrides->billing_mode))
		table->billing_mode =
			(enum billing_mode)enum_index(billing_mode_names, overrides->billing_mode);
	TRY(check_mode(overrides, table->billing_mode, err));
	if (provisioned) {
		TRY(design_check_throughput(provisioned, err));
		table->read_capacity_units = provisioned->read_capacity_units.value;
		table->write_capacity_units = provisioned->write_capacity_units.value;
	}
	if (overrides->on_demand_throughput)
		TRY(design_on_demand(overrides->on_demand_throughput, "table",
			&table->max_read_request_units, &table->max_write_request_units, err));
	clear_units(table);
	return table->billing_mode == BILLING_PROVISIONED ? check_provisioned(table, err) : 0;
}

int design_restored(const struct engine *engine, const struct table_description *source,
	const struct restore_overrides *overrides, struct arena *arena,
	struct table_description *ret, struct error *err)
{
	struct table_description copy = catalog_copy(source, arena);
	struct table_description table = {
		.key = copy.key,
		.billing_mode = copy.billing_mode,
		.read_capacity_units = copy.read_capacity_units,
		.write_capacity_units = copy.write_capacity_units,
		.max_read_request_units = copy.max_read_request_units,
		.max_write_request_units = copy.max_write_request_units,
		.table_class = copy.table_class,
		.sse_enabled = copy.sse_enabled,
		.sse_kms_key = copy.sse_kms_key,
		.has_access = copy.has_access,
		.access_uid = copy.access_uid,
		.access_gid = copy.access_gid,
		.access_mode = copy.access_mode,
		.creating = true,
	};

	TRY(choose_indexes(&copy, overrides, arena, &table, err));
	TRY(choose_throughput(overrides, &table, err));
	if (overrides->sse_specification)
		TRY(design_encryption(engine, overrides->sse_specification, arena, &table, err));
	*ret = table;
	return 0;
}
