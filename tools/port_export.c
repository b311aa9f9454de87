#include "port_export.h"

#include "base/clock.h"
#include "base/memory.h"
#include "model/plain.h"
#include "model/typed.h"
#include "port_file.h"
#include "port_interrupt.h"
#include "port_manifest.h"
#include "port_progress.h"
#include "port_scan.h"
#include "port_state.h"
#include "port_target.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define SAVE_NS 1000000000LL

struct export
{
	const struct export_options *options;
	const struct table_facts *table;
	struct arena arena;
	struct scan scan;
	struct progress progress;
	bool gathering; /* the first of two passes is under way */
	char *path, *part_path, *state_path; /* NULL: standard output */
	struct port_columns columns; /* of CSV */

	pthread_mutex_t mutex; /* of what follows, while the scan runs */
	struct column_set set;
	struct target *targets; /* as the state's files */
	struct export_state state;
	int64_t saved_ns;
	uint64_t items; /* of the pass */
	bool closed; /* the reader of standard output is gone */
};

/* State */

static int save_state_locked(struct export *export, struct error *err)
{
	struct export_state *state = &export->state;

	export->saved_ns = clock_monotonic_ns();
	for (size_t i = 0; i < state->segment_count; i++) {
		const struct scan_segment *segment = &export->scan.segments[i];

		state->segments[i] = (struct export_segment_state){ segment->done,
			segment->position, segment->items };
	}
	for (size_t i = 0; i < state->file_count; i++) {
		TRY(target_sync(&export->targets[i], err));
		state->files[i].bytes = export->targets[i].bytes;
		state->files[i].items = export->targets[i].items;
	}
	return export_state_write(export->state_path, state, err);
}

static int save_if_due_locked(struct export *export, struct error *err)
{
	if (!export->state_path || clock_monotonic_ns() - export->saved_ns < SAVE_NS)
		return 0;
	return save_state_locked(export, err);
}

/* Items as text */

/* Returns how many values are lost. */
static size_t append_item(const struct export *export, const struct map *item, struct buf *buf)
{
	switch (export->state.format) {
	case PORT_CSV:
		return columns_append_item(&export->columns, item, buf);
	case PORT_TYPED:
		typed_append_map(buf, item);
		buf_append_char(buf, '\n');
		break;
	case PORT_S3:
		buf_append_string(buf, "{\"Item\":");
		typed_append_map(buf, item);
		buf_append_string(buf, "}\n");
		break;
	case PORT_ANY:
	case PORT_JSON:
	case PORT_FORMAT_COUNT:
		plain_append_line(buf, item);
		break;
	}
	return 0;
}

/* As it goes into the file. */
static void compress(const struct export *export, struct buf *text)
{
	struct buf gzip = BUF_INIT;

	if (!export->state.gzip || !text->len)
		return;
	gzip_append(&gzip, buf_slice(text));
	buf_release(text);
	*text = gzip;
}

static int write_page_locked(struct export *export, struct scan_segment *segment,
	const struct query_output *page, struct slice text, struct error *err)
{
	size_t file = segment->number < export->state.file_count ? segment->number : 0;
	int r = target_append(&export->targets[file], text, page->items.count, err);

	if (r == TARGET_CLOSED) {
		export->closed = true;
		return SCAN_STOPPED;
	}
	TRY(r);
	segment->items += page->items.count;
	scan_advance(segment, page->last_evaluated_key);
	export->items += page->items.count;
	return save_if_due_locked(export, err);
}

static int write_page(void *context, struct scan_segment *segment, const struct query_output *page,
	struct error *err)
{
	struct export *export = context;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	const struct map *items = page->items.items;
	size_t lost = 0;
	int r;

	for (size_t i = 0; i < page->items.count; i++)
		lost += append_item(export, &items[i], &text);
	compress(export, &text);
	pthread_mutex_lock(&export->mutex);
	export->state.lost += lost;
	r = write_page_locked(export, segment, page, buf_slice(&text), err);
	pthread_mutex_unlock(&export->mutex);
	return r;
}

