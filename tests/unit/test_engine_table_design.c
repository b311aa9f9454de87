/* Indexes, throughput, streams and encryption of tables: what CreateTable and
 * UpdateTable accept, and what is told of it. */
#undef NDEBUG
#include "api/operations.h"
#include "api/shapes.h"
#include "engine_fixture.h"
#include "store/backfill.h"
#include "store/store.h"
#include "store/store_private.h"

#define CREATE   OPERATION_CREATE_TABLE
#define UPDATE   OPERATION_UPDATE_TABLE
#define DESCRIBE OPERATION_DESCRIBE_TABLE

#define INVALID "One or more parameter values were invalid: "

#define DEFINE(name)       DEFINE_AS(name, "S")
#define DEFINE_AS(name, t) "{'AttributeName': '" name "', 'AttributeType': '" t "'}"
#define HASH(name)         "{'AttributeName': '" name "', 'KeyType': 'HASH'}"
#define RANGE(name)        "{'AttributeName': '" name "', 'KeyType': 'RANGE'}"

#define ALL                     "'Projection': {'ProjectionType': 'ALL'}"
#define INDEX(name, keys, more) "{'IndexName': '" name "', 'KeySchema': [" keys "], " more "}"
#define GLOBALS(indexes)        ", 'GlobalSecondaryIndexes': [" indexes "]"
#define LOCALS(indexes)         ", 'LocalSecondaryIndexes': [" indexes "]"

#define ON_DEMAND "'BillingMode': 'PAY_PER_REQUEST'"
#define THROUGHPUT(read, write) \
	"'ProvisionedThroughput': {'ReadCapacityUnits': " read ", 'WriteCapacityUnits': " write "}"
#define MAXIMA(units) "'OnDemandThroughput': {" units "}"
#define WARM(units)   "'WarmThroughput': {" units "}"

/* "Tab" with keys pk and sk and these definitions beside theirs. */
#define PAIR(billing, definitions, more) \
	"{'TableName': 'Tab', 'KeySchema': [" HASH("pk") ", " RANGE( \
		"sk") "], " \
		      "'AttributeDefinitions': [" DEFINE("pk") ", " DEFINE("sk") definitions \
		"], " billing more "}"
#define TABLE(definitions, more) PAIR(ON_DEMAND, definitions, more)
#define G                        ", " DEFINE("g")
#define WITH_GLOBAL(keys, more)  TABLE(G, GLOBALS(INDEX("index", keys, more)))
#define PLAIN                    TABLE("", "")

#define CHANGE(changes)         "{'TableName': 'Tab', " changes "}"
#define INDEX_UPDATES(updates)  "'GlobalSecondaryIndexUpdates': [" updates "]"
#define ADD_INDEX(name, keys)   "{'Create': " INDEX(name, keys, ALL) "}"
#define REMOVE_INDEX(name)      "{'Delete': {'IndexName': '" name "'}}"
#define CHANGE_INDEX(name, how) "{'Update': {'IndexName': '" name "', " how "}}"
#define DEFINITIONS(list)       "'AttributeDefinitions': [" list "], "

/* A request to make a table that is refused, and makes none. */
static void check_refused(const char *json, const char *message)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, CREATE, json, message);
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{}", "{'TableNames':[]}");
}

static struct door table_new(const char *json)
{
	struct door door = door_new();

	CHECK_CALL(&door, CREATE, json);
	return door;
}

static const struct table_facts *describe(struct door *door)
{
	struct describe_table_input input = { .table_name = SLICE("Tab") };
	struct describe_table_output output = { 0 };

	CHECK_OK(door_run(door, DESCRIBE, &input, &output), &door->err);
	return output.table;
}

/* Some struct of an answer, as JSON. */
static struct slice json_of(struct door *door, const struct request_shape *shape, const void *facts)
{
	buf_clear(&door->answer);
	wire_write(shape, facts, &door->answer);
	return buf_slice(&door->answer);
}

#define CHECK_FACTS(door, shape, facts, expected) \
	CHECK_TEXT(json_of(door, shape, facts), door_json(&(door)->arena, expected).data)

/* The JSON of the table's facts. */
static bool tells(struct door *door, const char *json)
{
	json_of(door, &shape_table_facts, describe(door));
	return strstr(buf_string(&door->answer), door_json(&door->arena, json).data);
}

/* A list of so many, joined by commas; each % is the number. */
static const char *repeat(struct door *door, const char *format, int count)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (int i = 0; i < count; i++) {
		buf_append_string(&text, i ? ", " : "");
		for (const char *at = format; *at; at++) {
			if (*at == '%')
				buf_appendf(&text, "%d", i);
			else
				buf_append_char(&text, *at);
		}
	}
	return arena_copy(&door->arena, buf_slice(&text)).data;
}

/* Global indexes. */

static void a_global_index_is_described(void)
{
	struct door door CLEANUP(door_release) = table_new(WITH_GLOBAL(HASH("g") ", " RANGE("sk"),
		"'Projection': {'ProjectionType': 'INCLUDE', 'NonKeyAttributes': ['a', 'b']}"));

	CHECK_FACTS(&door, &shape_global_index_facts,
		describe(&door)->global_secondary_indexes.items,
		"{'IndexName':'index','KeySchema':[{'AttributeName':'g','KeyType':'HASH'},"
		"{'AttributeName':'sk','KeyType':'RANGE'}],'Projection':{"
		"'ProjectionType':'INCLUDE','NonKeyAttributes':['a','b']},'IndexStatus':'ACTIVE',"
		"'ProvisionedThroughput':{'NumberOfDecreasesToday':0,'ReadCapacityUnits':0,"
		"'WriteCapacityUnits':0},'IndexSizeBytes':0,'ItemCount':0,'IndexArn':"
		"'arn:aws:dynamodb:us-east-1:123456789012:table/Tab/index/index'}");
	CHECK_INT(describe(&door)->local_secondary_indexes.present, false);
}

