#undef NDEBUG
#include "store_fixture.h"

#include "base/clock.h"
#include "store/check.h"
#include "store/store_private.h"
#include "store/stream.h"
#include "store/stream_record.h"
#include "store/stream_set.h"
#include "store/write.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#define HOUR_NS      (3600 * 1000000000LL)
#define RETENTION_NS (24 * HOUR_NS)

/* The fixture, its table "S" with a stream, which the short ways write to. */
static struct fixture stream_fixture(enum stream_view view)
{
	struct fixture f = fixture_new();
	struct table_description description = {
		.name = SLICE("S"),
		.key = {
			.partition = { SLICE("pk"), VALUE_S },
			.sort = { SLICE("sk"), VALUE_N },
		},
		.billing_mode = BILLING_PAY_PER_REQUEST,
		.stream_view = view,
	};

	CHECK_INT(table_create(f.store, &description, true, &f.arena, DURABLE_PROCESS, &f.err), 0);
	table_unref(f.table);
	f.table = fixture_find(&f, "S");
	return f;
}

/* Closes and opens the store again. */
static void reopen(struct fixture *f)
{
	fixture_close(f);
	fixture_open(f);
	table_unref(f->table);
	f->table = fixture_find(f, "S");
}

static struct stream_description only_stream(struct fixture *f)
{
	struct stream_description *list;
	size_t count;

	CHECK_OK(stream_list(f->store, SLICE("S"), &f->arena, &list, &count, &f->err), &f->err);
	CHECK_INT(count, 1);
	return list[0];
}

struct records {
	struct stream_record *items;
	size_t count;
};

static struct records read_all(struct fixture *f, const struct stream_description *stream)
{
	struct records records;

	CHECK_INT(stream_read(f->store, stream, 0, SIZE_MAX, SIZE_MAX, &f->arena, &records.items,
			  &records.count, &f->err),
		0);
	return records;
}

static struct stream_extent extent_of(struct fixture *f, const struct stream_description *stream)
{
	struct stream_extent extent = { 0 };

	CHECK_INT(stream_extent(f->store, stream, &extent, &f->err), 0);
	return extent;
}

static void trim(struct fixture *f, int64_t now_ns)
{
	CHECK_OK(stream_trim(f->store, now_ns, &f->err), &f->err);
}

/* The attribute "v" of an image. */
static struct slice value_in(const struct map *image)
{
	const struct value *value = map_find(image, SLICE("v"));

	CHECK(value);
	return value->bytes;
}

static void check_view(enum stream_view view, bool has_new, bool has_old)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(view);
	struct stream_description stream = only_stream(&f);
	struct records records;

	fixture_put(&f, "a", 1, "one");
	fixture_put(&f, "a", 1, "two");
	fixture_delete(&f, "a", 1);
	records = read_all(&f, &stream);
	CHECK_INT(records.count, 3);
	CHECK_INT(records.items[0].kind, CHANGE_INSERT);
	CHECK_INT(records.items[1].kind, CHANGE_MODIFY);
	CHECK_INT(records.items[2].kind, CHANGE_REMOVE);
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(records.items[i].keys.count, 2);
		CHECK_INT(records.items[i].has_new, has_new && i < 2);
		CHECK_INT(records.items[i].has_old, has_old && i > 0);
		CHECK(!records.items[i].expired);
	}
	if (has_new)
		CHECK_TEXT(value_in(&records.items[1].new), "two");
	if (has_old)
		CHECK_TEXT(value_in(&records.items[1].old), "one");
}

static void records_show_what_the_view_type_says(void)
{
	check_view(STREAM_KEYS_ONLY, false, false);
	check_view(STREAM_NEW_IMAGE, true, false);
	check_view(STREAM_OLD_IMAGE, false, true);
	check_view(STREAM_NEW_AND_OLD_IMAGES, true, true);
}

static void a_write_of_an_equal_item_makes_no_record(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream = only_stream(&f);

	fixture_put(&f, "a", 1, "same");
	fixture_put(&f, "a", 1, "same");
	fixture_delete(&f, "a", 2);
	CHECK_INT(read_all(&f, &stream).count, 1);
}

