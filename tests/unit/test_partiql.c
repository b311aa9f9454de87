#undef NDEBUG
#include "base/buf.h"
#include "expr/partiql.h"
#include "model/typed.h"

#include "test.h"

#define MALFORMED "Statement wasn't well formed, can't be processed: "
#define TAB       "SELECT * FROM Tab WHERE "

/* A case's memory. */
struct fixture {
	struct arena arena;
	struct error err;
	struct partiql_statement statement;
};

#define FIXTURE_INIT ((struct fixture){ ARENA_INIT, ERROR_INIT, { 0 } })

static void fixture_release(struct fixture *f)
{
	arena_release(&f->arena);
	error_release(&f->err);
}

static void parse_with(
	struct fixture *f, const char *text, const struct value *parameters, size_t count)
{
	CHECK_OK(partiql_parse(slice_from_string(text), parameters, count, &f->arena, &f->statement,
			 &f->err),
		&f->err);
}

static void parse(struct fixture *f, const char *text)
{
	parse_with(f, text, NULL, 0);
}

struct refusal {
	const char *text, *message;
};

static void check_refusals(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
		int r = partiql_parse(slice_from_string(refusals[i].text), NULL, 0, &f.arena,
			&f.statement, &f.err);

		if (r == 0 || strcmp(f.err.message, refusals[i].message) != 0)
			printf("# %s\n", refusals[i].text);
		CHECK_INT(r, -1);
		CHECK_ERROR(&f.err, ERROR_VALIDATION, refusals[i].message);
	}
}

static void map_is(const struct map *map, const char *expected)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	typed_append_map(&text, map);
	CHECK_TEXT(buf_slice(&text), expected);
}

static void value_is(const struct value *value, const char *expected)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	typed_append_value(&text, value);
	CHECK_TEXT(buf_slice(&text), expected);
}

static void path_is(const struct document_path *path, const char *expected)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	document_path_append(&text, path);
	CHECK_TEXT(buf_slice(&text), expected);
}

/* {pk: k, n: 5, s: str, b: true, nul: null, l: [1, x], m: {k: [c]}, ss: {a, b}} */
static struct map sample(struct arena *arena)
{
	static const char text[] =
		"INSERT INTO Tab VALUE {'pk': 'k', 'n': 5, 's': 'str', 'b': true, 'nul': null, "
		"'l': [1, 'x'], 'm': {'k': ['c']}, 'ss': <<'a', 'b'>>}";
	struct error err = ERROR_INIT;
	struct partiql_statement statement;

	CHECK_OK(partiql_parse(slice_from_string(text), NULL, 0, arena, &statement, &err), &err);
	return *statement.item;
}

static bool holds(const char *condition)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct map item;

	buf_appendf(&text, TAB "%s", condition);
	parse(&f, buf_string(&text));
	item = sample(&f.arena);
	return condition_holds(f.statement.where, &item);
}

static void all_hold(const char *const *conditions, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++) {
		if (holds(conditions[i]) != expected)
			printf("# %s\n", conditions[i]);
		CHECK(holds(conditions[i]) == expected);
	}
}

static const struct key_layout layout = {
	.partition = { { SLICE("pk"), VALUE_S } },
	.partition_count = 1,
	.sort = { { SLICE("sk"), VALUE_S } },
	.sort_count = 1,
};

static const struct key_schema schema = {
	.partition = { SLICE("pk"), VALUE_S },
	.sort = { SLICE("sk"), VALUE_S },
};

static void term_append(struct buf *buf, const struct key_term *term)
{
	static const char *const signs[] = { "=", "<", "<=", ">", ">=" };

	buf_appendf(buf, "%.*s%s%.*s", SLICE_ARG(term->name), signs[term->comparison],
		SLICE_ARG(term->values[0]->bytes));
}

/* "pk=a sk>=1 sk<3; pk=b" of a plan's ranges; "all" without. */
static void plan_append(struct buf *buf, const struct partiql_plan *plan)
{
	if (!plan->ranges)
		buf_append_string(buf, "all");
	for (size_t i = 0; i < plan->range_count; i++) {
		const struct key_terms *lower = &plan->ranges[i].lower;
		const struct key_terms *upper = &plan->ranges[i].upper;

		buf_append_string(buf, i ? "; " : "");
		term_append(buf, &lower->terms[0]);
		for (size_t t = 1; t < lower->count; t++) {
			buf_append_char(buf, ' ');
			term_append(buf, &lower->terms[t]);
		}
		for (size_t t = 1; upper->terms != lower->terms && t < upper->count; t++) {
			buf_append_char(buf, ' ');
			term_append(buf, &upper->terms[t]);
		}
	}
	buf_append_string(buf, plan->backward ? " backward" : "");
}

static void plan_is(const char *where, const char *expected)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf shown = BUF_INIT;
	struct partiql_plan plan;

	buf_appendf(&text, "SELECT * FROM Tab %s", where);
	parse(&f, buf_string(&text));
	CHECK_OK(partiql_plan(&f.statement, &layout, NULL, NULL, &f.arena, &plan, &f.err), &f.err);
	plan_append(&shown, &plan);
	if (!slice_equal_string(buf_slice(&shown), expected))
		printf("# %s\n", where);
	CHECK_TEXT(buf_slice(&shown), expected);
}

