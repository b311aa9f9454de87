#include "api/transfer.h"

#include "api/shapes_export.h"
#include "api/wire.h"
#include "base/clock.h"
#include "base/text.h"

#include <xxhash.h>

#define DAY_NS       (24LL * 60 * 60 * 1000000000)
#define TOKEN_LENGTH 56 /* bytes, of which the id takes the first; twice as many digits */

static const struct request_shape *shape_of(enum ledger_kind kind)
{
	return kind == LEDGER_EXPORT ? &shape_export_record : &shape_import_record_kept;
}

int transfer_save(struct store *store, enum ledger_kind kind, struct slice id, const void *record,
	enum durability durability, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	wire_write(shape_of(kind), record, &text);
	return ledger_save(store, kind, id, buf_slice(&text), durability, err);
}

static int read_record(enum ledger_kind kind, struct slice id, struct slice text,
	struct arena *arena, void *ret_record, struct error *err)
{
	struct error failure CLEANUP(error_release) = ERROR_INIT;

	if (wire_read(shape_of(kind), text, arena, ret_record, &failure) == 0)
		return 0;
	return error_set(err, ERROR_CORRUPT, "the ledger's entry %.*s is malformed: %s",
		SLICE_ARG(id), failure.message);
}

int transfer_get(struct store *store, enum ledger_kind kind, struct slice id, struct arena *arena,
	void *ret_record, struct error *err)
{
	struct slice text;
	int r;

	TRY(r = ledger_get(store, kind, id, arena, &text, err));
	return r == LEDGER_ABSENT ? r : read_record(kind, id, text, arena, ret_record, err);
}

static bool is_over(struct slice id, int64_t now_ns)
{
	int64_t time;

	return ledger_id_time(id, &time) && time + TRANSFER_DAYS * DAY_NS < now_ns;
}

int transfer_read_all(struct store *store, enum ledger_kind kind, struct arena *arena,
	struct transfer_list *ret, struct error *err)
{
	size_t size = shape_of(kind)->size, count;
	int64_t now = clock_realtime_ns();
	struct ledger_entry *entries;

	TRY(ledger_list(store, kind, arena, &entries, &count, err));
	*ret = (struct transfer_list){
		.ids = arena_alloc_array(arena, count, sizeof(*ret->ids)),
		.records = arena_alloc_array(arena, count, size),
	};
	while (count-- > 0) {
		if (is_over(entries[count].id, now))
			continue;
		ret->ids[ret->count] = entries[count].id;
		TRY(read_record(kind, entries[count].id, entries[count].text, arena,
			ret->records + ret->count * size, err));
		ret->count++;
	}
	return 0;
}

static int expire(struct store *store, enum ledger_kind kind, int64_t now_ns, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct ledger_entry *entries;
	size_t count;

	TRY(ledger_list(store, kind, &arena, &entries, &count, err));
	for (size_t i = 0; i < count && is_over(entries[i].id, now_ns); i++)
		TRY(ledger_forget(store, kind, entries[i].id, DURABLE_PROCESS, err));
	return 0;
}

int transfer_expire(struct store *store, int64_t now_ns, struct error *err)
{
	TRY(expire(store, LEDGER_EXPORT, now_ns, err));
	return expire(store, LEDGER_IMPORT, now_ns, err);
}

struct slice transfer_hash(
	const struct request_shape *shape, const void *input, struct arena *arena)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct buf hex CLEANUP(buf_release) = BUF_INIT;
	XXH128_canonical_t hash;

	wire_write(shape, input, &text);
	XXH128_canonicalFromHash(&hash, XXH3_128bits(text.data, text.len));
	hex_append(&hex, slice_of((const char *)&hash, sizeof(hash)));
	return arena_copy(arena, buf_slice(&hex));
}

struct slice transfer_page_token(struct slice id, struct arena *arena)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT, hex CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&bytes, id);
	buf_resize(&bytes, TOKEN_LENGTH);
	hex_append(&hex, buf_slice(&bytes));
	return arena_copy(arena, buf_slice(&hex));
}

/* The id that a token holds, in the buffer. */
static bool read_token(struct slice token, struct buf *id)
{
	if (!hex_decode(id, token) || id->len != TOKEN_LENGTH)
		return false;
	while (id->len && !id->data[id->len - 1])
		id->len--;
	return true;
}

int transfer_find_page(
	const struct transfer_list *list, struct slice token, size_t *ret, struct error *err)
{
	struct buf id CLEANUP(buf_release) = BUF_INIT;

	*ret = 0;
	if (!slice_present(token))
		return 0;
	if (!read_token(token, &id))
		return error_set(err, ERROR_VALIDATION, "Invalid NextToken");
	while (*ret < list->count && slice_compare(list->ids[*ret], buf_slice(&id)) >= 0)
		(*ret)++;
	return 0;
}
