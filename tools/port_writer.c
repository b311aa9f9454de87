#include "port_writer.h"

#include "base/hash.h"
#include "base/memory.h"
#include "model/item.h"
#include "port_send.h"

#include <pthread.h>
#include <time.h>

#define LOCAL_ITEMS    4096
#define LOCAL_THREADS  1
#define REMOTE_THREADS 8
#define BATCH_BYTES    (4u << 20)
#define REFUSED_MAX    1024 /* entries without an item that a batch may hold */
#define TICK_NS        100000000

struct writer {
	struct writer_options options;
	bool is_local;
	size_t batch_items, thread_count, under_way_max;
	struct port_batch *filling;
	pthread_t *threads;
	size_t started;

	struct retry_control control; /* its mutex is that of what follows */
	pthread_cond_t done; /* a batch is */
	pthread_cond_t queued; /* or stopping */
	struct port_batch *first, **last; /* all that are under way, in order */
	struct port_batch *next; /* the first that no thread has taken */
	size_t under_way;
	bool stopping;
	struct error failure;
};

/* Batches */

static void batch_free(struct port_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		error_release(&batch->entries[i].err);
	error_release(&batch->failure);
	arena_release(&batch->arena);
	free(batch->entries);
	free(batch);
}

static struct port_entry *batch_add(struct port_batch *batch)
{
	if (batch->count == batch->capacity) {
		batch->capacity = batch->capacity ? 2 * batch->capacity : 32;
		batch->entries =
			memory_resize(batch->entries, batch->capacity * sizeof(*batch->entries));
	}
	batch->entries[batch->count] = (struct port_entry){ .err = ERROR_INIT };
	return &batch->entries[batch->count++];
}

static bool batch_has_key(const struct port_batch *batch, uint64_t key_hash)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->entries[i].item && batch->entries[i].key_hash == key_hash)
			return true;
	}
	return false;
}

/* The threads that send */

static struct port_batch *next_batch_locked(struct writer *writer)
{
	struct port_batch *batch;

	while (!writer->next && !writer->stopping)
		pthread_cond_wait(&writer->queued, &writer->control.mutex);
	batch = writer->next;
	if (batch)
		writer->next = batch->next;
	return batch;
}

static void *run_sender(void *data)
{
	struct writer *writer = data;
	struct port_batch *batch;

	pthread_mutex_lock(&writer->control.mutex);
	while ((batch = next_batch_locked(writer)) && !writer->stopping) {
		bool failed = writer->failure.class != ERROR_NONE;

		pthread_mutex_unlock(&writer->control.mutex);
		if (!failed)
			send_batch(&writer->control, writer->options.client, writer->options.key,
				batch);
		pthread_mutex_lock(&writer->control.mutex);
		if (batch->failure.class != ERROR_NONE && writer->failure.class == ERROR_NONE)
			error_set(&writer->failure, batch->failure.class, "%s",
				batch->failure.message);
		batch->done = true;
		pthread_cond_signal(&writer->done);
	}
	pthread_mutex_unlock(&writer->control.mutex);
	return NULL;
}

static void start_threads(struct writer *writer)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int r = 0;

	while (writer->started < writer->thread_count && r == 0) {
		r = pthread_create(&writer->threads[writer->started], NULL, run_sender, writer);
		writer->started += r == 0;
	}
	if (!writer->started)
		error_set_errno(&writer->failure, r, "Starting a thread");
}

struct writer *writer_new(const struct writer_options *options)
{
	struct writer *writer = memory_new_zero(sizeof(*writer));

	writer->options = *options;
	writer->is_local = client_is_local(options->client);
	writer->batch_items = writer->is_local ? LOCAL_ITEMS : SEND_REMOTE_ITEMS;
	writer->thread_count = writer->is_local ? LOCAL_THREADS : REMOTE_THREADS;
	writer->under_way_max = 2 * writer->thread_count;
	writer->threads = memory_new(writer->thread_count * sizeof(*writer->threads));
	writer->last = &writer->first;
	writer->failure = ERROR_INIT;
	retry_control_init(&writer->control);
	pthread_cond_init(&writer->done, NULL);
	pthread_cond_init(&writer->queued, NULL);
	start_threads(writer);
	return writer;
}

void writer_free(struct writer *writer)
{
	writer_hurry(writer);
	pthread_mutex_lock(&writer->control.mutex);
	writer->stopping = true;
	pthread_cond_broadcast(&writer->queued);
	pthread_mutex_unlock(&writer->control.mutex);
	for (size_t i = 0; i < writer->started; i++)
		pthread_join(writer->threads[i], NULL);
	while (writer->first) {
		struct port_batch *batch = writer->first;

		writer->first = batch->next;
		batch_free(batch);
	}
	if (writer->filling)
		batch_free(writer->filling);
	pthread_cond_destroy(&writer->queued);
	pthread_cond_destroy(&writer->done);
	retry_control_release(&writer->control);
	error_release(&writer->failure);
	free(writer->threads);
	free(writer);
}

void writer_freep(struct writer **writer)
{
	if (*writer)
		writer_free(*writer);
}

/* Settling */

/* Takes out the first batch when it is stored. */
static struct port_batch *take_done_locked(struct writer *writer)
{
	struct port_batch *batch = writer->first;

	if (!batch || !batch->done || writer->failure.class != ERROR_NONE)
		return NULL;
	writer->first = batch->next;
	if (!writer->first)
		writer->last = &writer->first;
	writer->under_way--;
	return batch;
}

