#include "api/table_design.h"

#include "api/parameters.h"
#include "api/policy.h"
#include "base/buf.h"

#define INVALID "One or more parameter values were invalid: "

/* Attribute definitions, and names of keys. */

static bool find_attribute_type(
	const struct request_list *definitions, struct slice name, enum value_type *ret)
{
	const struct attribute_definition *items = definitions->items;

	for (size_t i = 0; i < definitions->count; i++) {
		if (slice_equal(items[i].attribute_name, name))
			return value_type_parse(items[i].attribute_type, ret);
	}
	return false;
}

static void append_key_names(struct buf *buf, const struct request_list *keys)
{
	const struct key_schema_element *items = keys->items;

	for (size_t i = 0; i < keys->count; i++)
		buf_appendf(buf, "%s%.*s", i ? ", " : "", SLICE_ARG(items[i].attribute_name));
}

static void append_definition_names(struct buf *buf, const struct request_list *definitions)
{
	const struct attribute_definition *items = definitions->items;

	for (size_t i = 0; i < definitions->count; i++)
		buf_appendf(buf, "%s%.*s", i ? ", " : "", SLICE_ARG(items[i].attribute_name));
}

static int undefined_keys(
	const struct request_list *keys, const struct request_list *definitions, struct error *err)
{
	struct buf key_names CLEANUP(buf_release) = BUF_INIT;
	struct buf names CLEANUP(buf_release) = BUF_INIT;

	append_key_names(&key_names, keys);
	append_definition_names(&names, definitions);
	return error_set(err, ERROR_VALIDATION,
		INVALID "Some index key attributes are not defined in AttributeDefinitions. Keys: "
			"[%s], AttributeDefinitions: [%s]",
		buf_string(&key_names), buf_string(&names));
}

static int check_duplicate_definitions(
	const struct request_list *definitions, struct arena *arena, struct error *err)
{
	const struct attribute_definition *items = definitions->items;
	struct slice *names = arena_alloc_array(arena, definitions->count, sizeof(*names));

	for (size_t i = 0; i < definitions->count; i++)
		names[i] = items[i].attribute_name;
	if (!parameters_find_duplicate(names, definitions->count))
		return 0;
	return error_set(err, ERROR_VALIDATION, "Cannot have two attributes with the same name");
}

/* Key schemas: of a table, and of indexes, which may have several of each kind. */