static int tick(void *context)
{
	struct export *export = context;
	uint64_t total =
		export->table->item_count.present ? (uint64_t) export->table->item_count.value : 0;
	bool two_passes = export->state.gathered;
	uint64_t items, done;

	pthread_mutex_lock(&export->mutex);
	items = export->items;
	pthread_mutex_unlock(&export->mutex);
	done = two_passes && !export->gathering ? total + items : items;
	progress_show(&export->progress, items, done, two_passes ? 2 * total : total);
	return interrupt_pending() ? SCAN_STOPPED : 0;
}

/* Columns of CSV */

static int gather_page(void *context, struct scan_segment *segment, const struct query_output *page,
	struct error *err)
{
	struct export *export = context;
	struct column_set set CLEANUP(column_set_release) = { 0 };
	const struct map *items = page->items.items;

	(void)err;
	for (size_t i = 0; i < page->items.count; i++)
		column_set_add_item(&set, &items[i]);
	scan_advance(segment, page->last_evaluated_key);
	pthread_mutex_lock(&export->mutex);
	column_set_merge(&export->set, &set);
	export->items += page->items.count;
	pthread_mutex_unlock(&export->mutex);
	return 0;
}

/* Reads all of the table for its columns: 0, or SCAN_STOPPED. */
static int gather_columns(struct export *export, struct error *err)
{
	struct buf header CLEANUP(buf_release) = BUF_INIT;
	int r;

	export->state.gathered = true;
	export->gathering = true;
	TRY(r = scan_run(&export->scan, gather_page, tick, export, err));
	if (r == SCAN_STOPPED)
		return r;
	export->gathering = false;
	export->items = 0;
	scan_rewind(&export->scan);
	columns_from_set(&export->columns, &export->table->key, &export->set, &export->arena);
	columns_append_header(&export->columns, &header);
	header.len--; /* its line end */
	export->state.header = arena_copy(&export->arena, buf_slice(&header));
	return 0;
}

/* Finds the columns of CSV: 0, or SCAN_STOPPED. */
static int find_columns(struct export *export, struct error *err)
{
	struct export_state *state = &export->state;

	export->columns.delimiter = state->delimiter;
	if (state->format != PORT_CSV)
		return 0;
	if (!slice_present(state->header))
		return gather_columns(export, err);
	TRY(columns_read_names(&export->columns, state->header, &export->arena, err));
	if (state->gathered)
		columns_complete(&export->columns, &export->table->key);
	return 0;
}

/* Files */

static const char *file_path(struct export *export, size_t file)
{
	struct slice name = export->state.files[file].name;

	if (!slice_present(name))
		return export->part_path;
	return arena_printf(&export->arena, "%s/data/%.*s", export->part_path, SLICE_ARG(name))
		.data;
}

static int write_header(struct export *export, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (export->state.format != PORT_CSV)
		return 0;
	columns_append_header(&export->columns, &text);
	compress(export, &text);
	return target_append(&export->targets[0], buf_slice(&text), 0, err);
}

static int make_directories(struct export *export, struct error *err)
{
	struct slice data = arena_printf(&export->arena, "%s/data", export->part_path);

	if ((mkdir(export->part_path, 0777) < 0 && errno != EEXIST) ||
		(mkdir(data.data, 0777) < 0 && errno != EEXIST))
		return error_set_errno(err, errno, "Making %s", data.data);
	/* Of an export that was interrupted before. */
	return files_remove(data.data, SLICE(EXPORT_DATA_ENDING), err);
}

static int create_targets(struct export *export, struct error *err)
{
	struct export_state *state = &export->state;

	if (state->format == PORT_S3)
		TRY(make_directories(export, err));
	for (size_t i = 0; i < state->file_count; i++)
		TRY(target_create(&export->targets[i], file_path(export, i), err));
	return write_header(export, err);
}

static int reopen_targets(struct export *export, struct error *err)
{
	const struct export_state *state = &export->state;

	for (size_t i = 0; i < state->file_count; i++)
		TRY(target_reopen(&export->targets[i], file_path(export, i), state->files[i].bytes,
			state->files[i].items, err));
	return 0;
}

/* Beginning */

static int check_state(struct export *export, const struct export_state *found, struct error *err)
{
	if (slice_equal(found->table_id, export->table->table_id))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"the interrupted export to %s was of another table%s%.*s: --restart begins again",
		export->path,
		slice_equal(found->table_name, export->table->table_name) ? " " : ", ",
		SLICE_ARG(found->table_name));
}

