#include "port_import.h"

#include "base/clock.h"
#include "base/memory.h"
#include "port_file.h"
#include "port_input.h"
#include "port_interrupt.h"
#include "port_progress.h"
#include "port_rejects.h"
#include "port_state.h"
#include "port_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#define SAVE_NS       1000000000LL
#define REASONS_SHOWN 10

struct import {
	const struct import_options *options;
	const struct table_facts *table;
	struct port_input input;
	int lock; /* on the input, or -1 */
	struct items_reader items;
	struct source *source; /* of the part that is read */
	bool begun; /* one was */
	size_t part;
	uint64_t bytes_before; /* of the parts before */
	struct writer *writer;
	struct rejects rejects;
	struct progress progress;
	char *state_path;
	bool keeps_state;
	bool resumed;
	struct import_state state; /* as far as it is settled */
	int64_t saved_ns;
	struct error failure; /* of keeping the state or rejects */
};

/* State */

static int save_state(struct import *import, struct error *err)
{
	TRY(rejects_write(&import->rejects, import->keeps_state, err));
	import->saved_ns = clock_monotonic_ns();
	if (!import->keeps_state)
		return 0;
	import->state.rejected = import->rejects.count;
	import->state.rejects_bytes = import->rejects.lines_written;
	import->state.reasons_bytes = import->rejects.reasons_written;
	return import_state_write(import->state_path, &import->state, err);
}

static int lock_input(struct import *import, struct error *err)
{
	const char *path = import->input.path;

	import->lock = open(path, O_RDONLY | O_CLOEXEC);
	if (import->lock < 0)
		return error_set_errno(err, errno, "Opening %s", path);
	if (flock(import->lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return error_set(err, ERROR_IN_USE, "%s is being imported already", path);
	return 0;
}

/* Whether the state is of this input and this table. */
static int check_state(struct import *import, const struct import_state *state, struct error *err)
{
	const char *path = import->input.path;
	const char *hint = "--restart imports it from the beginning";

	if (state->identity != import->input.identity)
		return error_set(err, ERROR_VALIDATION,
			"%s has changed since its import was interrupted: %s", path, hint);
	if (!slice_equal(state->table_id, import->table->table_id))
		return error_set(err, ERROR_VALIDATION,
			"the interrupted import of %s went into another table%s%.*s: %s", path,
			slice_equal(state->table_name, import->table->table_name) ? " " : ", ",
			SLICE_ARG(state->table_name), hint);
	return 0;
}

static int take_state(struct import *import, const struct import_state *found, struct error *err)
{
	TRY(check_state(import, found, err));
	if (found->part >= import->input.count)
		return error_set(err, ERROR_VALIDATION, "%s is damaged", import->state_path);
	arena_release(&import->state.arena);
	import->state = *found;
	import->resumed = true;
	import->part = found->part;
	return 0;
}

/* Looks for the state of an interrupted import. */
static int find_state(struct import *import, struct error *err)
{
	const struct import_options *options = import->options;
	struct import_state found;
	int r;

	TRY(lock_input(import, err));
	if (options->restart)
		return 0;
	TRY(r = import_state_read(import->state_path, &found, err));
	if (r == STATE_ABSENT)
		return 0;
	if (options->resume && take_state(import, &found, err) == 0)
		return 0;
	if (!options->resume)
		error_set(err, ERROR_VALIDATION,
			"an import of %s was interrupted after %llu items: "
			"--resume goes on with it, --restart begins again",
			import->input.path, (unsigned long long)(found.imported + found.rejected));
	arena_release(&found.arena);
	return -1;
}

/* What comes of the records */

static void settle_entry(struct import *import, const struct port_entry *entry)
{
	enum import_format within = entry->end.format;

	if (entry->err.class == ERROR_NONE) {
		import->state.imported++;
		return;
	}
	progress_clear(&import->progress);
	rejects_add(&import->rejects,
		&(struct reject){
			.input = import->input.parts[entry->part].path,
			.header = items_header(&import->items),
			.text = entry->text,
			.as_line = within == IMPORT_ARRAY || within == IMPORT_ARRAY_ENDED,
			.line = entry->line,
			.why = &entry->err,
		});
}

static void settle(void *context, const struct port_batch *batch)
{
	struct import *import = context;
	const struct port_entry *last = &batch->entries[batch->count - 1];

	for (size_t i = 0; i < batch->count; i++)
		settle_entry(import, &batch->entries[i]);
	import->state.part = last->part;
	import->state.position = last->end;
	import->state.format = import->items.options.format;
	import->state.header = items_header(&import->items);
	if (import->failure.class == ERROR_NONE &&
		clock_monotonic_ns() - import->saved_ns >= SAVE_NS)
		(void)!save_state(import, &import->failure);
}

static void tick(void *context)
{
	struct import *import = context;

	progress_show(&import->progress, import->state.imported,
		import->bytes_before + (import->source ? source_taken(import->source) : 0),
		import->input.size);
	if (interrupt_pending())
		writer_hurry(import->writer);
}

static int parse(
	void *context, struct slice text, struct arena *arena, struct map *ret, struct error *err)
{
	struct import *import = context;

	return items_parse(&import->items, text, arena, ret, err);
}

static void take(void *context, const struct import_record *record)
{
	struct import *import = context;

	writer_take(import->writer, import->part, record);
}

static void refuse(void *context, uint64_t line, const struct error *err)
{
	struct import *import = context;
	const struct import_position *end = import->items.options.format == PORT_CSV
						    ? &import->items.csv.at
						    : &import->items.json.at;

	writer_take_refused(import->writer, import->part, line, end, err);
}

/* Reading */

#define READ_STOPPED 1 /* by the user, or because storing has failed */

static bool must_stop(struct import *import)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	return interrupt_pending() || import->failure.class != ERROR_NONE ||
	       writer_status(import->writer, &err) < 0;
}

/* While a pipe is silent what was taken goes out. */
static int read_piece(struct import *import, struct slice *ret, struct error *err)
{
	int r;

	do {
		writer_poll(import->writer);
		tick(import);
		if (must_stop(import))
			return READ_STOPPED;
		TRY(r = source_read(import->source, ret, err));
		if (r == SOURCE_IDLE)
			writer_flush(import->writer);
	} while (r == SOURCE_IDLE);
	return 0;
}

/* What the text is not is told with its name. */
static int name_fault(struct import *import, const struct error *fault, struct error *err)
{
	return error_set(err, fault->class, "%s: %s", source_name(import->source), fault->message);
}

static int feed_part(struct import *import, struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	struct slice piece = { NULL, 0 };
	int r;

	for (;;) {
		r = read_piece(import, &piece, err);
		if (r != 0)
			return r;
		if (!piece.len)
			break;
		if (items_feed(&import->items, piece, &fault) < 0)
			return name_fault(import, &fault, err);
	}
	if (items_finish(&import->items, &fault) < 0)
		return name_fault(import, &fault, err);
	return 0;
}

static int check_md5(struct import *import, const struct input_part *part, struct error *err)
{
	unsigned char md5[MD5_LENGTH];

	if (!part->has_md5 || !source_md5(import->source, md5) ||
		memcmp(md5, part->md5, MD5_LENGTH) == 0)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"%s is not the file that was exported: its checksum differs", part->path);
}