static int check_key_order(const struct request_list *keys, struct error *err)
{
	const struct key_schema_element *items = keys->items;
	size_t i = 0;

	if (!slice_equal_string(items[0].key_type, "HASH"))
		return error_set(err, ERROR_VALIDATION,
			"Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
	if (keys->count == 2 && !slice_equal_string(items[1].key_type, "RANGE"))
		return error_set(err, ERROR_VALIDATION,
			"Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
	while (i < keys->count && slice_equal_string(items[i].key_type, "HASH"))
		i++;
	while (i < keys->count && slice_equal_string(items[i].key_type, "RANGE"))
		i++;
	if (i < keys->count)
		return error_set(err, ERROR_VALIDATION,
			"Invalid KeySchema: All HASH elements must come before RANGE elements");
	return 0;
}

static int check_key_names(const struct request_list *keys, struct error *err)
{
	const struct key_schema_element *items = keys->items;

	for (size_t i = 0; i < keys->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (slice_equal(items[i].attribute_name, items[j].attribute_name))
				return error_set(err, ERROR_VALIDATION,
					"Both the Hash Key and the Range Key element in the "
					"KeySchema have the same name");
		}
	}
	return 0;
}

/* An index of two elements is HASH and RANGE, or two of HASH. */
static int check_index_key_order(const struct request_list *keys, struct error *err)
{
	const struct key_schema_element *items = keys->items;
	struct request_list first = { true, 1, items };

	if (keys->count == 2 && slice_equal_string(items[1].key_type, "HASH"))
		return check_key_order(&first, err);
	return check_key_order(keys, err);
}

static int add_key_attribute(struct key_attribute *attributes, size_t *count,
	const struct key_attribute *attribute, struct error *err)
{
	if (*count == KEY_ATTRIBUTES_MAX)
		return error_set(err, ERROR_VALIDATION,
			INVALID
			"Invalid number of key attributes: an index has at most %d HASH and "
			"%d RANGE attributes",
			KEY_ATTRIBUTES_MAX, KEY_ATTRIBUTES_MAX);
	attributes[(*count)++] = *attribute;
	return 0;
}

static int resolve_layout(const struct request_list *keys, const struct request_list *definitions,
	struct key_layout *ret, struct error *err)
{
	const struct key_schema_element *items = keys->items;
	struct key_layout layout = { 0 };

	for (size_t i = 0; i < keys->count; i++) {
		struct key_attribute attribute = { .name = items[i].attribute_name };

		if (!find_attribute_type(definitions, attribute.name, &attribute.type))
			return undefined_keys(keys, definitions, err);
		if (slice_equal_string(items[i].key_type, "HASH"))
			TRY(add_key_attribute(
				layout.partition, &layout.partition_count, &attribute, err));
		else
			TRY(add_key_attribute(layout.sort, &layout.sort_count, &attribute, err));
	}
	*ret = layout;
	return 0;
}

/* The service has two ways to say that a table's key is not defined. */
static int resolve_key(
	const struct create_table_input *in, struct key_schema *ret, struct error *err)
{
	const struct key_schema_element *keys = in->key_schema.items;
	struct key_schema key = { 0 };

	for (size_t i = 0; i < in->key_schema.count; i++) {
		struct key_attribute *attribute = i ? &key.sort : &key.partition;

		attribute->name = keys[i].attribute_name;
		if (find_attribute_type(
			    &in->attribute_definitions, attribute->name, &attribute->type))
			continue;
		if (in->key_schema.count > 1 || in->attribute_definitions.count == 0)
			return error_set(err, ERROR_VALIDATION,
				"Invalid KeySchema: Some index key attribute have no definition");
		return undefined_keys(&in->key_schema, &in->attribute_definitions, err);
	}
	*ret = key;
	return 0;
}

/* Projections. */

static int resolve_projection(
	const struct projection_input *in, struct index_description *ret, struct error *err)
{
	int type = enum_index(projection_type_names, in->projection_type);

	if (type < 0)
		return error_set(err, ERROR_VALIDATION, INVALID "Unknown ProjectionType: null");
	ret->projection = (enum projection_type)type;
	if (type == PROJECTION_INCLUDE && !in->non_key_attributes.present)
		return error_set(err, ERROR_VALIDATION,
			INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
	if (type != PROJECTION_INCLUDE && in->non_key_attributes.present)
		return error_set(err, ERROR_VALIDATION,
			INVALID "ProjectionType is %s, but NonKeyAttributes is specified",
			projection_type_names[type]);
	ret->non_key_attributes = in->non_key_attributes.items;
	ret->non_key_attribute_count = in->non_key_attributes.count;
	return 0;
}

int design_check_projections(const struct table_description *description, struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < description->index_count; i++)
		count += description->indexes[i].non_key_attribute_count;
	if (count > PROJECTED_NAMES_MAX)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Total number of attributes specified in NonKeyAttributes, summed "
				"across all of the secondary indexes, exceeds the limit of %d",
			PROJECTED_NAMES_MAX);
	return 0;
}

/* Throughput. */

static int check_units(const char *name, int64_t units, struct error *err)
{
	if (units > CAPACITY_UNITS_MAX)
		return error_set(err, ERROR_VALIDATION, "Given value %lld for %s is out of bounds",
			(long long)units, name);
	return 0;
}

int design_check_throughput(const struct provisioned_throughput *throughput, struct error *err)
{
	TRY(check_units("ReadCapacityUnits", throughput->read_capacity_units.value, err));
	return check_units("WriteCapacityUnits", throughput->write_capacity_units.value, err);
}

static int check_on_demand_units(
	const struct optional_integer *units, const char *name, const char *of, struct error *err)
{
	if (units->present && units->value != -1 && units->value < 1)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Requested %s for OnDemandThroughput for %s is outside of valid "
				"range",
			name, of);
	return 0;
}

