/*
 * On whose behalf this thread works: as the kernel's current credentials, what
 * every request to the engine takes from here, so that what lies between need
 * not pass it on.
 *
 * 1. Each of the kernel's requests sets it before anything else.
 * 2. A job of the executor has that of the thread that submitted it.
 * 3. A thread of the mount's own that never set it acts for the mount itself.
 */
#pragma once

#include "api/request.h"
#include "filesystem.h"

void acting_set(const struct caller *caller);
/* This thread's, or NULL: the mount itself. */
const struct request_caller *acting_caller(void);

/* To hand it over to another thread. */
struct acting {
	bool known;
	struct request_caller caller;
};

struct acting acting_save(void);
void acting_restore(const struct acting *saved);