static void take_state(struct export *export, const struct export_state *found)
{
	export->state = *found;
	scan_init(&export->scan, export->scan.client, (unsigned)found->segment_count);
	for (size_t i = 0; i < found->segment_count; i++) {
		struct scan_segment *segment = &export->scan.segments[i];

		if (found->segments[i].done || found->segments[i].position)
			scan_advance(segment, found->segments[i].position);
		segment->items = found->segments[i].items;
		export->items += segment->items;
	}
}

#define EXPORT_RESUMED 1
/* Looks for the state of an interrupted export: 0, or EXPORT_RESUMED. */
static int find_state(struct export *export, struct error *err)
{
	const struct export_options *options = export->options;
	struct export_state found;
	int r;

	if (!export->state_path || options->restart)
		return 0;
	TRY(r = export_state_read(export->state_path, &found, err));
	if (r == STATE_ABSENT)
		return 0;
	r = options->resume ? check_state(export, &found, err)
			    : error_set(err, ERROR_VALIDATION,
				      "an export to %s was interrupted: --resume goes on with it, "
				      "--restart begins again",
				      export->path);
	if (r < 0) {
		arena_release(&found.arena);
		return -1;
	}
	take_state(export, &found);
	return EXPORT_RESUMED;
}

static int begin_files(struct export *export, struct error *err)
{
	struct export_state *state = &export->state;
	bool many = state->format == PORT_S3;

	state->file_count = many ? state->segment_count : 1;
	state->files = arena_alloc_array(&state->arena, state->file_count, sizeof(*state->files));
	for (size_t i = 0; many && i < state->file_count; i++) {
		struct buf name CLEANUP(buf_release) = BUF_INIT;

		TRY(export_append_name(&name, err));
		state->files[i].name = arena_copy(&state->arena, buf_slice(&name));
	}
	return 0;
}

static int begin_anew(struct export *export, struct error *err)
{
	const struct export_options *options = export->options;
	struct export_state *state = &export->state;
	struct buf id CLEANUP(buf_release) = BUF_INIT;

	scan_init(&export->scan, export->scan.client, options->segments);
	state->table_id = export->table->table_id;
	state->table_name = export->table->table_name;
	state->format = options->format;
	state->delimiter = options->delimiter;
	state->gzip = options->gzip || options->format == PORT_S3;
	state->header = slice_from_string(options->columns);
	state->start_ns = clock_realtime_ns();
	TRY(export_append_id(&id, state->start_ns, err));
	state->export_id = arena_copy(&state->arena, buf_slice(&id));
	state->segment_count = options->segments;
	state->segments =
		arena_alloc_array(&state->arena, state->segment_count, sizeof(*state->segments));
	return begin_files(export, err);
}

/* Refuses to replace what is there, unless told to. */
static int check_output(struct export *export, struct error *err)
{
	struct stat st;

	if (!export->path || lstat(export->path, &st) < 0)
		return 0;
	if (export->options->format == PORT_S3) {
		if (S_ISDIR(st.st_mode) && rmdir(export->path) == 0)
			return 0;
		return error_set(err, ERROR_VALIDATION,
			"%s is there already: an export needs a new directory", export->path);
	}
	if (S_ISDIR(st.st_mode))
		return error_set(err, ERROR_VALIDATION,
			"%s is a directory: only --format=s3 writes one", export->path);
	if (!export->options->force)
		return error_set(err, ERROR_VALIDATION, "%s is there already: --force replaces it",
			export->path);
	return 0;
}

static void make_targets(struct export *export)
{
	size_t count = export->state.file_count;

	export->targets = memory_new_zero(count * sizeof(*export->targets));
	for (size_t i = 0; i < count; i++)
		export->targets[i].fd = -1;
}

/* 0, or SCAN_STOPPED. */
static int prepare(struct export *export, struct error *err)
{
	int resumed, r;

	TRY(check_output(export, err));
	TRY(resumed = find_state(export, err));
	if (resumed != EXPORT_RESUMED)
		TRY(begin_anew(export, err));
	progress_begin(&export->progress, export->options->quiet, export->items, export->items);
	make_targets(export);
	TRY(r = find_columns(export, err));
	if (r == SCAN_STOPPED)
		return r;
	TRY((resumed == EXPORT_RESUMED ? reopen_targets : create_targets)(export, err));
	return export->state_path ? save_state_locked(export, err) : 0;
}

