#include "credentials.h"

#include "api/policy_document.h"
#include "api/request.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"
#include "model/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define FILE_MAX (1u << 20)

struct credentials {
	struct arena arena;
	struct credential *items;
	size_t count;
};

const struct credential *credentials_find(
	const struct credentials *credentials, struct slice access_key)
{
	for (size_t i = 0; i < credentials->count; i++) {
		if (slice_equal(credentials->items[i].access_key, access_key))
			return &credentials->items[i];
	}
	return NULL;
}

static struct slice string_of(const json_t *node)
{
	return slice_of(json_string_value(node), json_string_length(node));
}

static int read_text(
	struct credentials *credentials, const json_t *node, void *member, struct error *err)
{
	if (!json_is_string(node) || !json_string_length(node))
		return error_set(err, ERROR_VALIDATION, "is not a string with characters");
	*(struct slice *)member = arena_copy(&credentials->arena, string_of(node));
	return 0;
}

static int read_names(struct credentials *credentials, const json_t *node, struct name_list *ret,
	struct error *err)
{
	struct arena *arena = &credentials->arena;
	size_t count = json_array_size(node);
	struct pattern *patterns;
	struct slice text;

	if (!json_is_array(node))
		return error_set(err, ERROR_VALIDATION, "is not a list of names");
	patterns = arena_alloc_array(arena, count, sizeof(*patterns));
	for (size_t i = 0; i < count; i++) {
		TRY(read_text(credentials, json_array_get(node, i), &text, err));
		TRY(pattern_compile(text, PATTERN_WILDCARDS, NULL, arena, &patterns[i], err));
	}
	*ret = (struct name_list){ true, patterns, count };
	return 0;
}

static int read_tables(
	struct credentials *credentials, const json_t *node, void *member, struct error *err)
{
	struct credential *credential = member;

	return read_names(credentials, node, &credential->principal.tables, err);
}

static bool is_operation(const struct pattern *pattern)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		if (operations[i].name &&
			pattern_matches(pattern, slice_from_string(operations[i].name), false))
			return true;
	}
	return false;
}

/* A misspelt name would forbid in silence. */
static int read_operations(
	struct credentials *credentials, const json_t *node, void *member, struct error *err)
{
	struct credential *credential = member;
	struct name_list *list = &credential->principal.operations;

	TRY(read_names(credentials, node, list, err));
	for (size_t i = 0; i < list->count; i++) {
		if (!is_operation(&list->items[i]))
			return error_set(err, ERROR_VALIDATION, "has '%.*s', which is no operation",
				SLICE_ARG(string_of(json_array_get(node, i))));
	}
	return 0;
}

static int read_policies(
	struct credentials *credentials, const json_t *node, void *member, struct error *err)
{
	struct principal *principal = &((struct credential *)member)->principal;
	struct arena *arena = &credentials->arena;
	size_t count = json_array_size(node);
	const struct policy **policies = arena_alloc_array(arena, count, sizeof(struct policy *));

	if (!json_is_array(node))
		return error_set(err, ERROR_VALIDATION, "is not a list of policies");
	for (size_t i = 0; i < count; i++) {
		struct error inner CLEANUP(error_release) = ERROR_INIT;
		struct policy *policy = arena_alloc(arena, sizeof(*policy));

		if (policy_read(
			    json_array_get(node, i), POLICY_OF_IDENTITY, arena, policy, &inner) < 0)
			return error_set(err, ERROR_VALIDATION, "[%zu]: %s", i, inner.message);
		policies[i] = policy;
	}
	principal->has_policies = true;
	principal->policies = policies;
	principal->policy_count = count;
	return 0;
}

static const struct known_member {
	const char *name;
	bool required;
	size_t offset;
	int (*read)(struct credentials *credentials, const json_t *node, void *member,
		struct error *err);
} members[] = {
	{ "AccessKeyId", true, offsetof(struct credential, access_key), read_text },
	{ "SecretAccessKey", true, offsetof(struct credential, secret), read_text },
	{ "UserName", false, offsetof(struct credential, user), read_text },
	{ "Operations", false, 0, read_operations },
	{ "Tables", false, 0, read_tables },
	{ "Policies", false, 0, read_policies },
};

