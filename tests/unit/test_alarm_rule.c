#undef NDEBUG
#include "monitor/alarm_rule.h"
#include "test.h"

/* The tables of "How alarm state is evaluated when data is missing": '0' is a point
 * that does not breach, 'X' one that does, '-' a missing one; the oldest first.
 * States: O(k), A(larm), I(nsufficient data), K(ept). */

struct row {
	const char *points;
	const char *states; /* with missing, ignore, breaching, notBreaching */
};

static const enum missing_treatment columns[] = { MISSING_MISSING, MISSING_IGNORE,
	MISSING_BREACHING, MISSING_NOT_BREACHING };

static struct alarm_rule rule_of(unsigned m, unsigned n)
{
	return (struct alarm_rule){
		.evaluation_periods = n,
		.datapoints_to_alarm = m,
		.comparison = COMPARE_GREATER,
		.threshold = 5,
		.missing = MISSING_MISSING,
	};
}

static struct alarm_verdict judge(
	const struct alarm_rule *rule, const char *points, enum alarm_state before)
{
	struct alarm_point made[16] = { 0 };

	CHECK_INT(strlen(points), alarm_range(rule));
	for (size_t i = 0; points[i]; i++)
		made[i] = (struct alarm_point){
			.present = points[i] != '-',
			.value = points[i] == 'X' ? 9 : 1,
			.samples = 1,
		};
	return alarm_judge(rule, made, before);
}

static char letter_of(struct alarm_verdict verdict)
{
	return verdict.kept ? 'K' : "OAI"[verdict.state];
}

static void check_table(const struct alarm_rule *rule, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char states[ARRAY_SIZE(columns) + 1] = "";

		for (size_t column = 0; column < ARRAY_SIZE(columns); column++) {
			struct alarm_rule treated = *rule;

			treated.missing = columns[column];
			states[column] = letter_of(
				judge(&treated, rows[i].points, ALARM_STATE_INSUFFICIENT_DATA));
		}
		CHECK_TEXT(slice_from_string(states), rows[i].states);
	}
}

static void three_out_of_three_is_judged_as_in_the_guide(void)
{
	static const struct row rows[] = {
		{ "0-X-X", "OOOO" },
		{ "0----", "OOOO" },
		{ "-----", "IKAO" },
		{ "0XX-X", "AAAA" },
		{ "--X--", "AKAO" },
		/* Rows of its older edition. */
		{ "----X", "IKAO" },
		{ "X----", "AKAO" },
	};
	struct alarm_rule rule = rule_of(3, 3);

	check_table(&rule, rows, ARRAY_SIZE(rows));
}

static void two_out_of_three_is_judged_as_in_the_guide(void)
{
	static const struct row rows[] = {
		{ "0-X-X", "AAAA" },
		{ "00X0X", "AAAA" },
		{ "0-X--", "OOAO" },
		{ "----0", "OOAO" },
		{ "---X-", "AKAO" },
		{ "----X", "IKAO" },
	};
	struct alarm_rule rule = rule_of(2, 3);

	check_table(&rule, rows, ARRAY_SIZE(rows));
}

/* "the alarm does not go immediately into ALARM state when the data is either
 * - - - - X or - - - X - and Datapoints to Alarm is 3" */
static void one_recent_breach_is_no_alarm_yet(void)
{
	struct alarm_rule rule = rule_of(3, 3);

	CHECK_INT(letter_of(judge(&rule, "----X", ALARM_STATE_OK)), 'I');
	CHECK_INT(letter_of(judge(&rule, "---X-", ALARM_STATE_OK)), 'I');
	CHECK_INT(letter_of(judge(&rule, "---X0", ALARM_STATE_OK)), 'O');
	CHECK_INT(letter_of(judge(&rule, "--X--", ALARM_STATE_OK)), 'A');
}

/* The figure of "Evaluating an alarm": three of three above the threshold from the
 * third to the fifth period on, once more in the ninth. */
static void a_breach_must_last(void)
{
	static const char course[] = "0000XXX000X0";
	static const char states[] = "OOAOOOOO";
	struct alarm_rule rule = rule_of(3, 3);

	for (size_t i = 0; i < sizeof(states) - 1; i++) {
		char points[6] = "";

		memcpy(points, course + i, 5);
		CHECK_INT(letter_of(judge(&rule, points, ALARM_STATE_OK)), states[i]);
	}
}