static void an_index_needs_a_partition_key_first(void)
{
	check_refused(WITH_GLOBAL(RANGE("g"), ALL),
		"Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
	check_refused(WITH_GLOBAL(HASH("g") ", " RANGE("sk") ", " HASH("pk"), ALL),
		"Invalid KeySchema: All HASH elements must come before RANGE elements");
}

static void the_keys_of_an_index_differ(void)
{
	static const char message[] =
		"Both the Hash Key and the Range Key element in the KeySchema have the same name";

	check_refused(WITH_GLOBAL(HASH("g") ", " RANGE("g"), ALL), message);
	check_refused(WITH_GLOBAL(HASH("g") ", " HASH("g"), ALL), message);
}

static void the_keys_of_an_index_are_defined(void)
{
	check_refused(WITH_GLOBAL(HASH("g") ", " RANGE("q"), ALL),
		INVALID "Some index key attributes are not defined in AttributeDefinitions. Keys: "
			"[g, q], AttributeDefinitions: [pk, sk, g]");
}

static void every_definition_is_of_a_key(void)
{
	check_refused(TABLE(G ", " DEFINE("q"), GLOBALS(INDEX("index", HASH("g"), ALL))),
		INVALID "Number of attributes in KeySchema does not exactly match number of "
			"attributes defined in AttributeDefinitions");
}

/* Multi-attribute keys, since November 2025. */
static void a_global_index_may_have_four_attributes_on_each_side(void)
{
	struct door door CLEANUP(door_release) = table_new(TABLE(
		", " DEFINE("a") ", " DEFINE_AS("b", "N") ", " DEFINE_AS("c", "B") ", " DEFINE("d"),
		GLOBALS(INDEX("index",
			HASH("a") ", " HASH("b") ", " HASH("c") ", " HASH("pk") ", " RANGE(
				"d") ", " RANGE("sk"),
			ALL))));

	CHECK(tells(&door, "'KeySchema':[{'AttributeName':'a','KeyType':'HASH'},"
			   "{'AttributeName':'b','KeyType':'HASH'},"
			   "{'AttributeName':'c','KeyType':'HASH'},"
			   "{'AttributeName':'pk','KeyType':'HASH'},"
			   "{'AttributeName':'d','KeyType':'RANGE'},"
			   "{'AttributeName':'sk','KeyType':'RANGE'}]"));
	CHECK(tells(&door, "{'AttributeName':'b','AttributeType':'N'},"
			   "{'AttributeName':'c','AttributeType':'B'}"));
}

static void a_global_index_has_no_fifth_attribute_on_a_side(void)
{
	static const char message[] =
		INVALID "Invalid number of key attributes: an index has at most 4 HASH and 4 RANGE "
			"attributes";

#define FOUR ", " DEFINE("a") ", " DEFINE("b") ", " DEFINE("c") ", " DEFINE("d")
	check_refused(TABLE(FOUR, GLOBALS(INDEX("index",
					  HASH("a") ", " HASH("b") ", " HASH("c") ", " HASH(
						  "d") ", " HASH("pk"),
					  ALL))),
		message);
	check_refused(TABLE(FOUR, GLOBALS(INDEX("index",
					  HASH("pk") ", " RANGE("a") ", " RANGE("b") ", " RANGE(
						  "c") ", " RANGE("d") ", " RANGE("sk"),
					  ALL))),
		message);
}

static void names_of_indexes_differ(void)
{
	check_refused(TABLE(G, GLOBALS(INDEX("index", HASH("g"), ALL) ", " INDEX(
				       "index", HASH("g"), ALL))),
		INVALID "Duplicate index name: index");
	check_refused(TABLE(G, GLOBALS(INDEX("index", HASH("g"), ALL))
				       LOCALS(INDEX("index", HASH("pk") ", " RANGE("g"), ALL))),
		INVALID "Duplicate index name: index");
}

static void a_list_of_indexes_is_not_empty(void)
{
	check_refused(TABLE("", GLOBALS("")), INVALID "List of GlobalSecondaryIndexes is empty");
	check_refused(TABLE("", LOCALS("")), INVALID "List of LocalSecondaryIndexes is empty");
}

static int create_with_globals(struct door *door, int count)
{
	return door_call(door, CREATE,
		arena_printf(&door->arena, TABLE(G, GLOBALS("%s")),
			repeat(door, INDEX("index-%", HASH("g"), ALL), count))
			.data);
}

static void a_table_has_twenty_global_indexes_at_most(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INT(create_with_globals(&door, 21), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		INVALID "GlobalSecondaryIndex count exceeds the per-table limit of 20");
	CHECK_OK(create_with_globals(&door, 20), &door.err);
	CHECK_INT(describe(&door)->global_secondary_indexes.count, 20);
	CHECK_REFUSED(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES(ADD_INDEX("more", HASH("g")))),
		ERROR_LIMIT_EXCEEDED,
		"GlobalSecondaryIndex count exceeds the per-table limit of 20");
}

/* Local indexes. */

static void a_local_index_is_described(void)
{
	struct door door CLEANUP(door_release) = table_new(TABLE(", " DEFINE_AS("l", "N"),
		LOCALS(INDEX("index", HASH("pk") ", " RANGE("l"),
			"'Projection': {'ProjectionType': 'KEYS_ONLY'}"))));

	CHECK_FACTS(&door, &shape_local_index_facts, describe(&door)->local_secondary_indexes.items,
		"{'IndexName':'index','KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},"
		"{'AttributeName':'l','KeyType':'RANGE'}],'Projection':{"
		"'ProjectionType':'KEYS_ONLY'},'IndexSizeBytes':0,'ItemCount':0,'IndexArn':"
		"'arn:aws:dynamodb:us-east-1:123456789012:table/Tab/index/index'}");
	CHECK_INT(describe(&door)->global_secondary_indexes.present, false);
}

