/*
 * Query by primary key and Scan.
 *
 * Both are a page of a range of row keys. A query's range lies within one
 * partition: its bounds are the partition's prefix, narrowed by the sort key's
 * condition. A scan's range is a part of the hash space: the whole, or one
 * segment of it.
 */
#include "api/operations.h"
#include "api/rows.h"

#include <endian.h>

/* The bounds of a query while they are being narrowed. */
struct key_range {
	struct buf lower; /* inclusive */
	struct buf upper; /* exclusive; empty: open */
};

static void key_range_release(struct key_range *range)
{
	buf_release(&range->lower);
	buf_release(&range->upper);
}

static void bound_copy(struct buf *to, const struct buf *from)
{
	buf_clear(to);
	buf_append_slice(to, buf_slice(from));
}

static const struct value *condition_values(const struct key_condition *condition)
{
	return condition->attribute_value_list.items;
}

/* How many values each operator takes; 0: not for keys. */
static const unsigned char operand_counts[] = {
	[COMPARISON_EQ] = 1,
	[COMPARISON_LE] = 1,
	[COMPARISON_LT] = 1,
	[COMPARISON_GE] = 1,
	[COMPARISON_GT] = 1,
	[COMPARISON_BETWEEN] = 2,
	[COMPARISON_BEGINS_WITH] = 1,
	[COMPARISON_NE] = 0,
	[COMPARISON_IN] = 0,
	[COMPARISON_NOT_NULL] = 0,
	[COMPARISON_NULL] = 0,
	[COMPARISON_CONTAINS] = 0,
	[COMPARISON_NOT_CONTAINS] = 0,
};

static bool has_order(enum value_type type)
{
	return type == VALUE_S || type == VALUE_N || type == VALUE_B;
}

/* What is wrong with a condition whatever the table. */
static int check_operands(const struct key_condition *condition, struct error *err)
{
	int comparison = enum_index(comparison_names, condition->comparison_operator);
	const struct value *values = condition_values(condition);
	size_t count = condition->attribute_value_list.count;

	if (!operand_counts[comparison])
		return 0; /* refused by check_condition() */
	if (count != operand_counts[comparison])
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Invalid number of argument(s) "
			"for the %.*s ComparisonOperator",
			SLICE_ARG(condition->comparison_operator));
	for (size_t i = 0; i < count; i++) {
		if (!has_order(values[i].type) ||
			(comparison == COMPARISON_BEGINS_WITH && values[i].type == VALUE_N))
			return error_set(err, ERROR_VALIDATION,
				"One or more parameter values were invalid: ComparisonOperator %.*s "
				"is not valid for %s AttributeValue type",
				SLICE_ARG(condition->comparison_operator),
				value_type_name(values[i].type));
	}
	if (comparison != COMPARISON_BETWEEN)
		return 0;
	if (values[0].type != values[1].type)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: AttributeValues inside "
			"AttributeValueList must all be of the same type");
	if (value_compare(&values[0], &values[1]) > 0)
		return error_set(err, ERROR_VALIDATION,
			"The BETWEEN condition was provided a range where the lower bound is "
			"greater than the upper bound");
	return 0;
}

static int check_conditions(const struct request_list *conditions, struct error *err)
{
	const struct key_condition *items = conditions->items;

	if (!conditions->count)
		return error_set(err, ERROR_VALIDATION,
			"Either the KeyConditions or KeyConditionExpression parameter must be "
			"specified in the request.");
	for (size_t i = 0; i < conditions->count; i++)
		TRY(check_operands(&items[i], err));
	if (conditions->count > 2)
		return error_set(err, ERROR_VALIDATION, "Conditions can be of length 1 or 2 only");
	return 0;
}

/* What is wrong with a condition on that attribute of the key. */
static int check_condition(const struct key_condition *condition,
	const struct key_attribute *attribute, struct error *err)
{
	int comparison = enum_index(comparison_names, condition->comparison_operator);
	const struct value *values = condition_values(condition);

	if (!operand_counts[comparison])
		return error_set(err, ERROR_VALIDATION,
			"Attempted conditional constraint is not an indexable operation");
	if (values[0].type != attribute->type)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Condition parameter type does "
			"not match schema type");
	return 0;
}

