/* Sending one batch of an import: the requests, their retries, and finding what
 * the engine refuses. See port_writer.h. */
#pragma once

#include "port_writer.h"

#include <pthread.h>

#define SEND_REMOTE_ITEMS 25 /* BatchWriteItem takes no more */

/* What the threads that send share. */
struct send_control {
	pthread_mutex_t mutex;
	pthread_cond_t hurried;
	bool hurry;
};

void send_control_init(struct send_control *control);
void send_control_release(struct send_control *control);
void send_control_hurry(struct send_control *control);

/* Stores the batch's items. Those that the engine refuses get their err; what
 * fails for good is batch->failure. */
void send_batch(struct send_control *control, struct client *client, const struct key_schema *key,
	struct port_batch *batch);
