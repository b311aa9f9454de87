#undef NDEBUG
#include "credentials.h"

#include "api/policy_document.h"
#include "base/arena.h"
#include "base/buf.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

#define SECRETS      "'AccessKeyId': 'AK1', 'SecretAccessKey': 's1'"
#define ONE(members) "{'Credentials': [{" SECRETS members "}]}"

static void credentials_freep(struct credentials **credentials)
{
	credentials_free(*credentials);
}

/* The text with each apostrophe replaced by a double quote. */
static struct slice json_of(struct arena *arena, const char *text)
{
	char *copy = arena_alloc(arena, strlen(text) + 1);

	for (size_t i = 0; i <= strlen(text); i++)
		copy[i] = text[i];
	for (char *c = copy; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return slice_from_string(copy);
}

static struct credentials *parse(const char *text)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct credentials *credentials = NULL;

	CHECK_OK(credentials_parse(json_of(&arena, text), &credentials, &err), &err);
	return credentials;
}

static void check_refused(const char *text, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct credentials *credentials = NULL;

	CHECK_INT(credentials_parse(json_of(&arena, text), &credentials, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static bool allows(const struct name_list *list, struct slice name)
{
	for (size_t i = 0; list->limits && i < list->count; i++) {
		if (pattern_matches(&list->items[i], name, false))
			return true;
	}
	return !list->limits;
}

static void a_user_is_found_by_the_access_key(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) =
		parse("{'Credentials': [{" SECRETS ", 'UserName': 'alice'}, "
		      "{'AccessKeyId': 'AK2', 'SecretAccessKey': 's2'}]}");
	const struct credential *first = credentials_find(credentials, SLICE("AK1"));
	const struct credential *second = credentials_find(credentials, SLICE("AK2"));

	CHECK(first && second);
	CHECK_TEXT(first->secret, "s1");
	CHECK_TEXT(first->user, "alice");
	CHECK_TEXT(second->secret, "s2");
	CHECK(!credentials_find(credentials, SLICE("AK")));
	CHECK(!credentials_find(credentials, (struct slice){ 0 }));
}

static void a_user_without_a_name_is_the_access_key(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) = parse(ONE(""));

	CHECK_TEXT(credentials_find(credentials, SLICE("AK1"))->user, "AK1");
}

static void without_lists_everything_is_allowed(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) = parse(ONE(""));
	const struct credential *user = credentials_find(credentials, SLICE("AK1"));

	CHECK(allows(&user->principal.operations, SLICE("DeleteTable")));
	CHECK(allows(&user->principal.tables, SLICE("Movies")));
}

static void an_empty_list_allows_nothing(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) =
		parse(ONE(", 'Operations': [], 'Tables': []"));
	const struct credential *user = credentials_find(credentials, SLICE("AK1"));

	CHECK(!allows(&user->principal.operations, SLICE("GetItem")));
	CHECK(!allows(&user->principal.tables, SLICE("Movies")));
}

static void operations_are_allowed_by_name_and_pattern(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) =
		parse(ONE(", 'Operations': ['GetItem', 'Batch*Item']"));
	const struct credential *user = credentials_find(credentials, SLICE("AK1"));

	CHECK(allows(&user->principal.operations, SLICE("GetItem")));
	CHECK(allows(&user->principal.operations, SLICE("BatchGetItem")));
	CHECK(allows(&user->principal.operations, SLICE("BatchWriteItem")));
	CHECK(!allows(&user->principal.operations, SLICE("BatchExecuteStatement")));
	CHECK(!allows(&user->principal.operations, SLICE("PutItem")));
	CHECK(!allows(&user->principal.operations, SLICE("GetItemX")));
}

static void tables_are_allowed_by_name_and_pattern(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) =
		parse(ONE(", 'Tables': ['Movies', 'test-*', '*.a*b']"));
	const struct credential *user = credentials_find(credentials, SLICE("AK1"));

	CHECK(allows(&user->principal.tables, SLICE("Movies")));
	CHECK(allows(&user->principal.tables, SLICE("test-")));
	CHECK(allows(&user->principal.tables, SLICE("test-1")));
	CHECK(allows(&user->principal.tables, SLICE("x.aab.ab")));
	CHECK(!allows(&user->principal.tables, SLICE("x.aab.abc")));
	CHECK(!allows(&user->principal.tables, SLICE("movies")));
	CHECK(!allows(&user->principal.tables, SLICE("Movies2")));
	CHECK(!allows(&user->principal.tables, SLICE("atest-1")));
}

static void policies_are_read(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) =
		parse(ONE(", 'Policies': [{'Statement': {'Effect': 'Allow', 'Action': '*', "
			  "'Resource': '*'}}, {'Statement': []}]"));
	const struct credential *user = credentials_find(credentials, SLICE("AK1"));

	CHECK(user->principal.has_policies);
	CHECK_INT(user->principal.policy_count, 2);
	CHECK_INT(user->principal.policies[0]->count, 1);
	CHECK_TEXT(user->principal.user, "AK1");
}

