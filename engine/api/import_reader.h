/*
 * Items in text that comes in pieces of any size: JSON Lines, plain or typed, a
 * JSON array, or the lines of an S3 export ({"Item":{…}}).
 *
 * The first byte that is not blank tells lines from an array. A reader cuts the
 * text into records, the lines or elements that should be items, and keeps no
 * more than the one that is not whole yet; import_read_item() makes an item of a
 * record. Between two records reading can stop and, with the position kept, go
 * on in another process.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/value.h"

enum import_format {
	IMPORT_UNKNOWN,
	IMPORT_LINES,
	IMPORT_ARRAY,
	IMPORT_ARRAY_ENDED,
};

/* Between two records. Zeroed but for line, which counts from 1: the start. */
struct import_position {
	uint64_t offset; /* bytes before it */
	uint64_t line; /* of the next byte */
	enum import_format format;
};

/* What should be an item. */
struct import_record {
	struct slice text; /* borrowed until the callback returns; never blank alone */
	uint64_t line; /* that it begins on */
	struct import_position end; /* behind it and what ends it */
};

typedef void import_take(void *context, const struct import_record *record);
/* What is no record, such as an array without its end. */
typedef void import_refuse(void *context, uint64_t line, const struct error *err);

struct import_reader {
	import_take *take;
	import_refuse *refuse;
	void *context;
	/* private: */
	struct import_position at; /* of the next byte */
	struct buf pending; /* the record that is not whole yet */
	uint64_t pending_line; /* that it begins on */
	unsigned depth; /* in an array: of brackets within the element */
	bool in_string, escaped;
	bool has_elements; /* one was taken, so that another must follow a comma */
};

/* Begins at the start, or goes on from a position of the same text. */
void import_reader_init(struct import_reader *reader, const struct import_position *from,
	import_take *take, import_refuse *refuse, void *context);
void import_reader_release(struct import_reader *reader);

void import_reader_feed(struct import_reader *reader, struct slice piece);
/* Takes what has no line end yet if it is a whole item. With last, no more
 * comes: it is taken whatever it is, and an array that is not ended is told. */
void import_reader_finish(struct import_reader *reader, bool last);

/* Makes an item of a record, in the arena: plain JSON, typed JSON, or typed
 * within {"Item":…}. Errors as plain_read_item()'s. */
int import_read_item(
	struct slice text, struct arena *arena, struct map *ret, struct error *err) NODISCARD;
