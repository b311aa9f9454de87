/*
 * Requests about single items.
 *
 * What is noted as read (transaction.h, invariant 2):
 *
 *	an item whose content was asked for	it must stay as it is
 *	an item that was asked for, and is not	it must stay absent
 *	where an item is moved to		it must stay as it is
 *
 * Nothing is expected of an item that is put or removed without a look at it, nor
 * of what a listing or stat(2) shows. Whatever is seen of an item that was noted
 * must be what was noted: if it is not, nobody is told what it is now, as this
 * transaction cannot be committed any more.
 *
 * Partitions and names that are only a hash are no items: that one was not
 * there is not noted.
 */
#include "transaction_requests.h"

#include "base/clock.h"
#include "model/item.h"
#include "model/plain.h"
#include "transaction.h"
#include "transaction_overlay.h"

#define AS_STORED 2 /* the overlay has nothing of the item */
#define NOTHING   ((struct slice){ NULL, 0 })

/* What the overlay has of it: 0, REQUEST_ABSENT, AS_STORED or -1. */
static int own_item(const struct mount_table *table, struct slice row_key, struct arena *arena,
	const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct overlay *overlay = transaction_enter(table->transaction, TRANSACTION_READS, err);
	const struct overlay_entry *entry;
	struct slice encoded = NOTHING;
	struct map *item;
	int r = AS_STORED;

	if (!overlay)
		return -1;
	entry = overlay_find(overlay_table(overlay, table->stored), row_key);
	if (entry && entry->change == OVERLAY_REMOVED)
		r = REQUEST_ABSENT;
	if (entry && entry->change == OVERLAY_PUT) {
		*ret = entry->facts;
		ret->own_text = ret_item ? arena_copy(arena, entry->facts.own_text) : NOTHING;
		encoded = ret_item ? arena_copy(arena, entry->item) : NOTHING;
		r = 0;
	}
	transaction_leave(table->transaction);
	if (r || !ret_item)
		return r;
	item = arena_alloc(arena, sizeof(*item));
	*ret_item = item;
	return item_decode(arena, encoded, item, err);
}

static int has_changed(struct error *err)
{
	return error_set(err, ERROR_ITEM_CHANGED,
		"this item has changed outside after this transaction read it: it can't be "
		"committed any more");
}

/* Notes what was found stored (facts NULL: nothing), if that is wanted or it
 * differs from what was noted before. The mtime may be the transaction's own. */
static int note_stored(const struct mount_table *table, struct slice row_key, bool wanted,
	struct item_facts *facts, struct error *err)
{
	struct overlay *overlay = transaction_enter(table->transaction, TRANSACTION_READS, err);
	struct overlay_table *entries;
	const struct overlay_entry *entry;
	int r = 0;

	if (!overlay)
		return -1;
	entries = overlay_table(overlay, table->stored);
	entry = overlay_find(entries, row_key);
	if (entry && entry->change == OVERLAY_TOUCHED && facts)
		facts->mtime_ns = entry->facts.mtime_ns;
	if (wanted || (entry && entry->expectation != ITEM_ANY))
		r = overlay_expect(overlay, entries, row_key, facts ? ITEM_UNCHANGED : ITEM_ABSENT,
			facts ? facts->stamp : 0, err);
	transaction_leave(table->transaction);
	return r == OVERLAY_CHANGED ? has_changed(err) : r;
}

/* Looks at an item; with note, or when it is not there, that is noted. */
static int look_at(struct filesystem *fs, const struct mount_table *table, struct slice row_key,
	bool note, struct arena *arena, const struct map **ret_item, struct item_facts *ret,
	struct error *err)
{
	struct key key;
	int r = own_item(table, row_key, arena, ret_item, ret, err);

	if (r != AS_STORED)
		return r;
	TRY(key_decode(&table->schema, row_key, arena, &key, err));
	r = request_item(fs, table->stored, &key, arena, ret_item, ret, err);
	TRY(r);
	TRY(note_stored(table, row_key, note || r == REQUEST_ABSENT,
		r == REQUEST_ABSENT ? NULL : ret, err));
	return r;
}

