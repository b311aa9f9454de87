/*
 * What a wanted schema leaves out, and what of a table can't be changed.
 */
#include "schema_plan.h"

static bool is_on_demand(const struct create_table_input *schema)
{
	return slice_equal_string(schema->billing_mode, "PAY_PER_REQUEST");
}

const struct global_index_input *schema_find_index(
	const struct create_table_input *schema, struct slice name)
{
	const struct global_index_input *indexes = schema->global_secondary_indexes.items;

	for (size_t i = 0; i < schema->global_secondary_indexes.count; i++) {
		if (slice_equal(indexes[i].index_name, name))
			return &indexes[i];
	}
	return NULL;
}

static const struct local_index_input *find_local(
	const struct create_table_input *schema, struct slice name)
{
	const struct local_index_input *indexes = schema->local_secondary_indexes.items;

	for (size_t i = 0; i < schema->local_secondary_indexes.count; i++) {
		if (slice_equal(indexes[i].index_name, name))
			return &indexes[i];
	}
	return NULL;
}

static const struct attribute_definition *find_definition(
	const struct request_list *definitions, struct slice name)
{
	const struct attribute_definition *items = definitions->items;

	for (size_t i = 0; i < definitions->count; i++) {
		if (slice_equal(items[i].attribute_name, name))
			return &items[i];
	}
	return NULL;
}

static bool has_key(const struct request_list *keys, struct slice name)
{
	const struct key_schema_element *items = keys->items;

	for (size_t i = 0; i < keys->count; i++) {
		if (slice_equal(items[i].attribute_name, name))
			return true;
	}
	return false;
}

static bool uses(const struct create_table_input *schema, struct slice name)
{
	const struct local_index_input *local = schema->local_secondary_indexes.items;
	const struct global_index_input *global = schema->global_secondary_indexes.items;
	bool used = has_key(&schema->key_schema, name);

	for (size_t i = 0; !used && i < schema->local_secondary_indexes.count; i++)
		used = has_key(&local[i].key_schema, name);
	for (size_t i = 0; !used && i < schema->global_secondary_indexes.count; i++)
		used = has_key(&global[i].key_schema, name);
	return used;
}

/* Filling in. */

static void complete_billing(
	const struct create_table_input *current, struct create_table_input *whole)
{
	bool said = slice_present(whole->billing_mode);

	if (!said)
		whole->billing_mode = whole->provisioned_throughput ? SLICE("PROVISIONED")
								    : current->billing_mode;
	if (is_on_demand(whole)) {
		whole->provisioned_throughput = NULL;
		if (!whole->on_demand_throughput)
			whole->on_demand_throughput = current->on_demand_throughput;
		return;
	}
	if (said)
		whole->on_demand_throughput = NULL;
	if (!whole->provisioned_throughput)
		whole->provisioned_throughput = current->provisioned_throughput;
}

static const struct warm_throughput *complete_warm(const struct warm_throughput *current,
	const struct warm_throughput *wanted, struct arena *arena)
{
	struct warm_throughput *whole;

	if (!wanted)
		return current;
	whole = arena_alloc_zero(arena, sizeof(*whole));
	*whole = *wanted;
	whole->status = (struct slice){ NULL, 0 };
	if (current && !whole->read_units_per_second.present)
		whole->read_units_per_second = current->read_units_per_second;
	if (current && !whole->write_units_per_second.present)
		whole->write_units_per_second = current->write_units_per_second;
	return whole;
}

static void complete_index(const struct global_index_input *current, bool on_demand, bool said,
	struct global_index_input *whole, struct arena *arena)
{
	if (!whole->key_schema.present)
		whole->key_schema = current->key_schema;
	if (!whole->projection)
		whole->projection = current->projection;
	whole->warm_throughput =
		complete_warm(current->warm_throughput, whole->warm_throughput, arena);
	if (on_demand) {
		whole->provisioned_throughput = NULL;
		return;
	}
	if (said)
		whole->on_demand_throughput = NULL;
	if (!whole->provisioned_throughput)
		whole->provisioned_throughput = current->provisioned_throughput;
}

