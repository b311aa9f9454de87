#include "requests.h"

#include "acting.h"
#include "backpressure.h"
#include "transaction_requests.h"

#define CANDIDATES 64 /* keys looked at in one request for a hashed name */

int request_run(struct filesystem *fs, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err)
{
	return request_run_for(fs, NULL, operation, input, output, arena, err);
}

int request_run_for(struct filesystem *fs, const struct principal *principal,
	enum operation_id operation, const void *input, void *output, struct arena *arena,
	struct error *err)
{
	struct request request = {
		.operation = operation,
		.door = DOOR_MOUNT,
		.caller = acting_caller(),
		.principal = principal,
		.arena = arena,
		.input = input,
		.output = output,
	};
	int r;

	TRY(backpressure_stand_back(fs, operation, input, err));
	r = engine_run(fs->engine, &request, err);
	if (r < 0 && backpressure_is_refusal(err))
		backpressure_note(operation, input, request.wait_ns);
	return r;
}

int request_table(
	struct filesystem *fs, struct slice name, struct mount_table **ret, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct describe_table_input input = { .table_name = name };
	struct describe_table_output output = { 0 };
	const struct table_facts *table;

	if (request_run(fs, OPERATION_DESCRIBE_TABLE, &input, &output, &arena, err) < 0) {
		/* A name that no table can have is not there either. */
		if (err->class != ERROR_TABLE_NOT_FOUND && err->class != ERROR_VALIDATION)
			return -1;
		error_release(err);
		return REQUEST_ABSENT;
	}
	table = output.table;
	*ret = mount_table_new(
		table->table_name, table->table_id, &table->key, table->creation_date_time);
	(*ret)->access = table->access;
	return 0;
}

static int get_item(struct filesystem *fs, const struct mount_table *table,
	struct get_item_input *input, const struct key *key, struct arena *arena,
	const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct map key_map = key_to_map(&table->schema, key, arena);
	struct get_item_output output = { 0 };

	if (table->transaction)
		return transaction_item(fs, table, key, arena, ret_item, ret, err);
	input->table_name = table->name;
	input->key = &key_map;
	TRY(mount_table_check(table, err));
	TRY(request_run(fs, OPERATION_GET_ITEM, input, &output, arena, err));
	if (!output.item)
		return REQUEST_ABSENT;
	*ret = output.facts;
	if (ret_item)
		*ret_item = output.item;
	return 0;
}

int request_item(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct arena *arena, const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct get_item_input input = { .facts_only = !ret_item };

	return get_item(fs, table, &input, key, arena, ret_item, ret, err);
}

int request_look(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct arena *arena, const struct map **ret_item, struct error *err)
{
	struct get_item_input input = { .is_look = true };
	struct item_facts facts;

	return get_item(fs, table, &input, key, arena, ret_item, &facts, err);
}

static struct key_condition condition(
	struct slice name, enum comparison comparison, const struct value *value)
{
	return (struct key_condition){
		.attribute_name = name,
		.comparison_operator = slice_from_string(comparison_names[comparison]),
		.attribute_value_list = { true, 1, value },
	};
}

static int query(struct filesystem *fs, const struct mount_table *table,
	const struct key_condition *conditions, size_t count, const struct key *after, size_t limit,
	struct arena *arena, struct query_output *ret, struct error *err)
{
	struct map start = { NULL, 0 };
	struct query_input input = {
		.table_name = table->name,
		.key_conditions = { true, count, conditions },
		.limit = { true, (int64_t)limit },
		.facts_only = true,
	};

	if (after) {
		start = key_to_map(&table->schema, after, arena);
		input.exclusive_start_key = &start;
	}
	TRY(mount_table_check(table, err));
	*ret = (struct query_output){ 0 };
	return request_run(fs, OPERATION_QUERY, &input, ret, arena, err);
}

int request_partition(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct key_condition equal =
		condition(table->schema.partition.name, COMPARISON_EQ, partition);
	struct query_output output;

	if (table->transaction)
		return transaction_partition(fs, table, partition, err);
	TRY(query(fs, table, &equal, 1, NULL, 1, &arena, &output, err));
	return output.items.count ? 0 : REQUEST_ABSENT;
}

int request_partition_items(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, const struct key *after, size_t limit, struct arena *arena,
	struct query_output *ret, struct error *err)
{
	struct key_condition equal =
		condition(table->schema.partition.name, COMPARISON_EQ, partition);

	if (table->transaction)
		return transaction_items(fs, table, partition, after, limit, arena, ret, err);
	return query(fs, table, &equal, 1, after, limit, arena, ret, err);
}

bool request_has_name(const struct value *value, enum name_suffix suffix, struct slice name)
{
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;

	name_encode(value, suffix, &encoded);
	return slice_equal(buf_slice(&encoded), name);
}

int request_partition_by_name(struct filesystem *fs, const struct mount_table *table,
	struct slice name, enum name_suffix suffix, uint64_t hash, struct arena *arena,
	struct value *ret, struct error *err)
{
	struct list_partitions_input input = {
		.table_name = table->name,
		.by_hash = true,
		.hash = hash,
		.limit = CANDIDATES,
	};
	struct list_partitions_output output = { .more = true };

