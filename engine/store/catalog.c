#include "store/catalog.h"
#include "base/memory.h"
#include "model/value.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <jansson.h>

static const char *const billing_modes[] = {
	[BILLING_PROVISIONED] = "PROVISIONED",
	[BILLING_PAY_PER_REQUEST] = "PAY_PER_REQUEST",
};

static const char *const table_classes[] = {
	[TABLE_CLASS_STANDARD] = "STANDARD",
	[TABLE_CLASS_STANDARD_INFREQUENT_ACCESS] = "STANDARD_INFREQUENT_ACCESS",
};

enum field_kind { FIELD_TEXT, FIELD_INTEGER, FIELD_BOOLEAN, FIELD_NAMED };

/* A member of a description. */
struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	const char *const *names; /* FIELD_NAMED: of an enum's values */
	size_t name_count;
};

#define AT(member) offsetof(struct table_description, member)

static const char *const key_types[] = { "S", "N", "B" };
_Static_assert(VALUE_S == 0 && VALUE_N == 1 && VALUE_B == 2, "key types begin the enum");

static const struct field fields[] = {
	{ "name", FIELD_TEXT, AT(name) },
	{ "id", FIELD_TEXT, AT(id) },
	{ "partition_key", FIELD_TEXT, AT(key.partition.name) },
	{ "partition_key_type", FIELD_NAMED, AT(key.partition.type), key_types,
		ARRAY_SIZE(key_types) },
	{ "sort_key", FIELD_TEXT, AT(key.sort.name) },
	{ "sort_key_type", FIELD_NAMED, AT(key.sort.type), key_types, ARRAY_SIZE(key_types) },
	{ "created_ns", FIELD_INTEGER, AT(created_ns) },
	{ "billing_mode", FIELD_NAMED, AT(billing_mode), billing_modes, ARRAY_SIZE(billing_modes) },
	{ "read_capacity_units", FIELD_INTEGER, AT(read_capacity_units) },
	{ "write_capacity_units", FIELD_INTEGER, AT(write_capacity_units) },
	{ "table_class", FIELD_NAMED, AT(table_class), table_classes, ARRAY_SIZE(table_classes) },
	{ "deletion_protection", FIELD_BOOLEAN, AT(deletion_protection) },
};

static json_t *text_to_json(struct slice text)
{
	/* An absent text has no member. */
	return slice_present(text) ? json_stringn(text.data, text.len) : NULL;
}

static json_t *field_to_json(const struct field *field, const void *at)
{
	switch (field->kind) {
	case FIELD_TEXT:
		return text_to_json(*(const struct slice *)at);
	case FIELD_INTEGER:
		return json_integer(*(const int64_t *)at);
	case FIELD_BOOLEAN:
		return json_boolean(*(const bool *)at);
	case FIELD_NAMED:
		return json_string(field->names[*(const unsigned *)at]);
	}
	abort();
}

/* A string to be freed. */
static char *description_to_text(const struct table_description *description)
{
	json_t *object = json_object();
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const void *at = (const char *)description + fields[i].offset;
		json_t *value = field_to_json(&fields[i], at);

		if (value)
			json_object_set_new(object, fields[i].name, value);
	}
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!text)
		abort(); /* out of memory, or a name that is not UTF-8 */
	return text;
}

static bool named_from_json(const struct field *field, const json_t *node, unsigned *ret)
{
	const char *name = json_string_value(node);

	for (unsigned i = 0; name && i < field->name_count; i++) {
		if (strcmp(field->names[i], name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* False when the member is not what the field wants. Texts borrow. */
static bool field_from_json(const struct field *field, const json_t *node, void *at)
{
	switch (field->kind) {
	case FIELD_TEXT:
		*(struct slice *)at = slice_of(json_string_value(node), json_string_length(node));
		return json_is_string(node);
	case FIELD_INTEGER:
		*(int64_t *)at = json_integer_value(node);
		return json_is_integer(node);
	case FIELD_BOOLEAN:
		*(bool *)at = json_is_true(node);
		return json_is_boolean(node);
	case FIELD_NAMED:
		return named_from_json(field, node, at);
	}
	abort();
}

static bool description_from_json(const json_t *object, struct table_description *ret)
{
	*ret = (struct table_description){ 0 };
	if (!json_is_object(object))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const json_t *node = json_object_get(object, fields[i].name);

		if (node && !field_from_json(&fields[i], node, (char *)ret + fields[i].offset))
			return false;
	}
	return slice_present(ret->name) && slice_present(ret->id) &&
	       slice_present(ret->key.partition.name);
}

struct table_description catalog_copy(
	const struct table_description *description, struct arena *arena)
{
	struct table_description copy = *description;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct slice *text = (void *)((char *)&copy + fields[i].offset);

		if (fields[i].kind == FIELD_TEXT)
			*text = arena_copy(arena, *text);
	}
	return copy;
}

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
	struct table_description description;
	int r;

	if (description_from_json(object, &description))
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
