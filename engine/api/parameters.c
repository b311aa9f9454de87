#include "api/parameters.h"

#include "base/buf.h"

static bool any_given(const struct parameter *parameters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (parameters[i].given)
			return true;
	}
	return false;
}

static void append_given(struct buf *buf, const struct parameter *parameters, size_t count)
{
	const char *separator = "";

	buf_append_char(buf, '{');
	for (size_t i = 0; i < count; i++) {
		if (!parameters[i].given)
			continue;
		buf_appendf(buf, "%s%s", separator, parameters[i].name);
		separator = ", ";
	}
	buf_append_char(buf, '}');
}

int parameters_check_mix(const struct parameter *older, size_t older_count,
	const struct parameter *expressions, size_t expression_count, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (!any_given(older, older_count) || !any_given(expressions, expression_count))
		return 0;
	append_given(&text, older, older_count);
	buf_append_string(&text, " Expression parameters: ");
	append_given(&text, expressions, expression_count);
	return error_set(err, ERROR_VALIDATION,
		"Can not use both expression and non-expression parameters in the same request: "
		"Non-expression parameters: %s",
		buf_string(&text));
}

int parameters_check_names(const struct request_list *names, const struct parameter *expressions,
	size_t expression_count, struct error *err)
{
	const struct placeholders alone = {
		.names = names->present ? names->items : NULL,
		.name_count = names->count,
	};

	return placeholders_check(&alone, any_given(expressions, expression_count), NULL, err);
}

int parameters_check_values(const struct map *values, const struct parameter *users,
	size_t user_count, struct error *err)
{
	const struct placeholders alone = { .values = values };
	struct buf absent CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < user_count; i++)
		buf_appendf(&absent, "%s%s is null", i ? " and " : "", users[i].name);
	return placeholders_check(&alone, any_given(users, user_count), buf_string(&absent), err);
}

int parameters_check_operator(
	struct slice conditional_operator, const struct request_list *conditions, struct error *err)
{
	if (!slice_present(conditional_operator))
		return 0;
	if (!conditions->count)
		return error_set(err, ERROR_VALIDATION,
			"ConditionalOperator cannot be used without Filter or Expected");
	if (conditions->count == 1)
		return error_set(err, ERROR_VALIDATION,
			"ConditionalOperator can only be used when Filter or Expected has two or "
			"more elements");
	return 0;
}

struct legacy_condition *parameters_legacy(
	const struct request_list *conditions, struct arena *arena)
{
	const struct key_condition *in = conditions->items;
	struct legacy_condition *out = arena_alloc_array(arena, conditions->count, sizeof(*out));

	for (size_t i = 0; i < conditions->count; i++) {
		int comparison = enum_index(comparison_names, in[i].comparison_operator);

		out[i] = (struct legacy_condition){
			.attribute_name = in[i].attribute_name,
			.has_comparison = true,
			.comparison = (enum comparison)comparison,
			.has_values = in[i].attribute_value_list.present,
			.values = in[i].attribute_value_list.items,
			.value_count = in[i].attribute_value_list.count,
		};
	}
	return out;
}

static int compare_names(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

const struct slice *parameters_find_duplicate(struct slice *names, size_t count)
{
	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++) {
		if (slice_equal(names[i - 1], names[i]))
			return &names[i];
	}
	return NULL;
}

static int check_duplicates(
	const struct slice *names, size_t count, struct arena *arena, struct error *err)
{
	struct slice *sorted = arena_alloc_array(arena, count, sizeof(*sorted));
	const struct slice *duplicate;

	memcpy(sorted, names, count * sizeof(*sorted));
	duplicate = parameters_find_duplicate(sorted, count);
	if (!duplicate)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Duplicate value in attribute name: "
		"%.*s",
		SLICE_ARG(*duplicate));
}

int parameters_projection(const struct request_list *attributes_to_get, struct slice expression,
	struct placeholders *placeholders, struct arena *arena, const struct projection **ret,
	struct error *err)
{
	*ret = NULL;
	if (slice_present(expression))
		return projection_parse(expression, placeholders, arena, ret, err);
	if (!attributes_to_get->present)
		return 0;
	TRY(check_duplicates(attributes_to_get->items, attributes_to_get->count, arena, err));
	*ret = projection_of_names(attributes_to_get->items, attributes_to_get->count, arena);
	return 0;
}
