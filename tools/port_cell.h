/*
 * The text of one cell of CSV, by the type of its column:
 *
 *	S	as it is	N	a number	B	base64
 *	BOOL	true, false	NULL	null		SS, NS, BS, L, M: JSON
 *
 * For every value v, cell_read(v.type, cell_append(v)) equals v.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/value.h"

/* Reads a value of that type, into the arena. */
int cell_read(enum value_type type, struct slice text, struct arena *arena, struct value *ret,
	struct error *err) NODISCARD;
void cell_append(const struct value *value, struct buf *buf);
/* N for what JSON calls a number, BOOL for true and false, else S. */
enum value_type cell_infer_type(struct slice text);
