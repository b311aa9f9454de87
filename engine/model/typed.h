/*
 * Typed JSON: DynamoDB's own AttributeValue form, {"S": "x"}, as it goes over
 * the wire. Source: API Reference, "AttributeValue".
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/json.h"
#include "model/value.h"

/* Reads an AttributeValue. A member of the wrong JSON type is
 * ERROR_SERIALIZATION ("NUMBER_VALUE cannot be converted to String"); none or
 * two members are ERROR_VALIDATION ("Supplied AttributeValue is empty, must
 * contain exactly one of the supported datatypes"). Bytes live in the arena. */
int typed_read_value(const struct json_document *document, const json_t *node, struct arena *arena,
	struct value *ret, struct error *err) NODISCARD;
/* Reads a map of attribute name to AttributeValue: an Item or a Key. */
int typed_read_map(const struct json_document *document, const json_t *node, struct arena *arena,
	struct map *ret, struct error *err) NODISCARD;

/* Appends in compact form, no blanks. */
void typed_append_value(struct buf *buf, const struct value *value);
void typed_append_map(struct buf *buf, const struct map *map);
/* The same of an encoded item (model/item.h), without making values of it.
 * ERROR_CORRUPT when the bytes are not one; something may then be appended. */
int typed_append_item(struct buf *buf, struct slice item, struct error *err) NODISCARD;
/* What stands before the contents of a value: {"S": */
void typed_append_opening(struct buf *buf, enum value_type type);