static void a_local_index_needs_a_sort_key_in_the_table(void)
{
	check_refused(
		"{'TableName': 'Tab', 'KeySchema': [" HASH("pk") "], 'AttributeDefinitions': [" DEFINE(
			"pk") ", " DEFINE("l") "], " ON_DEMAND LOCALS(INDEX("index",
			HASH("pk") ", " RANGE("l"), ALL)) "}",
		INVALID "Table KeySchema does not have a range key, which is required when "
			"specifying a LocalSecondaryIndex");
}

static void a_local_index_has_the_partition_key_of_its_table_and_a_sort_key(void)
{
	check_refused(TABLE("", LOCALS(INDEX("index", HASH("pk"), ALL))),
		INVALID "Index KeySchema does not have a range key for index: index");
	check_refused(TABLE(G, LOCALS(INDEX("index", HASH("g") ", " RANGE("pk"), ALL))),
		INVALID "Index KeySchema does not have the same leading hash key as table "
			"KeySchema for index: index. index hash key: g, table hash key: pk");
	check_refused(TABLE(G, LOCALS(INDEX("index", HASH("pk") ", " HASH("g"), ALL))),
		"Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
}

static void a_table_has_five_local_indexes_at_most(void)
{
	struct door door CLEANUP(door_release) = door_new();
	const char *index = INDEX("index-%", HASH("pk") ", " RANGE("g"), ALL);

	CHECK_INVALID(&door, CREATE,
		arena_printf(&door.arena, TABLE(G, LOCALS("%s")), repeat(&door, index, 6)).data,
		INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of 5");
	CHECK_CALL(&door, CREATE,
		arena_printf(&door.arena, TABLE(G, LOCALS("%s")), repeat(&door, index, 5)).data);
	CHECK_INT(describe(&door)->local_secondary_indexes.count, 5);
}

/* Projections. */

static void a_projection_has_a_type(void)
{
	check_refused(
		WITH_GLOBAL(HASH("g"), "'Projection': {}"), INVALID "Unknown ProjectionType: null");
}

static void names_are_projected_by_include_alone(void)
{
	check_refused(WITH_GLOBAL(HASH("g"), "'Projection': {'ProjectionType': 'INCLUDE'}"),
		INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
	check_refused(WITH_GLOBAL(HASH("g"), "'Projection': {'ProjectionType': 'ALL', "
					     "'NonKeyAttributes': ['a']}"),
		INVALID "ProjectionType is ALL, but NonKeyAttributes is specified");
	check_refused(WITH_GLOBAL(HASH("g"), "'Projection': {'ProjectionType': 'KEYS_ONLY', "
					     "'NonKeyAttributes': ['a']}"),
		INVALID "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified");
}

/* So many indexes, each of which projects so many names. */
static int create_with_names(struct door *door, int indexes, int names)
{
	struct slice index = arena_printf(&door->arena,
		INDEX("index-%%", HASH("g"),
			"'Projection': {'ProjectionType': 'INCLUDE', 'NonKeyAttributes': [%s]}"),
		repeat(door, "'a%'", names));

	return door_call(door, CREATE,
		arena_printf(
			&door->arena, TABLE(G, GLOBALS("%s")), repeat(door, index.data, indexes))
			.data);
}

static void a_hundred_names_are_projected_at_most(void)
{
	struct door door CLEANUP(door_release) = door_new();
	static const char message[] =
		INVALID "Total number of attributes specified in NonKeyAttributes, summed across "
			"all of the secondary indexes, exceeds the limit of 100";

	CHECK_INT(create_with_names(&door, 6, 17), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, message);
	CHECK_OK(create_with_names(&door, 5, 20), &door.err);
	CHECK_INVALID(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES("{'Create': " INDEX("more", HASH("g"),
			"'Projection': {'ProjectionType': 'INCLUDE', "
			"'NonKeyAttributes': ['c']}") "}")),
		message);
}

/* Throughput. */

static void an_index_has_throughput_as_its_table_has(void)
{
	check_refused(WITH_GLOBAL(HASH("g"), ALL ", " THROUGHPUT("1", "1")),
		INVALID "ProvisionedThroughput should not be specified for index: index when "
			"BillingMode is PAY_PER_REQUEST");
	check_refused(PAIR(THROUGHPUT("1", "1"), G, GLOBALS(INDEX("index", HASH("g"), ALL))),
		INVALID "ProvisionedThroughput is not specified for index: index");
	check_refused(PAIR(THROUGHPUT("1", "1"), G,
			      GLOBALS(INDEX("index", HASH("g"),
				      ALL ", " THROUGHPUT("1", "1000000000001")))),
		"Given value 1000000000001 for WriteCapacityUnits is out of bounds");
}

static struct door provisioned_new(void)
{
	return table_new(PAIR(THROUGHPUT("3", "4"), G,
		GLOBALS(INDEX("index", HASH("g"), ALL ", " THROUGHPUT("5", "6")))));
}

static void provisioned_throughput_is_told(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();

	CHECK_FACTS(&door, &shape_throughput_facts, describe(&door)->provisioned_throughput,
		"{'NumberOfDecreasesToday':0,'ReadCapacityUnits':3,'WriteCapacityUnits':4}");
	CHECK(tells(&door, "'IndexStatus':'ACTIVE','ProvisionedThroughput':{"
			   "'NumberOfDecreasesToday':0,'ReadCapacityUnits':5,"
			   "'WriteCapacityUnits':6}"));
	CHECK(!describe(&door)->billing_mode_summary);
}

static void maxima_are_of_tables_on_demand(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();

	check_refused(PAIR(THROUGHPUT("1", "1"), "", ", " MAXIMA("'MaxReadRequestUnits': 5")),
		INVALID "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table "
			"BillingMode is PROVISIONED.");
	check_refused(PAIR(THROUGHPUT("1", "1"), "", ", " MAXIMA("'MaxWriteRequestUnits': 5")),
		INVALID "MaxWriteRequestUnits for OnDemandThroughput cannot be specified when "
			"table BillingMode is PROVISIONED.");
	CHECK_INVALID(&door, UPDATE, CHANGE(MAXIMA("'MaxReadRequestUnits': 5")),
		INVALID "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the "
			"table BillingMode is PROVISIONED");
}

static void maxima_are_positive_or_none(void)
{
	check_refused(TABLE("", ", " MAXIMA("'MaxReadRequestUnits': 0")),
		INVALID "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside "
			"of valid range");
	check_refused(TABLE("", ", " MAXIMA("'MaxWriteRequestUnits': -2")),
		INVALID "Requested MaxWriteRequestUnits for OnDemandThroughput for table is "
			"outside of valid range");
	check_refused(WITH_GLOBAL(HASH("g"), ALL ", " MAXIMA("'MaxWriteRequestUnits': 0")),
		INVALID "Requested MaxWriteRequestUnits for OnDemandThroughput for index is "
			"outside of valid range");
}

static void maxima_and_warm_throughput_are_told(void)
{
	struct door door CLEANUP(door_release) = table_new(TABLE(G,
		", " MAXIMA("'MaxReadRequestUnits': 7, 'MaxWriteRequestUnits': 8") ", " WARM(
			"'ReadUnitsPerSecond': 13000, 'WriteUnitsPerSecond': 5000")
			GLOBALS(INDEX("index", HASH("g"),
				ALL ", " MAXIMA("'MaxReadRequestUnits': 9") ", " WARM(
					"'WriteUnitsPerSecond': 6000")))));
	const struct table_facts *facts = describe(&door);
	const struct global_index_facts *index = facts->global_secondary_indexes.items;

	CHECK_FACTS(&door, &shape_on_demand_throughput, facts->on_demand_throughput,
		"{'MaxReadRequestUnits':7,'MaxWriteRequestUnits':8}");
	CHECK_FACTS(&door, &shape_warm_throughput, facts->warm_throughput,
		"{'ReadUnitsPerSecond':13000,'WriteUnitsPerSecond':5000,'Status':'ACTIVE'}");
	CHECK_FACTS(&door, &shape_on_demand_throughput, index->on_demand_throughput,
		"{'MaxReadRequestUnits':9}");
	CHECK_FACTS(&door, &shape_warm_throughput, index->warm_throughput,
		"{'WriteUnitsPerSecond':6000,'Status':'ACTIVE'}");
	CHECK_CALL(&door, UPDATE, CHANGE(MAXIMA("'MaxReadRequestUnits': -1")));
	CHECK_CALL(&door, UPDATE, CHANGE(WARM("'ReadUnitsPerSecond': 14000")));
	facts = describe(&door);
	CHECK_FACTS(&door, &shape_on_demand_throughput, facts->on_demand_throughput,
		"{'MaxReadRequestUnits':-1,'MaxWriteRequestUnits':8}");
	CHECK_INT(facts->warm_throughput->read_units_per_second.value, 14000);
}

/* Streams and encryption at creation. */

static void a_stream_has_a_view_when_it_is_enabled(void)
{
	struct door door CLEANUP(door_release) = table_new(
		TABLE("", ", 'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': "
			  "'OLD_IMAGE'}"));

	check_refused(TABLE("", ", 'StreamSpecification': {'StreamEnabled': true}"),
		INVALID "Table is being created with a stream enabled, UpdateViewType must be "
			"specified");
	check_refused(TABLE("", ", 'StreamSpecification': {'StreamEnabled': false, "
				"'StreamViewType': 'NEW_IMAGE'}"),
		INVALID "Table is being created with a stream disabled, UpdateViewType should not "
			"be specified");
	CHECK(tells(&door, "'StreamSpecification':{'StreamEnabled':true,"
			   "'StreamViewType':'OLD_IMAGE'},'LatestStreamLabel':"));
	CHECK(tells(&door, "'LatestStreamArn':'arn:aws:dynamodb:us-east-1:123456789012:table/Tab/"
			   "stream/"));
}

static void a_table_without_a_stream_tells_of_none(void)
{
	struct door door CLEANUP(door_release) =
		table_new(TABLE("", ", 'StreamSpecification': {'StreamEnabled': false}"));

	CHECK(!tells(&door, "Stream"));
}

static void check_encryption(const char *specification, const char *arn)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, CREATE,
		arena_printf(&door.arena, TABLE("", ", 'SSESpecification': {%s}"), specification)
			.data);
	if (!arn) {
		CHECK(!describe(&door)->sse_description);
		return;
	}
	CHECK_TEXT(describe(&door)->sse_description->kms_master_key_arn, arn);
	CHECK(tells(&door, "'SSEDescription':{'Status':'ENABLED','SSEType':'KMS',"));
}

