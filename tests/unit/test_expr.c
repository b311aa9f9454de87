#undef NDEBUG
/*
 * Runs the cases of the files of tests/expr that are its arguments. A section
 * names the kind of expression, "[FilterExpression]", or "[Question]" for a
 * condition as people write it; under it stand cases of
 * three lines, a blank line between them:
 *
 *	the expression
 *	an item as typed JSON, or {"item": …, "names": {"#n": "name"}, "values": …}
 *	the result, or the error's message
 *
 * Absent members are absent parameters. The result of a condition is true or
 * false; of a projection or an update an item; of a key condition what it asks
 * of "key", which stands in the place of an item: [["pk:S"], ["sk:N"]]. Lines
 * with // at the start are comments.
 */
#include "expr/key_condition.h"
#include "expr/projection.h"
#include "expr/update.h"
#include "model/typed.h"
#include "test.h"

struct expr_case {
	char *lines[3]; /* without newline */
	unsigned line; /* of the first */
};

/* What the second line tells. */
struct expr_input {
	bool has_item;
	struct map item;
	struct placeholders placeholders;
	struct key_layout layout;
};

static int read_names(
	const json_t *node, struct arena *arena, struct name_placeholder **ret, size_t *ret_count)
{
	struct name_placeholder *names =
		arena_alloc_array(arena, json_object_size(node) + 1, sizeof(*names));
	size_t count = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)node, key, value) names[count++] = (struct name_placeholder){
		arena_copy(arena, slice_from_string(key)),
		arena_copy(arena, slice_from_string(json_string_value(value))),
	};
	*ret = names;
	*ret_count = count;
	return 0;
}

/* ["pk:S", …] */
static size_t read_attributes(
	const json_t *node, struct arena *arena, struct key_attribute *attributes)
{
	size_t count = json_array_size(node);

	for (size_t i = 0; i < count; i++) {
		struct slice text = arena_copy(
			arena, slice_from_string(json_string_value(json_array_get(node, i))));

		attributes[i].name = slice_of(text.data, text.len - 2);
		if (!value_type_parse(slice_skip(text, text.len - 1), &attributes[i].type))
			abort();
	}
	return count;
}

static int read_object(const struct json_document *document, struct arena *arena,
	struct expr_input *input, struct error *err)
{
	const json_t *item = json_object_get(document->root, "item");
	const json_t *names = json_object_get(document->root, "names");
	const json_t *values = json_object_get(document->root, "values");
	const json_t *key = json_object_get(document->root, "key");
	struct map *value_map = arena_alloc_zero(arena, sizeof(*value_map));
	struct name_placeholder *name_list = NULL;
	size_t name_count = 0;

	input->has_item = item;
	if (item)
		TRY(typed_read_map(document, item, arena, &input->item, err));
	if (names)
		TRY(read_names(names, arena, &name_list, &name_count));
	if (values)
		TRY(typed_read_map(document, values, arena, value_map, err));
	placeholders_init(
		&input->placeholders, name_list, name_count, values ? value_map : NULL, arena);
	input->layout.partition_count =
		read_attributes(json_array_get(key, 0), arena, input->layout.partition);
	input->layout.sort_count =
		read_attributes(json_array_get(key, 1), arena, input->layout.sort);
	return 0;
}

