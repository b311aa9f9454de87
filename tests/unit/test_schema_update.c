#undef NDEBUG
#include "fs_fixture.h"
#include "schema_update.h"

#define MOVIES \
	"{\"AttributeDefinitions\":[{\"AttributeName\":\"year\",\"AttributeType\":\"N\"}," \
	"{\"AttributeName\":\"title\",\"AttributeType\":\"S\"}," \
	"{\"AttributeName\":\"genre\",\"AttributeType\":\"S\"}]," \
	"\"KeySchema\":[{\"AttributeName\":\"year\",\"KeyType\":\"HASH\"}," \
	"{\"AttributeName\":\"title\",\"KeyType\":\"RANGE\"}]," \
	"\"LocalSecondaryIndexes\":[" LOCAL( \
		"\"KEYS_ONLY\"") "]," \
				 "\"GlobalSecondaryIndexes\":[" BY_GENRE "]," \
				 "\"StreamSpecification\":{\"StreamEnabled\":false}," \
				 "\"BillingMode\":\"PAY_PER_REQUEST\"}"
#define LOCAL(projection) \
	"{\"IndexName\":\"local\",\"KeySchema\":[" \
	"{\"AttributeName\":\"year\",\"KeyType\":\"HASH\"}," \
	"{\"AttributeName\":\"genre\",\"KeyType\":\"RANGE\"}]," \
	"\"Projection\":{\"ProjectionType\":" projection "}}"
#define INDEX(name, key, projection) \
	"{\"IndexName\":\"" name "\",\"KeySchema\":[" \
	"{\"AttributeName\":\"" key "\",\"KeyType\":\"HASH\"}]," \
	"\"Projection\":" projection "}"
#define ALL           "{\"ProjectionType\":\"ALL\"}"
#define BY_GENRE      INDEX("by-genre", "genre", ALL)
#define INDEXES(list) "{\"GlobalSecondaryIndexes\":[" list "]}"

/* What writing the schema would do, as text in the arena. */
static int plan(struct fixture *f, const char *schema, struct slice *ret)
{
	struct schema_update update CLEANUP(schema_update_release) = { 0 };
	struct buf steps CLEANUP(buf_release) = BUF_INIT;

	TRY(schema_update_begin(
		&f->fs, SLICE("Movies"), slice_from_string(schema), &update, &f->err));
	for (size_t i = 0; i < update.plan.count; i++) {
		if (i)
			buf_append_string(&steps, "; ");
		schema_step_append(&update.plan.steps[i], &steps);
	}
	*ret = arena_copy(&f->arena, buf_slice(&steps));
	return 0;
}

static void expect_plan(struct fixture *f, const char *schema, const char *expected)
{
	struct slice steps;

	CHECK_OK(plan(f, schema, &steps), &f->err);
	CHECK_TEXT(steps, expected);
}

static void expect_refusal(struct fixture *f, const char *schema, const char *message)
{
	struct slice steps;

	CHECK_INT(plan(f, schema, &steps), -1);
	CHECK_ERROR(&f->err, ERROR_VALIDATION, message);
}

static void apply(struct fixture *f, const char *schema)
{
	struct schema_update update CLEANUP(schema_update_release) = { 0 };
	int r;

	CHECK_OK(schema_update_begin(
			 &f->fs, SLICE("Movies"), slice_from_string(schema), &update, &f->err),
		&f->err);
	do {
		r = schema_update_continue(&f->fs, &update, &f->err);
		CHECK_OK(r, &f->err);
	} while (r == SCHEMA_WAITS);
	CHECK_INT(update.done, update.plan.count);
}

static const struct table_facts *describe(struct fixture *f)
{
	const struct table_facts *table;

	CHECK_OK(table_describe(&f->fs, SLICE("Movies"), &f->arena, &table, &f->err), &f->err);
	return table;
}

static struct slice schema_text(struct fixture *f)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	CHECK_OK(table_append_schema(&f->fs, SLICE("Movies"), &text, &f->err), &f->err);
	return arena_copy(&f->arena, buf_slice(&text));
}

