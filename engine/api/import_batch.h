/* Items of an import, gathered to be written in one transaction. */
#pragma once

#include "api/operations.h"
#include "store/write.h"

/* Told of an item that the table does not take; place is what was given with it. */
typedef void import_batch_refuse(void *context, uint64_t place, const struct error *err);

struct import_batch {
	struct engine *engine;
	struct table *table;
	import_batch_refuse *refuse;
	void *context;
	struct arena arena; /* of the items */
	struct write_action *actions; /* in the arena */
	struct error *errors; /* of each */
	uint64_t *places;
	size_t count, bytes;
	uint64_t written; /* so far, of all batches */
};

void import_batch_init(struct import_batch *batch, struct engine *engine, struct table *table,
	import_batch_refuse *refuse, void *context);
void import_batch_release(struct import_batch *batch);
/* Where the next item's memory comes from. */
struct arena *import_batch_arena(struct import_batch *batch);
/* Adds an item, which is checked by itself; writes the batch when it is full. */
int import_batch_add(struct import_batch *batch, const struct map *item, uint64_t place,
	size_t text_bytes, struct error *err) NODISCARD;
/* Writes what there is. */
int import_batch_flush(struct import_batch *batch, struct error *err) NODISCARD;
