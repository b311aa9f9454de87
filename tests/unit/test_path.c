#undef NDEBUG
#include "base/memory.h"
#include "name.h"
#include "path.h"
#include "test.h"

static const struct key_schema string_table = { .partition = { SLICE("id"), VALUE_S } };
static const struct key_schema number_table = { .partition = { SLICE("id"), VALUE_N } };
static const struct key_schema movies = {
	.partition = { SLICE("year"), VALUE_N },
	.sort = { SLICE("title"), VALUE_S },
};
static const struct key_schema blobs = {
	.partition = { SLICE("owner"), VALUE_S },
	.sort = { SLICE("digest"), VALUE_B },
};

struct step {
	enum path_outcome outcome;
	struct path_step found;
	struct arena arena;
};

static void step_release(struct step *step)
{
	arena_release(&step->arena);
}

#define STEP struct step CLEANUP(step_release)

static struct step step_slice(
	enum node_kind kind, const struct key_schema *schema, struct slice name)
{
	struct path_directory directory = { .kind = kind, .schema = schema };
	struct step step = { 0 };

	step.outcome = path_step(&directory, name, &step.arena, &step.found);
	return step;
}

static struct step step_to(enum node_kind kind, const struct key_schema *schema, const char *name)
{
	return step_slice(kind, schema, slice_from_string(name));
}

static bool is_found(enum node_kind directory, const struct key_schema *schema, const char *name,
	enum node_kind kind)
{
	STEP step = step_to(directory, schema, name);

	return step.outcome == PATH_FOUND && step.found.kind == kind;
}

static bool is_scratch(enum node_kind directory, const struct key_schema *schema, const char *name)
{
	STEP step = step_to(directory, schema, name);

	return step.outcome == PATH_SCRATCH;
}

/* Refused, with this name as the one that was meant; NULL: none is known. */
static bool is_refused(enum node_kind directory, const struct key_schema *schema, const char *name,
	const char *canonical)
{
	STEP step = step_to(directory, schema, name);

	if (step.outcome != PATH_NOT_CANONICAL)
		return false;
	if (!canonical)
		return !slice_present(step.found.canonical);
	return slice_equal_string(step.found.canonical, canonical);
}

static void a_name_in_the_root_is_a_table(void)
{
	STEP step = step_to(NODE_ROOT, NULL, "Movies");

	CHECK_INT(step.outcome, PATH_FOUND);
	CHECK_INT(step.found.kind, NODE_TABLE);
	CHECK_TEXT(step.found.table_name, "Movies");
}

static void a_tables_leading_dot_or_dash_is_escaped(void)
{
	STEP dot = step_to(NODE_ROOT, NULL, "%2Ehidden");
	STEP dash = step_to(NODE_ROOT, NULL, "%2D-force");

	CHECK_INT(dot.found.kind, NODE_TABLE);
	CHECK_TEXT(dot.found.table_name, ".hidden");
	CHECK_TEXT(dash.found.table_name, "--force");
	CHECK(is_scratch(NODE_ROOT, NULL, ".hidden"));
	CHECK(is_scratch(NODE_ROOT, NULL, "--force"));
}

static void a_tables_name_is_found_where_it_is_appended(void)
{
	static const char *const names[] = { "Movies", ".x", "-", "...", "a.b-c_D9" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct buf name CLEANUP(buf_release) = BUF_INIT;

		path_append_table(&name, slice_from_string(names[i]));
		STEP step = step_slice(NODE_ROOT, NULL, buf_slice(&name));

		CHECK_INT(step.outcome, PATH_FOUND);
		CHECK_TEXT(step.found.table_name, names[i]);
	}
}

/* Whether the directory has another special file of the kind's name. */
static bool has_other(enum node_kind directory, enum node_kind kind)
{
	for (int other = 0; other < NODE_KIND_COUNT; other++) {
		const struct node_kind_info *info = &node_kinds[other];

		if (other != (int)kind && info->name && info->directory == directory &&
			strcmp(info->name, node_kinds[kind].name) == 0)
			return true;
	}
	return false;
}

