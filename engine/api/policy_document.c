#include "policy_private.h"

#include "api/request.h"
#include "model/json.h"

struct slice policy_string(const json_t *node)
{
	return slice_of(json_string_value(node), json_string_length(node));
}

/* The failure of a part, told with the part's name before it. Always -1. */
static int within(struct error *err, struct error *inner, const char *name)
{
	return error_set(err, ERROR_VALIDATION, "%s %s", name, inner->message);
}

int policy_read_values(struct policy_reader *reader, const json_t *node, size_t size,
	policy_value_reader *read, const void **ret, size_t *ret_count, struct error *err)
{
	size_t count = json_is_array(node) ? json_array_size(node) : 1;
	char *elements = arena_alloc_array(reader->arena, count, size);

	if (!count)
		return error_set(err, ERROR_VALIDATION, "is an empty list");
	for (size_t i = 0; i < count; i++)
		TRY(read(reader, json_is_array(node) ? json_array_get(node, i) : node,
			elements + i * size, err));
	*ret = elements;
	*ret_count = count;
	return 0;
}

/* Actions */

/* Of Amazon's, but not served here: a policy may come from there. */
static const char *const other_actions[] = {
	"dynamodb:AssociateTableReplica",
	"dynamodb:ConditionCheckItem",
	"dynamodb:CreateBackup",
	"dynamodb:CreateGlobalTable",
	"dynamodb:CreateGlobalTableWitness",
	"dynamodb:CreateTableReplica",
	"dynamodb:DeleteBackup",
	"dynamodb:DeleteGlobalTableWitness",
	"dynamodb:DeleteTableReplica",
	"dynamodb:DescribeBackup",
	"dynamodb:DescribeContinuousBackups",
	"dynamodb:DescribeContributorInsights",
	"dynamodb:DescribeExport",
	"dynamodb:DescribeGlobalTable",
	"dynamodb:DescribeGlobalTableSettings",
	"dynamodb:DescribeImport",
	"dynamodb:DescribeKinesisStreamingDestination",
	"dynamodb:DescribeReservedCapacity",
	"dynamodb:DescribeReservedCapacityOfferings",
	"dynamodb:DescribeTableReplicaAutoScaling",
	"dynamodb:DisableKinesisStreamingDestination",
	"dynamodb:EnableKinesisStreamingDestination",
	"dynamodb:ExportTableToPointInTime",
	"dynamodb:GetAbacStatus",
	"dynamodb:ImportTable",
	"dynamodb:InjectError",
	"dynamodb:ListBackups",
	"dynamodb:ListContributorInsights",
	"dynamodb:ListExports",
	"dynamodb:ListGlobalTables",
	"dynamodb:ListImports",
	"dynamodb:PartiQLDelete",
	"dynamodb:PartiQLInsert",
	"dynamodb:PartiQLSelect",
	"dynamodb:PartiQLUpdate",
	"dynamodb:PurchaseReservedCapacityOfferings",
	"dynamodb:ReadDataForReplication",
	"dynamodb:ReplicateSettings",
	"dynamodb:RestoreTableFromAwsBackup",
	"dynamodb:RestoreTableFromBackup",
	"dynamodb:RestoreTableToPointInTime",
	"dynamodb:StartAwsBackupJob",
	"dynamodb:UpdateAbacStatus",
	"dynamodb:UpdateContinuousBackups",
	"dynamodb:UpdateContributorInsights",
	"dynamodb:UpdateGlobalTable",
	"dynamodb:UpdateGlobalTableSettings",
	"dynamodb:UpdateGlobalTableVersion",
	"dynamodb:UpdateKinesisStreamingDestination",
	"dynamodb:UpdateTableReplicaAutoScaling",
	"dynamodb:WriteDataForReplication",
};

static bool matches_operation(
	const struct pattern *pattern, const struct operation *operation, struct arena *arena)
{
	struct slice name;

	if (!operation->name)
		return false;
	name = arena_printf(
		arena, "%s:%s", operation_services[operation->kind].action, operation->name);
	return pattern_matches(pattern, name, true);
}

static bool is_action(const struct pattern *pattern, struct arena *arena)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		if (matches_operation(pattern, &operations[i], arena))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(other_actions); i++) {
		if (pattern_matches(pattern, slice_from_string(other_actions[i]), true))
			return true;
	}
	return false;
}

int policy_read_pattern(struct policy_reader *reader, struct slice text, unsigned syntax,
	struct pattern *ret, struct error *err)
{
	return pattern_compile(text, syntax, policy_find_variable, reader->arena, ret, err);
}

static int read_string(const json_t *node, struct slice *ret, struct error *err)
{
	if (!json_is_string(node) || !json_string_length(node))
		return error_set(err, ERROR_VALIDATION, "is not a string with characters");
	*ret = policy_string(node);
	return 0;
}