/* Everything after the encoding of a value and all that begin with it. */
static void bound_set_after(struct buf *bound, const struct buf *prefix, const struct value *value)
{
	bound_copy(bound, prefix);
	key_encode_value(value, bound);
	if (!key_bound_after(bound))
		buf_clear(bound);
}

static void bound_set_at(struct buf *bound, const struct buf *prefix, const struct value *value)
{
	bound_copy(bound, prefix);
	key_encode_value(value, bound);
}

static void narrow(struct key_range *range, const struct key_condition *condition)
{
	const struct value *values = condition_values(condition);
	struct buf prefix CLEANUP(buf_release) = BUF_INIT;

	bound_copy(&prefix, &range->lower);
	switch ((enum comparison)enum_index(comparison_names, condition->comparison_operator)) {
	case COMPARISON_EQ:
		bound_set_at(&range->lower, &prefix, &values[0]);
		bound_set_after(&range->upper, &prefix, &values[0]);
		break;
	case COMPARISON_LE:
		bound_set_after(&range->upper, &prefix, &values[0]);
		break;
	case COMPARISON_LT:
		bound_set_at(&range->upper, &prefix, &values[0]);
		break;
	case COMPARISON_GE:
		bound_set_at(&range->lower, &prefix, &values[0]);
		break;
	case COMPARISON_GT:
		bound_set_after(&range->lower, &prefix, &values[0]);
		break;
	case COMPARISON_BETWEEN:
		bound_set_at(&range->lower, &prefix, &values[0]);
		bound_set_after(&range->upper, &prefix, &values[1]);
		break;
	case COMPARISON_BEGINS_WITH:
		key_encode_value_prefix(&values[0], &range->lower);
		bound_copy(&range->upper, &range->lower);
		if (!key_bound_after(&range->upper))
			buf_clear(&range->upper);
		break;
	case COMPARISON_NE:
	case COMPARISON_IN:
	case COMPARISON_NOT_NULL:
	case COMPARISON_NULL:
	case COMPARISON_CONTAINS:
	case COMPARISON_NOT_CONTAINS:
		break; /* refused by check_condition() */
	}
}

static const struct key_condition *find_condition(const struct query_input *in, struct slice name)
{
	const struct key_condition *conditions = in->key_conditions.items;

	for (size_t i = 0; i < in->key_conditions.count; i++) {
		if (slice_equal(conditions[i].attribute_name, name))
			return &conditions[i];
	}
	return NULL;
}

static int query_range(const struct query_input *in, const struct key_schema *schema,
	struct key_range *ret, struct error *err)
{
	const struct key_condition *partition = find_condition(in, schema->partition.name);
	const struct key_condition *sort =
		key_schema_has_sort(schema) ? find_condition(in, schema->sort.name) : NULL;

	if (!partition)
		return error_set(err, ERROR_VALIDATION,
			"Query condition missed key schema element: %.*s",
			SLICE_ARG(schema->partition.name));
	if (in->key_conditions.count == 2 && !key_schema_has_sort(schema))
		return error_set(err, ERROR_VALIDATION, "Query key condition not supported");
	if (in->key_conditions.count == 2 && !sort)
		return error_set(err, ERROR_VALIDATION,
			"Query condition missed key schema element: %.*s",
			SLICE_ARG(schema->sort.name));
	if (!slice_equal_string(partition->comparison_operator, "EQ"))
		return error_set(err, ERROR_VALIDATION, "Query key condition not supported");
	TRY(check_condition(partition, &schema->partition, err));
	key_encode_partition(condition_values(partition), &ret->lower);
	bound_copy(&ret->upper, &ret->lower);
	if (!key_bound_after(&ret->upper))
		buf_clear(&ret->upper);
	if (!sort)
		return 0;
	TRY(check_condition(sort, &schema->sort, err));
	narrow(ret, sort);
	return 0;
}

