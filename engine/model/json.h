/*
 * JSON text: checked as it arrives, and parsed by Jansson with its numbers
 * lifted out first.
 *
 * Jansson reads a number as a double or a 64-bit integer; DynamoDB's have 38
 * digits. So the scanner copies the text, putting in place of each number its
 * index in a list of the numbers' original spellings: after parsing, every
 * JSON integer is such an index.
 *
 * The scanner is a push automaton: text may come in any pieces, each byte is
 * looked at once, and a definite error is reported with the piece that brings
 * it. That is what lets a write() to an item fail (fs/draft.c).
 *
 * Source: RFC 8259. Nothing beyond it is accepted; nesting over
 * JSON_NESTING_MAX is an error ("Nesting Levels have exceeded supported
 * limits"), as is text over JSON_TEXT_MAX bytes (ERROR_TOO_LARGE). A string
 * must be UTF-8 and may hold \u0000; a name may not.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* An attribute's 32 levels, each with a descriptor around it, and the item. */
#define JSON_NESTING_MAX 80
#define JSON_TEXT_MAX    (16u << 20)

enum json_progress {
	JSON_INCOMPLETE, /* a prefix of a document, or blank */
	JSON_COMPLETE, /* one whole value, and blanks */
};

struct json_scanner {
	size_t offset; /* bytes taken */
	unsigned line;
	unsigned column; /* of the next byte, from 1 */
	struct buf lifted;
	struct buf numbers; /* array of struct json_number */
	size_t string_bytes; /* of string contents so far, keys not counted */
	bool only_judges; /* set after json_scanner_init(): lifted and numbers stay empty */
	/* private: */
	unsigned char state;
	bool in_name; /* the string is a member's name */
	unsigned char left; /* bytes still to come of a UTF-8 sequence, digits of an escape */
	unsigned char low, high; /* bounds of the next byte of a sequence */
	uint16_t code_unit; /* of the \u escape that is being read */
	uint16_t surrogate; /* the high half before it, or 0 */
	unsigned depth;
	uint64_t objects[2]; /* bit per level: an object, not an array */
	unsigned opened[JSON_NESTING_MAX]; /* line of each open bracket */
	const char *literal; /* what is still to come of one */
	size_t token_start; /* offset of the number or string */
	size_t line_start; /* offset of the current line */
};

/* Where a lifted number stands in the original text. */
struct json_number {
	size_t offset;
	size_t len;
};

void json_scanner_init(struct json_scanner *scanner);
void json_scanner_release(struct json_scanner *scanner);
/* Takes the next piece: an enum json_progress, or -1 with ERROR_VALIDATION
 * and the place of the offending byte; feeding after an error is not allowed.
 * A number at top level stays JSON_INCOMPLETE until a blank follows. */
int json_scanner_feed(
	struct json_scanner *scanner, struct slice piece, struct error *err) NODISCARD;
/* No more comes: 0 when the document is whole, or an ERROR_VALIDATION that
 * says what is missing. */
int json_scanner_finish(struct json_scanner *scanner, struct error *err) NODISCARD;

/* A parsed document. */
struct json_document {
	json_t *root; /* owned; integers are indexes of numbers */
	struct slice text; /* borrowed: the original */
	struct buf numbers; /* array of struct json_number */
};

void json_document_release(struct json_document *document);
/* Parses one whole document, rejecting duplicate members of an object and
 * invalid UTF-8. All errors carry a place in text. The document borrows text. */
int json_parse(struct slice text, struct json_document *ret, struct error *err) NODISCARD;
/* The spelling of a number of the document, or an absent slice when the node
 * is not a number. Borrowed from the text. */
struct slice json_number_text(const struct json_document *document, const json_t *node);

/* Where a node of the document stands in the text. Jansson has but one node
 * for all of true, false and null: for these it is the first such place. */
struct error_place json_place(const struct json_document *document, const json_t *node);

/* Appends a JSON string with its quotes: escapes only what RFC 8259 demands
 * and U+007F, as jq does. */
void json_append_string(struct buf *buf, struct slice string);
/* Length in bytes of what json_append_string() appends. */
size_t json_escaped_length(struct slice string);
