#include "api/table_describe.h"

#include "api/access.h"
#include "api/arn.h"
#include "api/throughput.h"
#include "base/clock.h"
#include "store/catalog.h"

static struct optional_integer integer(int64_t value)
{
	return (struct optional_integer){ true, value };
}

/* A number that is told only when it is set. */
static struct optional_integer set_integer(int64_t value)
{
	return (struct optional_integer){ value != 0, value };
}

/* Keys. */

struct definition_list {
	struct attribute_definition *items;
	size_t count;
};

static void add_definition(struct definition_list *list, const struct key_attribute *attribute)
{
	for (size_t i = 0; i < list->count; i++) {
		if (slice_equal(list->items[i].attribute_name, attribute->name))
			return;
	}
	list->items[list->count].attribute_name = attribute->name;
	list->items[list->count++].attribute_type =
		slice_from_string(value_type_name(attribute->type));
}

static void add_layout(struct definition_list *list, const struct key_layout *layout)
{
	for (size_t i = 0; i < layout->partition_count; i++)
		add_definition(list, &layout->partition[i]);
	for (size_t i = 0; i < layout->sort_count; i++)
		add_definition(list, &layout->sort[i]);
}

static struct request_list list_definitions(
	const struct table_description *description, struct arena *arena)
{
	size_t most = (description->index_count + 1) * 2 * KEY_ATTRIBUTES_MAX;
	struct definition_list list = {
		.items = arena_alloc_array(arena, most, sizeof(*list.items)),
	};
	struct key_layout table = key_layout_of(&description->key);

	add_layout(&list, &table);
	for (size_t i = 0; i < description->index_count; i++) {
		if (description->indexes[i].kind != INDEX_EXPIRY)
			add_layout(&list, &description->indexes[i].key);
	}
	return (struct request_list){ true, list.count, list.items };
}

static struct request_list list_key_schema(const struct key_layout *layout, struct arena *arena)
{
	size_t count = layout->partition_count + layout->sort_count;
	struct key_schema_element *items = arena_alloc_array(arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		bool sort = i >= layout->partition_count;

		items[i].attribute_name = sort ? layout->sort[i - layout->partition_count].name
					       : layout->partition[i].name;
		items[i].key_type = slice_from_string(key_type_names[sort]);
	}
	return (struct request_list){ true, count, items };
}

/* Throughput. */

static const struct throughput_facts *describe_throughput(
	struct throughput throughput, struct arena *arena)
{
	struct throughput_facts *facts = arena_alloc_zero(arena, sizeof(*facts));

	facts->read_capacity_units = integer(*throughput.read_units);
	facts->write_capacity_units = integer(*throughput.write_units);
	facts->number_of_decreases_today = integer(throughput_decreases_today(
		*throughput.decreases, *throughput.decreased_ns, clock_realtime_ns()));
	facts->last_increase_date_time = *throughput.increased_ns;
	facts->last_decrease_date_time = *throughput.decreased_ns;
	return facts;
}

static const struct on_demand_throughput *describe_on_demand(
	int64_t read_units, int64_t write_units, struct arena *arena)
{
	struct on_demand_throughput *facts;

	if (!read_units && !write_units)
		return NULL;
	facts = arena_alloc_zero(arena, sizeof(*facts));
	facts->max_read_request_units = set_integer(read_units);
	facts->max_write_request_units = set_integer(write_units);
	return facts;
}

static const struct warm_throughput *describe_warm(
	int64_t read_units, int64_t write_units, struct arena *arena)
{
	struct warm_throughput *facts;

	if (!read_units && !write_units)
		return NULL;
	facts = arena_alloc_zero(arena, sizeof(*facts));
	facts->read_units_per_second = set_integer(read_units);
	facts->write_units_per_second = set_integer(write_units);
	facts->status = SLICE("ACTIVE");
	return facts;
}

