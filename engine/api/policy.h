/*
 * Resource-based policies: what a table keeps of one. A policy has a revision,
 * by which a client tells the one that it has seen.
 *
 * Source: API Reference, PutResourcePolicy.
 */
#pragma once

#include "store/table.h"

#define POLICY_BYTES 20480 /* of a document, blanks included */

/* What is wrong with the text as a policy of a resource (policy_document.h). */
int policy_check(struct slice policy, struct error *err) NODISCARD;
/* Whether each resource that it names can be the table of that ARN, or a part of it:
 * any other would have no effect. */
int policy_check_resources(struct slice policy, struct slice arn, struct error *err) NODISCARD;
/* Gives a table the policy, with a new revision unless it is the same text. An
 * absent one takes it away. The revision is in the arena. */
void policy_set(struct table_description *description, struct slice policy, struct arena *arena);
