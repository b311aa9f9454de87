#undef NDEBUG
#include "engine_fixture.h"

#include "model/item.h"

/* Writes of LOCAL_WRITE_ITEMS that are transacted: the commit of a transaction
 * of the mount. */

#define COUNT_MAX 8

struct commit {
	struct door door;
	struct item_write writes[COUNT_MAX];
	struct error failures[COUNT_MAX];
	size_t count;
};

static void begin(struct commit *commit)
{
	*commit = (struct commit){ .door = door_new() };
	door_create_table(&commit->door, "Tab", "S", "N");
}

static void end(struct commit *commit)
{
	for (size_t i = 0; i < commit->count; i++)
		error_release(&commit->failures[i]);
	door_release(&commit->door);
}

#define COMMIT(commit) \
	struct commit commit CLEANUP(end); \
	begin(&commit)

static const struct map *item_of(struct commit *commit, int64_t sk, int64_t v)
{
	struct member members[] = {
		{ SLICE("pk"), value_of_string("a") },
		{ SLICE("sk"), value_of_number(sk) },
		{ SLICE("v"), value_of_number(v) },
	};

	return map_of(&commit->door.arena, members, 3);
}

static const struct map *key_of(struct commit *commit, int64_t sk)
{
	return door_key(&commit->door, value_of_string("a"), value_of_number(sk));
}

static struct item_write *add(struct commit *commit, enum item_write_kind kind, int64_t sk)
{
	struct item_write *write = &commit->writes[commit->count++];

	*write = (struct item_write){
		.kind = kind,
		.table_name = SLICE("Tab"),
		.item = kind == ITEM_PUT ? item_of(commit, sk, 1) : key_of(commit, sk),
	};
	return write;
}

static int run(struct commit *commit, struct write_items_output *ret)
{
	struct write_items_input input = {
		.writes = commit->writes,
		.count = commit->count,
		.item_errors = commit->failures,
		.transacted = true,
	};

	*ret = (struct write_items_output){ 0 };
	return door_run(&commit->door, OPERATION_LOCAL_WRITE_ITEMS, &input, ret);
}

