/*
 * Tables: the catalogue and the open handles.
 *
 * Invariants:
 * 1. A table's id is never used again; a table deleted and created anew has
 *    another id, another file.
 * 2. A struct table is shared and reference-counted; its description does not
 *    change while somebody holds it (an update makes a new one).
 * 3. Counts are exact: kept in memory, written when the store closes, and
 *    recounted in the background after a crash, chunk by chunk under the
 *    writer's mutex, with writes before the chunk's frontier counted as they
 *    come and writes beyond it left to the recount.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "model/key.h"
#include "store/txn.h"
#include <stdint.h>

enum billing_mode { BILLING_PROVISIONED, BILLING_PAY_PER_REQUEST };
enum table_class { TABLE_CLASS_STANDARD, TABLE_CLASS_STANDARD_INFREQUENT_ACCESS };

/* What CreateTable decides and DescribeTable tells. Stored as JSON in the
 * catalogue; an unknown member there is kept out, a missing one is zero. */
struct table_description {
	struct slice name;
	struct slice id; /* UUID, 36 characters, lower case */
	struct key_schema key;
	int64_t created_ns;
	enum billing_mode billing_mode;
	int64_t read_capacity_units; /* 0 when on demand */
	int64_t write_capacity_units;
	enum table_class table_class;
	bool deletion_protection;
};

struct table;

const struct table_description *table_description(const struct table *table);
struct table *table_ref(struct table *table);
/* NULL is allowed. */
void table_unref(struct table *table);
void table_unrefp(struct table **table); /* for CLEANUP */

#define TABLE_ABSENT 1
/* Finds a table by name, opening it if need be: 0 and a new reference, or
 * TABLE_ABSENT. Must not be called within a transaction's body: take the
 * reference first. */
int table_find(
	struct store *store, struct slice name, struct table **ret, struct error *err) NODISCARD;

#define TABLE_EXISTS 2
/* Makes a table; name, key and the rest are checked by the caller. Fills id
 * and created_ns of *description (in the arena). 0 or TABLE_EXISTS. */
int table_create(struct store *store, struct table_description *description, struct arena *arena,
	enum durability durability, struct error *err) NODISCARD;
#define TABLE_NOT_EMPTY 3
/* Deletes a table with all its rows: 0, TABLE_ABSENT, or with only_if_empty
 * TABLE_NOT_EMPTY when it holds any row (decided under the writer's mutex, so
 * that no row can slip in). Requests that hold it see ERROR_TABLE_NOT_FOUND
 * from then on. */
int table_delete(struct store *store, struct slice name, bool only_if_empty,
	enum durability durability, struct error *err) NODISCARD;
/* Names of tables in byte order after `after` (absent: from the first), at
 * most limit of them; *ret_more tells whether others follow. In the arena. */
int table_list(struct store *store, struct slice after, size_t limit, struct arena *arena,
	struct slice **ret_names, size_t *ret_count, bool *ret_more, struct error *err) NODISCARD;

struct table_counts {
	bool exact; /* false while a recount after a crash is under way: last known */
	int64_t items;
	int64_t bytes; /* sum of item sizes */
	/* Since the store was opened: */
	int64_t inserted, modified, removed;
};

void table_counts(struct table *table, struct table_counts *ret);
