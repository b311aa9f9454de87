/*
 * Statements: what the parser read becomes what DynamoDB can do, or an error
 * that says what it cannot.
 */
#include "base/buf.h"
#include "expr/partiql_syntax.h"

#include <stdarg.h>

#define TABLE_NAME_MIN 3
#define TABLE_NAME_MAX 255

int partiql_malformed(struct error *err, const char *detail)
{
	return error_set(err, ERROR_VALIDATION,
		"Statement wasn't well formed, can't be processed: %s", detail);
}

int partiql_error_at(const struct partiql_token *token, struct error *err, const char *format, ...)
{
	struct buf message CLEANUP(buf_release) = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vappendf(&message, format, args);
	va_end(args);
	return error_set(err, ERROR_VALIDATION, "%s at %u:%u:%u", buf_string(&message), token->line,
		token->column, token->length);
}

int partiql_operand_error(const char *operator, enum value_type type, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
		operator, value_type_name(type));
}

int partiql_unrecognized(const struct partiql_node *call, struct arena *arena, struct error *err)
{
	struct slice name = call->text;

	if (call->token->kind == PARTIQL_KEYWORD)
		name = partiql_lower_case(name, arena);
	return partiql_error_at(call->token, err, "Unrecognized function: %.*s", SLICE_ARG(name));
}

int partiql_check_operators(const struct partiql_clause *clause, struct error *err)
{
	if (clause->operators <= PARTIQL_OPERATORS_MAX)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"The expression contains too many operators; operator count: %u",
		clause->operators);
}

/* index = digits, within 31 bits; -0 is 0. */
static int lower_index(
	const struct partiql_node *node, struct document_path_step *ret, struct error *err)
{
	uint64_t index = 0;

	for (size_t i = 0; i < node->text.len; i++) {
		char c = node->text.data[i];

		if (c < '0' || c > '9')
			return partiql_error_at(node->token, err, "Unexpected path component");
		if (index <= INT32_MAX)
			index = index * 10 + (uint64_t)(c - '0');
	}
	if (index > INT32_MAX || (node->negative && index))
		return partiql_error_at(node->token, err,
			"List index is not within the allowable range; index: [%s%.*s]",
			node->negative ? "-" : "", SLICE_ARG(node->text));
	*ret = (struct document_path_step){ .is_index = true, .index = (uint32_t)index };
	return 0;
}

static int lower_step(const struct partiql_node *node, bool first, struct document_path_step *ret,
	struct error *err)
{
	if (node->kind == PARTIQL_NODE_WILDCARD)
		return error_set(err, ERROR_VALIDATION,
			"Wildcard path component like a[*].b are not supported");
	if (node->kind == PARTIQL_NODE_UNPIVOT)
		return error_set(err, ERROR_VALIDATION,
			"Unpivot path component like a.*.b are not supported");
	if (node->kind == PARTIQL_NODE_NUMBER && !first)
		return lower_index(node, ret, err);
	if (node->kind != PARTIQL_NODE_NAME && node->kind != PARTIQL_NODE_STEP &&
		(node->kind != PARTIQL_NODE_STRING || first))
		return partiql_error_at(node->token, err, "Unexpected path component");
	if (!node->text.len)
		return error_set(err, ERROR_VALIDATION, "Path component cannot be an empty string");
	*ret = (struct document_path_step){ .name = node->text };
	return 0;
}

int partiql_path(const struct partiql_context *context, const struct partiql_node *node,
	struct document_path *ret, struct error *err)
{
	bool alone = node->kind == PARTIQL_NODE_NAME;
	size_t count = alone ? 1 : node->count;
	struct document_path_step *steps = arena_alloc_array(context->arena, count, sizeof(*steps));

	if (count > DOCUMENT_PATH_DEPTH_MAX)
		return error_set(err, ERROR_VALIDATION,
			"The document path has too many nesting levels; nesting levels: %zu",
			count);
	for (size_t i = 0; i < count; i++)
		TRY(lower_step(alone ? node : node->children[i], i == 0, &steps[i], err));
	*ret = (struct document_path){ steps, count };
	return 0;
}