static void expect_cancelled(struct commit *commit)
{
	struct write_items_output output;

	CHECK_INT(run(commit, &output), -1);
	CHECK_ERROR(&commit->door.err, ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons");
}

static struct item_facts put(struct commit *commit, int64_t sk, int64_t v)
{
	struct put_item_input input = {
		.table_name = SLICE("Tab"),
		.item = item_of(commit, sk, v),
	};
	struct put_item_output output = { 0 };

	CHECK_OK(door_run(&commit->door, OPERATION_PUT_ITEM, &input, &output), &commit->door.err);
	return output.facts;
}

static const struct map *get(struct commit *commit, int64_t sk)
{
	struct get_item_input input = { .table_name = SLICE("Tab"), .key = key_of(commit, sk) };
	struct get_item_output output = { 0 };

	CHECK_OK(door_run(&commit->door, OPERATION_GET_ITEM, &input, &output), &commit->door.err);
	return output.item;
}

static void changes_of_all_kinds_go_in_together(void)
{
	COMMIT(commit);
	struct write_items_output output;
	struct item_facts checked = put(&commit, 4, 4);

	put(&commit, 2, 2);
	put(&commit, 3, 3);
	add(&commit, ITEM_PUT, 1)->expectation = ITEM_ABSENT;
	add(&commit, ITEM_DELETE, 2);
	add(&commit, ITEM_TOUCH, 3)->mtime_ns = 1000;
	*add(&commit, ITEM_CHECK, 4) = (struct item_write){
		.kind = ITEM_CHECK,
		.table_name = SLICE("Tab"),
		.item = key_of(&commit, 4),
		.expectation = ITEM_UNCHANGED,
		.expected_stamp = checked.stamp,
	};
	CHECK_OK(run(&commit, &output), &commit.door.err);
	CHECK(get(&commit, 1) && !get(&commit, 2) && get(&commit, 3) && get(&commit, 4));
	CHECK_INT(output.facts[2].mtime_ns, 1000);
}

static void one_that_fails_keeps_out_all_and_each_reason_is_told(void)
{
	COMMIT(commit);

	put(&commit, 2, 2);
	add(&commit, ITEM_PUT, 1);
	add(&commit, ITEM_PUT, 2)->expectation = ITEM_ABSENT;
	add(&commit, ITEM_CHECK, 3)->expectation = ITEM_UNCHANGED;
	add(&commit, ITEM_DELETE, 4);
	expect_cancelled(&commit);
	CHECK_INT(commit.failures[0].class, ERROR_NONE);
	CHECK_INT(commit.failures[1].class, ERROR_ITEM_EXISTS);
	CHECK_INT(commit.failures[2].class, ERROR_ITEM_CHANGED);
	CHECK_INT(commit.failures[3].class, ERROR_NONE);
	CHECK(!get(&commit, 1));
}

static void a_check_alone_changes_nothing(void)
{
	COMMIT(commit);
	struct write_items_output output;

	add(&commit, ITEM_CHECK, 1)->expectation = ITEM_ABSENT;
	CHECK_OK(run(&commit, &output), &commit.door.err);
	CHECK(!get(&commit, 1));
}

static void an_item_that_fits_no_rule_is_a_reason(void)
{
	COMMIT(commit);
	struct member no_key = { SLICE("v"), value_of_number(1) };

	add(&commit, ITEM_PUT, 1);
	add(&commit, ITEM_PUT, 2)->item = map_of(&commit.door.arena, &no_key, 1);
	expect_cancelled(&commit);
	CHECK_INT(commit.failures[0].class, ERROR_NONE);
	CHECK_INT(commit.failures[1].class, ERROR_VALIDATION);
	CHECK(!get(&commit, 1));
}

static void a_table_that_is_not_there_is_a_reason(void)
{
	COMMIT(commit);

	add(&commit, ITEM_PUT, 1);
	add(&commit, ITEM_PUT, 1)->table_name = SLICE("absent");
	add(&commit, ITEM_PUT, 2)->table_id = SLICE("another one's");
	expect_cancelled(&commit);
	CHECK_INT(commit.failures[0].class, ERROR_NONE);
	CHECK_INT(commit.failures[1].class, ERROR_TABLE_NOT_FOUND);
	CHECK_INT(commit.failures[2].class, ERROR_TABLE_NOT_FOUND);
	CHECK(!get(&commit, 1));
}

static void an_item_may_come_encoded(void)
{
	COMMIT(commit);
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;
	struct item_write *write = add(&commit, ITEM_PUT, 1);
	struct write_items_output output;

	item_encode(item_of(&commit, 1, 7), &encoded);
	write->encoded = buf_slice(&encoded);
	write->item = key_of(&commit, 1);
	CHECK_OK(run(&commit, &output), &commit.door.err);
	CHECK(map_equal(get(&commit, 1), item_of(&commit, 1, 7)));
}

static void failures_have_the_codes_of_cancellation_reasons(void)
{
	static const struct {
		enum error_class class;
		const char *code;
	} codes[] = {
		{ ERROR_NONE, "None" },
		{ ERROR_ITEM_EXISTS, "ConditionalCheckFailed" },
		{ ERROR_ITEM_CHANGED, "ConditionalCheckFailed" },
		{ ERROR_TABLE_NOT_FOUND, "ResourceNotFound" },
		{ ERROR_CONFLICT, "TransactionConflict" },
		{ ERROR_COLLECTION_TOO_LARGE, "ItemCollectionSizeLimitExceeded" },
		{ ERROR_TOO_LARGE, "ValidationError" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct error failure = { .class = codes[i].class };

		CHECK_TEXT(slice_from_string(cancellation_code(&failure)), codes[i].code);
	}
}

static const struct test_case cases[] = {
	{ "changes of all kinds go in together", changes_of_all_kinds_go_in_together },
	{ "one that fails keeps out all, and each reason is told",
		one_that_fails_keeps_out_all_and_each_reason_is_told },
	{ "a check alone changes nothing", a_check_alone_changes_nothing },
	{ "an item that fits no rule is a reason", an_item_that_fits_no_rule_is_a_reason },
	{ "a table that is not there is a reason", a_table_that_is_not_there_is_a_reason },
	{ "an item may come encoded", an_item_may_come_encoded },
	{ "failures have the codes of cancellation reasons",
		failures_have_the_codes_of_cancellation_reasons },
};
TEST_MAIN(cases)