int transaction_item(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct arena *arena, const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct slice row_key = key_encode_new(&table->schema, key, arena);

	return look_at(fs, table, row_key, ret_item != NULL, arena, ret_item, ret, err);
}

/* Writing. */

/* An item to be put, whole. */
struct own_put {
	struct slice row_key, item;
	struct item_facts facts;
};

static size_t put_cost(const struct own_put *put)
{
	return overlay_cost(put->row_key, put->item.len + put->facts.own_text.len);
}

static int prepare_put(const struct mount_table *table, const struct map *item,
	struct slice own_text, int64_t mtime_ns, struct arena *arena, struct own_put *ret,
	struct error *err)
{
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;
	struct key key;

	TRY(key_from_item(&table->schema, item, &key, err));
	item_encode(item, &encoded);
	*ret = (struct own_put){
		.row_key = key_encode_new(&table->schema, &key, arena),
		.item = arena_copy(arena, buf_slice(&encoded)),
		.facts = {
			.mtime_ns = mtime_ns ? mtime_ns : clock_realtime_ns(),
			.item_size = (uint32_t)item_size(item),
			.text_length = (uint32_t)(slice_present(own_text) ? own_text.len
									  : plain_item_length(item)),
			.own_text = own_text,
		},
	};
	return 0;
}

