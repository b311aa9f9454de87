/* Sending one batch of an import: the requests, their retries, and finding what
 * the engine refuses. See port_writer.h. */
#pragma once

#include "port_retry.h"
#include "port_writer.h"

#define SEND_REMOTE_ITEMS 25 /* BatchWriteItem takes no more */

/* Stores the batch's items. Those that the engine refuses get their err; what
 * fails for good is batch->failure. */
void send_batch(struct retry_control *control, struct client *client, const struct key_schema *key,
	struct port_batch *batch);
