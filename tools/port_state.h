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

int import_state_write(
	const char *path, const struct import_state *state, struct error *err) NODISCARD;
/* 0, or STATE_ABSENT. */
int import_state_read(const char *path, struct import_state *ret, struct error *err) NODISCARD;
