#undef NDEBUG
#include "api/policy_evaluate.h"
#include "base/buf.h"
#include "test.h"

#define GAMES   "arn:aws:dynamodb:us-west-2:123456789012:table/GameScores"
#define ACCOUNT "123456789012"
#define MIKE    "arn:aws:iam::" ACCOUNT ":user/mike"

/* The text with each apostrophe replaced by a double quote. */
static struct slice json_of(struct arena *arena, const char *text)
{
	struct slice copy = arena_copy(arena, slice_from_string(text));

	for (char *c = (char *)copy.data; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return copy;
}

/* One request, and the policy it is asked of. */
struct asked {
	struct arena arena;
	struct policy_question question;
	struct slice values[POLICY_KEY_COUNT][8];
};

static void asked_release(struct asked *asked)
{
	arena_release(&asked->arena);
}

/* Values of a key, with blanks between them; "?" for one that is not known. */
static void set(struct asked *asked, enum policy_key key, const char *text)
{
	struct policy_values *values = &asked->question.values[key];
	struct slice rest = slice_from_string(text);

	*values = (struct policy_values){ .present = true, .items = asked->values[key] };
	while (rest.len) {
		const char *blank = memchr(rest.data, ' ', rest.len);
		size_t len = blank ? (size_t)(blank - rest.data) : rest.len;
		struct slice word = slice_of(rest.data, len);

		rest = slice_skip(rest, blank ? len + 1 : len);
		if (slice_equal_string(word, "?"))
			values->others = true;
		else
			asked->values[key][values->count++] = word;
	}
}

static struct asked asked_new(const char *action)
{
	struct asked asked = {
		.question = {
			.action = slice_from_string(action),
			.resource = SLICE(GAMES),
			.user = SLICE(MIKE),
			.account = SLICE(ACCOUNT),
		},
	};

