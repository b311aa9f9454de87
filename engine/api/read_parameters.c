#include "api/read_parameters.h"

#include "api/admission.h"
#include "api/capacity.h"
#include "api/key_paths.h"
#include "expr/legacy.h"
#include "model/item.h"
#include "store/index.h"

void read_call_release(struct read_call *call)
{
	table_unref(call->table);
}

/* Those of a scan end before the last. */
enum {
	PROJECTION_PARAMETER,
	FILTER_PARAMETER,
	KEY_CONDITION_PARAMETER,
	EXPRESSION_PARAMETERS,
};

static size_t list_expressions(const struct read_parameters *in, struct parameter *ret)
{
	ret[PROJECTION_PARAMETER] = (struct parameter){
		.name = "ProjectionExpression",
		.given = slice_present(in->projection_expression),
	};
	ret[FILTER_PARAMETER] = (struct parameter){
		.name = "FilterExpression",
		.given = slice_present(in->filter_expression),
	};
	ret[KEY_CONDITION_PARAMETER] = (struct parameter){
		.name = "KeyConditionExpression",
		.given = slice_present(in->key_condition_expression),
	};
	return in->is_query ? EXPRESSION_PARAMETERS : KEY_CONDITION_PARAMETER;
}

static int check_mix(const struct read_parameters *in, const struct parameter *expressions,
	size_t count, struct error *err)
{
	const struct parameter older[] = {
		{ "AttributesToGet", in->attributes_to_get.present },
		{ in->filter_name, in->filter.present },
		{ "ConditionalOperator", slice_present(in->conditional_operator) },
		{ "KeyConditions", in->key_conditions.present },
	};

	return parameters_check_mix(older, ARRAY_SIZE(older), expressions, count, err);
}

static int check_start_key(const struct map *start_key, struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;

	if (!start_key || item_validate_values(start_key, &fault) == 0)
		return 0;
	return error_set(
		err, ERROR_VALIDATION, "The provided starting key is invalid: %s", fault.message);
}

static int check_projection_select(
	const struct read_parameters *in, enum select select, struct error *err)
{
	static const char *const chosen[] = {
		[SELECT_COUNT] = "only the Count",
		[SELECT_ALL_ATTRIBUTES] = "ALL_ATTRIBUTES",
		[SELECT_ALL_PROJECTED] = "ALL_PROJECTED_ATTRIBUTES",
	};
	const char *parameter = slice_present(in->projection_expression) ? "ProjectionExpression"
									 : "AttributesToGet";

	if (select == SELECT_SPECIFIC)
		return 0;
	return error_set(err, ERROR_VALIDATION, "Cannot specify the %s when choosing to get %s",
		parameter, chosen[select]);
}

static int check_select(const struct read_call *call, struct error *err)
{
	const struct read_parameters *in = call->in;
	int select = enum_index(select_names, in->select);
	bool enveloped = in->is_query && call->request->door == DOOR_API;

	if (select == SELECT_ALL_PROJECTED && !slice_present(in->index_name))
		return error_set(err, ERROR_VALIDATION,
			"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an "
			"IndexName");
	if (select >= 0 && call->projection)
		return check_projection_select(in, (enum select)select, err);
	if (select == SELECT_SPECIFIC)
		return error_set(err, ERROR_VALIDATION,
			"%sMust specify the AttributesToGet or ProjectionExpression when choosing "
			"to get SPECIFIC_ATTRIBUTES",
			enveloped ? "1 validation error detected: " : "");
	return 0;
}

static int parse_filter(
	struct read_call *call, struct placeholders *placeholders, struct error *err)
{
	const struct read_parameters *in = call->in;
	struct arena *arena = call->request->arena;
	bool join_or =
		enum_index(conditional_operator_names, in->conditional_operator) == CONDITIONAL_OR;

