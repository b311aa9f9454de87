#include "api/policy_pattern.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* What stands between "${" and "}" at the start of the text. */
static int read_variable(struct slice text, pattern_variable *find, uint16_t *ret, size_t *ret_len,
	struct error *err)
{
	const char *end = memchr(text.data, '}', text.len);
	struct slice name;
	int number;

	if (!end)
		return error_set(err, ERROR_VALIDATION, "has ${ without }");
	name = slice_of(text.data + 2, (size_t)(end - text.data) - 2);
	*ret_len = name.len + 3;
	if (name.len == 1 && strchr("*?$", name.data[0])) {
		*ret = (unsigned char)name.data[0];
		return 0;
	}
	number = find(name);
	if (number < 0)
		return error_set(err, ERROR_VALIDATION, "has ${%.*s}, which is not known here",
			SLICE_ARG(name));
	*ret = (uint16_t)(PATTERN_VARIABLE + number);
	return 0;
}

static uint16_t unit_of(char c, unsigned syntax)
{
	if (syntax & PATTERN_WILDCARDS && c == '*')
		return PATTERN_ANY;
	if (syntax & PATTERN_WILDCARDS && c == '?')
		return PATTERN_ONE;
	return (unsigned char)c;
}

int pattern_compile(struct slice text, unsigned syntax, pattern_variable *find, struct arena *arena,
	struct pattern *ret, struct error *err)
{
	uint16_t *units = arena_alloc_array(arena, text.len + 1, sizeof(*units));
	struct pattern pattern = { .units = units };

	while (text.len) {
		size_t len = 1;
		uint16_t unit = unit_of(text.data[0], syntax);

		if (syntax & PATTERN_VARIABLES && slice_starts_with(text, SLICE("${")))
			TRY(read_variable(text, find, &unit, &len, err));
		pattern.has_variables |= unit >= PATTERN_VARIABLE;
		units[pattern.count++] = unit;
		text = slice_skip(text, len);
	}
	*ret = pattern;
	return 0;
}

/* Its length when the variables have their values; false when one has none. */
static bool measure(const struct pattern *pattern, const struct slice *values, size_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < pattern->count; i++) {
		uint16_t unit = pattern->units[i];

		if (unit >= PATTERN_VARIABLE && !slice_present(values[unit - PATTERN_VARIABLE]))
			return false;
		*ret += unit >= PATTERN_VARIABLE ? values[unit - PATTERN_VARIABLE].len : 1;
	}
	return true;
}

bool pattern_expand(const struct pattern *pattern, const struct slice *values, struct arena *arena,
	struct pattern *ret)
{
	uint16_t *units;
	size_t count;

	*ret = *pattern;
	if (!pattern->has_variables)
		return true;
	if (!measure(pattern, values, &count))
		return false;
	units = arena_alloc_array(arena, count, sizeof(*units));
	*ret = (struct pattern){ .units = units, .count = count };
	for (size_t i = 0; i < pattern->count; i++) {
		uint16_t unit = pattern->units[i];
		struct slice value = slice_of("", 0);

		if (unit >= PATTERN_VARIABLE)
			value = values[unit - PATTERN_VARIABLE];
		else
			*units++ = unit;
		for (size_t j = 0; j < value.len; j++)
			*units++ = (unsigned char)value.data[j];
	}
	return true;
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static bool unit_matches(uint16_t unit, char c, bool ignore_case)
{
	unsigned char byte = (unsigned char)c;

	if (unit == PATTERN_ONE)
		return true;
	if (unit > 255)
		return false;
	return ignore_case ? lower((unsigned char)unit) == lower(byte) : unit == byte;
}

/* The length of what one unit takes: of PATTERN_ONE a whole character. */
static size_t taken(uint16_t unit, struct slice text, size_t at)
{
	size_t len = 1;

	while (unit == PATTERN_ONE && at + len < text.len && is_continuation(text.data[at + len]))
		len++;
	return len;
}

/* What follows the last * is tried at each place in turn: an earlier one need not
 * be tried again, as it takes no more than it must. */
bool pattern_matches(const struct pattern *pattern, struct slice text, bool ignore_case)
{
	const uint16_t *units = pattern->units;
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < text.len) {
		if (p < pattern->count && units[p] == PATTERN_ANY) {
			star = p++;
			resume = t;
		} else if (p < pattern->count &&
			   unit_matches(units[p], text.data[t], ignore_case)) {
			t += taken(units[p++], text, t);
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern->count && units[p] == PATTERN_ANY)
		p++;
	return p == pattern->count;
}

bool pattern_is_any(const struct pattern *pattern)
{
	for (size_t i = 0; i < pattern->count; i++) {
		if (pattern->units[i] != PATTERN_ANY)
			return false;
	}
	return pattern->count > 0;
}