/* Begins a part, in its middle if the import goes on there. */
static int begin_part(struct import *import, struct error *err)
{
	const struct import_position *from = &import->state.position;
	const struct items_options options = {
		.format = import->state.format,
		.delimiter = import->state.delimiter,
		.infer = import->state.infer,
		.key = &import->table->key,
		.take = take,
		.refuse = refuse,
		.context = import,
	};

	items_release(&import->items);
	items_init(&import->items, &options);
	TRY(source_open(import->input.parts[import->part].path, &import->source, err));
	if (!import->resumed || import->part != import->state.part || !from->offset)
		return 0;
	TRY(items_init_at(&import->items, &options, from, import->state.header, err));
	return source_skip(import->source, from->offset, err);
}

static void end_part(struct import *import)
{
	import->bytes_before += import->input.parts[import->part].size;
	source_close(import->source);
	import->source = NULL;
}

static int read_parts(struct import *import, struct error *err)
{
	for (size_t i = 0; i < import->part; i++)
		import->bytes_before += import->input.parts[i].size;
	for (; import->part < import->input.count; import->part++) {
		int r;

		TRY(begin_part(import, err));
		if (!import->begun)
			progress_begin(&import->progress, import->options->quiet,
				import->state.imported,
				import->bytes_before + source_taken(import->source));
		import->begun = true;
		r = feed_part(import, err);
		if (r != 0)
			return r;
		TRY(check_md5(import, &import->input.parts[import->part], err));
		end_part(import);
	}
	return 0;
}

/* All of it */

