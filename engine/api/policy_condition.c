/* Conditions of policies: keys, operators, and the values they compare. */
#include "policy_private.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>

enum key_type { KEY_TEXT, KEY_ARN, KEY_FLAG, KEY_ADDRESS };

static const struct key {
	const char *name; /* case does not matter */
	enum key_type type;
	bool has_several; /* values in one request */
	bool of_user; /* a variable may stand for it */
} keys[POLICY_KEY_COUNT] = {
	[POLICY_LEADING_KEYS] = { "dynamodb:LeadingKeys", .has_several = true },
	[POLICY_ATTRIBUTES] = { "dynamodb:Attributes", .has_several = true },
	[POLICY_SELECT] = { "dynamodb:Select" },
	[POLICY_RETURN_VALUES] = { "dynamodb:ReturnValues" },
	[POLICY_RETURN_CAPACITY] = { "dynamodb:ReturnConsumedCapacity" },
	[POLICY_ENCLOSING_OPERATION] = { "dynamodb:EnclosingOperation" },
	[POLICY_FULL_TABLE_SCAN] = { "dynamodb:FullTableScan", KEY_FLAG },
	[POLICY_USER_NAME] = { "aws:username", .of_user = true },
	[POLICY_USER_ID] = { "aws:userid", .of_user = true },
	[POLICY_PRINCIPAL_ARN] = { "aws:PrincipalArn", KEY_ARN, .of_user = true },
	[POLICY_PRINCIPAL_ACCOUNT] = { "aws:PrincipalAccount", .of_user = true },
	[POLICY_SOURCE_IP] = { "aws:SourceIp", KEY_ADDRESS, .of_user = true },
	[POLICY_USER_AGENT] = { "aws:UserAgent" },
	[POLICY_SECURE_TRANSPORT] = { "aws:SecureTransport", KEY_FLAG },
};

static bool same_name(struct slice name, const char *known)
{
	return strlen(known) == name.len && strncasecmp(name.data, known, name.len) == 0;
}

static int find_key(struct slice name)
{
	for (int i = 0; i < POLICY_KEY_COUNT; i++) {
		if (same_name(name, keys[i].name))
			return i;
	}
	return -1;
}

int policy_find_variable(struct slice name)
{
	int key = find_key(name);

	return key >= 0 && keys[key].of_user ? key : -1;
}

static const struct comparison_operator {
	const char *name;
	enum policy_test test;
	bool negated;
	bool ignore_case;
	unsigned types; /* of keys, a bit for each */
} comparison_operators[] = {
	{ "StringEquals", POLICY_TEST_EQUALS, .types = 1 << KEY_TEXT | 1 << KEY_ARN },
	{ "StringNotEquals", POLICY_TEST_EQUALS, true, .types = 1 << KEY_TEXT | 1 << KEY_ARN },
	{ "StringEqualsIgnoreCase", POLICY_TEST_EQUALS, false, true, 1 << KEY_TEXT | 1 << KEY_ARN },
	{ "StringNotEqualsIgnoreCase", POLICY_TEST_EQUALS, true, true,
		1 << KEY_TEXT | 1 << KEY_ARN },
	{ "StringLike", POLICY_TEST_LIKE, .types = 1 << KEY_TEXT | 1 << KEY_ARN },
	{ "StringNotLike", POLICY_TEST_LIKE, true, .types = 1 << KEY_TEXT | 1 << KEY_ARN },
	{ "ArnEquals", POLICY_TEST_LIKE, .types = 1 << KEY_ARN },
	{ "ArnNotEquals", POLICY_TEST_LIKE, true, .types = 1 << KEY_ARN },
	{ "ArnLike", POLICY_TEST_LIKE, .types = 1 << KEY_ARN },
	{ "ArnNotLike", POLICY_TEST_LIKE, true, .types = 1 << KEY_ARN },
	{ "Bool", POLICY_TEST_EQUALS, false, true, 1 << KEY_FLAG },
	{ "Null", POLICY_TEST_NULL, .types = ~0u },
	{ "IpAddress", POLICY_TEST_NETWORK, .types = 1 << KEY_ADDRESS },
	{ "NotIpAddress", POLICY_TEST_NETWORK, true, .types = 1 << KEY_ADDRESS },
};

