/*
 * The form in which the service exports a table to S3:
 *
 *	AWSDynamoDB/EXPORT-ID/_started			empty
 *	AWSDynamoDB/EXPORT-ID/manifest-summary.json	what was exported
 *	AWSDynamoDB/EXPORT-ID/manifest-summary.md5	its checksum, in base64
 *	AWSDynamoDB/EXPORT-ID/manifest-files.json	a line for each file
 *	AWSDynamoDB/EXPORT-ID/manifest-files.md5
 *	AWSDynamoDB/EXPORT-ID/data/NAME.json.gz		{"Item":{typed}} lines
 *
 * An incremental export has its data in AWSDynamoDB/data/, which all of them share.
 * Keys in the manifests are whole, with the prefix: as the service writes them, and
 * its readers rely on, though the guide's example has one that does not show it.
 *
 * Source: Developer Guide, "DynamoDB table export output format".
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

#define EXPORT_DIRECTORY   "AWSDynamoDB"
#define EXPORT_SUMMARY     "manifest-summary"
#define EXPORT_FILES       "manifest-files"
#define EXPORT_MANIFEST    ".json"
#define EXPORT_CHECKSUM    ".md5"
#define EXPORT_STARTED     "_started"
#define EXPORT_DATA        "data"
#define EXPORT_DATA_ENDING ".json.gz"
#define EXPORT_MD5_LENGTH  16

/* A data file. */
struct export_file {
	struct slice key; /* [PREFIX/]AWSDynamoDB/EXPORT-ID/data/NAME.json.gz */
	unsigned char md5[EXPORT_MD5_LENGTH];
	uint64_t items;
};

struct export_summary {
	struct slice table_arn, table_id;
	struct slice export_id;
	int64_t start_ns, end_ns;
	int64_t export_ns; /* the moment that it shows */
	bool incremental;
	int64_t from_ns, to_ns; /* of an incremental one */
	struct slice view; /* of an incremental one: NEW_IMAGE or NEW_AND_OLD_IMAGES */
	struct slice bucket, prefix; /* absent: not in one */
	struct slice root; /* what stands before AWSDynamoDB in keys: PREFIX/, or nothing */
	struct slice sse_algorithm, sse_kms_key;
	uint64_t items;
	uint64_t bytes; /* that were read */
};

/* An id as the service makes them: 01693685827463-2d8752fd. */
int export_append_id(struct buf *buf, int64_t start_ns, struct error *err) NODISCARD;
/* A name for a data file. */
int export_append_name(struct buf *buf, struct error *err) NODISCARD;
/* A line of manifest-files.json. */
void export_append_file(struct buf *buf, const struct export_file *file);
/* manifest-summary.json. */
void export_append_summary(struct buf *buf, const struct export_summary *summary);
/* What stands in a manifest's checksum file. */
void export_append_checksum(struct buf *buf, struct slice manifest);