static void plan_fails(const char *where, const char *message)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct partiql_plan plan;

	buf_appendf(&text, "SELECT * FROM Tab %s", where);
	parse(&f, buf_string(&text));
	CHECK_INT(partiql_plan(&f.statement, &layout, NULL, NULL, &f.arena, &plan, &f.err), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, message);
}

static void select_names_table_index_and_columns(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	parse(&f, "select pk, m.k[0], \"m\"['x'] from \"Tab\".\"an-index\"");
	CHECK_INT(f.statement.kind, PARTIQL_SELECT);
	CHECK_TEXT(f.statement.table_name, "Tab");
	CHECK_TEXT(f.statement.index_name, "an-index");
	CHECK_INT(f.statement.column_count, 3);
	CHECK_TEXT(f.statement.columns[1].name, "k[0]");
	path_is(&f.statement.columns[1].path, "[m, k, [0]]");
	CHECK_TEXT(f.statement.columns[2].name, "x");
	CHECK(!f.statement.where);
}

static void star_selects_the_item_as_it_is(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	struct map item = sample(&f.arena), out;

	parse(&f, "SELECT * FROM Tab;");
	CHECK(!f.statement.columns);
	CHECK(!slice_present(f.statement.index_name));
	partiql_project(&f.statement, &item, &f.arena, &out);
	CHECK(map_equal(&out, &item));
}

static void columns_are_answered_under_the_last_name_of_their_path(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	struct map item = sample(&f.arena), out;

	parse(&f, "SELECT m.k[0], nope, l[-0], n FROM Tab");
	partiql_project(&f.statement, &item, &f.arena, &out);
	map_is(&out, "{\"k[0]\":{\"S\":\"c\"},\"l[0]\":{\"N\":\"1\"},\"n\":{\"N\":\"5\"}}");
}

static void literals_are_values(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	parse(&f, "INSERT INTO Tab VALUE {'s': 'it''s', 'e': -1.5e-3, 'p': .5, 'q': 1E3, "
		  "'neg': - - 1, 'zero': -0, 't': TRUE, 'nul': NULL, 'l': [], 'm': {}, "
		  "'deep': [{'x': <<2, 1.0>>}]}");
	CHECK_INT(f.statement.kind, PARTIQL_INSERT);
	map_is(f.statement.item,
		"{\"s\":{\"S\":\"it's\"},\"e\":{\"N\":\"-0.0015\"},\"p\":{\"N\":\"0.5\"},"
		"\"q\":{\"N\":\"1000\"},\"neg\":{\"N\":\"1\"},\"zero\":{\"N\":\"0\"},"
		"\"t\":{\"BOOL\":true},\"nul\":{\"NULL\":true},\"l\":{\"L\":[]},\"m\":{\"M\":{}},"
		"\"deep\":{\"L\":[{\"M\":{\"x\":{\"NS\":[\"2\",\"1\"]}}}]}}");
}

static void parameters_stand_for_values_in_order(void)
{
	static const struct value parameters[] = {
		{ .type = VALUE_S, .bytes = SLICE("first") },
		{ .type = VALUE_BOOL, .boolean = true },
	};
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	parse_with(&f, "INSERT INTO Tab VALUE {'a': ?, 'q': '?', 'b': ?}", parameters, 2);
	map_is(f.statement.item,
		"{\"a\":{\"S\":\"first\"},\"q\":{\"S\":\"?\"},\"b\":{\"BOOL\":true}}");
}

static void too_few_or_too_many_parameters_are_refused(void)
{
	static const char mismatch[] = "Number of parameters in request and statement don't match.";
	static const struct value parameter = { .type = VALUE_NULL };
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	CHECK_INT(partiql_parse(SLICE(TAB "a = ?"), NULL, 0, &f.arena, &f.statement, &f.err), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, mismatch);
	CHECK_INT(partiql_parse(SLICE(TAB "a = 1"), &parameter, 1, &f.arena, &f.statement, &f.err),
		-1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, mismatch);
}

static void update_takes_set_and_remove_clauses_in_any_number(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	const struct update *update;

	parse(&f, "UPDATE Tab SET a = 1, m.x = b REMOVE l[1] SET s = set_add(s, <<'x'>>) "
		  "SET t = SET_DELETE(t, <<1>>) WHERE pk = 'k' RETURNING MODIFIED NEW *");
	update = f.statement.update;
	CHECK_INT(f.statement.kind, PARTIQL_UPDATE);
	CHECK_INT(f.statement.returning, PARTIQL_RETURNING_MODIFIED_NEW);
	CHECK_INT(update->count, 5);
	CHECK_INT(update->actions[0].verb, UPDATE_SET);
	value_is(update->actions[0].operand->value, "{\"N\":\"1\"}");
	path_is(&update->actions[1].path, "[m, x]");
	path_is(&update->actions[1].operand->path, "[b]");
	CHECK_INT(update->actions[2].verb, UPDATE_REMOVE);
	path_is(&update->actions[2].path, "[l, [1]]");
	CHECK_INT(update->actions[3].verb, UPDATE_ADD);
	value_is(update->actions[3].operand->value, "{\"SS\":[\"x\"]}");
	CHECK_INT(update->actions[4].verb, UPDATE_DELETE);
}

