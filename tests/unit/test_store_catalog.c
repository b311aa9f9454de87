#undef NDEBUG
#include "index_fixture.h"

#include "store/catalog.h"
#include "store/catalog_format.h"
#include "store/store_private.h"

static const struct slice included[] = { SLICE("v"), SLICE("w") };

static const struct tag tags[] = {
	{ SLICE("stage"), SLICE("") },
	{ SLICE("owner"), SLICE("\xC3\xA9") },
};

/* Every field has another value than it would have without being stored. */
static struct table_description full_description(const struct index_description *indexes)
{
	return (struct table_description){
		.name = SLICE("Full"),
		.id = SLICE("3f2c"),
		.key = { .partition = { SLICE("p\0\""), VALUE_B },
			.sort = { SLICE("s"), VALUE_N } },
		.created_ns = 1,
		.billing_mode = BILLING_PAY_PER_REQUEST,
		.read_capacity_units = 2,
		.write_capacity_units = 1LL << 40,
		.table_class = TABLE_CLASS_STANDARD_INFREQUENT_ACCESS,
		.deletion_protection = true,
		.billing_changed_ns = 3,
		.throughput_increased_ns = 4,
		.throughput_decreased_ns = 5,
		.table_class_changed_ns = 6,
		.max_read_request_units = -1,
		.max_write_request_units = 7,
		.warm_read_units = 8,
		.warm_write_units = 9,
		.indexes = indexes,
		.index_count = 2,
		.stream_id = SLICE("stream"),
		.stream_label = SLICE("label"),
		.stream_view = STREAM_NEW_AND_OLD_IMAGES,
		.ttl_attribute = SLICE("ttl"),
		.sse_enabled = true,
		.sse_kms_key = SLICE("arn"),
		.resource_policy = SLICE("{\"a\":1}"),
		.resource_policy_revision = SLICE("10"),
		.tags = tags,
		.tag_count = 2,
	};
}

static struct index_description full_index(void)
{
	return (struct index_description){
		.name = SLICE("local"),
		.id = SLICE("4a"),
		.kind = INDEX_LOCAL,
		.status = INDEX_ACTIVE,
		.key = { .partition = { { SLICE("b"), VALUE_S }, { SLICE("a"), VALUE_N } },
			.partition_count = 2,
			.sort = { { SLICE("d"), VALUE_B }, { SLICE("c"), VALUE_S },
				{ SLICE("e"), VALUE_N }, { SLICE("f"), VALUE_N } },
			.sort_count = 4 },
		.projection = PROJECTION_INCLUDE,
		.non_key_attributes = included,
		.non_key_attribute_count = 2,
		.read_capacity_units = 1,
		.write_capacity_units = 2,
		.max_read_request_units = 3,
		.max_write_request_units = -1,
		.warm_read_units = 4,
		.warm_write_units = 5,
	};
}

static void check_attributes(
	const struct key_attribute *a, const struct key_attribute *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CHECK(slice_equal(a[i].name, b[i].name));
		CHECK_INT(a[i].type, b[i].type);
	}
}

static void check_index(const struct index_description *a, const struct index_description *b)
{
	CHECK(slice_equal(a->name, b->name) && slice_equal(a->id, b->id));
	CHECK_INT(a->kind, b->kind);
	CHECK_INT(a->status, b->status);
	CHECK_INT(a->key.partition_count, b->key.partition_count);
	check_attributes(a->key.partition, b->key.partition, b->key.partition_count);
	CHECK_INT(a->key.sort_count, b->key.sort_count);
	check_attributes(a->key.sort, b->key.sort, b->key.sort_count);
	CHECK_INT(a->projection, b->projection);
	CHECK_INT(a->non_key_attribute_count, b->non_key_attribute_count);
	for (size_t i = 0; i < b->non_key_attribute_count; i++)
		CHECK(slice_equal(a->non_key_attributes[i], b->non_key_attributes[i]));
	CHECK_INT(a->read_capacity_units, b->read_capacity_units);
	CHECK_INT(a->write_capacity_units, b->write_capacity_units);
	CHECK_INT(a->max_read_request_units, b->max_read_request_units);
	CHECK_INT(a->max_write_request_units, b->max_write_request_units);
	CHECK_INT(a->warm_read_units, b->warm_read_units);
	CHECK_INT(a->warm_write_units, b->warm_write_units);
}

