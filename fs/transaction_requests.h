/*
 * The requests of requests.h, of a table that is seen through a transaction:
 * each asks the overlay first, then the engine for what is stored.
 */
#pragma once

#include "requests.h"

int transaction_item(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct arena *arena, const struct map **ret_item, struct item_facts *ret,
	struct error *err) NODISCARD;
int transaction_partition(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct error *err) NODISCARD;
int transaction_partition_by_name(struct filesystem *fs, const struct mount_table *table,
	struct slice name, enum name_suffix suffix, uint64_t hash, struct arena *arena,
	struct value *ret, struct error *err) NODISCARD;
int transaction_sort_key_by_name(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct slice name, const struct value *prefix,
	struct arena *arena, struct value *ret, struct error *err) NODISCARD;
/* Facts and keys of a table's items, or with a partition of that one's. */
int transaction_items(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, const struct key *after, size_t limit, struct arena *arena,
	struct query_output *ret, struct error *err) NODISCARD;
int transaction_partitions(struct filesystem *fs, const struct mount_table *table,
	const struct value *after, size_t limit, struct arena *arena,
	struct list_partitions_output *ret, struct error *err) NODISCARD;
int transaction_check(struct filesystem *fs, const struct mount_table *table,
	const struct map *item, struct arena *arena, struct error *err) NODISCARD;
int transaction_put(struct filesystem *fs, const struct mount_table *table,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err) NODISCARD;
int transaction_delete(struct filesystem *fs, const struct mount_table *table,
	const struct key *key, struct error *err) NODISCARD;
/* Of one transaction's tables. */
int transaction_writes(struct filesystem *fs, const struct mount_table *const *tables,
	const struct item_write *writes, size_t count, struct arena *arena,
	struct error *err) NODISCARD;