static const struct billing_mode_summary *describe_billing(
	const struct table_description *description, struct arena *arena)
{
	struct billing_mode_summary *summary;

	if (description->billing_mode != BILLING_PAY_PER_REQUEST &&
		!description->billing_changed_ns)
		return NULL;
	summary = arena_alloc_zero(arena, sizeof(*summary));
	summary->billing_mode = slice_from_string(billing_mode_names[description->billing_mode]);
	summary->last_update_to_pay_per_request = description->billing_changed_ns
							  ? description->billing_changed_ns
							  : description->created_ns;
	return summary;
}

static const struct table_class_summary *describe_class(
	const struct table_description *description, struct arena *arena)
{
	struct table_class_summary *summary;

	if (description->table_class == TABLE_CLASS_STANDARD &&
		!description->table_class_changed_ns)
		return NULL;
	summary = arena_alloc_zero(arena, sizeof(*summary));
	summary->table_class = slice_from_string(table_class_names[description->table_class]);
	summary->last_update_date_time = description->table_class_changed_ns;
	return summary;
}

/* Streams and encryption. */

static void describe_stream(const struct engine *engine,
	const struct table_description *description, struct table_facts *facts, struct arena *arena)
{
	struct stream_specification *stream;

	if (!slice_present(description->stream_label))
		return;
	facts->latest_stream_label = description->stream_label;
	facts->latest_stream_arn =
		arn_of_part(engine, description->name, "stream", description->stream_label, arena);
	if (!slice_present(description->stream_id))
		return;
	stream = arena_alloc_zero(arena, sizeof(*stream));
	stream->stream_enabled = (struct optional_boolean){ true, true };
	stream->stream_view_type = slice_from_string(stream_view_names[description->stream_view]);
	facts->stream_specification = stream;
}

static const struct sse_facts *describe_encryption(
	const struct table_description *description, struct arena *arena)
{
	struct sse_facts *facts;

	if (!description->sse_enabled)
		return NULL;
	facts = arena_alloc_zero(arena, sizeof(*facts));
	facts->status = SLICE("ENABLED");
	facts->sse_type = SLICE("KMS");
	facts->kms_master_key_arn = description->sse_kms_key;
	return facts;
}

static const struct restore_summary *describe_restore(
	const struct table_description *description, struct arena *arena)
{
	struct restore_summary *summary;

	if (!description->restored_ns)
		return NULL;
	summary = arena_alloc(arena, sizeof(*summary));
	*summary = (struct restore_summary){
		.source_backup_arn = description->restored_from_backup,
		.source_table_arn = description->restored_from_table,
		.restore_date_time = description->restored_ns,
		.restore_in_progress = { true, description->creating },
	};
	return summary;
}

/* Indexes. */

static const struct projection_input *describe_projection(
	const struct index_description *index, struct arena *arena)
{
	struct projection_input *projection = arena_alloc_zero(arena, sizeof(*projection));

	projection->projection_type = slice_from_string(projection_type_names[index->projection]);
	if (index->projection == PROJECTION_INCLUDE)
		projection->non_key_attributes = (struct request_list){ true,
			index->non_key_attribute_count, index->non_key_attributes };
	return projection;
}

static void describe_local_index(const struct engine *engine, struct slice table_name,
	const struct index_description *index, const struct index_counts *counts,
	struct local_index_facts *facts, struct arena *arena)
{
	*facts = (struct local_index_facts){
		.index_name = index->name,
		.key_schema = list_key_schema(&index->key, arena),
		.projection = describe_projection(index, arena),
		.index_size_bytes = integer(counts->bytes),
		.item_count = integer(counts->items),
		.index_arn = arn_of_part(engine, table_name, "index", index->name, arena),
	};
}

static void describe_global_index(const struct engine *engine, struct slice table_name,
	const struct index_description *index, const struct index_counts *counts,
	struct global_index_facts *facts, struct arena *arena)
{
	bool creating = index->status == INDEX_CREATING;
	struct index_description copy = *index;

