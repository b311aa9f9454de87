/*
 * What the mount needs of streams beyond Amazon's operations: one as a text that
 * grows, for `.stream` and `.follow`.
 */
#include "api/operations.h"

#include "store/stream.h"
#include "store/txn.h"

struct stream_look {
	struct store *store;
	struct arena *arena;
	struct slice table_name, label;
	struct find_stream_output *out;
};

/* The label of the stream that the table has enabled: 0 or STREAM_ABSENT. */
static int current_label(struct store *store, struct slice name, struct arena *arena,
	struct slice *ret, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	const struct table_description *description;
	int r = table_find(store, name, &table, err);

	TRY(r);
	if (r == TABLE_ABSENT)
		return STREAM_ABSENT;
	description = table_description(table);
	if (!slice_present(description->stream_id))
		return STREAM_ABSENT;
	*ret = arena_copy(arena, description->stream_label);
	return 0;
}

static int look(const struct stream_look *asked, struct error *err)
{
	struct stream_description stream;
	struct stream_extent extent;
	int r = stream_find(
		asked->store, asked->table_name, asked->label, asked->arena, &stream, err);

	if (r == 0)
		r = stream_extent(asked->store, &stream, &extent, err);
	if (r != 0)
		return r;
	*asked->out = (struct find_stream_output){
		.found = true,
		.stream_id = stream.id,
		.stream_label = stream.label,
		.stream_view_type = slice_from_string(stream_view_type_names[stream.view]),
		.enabled = stream.enabled,
		.start = extent.start,
		.end = extent.end,
		.modified_ns = extent.newest_ns ? extent.newest_ns : stream.created_ns,
	};
	return 0;
}

static int look_body(struct txn *txn, void *context, struct error *err)
{
	(void)txn;
	return look(context, err);
}

int run_find_stream(struct engine *engine, struct request *request, struct error *err)
{
	const struct find_stream_input *in = request->input;
	struct stream_look asked = { engine->store, request->arena, in->table_name,
		in->stream_label, request->output };
	int r = 0;

	*asked.out = (struct find_stream_output){ .found = false };
	if (!slice_present(asked.label))
		r = current_label(asked.store, asked.table_name, asked.arena, &asked.label, err);
	if (r == 0 && in->between_trims)
		r = txn_run(asked.store, TXN_WRITE, DURABLE_PROCESS, asked.arena, look_body, &asked,
			err);
	else if (r == 0)
		r = look(&asked, err);
	return r < 0 ? -1 : 0;
}

static size_t lines_of(struct slice text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines;
}

int run_read_stream(struct engine *engine, struct request *request, struct error *err)
{
	const struct read_stream_input *in = request->input;
	struct read_stream_output *out = request->output;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct stream_description stream;
	int r;

	TRY(r = stream_find(
		    engine->store, in->table_name, in->stream_label, request->arena, &stream, err));
	if (r == 0)
		TRY(r = stream_read_text(engine->store, &stream, in->offset, in->size, &text, err));
	*out = (struct read_stream_output){ .found = r == 0 };
	out->text = arena_copy(request->arena, buf_slice(&text));
	if (text.len)
		usage_add_records(request->usage, &stream, lines_of(out->text), text.len);
	return 0;
}
