#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>

static atomic_bool detached;

void log_to_syslog(void)
{
	openlog("dynamount", LOG_PID, LOG_DAEMON);
	detached = true;
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (detached) {
		vsyslog(LOG_WARNING, format, args);
	} else {
		flockfile(stderr);
		fputs("dynamount: ", stderr);
		vfprintf(stderr, format, args);
		fputc('\n', stderr);
		funlockfile(stderr);
	}
	va_end(args);
}
