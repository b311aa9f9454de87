/*
 * What an import left out: the lines as they were, in a file that can be mended
 * and imported again, and beside it, in FILE.reasons, why, a line each:
 *
 *	movies.csv:7:12: year: "MMXIII" is no number
 *
 * as compilers word it, so that an editor takes one there. Rejected rows of CSV
 * stand below their header, elements of an array as JSON Lines. Without a file
 * reasons and lines go to standard error.
 *
 * Files are made with the first rejection. Ones that are there from an earlier
 * import are kept, with a ~ behind their names.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

struct rejects {
	char *path, *reasons_path; /* NULL: standard error */
	int fd, reasons_fd; /* -1: not made yet */
	struct buf lines, reasons; /* not written yet */
	uint64_t lines_written, reasons_written; /* bytes in the files */
	uint64_t count;
	uint64_t shown, shown_max; /* on standard error too */
};

/* With path NULL everything goes to standard error; else the first shown_max
 * reasons do. */
void rejects_init(struct rejects *rejects, const char *path, uint64_t shown_max);
void rejects_release(struct rejects *rejects);
/* Puts aside what is there of an earlier import. */
int rejects_begin(struct rejects *rejects, struct error *err) NODISCARD;
/* Goes on with the files of an interrupted import, cut to these lengths. */
int rejects_resume(struct rejects *rejects, uint64_t lines, uint64_t reasons, uint64_t count,
	struct error *err) NODISCARD;
struct reject {
	const char *input; /* the file's name */
	struct slice header; /* of CSV: goes before the first; or absent */
	struct slice text; /* as it was; or absent */
	bool as_line; /* ends of lines within the text become blanks */
	uint64_t line; /* that the text begins on */
	const struct error *why;
};

void rejects_add(struct rejects *rejects, const struct reject *reject);
/* Writes what was taken. With sync it is on disk then. */
int rejects_write(struct rejects *rejects, bool sync, struct error *err) NODISCARD;
