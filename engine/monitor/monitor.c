#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "monitor/alarms.h"
#include "monitor/hot_keys.h"
#include "monitor/metrics.h"
#include "monitor/monitor_private.h"
#include "monitor/throttle.h"

#include <errno.h>
#include <signal.h>

/* What is done at the start of each minute, after the one that has ended. */
static void monitor_step(struct monitor *monitor, int64_t now_ns)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	throttle_step(monitor->throttle, clock_monotonic_ns());
	if (metrics_step(monitor->metrics, now_ns, &err) < 0)
		log_warning("metrics: %s", err.message);
	error_release(&err);
	if (alarms_step(monitor->alarms, now_ns, &err) < 0)
		log_warning("alarms: %s", err.message);
}

/* Sleeps until a minute begins; false when the monitor closes. */
static bool sleep_minute(struct monitor *monitor)
{
	int64_t now = clock_realtime_ns();
	struct timespec until = clock_to_timespec(now - now % MINUTE_NS + MINUTE_NS);
	bool stopping;
	int r = 0;

	pthread_mutex_lock(&monitor->lock);
	while (!monitor->stopping && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&monitor->wake, &monitor->lock, &until);
	stopping = monitor->stopping;
	pthread_mutex_unlock(&monitor->lock);
	return !stopping;
}

static void *monitor_main(void *context)
{
	struct monitor *monitor = context;

	while (sleep_minute(monitor))
		monitor_step(monitor, clock_realtime_ns());
	return NULL;
}

static int start_thread(struct monitor *monitor, struct error *err)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&monitor->thread, NULL, monitor_main, monitor);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return error_set_errno(err, r, "starting the monitor");
	monitor->running = true;
	return 0;
}

static void stop_thread(struct monitor *monitor)
{
	if (!monitor->running)
		return;
	pthread_mutex_lock(&monitor->lock);
	monitor->stopping = true;
	pthread_cond_signal(&monitor->wake);
	pthread_mutex_unlock(&monitor->lock);
	pthread_join(monitor->thread, NULL);
}

int monitor_open(const struct monitor_options *options, struct monitor **ret, struct error *err)
{
	struct monitor *monitor = memory_new_zero(sizeof(*monitor));
	struct alarms_options alarms = { .store = options->store };

	monitor->store = options->store;
	monitor->hot_keys = hot_keys_new();
	monitor->metrics = metrics_open(options->store);
	monitor->throttle = throttle_new(options->enforce_capacity);
	alarms.metrics = monitor->metrics;
	pthread_mutex_init(&monitor->lock, NULL);
	pthread_cond_init(&monitor->wake, NULL);
	if (alarms_open(&alarms, &monitor->alarms, err) < 0 || start_thread(monitor, err) < 0) {
		monitor_close(monitor);
		return -1;
	}
	*ret = monitor;
	return 0;
}

void monitor_close(struct monitor *monitor)
{
	if (!monitor)
		return;
	stop_thread(monitor);
	alarms_close(monitor->alarms);
	metrics_close(monitor->metrics, clock_realtime_ns());
	throttle_free(monitor->throttle);
	hot_keys_free(monitor->hot_keys);
	pthread_cond_destroy(&monitor->wake);
	pthread_mutex_destroy(&monitor->lock);
	free(monitor);
}

void monitor_note(struct monitor *monitor, const struct call *call)
{
	throttle_note(monitor->throttle, call, clock_monotonic_ns());
	metrics_note(monitor->metrics, call);
	hot_keys_note(monitor->hot_keys, call, clock_monotonic_ns());
}

struct hot_keys *monitor_hot_keys(struct monitor *monitor)
{
	return monitor->hot_keys;
}

struct metrics *monitor_metrics(struct monitor *monitor)
{
	return monitor->metrics;
}

struct throttle *monitor_throttle(struct monitor *monitor)
{
	return monitor->throttle;
}

struct alarms *monitor_alarms(struct monitor *monitor)
{
	return monitor->alarms;
}