static void begin(struct fixture *f, const char *schema)
{
	CHECK_OK(table_make(&f->fs, SLICE("Movies"), slice_from_string(schema), false, &f->err),
		&f->err);
}

static void what_a_schema_leaves_out_stays(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_plan(&f, "{}", "");
	expect_plan(&f, "year:N title:S", "");
	expect_plan(&f, MOVIES, "");
	expect_plan(&f, "{\"TableClass\":\"STANDARD\"}", "");
	expect_plan(&f, "{\"DeletionProtectionEnabled\":false}", "");
	expect_plan(&f, "{\"StreamSpecification\":{\"StreamEnabled\":false}}", "");
}

static void what_was_read_changes_nothing(void)
{
	static const char *const settings[] = { MOVIES,
		"{\"BillingMode\":\"PROVISIONED\",\"ProvisionedThroughput\":"
		"{\"ReadCapacityUnits\":3,\"WriteCapacityUnits\":4},\"GlobalSecondaryIndexes\":["
		"{\"IndexName\":\"by-genre\",\"ProvisionedThroughput\":"
		"{\"ReadCapacityUnits\":1,\"WriteCapacityUnits\":2}}]}",
		"{\"TableClass\":\"STANDARD_INFREQUENT_ACCESS\"}",
		"{\"StreamSpecification\":"
		"{\"StreamEnabled\":true,\"StreamViewType\":\"NEW_IMAGE\"}}",
		"{\"BillingMode\":\"PAY_PER_REQUEST\"}",
		"{\"OnDemandThroughput\":{\"MaxReadRequestUnits\":7}}",
		"{\"WarmThroughput\":{\"ReadUnitsPerSecond\":13000,\"WriteUnitsPerSecond\":5000}}",
		"{\"DeletionProtectionEnabled\":true}" };
	FIXTURE(f);

	begin(&f, MOVIES);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct slice text, steps;

		apply(&f, settings[i]);
		expect_plan(&f, settings[i], "");
		text = schema_text(&f);
		CHECK_OK(plan(&f, text.data, &steps), &f.err);
		CHECK_TEXT(steps, "");
	}
}

static void settings_are_changed_in_one_step(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_plan(&f,
		"{\"TableClass\":\"STANDARD_INFREQUENT_ACCESS\",\"DeletionProtectionEnabled\":true,"
		"\"OnDemandThroughput\":{\"MaxReadRequestUnits\":7}}",
		"sets OnDemandThroughput, TableClass, DeletionProtectionEnabled");
}

static void a_list_of_indexes_is_the_whole_list(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_plan(&f, INDEXES(""), "drops index by-genre");
	expect_plan(&f, INDEXES(INDEX("by-title", "title", ALL)),
		"drops index by-genre; adds index by-title");
	expect_plan(&f,
		INDEXES(BY_GENRE "," INDEX("one", "title", ALL) "," INDEX("two", "year", ALL)),
		"adds index one; adds index two");
	expect_plan(&f, INDEXES("{\"IndexName\":\"by-genre\"}"), "");
	apply(&f, INDEXES(""));
	CHECK_INT(describe(&f)->global_secondary_indexes.count, 0);
	expect_plan(&f, INDEXES(""), "");
}

static void indexes_are_added_one_after_another(void)
{
	FIXTURE(f);
	const struct global_index_facts *indexes;
	struct map *items;
	struct member *members;

	begin(&f, MOVIES);
	items = arena_alloc_array(&f.arena, 3000, sizeof(*items));
	members = arena_alloc_array(&f.arena, 9000, sizeof(*members));
	for (size_t i = 0; i < 3000; i++) {
		struct member *own = &members[3 * i];

		own[0] = (struct member){ SLICE("year"), fixture_number(i % 7) };
		own[1] = (struct member){ SLICE("title"),
			fixture_string(arena_printf(&f.arena, "movie %zu", i)) };
		own[2] = (struct member){ SLICE("genre"), fixture_string(SLICE("drama")) };
		items[i] = (struct map){ own, 3 };
	}
	fixture_write(&f, ITEM_PUT, "Movies", items, 3000);
	apply(&f, INDEXES(INDEX("one", "title", ALL) "," INDEX("two", "genre", ALL)));
	indexes = describe(&f)->global_secondary_indexes.items;
	CHECK_INT(describe(&f)->global_secondary_indexes.count, 2);
	CHECK_TEXT(indexes[0].index_name, "one");
	CHECK_TEXT(indexes[0].index_status, "ACTIVE");
	CHECK_INT(indexes[0].item_count.value, 3000);
	CHECK_TEXT(indexes[1].index_name, "two");
}