static bool range_holds(const struct key_range *range, struct slice row_key)
{
	return slice_compare(row_key, buf_slice(&range->lower)) >= 0 &&
	       (!range->upper.len || slice_compare(row_key, buf_slice(&range->upper)) < 0);
}

/* Makes the range begin after a row key within it, on the side it is read from. */
static void range_resume(struct key_range *range, bool backward, const struct buf *at)
{
	if (backward) {
		bound_copy(&range->upper, at);
		return;
	}
	bound_copy(&range->lower, at);
	buf_append_char(&range->lower, '\0');
}

static int encode_start_key(const struct key_schema *schema, const struct map *start_key,
	struct buf *ret, struct error *err)
{
	struct error mismatch CLEANUP(error_release) = ERROR_INIT;
	struct key key;

	if (key_from_map(schema, start_key, &key, &mismatch) < 0)
		return error_set(err, mismatch.class, "The provided starting key is invalid: %s",
			mismatch.message);
	key_encode(schema, &key, ret);
	return 0;
}

static int resume_query(struct key_range *range, const struct query_input *in,
	const struct key_schema *schema, bool backward, struct error *err)
{
	struct buf partition CLEANUP(buf_release) = BUF_INIT;
	struct buf at CLEANUP(buf_release) = BUF_INIT;

	if (in->exclusive_start_key->count != (key_schema_has_sort(schema) ? 2 : 1))
		return error_set(err, ERROR_VALIDATION, "The provided starting key is invalid");
	TRY(encode_start_key(schema, in->exclusive_start_key, &at, err));
	key_encode_partition(
		condition_values(find_condition(in, schema->partition.name)), &partition);
	if (!slice_starts_with(buf_slice(&at), buf_slice(&partition)))
		return error_set(err, ERROR_VALIDATION,
			"The provided starting key is outside query boundaries based on provided "
			"conditions");
	if (!range_holds(range, buf_slice(&at)))
		return error_set(err, ERROR_VALIDATION,
			"The provided starting key does not match the range key predicate");
	range_resume(range, backward, &at);
	return 0;
}

static struct row_range rows_of(const struct key_range *range, bool backward)
{
	return (struct row_range){
		.lower = buf_slice(&range->lower),
		.upper = range->upper.len ? buf_slice(&range->upper) : (struct slice){ NULL, 0 },
		.backward = backward,
	};
}

static void fill_output(struct query_output *out, const struct page *page,
	const struct key_schema *schema, bool count_only, struct arena *arena)
{
	out->items =
		(struct request_list){ !count_only, count_only ? 0 : page->count, page->items };
	out->count = (struct optional_integer){ true, (int64_t)page->count };
	out->scanned_count = out->count;
	out->facts = page->facts;
	out->rows = page->rows;
	if (page->more) {
		struct map *last = arena_alloc_zero(arena, sizeof(*last));

		*last = key_to_map(schema, &page->last, arena);
		out->last_evaluated_key = last;
	}
}

static int check_select(struct slice name, bool *ret_count_only, struct error *err)
{
	int select = enum_index(select_names, name);

	if (select == SELECT_ALL_PROJECTED)
		return error_set(err, ERROR_VALIDATION,
			"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an "
			"IndexName");
	if (select == SELECT_SPECIFIC)
		return error_set(err, ERROR_VALIDATION,
			"Must specify the AttributesToGet or ProjectionExpression when choosing to "
			"get SPECIFIC_ATTRIBUTES");
	*ret_count_only = select == SELECT_COUNT;
	return 0;
}

