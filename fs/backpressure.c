/*
 * There is a queue for the reads and one for the writes of each table that anybody
 * waits for. It is served by a job of the executor, which pauses while the one in
 * front has to wait; it goes when it is empty.
 */
#include "backpressure.h"

#include "base/clock.h"
#include "base/memory.h"
#include "executor.h"

#include <errno.h>
#include <pthread.h>

enum pressure_side { PRESSURE_READ, PRESSURE_WRITE };

/* What a request is refused for. */
struct cause {
	struct slice table;
	enum pressure_side side;
};

/* A request that waits; it has its own copies. */
struct waiting {
	struct waiting *next;
	struct kernel_call call;
	struct acting acting;
	struct arena arena;
	bool attempted; /* at this moment */
	bool interrupted;
};

struct pressure_queue {
	struct pressure_queue *next;
	struct filesystem *fs;
	struct cause cause; /* owned */
	struct waiting *first, **last;
	int64_t due_ns; /* of the first */
};

struct backpressure {
	struct filesystem *fs;
	pthread_mutex_t mutex; /* a leaf, but for libfuse's lock of its session */
	struct pressure_queue *queues;
};

/* Of this thread. */
static _Thread_local struct attempt {
	bool active;
	const struct pressure_queue *turn; /* whose first it is; NULL: it has just come */
	bool refused;
	bool swallowed; /* its refusal was not replied */
	struct cause cause; /* of the refusal; owned */
	int64_t wait_ns;
} attempt;

struct backpressure *backpressure_new(struct filesystem *fs)
{
	struct backpressure *pressure = memory_new_zero(sizeof(*pressure));

	pressure->fs = fs;
	pthread_mutex_init(&pressure->mutex, NULL);
	return pressure;
}

void backpressure_free(struct backpressure *pressure)
{
	pthread_mutex_destroy(&pressure->mutex);
	free(pressure);
}

/* Causes. */

static struct cause cause_copy(struct cause cause)
{
	cause.table =
		slice_of(memory_copy_string(cause.table.data, cause.table.len), cause.table.len);
	return cause;
}

static void cause_release(struct cause *cause)
{
	free((char *)cause->table.data);
	*cause = (struct cause){ 0 };
}

static bool cause_equal(const struct cause *a, const struct cause *b)
{
	return a->side == b->side && slice_equal(a->table, b->table);
}

/* What a request on items may be refused for; false: nothing. */
static bool cause_of(enum operation_id operation, const void *input, struct cause *ret)
{
	const struct get_item_input *get = input;
	const struct put_item_input *put = input;
	const struct delete_item_input *delete = input;
	const struct write_items_input *writes = input;

	if (operation == OPERATION_GET_ITEM && !get->facts_only && !get->is_look)
		*ret = (struct cause){ get->table_name, PRESSURE_READ };
	else if (operation == OPERATION_PUT_ITEM && !put->check_only)
		*ret = (struct cause){ put->table_name, PRESSURE_WRITE };
	else if (operation == OPERATION_DELETE_ITEM)
		*ret = (struct cause){ delete->table_name, PRESSURE_WRITE };
	else if (operation == OPERATION_LOCAL_WRITE_ITEMS && writes->count &&
		 writes->writes[0].kind != ITEM_TOUCH)
		*ret = (struct cause){ writes->writes[0].table_name, PRESSURE_WRITE };
	else
		return false;
	return true;
}

static struct pressure_queue *find_queue_locked(
	struct backpressure *pressure, const struct cause *cause)
{
	struct pressure_queue *queue = pressure->queues;

	while (queue && !cause_equal(&queue->cause, cause))
		queue = queue->next;
	return queue;
}

/* Attempts. */

bool backpressure_is_refusal(const struct error *err)
{
	return err->class == ERROR_THROUGHPUT_EXCEEDED || err->class == ERROR_THROTTLED;
}

int64_t backpressure_pause_ns(void)
{
	return attempt.wait_ns < PRESSURE_LOOK_NS ? attempt.wait_ns : PRESSURE_LOOK_NS;
}

bool backpressure_waits(void)
{
	return attempt.active && attempt.refused;
}

void backpressure_reply_err(fuse_req_t req, int errnum)
{
	if (!backpressure_waits())
		fuse_reply_err(req, errnum);
	else
		attempt.swallowed = true;
}