	return asked;
}

/* By Mike. */
#define ASK(name, action) \
	struct asked name CLEANUP(asked_release) = asked_new("dynamodb:" action); \
	set(&name, POLICY_USER_NAME, "mike")

static enum policy_verdict judge(struct asked *asked, enum policy_kind kind, const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct policy policy;

	CHECK_OK(policy_parse(json_of(&asked->arena, text), kind, &asked->arena, &policy, &err),
		&err);
	return policy_evaluate(&policy, &asked->question, &asked->arena);
}

#define CHECK_VERDICT(asked, policy, expected) \
	CHECK_INT(judge(asked, POLICY_OF_IDENTITY, policy), expected)
#define CHECK_RESOURCE(asked, policy, expected) \
	CHECK_INT(judge(asked, POLICY_OF_RESOURCE, policy), expected)

#define POLICY(statements) "{'Version': '2012-10-17', 'Statement': [" statements "]}"
#define ALLOW(actions, more) \
	"{'Effect': 'Allow', 'Action': [" actions "], 'Resource': '" GAMES "'" more "}"
#define DENY(actions, more) \
	"{'Effect': 'Deny', 'Action': [" actions "], 'Resource': '" GAMES "'" more "}"
#define ANY           "'dynamodb:*'"
#define WHEN(members) ", 'Condition': {" members "}"

static void check_refused(enum policy_kind kind, const char *text, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct policy policy;

	CHECK_INT(policy_parse(json_of(&arena, text), kind, &arena, &policy, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

#define CHECK_REFUSED(text, message) check_refused(POLICY_OF_IDENTITY, text, message)

/* Patterns */

static bool matches(const char *pattern, const char *text)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct pattern compiled;

	CHECK_OK(pattern_compile(slice_from_string(pattern), PATTERN_WILDCARDS, NULL, &arena,
			 &compiled, &err),
		&err);
	return pattern_matches(&compiled, slice_from_string(text), false);
}

static void a_star_is_any_characters(void)
{
	CHECK(matches("*", "") && matches("*", "abc"));
	CHECK(matches("a*c", "ac") && matches("a*c", "abbc") && !matches("a*c", "acb"));
	CHECK(matches("*.a*b", "x.aab.ab") && !matches("*.a*b", "x.aab.abc"));
	CHECK(!matches("a*", "ba") && !matches("", "a") && matches("", ""));
}

static void a_question_mark_is_one_character(void)
{
	CHECK(matches("a?c", "abc") && !matches("a?c", "ac") && !matches("a?c", "abbc"));
	CHECK(matches("?", "\xC3\xA9") && matches("a?*", "a\xE2\x82\xAC"));
	CHECK(matches("*?b", "aab") && !matches("*?b", "b"));
}

static void a_long_pattern_of_stars_is_quick(void)
{
	char text[20001], pattern[] = "*a*a*a*a*a*a*a*a*a*a*a*a*b";

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(!matches(pattern, text));
}

/* Effects */

static void what_no_statement_fits_is_not_allowed(void)
{
	ASK(get, "GetItem");

	CHECK_VERDICT(&get, POLICY(""), POLICY_SILENT);
	CHECK_VERDICT(&get, POLICY(ALLOW("'dynamodb:PutItem'", "")), POLICY_SILENT);
	CHECK_VERDICT(
		&get, POLICY(ALLOW("'dynamodb:PutItem', 'dynamodb:Get*'", "")), POLICY_ALLOWS);
	CHECK_VERDICT(&get, POLICY(ALLOW("'DynamoDB:getitem'", "")), POLICY_ALLOWS);
	CHECK_VERDICT(&get, POLICY(ALLOW("'*'", "")), POLICY_ALLOWS);
}

static void a_denial_outweighs_what_is_allowed(void)
{
	ASK(get, "GetItem");
	ASK(put, "PutItem");

	CHECK_VERDICT(&get, POLICY(ALLOW(ANY, "") "," DENY("'dynamodb:Get*'", "")), POLICY_DENIES);
	CHECK_VERDICT(&get, POLICY(DENY("'dynamodb:Get*'", "") "," ALLOW(ANY, "")), POLICY_DENIES);
	CHECK_VERDICT(&put, POLICY(ALLOW(ANY, "") "," DENY("'dynamodb:Get*'", "")), POLICY_ALLOWS);
}

static void resources_are_matched_as_a_whole(void)
{
	ASK(get, "GetItem");
	static const char policy[] = "{'Statement': {'Effect': 'Allow', 'Action': '*', "
				     "'Resource': 'arn:aws:dynamodb:*:*:table/Game*'}}";

	CHECK_VERDICT(&get, policy, POLICY_ALLOWS);
	get.question.resource = SLICE(GAMES "/index/ByTop");
	CHECK_VERDICT(&get, policy, POLICY_ALLOWS);
	CHECK_VERDICT(&get, POLICY(ALLOW(ANY, "")), POLICY_SILENT);
	get.question.resource = SLICE("arn:aws:dynamodb:us-west-2:123456789012:table/Other");
	CHECK_VERDICT(&get, policy, POLICY_SILENT);
}

static void what_is_not_meant_can_be_named(void)
{
	ASK(get, "GetItem");
	ASK(drop, "DeleteTable");
	static const char no_drops[] = "{'Statement': {'Effect': 'Allow', 'NotAction': "
				       "'dynamodb:Delete*', 'NotResource': 'arn:*:table/Secret'}}";

	CHECK_VERDICT(&get, no_drops, POLICY_ALLOWS);
	CHECK_VERDICT(&drop, no_drops, POLICY_SILENT);
	get.question.resource = SLICE("arn:aws:dynamodb:us-west-2:123456789012:table/Secret");
	CHECK_VERDICT(&get, no_drops, POLICY_SILENT);
}

/* Fine-grained access, after the guide's examples */

#define OWN_ITEMS \
	POLICY(ALLOW("'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:Scan', " \
		     "'dynamodb:BatchWriteItem'", \
		WHEN("'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': ['${aws:username}']}")))

static void everybody_has_items_of_his_own(void)
{
	ASK(get, "GetItem");

	set(&get, POLICY_LEADING_KEYS, "mike");
	CHECK_VERDICT(&get, OWN_ITEMS, POLICY_ALLOWS);
	set(&get, POLICY_LEADING_KEYS, "ann");
	CHECK_VERDICT(&get, OWN_ITEMS, POLICY_SILENT);
}

static void one_foreign_key_of_a_batch_is_too_many(void)
{
	ASK(batch, "BatchWriteItem");

	set(&batch, POLICY_LEADING_KEYS, "mike");
	CHECK_VERDICT(&batch, OWN_ITEMS, POLICY_ALLOWS);
	set(&batch, POLICY_LEADING_KEYS, "mike ann");
	CHECK_VERDICT(&batch, OWN_ITEMS, POLICY_SILENT);
}

static void a_scan_reads_more_than_ones_own(void)
{
	ASK(scan, "Scan");

	set(&scan, POLICY_LEADING_KEYS, "?");
	CHECK_VERDICT(&scan, OWN_ITEMS, POLICY_SILENT);
	CHECK_VERDICT(&scan,
		POLICY(ALLOW(
			ANY, WHEN("'ForAllValues:StringLike': {'dynamodb:LeadingKeys': '*'}"))),
		POLICY_ALLOWS);
}

static void a_variable_is_not_a_pattern(void)
{
	ASK(get, "GetItem");
	static const char like[] = POLICY(ALLOW(ANY,
		WHEN("'ForAllValues:StringLike': {'dynamodb:LeadingKeys': ['${aws:username}']}")));

	set(&get, POLICY_USER_NAME, "*");
	set(&get, POLICY_LEADING_KEYS, "ann");
	CHECK_VERDICT(&get, like, POLICY_SILENT);
	set(&get, POLICY_LEADING_KEYS, "*");
	CHECK_VERDICT(&get, like, POLICY_ALLOWS);
}

static void an_older_policy_has_no_variables(void)
{
	ASK(get, "GetItem");
	static const char older[] = "{'Statement': [" ALLOW(
		ANY, WHEN("'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': "
			  "['${aws:username}']}")) "]}";

	set(&get, POLICY_LEADING_KEYS, "mike");
	CHECK_VERDICT(&get, older, POLICY_SILENT);
	set(&get, POLICY_LEADING_KEYS, "${aws:username}");
	CHECK_VERDICT(&get, older, POLICY_ALLOWS);
}

#define SOME_ATTRIBUTES \
	POLICY(ALLOW("'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'", \
		WHEN("'ForAllValues:StringEquals': {'dynamodb:Attributes': ['UserId', 'Title', " \
		     "'Wins']}, 'StringEqualsIfExists': {'dynamodb:Select': " \
		     "'SPECIFIC_ATTRIBUTES', 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', " \
		     "'UPDATED_NEW']}")))

static void only_some_attributes_are_shown(void)
{
	ASK(query, "Query");

	set(&query, POLICY_SELECT, "SPECIFIC_ATTRIBUTES");
	set(&query, POLICY_ATTRIBUTES, "UserId Wins");
	CHECK_VERDICT(&query, SOME_ATTRIBUTES, POLICY_ALLOWS);
	set(&query, POLICY_ATTRIBUTES, "UserId Wins TopScore");
	CHECK_VERDICT(&query, SOME_ATTRIBUTES, POLICY_SILENT);
	set(&query, POLICY_SELECT, "ALL_ATTRIBUTES");
	set(&query, POLICY_ATTRIBUTES, "UserId");
	CHECK_VERDICT(&query, SOME_ATTRIBUTES, POLICY_SILENT);
}

static void a_whole_item_is_every_attribute(void)
{
	ASK(get, "GetItem");
	static const char hidden[] = POLICY(ALLOW(ANY, "") "," DENY(
		ANY, WHEN("'ForAnyValue:StringEquals': {'dynamodb:Attributes': 'Salary'}")));

	set(&get, POLICY_ATTRIBUTES, "UserId ?");
	CHECK_VERDICT(&get, SOME_ATTRIBUTES, POLICY_SILENT);
	CHECK_VERDICT(&get, hidden, POLICY_DENIES);
	set(&get, POLICY_ATTRIBUTES, "UserId Title");
	CHECK_VERDICT(&get, hidden, POLICY_ALLOWS);
	set(&get, POLICY_ATTRIBUTES, "UserId Salary");
	CHECK_VERDICT(&get, hidden, POLICY_DENIES);
}

static void an_update_may_not_return_the_whole_item(void)
{
	ASK(update, "UpdateItem");

	set(&update, POLICY_ATTRIBUTES, "UserId Wins");
	set(&update, POLICY_RETURN_VALUES, "UPDATED_NEW");
	CHECK_VERDICT(&update, SOME_ATTRIBUTES, POLICY_ALLOWS);
	set(&update, POLICY_RETURN_VALUES, "ALL_NEW");
	CHECK_VERDICT(&update, SOME_ATTRIBUTES, POLICY_SILENT);
}

static void some_things_are_done_in_transactions_alone(void)
{
	ASK(put, "PutItem");
	static const char policy[] = POLICY(
		ALLOW(ANY, WHEN("'ForAnyValue:StringEquals': {'dynamodb:EnclosingOperation': "
				"['TransactWriteItems', 'TransactGetItems']}")));

	CHECK_VERDICT(&put, policy, POLICY_SILENT);
	set(&put, POLICY_ENCLOSING_OPERATION, "TransactWriteItems");
	CHECK_VERDICT(&put, policy, POLICY_ALLOWS);
}

static void a_statement_may_not_read_the_whole_table(void)
{
	ASK(select, "PartiQLSelect");
	static const char policy[] = POLICY(DENY("'dynamodb:PartiQLSelect'",
		WHEN("'Bool': {'dynamodb:FullTableScan': ['true']}")) "," ALLOW("'dynamodb:PartiQLSelect'",
		""));

	set(&select, POLICY_FULL_TABLE_SCAN, "false");
	CHECK_VERDICT(&select, policy, POLICY_ALLOWS);
	set(&select, POLICY_FULL_TABLE_SCAN, "true");
	CHECK_VERDICT(&select, policy, POLICY_DENIES);
}

/* Operators */

static void check_condition(const char *condition, const char *name, bool expected)
{
	struct asked asked CLEANUP(asked_release) = asked_new("dynamodb:Query");
	struct slice text = arena_printf(&asked.arena, POLICY(ALLOW(ANY, WHEN("%s"))), condition);

	if (name)
		set(&asked, POLICY_USER_NAME, name);
	CHECK_VERDICT(&asked, text.data, expected ? POLICY_ALLOWS : POLICY_SILENT);
}

static void operators_compare_as_their_names_say(void)
{
	check_condition("'StringEquals': {'aws:username': ['ann', 'bob']}", "bob", true);
	check_condition("'StringEquals': {'aws:username': ['ann', 'bob']}", "Bob", false);
	check_condition("'StringEqualsIgnoreCase': {'AWS:UserName': 'ann'}", "ANN", true);
	check_condition("'StringNotEquals': {'aws:username': ['ann', 'bob']}", "bob", false);
	check_condition("'StringNotEquals': {'aws:username': ['ann', 'bob']}", "eve", true);
	check_condition("'StringNotEqualsIgnoreCase': {'aws:username': 'ann'}", "ANN", false);
	check_condition("'StringLike': {'aws:username': 'a*n'}", "ann", true);
	check_condition("'StringEquals': {'aws:username': 'a*n'}", "ann", false);
	check_condition("'StringNotLike': {'aws:username': 'a?n'}", "ann", false);
}

static void a_key_that_is_not_there_fails_a_condition_unless_it_is_negated(void)
{
	check_condition("'StringEquals': {'aws:username': 'ann'}", NULL, false);
	check_condition("'StringEqualsIfExists': {'aws:username': 'ann'}", NULL, true);
	check_condition("'StringNotEquals': {'aws:username': 'ann'}", NULL, true);
	check_condition("'ForAllValues:StringEquals': {'aws:username': 'ann'}", NULL, true);
	check_condition("'ForAnyValue:StringEquals': {'aws:username': 'ann'}", NULL, false);
	check_condition("'ForAnyValue:StringNotEquals': {'aws:username': 'ann'}", NULL, false);
	check_condition("'Null': {'aws:username': 'true'}", NULL, true);
	check_condition("'Null': {'aws:username': 'true'}", "ann", false);
	check_condition("'Null': {'aws:username': false}", "ann", true);
}

static void all_conditions_must_hold(void)
{
	check_condition("'StringLike': {'aws:username': 'a*'}, "
			"'StringNotEquals': {'aws:username': 'ann'}",
		"abe", true);
	check_condition("'StringLike': {'aws:username': 'a*'}, "
			"'StringNotEquals': {'aws:username': 'ann'}",
		"ann", false);
}

static void check_address(const char *network, const char *address, bool expected)
{
	struct asked asked CLEANUP(asked_release) = asked_new("dynamodb:Query");
	struct slice text = arena_printf(&asked.arena,
		POLICY(ALLOW(ANY, WHEN("'IpAddress': {'aws:SourceIp': '%s'}"))), network);

	set(&asked, POLICY_SOURCE_IP, address);
	CHECK_VERDICT(&asked, text.data, expected ? POLICY_ALLOWS : POLICY_SILENT);
}

static void addresses_are_of_networks(void)
{
	check_address("203.0.113.0/24", "203.0.113.77", true);
	check_address("203.0.113.0/24", "203.0.114.1", false);
	check_address("203.0.113.64/26", "203.0.113.127", true);
	check_address("203.0.113.64/26", "203.0.113.128", false);
	check_address("0.0.0.0/0", "198.51.100.1", true);
	check_address("0.0.0.0/0", "2001:db8::1", false);
	check_address("198.51.100.1", "198.51.100.1", true);
	check_address("2001:db8::/33", "2001:db8:7fff::1", true);
	check_address("2001:db8::/33", "2001:db8:8000::1", false);
	check_address("2001:db8::/33", "nonsense", false);
}

/* Policies of resources */

#define FOR(effect, principal) \
	"{'Version': '2012-10-17', 'Statement': {'Effect': '" effect "', 'Principal': " principal \
	", 'Action': 'dynamodb:GetItem', 'Resource': '" GAMES "'}}"

static void a_resource_s_policy_is_for_its_principals(void)
{
	ASK(get, "GetItem");

	CHECK_RESOURCE(&get, FOR("Allow", "{'AWS': '" MIKE "'}"), POLICY_ALLOWS);
	CHECK_RESOURCE(&get, FOR("Allow", "{'AWS': ['" MIKE "x', '" MIKE "']}"), POLICY_ALLOWS);
	CHECK_RESOURCE(&get, FOR("Allow", "{'AWS': '" MIKE "x'}"), POLICY_SILENT);
	CHECK_RESOURCE(&get, FOR("Deny", "{'AWS': '" MIKE "'}"), POLICY_DENIES);
	CHECK_RESOURCE(&get, FOR("Deny", "'*'"), POLICY_DENIES);
	CHECK_RESOURCE(&get, FOR("Allow", "{'AWS': '*'}"), POLICY_ALLOWS);
	CHECK_RESOURCE(&get, FOR("Deny", "{'Service': 'redshift.amazonaws.com'}"), POLICY_SILENT);
}

static void the_account_is_all_users_where_something_is_forbidden(void)
{
	ASK(get, "GetItem");

	CHECK_RESOURCE(&get, FOR("Deny", "{'AWS': '" ACCOUNT "'}"), POLICY_DENIES);
	CHECK_RESOURCE(
		&get, FOR("Deny", "{'AWS': 'arn:aws:iam::" ACCOUNT ":root'}"), POLICY_DENIES);
	CHECK_RESOURCE(&get, FOR("Allow", "{'AWS': '" ACCOUNT "'}"), POLICY_SILENT);
}

/* Bad policies */

static void what_is_not_known_is_refused_with_its_place(void)
{
	CHECK_REFUSED("[]", "a policy is a JSON object");
	CHECK_REFUSED("{}", "Statement is missing");
	CHECK_REFUSED("{'Statements': []}", "'Statements' is not known here");
	CHECK_REFUSED("{'Version': '2013', 'Statement': []}",
		"Version is neither 2012-10-17 nor 2008-10-17");
	CHECK_REFUSED(POLICY("7"), "Statement[0]: an object is expected");
	CHECK_REFUSED(POLICY(ALLOW(ANY, "") ", {'Action': '*', 'Resource': '*'}"),
		"Statement[1]: Effect is missing");
	CHECK_REFUSED(POLICY(ALLOW(ANY, ", 'Conditions': {}")),
		"Statement[0]: 'Conditions' is not known here");
	CHECK_REFUSED(POLICY("{'Effect': 'allow', 'Action': '*', 'Resource': '*'}"),
		"Statement[0]: Effect is neither Allow nor Deny");
	CHECK_REFUSED(
		POLICY("{'Effect': 'Allow', 'Resource': '*'}"), "Statement[0]: Action is missing");
	CHECK_REFUSED(
		POLICY("{'Effect': 'Allow', 'Action': '*'}"), "Statement[0]: Resource is missing");
	CHECK_REFUSED(POLICY(ALLOW(ANY, ", 'NotAction': '*'")),
		"Statement[0]: Action and NotAction exclude each other");
	CHECK_REFUSED(POLICY(ALLOW("", "")), "Statement[0]: Action is an empty list");
	CHECK_REFUSED(
		POLICY(ALLOW("7", "")), "Statement[0]: Action is not a string with characters");
}

static void an_action_that_is_none_is_refused(void)
{
	CHECK_REFUSED(POLICY(ALLOW("'dynamodb:GetItems'", "")),
		"Statement[0]: Action has 'dynamodb:GetItems', which is no action");
	CHECK_REFUSED(POLICY(ALLOW("'GetItem'", "")),
		"Statement[0]: Action has 'GetItem', which is no action");
	CHECK_REFUSED(POLICY(ALLOW("'dynamdb:*'", "")),
		"Statement[0]: Action has 'dynamdb:*', which is no action");
	CHECK_REFUSED("{'Statement': {'Effect': 'Allow', 'Action': '*', 'Resource': 'Movies'}}",
		"Statement[0]: Resource has 'Movies', which is neither an ARN nor *");
}

static void a_condition_that_makes_no_sense_is_refused(void)
{
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'StringEqual': {'aws:username': 'x'}"))),
		"Statement[0]: Condition has 'StringEqual', which is no operator");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'StringEquals': {'dynamodb:LeadingKey': 'x'}"))),
		"Statement[0]: Condition has 'dynamodb:LeadingKey', which is no key known here");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'StringEquals': {'dynamodb:LeadingKeys': 'x'}"))),
		"Statement[0]: Condition makes no sense: dynamodb:LeadingKeys can have several "
		"values: ForAllValues: or ForAnyValue: belongs before StringEquals");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'Bool': {'aws:username': 'true'}"))),
		"Statement[0]: Condition makes no sense: Bool does not compare aws:username");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'Bool': {'dynamodb:FullTableScan': 'maybe'}"))),
		"Statement[0]: Condition Bool dynamodb:FullTableScan: has 'maybe', which is "
		"neither true nor false");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'IpAddress': {'aws:SourceIp': '1.2.3.4/33'}"))),
		"Statement[0]: Condition IpAddress aws:SourceIp: has '1.2.3.4/33', which is no "
		"address or network");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'NullIfExists': {'aws:username': 'true'}"))),
		"Statement[0]: Condition has 'NullIfExists', which is no operator");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'StringEquals': 'x'"))),
		"Statement[0]: Condition StringEquals is not an object of keys");
}

