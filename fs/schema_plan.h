/*
 * From what a table is to what its `.schema` wants it to be: the UpdateTable
 * requests that lie between, worked out before the first is made.
 *
 * Both are CreateTable's input. How the wanted one is read:
 * 1. A member that is left out is as it is now. A list that is there is the
 *    whole list: of GlobalSecondaryIndexes, those not in it are dropped, and []
 *    drops all. Members left out of an index that the table has stay too.
 * 2. AttributeDefinitions count as far as keys use them: one that only an index
 *    to be dropped used may stay, and those of the keys that stay may be missing.
 * 3. ProvisionedThroughput makes a table PROVISIONED, as in CreateTable. Beside
 *    a BillingMode that speaks of the other way it is what was there before, and
 *    so is OnDemandThroughput: jq '.BillingMode = "PAY_PER_REQUEST"' is enough.
 * 4. What UpdateTable can't do is an error that names the member: keys, types of
 *    their attributes, local indexes, key and projection of an index.
 *
 * A pure function: nothing is asked of the engine.
 */
#pragma once

#include "api/request.h"
#include "base/buf.h"

struct schema_plan {
	struct create_table_input whole; /* what the table shall be, nothing left out */
	/* To be made one after another, linked by their `next`: indexes are dropped
	 * first and added last, one at a time. Of none a table is as it shall be. */
	const struct update_table_input *steps;
	size_t count;
};

/* Fills in what was left out, and checks that it can be had of the table. Results
 * live in the arena, or where the inputs do. */
int schema_complete(const struct create_table_input *current,
	const struct create_table_input *wanted, struct arena *arena,
	struct create_table_input *ret_whole, struct error *err) NODISCARD;
/* Plans the way to a schema that is complete and keeps CreateTable's rules. */
void schema_plan(const struct create_table_input *current, const struct create_table_input *whole,
	struct arena *arena, struct schema_plan *ret);
/* The global index of that name, or NULL. */
const struct global_index_input *schema_find_index(
	const struct create_table_input *schema, struct slice name);
/* Appends what a step does, for people: "adds index by-genre". */
void schema_step_append(const struct update_table_input *step, struct buf *buf);
