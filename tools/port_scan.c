#include "port_scan.h"

#include "base/memory.h"

#include <time.h>

#define TICK_NS 100000000

void scan_init(struct scan *scan, struct client *client, unsigned segments)
{
	*scan = (struct scan){
		.client = client,
		.segments = memory_new_zero(segments * sizeof(*scan->segments)),
		.count = segments,
		.failure = ERROR_INIT,
	};
	for (unsigned i = 0; i < segments; i++)
		scan->segments[i].number = i;
	retry_control_init(&scan->control);
	pthread_cond_init(&scan->ended, NULL);
}

void scan_release(struct scan *scan)
{
	if (!scan->segments)
		return;
	for (unsigned i = 0; i < scan->count; i++)
		arena_release(&scan->segments[i].arena);
	free(scan->segments);
	error_release(&scan->failure);
	pthread_cond_destroy(&scan->ended);
	retry_control_release(&scan->control);
}

void scan_rewind(struct scan *scan)
{
	for (unsigned i = 0; i < scan->count; i++) {
		arena_release(&scan->segments[i].arena);
		scan->segments[i] = (struct scan_segment){ .number = i };
	}
}

/* A key has scalars only. */
static const struct map *copy_key(const struct map *key, struct arena *arena)
{
	struct map *copy = arena_alloc(arena, sizeof(*copy));
	struct member *members = arena_alloc_array(arena, key->count, sizeof(*members));

	for (size_t i = 0; i < key->count; i++) {
		members[i].name = arena_copy(arena, key->members[i].name);
		members[i].value = key->members[i].value;
		if (members[i].value.type != VALUE_N)
			members[i].value.bytes = arena_copy(arena, members[i].value.bytes);
	}
	*copy = (struct map){ members, key->count };
	return copy;
}

void scan_advance(struct scan_segment *segment, const struct map *last_key)
{
	arena_release(&segment->arena);
	segment->position = last_key ? copy_key(last_key, &segment->arena) : NULL;
	segment->done = !last_key;
}

static int read_page(struct scan *scan, struct scan_segment *segment, struct arena *arena,
	struct query_output *ret, struct error *err)
{
	struct scan_input input = {
		.table_name = client_table(scan->client),
		.exclusive_start_key = segment->position,
	};

	if (scan->count > 1) {
		input.total_segments = (struct optional_integer){ true, scan->count };
		input.segment = (struct optional_integer){ true, segment->number };
	}
	return client_run(scan->client, OPERATION_SCAN, &input, ret, arena, err);
}

/* The same, again while that may help. */
static int read_page_patiently(struct scan *scan, struct scan_segment *segment, struct arena *arena,
	struct query_output *ret, struct error *err)
{
	unsigned tries = 0;

	while (read_page(scan, segment, arena, ret, err) < 0) {
		if (!retry_may_help(err) || !retry_pause(&scan->control, &tries))
			return -1;
		error_release(err);
	}
	return 0;
}

static int take_page(struct scan *scan, struct scan_segment *segment, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct query_output page = { 0 };

	TRY(read_page_patiently(scan, segment, &arena, &page, err));
	return scan->take(scan->context, segment, &page, err);
}

static bool must_stop(struct scan *scan)
{
	bool stopped;

	pthread_mutex_lock(&scan->control.mutex);
	stopped = scan->stopped;
	pthread_mutex_unlock(&scan->control.mutex);
	return stopped;
}

struct scanner {
	pthread_t thread;
	struct scan *scan;
	struct scan_segment *segment;
};

static void *run_scanner(void *data)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct scanner *scanner = data;
	struct scan *scan = scanner->scan;
	int r = 0;

	while (r == 0 && !scanner->segment->done && !must_stop(scan))
		r = take_page(scan, scanner->segment, &err);
	pthread_mutex_lock(&scan->control.mutex);
	if (r < 0)
		error_keep_first(&scan->failure, &err);
	scan->stopped |= r != 0;
	scan->running--;
	pthread_cond_signal(&scan->ended);
	pthread_mutex_unlock(&scan->control.mutex);
	return NULL;
}

/* Waits for the threads. */
static void wait_for_scanners(struct scan *scan, scan_tick *tick)
{
	pthread_mutex_lock(&scan->control.mutex);
	while (scan->running) {
		struct timespec until;
		bool enough;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&scan->ended, &scan->control.mutex, &until);
		pthread_mutex_unlock(&scan->control.mutex);
		enough = tick(scan->context) == SCAN_STOPPED;
		if (enough)
			retry_control_hurry(&scan->control);
		pthread_mutex_lock(&scan->control.mutex);
		scan->stopped |= enough;
	}
	pthread_mutex_unlock(&scan->control.mutex);
}

/* Starts as many as it can; the first that cannot be is a failure. */
static unsigned start_scanners(struct scan *scan, struct scanner *scanners)
{
	for (unsigned i = 0; i < scan->count; i++) {
		int r;

		scanners[i] = (struct scanner){ .scan = scan, .segment = &scan->segments[i] };
		pthread_mutex_lock(&scan->control.mutex);
		r = pthread_create(&scanners[i].thread, NULL, run_scanner, &scanners[i]);
		scan->running += r == 0;
		if (r && scan->failure.class == ERROR_NONE)
			error_set_errno(&scan->failure, r, "Starting a thread");
		scan->stopped |= r != 0;
		pthread_mutex_unlock(&scan->control.mutex);
		if (r)
			return i;
	}
	return scan->count;
}

int scan_run(struct scan *scan, scan_take *take, scan_tick *tick, void *context, struct error *err)
{
	struct scanner *scanners CLEANUP(cleanup_free) =
		memory_new(scan->count * sizeof(*scanners));
	unsigned started;

	scan->take = take;
	scan->context = context;
	scan->stopped = false;
	started = start_scanners(scan, scanners);
	wait_for_scanners(scan, tick);
	for (unsigned i = 0; i < started; i++)
		pthread_join(scanners[i].thread, NULL);
	if (scan->failure.class != ERROR_NONE)
		return error_move(err, &scan->failure);
	return scan->stopped ? SCAN_STOPPED : 0;
}
