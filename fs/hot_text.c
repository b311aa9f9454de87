#include "hot_text.h"

#include "model/json.h"
#include "model/plain.h"
#include "requests.h"

static void append_member(struct buf *buf, const char *name, const char *value)
{
	buf_appendf(buf, "\"%s\":\"%s\",", name, value);
}

/* Where the partition or the item is, seen from the table's directory. */
static void append_path(
	const struct mount_table *table, const struct hot_key_facts *hot, struct buf *buf)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	const struct value *partition = map_find(&hot->key, table->schema.partition.name);
	const struct value *sort = map_find(&hot->key, table->schema.sort.name);

	if (hot->cut || slice_present(hot->index_name) || !partition)
		return;
	name_encode(
		partition, key_schema_has_sort(&table->schema) ? NAME_PARTITION : NAME_ITEM, &path);
	if (sort) {
		buf_append_char(&path, '/');
		name_encode(sort, NAME_ITEM, &path);
	}
	buf_append_string(buf, ",\"path\":");
	json_append_string(buf, buf_slice(&path));
}

static void append_line(
	const struct mount_table *table, const struct hot_key_facts *hot, struct buf *buf)
{
	const struct value key = { .type = VALUE_M, .map = hot->key };

	buf_append_char(buf, '{');
	append_member(buf, "measure", hot->measure);
	append_member(buf, "of", hot->scope);
	if (slice_present(hot->index_name)) {
		buf_append_string(buf, "\"index\":");
		json_append_string(buf, hot->index_name);
		buf_append_char(buf, ',');
	}
	buf_append_string(buf, "\"key\":");
	plain_append_value(buf, &key);
	append_path(table, hot, buf);
	if (hot->cut)
		buf_append_string(buf, ",\"cut\":true");
	buf_appendf(buf,
		",\"perSecond\":%.3f,\"amount\":%.1f,\"share\":%.4f,\"shareError\":%.4f}\n",
		hot->per_second, hot->amount, hot->share, hot->error);
}

int hot_append_text(
	struct filesystem *fs, const struct mount_table *table, struct buf *buf, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct find_hot_keys_input input = { table->name };
	struct find_hot_keys_output output = { 0 };

	TRY(mount_table_check(table, err));
	TRY(request_run(fs, OPERATION_LOCAL_FIND_HOT_KEYS, &input, &output, &arena, err));
	for (size_t i = 0; i < output.count; i++)
		append_line(table, &output.keys[i], buf);
	return 0;
}