static void check_description(const struct table_description *a, const struct table_description *b)
{
	CHECK(slice_equal(a->name, b->name) && slice_equal(a->id, b->id));
	check_attributes(&a->key.partition, &b->key.partition, 1);
	check_attributes(&a->key.sort, &b->key.sort, 1);
	CHECK_INT(a->created_ns, b->created_ns);
	CHECK_INT(a->billing_mode, b->billing_mode);
	CHECK_INT(a->read_capacity_units, b->read_capacity_units);
	CHECK_INT(a->write_capacity_units, b->write_capacity_units);
	CHECK_INT(a->table_class, b->table_class);
	CHECK_INT(a->deletion_protection, b->deletion_protection);
	CHECK_INT(a->billing_changed_ns, b->billing_changed_ns);
	CHECK_INT(a->throughput_increased_ns, b->throughput_increased_ns);
	CHECK_INT(a->throughput_decreased_ns, b->throughput_decreased_ns);
	CHECK_INT(a->table_class_changed_ns, b->table_class_changed_ns);
	CHECK_INT(a->max_read_request_units, b->max_read_request_units);
	CHECK_INT(a->max_write_request_units, b->max_write_request_units);
	CHECK_INT(a->warm_read_units, b->warm_read_units);
	CHECK_INT(a->warm_write_units, b->warm_write_units);
	CHECK_INT(a->index_count, b->index_count);
	for (size_t i = 0; i < b->index_count; i++)
		check_index(&a->indexes[i], &b->indexes[i]);
	CHECK(slice_equal(a->stream_id, b->stream_id));
	CHECK(slice_equal(a->stream_label, b->stream_label));
	CHECK_INT(a->stream_view, b->stream_view);
	CHECK(slice_equal(a->ttl_attribute, b->ttl_attribute));
	CHECK_INT(a->sse_enabled, b->sse_enabled);
	CHECK(slice_equal(a->sse_kms_key, b->sse_kms_key));
	CHECK(slice_equal(a->resource_policy, b->resource_policy));
	CHECK(slice_equal(a->resource_policy_revision, b->resource_policy_revision));
	CHECK_INT(a->tag_count, b->tag_count);
	for (size_t i = 0; i < b->tag_count; i++) {
		CHECK(slice_equal(a->tags[i].key, b->tags[i].key));
		CHECK(slice_present(a->tags[i].value));
		CHECK(slice_equal(a->tags[i].value, b->tags[i].value));
	}
}

static void every_field_reads_back(void)
{
	const struct index_description indexes[] = { index_global("global"), full_index() };
	struct table_description made = full_description(indexes), read, copy;
	char *text CLEANUP(cleanup_free) = description_to_text(&made);
	json_t *object = json_loads(text, JSON_ALLOW_NUL, NULL);
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	CHECK(object);
	CHECK(description_from_json(object, &arena, &read));
	check_description(&read, &made);
	copy = catalog_copy(&read, &arena);
	json_decref(object); /* a copy borrows nothing */
	check_description(&copy, &made);
}

static bool reads(const char *text, struct arena *arena, struct table_description *ret)
{
	json_t *object = json_loads(text, 0, NULL);
	bool valid = description_from_json(object, arena, ret);

	CHECK(object);
	if (valid)
		*ret = catalog_copy(ret, arena);
	json_decref(object);
	return valid;
}

static void an_older_catalogue_is_read(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct table_description read;

	CHECK(reads("{\"name\":\"Old\",\"id\":\"1\",\"partition_key\":\"id\","
		    "\"partition_key_type\":\"S\",\"sort_key_type\":\"S\",\"created_ns\":5,"
		    "\"billing_mode\":\"PAY_PER_REQUEST\",\"read_capacity_units\":0,"
		    "\"write_capacity_units\":0,\"table_class\":\"STANDARD\","
		    "\"deletion_protection\":false}",
		&arena, &read));
	CHECK_TEXT(read.name, "Old");
	CHECK_INT(read.created_ns, 5);
	CHECK_INT(read.index_count, 0);
	CHECK_INT(read.tag_count, 0);
	CHECK(!slice_present(read.stream_id) && !slice_present(read.ttl_attribute));
}

static void a_newer_catalogue_is_read_for_what_is_known(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct table_description read;

	CHECK(reads("{\"name\":\"New\",\"id\":\"1\",\"partition_key\":\"id\",\"replicas\":[{}],"
		    "\"tags\":[{\"key\":\"k\",\"value\":\"v\",\"colour\":\"red\"}]}",
		&arena, &read));
	CHECK_TEXT(read.tags[0].value, "v");
}

