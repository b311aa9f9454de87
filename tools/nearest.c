#include "nearest.h"

#include "base/cleanup.h"
#include "base/memory.h"

#include <ctype.h>
#include <string.h>

#define NEAR          3 /* letters that differ */
#define NEAREST_COUNT 3

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be put in, left out or changed to make one of the
 * other, upper and lower case alike. Levenshtein's distance. */
static size_t distance(const char *a, const char *b)
{
	size_t width = strlen(b) + 1;
	size_t *row CLEANUP(cleanup_free) = memory_new(width * sizeof(*row));

	for (size_t j = 0; j < width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j < width; j++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);
			size_t changed = diagonal + !same;

			diagonal = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[width - 1];
}

/* Whether the name may be the beginning of a longer one, when it is long enough to
 * tell. */
static bool may_begin(const char *name, const char *candidate)
{
	char *beginning CLEANUP(cleanup_free) = NULL;

	if (strlen(name) <= 2 * NEAR || strlen(name) >= strlen(candidate))
		return false;
	beginning = memory_copy_string(candidate, strlen(name));
	return distance(name, beginning) <= NEAR;
}

static bool is_near(const char *name, const char *candidate)
{
	return distance(name, candidate) <= NEAR || may_begin(name, candidate) ||
	       (strlen(name) >= NEAR && strcasestr(candidate, name));
}

/* The one that takes the fewest changes, if these leave half of it; or NULL. */
static const char *find_likest(const char *name, nearest_names *names)
{
	const char *candidate, *likest = NULL;
	size_t fewest = 0;

	for (size_t at = 0; (candidate = names(at)); at++) {
		size_t changes = distance(name, candidate);

		if (!*candidate || 2 * changes > strlen(candidate) || (likest && changes >= fewest))
			continue;
		likest = candidate;
		fewest = changes;
	}
	return likest;
}

void nearest_append(const char *name, nearest_names *names, struct buf *buf)
{
	const char *candidate, *likest;
	size_t count = 0;

	for (size_t at = 0; count < NEAREST_COUNT && (candidate = names(at)); at++) {
		if (!*candidate || strlen(name) > 2 * strlen(candidate) ||
			!is_near(name, candidate))
			continue;
		buf_appendf(buf, "%s%s", count ? " or " : "; did you mean ", candidate);
		count++;
	}
	likest = count ? NULL : find_likest(name, names);
	if (likest)
		buf_appendf(buf, "; did you mean %s", likest);
	if (count || likest)
		buf_append_char(buf, '?');
}
