/*
 * CreateTable, DescribeTable, ListTables, DeleteTable.
 *
 * Tables pass through CREATING and DELETING at once: the answer names the
 * state, the next request finds it over.
 */
#include "api/operations.h"

#include "base/buf.h"

#define LIST_TABLES_MAX    100
#define CAPACITY_UNITS_MAX 1000000000000

static bool find_attribute_type(
	const struct create_table_input *in, struct slice name, enum value_type *ret)
{
	const struct attribute_definition *definitions = in->attribute_definitions.items;

	for (size_t i = 0; i < in->attribute_definitions.count; i++) {
		if (slice_equal(definitions[i].attribute_name, name))
			return value_type_parse(definitions[i].attribute_type, ret);
	}
	return false;
}

static void append_key_names(const struct create_table_input *in, struct buf *buf)
{
	const struct key_schema_element *keys = in->key_schema.items;

	for (size_t i = 0; i < in->key_schema.count; i++)
		buf_appendf(buf, "%s%.*s", i ? ", " : "", SLICE_ARG(keys[i].attribute_name));
}

static void append_definition_names(const struct create_table_input *in, struct buf *buf)
{
	const struct attribute_definition *definitions = in->attribute_definitions.items;

	for (size_t i = 0; i < in->attribute_definitions.count; i++)
		buf_appendf(buf, "%s%.*s", i ? ", " : "", SLICE_ARG(definitions[i].attribute_name));
}

/* The service has two ways to say it. */
static int undefined_key(const struct create_table_input *in, struct error *err)
{
	struct buf keys CLEANUP(buf_release) = BUF_INIT;
	struct buf definitions CLEANUP(buf_release) = BUF_INIT;

	if (in->key_schema.count > 1 || in->attribute_definitions.count == 0)
		return error_set(err, ERROR_VALIDATION,
			"Invalid KeySchema: Some index key attribute have no definition");
	append_key_names(in, &keys);
	append_definition_names(in, &definitions);
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Some index key attributes are not "
		"defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
		buf_string(&keys), buf_string(&definitions));
}

static int check_key_schema(const struct create_table_input *in, struct error *err)
{
	const struct key_schema_element *keys = in->key_schema.items;
	size_t count = in->key_schema.count;

	if (!slice_equal_string(keys[0].key_type, "HASH"))
		return error_set(err, ERROR_VALIDATION,
			"Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
	if (count > 1 && !slice_equal_string(keys[1].key_type, "RANGE"))
		return error_set(err, ERROR_VALIDATION,
			"Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
	if (count > 1 && slice_equal(keys[0].attribute_name, keys[1].attribute_name))
		return error_set(err, ERROR_VALIDATION,
			"Both the Hash Key and the Range Key element in the KeySchema have the "
			"same name");
	return 0;
}

static int check_duplicate_definitions(const struct create_table_input *in, struct error *err)
{
	const struct attribute_definition *definitions = in->attribute_definitions.items;

	for (size_t i = 0; i < in->attribute_definitions.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (slice_equal(
				    definitions[i].attribute_name, definitions[j].attribute_name))
				return error_set(err, ERROR_VALIDATION,
					"Cannot have two attributes with the same name");
		}
	}
	return 0;
}

static int resolve_key(
	const struct create_table_input *in, struct key_schema *ret, struct error *err)
{
	const struct key_schema_element *keys = in->key_schema.items;
	struct key_schema key = { 0 };

	for (size_t i = 0; i < in->key_schema.count; i++) {
		struct key_attribute *attribute = i ? &key.sort : &key.partition;

		attribute->name = keys[i].attribute_name;
		if (!find_attribute_type(in, attribute->name, &attribute->type))
			return undefined_key(in, err);
	}
	if (in->attribute_definitions.count > in->key_schema.count)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Number of attributes in "
			"KeySchema does not exactly match number of attributes defined in "
			"AttributeDefinitions");
	*ret = key;
	return 0;
}

static int check_units(const char *name, int64_t units, struct error *err)
{
	if (units > CAPACITY_UNITS_MAX)
		return error_set(err, ERROR_VALIDATION, "Given value %lld for %s is out of bounds",
			(long long)units, name);
	return 0;
}

static int resolve_throughput(const struct create_table_input *in,
	struct table_description *description, struct error *err)
{
	const struct provisioned_throughput *throughput = in->provisioned_throughput;
	int mode = enum_index(billing_mode_names, in->billing_mode);

