#pragma once

#include "base/slice.h"
#include "model/key.h"
#include <stdint.h>

/* A table as the mount knows it: immutable and counted. */
struct mount_table {
	unsigned references;
	struct slice name;
	struct slice id; /* empty: announced by mkdir, not created yet */
	struct key_schema schema;
	int64_t created_ns;
	bool dropped; /* atomic: the table of this id is no more */
};

struct mount_table *mount_table_new(
	struct slice name, struct slice id, const struct key_schema *schema, int64_t created_ns);
struct mount_table *mount_table_ref(struct mount_table *table);
void mount_table_unref(struct mount_table *table);

static inline bool mount_table_exists(const struct mount_table *table)
{
	return table->id.len > 0;
}
