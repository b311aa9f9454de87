/*
 * Literals of PartiQL as values: lists, maps, sets of strings or of numbers.
 *
 * The service names the place of a fault within a value, "under root.a[1]",
 * where the root is the attribute's value; so does this, from a chain of the
 * containers on the way down.
 */
#include "base/buf.h"
#include "expr/partiql_syntax.h"
#include "model/item.h"

/* One step from the root to a value; NULL is the root. */
struct place {
	const struct place *parent;
	struct slice name; /* absent: an element */
	size_t index;
	unsigned depth;
};

static void append_place(struct buf *buf, const struct place *place)
{
	if (!place) {
		buf_append_string(buf, "root");
		return;
	}
	append_place(buf, place->parent);
	if (slice_present(place->name))
		buf_appendf(buf, ".%.*s", SLICE_ARG(place->name));
	else
		buf_appendf(buf, "[%zu]", place->index);
}

static struct slice place_text(const struct partiql_context *context, const struct place *place)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	append_place(&text, place);
	return arena_copy(context->arena, buf_slice(&text));
}

struct slice partiql_node_name(const struct partiql_node *node)
{
	static const char *const names[] = {
		[PARTIQL_NODE_NAME] = "VariableReference",
		[PARTIQL_NODE_PATH] = "Path",
		[PARTIQL_NODE_WILDCARD] = "PathWildcard",
		[PARTIQL_NODE_UNPIVOT] = "PathUnpivot",
		[PARTIQL_NODE_STEP] = "Path",
		[PARTIQL_NODE_STRING] = "Literal",
		[PARTIQL_NODE_NUMBER] = "Literal",
		[PARTIQL_NODE_TRUE] = "Literal",
		[PARTIQL_NODE_FALSE] = "Literal",
		[PARTIQL_NODE_NULL] = "Literal",
		[PARTIQL_NODE_MISSING] = "LiteralMissing",
		[PARTIQL_NODE_PARAMETER] = "Parameter",
		[PARTIQL_NODE_LIST] = "Seq",
		[PARTIQL_NODE_BAG] = "Seq",
		[PARTIQL_NODE_STRUCT] = "Struct",
		[PARTIQL_NODE_CALL] = NULL,
		[PARTIQL_NODE_UNARY] = NULL,
		[PARTIQL_NODE_BINARY] = NULL,
		[PARTIQL_NODE_BETWEEN] = NULL,
		[PARTIQL_NODE_IS] = "IsType",
		[PARTIQL_NODE_STATEMENT] = "Select",
	};

	return names[node->kind] ? slice_from_string(names[node->kind]) : node->text;
}

bool partiql_is_value(const struct partiql_node *node)
{
	switch (node->kind) {
	case PARTIQL_NODE_STRING:
	case PARTIQL_NODE_NUMBER:
	case PARTIQL_NODE_TRUE:
	case PARTIQL_NODE_FALSE:
	case PARTIQL_NODE_NULL:
	case PARTIQL_NODE_PARAMETER:
	case PARTIQL_NODE_LIST:
	case PARTIQL_NODE_BAG:
	case PARTIQL_NODE_STRUCT:
		return true;
	case PARTIQL_NODE_NAME:
	case PARTIQL_NODE_PATH:
	case PARTIQL_NODE_WILDCARD:
	case PARTIQL_NODE_UNPIVOT:
	case PARTIQL_NODE_STEP:
	case PARTIQL_NODE_MISSING:
	case PARTIQL_NODE_CALL:
	case PARTIQL_NODE_UNARY:
	case PARTIQL_NODE_BINARY:
	case PARTIQL_NODE_BETWEEN:
	case PARTIQL_NODE_IS:
	case PARTIQL_NODE_STATEMENT:
		break;
	}
	return false;
}

static int unsupported_type(const struct partiql_context *context, const struct partiql_node *node,
	const struct place *place, struct error *err)
{
	struct slice name = partiql_node_name(node), path = place_text(context, place);

	return partiql_error_at(node->token, err, "Unsupported data type: %.*s under key %.*s",
		SLICE_ARG(name), SLICE_ARG(path));
}

