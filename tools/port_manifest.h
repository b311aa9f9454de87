/*
 * The manifests of an export as the service makes them (api/export_manifest.h), in a
 * directory: the one that holds them, or when it is the only one below that,
 * AWSDynamoDB/EXPORT-ID.
 */
#pragma once

#include "api/export_manifest.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "port_source.h"

struct manifest_file {
	const char *path; /* of the data file, to open */
	struct slice key; /* below the bucket: AWSDynamoDB/EXPORT-ID/data/NAME.json.gz */
	bool has_md5;
	unsigned char md5[MD5_LENGTH];
	uint64_t items;
};

struct manifest {
	struct manifest_file *files;
	size_t count;
};

/* Reads the manifest of an export, into the arena. */
int manifest_read(const char *directory, struct arena *arena, struct manifest *ret,
	struct error *err) NODISCARD;

/* Writes both manifests and their checksums. */
int manifest_write(const char *directory, const struct manifest *manifest,
	const struct export_summary *summary, struct error *err) NODISCARD;