static void what_is_no_description_is_refused(void)
{
	static const char *const texts[] = {
		"[]",
		"{\"name\":\"T\",\"partition_key\":\"id\"}",
		"{\"name\":5,\"id\":\"1\",\"partition_key\":\"id\"}",
		"{\"name\":\"T\",\"id\":\"1\",\"partition_key\":\"id\",\"table_class\":\"GOLD\"}",
		"{\"name\":\"T\",\"id\":\"1\",\"partition_key\":\"id\",\"indexes\":{}}",
		"{\"name\":\"T\",\"id\":\"1\",\"partition_key\":\"id\",\"tags\":[5]}",
		"{\"name\":\"T\",\"id\":\"1\",\"partition_key\":\"id\",\"indexes\":[{\"sort\":"
		"[{},{},{},{},{}]}]}",
	};
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct table_description read;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK(!reads(texts[i], &arena, &read));
}

static int change_all_body(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	struct table_description *made = context;

	(void)txn, (void)err;
	description->warm_read_units = made->warm_read_units;
	description->tags = made->tags;
	description->tag_count = made->tag_count;
	return 0;
}

static void an_update_makes_a_version_that_survives(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description change = { .warm_read_units = 9, .tags = tags, .tag_count = 2 };
	struct table *held CLEANUP(table_unrefp) = table_ref(f.table);

	CHECK_INT(table_update(f.store, SLICE("T"), &f.arena, DURABLE_PROCESS, change_all_body,
			  &change, &f.err),
		0);
	CHECK_INT(table_description(held)->tag_count, 0);
	index_refresh(&f);
	CHECK_INT(table_description(f.table)->tag_count, 2);
	CHECK(slice_equal(table_description(f.table)->id, table_description(held)->id));
	table_unrefp(&held);
	fixture_close(&f);
	fixture_open(&f);
	CHECK_INT(table_description(f.table)->warm_read_units, 9);
	CHECK_TEXT(table_description(f.table)->tags[1].key, "owner");
}

static int stop_body(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	(void)txn, (void)context, (void)err;
	description->deletion_protection = true;
	return 7;
}

static void an_update_may_end_with_an_outcome_of_its_own(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(table_update(
			  f.store, SLICE("T"), &f.arena, DURABLE_PROCESS, stop_body, NULL, &f.err),
		7);
	index_refresh(&f);
	CHECK(!table_description(f.table)->deletion_protection);
	CHECK_INT(table_update(f.store, SLICE("nope"), &f.arena, DURABLE_PROCESS, stop_body, NULL,
			  &f.err),
		TABLE_ABSENT);
}

static void note_kinds(void *context, const struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_appendf(context, "%d:%.*s ", (int)changes[i].kind,
			SLICE_ARG(changes[i].table_name));
}

static void the_watcher_learns_of_an_update(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description change = { .tag_count = 0 };
	struct buf told CLEANUP(buf_release) = BUF_INIT;
	struct buf expected CLEANUP(buf_release) = BUF_INIT;

	store_watch(f.store, note_kinds, &told);
	CHECK_INT(table_update(f.store, SLICE("T"), &f.arena, DURABLE_PROCESS, change_all_body,
			  &change, &f.err),
		0);
	store_watch(f.store, NULL, NULL);
	buf_appendf(&expected, "%d:T ", CHANGE_TABLE_UPDATED);
	CHECK_TEXT(buf_slice(&told), buf_string(&expected));
}

static void a_table_made_of_anothers_description_has_indexes_of_its_own(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	const struct index_description index = index_global("byg");
	struct table_description clone;

	index_table(&f, &index, 1);
	index_put(&f, 1, "x", 1, NULL);
	clone = *table_description(f.table);
	clone.name = SLICE("Clone");
	CHECK_INT(table_create(f.store, &clone, false, &f.arena, DURABLE_PROCESS, &f.err), 0);
	CHECK(!slice_equal(clone.indexes[0].id, table_description(f.table)->indexes[0].id));
	table_unref(f.table);
	f.table = fixture_find(&f, "Clone");
	CHECK_TEXT(index_rows(&f, "byg"), "");
}

static const struct test_case cases[] = {
	{ "every field reads back", every_field_reads_back },
	{ "an older catalogue is read", an_older_catalogue_is_read },
	{ "a newer catalogue is read for what is known",
		a_newer_catalogue_is_read_for_what_is_known },
	{ "what is no description is refused", what_is_no_description_is_refused },
	{ "an update makes a version that survives", an_update_makes_a_version_that_survives },
	{ "an update may end with an outcome of its own",
		an_update_may_end_with_an_outcome_of_its_own },
	{ "the watcher learns of an update", the_watcher_learns_of_an_update },
	{ "a table made of another's description has indexes of its own",
		a_table_made_of_anothers_description_has_indexes_of_its_own },
};

TEST_MAIN(cases)
