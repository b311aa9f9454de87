/*
 * Buckets: directories below the one that --buckets names, which stand for those of
 * S3. An object's key is its path below its bucket.
 *
 * Invariants:
 * 1. Nothing outside of a bucket is reached: no part of a key is ".", ".." or empty,
 *    and below the bucket no symbolic link is followed.
 * 2. Buckets are not made here: whoever runs the server makes them.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

#define BUCKET_ABSENT 1

/* Whether there is a directory of buckets: a clear ERROR_VALIDATION. */
int bucket_check_root(const char *root, struct error *err) NODISCARD;
/* Whether the directory of buckets can be opened, and neither it nor the data
 * directory lies in the other: what is exported is not encrypted, and no bucket is
 * to hold the store. */
int bucket_check_apart(const char *root, const char *data_directory, struct error *err) NODISCARD;
/* Whether a name can be a bucket's and a prefix a part of its keys. Source: S3 User
 * Guide, "Bucket naming rules". */
int bucket_check_name(struct slice bucket, struct error *err) NODISCARD;
int bucket_check_prefix(struct slice prefix, struct error *err) NODISCARD;

/* Opens a bucket: 0 and a directory in *ret_fd, or BUCKET_ABSENT. */
int bucket_open(const char *root, struct slice bucket, int *ret_fd, struct error *err) NODISCARD;
/* Makes the directories of a key that ends with '/', and opens the last one. */
int bucket_make_directory(int bucket, struct slice key, int *ret_fd, struct error *err) NODISCARD;
/* Opens an object to be read. */
int bucket_open_object(int bucket, struct slice key, int *ret_fd, struct error *err) NODISCARD;

/* The keys that begin with a prefix, in byte order, in the arena. More than the
 * limit are an error. */
int bucket_list(int bucket, struct slice prefix, size_t limit, struct arena *arena,
	struct slice **ret, size_t *ret_count, struct error *err) NODISCARD;
/* Removes all below a key that ends with '/', and the directory, if it is there. */
int bucket_remove_directory(int bucket, struct slice key, struct error *err) NODISCARD;
