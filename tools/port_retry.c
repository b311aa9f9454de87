#include "port_retry.h"

#include <time.h>

#define TRIES_MAX      8
#define FIRST_PAUSE_NS 50000000LL
#define PAUSE_MAX_NS   5000000000LL

void retry_control_init(struct retry_control *control)
{
	control->hurry = false;
	pthread_mutex_init(&control->mutex, NULL);
	pthread_cond_init(&control->hurried, NULL);
}

void retry_control_release(struct retry_control *control)
{
	pthread_cond_destroy(&control->hurried);
	pthread_mutex_destroy(&control->mutex);
}

void retry_control_hurry(struct retry_control *control)
{
	pthread_mutex_lock(&control->mutex);
	control->hurry = true;
	pthread_cond_broadcast(&control->hurried);
	pthread_mutex_unlock(&control->mutex);
}

bool retry_may_help(const struct error *err)
{
	return err->class == ERROR_CONFLICT || err->class == ERROR_SYSTEM;
}

static struct timespec time_after(int64_t ns)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	ns += time.tv_nsec;
	time.tv_sec += ns / 1000000000;
	time.tv_nsec = ns % 1000000000;
	return time;
}

bool retry_pause(struct retry_control *control, unsigned *tries)
{
	int64_t pause = FIRST_PAUSE_NS << *tries;
	struct timespec until = time_after(pause < PAUSE_MAX_NS ? pause : PAUSE_MAX_NS);
	bool hurry;

	if (++*tries > TRIES_MAX)
		return false;
	pthread_mutex_lock(&control->mutex);
	while (!control->hurry &&
		pthread_cond_timedwait(&control->hurried, &control->mutex, &until) == 0)
		;
	hurry = control->hurry;
	pthread_mutex_unlock(&control->mutex);
	return !hurry;
}