#define KMS "arn:aws:kms:us-east-1:123456789012:"

static void encryption_is_told_with_its_key(void)
{
	check_encryption("'Enabled': false", NULL);
	check_encryption("", NULL);
	check_encryption("'Enabled': true", KMS "alias/aws/dynamodb");
	check_encryption(
		"'Enabled': true, 'SSEType': 'KMS', 'KMSMasterKeyId': 'abc'", KMS "key/abc");
	check_encryption("'Enabled': true, 'KMSMasterKeyId': 'alias/mine'", KMS "alias/mine");
	check_encryption("'Enabled': true, 'KMSMasterKeyId': 'arn:aws:kms:x:1:key/2'",
		"arn:aws:kms:x:1:key/2");
}

static void encryption_has_a_type_when_it_is_enabled(void)
{
	static const char message[] =
		INVALID "SSEType and KMSMasterKeyId can only be specified when Enabled is true";

	check_refused(
		TABLE("", ", 'SSESpecification': {'Enabled': false, 'SSEType': 'KMS'}"), message);
	check_refused(TABLE("", ", 'SSESpecification': {'KMSMasterKeyId': 'abc'}"), message);
	check_refused(TABLE("", ", 'SSESpecification': {'Enabled': true, 'SSEType': 'AES256'}"),
		INVALID "SSEType AES256 is not supported: use KMS, or leave it out");
}