/* Cuts a prefix off, or a suffix. */
static bool take_prefix(struct slice *text, struct slice prefix)
{
	if (!slice_starts_with(*text, prefix))
		return false;
	*text = slice_skip(*text, prefix.len);
	return true;
}

static bool take_suffix(struct slice *text, struct slice suffix)
{
	if (!slice_ends_with(*text, suffix))
		return false;
	text->len -= suffix.len;
	return true;
}

/* [ForAllValues:|ForAnyValue:] operator [IfExists] */
static const struct comparison_operator *find_operator(
	struct slice name, struct policy_condition *ret)
{
	if (take_prefix(&name, SLICE("ForAllValues:")))
		ret->quantifier = POLICY_FOR_ALL_VALUES;
	else if (take_prefix(&name, SLICE("ForAnyValue:")))
		ret->quantifier = POLICY_FOR_ANY_VALUE;
	ret->if_exists = take_suffix(&name, SLICE("IfExists"));
	for (size_t i = 0; i < ARRAY_SIZE(comparison_operators); i++) {
		const struct comparison_operator *known = &comparison_operators[i];

		if (!slice_equal_string(name, known->name))
			continue;
		if (known->test == POLICY_TEST_NULL && (ret->if_exists || ret->quantifier))
			return NULL;
		ret->test = known->test;
		ret->negated = known->negated;
		ret->ignore_case = known->ignore_case;
		return known;
	}
	return NULL;
}

/* Values */

static int read_text(const json_t *node, struct slice *ret, struct error *err)
{
	if (json_is_boolean(node))
		*ret = json_is_true(node) ? SLICE("true") : SLICE("false");
	else if (json_is_string(node))
		*ret = policy_string(node);
	else
		return error_set(err, ERROR_VALIDATION, "has a value that is not a string");
	return 0;
}

static int read_plain(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct slice text;

	TRY(read_text(node, &text, err));
	return policy_read_pattern(
		reader, text, reader->syntax & ~(unsigned)PATTERN_WILDCARDS, element, err);
}

static int read_wild(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct slice text;

	TRY(read_text(node, &text, err));
	return policy_read_pattern(reader, text, reader->syntax, element, err);
}

static int read_flag(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct slice text;

	TRY(read_text(node, &text, err));
	if (!same_name(text, "true") && !same_name(text, "false"))
		return error_set(err, ERROR_VALIDATION,
			"has '%.*s', which is neither true nor false", SLICE_ARG(text));
	return policy_read_pattern(reader, text, 0, element, err);
}

static bool read_address(const char *text, unsigned char *bytes, unsigned *ret_offset)
{
	static const unsigned char mapped[12] = { [10] = 0xFF, [11] = 0xFF };

	*ret_offset = 0;
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return true;
	memcpy(bytes, mapped, sizeof(mapped));
	*ret_offset = 96;
	return inet_pton(AF_INET, text, bytes + sizeof(mapped)) == 1;
}

bool policy_read_network(struct slice text, struct policy_network *ret)
{
	char copy[INET6_ADDRSTRLEN + sizeof("/128")];
	unsigned long bits = ULONG_MAX;
	char *slash, *end = NULL;
	unsigned offset;

	if (!slice_present(text) || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		if (slash[1] < '0' || slash[1] > '9')
			return false;
		bits = strtoul(slash + 1, &end, 10);
	}
	if (!read_address(copy, ret->bytes, &offset) || (end && *end))
		return false;
	if (slash && bits > 128 - offset)
		return false;
	ret->bits = slash ? (unsigned)bits + offset : 128;
	return true;
}