static void special_files_are_found_in_their_directories_alone(void)
{
	static const struct {
		enum node_kind kind;
		const struct key_schema *schema;
	} directories[] = { { NODE_ROOT, NULL }, { NODE_TABLE, &movies }, { NODE_TABLE, NULL },
		{ NODE_PARTITION, &movies }, { NODE_TRANSACTION, NULL }, { NODE_ALARMS, NULL } };
	int found = 0;

	for (int kind = 0; kind < NODE_KIND_COUNT; kind++) {
		const struct node_kind_info *info = &node_kinds[kind];

		for (size_t i = 0; info->name && i < ARRAY_SIZE(directories); i++) {
			bool here = directories[i].kind == info->directory;
			bool other = has_other(directories[i].kind, (enum node_kind)kind);

			CHECK(is_found(directories[i].kind, directories[i].schema, info->name,
				      (enum node_kind)kind) == here);
			CHECK(is_scratch(directories[i].kind, directories[i].schema, info->name) ==
				(!here && !other));
			found += here;
		}
	}
	/* Twelve in either table, seven in the root, one in a transaction, one among the
	 * alarms. */
	CHECK_INT(found, 33);
}

static void a_name_among_the_alarms_is_spelled_as_an_item_s(void)
{
	STEP step = step_to(NODE_ALARMS, NULL, "a%2Fb.json");

	CHECK_INT(step.outcome, PATH_FOUND);
	CHECK_INT(step.found.kind, NODE_ALARM);
	CHECK_TEXT(step.found.value.bytes, "a/b");
	CHECK(is_refused(NODE_ALARMS, NULL, "a%2fb.json", "a%2Fb.json"));
	CHECK(is_scratch(NODE_ALARMS, NULL, "note.txt"));
	CHECK(is_scratch(NODE_ALARMS, NULL, ".a.json.swp"));
	CHECK(is_scratch(NODE_ALARMS, NULL, "a.json~"));
}

static void a_table_in_a_transaction_has_few_special_files(void)
{
	const struct path_directory table = { NODE_TABLE, &movies, .in_transaction = true };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct path_step step;

	for (int kind = 0; kind < NODE_KIND_COUNT; kind++) {
		const struct node_kind_info *info = &node_kinds[kind];
		bool here = kind == NODE_SCHEMA || kind == NODE_INFO;
		enum path_outcome outcome;

		if (!info->name || info->directory != NODE_TABLE)
			continue;
		outcome = path_step(&table, slice_from_string(info->name), &arena, &step);
		CHECK((outcome == PATH_FOUND && step.kind == (enum node_kind)kind) == here);
	}
}

static void a_name_in_a_table_without_sort_key_is_an_item(void)
{
	STEP text = step_to(NODE_TABLE, &string_table, "alice.json");
	STEP number = step_to(NODE_TABLE, &number_table, "-1.5.json");
	STEP negative = step_to(NODE_TABLE, &number_table, "%2D1.5.json");

	CHECK_INT(text.outcome, PATH_FOUND);
	CHECK_INT(text.found.kind, NODE_ITEM);
	CHECK(!text.found.hashed);
	CHECK_TEXT(text.found.value.bytes, "alice");
	CHECK_INT(number.outcome, PATH_NOT_CANONICAL);
	CHECK_INT(negative.outcome, PATH_FOUND);
	CHECK_INT(negative.found.value.type, VALUE_N);
}

static void a_name_in_a_table_with_sort_key_is_a_partition(void)
{
	STEP step = step_to(NODE_TABLE, &movies, "2013");

	CHECK_INT(step.outcome, PATH_FOUND);
	CHECK_INT(step.found.kind, NODE_PARTITION);
	CHECK_INT(step.found.value.type, VALUE_N);
	CHECK(is_found(NODE_TABLE, &blobs, "x~", NODE_PARTITION));
	CHECK(is_found(NODE_TABLE, &blobs, "x.json", NODE_PARTITION));
}

static void what_no_partition_can_be_is_scratch(void)
{
	CHECK(is_scratch(NODE_TABLE, &movies, "sedAbC"));
	CHECK(is_scratch(NODE_TABLE, &movies, "Rush.json"));
	CHECK(is_scratch(NODE_TABLE, &movies, "2013~"));
	CHECK(is_scratch(NODE_TABLE, &blobs, ".x.swp"));
	CHECK(is_scratch(NODE_TABLE, &blobs, ".git"));
	CHECK(is_scratch(NODE_TABLE, &blobs, ".x.json"));
}