static void a_table_without_a_stream_has_no_records(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct stream_description *list;
	size_t count;

	fixture_put(&f, "a", 1, "x");
	CHECK_OK(stream_list(f.store, slice_of(NULL, 0), &f.arena, &list, &count, &f.err), &f.err);
	CHECK_INT(count, 0);
}

static void a_line_is_the_service_s_record_with_plain_items(void)
{
	struct stream_description stream = {
		.id = SLICE("id"),
		.region = SLICE("eu-west-1"),
		.view = STREAM_NEW_AND_OLD_IMAGES,
	};
	struct member key = { SLICE("pk"), { .type = VALUE_S, .bytes = SLICE("a\"b") } };
	struct stream_record record = {
		.offset = 17,
		.time_ns = 1795362535999999999,
		.kind = CHANGE_REMOVE,
		.expired = true,
		.keys = { &key, 1 },
		.has_old = true,
		.old = { &key, 1 },
		.size_bytes = 10,
	};
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	stream_append_line(&line, &stream, &record);
	CHECK(slice_starts_with(buf_slice(&line), SLICE("{\"eventID\":\"")));
	CHECK_TEXT(slice_skip(buf_slice(&line), 12 + 32),
		"\",\"eventName\":\"REMOVE\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\","
		"\"awsRegion\":\"eu-west-1\",\"dynamodb\":{\"ApproximateCreationDateTime\":1795362535,"
		"\"Keys\":{\"pk\":\"a\\\"b\"},\"OldImage\":{\"pk\":\"a\\\"b\"},"
		"\"SequenceNumber\":\"100000000000000000017\",\"SizeBytes\":10,"
		"\"StreamViewType\":\"NEW_AND_OLD_IMAGES\"},\"userIdentity\":{\"type\":\"Service\","
		"\"principalId\":\"dynamodb.amazonaws.com\"}}\n");
}

static void offsets_are_where_the_lines_stand(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_AND_OLD_IMAGES);
	struct stream_description stream = only_stream(&f);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct records records;

	fixture_put(&f, "a", 1, "one");
	fixture_put(&f, "\xC3\xA4\n\"", 2, "text \\ to escape\x7F");
	fixture_delete(&f, "a", 1);
	records = read_all(&f, &stream);
	for (size_t i = 0; i < records.count; i++) {
		CHECK_INT(records.items[i].offset, text.len);
		stream_append_line(&text, &stream, &records.items[i]);
		CHECK_INT(records.items[i].next_offset, text.len);
	}
	CHECK_INT(extent_of(&f, &stream).end, text.len);
	CHECK_INT(extent_of(&f, &stream).last, records.items[2].offset);
}

static void the_size_is_that_of_keys_and_images(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream = only_stream(&f);
	struct records records;

	fixture_put(&f, "ab", 1, "xyz");
	records = read_all(&f, &stream);
	/* pk 2 + 2, sk 2 + 2, v 1 + 3 */
	CHECK_INT(records.items[0].size_bytes, 8 + 12);
}

struct two_writes {
	struct write_action actions[2];
	bool fail;
};

static int two_writes_body(struct txn *txn, void *context, struct error *err)
{
	struct two_writes *writes = context;
	struct write_result result;

	for (size_t i = 0; i < 2; i++)
		TRY(write_apply(txn, &writes->actions[i], &result, err));
	return writes->fail ? error_set(err, ERROR_CONDITION_FAILED, "no") : 0;
}

static int run_two_writes(struct fixture *f, bool fail)
{
	struct map items[2] = {
		fixture_item(&f->arena, "a", 1, SLICE("one")),
		fixture_item(&f->arena, "a", 2, SLICE("two")),
	};
	struct two_writes writes = { .fail = fail };

	for (size_t i = 0; i < 2; i++)
		writes.actions[i] = (struct write_action){
			.kind = WRITE_PUT,
			.table = f->table,
			.row_key = fixture_key_of(f->table, &f->arena, &items[i]),
			.item = &items[i],
		};
	return txn_run(
		f->store, TXN_WRITE, DURABLE_PROCESS, &f->arena, two_writes_body, &writes, &f->err);
}

static void a_transaction_s_records_stand_in_its_order(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream = only_stream(&f);
	struct records records;

	CHECK_OK(run_two_writes(&f, false), &f.err);
	records = read_all(&f, &stream);
	CHECK_INT(records.count, 2);
	CHECK_TEXT(value_in(&records.items[0].new), "one");
	CHECK_TEXT(value_in(&records.items[1].new), "two");
	CHECK_INT(records.items[1].offset, records.items[0].next_offset);
}

