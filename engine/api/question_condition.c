/*
 * A condition as a SELECT.
 *
 * What it asks of an item is one thing, and what the service's planner can make
 * of it another: that refuses ranges that overlap, a key compared with a value of
 * another type, and clauses beyond its limits, all of which a condition may have.
 * So there are several ways to write the WHERE clause, of which the first is
 * taken that is read back, and planned, as it is meant:
 *
 * 1. The condition as it is.
 * 2. The same behind two NOTs, through which the planner does not see. To read
 *    partitions, "partition IN (…) AND" stands before that.
 * 3. Of a condition that no statement can have: only what says the partitions,
 *    or nothing, and the rest is asked of each item here (filters_here).
 *
 * Invariant: whichever it is, the answer is every item for which the condition
 * holds, once.
 */
#include "api/question_private.h"
#include "base/text.h"
#include "expr/condition_keys.h"
#include "expr/condition_write.h"

#define STATEMENT_MAX 8192 /* bytes of ExecuteStatement's Statement */

struct planner {
	const struct table_facts *table;
	struct arena *arena;
	struct question_targets targets;
	const struct condition *condition; /* NULL: none */
};

/* A target that can be read by its partitions. */
struct candidate {
	const struct question_target *target; /* NULL: none */
	struct pinned_values partitions;
	bool plain; /* the condition can be planned as it is */
	bool narrowed; /* by its sort attribute too */
};

/* Values that no key has are left out; whether all of them could be one's. */
static bool keep_key_values(struct pinned_values *values, const struct key_attribute *attribute)
{
	size_t count = 0, before = values->count;

	for (size_t i = 0; i < before; i++) {
		const struct value *value = values->items[i];
		bool fits = value->type == attribute->type;

		if (fits && value->type != VALUE_N)
			fits = value->bytes.len && value->bytes.len <= KEY_PARTITION_MAX;
		if (fits)
			values->items[count++] = value;
	}
	values->count = count;
	return count == before;
}

static bool is_table_key(const struct planner *planner, struct slice name)
{
	return key_layout_has(&planner->targets.items[0].layout, name);
}

/* Whether every item for which the condition holds is in it. Of an index that was
 * added later, an item from before may be missing whose value there no key can
 * have: empty, or too long. */
static bool holds_all(const struct planner *planner, const struct question_target *target,
	struct pinned_values *partitions)
{
	const struct key_layout *layout = &target->layout;
	bool fit = keep_key_values(partitions, &layout->partition[0]);

	if (is_table_key(planner, layout->partition[0].name))
		fit = true;
	return fit && (!layout->sort_count || is_table_key(planner, layout->sort[0].name) ||
			      condition_implies_type(planner->condition, layout->sort[0].name,
				      layout->sort[0].type));
}

/* Whether the engine plans the clause so. */
static bool is_planned(const struct planner *planner, const struct question_target *target,
	const struct condition *where, bool keyed, bool *ret_narrowed)
{
	struct error unused CLEANUP(error_release) = ERROR_INIT;
	const struct partiql_statement statement = { .where = where };
	bool planned_keyed;

	*ret_narrowed = false;
	return question_plan_select(&statement, target, planner->arena, &planned_keyed,
		       ret_narrowed, &unused) == 0 &&
	       planned_keyed == keyed;
}

static bool consider(
	const struct planner *planner, const struct question_target *target, struct candidate *ret)
{
	ret->target = target;
	if (!target->whole || !question_target_is_simple(target) ||
		!condition_pins(planner->condition, target->layout.partition[0].name,
			planner->arena, &ret->partitions) ||
		!holds_all(planner, target, &ret->partitions))
		return false;
	ret->plain = is_planned(planner, target, planner->condition, true, &ret->narrowed);
	return true;
}

/* Whether it reads less than the best so far. Indexes of the table's own partitions
 * read less of them when narrowed; of other ones nobody knows. */
static bool is_better(const struct planner *planner, const struct candidate *candidate,
	const struct candidate *best)
{
	const struct question_target *table = &planner->targets.items[0];

	if (!best->target)
		return true;
	if (best->target == table && !slice_equal(candidate->target->layout.partition[0].name,
					     table->layout.partition[0].name))
		return false;
	/* an item of a table without sort key stands alone */
	if (best->target == table && !table->layout.sort_count)
		return false;
	return candidate->narrowed && !best->narrowed;
}

static struct candidate choose(const struct planner *planner)
{
	struct candidate best = { .target = NULL }, candidate;

	for (size_t i = 0; planner->condition && i < planner->targets.count; i++)
		if (consider(planner, &planner->targets.items[i], &candidate) &&
			is_better(planner, &candidate, &best))
			best = candidate;
	return best;
}

/* SELECT * FROM "table"."index" WHERE … */
static void write_statement(const struct planner *planner, const struct question_target *target,
	const struct condition *where, struct execute_statement_input *ret)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct value_list parameters = { 0 };

	buf_appendf(&text, "SELECT * FROM \"%.*s\"", SLICE_ARG(planner->table->table_name));
	if (slice_present(target->index_name))
		buf_appendf(&text, ".\"%.*s\"", SLICE_ARG(target->index_name));
	if (where) {
		buf_append_string(&text, " WHERE ");
		condition_append_partiql(&text, where, &parameters, planner->arena);
	}
	*ret = (struct execute_statement_input){
		.statement = arena_copy(planner->arena, buf_slice(&text)),
		.parameters = { parameters.count > 0, parameters.count, parameters.items },
	};
}