int transaction_check(struct filesystem *fs, const struct mount_table *table,
	const struct map *item, struct arena *arena, struct error *err)
{
	struct own_put put;
	struct overlay *overlay;
	int r;

	TRY(request_check(fs, table->stored, item, arena, err));
	TRY(prepare_put(table, item, NOTHING, 0, arena, &put, err));
	overlay = transaction_enter(table->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	r = overlay_check_room(overlay, put_cost(&put), err);
	transaction_leave(table->transaction);
	return r;
}

static int not_as_expected(enum error_class class, struct error *err)
{
	return error_set(err, class, "The conditional request failed");
}

/* Nothing was stored, and what the transaction had put there was removed. */
static bool is_known_absent(const struct overlay_entry *entry)
{
	return entry && entry->change == OVERLAY_AS_STORED && entry->expectation == ITEM_ABSENT;
}

/* Against what the transaction has written itself. What is stored may have
 * another stamp by now: if it was read, the commit looks at it. */
static int check_expectation(const struct overlay_entry *entry, enum item_expectation expectation,
	uint64_t stamp, struct error *err)
{
	enum overlay_change change = entry ? entry->change : OVERLAY_AS_STORED;

	if (expectation == ITEM_ABSENT && change == OVERLAY_PUT)
		return not_as_expected(ERROR_ITEM_EXISTS, err);
	if (expectation == ITEM_UNCHANGED && (change == OVERLAY_REMOVED || is_known_absent(entry)))
		return not_as_expected(ERROR_ITEM_CHANGED, err);
	if (expectation == ITEM_UNCHANGED && change == OVERLAY_PUT && entry->facts.stamp != stamp)
		return not_as_expected(ERROR_ITEM_CHANGED, err);
	return 0;
}

static int put_own(struct transaction *transaction, struct overlay *overlay,
	struct overlay_table *entries, struct own_put *put, struct error *err)
{
	put->facts.stamp = transaction_stamp(transaction);
	return overlay_put(overlay, entries, put->row_key, put->item, &put->facts, err);
}

int transaction_put(struct filesystem *fs, const struct mount_table *table,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err)
{
	struct overlay_table *entries;
	struct overlay *overlay;
	struct own_put put;
	int r;

	TRY(request_check(fs, table->stored, input->item, arena, err));
	TRY(prepare_put(table, input->item, input->own_text, input->mtime_ns, arena, &put, err));
	if (input->expectation == ITEM_ABSENT) {
		r = look_at(fs, table, put.row_key, false, arena, NULL, ret, err);
		TRY(r);
		if (r == 0)
			return not_as_expected(ERROR_ITEM_EXISTS, err);
	}
	overlay = transaction_enter(table->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	entries = overlay_table(overlay, table->stored);
	r = check_expectation(
		overlay_find(entries, put.row_key), input->expectation, input->expected_stamp, err);
	if (r == 0)
		r = put_own(table->transaction, overlay, entries, &put, err);
	transaction_leave(table->transaction);
	*ret = put.facts;
	return r;
}

int transaction_delete(struct filesystem *fs, const struct mount_table *table,
	const struct key *key, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice row_key = key_encode_new(&table->schema, key, &arena);
	struct overlay *overlay;
	int r;

	(void)fs;
	overlay = transaction_enter(table->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	r = overlay_remove(overlay, overlay_table(overlay, table->stored), row_key, err);
	transaction_leave(table->transaction);
	return r;
}

/* Several at once. */

static int prepare_write(struct filesystem *fs, const struct mount_table *table,
	const struct item_write *write, struct arena *arena, struct own_put *ret, struct error *err)
{
	struct item_facts facts;
	struct key key;
	int r;

	if (write->kind == ITEM_PUT) {
		TRY(request_check(fs, table->stored, write->item, arena, err));
		TRY(prepare_put(
			table, write->item, write->own_text, write->mtime_ns, arena, ret, err));
	} else {
		TRY(key_from_map(&table->schema, write->item, &key, err));
		*ret = (struct own_put){
			.row_key = key_encode_new(&table->schema, &key, arena),
			.facts = { .mtime_ns = write->mtime_ns },
		};
	}
	r = look_at(fs, table, ret->row_key, write->kind == ITEM_PUT, arena, NULL, &facts, err);
	TRY(r);
	if (r == 0 && write->expectation == ITEM_ABSENT)
		return not_as_expected(ERROR_ITEM_EXISTS, err);
	if (r == REQUEST_ABSENT && write->must_exist)
		return error_set(err, ERROR_ITEM_CHANGED, "The item is no longer there");
	return 0;
}

static int apply_write(struct overlay *overlay, const struct mount_table *table,
	enum item_write_kind kind, struct own_put *put, struct error *err)
{
	struct overlay_table *entries = overlay_table(overlay, table->stored);

	switch (kind) {
	case ITEM_PUT:
		return put_own(table->transaction, overlay, entries, put, err);
	case ITEM_DELETE:
		return overlay_remove(overlay, entries, put->row_key, err);
	case ITEM_TOUCH:
		return overlay_touch(overlay, entries, put->row_key, put->facts.mtime_ns, err);
	case ITEM_CHECK:
		break;
	}
	return 0;
}

static int apply_writes(struct overlay *overlay, const struct mount_table *const *tables,
	const struct item_write *writes, struct own_put *puts, size_t count, struct error *err)
{
	size_t cost = 0;

	for (size_t i = 0; i < count; i++) {
		struct overlay_table *entries = overlay_table(overlay, tables[i]->stored);

		cost += put_cost(&puts[i]);
		TRY(check_expectation(overlay_find(entries, puts[i].row_key), writes[i].expectation,
			writes[i].expected_stamp, err));
	}
	TRY(overlay_check_room(overlay, cost, err)); /* so that none fails after another */
	for (size_t i = 0; i < count; i++)
		TRY(apply_write(overlay, tables[i], writes[i].kind, &puts[i], err));
	return 0;
}

int transaction_writes(struct filesystem *fs, const struct mount_table *const *tables,
	const struct item_write *writes, size_t count, struct arena *arena, struct error *err)
{
	struct own_put *puts = arena_alloc_array(arena, count, sizeof(*puts));
	struct overlay *overlay;
	int r;

	for (size_t i = 0; i < count; i++)
		TRY(prepare_write(fs, tables[i], &writes[i], arena, &puts[i], err));
	overlay = transaction_enter(tables[0]->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	r = apply_writes(overlay, tables, writes, puts, count, err);
	transaction_leave(tables[0]->transaction);
	return r;
}