/* UpdateTable. */

static void an_update_asks_for_something(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);
	static const char message[] =
		"At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
		"GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required";

	CHECK_INVALID(&door, UPDATE, "{'TableName': 'Tab'}", message);
	CHECK_INVALID(&door, UPDATE, CHANGE("'SSESpecification': {}"), message);
	CHECK_INVALID(&door, UPDATE, CHANGE("'AttributeDefinitions': []"), message);
	CHECK_INVALID(&door, UPDATE, CHANGE(INDEX_UPDATES("")), message);
}

static void an_update_names_the_table_that_is_not_there(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_REFUSED(&door, UPDATE, CHANGE(ON_DEMAND), ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Table: Tab not found");
	CHECK_INVALID(&door, UPDATE, "{'TableName': 'Tab', 'BillingMode': 'PROVISIONED'}",
		INVALID "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
}

static void an_update_says_once_that_it_is_under_way(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);

	CHECK_CALL(&door, UPDATE, CHANGE("'DeletionProtectionEnabled': true"));
	CHECK(strstr(buf_string(&door.answer), "\"TableStatus\":\"UPDATING\""));
	CHECK(strstr(buf_string(&door.answer), "\"DeletionProtectionEnabled\":true"));
	CHECK_TEXT(describe(&door)->table_status, "ACTIVE");
	CHECK(describe(&door)->deletion_protection_enabled.value);
	CHECK_CALL(&door, UPDATE, CHANGE("'DeletionProtectionEnabled': false"));
	CHECK(!describe(&door)->deletion_protection_enabled.value);
}

static void throughput_is_changed_and_its_times_are_told(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();
	const struct throughput_facts *facts;

	CHECK_CALL(&door, UPDATE, CHANGE(THROUGHPUT("9", "4")));
	facts = describe(&door)->provisioned_throughput;
	CHECK_INT(facts->read_capacity_units.value, 9);
	CHECK_INT(facts->write_capacity_units.value, 4);
	CHECK(facts->last_increase_date_time > 0);
	CHECK_INT(facts->last_decrease_date_time, 0);
	CHECK_CALL(&door, UPDATE, CHANGE(THROUGHPUT("9", "1")));
	CHECK(describe(&door)->provisioned_throughput->last_decrease_date_time > 0);
}

static void throughput_that_does_not_change_is_refused(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();

	CHECK_INVALID(&door, UPDATE, CHANGE(THROUGHPUT("3", "4")),
		"The provisioned throughput for the table will not change. The requested value "
		"equals the current value. Current ReadCapacityUnits provisioned for the table: 3. "
		"Requested ReadCapacityUnits: 3. Current WriteCapacityUnits provisioned for the "
		"table: 4. Requested WriteCapacityUnits: 4. Refer to the Amazon DynamoDB Developer "
		"Guide for current limits and how to request higher limits.");
	CHECK_INVALID(&door, UPDATE, CHANGE(THROUGHPUT("3", "1000000000001")),
		"Given value 1000000000001 for WriteCapacityUnits is out of bounds");
}

static void throughput_is_of_provisioned_tables(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);
	static const char message[] =
		INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
			"BillingMode is PAY_PER_REQUEST";

	CHECK_INVALID(&door, UPDATE, CHANGE(THROUGHPUT("3", "4")), message);
	CHECK_INVALID(&door, UPDATE, CHANGE(ON_DEMAND ", " THROUGHPUT("3", "4")), message);
	CHECK_INVALID(&door, UPDATE, CHANGE("'BillingMode': 'PROVISIONED'"),
		INVALID "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
}

static void a_table_goes_on_demand_and_back(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();
	const struct global_index_facts *index;
	int64_t changed;

	CHECK_CALL(&door, UPDATE, CHANGE(ON_DEMAND));
	CHECK_TEXT(describe(&door)->billing_mode_summary->billing_mode, "PAY_PER_REQUEST");
	CHECK_INT(describe(&door)->provisioned_throughput->read_capacity_units.value, 0);
	index = describe(&door)->global_secondary_indexes.items;
	CHECK_INT(index->provisioned_throughput->write_capacity_units.value, 0);
	changed = describe(&door)->billing_mode_summary->last_update_to_pay_per_request;
	CHECK(changed > describe(&door)->creation_date_time);
	CHECK_CALL(&door, UPDATE,
		CHANGE("'BillingMode': 'PROVISIONED', " THROUGHPUT("1", "2") ", " INDEX_UPDATES(
			CHANGE_INDEX("index", THROUGHPUT("7", "8")))));
	CHECK_TEXT(describe(&door)->billing_mode_summary->billing_mode, "PROVISIONED");
	CHECK_INT(describe(&door)->billing_mode_summary->last_update_to_pay_per_request, changed);
	CHECK_INT(describe(&door)->provisioned_throughput->write_capacity_units.value, 2);
	index = describe(&door)->global_secondary_indexes.items;
	CHECK_INT(index->provisioned_throughput->write_capacity_units.value, 8);
}

static void the_class_of_a_table_is_changed(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);
	int64_t changed;

	CHECK(!describe(&door)->table_class_summary);
	CHECK_CALL(&door, UPDATE, CHANGE("'TableClass': 'STANDARD_INFREQUENT_ACCESS'"));
	CHECK_TEXT(describe(&door)->table_class_summary->table_class, "STANDARD_INFREQUENT_ACCESS");
	changed = describe(&door)->table_class_summary->last_update_date_time;
	CHECK(changed > 0);
	CHECK_CALL(&door, UPDATE, CHANGE("'TableClass': 'STANDARD_INFREQUENT_ACCESS'"));
	CHECK_INT(describe(&door)->table_class_summary->last_update_date_time, changed);
	CHECK_CALL(&door, UPDATE, CHANGE("'TableClass': 'STANDARD'"));
	CHECK_TEXT(describe(&door)->table_class_summary->table_class, "STANDARD");
}

