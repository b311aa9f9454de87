#include "mount_table.h"

#include "base/memory.h"
#include "transaction.h"

struct mount_table *mount_table_new(
	struct slice name, struct slice id, const struct key_schema *schema, int64_t created_ns)
{
	struct mount_table *table = memory_new_zero(sizeof(*table));

	table->references = 1;
	table->name = slice_of(memory_copy_string(name.data, name.len), name.len);
	table->id = slice_of(memory_copy_string(id.data, id.len), id.len);
	table->created_ns = created_ns;
	if (schema) {
		const struct key_schema *s = schema;

		table->schema = *s;
		table->schema.partition.name.data =
			memory_copy_string(s->partition.name.data, s->partition.name.len);
		if (key_schema_has_sort(s))
			table->schema.sort.name.data =
				memory_copy_string(s->sort.name.data, s->sort.name.len);
	}
	return table;
}

struct mount_table *mount_table_ref(struct mount_table *table)
{
	if (table)
		__atomic_add_fetch(&table->references, 1, __ATOMIC_RELAXED);
	return table;
}

void mount_table_unref(struct mount_table *table)
{
	if (!table || __atomic_sub_fetch(&table->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free((char *)table->name.data);
	free((char *)table->id.data);
	free((char *)table->schema.partition.name.data);
	free((char *)table->schema.sort.name.data);
	mount_table_unref(table->stored);
	transaction_unref(table->transaction);
	free(table);
}

int mount_table_check(const struct mount_table *table, struct error *err)
{
	if (!__atomic_load_n(&table->dropped, __ATOMIC_RELAXED))
		return 0;
	return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}
