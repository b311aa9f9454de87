/*
 * Key attributes are scalars: no document path may go into one. Told once the
 * table is known: "Key attributes must be scalars; list random access '[]' and
 * map lookup '.' are not allowed: Key: pk", of an index's "IndexKey: g".
 */
#pragma once

#include "expr/condition.h"
#include "expr/projection.h"
#include "expr/update.h"
#include "store/table.h"

/* Where paths come from; NULL: there is none. */
struct key_paths {
	const struct condition *condition;
	const struct update *update;
	const struct projection *projection;
};

int key_paths_check(const struct table_description *table, const struct key_paths *paths,
	struct error *err) NODISCARD;
