/* Switching between provisioned throughput and on demand. */
#undef NDEBUG
#include "engine_fixture.h"

#define INVALID "One or more parameter values were invalid: "
#define UPDATE  OPERATION_UPDATE_TABLE

#define UNITS(read, write) \
	"'ProvisionedThroughput': {'ReadCapacityUnits': " read ", 'WriteCapacityUnits': " write "}"
#define CHANGE(members)          "{'TableName': 'Tab', " members "}"
#define ON_DEMAND                CHANGE("'BillingMode': 'PAY_PER_REQUEST'")
#define INDEX(name, members)     "{'Update': {'IndexName': '" name "', " members "}}"
#define INDEXES(updates)         "'GlobalSecondaryIndexUpdates': [" updates "]"
#define PROVISIONED(units, more) CHANGE("'BillingMode': 'PROVISIONED', " units more)

/* "Tab" with the global indexes "one" and "two", of 10 units everywhere. */
static void create(struct door *door)
{
	CHECK_CALL(door, OPERATION_CREATE_TABLE,
		"{'TableName': 'Tab', 'AttributeDefinitions': ["
		"{'AttributeName': 'pk', 'AttributeType': 'S'}],"
		"'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}], " UNITS("10",
			"10") ","
			      "'GlobalSecondaryIndexes': ["
			      "{'IndexName': 'one', 'Projection': {'ProjectionType': 'ALL'}, " UNITS(
				      "10",
				      "10") ", 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}]},"
					    "{'IndexName': 'two', 'Projection': {'ProjectionType': 'ALL'}, " UNITS(
						    "10",
						    "10") ", 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}]}]}");
}

static struct door observing_new(void)
{
	struct door door = door_new();

	create(&door);
	return door;
}

static struct door enforcing_new(void)
{
	struct door door = door_open(&(struct engine_options){
		.relaxed_durability = true,
		.enforce_capacity = true,
	});

	create(&door);
	return door;
}

static const struct table_facts *describe(struct door *door)
{
	struct describe_table_input input = { .table_name = SLICE("Tab") };
	struct describe_table_output *output = arena_alloc_zero(&door->arena, sizeof(*output));

	CHECK_OK(door_run(door, OPERATION_DESCRIBE_TABLE, &input, output), &door->err);
	return output->table;
}

static const struct throughput_facts *index_units(struct door *door, size_t i)
{
	const struct global_index_facts *indexes = describe(door)->global_secondary_indexes.items;

	return indexes[i].provisioned_throughput;
}

static void going_back_names_the_units_of_every_index(void)
{
	struct door door CLEANUP(door_release) = observing_new();

	CHECK_CALL(&door, UPDATE, ON_DEMAND);
	CHECK_INVALID(&door, UPDATE, PROVISIONED(UNITS("5", "5"), ""),
		INVALID "ProvisionedThroughput must be specified for index: one,two");
	CHECK_INVALID(&door, UPDATE,
		PROVISIONED(UNITS("5", "5"), ", " INDEXES(INDEX("one", UNITS("1", "2")))),
		INVALID "ProvisionedThroughput must be specified for index: two");
	CHECK_CALL(&door, UPDATE,
		PROVISIONED(UNITS("5", "5"), ", " INDEXES(INDEX("one", UNITS("1", "2")) ", " INDEX(
						     "two", UNITS("3", "4")))));
	CHECK_INT(index_units(&door, 0)->write_capacity_units.value, 2);
	CHECK_INT(index_units(&door, 1)->read_capacity_units.value, 3);
}

static void an_index_on_demand_has_no_units(void)
{
	struct door door CLEANUP(door_release) = observing_new();

	CHECK_CALL(&door, UPDATE, ON_DEMAND);
	CHECK_INVALID(&door, UPDATE, CHANGE(INDEXES(INDEX("one", UNITS("5", "5")))),
		INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for "
			"index: one when BillingMode is PAY_PER_REQUEST");
	CHECK_CALL(&door, UPDATE,
		CHANGE(INDEXES(INDEX("one", "'OnDemandThroughput': {'MaxWriteRequestUnits': 7}"))));
}

static void a_provisioned_index_has_no_maximum(void)
{
	struct door door CLEANUP(door_release) = observing_new();

	CHECK_INVALID(&door, UPDATE,
		CHANGE(INDEXES(INDEX("one", "'OnDemandThroughput': {'MaxWriteRequestUnits': 7}"))),
		INVALID "MaxWriteRequestUnits for OnDemandThroughput cannot be specified when the "
			"table BillingMode is PROVISIONED");
}

static void units_of_an_index_that_do_not_change_are_refused(void)
{
	struct door door CLEANUP(door_release) = observing_new();

	CHECK_INVALID(&door, UPDATE, CHANGE(INDEXES(INDEX("one", UNITS("10", "10")))),
		"The provisioned throughput for the index one will not change. The requested value "
		"equals the current value. Current ReadCapacityUnits provisioned for index one: "
		"10. Requested ReadCapacityUnits: 10. Current WriteCapacityUnits provisioned for "
		"index one: 10. Requested WriteCapacityUnits: 10. Refer to the Amazon DynamoDB "
		"Developer Guide for current limits and how to request higher limits.");
}

