/*
 * A key condition is parsed as any condition, and then taken apart: ANDs, and
 * under them comparisons of one attribute with values.
 */
#include "expr/key_condition.h"

#define TERMS_MAX (2 * KEY_ATTRIBUTES_MAX) /* of the widest key */

/* The terms, in the order of the text. */
struct term_reader {
	struct key_term terms[TERMS_MAX];
	size_t count; /* those beyond the limit too */
};

/* How an attribute is compared, when it stands on the left and on the right. */
static const struct {
	enum key_comparison left, right;
} comparisons[] = {
	[COMPARATOR_EQ] = { KEY_EQ, KEY_EQ },
	[COMPARATOR_LT] = { KEY_LT, KEY_GT },
	[COMPARATOR_LE] = { KEY_LE, KEY_GE },
	[COMPARATOR_GT] = { KEY_GT, KEY_LT },
	[COMPARATOR_GE] = { KEY_GE, KEY_LE },
};

static int take_path(const struct document_path *path, struct key_term *term, struct error *err)
{
	if (slice_present(term->name))
		return error_set(err, ERROR_VALIDATION,
			"Invalid condition in KeyConditionExpression: Multiple attribute names "
			"used in one condition");
	if (path->count > 1)
		return error_set(err, ERROR_VALIDATION,
			"KeyConditionExpressions cannot have conditions on nested attributes");
	term->name = document_path_root(path);
	return 0;
}

/* Tells the attribute from the values it is compared with. */
static int take_operands(
	const struct condition *condition, struct key_term *term, struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < condition->operand_count; i++) {
		const struct operand *operand = condition->operands[i];

		if (operand->kind == OPERAND_PATH)
			TRY(take_path(&operand->path, term, err));
		else if (operand->kind == OPERAND_VALUE && count < 2)
			term->values[count++] = operand->value;
		else if (operand->kind != OPERAND_VALUE)
			return error_set(err, ERROR_VALIDATION,
				"KeyConditionExpressions cannot contain nested operations");
	}
	if (!slice_present(term->name))
		return error_set(err, ERROR_VALIDATION,
			"Invalid condition in KeyConditionExpression: No key attribute specified");
	return 0;
}

static int add_term(struct term_reader *reader, const struct key_term *term, struct error *err)
{
	for (size_t i = 0; i < reader->count && i < TERMS_MAX; i++)
		if (slice_equal(reader->terms[i].name, term->name))
			return error_set(err, ERROR_VALIDATION,
				"KeyConditionExpressions must only contain one condition per key");
	if (reader->count < TERMS_MAX)
		reader->terms[reader->count] = *term;
	reader->count++;
	return 0;
}

static int refuse_operator(const char *name, struct error *err)
{
	return error_set(
		err, ERROR_VALIDATION, "Invalid operator used in KeyConditionExpression: %s", name);
}

static int read_comparison(
	struct term_reader *reader, const struct condition *condition, struct error *err)
{
	struct key_term term = { 0 };

	if (condition->comparator == COMPARATOR_NE)
		return refuse_operator("<>", err);
	TRY(take_operands(condition, &term, err));
	term.comparison = condition->operands[0]->kind == OPERAND_PATH
				  ? comparisons[condition->comparator].left
				  : comparisons[condition->comparator].right;
	return add_term(reader, &term, err);
}

/* BETWEEN or begins_with, whose first operand is the attribute. */
static int read_range(struct term_reader *reader, const struct condition *condition,
	enum key_comparison comparison, const char *name, struct error *err)
{
	struct key_term term = { .comparison = comparison };

	if (condition->operands[0]->kind == OPERAND_VALUE)
		return error_set(err, ERROR_VALIDATION,
			"Invalid condition in KeyConditionExpression: %s operator must have the "
			"key attribute as its first operand",
			name);
	TRY(take_operands(condition, &term, err));
	return add_term(reader, &term, err);
}

static int read_condition(
	struct term_reader *reader, const struct condition *condition, struct error *err)
{
	switch (condition->kind) {
	case CONDITION_AND:
		TRY(read_condition(reader, condition->children[0], err));
		return read_condition(reader, condition->children[1], err);
	case CONDITION_COMPARE:
		return read_comparison(reader, condition, err);
	case CONDITION_BETWEEN:
		return read_range(reader, condition, KEY_BETWEEN, "BETWEEN", err);
	case CONDITION_BEGINS_WITH:
		return read_range(reader, condition, KEY_BEGINS_WITH, "begins_with", err);
	case CONDITION_OR:
		return refuse_operator("OR", err);
	case CONDITION_NOT:
		return refuse_operator("NOT", err);
	case CONDITION_IN:
		return refuse_operator("IN", err);
	case CONDITION_ATTRIBUTE_EXISTS:
		return refuse_operator("attribute_exists", err);
	case CONDITION_ATTRIBUTE_NOT_EXISTS:
		return refuse_operator("attribute_not_exists", err);
	case CONDITION_ATTRIBUTE_TYPE:
		return refuse_operator("attribute_type", err);
	case CONDITION_CONTAINS:
		return refuse_operator("contains", err);
	}
	return -1;
}

