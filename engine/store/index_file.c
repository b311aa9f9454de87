#include "base/log.h"
#include "base/memory.h"
#include "store/index_private.h"
#include "store/store_private.h"
#include "store/table_private.h"

struct index *index_new(struct store *store, struct slice id)
{
	struct index *index = memory_new_zero(sizeof(*index));

	index->store = store;
	index->references = 1;
	index->id = memory_copy_string(id.data, id.len);
	return index;
}

struct index *index_ref(struct index *index)
{
	atomic_fetch_add_explicit(&index->references, 1, memory_order_relaxed);
	return index;
}

const char *index_file_name(struct slice id, struct buf *buf)
{
	buf_clear(buf);
	buf_appendf(buf, "index-%.*s.db", SLICE_ARG(id));
	return buf_string(buf);
}

static void index_free(struct index *index)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	bdb_file_closep(&index->file);
	/* What fails to go now goes when the store is opened again. */
	if (index->dropped &&
		table_remove_file(index->store,
			index_file_name(slice_from_string(index->id), &name), &err) < 0)
		log_warning("store: %s", err.message);
	buf_release(&index->frontier);
	free(index->id);
	free(index);
}

void index_unref(struct index *index)
{
	if (index && atomic_fetch_sub_explicit(&index->references, 1, memory_order_acq_rel) == 1)
		index_free(index);
}

int index_open(struct index *index, DB_TXN *bdb, uint32_t flags, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	if (index->file)
		return 0;
	return bdb_file_open(index->store->env, bdb,
		index_file_name(slice_from_string(index->id), &name), flags, &index->file, err);
}

struct index *table_index(const struct table *table, const struct index_description *description)
{
	return table->indexes[description - table->description.indexes];
}

struct index *table_expiry_index(const struct table *table)
{
	for (size_t i = 0; i < table->description.index_count; i++) {
		if (table->description.indexes[i].kind == INDEX_EXPIRY)
			return table->indexes[i];
	}
	return NULL;
}
