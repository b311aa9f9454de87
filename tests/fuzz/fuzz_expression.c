/*
 * Text that is read as an expression of each kind, over one item that has every
 * type. What is refused is the sender's fault. A condition that is accepted
 * holds exactly when its negation does not; a projection never gives what the
 * item lacks; an update gives the same item twice.
 */
#include "expr/key_condition.h"
#include "expr/projection.h"
#include "expr/update.h"
#include "model/typed.h"

#include "fuzz.h"

static const char item_text[] =
	"{\"a\":{\"M\":{\"b\":{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"},{\"M\":{\"c\":{\"N\":\"5\"}}}]}}},"
	"\"b\":{\"S\":\"abc\"},\"c\":{\"N\":\"10\"},\"d\":{\"SS\":[\"a\",\"b\"]},"
	"\"e\":{\"NS\":[\"1\",\"2.5\"]},\"f\":{\"B\":\"YWJj\"},\"g\":{\"BOOL\":true},"
	"\"h\":{\"NULL\":true},\"l\":{\"L\":[{\"N\":\"1\"},{\"N\":\"2\"}]}}";
static const char values_text[] =
	"{\":s\":{\"S\":\"abc\"},\":n\":{\"N\":\"1\"},\":m\":{\"N\":\"2\"},\":t\":{\"S\":\"N\"},"
	"\":ss\":{\"SS\":[\"a\"]},\":ns\":{\"NS\":[\"1\"]},\":l\":{\"L\":[{\"N\":\"1\"}]},"
	"\":b\":{\"B\":\"YQ==\"},\":z\":{\"NULL\":true}}";
static const struct name_placeholder names[] = {
	{ SLICE("#a"), SLICE("a") },
	{ SLICE("#b"), SLICE("b") },
	{ SLICE("#d"), SLICE("a.b") },
};
static const struct key_layout layout = {
	.partition = { { SLICE("b"), VALUE_S } },
	.partition_count = 1,
	.sort = { { SLICE("c"), VALUE_N } },
	.sort_count = 1,
};

/* Read once and kept: what expressions stand over. */
static struct map item, values;

static void read_map(const char *text, struct arena *arena, struct map *ret)
{
	CLEANUP(json_document_release) struct json_document document = { 0 };
	CLEANUP(error_release) struct error err = ERROR_INIT;

	HOLDS(json_parse(slice_from_string(text), &document, &err) == 0);
	HOLDS(typed_read_map(&document, document.root, arena, ret, &err) == 0);
}

static void prepare(void)
{
	static struct arena kept;

	if (item.count)
		return;
	arena_init(&kept);
	read_map(values_text, &kept, &values);
	read_map(item_text, &kept, &item);
}

static struct placeholders *new_placeholders(struct arena *arena)
{
	struct placeholders *placeholders = arena_alloc(arena, sizeof(*placeholders));

	placeholders_init(placeholders, names, ARRAY_SIZE(names), &values, arena);
	return placeholders;
}

/* Whether it went well; when not, that it was told as it should be. */
static bool accepted(int result, const struct error *err)
{
	HOLDS(result == 0 || err->class == ERROR_VALIDATION);
	return result == 0;
}

static const struct condition *parse_condition(struct slice text, struct arena *arena)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct condition *condition;
	int r = condition_parse(
		EXPRESSION_FILTER, text, new_placeholders(arena), arena, &condition, &err);

	return accepted(r, &err) ? condition : NULL;
}

static void check_condition(struct slice text, struct arena *arena)
{
	const struct condition *condition = parse_condition(text, arena);
	struct slice negation = arena_printf(arena, "NOT (%.*s)", SLICE_ARG(text));
	const struct condition *negated;

	if (!condition)
		return;
	negated = parse_condition(negation, arena);
	if (!negated) /* parentheses that are one pair too many, an operator or bytes */
		return;
	HOLDS(condition_holds(negated, &item) != condition_holds(condition, &item));
	HOLDS(condition_holds(negated, NULL) != condition_holds(condition, NULL));
}

static void check_key_condition(struct slice text, struct arena *arena)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct key_query query;
	struct key_terms terms;
	int r = key_condition_parse(text, new_placeholders(arena), arena, &terms, &err);

	if (!accepted(r, &err))
		return;
	r = key_query_resolve(&terms, &layout, &query, &err);
	if (accepted(r, &err))
		HOLDS(query.partition[0].type == VALUE_S &&
			query.sort_equal_count + query.has_range <= 1);
}

static void check_projection(struct slice text, struct arena *arena)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct projection *projection;
	struct map chosen;
	int r = projection_parse(text, new_placeholders(arena), arena, &projection, &err);

	if (!accepted(r, &err))
		return;
	projection_apply(projection, &item, arena, &chosen);
	for (size_t i = 0; i < chosen.count; i++) {
		const struct value *whole = map_find(&item, chosen.members[i].name);

		HOLDS(whole && whole->type == chosen.members[i].value.type);
	}
}

static void check_update(struct slice text, struct arena *arena)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct map no_key = { NULL, 0 };
	const struct update *update;
	struct map first, second;
	int r = update_parse(text, new_placeholders(arena), arena, &update, &err);

	if (!accepted(r, &err))
		return;
	r = update_apply(update, &item, &no_key, arena, &first, &err);
	if (!accepted(r, &err))
		return;
	HOLDS(update_apply(update, &item, &no_key, arena, &second, &err) == 0);
	HOLDS(map_equal(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct slice text = { (const char *)data, size };

	prepare();
	check_condition(text, &arena);
	check_key_condition(text, &arena);
	check_projection(text, &arena);
	check_update(text, &arena);
	return 0;
}
