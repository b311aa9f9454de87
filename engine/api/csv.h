/*
 * CSV text: cutting it into records, records into cells, and writing cells.
 *
 * As RFC 4180 has it: a cell in quotes may hold the delimiter, ends of lines and
 * doubled quotes; lines end with LF or CRLF. Read leniently in one point: a
 * quote within a cell that does not begin with one is text.
 */
#pragma once

#include "api/import_reader.h"

/* Cuts text that comes in pieces into records, as import_reader does, with the
 * same callbacks. */
struct csv_reader {
	import_take *take;
	import_refuse *refuse;
	void *context;
	char delimiter;
	/* private: */
	struct import_position at;
	struct buf pending;
	uint64_t pending_line;
	unsigned char state;
};

/* Begins at the start, or goes on from a position of the same text. */
void csv_reader_init(struct csv_reader *reader, const struct import_position *from, char delimiter,
	import_take *take, import_refuse *refuse, void *context);
void csv_reader_release(struct csv_reader *reader);
void csv_reader_feed(struct csv_reader *reader, struct slice piece);
/* No more comes. */
void csv_reader_finish(struct csv_reader *reader);

struct csv_cell {
	struct slice text;
	bool quoted;
	size_t offset; /* in the record */
};

struct csv_cells {
	struct csv_cell *cells;
	size_t count;
};

/* Takes a record apart, in the arena. The one error is a quote that does not
 * end its cell, with its place. */
int csv_read_cells(struct slice record, char delimiter, struct arena *arena, struct csv_cells *ret,
	struct error *err) NODISCARD;

/* Appends a cell, in quotes when it needs them: an empty one has them always,
 * since a cell without anything is none. */
void csv_append_cell(struct buf *buf, struct slice text, char delimiter);
