/*
 * The table of operations against the service's own model of its API, as
 * botocore carries it: walked together, member by member, each case looking at
 * one property of every pair.
 */
#undef NDEBUG
#include "api/request.h"
#include "base/buf.h"
#include "test.h"

#include <jansson.h>

#define MODELS "/usr/lib/python3/dist-packages/botocore/data/"
#define MODEL  MODELS "dynamodb/2012-08-10/service-2.json"

static const char *const model_paths[OPERATION_KIND_COUNT] = {
	[OPERATION_READ] = MODEL,
	[OPERATION_WRITE] = MODEL,
	[OPERATION_ADMIN] = MODEL,
	[OPERATION_STREAM] = MODELS "dynamodbstreams/2012-08-10/service-2.json",
	[OPERATION_MONITOR] = MODELS "cloudwatch/2010-08-01/service-2.json",
};

static json_t *models[OPERATION_KIND_COUNT]; /* of the services */
static const json_t *model; /* of the operation that is looked at */

/* Operations that are younger than many an installed botocore. */
static const char *const young_operations[] = {
	"DeleteResourcePolicy",
	"GetResourcePolicy",
	"PutResourcePolicy",
	NULL,
};

/* A member of a shape as both sides have it; one of them may be missing. */
struct pair {
	const char *path; /* "CreateTable.KeySchema.KeyType" */
	const char *name;
	const struct field *field;
	const json_t *member; /* the model's shape of it */
	bool required; /* by the model */
	bool of_input;
};

typedef void visit_pair(const struct pair *pair);

static bool is_one_of(const char *string, const char *const *strings)
{
	for (; *strings; strings++) {
		if (strcmp(string, *strings) == 0)
			return true;
	}
	return false;
}

static const json_t *model_shape(const char *name)
{
	return json_object_get(json_object_get(model, "shapes"), name);
}

static const char *model_string(const json_t *object, const char *name)
{
	const char *string = json_string_value(json_object_get(object, name));

	return string ? string : "";
}

/* The name of the shape of a list's or a map's elements. */
static const char *element_shape(const json_t *shape)
{
	const json_t *element = json_object_get(shape, "member");

	if (!element)
		element = json_object_get(shape, "value");
	return element ? model_string(element, "shape") : "";
}

static bool is_required(const json_t *shape, const char *name)
{
	const json_t *required;
	size_t i;

	json_array_foreach(json_object_get(shape, "required"), i, required)
	{
		if (strcmp(json_string_value(required), name) == 0)
			return true;
	}
	return false;
}

static const struct field *find_field(const struct request_shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (strcmp(shape->fields[i].name, name) == 0)
			return &shape->fields[i];
	}
	return NULL;
}

static void walk(const struct request_shape *shape, const json_t *of_model, const char *path,
	bool of_input, visit_pair *visit);

static void walk_member(const struct field *field, const json_t *member, const char *path,
	bool of_input, visit_pair *visit)
{
	switch (field->type) {
	case FIELD_STRUCT:
		walk(field->shape, member, path, of_input, visit);
		break;
	case FIELD_LIST_MAP:
		member = model_shape(element_shape(member));
		/* fall through */
	case FIELD_LIST:
	case FIELD_MAP:
		if (field->shape)
			walk(field->shape, model_shape(element_shape(member)), path, of_input,
				visit);
		break;
	case FIELD_STRING:
	case FIELD_ENUM:
	case FIELD_INTEGER:
	case FIELD_LONG:
	case FIELD_BOOLEAN:
	case FIELD_TIMESTAMP:
	case FIELD_ATTRIBUTES:
	case FIELD_ITEMS:
	case FIELD_VALUES:
	case FIELD_VALUE:
	case FIELD_DOUBLE:
	case FIELD_DOUBLES:
	case FIELD_DOUBLE_MAP:
	case FIELD_STRING_MAP:
	case FIELD_ITEMS_MAP:
	case FIELD_JSON:
	case FIELD_UNSUPPORTED:
		break;
	}
}

static void walk_pair(const struct request_shape *shape, const json_t *of_model, const char *name,
	const char *path, bool of_input, visit_pair *visit)
{
	const json_t *reference = json_object_get(json_object_get(of_model, "members"), name);
	struct buf full CLEANUP(buf_release) = BUF_INIT;
	struct pair pair = { .name = name, .of_input = of_input };

	buf_appendf(&full, "%s.%s", path, name);
	pair.path = buf_string(&full);
	pair.field = find_field(shape, name);
	pair.member = reference ? model_shape(model_string(reference, "shape")) : NULL;
	pair.required = is_required(of_model, name);
	visit(&pair);
	if (pair.field && pair.member)
		walk_member(pair.field, pair.member, pair.path, of_input, visit);
}

