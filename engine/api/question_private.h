/* Between the files of questions: api/question*.c alone. */
#pragma once

#include "api/question.h"
#include "expr/partiql.h"

/* A table or an index of it, as something to read. */
struct question_target {
	struct slice index_name; /* absent: the table itself */
	bool local; /* an index of the table's own partitions */
	bool whole; /* an index that shows all of each item and can be read now */
	struct key_layout layout;
};

struct question_targets {
	const struct question_target *items; /* the table, then its indexes by name */
	size_t count;
};

/* All that there is to read of a table. In the arena. */
struct question_targets question_targets(const struct table_facts *table, struct arena *arena);
/* The index of that name, the table where it is absent; NULL: there is none. */
const struct question_target *question_find_target(
	const struct question_targets *targets, struct slice index_name);
/* Whether a statement reads it: those with several attributes a side it does not. */
static inline bool question_target_is_simple(const struct question_target *target)
{
	return target->layout.partition_count == 1 && target->layout.sort_count <= 1;
}
/* Its sort attribute's name; absent: it has none. */
static inline struct slice question_target_sort(const struct question_target *target)
{
	return target->layout.sort_count ? target->layout.sort[0].name : (struct slice){ NULL, 0 };
}

/* Plans a SELECT of the target as the engine will: *ret_keyed when it reads ranges
 * of partitions, *ret_narrowed when each of these is of the sort attribute. Fails
 * where the engine would refuse it. */
int question_plan_select(const struct partiql_statement *statement,
	const struct question_target *target, struct arena *arena, bool *ret_keyed,
	bool *ret_narrowed, struct error *err) NODISCARD;

/* Each reads one kind of question, whose text lives in the arena. */
int question_read_condition(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err) NODISCARD;
int question_read_statement(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err) NODISCARD;
int question_read_request(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err) NODISCARD;
/* Whether it begins as a statement does, and as no condition. */
bool question_is_statement(struct slice text);
/* Sets key_text and filter_text from the two parts of a condition; by: the values
 * of the partition attribute, which tell more where no term does. */
void question_tell_condition(struct question *question, const struct condition *condition,
	const struct question_target *target, const struct condition *by, bool narrows,
	struct arena *arena);
