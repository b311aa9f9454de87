/*
 * A mount: from the data directory to the end of serving.
 */
#pragma once

#include "api/engine.h"
#include <stdbool.h>

struct mount_options {
	const char *data_directory;
	const char *mount_point;
	const char *fuse_options; /* for the kernel and fusermount3, comma-joined; or NULL */
	bool read_only;
	struct engine_options engine;
	int64_t scratch_bytes; /* for each user; 0: the default */
	unsigned transaction_timeout; /* seconds; 0: the default */
};

/* What is told of a mount's life, in this order. Other doors to the same engine
 * open and close with it; when opened fails, closing is not called. */
struct mount_events {
	int (*opened)(void *context, struct engine *engine, struct error *err);
	void (*ready)(void *context); /* the mount serves */
	void (*closing)(void *context);
	void *context;
};

/* Detaches a mount whose server is gone. */
int mount_clear(const char *mount_point, struct error *err) NODISCARD;

/* Mounts and serves until unmounted or told to end by SIGTERM, SIGINT or
 * SIGHUP. Errors before that are told to the caller. */
int mount_run(const struct mount_options *options, const struct mount_events *events,
	struct error *err) NODISCARD;