static int read_action(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct slice text;

	TRY(read_string(node, &text, err));
	TRY(policy_read_pattern(reader, text, PATTERN_WILDCARDS, element, err));
	if (is_action(element, reader->arena))
		return 0;
	return error_set(err, ERROR_VALIDATION, "has '%.*s', which is no action", SLICE_ARG(text));
}

static int read_resource(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct slice text;

	TRY(read_string(node, &text, err));
	if (!slice_equal_string(text, "*") && !slice_starts_with(text, SLICE("arn:")))
		return error_set(err, ERROR_VALIDATION, "has '%.*s', which is neither an ARN nor *",
			SLICE_ARG(text));
	return policy_read_pattern(reader, text, reader->syntax, element, err);
}

/* Principals */

static bool is_account(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	}
	return text.len == 12;
}

static int read_principal(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct slice text;

	TRY(read_string(node, &text, err));
	if (slice_equal_string(text, "*"))
		return policy_read_pattern(reader, text, PATTERN_WILDCARDS, element, err);
	if (memchr(text.data, '*', text.len) || memchr(text.data, '?', text.len))
		return error_set(err, ERROR_VALIDATION,
			"has '%.*s': a principal has no wildcards, but \"*\" alone is everybody",
			SLICE_ARG(text));
	if (!slice_starts_with(text, SLICE("arn:")) && !is_account(text))
		return error_set(err, ERROR_VALIDATION,
			"has '%.*s', which is neither an ARN, an account nor *", SLICE_ARG(text));
	return policy_read_pattern(reader, text, 0, element, err);
}

/* Those of other kinds are nobody here. */
static int check_principal_kinds(const json_t *node, struct error *err)
{
	static const char *const kinds[] = { "AWS", "CanonicalUser", "Federated", "Service" };
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)node, name, value)
	{
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			known |= strcmp(kinds[i], name) == 0;
		if (!known)
			return error_set(err, ERROR_VALIDATION,
				"has '%s', which is no kind of principal", name);
	}
	return 0;
}

static int read_principals(struct policy_reader *reader, const json_t *node,
	struct policy_patterns *ret, struct error *err)
{
	const void *items = NULL;

	if (json_is_object(node)) {
		TRY(check_principal_kinds(node, err));
		node = json_object_get(node, "AWS");
		if (!node)
			return 0;
	} else if (!slice_equal_string(policy_string(node), "*")) {
		return error_set(err, ERROR_VALIDATION, "is neither an object nor \"*\"");
	}
	TRY(policy_read_values(
		reader, node, sizeof(struct pattern), read_principal, &items, &ret->count, err));
	ret->items = items;
	return 0;
}

/* Statements */

static int read_patterns(struct policy_reader *reader, const json_t *node,
	policy_value_reader *read, struct policy_patterns *ret, struct error *err)
{
	const void *items = NULL;

	TRY(policy_read_values(
		reader, node, sizeof(struct pattern), read, &items, &ret->count, err));
	ret->items = items;
	return 0;
}

static int take_sid(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	(void)reader;
	(void)statement;
	return json_is_string(node) ? 0 : error_set(err, ERROR_VALIDATION, "is not a string");
}

static int take_effect(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	(void)reader;
	statement->denies = slice_equal_string(policy_string(node), "Deny");
	if (statement->denies || slice_equal_string(policy_string(node), "Allow"))
		return 0;
	return error_set(err, ERROR_VALIDATION, "is neither Allow nor Deny");
}

static int take_action(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	return read_patterns(reader, node, read_action, &statement->actions, err);
}

static int take_not_action(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	statement->actions.inverted = true;
	return take_action(reader, node, statement, err);
}

static int take_resource(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	return read_patterns(reader, node, read_resource, &statement->resources, err);
}

static int take_not_resource(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	statement->resources.inverted = true;
	return take_resource(reader, node, statement, err);
}

static int take_principal(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	return read_principals(reader, node, &statement->principals, err);
}

static int take_not_principal(struct policy_reader *reader, const json_t *node,
	struct policy_statement *statement, struct error *err)
{
	statement->principals.inverted = true;
	return take_principal(reader, node, statement, err);
}

static const struct statement_member {
	const char *name;
	const char *alternative; /* one of both must be there, and not both */
	bool required;
	bool of_resource; /* in policies of resources alone */
	int (*take)(struct policy_reader *reader, const json_t *node,
		struct policy_statement *statement, struct error *err);
} statement_members[] = {
	{ "Sid", .take = take_sid },
	{ "Effect", .required = true, .take = take_effect },
	{ "Principal", "NotPrincipal", true, true, take_principal },
	{ "NotPrincipal", "Principal", false, true, take_not_principal },
	{ "Action", "NotAction", true, .take = take_action },
	{ "NotAction", "Action", .take = take_not_action },
	{ "Resource", "NotResource", true, .take = take_resource },
	{ "NotResource", "Resource", .take = take_not_resource },
	{ "Condition", .take = policy_read_conditions },
};

