/*
 * Plain JSON: an item as people write it, and as a file of the mount shows it.
 *
 *	S "x"	N 1.5	BOOL true	NULL null	L [...]	M {...}
 *	B {"B":"base64"}  SS {"SS":[...]}  NS {"NS":[...]}  BS {"BS":[...]}
 *
 * An object whose only key is one of the ten descriptors, with a value that
 * fits it, is read as typed: so a file of wholly typed DynamoDB JSON is read
 * too. A real map of such a shape is written {"M":{…}}, its members typed again
 * by the same rule, which stands at the head of plain.c. Members of NS may be
 * JSON numbers or strings.
 *
 * The canonical rendering is jq's default: two blanks of indentation, insertion
 * order, final newline; numbers in DynamoDB's canonical spelling, those of NS
 * as strings, as in DynamoDB's own form.
 *
 * Invariants:
 * 1. plain_read(plain_append_item(i)) equals i, for every valid item.
 * 2. plain_item_length(i) is exactly what plain_append_item(i) appends.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/json.h"
#include "model/value.h"

/* Reads a whole document that must be an object: the item. Errors carry the
 * line and column of what is wrong where it is a matter of the text. A number
 * may be a JSON number of any spelling that DynamoDB takes. Bytes live in the
 * arena. Does not apply item_validate(). */
int plain_read_item(
	struct slice text, struct arena *arena, struct map *ret, struct error *err) NODISCARD;
/* The same from a parsed node. */
int plain_read_value(const struct json_document *document, const json_t *node, struct arena *arena,
	struct value *ret, struct error *err) NODISCARD;

/* Appends the canonical rendering, with its final newline. */
void plain_append_item(struct buf *buf, const struct map *item);
/* Appends the same on one line, without blanks: a line of JSON Lines, with its
 * newline. */
void plain_append_line(struct buf *buf, const struct map *item);
/* A value on one line in the same way, without newline. */
void plain_append_value(struct buf *buf, const struct value *value);
/* The same from the binary form of an item (model/item.h), without decoding it.
 * ERROR_CORRUPT, with nothing appended, when the bytes are not an item. */
int plain_append_encoded_line(struct buf *buf, struct slice item, struct error *err) NODISCARD;
/* Length in bytes of the canonical rendering. */
size_t plain_item_length(const struct map *item);