static void complete_indexes(const struct create_table_input *current, bool said,
	struct create_table_input *whole, struct arena *arena)
{
	const struct request_list *wanted = whole->global_secondary_indexes.present
						    ? &whole->global_secondary_indexes
						    : &current->global_secondary_indexes;
	struct global_index_input *indexes =
		arena_alloc_array(arena, wanted->count, sizeof(*indexes));

	if (wanted->count)
		memcpy(indexes, wanted->items, wanted->count * sizeof(*indexes));
	for (size_t i = 0; i < wanted->count; i++) {
		const struct global_index_input *old =
			schema_find_index(current, indexes[i].index_name);

		if (old)
			complete_index(old, is_on_demand(whole), said, &indexes[i], arena);
	}
	/* CreateTable takes no empty list. */
	whole->global_secondary_indexes =
		(struct request_list){ wanted->count > 0, wanted->count, indexes };
}

static void complete_definitions(const struct create_table_input *current,
	struct create_table_input *whole, struct arena *arena)
{
	const struct request_list wanted = whole->attribute_definitions;
	const struct request_list *known = &current->attribute_definitions;
	struct attribute_definition *definitions =
		arena_alloc_array(arena, wanted.count + known->count, sizeof(*definitions));
	const struct attribute_definition *from = wanted.items;
	size_t count = 0;

	for (size_t i = 0; i < wanted.count; i++) {
		if (uses(whole, from[i].attribute_name) || !uses(current, from[i].attribute_name))
			definitions[count++] = from[i];
	}
	from = known->items;
	for (size_t i = 0; i < known->count; i++) {
		if (uses(whole, from[i].attribute_name) &&
			!find_definition(&wanted, from[i].attribute_name))
			definitions[count++] = from[i];
	}
	whole->attribute_definitions = (struct request_list){ true, count, definitions };
}

/* What can't be changed. */

static bool same_keys(const struct request_list *a, const struct request_list *b)
{
	const struct key_schema_element *left = a->items, *right = b->items;

	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!slice_equal(left[i].attribute_name, right[i].attribute_name) ||
			!slice_equal(left[i].key_type, right[i].key_type))
			return false;
	}
	return true;
}

static bool has_name(const struct request_list *names, struct slice name)
{
	const struct slice *items = names->items;

	for (size_t i = 0; i < names->count; i++) {
		if (slice_equal(items[i], name))
			return true;
	}
	return false;
}

static bool same_projection(const struct projection_input *a, const struct projection_input *b)
{
	const struct slice *names = a->non_key_attributes.items;

	if (!slice_equal(a->projection_type, b->projection_type) ||
		a->non_key_attributes.count != b->non_key_attributes.count)
		return false;
	for (size_t i = 0; i < a->non_key_attributes.count; i++) {
		if (!has_name(&b->non_key_attributes, names[i]))
			return false;
	}
	return true;
}

/* "year HASH, title RANGE" */
static void append_keys(struct buf *buf, const struct request_list *keys)
{
	const struct key_schema_element *items = keys->items;

	for (size_t i = 0; i < keys->count; i++)
		buf_appendf(buf, "%s%.*s %.*s", i ? ", " : "", SLICE_ARG(items[i].attribute_name),
			SLICE_ARG(items[i].key_type));
}

static int check_key(const struct create_table_input *current,
	const struct create_table_input *whole, struct error *err)
{
	struct buf keys CLEANUP(buf_release) = BUF_INIT;

	if (same_keys(&current->key_schema, &whole->key_schema))
		return 0;
	append_keys(&keys, &current->key_schema);
	return error_set(err, ERROR_VALIDATION, "KeySchema of a table can't be changed: it is %s",
		buf_string(&keys));
}

/* Whether an index that stays as it is has the attribute in its key. */
static bool stays_key_of_index(const struct create_table_input *current,
	const struct create_table_input *whole, struct slice name)
{
	const struct local_index_input *local = current->local_secondary_indexes.items;
	const struct global_index_input *global = current->global_secondary_indexes.items;

	for (size_t i = 0; i < current->local_secondary_indexes.count; i++) {
		if (has_key(&local[i].key_schema, name))
			return true;
	}
	for (size_t i = 0; i < current->global_secondary_indexes.count; i++) {
		if (has_key(&global[i].key_schema, name) &&
			schema_find_index(whole, global[i].index_name))
			return true;
	}
	return false;
}