/* Misspelt, a list would allow everything. */
static int check_names(const json_t *node, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)node, name, value)
	{
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			known |= strcmp(members[i].name, name) == 0;
		if (!known)
			return error_set(err, ERROR_VALIDATION, "'%s' is not known here", name);
	}
	return 0;
}

static int read_members(struct credentials *credentials, const json_t *node, struct credential *ret,
	struct error *err)
{
	TRY(check_names(node, err));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct error inner CLEANUP(error_release) = ERROR_INIT;
		const json_t *value = json_object_get(node, members[i].name);

		if (!value && members[i].required)
			return error_set(err, ERROR_VALIDATION, "%s is missing", members[i].name);
		if (value && members[i].read(credentials, value, (char *)ret + members[i].offset,
				     &inner) < 0)
			return error_set(err, ERROR_VALIDATION, "%s%s%s", members[i].name,
				inner.message[0] == '[' ? "" : " ", inner.message);
	}
	return 0;
}

static int read_credential(struct credentials *credentials, const json_t *node,
	struct credential *ret, struct error *err)
{
	*ret = (struct credential){ .principal = { .kind = PRINCIPAL_CREDENTIAL } };
	if (!json_is_object(node))
		return error_set(err, ERROR_VALIDATION, "an object is expected");
	TRY(read_members(credentials, node, ret, err));
	if (!slice_present(ret->user))
		ret->user = ret->access_key;
	ret->principal.user = ret->user;
	if (credentials_find(credentials, ret->access_key))
		return error_set(err, ERROR_VALIDATION, "AccessKeyId %.*s is there twice",
			SLICE_ARG(ret->access_key));
	return 0;
}

static int read_list(struct credentials *credentials, const json_t *root, struct error *err)
{
	const json_t *list = json_object_get(root, "Credentials");

	if (!json_is_array(list) || json_object_size(root) != 1)
		return error_set(err, ERROR_VALIDATION,
			"an object whose only member is the list \"Credentials\" is expected");
	credentials->items = arena_alloc_array(
		&credentials->arena, json_array_size(list), sizeof(*credentials->items));
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct error inner CLEANUP(error_release) = ERROR_INIT;

		if (read_credential(credentials, json_array_get(list, i), &credentials->items[i],
			    &inner) < 0)
			return error_set(
				err, ERROR_VALIDATION, "Credentials[%zu]: %s", i, inner.message);
		credentials->count++;
	}
	return 0;
}

int credentials_parse(struct slice text, struct credentials **ret, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	struct credentials *credentials;

	TRY(json_parse(text, &document, err));
	credentials = memory_new_zero(sizeof(*credentials));
	if (read_list(credentials, document.root, err) < 0) {
		credentials_free(credentials);
		return -1;
	}
	*ret = credentials;
	return 0;
}

void credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return;
	arena_release(&credentials->arena);
	free(credentials);
}

static int read_private_file(const char *path, struct buf *ret, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, errno, "Reading %s", path);
	if (st.st_mode & (S_IRWXO | S_IWGRP))
		return error_set(err, ERROR_VALIDATION,
			"%s holds secrets, but others can read or change it: chmod 600 it", path);
	do {
		n = read(fd, buf_reserve(ret, 4096), 4096);
		ret->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && ret->len < FILE_MAX);
	return n < 0 ? error_set_errno(err, errno, "Reading %s", path) : 0;
}

int credentials_load(const char *path, struct credentials **ret, struct error *err)
{
	struct error inner CLEANUP(error_release) = ERROR_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	TRY(read_private_file(path, &text, err));
	if (credentials_parse(buf_slice(&text), ret, &inner) == 0)
		return 0;
	return error_set(err, ERROR_VALIDATION, "%s: %s", path, inner.message);
}