	description->billing_mode = mode < 0 ? BILLING_PROVISIONED : (enum billing_mode)mode;
	if (description->billing_mode == BILLING_PAY_PER_REQUEST && throughput)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Neither ReadCapacityUnits nor "
			"WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	if (description->billing_mode == BILLING_PROVISIONED && !throughput)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: ReadCapacityUnits and "
			"WriteCapacityUnits must both be specified when BillingMode is "
			"PROVISIONED");
	if (throughput) {
		TRY(check_units("ReadCapacityUnits", throughput->read_capacity_units.value, err));
		TRY(check_units("WriteCapacityUnits", throughput->write_capacity_units.value, err));
		description->read_capacity_units = throughput->read_capacity_units.value;
		description->write_capacity_units = throughput->write_capacity_units.value;
	}
	return 0;
}

static struct request_list list_definitions(const struct key_schema *key, struct arena *arena)
{
	struct attribute_definition *items = arena_alloc_array(arena, 2, sizeof(*items));
	size_t count = key_schema_has_sort(key) ? 2 : 1;

	for (size_t i = 0; i < count; i++) {
		const struct key_attribute *attribute = i ? &key->sort : &key->partition;

		items[i].attribute_name = attribute->name;
		items[i].attribute_type = slice_from_string(value_type_name(attribute->type));
	}
	return (struct request_list){ true, count, items };
}

static struct request_list list_key_schema(const struct key_schema *key, struct arena *arena)
{
	struct key_schema_element *items = arena_alloc_array(arena, 2, sizeof(*items));
	size_t count = key_schema_has_sort(key) ? 2 : 1;

	for (size_t i = 0; i < count; i++) {
		items[i].attribute_name = i ? key->sort.name : key->partition.name;
		items[i].key_type = slice_from_string(key_type_names[i]);
	}
	return (struct request_list){ true, count, items };
}

static const struct throughput_facts *describe_throughput(
	const struct table_description *description, struct arena *arena)
{
	struct throughput_facts *throughput = arena_alloc_zero(arena, sizeof(*throughput));

	throughput->read_capacity_units =
		(struct optional_integer){ true, description->read_capacity_units };
	throughput->write_capacity_units =
		(struct optional_integer){ true, description->write_capacity_units };
	throughput->number_of_decreases_today = (struct optional_integer){ true, 0 };
	return throughput;
}

static const struct billing_mode_summary *describe_billing(
	const struct table_description *description, struct arena *arena)
{
	struct billing_mode_summary *summary;

	if (description->billing_mode != BILLING_PAY_PER_REQUEST)
		return NULL;
	summary = arena_alloc_zero(arena, sizeof(*summary));
	summary->billing_mode = slice_from_string(billing_mode_names[description->billing_mode]);
	summary->last_update_to_pay_per_request = description->created_ns;
	return summary;
}

static const struct table_class_summary *describe_class(
	const struct table_description *description, struct arena *arena)
{
	struct table_class_summary *summary;

	if (description->table_class == TABLE_CLASS_STANDARD)
		return NULL;
	summary = arena_alloc_zero(arena, sizeof(*summary));
	summary->table_class = slice_from_string(table_class_names[description->table_class]);
	return summary;
}

static struct key_schema copy_key(const struct key_schema *key, struct arena *arena)
{
	struct key_schema copy = *key;

	copy.partition.name = arena_copy(arena, key->partition.name);
	copy.sort.name = arena_copy(arena, key->sort.name);
	return copy;
}

static struct table_facts *describe(const struct engine *engine,
	const struct table_description *description, const char *status, struct arena *arena)
{
	struct table_facts *facts = arena_alloc_zero(arena, sizeof(*facts));

	facts->table_name = arena_copy(arena, description->name);
	facts->table_status = slice_from_string(status);
	facts->key = copy_key(&description->key, arena);
	facts->attribute_definitions = list_definitions(&facts->key, arena);
	facts->key_schema = list_key_schema(&facts->key, arena);
	facts->creation_date_time = description->created_ns;
	facts->provisioned_throughput = describe_throughput(description, arena);
	facts->table_size_bytes = (struct optional_integer){ true, 0 };
	facts->item_count = (struct optional_integer){ true, 0 };
	facts->table_arn = arena_printf(arena, "arn:aws:dynamodb:%.*s:%.*s:table/%.*s",
		SLICE_ARG(engine->region), SLICE_ARG(engine->account),
		SLICE_ARG(description->name));
	facts->table_id = arena_copy(arena, description->id);
	facts->billing_mode_summary = describe_billing(description, arena);
	facts->table_class_summary = describe_class(description, arena);
	facts->deletion_protection_enabled =
		(struct optional_boolean){ true, description->deletion_protection };
	return facts;
}

