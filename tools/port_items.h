/*
 * The formats of items in text: recognising them, cutting the text into records,
 * and making items of these.
 *
 * A text is JSON when its first byte that is not blank is { or [ and CSV
 * otherwise, unless the format is told.
 */
#pragma once

#include "port_columns.h"

enum port_format {
	PORT_ANY, /* to be recognised */
	PORT_JSON, /* lines or an array, of plain or typed items */
	PORT_TYPED, /* the same, and nothing plain is taken */
	PORT_CSV,
	PORT_S3, /* the files of an export: typed, within {"Item":…} */
	PORT_FORMAT_COUNT
};

/* "json", "typed", "csv", "s3"; NULL for PORT_ANY. */
extern const char *const port_format_names[PORT_FORMAT_COUNT];
/* False when it is none. */
bool port_format_parse(const char *name, enum port_format *ret);

/* A delimiter of CSV as an option gives it: one character, or "tab", "\\t". */
bool port_delimiter_parse(const char *text, char *ret);

struct items_options {
	enum port_format format;
	char delimiter; /* of CSV */
	bool infer;
	const struct key_schema *key;
	import_take *take;
	import_refuse *refuse;
	void *context; /* of both */
};

struct items_reader {
	struct items_options options; /* format: as recognised */
	/* private: */
	bool begun;
	bool told; /* the format was, by the caller */
	struct import_position from;
	struct import_reader json;
	struct csv_reader csv;
	struct port_columns columns;
	struct arena arena; /* of the columns */
	struct buf header; /* as it was */
	struct error failure;
};

void items_init(struct items_reader *reader, const struct items_options *options);
/* Goes on from a position: the format is known, and of CSV the header. */
int items_init_at(struct items_reader *reader, const struct items_options *options,
	const struct import_position *from, struct slice header, struct error *err) NODISCARD;
void items_release(struct items_reader *reader);

/* Takes a piece. Errors: the text is of no format that holds items. */
int items_feed(struct items_reader *reader, struct slice piece, struct error *err) NODISCARD;
/* No more comes. */
int items_finish(struct items_reader *reader, struct error *err) NODISCARD;
/* Of CSV the header as it was, borrowed; else absent. */
struct slice items_header(const struct items_reader *reader);
/* Makes an item of a record, in the arena. */
int items_parse(const struct items_reader *reader, struct slice text, struct arena *arena,
	struct map *ret, struct error *err) NODISCARD;
