/*
 * Scope-bound release and the one macro that returns.
 *
 * CLEANUP(fn) stands next to a declaration that is initialised at once; fn
 * takes a pointer to the variable. Declare in the reverse order of release.
 */
#pragma once

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(fn)       __attribute__((cleanup(fn)))
#define NODISCARD         __attribute__((warn_unused_result))
#define PRINTF(f, a)      __attribute__((format(printf, f, a)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Evaluates the call; on failure (-1, error set) returns -1 from here. */
#define TRY(call) \
	do { \
		if ((call) < 0) \
			return -1; \
	} while (0)

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_closedir(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}