/* As written, without a point that no digit follows. */
static struct slice number_text(
	const struct partiql_context *context, const struct partiql_node *node)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct slice written = node->text;

	if (node->negative)
		buf_append_char(&text, '-');
	for (size_t i = 0; i < written.len; i++) {
		char next = i + 1 < written.len ? written.data[i + 1] : '\0';

		if (written.data[i] != '.' || (next >= '0' && next <= '9'))
			buf_append_char(&text, written.data[i]);
	}
	return arena_copy(context->arena, buf_slice(&text));
}

static int read_number(const struct partiql_context *context, const struct partiql_node *node,
	const struct place *place, struct value *ret, struct error *err)
{
	struct error cause CLEANUP(error_release) = ERROR_INIT;
	struct slice path;

	ret->type = VALUE_N;
	if (number_parse(number_text(context, node), &ret->number, &cause) == 0)
		return 0;
	path = place_text(context, place);
	return error_set(err, ERROR_VALIDATION, "%s under %.*s", cause.message, SLICE_ARG(path));
}

static int read_value(const struct partiql_context *context, const struct partiql_node *node,
	const struct place *place, struct value *ret, struct error *err);

static int read_list(const struct partiql_context *context, const struct partiql_node *node,
	const struct place *place, struct value *ret, struct error *err)
{
	struct value *items = arena_alloc_array(context->arena, node->count, sizeof(*items));

	for (size_t i = 0; i < node->count; i++) {
		struct place element = { place, { NULL, 0 }, i, place ? place->depth + 1 : 1 };

		TRY(read_value(context, node->children[i], &element, &items[i], err));
	}
	*ret = (struct value){ .type = VALUE_L, .elements = { items, node->count } };
	return 0;
}

static int check_name(const struct partiql_context *context, const struct partiql_node *node,
	const struct member *members, size_t count, const struct place *place, struct error *err)
{
	struct slice path;

	if (node->kind != PARTIQL_NODE_STRING) {
		struct slice name = partiql_node_name(node);

		path = place_text(context, place);
		return partiql_error_at(node->token, err,
			"Tuple keys must be of type String. Actual type: %.*s under %.*s",
			SLICE_ARG(name), SLICE_ARG(path));
	}
	for (size_t i = 0; i < count; i++) {
		if (!slice_equal(members[i].name, node->text))
			continue;
		path = place_text(context, place);
		return partiql_error_at(node->token, err,
			"Duplicate keys in tuple. Key: %.*s under %.*s", SLICE_ARG(node->text),
			SLICE_ARG(path));
	}
	return 0;
}

static int read_struct(const struct partiql_context *context, const struct partiql_node *node,
	const struct place *place, struct value *ret, struct error *err)
{
	size_t count = node->count / 2;
	struct member *members = arena_alloc_array(context->arena, count, sizeof(*members));

	for (size_t i = 0; i < count; i++) {
		const struct partiql_node *name = node->children[2 * i];
		struct place member = { place, name->text, 0, place ? place->depth + 1 : 1 };

		TRY(check_name(context, name, members, i, place, err));
		members[i].name = name->text;
		TRY(read_value(
			context, node->children[2 * i + 1], &member, &members[i].value, err));
	}
	*ret = (struct value){ .type = VALUE_M, .map = { members, count } };
	return 0;
}

static int duplicates_error(const struct partiql_context *context, const struct partiql_node *bag,
	const struct place *place, struct error *err)
{
	bool numbers = bag->children[0]->kind == PARTIQL_NODE_NUMBER;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < bag->count; i++) {
		const struct partiql_node *node = bag->children[i];

		buf_append_string(&text, i ? ", " : "");
		buf_append_slice(&text, numbers ? number_text(context, node) : node->text);
	}
	buf_append_string(
		&text, numbers ? "] contains duplicates! under " : "] contains duplicates.");
	if (numbers)
		append_place(&text, place);
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Input collection [%s",
		buf_string(&text));
}