static int too_many(struct error *err)
{
	return error_set(err, ERROR_VALIDATION, "Conditions can be of length 1 or 2 only");
}

int key_condition_parse(struct slice text, struct placeholders *placeholders, struct arena *arena,
	struct key_terms *ret, struct error *err)
{
	struct term_reader reader = { .count = 0 };
	const struct condition *condition;
	struct key_term *terms;

	TRY(condition_parse(EXPRESSION_KEY_CONDITION, text, placeholders, arena, &condition, err));
	TRY(read_condition(&reader, condition, err));
	if (reader.count > TERMS_MAX)
		return too_many(err);
	terms = arena_alloc(arena, reader.count * sizeof(*terms));
	memcpy(terms, reader.terms, reader.count * sizeof(*terms));
	*ret = (struct key_terms){ terms, reader.count };
	return 0;
}

static const struct key_term *find_term(const struct key_terms *terms, struct slice name)
{
	for (size_t i = 0; i < terms->count; i++)
		if (slice_equal(terms->terms[i].name, name))
			return &terms->terms[i];
	return NULL;
}

static int not_supported(struct error *err)
{
	return error_set(err, ERROR_VALIDATION, "Query key condition not supported");
}

/* The term of the attribute, whose values must be of its type. */
static int require_term(const struct key_terms *terms, const struct key_attribute *attribute,
	const struct key_term **ret, struct error *err)
{
	const struct key_term *term = find_term(terms, attribute->name);

	if (!term)
		return error_set(err, ERROR_VALIDATION,
			"Query condition missed key schema element: %.*s",
			SLICE_ARG(attribute->name));
	for (size_t i = 0; i < ARRAY_SIZE(term->values); i++)
		if (term->values[i] && term->values[i]->type != attribute->type)
			return error_set(err, ERROR_VALIDATION,
				"One or more parameter values were invalid: Condition parameter "
				"type does not match schema type");
	*ret = term;
	return 0;
}

static int resolve_partition(const struct key_terms *terms, const struct key_layout *layout,
	struct key_query *query, struct error *err)
{
	for (size_t i = 0; i < layout->partition_count; i++) {
		const struct key_term *term;

		TRY(require_term(terms, &layout->partition[i], &term, err));
		if (term->comparison != KEY_EQ)
			return not_supported(err);
		query->partition[i] = *term->values[0];
	}
	return 0;
}

/* The terms that are left, count of them, in the order of the sort attributes. */
static int resolve_sort(const struct key_terms *terms, const struct key_layout *layout,
	size_t count, struct key_query *query, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct key_term *term;

		if (query->has_range)
			return not_supported(err);
		TRY(require_term(terms, &layout->sort[i], &term, err));
		if (term->comparison == KEY_EQ) {
			query->sort_equal[query->sort_equal_count++] = *term->values[0];
			continue;
		}
		query->has_range = true;
		query->range = term->comparison;
		query->bounds[0] = *term->values[0];
		if (term->values[1])
			query->bounds[1] = *term->values[1];
	}
	return 0;
}

/* The rules of a key's value, with the messages of a whole key. */
static int check_sort_value(const struct key_layout *layout, const struct key_query *query,
	size_t position, const struct value *value, struct error *err)
{
	const struct key_schema schema = { layout->partition[0], layout->sort[position] };

	return key_validate(&schema, &(struct key){ query->partition[0], *value }, err);
}

static int check_values(
	const struct key_layout *layout, const struct key_query *query, struct error *err)
{
	for (size_t i = 0; i < layout->partition_count; i++) {
		const struct key_schema schema = { .partition = layout->partition[i] };

		TRY(key_validate(&schema, &(struct key){ .partition = query->partition[i] }, err));
	}
	for (size_t i = 0; i < query->sort_equal_count; i++)
		TRY(check_sort_value(layout, query, i, &query->sort_equal[i], err));
	if (query->has_range)
		TRY(check_sort_value(
			layout, query, query->sort_equal_count, &query->bounds[0], err));
	if (query->has_range && query->range == KEY_BETWEEN)
		TRY(check_sort_value(
			layout, query, query->sort_equal_count, &query->bounds[1], err));
	return 0;
}

int key_query_resolve(const struct key_terms *terms, const struct key_layout *layout,
	struct key_query *ret, struct error *err)
{
	size_t attributes = layout->partition_count + layout->sort_count;
	struct key_query query = { 0 };

	if (terms->count > 2 && attributes <= 2)
		return too_many(err);
	if (terms->count > attributes)
		return not_supported(err);
	TRY(resolve_partition(terms, layout, &query, err));
	TRY(resolve_sort(terms, layout, terms->count - layout->partition_count, &query, err));
	TRY(check_values(layout, &query, err));
	*ret = query;
	return 0;
}
