#include "api/import_batch.h"

#include "base/memory.h"
#include "model/item.h"

#define BATCH_ITEMS 256
#define BATCH_BYTES (512u << 10)

void import_batch_init(struct import_batch *batch, struct engine *engine, struct table *table,
	import_batch_refuse *refuse, void *context)
{
	*batch = (struct import_batch){
		.engine = engine,
		.table = table,
		.refuse = refuse,
		.context = context,
		.arena = ARENA_INIT,
		.actions = memory_new(BATCH_ITEMS * sizeof(*batch->actions)),
		.errors = memory_new_zero(BATCH_ITEMS * sizeof(*batch->errors)),
		.places = memory_new(BATCH_ITEMS * sizeof(*batch->places)),
	};
}

void import_batch_release(struct import_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		error_release(&batch->errors[i]);
	arena_release(&batch->arena);
	free(batch->actions);
	free(batch->errors);
	free(batch->places);
}

struct arena *import_batch_arena(struct import_batch *batch)
{
	return &batch->arena;
}

/* What the item alone says. */
static int check_item(struct import_batch *batch, const struct map *item, struct slice *ret_key,
	struct error *err)
{
	const struct key_schema *schema = &table_description(batch->table)->key;
	struct key key;

	TRY(item_validate(item, err));
	TRY(key_from_item(schema, item, &key, err));
	*ret_key = key_encode_new(schema, &key, &batch->arena);
	return 0;
}

int import_batch_add(struct import_batch *batch, const struct map *item, uint64_t place,
	size_t text_bytes, struct error *err)
{
	struct error failure CLEANUP(error_release) = ERROR_INIT;
	struct slice row_key;

	if (check_item(batch, item, &row_key, &failure) < 0) {
		batch->refuse(batch->context, place, &failure);
		return 0;
	}
	batch->actions[batch->count] = (struct write_action){
		.kind = WRITE_PUT,
		.table = batch->table,
		.row_key = row_key,
		.item = item,
	};
	batch->places[batch->count++] = place;
	batch->bytes += text_bytes;
	if (batch->count < BATCH_ITEMS && batch->bytes < BATCH_BYTES)
		return 0;
	return import_batch_flush(batch, err);
}

static bool is_of_item(enum error_class class)
{
	return class == ERROR_VALIDATION || class == ERROR_KEY_EMPTY || class == ERROR_TOO_LARGE;
}

static int write_items(struct txn *txn, void *context, struct error *err)
{
	struct import_batch *batch = context;

	for (size_t i = 0; i < batch->count; i++) {
		struct error *failure = &batch->errors[i];
		struct write_result result;

		error_release(failure);
		if (write_apply(txn, &batch->actions[i], &result, failure) < 0 &&
			!is_of_item(failure->class))
			return error_move(err, failure);
	}
	return 0;
}

int import_batch_flush(struct import_batch *batch, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	if (!batch->count)
		return 0;
	TRY(txn_run(
		batch->engine->store, TXN_WRITE, DURABLE_PROCESS, &arena, write_items, batch, err));
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->errors[i].class == ERROR_NONE)
			batch->written++;
		else
			batch->refuse(batch->context, batch->places[i], &batch->errors[i]);
		error_release(&batch->errors[i]);
	}
	batch->count = batch->bytes = 0;
	arena_release(&batch->arena);
	batch->arena = ARENA_INIT;
	return 0;
}