static void only_the_newest_periods_are_judged_when_all_are_there(void)
{
	struct alarm_rule rule = rule_of(1, 3);
	struct alarm_verdict verdict = judge(&rule, "XX000", ALARM_STATE_ALARM);

	CHECK_INT(letter_of(verdict), 'O');
	CHECK_INT(verdict.judged, 3);
	CHECK_INT(verdict.first, 2);
	CHECK_INT(verdict.filled, 0);
}

static void older_points_stand_in_for_missing_ones(void)
{
	struct alarm_rule rule = rule_of(2, 3);
	struct alarm_verdict verdict = judge(&rule, "X-X-0", ALARM_STATE_OK);

	CHECK_INT(letter_of(verdict), 'A');
	CHECK_INT(verdict.judged, 3);
	CHECK_INT(verdict.breaching, 2);
	CHECK_INT(verdict.first, 0);
}

static void missing_points_fill_as_few_places_as_possible(void)
{
	struct alarm_rule rule = rule_of(2, 3);

	rule.missing = MISSING_BREACHING;
	CHECK_INT(judge(&rule, "0-0--", ALARM_STATE_OK).filled, 1);
	CHECK_INT(letter_of(judge(&rule, "0-0--", ALARM_STATE_OK)), 'O');
}

static void a_kept_state_is_the_one_before(void)
{
	struct alarm_rule rule = rule_of(3, 3);

	rule.missing = MISSING_IGNORE;
	for (unsigned state = 0; alarm_state_names[state]; state++) {
		struct alarm_verdict verdict = judge(&rule, "-----", (enum alarm_state)state);

		CHECK(verdict.kept);
		CHECK_INT(verdict.state, state);
	}
}

static void each_comparison_has_its_side_of_the_threshold(void)
{
	static const struct {
		enum alarm_comparison comparison;
		bool below, equal, above;
	} rows[] = {
		{ COMPARE_GREATER_OR_EQUAL, false, true, true },
		{ COMPARE_GREATER, false, false, true },
		{ COMPARE_LESS, true, false, false },
		{ COMPARE_LESS_OR_EQUAL, true, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct alarm_rule rule = { .comparison = rows[i].comparison, .threshold = 5 };

		CHECK_INT(alarm_breaches(&rule, 4.5), rows[i].below);
		CHECK_INT(alarm_breaches(&rule, 5), rows[i].equal);
		CHECK_INT(alarm_breaches(&rule, 5.5), rows[i].above);
	}
}

static char judge_samples(double percentile, bool ignore, double samples)
{
	struct alarm_rule rule = rule_of(1, 1);
	struct alarm_point points[] = { { 0 }, { 0 }, { true, 0, 9, samples } };

	rule.percentile = percentile;
	rule.ignore_low_samples = ignore;
	return letter_of(alarm_judge(&rule, points, ALARM_STATE_OK));
}

/* "fewer than 1000 samples for an alarm on a p99 percentile" */
static void a_percentile_of_few_samples_is_ignored_when_asked(void)
{
	CHECK_INT(judge_samples(99, true, 999), 'K');
	CHECK_INT(judge_samples(99, true, 1000), 'A');
	CHECK_INT(judge_samples(99, false, 1), 'A');
	CHECK_INT(judge_samples(50, true, 19), 'K');
	CHECK_INT(judge_samples(50, true, 20), 'A');
	CHECK_INT(judge_samples(90, true, 100), 'A');
	CHECK_INT(judge_samples(99.9, true, 9999), 'K');
	CHECK_INT(judge_samples(99.9, true, 10000), 'A');
	CHECK_INT(judge_samples(10, true, 99), 'K');
	CHECK_INT(judge_samples(10, true, 100), 'A');
}

static const struct test_case cases[] = {
	{ "three out of three is judged as in the guide",
		three_out_of_three_is_judged_as_in_the_guide },
	{ "two out of three is judged as in the guide",
		two_out_of_three_is_judged_as_in_the_guide },
	{ "one recent breach is no alarm yet", one_recent_breach_is_no_alarm_yet },
	{ "a breach must last", a_breach_must_last },
	{ "only the newest periods are judged when all are there",
		only_the_newest_periods_are_judged_when_all_are_there },
	{ "older points stand in for missing ones", older_points_stand_in_for_missing_ones },
	{ "missing points fill as few places as possible",
		missing_points_fill_as_few_places_as_possible },
	{ "a kept state is the one before", a_kept_state_is_the_one_before },
	{ "each comparison has its side of the threshold",
		each_comparison_has_its_side_of_the_threshold },
	{ "a percentile of few samples is ignored when asked",
		a_percentile_of_few_samples_is_ignored_when_asked },
};
TEST_MAIN(cases)
