/*
 * Text as a question of a table with indexes. What is refused is told with a
 * place within the text, if with any. A condition that is read can be written
 * again and means the same; what it becomes is a statement that is taken, or is
 * asked of each item here.
 */
#include "api/question.h"
#include "expr/condition_write.h"
#include "expr/partiql.h"
#include "model/plain.h"

#include "fuzz.h"

#define ATTRIBUTE(name, type) \
	{ \
		.attribute_name = SLICE(name), .attribute_type = SLICE(type) \
	}
#define KEY(name, type) \
	{ \
		.attribute_name = SLICE(name), .key_type = SLICE(type) \
	}
#define LIST(array) \
	{ \
		true, ARRAY_SIZE(array), array \
	}

static const struct attribute_definition definitions[] = { ATTRIBUTE("pk", "S"),
	ATTRIBUTE("sk", "N"), ATTRIBUTE("g", "S") };
static const struct key_schema_element keys[] = { KEY("pk", "HASH"), KEY("sk", "RANGE") },
				       index_keys[] = { KEY("g", "HASH"), KEY("sk", "RANGE") };
static const struct projection_input projection = { .projection_type = SLICE("ALL") };
static const struct global_index_facts indexes[] = { {
	.index_name = SLICE("by-g"),
	.key_schema = LIST(index_keys),
	.projection = &projection,
	.index_status = SLICE("ACTIVE"),
} };
static const struct table_facts table = {
	.table_name = SLICE("Tab"),
	.attribute_definitions = LIST(definitions),
	.key_schema = LIST(keys),
	.global_secondary_indexes = LIST(indexes),
};

static const struct slice item_text =
	SLICE("{\"pk\":\"abc\",\"sk\":10,\"g\":\"x\",\"a\":{\"b\":[1,\"x\",{\"c\":5}]},"
	      "\"d\":{\"SS\":[\"a\",\"b\"]},\"e\":{\"NS\":[1,2.5]},\"f\":{\"B\":\"YWJj\"},"
	      "\"t\":true,\"z\":null,\"l\":[1,2]}");

static const struct map *sample_item(void)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	static struct arena kept;
	static struct map item;

	if (!item.count)
		HOLDS(plain_read_item(item_text, &kept, &item, &err) == 0);
	return &item;
}

static void check_condition(const struct question *question, struct arena *arena)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct map *item = sample_item();
	const struct condition *again;

	condition_append(&text, question->condition);
	if (text.len > QUESTION_SIZE_MAX)
		return;
	HOLDS(condition_parse(EXPRESSION_QUESTION, buf_slice(&text), NULL, arena, &again, &err) ==
		0);
	HOLDS(condition_holds(again, item) == question_holds(question, item));
	HOLDS(condition_holds(again, NULL) == question_holds(question, NULL));
}

static void check_statement(const struct question *question, struct arena *arena)
{
	const struct execute_statement_input *in = &question->request.statement;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct partiql_statement statement;
	const struct map *item = sample_item();

	if (question->nothing) {
		HOLDS(!question_holds(question, item));
		return;
	}
	HOLDS(partiql_parse(in->statement, in->parameters.items, in->parameters.count, arena,
		      &statement, &err) == 0);
	if (question->is_condition && !question->filters_here && statement.where)
		HOLDS(condition_holds(statement.where, item) == question_holds(question, item));
}

static void check_question(const struct question *question, struct arena *arena)
{
	CLEANUP(buf_release) struct buf plan = BUF_INIT;

	question_explain(question, &plan);
	HOLDS(plan.len);
	if (question->condition)
		check_condition(question, arena);
	if (question->kind == QUESTION_STATEMENT)
		check_statement(question, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct table_facts *const facts[] = { &table, NULL };
	struct slice text = slice_of((const char *)data, size);

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		CLEANUP(error_release) struct error err = ERROR_INIT;
		struct question question;

		question_is_complete(text);
		if (question_read(text, facts[i], &arena, &question, &err) == 0) {
			check_question(&question, &arena);
			continue;
		}
		HOLDS(err.class == ERROR_VALIDATION && err.message[0]);
		HOLDS(!err.place.known || err.place.offset <= size);
	}
	return 0;
}
