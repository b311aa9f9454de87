#include "api/arn.h"

#include "api/shapes.h"

struct slice arn_of_table(const struct engine *engine, struct slice table, struct arena *arena)
{
	return arena_printf(arena, "arn:aws:dynamodb:%.*s:%.*s:table/%.*s",
		SLICE_ARG(engine->region), SLICE_ARG(engine->account), SLICE_ARG(table));
}

struct slice arn_of_part(const struct engine *engine, struct slice table, const char *kind,
	struct slice name, struct arena *arena)
{
	return arena_printf(arena, "arn:aws:dynamodb:%.*s:%.*s:table/%.*s/%s/%.*s",
		SLICE_ARG(engine->region), SLICE_ARG(engine->account), SLICE_ARG(table), kind,
		SLICE_ARG(name));
}

/* Cuts off what stands before the separator, and the separator. */
static struct slice next_part(struct slice *rest, char separator)
{
	const char *at = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
	struct slice part = *rest;

	if (!at) {
		*rest = slice_skip(*rest, rest->len);
		return part;
	}
	part.len = (size_t)(at - rest->data);
	*rest = slice_skip(*rest, part.len + 1);
	return part;
}

struct arn {
	struct slice region, account, table;
};

static bool parse(struct slice text, struct arn *ret)
{
	struct slice prefix = SLICE("arn:aws:dynamodb:"), rest;

	if (!slice_starts_with(text, prefix))
		return false;
	rest = slice_skip(text, prefix.len);
	ret->region = next_part(&rest, ':');
	ret->account = next_part(&rest, ':');
	if (!slice_equal_string(next_part(&rest, '/'), "table"))
		return false;
	ret->table = next_part(&rest, '/');
	return known_name.matches(ret->table) && ret->table.len >= TABLE_NAME_MIN &&
	       ret->table.len <= TABLE_NAME_MAX;
}

struct slice arn_table_name(struct slice arn)
{
	struct arn parts = { 0 };

	parse(arn, &parts);
	return parts.table;
}

bool arn_split(const struct engine *engine, struct slice arn, const char *kind,
	struct slice *ret_table, struct slice *ret_name)
{
	struct slice prefix = SLICE("arn:aws:dynamodb:"), rest;

	if (!slice_starts_with(arn, prefix))
		return false;
	rest = slice_skip(arn, prefix.len);
	if (!slice_equal(next_part(&rest, ':'), engine->region) ||
		!slice_equal(next_part(&rest, ':'), engine->account) ||
		!slice_equal_string(next_part(&rest, '/'), "table"))
		return false;
	*ret_table = next_part(&rest, '/');
	if (!slice_equal_string(next_part(&rest, '/'), kind))
		return false;
	*ret_name = rest;
	return rest.len > 0;
}

static int take(const struct engine *engine, const struct request *request, struct slice arn,
	struct arn *ret, struct error *err)
{
	if (!parse(arn, ret))
		return error_set(err, ERROR_VALIDATION,
			"Invalid TableArn: Invalid ResourceArn provided as input %.*s",
			SLICE_ARG(arn));
	if (!slice_equal(ret->account, engine->account))
		return error_set(err, ERROR_ACCESS_DENIED,
			"User: arn:aws:iam::%.*s:root is not authorized to perform: dynamodb:%s on "
			"resource: %.*s",
			SLICE_ARG(engine->account), operations[request->operation].name,
			SLICE_ARG(arn));
	return 0;
}

int arn_check(const struct engine *engine, const struct request *request, struct slice arn,
	struct error *err)
{
	struct arn parts = { 0 };

	return take(engine, request, arn, &parts, err);
}

int arn_find_table(struct engine *engine, const struct request *request, struct slice arn,
	struct table **ret, struct error *err)
{
	struct arn parts = { 0 };
	int r;

	TRY(take(engine, request, arn, &parts, err));
	r = slice_equal(parts.region, engine->region)
		    ? table_find(engine->store, parts.table, ret, err)
		    : TABLE_ABSENT;
	if (r == TABLE_ABSENT)
		return error_set(err, ERROR_TABLE_NOT_FOUND,
			"Requested resource not found: ResourcArn: %.*s not found", SLICE_ARG(arn));
	return r;
}