	if (slice_present(in->filter_expression))
		return condition_parse(EXPRESSION_FILTER, in->filter_expression, placeholders,
			arena, &call->filter, err);
	TRY(parameters_check_operator(in->conditional_operator, &in->filter, err));
	return legacy_filter(parameters_legacy(&in->filter, arena), in->filter.count, join_or,
		arena, &call->filter, err);
}

static int parse_key_conditions(
	struct read_call *call, struct placeholders *placeholders, struct error *err)
{
	const struct read_parameters *in = call->in;
	struct arena *arena = call->request->arena;

	if (slice_present(in->key_condition_expression))
		return key_condition_parse(
			in->key_condition_expression, placeholders, arena, &call->key_terms, err);
	if (!in->key_conditions.count)
		return 0; /* refused once the table is found */
	return legacy_key_conditions(parameters_legacy(&in->key_conditions, arena),
		in->key_conditions.count, arena, &call->key_terms, err);
}

int read_call_parse(struct read_call *call, struct error *err)
{
	const struct read_parameters *in = call->in;
	struct arena *arena = call->request->arena;
	struct parameter expressions[EXPRESSION_PARAMETERS];
	size_t count = list_expressions(in, expressions);
	struct placeholders placeholders;

	TRY(parameters_check_names(&in->names, expressions, count, err));
	TRY(parameters_check_values(
		in->values, expressions + FILTER_PARAMETER, count - FILTER_PARAMETER, err));
	placeholders_init(&placeholders, in->names.items, in->names.count, in->values, arena);
	TRY(parse_filter(call, &placeholders, err));
	TRY(parse_key_conditions(call, &placeholders, err));
	TRY(parameters_projection(&in->attributes_to_get, in->projection_expression, &placeholders,
		arena, &call->projection, err));
	TRY(placeholders_check_used(&placeholders, err));
	return check_select(call, err);
}

int read_call_check(const struct read_call *call, struct error *err)
{
	struct parameter expressions[EXPRESSION_PARAMETERS];
	size_t count = list_expressions(call->in, expressions);

	TRY(check_mix(call->in, expressions, count, err));
	return check_start_key(call->in->start_key, err);
}

static int find_index(struct read_call *call, struct error *err)
{
	struct slice name = call->in->index_name;

	if (!slice_present(name))
		return 0;
	call->index = table_find_index(call->table, name);
	if (call->in->consistent && (!call->index || call->index->kind != INDEX_LOCAL))
		return error_set(err, ERROR_VALIDATION,
			"Consistent reads are not supported on global secondary indexes");
	if (!call->index)
		return error_set(err, ERROR_VALIDATION,
			"The table does not have the specified index: %.*s", SLICE_ARG(name));
	if (call->index->status != INDEX_ACTIVE)
		return error_set(err, ERROR_VALIDATION,
			"Cannot read from backfilling global secondary index: %.*s",
			SLICE_ARG(name));
	return 0;
}

/* Attributes that an index does not project, as messages list them. */
struct unprojected {
	const struct read_call *call;
	struct buf names;
};

static void unprojected_release(struct unprojected *unprojected)
{
	buf_release(&unprojected->names);
}

static int note_unprojected(void *context, const struct document_path *path, struct error *err)
{
	struct unprojected *unprojected = context;
	const struct read_call *call = unprojected->call;
	struct slice root = document_path_root(path);

	(void)err;
	if (index_projects(table_description(call->table), call->index, root))
		return 0;
	if (unprojected->names.len)
		buf_append_string(&unprojected->names, ", ");
	buf_append_slice(&unprojected->names, root);
	return 0;
}

static int check_index_filter(const struct read_call *call, struct error *err)
{
	struct unprojected missing CLEANUP(unprojected_release) = { call, BUF_INIT };

	if (!call->filter)
		return 0;
	TRY(condition_visit_paths(call->filter, note_unprojected, &missing, err));
	if (!missing.names.len)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Secondary index %.*s does not project "
		"one or more filter attributes: [%s]",
		SLICE_ARG(call->index->name), buf_string(&missing.names));
}