static void an_empty_list_of_policies_is_one(void)
{
	struct credentials *credentials CLEANUP(credentials_freep) = parse(ONE(", 'Policies': []"));
	const struct credential *user = credentials_find(credentials, SLICE("AK1"));

	CHECK(user->principal.has_policies);
	CHECK_INT(user->principal.policy_count, 0);
}

static void a_mistake_in_a_policy_is_told_with_its_place(void)
{
	check_refused(
		ONE(", 'Policies': {}"), "Credentials[0]: Policies is not a list of policies");
	check_refused(ONE(", 'Policies': [{'Statement': []}, {'Statement': [{'Effect': 'Allow', "
			  "'Action': ['dynamodb:GetItme'], 'Resource': '*'}]}]"),
		"Credentials[0]: Policies[1]: Statement[0]: Action has 'dynamodb:GetItme', which "
		"is no action");
}

static void a_misspelt_member_is_refused(void)
{
	check_refused(ONE(", 'Table': ['x']"), "Credentials[0]: 'Table' is not known here");
	check_refused("{'Credential': []}",
		"an object whose only member is the list \"Credentials\" is expected");
}

static void a_misspelt_operation_is_refused(void)
{
	check_refused(ONE(", 'Operations': ['GetItems']"),
		"Credentials[0]: Operations has 'GetItems', which is no operation");
}

static void what_is_missing_is_told(void)
{
	check_refused("{'Credentials': [{'AccessKeyId': 'AK1'}]}",
		"Credentials[0]: SecretAccessKey is missing");
}

static void a_wrong_type_is_told(void)
{
	check_refused("{'Credentials': [1]}", "Credentials[0]: an object is expected");
	check_refused("[]", "an object whose only member is the list \"Credentials\" is expected");
	check_refused(ONE(", 'Tables': 'x'"), "Credentials[0]: Tables is not a list of names");
	check_refused(ONE(", 'UserName': ''"),
		"Credentials[0]: UserName is not a string with characters");
}

static void an_access_key_is_there_once(void)
{
	check_refused("{'Credentials': [{" SECRETS "}, {" SECRETS "}]}",
		"Credentials[1]: AccessKeyId AK1 is there twice");
}

/* A file of the test with that text and mode. */
static char *make_file(mode_t mode)
{
	static const char text[] = "{\"Credentials\":[]}";
	const char *base = getenv("TMPDIR");
	struct buf path = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;

	buf_appendf(&path, "%s/dynamount-credentials-XXXXXX", base ? base : "/tmp");
	buf_string(&path);
	fd = mkstemp(path.data);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	CHECK(fchmod(fd, mode) == 0);
	return path.data;
}

static void unlinkp(char **path)
{
	unlink(*path);
	free(*path);
}

static int load(mode_t mode, struct error *err)
{
	struct credentials *credentials CLEANUP(credentials_freep) = NULL;
	char *path CLEANUP(unlinkp) = make_file(mode);

	return credentials_load(path, &credentials, err);
}

static void a_private_file_is_read(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(load(0600, &err), &err);
	CHECK_OK(load(0440, &err), &err);
}

static void a_file_that_others_can_reach_is_refused(void)
{
	static const mode_t modes[] = { 0604, 0602, 0620 };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_INT(load(modes[i], &err), -1);
		CHECK(strstr(err.message, "others can read or change it"));
	}
}

static void a_file_that_is_not_there_is_told(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct credentials *credentials = NULL;

	CHECK_INT(credentials_load("/nonexistent", &credentials, &err), -1);
	CHECK_TEXT(
		slice_from_string(err.message), "Reading /nonexistent: No such file or directory");
}

static const struct test_case cases[] = {
	{ "a user is found by the access key", a_user_is_found_by_the_access_key },
	{ "a user without a name is the access key", a_user_without_a_name_is_the_access_key },
	{ "without lists everything is allowed", without_lists_everything_is_allowed },
	{ "an empty list allows nothing", an_empty_list_allows_nothing },
	{ "operations are allowed by name and pattern",
		operations_are_allowed_by_name_and_pattern },
	{ "tables are allowed by name and pattern", tables_are_allowed_by_name_and_pattern },
	{ "policies are read", policies_are_read },
	{ "an empty list of policies is one", an_empty_list_of_policies_is_one },
	{ "a mistake in a policy is told with its place",
		a_mistake_in_a_policy_is_told_with_its_place },
	{ "a misspelt member is refused", a_misspelt_member_is_refused },
	{ "a misspelt operation is refused", a_misspelt_operation_is_refused },
	{ "what is missing is told", what_is_missing_is_told },
	{ "a wrong type is told", a_wrong_type_is_told },
	{ "an access key is there once", an_access_key_is_there_once },
	{ "a private file is read", a_private_file_is_read },
	{ "a file that others can reach is refused", a_file_that_others_can_reach_is_refused },
	{ "a file that is not there is told", a_file_that_is_not_there_is_told },
};
TEST_MAIN(cases)