static bool is_table_name(struct slice name)
{
	if (name.len < TABLE_NAME_MIN || name.len > TABLE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

static int lower_source_name(const struct partiql_node *node, struct slice *ret, struct error *err)
{
	if (node->kind != PARTIQL_NODE_NAME && node->kind != PARTIQL_NODE_STEP)
		return error_set(err, ERROR_VALIDATION, "Invalid list expression in source.");
	if (!node->text.len)
		return error_set(err, ERROR_VALIDATION, "Path component cannot be an empty string");
	if (!is_table_name(node->text))
		return error_set(err, ERROR_VALIDATION,
			"Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'.");
	*ret = node->text;
	return 0;
}

/* source = table [ "." index ] */
static int lower_source(
	const struct partiql_syntax *syntax, struct partiql_statement *ret, struct error *err)
{
	const struct partiql_node *source = syntax->source;

	if (syntax->aliased)
		return error_set(err, ERROR_VALIDATION, "Aliasing is not supported");
	if (syntax->joined)
		return error_set(err, ERROR_VALIDATION,
			"Only select from a single table or index is supported.");
	if (!source || !partiql_is_path(source))
		return error_set(err, ERROR_VALIDATION, "Unexpected from source");
	if (source->kind == PARTIQL_NODE_NAME)
		return lower_source_name(source, &ret->table_name, err);
	if (source->count > 2)
		return error_set(err, ERROR_VALIDATION,
			"A path may contain at most 2 components in the FROM clause");
	TRY(lower_source_name(source->children[0], &ret->table_name, err));
	return lower_source_name(source->children[1], &ret->index_name, err);
}

/* UPDATE and DELETE write to tables. */
static int lower_target(
	const struct partiql_syntax *syntax, struct partiql_statement *ret, struct error *err)
{
	TRY(lower_source(syntax, ret, err));
	if (slice_present(ret->index_name))
		return error_set(
			err, ERROR_VALIDATION, "This operation is not supported on an index");
	return 0;
}

/* What the value at a path is answered as. */
static struct slice column_name(const struct document_path *path, struct arena *arena)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	size_t i = path->count;

	while (path->steps[i - 1].is_index)
		i--;
	buf_append_slice(&name, path->steps[i - 1].name);
	for (; i < path->count; i++)
		buf_appendf(&name, "[%u]", path->steps[i].index);
	return arena_copy(arena, buf_slice(&name));
}

static int check_duplicate(const struct partiql_column *columns, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(columns[i].name, columns[count].name))
			return error_set(err, ERROR_VALIDATION,
				"Duplicate identifiers in select clause: %.*s",
				SLICE_ARG(columns[count].name));
	return 0;
}

static int lower_columns(const struct partiql_context *context, const struct partiql_syntax *syntax,
	struct partiql_statement *ret, struct error *err)
{
	struct partiql_column *columns =
		arena_alloc_array(context->arena, syntax->column_count, sizeof(*columns));

	if (syntax->column_count == 1 && syntax->columns[0]->kind == PARTIQL_NODE_UNPIVOT)
		return 0;
	for (size_t i = 0; i < syntax->column_count; i++) {
		const struct partiql_node *node = syntax->columns[i];

		if (node->kind == PARTIQL_NODE_UNPIVOT)
			return error_set(err, ERROR_VALIDATION,
				"Other attributes should not be present in the projection when '*' is used.");
		if (!partiql_is_path(node))
			return partiql_error_at(node->token, err, "Unexpected path component");
		TRY(partiql_path(context, node, &columns[i].path, err));
		columns[i].name = column_name(&columns[i].path, context->arena);
		TRY(check_duplicate(columns, i, err));
	}
	ret->columns = columns;
	ret->column_count = syntax->column_count;
	return 0;
}

static int lower_order(const struct partiql_context *context, const struct partiql_syntax *syntax,
	struct partiql_statement *ret, struct error *err)
{
	struct partiql_order *order =
		arena_alloc_array(context->arena, syntax->order_count, sizeof(*order));

	for (size_t i = 0; i < syntax->order_count; i++) {
		const struct partiql_node *node = syntax->order[i];

		if (node->kind != PARTIQL_NODE_NAME)
			return error_set(err, ERROR_VALIDATION,
				"Argument to ORDER BY must be of type VariableReference. Type: %.*s",
				SLICE_ARG(partiql_node_name(node)));
		order[i] = (struct partiql_order){ node->text, node->negated };
	}
	ret->order = order;
	ret->order_count = syntax->order_count;
	return 0;
}

static int lower_select(const struct partiql_context *context, const struct partiql_syntax *syntax,
	struct partiql_statement *ret, struct error *err)
{
	if (syntax->distinct)
		return error_set(err, ERROR_VALIDATION, "Unsupported clause: DISTINCT");
	if (syntax->select_value)
		return error_set(err, ERROR_VALIDATION,
			"Select projection doesn't support value or pivot keywords");
	if (syntax->unsupported)
		return partiql_error_at(syntax->unsupported_at->token, err,
			"Unsupported clause: %s", syntax->unsupported);
	TRY(lower_source(syntax, ret, err));
	TRY(lower_columns(context, syntax, ret, err));
	TRY(partiql_where(context, &syntax->where, &ret->where, err));
	return lower_order(context, syntax, ret, err);
}

static int lower_insert(const struct partiql_context *context, const struct partiql_syntax *syntax,
	struct partiql_statement *ret, struct error *err)
{
	struct map *item = arena_alloc_zero(context->arena, sizeof(*item));

