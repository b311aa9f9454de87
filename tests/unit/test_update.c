#undef NDEBUG
#include "expr/update.h"
#include "model/plain.h"
#include "test.h"

static struct map read_item(struct arena *arena, const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item = { NULL, 0 };

	CHECK_OK(plain_read_item(slice_from_string(text), arena, &item, &err), &err);
	return item;
}

/* Parses an expression whose values are the members of an item, "v" for :v. */
static int parse(const char *expression, const char *values, struct arena *arena,
	const struct update **ret, struct error *err)
{
	struct map map = read_item(arena, values);
	struct member *members = arena_alloc_array(arena, map.count, sizeof(*members));
	struct map *named = arena_alloc(arena, sizeof(*named));
	struct placeholders *placeholders = arena_alloc(arena, sizeof(*placeholders));

	for (size_t i = 0; i < map.count; i++)
		members[i] = (struct member){ arena_printf(arena, ":%.*s",
						      SLICE_ARG(map.members[i].name)),
			map.members[i].value };
	*named = (struct map){ members, map.count };
	placeholders_init(placeholders, NULL, 0, named, arena);
	return update_parse(slice_from_string(expression), placeholders, arena, ret, err);
}

static const struct update *parsed(const char *expression, const char *values, struct arena *arena)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct update *update = NULL;

	CHECK_OK(parse(expression, values, arena, &update, &err), &err);
	return update;
}

