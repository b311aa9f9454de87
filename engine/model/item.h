/*
 * An item: DynamoDB's rules for a whole one, and its compact binary form.
 *
 * The binary form is self-describing and written in one pass; every attribute
 * carries its length, so that one is found without decoding the others.
 * Layout (all integers are unsigned LEB128):
 *
 *	item	  = count attribute*
 *	attribute = name-length name value
 *	value	  = type (1 byte) payload-length payload
 *	payload	  = bytes (S, B) | number_encode (N) | 0/1 (BOOL) | nothing (NULL)
 *		  | count value* (L, SS, NS, BS) | count attribute* (M)
 *
 * Source of the rules: Amazon DynamoDB Developer Guide, "Service, account, and
 * table quotas" and "DynamoDB Item sizes and formats".
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/value.h"

#define ITEM_SIZE_MAX    (400 * 1024) /* bytes, as item_size() counts */
#define ITEM_NESTING_MAX 32 /* levels of values in an attribute: 31 L or M around a scalar */
#define ITEM_NAME_MAX    65535 /* bytes of an attribute name */

/* DynamoDB's size in bytes: names plus values. */
size_t item_size(const struct map *item);
/* The bytes that a value counts for in it. */
size_t value_size(const struct value *value);

/* Checks what holds for every stored item: size, nesting, names not empty and
 * not over-long, sets not empty and without duplicates, strings UTF-8, no NUL
 * in names (which Jansson could not carry). The size failure is
 * ERROR_TOO_LARGE, the rest ERROR_VALIDATION. */
int item_validate(const struct map *item, struct error *err) NODISCARD;
/* The two halves of it: the service judges the size later. */
int item_validate_values(const struct map *item, struct error *err) NODISCARD;
int item_validate_size(const struct map *item, struct error *err) NODISCARD;

void item_encode(const struct map *item, struct buf *buf);
/* Decodes all of it into the arena; strings borrow from bytes. ERROR_CORRUPT
 * when the bytes are not an item; never reads beyond them. */
int item_decode(
	struct arena *arena, struct slice bytes, struct map *ret, struct error *err) NODISCARD;
#define ITEM_ATTRIBUTE_ABSENT 1
/* Decodes one top-level attribute, skipping the others: 0, or
 * ITEM_ATTRIBUTE_ABSENT. */
int item_decode_attribute(struct arena *arena, struct slice bytes, struct slice name,
	struct value *ret, struct error *err) NODISCARD;
