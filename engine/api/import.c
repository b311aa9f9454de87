#include "api/import.h"

#include "base/memory.h"
#include "model/json.h"
#include "model/plain.h"
#include "model/typed.h"

#include <pthread.h>

#define BATCH_ITEMS 4096
#define BATCH_BYTES (4u << 20)

enum import_format {
	FORMAT_UNKNOWN,
	FORMAT_LINES,
	FORMAT_ARRAY,
	FORMAT_ARRAY_ENDED,
};

/* Items read and not yet written. */
struct batch {
	struct batch *next;
	struct arena arena;
	struct item_write *writes;
	uint64_t *lines;
	size_t count, bytes;
};

struct importer {
	struct engine *engine;
	struct slice table_name;
	importer_reject *reject;
	void *reject_context;

	/* The reading side, one caller at a time. */
	enum import_format format;
	struct buf pending; /* the line or element that is not whole yet */
	uint64_t line; /* of the next byte */
	uint64_t pending_line; /* that the pending text begins on */
	unsigned depth; /* in an array: of brackets within the element */
	bool in_string, escaped;
	bool has_elements; /* one was taken, so that another must follow a comma */
	struct batch *filling;
	bool started; /* the thread */

	/* Between the two threads. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	pthread_t thread;
	struct batch *first, **last;
	size_t queued; /* batches not yet written, the one at work included */
	bool stopping;
	struct importer_report report;
	struct error failure;
	importer_ready *ready;
	void *ready_context;
	size_t ready_pending;
};

static void reject_line(struct importer *importer, uint64_t line, struct error *err)
{
	pthread_mutex_lock(&importer->mutex);
	importer->report.rejected++;
	importer->reject(importer->reject_context, line, err);
	pthread_mutex_unlock(&importer->mutex);
	error_release(err);
}

/* The writing side. */

static struct batch *batch_new(void)
{
	struct batch *batch = memory_new_zero(sizeof(*batch));

	batch->writes = memory_new(BATCH_ITEMS * sizeof(*batch->writes));
	batch->lines = memory_new(BATCH_ITEMS * sizeof(*batch->lines));
	return batch;
}

static void batch_free(struct batch *batch)
{
	arena_release(&batch->arena);
	free(batch->writes);
	free(batch->lines);
	free(batch);
}

static void write_batch(struct importer *importer, struct batch *batch)
{
	struct error *item_errors = memory_new_zero(batch->count * sizeof(*item_errors));
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct write_items_input input = {
		.writes = batch->writes,
		.count = batch->count,
		.item_errors = item_errors,
	};
	struct write_items_output output = { 0 };
	struct request request = {
		.operation = OPERATION_LOCAL_WRITE_ITEMS,
		.door = DOOR_MOUNT,
		.arena = &batch->arena,
		.input = &input,
		.output = &output,
	};
	int r = engine_run(importer->engine, &request, &err);

	for (size_t i = 0; i < batch->count; i++) {
		if (item_errors[i].class != ERROR_NONE)
			reject_line(importer, batch->lines[i], &item_errors[i]);
	}
	free(item_errors);
	pthread_mutex_lock(&importer->mutex);
	importer->report.imported += output.written;
	if (r < 0 && importer->failure.class == ERROR_NONE)
		error_move(&importer->failure, &err);
	pthread_mutex_unlock(&importer->mutex);
}

/* Hands out the callback that is due, to be called without the lock. */
static importer_ready *take_ready_locked(struct importer *importer, void **ret_context)
{
	importer_ready *ready = importer->ready;

	if (!ready || importer->queued > importer->ready_pending)
		return NULL;
	importer->ready = NULL;
	*ret_context = importer->ready_context;
	return ready;
}

static struct batch *next_batch_locked(struct importer *importer)
{
	struct batch *batch;

	while (!importer->first && !importer->stopping)
		pthread_cond_wait(&importer->changed, &importer->mutex);
	batch = importer->first;
	if (batch) {
		importer->first = batch->next;
		if (!importer->first)
			importer->last = &importer->first;
	}
	return batch;
}

static void *run_writer(void *data)
{
	struct importer *importer = data;
	struct batch *batch;

	pthread_mutex_lock(&importer->mutex);
	while ((batch = next_batch_locked(importer))) {
		bool failed = importer->failure.class != ERROR_NONE;
		importer_ready *ready;
		void *context;

		pthread_mutex_unlock(&importer->mutex);
		if (!failed)
			write_batch(importer, batch);
		batch_free(batch);
		pthread_mutex_lock(&importer->mutex);
		importer->queued--;
		ready = take_ready_locked(importer, &context);
		if (!ready)
			continue;
		pthread_mutex_unlock(&importer->mutex);
		ready(context);
		pthread_mutex_lock(&importer->mutex);
	}
	pthread_mutex_unlock(&importer->mutex);
	return NULL;
}