/* UpdateTable says it in slightly other words. */
static int check_on_demand_mode(
	const struct on_demand_throughput *in, enum billing_mode billing_mode, struct error *err)
{
	if (billing_mode == BILLING_PAY_PER_REQUEST)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		INVALID "%s for OnDemandThroughput cannot be specified when table BillingMode is "
			"PROVISIONED.",
		in->max_read_request_units.present ? "MaxReadRequestUnits"
						   : "MaxWriteRequestUnits");
}

int design_on_demand(const struct on_demand_throughput *in, const char *of, int64_t *ret_read,
	int64_t *ret_write, struct error *err)
{
	TRY(check_on_demand_units(&in->max_read_request_units, "MaxReadRequestUnits", of, err));
	TRY(check_on_demand_units(&in->max_write_request_units, "MaxWriteRequestUnits", of, err));
	if (in->max_read_request_units.present)
		*ret_read = in->max_read_request_units.value;
	if (in->max_write_request_units.present)
		*ret_write = in->max_write_request_units.value;
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
			INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
				"when BillingMode is PAY_PER_REQUEST");
	if (description->billing_mode == BILLING_PROVISIONED && !throughput)
		return error_set(err, ERROR_VALIDATION,
			INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified "
				"when BillingMode is PROVISIONED");
	if (!throughput)
		return 0;
	TRY(design_check_throughput(throughput, err));
	description->read_capacity_units = throughput->read_capacity_units.value;
	description->write_capacity_units = throughput->write_capacity_units.value;
	return 0;
}

static int resolve_index_throughput(const struct global_index_input *in,
	enum billing_mode billing_mode, struct index_description *ret, struct error *err)
{
	const struct provisioned_throughput *throughput = in->provisioned_throughput;

	if (throughput && billing_mode == BILLING_PAY_PER_REQUEST)
		return error_set(err, ERROR_VALIDATION,
			INVALID
			"ProvisionedThroughput should not be specified for index: %.*s when "
			"BillingMode is PAY_PER_REQUEST",
			SLICE_ARG(in->index_name));
	if (!throughput && billing_mode == BILLING_PROVISIONED)
		return error_set(err, ERROR_VALIDATION,
			INVALID "ProvisionedThroughput is not specified for index: %.*s",
			SLICE_ARG(in->index_name));
	if (throughput) {
		TRY(design_check_throughput(throughput, err));
		ret->read_capacity_units = throughput->read_capacity_units.value;
		ret->write_capacity_units = throughput->write_capacity_units.value;
	}
	if (in->on_demand_throughput)
		TRY(design_on_demand(in->on_demand_throughput, "index",
			&ret->max_read_request_units, &ret->max_write_request_units, err));
	if (in->warm_throughput) {
		ret->warm_read_units = in->warm_throughput->read_units_per_second.value;
		ret->warm_write_units = in->warm_throughput->write_units_per_second.value;
	}
	return 0;
}

/* Indexes. */

static int check_index_name(
	const struct table_description *description, struct slice name, struct error *err)
{
	for (size_t i = 0; i < description->index_count; i++) {
		if (slice_equal(description->indexes[i].name, name))
			return error_set(err, ERROR_VALIDATION,
				INVALID "Duplicate index name: %.*s", SLICE_ARG(name));
	}
	return 0;
}

static int check_local_key(const struct create_table_input *in,
	const struct local_index_input *index, struct error *err)
{
	const struct key_schema_element *table = in->key_schema.items;
	const struct key_schema_element *keys = index->key_schema.items;

	if (in->key_schema.count < 2)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Table KeySchema does not have a range key, which is required when "
				"specifying a LocalSecondaryIndex");
	if (index->key_schema.count < 2)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Index KeySchema does not have a range key for index: %.*s",
			SLICE_ARG(index->index_name));
	if (!slice_equal(keys[0].attribute_name, table[0].attribute_name))
		return error_set(err, ERROR_VALIDATION,
			INVALID "Index KeySchema does not have the same leading hash key as table "
				"KeySchema for index: %.*s. index hash key: %.*s, table hash key: "
				"%.*s",
			SLICE_ARG(index->index_name), SLICE_ARG(keys[0].attribute_name),
			SLICE_ARG(table[0].attribute_name));
	return 0;
}

