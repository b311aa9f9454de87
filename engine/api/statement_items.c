/* SELECTs of one item each, as batches and transactions have them. */
#include "api/admission.h"
#include "api/rows.h"
#include "api/statement.h"
#include "model/item.h"

int statement_read_key(const struct partiql_statement *statement, struct table *table,
	const char *refusal, struct arena *arena, const struct map **ret, struct error *err)
{
	const struct key_schema *schema = &table_description(table)->key;
	struct key_layout layout = key_layout_of(schema);
	struct map *key = arena_alloc(arena, sizeof(*key));
	struct partiql_plan plan;

	*ret = key;
	if (partiql_reads_item(statement, schema, arena, key))
		return 0;
	TRY(partiql_plan(statement, &layout, NULL, NULL, arena, &plan, err));
	return error_set(err, ERROR_VALIDATION, "%s", refusal);
}

struct items_reader {
	struct usage *usage;
	struct table_set *set;
	struct item_read *reads;
	size_t count;
	bool transacted;
};

static int read_item(struct txn *txn, const struct items_reader *reader, struct item_read *read,
	struct error *err)
{
	struct table *table = reader->set->uses[read->use].table;
	enum usage_kind kind = reader->transacted ? USAGE_TRANSACTED : USAGE_SINGLE;
	const struct admission admission = { reader->usage, table, read->key, kind };
	struct row row;
	struct map item;
	int r;

	read->found = false;
	error_release(read->failure);
	if (admission_read(&admission, NULL, read->failure) < 0)
		return 0;
	TRY(r = row_get(txn, table, read->row_key, ROW_FULL, &row, err));
	read->found = r != ROW_ABSENT;
	usage_add_read(reader->usage, table, read->key, read->found ? row.meta.item_size : 0,
		read->consistent, kind);
	if (!read->found)
		return 0;
	TRY(item_decode(txn_arena(txn), row.item, &item, err));
	partiql_project(read->statement, &item, txn_arena(txn), &read->item);
	return 0;
}

static int read_items(struct txn *txn, void *context, struct error *err)
{
	const struct items_reader *reader = context;

	usage_clear(reader->usage);
	for (size_t i = 0; i < reader->count; i++) {
		if (reader->reads[i].statement)
			TRY(read_item(txn, reader, &reader->reads[i], err));
	}
	return 0;
}

/* A transaction reads as the writer, so that no write comes in between. */
int statement_read_items(struct engine *engine, struct request *request, struct table_set *set,
	struct item_read *reads, size_t count, bool transacted, struct error *err)
{
	struct items_reader reader = { request->usage, set, reads, count, transacted };

	return txn_run(engine->store, transacted ? TXN_WRITE : TXN_READ, DURABLE_PROCESS,
		request->arena, read_items, &reader, err);
}
