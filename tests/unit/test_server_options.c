#undef NDEBUG
#include "server_options.h"

#include "test.h"

static int set(struct server_options *options, const char *name, const char *value)
{
	return server_option_set(options, name, strlen(name), value);
}

static void an_option_that_is_not_known_is_told_apart(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK_INT(set(&options, "allow_other", NULL), SERVER_OPTION_UNKNOWN);
	CHECK_INT(set(&options, "", ""), SERVER_OPTION_UNKNOWN);
	CHECK_INT(set(&options, "cach", "64M"), SERVER_OPTION_UNKNOWN);
}

static void an_option_without_its_value_is_refused(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK_INT(set(&options, "cache", NULL), -1);
	CHECK_INT(set(&options, "http", ""), -1);
}

static void sizes_have_units(void)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} sizes[] = { { "1", 1 }, { "2K", 2048 }, { "3M", 3 << 20 }, { "1G", 1 << 30 }, { "0", 0 },
		{ "-1", 0 }, { "x", 0 }, { "1KB", 0 }, { "1T", 0 }, { "", 0 },
		{ "99999999999999999999", 0 }, { "99999999999G", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct server_options options CLEANUP(server_options_release) = { 0 };

		CHECK_INT(set(&options, "cache", sizes[i].text), sizes[i].bytes ? 0 : -1);
		if (sizes[i].bytes)
			CHECK_INT(server_options_engine(&options).cache_bytes, sizes[i].bytes);
	}
}

static void durability_is_one_of_two(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK(!server_options_engine(&options).strict_durability);
	CHECK(!server_options_engine(&options).relaxed_durability);
	CHECK_INT(set(&options, "durability", "strict"), 0);
	CHECK(server_options_engine(&options).strict_durability);
	CHECK_INT(set(&options, "durability", "relaxed"), 0);
	CHECK(!server_options_engine(&options).strict_durability);
	CHECK(server_options_engine(&options).relaxed_durability);
	CHECK_INT(set(&options, "durability", "some"), -1);
}

static void capacity_is_observed_or_enforced(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK(!server_options_engine(&options).enforce_capacity);
	CHECK_INT(set(&options, "capacity", "enforce"), 0);
	CHECK(server_options_engine(&options).enforce_capacity);
	CHECK_INT(set(&options, "capacity", "no"), -1);
	CHECK(server_options_engine(&options).enforce_capacity);
	CHECK_INT(set(&options, "capacity", "observe"), 0);
	CHECK(!server_options_engine(&options).enforce_capacity);
}

static void the_interval_of_expiry_is_in_seconds(void)
{
	static const char *const wrong[] = { "0", "-1", "1.5", "2s", "", "86401" };
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK_INT(set(&options, "ttl-interval", "60"), 0);
	CHECK_INT(server_options_engine(&options).ttl_interval_seconds, 60);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_INT(set(&options, "ttl-interval", wrong[i]), -1);
	CHECK_INT(server_options_engine(&options).ttl_interval_seconds, 60);
}

static void region_and_account_reach_both_doors(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK_INT(set(&options, "region", "eu-west-1"), 0);
	CHECK_INT(set(&options, "account", "000000000042"), 0);
	CHECK_TEXT(slice_from_string(server_options_engine(&options).region), "eu-west-1");
	CHECK_TEXT(slice_from_string(server_options_http(&options).region), "eu-west-1");
	CHECK_TEXT(slice_from_string(server_options_engine(&options).account), "000000000042");
	CHECK_TEXT(slice_from_string(server_options_http(&options).account), "000000000042");
}

static void what_cannot_stand_in_an_arn_is_refused(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK_INT(set(&options, "region", "eu west"), -1);
	CHECK_INT(set(&options, "region", ""), -1);
	CHECK_INT(set(&options, "account", "42"), -1);
	CHECK_INT(set(&options, "account", "12345678901x"), -1);
}

static void paths_are_made_absolute(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK_INT(set(&options, "credentials", "no-such-file"), 0);
	CHECK_INT(set(&options, "tls-key", "/no/such/file"), 0);
	CHECK(server_options_http(&options).credentials_path[0] == '/');
	CHECK(strstr(server_options_http(&options).credentials_path, "/no-such-file"));
	CHECK_TEXT(slice_from_string(server_options_http(&options).tls_key_path), "/no/such/file");
}

static void an_option_may_be_given_again(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };

	CHECK_INT(set(&options, "http", "127.0.0.1:1"), 0);
	CHECK_INT(set(&options, "http", "127.0.0.1:2"), 0);
	CHECK_TEXT(slice_from_string(server_options_http(&options).address), "127.0.0.1:2");
}

static void long_options_are_of_the_same_table(void)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };
	struct option rows[SERVER_OPTION_COUNT + 1];

	server_options_long(rows);
	CHECK(!rows[SERVER_OPTION_COUNT].name);
	for (size_t i = 0; i < SERVER_OPTION_COUNT; i++) {
		if (strcmp(rows[i].name, "region") == 0)
			CHECK_INT(server_option_set_long(&options, rows[i].val, "xx"), 0);
	}
	CHECK_TEXT(slice_from_string(options.region), "xx");
}

static const struct test_case cases[] = {
	{ "an option that is not known is told apart", an_option_that_is_not_known_is_told_apart },
	{ "an option without its value is refused", an_option_without_its_value_is_refused },
	{ "sizes have units", sizes_have_units },
	{ "durability is one of two", durability_is_one_of_two },
	{ "capacity is observed or enforced", capacity_is_observed_or_enforced },
	{ "the interval of expiry is in seconds", the_interval_of_expiry_is_in_seconds },
	{ "region and account reach both doors", region_and_account_reach_both_doors },
	{ "what cannot stand in an ARN is refused", what_cannot_stand_in_an_arn_is_refused },
	{ "paths are made absolute", paths_are_made_absolute },
	{ "an option may be given again", an_option_may_be_given_again },
	{ "long options are of the same table", long_options_are_of_the_same_table },
};
TEST_MAIN(cases)
