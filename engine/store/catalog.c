#include "store/catalog.h"
#include "store/catalog_format.h"
#include "store/store_private.h"
#include "store/txn_private.h"

int catalog_put(struct txn *txn, const struct table_description *description, struct error *err)
{
	char *text CLEANUP(cleanup_free) = description_to_text(description);
	DBT key = bdb_input(description->name), data = bdb_input(slice_from_string(text));
	DB *file = txn->store->catalog;
	int r = file->put(file, txn->bdb, &key, &data, 0);

	return r ? bdb_error(err, r, "writing the catalogue") : 0;
}

int catalog_delete(struct txn *txn, struct slice name, struct error *err)
{
	DBT key = bdb_input(name);
	DB *file = txn->store->catalog;
	int r = file->del(file, txn->bdb, &key, 0);

	return r ? bdb_error(err, r, "writing the catalogue") : 0;
}

static int visit_entry(
	const DBT *key, const DBT *data, catalog_visitor *visit, void *context, struct error *err)
{
	json_t *object = json_loadb(data->data, data->size, JSON_ALLOW_NUL, NULL);
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct table_description description;
	int r;

	if (description_from_json(object, &arena, &description))
		r = visit(context, &description, err);
	else
		r = error_set(err, ERROR_CORRUPT,
			"the catalogue's entry for table %.*s is malformed",
			SLICE_ARG(bdb_slice(key)));
	json_decref(object);
	return r;
}

static int visit_all(
	DBC *cursor, DBT *key, DBT *data, catalog_visitor *visit, void *context, struct error *err)
{
	int r;

	while ((r = cursor->get(cursor, key, data, DB_NEXT)) == 0)
		TRY(visit_entry(key, data, visit, context, err));
	return r == DB_NOTFOUND ? 0 : bdb_error(err, r, "reading the catalogue");
}

int catalog_read(struct store *store, catalog_visitor *visit, void *context, struct error *err)
{
	DBT key = { .flags = DB_DBT_REALLOC }, data = { .flags = DB_DBT_REALLOC };
	DBC *cursor;
	int r = store->catalog->cursor(store->catalog, NULL, &cursor, 0);

	if (r)
		return bdb_error(err, r, "reading the catalogue");
	r = visit_all(cursor, &key, &data, visit, context, err);
	cursor->close(cursor);
	free(key.data);
	free(data.data);
	return r;
}