static void encryption_is_changed(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);

	CHECK_CALL(&door, UPDATE, CHANGE("'SSESpecification': {'Enabled': true}"));
	CHECK_TEXT(describe(&door)->sse_description->kms_master_key_arn, KMS "alias/aws/dynamodb");
	CHECK_CALL(&door, UPDATE, CHANGE("'SSESpecification': {'Enabled': false}"));
	CHECK(!describe(&door)->sse_description);
}

#define STREAM(enabled, more) "'StreamSpecification': {'StreamEnabled': " enabled more "}"
#define VIEW(view)            ", 'StreamViewType': '" view "'"

static void a_stream_is_enabled_and_disabled(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);
	struct slice label;

	CHECK_INVALID(&door, UPDATE, CHANGE(STREAM("false", "")),
		"Table has no stream to disable: TableName: Tab");
	CHECK_INVALID(&door, UPDATE, CHANGE(STREAM("true", "")),
		INVALID "StreamViewType must be specified when a stream is being enabled");
	CHECK_CALL(&door, UPDATE, CHANGE(STREAM("true", VIEW("NEW_IMAGE"))));
	CHECK_TEXT(describe(&door)->stream_specification->stream_view_type, "NEW_IMAGE");
	label = describe(&door)->latest_stream_label;
	CHECK_INVALID(&door, UPDATE, CHANGE(STREAM("true", VIEW("NEW_IMAGE"))),
		"Table already has an enabled stream: TableName: Tab");
	CHECK_INVALID(&door, UPDATE, CHANGE(STREAM("false", VIEW("NEW_IMAGE"))),
		INVALID "StreamViewType should not be specified when the stream is being disabled");
	CHECK_CALL(&door, UPDATE, CHANGE(STREAM("false", "")));
	CHECK(!describe(&door)->stream_specification);
	CHECK(slice_equal(describe(&door)->latest_stream_label, label));
	CHECK_CALL(&door, UPDATE, CHANGE(STREAM("true", VIEW("KEYS_ONLY"))));
	CHECK(!slice_equal(describe(&door)->latest_stream_label, label));
}

/* A change that is refused in one part changes nothing in the others. */
static void an_update_is_all_or_nothing(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();

	CHECK_INVALID(&door, UPDATE, CHANGE(THROUGHPUT("1", "1") ", " STREAM("false", "")),
		"Table has no stream to disable: TableName: Tab");
	CHECK_INT(describe(&door)->provisioned_throughput->read_capacity_units.value, 3);
}

/* Indexes of a table that is there. */

static void an_index_is_added_and_removed(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);

	CHECK_CALL(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE_AS("h", "N"))
				INDEX_UPDATES(ADD_INDEX("index", HASH("h")))));
	CHECK(strstr(
		buf_string(&door.answer), "\"IndexStatus\":\"CREATING\",\"Backfilling\":false"));
	CHECK(tells(&door, "'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'},"
			   "{'AttributeName':'sk','AttributeType':'S'},"
			   "{'AttributeName':'h','AttributeType':'N'}]"));
	CHECK(tells(&door, "'IndexStatus':'ACTIVE','Prov"));
	CHECK_CALL(&door, UPDATE, CHANGE(INDEX_UPDATES(REMOVE_INDEX("index"))));
	CHECK_INT(describe(&door)->global_secondary_indexes.present, false);
	CHECK(!tells(&door, "'AttributeName':'h'"));
}

static void a_new_index_needs_definitions_in_the_request(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);

	CHECK_INVALID(&door, UPDATE, CHANGE(INDEX_UPDATES(ADD_INDEX("index", HASH("sk")))),
		INVALID "Some index key attributes are not defined in AttributeDefinitions. Keys: "
			"[sk], AttributeDefinitions: []");
}

static void an_attribute_has_one_type_in_all_keys(void)
{
	struct door door CLEANUP(door_release) = table_new(WITH_GLOBAL(HASH("g"), ALL));

	CHECK_INVALID(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE_AS("g", "N"))
				INDEX_UPDATES(ADD_INDEX("more", HASH("g")))),
		INVALID "Attribute g is already defined with type S: it cannot be redefined as N");
	CHECK_INVALID(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE_AS("sk", "B"))
				INDEX_UPDATES(ADD_INDEX("more", HASH("sk")))),
		INVALID "Attribute sk is already defined with type S: it cannot be redefined as B");
	CHECK_CALL(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES(ADD_INDEX("more", HASH("g")))));
}

static void a_new_index_has_a_new_name(void)
{
	struct door door CLEANUP(door_release) =
		table_new(TABLE(G, GLOBALS(INDEX("index", HASH("g"), ALL)) LOCALS(
					   INDEX("local", HASH("pk") ", " RANGE("g"), ALL))));

	CHECK_INVALID(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES(ADD_INDEX("index", HASH("g")))),
		INVALID "Index already exists: index");
	CHECK_INVALID(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES(ADD_INDEX("local", HASH("g")))),
		INVALID "Index already exists: local");
}

