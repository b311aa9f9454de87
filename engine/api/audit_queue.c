#include "api/audit_queue.h"

#include "base/clock.h"
#include "base/log.h"

#include <signal.h>

/* So much wakes the thread early: a transaction of that length is short. */
#define BATCH_BYTES (256u << 10)
#define QUEUE_BYTES (4u << 20)
#define KEPT_BYTES  (1u << 20)

/* Waits until something is queued, and then for more, but for what can't wait.
 * False when there is nothing and it is to end. */
static bool wait_for_batch_locked(struct audit_queue *queue)
{
	struct timespec until;
	int r = 0;

	while (!queue->records.len && !queue->stopping)
		pthread_cond_wait(&queue->wake, &queue->lock);
	until = clock_to_timespec(clock_monotonic_ns() + AUDIT_DELAY_NS / 2);
	while (!queue->urgent && !queue->stopping && queue->records.len < BATCH_BYTES && r == 0)
		r = pthread_cond_timedwait(&queue->wake, &queue->lock, &until);
	return queue->records.len;
}

/* Takes what is queued: how many records. */
static uint64_t take_batch_locked(struct audit_queue *queue)
{
	struct buf empty = queue->batch;

	queue->batch = queue->records;
	queue->records = empty;
	queue->urgent = false;
	return queue->queued;
}

static void append_lines(struct audit_queue *queue)
{
	buf_clear(&queue->lines);
	if (queue->lost)
		audit_append_loss(&queue->writer, queue->lost, clock_realtime_ns(), &queue->lines);
	for (size_t at = 0; at < queue->batch.len;) {
		const struct audit_record *record = (const void *)(queue->batch.data + at);

		audit_append_line(&queue->writer, record, &queue->lines);
		at += record->size;
	}
}

/* Nobody can be told but the log, and that once. */
static void note_loss(struct audit_queue *queue, uint64_t lines, struct error *err)
{
	if (!queue->lost)
		log_warning("the audit log misses calls: %s", err->message);
	queue->lost += lines;
	error_release(err);
}

/* What a burst took is given back. */
static void forget(struct buf *buf)
{
	if (buf->capacity > KEPT_BYTES)
		buf_release(buf);
	buf_clear(buf);
}

static void write_batch(struct audit_queue *queue, uint64_t count)
{
	struct error err = ERROR_INIT;

	append_lines(queue);
	if (journal_append(queue->journal, buf_slice(&queue->lines), DURABLE_PROCESS, &err) < 0) {
		note_loss(queue, count, &err);
	} else {
		queue->lost = 0;
		if (journal_trim(queue->journal, queue->max_bytes, &err) < 0) {
			log_warning("the audit log can't be shortened: %s", err.message);
			error_release(&err);
		}
	}
	forget(&queue->batch);
	forget(&queue->lines);
}

static void *write_batches(void *context)
{
	struct audit_queue *queue = context;

	pthread_mutex_lock(&queue->lock);
	while (wait_for_batch_locked(queue)) {
		uint64_t until = take_batch_locked(queue);

		pthread_mutex_unlock(&queue->lock);
		write_batch(queue, until - queue->done);
		pthread_mutex_lock(&queue->lock);
		queue->done = until;
		pthread_cond_broadcast(&queue->written);
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

int audit_queue_start(struct audit_queue *queue, struct error *err)
{
	pthread_condattr_t attributes;
	sigset_t all, old;
	int r;

	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->written, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&queue->thread, NULL, write_batches, queue);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	queue->running = r == 0;
	return r ? error_set_errno(err, r, "starting the audit log") : 0;
}

void audit_queue_stop(struct audit_queue *queue)
{
	if (queue->running) {
		pthread_mutex_lock(&queue->lock);
		queue->stopping = true;
		pthread_cond_signal(&queue->wake);
		pthread_mutex_unlock(&queue->lock);
		pthread_join(queue->thread, NULL);
	}
	pthread_cond_destroy(&queue->wake);
	pthread_cond_destroy(&queue->written);
	pthread_mutex_destroy(&queue->lock);
	buf_release(&queue->records);
	buf_release(&queue->batch);
	buf_release(&queue->lines);
}

void audit_queue_add(struct audit_queue *queue, struct slice record, bool now)
{
	uint64_t number;
	bool was_empty;

	pthread_mutex_lock(&queue->lock);
	while (queue->records.len > QUEUE_BYTES)
		pthread_cond_wait(&queue->written, &queue->lock);
	was_empty = !queue->records.len;
	buf_append_slice(&queue->records, record);
	number = ++queue->queued;
	queue->urgent = queue->urgent || now;
	if (was_empty || now || queue->records.len >= BATCH_BYTES)
		pthread_cond_signal(&queue->wake);
	while (now && queue->done < number)
		pthread_cond_wait(&queue->written, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
}
