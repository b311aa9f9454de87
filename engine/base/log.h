/* The daemon's log: one line a message, to standard error in the foreground
 * and to syslog once detached. Not for errors that a caller can be told. */
#pragma once

#include "base/cleanup.h"

/* After this, messages go to syslog. */
void log_to_syslog(void);
void log_warning(const char *format, ...) PRINTF(1, 2);
