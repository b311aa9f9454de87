/* Query: a page of one partition, of a table or of an index. */
#include "api/operations.h"
#include "api/read_parameters.h"
#include "base/text.h"
#include "expr/legacy.h"

static int resolve_keys(const struct read_call *call, const struct key_layout *layout,
	struct key_query *ret, struct error *err)
{
	if (slice_present(call->in->key_condition_expression))
		return key_query_resolve(&call->key_terms, layout, ret, err);
	if (!call->key_terms.count)
		return error_set(err, ERROR_VALIDATION,
			"Either the KeyConditions or KeyConditionExpression parameter must be "
			"specified in the request.");
	return legacy_key_query(&call->key_terms, layout, ret, err);
}

struct filter_check {
	struct key_layout layout;
	bool expression;
};

static int check_filter_path(void *context, const struct document_path *path, struct error *err)
{
	const struct filter_check *check = context;
	struct slice root = document_path_root(path);

	if (!key_layout_has(&check->layout, root))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"%s can only contain non-primary key attributes: Primary key attribute: %.*s",
		check->expression ? "Filter Expression" : "QueryFilter", SLICE_ARG(root));
}

/* Keys belong into the key condition. */
static int check_filter(
	const struct read_call *call, const struct key_layout *layout, struct error *err)
{
	struct filter_check check = { *layout, slice_present(call->in->filter_expression) };

	if (!call->filter)
		return 0;
	return condition_visit_paths(call->filter, check_filter_path, &check, err);
}

/* As the service's Java prints a key. */
static int refuse_start_key(const struct map *start_key, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < start_key->count; i++) {
		const struct member *member = &start_key->members[i];

		buf_appendf(&text, "%s%.*s=AttributeValue: {%s:", i ? ", " : "",
			SLICE_ARG(member->name), value_type_name(member->value.type));
		if (member->value.type == VALUE_S)
			buf_append_slice(&text, member->value.bytes);
		else if (member->value.type == VALUE_N)
			number_format(&member->value.number, &text);
		else
			base64_append(&text, member->value.bytes);
		buf_append_char(&text, '}');
	}
	return error_set(err, ERROR_VALIDATION,
		"The provided exclusive start key is invalid: ExclusiveStartKey: {%s}",
		buf_string(&text));
}

/* A table without a sort key has one item a partition: there is nothing after
 * any key. */
static bool is_single(const struct read_call *call)
{
	return !call->index && !key_schema_has_sort(&table_description(call->table)->key);
}

static int resume(const struct read_call *call, struct key_range *range, bool backward,
	struct slice position, struct error *err)
{
	if (!slice_starts_with(position, buf_slice(&range->partition)))
		return error_set(err, ERROR_VALIDATION,
			"The provided starting key is outside query boundaries based on provided "
			"conditions");
	if (is_single(call))
		return refuse_start_key(call->in->start_key, err);
	if (!key_range_holds(range, position))
		return error_set(err, ERROR_VALIDATION,
			"The provided starting key does not match the range key predicate");
	key_range_resume(range, backward, position);
	return 0;
}

static struct slice encode_partition(
	const struct key_layout *layout, const struct value *values, struct arena *arena)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	key_layout_encode_partition(layout, values, &bytes);
	return arena_copy(arena, buf_slice(&bytes));
}

/* A local index has the table's partitions. */
static void note_partition(
	struct read_call *call, const struct key_layout *layout, const struct value *partition)
{
	struct value *copy;

	if (call->index && call->index->kind != INDEX_LOCAL) {
		call->index_partition = encode_partition(layout, partition, call->request->arena);
		return;
	}
	copy = arena_alloc(call->request->arena, sizeof(*copy));
	*copy = *partition;
	call->partition = copy;
}

static int find_range(
	struct read_call *call, struct key_range *range, bool backward, struct error *err)
{
	struct buf position CLEANUP(buf_release) = BUF_INIT;
	struct key_layout layout = read_call_layout(call);
	struct key_query query;

	if (call->in->start_key)
		TRY(start_key_position(table_description(call->table), call->index, false,
			call->in->start_key, &position, err));
	TRY(resolve_keys(call, &layout, &query, err));
	TRY(check_filter(call, &layout, err));
	note_partition(call, &layout, query.partition);
	key_range_of_query(range, &layout, &query);
	if (call->in->start_key)
		TRY(resume(call, range, backward, buf_slice(&position), err));
	return 0;
}

struct read_parameters read_parameters_of_query(const struct query_input *in)
{
	return (struct read_parameters){
		.table_name = in->table_name,
		.index_name = in->index_name,
		.select = in->select,
		.attributes_to_get = in->attributes_to_get,
		.limit = in->limit,
		.consistent = in->consistent_read.value,
		.filter_name = "QueryFilter",
		.filter = in->filter,
		.conditional_operator = in->conditional_operator,
		.start_key = in->exclusive_start_key,
		.return_consumed_capacity = in->return_consumed_capacity,
		.projection_expression = in->projection_expression,
		.filter_expression = in->filter_expression,
		.names = in->expression_attribute_names,
		.values = in->expression_attribute_values,
		.facts_only = in->facts_only,
		.is_query = true,
		.key_conditions = in->key_conditions,
		.key_condition_expression = in->key_condition_expression,
	};
}

int run_query(struct engine *engine, struct request *request, struct error *err)
{
	const struct query_input *in = request->input;
	struct query_output *out = request->output;
	const struct read_parameters parameters = read_parameters_of_query(in);
	struct key_range range CLEANUP(key_range_release) = KEY_RANGE_INIT;
	struct read_call call CLEANUP(read_call_release) = {
		.engine = engine,
		.request = request,
		.in = &parameters,
	};
	bool backward = in->scan_index_forward.present && !in->scan_index_forward.value;

	TRY(read_call_check(&call, err));
	TRY(read_call_parse(&call, err));
	TRY(read_call_find(&call, err));
	TRY(find_range(&call, &range, backward, err));
	TRY(read_call_answer(&call, &range, backward, err));
	if (is_single(&call))
		out->last_evaluated_key = NULL;
	return 0;
}