static void throughput_of_the_other_billing_mode_is_left_over(void)
{
	static const char provisioned[] =
		"{\"BillingMode\":\"PROVISIONED\",\"ProvisionedThroughput\":"
		"{\"ReadCapacityUnits\":3,\"WriteCapacityUnits\":4},\"GlobalSecondaryIndexes\":["
		"{\"IndexName\":\"by-genre\",\"ProvisionedThroughput\":"
		"{\"ReadCapacityUnits\":1,\"WriteCapacityUnits\":2}}]}";
	static const char on_demand[] =
		"{\"BillingMode\":\"PAY_PER_REQUEST\",\"ProvisionedThroughput\":"
		"{\"ReadCapacityUnits\":3,\"WriteCapacityUnits\":4},\"GlobalSecondaryIndexes\":["
		"{\"IndexName\":\"by-genre\",\"ProvisionedThroughput\":"
		"{\"ReadCapacityUnits\":1,\"WriteCapacityUnits\":2}}]}";
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_plan(&f, on_demand, "");
	expect_plan(
		&f, provisioned, "sets BillingMode, ProvisionedThroughput, changes index by-genre");
	apply(&f, provisioned);
	expect_plan(&f, provisioned, "");
	expect_plan(&f, on_demand, "sets BillingMode");
	apply(&f, on_demand);
	expect_plan(&f, on_demand, "");
}

static void throughput_alone_means_provisioned(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	apply(&f, INDEXES(""));
	expect_plan(&f,
		"{\"ProvisionedThroughput\":{\"ReadCapacityUnits\":3,\"WriteCapacityUnits\":4}}",
		"sets BillingMode, ProvisionedThroughput");
}

static void a_stream_of_another_view_is_another_stream(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	apply(&f, "{\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":"
		  "\"NEW_IMAGE\"}}");
	CHECK_TEXT(describe(&f)->stream_specification->stream_view_type, "NEW_IMAGE");
	expect_plan(&f,
		"{\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":"
		"\"KEYS_ONLY\"}}",
		"sets StreamSpecification; sets StreamSpecification");
	apply(&f, "{\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":"
		  "\"KEYS_ONLY\"}}");
	CHECK_TEXT(describe(&f)->stream_specification->stream_view_type, "KEYS_ONLY");
	apply(&f, "{\"StreamSpecification\":{\"StreamEnabled\":false}}");
	CHECK(!describe(&f)->stream_specification);
}

static void encryption_is_compared_by_its_key(void)
{
	static const char key[] = "{\"SSESpecification\":{\"Enabled\":true,\"SSEType\":\"KMS\","
				  "\"KMSMasterKeyId\":\"alias/mine\"}}";
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_plan(&f, "{\"SSESpecification\":{\"Enabled\":false}}", "");
	apply(&f, key);
	expect_plan(&f, key, "");
	expect_plan(&f, "{\"SSESpecification\":{\"Enabled\":true}}", "");
	expect_plan(&f, "{\"SSESpecification\":{\"Enabled\":false}}", "sets SSESpecification");
	expect_plan(&f,
		"{\"SSESpecification\":{\"Enabled\":true,\"SSEType\":\"KMS\","
		"\"KMSMasterKeyId\":\"mine\"}}",
		"");
	expect_plan(&f,
		"{\"SSESpecification\":{\"Enabled\":true,\"SSEType\":\"KMS\","
		"\"KMSMasterKeyId\":\"ne\"}}",
		"sets SSESpecification");
}