static void a_variable_that_is_not_known_is_refused(void)
{
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'StringEquals': {'aws:username': '${aws:name}'}"))),
		"Statement[0]: Condition StringEquals aws:username: has ${aws:name}, which is not "
		"known here");
	CHECK_REFUSED(POLICY(ALLOW(ANY, WHEN("'StringEquals': {'aws:username': '${aws:use'}"))),
		"Statement[0]: Condition StringEquals aws:username: has ${ without }");
}

static void principals_are_for_resources(void)
{
	static const char without[] = POLICY(ALLOW(ANY, ""));

	CHECK_REFUSED(POLICY(ALLOW(ANY, ", 'Principal': '*'")),
		"Statement[0]: Principal is for policies of resources alone");
	check_refused(POLICY_OF_RESOURCE, without, "Statement[0]: Principal is missing");
	check_refused(POLICY_OF_RESOURCE, FOR("Allow", "{'AMS': '*'}"),
		"Statement[0]: Principal has 'AMS', which is no kind of principal");
	check_refused(POLICY_OF_RESOURCE, FOR("Allow", "'mike'"),
		"Statement[0]: Principal is neither an object nor \"*\"");
	check_refused(POLICY_OF_RESOURCE, FOR("Allow", "{'AWS': 'mike'}"),
		"Statement[0]: Principal has 'mike', which is neither an ARN, an account nor *");
	check_refused(POLICY_OF_RESOURCE,
		FOR("Allow", "{'AWS': 'arn:aws:iam::" ACCOUNT ":user/*'}"),
		"Statement[0]: Principal has 'arn:aws:iam::" ACCOUNT ":user/*': a principal has no "
		"wildcards, but \"*\" alone is everybody");
}