void writer_poll(struct writer *writer)
{
	for (;;) {
		struct port_batch *batch;

		pthread_mutex_lock(&writer->control.mutex);
		batch = take_done_locked(writer);
		pthread_mutex_unlock(&writer->control.mutex);
		if (!batch)
			return;
		writer->options.settle(writer->options.context, batch);
		batch_free(batch);
	}
}

static void wait_a_tick_locked(struct writer *writer)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&writer->done, &writer->control.mutex, &until);
}

/* Waits until at most so many batches are under way, or it has failed. */
static void wait_for(struct writer *writer, size_t under_way)
{
	for (;;) {
		bool waits;

		writer_poll(writer);
		pthread_mutex_lock(&writer->control.mutex);
		waits = writer->under_way > under_way && writer->failure.class == ERROR_NONE;
		if (waits && !writer->first->done)
			wait_a_tick_locked(writer);
		pthread_mutex_unlock(&writer->control.mutex);
		if (!waits)
			return;
		writer->options.tick(writer->options.context);
	}
}

void writer_flush(struct writer *writer)
{
	struct port_batch *batch = writer->filling;

	if (!batch || !batch->count)
		return;
	writer->filling = NULL;
	pthread_mutex_lock(&writer->control.mutex);
	*writer->last = batch;
	writer->last = &batch->next;
	writer->under_way++;
	if (!writer->next)
		writer->next = batch;
	pthread_cond_signal(&writer->queued);
	pthread_mutex_unlock(&writer->control.mutex);
	wait_for(writer, writer->under_way_max);
}

void writer_finish(struct writer *writer)
{
	writer_flush(writer);
	wait_for(writer, 0);
}

void writer_drain(struct writer *writer)
{
	writer_hurry(writer);
	wait_for(writer, 0);
}

void writer_hurry(struct writer *writer)
{
	retry_control_hurry(&writer->control);
}

int writer_status(struct writer *writer, struct error *err)
{
	int r = 0;

	pthread_mutex_lock(&writer->control.mutex);
	if (writer->failure.class != ERROR_NONE)
		r = error_set(err, writer->failure.class, "%s", writer->failure.message);
	pthread_mutex_unlock(&writer->control.mutex);
	return r;
}

/* Taking */

static struct port_batch *filling(struct writer *writer)
{
	if (!writer->filling) {
		writer->filling = memory_new_zero(sizeof(*writer->filling));
		writer->filling->failure = ERROR_INIT;
	}
	return writer->filling;
}

/* Everything about an item that can be judged without the engine. */
static int check_item(const struct key_schema *schema, const struct map *item, struct arena *arena,
	uint64_t *ret_hash, struct error *err)
{
	struct key key;

	TRY(item_validate(item, err));
	TRY(key_from_item(schema, item, &key, err));
	TRY(key_validate(schema, &key, err));
	*ret_hash = hash64(key_encode_new(schema, &key, arena));
	return 0;
}

static void read_entry(struct writer *writer, struct arena *arena, struct port_entry *entry)
{
	struct map *item = arena_alloc(arena, sizeof(*item));
	const struct writer_options *options = &writer->options;

	if (options->parse(options->context, entry->text, arena, item, &entry->err) == 0 &&
		check_item(options->key, item, arena, &entry->key_hash, &entry->err) == 0)
		entry->item = item;
}

/* Whether a batch that is not stored yet has the key. Order among batches is
 * the engine's own business when it takes them one by one. */
static bool is_under_way(struct writer *writer, uint64_t key_hash)
{
	/* Keys of a batch do not change once it is under way, and only this
	 * thread takes batches out. */
	for (struct port_batch *batch = writer->first; batch; batch = batch->next) {
		if (batch_has_key(batch, key_hash))
			return true;
	}
	return false;
}

static bool is_full(const struct writer *writer, const struct port_batch *batch)
{
	return batch->items == writer->batch_items || batch->bytes >= BATCH_BYTES ||
	       batch->count - batch->items >= REFUSED_MAX;
}

/* Adds the record to the batch that is being filled: NULL when its key must be
 * stored before. */
static struct port_entry *add_record(
	struct writer *writer, size_t part, const struct import_record *record, bool may_wait)
{
	struct port_batch *batch = filling(writer);
	struct port_entry *entry = batch_add(batch);
	bool doubled;

	entry->text = arena_copy(&batch->arena, record->text);
	entry->line = record->line;
	entry->part = part;
	entry->end = record->end;
	read_entry(writer, &batch->arena, entry);
	if (!entry->item || writer->is_local)
		return entry;
	batch->count--; /* not to be found itself */
	doubled = may_wait &&
		  (batch_has_key(batch, entry->key_hash) || is_under_way(writer, entry->key_hash));
	batch->count += !doubled;
	return doubled ? NULL : entry;
}

void writer_take(struct writer *writer, size_t part, const struct import_record *record)
{
	const struct port_entry *entry = add_record(writer, part, record, true);

	if (!entry) {
		writer_finish(writer);
		entry = add_record(writer, part, record, false);
	}
	writer->filling->items += entry->item != NULL;
	writer->filling->bytes += record->text.len;
	if (is_full(writer, writer->filling))
		writer_flush(writer);
}

void writer_take_refused(struct writer *writer, size_t part, uint64_t line,
	const struct import_position *end, const struct error *err)
{
	struct port_entry *entry = batch_add(filling(writer));

	entry->line = line;
	entry->part = part;
	entry->end = *end;
	error_set(&entry->err, err->class, "%s", err->message);
	if (is_full(writer, writer->filling))
		writer_flush(writer);
}