	if (syntax->source->kind != PARTIQL_NODE_NAME)
		return partiql_error_at(syntax->source->token, err,
			"FROM clause may only contain a single table name in data manipulation statements");
	if (syntax->many_items)
		return error_set(err, ERROR_VALIDATION,
			"Unsupported operation: Inserting multiple items in a single statement is not supported, use \"INSERT INTO tableName VALUE item\" instead");
	if (syntax->returning != PARTIQL_RETURNING_NOTHING)
		return error_set(err, ERROR_VALIDATION, "RETURNING is not supported in INSERT");
	TRY(lower_source(syntax, ret, err));
	if (syntax->item->kind != PARTIQL_NODE_STRUCT)
		return error_set(err, ERROR_VALIDATION,
			"Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.");
	TRY(partiql_item(context, syntax->item, item, err));
	ret->item = item;
	return 0;
}

static int lower_update(const struct partiql_context *context, const struct partiql_syntax *syntax,
	struct partiql_statement *ret, struct error *err)
{
	ret->returning = syntax->returning;
	TRY(lower_target(syntax, ret, err));
	TRY(partiql_update(context, syntax, &ret->update, err));
	return partiql_where(context, &syntax->where, &ret->where, err);
}

static int lower_delete(const struct partiql_context *context, const struct partiql_syntax *syntax,
	struct partiql_statement *ret, struct error *err)
{
	static const char *const names[] = {
		[PARTIQL_RETURNING_ALL_NEW] = "ALL NEW",
		[PARTIQL_RETURNING_MODIFIED_OLD] = "MODIFIED OLD",
		[PARTIQL_RETURNING_MODIFIED_NEW] = "MODIFIED NEW",
	};

	if (names[syntax->returning])
		return error_set(err, ERROR_VALIDATION,
			"Invalid returning clause: RETURNING %s *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
			names[syntax->returning]);
	ret->returning = syntax->returning;
	TRY(lower_target(syntax, ret, err));
	return partiql_where(context, &syntax->where, &ret->where, err);
}

static int lower_statement(const struct partiql_context *context,
	const struct partiql_syntax *syntax, struct partiql_statement *ret, struct error *err)
{
	ret->kind = syntax->kind;
	switch (syntax->kind) {
	case PARTIQL_SELECT:
	case PARTIQL_EXISTS:
		return lower_select(context, syntax, ret, err);
	case PARTIQL_INSERT:
		return lower_insert(context, syntax, ret, err);
	case PARTIQL_UPDATE:
		return lower_update(context, syntax, ret, err);
	case PARTIQL_DELETE:
		return lower_delete(context, syntax, ret, err);
	}
	return 0;
}

/* EXISTS(SELECT …) reads as a function. */
static bool is_exists(const struct partiql_node *node)
{
	return node->kind == PARTIQL_NODE_CALL && partiql_token_is(node->token, "exists") &&
	       node->count == 1 && node->children[0]->kind == PARTIQL_NODE_STATEMENT &&
	       node->children[0]->statement->kind == PARTIQL_SELECT;
}

int partiql_parse(struct slice text, const struct value *parameters, size_t parameter_count,
	struct arena *arena, struct partiql_statement *ret, struct error *err)
{
	struct partiql_context context = { parameters, parameter_count, arena };
	struct partiql_statement statement = { 0 };
	const struct partiql_node *node;
	size_t parameters_named;

	TRY(partiql_parse_syntax(text, arena, &node, &parameters_named, err));
	if (parameters_named != parameter_count)
		return error_set(err, ERROR_VALIDATION,
			"Number of parameters in request and statement don't match.");
	if (is_exists(node)) {
		TRY(lower_statement(&context, node->children[0]->statement, &statement, err));
		statement.kind = PARTIQL_EXISTS;
	} else if (node->kind == PARTIQL_NODE_STATEMENT) {
		TRY(lower_statement(&context, node->statement, &statement, err));
	} else {
		return error_set(err, ERROR_VALIDATION, "Unsupported operation: %.*s",
			SLICE_ARG(partiql_node_name(node)));
	}
	*ret = statement;
	return 0;
}

void partiql_project(const struct partiql_statement *statement, const struct map *item,
	struct arena *arena, struct map *ret)
{
	struct member *members;
	size_t count = 0;

	if (!statement->columns) {
		*ret = *item;
		return;
	}
	members = arena_alloc_array(arena, statement->column_count, sizeof(*members));
	for (size_t i = 0; i < statement->column_count; i++) {
		const struct partiql_column *column = &statement->columns[i];
		const struct value *value = document_path_find(&column->path, item);

		if (value)
			members[count++] = (struct member){ column->name, *value };
	}
	*ret = (struct map){ members, count };
}