/* The first batch starts the thread: many files are opened and never written. */
static bool start_writer(struct importer *importer)
{
	int r;

	if (importer->started)
		return true;
	r = pthread_create(&importer->thread, NULL, run_writer, importer);
	importer->started = r == 0;
	pthread_mutex_lock(&importer->mutex);
	if (r && importer->failure.class == ERROR_NONE)
		error_set_errno(&importer->failure, r, "Starting to import");
	pthread_mutex_unlock(&importer->mutex);
	return importer->started;
}

static void submit(struct importer *importer)
{
	struct batch *batch = importer->filling;

	importer->filling = NULL;
	if (!batch)
		return;
	if (!start_writer(importer)) {
		batch_free(batch);
		return;
	}
	pthread_mutex_lock(&importer->mutex);
	*importer->last = batch;
	importer->last = &batch->next;
	importer->queued++;
	pthread_cond_signal(&importer->changed);
	pthread_mutex_unlock(&importer->mutex);
}

/* The reading side. */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice skip_blanks(struct slice text)
{
	while (text.len && is_blank(text.data[0]))
		text = slice_skip(text, 1);
	return text;
}

/* An S3 export's line: one member, Item, that is typed. */
static const json_t *exported_item(const struct json_document *document)
{
	const json_t *item = json_object_get(document->root, "Item");

	if (json_object_size(document->root) != 1 || !json_is_object(item))
		return NULL;
	return item;
}

static int read_exported(const struct json_document *document, const json_t *item,
	struct arena *arena, struct map *ret)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	return typed_read_map(document, item, arena, ret, &err);
}

static int read_item(struct slice text, struct arena *arena, struct map *ret, struct error *err)
{
	if (slice_starts_with(skip_blanks(text), SLICE("{\"Item\":"))) {
		struct json_document document CLEANUP(json_document_release) = { 0 };
		const json_t *item;

		TRY(json_parse(text, &document, err));
		item = exported_item(&document);
		if (item && read_exported(&document, item, arena, ret) == 0)
			return 0;
	}
	return plain_read_item(text, arena, ret, err);
}

static void take_item(struct importer *importer, struct slice text, uint64_t line)
{
	struct error err = ERROR_INIT;
	struct arena_mark mark;
	struct batch *batch;
	struct map *item;

	if (!importer->filling)
		importer->filling = batch_new();
	batch = importer->filling;
	mark = arena_mark(&batch->arena);
	item = arena_alloc(&batch->arena, sizeof(*item));
	if (read_item(text, &batch->arena, item, &err) < 0) {
		arena_reset(&batch->arena, mark);
		reject_line(importer, line, &err);
		return;
	}
	batch->writes[batch->count] = (struct item_write){
		.kind = ITEM_PUT,
		.table_name = importer->table_name,
		.item = item,
	};
	batch->lines[batch->count++] = line;
	batch->bytes += text.len;
	if (batch->count == BATCH_ITEMS || batch->bytes >= BATCH_BYTES)
		submit(importer);
}

static void take_text(struct importer *importer, struct slice text, uint64_t line)
{
	if (skip_blanks(text).len)
		take_item(importer, text, line);
}

/* Keeps what is not whole yet, but no more than an item can be: the rest of an
 * over-long line is dropped and the line refused for its size. */
static void keep(struct importer *importer, struct slice text)
{
	if (importer->pending.len > JSON_TEXT_MAX)
		return;
	if (!importer->pending.len)
		importer->pending_line = importer->line;
	buf_append_slice(&importer->pending, text);
}

static void take_pending(struct importer *importer)
{
	take_text(importer, buf_slice(&importer->pending), importer->pending_line);
	buf_clear(&importer->pending);
}

static void feed_lines(struct importer *importer, struct slice piece)
{
	const char *end;

	while ((end = memchr(piece.data, '\n', piece.len))) {
		struct slice line = slice_of(piece.data, (size_t)(end - piece.data));

		if (importer->pending.len) {
			keep(importer, line);
			take_pending(importer);
		} else {
			take_text(importer, line, importer->line);
		}
		importer->line++;
		piece = slice_skip(piece, line.len + 1);
		if (!piece.len)
			return;
	}
	keep(importer, piece);
}

/* Follows one byte of an array; true when it ends an element. */
static bool ends_element(struct importer *importer, char c)
{
	if (importer->in_string) {
		if (importer->escaped)
			importer->escaped = false;
		else if (c == '\\')
			importer->escaped = true;
		else if (c == '"')
			importer->in_string = false;
		return false;
	}
	if (c == '"')
		importer->in_string = true;
	else if (c == '{' || c == '[')
		importer->depth++;
	else if (importer->depth && (c == '}' || c == ']'))
		importer->depth--;
	else if (!importer->depth && c == ']')
		importer->format = FORMAT_ARRAY_ENDED;
	return !importer->depth && (c == ',' || importer->format == FORMAT_ARRAY_ENDED);
}

static void reject_text(struct importer *importer, uint64_t line, const char *message)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_VALIDATION, "%s", message);
	reject_line(importer, line, &err);
}

