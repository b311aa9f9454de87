/*
 * The grammar of PartiQL's statements, which are terms of its expressions:
 * "SLECT * FROM t" is a product of SLECT and of FROM's own statement, and what
 * is missing there is "Expected data manipulation".
 */
#include "expr/partiql_parser.h"

#include <strings.h>

static bool at_change(const struct partiql_parser *parser)
{
	return partiql_token_is(partiql_peek(parser, 0), "set") ||
	       partiql_token_is(partiql_peek(parser, 0), "remove");
}

static bool at_insert(const struct partiql_parser *parser)
{
	return partiql_token_is(partiql_peek(parser, 0), "insert") &&
	       partiql_token_is(partiql_peek(parser, 1), "into");
}

bool partiql_begins_statement(const struct partiql_parser *parser)
{
	const struct partiql_token *token = partiql_peek(parser, 0);

	return partiql_token_is(token, "select") || partiql_token_is(token, "update") ||
	       partiql_token_is(token, "delete") || partiql_token_is(token, "from") ||
	       at_insert(parser) || at_change(parser);
}

static bool is_name(const struct partiql_token *token)
{
	return token->kind == PARTIQL_IDENTIFIER || token->kind == PARTIQL_QUOTED;
}

/* alias = [ "as" ] name */
static int parse_alias(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	bool as = partiql_accept(parser, "as");

	if (is_name(partiql_peek(parser, 0))) {
		parser->at++;
		syntax->aliased = true;
		return 0;
	}
	return as ? partiql_malformed(err, "Expected identifier for alias") : 0;
}

/* An expression, with the count of its operators. */
static int parse_clause(
	struct partiql_parser *parser, struct partiql_clause *ret, struct error *err)
{
	unsigned before = parser->operators;

	TRY(partiql_parse_expression(parser, -1, &ret->node, err));
	ret->operators = parser->operators - before;
	return 0;
}

static int parse_where(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	if (!partiql_accept(parser, "where"))
		return 0;
	return parse_clause(parser, &syntax->where, err);
}

/* Whether the token there is that word, a keyword or not. */
static bool accept_word(struct partiql_parser *parser, const char *word)
{
	const struct partiql_token *token = partiql_peek(parser, 0);

	if (token->kind == PARTIQL_QUOTED || token->text.len != strlen(word) ||
		strncasecmp(token->text.data, word, token->text.len) != 0)
		return false;
	parser->at++;
	return true;
}

/* returning = [ "returning" ( "all" | "modified" ) ( "old" | "new" ) "*" ] */
static int parse_returning(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	static const enum partiql_returning returning[2][2] = {
		{ PARTIQL_RETURNING_ALL_OLD, PARTIQL_RETURNING_ALL_NEW },
		{ PARTIQL_RETURNING_MODIFIED_OLD, PARTIQL_RETURNING_MODIFIED_NEW },
	};
	bool modified, new;

	if (!partiql_accept(parser, "returning"))
		return 0;
	modified = accept_word(parser, "modified");
	if (!modified && !accept_word(parser, "all"))
		return partiql_malformed(err,
			"Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.");
	new = accept_word(parser, "new");
	if (!new && !accept_word(parser, "old"))
		return partiql_malformed(err,
			"Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.");
	if (!partiql_accept(parser, "*"))
		return error_set(err, ERROR_VALIDATION,
			"Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause");
	if (partiql_token_is(partiql_peek(parser, 0), ","))
		return error_set(err, ERROR_VALIDATION,
			"Invalid syntax with multiple returning elements in RETURNING clause");
	syntax->returning = returning[modified][new];
	return 0;
}

/* columns = "*" | expression [ alias ] { "," … } */
static int parse_columns(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	struct partiql_node_list list = { 0 };

	do {
		const struct partiql_token *token = partiql_peek(parser, 0);
		const struct partiql_node *node;

		if (partiql_accept(parser, "*")) {
			node = partiql_node_new(parser, PARTIQL_NODE_UNPIVOT, token);
		} else {
			TRY(partiql_parse_expression(parser, -1, &node, err));
			TRY(parse_alias(parser, syntax, err));
		}
		partiql_list_add(parser, &list, node);
	} while (partiql_accept(parser, ","));
	syntax->columns = list.items;
	syntax->column_count = list.count;
	return 0;
}

