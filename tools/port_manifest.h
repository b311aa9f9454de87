/*
 * The form in which the service exports a table to S3, in a directory:
 *
 *	manifest-summary.json	what was exported	manifest-summary.md5
 *	manifest-files.json	a line for each file	manifest-files.md5
 *	data/NAME.json.gz	{"Item":{typed}} lines
 *
 * As the service lays it out the directory is AWSDynamoDB/EXPORT-ID below any
 * prefix; it is found there too when it is the only one.
 *
 * Source: Developer Guide, "DynamoDB table export output format".
 */
#pragma once

#include "api/request_table.h"
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

/* What an export's summary tells. */
struct manifest_summary {
	const struct table_facts *table;
	struct slice export_id;
	int64_t start_ns, end_ns;
	uint64_t items;
	uint64_t bytes; /* of the table */
};

/* An id as the service makes them: 01693685827463-2d8752fd. */
void manifest_append_id(struct buf *buf, int64_t start_ns);
#define MANIFEST_DATA_ENDING ".json.gz"
/* A name for a data file. */
void manifest_append_name(struct buf *buf);
/* Writes both manifests and their checksums. */
int manifest_write(const char *directory, const struct manifest *manifest,
	const struct manifest_summary *summary, struct error *err) NODISCARD;