static int check_types(const struct create_table_input *current,
	const struct create_table_input *whole, struct error *err)
{
	const struct attribute_definition *wanted = whole->attribute_definitions.items;

	for (size_t i = 0; i < whole->attribute_definitions.count; i++) {
		struct slice name = wanted[i].attribute_name;
		const struct attribute_definition *now =
			find_definition(&current->attribute_definitions, name);
		bool of_table = has_key(&current->key_schema, name);

		if (!now || slice_equal(now->attribute_type, wanted[i].attribute_type))
			continue;
		if (of_table || stays_key_of_index(current, whole, name))
			return error_set(err, ERROR_VALIDATION,
				"AttributeDefinitions: the type of %.*s can't be changed: it is a "
				"key attribute of the %s, of type %.*s",
				SLICE_ARG(name), of_table ? "table" : "indexes",
				SLICE_ARG(now->attribute_type));
	}
	return 0;
}

static int refuse_local(struct slice name, const char *reason, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"LocalSecondaryIndexes can't be changed once a table is made: %.*s %s",
		SLICE_ARG(name), reason);
}

static int check_locals(const struct create_table_input *current,
	const struct create_table_input *whole, struct error *err)
{
	const struct local_index_input *now = current->local_secondary_indexes.items;
	const struct local_index_input *wanted = whole->local_secondary_indexes.items;

	for (size_t i = 0; i < current->local_secondary_indexes.count; i++) {
		const struct local_index_input *same = find_local(whole, now[i].index_name);

		if (!same)
			return refuse_local(now[i].index_name, "is missing", err);
		if (!same_keys(&same->key_schema, &now[i].key_schema))
			return refuse_local(now[i].index_name, "has another KeySchema", err);
		if (!same->projection || !same_projection(same->projection, now[i].projection))
			return refuse_local(now[i].index_name, "has another Projection", err);
	}
	for (size_t i = 0; i < whole->local_secondary_indexes.count; i++) {
		if (!find_local(current, wanted[i].index_name))
			return refuse_local(wanted[i].index_name, "is new", err);
	}
	return 0;
}

static int refuse_index(struct slice name, const char *member, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"GlobalSecondaryIndexes: %s of the index %.*s can't be changed: drop the index "
		"first, then add it",
		member, SLICE_ARG(name));
}

static int check_globals(const struct create_table_input *current,
	const struct create_table_input *whole, struct error *err)
{
	const struct global_index_input *wanted = whole->global_secondary_indexes.items;

	for (size_t i = 0; i < whole->global_secondary_indexes.count; i++) {
		struct slice name = wanted[i].index_name;
		const struct global_index_input *now = schema_find_index(current, name);

		if (now && !same_keys(&now->key_schema, &wanted[i].key_schema))
			return refuse_index(name, "KeySchema", err);
		if (now && !same_projection(now->projection, wanted[i].projection))
			return refuse_index(name, "Projection", err);
	}
	return 0;
}

int schema_complete(const struct create_table_input *current,
	const struct create_table_input *wanted, struct arena *arena,
	struct create_table_input *ret_whole, struct error *err)
{
	struct create_table_input whole = *wanted;

	whole.table_name = current->table_name;
	if (!whole.key_schema.present)
		whole.key_schema = current->key_schema;
	if (!whole.local_secondary_indexes.present)
		whole.local_secondary_indexes = current->local_secondary_indexes;
	whole.local_secondary_indexes.present = whole.local_secondary_indexes.count > 0;
	complete_billing(current, &whole);
	complete_indexes(current, slice_present(wanted->billing_mode), &whole, arena);
	complete_definitions(current, &whole, arena);
	whole.warm_throughput =
		complete_warm(current->warm_throughput, wanted->warm_throughput, arena);
	TRY(check_key(current, &whole, err));
	TRY(check_locals(current, &whole, err));
	TRY(check_globals(current, &whole, err));
	TRY(check_types(current, &whole, err));
	*ret_whole = whole;
	return 0;
}