static bool is_for(const struct policy_reader *reader, const struct statement_member *member)
{
	return !member->of_resource || reader->kind == POLICY_OF_RESOURCE;
}

static int check_statement_names(
	const struct policy_reader *reader, const json_t *node, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)node, name, value)
	{
		const struct statement_member *found = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(statement_members); i++) {
			if (strcmp(statement_members[i].name, name) == 0)
				found = &statement_members[i];
		}
		if (!found)
			return error_set(err, ERROR_VALIDATION, "'%s' is not known here", name);
		if (!is_for(reader, found))
			return error_set(err, ERROR_VALIDATION,
				"%s is for policies of resources alone", name);
		if (found->alternative && json_object_get(node, found->alternative))
			return error_set(err, ERROR_VALIDATION, "%s and %s exclude each other",
				found->name, found->alternative);
	}
	return 0;
}

static int read_member(struct policy_reader *reader, const json_t *node,
	const struct statement_member *member, struct policy_statement *ret, struct error *err)
{
	struct error inner CLEANUP(error_release) = ERROR_INIT;
	const json_t *value = json_object_get(node, member->name);
	bool missing = member->required && is_for(reader, member) && !value &&
		       !(member->alternative && json_object_get(node, member->alternative));

	if (missing)
		return error_set(err, ERROR_VALIDATION, "%s is missing", member->name);
	if (value && member->take(reader, value, ret, &inner) < 0)
		return within(err, &inner, member->name);
	return 0;
}

static int read_statement(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err)
{
	struct error inner CLEANUP(error_release) = ERROR_INIT;
	size_t number = reader->count++;
	int r = 0;

	if (!json_is_object(node))
		r = error_set(&inner, ERROR_VALIDATION, "an object is expected");
	if (r == 0)
		r = check_statement_names(reader, node, &inner);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(statement_members); i++)
		r = read_member(reader, node, &statement_members[i], element, &inner);
	if (r < 0)
		return error_set(
			err, ERROR_VALIDATION, "Statement[%zu]: %s", number, inner.message);
	return 0;
}

/* Documents */

static int check_members(const json_t *document, struct error *err)
{
	static const char *const members[] = { "Version", "Id", "Statement" };
	const char *name;
	json_t *value;

	if (!json_is_object(document))
		return error_set(err, ERROR_VALIDATION, "a policy is a JSON object");
	json_object_foreach((json_t *)document, name, value)
	{
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			known |= strcmp(members[i], name) == 0;
		if (!known)
			return error_set(err, ERROR_VALIDATION, "'%s' is not known here", name);
	}
	if (!json_object_get(document, "Statement"))
		return error_set(err, ERROR_VALIDATION, "Statement is missing");
	return 0;
}

/* The older version, which is that of a document without one, has no variables. */
static int read_version(struct policy_reader *reader, const json_t *document, struct error *err)
{
	const json_t *version = json_object_get(document, "Version");

	reader->syntax = PATTERN_WILDCARDS;
	if (!version || slice_equal_string(policy_string(version), "2008-10-17"))
		return 0;
	if (!slice_equal_string(policy_string(version), "2012-10-17"))
		return error_set(
			err, ERROR_VALIDATION, "Version is neither 2012-10-17 nor 2008-10-17");
	reader->syntax |= PATTERN_VARIABLES;
	return 0;
}

/* Sids tell statements apart. */
static int check_sids(const json_t *statements, struct error *err)
{
	for (size_t i = 0; i < json_array_size(statements); i++) {
		const json_t *sid = json_object_get(json_array_get(statements, i), "Sid");

		for (size_t j = 0; sid && j < i; j++) {
			const json_t *other = json_array_get(statements, j);

			if (slice_equal(policy_string(sid),
				    policy_string(json_object_get(other, "Sid"))))
				return error_set(err, ERROR_VALIDATION,
					"Statement[%zu] and Statement[%zu] have the same Sid", j,
					i);
		}
	}
	return 0;
}

int policy_read(const json_t *document, enum policy_kind kind, struct arena *arena,
	struct policy *ret, struct error *err)
{
	struct policy_reader reader = { .arena = arena, .kind = kind };
	const void *statements = NULL;
	const json_t *node;
	struct policy policy = { .of_resource = kind == POLICY_OF_RESOURCE };

	TRY(check_members(document, err));
	TRY(read_version(&reader, document, err));
	node = json_object_get(document, "Statement");
	if (!json_is_array(node) || json_array_size(node))
		TRY(policy_read_values(&reader, node, sizeof(struct policy_statement),
			read_statement, &statements, &policy.count, err));
	TRY(check_sids(node, err));
	policy.statements = statements;
	*ret = policy;
	return 0;
}

int policy_parse(struct slice text, enum policy_kind kind, struct arena *arena, struct policy *ret,
	struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };

	TRY(json_parse(text, &document, err));
	return policy_read(document.root, kind, arena, ret, err);
}