static void only_a_global_index_that_is_there_is_removed_or_changed(void)
{
	struct door door CLEANUP(door_release) =
		table_new(TABLE(G, LOCALS(INDEX("local", HASH("pk") ", " RANGE("g"), ALL))));

	CHECK_REFUSED(&door, UPDATE, CHANGE(INDEX_UPDATES(REMOVE_INDEX("absent"))),
		ERROR_INDEX_NOT_FOUND, "Requested resource not found: Table: absent not found");
	CHECK_REFUSED(&door, UPDATE, CHANGE(INDEX_UPDATES(REMOVE_INDEX("local"))),
		ERROR_INDEX_NOT_FOUND, "Requested resource not found: Table: local not found");
	CHECK_INVALID(&door, UPDATE,
		CHANGE(INDEX_UPDATES(CHANGE_INDEX("absent", THROUGHPUT("1", "1")))),
		"This operation cannot be performed with given input values. Please contact "
		"DynamoDB service team for more info: Action Blocked: IndexUpdate");
}

static void one_index_is_added_or_removed_at_a_time(void)
{
	struct door door CLEANUP(door_release) = table_new(WITH_GLOBAL(HASH("g"), ALL));
	static const char message[] = "Subscriber limit exceeded: Only 1 online index can be "
				      "created or deleted simultaneously per table";

	CHECK_REFUSED(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES(
			ADD_INDEX("one", HASH("g")) ", " ADD_INDEX("two", HASH("g")))),
		ERROR_LIMIT_EXCEEDED, message);
	CHECK_REFUSED(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES(
			ADD_INDEX("one", HASH("g")) ", " REMOVE_INDEX("index"))),
		ERROR_LIMIT_EXCEEDED, message);
	CHECK_INT(describe(&door)->global_secondary_indexes.count, 1);
}

static void each_index_update_is_one_action_on_an_index_of_its_own(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();
	static const char none[] =
		INVALID "One of GlobalSecondaryIndexUpdate.Update, "
			"GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must "
			"not be null";

	CHECK_INVALID(&door, UPDATE, CHANGE(INDEX_UPDATES("{}")), none);
	CHECK_INVALID(&door, UPDATE,
		CHANGE(INDEX_UPDATES("{'Delete': {'IndexName': 'index'}, 'Update': {'IndexName': "
				     "'index', " THROUGHPUT("1", "1") "}}")),
		none);
	CHECK_INVALID(&door, UPDATE,
		CHANGE(INDEX_UPDATES(
			CHANGE_INDEX("index", THROUGHPUT("1", "1")) ", " REMOVE_INDEX("index"))),
		INVALID "Only one global secondary index update per index is allowed "
			"simultaneously. Index: index");
}

static void the_throughput_of_an_index_is_changed(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();
	const struct global_index_facts *index;

	CHECK_CALL(&door, UPDATE,
		CHANGE(INDEX_UPDATES(CHANGE_INDEX("index", THROUGHPUT("11", "12")))));
	index = describe(&door)->global_secondary_indexes.items;
	CHECK_INT(index->provisioned_throughput->read_capacity_units.value, 11);
	CHECK_INT(index->provisioned_throughput->write_capacity_units.value, 12);
	CHECK_INT(describe(&door)->provisioned_throughput->read_capacity_units.value, 3);
	CHECK_INVALID(&door, UPDATE,
		CHANGE(INDEX_UPDATES(CHANGE_INDEX("index", THROUGHPUT("1000000000001", "1")))),
		"Given value 1000000000001 for ReadCapacityUnits is out of bounds");
}

static void a_new_index_of_a_provisioned_table_needs_throughput(void)
{
	struct door door CLEANUP(door_release) = provisioned_new();

	CHECK_INVALID(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("g")) INDEX_UPDATES(ADD_INDEX("more", HASH("g")))),
		INVALID "ProvisionedThroughput is not specified for index: more");
}

/* Ends the worker of the engine's store, or begins it again. */
static void set_idle(struct door *door, bool idle)
{
	struct worker *worker = &door->engine->store->worker;

	worker_stop(worker);
	worker->stopping = false;
	if (!idle)
		CHECK_OK(worker_start(worker, &door->err), &door->err);
}

static void step(struct door *door)
{
	struct table *table CLEANUP(table_unrefp) = NULL;

	CHECK_OK(table_find(door->engine->store, SLICE("Tab"), &table, &door->err), &door->err);
	CHECK_OK(backfill_step(table, &door->err), &door->err);
}

/* With a row for its back-fill to pass, an index is made in steps. */
static void an_index_of_a_table_with_items_is_told_as_it_is_filled(void)
{
	struct door door CLEANUP(door_release) = table_new(PLAIN);
	const struct global_index_facts *index;

	CHECK_CALL(&door, OPERATION_PUT_ITEM,
		"{'TableName': 'Tab', 'Item': {'pk': {'S': 'a'}, 'sk': {'S': 'b'}}}");
	set_idle(&door, true);
	CHECK_CALL(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("sk")) INDEX_UPDATES(ADD_INDEX("index", HASH("sk")))));
	CHECK_TEXT(describe(&door)->table_status, "UPDATING");
	CHECK(tells(&door, "'IndexStatus':'CREATING','Backfilling':true"));
	CHECK_INVALID(&door, OPERATION_SCAN, "{'TableName': 'Tab', 'IndexName': 'index'}",
		"Cannot read from backfilling global secondary index: index");
	CHECK_REFUSED(&door, UPDATE,
		CHANGE(DEFINITIONS(DEFINE("sk")) INDEX_UPDATES(ADD_INDEX("more", HASH("sk")))),
		ERROR_LIMIT_EXCEEDED,
		"Subscriber limit exceeded: Only 1 online index can be created or deleted "
		"simultaneously per table");
	for (int i = 0; i < 10 && tells(&door, "'Backfilling'"); i++)
		step(&door);
	CHECK_TEXT(describe(&door)->table_status, "ACTIVE");
	index = describe(&door)->global_secondary_indexes.items;
	CHECK_TEXT(index->index_status, "ACTIVE");
	CHECK_INT(index->item_count.value, 1);
	CHECK_INT(index->index_size_bytes.value, 6);
}

