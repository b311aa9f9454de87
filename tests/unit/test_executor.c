#undef NDEBUG
#include "executor.h"

#include "base/clock.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define MS 1000000LL

struct notes {
	struct executor *executor;
	atomic_int ran;
	atomic_int running, most; /* at once */
	atomic_bool held; /* jobs stay until it is false */
	_Atomic int64_t at_ns; /* when the last one ran */
};

static void note(void *context)
{
	struct notes *notes = context;

	notes->at_ns = clock_monotonic_ns();
	notes->ran++;
}

static void note_at_once(void *context)
{
	struct notes *notes = context;
	int running = ++notes->running;

	if (running > notes->most)
		notes->most = running;
	while (notes->held)
		usleep(1000);
	notes->running--;
	notes->ran++;
}

static void wait_for(atomic_int *value, int wanted)
{
	for (int i = 0; i < 5000 && *value < wanted; i++)
		usleep(1000);
}

static void every_job_runs_once(void)
{
	struct notes notes = { .executor = executor_new() };

	for (int i = 0; i < 1000; i++)
		executor_submit(notes.executor, note, &notes);
	executor_free(notes.executor);
	CHECK_INT(notes.ran, 1000);
}

static void jobs_run_side_by_side_up_to_a_number(void)
{
	struct notes notes = { .executor = executor_new(), .held = true };

	for (int i = 0; i < 3 * EXECUTOR_THREADS; i++)
		executor_submit(notes.executor, note_at_once, &notes);
	wait_for(&notes.running, EXECUTOR_THREADS);
	CHECK_INT(notes.running, EXECUTOR_THREADS);
	notes.held = false;
	executor_free(notes.executor);
	CHECK_INT(notes.ran, 3 * EXECUTOR_THREADS);
	CHECK_INT(notes.most, EXECUTOR_THREADS);
}

static void submit_for_later(void *context)
{
	struct notes *notes = context;

	executor_submit_later(notes->executor, 100 * MS, note, notes);
}

static void a_job_for_later_runs_after_its_pause_and_keeps_no_thread(void)
{
	struct notes notes = { .executor = executor_new() };
	int64_t start = clock_monotonic_ns();

	for (int i = 0; i < 10 * EXECUTOR_THREADS; i++)
		executor_submit(notes.executor, submit_for_later, &notes);
	wait_for(&notes.ran, 10 * EXECUTOR_THREADS);
	CHECK_INT(notes.ran, 10 * EXECUTOR_THREADS);
	CHECK(notes.at_ns - start >= 100 * MS);
	executor_free(notes.executor);
}

static void submit_for_tomorrow(void *context)
{
	struct notes *notes = context;

	executor_submit_later(notes->executor, 86400LL * 1000 * MS, note, notes);
	notes->running++;
}

static void the_end_waits_for_no_pause(void)
{
	struct notes notes = { .executor = executor_new() };

	executor_submit(notes.executor, submit_for_tomorrow, &notes);
	wait_for(&notes.running, 1);
	executor_free(notes.executor);
	CHECK_INT(notes.ran, 1);
}

static const struct test_case cases[] = {
	{ "every job runs once", every_job_runs_once },
	{ "jobs run side by side up to a number", jobs_run_side_by_side_up_to_a_number },
	{ "a job for later runs after its pause and keeps no thread",
		a_job_for_later_runs_after_its_pause_and_keeps_no_thread },
	{ "the end waits for no pause", the_end_waits_for_no_pause },
};

TEST_MAIN(cases)