static void update_computes_with_operators_and_functions(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	struct map item = sample(&f.arena), out;

	parse(&f, "UPDATE Tab SET n=n-1, l = list_append(l, [2]), q = if_not_exists(q, 7), "
		  "r = (n + 1) + 2 REMOVE s REMOVE m REMOVE ss REMOVE b REMOVE nul WHERE pk='k'");
	CHECK_OK(update_apply(f.statement.update, &item, NULL, &f.arena, &out, &f.err), &f.err);
	map_is(&out, "{\"pk\":{\"S\":\"k\"},\"n\":{\"N\":\"4\"},"
		     "\"l\":{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"},{\"N\":\"2\"}]},"
		     "\"q\":{\"N\":\"7\"},\"r\":{\"N\":\"8\"}}");
}

static void update_may_begin_with_from(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	parse(&f, "from \"Tab\" where pk = 'k' set c = 1 remove a returning all old *");
	CHECK_INT(f.statement.kind, PARTIQL_UPDATE);
	CHECK_INT(f.statement.update->count, 2);
	CHECK_INT(f.statement.returning, PARTIQL_RETURNING_ALL_OLD);
	CHECK(f.statement.where);
}

static void exists_holds_a_select(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	parse(&f, "EXISTS(SELECT * FROM Tab WHERE pk = 'k' AND n IS MISSING)");
	CHECK_INT(f.statement.kind, PARTIQL_EXISTS);
	CHECK_TEXT(f.statement.table_name, "Tab");
}

static void comparisons_hold(void)
{
	static const char *const true_ones[] = {
		"n = 5",
		"5 = n",
		"n = 5e0",
		"n <> 4",
		"n != 4",
		"n > -5",
		"n BETWEEN 5 AND 6 AND s = 'str'",
		"n NOT BETWEEN 6 AND 7",
		"n IN [4, 5]",
		"n IN (4, 5)",
		"n NOT IN [4]",
		"NOT n = 4",
		"l[1] = 'x'",
		"m.k[0] = 'c'",
		"m = {'k': ['c']}",
		"ss = <<'b', 'a'>>",
		"nul = null",
		"\"pk\" = 'k'",
		"nope <> 1",
		"n = 1 OR n = 5 AND s = 'str'",
	};
	static const char *const false_ones[] = {
		"n = 4",
		"n < 5",
		"nope = 1",
		"(n = 1 OR n = 5) AND s = 'x'",
		"s = n",
	};

	all_hold(true_ones, ARRAY_SIZE(true_ones), true);
	all_hold(false_ones, ARRAY_SIZE(false_ones), false);
}

static void functions_hold_in_any_case(void)
{
	static const char *const true_ones[] = {
		"begins_with(s, 'st')",
		"BEGINS_WITH(\"s\", 'st')",
		"contains(s, 'tr') AND contains(l, 1) AND contains(ss, 'a')",
		"size(s) = 3 AND Size(l) >= 2",
		"attribute_type(n, 'N')",
		"attribute_exists(m.k) AND NOT attribute_exists(nope)",
		"ATTRIBUTE_NOT_EXISTS (nope)",
	};

	all_hold(true_ones, ARRAY_SIZE(true_ones), true);
}

static void is_asks_for_a_type_or_for_nothing(void)
{
	static const char *const true_ones[] = {
		"nope IS MISSING",
		"n IS NOT MISSING",
		"nul IS NULL",
		"nope IS NOT NULL",
		"b IS BOOL",
		"b IS BOOLEAN",
		"s IS STRING",
		"n IS NUMERIC",
		"l IS LIST",
		"m IS STRUCT",
	};
	static const char *const false_ones[] = { "nope IS NULL", "n IS STRING", "n IS MISSING" };

	all_hold(true_ones, ARRAY_SIZE(true_ones), true);
	all_hold(false_ones, ARRAY_SIZE(false_ones), false);
}

static void conditions_compare_with_booleans(void)
{
	static const char *const true_ones[] = {
		"attribute_exists(nope) = false",
		"true = attribute_exists(n)",
		"attribute_exists(n) <> 1",
		"contains(nope, 'z') = false",
		"(n BETWEEN 0 AND 5) = true",
		"(n = 4 OR s = 'x') = false",
		"attribute_exists(nope) IN [true, false]",
		"attribute_exists(n) = attribute_exists(s)",
		"attribute_exists(n) = b",
	};
	static const char *const false_ones[] = {
		"attribute_exists(n) = 1",
		"NOT attribute_exists(n) = true",
		"(attribute_exists(n) = true) = false",
		"attribute_exists(n) = s",
	};

	all_hold(true_ones, ARRAY_SIZE(true_ones), true);
	all_hold(false_ones, ARRAY_SIZE(false_ones), false);
}

static void comments_are_blanks(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	parse(&f, "-- a note\nSELECT/**/* FROM Tab -- b\nWHERE a/* c */='--' ; -- end");
	CHECK(f.statement.where);
}

