#include "store/stream_registry.h"
#include "store/store_private.h"

#include <jansson.h>

static const char *const key_types[] = { "S", "N", "B", NULL };
_Static_assert(VALUE_S == 0 && VALUE_N == 1 && VALUE_B == 2, "key types begin the enum");

static void put_key(json_t *object, const char *name, const char *type_name,
	const struct key_attribute *attribute)
{
	if (!slice_present(attribute->name))
		return;
	json_object_set_new(object, name, json_stringn(attribute->name.data, attribute->name.len));
	json_object_set_new(object, type_name, json_string(key_types[attribute->type]));
}

/* A string to be freed. */
static char *entry_to_text(const struct stream *stream)
{
	const struct stream_description *description = &stream->description;
	json_t *object = json_pack("{s:s%,s:s%,s:s%,s:s%,s:s,s:I,s:I,s:I}", "table_name",
		description->table_name.data, description->table_name.len, "table_id",
		description->table_id.data, description->table_id.len, "label",
		description->label.data, description->label.len, "region", description->region.data,
		description->region.len, "view", stream_view_type_names[description->view],
		"created_ns", (json_int_t)description->created_ns, "ended_ns",
		(json_int_t)stream->next.ended_ns, "start", (json_int_t)stream->next.start);
	char *text;

	put_key(object, "partition_key", "partition_key_type", &description->key.partition);
	put_key(object, "sort_key", "sort_key_type", &description->key.sort);
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!text)
		abort(); /* out of memory, or a name that is not UTF-8 */
	return text;
}

int stream_registry_put(struct txn *txn, const struct stream *stream, struct error *err)
{
	char *text CLEANUP(cleanup_free) = entry_to_text(stream);
	DBT key = bdb_input(stream->description.id);
	DBT data = bdb_input(slice_from_string(text));
	DB *registry = txn->store->streams.registry;
	int r;

	if (stream->next.registered)
		r = registry->put(registry, txn->bdb, &key, &data, 0);
	else
		r = registry->del(registry, txn->bdb, &key, 0);
	return r ? bdb_error(err, r, "writing the registry of streams") : 0;
}

static bool get_text(const json_t *object, const char *name, struct slice *ret)
{
	const json_t *node = json_object_get(object, name);

	*ret = slice_of(json_string_value(node), json_string_length(node));
	return json_is_string(node);
}

static bool get_integer(const json_t *object, const char *name, int64_t *ret)
{
	const json_t *node = json_object_get(object, name);

	*ret = json_integer_value(node);
	return json_is_integer(node);
}

/* A member that is one of the names, as its position among them. */
static bool get_name(
	const json_t *object, const char *member, const char *const *names, unsigned *ret)
{
	const char *name = json_string_value(json_object_get(object, member));

	for (unsigned i = 0; name && names[i]; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool get_key(
	const json_t *object, const char *name, const char *type_name, struct key_attribute *ret)
{
	unsigned type;

	if (!get_text(object, name, &ret->name) || !get_name(object, type_name, key_types, &type))
		return false;
	ret->type = (enum value_type)type;
	return true;
}

static bool entry_from_json(
	const json_t *object, struct stream_description *ret, uint64_t *ret_start)
{
	unsigned view;
	int64_t start;

	if (!get_text(object, "table_name", &ret->table_name) ||
		!get_text(object, "table_id", &ret->table_id) ||
		!get_text(object, "label", &ret->label) ||
		!get_text(object, "region", &ret->region) ||
		!get_name(object, "view", stream_view_type_names, &view) ||
		!get_integer(object, "created_ns", &ret->created_ns) ||
		!get_integer(object, "ended_ns", &ret->ended_ns) ||
		!get_integer(object, "start", &start) ||
		!get_key(object, "partition_key", "partition_key_type", &ret->key.partition))
		return false;
	ret->view = (enum stream_view)view;
	ret->enabled = ret->ended_ns == 0;
	*ret_start = (uint64_t)start;
	return !json_object_get(object, "sort_key") ||
	       get_key(object, "sort_key", "sort_key_type", &ret->key.sort);
}

static int visit_entry(const DBT *key, const DBT *data, stream_registry_visitor *visit,
	void *context, struct error *err)
{
	json_t *object = json_loadb(data->data, data->size, 0, NULL);
	struct stream_description description = { .id = bdb_slice(key) };
	uint64_t start;
	int r;

	if (entry_from_json(object, &description, &start))
		r = visit(context, &description, start, err);
	else
		r = error_set(err, ERROR_CORRUPT,
			"the registry's entry for stream %.*s is malformed",
			SLICE_ARG(description.id));
	json_decref(object);
	return r;
}

static int visit_all(DBC *cursor, DBT *key, DBT *data, stream_registry_visitor *visit,
	void *context, struct error *err)
{
	int r;

	while ((r = cursor->get(cursor, key, data, DB_NEXT)) == 0)
		TRY(visit_entry(key, data, visit, context, err));
	return r == DB_NOTFOUND ? 0 : bdb_error(err, r, "reading the registry of streams");
}

int stream_registry_read(
	DB *registry, stream_registry_visitor *visit, void *context, struct error *err)
{
	DBT key = { .flags = DB_DBT_REALLOC }, data = { .flags = DB_DBT_REALLOC };
	DBC *cursor;
	int r = registry->cursor(registry, NULL, &cursor, 0);

	if (r)
		return bdb_error(err, r, "reading the registry of streams");
	r = visit_all(cursor, &key, &data, visit, context, err);
	cursor->close(cursor);
	free(key.data);
	free(data.data);
	return r;
}
