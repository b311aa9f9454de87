/*
 * Who may use the HTTP door, and for what: the file of --credentials.
 *
 *	{
 *	  "Credentials": [
 *	    {
 *	      "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
 *	      "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
 *	      "UserName": "alice",
 *	      "Operations": ["GetItem", "Query", "BatchGet*"],
 *	      "Tables": ["Movies", "test-*"]
 *	    }
 *	  ]
 *	}
 *
 * UserName names the user in messages; without it, it is the access key.
 * Operations and Tables list what is allowed, with * for any characters;
 * without a list everything is. Tables holds for every table that a request
 * names; what names none, as ListTables, is for Operations to decide.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>

struct credential {
	struct slice access_key, secret, user;
	bool any_operation, any_table;
	const struct slice *operations, *tables; /* patterns */
	size_t operation_count, table_count;
};

struct credentials;

/* Reads the file, which others than its owner and group must not be able to. */
int credentials_load(const char *path, struct credentials **ret, struct error *err) NODISCARD;
int credentials_parse(struct slice text, struct credentials **ret, struct error *err) NODISCARD;
void credentials_free(struct credentials *credentials);

/* The one of that access key, borrowed, or NULL. */
const struct credential *credentials_find(
	const struct credentials *credentials, struct slice access_key);
bool credential_allows_operation(const struct credential *credential, const char *name);
/* Absent stands for a table that is not known: only who may use any may. */
bool credential_allows_table(const struct credential *credential, struct slice table_name);