/* Whether the engine takes the statement, of whose clause is_planned() is known. A
 * modest one need not be read for that. */
static bool is_taken(const struct planner *planner, const struct question_target *target,
	const struct condition *where, bool keyed, const struct execute_statement_input *in)
{
	struct error unused CLEANUP(error_release) = ERROR_INIT;
	struct partiql_statement statement;
	bool narrowed;

	if (in->statement.len > STATEMENT_MAX)
		return false;
	if (condition_is_modest(where))
		return true;
	return partiql_parse(in->statement, in->parameters.items, in->parameters.count,
		       planner->arena, &statement, &unused) == 0 &&
	       is_planned(planner, target, statement.where, keyed, &narrowed);
}

/* The condition as it is, when it can be planned so. */
static bool write_plain(const struct planner *planner, const struct question_target *target,
	bool keyed, struct execute_statement_input *in)
{
	write_statement(planner, target, planner->condition, in);
	return is_taken(planner, target, planner->condition, keyed, in);
}

/* by: that the partition attribute has one of the values; NULL: a scan. */
static bool write_blind(const struct planner *planner, const struct question_target *target,
	const struct condition *by, struct execute_statement_input *in)
{
	const struct condition *blind = condition_join(planner->arena, CONDITION_NOT,
		condition_join(planner->arena, CONDITION_NOT, planner->condition, NULL), NULL);
	bool narrowed;

	if (by)
		blind = condition_join(planner->arena, CONDITION_AND, by, blind);
	if (!is_planned(planner, target, blind, by != NULL, &narrowed))
		return false;
	write_statement(planner, target, blind, in);
	return is_taken(planner, target, blind, by != NULL, in);
}

/* Whether the condition is asked as it is; plain: it may be. */
static bool write_best(const struct planner *planner, const struct question_target *target,
	const struct condition *by, bool plain, struct question *ret)
{
	struct execute_statement_input *in = &ret->request.statement;

	if (plain && write_plain(planner, target, by != NULL, in))
		return true;
	if (write_blind(planner, target, by, in))
		return false;
	write_statement(planner, target, by, in);
	ret->filters_here = true;
	return false;
}

static void append_hint(struct buf *buf, const struct question_target *target)
{
	struct slice sort = question_target_sort(target);

	if (slice_present(target->index_name)) {
		buf_append_string(buf, ", or index ");
		buf_append_slice(buf, target->index_name);
		buf_append_string(buf, " (");
	} else {
		buf_append_string(buf, "no key named: partition key ");
	}
	condition_append_name(buf, target->layout.partition[0].name);
	if (!slice_present(target->index_name))
		return;
	if (slice_present(sort)) {
		buf_append_string(buf, ", ");
		condition_append_name(buf, sort);
	}
	buf_append_string(buf, ")");
}

/* What could be named for less to be read. */
static struct slice hint_of(const struct planner *planner)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < planner->targets.count; i++)
		if (planner->targets.items[i].whole &&
			question_target_is_simple(&planner->targets.items[i]))
			append_hint(&text, &planner->targets.items[i]);
	return arena_copy(planner->arena, buf_slice(&text));
}

static void plan_scan(const struct planner *planner, struct question *ret)
{
	const struct question_target *table = &planner->targets.items[0];
	bool narrowed;

	ret->plan = PLAN_SCAN;
	ret->hint_text = hint_of(planner);
	if (!planner->condition) {
		write_statement(planner, table, NULL, &ret->request.statement);
		return;
	}
	write_best(planner, table, NULL,
		is_planned(planner, table, planner->condition, false, &narrowed), ret);
	question_tell_condition(ret, planner->condition, table, NULL, false, planner->arena);
}

static void plan_keyed(
	const struct planner *planner, const struct candidate *best, struct question *ret)
{
	const struct question_target *target = best->target;
	const struct condition *by;
	bool narrows;

	ret->plan = slice_present(target->index_name) ? PLAN_INDEX : PLAN_KEY;
	ret->index_name = target->index_name;
	if (!best->partitions.count) {
		ret->nothing = true;
		ret->hint_text = arena_printf(planner->arena, "%.*s is of type %s",
			SLICE_ARG(target->layout.partition[0].name),
			value_type_name(target->layout.partition[0].type));
		question_tell_condition(
			ret, planner->condition, target, NULL, false, planner->arena);
		return;
	}
	by = condition_of_values(
		target->layout.partition[0].name, &best->partitions, planner->arena);
	narrows = write_best(planner, target, by, best->plain, ret);
	question_tell_condition(ret, planner->condition, target, by, narrows, planner->arena);
}

int question_read_condition(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	struct planner planner = { .table = table, .arena = arena };
	struct candidate best;

	if (!text_is_blank(text))
		TRY(condition_parse(
			EXPRESSION_QUESTION, text, NULL, arena, &planner.condition, err));
	planner.targets = question_targets(table, arena);
	*ret = (struct question){
		.kind = QUESTION_STATEMENT,
		.table_name = table->table_name,
		.condition = planner.condition,
		.is_condition = true,
	};
	best = choose(&planner);
	if (best.target)
		plan_keyed(&planner, &best, ret);
	else
		plan_scan(&planner, ret);
	return 0;
}
