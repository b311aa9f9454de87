#include "server_options.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "key_option.h"

#include <errno.h>
#include <stdio.h>

bool parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	unsigned long long value;
	long shift = 0;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *text == '-')
		return false;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return false;
		shift = 10 * (unit - units + 1);
	}
	*ret = value << shift;
	return value > 0 && *ret >> shift == value;
}

char *absolute_path(const char *path)
{
	struct buf joined CLEANUP(buf_release) = BUF_INIT;
	char *resolved = realpath(path, NULL);
	char *directory CLEANUP(cleanup_free) = NULL;

	if (resolved || path[0] == '/')
		return resolved ? resolved : memory_copy_string(path, strlen(path));
	directory = get_current_dir_name();
	buf_appendf(&joined, "%s/%s", directory ? directory : "", path);
	return memory_copy_string(joined.data, joined.len);
}

static bool set_size(void *member, const char *value)
{
	return parse_size(value, member);
}

static bool set_string(void *member, const char *value)
{
	char **string = member;

	free(*string);
	*string = memory_copy_string(value, strlen(value));
	return **string;
}

static bool set_path(void *member, const char *value)
{
	char **string = member;

	free(*string);
	*string = absolute_path(value);
	return *value;
}

/* Twelve digits. */
static bool set_account(void *member, const char *value)
{
	return strlen(value) == 12 && strspn(value, "0123456789") == 12 &&
	       set_string(member, value);
}

static bool set_region(void *member, const char *value)
{
	return strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(value) &&
	       set_string(member, value);
}

/* Up to a day. */
static bool set_seconds(void *member, const char *value)
{
	unsigned *seconds = member;
	uint64_t number;

	if (!decimal_parse(value, &number) || number < 1 || number > 24 * 60 * 60)
		return false;
	*seconds = (unsigned)number;
	return true;
}

static bool set_durability(void *member, const char *value)
{
	struct server_options *options = member;

	options->strict_durability = strcmp(value, "strict") == 0;
	options->relaxed_durability = strcmp(value, "relaxed") == 0;
	return options->strict_durability || options->relaxed_durability;
}

static bool set_capacity(void *member, const char *value)
{
	bool enforce = strcmp(value, "enforce") == 0;

	if (!enforce && strcmp(value, "observe") != 0)
		return false;
	*(bool *)member = enforce;
	return true;
}

static bool set_audit(void *member, const char *value)
{
	static const char *const modes[] = {
		[AUDIT_CONTROL] = "control",
		[AUDIT_DATA] = "data",
		[AUDIT_OFF] = "off",
		NULL,
	};
	int mode = enum_index(modes, slice_from_string(value));

	*(enum audit_mode *)member = mode < 0 ? AUDIT_CONTROL : (enum audit_mode)mode;
	return mode >= 0;
}

static bool set_switch(void *member, const char *value)
{
	*(bool *)member = strcmp(value, "yes") == 0;
	return *(bool *)member || strcmp(value, "no") == 0;
}

#define ROW(name, member, set, values, ...) \
	{ \
		name, offsetof(struct server_options, member), set, values, ##__VA_ARGS__ \
	}
#define A_SIZE "a number of bytes, as 64M, is"
#define A_FILE "the name of a file is"
static const struct server_option {
	const char *name;
	size_t offset;
	bool (*set)(void *member, const char *value);
	const char *values; /* what it may be, and "is" or "are" */
	const char *lone; /* what it says without a value; NULL: it needs one */
} known_options[] = {
	ROW("cache", cache_bytes, set_size, A_SIZE),
	{ "durability", 0, set_durability, "strict or relaxed is" },
	ROW("capacity", enforce_capacity, set_capacity, "observe or enforce is"),
	ROW("ttl-interval", ttl_interval_seconds, set_seconds, "1 to 86400 seconds are"),
	ROW("audit", audit, set_audit, "off, control or data is"),
	ROW("audit-size", audit_bytes, set_size, A_SIZE),
	ROW("audit-items", audit_items, set_switch, "yes or no is", .lone = "yes"),
	ROW("region", region, set_region, "a name such as us-east-1 is"),
	ROW("account", account, set_account, "a number of twelve digits is"),
	ROW("key-file", key_file, set_path, A_FILE),
	ROW("http", http, set_string, "ADDRESS:PORT is"),
	ROW("buckets", buckets, set_path, "the name of a directory is"),
	ROW("credentials", credentials, set_path, A_FILE),
	ROW("tls-cert", tls_certificate, set_path, A_FILE),
	ROW("tls-key", tls_key, set_path, A_FILE),
};
_Static_assert(ARRAY_SIZE(known_options) == SERVER_OPTION_COUNT, "count them again");

void server_options_release(struct server_options *options)
{
	char *strings[] = { options->region, options->account, options->http, options->credentials,
		options->tls_certificate, options->tls_key, options->key_file, options->buckets };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
	*options = (struct server_options){ 0 };
}

static int set_option(
	struct server_options *options, const struct server_option *option, const char *value)
{
	value = value ? value : option->lone;
	return value && option->set((char *)options + option->offset, value) ? 0 : -1;
}

static const struct server_option *find_option(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_options); i++) {
		if (strlen(known_options[i].name) == len &&
			memcmp(known_options[i].name, name, len) == 0)
			return &known_options[i];
	}
	return NULL;
}

int server_option_set(
	struct server_options *options, const char *name, size_t len, const char *value)
{
	const struct server_option *option = find_option(name, len);

	if (!option)
		return SERVER_OPTION_UNKNOWN;
	if (set_option(options, option, value) == 0)
		return 0;
	fprintf(stderr, "dynamount: option '%s' cannot be '%s': %s expected\n", option->name,
		value ? value : "", option->values);
	return -1;
}

int server_option_set_long(struct server_options *options, int code, const char *value)
{
	const struct server_option *option = &known_options[code - SERVER_OPTION_FIRST];

	if (set_option(options, option, value) == 0)
		return 0;
	fprintf(stderr, "dynamount: option '--%s' cannot be '%s': %s expected\n", option->name,
		value, option->values);
	return -1;
}

void server_options_long(struct option rows[SERVER_OPTION_COUNT + 1])
{
	for (size_t i = 0; i < SERVER_OPTION_COUNT; i++)
		rows[i] = (struct option){ known_options[i].name,
			known_options[i].lone ? optional_argument : required_argument, NULL,
			SERVER_OPTION_FIRST + (int)i };
	rows[SERVER_OPTION_COUNT] = (struct option){ 0 };
}

struct engine_options server_options_engine(const struct server_options *options)
{
	return (struct engine_options){
		.cache_bytes = options->cache_bytes,
		.strict_durability = options->strict_durability,
		.enforce_capacity = options->enforce_capacity,
		.relaxed_durability = options->relaxed_durability,
		.ttl_interval_seconds = options->ttl_interval_seconds,
		.audit = options->audit,
		.audit_items = options->audit_items,
		.audit_bytes = options->audit_bytes,
		.region = options->region,
		.account = options->account,
		.buckets = options->buckets,
		.key_file = options->key_file ? options->key_file : key_option(),
	};
}

struct http_options server_options_http(const struct server_options *options)
{
	return (struct http_options){
		.address = options->http,
		.credentials_path = options->credentials,
		.tls_certificate_path = options->tls_certificate,
		.tls_key_path = options->tls_key,
		.region = options->region,
		.account = options->account,
	};
}