static void the_design_outlives_a_restart(void)
{
	struct door door CLEANUP(
		door_release) = table_new(PAIR(THROUGHPUT("3", "4"), G ", " DEFINE_AS("h", "N"),
		GLOBALS(INDEX("index", HASH("g") ", " HASH("h") ", " RANGE("sk"),
			"'Projection': {'ProjectionType': 'INCLUDE', 'NonKeyAttributes': ['a']}, " THROUGHPUT(
				"5", "6"))) LOCALS(INDEX("local", HASH("pk") ", " RANGE("g"),
			ALL)) ", 'SSESpecification': {'Enabled': true}, 'DeletionProtectionEnabled': true, "
			      "'TableClass': 'STANDARD_INFREQUENT_ACCESS', " WARM(
				      "'ReadUnitsPerSecond': 7")));
	struct slice before =
		arena_copy(&door.arena, json_of(&door, &shape_table_facts, describe(&door)));

	set_idle(&door, false);
	CHECK_TEXT(json_of(&door, &shape_table_facts, describe(&door)), before.data);
}

static const struct test_case cases[] = {
	{ "a global index is described", a_global_index_is_described },
	{ "an index needs a partition key first", an_index_needs_a_partition_key_first },
	{ "the keys of an index differ", the_keys_of_an_index_differ },
	{ "the keys of an index are defined", the_keys_of_an_index_are_defined },
	{ "every definition is of a key", every_definition_is_of_a_key },
	{ "a global index may have four attributes on each side",
		a_global_index_may_have_four_attributes_on_each_side },
	{ "a global index has no fifth attribute on a side",
		a_global_index_has_no_fifth_attribute_on_a_side },
	{ "names of indexes differ", names_of_indexes_differ },
	{ "a list of indexes is not empty", a_list_of_indexes_is_not_empty },
	{ "a table has twenty global indexes at most", a_table_has_twenty_global_indexes_at_most },
	{ "a local index is described", a_local_index_is_described },
	{ "a local index needs a sort key in the table",
		a_local_index_needs_a_sort_key_in_the_table },
	{ "a local index has the partition key of its table and a sort key",
		a_local_index_has_the_partition_key_of_its_table_and_a_sort_key },
	{ "a table has five local indexes at most", a_table_has_five_local_indexes_at_most },
	{ "a projection has a type", a_projection_has_a_type },
	{ "names are projected by INCLUDE alone", names_are_projected_by_include_alone },
	{ "a hundred names are projected at most", a_hundred_names_are_projected_at_most },
	{ "an index has throughput as its table has", an_index_has_throughput_as_its_table_has },
	{ "provisioned throughput is told", provisioned_throughput_is_told },
	{ "maxima are of tables on demand", maxima_are_of_tables_on_demand },
	{ "maxima are positive or none", maxima_are_positive_or_none },
	{ "maxima and warm throughput are told", maxima_and_warm_throughput_are_told },
	{ "a stream has a view when it is enabled", a_stream_has_a_view_when_it_is_enabled },
	{ "a table without a stream tells of none", a_table_without_a_stream_tells_of_none },
	{ "encryption is told with its key", encryption_is_told_with_its_key },
	{ "encryption has a type when it is enabled", encryption_has_a_type_when_it_is_enabled },
	{ "an update asks for something", an_update_asks_for_something },
	{ "an update names the table that is not there",
		an_update_names_the_table_that_is_not_there },
	{ "an update says once that it is under way", an_update_says_once_that_it_is_under_way },
	{ "throughput is changed and its times are told",
		throughput_is_changed_and_its_times_are_told },
	{ "throughput that does not change is refused",
		throughput_that_does_not_change_is_refused },
	{ "throughput is of provisioned tables", throughput_is_of_provisioned_tables },
	{ "a table goes on demand and back", a_table_goes_on_demand_and_back },
	{ "the class of a table is changed", the_class_of_a_table_is_changed },
	{ "encryption is changed", encryption_is_changed },
	{ "a stream is enabled and disabled", a_stream_is_enabled_and_disabled },
	{ "an update is all or nothing", an_update_is_all_or_nothing },
	{ "an index is added and removed", an_index_is_added_and_removed },
	{ "a new index needs definitions in the request",
		a_new_index_needs_definitions_in_the_request },
	{ "an attribute has one type in all keys", an_attribute_has_one_type_in_all_keys },
	{ "a new index has a new name", a_new_index_has_a_new_name },
	{ "only a global index that is there is removed or changed",
		only_a_global_index_that_is_there_is_removed_or_changed },
	{ "one index is added or removed at a time", one_index_is_added_or_removed_at_a_time },
	{ "each index update is one action on an index of its own",
		each_index_update_is_one_action_on_an_index_of_its_own },
	{ "the throughput of an index is changed", the_throughput_of_an_index_is_changed },
	{ "a new index of a provisioned table needs throughput",
		a_new_index_of_a_provisioned_table_needs_throughput },
	{ "an index of a table with items is told as it is filled",
		an_index_of_a_table_with_items_is_told_as_it_is_filled },
	{ "the design outlives a restart", the_design_outlives_a_restart },
};
TEST_MAIN(cases)