static void check_refused(const char *expression, const char *values, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct update *update;

	CHECK_INT(parse(expression, values, &arena, &update, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void check_item(const struct map *item, const char *line)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	plain_append_line(&buf, item);
	CHECK(buf.len);
	buf.len--; /* the newline */
	CHECK_TEXT(buf_slice(&buf), line);
}

/* item NULL: there is none, and its key is pk "k". */
static int apply(const struct update *update, const char *item, struct arena *arena,
	struct map *ret, struct error *err)
{
	struct map old = read_item(arena, item ? item : "{}");
	struct map key = read_item(arena, "{\"pk\":\"k\"}");

	return update_apply(update, item ? &old : NULL, &key, arena, ret, err);
}

static void check_update(
	const char *expression, const char *values, const char *item, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map result;

	CHECK_OK(apply(parsed(expression, values, &arena), item, &arena, &result, &err), &err);
	check_item(&result, expected);
}

static void check_failure(
	const char *expression, const char *values, const char *item, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map result;

	CHECK_INT(apply(parsed(expression, values, &arena), item, &arena, &result, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

#define INVALID_PATH "The document path provided in the update expression is invalid for update"
#define MISSING      "The provided expression refers to an attribute that does not exist in the item"
#define WRONG_TYPE   "An operand in the update expression has an incorrect data type"

static void operands_read_the_old_item(void)
{
	check_update("SET a = b, b = a, c = c + a ADD d :v", "{\"v\":1}",
		"{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", "{\"a\":2,\"b\":1,\"c\":4,\"d\":5}");
}

static void attributes_keep_their_places_and_new_ones_follow_the_actions(void)
{
	check_update("SET z = :v, a.y = :v, a.x = :v, k = :v ADD c :v REMOVE d", "{\"v\":1}",
		"{\"k\":0,\"d\":0,\"a\":{\"w\":0}}",
		"{\"k\":1,\"a\":{\"w\":0,\"y\":1,\"x\":1},\"z\":1,\"c\":1}");
}

static void nothing_beside_an_edit_is_copied(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct update *update = parsed("SET a.b[0] = :v", "{\"v\":1}", &arena);
	const char *text = "{\"a\":{\"b\":[0,{\"x\":1}],\"c\":[1,2]},\"m\":{\"y\":2}}";
	struct map old = read_item(&arena, text), new;
	const struct member *a_old = old.members[0].value.map.members, *a_new;

	CHECK_OK(update_apply(update, &old, &old, &arena, &new, &err), &err);
	a_new = new.members[0].value.map.members;
	CHECK(new.members[1].value.map.members == old.members[1].value.map.members);
	CHECK(a_new[1].value.elements.items == a_old[1].value.elements.items);
	CHECK(a_new[0].value.elements.items[1].map.members ==
		a_old[0].value.elements.items[1].map.members);
	check_item(&old, text);
}

static void elements_set_beyond_the_end_follow_in_the_order_of_their_indexes(void)
{
	check_update("SET l[100] = :a, l[7] = :b, l[0] = :c", "{\"a\":1,\"b\":2,\"c\":3}",
		"{\"l\":[0]}", "{\"l\":[3,2,1]}");
}

static void elements_are_removed_by_their_old_indexes(void)
{
	check_update("REMOVE l[0], l[2], l[9] SET l[1] = :v, l[5] = l[0]", "{\"v\":9}",
		"{\"l\":[0,1,2,3]}", "{\"l\":[9,3,0]}");
	check_update("REMOVE l[1], l[0], m.a", "{}", "{\"l\":[0,1],\"m\":{\"a\":1}}",
		"{\"l\":[],\"m\":{}}");
}

static void an_edit_reaches_into_lists_within_maps(void)
{
	check_update("SET a.b[1].c = :v REMOVE a.b[0], a.d.e ADD a.b[2].n :v", "{\"v\":5}",
		"{\"a\":{\"b\":[0,{\"c\":1},{\"n\":2}],\"d\":{\"e\":1}}}",
		"{\"a\":{\"b\":[{\"c\":5},{\"n\":7}],\"d\":{}}}");
}

static void a_path_without_its_parent_is_invalid(void)
{
	static const char *const updates[] = { "SET q.b = :v", "SET q[0] = :v", "SET n.b = :v",
		"SET n[0] = :v", "SET m[0] = :v", "SET l.b = :v", "SET m.z.y = :v",
		"SET l[9][0] = :v", "SET l[9].a = :v", "ADD q.b :v", "ADD n.b :v" };
	static const char *const removals[] = { "REMOVE q.b", "REMOVE q[0]", "REMOVE n.b",
		"REMOVE m[0]", "REMOVE l.b", "REMOVE m.z.y", "REMOVE l[9].z" };
	const char *item = "{\"n\":1,\"m\":{},\"l\":[0]}";

	for (size_t i = 0; i < ARRAY_SIZE(updates); i++)
		check_failure(updates[i], "{\"v\":1}", item, INVALID_PATH);
	for (size_t i = 0; i < ARRAY_SIZE(removals); i++)
		check_failure(removals[i], "{}", item, INVALID_PATH);
	check_failure("DELETE q.b :v", "{\"v\":{\"SS\":[\"a\"]}}", item, INVALID_PATH);
}

static void removing_what_is_not_there_is_nothing(void)
{
	const char *item = "{\"m\":{\"a\":1},\"l\":[0]}";

	check_update("REMOVE q, m.b, l[1]", "{}", item, item);
	check_update("DELETE q :v, m.b :v, l[1] :v", "{\"v\":{\"SS\":[\"a\"]}}", item, item);
}

static void a_new_item_begins_with_its_key(void)
{
	check_update("SET a = pk, b = if_not_exists(c, :v) ADD n :v", "{\"v\":1}", NULL,
		"{\"pk\":\"k\",\"a\":\"k\",\"b\":1,\"n\":1}");
}

static void removing_from_no_item_is_nothing_whatever_the_path(void)
{
	check_update("REMOVE a, b.c[1], d[2] DELETE s.t :v", "{\"v\":{\"SS\":[\"a\"]}}", NULL,
		"{\"pk\":\"k\"}");
	check_failure("SET b.c = :v", "{\"v\":1}", NULL, INVALID_PATH);
}

static void a_missing_operand_is_an_error(void)
{
	const char *item = "{\"n\":1,\"s\":\"x\",\"l\":[0]}";

	check_failure("SET a = q", "{}", item, MISSING);
	check_failure("SET a = n.x", "{}", item, MISSING);
	check_failure("SET a = l[1]", "{}", item, MISSING);
	check_failure("SET a = s + q", "{}", item, MISSING);
	check_failure("SET a = list_append(n, q)", "{}", item, MISSING);
	check_failure("SET a = if_not_exists(q, r)", "{}", item, MISSING);
	check_failure("SET a = q, b.c = :v", "{\"v\":1}", item, MISSING);
	check_failure("SET b.c = :v, a = q", "{\"v\":1}", item, INVALID_PATH);
	check_update("SET a = if_not_exists(n, q)", "{}", "{\"n\":1}", "{\"n\":1,\"a\":1}");
}

static void operands_of_the_wrong_type_are_an_error(void)
{
	const char *item = "{\"n\":1,\"s\":\"x\",\"l\":[0],\"ss\":{\"SS\":[\"a\"]}}";

	check_failure("SET a = n + s", "{}", item, WRONG_TYPE);
	check_failure("SET a = l - n", "{}", item, WRONG_TYPE);
	check_failure("SET a = list_append(l, n)", "{}", item, WRONG_TYPE);
	check_failure("SET a = n + if_not_exists(q, s)", "{}", item, WRONG_TYPE);
	check_failure("ADD s :v", "{\"v\":1}", item, WRONG_TYPE);
	check_failure("ADD l :v", "{\"v\":1}", item, WRONG_TYPE);
	check_failure("ADD ss :v", "{\"v\":{\"NS\":[1]}}", item, WRONG_TYPE);
	check_failure("DELETE ss :v", "{\"v\":{\"NS\":[1]}}", item, WRONG_TYPE);
	check_failure("DELETE n :v", "{\"v\":{\"NS\":[1]}}", item, WRONG_TYPE);
}

static void arithmetic_is_exact(void)
{
	check_update("SET a = a + :v, b = :v - b, c = (a - :v) + (:v + b), d = a - (:v - b)",
		"{\"v\":0.1}", "{\"a\":0.2,\"b\":99999999999999999999999999999999999.9}",
		"{\"a\":0.3,\"b\":-99999999999999999999999999999999999.8,"
		"\"c\":100000000000000000000000000000000000.1,"
		"\"d\":100000000000000000000000000000000000}");
	check_failure("ADD a :v", "{\"v\":1e50}", "{\"a\":1}",
		"Number overflow. Attempting to store a number with magnitude larger than "
		"supported range");
}

static void lists_are_appended(void)
{
	check_update("SET a = list_append(a, :v), b = list_append(if_not_exists(b, :v), a)",
		"{\"v\":[\"x\"]}", "{\"a\":[1,2]}", "{\"a\":[1,2,\"x\"],\"b\":[\"x\",1,2]}");
}

static void sets_grow_and_shrink(void)
{
	check_update("ADD a :v, b :v, c :n DELETE d :v, e :v, f :v",
		"{\"v\":{\"SS\":[\"y\",\"x\"]},\"n\":{\"NS\":[3,1]}}",
		"{\"a\":{\"SS\":[\"a\",\"x\"]},\"c\":{\"NS\":[1,2]},\"d\":{\"SS\":[\"x\",\"a\"]},"
		"\"e\":{\"SS\":[\"x\",\"y\"]}}",
		"{\"a\":{\"SS\":[\"a\",\"x\",\"y\"]},\"c\":{\"NS\":[\"1\",\"2\",\"3\"]},"
		"\"d\":{\"SS\":[\"a\"]},\"b\":{\"SS\":[\"y\",\"x\"]}}");
}

static void key_attributes_are_not_updated(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct slice keys[] = { SLICE("pk"), SLICE("sk") };

	CHECK_OK(update_check_keys(parsed("SET a = sk REMOVE p.k", "{}", &arena), keys, 2, &err),
		&err);
	CHECK_INT(update_check_keys(parsed("SET a = pk REMOVE sk[0]", "{}", &arena), keys, 2, &err),
		-1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Cannot update attribute sk. This "
		"attribute is part of the key");
}

static void only_removals_make_no_item(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const char *values = "{\"v\":{\"SS\":[\"a\"]}}";

	CHECK(update_only_removes(parsed("REMOVE a, b", "{}", &arena)));
	CHECK(update_only_removes(parsed("REMOVE a DELETE b :v", values, &arena)));
	CHECK(!update_only_removes(parsed("REMOVE a ADD b :v", values, &arena)));
	CHECK(!update_only_removes(&(struct update){ NULL, 0 }));
}

/* Checks UPDATED_OLD and UPDATED_NEW. */
static void check_touched(const char *expression, const char *item, const char *expected_old,
	const char *expected_new)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct update *update = parsed(expression, "{\"v\":9}", &arena);
	struct map old = read_item(&arena, item), new, touched;

	CHECK_OK(update_apply(update, &old, &old, &arena, &new, &err), &err);
	update_touched(update, &old, &arena, &touched);
	check_item(&touched, expected_old);
	update_touched(update, &new, &arena, &touched);
	check_item(&touched, expected_new);
}

static void what_was_touched_stands_within_its_parents(void)
{
	check_touched("SET a.c[2] = :v, n = :v ADD a.b :v",
		"{\"k\":0,\"a\":{\"z\":1,\"b\":1,\"c\":[1,2,3]}}", "{\"a\":{\"b\":1,\"c\":[3]}}",
		"{\"a\":{\"b\":10,\"c\":[9]},\"n\":9}");
	check_touched(
		"REMOVE a.b, c", "{\"a\":{\"b\":1},\"c\":2}", "{\"a\":{\"b\":1},\"c\":2}", "{}");
}

static void an_appended_element_is_not_touched_and_a_moved_one_is(void)
{
	check_touched("SET a.c[100] = :v", "{\"a\":{\"c\":[1]}}", "{}", "{}");
	check_touched("REMOVE a.c[1]", "{\"a\":{\"c\":[1,2,3]}}", "{\"a\":{\"c\":[2]}}",
		"{\"a\":{\"c\":[3]}}");
}

static void faults_of_the_whole_come_in_the_service_s_order(void)
{
	check_refused("SET a = :q, b = :v SET c = :v", "{\"v\":1}",
		"Invalid UpdateExpression: The \"SET\" section can only be used once in an update "
		"expression;");
	check_refused("SET a = :v, date = foo(:v), b", "{\"v\":1}",
		"Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \"b\"");
	check_refused("SET a = :v + :q ADD b :v", "{\"v\":[]}",
		"Invalid UpdateExpression: An expression attribute value used in expression is "
		"not defined; attribute value: :q");
	check_refused("ADD b :v SET a = :v + :v, a.b = :v", "{\"v\":[]}",
		"Invalid UpdateExpression: Two document paths overlap with each other; must remove "
		"or rewrite one of these paths; path one: [a], path two: [a, b]");
	check_refused("ADD b :v SET a = :v + :v", "{\"v\":[]}",
		"Invalid UpdateExpression: Incorrect operand type for operator or function; "
		"operator or function: +, operand type: L");
}

/* The text `before` count times, `middle`, `after` count times. */
static char *nested(
	const char *before, const char *middle, const char *after, size_t count, struct buf *buf)
{
	buf_append_string(buf, "SET a = ");
	for (size_t i = 0; i < count; i++)
		buf_append_string(buf, before);
	buf_append_string(buf, middle);
	for (size_t i = 0; i < count; i++)
		buf_append_string(buf, after);
	buf_append_char(buf, '\0');
	return buf->data;
}

static void nesting_is_bounded_by_what_an_expression_can_hold(void)
{
	static const struct {
		const char *before, *middle, *after;
		size_t count;
	} shapes[] = {
		{ "(", ":v", "", 4000 },
		{ "(", ":v", ")", 2000 },
		{ "f(", ":v", "", 2000 },
		{ "f(", ":v", ")", 1300 },
		{ "(:v+", ":v", ")", 800 },
		{ "(", ":v", "+:v)", 600 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct buf buf CLEANUP(buf_release) = BUF_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;
		const struct update *update;

		CHECK_INT(parse(nested(shapes[i].before, shapes[i].middle, shapes[i].after,
					shapes[i].count, &buf),
				  "{\"v\":1}", &arena, &update, &err),
			-1);
		CHECK_INT(err.class, ERROR_VALIDATION);
	}
}

/* Appends SET and count actions on attributes whose names are short. */
static void append_actions(struct buf *buf, const char *value, size_t count)
{
	static const char letters[] = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ";
	const size_t n = sizeof(letters) - 1;

	for (size_t i = 0; i < count; i++)
		buf_appendf(buf, "%s%c%zx%s", i ? "," : "SET ", letters[i % n], i / n, value);
}

static void there_are_no_more_than_300_operators(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf enough CLEANUP(buf_release) = BUF_INIT;
	struct buf too_many CLEANUP(buf_release) = BUF_INIT;

	append_actions(&enough, "=z+:v", 300);
	parsed(buf_string(&enough), "{\"v\":1}", &arena);
	append_actions(&too_many, "=z+:v", 301);
	check_refused(buf_string(&too_many), "{\"v\":1}",
		"Invalid UpdateExpression: The expression contains too many operators; operator "
		"count: 301");
}

static void the_deepest_valid_nestings_are_read(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf functions CLEANUP(buf_release) = BUF_INIT;
	struct buf sums CLEANUP(buf_release) = BUF_INIT;

	check_update(nested("if_not_exists(b,", ":v", ")", 239, &functions), "{\"v\":1}", "{}",
		"{\"a\":1}");
	check_update(nested("(:v+", ":v", ")", 300, &sums), "{\"v\":1}", "{}", "{\"a\":301}");
}

static void hundreds_of_actions_find_their_attributes(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf expression CLEANUP(buf_release) = BUF_INIT;
	struct buf item CLEANUP(buf_release) = BUF_INIT;
	struct buf expected CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&expression, "ADD");
	for (int i = 0; i < 400; i++) {
		buf_appendf(&expression, "%s x%d :v", i ? "," : "", i * 7 % 400);
		buf_appendf(&item, "%s\"x%d\":%d", i ? "," : "{", i, i);
		buf_appendf(&expected, "%s\"x%d\":%d", i ? "," : "{", i, i + 1);
	}
	buf_append(&item, "}", 2);
	buf_append(&expected, "}", 2);
	check_update(buf_string(&expression), "{\"v\":1}", item.data, expected.data);
}

static void lists_are_not_copied_beyond_the_size_of_an_item(void)
{
	enum { ELEMENTS = 1000, ACTIONS = 150 };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf expression CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value *items = arena_alloc_array(&arena, ELEMENTS, sizeof(*items));
	struct member list = { SLICE("l"), { .type = VALUE_L, .elements = { items, ELEMENTS } } };
	const struct map item = { &list, 1 };
	struct map result;

	buf_append_string(&expression, "SET ");
	for (int i = 0; i < ACTIONS; i++) {
		buf_appendf(&expression, "%sx%d=list_append(l,l)", i ? "," : "", i);
		items[i].type = VALUE_NULL;
	}
	CHECK_INT(update_apply(parsed(buf_string(&expression), "{}", &arena), &item, &item, &arena,
			  &result, &err),
		-1);
	CHECK_ERROR(
		&err, ERROR_TOO_LARGE, "Item size to update has exceeded the maximum allowed size");
}

static const struct test_case cases[] = {
	{ "operands read the old item", operands_read_the_old_item },
	{ "attributes keep their places and new ones follow the actions",
		attributes_keep_their_places_and_new_ones_follow_the_actions },
	{ "nothing beside an edit is copied", nothing_beside_an_edit_is_copied },
	{ "elements set beyond the end follow in the order of their indexes",
		elements_set_beyond_the_end_follow_in_the_order_of_their_indexes },
	{ "elements are removed by their old indexes", elements_are_removed_by_their_old_indexes },
	{ "an edit reaches into lists within maps", an_edit_reaches_into_lists_within_maps },
	{ "a path without its parent is invalid", a_path_without_its_parent_is_invalid },
	{ "removing what is not there is nothing", removing_what_is_not_there_is_nothing },
	{ "a new item begins with its key", a_new_item_begins_with_its_key },
	{ "removing from no item is nothing, whatever the path",
		removing_from_no_item_is_nothing_whatever_the_path },
	{ "a missing operand is an error", a_missing_operand_is_an_error },
	{ "operands of the wrong type are an error", operands_of_the_wrong_type_are_an_error },
	{ "arithmetic is exact", arithmetic_is_exact },
	{ "lists are appended", lists_are_appended },
	{ "sets grow and shrink, and an empty one goes", sets_grow_and_shrink },
	{ "key attributes are not updated", key_attributes_are_not_updated },
	{ "only removals make no item", only_removals_make_no_item },
	{ "what was touched stands within its parents",
		what_was_touched_stands_within_its_parents },
	{ "an appended element is not touched, and a moved one is",
		an_appended_element_is_not_touched_and_a_moved_one_is },
	{ "faults of the whole come in the service's order",
		faults_of_the_whole_come_in_the_service_s_order },
	{ "nesting is bounded by what an expression can hold",
		nesting_is_bounded_by_what_an_expression_can_hold },
	{ "there are no more than 300 operators", there_are_no_more_than_300_operators },
	{ "the deepest valid nestings are read", the_deepest_valid_nestings_are_read },
	{ "lists are not copied beyond the size of an item",
		lists_are_not_copied_beyond_the_size_of_an_item },
	{ "hundreds of actions find their attributes", hundreds_of_actions_find_their_attributes },
};

TEST_MAIN(cases)