/* bag = "<<" strings or numbers ">>", which is a set. */
static int read_bag(const struct partiql_context *context, const struct partiql_node *node,
	const struct place *place, struct value *ret, struct error *err)
{
	struct value *items = arena_alloc_array(context->arena, node->count, sizeof(*items));

	if (!node->count)
		return error_set(err, ERROR_VALIDATION, "Empty bags are not supported");
	for (size_t i = 0; i < node->count; i++) {
		const struct partiql_node *child = node->children[i];

		if ((child->kind != PARTIQL_NODE_STRING && child->kind != PARTIQL_NODE_NUMBER) ||
			child->kind != node->children[0]->kind)
			return error_set(err, ERROR_VALIDATION,
				"Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags");
		TRY(read_value(context, child, place, &items[i], err));
	}
	for (size_t i = 1; i < node->count; i++)
		for (size_t j = 0; j < i; j++)
			if (value_equal(&items[i], &items[j]))
				return duplicates_error(context, node, place, err);
	*ret = (struct value){
		.type = items[0].type == VALUE_S ? VALUE_SS : VALUE_NS,
		.elements = { items, node->count },
	};
	return 0;
}

static int read_value(const struct partiql_context *context, const struct partiql_node *node,
	const struct place *place, struct value *ret, struct error *err)
{
	if (place && place->depth >= ITEM_NESTING_MAX) {
		struct slice path = place_text(context, place);

		return error_set(err, ERROR_VALIDATION,
			"Nesting Levels have exceeded supported limits under %.*s",
			SLICE_ARG(path));
	}
	switch (node->kind) {
	case PARTIQL_NODE_STRING:
		*ret = (struct value){ .type = VALUE_S, .bytes = node->text };
		return 0;
	case PARTIQL_NODE_NUMBER:
		return read_number(context, node, place, ret, err);
	case PARTIQL_NODE_TRUE:
	case PARTIQL_NODE_FALSE:
		*ret = (struct value){ .type = VALUE_BOOL,
			.boolean = node->kind == PARTIQL_NODE_TRUE };
		return 0;
	case PARTIQL_NODE_NULL:
		*ret = (struct value){ .type = VALUE_NULL };
		return 0;
	case PARTIQL_NODE_LIST:
		return read_list(context, node, place, ret, err);
	case PARTIQL_NODE_BAG:
		return read_bag(context, node, place, ret, err);
	case PARTIQL_NODE_STRUCT:
		return read_struct(context, node, place, ret, err);
	case PARTIQL_NODE_PARAMETER:
	case PARTIQL_NODE_NAME:
	case PARTIQL_NODE_PATH:
	case PARTIQL_NODE_WILDCARD:
	case PARTIQL_NODE_UNPIVOT:
	case PARTIQL_NODE_STEP:
	case PARTIQL_NODE_MISSING:
	case PARTIQL_NODE_CALL:
	case PARTIQL_NODE_UNARY:
	case PARTIQL_NODE_BINARY:
	case PARTIQL_NODE_BETWEEN:
	case PARTIQL_NODE_IS:
	case PARTIQL_NODE_STATEMENT:
		break;
	}
	return unsupported_type(context, node, place, err);
}

int partiql_value(const struct partiql_context *context, const struct partiql_node *node,
	const struct value **ret, struct error *err)
{
	struct value *value;

	if (node->kind == PARTIQL_NODE_PARAMETER) {
		*ret = &context->parameters[node->index];
		return 0;
	}
	value = arena_alloc_zero(context->arena, sizeof(*value));
	TRY(read_value(context, node, NULL, value, err));
	*ret = value;
	return 0;
}

int partiql_item(const struct partiql_context *context, const struct partiql_node *node,
	struct map *ret, struct error *err)
{
	size_t count = node->count / 2;
	struct member *members = arena_alloc_array(context->arena, count, sizeof(*members));

	for (size_t i = 0; i < count; i++) {
		const struct partiql_node *name = node->children[2 * i];
		const struct value *value;

		TRY(check_name(context, name, members, i, NULL, err));
		TRY(partiql_value(context, node->children[2 * i + 1], &value, err));
		members[i] = (struct member){ name->text, *value };
	}
	*ret = (struct map){ members, count };
	return 0;
}
