/* Waiting before what failed is tried again, each time longer; until somebody is
 * in a hurry. */
#pragma once

#include "base/error.h"

#include <pthread.h>

/* What the threads of a command share. */
struct retry_control {
	pthread_mutex_t mutex;
	pthread_cond_t hurried;
	bool hurry;
};

void retry_control_init(struct retry_control *control);
void retry_control_release(struct retry_control *control);
/* Ends all waiting: what fails from now on is not tried again. */
void retry_control_hurry(struct retry_control *control);

/* Whether an error may be gone when the same is tried again: a conflict, a
 * server that is busy, or away. */
bool retry_may_help(const struct error *err);
/* Waits. *tries counts since something went well. False: no more. */
bool retry_pause(struct retry_control *control, unsigned *tries);