/* source = expression [ alias ] { "," expression [ alias ] } */
static int parse_source(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	const struct partiql_node *other;

	TRY(partiql_parse_expression(parser, -1, &syntax->source, err));
	TRY(parse_alias(parser, syntax, err));
	while (partiql_accept(parser, ",")) {
		TRY(partiql_parse_expression(parser, -1, &other, err));
		TRY(parse_alias(parser, syntax, err));
		syntax->joined = true;
	}
	return 0;
}

/* order = [ "order" "by" expression [ "asc" | "desc" ] { "," … } ] */
static int parse_order(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	struct partiql_node_list list = { 0 };

	if (!partiql_accept(parser, "order"))
		return 0;
	if (!partiql_accept(parser, "by"))
		return partiql_malformed(err, "Expected BY");
	do {
		const struct partiql_node *node;
		struct partiql_node *term;

		TRY(partiql_parse_expression(parser, -1, &node, err));
		term = arena_alloc(parser->arena, sizeof(*term));
		*term = *node;
		term->negated = !partiql_accept(parser, "asc") && partiql_accept(parser, "desc");
		partiql_list_add(parser, &list, term);
	} while (partiql_accept(parser, ","));
	syntax->order = list.items;
	syntax->order_count = list.count;
	return 0;
}

/* Clauses of SQL that DynamoDB has not: read, to be refused by name. */
static const struct unsupported_clause {
	const char *word, *second, *name;
} unsupported_clauses[] = {
	{ "let", NULL, "LET" },
	{ "group", "by", "GROUP BY" },
	{ "having", NULL, "HAVING" },
	{ "limit", NULL, "LIMIT" },
	{ "offset", NULL, "OFFSET" },
};

static int parse_unsupported(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsupported_clauses); i++) {
		const struct unsupported_clause *clause = &unsupported_clauses[i];
		const struct partiql_node *node;

		if (!partiql_accept(parser, clause->word))
			continue;
		if (clause->second && !partiql_accept(parser, clause->second))
			return partiql_malformed(err, "Expected BY");
		TRY(partiql_parse_expression(parser, -1, &node, err));
		if (!syntax->unsupported) {
			syntax->unsupported = clause->name;
			syntax->unsupported_at = node;
		}
	}
	return 0;
}

/* select = "select" [ "distinct" | "all" ] ( columns | "value" expression )
 *	"from" source [ where ] [ order ] { unsupported } */
static int parse_select(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	const struct partiql_node *value;

	syntax->kind = PARTIQL_SELECT;
	syntax->distinct = partiql_accept(parser, "distinct");
	if (!syntax->distinct)
		partiql_accept(parser, "all");
	syntax->select_value = partiql_accept(parser, "value");
	if (syntax->select_value)
		TRY(partiql_parse_expression(parser, -1, &value, err));
	else
		TRY(parse_columns(parser, syntax, err));
	if (!partiql_accept(parser, "from"))
		return partiql_malformed(err, "Expected FROM after SELECT list");
	TRY(parse_source(parser, syntax, err));
	TRY(parse_where(parser, syntax, err));
	TRY(parse_order(parser, syntax, err));
	return parse_unsupported(parser, syntax, err);
}

struct change_list {
	struct partiql_change *items;
	size_t count, capacity;
};

static void add_change(
	struct partiql_parser *parser, struct change_list *list, struct partiql_change change)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 4;
	struct partiql_change *items;

	if (list->count == list->capacity) {
		items = arena_alloc_array(parser->arena, capacity, sizeof(*items));
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = change;
}

/* set = "set" path "=" expression { "," path "=" expression }
 * remove = "remove" path */
