/*
 * Policy documents: what may be done with which tables, and what may not.
 *
 *	{
 *	  "Version": "2012-10-17",
 *	  "Statement": [{
 *	    "Sid": "OwnItemsOnly",
 *	    "Effect": "Allow",
 *	    "Action": ["dynamodb:GetItem", "dynamodb:Query"],
 *	    "Resource": "arn:aws:dynamodb:*:*:table/Scores",
 *	    "Condition": {
 *	      "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["${aws:username}"] }
 *	    }
 *	  }]
 *	}
 *
 * A policy of a resource has a Principal in each statement, one of an identity has
 * none. What is not known here is refused: a statement that says less than its
 * writer meant would allow or forbid in silence.
 *
 * Sources: IAM User Guide, "IAM JSON policy element reference"; Service
 * Authorization Reference, "Actions, resources, and condition keys for Amazon
 * DynamoDB"; Developer Guide, "Using IAM policy conditions for fine-grained access
 * control".
 */
#pragma once

#include "api/policy_pattern.h"
#include <jansson.h>

/* What conditions ask for, and variables stand for. */
enum policy_key {
	POLICY_LEADING_KEYS, /* partition keys, as text */
	POLICY_ATTRIBUTES, /* top-level names, also of the keys */
	POLICY_SELECT,
	POLICY_RETURN_VALUES,
	POLICY_RETURN_CAPACITY,
	POLICY_ENCLOSING_OPERATION, /* of a transaction's parts */
	POLICY_FULL_TABLE_SCAN, /* of a PartiQL SELECT */
	POLICY_USER_NAME,
	POLICY_USER_ID,
	POLICY_PRINCIPAL_ARN,
	POLICY_PRINCIPAL_ACCOUNT,
	POLICY_SOURCE_IP,
	POLICY_USER_AGENT,
	POLICY_SECURE_TRANSPORT,
	POLICY_KEY_COUNT
};

enum policy_test {
	POLICY_TEST_EQUALS,
	POLICY_TEST_LIKE, /* with wildcards */
	POLICY_TEST_NULL, /* whether the key is not there */
	POLICY_TEST_NETWORK,
};

enum policy_quantifier { POLICY_ANY_ONE, POLICY_FOR_ALL_VALUES, POLICY_FOR_ANY_VALUE };

struct policy_network {
	unsigned char bytes[16]; /* an IPv4 address mapped into IPv6 */
	unsigned bits; /* of the prefix, of 128 */
};

struct policy_condition {
	enum policy_key key;
	enum policy_quantifier quantifier;
	enum policy_test test;
	bool negated; /* none of the values */
	bool ignore_case;
	bool if_exists; /* holds without the key */
	const struct pattern *patterns; /* or, of POLICY_TEST_NETWORK: */
	const struct policy_network *networks;
	size_t count;
};

struct policy_patterns {
	bool inverted; /* NotAction, NotResource, NotPrincipal */
	const struct pattern *items;
	size_t count;
};

struct policy_statement {
	bool denies;
	struct policy_patterns actions, resources, principals;
	const struct policy_condition *conditions;
	size_t condition_count;
};

struct policy {
	const struct policy_statement *statements;
	size_t count;
	bool of_resource;
};

enum policy_kind { POLICY_OF_IDENTITY, POLICY_OF_RESOURCE };

/* Reads a document, as parsed JSON or as text; the policy lives in the arena.
 * ERROR_VALIDATION names the place: "Statement[0]: Action has 'dynamodb:GetItme',
 * which is no action". */
int policy_read(const json_t *document, enum policy_kind kind, struct arena *arena,
	struct policy *ret, struct error *err) NODISCARD;
int policy_parse(struct slice text, enum policy_kind kind, struct arena *arena, struct policy *ret,
	struct error *err) NODISCARD;

/* An address as a network of its own; false when the text is none. */
bool policy_read_network(struct slice text, struct policy_network *ret);