static void walk(const struct request_shape *shape, const json_t *of_model, const char *path,
	bool of_input, visit_pair *visit)
{
	json_t *members = json_object_get(of_model, "members");
	const char *name;
	json_t *reference;

	json_object_foreach(members, name, reference)
	{
		walk_pair(shape, of_model, name, path, of_input, visit);
	}
	for (size_t i = 0; i < shape->count; i++) {
		if (!json_object_get(members, shape->fields[i].name))
			walk_pair(shape, of_model, shape->fields[i].name, path, of_input, visit);
	}
}

static const json_t *model_operation(const struct operation *operation)
{
	model = models[operation->kind];
	return json_object_get(json_object_get(model, "operations"), operation->name);
}

static const json_t *operation_shape(const struct operation *operation, const char *side)
{
	const json_t *reference = json_object_get(model_operation(operation), side);

	return model_shape(model_string(reference, "shape"));
}

static void walk_all(bool inputs, visit_pair *visit)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		const struct operation *operation = &operations[i];

		if (operation->name && !is_one_of(operation->name, young_operations))
			walk(inputs ? operation->input : operation->output,
				operation_shape(operation, inputs ? "input" : "output"),
				operation->name, inputs, visit);
	}
}

#define CHECK_PAIR(pair, condition) \
	do { \
		if (!(condition)) { \
			printf("# %s: %s\n", (pair)->path, #condition); \
			longjmp(test_failed, 1); \
		} \
	} while (0)

static void every_operation_is_one_of_the_service(void)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		if (operations[i].name && !is_one_of(operations[i].name, young_operations) &&
			!model_operation(&operations[i])) {
			printf("# %s\n", operations[i].name);
			CHECK(!"known to the service");
		}
	}
}

static void every_operation_has_help_and_something_to_run(void)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		CHECK(operations[i].help);
		CHECK(operations[i].run);
		CHECK(!operations[i].name || !operations[i].local_name);
		CHECK((operations[i].name || operations[i].local_name) == !!operations[i].input);
		CHECK(!operations[i].input == !operations[i].output);
		CHECK(!operations[i].empty_answer ||
			operations[i].output == operations[OPERATION_TAG_RESOURCE].output);
	}
}

static void operations_are_found_by_their_exact_name(void)
{
	CHECK(operation_find(SLICE("PutItem")) == &operations[OPERATION_PUT_ITEM]);
	CHECK(!operation_find(SLICE("putItem")));
	CHECK(!operation_find(SLICE("StartHotBackup")));
	CHECK(operation_find_local(SLICE("StartHotBackup")) ==
		&operations[OPERATION_LOCAL_START_HOT_BACKUP]);
	CHECK(!operation_find_local(SLICE("PutItem")));
	CHECK(!operation_find(SLICE("PutItems")));
	CHECK(!operation_find(SLICE("")));
}

/* Members of the service that are younger than many an installed botocore. */
static const char *const young_members[] = {
	"BatchExecuteStatement.Responses.Error.Item",
	"ContributorInsightsMode",
	"DeletionProtectionEnabled",
	"ExportType",
	"GlobalTableWitnessUpdates",
	"IncrementalExportSpecification",
	"MultiRegionConsistency",
	"OnDemandThroughput",
	"OnDemandThroughputOverride",
	"RecoveryPeriodInDays",
	"ResourcePolicy",
	"ReturnValuesOnConditionCheckFailure",
	"WarmThroughput",
	NULL,
};

static void check_known(const struct pair *pair)
{
	CHECK_PAIR(pair, pair->field);
}

static void every_member_of_an_input_has_a_row(void)
{
	walk_all(true, check_known);
}

static void check_real(const struct pair *pair)
{
	CHECK_PAIR(pair, pair->member || is_one_of(pair->name, young_members) ||
				 is_one_of(pair->path, young_members));
}

static void every_row_is_a_member_of_the_service(void)
{
	walk_all(true, check_real);
	walk_all(false, check_real);
}

static const char *const field_types[] = {
	[FIELD_STRING] = "string",
	[FIELD_ENUM] = "string",
	[FIELD_INTEGER] = "integer",
	[FIELD_LONG] = "long",
	[FIELD_BOOLEAN] = "boolean",
	[FIELD_TIMESTAMP] = "timestamp",
	[FIELD_STRUCT] = "structure",
	[FIELD_LIST] = "list",
	[FIELD_MAP] = "map",
	[FIELD_ATTRIBUTES] = "map",
	[FIELD_ITEMS] = "list",
	[FIELD_VALUES] = "list",
	[FIELD_VALUE] = "structure",
	[FIELD_DOUBLE] = "double",
	[FIELD_DOUBLES] = "list",
	[FIELD_DOUBLE_MAP] = "map",
	[FIELD_STRING_MAP] = "map",
	[FIELD_LIST_MAP] = "map",
	[FIELD_ITEMS_MAP] = "map",
};

