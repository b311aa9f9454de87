#include "api/policy_evaluate.h"

struct evaluation {
	const struct policy_question *question;
	const struct policy_statement *statement;
	struct arena *arena;
	struct slice variables[POLICY_KEY_COUNT];
};

static bool is_in_network(struct slice text, const struct policy_network *network)
{
	struct policy_network address;
	unsigned bytes = network->bits / 8, rest = network->bits % 8;
	unsigned char mask = (unsigned char)(0xFF00 >> rest);

	if (!policy_read_network(text, &address))
		return false;
	if (memcmp(address.bytes, network->bytes, bytes) != 0)
		return false;
	return !rest || !((address.bytes[bytes] ^ network->bytes[bytes]) & mask);
}

/* Of the keys' values in a pattern: those are as they stand. */
static bool expand(
	const struct evaluation *evaluation, const struct pattern *pattern, struct pattern *ret)
{
	return pattern_expand(pattern, evaluation->variables, evaluation->arena, ret);
}

static bool is_one_of(const struct evaluation *evaluation, const struct policy_condition *condition,
	struct slice value)
{
	for (size_t i = 0; i < condition->count; i++) {
		struct pattern pattern;

		if (condition->test == POLICY_TEST_NETWORK) {
			if (is_in_network(value, &condition->networks[i]))
				return true;
		} else if (expand(evaluation, &condition->patterns[i], &pattern) &&
			   pattern_matches(&pattern, value, condition->ignore_case)) {
			return true;
		}
	}
	return false;
}

static bool allows_any_value(const struct policy_condition *condition)
{
	for (size_t i = 0; condition->patterns && i < condition->count; i++) {
		if (!condition->negated && pattern_is_any(&condition->patterns[i]))
			return true;
	}
	return false;
}

/* Of one value. */
static bool fits(const struct evaluation *evaluation, const struct policy_condition *condition,
	struct slice value)
{
	return is_one_of(evaluation, condition, value) != condition->negated;
}

/* Of those that are not known. */
static bool others_fit(
	const struct evaluation *evaluation, const struct policy_condition *condition)
{
	return allows_any_value(condition) || evaluation->statement->denies;
}

static bool all_fit(const struct evaluation *evaluation, const struct policy_condition *condition,
	const struct policy_values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		if (!fits(evaluation, condition, values->items[i]))
			return false;
	}
	return !values->others || others_fit(evaluation, condition);
}

static bool any_fits(const struct evaluation *evaluation, const struct policy_condition *condition,
	const struct policy_values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		if (fits(evaluation, condition, values->items[i]))
			return true;
	}
	return values->others && others_fit(evaluation, condition);
}

static bool test_null(const struct policy_condition *condition, bool present)
{
	struct slice answer = present ? SLICE("false") : SLICE("true");

	for (size_t i = 0; i < condition->count; i++) {
		if (pattern_matches(&condition->patterns[i], answer, true))
			return true;
	}
	return false;
}

static bool holds_without(const struct policy_condition *condition)
{
	if (condition->if_exists)
		return true;
	switch (condition->quantifier) {
	case POLICY_FOR_ALL_VALUES:
		return true;
	case POLICY_FOR_ANY_VALUE:
		return false;
	case POLICY_ANY_ONE:
		return condition->negated;
	}
	return false;
}

static bool condition_fits(
	const struct evaluation *evaluation, const struct policy_condition *condition)
{
	const struct policy_values *values = &evaluation->question->values[condition->key];
	bool present = values->present && (values->count || values->others);

	if (condition->test == POLICY_TEST_NULL)
		return test_null(condition, present);
	if (!present)
		return holds_without(condition);
	if (condition->quantifier == POLICY_FOR_ALL_VALUES)
		return all_fit(evaluation, condition, values);
	return any_fits(evaluation, condition, values);
}

static bool is_among(const struct evaluation *evaluation, const struct policy_patterns *patterns,
	struct slice text, bool ignore_case)
{
	for (size_t i = 0; i < patterns->count; i++) {
		struct pattern pattern;

		if (expand(evaluation, &patterns->items[i], &pattern) &&
			pattern_matches(&pattern, text, ignore_case))
			return true;
	}
	return false;
}

/* The account stands for all of its users where something is forbidden; where it is
 * allowed, it only leaves it to their own policies. */
static bool principal_fits(const struct evaluation *evaluation)
{
	const struct policy_statement *statement = evaluation->statement;
	const struct policy_question *question = evaluation->question;
	const struct policy_patterns *principals = &statement->principals;
	bool found = is_among(evaluation, principals, question->user, false);

	if (!principals->count && !principals->inverted)
		return false;
	if (statement->denies || principals->inverted)
		found |= is_among(evaluation, principals, question->account, false) ||
			 is_among(evaluation, principals,
				 arena_printf(evaluation->arena, "arn:aws:iam::%.*s:root",
					 SLICE_ARG(question->account)),
				 false);
	return found != principals->inverted;
}

static bool statement_fits(struct evaluation *evaluation, bool of_resource)
{
	const struct policy_statement *statement = evaluation->statement;
	const struct policy_question *question = evaluation->question;

	if (is_among(evaluation, &statement->actions, question->action, true) ==
		statement->actions.inverted)
		return false;
	if (is_among(evaluation, &statement->resources, question->resource, false) ==
		statement->resources.inverted)
		return false;
	if (of_resource && !principal_fits(evaluation))
		return false;
	for (size_t i = 0; i < statement->condition_count; i++) {
		if (!condition_fits(evaluation, &statement->conditions[i]))
			return false;
	}
	return true;
}

static void take_variables(
	const struct policy_question *question, struct slice variables[POLICY_KEY_COUNT])
{
	for (size_t i = 0; i < POLICY_KEY_COUNT; i++) {
		if (question->values[i].present && question->values[i].count == 1)
			variables[i] = question->values[i].items[0];
	}
}

enum policy_verdict policy_evaluate(
	const struct policy *policy, const struct policy_question *question, struct arena *arena)
{
	struct evaluation evaluation = { .question = question, .arena = arena };
	enum policy_verdict verdict = POLICY_SILENT;

	take_variables(question, evaluation.variables);
	for (size_t i = 0; i < policy->count && verdict != POLICY_DENIES; i++) {
		evaluation.statement = &policy->statements[i];
		if (statement_fits(&evaluation, policy->of_resource))
			verdict = evaluation.statement->denies ? POLICY_DENIES : POLICY_ALLOWS;
	}
	return verdict;
}
