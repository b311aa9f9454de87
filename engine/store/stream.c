#include "store/stream.h"
#include "base/clock.h"
#include "model/item.h"
#include "store/store_private.h"
#include "store/stream_record.h"
#include "store/stream_registry.h"

#include <inttypes.h>

#define MILLISECOND_NS 1000000LL

/* Which images each view type has. */
static const struct {
	bool new, old;
} view_images[] = {
	[STREAM_KEYS_ONLY] = { false, false },
	[STREAM_NEW_IMAGE] = { true, false },
	[STREAM_OLD_IMAGE] = { false, true },
	[STREAM_NEW_AND_OLD_IMAGES] = { true, true },
};

static struct slice make_label(struct arena *arena, int64_t ns)
{
	struct buf label CLEANUP(buf_release) = BUF_INIT;

	clock_append_iso(&label, ns);
	label.len--; /* a label has no Z */
	return arena_copy(arena, buf_slice(&label));
}

/* A time whose label no other stream of a table of that name has. */
static int choose_label(struct txn *txn, struct stream_description *stream, struct error *err)
{
	struct stream_description other;
	int r;

	stream->created_ns = clock_realtime_ns();
	for (;; stream->created_ns += MILLISECOND_NS) {
		stream->label = make_label(txn->arena, stream->created_ns);
		TRY(r = stream_find(txn->store, stream->table_name, stream->label, txn->arena,
			    &other, err));
		if (r == STREAM_ABSENT)
			return 0;
	}
}

/* From the first change on, the end of the transaction frees the stream if it
 * fails. */
static int begin_stream(
	struct txn *txn, const struct stream_description *description, struct error *err)
{
	struct buf file CLEANUP(buf_release) = BUF_INIT;
	struct stream *stream = stream_new(txn->store, description);

	stream_change(txn, stream)->registered = true;
	TRY(bdb_file_open(txn->store->env, txn->bdb, stream_file_name(description->id, &file),
		DB_CREATE | DB_EXCL, &stream->file, err));
	return stream_registry_put(txn, stream, err);
}

int stream_enable(
	struct txn *txn, struct table_description *table, enum stream_view view, struct error *err)
{
	struct stream_description stream = {
		.table_name = table->name,
		.table_id = table->id,
		.region = slice_from_string(txn->store->region),
		.view = view,
		.key = table->key,
	};

	TRY(choose_label(txn, &stream, err));
	/* Unlike the table's name, its id has no past: unique with the label. */
	stream.id = arena_printf(txn->arena, "%.*s-%" PRIx64, SLICE_ARG(table->id),
		(uint64_t)(stream.created_ns / MILLISECOND_NS));
	TRY(begin_stream(txn, &stream, err));
	table->stream_id = stream.id;
	table->stream_label = stream.label;
	table->stream_view = view;
	return 0;
}

static int lost_stream(struct slice table_name, struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "the stream of table %.*s is not in the registry",
		SLICE_ARG(table_name));
}

int stream_disable(struct txn *txn, struct table_description *table, struct error *err)
{
	struct stream *stream CLEANUP(stream_unrefp) = NULL;
	int r;

	TRY(r = stream_get(txn->store, table->stream_id, &stream, err));
	if (r == STREAM_ABSENT)
		return lost_stream(table->name, err);
	stream_change(txn, stream)->ended_ns = clock_realtime_ns();
	TRY(stream_registry_put(txn, stream, err));
	table->stream_id = slice_of(NULL, 0);
	return 0;
}

static int fill_record(struct txn *txn, const struct stream_description *stream,
	const struct stream_change *change, struct stream_record *record, struct error *err)
{
	struct key key;

	record->time_ns = clock_realtime_ns();
	record->kind = change->kind;
	record->expired = change->expired;
	TRY(key_from_item(&stream->key, change->new ? change->new : change->old, &key, err));
	record->keys = key_to_map(&stream->key, &key, txn->arena);
	record->size_bytes = item_size(&record->keys);
	if (change->new &&view_images[stream->view].new) {
		record->has_new = true;
		record->new = *change->new;
		record->size_bytes += item_size(change->new);
	}
	if (change->old && view_images[stream->view].old) {
		record->has_old = true;
		record->old = *change->old;
		record->size_bytes += item_size(change->old);
	}
	return 0;
}

static int write_record(struct txn *txn, struct stream *stream, const struct stream_record *record,
	struct error *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	char offset[STREAM_KEY_LENGTH];
	DBT key = { .data = offset, .size = sizeof(offset) }, data;
	int r;

	stream_key_encode(record->offset, offset);
	stream_record_encode(record, &bytes);
	data = bdb_input(buf_slice(&bytes));
	r = stream->file->put(stream->file, txn->bdb, &key, &data, DB_NOOVERWRITE);
	return r ? bdb_error(err, r, "writing a stream record") : 0;
}

static int append_record(
	struct txn *txn, struct stream *stream, struct stream_record *record, struct error *err)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	struct stream_state *state = stream_change(txn, stream);

	record->offset = state->end;
	stream_append_line(&line, &stream->description, record);
	record->next_offset = record->offset + line.len;
	TRY(write_record(txn, stream, record, err));
	if (state->start == state->end)
		state->oldest_ns = record->time_ns;
	state->last = record->offset;
	state->end = record->next_offset;
	state->newest_ns = record->time_ns;
	return 0;
}

int stream_append(
	struct txn *txn, struct table *table, const struct stream_change *change, struct error *err)
{
	const struct table_description *description = table_description(table);
	struct stream *stream CLEANUP(stream_unrefp) = NULL;
	struct stream_record record = { 0 };
	int r;

	if (!slice_present(description->stream_id))
		return 0;
	TRY(r = stream_get(txn->store, description->stream_id, &stream, err));
	if (r == STREAM_ABSENT)
		return lost_stream(description->name, err);
	TRY(fill_record(txn, &stream->description, change, &record, err));
	return append_record(txn, stream, &record, err);
}
