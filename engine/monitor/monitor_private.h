/* The parts of an open monitor, for monitor/ alone. */
#pragma once

#include "monitor/monitor.h"
#include <pthread.h>

struct monitor {
	struct store *store;
	struct hot_keys *hot_keys;
	struct metrics *metrics;
	struct alarms *alarms;
	struct throttle *throttle;
	bool running; /* there is a thread */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping; /* under lock */
};