static void a_name_spelled_otherwise_is_refused_with_the_right_one(void)
{
	CHECK(is_refused(NODE_TABLE, &movies, "2013.0", "2013"));
	CHECK(is_refused(NODE_TABLE, &movies, "+2013", "2013"));
	CHECK(is_refused(NODE_TABLE, &movies, "2e3", "2000"));
	CHECK(is_refused(NODE_TABLE, &number_table, "01.json", "1.json"));
	CHECK(is_refused(NODE_TABLE, &blobs, "a%2fb", "a%2Fb"));
	CHECK(is_refused(NODE_TABLE, &blobs, "-x", "%2Dx"));
}

static void a_name_in_a_partition_is_an_item(void)
{
	STEP text = step_to(NODE_PARTITION, &movies, "V%2FH%2FS.json");
	STEP bytes = step_to(NODE_PARTITION, &blobs, "00ff.json");

	CHECK_INT(text.found.kind, NODE_ITEM);
	CHECK_TEXT(text.found.value.bytes, "V/H/S");
	CHECK_INT(bytes.found.kind, NODE_ITEM);
	CHECK_INT(bytes.found.value.type, VALUE_B);
	CHECK_INT(bytes.found.value.bytes.len, 2);
}

static void editors_files_beside_an_item_are_scratch(void)
{
	static const char *const names[] = { ".Rush.json.swp", "4913", "Rush.json~", "sedAbC",
		".#Rush.json", "#Rush.json#", "Rush.json.tmp", ".Rush.json", "Rush", "Rush.JSON",
		"%", "-", ".", ".json" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		CHECK(is_scratch(NODE_PARTITION, &movies, names[i]));
}

static void what_claims_to_be_an_item_and_is_none_is_refused(void)
{
	CHECK(is_refused(NODE_PARTITION, &blobs, "00FF.json", "00ff.json"));
	CHECK(is_refused(NODE_PARTITION, &blobs, "0.json", NULL));
	CHECK(is_refused(NODE_PARTITION, &blobs, "Rush.json", NULL));
	CHECK(is_refused(NODE_PARTITION, &movies, "a%2fb.json", "a%2Fb.json"));
	CHECK(is_refused(NODE_TABLE, &number_table, "alice.json", NULL));
	CHECK(is_scratch(NODE_TABLE, &number_table, "alice"));
	CHECK(is_scratch(NODE_TABLE, &number_table, "#1.json"));
	CHECK(is_scratch(NODE_TABLE, &number_table, ".1.json"));
}

static void everything_in_a_table_without_schema_is_scratch(void)
{
	CHECK(is_scratch(NODE_TABLE, NULL, "alice.json"));
	CHECK(is_scratch(NODE_TABLE, NULL, "2013"));
	CHECK(is_found(NODE_TABLE, NULL, ".schema", NODE_SCHEMA));
}

static struct value long_value(char *bytes, size_t len)
{
	memset(bytes, 'k', len);
	return (struct value){ .type = VALUE_S, .bytes = slice_of(bytes, len) };
}

static void a_hashed_name_gives_prefix_and_hash(void)
{
	static char bytes[600];
	struct value value = long_value(bytes, sizeof(bytes));
	struct buf item CLEANUP(buf_release) = BUF_INIT;
	struct buf partition CLEANUP(buf_release) = BUF_INIT;

	name_encode(&value, NAME_ITEM, &item);
	name_encode(&value, NAME_PARTITION, &partition);
	STEP in_partition = step_slice(NODE_PARTITION, &movies, buf_slice(&item));
	STEP in_table = step_slice(NODE_TABLE, &blobs, buf_slice(&partition));

	CHECK_INT(in_partition.outcome, PATH_FOUND);
	CHECK_INT(in_partition.found.kind, NODE_ITEM);
	CHECK(in_partition.found.hashed);
	CHECK(in_partition.found.hash == name_hash(&value));
	CHECK(slice_starts_with(value.bytes, in_partition.found.value.bytes));
	CHECK(in_partition.found.value.bytes.len > 200);
	CHECK_INT(in_table.found.kind, NODE_PARTITION);
	CHECK(in_table.found.hashed);
	CHECK(in_table.found.hash == name_hash(&value));
}

static void a_table_has_no_hashed_name(void)
{
	static char bytes[600];
	struct value value = long_value(bytes, sizeof(bytes));
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	name_encode(&value, NAME_PARTITION, &name);
	STEP step = step_slice(NODE_ROOT, NULL, buf_slice(&name));

	CHECK_INT(step.outcome, PATH_SCRATCH);
}

/* Names of every kind of byte, over every directory: an outcome comes, and what
 * is found is what its directory can hold. */
static void any_name_has_an_outcome(void)
{
	static const struct key_schema *const schemas[] = { NULL, &string_table, &number_table,
		&movies, &blobs };

	for (size_t i = 0; i < ARRAY_SIZE(schemas); i++) {
		for (int byte = 1; byte < 256; byte++) {
			const char name[] = { (char)byte, '.', 'j', 's', 'o', 'n' };

			if (byte == '/')
				continue;
			STEP alone = step_slice(NODE_TABLE, schemas[i], slice_of(name, 1));
			STEP item = step_slice(NODE_TABLE, schemas[i], slice_of(name, 6));

			CHECK(alone.outcome != PATH_FOUND || alone.found.kind == NODE_PARTITION);
			CHECK(item.outcome != PATH_FOUND || item.found.kind == NODE_PARTITION ||
				item.found.kind == NODE_ITEM);
			CHECK(schemas[i] || item.outcome == PATH_SCRATCH);
		}
	}
}

static void directories_are_those_whose_mode_says_so(void)
{
	static const enum node_kind directories[] = { NODE_ROOT, NODE_TABLE, NODE_PARTITION,
		NODE_API, NODE_WHERE, NODE_CONDITION, NODE_INDEXES, NODE_INDEX,
		NODE_INDEX_PARTITION, NODE_TRANSACTIONS, NODE_TRANSACTION, NODE_ALARMS };
	size_t found = 0;

	for (int kind = 0; kind < NODE_KIND_COUNT; kind++)
		found += node_kind_is_directory((enum node_kind)kind);
	CHECK_INT(found, ARRAY_SIZE(directories));
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		CHECK(node_kind_is_directory(directories[i]));
}

static const struct test_case cases[] = {
	{ "a name in the root is a table", a_name_in_the_root_is_a_table },
	{ "a table's leading dot or dash is escaped", a_tables_leading_dot_or_dash_is_escaped },
	{ "a table is found by the name that is appended for it",
		a_tables_name_is_found_where_it_is_appended },
	{ "special files are found in their directories alone",
		special_files_are_found_in_their_directories_alone },
	{ "a name among the alarms is spelled as an item's",
		a_name_among_the_alarms_is_spelled_as_an_item_s },
	{ "a table in a transaction has few special files",
		a_table_in_a_transaction_has_few_special_files },
	{ "a name in a table without sort key is an item",
		a_name_in_a_table_without_sort_key_is_an_item },
	{ "a name in a table with sort key is a partition",
		a_name_in_a_table_with_sort_key_is_a_partition },
	{ "what no partition can be named is scratch", what_no_partition_can_be_is_scratch },
	{ "a name spelled otherwise is refused, with the right spelling",
		a_name_spelled_otherwise_is_refused_with_the_right_one },
	{ "a name in a partition is an item", a_name_in_a_partition_is_an_item },
	{ "editors' files beside an item are scratch", editors_files_beside_an_item_are_scratch },
	{ "what claims to be an item and can't be one is refused",
		what_claims_to_be_an_item_and_is_none_is_refused },
	{ "everything in a table without schema is scratch",
		everything_in_a_table_without_schema_is_scratch },
	{ "a hashed name gives the prefix and the hash of its key",
		a_hashed_name_gives_prefix_and_hash },
	{ "a table has no hashed name", a_table_has_no_hashed_name },
	{ "any name has an outcome that its directory can hold", any_name_has_an_outcome },
	{ "directories are those whose mode says so", directories_are_those_whose_mode_says_so },
};

TEST_MAIN(cases)
