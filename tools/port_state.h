/*
 * What an interrupted import or export needs to go on: a small JSON file beside
 * the file that is read or written, replaced now and then, removed at the end.
 */
#pragma once

#include "api/import_reader.h"
#include "port_items.h"

#define STATE_ABSENT 1

struct import_state {
	struct arena arena; /* of the slices; the reader of a state releases it */
	uint64_t identity; /* of the input */
	struct slice table_id, table_name;
	enum port_format format;
	char delimiter;
	bool infer;
	struct slice header; /* of CSV */
	size_t part; /* of the input */
	struct import_position position; /* in it: everything before is settled */
	uint64_t imported, rejected;
	struct slice rejects_path; /* absent: standard error */
	uint64_t rejects_bytes, reasons_bytes; /* of those files */
};

/* A file that an export writes, and a segment of the table. */
struct export_file_state {
	struct slice name; /* of a data file of S3's form; else absent */
	uint64_t bytes, items;
};

struct export_segment_state {
	bool done;
	const struct map *position; /* or NULL */
	uint64_t items;
};

struct export_state {
	struct arena arena; /* of what it points to; the reader of a state releases it */
	struct slice table_id, table_name;
	enum port_format format;
	char delimiter;
	bool gzip;
	struct slice header; /* of CSV */
	bool gathered; /* the columns were, from the table */
	struct slice export_id; /* of S3's form */
	int64_t start_ns;
	uint64_t lost;
	struct export_segment_state *segments;
	size_t segment_count;
	struct export_file_state *files; /* one of all segments, or one each */
	size_t file_count;
};

int import_state_write(
	const char *path, const struct import_state *state, struct error *err) NODISCARD;
/* 0, or STATE_ABSENT. */
int import_state_read(const char *path, struct import_state *ret, struct error *err) NODISCARD;

int export_state_write(
	const char *path, const struct export_state *state, struct error *err) NODISCARD;
/* 0, or STATE_ABSENT. */
int export_state_read(const char *path, struct export_state *ret, struct error *err) NODISCARD;
