#include "store/backup_format.h"
#include "model/json.h"
#include "store/catalog.h"
#include "store/catalog_format.h"

#include <jansson.h>

static const char *const status_names[] = {
	[BACKUP_CREATING] = "CREATING",
	[BACKUP_AVAILABLE] = "AVAILABLE",
};

static const char *const type_names[] = {
	[BACKUP_USER] = "USER",
	[BACKUP_SYSTEM] = "SYSTEM",
};

void backup_append_record(struct buf *buf, const struct backup *backup)
{
	char *table CLEANUP(cleanup_free) = description_to_text(&backup->table);

	buf_append_string(buf, "{\"name\":");
	json_append_string(buf, backup->name);
	buf_appendf(buf,
		",\"status\":\"%s\",\"type\":\"%s\",\"created_ns\":%lld,\"expires_ns\":%lld,"
		"\"items\":%lld,\"bytes\":%lld,\"file_bytes\":%lld",
		status_names[backup->status], type_names[backup->type],
		(long long)backup->created_ns, (long long)backup->expires_ns,
		(long long)backup->items, (long long)backup->bytes, (long long)backup->file_bytes);
	if (slice_present(backup->checksum))
		buf_appendf(buf, ",\"checksum\":\"%.*s\"", SLICE_ARG(backup->checksum));
	buf_appendf(buf, ",\"table\":%s}", table);
}

static bool read_name(const json_t *node, const char *const *names, size_t count, unsigned *ret)
{
	const char *name = json_string_value(node);

	for (unsigned i = 0; name && i < count; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static struct slice read_text(const json_t *node, struct arena *arena)
{
	return arena_copy(arena, slice_of(json_string_value(node), json_string_length(node)));
}

static bool from_json(const json_t *object, struct arena *arena, struct backup *ret)
{
	struct table_description table;
	unsigned status, type;

	if (!read_name(json_object_get(object, "status"), status_names, ARRAY_SIZE(status_names),
		    &status) ||
		!read_name(json_object_get(object, "type"), type_names, ARRAY_SIZE(type_names),
			&type) ||
		!description_from_json(json_object_get(object, "table"), arena, &table))
		return false;
	ret->table = catalog_copy(&table, arena);
	ret->status = (enum backup_status)status;
	ret->type = (enum backup_type)type;
	ret->name = read_text(json_object_get(object, "name"), arena);
	ret->checksum = read_text(json_object_get(object, "checksum"), arena);
	ret->created_ns = json_integer_value(json_object_get(object, "created_ns"));
	ret->expires_ns = json_integer_value(json_object_get(object, "expires_ns"));
	ret->items = json_integer_value(json_object_get(object, "items"));
	ret->bytes = json_integer_value(json_object_get(object, "bytes"));
	ret->file_bytes = json_integer_value(json_object_get(object, "file_bytes"));
	return slice_present(ret->name);
}

int backup_read_record(struct slice id, struct slice text, struct arena *arena, struct backup *ret,
	struct error *err)
{
	json_t *object = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
	struct backup backup = { .id = arena_copy(arena, id) };
	bool sound = from_json(object, arena, &backup);

	json_decref(object);
	if (!sound)
		return error_set(err, ERROR_CORRUPT,
			"the ledger's entry of backup %.*s is malformed", SLICE_ARG(id));
	*ret = backup;
	return 0;
}