static void malformed_statements_tell_what_the_parser_met(void)
{
	static const struct refusal refusals[] = {
		{ "SLECT * FROM Tab WHERE pk = 'x'", MALFORMED "Expected data manipulation" },
		{ "SELECTT * FROMM \"Tab\"", MALFORMED "Unexpected token after expression" },
		{ "UPDATE Pay-ment SET a = 1 WHERE b = 2", MALFORMED "Expected data manipulation" },
		{ "DELETE Tab WHERE pk = 'x'", MALFORMED "Expected FROM after DELETE" },
		{ "DELETE FROM", MALFORMED "Expected identifier for simple path" },
		{ "DELETE FROM;", MALFORMED "Expected identifier for simple path" },
		{ "DELETE FROM WHERE pk = 'a'", MALFORMED "Expected identifier for simple path" },
		{ "SELECT * FROM", MALFORMED "Unexpected term" },
		{ "SELECT * Tab", MALFORMED "Expected FROM after SELECT list" },
		{ TAB, MALFORMED "Unexpected term" },
		{ TAB ";", MALFORMED "Unexpected term" },
		{ TAB "NOT", MALFORMED "Unexpected term" },
		{ TAB "(", MALFORMED "Unexpected term" },
		{ TAB "pk = 'p1' AND",
			MALFORMED "Missing right-hand side expression of infix operator" },
		{ TAB "ORDER BY pk", MALFORMED "Unexpected keyword" },
		{ TAB "x IS FOO", MALFORMED "Expected type name" },
		{ TAB "IS NULL", MALFORMED "Unexpected operator" },
		{ TAB "pk = LIKE", MALFORMED "Unexpected operator" },
		{ TAB "m.inner = 1", MALFORMED "Invalid path dot component" },
		{ TAB "pk = 1 foo", MALFORMED "Unexpected token after expression" },
		{ TAB "pk = 1 e5", MALFORMED "Unexpected token after expression" },
		{ TAB "pk = 1)", MALFORMED "Unexpected token after expression" },
		{ "INSERT INTO Tab VALUE {'pk': 1} foo",
			MALFORMED "Unexpected token after expression" },
		{ "INSERT INTO Tab t VALUE {'pk': 'x'}",
			MALFORMED "Unexpected token after expression" },
		{ "DELETE FROM Tab WHERE pk = 1 ORDER BY pk",
			MALFORMED "Unexpected token after expression" },
		{ "SELECT * FROM Tab ORDER BY pk WHERE pk = 1",
			MALFORMED "Unexpected token after expression" },
		{ "FROM Tab SET c = 1 WHERE pk = 'x'",
			MALFORMED "Unexpected token after expression" },
		{ "INSERT INTO urls (key, b) VALUES (1)", MALFORMED "Unexpected keyword" },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void text_that_is_no_token_gets_no_detail(void)
{
	static const struct refusal refusals[] = {
		{ TAB "pk = 1e2147483648", MALFORMED },
		{ TAB "pk = 1e99999999999", MALFORMED },
		{ TAB "pk = 1.5e-2147483647", MALFORMED },
		{ TAB "pk = 1 # note", MALFORMED },
		{ TAB "pk = 1 /* note", MALFORMED },
		{ "SELECT * FROM \"Tab", MALFORMED },
		{ TAB "pk = 'x", MALFORMED },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void nesting_that_would_exhaust_the_stack_is_refused(void)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	buf_append_string(&text, TAB);
	for (int i = 0; i < 4000; i++)
		buf_append_char(&text, '(');
	CHECK_INT(partiql_parse(buf_slice(&text), NULL, 0, &f.arena, &f.statement, &f.err), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, MALFORMED);
}

static void more_than_300_operators_are_refused(void)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	buf_append_string(&text, TAB "a=1");
	for (int i = 0; i < 150; i++)
		buf_append_string(&text, " OR a=1");
	CHECK_INT(partiql_parse(buf_slice(&text), NULL, 0, &f.arena, &f.statement, &f.err), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"The expression contains too many operators; operator count: 301");
}

static void what_dynamodb_has_not_is_named(void)
{
	static const struct refusal refusals[] = {
		{ "x IS INT4", "Unsupported operation: IsType" },
		{ "SELECT COUNT(*) FROM Tab", "Unexpected path component at 1:8:5" },
		{ "SELECT id FROM Tab LIMIT 5", "Unsupported clause: LIMIT at 1:26:1" },
		{ "SELECT a AS b FROM Tab", "Aliasing is not supported" },
		{ "SELECT * FROM Tab t WHERE a = 1", "Aliasing is not supported" },
		{ "UPDATE Tab AS t SET a = 3 WHERE pk = 'x'", "Aliasing is not supported" },
		{ "DELETE FROM Tab t WHERE pk = 'x'", "Aliasing is not supported" },
		{ "SELECT * FROM Tab, Other",
			"Only select from a single table or index is supported." },
		{ "SELECT s, s FROM Tab", "Duplicate identifiers in select clause: s" },
		{ "SELECT *, s FROM Tab",
			"Other attributes should not be present in the projection when '*' is used." },
		{ "SELECT l[-1] FROM Tab",
			"List index is not within the allowable range; index: [-1] at 1:11:1" },
		{ "SELECT l[2147483648] FROM Tab",
			"List index is not within the allowable range; index: [2147483648] at 1:10:10" },
		{ TAB "EXISTS(a)", "Unrecognized function: exists at 1:25:6" },
		{ TAB "a + 1 = 2", "Unsupported operator in Condition Expression. Operator: +" },
		{ TAB "a = MISSING", "MISSING must be compared using IS operator" },
		{ TAB "a", "WHERE clause must contain an expression that resolves to a boolean" },
		{ TAB "a AND b = 1", "The arguments to AND/OR must be Expressions" },
		{ "UPDATE Tab SET a = b * 2 WHERE pk = 'k'",
			"Unsupported operator in Update Expression. Operator: *" },
		{ "INSERT INTO Tab VALUE ['x']",
			"Unsupported format in item expression. Please use struct format {...} to express item values for insert statement." },
		{ "INSERT INTO Tab VALUE {'a': 1} RETURNING ALL OLD *",
			"RETURNING is not supported in INSERT" },
		{ "DELETE FROM Tab WHERE pk = 'x' RETURNING MODIFIED OLD *",
			"Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements." },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void sources_are_a_table_or_one_of_its_indexes(void)
{
	static const struct refusal refusals[] = {
		{ "SELECT * FROM Tab.a-x", "Unexpected from source" },
		{ "SELECT * FROM Tab.idx.more",
			"A path may contain at most 2 components in the FROM clause" },
		{ "SELECT * FROM \"\"", "Path component cannot be an empty string" },
		{ "SELECT * FROM Tab.\"\"", "Path component cannot be an empty string" },
		{ "INSERT INTO \"Tab\".\"idx\" VALUE {'a': 1}",
			"FROM clause may only contain a single table name in data manipulation statements at 1:13:5" },
		{ "UPDATE Tab.idx SET a = 1 WHERE pk = 'x'",
			"This operation is not supported on an index" },
		{ "DELETE FROM Tab.idx WHERE pk = 'x'",
			"This operation is not supported on an index" },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void faulty_literals_tell_their_place_in_the_value(void)
{
	static const struct refusal refusals[] = {
		{ TAB "pk = 1e126",
			"Number overflow. Attempting to store a number with magnitude larger than supported range under root" },
		{ "UPDATE Tab SET a = 1e-131 WHERE pk = 1",
			"Number underflow. Attempting to store a number with magnitude smaller than supported range under root" },
		{ TAB "pk = 123456789012345678901234567890123456789",
			"Attempting to store more than 38 significant digits in a Number under root" },
		{ "INSERT INTO Tab VALUE {'m': {'x': 1e126}}",
			"Number overflow. Attempting to store a number with magnitude larger than supported range under root.x" },
		{ "INSERT INTO Tab VALUE {'l': [1, 1e126]}",
			"Number overflow. Attempting to store a number with magnitude larger than supported range under root[1]" },
		{ "INSERT INTO Tab VALUE {'s': <<>>}", "Empty bags are not supported" },
		{ "INSERT INTO Tab VALUE {'s': <<1, 'a'>>}",
			"Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags" },
		{ "INSERT INTO Tab VALUE {'s': <<'a', 'a'>>}",
			"One or more parameter values were invalid: Input collection [a, a] contains duplicates." },
		{ "UPDATE Tab SET n = set_add(n, <<2, 2.0>>) WHERE pk = 1",
			"One or more parameter values were invalid: Input collection [2, 2.0] contains duplicates! under root" },
		{ "INSERT INTO Tab VALUE {'s': set_add(<<'a'>>, <<'b'>>)}",
			"Unsupported data type: set_add under key root at 1:29:7" },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void parameters_may_not_stand_within_literals(void)
{
	static const struct value parameter = { .type = VALUE_NULL };
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	CHECK_INT(partiql_parse(SLICE("INSERT INTO Tab VALUE {'m': {'k': [?]}}"), &parameter, 1,
			  &f.arena, &f.statement, &f.err),
		-1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"Unsupported data type: Parameter under key root.k[0] at 1:36:1");
}

static void literals_nest_as_deep_as_items_do(void)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;

	buf_append_string(&text, "UPDATE Tab SET d = {'a':");
	for (int i = 0; i < 30; i++)
		buf_append_char(&text, '[');
	buf_append_char(&text, '1');
	for (int i = 0; i < 30; i++)
		buf_append_char(&text, ']');
	buf_append_string(&text, "} WHERE pk = 'x'");
	parse(&f, buf_string(&text));
}

static void literals_that_nest_deeper_are_refused(void)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT, message = BUF_INIT;
	struct refusal refusal;

	buf_append_string(&text, "UPDATE Tab SET d = {'a':");
	buf_append_string(&message, "Nesting Levels have exceeded supported limits under root.a");
	for (int i = 0; i < 31; i++) {
		buf_append_char(&text, '[');
		buf_append_string(&message, "[0]");
	}
	buf_append_char(&text, '1');
	for (int i = 0; i < 31; i++)
		buf_append_char(&text, ']');
	buf_append_string(&text, "} WHERE pk = 'x'");
	refusal = (struct refusal){ buf_string(&text), buf_string(&message) };
	check_refusals(&refusal, 1);
	buf_release(&message);
}

static void operands_are_checked_without_an_item(void)
{
	static const struct refusal refusals[] = {
		{ TAB "a < true",
			"Incorrect operand type for operator or function; operator or function: <, operand type: BOOL" },
		{ TAB "a BETWEEN true AND false",
			"Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL" },
		{ TAB "attribute_exists(a) > false",
			"Incorrect operand type for operator or function; operator or function: >, operand type: BOOL" },
		{ TAB "attribute_type(a, 1)",
			"Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N" },
		{ TAB "attribute_type(a, 'X')",
			"Invalid attribute type name found; type: X, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}" },
		{ TAB "attribute_exists('a')",
			"Operator or function requires a document path; operator or function: attribute_exists" },
		{ TAB "attribute_exists()",
			"Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 0" },
		{ TAB "attribute_exists(a, b)",
			"Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2" },
		{ TAB "a IN []",
			"IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at least one member" },
		{ "UPDATE Tab SET n = 'a' + 1 WHERE pk = 'k'",
			"Incorrect operand type for operator or function; operator or function: +, operand type: S" },
		{ "UPDATE Tab SET n = n - null WHERE pk = 'k'",
			"Incorrect operand type for operator or function; operator or function: -, operand type: NULL" },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void set_functions_change_the_set_they_are_assigned_to(void)
{
	static const struct refusal refusals[] = {
		{ "UPDATE Tab SET t = set_add(s, <<'x'>>) WHERE pk = 'k'",
			"The first argument to SET_ADD must equal the assignment value at 1:20:7" },
		{ "UPDATE Tab SET s = set_add(<<'a'>>, <<'b'>>) WHERE pk = 'k'",
			"The first argument to SET_ADD must equal the assignment value at 1:20:7" },
		{ "UPDATE Tab\nSET \"Band\" = set_delete(\"Band\", 'x') WHERE pk = 'k'",
			"The second argument to SET_DELETE must be a value with type SET at 2:25:6" },
		{ "UPDATE Tab SET s = set_add(s) WHERE pk = 'k'",
			"SET_ADD must have exactly two arguments at 1:20:7" },
		{ TAB "set_add(a, <<'x'>>) = a", "Unrecognized function: set_add at 1:25:7" },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void overlapping_changes_are_refused(void)
{
	static const struct refusal refusals[] = {
		{ "UPDATE Tab SET m = 1, m.x = 2 WHERE pk = 'k'",
			"Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]" },
	};

	check_refusals(refusals, ARRAY_SIZE(refusals));
}

static void a_write_takes_its_key_from_equalities_and_the_rest_as_condition(void)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	struct partiql_key key;

	parse(&f, "DELETE FROM Tab WHERE (n = 5 AND 'k' = pk) AND sk = '1' AND pk = 'k'");
	CHECK_OK(partiql_key(&f.statement, &schema, &f.arena, &key, &f.err), &f.err);
	map_is(&key.key, "{\"pk\":{\"S\":\"k\"},\"sk\":{\"S\":\"1\"}}");
	CHECK_INT(key.condition->kind, CONDITION_COMPARE);
}

static void a_write_without_its_whole_key_is_refused(void)
{
	static const struct refusal refusals[] = {
		{ "UPDATE Tab SET a = 1",
			"Where clause does not contain a mandatory equality on all key attributes" },
		{ "DELETE FROM Tab WHERE pk = 'k'",
			"Where clause does not contain a mandatory equality on all key attributes" },
		{ "DELETE FROM Tab WHERE pk IN ['k'] AND sk = '1'",
			"Where clause does not contain a mandatory equality on all key attributes" },
		{ "DELETE FROM Tab WHERE pk = 'k' OR sk = '1'",
			"Where clause does not contain a mandatory equality on all key attributes" },
		{ "DELETE FROM Tab WHERE pk = 'k' AND sk = '1' AND pk = 'j'",
			"Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported" },
		{ "DELETE FROM Tab WHERE pk = 'k' AND sk = 1",
			"Key attribute's data type should match its data type in table's schema: Key sk" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
		struct partiql_key key;

		parse(&f, refusals[i].text);
		CHECK_INT(partiql_key(&f.statement, &schema, &f.arena, &key, &f.err), -1);
		CHECK_ERROR(&f.err, ERROR_VALIDATION, refusals[i].message);
	}
}

static void a_read_of_one_item_names_its_key_and_nothing_else(void)
{
	static const struct {
		const char *where;
		bool reads;
	} cases[] = {
		{ "pk = 'k' AND sk = '1'", true },
		{ "(sk = '1') AND pk = 'k' AND pk = 'k'", true },
		{ "pk IN ['k'] AND sk IN ['1']", true },
		{ "pk = 'k'", false },
		{ "pk = 'k' AND sk = '1' AND a = 1", false },
		{ "pk = 'k' AND sk = '1' AND pk = 'j'", false },
		{ "pk IN ['j'] AND pk = 'k' AND sk = '1'", false },
		{ "pk = 'k' OR sk = '1'", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		struct map key;

		buf_appendf(&text, TAB "%s", cases[i].where);
		parse(&f, buf_string(&text));
		CHECK_INT(
			partiql_reads_item(&f.statement, &schema, &f.arena, &key), cases[i].reads);
	}
}

static void a_select_reads_the_partitions_that_every_alternative_names(void)
{
	plan_is("", "all");
	plan_is("WHERE pk > 'a'", "all");
	plan_is("WHERE a = 1 AND NOT pk = 'x'", "all");
	plan_is("WHERE pk = 'a' OR sk = '1'", "all");
	plan_is("WHERE pk = 'a' AND x = 1", "pk=a");
	plan_is("WHERE pk IN ['b', 'a']", "pk=a; pk=b");
	plan_is("WHERE pk = 'b' OR (pk = 'a' AND x = 1)", "pk=a; pk=b");
	plan_is("WHERE pk = 'a' AND pk = 'a'", "pk=a");
	plan_is("WHERE pk = 'a' AND pk = 'b'", "all");
	plan_is("WHERE pk = 'a' AND (pk = 'b' OR x = 1)", "all");
}

static void a_select_narrows_partitions_by_the_sort_attribute(void)
{
	plan_is("WHERE pk = 'a' AND sk = '1'", "pk=a sk=1");
	plan_is("WHERE pk = 'a' AND '1' < sk", "pk=a sk>1");
	plan_is("WHERE pk = 'a' AND sk > '1' AND sk <= '3'", "pk=a sk>1 sk<=3");
	plan_is("WHERE pk = 'a' AND begins_with(sk, 'x')", "pk=a sk>=x sk<y");
	plan_is("WHERE pk = 'a' AND sk BETWEEN '1' AND '2' AND sk > '0'", "pk=a sk>=1 sk<=2");
	plan_is("WHERE pk = 'a' AND sk IN ['2', '1']", "pk=a sk=1; pk=a sk=2");
	plan_is("WHERE pk = 'a' AND (sk < '1' OR sk > '1' OR sk = '1')",
		"pk=a sk<1; pk=a sk=1; pk=a sk>1");
	plan_is("WHERE pk = 'a' AND sk = '1' AND sk = '2'", "");
	plan_is("WHERE pk = 'a' AND attribute_exists(sk)", "pk=a");
}

static void alternatives_that_overlap_are_refused(void)
{
	static const char *const wheres[] = {
		"pk IN ['a', 'a']",
		"pk = 'a' OR pk = 'a'",
		"pk = 'a' AND (sk > '0' OR sk < '5')",
		"pk = 'a' AND (sk = '1' OR x = 'two')",
		"(pk = 'a' AND x = 1) OR (pk = 'a' AND x = 2)",
		"pk = 'a' AND x <> '1' OR pk = 'a' AND sk = '2'",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wheres); i++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;

		buf_appendf(&text, "WHERE %s", wheres[i]);
		plan_fails(buf_string(&text),
			"Overlapping conditions with range keys are not supported in where clause");
	}
}

static void alternatives_that_negate_the_sort_attribute_may_overlap(void)
{
	plan_is("WHERE pk = 'a' AND NOT sk = '1' OR pk = 'a' AND sk = '2'", "pk=a");
	plan_is("WHERE pk = 'a' AND sk <> '1' OR pk = 'a' AND sk = '2'", "pk=a");
	plan_is("WHERE pk = 'a' OR pk = 'a' AND NOT sk = '1'", "pk=a");
}

static void keys_of_another_type_are_refused_where_they_would_be_used(void)
{
	plan_fails("WHERE pk = 1 OR pk = 'a'",
		"Key attribute's data type should match its data type in table's schema: Key pk");
	plan_fails("WHERE pk = 'a' AND sk IN ['1', 2]",
		"Key attribute's data type should match its data type in table's schema: Key sk");
	plan_is("WHERE pk > 1", "all");
	plan_fails("WHERE pk.x = 1",
		"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key pk");
}

static void a_select_reads_fifty_ranges_at_most(void)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	buf_append_string(&text, "WHERE pk IN ['v'");
	for (int i = 1; i < 26; i++)
		buf_appendf(&text, ", 'v%d'", i);
	buf_append_string(&text, "] AND sk IN ['1', '2']");
	plan_fails(buf_string(&text), "Too many decomposed read operations for a given query.");
}

static void order_by_turns_partitions_and_items(void)
{
	plan_is("WHERE pk = 'o' ORDER BY sk", "pk=o");
	plan_is("WHERE pk = 'o' ORDER BY sk DESC", "pk=o backward");
	plan_is("WHERE pk = 'o' ORDER BY pk ASC", "pk=o backward");
	plan_is("WHERE pk IN ['o', 'p'] ORDER BY pk DESC, sk ASC", "pk=p; pk=o");
	plan_is("WHERE pk = 'a' AND sk IN ['1', '2'] ORDER BY sk DESC",
		"pk=a sk=2; pk=a sk=1 backward");
}

static void order_by_needs_keys(void)
{
	plan_fails("ORDER BY sk",
		"Must have WHERE clause in the statement when using ORDER BY clause.");
	plan_fails("WHERE pk = 'o' ORDER BY Total DESC",
		"Attribute Total in ORDER BY clause must be part of the primary key");
	plan_fails("WHERE pk > 'a' ORDER BY sk",
		"Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
	plan_fails("WHERE pk IN ['o', 'p'] ORDER BY sk DESC",
		"Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.");
}

static bool projects_keys(const void *context, struct slice name)
{
	(void)context;
	return slice_equal_string(name, "pk") || slice_equal_string(name, "sk") ||
	       slice_equal_string(name, "p");
}

static void unprojected_is(const char *where, const char *expected)
{
	CLEANUP(fixture_release) struct fixture f = FIXTURE_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf names = BUF_INIT;
	struct partiql_plan plan;

	buf_appendf(&text, TAB "%s", where);
	parse(&f, buf_string(&text));
	CHECK_OK(partiql_plan(&f.statement, &layout, projects_keys, NULL, &f.arena, &plan, &f.err),
		&f.err);
	for (size_t i = 0; i < plan.unprojected_count; i++)
		buf_appendf(&names, "%s%.*s", i ? ", " : "", SLICE_ARG(plan.unprojected[i]));
	if (!slice_equal_string(buf_slice(&names), expected))
		printf("# %s\n", where);
	CHECK_TEXT(buf_slice(&names), expected);
}

static void filters_on_what_an_index_lacks_are_told(void)
{
	unprojected_is("pk = 'y' AND NOT (x = 'np1' OR p = 'x')", "x");
	unprojected_is("pk = 'y' AND b = '1' AND (a = '2' OR p = '3')", "a, b");
	unprojected_is("pk = 'y' AND (zz = '1' OR aa = '2' OR mm = '3')", "zz, aa, mm");
	unprojected_is("pk = 'y' AND p = 1", "");
	unprojected_is("(pk = 'y' OR pk = 'z') AND zz = '1'", "zz");
	unprojected_is("(pk = 'q' AND u1 = '1') OR (pk = 'b' AND u2 = '1')", "u1");
	unprojected_is("(pk = 'y' AND p = '1') OR (pk = 'z' AND aa = '1')", "");
	unprojected_is("pk = 'y' AND (pk = 'z' OR zz = '1')", "");
	unprojected_is("x = 1", "");
}

static const struct test_case cases[] = {
	{ "SELECT names table, index and columns", select_names_table_index_and_columns },
	{ "a star selects the item as it is", star_selects_the_item_as_it_is },
	{ "columns are answered under the last name of their path",
		columns_are_answered_under_the_last_name_of_their_path },
	{ "literals are values", literals_are_values },
	{ "parameters stand for values in order", parameters_stand_for_values_in_order },
	{ "too few or too many parameters are refused",
		too_few_or_too_many_parameters_are_refused },
	{ "UPDATE takes SET and REMOVE clauses in any number",
		update_takes_set_and_remove_clauses_in_any_number },
	{ "UPDATE computes with operators and functions",
		update_computes_with_operators_and_functions },
	{ "UPDATE may begin with FROM", update_may_begin_with_from },
	{ "EXISTS holds a SELECT", exists_holds_a_select },
	{ "comparisons hold", comparisons_hold },
	{ "functions hold in any case", functions_hold_in_any_case },
	{ "IS asks for a type or for nothing", is_asks_for_a_type_or_for_nothing },
	{ "conditions compare with booleans", conditions_compare_with_booleans },
	{ "comments are blanks", comments_are_blanks },
	{ "malformed statements tell what the parser met",
		malformed_statements_tell_what_the_parser_met },
	{ "text that is no token gets no detail", text_that_is_no_token_gets_no_detail },
	{ "nesting that would exhaust the stack is refused",
		nesting_that_would_exhaust_the_stack_is_refused },
	{ "more than 300 operators are refused", more_than_300_operators_are_refused },
	{ "what DynamoDB has not is named", what_dynamodb_has_not_is_named },
	{ "sources are a table or one of its indexes", sources_are_a_table_or_one_of_its_indexes },
	{ "faulty literals tell their place in the value",
		faulty_literals_tell_their_place_in_the_value },
	{ "parameters may not stand within literals", parameters_may_not_stand_within_literals },
	{ "literals nest as deep as items do", literals_nest_as_deep_as_items_do },
	{ "literals that nest deeper are refused", literals_that_nest_deeper_are_refused },
	{ "operands are checked without an item", operands_are_checked_without_an_item },
	{ "set functions change the set they are assigned to",
		set_functions_change_the_set_they_are_assigned_to },
	{ "overlapping changes are refused", overlapping_changes_are_refused },
	{ "a write takes its key from equalities and the rest as condition",
		a_write_takes_its_key_from_equalities_and_the_rest_as_condition },
	{ "a write without its whole key is refused", a_write_without_its_whole_key_is_refused },
	{ "a read of one item names its key and nothing else",
		a_read_of_one_item_names_its_key_and_nothing_else },
	{ "a SELECT reads the partitions that every alternative names",
		a_select_reads_the_partitions_that_every_alternative_names },
	{ "a SELECT narrows partitions by the sort attribute",
		a_select_narrows_partitions_by_the_sort_attribute },
	{ "alternatives that overlap are refused", alternatives_that_overlap_are_refused },
	{ "alternatives that negate the sort attribute may overlap",
		alternatives_that_negate_the_sort_attribute_may_overlap },
	{ "keys of another type are refused where they would be used",
		keys_of_another_type_are_refused_where_they_would_be_used },
	{ "a SELECT reads fifty ranges at most", a_select_reads_fifty_ranges_at_most },
	{ "ORDER BY turns partitions and items", order_by_turns_partitions_and_items },
	{ "ORDER BY needs keys", order_by_needs_keys },
	{ "filters on what an index lacks are told", filters_on_what_an_index_lacks_are_told },
};
TEST_MAIN(cases)