static void a_transaction_that_fails_leaves_no_record(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream = only_stream(&f);
	struct records records;

	CHECK_INT(run_two_writes(&f, true), -1);
	error_release(&f.err);
	CHECK_INT(extent_of(&f, &stream).end, 0);
	fixture_put(&f, "a", 3, "three");
	records = read_all(&f, &stream);
	CHECK_INT(records.count, 1);
	CHECK_INT(records.items[0].offset, 0);
}

#define WRITERS 4
#define WRITES  50

struct writer {
	struct fixture fixture; /* store and table of the test's, the rest its own */
	pthread_t thread;
	char name;
};

static void *write_many(void *context)
{
	struct writer *writer = context;

	for (int i = 0; i < WRITES; i++) {
		struct slice text = arena_printf(&writer->fixture.arena, "%c%d", writer->name, i);

		fixture_put(&writer->fixture, "shared", 1, text.data);
	}
	arena_release(&writer->fixture.arena);
	return NULL;
}

static void run_writers(struct fixture *f)
{
	struct writer writers[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){
			.fixture = { .store = f->store, .table = f->table, .arena = ARENA_INIT },
			.name = (char)('A' + i),
		};
		CHECK_INT(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
}

static void records_of_concurrent_writers_follow_one_from_another(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_AND_OLD_IMAGES);
	struct stream_description stream = only_stream(&f);
	struct records records;

	run_writers(&f);
	records = read_all(&f, &stream);
	CHECK_INT(records.count, WRITERS * WRITES);
	CHECK_INT(records.items[0].kind, CHANGE_INSERT);
	for (size_t i = 1; i < records.count; i++) {
		const struct stream_record *record = &records.items[i], *before = record - 1;

		CHECK_INT(record->offset, before->next_offset);
		CHECK(map_equal(&record->old, &before->new));
	}
}

static void reading_stops_at_its_limits(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_KEYS_ONLY);
	struct stream_description stream = only_stream(&f);
	struct stream_record *records;
	size_t count;
	uint64_t second;

	for (int i = 0; i < 5; i++)
		fixture_put(&f, "a", i, "x");
	CHECK_INT(stream_read(f.store, &stream, 0, 2, SIZE_MAX, &f.arena, &records, &count, &f.err),
		0);
	CHECK_INT(count, 2);
	second = records[1].offset;
	CHECK_INT(stream_read(f.store, &stream, 0, 9, 1, &f.arena, &records, &count, &f.err), 0);
	CHECK_INT(count, 1);
	/* Between two records: the next one. */
	CHECK_INT(
		stream_read(f.store, &stream, second - 1, 1, 9, &f.arena, &records, &count, &f.err),
		0);
	CHECK_INT(records[0].offset, second);
	CHECK_INT(stream_read(f.store, &stream, extent_of(&f, &stream).end, 9, 9, &f.arena,
			  &records, &count, &f.err),
		0);
	CHECK_INT(count, 0);
}

static void a_record_goes_after_24_hours_and_not_before(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream = only_stream(&f);
	struct records records, left;

	fixture_put(&f, "a", 1, "old");
	usleep(1000);
	fixture_put(&f, "a", 1, "new");
	records = read_all(&f, &stream);
	trim(&f, records.items[0].time_ns + RETENTION_NS - 1);
	CHECK_INT(read_all(&f, &stream).count, 2);
	trim(&f, records.items[0].time_ns + RETENTION_NS);
	left = read_all(&f, &stream);
	CHECK_INT(left.count, 1);
	CHECK_INT(left.items[0].offset, records.items[1].offset);
	CHECK_INT(extent_of(&f, &stream).start, records.items[1].offset);
	CHECK_INT(extent_of(&f, &stream).end, records.items[1].next_offset);
}

