/*
 * `.api`: a file for each operation of the table.
 */
#include "directory_operations.h"
#include "listing_private.h"

#include <errno.h>

#define MISTAKES_MAX 2 /* in a name that is guessed from what was typed */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters have to be put in, taken out or changed; case is none. */
static size_t name_distance(struct slice a, struct slice b, struct arena *arena)
{
	size_t *row = arena_alloc_array(arena, b.len + 1, sizeof(*row));

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);
			size_t above = row[j];

			row[j] = min_of(diagonal + !same, min_of(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[b.len];
}

static const struct operation *nearest_operation(struct slice name, struct arena *arena)
{
	const struct operation *nearest = NULL;
	size_t least = MISTAKES_MAX + 1;

	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		size_t distance;

		if (!operations[i].name)
			continue;
		distance = name_distance(name, slice_from_string(operations[i].name), arena);
		if (distance < least) {
			least = distance;
			nearest = &operations[i];
		}
	}
	return nearest;
}

/* Names that don't begin as an operation's are not told of, unless they are near
 * one: shells and editors look for many. */
static int not_an_operation(const struct finder *finder)
{
	const struct operation *meant = nearest_operation(finder->name, finder->arena);
	struct error err = ERROR_INIT;

	if (!meant && (finder->name.data[0] < 'A' || finder->name.data[0] > 'Z'))
		return -ENOENT;
	error_set(&err, ERROR_UNKNOWN_OPERATION, "there is no operation %.*s: %s%s%s",
		SLICE_ARG(finder->name), meant ? "is " : "ls .api lists those there are",
		meant ? meant->name : "", meant ? " meant?" : "");
	finder_fail(finder, &err);
	return -ENOENT;
}

static int find_operation(const struct finder *finder, struct directory_entry *ret)
{
	if (!operation_find(finder->name))
		return not_an_operation(finder);
	directory_identify(finder, NODE_OPERATION, (struct slice){ NULL, 0 }, ret);
	ret->timeout = DIRECTORY_TIMEOUT;
	return 0;
}

/* A position is the name last listed. */
static int list_operations(struct listing *listing, struct batch *batch,
	const struct node_view *view, struct slice after, struct error *err)
{
	const struct operation *operation =
		slice_present(after) ? operation_find(after) + 1 : operations;

	(void)listing;
	(void)view;
	(void)err;
	for (; operation < operations + OPERATION_COUNT && batch->count < BATCH_ENTRIES;
		operation++) {
		struct slice name = slice_from_string(operation->name);

		if (slice_present(name))
			listing_add(batch, NODE_OPERATION, name, name);
	}
	return 0;
}

const struct directory_operations api_directory = {
	.find = find_operation,
	.list = list_operations,
};
