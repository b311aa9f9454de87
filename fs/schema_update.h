/*
 * Changing a table into what is written to its `.schema`.
 *
 * Invariants:
 * 1. Nothing is changed before all of it has passed CreateTable's checks as a
 *    whole, and UpdateTable's checks step by step.
 * 2. The steps are made in the order of the plan. One that adds an index is made
 *    once no other is being filled, as the service has it. The end comes when
 *    the last one is filled: whoever adds an index is going to read it.
 * 3. What fails or is given up between steps tells which were made.
 */
#pragma once

#include "filesystem.h"
#include "schema_plan.h"

/* Zeroed before the beginning. */
struct schema_update {
	struct arena arena;
	struct slice table_name, table_id;
	struct schema_plan plan;
	size_t done; /* steps made */
};

void schema_update_release(struct schema_update *update);

#define SCHEMA_NO_TABLE 1
/* Plans and checks: 0, or SCHEMA_NO_TABLE. The schema need not stay. */
int schema_update_begin(struct filesystem *fs, struct slice table_name, struct slice schema,
	struct schema_update *ret, struct error *err) NODISCARD;
#define SCHEMA_WAITS 1
/* Makes the steps that can be made now: 0 when all are, or SCHEMA_WAITS, to be
 * called again in a little while. */
int schema_update_continue(
	struct filesystem *fs, struct schema_update *update, struct error *err) NODISCARD;
/* Sets the error of one that is not gone on with. -1. */
int schema_update_give_up(const struct schema_update *update, struct error *err);