static void an_emptied_stream_goes_on_where_it_was(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream = only_stream(&f);
	struct records records;
	uint64_t end;

	for (int i = 0; i < 3; i++)
		fixture_put(&f, "a", i, "x");
	end = extent_of(&f, &stream).end;
	trim(&f, clock_realtime_ns() + RETENTION_NS);
	CHECK_INT(extent_of(&f, &stream).start, end);
	reopen(&f);
	CHECK_INT(extent_of(&f, &stream).start, end);
	CHECK_INT(extent_of(&f, &stream).end, end);
	fixture_put(&f, "a", 9, "x");
	records = read_all(&f, &stream);
	CHECK_INT(records.count, 1);
	CHECK_INT(records.items[0].offset, end);
}

/* More than a batch of it. */
static void many_old_records_go_at_once(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_KEYS_ONLY);
	struct stream_description stream = only_stream(&f);

	for (int i = 0; i < 1200; i++)
		fixture_put(&f, "a", i, "x");
	trim(&f, clock_realtime_ns() + RETENTION_NS);
	CHECK_INT(read_all(&f, &stream).count, 0);
}

static int disable(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	(void)context;
	return stream_disable(txn, table, err);
}

static int enable(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	(void)context;
	return stream_enable(txn, table, STREAM_KEYS_ONLY, err);
}

static void update(struct fixture *f, table_mutator *mutate)
{
	CHECK_INT(table_update(
			  f->store, SLICE("S"), &f->arena, DURABLE_PROCESS, mutate, NULL, &f->err),
		0);
	table_unref(f->table);
	f->table = fixture_find(f, "S");
}

static void a_disabled_stream_stays_readable_and_grows_no_more(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream;

	fixture_put(&f, "a", 1, "x");
	update(&f, disable);
	fixture_put(&f, "a", 2, "x");
	stream = only_stream(&f);
	CHECK(!stream.enabled);
	CHECK(stream.ended_ns);
	CHECK_INT(read_all(&f, &stream).count, 1);
	CHECK(!slice_present(table_description(f.table)->stream_id));
	CHECK_TEXT(table_description(f.table)->stream_label, stream.label.data);
	reopen(&f);
	CHECK(!only_stream(&f).enabled);
	CHECK_INT(read_all(&f, &stream).count, 1);
}

static void take_report(void *context, struct slice table_name, const char *text)
{
	buf_appendf(context, "%.*s: %s\n", SLICE_ARG(table_name), text);
}

static uint64_t count_problems(struct fixture *f, struct buf *ret_text)
{
	struct check_totals totals;

	CHECK_OK(store_check(f->store, take_report, ret_text, &totals, &f->err), &f->err);
	return totals.problems;
}

/* Changes the second record behind the store's back: another one, or none. */
static void spoil_second_record(struct fixture *f, struct slice record)
{
	struct stream_description description = only_stream(f);
	struct stream *stream CLEANUP(stream_unrefp) = NULL;
	char key_bytes[STREAM_KEY_LENGTH];
	DBT key = { .data = key_bytes, .size = sizeof(key_bytes) }, data = bdb_input(record);
	DB *file;

	CHECK_INT(stream_get(f->store, description.id, &stream, &f->err), 0);
	stream_key_encode(read_all(f, &description).items[1].offset, key_bytes);
	file = stream->file;
	if (slice_present(record))
		CHECK_INT(file->put(file, NULL, &key, &data, DB_AUTO_COMMIT), 0);
	else
		CHECK_INT(file->del(file, NULL, &key, DB_AUTO_COMMIT), 0);
}

static void a_sound_stream_passes_the_check(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_AND_OLD_IMAGES);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (int i = 0; i < 1500; i++)
		fixture_put(&f, "a", i, "x");
	CHECK_INT(count_problems(&f, &text), 0);
}

static void the_check_finds_a_record_that_is_missing(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_KEYS_ONLY);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (int i = 0; i < 3; i++)
		fixture_put(&f, "a", i, "x");
	spoil_second_record(&f, (struct slice){ NULL, 0 });
	CHECK_INT(count_problems(&f, &text), 1);
	CHECK(strstr(buf_string(&text), "the one before it ends at"));
}

static void the_check_finds_a_record_that_does_not_decode(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_KEYS_ONLY);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (int i = 0; i < 3; i++)
		fixture_put(&f, "a", i, "x");
	spoil_second_record(&f, SLICE("short"));
	CHECK_INT(count_problems(&f, &text), 1);
	CHECK(strstr(buf_string(&text), "a stored stream record is malformed"));
}

