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
 * UserName names the user in messages and in policies; without it, it is the access
 * key. Operations and Tables list what is allowed, with * for any characters and ?
 * for one; without a list everything is. Tables holds for every table that a request
 * names; what names none, as ListTables, is for Operations to decide.
 *
 * "Policies": [{"Version": "2012-10-17", "Statement": [...]}] says it as IAM does
 * (api/policy_document.h). With that member nothing is allowed but what a policy
 * allows and, if they are there, the lists do too. What a policy of the table allows
 * is allowed either way, and what any of them denies is denied.
 */
#pragma once

#include "api/principal.h"
#include "base/error.h"
#include "base/slice.h"

struct credential {
	struct slice access_key, secret, user;
	struct principal principal; /* of a request that is signed with it */
};

struct credentials;

/* Reads the file, which others than its owner and group must not be able to. */
int credentials_load(const char *path, struct credentials **ret, struct error *err) NODISCARD;
int credentials_parse(struct slice text, struct credentials **ret, struct error *err) NODISCARD;
void credentials_free(struct credentials *credentials);

/* The one of that access key, borrowed, or NULL. */
const struct credential *credentials_find(
	const struct credentials *credentials, struct slice access_key);
