/*
 * A key file: the secret that a data directory is encrypted with (encryption.h).
 *
 * Any bytes, at least KEY_BYTES_MIN of them; one newline at the end is not
 * counted, so that `head -c 32 /dev/urandom | base64` makes a good one. Nobody
 * but its owner may read or change it.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"

#define KEY_BYTES_MIN 16
#define KEY_BYTES_MAX 65536u

struct key_file {
	const char *path; /* borrowed; for messages */
	char *bytes; /* owned */
	size_t len;
};

/* Errors tell how to make a key, or how to protect it. */
int key_file_read(const char *path, struct key_file *ret, struct error *err) NODISCARD;
/* Wipes it out of memory. Nothing to do when it was never read. */
void key_file_release(struct key_file *key);
