#include "store/restore.h"
#include "model/item.h"
#include "store/catalog.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/write.h"

int restore_rows(struct txn *txn, struct table *table, const struct row *rows, size_t count,
	struct error *err)
{
	struct arena *arena = txn_arena(txn);

	for (size_t i = 0; i < count; i++) {
		struct arena_mark mark = arena_mark(arena);
		struct write_action action = {
			.kind = WRITE_PUT,
			.table = table,
			.row_key = rows[i].key,
			.own_text = rows[i].own_text,
			.mtime_ns = rows[i].meta.mtime_ns,
			.restored = true,
		};
		struct write_result result;
		struct map item;

		TRY(item_decode(arena, rows[i].item, &item, err));
		action.item = &item;
		TRY(write_apply(txn, &action, &result, err));
		arena_reset(arena, mark);
	}
	return 0;
}

struct finish {
	struct table_body *body;
	struct table_description description;
	struct table_replacement replacement;
};

static int finish_body(struct txn *txn, void *context, struct error *err)
{
	struct finish *finish = context;
	struct table *newest = finish->body->newest;

	TRY(table_check(newest, err));
	finish->description = catalog_copy(&newest->description, txn->arena);
	finish->description.creating = false;
	return table_replace(txn, newest, &finish->description, &finish->replacement, err);
}

int restore_finish(struct table *table, enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct finish finish = { .body = table->body };

	return txn_run(
		table->body->store, TXN_WRITE, durability, &arena, finish_body, &finish, err);
}

int restore_abandon(struct table *table, struct error *err)
{
	int r = 0;

	if (!table->body->deleted)
		r = table_delete(
			table->body->store, table->description.name, false, DURABLE_PROCESS, err);
	return r < 0 ? -1 : 0;
}

int restore_tidy(struct store *store, struct error *err)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };

	table_cache_all(store, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		if (table_description(tables.tables[i])->creating)
			TRY(restore_abandon(tables.tables[i], err));
	}
	return 0;
}