/* Ending */

static int write_manifest(struct export *export, struct error *err)
{
	const struct export_state *state = &export->state;
	struct manifest manifest = { .count = state->file_count };
	const struct export_summary summary = {
		.table_arn = export->table->table_arn,
		.table_id = export->table->table_id,
		.export_id = state->export_id,
		.start_ns = state->start_ns,
		.export_ns = state->start_ns,
		.end_ns = clock_realtime_ns(),
		.items = export->items,
		.bytes = (uint64_t) export->table->table_size_bytes.value,
	};

	manifest.files = arena_alloc_array(&export->arena, manifest.count, sizeof(*manifest.files));
	for (size_t i = 0; i < manifest.count; i++) {
		struct manifest_file *file = &manifest.files[i];

		file->key = arena_printf(&export->arena, "AWSDynamoDB/%.*s/data/%.*s",
			SLICE_ARG(state->export_id), SLICE_ARG(state->files[i].name));
		file->items = export->targets[i].items;
		TRY(target_md5(&export->targets[i], file->md5, err));
	}
	return manifest_write(export->part_path, &manifest, &summary, err);
}

/* An empty table's data is whole gzip files too. */
static int complete_targets(struct export *export, struct error *err)
{
	for (size_t i = 0; i < export->state.file_count; i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		if (export->state.gzip && !export->targets[i].bytes) {
			gzip_append(&text, SLICE(""));
			TRY(target_append(&export->targets[i], buf_slice(&text), 0, err));
		}
		TRY(target_sync(&export->targets[i], err));
	}
	return 0;
}

/* Everything is written: it gets its name. */
static int complete(struct export *export, struct error *err)
{
	TRY(complete_targets(export, err));
	if (!export->path)
		return 0;
	if (export->state.format == PORT_S3)
		TRY(write_manifest(export, err));
	TRY(file_rename(export->part_path, export->path, err));
	TRY(file_remove(export->state_path, err));
	free(export->state_path);
	export->state_path = NULL;
	return 0;
}

/* The state is of use only once there are files. */
static bool keeps_state(const struct export *export)
{
	return export->state_path && export->saved_ns;
}

static int finish(struct export *export, int r, struct error *err)
{
	struct error lost CLEANUP(error_release) = ERROR_INIT;

	progress_clear(&export->progress);
	if (r == 0)
		return complete(export, err);
	if (keeps_state(export) && save_state_locked(export, &lost) < 0)
		return error_keep_first(err, &lost);
	return r < 0 ? -1 : 0;
}

static int export_all(struct export *export, struct error *err)
{
	int r = prepare(export, err);

	if (r == 0)
		r = scan_run(&export->scan, write_page, tick, export, err);
	return r;
}

static void export_release(struct export *export)
{
	for (size_t i = 0; export->targets && i < export->state.file_count; i++)
		target_release(&export->targets[i]);
	free(export->targets);
	scan_release(&export->scan);
	column_set_release(&export->set);
	arena_release(&export->state.arena);
	arena_release(&export->arena);
	pthread_mutex_destroy(&export->mutex);
	free(export->path);
	free(export->part_path);
	free(export->state_path);
}

static void tell_totals(struct export *export, int r, struct export_totals *ret)
{
	*ret = (struct export_totals){
		.begun = true,
		.interrupted = r == SCAN_STOPPED && !export->closed,
		.can_resume = keeps_state(export),
		.exported = export->gathering ? 0 : export->items,
		.lost = export->state.gathered ? export->state.lost : 0,
	};
}

int export_run(struct client *client, const struct table_facts *table,
	const struct export_options *options, struct export_totals *ret, struct error *err)
{
	struct export export CLEANUP(export_release) = {
		.options = options,
		.table = table,
		.scan = { .client = client },
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	int done, r;

	if (strcmp(options->output, "-") != 0) {
		export.path = path_with(options->output, "");
		export.part_path = path_with(options->output, ".part");
		export.state_path = path_with(options->output, ".dynamount-export");
	}
	done = export_all(&export, err);
	r = finish(&export, done, err);
	tell_totals(&export, done, ret);
	return r;
}