static void check_type(const struct pair *pair)
{
	bool has_enum = json_object_get(pair->member, "enum");

	if (!pair->field || !pair->member || pair->field->type == FIELD_UNSUPPORTED)
		return;
	CHECK_PAIR(pair,
		strcmp(field_types[pair->field->type], model_string(pair->member, "type")) == 0);
	if (pair->of_input)
		CHECK_PAIR(pair, has_enum == (pair->field->type == FIELD_ENUM));
}

static void types_agree(void)
{
	walk_all(true, check_type);
	walk_all(false, check_type);
}

static void check_elements(const struct pair *pair)
{
	const char *wanted = NULL;

	if (!pair->field || !pair->member)
		return;
	if (pair->field->type == FIELD_ATTRIBUTES || pair->field->type == FIELD_VALUES)
		wanted = "AttributeValue";
	else if (pair->field->type == FIELD_LIST || pair->field->type == FIELD_MAP)
		wanted = pair->field->shape ? pair->field->shape->name : NULL;
	if (wanted)
		CHECK_PAIR(pair, strcmp(element_shape(pair->member), wanted) == 0);
}

static void elements_have_the_service_s_shapes(void)
{
	walk_all(true, check_elements);
	walk_all(false, check_elements);
}

/* Older models demand what is now one of two ways. */
static const char *const optional_members[] = {
	"UpdateTable.GlobalSecondaryIndexUpdates.Update.ProvisionedThroughput",
	NULL,
};

static void check_required(const struct pair *pair)
{
	if (pair->field && pair->member && pair->field->type != FIELD_UNSUPPORTED &&
		!is_one_of(pair->path, optional_members))
		CHECK_PAIR(pair, pair->field->required == pair->required);
}

static void required_members_agree(void)
{
	walk_all(true, check_required);
}

/* Limits that differ on purpose. */
static const struct limit_exception {
	const char *path, *reason;
	int64_t min, max;
} limit_exceptions[] = {
	{ "DeleteItem.TableName", "a short name is not found", 1, 1024 },
	{ "DeleteTable.TableName", "a short name is not found", 1, 1024 },
	{ "DescribeTable.TableName", "a short name is not found", 1, 1024 },
	{ "GetItem.TableName", "a short name is not found", 1, 1024 },
	{ "PutItem.TableName", "a short name is not found", 1, 1024 },
	{ "Query.TableName", "a short name is not found", 1, 1024 },
	{ "Scan.TableName", "a short name is not found", 1, 1024 },
	{ "DescribeTimeToLive.TableName", "a short name is not found", 1, 1024 },
	{ "UpdateItem.TableName", "a short name is not found", 1, 1024 },
	{ "UpdateTable.TableName", "a short name is not found", 1, 1024 },
	{ "UpdateTimeToLive.TableName", "a short name is not found", 1, 1024 },
	{ "TransactGetItems.TransactItems.Get.TableName", "a short name is not found", 1, 1024 },
	{ "TransactWriteItems.TransactItems.ConditionCheck.TableName", "a short name is not found",
		1, 1024 },
	{ "TransactWriteItems.TransactItems.Delete.TableName", "a short name is not found", 1,
		1024 },
	{ "TransactWriteItems.TransactItems.Put.TableName", "a short name is not found", 1, 1024 },
	{ "TransactWriteItems.TransactItems.Update.TableName", "a short name is not found", 1,
		1024 },
	{ "DescribeContributorInsights.TableName", "a short name is not found", 1, 1024 },
	{ "ListContributorInsights.TableName", "a short name is not found", 1, 1024 },
	{ "ListContributorInsights.MaxResults", "a page has something", 1, 100 },
	{ "UpdateContributorInsights.TableName", "a short name is not found", 1, 1024 },
	{ "BatchGetItem.RequestItems", "told in other words", 0, 0 },
	{ "BatchGetItem.RequestItems.Keys", "told in other words", 1, 0 },
	{ "CreateTable.GlobalSecondaryIndexes.KeySchema", "four of each kind", 1, 8 },
	{ "UpdateTable.GlobalSecondaryIndexUpdates.Create.KeySchema", "four of each kind", 1, 8 },
	{ "RestoreTableFromBackup.GlobalSecondaryIndexOverride.KeySchema", "four of each kind", 1,
		8 },
	{ "RestoreTableToPointInTime.GlobalSecondaryIndexOverride.KeySchema", "four of each kind",
		1, 8 },
	{ "ImportTable.TableCreationParameters.GlobalSecondaryIndexes.KeySchema",
		"four of each kind", 1, 8 },
	{ "ExecuteTransaction.ClientRequestToken", "an empty one is none", 0, 36 },
	{ "TransactWriteItems.ClientRequestToken", "an empty one is none", 0, 36 },
	{ "GetRecords.Limit", "of the API reference", 1, 1000 },
	{ "CreateTable.KeySchema.AttributeName", "at most 255 bytes", 1, 255 },
	{ "CreateTable.AttributeDefinitions.AttributeName", "at most 255 bytes", 1, 255 },
	{ "CreateTable.KeySchema", "of a table: more are for an index", 1, 2 },
};