int run_query(struct engine *engine, struct request *request, struct error *err)
{
	const struct query_input *in = request->input;
	struct key_range range CLEANUP(key_range_release) = { BUF_INIT, BUF_INIT };
	struct table *table CLEANUP(table_unrefp) = NULL;
	bool backward = in->scan_index_forward.present && !in->scan_index_forward.value;
	struct page_request page_request = { .facts_only = in->facts_only };
	const struct key_schema *schema;
	struct page page;

	TRY(check_conditions(&in->key_conditions, err));
	TRY(check_select(in->select, &page_request.count_only, err));
	TRY(engine_find_table(engine, in->table_name, &table, err));
	schema = &table_description(table)->key;
	TRY(query_range(in, schema, &range, err));
	if (in->exclusive_start_key)
		TRY(resume_query(&range, in, schema, backward, err));
	page_request.table = table;
	page_request.range = rows_of(&range, backward);
	page_request.limit = (size_t)in->limit.value;
	TRY(page_read(engine, &page_request, request->arena, &page, err));
	fill_output(request->output, &page, schema, page_request.count_only, request->arena);
	return 0;
}

static int check_segment(const struct scan_input *in, struct error *err)
{
	if (in->segment.present && !in->total_segments.present)
		return error_set(err, ERROR_VALIDATION,
			"The TotalSegments parameter is required but was not present in the request "
			"when Segment parameter is present");
	if (in->total_segments.present && !in->segment.present)
		return error_set(err, ERROR_VALIDATION,
			"The Segment parameter is required but was not present in the request when "
			"parameter TotalSegments is present");
	if (in->segment.present && in->segment.value >= in->total_segments.value)
		return error_set(err, ERROR_VALIDATION,
			"The Segment parameter is zero-based and must be less than parameter "
			"TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
			(long long)in->segment.value, (long long)in->total_segments.value);
	return 0;
}

/* The first hash of a segment: segments divide the 64-bit space evenly. */
static void append_segment_start(struct buf *bound, int64_t segment, int64_t total)
{
	__extension__ unsigned __int128 start = (unsigned __int128)segment << 64;
	uint64_t hash = htobe64((uint64_t)(start / (uint64_t)total));

	buf_append(bound, &hash, sizeof(hash));
}

static void scan_range(const struct scan_input *in, struct key_range *range)
{
	if (!in->segment.present)
		return;
	if (in->segment.value > 0)
		append_segment_start(&range->lower, in->segment.value, in->total_segments.value);
	if (in->segment.value + 1 < in->total_segments.value)
		append_segment_start(
			&range->upper, in->segment.value + 1, in->total_segments.value);
}

static int resume_scan(struct key_range *range, const struct scan_input *in,
	const struct key_schema *schema, struct error *err)
{
	struct buf at CLEANUP(buf_release) = BUF_INIT;

	TRY(encode_start_key(schema, in->exclusive_start_key, &at, err));
	if (!range_holds(range, buf_slice(&at)))
		return error_set(err, ERROR_VALIDATION,
			"The provided starting key is invalid: Invalid ExclusiveStartKey. Please "
			"use ExclusiveStartKey with correct Segment. TotalSegments: %lld Segment: "
			"%lld",
			(long long)in->total_segments.value, (long long)in->segment.value);
	range_resume(range, false, &at);
	return 0;
}

int run_scan(struct engine *engine, struct request *request, struct error *err)
{
	const struct scan_input *in = request->input;
	struct key_range range CLEANUP(key_range_release) = { BUF_INIT, BUF_INIT };
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct page_request page_request = { .facts_only = in->facts_only };
	const struct key_schema *schema;
	struct page page;

	TRY(check_select(in->select, &page_request.count_only, err));
	TRY(check_segment(in, err));
	TRY(engine_find_table(engine, in->table_name, &table, err));
	schema = &table_description(table)->key;
	scan_range(in, &range);
	if (in->exclusive_start_key)
		TRY(resume_scan(&range, in, schema, err));
	page_request.table = table;
	page_request.range = rows_of(&range, false);
	page_request.limit = (size_t)in->limit.value;
	TRY(page_read(engine, &page_request, request->arena, &page, err));
	fill_output(request->output, &page, schema, page_request.count_only, request->arena);
	return 0;
}