void backpressure_note(enum operation_id operation, const void *input, int64_t wait_ns)
{
	struct cause cause;

	attempt.wait_ns = wait_ns;
	if (!attempt.active || attempt.refused || !cause_of(operation, input, &cause))
		return;
	attempt.refused = true;
	attempt.cause = cause_copy(cause);
}

int backpressure_stand_back(
	struct filesystem *fs, enum operation_id operation, const void *input, struct error *err)
{
	struct backpressure *pressure = fs->backpressure;
	struct pressure_queue *queue;
	struct cause cause;
	bool others;

	if (!attempt.active || !cause_of(operation, input, &cause))
		return 0;
	pthread_mutex_lock(&pressure->mutex);
	queue = find_queue_locked(pressure, &cause);
	others = queue && queue->first && queue != attempt.turn;
	pthread_mutex_unlock(&pressure->mutex);
	if (!others)
		return 0;
	backpressure_note(operation, input, 0);
	return error_set(err, ERROR_THROUGHPUT_EXCEEDED, "others wait for this table's throughput");
}

/* Makes an attempt; whether it was refused: then for attempt.cause, for the caller
 * to release. */
static bool attempt_call(
	struct filesystem *fs, const struct kernel_call *call, const struct pressure_queue *turn)
{
	bool again;

	attempt = (struct attempt){ .active = true, .turn = turn };
	call->run(fs, call);
	again = attempt.swallowed;
	attempt.active = false;
	if (!again)
		cause_release(&attempt.cause);
	return again;
}

/* Waiting. */

static struct slice keep_text(struct arena *arena, struct slice text)
{
	return slice_present(text) ? arena_copy(arena, text) : text;
}

static struct waiting *waiting_new(const struct kernel_call *call)
{
	struct waiting *waiting = memory_new_zero(sizeof(*waiting));

	waiting->call = *call;
	waiting->acting = acting_save();
	waiting->call.name = keep_text(&waiting->arena, call->name);
	waiting->call.to_name = keep_text(&waiting->arena, call->to_name);
	waiting->call.data = keep_text(&waiting->arena, call->data);
	if (call->handle)
		handle_ref(call->handle);
	return waiting;
}

static void waiting_free(struct filesystem *fs, struct waiting *waiting)
{
	if (waiting->call.handle)
		handle_unref(waiting->call.handle, fs);
	arena_release(&waiting->arena);
	free(waiting);
}

static void answer_interrupted(struct filesystem *fs, struct waiting *list)
{
	for (struct waiting *waiting = list, *next; waiting; waiting = next) {
		next = waiting->next;
		fuse_reply_err(waiting->call.req, EINTR);
		waiting_free(fs, waiting);
	}
}

/* Moves those that are interrupted, or at the end all, to the list. */
static void take_interrupted_locked(struct pressure_queue *queue, bool all, struct waiting **list)
{
	struct waiting **at = &queue->first, *waiting;

	while ((waiting = *at)) {
		if (waiting->attempted || !(waiting->interrupted || all)) {
			at = &waiting->next;
			continue;
		}
		*at = waiting->next;
		waiting->next = *list;
		*list = waiting;
	}
	queue->last = at;
}

static void sweep(void *context)
{
	struct backpressure *pressure = context;
	struct waiting *interrupted = NULL;

	pthread_mutex_lock(&pressure->mutex);
	for (struct pressure_queue *queue = pressure->queues; queue; queue = queue->next)
		take_interrupted_locked(queue, false, &interrupted);
	pthread_mutex_unlock(&pressure->mutex);
	answer_interrupted(pressure->fs, interrupted);
}

/* Called with a lock of the request's own, from another worker. */
static void note_interrupt(fuse_req_t req, void *context)
{
	struct backpressure *pressure = context;
	bool found = false;

	pthread_mutex_lock(&pressure->mutex);
	for (struct pressure_queue *queue = pressure->queues; queue; queue = queue->next) {
		for (struct waiting *waiting = queue->first; waiting; waiting = waiting->next) {
			if (waiting->call.req != req)
				continue;
			waiting->interrupted = true;
			found = true;
		}
	}
	pthread_mutex_unlock(&pressure->mutex);
	if (found)
		executor_submit(pressure->fs->executor, sweep, pressure);
}

static executor_job serve;

