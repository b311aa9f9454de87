#include "expr/placeholders.h"

#include "base/buf.h"
#include "model/item.h"

#include <stdlib.h>

#define TOKEN_LENGTH_MAX 255 /* bytes of #name and :value */
#define TOTAL_SIZE_MAX   (2 * 1024 * 1024) /* bytes of a parameter */

static const char *const kind_names[] = {
	[EXPRESSION_CONDITION] = "ConditionExpression",
	[EXPRESSION_FILTER] = "FilterExpression",
	[EXPRESSION_KEY_CONDITION] = "KeyConditionExpression",
	[EXPRESSION_PROJECTION] = "ProjectionExpression",
	[EXPRESSION_UPDATE] = "UpdateExpression",
	[EXPRESSION_QUESTION] = "condition",
};
_Static_assert(ARRAY_SIZE(kind_names) == EXPRESSION_KIND_COUNT, "a name for each kind");

/* The two parameters, and what differs between them. */
struct parameter {
	const char *name;
	char sigil;
	bool tells_size; /* of an over-long token */
};

static const struct parameter names_parameter = {
	.name = "ExpressionAttributeNames",
	.sigil = '#',
	.tells_size = true,
};

static const struct parameter values_parameter = {
	.name = "ExpressionAttributeValues",
	.sigil = ':',
};

const char *expression_kind_name(enum expression_kind kind)
{
	return kind_names[kind];
}

static int compare_tokens(const void *a, const void *b)
{
	const struct placeholder *x = a, *y = b;

	return slice_compare(x->token, y->token);
}

static struct placeholder *token_find(struct placeholder *tokens, size_t count, struct slice token)
{
	struct placeholder wanted = { .token = token };

	return count ? bsearch(&wanted, tokens, count, sizeof(*tokens), compare_tokens) : NULL;
}

static size_t value_count(const struct placeholders *placeholders)
{
	return placeholders->values ? placeholders->values->count : 0;
}

static struct placeholder *names_index(
	const struct name_placeholder *names, size_t count, struct arena *arena)
{
	struct placeholder *tokens = arena_alloc_array(arena, count, sizeof(*tokens));

	for (size_t i = 0; i < count; i++)
		tokens[i] = (struct placeholder){ names[i].placeholder, i, false };
	qsort(tokens, count, sizeof(*tokens), compare_tokens);
	return tokens;
}

static struct placeholder *values_index(const struct map *values, struct arena *arena)
{
	struct placeholder *tokens = arena_alloc_array(arena, values->count, sizeof(*tokens));

	for (size_t i = 0; i < values->count; i++)
		tokens[i] = (struct placeholder){ values->members[i].name, i, false };
	qsort(tokens, values->count, sizeof(*tokens), compare_tokens);
	return tokens;
}

void placeholders_init(struct placeholders *placeholders, const struct name_placeholder *names,
	size_t name_count, const struct map *values, struct arena *arena)
{
	*placeholders = (struct placeholders){
		.names = names,
		.name_count = names ? name_count : 0,
		.values = values,
	};
	if (placeholders->name_count)
		placeholders->name_tokens = names_index(names, name_count, arena);
	if (value_count(placeholders))
		placeholders->value_tokens = values_index(values, arena);
}

static bool is_word(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_'))
			return false;
	}
	return text.len > 0;
}

static int too_long(const struct parameter *parameter, size_t len, struct error *err)
{
	static const char text[] = "contains invalid key: The expression attribute map contains a "
				   "key that is too long;";

	if (!parameter->tells_size)
		return error_set(err, ERROR_VALIDATION, "%s %s", parameter->name, text);
	return error_set(
		err, ERROR_VALIDATION, "%s %s size of key: %zu", parameter->name, text, len);
}

static int check_token(const struct parameter *parameter, struct slice token, struct error *err)
{
	if (!token.len)
		return error_set(err, ERROR_VALIDATION,
			"%s contains invalid key: The expression attribute map contains an empty "
			"key;",
			parameter->name);
	if (token.len > TOKEN_LENGTH_MAX)
		return too_long(parameter, token.len, err);
	if (token.data[0] != parameter->sigil || !is_word(slice_skip(token, 1)))
		return error_set(err, ERROR_VALIDATION,
			"%s contains invalid key: Syntax error; key: \"%.*s\"", parameter->name,
			SLICE_ARG(token));
	return 0;
}

static int check_name(const struct name_placeholder *name, struct error *err)
{
	if (!name->name.len)
		return error_set(err, ERROR_VALIDATION,
			"ExpressionAttributeNames contains invalid value: Empty attribute name for "
			"key %.*s",
			SLICE_ARG(name->placeholder));
	if (name->name.len > ITEM_NAME_MAX)
		return error_set(err, ERROR_VALIDATION,
			"ExpressionAttributeNames contains invalid value: Attribute name is too "
			"large, must be less than 65536 bytes for key %.*s",
			SLICE_ARG(name->placeholder));
	return 0;
}

