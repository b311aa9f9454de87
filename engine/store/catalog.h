/*
 * The catalogue: DATA/catalog.db, table name -> description as a JSON object.
 */
#pragma once

#include "store/table.h"
#include "store/txn.h"

int catalog_put(
	struct txn *txn, const struct table_description *description, struct error *err) NODISCARD;
int catalog_delete(struct txn *txn, struct slice name, struct error *err) NODISCARD;

/* Called for each table, in byte order of name; bytes are valid during it. */
typedef int catalog_visitor(
	void *context, const struct table_description *description, struct error *err);
int catalog_read(
	struct store *store, catalog_visitor *visit, void *context, struct error *err) NODISCARD;

/* A copy in the arena. */
struct table_description catalog_copy(
	const struct table_description *description, struct arena *arena);