static struct pressure_queue *make_queue_locked(
	struct backpressure *pressure, const struct cause *cause, int64_t due_ns)
{
	struct pressure_queue *queue = memory_new_zero(sizeof(*queue));

	queue->fs = pressure->fs;
	queue->cause = cause_copy(*cause);
	queue->last = &queue->first;
	queue->due_ns = due_ns;
	queue->next = pressure->queues;
	pressure->queues = queue;
	return queue;
}

static void remove_queue_locked(struct backpressure *pressure, struct pressure_queue *queue)
{
	struct pressure_queue **at = &pressure->queues;

	while (*at != queue)
		at = &(*at)->next;
	*at = queue->next;
	cause_release(&queue->cause);
	free(queue);
}

/* Behind all who wait for what it was refused for. */
static void enqueue(struct backpressure *pressure, struct waiting *waiting)
{
	struct pressure_queue *queue;
	bool made = false, interrupted;
	int64_t due_ns = clock_monotonic_ns() + backpressure_pause_ns();

	pthread_mutex_lock(&pressure->mutex);
	queue = find_queue_locked(pressure, &attempt.cause);
	if (!queue) {
		queue = make_queue_locked(pressure, &attempt.cause, due_ns);
		made = true;
	}
	/* Under the mutex: an interrupt that came before has found it in no queue. */
	waiting->interrupted |= fuse_req_interrupted(waiting->call.req);
	interrupted = waiting->interrupted;
	waiting->attempted = false;
	waiting->next = NULL;
	*queue->last = waiting;
	queue->last = &waiting->next;
	pthread_mutex_unlock(&pressure->mutex);
	if (made)
		executor_submit(pressure->fs->executor, serve, queue);
	if (interrupted)
		executor_submit(pressure->fs->executor, sweep, pressure);
	cause_release(&attempt.cause);
}

void backpressure_run(struct filesystem *fs, const struct kernel_call *call)
{
	struct waiting *waiting;

	if (!attempt_call(fs, call, NULL))
		return;
	waiting = waiting_new(call);
	/* Not under the mutex: the request has a lock that comes before it. */
	fuse_req_interrupt_func(call->req, note_interrupt, fs->backpressure);
	enqueue(fs->backpressure, waiting);
}

/* Serving. */

static void take_first_locked(struct pressure_queue *queue)
{
	queue->first = queue->first->next;
	if (!queue->first)
		queue->last = &queue->first;
}

/* Attempts the first one again, the mutex being given away meanwhile. */
static void attempt_first_locked(struct backpressure *pressure, struct pressure_queue *queue)
{
	struct waiting *first = queue->first;
	bool again;

	first->attempted = true;
	pthread_mutex_unlock(&pressure->mutex);
	acting_restore(&first->acting);
	again = attempt_call(pressure->fs, &first->call, queue);
	pthread_mutex_lock(&pressure->mutex);
	first->attempted = false;
	if (again && !first->interrupted && cause_equal(&attempt.cause, &queue->cause)) {
		queue->due_ns = clock_monotonic_ns() + backpressure_pause_ns();
		cause_release(&attempt.cause);
		return;
	}
	take_first_locked(queue);
	pthread_mutex_unlock(&pressure->mutex);
	if (again)
		enqueue(pressure, first); /* for something else now, or to be swept */
	else
		waiting_free(pressure->fs, first);
	pthread_mutex_lock(&pressure->mutex);
}

/* Attempts those who wait until one is refused again. */
static void serve(void *context)
{
	struct pressure_queue *queue = context;
	struct filesystem *fs = queue->fs;
	struct backpressure *pressure = fs->backpressure;
	bool ending = atomic_load(&fs->ending);
	struct waiting *interrupted = NULL;
	int64_t pause_ns = 0;

	pthread_mutex_lock(&pressure->mutex);
	take_interrupted_locked(queue, ending, &interrupted);
	while (queue->first && (pause_ns = queue->due_ns - clock_monotonic_ns()) <= 0)
		attempt_first_locked(pressure, queue);
	if (!queue->first) {
		remove_queue_locked(pressure, queue);
		queue = NULL;
	}
	pthread_mutex_unlock(&pressure->mutex);
	answer_interrupted(fs, interrupted);
	if (queue)
		executor_submit_later(fs->executor, pause_ns, serve, queue);
}