/* What holds for an attribute's value, except that it may be larger. */
static int check_value(const struct member *value, struct error *err)
{
	CLEANUP(error_release) struct error fault = ERROR_INIT;

	if (item_validate(&(struct map){ value, 1 }, &fault) == 0 || fault.class == ERROR_TOO_LARGE)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"ExpressionAttributeValues contains invalid value: %s for key %.*s", fault.message,
		SLICE_ARG(value->name));
}

static int check_total(const struct parameter *parameter, size_t size, struct error *err)
{
	if (size > TOTAL_SIZE_MAX)
		return error_set(err, ERROR_VALIDATION, "%s exceeds max size", parameter->name);
	return 0;
}

static int check_names(const struct placeholders *placeholders, struct error *err)
{
	size_t size = 0;

	if (!placeholders->name_count)
		return error_set(
			err, ERROR_VALIDATION, "ExpressionAttributeNames must not be empty");
	for (size_t i = 0; i < placeholders->name_count; i++) {
		const struct name_placeholder *name = &placeholders->names[i];

		TRY(check_token(&names_parameter, name->placeholder, err));
		TRY(check_name(name, err));
		size += name->placeholder.len + name->name.len;
	}
	return check_total(&names_parameter, size, err);
}

static int check_values(const struct map *values, struct error *err)
{
	if (!values->count)
		return error_set(
			err, ERROR_VALIDATION, "ExpressionAttributeValues must not be empty");
	for (size_t i = 0; i < values->count; i++)
		TRY(check_token(&values_parameter, values->members[i].name, err));
	for (size_t i = 0; i < values->count; i++)
		TRY(check_value(&values->members[i], err));
	return check_total(&values_parameter, item_size(values), err);
}

/* Without an expression there is nothing that could use them. */
static int check_absent(
	const struct placeholders *placeholders, const char *expressions, struct error *err)
{
	if (placeholders->names)
		return error_set(err, ERROR_VALIDATION,
			"ExpressionAttributeNames can only be specified when using expressions");
	if (placeholders->values)
		return error_set(err, ERROR_VALIDATION,
			"ExpressionAttributeValues can only be specified when using "
			"expressions%s%s",
			expressions ? ": " : "", expressions ? expressions : "");
	return 0;
}

int placeholders_check(const struct placeholders *placeholders, bool has_expressions,
	const char *expressions, struct error *err)
{
	if (!has_expressions)
		return check_absent(placeholders, expressions, err);
	if (placeholders->names)
		TRY(check_names(placeholders, err));
	if (placeholders->values)
		TRY(check_values(placeholders->values, err));
	return 0;
}

static int check_used(const struct parameter *parameter, const struct placeholder *tokens,
	size_t count, struct error *err)
{
	CLEANUP(buf_release) struct buf unused = BUF_INIT;

	for (size_t i = 0; i < count; i++)
		if (!tokens[i].used)
			buf_appendf(&unused, "%s%.*s", unused.len ? ", " : "",
				SLICE_ARG(tokens[i].token));
	if (!unused.len)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"Value provided in %s unused in expressions: keys: {%s}", parameter->name,
		buf_string(&unused));
}

int placeholders_check_used(const struct placeholders *placeholders, struct error *err)
{
	TRY(check_used(&names_parameter, placeholders->name_tokens, placeholders->name_count, err));
	return check_used(
		&values_parameter, placeholders->value_tokens, value_count(placeholders), err);
}

int placeholders_name(struct placeholders *placeholders, enum expression_kind kind,
	struct slice token, struct slice *ret, struct error *err)
{
	struct placeholder *found =
		token_find(placeholders->name_tokens, placeholders->name_count, token);

	if (!found)
		return error_set(err, ERROR_VALIDATION,
			"Invalid %s: An expression attribute name used in the document path is not "
			"defined; attribute name: %.*s",
			kind_names[kind], SLICE_ARG(token));
	found->used = true;
	*ret = placeholders->names[found->position].name;
	return 0;
}

int placeholders_value(struct placeholders *placeholders, enum expression_kind kind,
	struct slice token, const struct value **ret, struct error *err)
{
	struct placeholder *found =
		token_find(placeholders->value_tokens, value_count(placeholders), token);

	if (!found)
		return error_set(err, ERROR_VALIDATION,
			"Invalid %s: An expression attribute value used in expression is not "
			"defined; attribute value: %.*s",
			kind_names[kind], SLICE_ARG(token));
	found->used = true;
	*ret = &placeholders->values->members[found->position].value;
	return 0;
}