static int read_network(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct slice text;

	(void)reader;
	TRY(read_text(node, &text, err));
	if (policy_read_network(text, element))
		return 0;
	return error_set(err, ERROR_VALIDATION, "has '%.*s', which is no address or network",
		SLICE_ARG(text));
}

static int read_values(struct policy_reader *reader, const json_t *node,
	struct policy_condition *condition, struct error *err)
{
	bool flags = condition->test == POLICY_TEST_NULL || keys[condition->key].type == KEY_FLAG;
	policy_value_reader *read = flags                                 ? read_flag
				    : condition->test == POLICY_TEST_LIKE ? read_wild
									  : read_plain;
	const void *items = NULL;

	if (condition->test == POLICY_TEST_NETWORK) {
		TRY(policy_read_values(reader, node, sizeof(struct policy_network), read_network,
			&items, &condition->count, err));
		condition->networks = items;
		return 0;
	}
	TRY(policy_read_values(
		reader, node, sizeof(struct pattern), read, &items, &condition->count, err));
	condition->patterns = items;
	return 0;
}

/* Conditions */

static int check_key(const struct policy_condition *condition,
	const struct comparison_operator *operator, const char * name, const char *key_name,
	struct error *err)
{
	const struct key *key = &keys[condition->key];

	if (!(operator->types & 1u << key->type))
		return error_set(err, ERROR_VALIDATION, "%s does not compare %s", name, key_name);
	if (key->has_several && condition->quantifier == POLICY_ANY_ONE &&
		condition->test != POLICY_TEST_NULL)
		return error_set(err, ERROR_VALIDATION,
			"%s can have several values: ForAllValues: or ForAnyValue: belongs before "
			"%s",
			key_name, name);
	return 0;
}

static int read_key(struct policy_reader *reader, const char *name, const char *key_name,
	const json_t *node, struct policy_condition *ret, struct error *err)
{
	const struct comparison_operator *operator= find_operator(slice_from_string(name), ret);
	struct error inner CLEANUP(error_release) = ERROR_INIT;
	int key = find_key(slice_from_string(key_name));

	if (!operator)
		return error_set(err, ERROR_VALIDATION, "has '%s', which is no operator", name);
	if (key < 0)
		return error_set(
			err, ERROR_VALIDATION, "has '%s', which is no key known here", key_name);
	ret->key = (enum policy_key)key;
	if (check_key(ret, operator, name, key_name, &inner) < 0)
		return error_set(err, ERROR_VALIDATION, "makes no sense: %s", inner.message);
	if (read_values(reader, node, ret, &inner) < 0)
		return error_set(err, ERROR_VALIDATION, "%s %s: %s", name, key_name, inner.message);
	return 0;
}

static size_t count_keys(const json_t *node)
{
	const char *name;
	size_t count = 0;
	json_t *value;

	json_object_foreach((json_t *)node, name, value) count += json_object_size(value);
	return count;
}

static int read_operator(struct policy_reader *reader, const char *name, const json_t *node,
	struct policy_condition *conditions, size_t *count, struct error *err)
{
	const char *key_name;
	json_t *value;

	if (!json_is_object(node))
		return error_set(err, ERROR_VALIDATION, "%s is not an object of keys", name);
	json_object_foreach((json_t *)node, key_name, value)
		TRY(read_key(reader, name, key_name, value, &conditions[(*count)++], err));
	return 0;
}

int policy_read_conditions(struct policy_reader *reader, const json_t *node,
	struct policy_statement *ret, struct error *err)
{
	struct policy_condition *conditions;
	const char *name;
	size_t count = 0;
	json_t *value;

	if (!json_is_object(node))
		return error_set(err, ERROR_VALIDATION, "is not an object of operators");
	conditions = arena_alloc_array(reader->arena, count_keys(node), sizeof(*conditions));
	json_object_foreach((json_t *)node, name, value)
		TRY(read_operator(reader, name, value, conditions, &count, err));
	ret->conditions = conditions;
	ret->condition_count = count;
	return 0;
}
