#include "expr/document_path.h"

#include "base/memory.h"

#include <stdlib.h>

struct document_path document_path_of_name(struct slice name, struct arena *arena)
{
	struct document_path_step *step = arena_alloc(arena, sizeof(*step));

	*step = (struct document_path_step){ .name = name };
	return (struct document_path){ step, 1 };
}

static const struct value *find_step(
	const struct document_path_step *step, const struct value *value)
{
	if (step->is_index)
		return value->type == VALUE_L && step->index < value->elements.count
			       ? &value->elements.items[step->index]
			       : NULL;
	return value->type == VALUE_M ? map_find(&value->map, step->name) : NULL;
}

const struct value *document_path_find(const struct document_path *path, const struct map *item)
{
	const struct value *value = item ? map_find(item, path->steps[0].name) : NULL;

	for (size_t i = 1; value && i < path->count; i++)
		value = find_step(&path->steps[i], value);
	return value;
}

static bool step_equal(const struct document_path_step *a, const struct document_path_step *b)
{
	if (a->is_index != b->is_index)
		return false;
	return a->is_index ? a->index == b->index : slice_equal(a->name, b->name);
}

/* How many steps both begin with. */
static size_t common_steps(const struct document_path *a, const struct document_path *b)
{
	size_t i = 0;

	while (i < a->count && i < b->count && step_equal(&a->steps[i], &b->steps[i]))
		i++;
	return i;
}

bool document_path_equal(const struct document_path *a, const struct document_path *b)
{
	return a->count == b->count && common_steps(a, b) == a->count;
}

bool document_path_overlaps(const struct document_path *a, const struct document_path *b)
{
	size_t common = common_steps(a, b);

	return common == a->count || common == b->count;
}

bool document_path_conflicts(const struct document_path *a, const struct document_path *b)
{
	size_t common = common_steps(a, b);

	return common < a->count && common < b->count &&
	       a->steps[common].is_index != b->steps[common].is_index;
}

void document_path_append(struct buf *buf, const struct document_path *path)
{
	buf_append_char(buf, '[');
	for (size_t i = 0; i < path->count; i++) {
		const struct document_path_step *step = &path->steps[i];

		if (i)
			buf_append_string(buf, ", ");
		if (step->is_index)
			buf_appendf(buf, "[%u]", step->index);
		else
			buf_append_slice(buf, step->name);
	}
	buf_append_char(buf, ']');
}

static int overlap_error(enum expression_kind kind, const char *fault,
	const struct document_path *a, const struct document_path *b, struct error *err)
{
	CLEANUP(buf_release) struct buf one = BUF_INIT;
	CLEANUP(buf_release) struct buf two = BUF_INIT;

	document_path_append(&one, a);
	document_path_append(&two, b);
	return error_set(err, ERROR_VALIDATION,
		"Invalid %s: Two document paths %s with each other; must remove or rewrite one of "
		"these paths; path one: %s, path two: %s",
		expression_kind_name(kind), fault, buf_string(&one), buf_string(&two));
}

/* An order in which paths that begin alike are neighbours, indexes before
 * names, a path before what it begins. */
static int compare_steps(const struct document_path_step *a, const struct document_path_step *b)
{
	if (a->is_index != b->is_index)
		return a->is_index ? -1 : 1;
	if (a->is_index)
		return (a->index > b->index) - (a->index < b->index);
	return slice_compare(a->name, b->name);
}

static int compare_paths(const void *x, const void *y)
{
	const struct document_path *a = *(const struct document_path *const *)x;
	const struct document_path *b = *(const struct document_path *const *)y;
	size_t common = common_steps(a, b);

	if (common == a->count || common == b->count)
		return (a->count > b->count) - (a->count < b->count);
	return compare_steps(&a->steps[common], &b->steps[common]);
}

/* When any two paths overlap or conflict, two neighbours in that order do. */
static bool any_clash(const struct document_path *const *paths, size_t count)
{
	CLEANUP(cleanup_free)
	const struct document_path **sorted = memory_new(count * sizeof(*sorted));

	memcpy(sorted, paths, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_paths);
	for (size_t i = 1; i < count; i++)
		if (document_path_overlaps(sorted[i - 1], sorted[i]) ||
			document_path_conflicts(sorted[i - 1], sorted[i]))
			return true;
	return false;
}

static int check_pair(enum expression_kind kind, const struct document_path *a,
	const struct document_path *b, struct error *err)
{
	if (document_path_overlaps(a, b))
		return overlap_error(kind, "overlap", a, b, err);
	if (document_path_conflicts(a, b))
		return overlap_error(kind, "conflict", a, b, err);
	return 0;
}

int document_path_check_overlap(enum expression_kind kind, const struct document_path *const *paths,
	size_t count, struct error *err)
{
	if (count < 2 || !any_clash(paths, count))
		return 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			TRY(check_pair(kind, paths[i], paths[j], err));
	return 0;
}
