/* How often throughput may change, by a clock of our own. */
#undef NDEBUG
#include "api/throughput.h"
#include "test.h"

#define SECOND 1000000000LL
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

/* Sunday, 22 November 2026, 00:00 UTC. */
#define MIDNIGHT (1795305600 * SECOND)

static struct table_description table_of(int64_t units)
{
	return (struct table_description){
		.created_ns = MIDNIGHT - 10 * DAY,
		.read_capacity_units = units,
		.write_capacity_units = units,
	};
}

static int decrease(struct table_description *table, int64_t now_ns, struct error *err)
{
	struct throughput throughput = throughput_of_table(table);
	int64_t units = table->read_capacity_units - 1;

	TRY(throughput_check_decrease(&throughput, units, units, now_ns, err));
	throughput_set(&throughput, units, units, now_ns);
	return 0;
}

static int64_t today(const struct table_description *table, int64_t now_ns)
{
	return throughput_decreases_today(
		table->throughput_decreases, table->throughput_decreased_ns, now_ns);
}

static void four_decreases_a_day_are_free(void)
{
	struct table_description table = table_of(100);
	struct error err = ERROR_INIT;

	for (int i = 0; i < 4; i++)
		CHECK_OK(decrease(&table, MIDNIGHT + HOUR + i * SECOND, &err), &err);
	CHECK_INT(today(&table, MIDNIGHT + 2 * HOUR), 4);
	CHECK_INT(decrease(&table, MIDNIGHT + HOUR + 4 * SECOND, &err), -1);
	CHECK_ERROR(&err, ERROR_LIMIT_EXCEEDED,
		"Subscriber limit exceeded: Provisioned throughput decreases are limited within a "
		"given UTC day. After the first 4 decreases, each subsequent decrease in the same "
		"UTC day can be performed at most once every 3600 seconds. Number of decreases "
		"today: 4. Last decrease at Sunday, November 22, 2026 at 1:00:03 AM Coordinated "
		"Universal Time. Next decrease can be made at Sunday, November 22, 2026 at 2:00:03 "
		"AM Coordinated Universal Time");
	CHECK_INT(table.read_capacity_units, 96);
}

/* Four in the first second, then one for each of 23 hours: 27. */
static void then_there_is_one_an_hour(void)
{
	struct table_description table = table_of(100);
	struct error err = ERROR_INIT;

	for (int i = 0; i < 4; i++)
		CHECK_OK(decrease(&table, MIDNIGHT, &err), &err);
	for (int hour = 1; hour < 24; hour++) {
		CHECK_INT(decrease(&table, MIDNIGHT + hour * HOUR - 1, &err), -1);
		error_release(&err);
		CHECK_OK(decrease(&table, MIDNIGHT + hour * HOUR, &err), &err);
	}
	CHECK_INT(today(&table, MIDNIGHT + DAY - 1), 27);
}

static void a_new_day_begins_anew(void)
{
	struct table_description table = table_of(100);
	struct error err = ERROR_INIT;

	for (int i = 0; i < 4; i++)
		CHECK_OK(decrease(&table, MIDNIGHT - SECOND, &err), &err);
	CHECK_INT(today(&table, MIDNIGHT - 1), 4);
	CHECK_INT(today(&table, MIDNIGHT), 0);
	CHECK_OK(decrease(&table, MIDNIGHT, &err), &err);
	CHECK_INT(today(&table, MIDNIGHT), 1);
}

static void increases_are_not_counted(void)
{
	struct table_description table = table_of(1);
	struct throughput throughput = throughput_of_table(&table);
	struct error err = ERROR_INIT;

	for (int units = 2; units < 20; units++) {
		CHECK_OK(
			throughput_check_decrease(&throughput, units, units, MIDNIGHT, &err), &err);
		throughput_set(&throughput, units, units, MIDNIGHT);
	}
	CHECK_INT(today(&table, MIDNIGHT), 0);
	CHECK_INT(table.throughput_increased_ns, MIDNIGHT);
	CHECK_INT(table.throughput_decreased_ns, 0);
	/* More of one and less of the other is both. */
	throughput_set(&throughput, 1, 100, MIDNIGHT + 1);
	CHECK_INT(table.throughput_increased_ns, MIDNIGHT + 1);
	CHECK_INT(table.throughput_decreased_ns, MIDNIGHT + 1);
	CHECK_INT(today(&table, MIDNIGHT + 1), 1);
}