static int design_local_index(const struct create_table_input *in,
	const struct local_index_input *index, struct index_description *ret, struct error *err)
{
	*ret = (struct index_description){ .name = index->index_name, .kind = INDEX_LOCAL };
	TRY(check_key_order(&index->key_schema, err));
	TRY(check_key_names(&index->key_schema, err));
	TRY(resolve_layout(&index->key_schema, &in->attribute_definitions, &ret->key, err));
	TRY(check_local_key(in, index, err));
	return resolve_projection(index->projection, ret, err);
}

int design_global_index(const struct global_index_input *in, const struct request_list *definitions,
	const struct table_description *table, struct index_description *ret, struct error *err)
{
	*ret = (struct index_description){ .name = in->index_name, .kind = INDEX_GLOBAL };
	TRY(check_index_key_order(&in->key_schema, err));
	TRY(check_key_names(&in->key_schema, err));
	TRY(resolve_layout(&in->key_schema, definitions, &ret->key, err));
	TRY(resolve_projection(in->projection, ret, err));
	return resolve_index_throughput(in, table->billing_mode, ret, err);
}

static int check_index_counts(const struct create_table_input *in, struct error *err)
{
	if (in->local_secondary_indexes.present && !in->local_secondary_indexes.count)
		return error_set(
			err, ERROR_VALIDATION, INVALID "List of LocalSecondaryIndexes is empty");
	if (in->global_secondary_indexes.present && !in->global_secondary_indexes.count)
		return error_set(
			err, ERROR_VALIDATION, INVALID "List of GlobalSecondaryIndexes is empty");
	if (in->local_secondary_indexes.count > LOCAL_INDEXES_MAX)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %d",
			LOCAL_INDEXES_MAX);
	if (in->global_secondary_indexes.count > GLOBAL_INDEXES_MAX)
		return error_set(err, ERROR_VALIDATION,
			INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %d",
			GLOBAL_INDEXES_MAX);
	return 0;
}

static int design_indexes(const struct create_table_input *in, struct arena *arena,
	struct table_description *description, struct error *err)
{
	const struct local_index_input *local = in->local_secondary_indexes.items;
	const struct global_index_input *global = in->global_secondary_indexes.items;
	size_t local_count = in->local_secondary_indexes.count;
	size_t count = local_count + in->global_secondary_indexes.count;
	struct index_description *indexes = arena_alloc_array(arena, count, sizeof(*indexes));

	TRY(check_index_counts(in, err));
	description->indexes = indexes;
	for (size_t i = 0; i < count; i++) {
		struct index_description *index = &indexes[i];

		if (i < local_count)
			TRY(design_local_index(in, &local[i], index, err));
		else
			TRY(design_global_index(&global[i - local_count],
				&in->attribute_definitions, description, index, err));
		TRY(check_index_name(description, index->name, err));
		description->index_count++;
	}
	return design_check_projections(description, err);
}

static bool is_used(const struct table_description *description, struct slice name)
{
	struct key_layout table = key_layout_of(&description->key);

	if (key_layout_has(&table, name))
		return true;
	for (size_t i = 0; i < description->index_count; i++) {
		if (key_layout_has(&description->indexes[i].key, name))
			return true;
	}
	return false;
}

static int check_definitions_used(const struct create_table_input *in,
	const struct table_description *description, struct error *err)
{
	const struct attribute_definition *definitions = in->attribute_definitions.items;

	for (size_t i = 0; i < in->attribute_definitions.count; i++) {
		if (!is_used(description, definitions[i].attribute_name))
			return error_set(err, ERROR_VALIDATION,
				INVALID "Number of attributes in KeySchema does not exactly match "
					"number of attributes defined in AttributeDefinitions");
	}
	return 0;
}

int design_stream(const struct stream_specification *in, bool *ret_enabled,
	enum stream_view *ret_view, struct error *err)
{
	int view = enum_index(stream_view_names, in->stream_view_type);

	if (!in->stream_enabled.value && view >= 0)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Table is being created with a stream disabled, UpdateViewType "
				"should not be specified");
	if (in->stream_enabled.value && view < 0)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Table is being created with a stream enabled, UpdateViewType must "
				"be specified");
	*ret_enabled = in->stream_enabled.value;
	*ret_view = view < 0 ? STREAM_KEYS_ONLY : (enum stream_view)view;
	return 0;
}