	if (table->transaction)
		return transaction_partition_by_name(
			fs, table, name, suffix, hash, arena, ret, err);
	TRY(mount_table_check(table, err));
	while (output.more) {
		TRY(request_run(fs, OPERATION_LOCAL_LIST_PARTITIONS, &input, &output, arena, err));
		for (size_t i = 0; i < output.count; i++) {
			if (!request_has_name(&output.partitions[i], suffix, name))
				continue;
			*ret = output.partitions[i];
			return 0;
		}
		if (output.count)
			input.after = &output.partitions[output.count - 1];
	}
	return REQUEST_ABSENT;
}

int request_sort_key_by_name(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct slice name, const struct value *prefix,
	struct arena *arena, struct value *ret, struct error *err)
{
	struct key_condition conditions[] = {
		condition(table->schema.partition.name, COMPARISON_EQ, partition),
		condition(table->schema.sort.name, COMPARISON_BEGINS_WITH, prefix),
	};
	struct query_output output = { 0 };
	struct key last;

	if (table->transaction)
		return transaction_sort_key_by_name(
			fs, table, partition, name, prefix, arena, ret, err);
	do {
		const struct key *after = output.last_evaluated_key ? &last : NULL;
		TRY(query(fs, table, conditions, 2, after, CANDIDATES, arena, &output, err));
		for (size_t i = 0; i < output.items.count; i++) {
			last = output.rows[i].key;
			if (!request_has_name(&last.sort, NAME_ITEM, name))
				continue;
			*ret = last.sort;
			return 0;
		}
	} while (output.last_evaluated_key);
	return REQUEST_ABSENT;
}

int request_scan(struct filesystem *fs, const struct mount_table *table, const struct key *after,
	size_t limit, bool facts_only, struct arena *arena, struct query_output *ret,
	struct error *err)
{
	struct map start = { NULL, 0 };
	struct scan_input input = {
		.table_name = table->name,
		.limit = { true, (int64_t)limit },
		.facts_only = facts_only,
	};

	if (table->transaction)
		return transaction_items(fs, table, NULL, after, limit, arena, ret, err);
	if (after) {
		start = key_to_map(&table->schema, after, arena);
		input.exclusive_start_key = &start;
	}
	TRY(mount_table_check(table, err));
	*ret = (struct query_output){ 0 };
	return request_run(fs, OPERATION_SCAN, &input, ret, arena, err);
}

int request_lines(struct filesystem *fs, const struct mount_table *table, const struct key *after,
	struct arena *arena, struct query_output *ret, struct error *err)
{
	struct map start = { NULL, 0 };
	struct scan_input input = { .table_name = table->name, .as_lines = true };

	if (after) {
		start = key_to_map(&table->schema, after, arena);
		input.exclusive_start_key = &start;
	}
	TRY(mount_table_check(table, err));
	*ret = (struct query_output){ 0 };
	return request_run(fs, OPERATION_SCAN, &input, ret, arena, err);
}

int request_partitions(struct filesystem *fs, const struct mount_table *table,
	const struct value *after, size_t limit, struct arena *arena,
	struct list_partitions_output *ret, struct error *err)
{
	struct list_partitions_input input = {
		.table_name = table->name,
		.after = after,
		.limit = limit,
	};

	if (table->transaction)
		return transaction_partitions(fs, table, after, limit, arena, ret, err);
	TRY(mount_table_check(table, err));
	*ret = (struct list_partitions_output){ 0 };
	return request_run(fs, OPERATION_LOCAL_LIST_PARTITIONS, &input, ret, arena, err);
}

int request_check(struct filesystem *fs, const struct mount_table *table, const struct map *item,
	struct arena *arena, struct error *err)
{
	struct put_item_input put = {
		.table_name = table->name,
		.item = item,
		.check_only = true,
	};
	struct put_item_output output = { 0 };

	if (table->transaction)
		return transaction_check(fs, table, item, arena, err);
	TRY(mount_table_check(table, err));
	return request_run(fs, OPERATION_PUT_ITEM, &put, &output, arena, err);
}

int request_put(struct filesystem *fs, const struct mount_table *table,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err)
{
	struct put_item_input put = *input;
	struct put_item_output output = { 0 };

	if (table->transaction)
		return transaction_put(fs, table, input, arena, ret, err);
	TRY(mount_table_check(table, err));
	put.table_name = table->name;
	TRY(request_run(fs, OPERATION_PUT_ITEM, &put, &output, arena, err));
	*ret = output.facts;
	return 0;
}

int request_delete(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map key_map = key_to_map(&table->schema, key, &arena);
	struct delete_item_input input = { .table_name = table->name, .key = &key_map };
	struct delete_item_output output = { 0 };

	if (table->transaction)
		return transaction_delete(fs, table, key, err);
	TRY(mount_table_check(table, err));
	TRY(request_run(fs, OPERATION_DELETE_ITEM, &input, &output, &arena, err));
	return output.found ? 0 : REQUEST_ABSENT;
}

int request_writes(struct filesystem *fs, const struct mount_table *const *tables,
	struct item_write *writes, size_t count, struct arena *arena, struct error *err)
{
	struct write_items_input input = { .writes = writes, .count = count };
	struct write_items_output output = { 0 };

	if (tables[0]->transaction)
		return transaction_writes(fs, tables, writes, count, arena, err);
	for (size_t i = 0; i < count; i++) {
		writes[i].table_name = tables[i]->name;
		writes[i].table_id = tables[i]->id;
	}
	return request_run(fs, OPERATION_LOCAL_WRITE_ITEMS, &input, &output, arena, err);
}

int request_sync(struct filesystem *fs, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	return request_run(fs, OPERATION_LOCAL_SYNC, NULL, NULL, &arena, err);
}
