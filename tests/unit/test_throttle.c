/* What tables and indexes may use, by a clock of our own. */
#undef NDEBUG
#include "monitor/throttle.h"
#include "test.h"

#define SECOND 1000000000LL

/* Two global indexes around a local one. */
static struct index_description indexes[] = {
	{
		.name = SLICE("first"),
		.id = SLICE("i1"),
		.kind = INDEX_GLOBAL,
		.read_capacity_units = 5,
		.write_capacity_units = 1,
	},
	{ .name = SLICE("local"), .id = SLICE("i2"), .kind = INDEX_LOCAL },
	{
		.name = SLICE("second"),
		.id = SLICE("i3"),
		.kind = INDEX_GLOBAL,
		.read_capacity_units = 2,
		.write_capacity_units = 3,
	},
};

static struct table_description provisioned(void)
{
	return (struct table_description){
		.name = SLICE("Tab"),
		.id = SLICE("t1"),
		.billing_mode = BILLING_PROVISIONED,
		.read_capacity_units = 10,
		.write_capacity_units = 4,
		.indexes = indexes,
		.index_count = 3,
	};
}

static struct table_description on_demand(int64_t most_read, int64_t most_write)
{
	return (struct table_description){
		.name = SLICE("Tab"),
		.id = SLICE("t1"),
		.billing_mode = BILLING_PAY_PER_REQUEST,
		.max_read_request_units = most_read,
		.max_write_request_units = most_write,
	};
}

static void use(struct throttle *throttle, struct call_units units, struct call_index *used,
	size_t count, int64_t now_ns)
{
	const struct call_table table = {
		.name = SLICE("Tab"),
		.id = SLICE("t1"),
		.units = units,
		.indexes = used,
		.index_count = count,
	};

	throttle_note(throttle, &(struct call){ .tables = &table, .table_count = 1 }, now_ns);
}

static int64_t wait_of(struct throttle *throttle, const struct table_description *table,
	const struct index_description *index, enum throttle_side side, int64_t now_ns)
{
	return throttle_wait_ns(throttle, table, index, side, 0, now_ns);
}

static void reads_and_writes_have_buckets_of_their_own(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description table = provisioned();

	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ .write = 1208 }, NULL, 0, 0);
	/* 4 * 300 - 1208 = -8: two seconds of 4. */
	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_WRITE, 0), 2 * SECOND + 1);
	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_READ, 0), 0);
	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_WRITE, 2 * SECOND + 1), 0);
	throttle_free(throttle);
}

static void an_index_is_behind_while_its_table_is_not(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description table = provisioned();
	struct call_index used = { .name = SLICE("first"), .units.write = 302 };

	CHECK_INT(wait_of(throttle, &table, &indexes[0], THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ .write = 302 }, &used, 1, 0);
	CHECK_INT(wait_of(throttle, &table, &indexes[0], THROTTLE_WRITE, 0), 2 * SECOND + 1);
	CHECK_INT(wait_of(throttle, &table, &indexes[2], THROTTLE_WRITE, 0), 0);
	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_WRITE, 0), 0);
	throttle_free(throttle);
}

static void a_local_index_uses_its_tables(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description table = provisioned();
	struct call_index used = { .name = SLICE("local"), .local = true, .units.read = 1000 };

	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_READ, 0), 0);
	use(throttle, (struct call_units){ .read = 2010 }, &used, 1, 0);
	/* 3000 - 2010 - 1000 = -10. */
	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_READ, 0), SECOND + 1);
	throttle_free(throttle);
}

static void what_is_spared_is_not_taken(void)
{
	struct throttle *throttle = throttle_new(false);
	struct table_description table = provisioned();
	const struct call_table used = {
		.id = SLICE("t1"),
		.units.write = 5000,
		.spared.write = 4000,
	};

	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_WRITE, 0), 0);
	throttle_note(throttle, &(struct call){ .tables = &used, .table_count = 1 }, 0);
	/* 1200 - 1000 = 200 left. */
	CHECK_INT(throttle_wait_ns(throttle, &table, NULL, THROTTLE_WRITE, 199, 0), 0);
	CHECK_INT(throttle_wait_ns(throttle, &table, NULL, THROTTLE_WRITE, 204, 0), SECOND + 1);
	throttle_free(throttle);
}

static void on_demand_is_limited_by_its_maximum_alone(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description free = on_demand(0, -1), bound = on_demand(0, 2);

	CHECK_INT(wait_of(throttle, &free, NULL, THROTTLE_WRITE, 0), 0);
	CHECK_INT(throttle_count(throttle), 0);
	CHECK_INT(wait_of(throttle, &bound, NULL, THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ .write = 601, .read = 1e6 }, NULL, 0, 0);
	CHECK_INT(wait_of(throttle, &bound, NULL, THROTTLE_WRITE, 0), SECOND / 2 + 1);
	CHECK_INT(wait_of(throttle, &bound, NULL, THROTTLE_READ, 0), 0);
	throttle_free(throttle);
}