static int64_t model_limit(const struct pair *pair, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(limit_exceptions); i++) {
		const struct limit_exception *exception = &limit_exceptions[i];

		if (strcmp(pair->path, exception->path) == 0)
			return strcmp(name, "min") == 0 ? exception->min : exception->max;
	}
	return json_integer_value(json_object_get(pair->member, name));
}

static void check_limits(const struct pair *pair)
{
	if (!pair->field || !pair->member || pair->field->type == FIELD_UNSUPPORTED)
		return;
	CHECK_PAIR(pair, pair->field->min == model_limit(pair, "min"));
	CHECK_PAIR(pair, pair->field->max == model_limit(pair, "max"));
}

static void limits_agree(void)
{
	walk_all(true, check_limits);
}

static void check_pattern(const struct pair *pair)
{
	const char *pattern = model_string(pair->member, "pattern");

	if (!pair->field || pair->field->type == FIELD_UNSUPPORTED || !*pattern)
		return;
	CHECK_PAIR(pair, pair->field->pattern);
	CHECK_PAIR(pair, strcmp(pair->field->pattern->text, pattern) == 0);
}

static void patterns_agree(void)
{
	walk_all(true, check_pattern);
}

static void check_enumeration(const struct pair *pair)
{
	const json_t *names = json_object_get(pair->member, "enum"), *name;
	size_t i, count = 0;

	if (!pair->field || !names || pair->field->type != FIELD_ENUM)
		return;
	json_array_foreach(names, i, name)
	{
		CHECK_PAIR(pair, is_one_of(json_string_value(name), pair->field->values));
	}
	while (pair->field->values[count])
		count++;
	CHECK_PAIR(pair, count == json_array_size(names));
}

static void enumerations_agree(void)
{
	walk_all(true, check_enumeration);
}

static void a_value_of_an_enumeration_has_its_constant(void)
{
	CHECK_INT(enum_index(return_values_names, SLICE("ALL_OLD")), RETURN_ALL_OLD);
	CHECK_INT(enum_index(return_values_names, SLICE("UPDATED_NEW")), RETURN_UPDATED_NEW);
	CHECK_INT(enum_index(comparison_names, SLICE("IN")), COMPARISON_IN);
	CHECK_INT(enum_index(comparison_names, SLICE("CONTAINS")), COMPARISON_CONTAINS);
	CHECK_INT(enum_index(select_names, SLICE("COUNT")), SELECT_COUNT);
	CHECK_INT(enum_index(select_names, SLICE("count")), -1);
	CHECK_INT(enum_index(select_names, (struct slice){ NULL, 0 }), -1);
}

static const struct test_case cases[] = {
	{ "every operation is one of the service", every_operation_is_one_of_the_service },
	{ "every operation has help and something to run",
		every_operation_has_help_and_something_to_run },
	{ "operations are found by their exact name", operations_are_found_by_their_exact_name },
	{ "every member of an input has a row", every_member_of_an_input_has_a_row },
	{ "every row is a member of the service", every_row_is_a_member_of_the_service },
	{ "types agree", types_agree },
	{ "elements have the service's shapes", elements_have_the_service_s_shapes },
	{ "required members agree", required_members_agree },
	{ "limits agree", limits_agree },
	{ "patterns agree", patterns_agree },
	{ "enumerations agree", enumerations_agree },
	{ "a value of an enumeration has its constant",
		a_value_of_an_enumeration_has_its_constant },
};

static bool load_models(void)
{
	bool loaded = true;

	for (size_t i = 0; i < OPERATION_KIND_COUNT; i++) {
		models[i] = json_load_file(model_paths[i], 0, NULL);
		loaded = loaded && models[i];
	}
	return loaded;
}

int main(void)
{
	int status = EXIT_SUCCESS;

	if (load_models())
		status = test_run(cases, ARRAY_SIZE(cases));
	else
		printf("1..1\nok 1 - the model of botocore # SKIP not installed\n");
	for (size_t i = 0; i < OPERATION_KIND_COUNT; i++)
		json_decref(models[i]);
	return status;
}