static void the_same_mode_is_no_change(void)
{
	struct door door CLEANUP(door_release) = observing_new();
	int64_t changed;

	CHECK_CALL(&door, UPDATE, ON_DEMAND);
	changed = describe(&door)->billing_mode_summary->last_update_to_pay_per_request;
	CHECK_CALL(&door, UPDATE, ON_DEMAND);
	CHECK_INT(describe(&door)->billing_mode_summary->last_update_to_pay_per_request, changed);
}

static void decreases_of_the_day_are_told(void)
{
	struct door door CLEANUP(door_release) = observing_new();

	CHECK_CALL(&door, UPDATE, CHANGE(UNITS("9", "10")));
	CHECK_CALL(&door, UPDATE, CHANGE(UNITS("20", "9")));
	CHECK_CALL(&door, UPDATE, CHANGE(INDEXES(INDEX("two", UNITS("1", "1")))));
	CHECK_INT(describe(&door)->provisioned_throughput->number_of_decreases_today.value, 2);
	CHECK(describe(&door)->provisioned_throughput->last_increase_date_time > 0);
	CHECK_INT(index_units(&door, 0)->number_of_decreases_today.value, 0);
	CHECK_INT(index_units(&door, 0)->last_decrease_date_time, 0);
	CHECK_INT(index_units(&door, 1)->number_of_decreases_today.value, 1);
	CHECK(index_units(&door, 1)->last_decrease_date_time > 0);
}

/* Four decreases of the table and of an index each, then none. */
static void how_often_is_limited_where_capacity_is_enforced(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();

	for (int units = 9; units >= 6; units--)
		CHECK_CALL(&door, UPDATE,
			arena_printf(&door.arena, CHANGE(UNITS("%d", "10")), units).data);
	CHECK_INT(door_call(&door, UPDATE, CHANGE(UNITS("5", "10"))), -1);
	CHECK_INT(door.err.class, ERROR_LIMIT_EXCEEDED);
	error_release(&door.err);
	for (int units = 9; units >= 6; units--)
		CHECK_CALL(&door, UPDATE,
			arena_printf(&door.arena, CHANGE(INDEXES(INDEX("one", UNITS("%d", "10")))),
				units)
				.data);
	CHECK_INT(door_call(&door, UPDATE, CHANGE(INDEXES(INDEX("one", UNITS("5", "10"))))), -1);
	CHECK_INT(door.err.class, ERROR_LIMIT_EXCEEDED);
	error_release(&door.err);
	CHECK_CALL(&door, UPDATE, CHANGE(UNITS("50", "50")));
}

static void it_is_not_limited_where_capacity_is_observed(void)
{
	struct door door CLEANUP(door_release) = observing_new();

	for (int units = 9; units >= 1; units--)
		CHECK_CALL(&door, UPDATE,
			arena_printf(&door.arena, CHANGE(UNITS("%d", "10")), units).data);
	CHECK_INT(describe(&door)->provisioned_throughput->number_of_decreases_today.value, 9);
}

static int switch_over(struct door *door)
{
	TRY(door_call(door, UPDATE, ON_DEMAND));
	return door_call(door, UPDATE,
		PROVISIONED(UNITS("5", "5"), ", " INDEXES(INDEX("one", UNITS("1", "2")) ", " INDEX(
						     "two", UNITS("3", "4")))));
}

static void four_switches_a_day_are_allowed_where_capacity_is_enforced(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();

	for (int i = 0; i < 4; i++)
		CHECK_OK(switch_over(&door), &door.err);
	CHECK_INT(switch_over(&door), -1);
	CHECK_INT(door.err.class, ERROR_LIMIT_EXCEEDED);
	error_release(&door.err);
}

static void the_count_of_changes_outlives_the_process(void)
{
	struct door door CLEANUP(door_release) = observing_new();
	struct engine_options options = { .relaxed_durability = true, .enforce_capacity = true };

	CHECK_CALL(&door, UPDATE, CHANGE(INDEXES(INDEX("two", UNITS("1", "1")))));
	for (int i = 0; i < 4; i++)
		CHECK_OK(switch_over(&door), &door.err);
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	CHECK_INT(index_units(&door, 1)->number_of_decreases_today.value, 5);
	CHECK_INT(switch_over(&door), -1);
	CHECK_INT(door.err.class, ERROR_LIMIT_EXCEEDED);
	error_release(&door.err);
}

static const struct test_case cases[] = {
	{ "going back names the units of every index", going_back_names_the_units_of_every_index },
	{ "an index on demand has no units", an_index_on_demand_has_no_units },
	{ "a provisioned index has no maximum", a_provisioned_index_has_no_maximum },
	{ "units of an index that do not change are refused",
		units_of_an_index_that_do_not_change_are_refused },
	{ "the same mode is no change", the_same_mode_is_no_change },
	{ "decreases of the day are told", decreases_of_the_day_are_told },
	{ "how often is limited where capacity is enforced",
		how_often_is_limited_where_capacity_is_enforced },
	{ "it is not limited where capacity is observed",
		it_is_not_limited_where_capacity_is_observed },
	{ "four switches a day are allowed where capacity is enforced",
		four_switches_a_day_are_allowed_where_capacity_is_enforced },
	{ "the count of changes outlives the process", the_count_of_changes_outlives_the_process },
};

TEST_MAIN(cases)
