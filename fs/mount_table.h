#pragma once

#include "api/request_access.h"
#include "base/error.h"
#include "base/slice.h"
#include "model/key.h"
#include <stdint.h>

struct transaction;

/* A table as the mount knows it: immutable and counted. */
struct mount_table {
	unsigned references;
	struct slice name;
	struct slice id; /* empty: announced by mkdir, not created yet */
	struct key_schema schema;
	int64_t created_ns;
	struct table_access access; /* when it was found: ownership.h has it as it is */
	bool dropped; /* atomic: the table of this id is no more */
	/* Seen through a transaction, with an id of its own: the table as it is
	 * outside, counted, and the transaction. NULL outside of one. The directory
	 * of a transaction has a table too, that is none: nothing is outside. */
	struct mount_table *stored;
	struct transaction *transaction;
};

struct mount_table *mount_table_new(
	struct slice name, struct slice id, const struct key_schema *schema, int64_t created_ns);
struct mount_table *mount_table_ref(struct mount_table *table);
void mount_table_unref(struct mount_table *table);
/* 0, or ERROR_TABLE_NOT_FOUND once it is dropped: requests go by name, and a table
 * made anew under the name is another one. */
int mount_table_check(const struct mount_table *table, struct error *err) NODISCARD;

static inline bool mount_table_exists(const struct mount_table *table)
{
	return table->id.len > 0;
}

/* The transaction that a directory's table is seen through, or NULL. */
static inline struct transaction *mount_table_transaction(const struct mount_table *table)
{
	return table ? table->transaction : NULL;
}