static void a_stream_enabled_again_is_another_one(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description *list, found;
	size_t count;

	fixture_put(&f, "a", 1, "x");
	update(&f, disable);
	update(&f, enable);
	fixture_put(&f, "a", 2, "x");
	CHECK_OK(stream_list(f.store, SLICE("S"), &f.arena, &list, &count, &f.err), &f.err);
	CHECK_INT(count, 2);
	CHECK(slice_compare(list[0].label, list[1].label) < 0);
	CHECK_INT(list[1].label.len, strlen("2026-11-22T12:36:45.123"));
	CHECK(!list[0].enabled);
	CHECK(list[1].enabled);
	CHECK_INT(list[1].view, STREAM_KEYS_ONLY);
	CHECK_INT(read_all(&f, &list[0]).count, 1);
	CHECK_INT(read_all(&f, &list[1]).count, 1);
	CHECK_INT(stream_find(f.store, SLICE("S"), list[1].label, &f.arena, &found, &f.err), 0);
	CHECK_TEXT(found.id, list[1].id.data);
	CHECK_INT(stream_find(f.store, SLICE("T"), list[1].label, &f.arena, &found, &f.err),
		STREAM_ABSENT);
}

/* Whether there is a file of the stream in the directory. */
static bool has_file(struct fixture *f, const struct stream_description *stream)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&name, "%s/stream-%.*s.db", f->path, SLICE_ARG(stream->id));
	return access(buf_string(&name), F_OK) == 0;
}

static void a_deleted_table_s_stream_stays_for_24_hours(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream, *list;
	struct stream_extent extent;
	size_t count;

	fixture_put(&f, "a", 1, "x");
	table_unref(f.table);
	f.table = NULL;
	CHECK_INT(table_delete(f.store, SLICE("S"), false, DURABLE_PROCESS, &f.err), 0);
	stream = only_stream(&f);
	CHECK(!stream.enabled);
	CHECK_INT(read_all(&f, &stream).count, 1);
	trim(&f, stream.ended_ns + RETENTION_NS - 1);
	only_stream(&f);
	trim(&f, stream.ended_ns + RETENTION_NS);
	CHECK_OK(stream_list(f.store, SLICE("S"), &f.arena, &list, &count, &f.err), &f.err);
	CHECK_INT(count, 0);
	CHECK_INT(stream_extent(f.store, &stream, &extent, &f.err), STREAM_ABSENT);
	CHECK(!has_file(&f, &stream));
}

static void a_removed_stream_s_file_goes_with_the_last_reference(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream *held CLEANUP(stream_unrefp) = NULL;
	struct stream_description stream;

	update(&f, disable);
	stream = only_stream(&f);
	CHECK_INT(stream_get(f.store, stream.id, &held, &f.err), 0);
	trim(&f, stream.ended_ns + RETENTION_NS);
	trim(&f, stream.ended_ns + RETENTION_NS);
	CHECK(!stream_state(held).registered);
	CHECK(has_file(&f, &stream));
	stream_unrefp(&held);
	CHECK(!has_file(&f, &stream));
}

static int fail_after_enable(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	TRY(stream_disable(txn, table, err));
	TRY(enable(txn, table, context, err));
	return error_set(err, ERROR_VALIDATION, "no");
}

static void a_change_that_fails_neither_begins_nor_ends_a_stream(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);

	CHECK_INT(table_update(f.store, SLICE("S"), &f.arena, DURABLE_PROCESS, fail_after_enable,
			  NULL, &f.err),
		-1);
	error_release(&f.err);
	CHECK(only_stream(&f).enabled);
	reopen(&f);
	CHECK(only_stream(&f).enabled);
}

static void a_file_without_an_entry_goes_at_the_next_opening(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description orphan = { .id = SLICE("orphan") };
	DB *file = NULL;

	CHECK_OK(bdb_file_open(f.store->env, NULL, "stream-orphan.db", DB_CREATE, &file, &f.err),
		&f.err);
	bdb_file_closep(&file);
	CHECK(has_file(&f, &orphan));
	reopen(&f);
	CHECK(!has_file(&f, &orphan));
	orphan = only_stream(&f);
	CHECK(has_file(&f, &orphan));
}