static int go_on_demand(struct table_description *table, int64_t now_ns, struct error *err)
{
	TRY(throughput_check_on_demand(table, now_ns, err));
	throughput_go_on_demand(table, NULL, now_ns);
	table->billing_mode = BILLING_PROVISIONED;
	return 0;
}

static void four_switches_in_24_hours_are_allowed(void)
{
	struct table_description table = table_of(5);
	struct error err = ERROR_INIT;

	for (int i = 0; i < 4; i++)
		CHECK_OK(go_on_demand(&table, MIDNIGHT + i * HOUR, &err), &err);
	CHECK_INT(go_on_demand(&table, MIDNIGHT + 4 * HOUR, &err), -1);
	CHECK_ERROR(&err, ERROR_LIMIT_EXCEEDED,
		"Subscriber limit exceeded: Update to PayPerRequest mode are limited to 4 times in 1 "
		"day(s). Last update at Sun Nov 22 03:00:00 UTC 2026. Next update can be made at Mon "
		"Nov 23 00:00:00 UTC 2026");
	CHECK_INT(go_on_demand(&table, MIDNIGHT + DAY - 1, &err), -1);
	error_release(&err);
	CHECK_OK(go_on_demand(&table, MIDNIGHT + DAY, &err), &err);
	/* The next one is an hour after the second. */
	CHECK_INT(go_on_demand(&table, MIDNIGHT + DAY + HOUR - 1, &err), -1);
	error_release(&err);
	CHECK_OK(go_on_demand(&table, MIDNIGHT + DAY + HOUR, &err), &err);
}

static void being_made_on_demand_is_no_switch(void)
{
	struct table_description table = table_of(5);
	struct error err = ERROR_INIT;

	table.created_ns = table.billing_changed_ns = MIDNIGHT;
	for (int i = 1; i <= 4; i++)
		CHECK_OK(go_on_demand(&table, MIDNIGHT + i, &err), &err);
	CHECK_INT(go_on_demand(&table, MIDNIGHT + 5, &err), -1);
	error_release(&err);
}

static void going_on_demand_takes_all_units(void)
{
	struct index_description indexes[] = {
		{ .kind = INDEX_GLOBAL, .read_capacity_units = 3, .write_capacity_units = 4 },
		{ .kind = INDEX_LOCAL },
	};
	struct table_description table = table_of(5);

	table.indexes = indexes;
	table.index_count = 2;
	throughput_go_on_demand(&table, indexes, MIDNIGHT);
	CHECK_INT(table.billing_mode, BILLING_PAY_PER_REQUEST);
	CHECK_INT(table.billing_changed_ns, MIDNIGHT);
	CHECK_INT(table.read_capacity_units, 0);
	CHECK_INT(indexes[0].write_capacity_units, 0);
	CHECK_INT(indexes[0].throughput_decreases, 1);
	CHECK_INT(indexes[0].throughput_decreased_ns, MIDNIGHT);
	CHECK_INT(indexes[1].throughput_decreases, 0);
}

static const struct test_case cases[] = {
	{ "four decreases a day are free", four_decreases_a_day_are_free },
	{ "then there is one an hour", then_there_is_one_an_hour },
	{ "a new day begins anew", a_new_day_begins_anew },
	{ "increases are not counted", increases_are_not_counted },
	{ "four switches in 24 hours are allowed", four_switches_in_24_hours_are_allowed },
	{ "being made on demand is no switch", being_made_on_demand_is_no_switch },
	{ "going on demand takes all units", going_on_demand_takes_all_units },
};

TEST_MAIN(cases)