static void follow(struct throttle *throttle, const struct table_description *table, int64_t now_ns)
{
	throttle_follow_begin(throttle);
	throttle_follow(throttle, table, now_ns);
	throttle_follow_end(throttle);
}

static void buckets_follow_a_change_at_once(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description old = provisioned(), new = provisioned();

	new.write_capacity_units = 100;
	CHECK_INT(wait_of(throttle, &old, NULL, THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ .write = 1300 }, NULL, 0, 0);
	CHECK_INT(wait_of(throttle, &old, NULL, THROTTLE_WRITE, 0), 25 * SECOND + 1);
	follow(throttle, &new, 0);
	CHECK_INT(wait_of(throttle, &new, NULL, THROTTLE_WRITE, 0), SECOND + 1);
	/* Who still holds the old description changes nothing. */
	CHECK_INT(wait_of(throttle, &old, NULL, THROTTLE_WRITE, 0), SECOND + 1);
	throttle_free(throttle);
}

static void a_switch_of_the_billing_mode_begins_anew(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description units = provisioned(), none = on_demand(0, 0);

	CHECK_INT(wait_of(throttle, &units, NULL, THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ .write = 5000 }, NULL, 0, 0);
	CHECK(wait_of(throttle, &units, NULL, THROTTLE_WRITE, 0) > 0);
	follow(throttle, &none, 0);
	CHECK_INT(wait_of(throttle, &none, NULL, THROTTLE_WRITE, 0), 0);
	follow(throttle, &units, 0);
	CHECK_INT(wait_of(throttle, &units, NULL, THROTTLE_WRITE, 0), 0);
	throttle_free(throttle);
}

/* An index that was dropped and made again under its name has another id. */
static void a_new_index_has_a_full_bucket(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description table = provisioned();
	struct index_description made[] = { indexes[0], indexes[2] };
	struct call_index used[] = {
		{ .name = SLICE("first"), .units.write = 400 },
		{ .name = SLICE("second"), .units.write = 903 },
	};

	CHECK_INT(wait_of(throttle, &table, &indexes[0], THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ 0 }, used, 2, 0);
	made[0].id = SLICE("i4");
	table.indexes = made;
	table.index_count = 2;
	follow(throttle, &table, 0);
	CHECK_INT(wait_of(throttle, &table, &made[0], THROTTLE_WRITE, 0), 0);
	CHECK_INT(wait_of(throttle, &table, &made[1], THROTTLE_WRITE, 0), SECOND + 1);
	throttle_free(throttle);
}

static void what_is_full_again_is_forgotten(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description table = provisioned();
	struct call_index used = { .name = SLICE("first"), .units.write = 50 };

	CHECK_INT(wait_of(throttle, &table, NULL, THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ .write = 8 }, &used, 1, 0);
	CHECK_INT(throttle_count(throttle), 1);
	throttle_step(throttle, 49 * SECOND);
	CHECK_INT(throttle_count(throttle), 1);
	throttle_step(throttle, 50 * SECOND);
	CHECK_INT(throttle_count(throttle), 0);
	throttle_free(throttle);
}

static void tables_are_told_apart_by_their_ids(void)
{
	struct throttle *throttle = throttle_new(true);
	struct table_description first = provisioned(), second = provisioned();

	second.id = SLICE("t2");
	CHECK_INT(wait_of(throttle, &first, NULL, THROTTLE_WRITE, 0), 0);
	CHECK_INT(wait_of(throttle, &second, NULL, THROTTLE_WRITE, 0), 0);
	use(throttle, (struct call_units){ .write = 2000 }, NULL, 0, 0);
	CHECK(wait_of(throttle, &first, NULL, THROTTLE_WRITE, 0) > 0);
	CHECK_INT(wait_of(throttle, &second, NULL, THROTTLE_WRITE, 0), 0);
	throttle_free(throttle);
}

static const struct test_case cases[] = {
	{ "reads and writes have buckets of their own",
		reads_and_writes_have_buckets_of_their_own },
	{ "an index is behind while its table is not", an_index_is_behind_while_its_table_is_not },
	{ "a local index uses its table's", a_local_index_uses_its_tables },
	{ "what is spared is not taken", what_is_spared_is_not_taken },
	{ "on demand is limited by its maximum alone", on_demand_is_limited_by_its_maximum_alone },
	{ "buckets follow a change at once", buckets_follow_a_change_at_once },
	{ "a switch of the billing mode begins anew", a_switch_of_the_billing_mode_begins_anew },
	{ "a new index has a full bucket", a_new_index_has_a_full_bucket },
	{ "what is full again is forgotten", what_is_full_again_is_forgotten },
	{ "tables are told apart by their ids", tables_are_told_apart_by_their_ids },
};

TEST_MAIN(cases)