static void a_sequence_number_is_21_digits_and_tells_the_offset(void)
{
	static const char *const wrong[] = { "", "1", "000000000000000000000",
		"200000000000000000000", "10000000000000000000x", "1000000000000000000000",
		"199999999999999999999" };
	const uint64_t offsets[] = { 0, 1, 123456789, UINT64_MAX };
	struct buf number CLEANUP(buf_release) = BUF_INIT;
	uint64_t offset;

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		buf_clear(&number);
		stream_append_sequence_number(&number, offsets[i]);
		CHECK_INT(number.len, 21);
		CHECK(stream_parse_sequence_number(buf_slice(&number), &offset));
		CHECK(offset == offsets[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK(!stream_parse_sequence_number(slice_from_string(wrong[i]), &offset));
}

/* Writes until it is killed. */
static void write_till_killed(const char *path)
{
	struct fixture own = { .path = (char *)path, .arena = ARENA_INIT, .err = ERROR_INIT };

	if (setjmp(test_failed))
		_exit(1);
	fixture_open(&own);
	table_unref(own.table);
	own.table = fixture_find(&own, "S");
	for (int i = 0;; i++) {
		fixture_put(&own, "a", i, "x");
		if (i == 200)
			kill(getpid(), SIGKILL);
	}
}

static void records_are_those_of_the_rows_after_kill_9(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture(STREAM_NEW_IMAGE);
	struct stream_description stream = only_stream(&f);
	struct records records;
	pid_t child;
	int status;

	fixture_close(&f);
	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0)
		write_till_killed(f.path);
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
	fixture_open(&f);
	table_unref(f.table);
	f.table = fixture_find(&f, "S");
	records = read_all(&f, &stream);
	CHECK_INT(records.count, 201);
	CHECK(slice_present(fixture_value(&f, "a", 200)));
	fixture_put(&f, "b", 1, "x");
	CHECK_INT(read_all(&f, &stream).items[201].offset, records.items[200].next_offset);
}

static const struct test_case cases[] = {
	{ "records show what the view type says", records_show_what_the_view_type_says },
	{ "a write of an equal item makes no record", a_write_of_an_equal_item_makes_no_record },
	{ "a table without a stream has no records", a_table_without_a_stream_has_no_records },
	{ "a line is the service's record with plain items",
		a_line_is_the_service_s_record_with_plain_items },
	{ "offsets are where the lines stand", offsets_are_where_the_lines_stand },
	{ "the size is that of keys and images", the_size_is_that_of_keys_and_images },
	{ "a transaction's records stand in its order",
		a_transaction_s_records_stand_in_its_order },
	{ "a transaction that fails leaves no record", a_transaction_that_fails_leaves_no_record },
	{ "records of concurrent writers follow one from another",
		records_of_concurrent_writers_follow_one_from_another },
	{ "reading stops at its limits", reading_stops_at_its_limits },
	{ "a record goes after 24 hours and not before",
		a_record_goes_after_24_hours_and_not_before },
	{ "an emptied stream goes on where it was", an_emptied_stream_goes_on_where_it_was },
	{ "many old records go at once", many_old_records_go_at_once },
	{ "a disabled stream stays readable and grows no more",
		a_disabled_stream_stays_readable_and_grows_no_more },
	{ "a sound stream passes the check", a_sound_stream_passes_the_check },
	{ "the check finds a record that is missing", the_check_finds_a_record_that_is_missing },
	{ "the check finds a record that does not decode",
		the_check_finds_a_record_that_does_not_decode },
	{ "a stream enabled again is another one", a_stream_enabled_again_is_another_one },
	{ "a deleted table's stream stays for 24 hours",
		a_deleted_table_s_stream_stays_for_24_hours },
	{ "a removed stream's file goes with the last reference",
		a_removed_stream_s_file_goes_with_the_last_reference },
	{ "a change that fails neither begins nor ends a stream",
		a_change_that_fails_neither_begins_nor_ends_a_stream },
	{ "a file without an entry goes at the next opening",
		a_file_without_an_entry_goes_at_the_next_opening },
	{ "a sequence number is 21 digits and tells the offset",
		a_sequence_number_is_21_digits_and_tells_the_offset },
	{ "records are those of the rows after kill -9",
		records_are_those_of_the_rows_after_kill_9 },
};

TEST_MAIN(cases)
