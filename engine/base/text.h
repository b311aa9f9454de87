/* Text encodings: UTF-8, base64, hexadecimal, decimal. And blanks: ' ', \t, \r, \n. */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

/* Whether the bytes are well-formed UTF-8: no surrogates, nothing over-long,
 * nothing beyond U+10FFFF. Source: RFC 3629. NUL is allowed. */
bool utf8_valid(struct slice text);
/* The same; where it is not, *ret_offset is the first byte of the fault. */
bool utf8_check(struct slice text, size_t *ret_offset);
/* Appends the code point (a scalar value) as UTF-8. */
void utf8_append(struct buf *buf, uint32_t code_point);

/* Whether there is nothing but blanks. */
bool text_is_blank(struct slice text);

/* Standard alphabet with padding. Source: RFC 4648 section 4. */
void base64_append(struct buf *buf, struct slice bytes);
/* Decodes strictly: padding required, no blanks, no stray bits. Appends to
 * buf. False when the text is not base64; buf may then hold a part. */
bool base64_decode(struct buf *buf, struct slice text);

void hex_append(struct buf *buf, struct slice bytes);
/* Lower-case digits only, an even number of them. */
bool hex_decode(struct buf *buf, struct slice text);
/* The value of a hexadecimal digit of either case, or -1. */
int hex_digit_value(char c);

/* The number that a string of digits is, and nothing else: no sign, no blanks. False when
 * it is none, or too large. */
bool decimal_parse(const char *text, uint64_t *ret);
/* Appends a short decimal that reads back as that number, which is finite, with a
 * point where it is whole: "5.0", "0.1", "1e+30". */
void double_append(struct buf *buf, double number);
