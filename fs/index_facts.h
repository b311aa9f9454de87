/*
 * The indexes of a table, global and local, as DescribeTable tells them.
 */
#pragma once

#include "filesystem.h"
#include "model/key_layout.h"

struct index_facts {
	struct slice name;
	struct key_layout key;
};

/* All of them in the order of their names; in the arena, as everything here. */
int index_list(struct filesystem *fs, const struct mount_table *table, struct arena *arena,
	struct index_facts **ret, size_t *ret_count, struct error *err) NODISCARD;
/* The one that has this directory name. ERROR_INDEX_NOT_FOUND names those that
 * there are. */
int index_find(struct filesystem *fs, const struct mount_table *table, struct slice name,
	struct arena *arena, struct index_facts *ret, struct error *err) NODISCARD;
/* Appends the directory name of an index. */
void index_append_name(struct buf *buf, struct slice index_name);
