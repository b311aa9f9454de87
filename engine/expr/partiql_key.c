/* The one item that a WHERE clause names. */
#include "expr/partiql_private.h"

/* The terms that AND joins, from left to right. */
struct conjuncts {
	const struct condition *items[PARTIQL_CONJUNCTS_MAX];
	size_t count;
};

static void flatten(const struct condition *condition, struct conjuncts *ret)
{
	if (condition && condition->kind == CONDITION_AND) {
		flatten(condition->children[0], ret);
		flatten(condition->children[1], ret);
	} else if (condition) {
		ret->items[ret->count++] = condition;
	}
}

bool partiql_names_attribute(const struct operand *operand, struct slice name)
{
	return operand->kind == OPERAND_PATH && operand->path.count == 1 &&
	       slice_equal(document_path_root(&operand->path), name);
}

const struct value *partiql_equality(const struct condition *condition, struct slice name)
{
	if (condition->kind != CONDITION_COMPARE || condition->comparator != COMPARATOR_EQ)
		return NULL;
	for (size_t i = 0; i < 2; i++)
		if (partiql_names_attribute(condition->operands[i], name) &&
			condition->operands[!i]->kind == OPERAND_VALUE)
			return condition->operands[!i]->value;
	return NULL;
}

/* The value that it must have, by = or by IN with one value. */
static const struct value *single_value(const struct condition *condition, struct slice name)
{
	if (condition->kind == CONDITION_IN && condition->operand_count == 2 &&
		partiql_names_attribute(condition->operands[0], name) &&
		condition->operands[1]->kind == OPERAND_VALUE)
		return condition->operands[1]->value;
	return partiql_equality(condition, name);
}

/* The attributes of a key while they are looked for. */
struct finder {
	struct key_attribute attributes[2];
	struct member members[2];
	size_t count;
	bool found[2];
};

static struct finder finder_of(const struct key_schema *schema)
{
	struct finder finder = { .attributes = { schema->partition, schema->sort } };

	finder.count = 1 + key_schema_has_sort(schema);
	return finder;
}

/* The attribute whose equality it is; finder->count: of none. */
static size_t find_attribute(const struct finder *finder, const struct condition *condition,
	const struct value *(*value_of)(const struct condition *, struct slice),
	const struct value **ret)
{
	size_t i = 0;

	while (i < finder->count && !(*ret = value_of(condition, finder->attributes[i].name)))
		i++;
	return i;
}

static void finder_take(struct finder *finder, size_t i, const struct value *value)
{
	finder->members[i] = (struct member){ finder->attributes[i].name, *value };
	finder->found[i] = true;
}

static bool finder_complete(const struct finder *finder)
{
	return finder->found[0] && (finder->count == 1 || finder->found[1]);
}

static struct map finder_key(const struct finder *finder, struct arena *arena)
{
	struct member *members = arena_alloc_array(arena, finder->count, sizeof(*members));

	memcpy(members, finder->members, finder->count * sizeof(*members));
	return (struct map){ members, finder->count };
}

static const struct condition *join(
	struct arena *arena, const struct condition *left, const struct condition *right)
{
	return left ? condition_join(arena, CONDITION_AND, left, right) : right;
}

int partiql_find_key(const struct partiql_statement *statement, const struct key_schema *schema,
	struct arena *arena, struct partiql_key *ret, struct slice *ret_name)
{
	struct finder finder = finder_of(schema);
	struct conjuncts conjuncts = { .count = 0 };
	struct partiql_key key = { 0 };
	int result = 0;

	flatten(statement->where, &conjuncts);
	for (size_t c = 0; c < conjuncts.count; c++) {
		const struct value *value;
		size_t i = find_attribute(&finder, conjuncts.items[c], partiql_equality, &value);

		if (i < finder.count && !finder.found[i]) {
			finder_take(&finder, i, value);
		} else if (i == finder.count) {
			key.condition = join(arena, key.condition, conjuncts.items[c]);
		} else if (!value_equal(value, &finder.members[i].value)) {
			key.condition = join(arena, key.condition, conjuncts.items[c]);
			*ret_name = finder.attributes[i].name;
			result = PARTIQL_KEY_AMBIGUOUS;
		}
	}
	if (!finder_complete(&finder))
		return PARTIQL_KEY_INCOMPLETE;
	for (size_t i = 0; i < finder.count && !result; i++) {
		if (finder.members[i].value.type != finder.attributes[i].type) {
			*ret_name = finder.attributes[i].name;
			result = PARTIQL_KEY_MISMATCHED;
		}
	}
	key.key = finder_key(&finder, arena);
	*ret = key;
	return result;
}

int partiql_key(const struct partiql_statement *statement, const struct key_schema *schema,
	struct arena *arena, struct partiql_key *ret, struct error *err)
{
	struct slice name = { NULL, 0 };

	switch (partiql_find_key(statement, schema, arena, ret, &name)) {
	case PARTIQL_KEY_INCOMPLETE:
		return error_set(err, ERROR_VALIDATION,
			"Where clause does not contain a mandatory equality on all key attributes");
	case PARTIQL_KEY_AMBIGUOUS:
		return error_set(err, ERROR_VALIDATION,
			"Multiple conditions on same key %.*s. Only single item Update/Insert/Delete are supported",
			SLICE_ARG(name));
	case PARTIQL_KEY_MISMATCHED:
		return partiql_type_mismatch(name, err);
	default:
		return 0;
	}
}

int partiql_type_mismatch(struct slice name, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"Key attribute's data type should match its data type in table's schema: Key %.*s",
		SLICE_ARG(name));
}

bool partiql_reads_item(const struct partiql_statement *statement, const struct key_schema *schema,
	struct arena *arena, struct map *ret)
{
	struct finder finder = finder_of(schema);
	struct conjuncts conjuncts = { .count = 0 };

	flatten(statement->where, &conjuncts);
	for (size_t c = 0; c < conjuncts.count; c++) {
		const struct value *value;
		size_t i = find_attribute(&finder, conjuncts.items[c], single_value, &value);

		if (i == finder.count)
			return false;
		if (!finder.found[i])
			finder_take(&finder, i, value);
		else if (!value_equal(value, &finder.members[i].value))
			return false;
	}
	if (!finder_complete(&finder))
		return false;
	*ret = finder_key(&finder, arena);
	return true;
}