static bool is_object_of_parameters(const json_t *root)
{
	static const char *const members[] = { "item", "names", "values", "key" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (json_object_get(root, members[i]))
			return true;
	return json_object_size(root) == 0;
}

static int read_input(
	struct slice text, struct arena *arena, struct expr_input *input, struct error *err)
{
	CLEANUP(json_document_release) struct json_document document = { 0 };

	TRY(json_parse(text, &document, err));
	if (is_object_of_parameters(document.root))
		return read_object(&document, arena, input, err);
	input->has_item = true;
	placeholders_init(&input->placeholders, NULL, 0, NULL, arena);
	return typed_read_map(&document, document.root, arena, &input->item, err);
}

static int run_condition_of(enum expression_kind kind, struct slice text, struct expr_input *input,
	struct arena *arena, struct buf *result, struct error *err)
{
	const struct condition *condition;

	TRY(condition_parse(kind, text, &input->placeholders, arena, &condition, err));
	buf_append_string(result, condition_holds(condition, input->has_item ? &input->item : NULL)
					  ? "true"
					  : "false");
	return 0;
}

static int run_condition(struct slice text, struct expr_input *input, struct arena *arena,
	struct buf *result, struct error *err)
{
	return run_condition_of(EXPRESSION_CONDITION, text, input, arena, result, err);
}

static int run_filter(struct slice text, struct expr_input *input, struct arena *arena,
	struct buf *result, struct error *err)
{
	return run_condition_of(EXPRESSION_FILTER, text, input, arena, result, err);
}

static int run_question(struct slice text, struct expr_input *input, struct arena *arena,
	struct buf *result, struct error *err)
{
	return run_condition_of(EXPRESSION_QUESTION, text, input, arena, result, err);
}

static void append_comparison(
	struct buf *result, struct slice name, const char *comparison, const struct value *value)
{
	buf_appendf(result, "%s%.*s %s ", result->len ? ", " : "", SLICE_ARG(name), comparison);
	typed_append_value(result, value);
}

static void append_query(
	struct buf *result, const struct key_layout *layout, const struct key_query *query)
{
	static const char *const names[] = {
		[KEY_EQ] = "=",
		[KEY_LT] = "<",
		[KEY_LE] = "<=",
		[KEY_GT] = ">",
		[KEY_GE] = ">=",
		[KEY_BETWEEN] = "BETWEEN",
		[KEY_BEGINS_WITH] = "begins_with",
	};

	for (size_t i = 0; i < layout->partition_count; i++)
		append_comparison(result, layout->partition[i].name, "=", &query->partition[i]);
	for (size_t i = 0; i < query->sort_equal_count; i++)
		append_comparison(result, layout->sort[i].name, "=", &query->sort_equal[i]);
	if (query->has_range)
		append_comparison(result, layout->sort[query->sort_equal_count].name,
			names[query->range], &query->bounds[0]);
	if (query->has_range && query->range == KEY_BETWEEN) {
		buf_append_string(result, " AND ");
		typed_append_value(result, &query->bounds[1]);
	}
}

static int run_key_condition(struct slice text, struct expr_input *input, struct arena *arena,
	struct buf *result, struct error *err)
{
	struct key_query query;
	struct key_terms terms;

	TRY(key_condition_parse(text, &input->placeholders, arena, &terms, err));
	TRY(key_query_resolve(&terms, &input->layout, &query, err));
	append_query(result, &input->layout, &query);
	return 0;
}

static int run_projection(struct slice text, struct expr_input *input, struct arena *arena,
	struct buf *result, struct error *err)
{
	const struct projection *projection;
	struct map chosen;

	TRY(projection_parse(text, &input->placeholders, arena, &projection, err));
	projection_apply(projection, &input->item, arena, &chosen);
	typed_append_map(result, &chosen);
	return 0;
}

static int run_update(struct slice text, struct expr_input *input, struct arena *arena,
	struct buf *result, struct error *err)
{
	const struct map no_key = { NULL, 0 };
	const struct update *update;
	struct map updated;

	TRY(update_parse(text, &input->placeholders, arena, &update, err));
	TRY(update_apply(
		update, input->has_item ? &input->item : NULL, &no_key, arena, &updated, err));
	typed_append_map(result, &updated);
	return 0;
}

static const struct section {
	const char *name;
	int (*run)(struct slice text, struct expr_input *input, struct arena *arena,
		struct buf *result, struct error *err);
} sections[] = {
	{ "[ConditionExpression]", run_condition },
	{ "[FilterExpression]", run_filter },
	{ "[KeyConditionExpression]", run_key_condition },
	{ "[ProjectionExpression]", run_projection },
	{ "[Question]", run_question },
	{ "[UpdateExpression]", run_update },
};

static int evaluate(const struct section *section, const struct expr_case *test,
	struct arena *arena, struct buf *result, struct error *err)
{
	struct expr_input input = { 0 };

	TRY(read_input(slice_from_string(test->lines[1]), arena, &input, err));
	TRY(placeholders_check(&input.placeholders, true, NULL, err));
	TRY(section->run(slice_from_string(test->lines[0]), &input, arena, result, err));
	return placeholders_check_used(&input.placeholders, err);
}

/* Prints what differs; true when nothing does. */
static bool passes(const struct section *section, const struct expr_case *test)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf result = BUF_INIT;
	const char *actual = NULL;

	if (evaluate(section, test, &arena, &result, &err) < 0)
		actual = err.message;
	else
		actual = buf_string(&result);
	if (strcmp(actual, test->lines[2]) == 0)
		return true;
	printf("# is:     %s\n# not:    %s\n", actual, test->lines[2]);
	return false;
}

/* The next line that is not a comment, without its newline; NULL at the end. */
static char *next_line(FILE *file, unsigned *line)
{
	char *text = NULL;
	size_t size = 0;

	while (getline(&text, &size, file) >= 0) {
		++*line;
		text[strcspn(text, "\n")] = '\0';
		if (strncmp(text, "//", 2) != 0)
			return text;
	}
	free(text);
	return NULL;
}

static const struct section *find_section(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strcmp(sections[i].name, name) == 0)
			return &sections[i];
	return NULL;
}

struct totals {
	unsigned run, failed;
};

static void run_case(const char *path, const struct section *section, const struct expr_case *test,
	struct totals *totals)
{
	bool passed = section && test->lines[1] && test->lines[2] && passes(section, test);

	totals->run++;
	totals->failed += !passed;
	printf("%s %u - %s:%u: %s\n", passed ? "ok" : "not ok", totals->run, path, test->line,
		test->lines[0]);
	fflush(stdout);
}

static int run_file(const char *path, struct totals *totals)
{
	FILE *file = fopen(path, "re");
	const struct section *section = NULL;
	unsigned line = 0;
	char *first;

	if (!file) {
		printf("Bail out! %s cannot be read\n", path);
		return -1;
	}
	while ((first = next_line(file, &line))) {
		struct expr_case test = { { first, NULL, NULL }, line };

		if (first[0] == '[') {
			section = find_section(first);
		} else if (first[0]) {
			test.lines[1] = next_line(file, &line);
			test.lines[2] = next_line(file, &line);
			run_case(path, section, &test, totals);
		}
		for (size_t i = 0; i < ARRAY_SIZE(test.lines); i++)
			free(test.lines[i]);
	}
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	struct totals totals = { 0, 0 };

	for (int i = 1; i < argc; i++)
		if (run_file(argv[i], &totals) < 0)
			return EXIT_FAILURE;
	printf("1..%u\n", totals.run);
	return totals.failed || !totals.run ? EXIT_FAILURE : EXIT_SUCCESS;
}
