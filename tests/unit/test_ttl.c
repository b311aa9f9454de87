#undef NDEBUG
#include "store_fixture.h"

#include "base/clock.h"
#include "store/index_private.h"
#include "store/stream.h"
#include "store/ttl.h"
#include "store/write.h"

#define SECOND_NS 1000000000LL
#define YEAR      (365 * 24 * 60 * 60LL)
/* Later than the real time, so that the worker finds nothing due. */
#define NOW 4000000000LL

/* The entry of { "ttl": value }: its seconds, or -1 when it has none. */
static int64_t expiry_of(struct value value)
{
	struct member member = { SLICE("ttl"), value };
	struct map item = { &member, 1 };
	struct buf entry CLEANUP(buf_release) = BUF_INIT;
	int64_t seconds = 0;

	if (!ttl_entry_encode(SLICE("ttl"), &item, SLICE("row"), &entry))
		return -1;
	CHECK_INT(entry.len, 8 + 3);
	CHECK(memcmp(entry.data + 8, "row", 3) == 0);
	for (int i = 0; i < 8; i++)
		seconds = seconds << 8 | (unsigned char)entry.data[i];
	return seconds;
}

static int64_t expiry_of_number(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value value = { .type = VALUE_N };

	CHECK_OK(number_parse(slice_from_string(text), &value.number, &err), &err);
	return expiry_of(value);
}

static void a_number_expires_at_its_whole_second(void)
{
	CHECK_INT(expiry_of_number("0"), 0);
	CHECK_INT(expiry_of_number("1795362535"), 1795362535);
	CHECK_INT(expiry_of_number("1795362535.999"), 1795362535);
	CHECK_INT(expiry_of_number("17E8"), 1700000000);
	CHECK_INT(expiry_of_number("0.5"), 0);
	CHECK_INT(expiry_of_number("9223372036854775807"), INT64_MAX);
}

static void what_is_no_time_has_no_entry(void)
{
	CHECK_INT(expiry_of_number("-1"), -1);
	CHECK_INT(expiry_of_number("9223372036854775808"), -1);
	CHECK_INT(expiry_of_number("1E125"), -1);
	CHECK_INT(expiry_of((struct value){ .type = VALUE_S, .bytes = SLICE("1795362535") }), -1);
	CHECK(!ttl_entry_encode(SLICE("other"), &(struct map){ 0 }, SLICE("row"), NULL));
}

static int set_attribute(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	(void)txn, (void)err;
	table->ttl_attribute = slice_from_string(context);
	return 0;
}

static void set_ttl(struct fixture *f, const char *attribute)
{
	CHECK_INT(table_update(f->store, SLICE("T"), &f->arena, DURABLE_PROCESS, set_attribute,
			  (void *)attribute, &f->err),
		0);
	table_unref(f->table);
	f->table = fixture_find(f, "T");
}

/* Puts { pk, sk, ttl }. */
static void put_expiring(struct fixture *f, const char *pk, int64_t sk, int64_t ttl)
{
	struct map item = fixture_item(&f->arena, pk, sk, SLICE(""));
	struct member *last = (struct member *)&item.members[2];
	struct fixture_write write = {
		.action = { .kind = WRITE_PUT, .table = f->table, .item = &item },
	};

	last->name = SLICE("ttl");
	last->value = (struct value){ .type = VALUE_N, .number = number_from_int64(ttl) };
	write.action.row_key = fixture_key_of(f->table, &f->arena, &item);
	CHECK_OK(fixture_apply(f, &write), &f->err);
}

static bool is_there(struct fixture *f, const char *pk, int64_t sk)
{
	struct row row;
	int r = fixture_get(f, pk, sk, &row);

	CHECK_OK(r, &f->err);
	return r == 0;
}

static uint64_t expire_at(struct fixture *f, int64_t now_ns)
{
	uint64_t deleted;

	CHECK_OK(ttl_expire(f->store, now_ns, &deleted, &f->err), &f->err);
	return deleted;
}

static void what_has_expired_goes_and_the_rest_stays(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	set_ttl(&f, "ttl");
	put_expiring(&f, "past", 1, NOW - 1);
	put_expiring(&f, "now", 1, NOW);
	put_expiring(&f, "future", 1, NOW + 1);
	put_expiring(&f, "five years", 1, NOW - 5 * YEAR);
	put_expiring(&f, "ancient", 1, NOW - 5 * YEAR - 1);
	fixture_put(&f, "never", 1, "x");
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 2);
	CHECK(!is_there(&f, "past", 1));
	CHECK(is_there(&f, "now", 1));
	CHECK(is_there(&f, "future", 1));
	CHECK(!is_there(&f, "five years", 1));
	CHECK(is_there(&f, "ancient", 1));
	CHECK(is_there(&f, "never", 1));
	CHECK_INT(expire_at(&f, NOW * SECOND_NS + 1), 1);
	CHECK(!is_there(&f, "now", 1));
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