static void import_release(struct import *import)
{
	writer_freep(&import->writer);
	source_closep(&import->source);
	items_release(&import->items);
	rejects_release(&import->rejects);
	error_release(&import->failure);
	arena_release(&import->state.arena);
	input_release(&import->input);
	cleanup_close(&import->lock);
	free(import->state_path);
}

/* Whether files can be made beside the input. */
static bool can_write_beside(const char *path)
{
	char *directory CLEANUP(cleanup_free) = path_with(path, "");
	char *slash = strrchr(directory, '/');

	if (!slash)
		return access(".", W_OK) == 0;
	slash[slash == directory] = '\0';
	return access(directory, W_OK) == 0;
}

static void begin_anew(struct import *import)
{
	const struct import_options *options = import->options;

	import->state.identity = import->input.identity;
	import->state.table_id = import->table->table_id;
	import->state.table_name = import->table->table_name;
	import->state.format = import->input.is_export ? PORT_S3 : options->format;
	import->state.delimiter = options->delimiter;
	import->state.infer = options->infer;
	import->state.position.line = 1;
	if (options->rejects)
		import->state.rejects_path = slice_from_string(options->rejects);
	else if (import->keeps_state) /* the state's arena keeps the path */
		import->state.rejects_path =
			arena_printf(&import->state.arena, "%s.rejects", import->input.path);
}

static int begin_rejects(struct import *import, struct error *err)
{
	const struct import_state *state = &import->state;

	rejects_init(&import->rejects, state->rejects_path.data,
		import->options->quiet ? 0 : REASONS_SHOWN);
	if (import->resumed)
		return rejects_resume(&import->rejects, state->rejects_bytes, state->reasons_bytes,
			state->rejected, err);
	return rejects_begin(&import->rejects, err);
}

static int prepare(struct import *import, struct client *client, struct error *err)
{
	const struct import_options *options = import->options;
	const struct writer_options writer = {
		.client = client,
		.key = &import->table->key,
		.parse = parse,
		.settle = settle,
		.tick = tick,
		.context = import,
	};

	TRY(input_find(options->input, &import->input, err));
	import->state_path = path_with(import->input.path, ".dynamount-import");
	import->keeps_state = import->input.can_resume && can_write_beside(import->input.path);
	if (import->keeps_state)
		TRY(find_state(import, err));
	if (!import->resumed)
		begin_anew(import);
	TRY(begin_rejects(import, err));
	TRY(save_state(import, err));
	import->writer = writer_new(&writer);
	return 0;
}

/* The input is done with, or cannot be read on. */
static int forget_state(struct import *import, struct error *err)
{
	TRY(rejects_write(&import->rejects, false, err));
	if (import->keeps_state)
		TRY(file_remove(import->state_path, err));
	import->keeps_state = false;
	return 0;
}

/* Nothing more is read: r tells why. */
static int finish(struct import *import, int r, struct error *fault, struct error *err)
{
	struct error lost CLEANUP(error_release) = ERROR_INIT;
	int stored;

	if (r == READ_STOPPED)
		writer_drain(import->writer);
	else
		writer_finish(import->writer);
	progress_clear(&import->progress);
	stored = import->failure.class != ERROR_NONE ? error_move(err, &import->failure)
						     : writer_status(import->writer, err);
	if (stored == 0 && r != READ_STOPPED) {
		TRY(forget_state(import, err));
		return r < 0 ? error_move(err, fault) : 0;
	}
	if (save_state(import, &lost) < 0)
		return error_keep_first(err, &lost);
	return stored;
}

void import_totals_release(struct import_totals *totals)
{
	buf_release(&totals->rejects_path);
}

static void tell_totals(struct import *import, int r, struct import_totals *ret)
{
	ret->begun = true;
	ret->imported = import->state.imported;
	ret->rejected = import->rejects.count;
	ret->interrupted = r == READ_STOPPED && interrupt_pending();
	ret->can_resume = import->keeps_state;
	if (import->rejects.path)
		buf_append_string(&ret->rejects_path, import->rejects.path);
}

int import_run(struct client *client, const struct table_facts *table,
	const struct import_options *options, struct import_totals *ret, struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	struct import import CLEANUP(import_release) = {
		.options = options,
		.table = table,
		.lock = -1,
		.rejects = { .fd = -1, .reasons_fd = -1 },
		.failure = ERROR_INIT,
	};
	int read, r;

	TRY(prepare(&import, client, err));
	read = read_parts(&import, &fault);
	r = finish(&import, read, &fault, err);
	tell_totals(&import, read, ret);
	return r;
}