static void statements_have_different_names(void)
{
	CHECK_REFUSED(POLICY(ALLOW(ANY, ", 'Sid': 'A'") "," DENY(ANY, ", 'Sid': 'A'")),
		"Statement[0] and Statement[1] have the same Sid");
}

static const struct test_case cases[] = {
	{ "a star is any characters", a_star_is_any_characters },
	{ "a question mark is one character", a_question_mark_is_one_character },
	{ "a long pattern of stars is quick", a_long_pattern_of_stars_is_quick },
	{ "what no statement fits is not allowed", what_no_statement_fits_is_not_allowed },
	{ "a denial outweighs what is allowed", a_denial_outweighs_what_is_allowed },
	{ "resources are matched as a whole", resources_are_matched_as_a_whole },
	{ "what is not meant can be named", what_is_not_meant_can_be_named },
	{ "everybody has items of his own", everybody_has_items_of_his_own },
	{ "one foreign key of a batch is too many", one_foreign_key_of_a_batch_is_too_many },
	{ "a Scan reads more than one's own", a_scan_reads_more_than_ones_own },
	{ "a variable is not a pattern", a_variable_is_not_a_pattern },
	{ "an older policy has no variables", an_older_policy_has_no_variables },
	{ "only some attributes are shown", only_some_attributes_are_shown },
	{ "a whole item is every attribute", a_whole_item_is_every_attribute },
	{ "an update may not return the whole item", an_update_may_not_return_the_whole_item },
	{ "some things are done in transactions alone",
		some_things_are_done_in_transactions_alone },
	{ "a statement may not read the whole table", a_statement_may_not_read_the_whole_table },
	{ "operators compare as their names say", operators_compare_as_their_names_say },
	{ "a key that is not there fails a condition unless it is negated",
		a_key_that_is_not_there_fails_a_condition_unless_it_is_negated },
	{ "all conditions must hold", all_conditions_must_hold },
	{ "addresses are of networks", addresses_are_of_networks },
	{ "a resource's policy is for its principals", a_resource_s_policy_is_for_its_principals },
	{ "the account is all users where something is forbidden",
		the_account_is_all_users_where_something_is_forbidden },
	{ "what is not known is refused with its place",
		what_is_not_known_is_refused_with_its_place },
	{ "an action that is none is refused", an_action_that_is_none_is_refused },
	{ "a condition that makes no sense is refused",
		a_condition_that_makes_no_sense_is_refused },
	{ "a variable that is not known is refused", a_variable_that_is_not_known_is_refused },
	{ "principals are for resources", principals_are_for_resources },
	{ "statements have different names", statements_have_different_names },
};
TEST_MAIN(cases)