/* More than a batch of them. */
static void many_go_in_one_pass(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_counts counts;

	set_ttl(&f, "ttl");
	for (int i = 0; i < 350; i++)
		put_expiring(&f, "a", i, NOW - 10 - i % 7);
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 350);
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 0);
	table_counts(f.table, &counts);
	CHECK_INT(counts.items, 0);
}

/* After the last of them a batch is looked for in vain. */
static void whole_batches_are_counted_once(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	set_ttl(&f, "ttl");
	for (int i = 0; i < 200; i++)
		put_expiring(&f, "a", i, NOW - 10);
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 200);
	CHECK_INT(ttl_take_deleted(f.table), 200);
}

static void an_item_that_was_given_more_time_stays(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	set_ttl(&f, "ttl");
	put_expiring(&f, "a", 1, NOW - 1);
	put_expiring(&f, "a", 1, NOW + 100);
	put_expiring(&f, "b", 1, NOW - 1);
	fixture_put(&f, "b", 1, "no time at all");
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 0);
	CHECK(is_there(&f, "a", 1));
	CHECK(is_there(&f, "b", 1));
	CHECK_INT(expire_at(&f, (NOW + 101) * SECOND_NS), 1);
}

struct entry {
	struct index *index;
	struct slice bytes;
};

static int put_entry_body(struct txn *txn, void *context, struct error *err)
{
	const struct entry *entry = context;

	return index_put_entry(txn, entry->index, entry->bytes, err);
}

/* As if the item had been changed since the entry was read. */
static void an_entry_of_what_the_item_was_deletes_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct entry entry;

	set_ttl(&f, "ttl");
	put_expiring(&f, "a", 1, NOW + 100);
	ttl_bound_encode(NOW - 1, &bytes);
	buf_append_slice(&bytes, fixture_key(f.table, &f.arena, "a", 1));
	entry = (struct entry){ table_expiry_index(f.table), buf_slice(&bytes) };
	CHECK_OK(txn_run(f.store, TXN_WRITE, DURABLE_PROCESS, &f.arena, put_entry_body, &entry,
			 &f.err),
		&f.err);
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 0);
	CHECK(is_there(&f, "a", 1));
}

static void nothing_expires_while_it_is_disabled(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	set_ttl(&f, "ttl");
	put_expiring(&f, "a", 1, NOW - 1);
	set_ttl(&f, NULL);
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 0);
	CHECK(is_there(&f, "a", 1));
}

static void items_that_were_there_before_expire_too(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	uint64_t deleted = 0;

	for (int i = 0; i < 20; i++)
		put_expiring(&f, "a", i, NOW - 1);
	set_ttl(&f, "ttl");
	/* The worker fills the index. */
	for (int i = 0; i < 1000 && deleted < 20; i++) {
		deleted += expire_at(&f, NOW * SECOND_NS);
		usleep(10000);
	}
	CHECK_INT(deleted, 20);
}

static void the_record_names_the_service(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description description = {
		.name = SLICE("S"),
		.key = { .partition = { SLICE("pk"), VALUE_S }, .sort = { SLICE("sk"), VALUE_N } },
		.billing_mode = BILLING_PAY_PER_REQUEST,
		.stream_view = STREAM_OLD_IMAGE,
		.ttl_attribute = SLICE("ttl"),
	};
	struct stream_description *streams;
	struct stream_record *records;
	size_t count;

	CHECK_INT(table_create(f.store, &description, true, &f.arena, DURABLE_PROCESS, &f.err), 0);
	table_unref(f.table);
	f.table = fixture_find(&f, "S");
	put_expiring(&f, "a", 1, NOW - 1);
	put_expiring(&f, "b", 1, NOW + 1);
	fixture_delete(&f, "b", 1);
	CHECK_INT(expire_at(&f, NOW * SECOND_NS), 1);
	CHECK_OK(stream_list(f.store, SLICE("S"), &f.arena, &streams, &count, &f.err), &f.err);
	CHECK_INT(stream_read(f.store, streams, 0, 9, SIZE_MAX, &f.arena, &records, &count, &f.err),
		0);
	CHECK_INT(count, 4);
	CHECK_INT(records[2].kind, CHANGE_REMOVE);
	CHECK(!records[2].expired);
	CHECK_INT(records[3].kind, CHANGE_REMOVE);
	CHECK(records[3].expired);
	CHECK(records[3].has_old);
}

static const struct test_case cases[] = {
	{ "a number expires at its whole second", a_number_expires_at_its_whole_second },
	{ "what is no time has no entry", what_is_no_time_has_no_entry },
	{ "what has expired goes, and the rest stays", what_has_expired_goes_and_the_rest_stays },
	{ "many go in one pass", many_go_in_one_pass },
	{ "whole batches are counted once", whole_batches_are_counted_once },
	{ "an item that was given more time stays", an_item_that_was_given_more_time_stays },
	{ "an entry of what the item was deletes nothing",
		an_entry_of_what_the_item_was_deletes_nothing },
	{ "nothing expires while it is disabled", nothing_expires_while_it_is_disabled },
	{ "items that were there before expire too", items_that_were_there_before_expire_too },
	{ "the record names the service", the_record_names_the_service },
};

TEST_MAIN(cases)
