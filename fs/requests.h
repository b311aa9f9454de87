/*
 * The requests that the mount makes of its engine, each filled in one place. Of
 * a table that is seen through a transaction they ask that (transaction_requests.h).
 */
#pragma once

#include "api/engine.h"
#include "filesystem.h"
#include "name.h"

/* Runs an operation of the mount's door. */
int request_run(struct filesystem *fs, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err) NODISCARD;

/* The same, checked for a principal. */
int request_run_for(struct filesystem *fs, const struct principal *principal,
	enum operation_id operation, const void *input, void *output, struct arena *arena,
	struct error *err) NODISCARD;

#define REQUEST_ABSENT 1

/* The table of that name: a new reference, or REQUEST_ABSENT. */
int request_table(struct filesystem *fs, struct slice name, struct mount_table **ret,
	struct error *err) NODISCARD;
/* The facts of an item, and with *ret_item the item: 0 or REQUEST_ABSENT. */
int request_item(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct arena *arena, const struct map **ret_item, struct item_facts *ret,
	struct error *err) NODISCARD;
/* The item, to tell whether a name is there: 0 or REQUEST_ABSENT. It uses none of the
 * table's throughput. */
int request_look(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct arena *arena, const struct map **ret_item, struct error *err) NODISCARD;
/* 0 when the partition holds any item, or REQUEST_ABSENT. */
int request_partition(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct error *err) NODISCARD;
/* The partition that has this hashed name: 0 or REQUEST_ABSENT. */
int request_partition_by_name(struct filesystem *fs, const struct mount_table *table,
	struct slice name, enum name_suffix suffix, uint64_t hash, struct arena *arena,
	struct value *ret, struct error *err) NODISCARD;
/* Whether the value has that name. */
bool request_has_name(const struct value *value, enum name_suffix suffix, struct slice name);
/* The sort key that has this hashed name, which begins with the prefix. */
int request_sort_key_by_name(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct slice name, const struct value *prefix,
	struct arena *arena, struct value *ret, struct error *err) NODISCARD;
/* Facts and keys of a partition's items after a key (NULL: from the first). */
int request_partition_items(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, const struct key *after, size_t limit, struct arena *arena,
	struct query_output *ret, struct error *err) NODISCARD;
/* The same of a whole table, with the items themselves unless facts_only, as it
 * must be in a transaction. */
int request_scan(struct filesystem *fs, const struct mount_table *table, const struct key *after,
	size_t limit, bool facts_only, struct arena *arena, struct query_output *ret,
	struct error *err) NODISCARD;
/* The items of a whole table as lines of plain JSON, about a megabyte of them. */
int request_lines(struct filesystem *fs, const struct mount_table *table, const struct key *after,
	struct arena *arena, struct query_output *ret, struct error *err) NODISCARD;
int request_partitions(struct filesystem *fs, const struct mount_table *table,
	const struct value *after, size_t limit, struct arena *arena,
	struct list_partitions_output *ret, struct error *err) NODISCARD;
/* What is wrong with an item whatever is stored: the keys of indexes. */
int request_check(struct filesystem *fs, const struct mount_table *table, const struct map *item,
	struct arena *arena, struct error *err) NODISCARD;
int request_put(struct filesystem *fs, const struct mount_table *table,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err) NODISCARD;
/* 0 or REQUEST_ABSENT. */
int request_delete(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct error *err) NODISCARD;
/* All or none; the names of their tables are filled in. The tables are all seen
 * through one transaction, or none is. */
int request_writes(struct filesystem *fs, const struct mount_table *const *tables,
	struct item_write *writes, size_t count, struct arena *arena, struct error *err) NODISCARD;
int request_sync(struct filesystem *fs, struct error *err) NODISCARD;