static int parse_change(struct partiql_parser *parser, struct change_list *list, struct error *err)
{
	struct partiql_change change = { 0 };

	if (partiql_accept(parser, "remove")) {
		TRY(partiql_parse_simple_path(parser, &change.path, err));
		add_change(parser, list, change);
		return 0;
	}
	parser->at++;
	do {
		TRY(partiql_parse_simple_path(parser, &change.path, err));
		if (!partiql_accept(parser, "="))
			return partiql_malformed(err, "Expected '='");
		TRY(partiql_parse_expression(parser, -1, &change.data, err));
		add_change(parser, list, change);
	} while (partiql_accept(parser, ","));
	return 0;
}

/* changes = ( set | remove ) { set | remove } */
static int parse_changes(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	unsigned before = parser->operators;
	struct change_list list = { 0 };

	syntax->kind = PARTIQL_UPDATE;
	if (at_insert(parser))
		return error_set(err, ERROR_VALIDATION,
			"Only SET and REMOVE are supported in update expressions at this time");
	if (!at_change(parser))
		return partiql_malformed(err, "Expected data manipulation");
	while (at_change(parser))
		TRY(parse_change(parser, &list, err));
	syntax->updates.operators = parser->operators - before;
	syntax->changes = list.items;
	syntax->change_count = list.count;
	return 0;
}

/* update = "update" path [ alias ] changes [ where ] [ returning ] */
static int parse_update(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	TRY(partiql_parse_simple_path(parser, &syntax->source, err));
	TRY(parse_alias(parser, syntax, err));
	TRY(parse_changes(parser, syntax, err));
	TRY(parse_where(parser, syntax, err));
	return parse_returning(parser, syntax, err);
}

/* from = "from" source [ where ] changes [ returning ] */
static int parse_from(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	TRY(parse_source(parser, syntax, err));
	TRY(parse_where(parser, syntax, err));
	TRY(parse_changes(parser, syntax, err));
	return parse_returning(parser, syntax, err);
}

/* delete = "delete" "from" path [ alias ] [ where ] [ returning ] */
static int parse_delete(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	syntax->kind = PARTIQL_DELETE;
	if (!partiql_accept(parser, "from"))
		return partiql_malformed(err, "Expected FROM after DELETE");
	TRY(partiql_parse_simple_path(parser, &syntax->source, err));
	TRY(parse_alias(parser, syntax, err));
	TRY(parse_where(parser, syntax, err));
	return parse_returning(parser, syntax, err);
}

/* insert = "insert" "into" path ( "value" expression [ returning ] | expression ) */
static int parse_insert(
	struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err)
{
	syntax->kind = PARTIQL_INSERT;
	parser->at++;
	TRY(partiql_parse_simple_path(parser, &syntax->source, err));
	syntax->many_items = !partiql_accept(parser, "value");
	TRY(partiql_parse_expression(parser, -1, &syntax->item, err));
	return syntax->many_items ? 0 : parse_returning(parser, syntax, err);
}

static const struct statement_rule {
	const char *word;
	int (*parse)(
		struct partiql_parser *parser, struct partiql_syntax *syntax, struct error *err);
} statement_rules[] = {
	{ "select", parse_select },
	{ "update", parse_update },
	{ "delete", parse_delete },
	{ "insert", parse_insert },
	{ "from", parse_from },
};

int partiql_parse_statement(
	struct partiql_parser *parser, const struct partiql_node **ret, struct error *err)
{
	struct partiql_node *node =
		partiql_node_new(parser, PARTIQL_NODE_STATEMENT, partiql_peek(parser, 0));
	struct partiql_syntax *syntax = arena_alloc_zero(parser->arena, sizeof(*syntax));

	node->statement = syntax;
	*ret = node;
	for (size_t i = 0; i < ARRAY_SIZE(statement_rules); i++)
		if (partiql_accept(parser, statement_rules[i].word))
			return statement_rules[i].parse(parser, syntax, err);
	return parse_changes(parser, syntax, err);
}
