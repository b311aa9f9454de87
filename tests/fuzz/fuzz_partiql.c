/* A statement as text: whatever it is, it is read or refused with a message;
 * what was read can be planned, and its conditions hold or not for an item. */
#include "expr/partiql.h"

#include "fuzz.h"

static const struct key_layout layout = {
	.partition = { { SLICE("pk"), VALUE_S } },
	.partition_count = 1,
	.sort = { { SLICE("sk"), VALUE_N } },
	.sort_count = 1,
};

static const struct key_schema schema = {
	.partition = { SLICE("pk"), VALUE_S },
	.sort = { SLICE("sk"), VALUE_N },
};

static bool projects(const void *context, struct slice name)
{
	(void)context;
	return name.len < 3;
}

static struct map sample_item(void)
{
	static const struct value list[] = { { .type = VALUE_S, .bytes = SLICE("x") } };
	static struct member members[] = {
		{ SLICE("pk"), { .type = VALUE_S, .bytes = SLICE("k") } },
		{ SLICE("a"), { .type = VALUE_BOOL, .boolean = true } },
		{ SLICE("l"), { .type = VALUE_L, .elements = { list, 1 } } },
	};

	return (struct map){ members, ARRAY_SIZE(members) };
}

static void check_plan(const struct partiql_statement *statement, struct arena *arena)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct partiql_plan plan;

	if (partiql_plan(statement, &layout, projects, NULL, arena, &plan, &err) < 0) {
		HOLDS(err.class == ERROR_VALIDATION);
		return;
	}
	HOLDS(plan.range_count <= PARTIQL_RANGES_MAX);
	for (size_t i = 0; i < plan.range_count; i++)
		HOLDS(plan.ranges[i].lower.count >= 1 && plan.ranges[i].upper.count <= 2);
}

static void check_statement(const struct partiql_statement *statement, struct arena *arena)
{
	struct map item = sample_item(), out;
	struct partiql_key key;
	struct slice name;

	HOLDS(slice_present(statement->table_name));
	if (statement->where)
		condition_holds(statement->where, &item);
	partiql_project(statement, &item, arena, &out);
	HOLDS(!statement->columns || out.count <= statement->column_count);
	if (partiql_find_key(statement, &schema, arena, &key, &name) == 0)
		HOLDS(key.key.count == 2);
	partiql_reads_item(statement, &schema, arena, &out);
	check_plan(statement, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct value parameter = { .type = VALUE_S, .bytes = SLICE("p") };
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct slice text = slice_of((const char *)data, size);

	for (size_t count = 0; count < 2; count++) {
		CLEANUP(error_release) struct error err = ERROR_INIT;
		struct partiql_statement statement;

		if (partiql_parse(text, &parameter, count, &arena, &statement, &err) == 0)
			check_statement(&statement, &arena);
		else
			HOLDS(err.class == ERROR_VALIDATION && err.message[0]);
	}
	return 0;
}