static void tags_are_only_compared(void)
{
	FIXTURE(f);

	begin(&f, "{\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}],"
		  "\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}],"
		  "\"Tags\":[{\"Key\":\"team\",\"Value\":\"a\"},{\"Key\":\"x\",\"Value\":\"y\"}],"
		  "\"BillingMode\":\"PAY_PER_REQUEST\"}");
	expect_plan(&f,
		"{\"Tags\":[{\"Key\":\"x\",\"Value\":\"y\"},{\"Key\":\"team\",\"Value\":\"a\"}]}",
		"");
	expect_refusal(&f, "{\"Tags\":[{\"Key\":\"team\",\"Value\":\"a\"}]}",
		"Tags can't be changed by a schema: TagResource and UntagResource do that");
	expect_refusal(&f, "{\"ResourcePolicy\":\"{}\"}",
		"ResourcePolicy can't be changed by a schema: PutResourcePolicy does that");
}

static void a_key_is_not_changed(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_refusal(&f, "year:N",
		"KeySchema of a table can't be changed: it is year HASH, title RANGE");
	expect_refusal(&f, "title:S year:N",
		"KeySchema of a table can't be changed: it is year HASH, title RANGE");
	expect_refusal(&f, "year:S title:S",
		"AttributeDefinitions: the type of year can't be changed: it is a key attribute of "
		"the table, of type N");
	expect_refusal(&f,
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"genre\",\"AttributeType\":\"N\"}]"
		"}",
		"AttributeDefinitions: the type of genre can't be changed: it is a key attribute "
		"of the indexes, of type S");
}

static void local_indexes_are_not_changed(void)
{
	static const char cannot[] =
		"LocalSecondaryIndexes can't be changed once a table is made: ";
	FIXTURE(f);
	struct slice text;

	begin(&f, MOVIES);
	expect_plan(&f, "{\"LocalSecondaryIndexes\":[" LOCAL("\"KEYS_ONLY\"") "]}", "");
	text = arena_printf(&f.arena, "%slocal is missing", cannot);
	expect_refusal(&f, "{\"LocalSecondaryIndexes\":[]}", text.data);
	text = arena_printf(&f.arena, "%slocal has another Projection", cannot);
	expect_refusal(&f, "{\"LocalSecondaryIndexes\":[" LOCAL("\"ALL\"") "]}", text.data);
}

static void an_index_keeps_its_key_and_projection(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_refusal(&f, INDEXES(INDEX("by-genre", "title", ALL)),
		"GlobalSecondaryIndexes: KeySchema of the index by-genre can't be changed: drop "
		"the index first, then add it");
	expect_refusal(&f,
		INDEXES(INDEX("by-genre", "genre", "{\"ProjectionType\":\"KEYS_ONLY\"}")),
		"GlobalSecondaryIndexes: Projection of the index by-genre can't be changed: drop "
		"the index first, then add it");
}