int design_encryption(const struct engine *engine, const struct sse_specification *in,
	struct arena *arena, struct table_description *description, struct error *err)
{
	struct slice key = in->kms_master_key_id;

	if (!in->enabled.value && (slice_present(in->sse_type) || slice_present(key)))
		return error_set(err, ERROR_VALIDATION,
			INVALID "SSEType and KMSMasterKeyId can only be specified when Enabled is "
				"true");
	if (slice_equal_string(in->sse_type, "AES256"))
		return error_set(err, ERROR_VALIDATION,
			INVALID "SSEType AES256 is not supported: use KMS, or leave it out");
	description->sse_enabled = in->enabled.value;
	description->sse_kms_key = (struct slice){ NULL, 0 };
	if (!in->enabled.value)
		return 0;
	if (!slice_present(key))
		key = SLICE("alias/aws/dynamodb");
	description->sse_kms_key = key;
	if (!slice_starts_with(key, SLICE("arn:")))
		description->sse_kms_key = arena_printf(arena, "arn:aws:kms:%.*s:%.*s:%s%.*s",
			SLICE_ARG(engine->region), SLICE_ARG(engine->account),
			slice_starts_with(key, SLICE("alias/")) ? "" : "key/", SLICE_ARG(key));
	return 0;
}

/* Tags. */

static struct tag *find_tag(struct tag *tags, size_t count, struct slice key)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_equal(tags[i].key, key))
			return &tags[i];
	}
	return NULL;
}

int design_tags(const struct request_list *added, struct arena *arena,
	struct table_description *description, struct error *err)
{
	const struct tag_input *items = added->items;
	size_t count = description->tag_count;
	struct tag *tags = arena_alloc_array(arena, count + added->count, sizeof(*tags));

	if (count)
		memcpy(tags, description->tags, count * sizeof(*tags));
	for (size_t i = 0; i < added->count; i++) {
		struct tag *tag = find_tag(tags, count, items[i].key);

		if (slice_starts_with(items[i].key, SLICE("aws:")))
			return error_set(err, ERROR_VALIDATION,
				INVALID "Tag keys that begin with aws: are reserved: %.*s",
				SLICE_ARG(items[i].key));
		if (!tag && count == TAGS_MAX)
			return error_set(err, ERROR_VALIDATION,
				INVALID "Too many tags: tag limit is %d", TAGS_MAX);
		if (!tag)
			tag = &tags[count++];
		*tag = (struct tag){ items[i].key, items[i].value };
	}
	description->tags = tags;
	description->tag_count = count;
	return 0;
}

int design_table(const struct create_table_input *in, struct arena *arena,
	struct table_description *ret, struct error *err)
{
	struct table_description description = { .name = in->table_name };

	TRY(resolve_throughput(in, &description, err));
	TRY(check_key_order(&in->key_schema, err));
	TRY(check_duplicate_definitions(&in->attribute_definitions, arena, err));
	TRY(check_key_names(&in->key_schema, err));
	TRY(resolve_key(in, &description.key, err));
	TRY(design_indexes(in, arena, &description, err));
	TRY(check_definitions_used(in, &description, err));
	if (in->on_demand_throughput)
		TRY(check_on_demand_mode(in->on_demand_throughput, description.billing_mode, err));
	if (in->on_demand_throughput)
		TRY(design_on_demand(in->on_demand_throughput, "table",
			&description.max_read_request_units, &description.max_write_request_units,
			err));
	if (in->warm_throughput) {
		description.warm_read_units = in->warm_throughput->read_units_per_second.value;
		description.warm_write_units = in->warm_throughput->write_units_per_second.value;
	}
	TRY(design_tags(&in->tags, arena, &description, err));
	if (slice_present(in->table_class))
		description.table_class =
			(enum table_class)enum_index(table_class_names, in->table_class);
	description.deletion_protection = in->deletion_protection_enabled.value;
	if (slice_present(in->resource_policy)) {
		TRY(policy_check(in->resource_policy, err));
		policy_set(&description, in->resource_policy, arena);
	}
	*ret = description;
	return 0;
}
