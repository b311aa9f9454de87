#include "base/memory.h"
#include "store/backfill.h"
#include "store/catalog.h"
#include "store/history.h"
#include "store/index_private.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"

#include <errno.h>
#include <sys/random.h>

/* Source: RFC 9562 section 5.4. */
int table_make_id(struct arena *arena, struct slice *ret, struct error *err)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return error_set_errno(err, errno, "making an id");
	b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
	*ret = arena_printf(arena,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return 0;
}

/* Whether it is an expiry index that the description does not ask for. The
 * index has the attribute's name. */
static bool is_stale_expiry(
	const struct table_description *description, const struct index_description *index)
{
	return index->kind == INDEX_EXPIRY &&
	       (!slice_present(description->ttl_attribute) ||
		       !slice_equal(index->name, description->ttl_attribute));
}

static bool has_expiry(const struct index_description *indexes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (indexes[i].kind == INDEX_EXPIRY)
			return true;
	}
	return false;
}

int table_prepare_indexes(struct table_description *description, enum index_status status,
	struct arena *arena, struct error *err)
{
	struct index_description *indexes =
		arena_alloc_array(arena, description->index_count + 1, sizeof(*indexes));
	size_t count = 0;

	for (size_t i = 0; i < description->index_count; i++) {
		if (!is_stale_expiry(description, &description->indexes[i]))
			indexes[count++] = description->indexes[i];
	}
	if (slice_present(description->ttl_attribute) && !has_expiry(indexes, count))
		indexes[count++] = (struct index_description){
			.name = description->ttl_attribute,
			.kind = INDEX_EXPIRY,
			.projection = PROJECTION_KEYS_ONLY,
		};
	for (size_t i = 0; i < count; i++) {
		if (slice_present(indexes[i].id))
			continue;
		TRY(table_make_id(arena, &indexes[i].id, err));
		indexes[i].status = status;
	}
	description->indexes = indexes;
	description->index_count = count;
	return 0;
}

/* Whether a version has an index, by its handle. */
static bool has_index(const struct table *table, const struct index *index)
{
	for (size_t i = 0; i < table->description.index_count; i++) {
		if (table->indexes[i] == index)
			return true;
	}
	return false;
}

static int forget_dropped(
	struct txn *txn, const struct table *old, const struct table *next, struct error *err)
{
	for (size_t i = 0; i < old->description.index_count; i++) {
		if (has_index(next, old->indexes[i]))
			continue;
		TRY(count_forget(txn, old->description.indexes[i].id, err));
		TRY(backfill_forget(txn, old->description.indexes[i].id, err));
	}
	return 0;
}

static void replacement_ended(struct txn_end *end, bool committed)
{
	struct table_replacement *replacement = (struct table_replacement *)end;
	struct table *old = replacement->old, *next = replacement->next;
	struct store *store = old->body->store;

	if (!committed) {
		table_unref(next);
		return;
	}
	for (size_t i = 0; i < old->description.index_count; i++) {
		if (!has_index(next, old->indexes[i]))
			old->indexes[i]->dropped = true;
	}
	if (old->history != next->history)
		history_drop(old->history);
	old->body->newest = next;
	table_cache_replace(store, old, next);
	worker_note_tables(&store->worker);
}

int table_replace(struct txn *txn, struct table *old, struct table_description *description,
	struct table_replacement *replacement, struct error *err)
{
	bool empty;

	TRY(table_look_empty(txn, old, &empty, err));
	TRY(table_prepare_indexes(
		description, empty ? INDEX_ACTIVE : INDEX_CREATING, txn->arena, err));
	*replacement = (struct table_replacement){
		.end = { .ended = replacement_ended },
		.old = old,
		.next = table_new_version(old, description),
	};
	txn_at_end(txn, &replacement->end);
	TRY(table_create_files(txn, replacement->next, err));
	TRY(forget_dropped(txn, old, replacement->next, err));
	TRY(conversion_ask(txn, old, description, err));
	TRY(catalog_put(txn, description, err));
	table_add_change(txn, CHANGE_TABLE_UPDATED, description);
	return 0;
}

bool table_in_transition(const struct table *table)
{
	return table->description.creating || table->description.deleting;
}

int table_refuse_transition(const struct table *table, struct error *err)
{
	return error_set(err, ERROR_IN_USE,
		"Attempt to change a resource which is still in use: Table is being %s: %.*s",
		table->description.creating ? "created" : "deleted",
		SLICE_ARG(table->description.name));
}

struct update {
	struct table *table; /* the version that was found */
	table_mutator *mutate;
	void *context;
	struct table_replacement replacement;
};

static int update_body(struct txn *txn, void *context, struct error *err)
{
	struct update *update = context;
	struct table_body *body = update->table->body;
	struct table_description description;
	int r;

	if (body->deleted)
		return TABLE_ABSENT;
	if (table_in_transition(body->newest))
		return table_refuse_transition(body->newest, err);
	description = catalog_copy(&body->newest->description, txn->arena);
	TRY(r = update->mutate(txn, &description, update->context, err));
	if (r)
		return r;
	return table_replace(txn, body->newest, &description, &update->replacement, err);
}

int table_update(struct store *store, struct slice name, struct arena *arena,
	enum durability durability, table_mutator *mutate, void *context, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct update update = { .mutate = mutate, .context = context };
	int r;

	TRY(r = table_find(store, name, &table, err));
	if (r == TABLE_ABSENT)
		return r;
	update.table = table;
	return txn_run(store, TXN_WRITE, durability, arena, update_body, &update, err);
}
