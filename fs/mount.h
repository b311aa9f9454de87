/*
 * A mount: from the data directory to the end of serving.
 */
#pragma once

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct mount_options {
	const char *data_directory;
	const char *mount_point;
	const char *fuse_options; /* for the kernel and fusermount3, comma-joined; or NULL */
	bool read_only;
	bool strict_durability;
	uint64_t cache_bytes; /* 0: the default */
	int64_t scratch_bytes; /* for each user; 0: the default */
};

/* Called once when the mount serves. */
typedef void mount_ready(void *context);

/* Detaches a mount whose server is gone. */
int mount_clear(const char *mount_point, struct error *err) NODISCARD;

/* Mounts and serves until unmounted or told to end by SIGTERM, SIGINT or
 * SIGHUP. Errors before that are told to the caller. */
int mount_run(const struct mount_options *options, mount_ready *ready, void *context,
	struct error *err) NODISCARD;