	*facts = (struct global_index_facts){
		.index_name = index->name,
		.key_schema = list_key_schema(&index->key, arena),
		.projection = describe_projection(index, arena),
		.index_status = creating ? SLICE("CREATING") : SLICE("ACTIVE"),
		.backfilling = { creating, true },
		.provisioned_throughput = describe_throughput(throughput_of_index(&copy), arena),
		.index_size_bytes = integer(counts->bytes),
		.item_count = integer(counts->items),
		.index_arn = arn_of_part(engine, table_name, "index", index->name, arena),
		.on_demand_throughput = describe_on_demand(
			index->max_read_request_units, index->max_write_request_units, arena),
		.warm_throughput =
			describe_warm(index->warm_read_units, index->warm_write_units, arena),
	};
}

/* table NULL: it has no items yet. */
static void describe_indexes(const struct engine *engine,
	const struct table_description *description, struct table *table, struct table_facts *facts,
	struct arena *arena)
{
	size_t count = description->index_count;
	struct local_index_facts *local = arena_alloc_array(arena, count, sizeof(*local));
	struct global_index_facts *global = arena_alloc_array(arena, count, sizeof(*global));
	size_t locals = 0, globals = 0;

	for (size_t i = 0; i < count; i++) {
		const struct index_description *index = &description->indexes[i];
		struct index_counts counts = { 0 };

		if (index->kind == INDEX_EXPIRY)
			continue;
		if (table)
			table_index_counts(table, index->name, &counts);
		if (index->kind == INDEX_LOCAL)
			describe_local_index(
				engine, description->name, index, &counts, &local[locals++], arena);
		else
			describe_global_index(engine, description->name, index, &counts,
				&global[globals++], arena);
	}
	facts->local_secondary_indexes = (struct request_list){ locals > 0, locals, local };
	facts->global_secondary_indexes = (struct request_list){ globals > 0, globals, global };
}

static struct table_facts *describe(const struct engine *engine,
	const struct table_description *held, struct table *table, const char *status,
	struct arena *arena)
{
	struct table_facts *facts = arena_alloc_zero(arena, sizeof(*facts));
	struct table_description *description = arena_alloc_zero(arena, sizeof(*description));
	struct key_layout layout;

	*description = catalog_copy(held, arena);
	layout = key_layout_of(&description->key);
	facts->table_name = description->name;
	facts->table_status = slice_from_string(status);
	facts->key = description->key;
	facts->access = access_of_description(description);
	facts->attribute_definitions = list_definitions(description, arena);
	facts->key_schema = list_key_schema(&layout, arena);
	facts->creation_date_time = description->created_ns;
	facts->provisioned_throughput =
		describe_throughput(throughput_of_table(description), arena);
	facts->table_size_bytes = integer(0);
	facts->item_count = integer(0);
	facts->table_arn = arn_of_table(engine, description->name, arena);
	facts->table_id = description->id;
	facts->billing_mode_summary = describe_billing(description, arena);
	facts->table_class_summary = describe_class(description, arena);
	facts->deletion_protection_enabled =
		(struct optional_boolean){ true, description->deletion_protection };
	facts->on_demand_throughput = describe_on_demand(
		description->max_read_request_units, description->max_write_request_units, arena);
	facts->warm_throughput =
		describe_warm(description->warm_read_units, description->warm_write_units, arena);
	facts->restore_summary = describe_restore(description, arena);
	facts->sse_description = describe_encryption(description, arena);
	describe_stream(engine, description, facts, arena);
	describe_indexes(engine, description, table, facts, arena);
	return facts;
}

struct table_facts *describe_new_table(const struct engine *engine,
	const struct table_description *description, struct arena *arena)
{
	return describe(engine, description, NULL, "CREATING", arena);
}

struct table_facts *describe_table(
	const struct engine *engine, struct table *table, const char *status, struct arena *arena)
{
	struct table_facts *facts =
		describe(engine, table_description(table), table, status, arena);
	struct table_counts counts;

	table_counts(table, &counts);
	facts->item_count.value = counts.items;
	facts->table_size_bytes.value = counts.bytes;
	facts->items_inserted = counts.inserted;
	facts->items_modified = counts.modified;
	facts->items_removed = counts.removed;
	return facts;
}
