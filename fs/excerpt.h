/*
 * Pieces of a text that was rejected, made fit to be shown on a terminal.
 *
 * Invariants:
 * 1. What is appended is one line, or whole lines, of well-formed UTF-8. Control
 *    bytes and malformed ones appear as "\x1b", characters that would reorder
 *    or hide others (the bidirectional controls, zero-width ones) as "\u202e".
 * 2. The caret stands under the first column of the character at the place, as
 *    a terminal counts columns: tabs go to multiples of eight, East Asian wide
 *    characters take two, combining ones none.
 * 3. An excerpt is bounded, however long the line is.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

/* Appends the text as part of one line. */
void excerpt_append_visible(struct buf *buf, struct slice text);
/* Appends where the place is, the line of the text around it, and the caret:
 *
 *	line 3, column 14:
 *	  "rating": 8..3,
 *	             ^
 *
 * Only the first, without the colon, when there is nothing to show: the text is
 * absent, does not have the place, or has an empty line there. The numbers are
 * the place's own, so that they agree with what messages say. */
void excerpt_append(struct buf *buf, struct slice text, const struct error_place *place);