/* A local index fetches what it does not project; a global one can't. */
static int check_index_projection(struct read_call *call, struct error *err)
{
	struct unprojected missing CLEANUP(unprojected_release) = { call, BUF_INIT };
	const struct projection *projection = call->projection;

	for (size_t i = 0; projection && i < projection->count; i++)
		TRY(note_unprojected(&missing, &projection->paths[i], err));
	if (!missing.names.len)
		return 0;
	call->fetch = call->index->kind == INDEX_LOCAL;
	if (call->fetch)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Global secondary index %.*s does not "
		"project [%s]",
		SLICE_ARG(call->index->name), buf_string(&missing.names));
}

static int check_index_select(struct read_call *call, struct error *err)
{
	if (enum_index(select_names, call->in->select) != SELECT_ALL_ATTRIBUTES ||
		call->index->projection == PROJECTION_ALL)
		return 0;
	call->fetch = call->index->kind == INDEX_LOCAL;
	if (call->fetch)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
		"supported for global secondary index %.*s because its projection type is not ALL",
		SLICE_ARG(call->index->name));
}

int read_call_find(struct read_call *call, struct error *err)
{
	const struct key_paths paths = {
		.condition = call->filter,
		.projection = call->projection,
	};

	TRY(engine_find_table(call->engine, call->in->table_name, &call->table, err));
	TRY(find_index(call, err));
	TRY(key_paths_check(table_description(call->table), &paths, err));
	if (!call->index)
		return 0;
	TRY(check_index_select(call, err));
	TRY(check_index_projection(call, err));
	return check_index_filter(call, err);
}

struct key_layout read_call_layout(const struct read_call *call)
{
	return call->index ? call->index->key : key_layout_of(&table_description(call->table)->key);
}

static const struct consumed_capacity *consume(
	const struct read_call *call, const struct page *page)
{
	const struct read_parameters *in = call->in;
	struct usage *usage = call->request->usage;

	if (in->facts_only)
		return NULL;
	usage_add_page(usage, &(struct usage_page){
				      .table = call->table,
				      .index = call->index,
				      .partition = call->partition,
				      .index_partition = call->index_partition,
				      .units = capacity_read_units(page->bytes, in->consistent),
				      .fetched_units = page->fetched_units,
				      .returned_items = page->count,
				      .returned_bytes = page->returned_bytes,
			      });
	return capacity_answer(usage_table(usage, call->table), in->return_consumed_capacity, false,
		call->request->arena);
}

static int admit(const struct read_call *call, struct error *err)
{
	const struct admission admission = { call->request->usage, call->table };

	return call->in->facts_only ? 0 : admission_read(&admission, call->index, err);
}

int read_call_answer(
	struct read_call *call, const struct key_range *range, bool backward, struct error *err)
{
	const struct read_parameters *in = call->in;
	struct query_output *out = call->request->output;
	bool count_only = enum_index(select_names, in->select) == SELECT_COUNT;
	const struct page_request page_request = {
		.table = call->table,
		.index = call->index,
		.range = key_range_rows(range, backward),
		.limit = (size_t)in->limit.value,
		.filter = call->filter,
		.projection = call->projection,
		.fetch = call->fetch && !count_only,
		.consistent = in->consistent,
		.facts_only = in->facts_only,
		.count_only = count_only,
		.as_json = call->request->as_json && !count_only,
		.as_lines = in->as_lines && !count_only,
	};
	struct page page;

	TRY(admit(call, err));
	TRY(page_read(call->engine, &page_request, call->request->arena, &page, err));
	if (page_request.as_json)
		out->items_json = page.text;
	else if (page_request.as_lines)
		out->lines = page.text;
	else if (!count_only)
		out->items = (struct request_list){ true, page.count, page.items };
	out->count = (struct optional_integer){ true, (int64_t)page.count };
	out->scanned_count = (struct optional_integer){ true, (int64_t)page.scanned };
	out->last_evaluated_key = page.last_key;
	out->facts = page.facts;
	out->rows = page.rows;
	out->consumed_capacity = consume(call, &page);
	return 0;
}
