#include "api/import.h"

#include "api/import_reader.h"
#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>

#define BATCH_ITEMS 4096
#define BATCH_BYTES (4u << 20)
/* What waits for throughput looks so often whether there is more of it. */
#define LOOK_NS 1000000000LL

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
	bool has_caller;
	struct request_caller caller;
	importer_reject *reject;
	void *reject_context;

	/* The reading side, one caller at a time. */
	struct import_reader reader;
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

static void reject_line(void *context, uint64_t line, const struct error *err)
{
	struct importer *importer = context;

	pthread_mutex_lock(&importer->mutex);
	importer->report.rejected++;
	importer->reject(importer->reject_context, line, err);
	pthread_mutex_unlock(&importer->mutex);
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

/* Whether the table's throughput did not allow it, which it may later. */
static bool is_refusal(const struct error *err)
{
	return err->class == ERROR_THROUGHPUT_EXCEEDED || err->class == ERROR_THROTTLED;
}

/* Tells of those that were rejected, and leaves those in the batch that may be
 * tried again. */
static void take_errors(struct importer *importer, struct batch *batch, struct error *item_errors)
{
	size_t count = batch->count;

	batch->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_refusal(&item_errors[i])) {
			batch->writes[batch->count] = batch->writes[i];
			batch->lines[batch->count++] = batch->lines[i];
		} else if (item_errors[i].class != ERROR_NONE) {
			reject_line(importer, batch->lines[i], &item_errors[i]);
		}
		error_release(&item_errors[i]);
	}
}

/* Writes what its throughput allows, and leaves the rest in the batch. *ret_wait_ns
 * is for how long then. */
static void try_batch(struct importer *importer, struct batch *batch, int64_t *ret_wait_ns)
{
	struct error *item_errors = memory_new_zero(batch->count * sizeof(*item_errors));
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct arena_mark mark = arena_mark(&batch->arena);
	struct write_items_input input = {
		.writes = batch->writes,
		.count = batch->count,
		.item_errors = item_errors,
	};
	struct write_items_output output = { 0 };
	struct request request = {
		.operation = OPERATION_LOCAL_WRITE_ITEMS,
		.door = DOOR_MOUNT,
		.caller = importer->has_caller ? &importer->caller : NULL,
		.arena = &batch->arena,
		.input = &input,
		.output = &output,
	};
	int r = engine_run(importer->engine, &request, &err);

	*ret_wait_ns = request.wait_ns;
	take_errors(importer, batch, item_errors);
	arena_reset(&batch->arena, mark);
	free(item_errors);
	pthread_mutex_lock(&importer->mutex);
	importer->report.imported += output.written;
	if (r < 0 && importer->failure.class == ERROR_NONE)
		error_move(&importer->failure, &err);
	pthread_mutex_unlock(&importer->mutex);
}

/* False when nobody waits for the import any more. */
static bool pause_importer(struct importer *importer, int64_t wait_ns)
{
	int64_t until_ns = clock_monotonic_ns() + (wait_ns < LOOK_NS ? wait_ns : LOOK_NS);
	struct timespec until = clock_to_timespec(until_ns);
	bool stopping;

	pthread_mutex_lock(&importer->mutex);
	while (!importer->stopping && clock_monotonic_ns() < until_ns)
		pthread_cond_clockwait(
			&importer->changed, &importer->mutex, CLOCK_MONOTONIC, &until);
	stopping = importer->stopping;
	pthread_mutex_unlock(&importer->mutex);
	return !stopping;
}

static void reject_rest(struct importer *importer, const struct batch *batch)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	error_set(&err, ERROR_THROUGHPUT_EXCEEDED,
		"not imported: the file was closed while this waited for the table's throughput");
	for (size_t i = 0; i < batch->count; i++)
		reject_line(importer, batch->lines[i], &err);
}

static void write_batch(struct importer *importer, struct batch *batch)
{
	int64_t wait_ns;

	do {
		try_batch(importer, batch, &wait_ns);
	} while (batch->count && pause_importer(importer, wait_ns));
	if (batch->count)
		reject_rest(importer, batch);
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

static void take_item(void *context, const struct import_record *record)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct importer *importer = context;
	struct arena_mark mark;
	struct batch *batch;
	struct map *item;

	if (!importer->filling)
		importer->filling = batch_new();
	batch = importer->filling;
	mark = arena_mark(&batch->arena);
	item = arena_alloc(&batch->arena, sizeof(*item));
	if (import_read_item(record->text, &batch->arena, item, &err) < 0) {
		arena_reset(&batch->arena, mark);
		reject_line(importer, record->line, &err);
		return;
	}
	batch->writes[batch->count] = (struct item_write){
		.kind = ITEM_PUT,
		.table_name = importer->table_name,
		.item = item,
	};
	batch->lines[batch->count++] = record->line;
	batch->bytes += record->text.len;
	if (batch->count == BATCH_ITEMS || batch->bytes >= BATCH_BYTES)
		submit(importer);
}

void importer_feed(struct importer *importer, struct slice piece)
{
	import_reader_feed(&importer->reader, piece);
}

void importer_finish_line(struct importer *importer, bool last)
{
	import_reader_finish(&importer->reader, last);
	submit(importer);
}

struct importer *importer_new(struct engine *engine, struct slice table_name,
	const struct request_caller *caller, importer_reject *reject, void *context)
{
	struct importer *importer = memory_new_zero(sizeof(*importer));

	importer->engine = engine;
	importer->table_name =
		slice_of(memory_copy_string(table_name.data, table_name.len), table_name.len);
	importer->has_caller = caller;
	if (caller)
		importer->caller = *caller;
	importer->reject = reject;
	importer->reject_context = context;
	import_reader_init(&importer->reader, NULL, take_item, reject_line, importer);
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
	import_reader_release(&importer->reader);
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
