#include "tables.h"

#include "api/wire.h"
#include "ephemeral.h"
#include "invalidate.h"
#include "model/json.h"
#include "requests.h"

#include <jansson.h>

/* The short form. */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice next_word(struct slice *text)
{
	size_t len = 0;
	struct slice word;

	while (text->len && is_blank(text->data[0]))
		*text = slice_skip(*text, 1);
	while (len < text->len && !is_blank(text->data[len]))
		len++;
	word = slice_of(text->data, len);
	*text = slice_skip(*text, len);
	return word;
}

static int bad_word(struct slice schema, struct slice word, struct error *err)
{
	error_set(err, ERROR_VALIDATION,
		"a schema is one or two of name:TYPE with type S, N or B, partition key first "
		"(year:N title:S), or CreateTable's JSON; this is neither: \"%.*s\"",
		SLICE_ARG(word));
	error_set_place(err, error_place_at(schema, (size_t)(word.data - schema.data)));
	return -1;
}

/* The last colon divides: an attribute's name may hold others. */
static bool split_word(struct slice word, struct slice *ret_name, struct slice *ret_type)
{
	size_t len = word.len;

	while (len && word.data[len - 1] != ':')
		len--;
	if (len < 2)
		return false;
	*ret_name = slice_of(word.data, len - 1);
	*ret_type = slice_skip(word, ret_name->len + 1);
	return enum_index(scalar_type_names, *ret_type) >= 0;
}

static int read_short(
	struct slice schema, struct arena *arena, struct create_table_input *ret, struct error *err)
{
	struct attribute_definition *definitions =
		arena_alloc_array(arena, 2, sizeof(*definitions));
	struct key_schema_element *keys = arena_alloc_array(arena, 2, sizeof(*keys));
	struct slice rest = schema, word;
	size_t count = 0;

	for (word = next_word(&rest); word.len || !count; word = next_word(&rest)) {
		if (count == 2 || !split_word(word, &definitions[count].attribute_name,
					  &definitions[count].attribute_type))
			return bad_word(schema, word, err);
		keys[count].attribute_name = definitions[count].attribute_name;
		keys[count].key_type = slice_from_string(key_type_names[count]);
		count++;
	}
	ret->attribute_definitions = (struct request_list){ true, count, definitions };
	ret->key_schema = (struct request_list){ true, count, keys };
	return 0;
}

static bool is_json(struct slice text)
{
	struct slice rest = text;
	struct slice word = next_word(&rest);

	return word.len && word.data[0] == '{';
}

bool schema_is_complete(struct slice text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct json_scanner scanner CLEANUP(json_scanner_release);
	struct slice rest = text;

	json_scanner_init(&scanner);
	if (is_json(text))
		return json_scanner_feed(&scanner, text, &err) != JSON_INCOMPLETE;
	return next_word(&rest).len && text.data[text.len - 1] == '\n';
}

int schema_read(
	struct slice schema, struct arena *arena, struct create_table_input *ret, struct error *err)
{
	*ret = (struct create_table_input){ 0 };
	if (!is_json(schema))
		return read_short(schema, arena, ret, err);
	return wire_read(operations[OPERATION_CREATE_TABLE].input, schema, arena, ret, err);
}

static bool is_on_demand(const struct table_facts *table)
{
	return table->billing_mode_summary &&
	       slice_equal_string(table->billing_mode_summary->billing_mode, "PAY_PER_REQUEST");
}

int table_describe(struct filesystem *fs, struct slice name, struct arena *arena,
	const struct table_facts **ret, struct error *err)
{
	struct describe_table_input input = { .table_name = name };
	struct describe_table_output output = { 0 };

	TRY(request_run(fs, OPERATION_DESCRIBE_TABLE, &input, &output, arena, err));
	*ret = output.table;
	return 0;
}

static const struct stream_specification stream_by_default = {
	.stream_enabled = { true, true },
	.stream_view_type = SLICE("NEW_AND_OLD_IMAGES"),
};

static const struct stream_specification no_stream = { .stream_enabled = { true, false } };

void schema_set_defaults(struct create_table_input *schema)
{
	if (!slice_present(schema->billing_mode) && !schema->provisioned_throughput)
		schema->billing_mode = SLICE("PAY_PER_REQUEST");
	if (!schema->stream_specification)
		schema->stream_specification = &stream_by_default;
}

int table_make(struct filesystem *fs, struct slice name, struct slice schema, bool check_only,
	struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct create_table_output output = { 0 };
	struct create_table_input input;

	TRY(schema_read(schema, &arena, &input, err));
	schema_set_defaults(&input);
	input.table_name = name;
	input.check_only = check_only;
	ephemeral_access(fs->ephemerals, name, &input.access);
	return request_run(fs, OPERATION_CREATE_TABLE, &input, &output, &arena, err);
}

int table_check_name(struct filesystem *fs, struct slice name, struct error *err)
{
	return table_make(fs, name, SLICE("id:S"), true, err);
}

static int check_unprotected(struct filesystem *fs, struct slice name, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct table_facts *table;

	TRY(table_describe(fs, name, &arena, &table, err));
	if (!table->deletion_protection_enabled.value)
		return 0;
	return error_set(err, ERROR_NOT_PERMITTED,
		"table %.*s is protected against deletion: to take that off, write "
		"{\"DeletionProtectionEnabled\": false} to its .schema",
		SLICE_ARG(name));
}

