/* Telling how a question is answered. */
#include "api/question_private.h"
#include "api/wire.h"
#include "expr/condition_keys.h"
#include "expr/condition_write.h"

/* Terms of a condition, parted. */
struct parting {
	const struct question_target *target;
	bool narrows; /* what is asked of the sort attribute belongs to the key */
	bool pinned; /* a term of the key says the partition */
	struct arena *arena;
	const struct condition *key, *filter; /* joined again; NULL: nothing */
};

static bool is_of_key(const struct parting *parting, const struct condition *condition)
{
	struct slice sort = question_target_sort(parting->target);

	if (condition->kind == CONDITION_AND || condition->kind == CONDITION_OR)
		return is_of_key(parting, condition->children[0]) &&
		       is_of_key(parting, condition->children[1]);
	if (condition_is_equality(condition, parting->target->layout.partition[0].name))
		return true;
	return parting->narrows && slice_present(sort) &&
	       (condition_is_equality(condition, sort) || condition_is_range(condition, sort));
}

static void part(void *context, const struct condition *term)
{
	struct parting *parting = context;
	struct slice partition = parting->target->layout.partition[0].name;
	struct pinned_values values;
	bool of_key = is_of_key(parting, term);
	const struct condition **joined = of_key ? &parting->key : &parting->filter;

	*joined = *joined ? condition_join(parting->arena, CONDITION_AND, *joined, term) : term;
	parting->pinned |= of_key && condition_pins(term, partition, parting->arena, &values);
}

static struct slice text_of(const struct condition *condition, struct arena *arena)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (!condition)
		return (struct slice){ NULL, 0 };
	condition_append(&text, condition);
	return arena_copy(arena, buf_slice(&text));
}

void question_tell_condition(struct question *question, const struct condition *condition,
	const struct question_target *target, const struct condition *by, bool narrows,
	struct arena *arena)
{
	struct parting parting = { .target = target, .narrows = narrows, .arena = arena };

	if (by)
		condition_visit_terms(condition, part, &parting);
	if (!by || !parting.pinned) {
		parting.key = by;
		parting.filter = condition;
	} else if (!narrows) {
		parting.key = by;
	}
	question->key_text = text_of(parting.key, arena);
	question->filter_text = text_of(parting.filter, arena);
}

static void append_line(struct buf *buf, const char *label, struct slice text)
{
	if (slice_present(text))
		buf_appendf(buf, "%-9s%.*s\n", label, SLICE_ARG(text));
}

static void append_plan(const struct question *question, struct buf *buf)
{
	static const char *const plans[] = {
		[PLAN_KEY] = "query of ",
		[PLAN_INDEX] = "query of ",
		[PLAN_SCAN] = "scan of ",
		[PLAN_WRITE] = "write to ",
	};

	if (question->nothing) {
		buf_append_string(buf, "plan:    nothing to read: no item has such a key\n");
		return;
	}
	buf_appendf(buf, "plan:    %s", plans[question->plan]);
	if (slice_present(question->index_name))
		buf_appendf(buf, "the index %.*s of ", SLICE_ARG(question->index_name));
	buf_appendf(buf, "the table %.*s%s\n", SLICE_ARG(question->table_name),
		question->plan == PLAN_KEY ? " by its key" : "");
}

static void append_request(const struct question *question, struct buf *buf)
{
	static const enum operation_id ids[] = {
		[QUESTION_STATEMENT] = OPERATION_EXECUTE_STATEMENT,
		[QUESTION_QUERY] = OPERATION_QUERY,
		[QUESTION_SCAN] = OPERATION_SCAN,
	};
	const struct operation *operation = &operations[ids[question->kind]];

	buf_appendf(buf, "request: %s ", operation->name);
	wire_write(operation->input, &question->request, buf);
	buf_append_char(buf, '\n');
}

void question_explain(const struct question *question, struct buf *buf)
{
	append_plan(question, buf);
	append_line(buf, "key:", question->key_text);
	append_line(buf, question->filters_here ? "then:" : "filter:", question->filter_text);
	append_line(buf, "hint:", question->hint_text);
	if (!question->nothing)
		append_request(question, buf);
}