/* Takes the element that a comma or the end of the array ends. */
static void take_element(struct importer *importer)
{
	bool ended = importer->format == FORMAT_ARRAY_ENDED;

	if (importer->pending.len)
		take_pending(importer);
	else if (!ended)
		reject_text(importer, importer->line, "a value is missing before ','");
	else if (importer->has_elements)
		reject_text(importer, importer->line, "a value is missing between ',' and ']'");
	importer->has_elements = true;
}

static void feed_array(struct importer *importer, struct slice piece)
{
	for (size_t i = 0; i < piece.len; i++) {
		char c = piece.data[i];

		if (importer->format == FORMAT_ARRAY && ends_element(importer, c))
			take_element(importer);
		else if (importer->pending.len || !is_blank(c))
			keep(importer, slice_of(&c, 1));
		importer->line += c == '\n';
	}
}

/* The first byte that is not blank tells. Blanks before it belong to its line. */
static struct slice detect_format(struct importer *importer, struct slice piece)
{
	while (piece.len && is_blank(piece.data[0])) {
		if (piece.data[0] == '\n') {
			buf_clear(&importer->pending);
			importer->line++;
		} else {
			keep(importer, slice_of(piece.data, 1));
		}
		piece = slice_skip(piece, 1);
	}
	if (!piece.len)
		return piece;
	importer->format = piece.data[0] == '[' ? FORMAT_ARRAY : FORMAT_LINES;
	if (importer->format == FORMAT_LINES)
		return piece;
	buf_clear(&importer->pending);
	return slice_skip(piece, 1);
}

void importer_feed(struct importer *importer, struct slice piece)
{
	if (importer->format == FORMAT_UNKNOWN)
		piece = detect_format(importer, piece);
	if (!piece.len)
		return;
	if (importer->format == FORMAT_LINES)
		feed_lines(importer, piece);
	else
		feed_array(importer, piece);
}

static bool is_whole(struct slice text)
{
	struct json_scanner scanner CLEANUP(json_scanner_release);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	json_scanner_init(&scanner);
	return json_scanner_feed(&scanner, text, &err) == JSON_COMPLETE;
}

void importer_finish_line(struct importer *importer, bool last)
{
	bool ended = importer->format == FORMAT_ARRAY_ENDED;

	if (last && ended && importer->pending.len) {
		reject_text(importer, importer->pending_line, "the array has ended before this");
		buf_clear(&importer->pending);
	}
	if (importer->pending.len && (last || (importer->format == FORMAT_LINES &&
						      is_whole(buf_slice(&importer->pending)))))
		take_pending(importer);
	if (last && importer->format == FORMAT_ARRAY) {
		reject_text(
			importer, importer->line, "the text ends inside the array: ']' is missing");
		importer->format = FORMAT_ARRAY_ENDED;
	}
	submit(importer);
}

struct importer *importer_new(
	struct engine *engine, struct slice table_name, importer_reject *reject, void *context)
{
	struct importer *importer = memory_new_zero(sizeof(*importer));

	importer->engine = engine;
	importer->table_name =
		slice_of(memory_copy_string(table_name.data, table_name.len), table_name.len);
	importer->reject = reject;
	importer->reject_context = context;
	importer->line = 1;
	importer->last = &importer->first;
	importer->failure = ERROR_INIT;
	pthread_mutex_init(&importer->mutex, NULL);
	pthread_cond_init(&importer->changed, NULL);
	return importer;
}

void importer_free(struct importer *importer)
{
	submit(importer);
	pthread_mutex_lock(&importer->mutex);
	importer->stopping = true;
	pthread_cond_signal(&importer->changed);
	pthread_mutex_unlock(&importer->mutex);
	if (importer->started)
		pthread_join(importer->thread, NULL);
	pthread_cond_destroy(&importer->changed);
	pthread_mutex_destroy(&importer->mutex);
	buf_release(&importer->pending);
	error_release(&importer->failure);
	free((char *)importer->table_name.data);
	free(importer);
}

void importer_wait(struct importer *importer, size_t pending, importer_ready *ready, void *context)
{
	importer_ready *due;

	pthread_mutex_lock(&importer->mutex);
	importer->ready = ready;
	importer->ready_context = context;
	importer->ready_pending = pending;
	due = take_ready_locked(importer, &context);
	pthread_mutex_unlock(&importer->mutex);
	if (due)
		due(context);
}

size_t importer_pending(struct importer *importer)
{
	size_t pending;

	pthread_mutex_lock(&importer->mutex);
	pending = importer->queued;
	pthread_mutex_unlock(&importer->mutex);
	return pending;
}

int importer_report(struct importer *importer, struct importer_report *ret, struct error *err)
{
	int r = 0;

	pthread_mutex_lock(&importer->mutex);
	*ret = importer->report;
	if (importer->failure.class != ERROR_NONE)
		r = error_set(err, importer->failure.class, "%s", importer->failure.message);
	pthread_mutex_unlock(&importer->mutex);
	return r;
}