static void describe_counts(struct table *table, struct table_facts *facts)
{
	struct table_counts counts;

	table_counts(table, &counts);
	facts->item_count.value = counts.items;
	facts->table_size_bytes.value = counts.bytes;
	facts->items_inserted = counts.inserted;
	facts->items_modified = counts.modified;
	facts->items_removed = counts.removed;
}

static int table_exists(struct slice name, struct error *err)
{
	return error_set(err, ERROR_TABLE_IN_USE, "Table already exists: %.*s", SLICE_ARG(name));
}

static int check_absent(struct engine *engine, struct slice name, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	int r = table_find(engine->store, name, &table, err);

	TRY(r);
	return r == TABLE_ABSENT ? 0 : table_exists(name, err);
}

int run_create_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct create_table_input *in = request->input;
	struct create_table_output *out = request->output;
	struct table_description description = { .name = in->table_name };
	int r;

	TRY(resolve_throughput(in, &description, err));
	TRY(check_key_schema(in, err));
	TRY(check_duplicate_definitions(in, err));
	TRY(resolve_key(in, &description.key, err));
	if (slice_present(in->table_class))
		description.table_class =
			(enum table_class)enum_index(table_class_names, in->table_class);
	description.deletion_protection = in->deletion_protection_enabled.value;
	if (in->check_only)
		return check_absent(engine, in->table_name, err);
	r = table_create(engine->store, &description, false, request->arena,
		engine->durability[request->door], err);
	if (r == TABLE_EXISTS)
		return table_exists(in->table_name, err);
	TRY(r);
	out->table_description = describe(engine, &description, "CREATING", request->arena);
	return 0;
}

/* Control-plane operations name the table that is not there. */
static int table_not_found(struct slice name, struct error *err)
{
	return error_set(err, ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Table: %.*s not found", SLICE_ARG(name));
}

static int find_named_table(
	struct engine *engine, struct slice name, struct table **ret, struct error *err)
{
	int r = table_find(engine->store, name, ret, err);

	if (r == TABLE_ABSENT)
		return table_not_found(name, err);
	return r;
}

int run_describe_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_table_input *in = request->input;
	struct describe_table_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_facts *facts;

	TRY(find_named_table(engine, in->table_name, &table, err));
	facts = describe(engine, table_description(table), "ACTIVE", request->arena);
	describe_counts(table, facts);
	out->table = facts;
	return 0;
}

int run_list_tables(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_tables_input *in = request->input;
	struct list_tables_output *out = request->output;
	size_t limit = in->limit.present ? (size_t)in->limit.value : LIST_TABLES_MAX;
	struct slice *names;
	size_t count;
	bool more;

	TRY(table_list(engine->store, in->exclusive_start_table_name, limit, request->arena, &names,
		&count, &more, err));
	out->table_names = (struct request_list){ true, count, names };
	if (more)
		out->last_evaluated_table_name = names[count - 1];
	return 0;
}

int run_delete_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct delete_table_input *in = request->input;
	struct delete_table_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_facts *facts;
	int r;

	TRY(find_named_table(engine, in->table_name, &table, err));
	if (table_description(table)->deletion_protection)
		return error_set(err, ERROR_VALIDATION,
			"Resource cannot be deleted as it is currently protected against deletion. "
			"Disable deletion protection first.");
	facts = describe(engine, table_description(table), "DELETING", request->arena);
	describe_counts(table, facts);
	facts->attribute_definitions.present = false;
	facts->key_schema.present = false;
	r = table_delete(engine->store, in->table_name, in->only_if_empty,
		engine->durability[request->door], err);
	if (r == TABLE_ABSENT)
		return table_not_found(in->table_name, err);
	if (r == TABLE_NOT_EMPTY)
		return error_set(err, ERROR_TABLE_NOT_EMPTY,
			"Table %.*s still holds items: remove them first, or rm -r it",
			SLICE_ARG(in->table_name));
	TRY(r);
	out->table_description = facts;
	return 0;
}
