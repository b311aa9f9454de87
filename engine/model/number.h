/*
 * DynamoDB's Number: an exact decimal of up to 38 significant digits, from
 * 1E-130 to 9.99…E+125 in magnitude, and zero.
 *
 * Invariants:
 * 1. A number is normalised: value = ±coefficient × 10^exponent, where the
 *    coefficient has no trailing decimal zero and at most 38 digits; zero is
 *    coefficient 0, exponent 0, not negative. Two equal numbers have equal
 *    fields.
 * 2. No operation rounds: a result that would need a 39th digit is an error.
 *
 * Source: Amazon DynamoDB Developer Guide, "Supported data types", Number.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include <stdint.h>

__extension__ typedef unsigned __int128 number_coefficient;

struct number {
	number_coefficient coefficient;
	int16_t exponent;
	bool negative;
};

/* The longest canonical text: a sign, "0.", 129 zeros and 38 digits. */
#define NUMBER_TEXT_MAX 170
/* The longest encoded form, in bytes. */
#define NUMBER_ENCODED_MAX 24

/* Reads DynamoDB's spelling of a number: optional sign, digits with an
 * optional point, optional exponent. No blanks, no NaN, no infinity. */
int number_parse(struct slice text, struct number *ret, struct error *err) NODISCARD;
/* Appends the canonical text: no exponent, no '+', no zeros at either end. */
void number_format(const struct number *number, struct buf *buf);
struct number number_from_int64(int64_t value);

/* <0, 0, >0 by value. */
int number_compare(const struct number *a, const struct number *b);
/* Exact; an error when the result is out of range or needs 39 digits. */
int number_add(const struct number *a, const struct number *b, struct number *ret,
	struct error *err) NODISCARD;
int number_subtract(const struct number *a, const struct number *b, struct number *ret,
	struct error *err) NODISCARD;

/* What it counts for in an item's size, in bytes: one, plus one for each two
 * significant digits left of the point, likewise right of it, plus one for a
 * minus sign. */
size_t number_size(const struct number *number);

/* Appends a form whose memcmp order is the order by value and which ends
 * itself: no encoding is a prefix of another one. */
void number_encode(const struct number *number, struct buf *buf);
/* Reads such a form from the start of bytes; *ret_used is its length.
 * False when the bytes are not one. */
bool number_decode(struct slice bytes, struct number *ret, size_t *ret_used);