static void all_is_checked_before_anything_is_done(void)
{
	FIXTURE(f);

	begin(&f, MOVIES);
	expect_refusal(&f, INDEXES(INDEX("one", "title", ALL) "," INDEX("two", "unknown", ALL)),
		"One or more parameter values were invalid: Some index key attributes are not "
		"defined in AttributeDefinitions. Keys: [unknown], AttributeDefinitions: [year, "
		"title, genre]");
	expect_refusal(&f, "{\"BillingMode\":\"PROVISIONED\"}",
		"One or more parameter values were invalid: ReadCapacityUnits and "
		"WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
	expect_refusal(&f,
		"{\"BillingMode\":\"PROVISIONED\",\"ProvisionedThroughput\":"
		"{\"ReadCapacityUnits\":3,\"WriteCapacityUnits\":4}}",
		"One or more parameter values were invalid: ProvisionedThroughput is not specified "
		"for index: by-genre");
	expect_refusal(&f, "{\"StreamSpecification\":{\"StreamEnabled\":true}}",
		"One or more parameter values were invalid: Table is being created with a stream "
		"enabled, UpdateViewType must be specified");
	CHECK_INT(describe(&f)->global_secondary_indexes.count, 1);
}

static void definitions_go_with_the_keys_that_use_them(void)
{
	FIXTURE(f);

	begin(&f, "{\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"},"
		  "{\"AttributeName\":\"genre\",\"AttributeType\":\"S\"}],"
		  "\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}],"
		  "\"GlobalSecondaryIndexes\":[" BY_GENRE "],"
		  "\"BillingMode\":\"PAY_PER_REQUEST\"}");
	expect_plan(&f,
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"},"
		"{\"AttributeName\":\"genre\",\"AttributeType\":\"S\"}],"
		"\"GlobalSecondaryIndexes\":[]}",
		"drops index by-genre");
	expect_plan(&f,
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"genre\",\"AttributeType\":\"N\"}],"
		"\"GlobalSecondaryIndexes\":[" INDEX("by-number", "genre", ALL) "]}",
		"drops index by-genre; adds index by-number");
	expect_refusal(&f,
		"{\"AttributeDefinitions\":[{\"AttributeName\":\"other\",\"AttributeType\":\"S\"}]"
		"}",
		"One or more parameter values were invalid: Number of attributes in KeySchema does "
		"not exactly match number of attributes defined in AttributeDefinitions");
}

static void a_change_that_became_impossible_tells_what_was_done(void)
{
	struct schema_update update CLEANUP(schema_update_release) = { 0 };
	FIXTURE(f);

	begin(&f, MOVIES);
	CHECK_OK(schema_update_begin(
			 &f.fs, SLICE("Movies"), slice_from_string(INDEXES("")), &update, &f.err),
		&f.err);
	apply(&f, INDEXES(""));
	CHECK_INT(schema_update_continue(&f.fs, &update, &f.err), -1);
	CHECK_ERROR(&f.err, ERROR_INDEX_NOT_FOUND,
		"Requested resource not found: Table: by-genre not found");
	schema_update_give_up(&update, &f.err);
	CHECK_ERROR(&f.err, ERROR_TABLE_IN_USE,
		"interrupted: the table is not yet what the schema wants. Done: nothing. Not done: "
		"drops index by-genre");
}

static void a_table_that_is_not_there_is_left_to_be_made(void)
{
	struct schema_update update CLEANUP(schema_update_release) = { 0 };
	FIXTURE(f);

	CHECK_INT(schema_update_begin(&f.fs, SLICE("Movies"), SLICE("id:S"), &update, &f.err),
		SCHEMA_NO_TABLE);
}

static const struct test_case cases[] = {
	{ "what a schema leaves out stays", what_a_schema_leaves_out_stays },
	{ "what was read changes nothing", what_was_read_changes_nothing },
	{ "settings are changed in one step", settings_are_changed_in_one_step },
	{ "a list of indexes is the whole list", a_list_of_indexes_is_the_whole_list },
	{ "indexes are added one after another", indexes_are_added_one_after_another },
	{ "throughput of the other billing mode is left over",
		throughput_of_the_other_billing_mode_is_left_over },
	{ "throughput alone means provisioned", throughput_alone_means_provisioned },
	{ "a stream of another view is another stream",
		a_stream_of_another_view_is_another_stream },
	{ "encryption is compared by its key", encryption_is_compared_by_its_key },
	{ "tags are only compared", tags_are_only_compared },
	{ "a key is not changed", a_key_is_not_changed },
	{ "local indexes are not changed", local_indexes_are_not_changed },
	{ "an index keeps its key and projection", an_index_keeps_its_key_and_projection },
	{ "all is checked before anything is done", all_is_checked_before_anything_is_done },
	{ "definitions go with the keys that use them",
		definitions_go_with_the_keys_that_use_them },
	{ "a change that became impossible tells what was done",
		a_change_that_became_impossible_tells_what_was_done },
	{ "a table that is not there is left to be made",
		a_table_that_is_not_there_is_left_to_be_made },
};

TEST_MAIN(cases)
