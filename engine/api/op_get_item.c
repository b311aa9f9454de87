/* GetItem. */
#include "api/admission.h"
#include "api/capacity.h"
#include "api/key_paths.h"
#include "api/operations.h"
#include "api/parameters.h"
#include "api/rows.h"
#include "model/item.h"
#include "model/typed.h"

struct item_read {
	struct table *table;
	struct slice row_key;
	enum row_want want;
	struct row row;
};

static int read_item(struct txn *txn, void *context, struct error *err)
{
	struct item_read *read = context;

	return row_get(txn, read->table, read->row_key, read->want, &read->row, err);
}

static int parse_parameters(const struct get_item_input *in, struct arena *arena,
	const struct projection **ret, struct error *err)
{
	const struct parameter older = { "AttributesToGet", in->attributes_to_get.present };
	const struct parameter expression = {
		"ProjectionExpression",
		slice_present(in->projection_expression),
	};
	struct placeholders placeholders;

	TRY(parameters_check_mix(&older, 1, &expression, 1, err));
	TRY(item_validate_values(in->key, err));
	TRY(parameters_check_names(&in->expression_attribute_names, &expression, 1, err));
	placeholders_init(&placeholders, in->expression_attribute_names.items,
		in->expression_attribute_names.count, NULL, arena);
	TRY(parameters_projection(
		&in->attributes_to_get, in->projection_expression, &placeholders, arena, ret, err));
	return placeholders_check_used(&placeholders, err);
}

static int find_row_key(const struct key_schema *schema, const struct map *map, struct arena *arena,
	struct slice *ret, struct error *err)
{
	struct key key;

	TRY(key_from_map(schema, map, &key, err));
	TRY(key_validate(schema, &key, err));
	*ret = key_encode_new(schema, &key, arena);
	return 0;
}

static int answer_json(struct request *request, const struct row *row, struct error *err)
{
	struct get_item_output *out = request->output;
	struct buf json CLEANUP(buf_release) = BUF_INIT;

	TRY(typed_append_item(&json, row->item, err));
	out->item_json = arena_copy(request->arena, buf_slice(&json));
	return 0;
}

static int answer_item(struct request *request, const struct row *row,
	const struct projection *projection, struct error *err)
{
	const struct get_item_input *in = request->input;
	struct get_item_output *out = request->output;
	struct map *item, *chosen;

	out->facts = row_facts(&row->meta, row->own_text);
	if (in->facts_only) {
		out->item = in->key;
		return 0;
	}
	if (request->as_json && !projection)
		return answer_json(request, row, err);
	item = arena_alloc_zero(request->arena, sizeof(*item));
	TRY(item_decode(request->arena, row->item, item, err));
	out->item = item;
	if (!projection)
		return 0;
	chosen = arena_alloc_zero(request->arena, sizeof(*chosen));
	projection_apply(projection, item, request->arena, chosen);
	out->item = chosen;
	return 0;
}

/* Uses nothing, and is not limited (usage.h). */
static bool is_of_metadata(const struct get_item_input *in)
{
	return in->facts_only || in->is_look;
}

static const struct consumed_capacity *consume(
	const struct request *request, const struct item_read *read)
{
	const struct get_item_input *in = request->input;
	struct usage *usage = request->usage;

	if (is_of_metadata(in))
		return NULL;
	usage_add_read(usage, read->table, in->key, read->row.meta.item_size,
		in->consistent_read.value, USAGE_SINGLE);
	return capacity_answer(usage_table(usage, read->table), in->return_consumed_capacity, false,
		request->arena);
}

static int admit(const struct request *request, const struct table *table, struct error *err)
{
	const struct get_item_input *in = request->input;
	const struct admission admission = { request->usage, table, in->key, USAGE_SINGLE };

	return is_of_metadata(in) ? 0 : admission_read(&admission, NULL, err);
}

int run_get_item(struct engine *engine, struct request *request, struct error *err)
{
	const struct get_item_input *in = request->input;
	struct get_item_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct item_read read = { .want = in->facts_only ? ROW_META : ROW_FULL };
	struct key_paths paths = { 0 };
	int r;

	TRY(parse_parameters(in, request->arena, &paths.projection, err));
	TRY(engine_find_table(engine, in->table_name, &table, err));
	TRY(find_row_key(
		&table_description(table)->key, in->key, request->arena, &read.row_key, err));
	TRY(key_paths_check(table_description(table), &paths, err));
	read.table = table;
	TRY(admit(request, table, err));
	TRY(r = txn_run(engine->store, TXN_READ, DURABLE_PROCESS, request->arena, read_item, &read,
		    err));
	if (r != ROW_ABSENT)
		TRY(answer_item(request, &read.row, paths.projection, err));
	out->consumed_capacity = consume(request, &read);
	return 0;
}
