/*
 * Principals: who asks, as far as it matters to what he may have. A request
 * without one may do anything: the mount's own, and those of its owner's socket.
 *
 * What a principal points to must last as long as its requests.
 */
#pragma once

#include "api/request_access.h"
#include <stddef.h>

struct pattern;
struct policy;

enum principal_kind {
	PRINCIPAL_LOCAL, /* a user of this machine: owner and mode of tables count */
	PRINCIPAL_CREDENTIAL, /* a user of the HTTP door: lists and policies do */
};

/* Names that are allowed. */
struct name_list {
	bool limits; /* else any name will do */
	const struct pattern *items;
	size_t count;
};

struct principal {
	enum principal_kind kind;
	/* PRINCIPAL_LOCAL: */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
	mode_t umask; /* for the tables that he makes */
	struct table_access presumed; /* of what has no owner of its own */
	/* PRINCIPAL_CREDENTIAL: */
	struct slice user; /* its name */
	struct slice address, user_agent; /* of the request; absent: not known */
	bool encrypted; /* the request came by TLS */
	struct name_list operations, tables;
	bool has_policies; /* then nothing is allowed but what they allow */
	const struct policy *const *policies;
	size_t policy_count;
};

/* Whether a user of this machine has these rights (R_OK, W_OK, X_OK). */
bool principal_allows(
	const struct principal *principal, const struct table_access *access, int rights);