int table_drop(struct filesystem *fs, struct slice name, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct delete_table_input input = { .table_name = name, .only_if_empty = true };
	struct delete_table_output output = { 0 };
	int r;

	TRY(check_unprotected(fs, name, err));
	invalidate_own_begin();
	r = request_run(fs, OPERATION_DELETE_TABLE, &input, &output, &arena, err);
	invalidate_own_end();
	return r;
}

/* Appends compact JSON laid out for people, with the members added, which it takes;
 * NULL: none. */
static void append_indented(struct buf *buf, struct slice compact, json_t *members)
{
	json_t *root CLEANUP(json_decrefp) = json_loadb(compact.data, compact.len, 0, NULL);
	char *text CLEANUP(cleanup_free) = NULL;

	json_object_update(root, members);
	json_decref(members);
	text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(13));
	buf_append_string(buf, text);
	buf_append_char(buf, '\n');
}

static const struct provisioned_throughput *throughput_of(
	const struct throughput_facts *facts, struct arena *arena)
{
	struct provisioned_throughput *throughput = arena_alloc_zero(arena, sizeof(*throughput));

	throughput->read_capacity_units = facts->read_capacity_units;
	throughput->write_capacity_units = facts->write_capacity_units;
	return throughput;
}

static const struct warm_throughput *warm_of(
	const struct warm_throughput *facts, struct arena *arena)
{
	struct warm_throughput *throughput;

	if (!facts)
		return NULL;
	throughput = arena_alloc_zero(arena, sizeof(*throughput));
	*throughput = *facts;
	throughput->status = (struct slice){ NULL, 0 };
	return throughput;
}

static struct request_list local_indexes_of(const struct request_list *facts, struct arena *arena)
{
	const struct local_index_facts *from = facts->items;
	struct local_index_input *to = arena_alloc_array(arena, facts->count, sizeof(*to));

	for (size_t i = 0; i < facts->count; i++)
		to[i] = (struct local_index_input){
			.index_name = from[i].index_name,
			.key_schema = from[i].key_schema,
			.projection = from[i].projection,
		};
	return (struct request_list){ facts->present, facts->count, to };
}

static struct request_list global_indexes_of(
	const struct request_list *facts, bool on_demand, struct arena *arena)
{
	const struct global_index_facts *from = facts->items;
	struct global_index_input *to = arena_alloc_array(arena, facts->count, sizeof(*to));

	for (size_t i = 0; i < facts->count; i++) {
		to[i] = (struct global_index_input){
			.index_name = from[i].index_name,
			.key_schema = from[i].key_schema,
			.projection = from[i].projection,
			.warm_throughput = warm_of(from[i].warm_throughput, arena),
		};
		if (on_demand)
			to[i].on_demand_throughput = from[i].on_demand_throughput;
		else
			to[i].provisioned_throughput =
				throughput_of(from[i].provisioned_throughput, arena);
	}
	return (struct request_list){ facts->present, facts->count, to };
}

struct create_table_input schema_of(const struct table_facts *table, struct arena *arena)
{
	bool on_demand = is_on_demand(table);
	struct create_table_input schema = {
		.table_name = table->table_name,
		.attribute_definitions = table->attribute_definitions,
		.key_schema = table->key_schema,
		.billing_mode = on_demand ? SLICE("PAY_PER_REQUEST") : SLICE("PROVISIONED"),
		.local_secondary_indexes = local_indexes_of(&table->local_secondary_indexes, arena),
		.global_secondary_indexes =
			global_indexes_of(&table->global_secondary_indexes, on_demand, arena),
		.stream_specification =
			table->stream_specification ? table->stream_specification : &no_stream,
		.warm_throughput = warm_of(table->warm_throughput, arena),
		.deletion_protection_enabled = table->deletion_protection_enabled,
	};

	if (on_demand)
		schema.on_demand_throughput = table->on_demand_throughput;
	else
		schema.provisioned_throughput = throughput_of(table->provisioned_throughput, arena);
	if (table->table_class_summary)
		schema.table_class = table->table_class_summary->table_class;
	return schema;
}

int table_append_schema(
	struct filesystem *fs, struct slice name, struct buf *buf, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf compact CLEANUP(buf_release) = BUF_INIT;
	const struct table_facts *table;
	struct create_table_input schema;

	TRY(table_describe(fs, name, &arena, &table, err));
	schema = schema_of(table, &arena);
	wire_write(operations[OPERATION_CREATE_TABLE].input, &schema, &compact);
	append_indented(buf, buf_slice(&compact), NULL);
	return 0;
}

/* What an imitation can tell besides. */
static json_t *local_facts(const struct table_facts *table)
{
	json_t *storage = json_pack("{s:I,s:I,s:I}", "LogicalBytes",
		(json_int_t)table->table_size_bytes.value, "StoredBytes",
		(json_int_t)table->stored_bytes, "StoredIndexBytes",
		(json_int_t)table->stored_index_bytes);

	if (table->converting)
		json_object_set_new(
			storage, "ConvertedPercent", json_integer(table->converted_percent));
	return json_pack("{s:o,s:{s:I,s:I,s:I}}", "Storage", storage, "Changes", "Inserted",
		(json_int_t)table->items_inserted, "Modified", (json_int_t)table->items_modified,
		"Removed", (json_int_t)table->items_removed);
}

int table_append_info(struct filesystem *fs, struct slice name, struct buf *buf, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf compact CLEANUP(buf_release) = BUF_INIT;
	const struct table_facts *table;

	TRY(table_describe(fs, name, &arena, &table, err));
	wire_write(operations[OPERATION_DESCRIBE_TABLE].output->fields[0].shape, table, &compact);
	append_indented(buf, buf_slice(&compact), local_facts(table));
	return 0;
}
