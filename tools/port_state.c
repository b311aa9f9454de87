#include "port_state.h"

#include "model/typed.h"
#include "port_file.h"

#include <jansson.h>

#define STATE_MAX (64u << 20)

static void json_freep(char **text)
{
	free(*text);
}

static int write_json(const char *path, json_t *root, struct error *err)
{
	char *text CLEANUP(json_freep) = root ? json_dumps(root, JSON_INDENT(1)) : NULL;

	if (!text)
		return error_set(err, ERROR_SYSTEM, "Writing %s: a name in it is not UTF-8", path);
	return file_replace(path, slice_from_string(text), err);
}

static json_t *json_slice(struct slice text)
{
	return slice_present(text) ? json_stringn(text.data, text.len) : json_null();
}

int import_state_write(const char *path, const struct import_state *state, struct error *err)
{
	const struct import_position *at = &state->position;
	json_t *root CLEANUP(json_decrefp) = json_pack(
		"{s:I, s:o, s:o, s:s?, s:i, s:b, s:o, s:I, s:I, s:I, s:i, s:I, s:I, s:o, s:I, s:I}",
		"Input", (json_int_t)state->identity, "TableId", json_slice(state->table_id),
		"TableName", json_slice(state->table_name), "Format",
		port_format_names[state->format], "Delimiter", state->delimiter, "Infer",
		state->infer, "Header", json_slice(state->header), "Part", (json_int_t)state->part,
		"Offset", (json_int_t)at->offset, "Line", (json_int_t)at->line, "Within",
		(int)at->format, "Imported", (json_int_t)state->imported, "Rejected",
		(json_int_t)state->rejected, "Rejects", json_slice(state->rejects_path),
		"RejectsBytes", (json_int_t)state->rejects_bytes, "ReasonsBytes",
		(json_int_t)state->reasons_bytes);

	return write_json(path, root, err);
}

/* Members of a state, each of which must be there. */
struct members {
	json_t *root;
	bool missing;
};

static json_t *member(struct members *members, const char *name)
{
	json_t *value = json_object_get(members->root, name);

	members->missing |= !value;
	return value;
}

static uint64_t member_number(struct members *members, const char *name)
{
	json_t *value = member(members, name);

	members->missing |= !json_is_integer(value);
	return (uint64_t)json_integer_value(value);
}

static struct slice member_text(struct members *members, const char *name, struct arena *arena)
{
	json_t *value = member(members, name);

	return arena_copy(arena, slice_of(json_string_value(value), json_string_length(value)));
}

static void read_position(struct members *members, struct import_position *ret)
{
	uint64_t format = member_number(members, "Within");

	ret->offset = member_number(members, "Offset");
	ret->line = member_number(members, "Line");
	members->missing |= format > IMPORT_ARRAY_ENDED;
	ret->format = (enum import_format)format;
}

static void read_members(struct members *members, struct import_state *ret)
{
	struct slice format = member_text(members, "Format", &ret->arena);

	if (slice_present(format))
		members->missing |= !port_format_parse(format.data, &ret->format);
	ret->identity = member_number(members, "Input");
	ret->table_id = member_text(members, "TableId", &ret->arena);
	ret->table_name = member_text(members, "TableName", &ret->arena);
	ret->delimiter = (char)member_number(members, "Delimiter");
	ret->infer = json_is_true(member(members, "Infer"));
	ret->header = member_text(members, "Header", &ret->arena);
	ret->part = member_number(members, "Part");
	read_position(members, &ret->position);
	ret->imported = member_number(members, "Imported");
	ret->rejected = member_number(members, "Rejected");
	ret->rejects_path = member_text(members, "Rejects", &ret->arena);
	ret->rejects_bytes = member_number(members, "RejectsBytes");
	ret->reasons_bytes = member_number(members, "ReasonsBytes");
}

/* 0 with the members of what the file holds, or STATE_ABSENT. */
static int open_state(const char *path, struct members *ret, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int r = file_read_if_present(path, STATE_MAX, &text, err);

	if (r == FILE_ABSENT)
		return STATE_ABSENT;
	if (r == 0)
		*ret = (struct members){ .root = json_loadb(text.data, text.len, 0, NULL) };
	return r;
}

static int close_state(struct members *members, const char *path, const char *what,
	struct arena *arena, struct error *err)
{
	json_decref(members->root);
	if (!members->missing)
		return 0;
	arena_release(arena);
	return error_set(err, ERROR_VALIDATION, "%s does not tell of an %s", path, what);
}

int import_state_read(const char *path, struct import_state *ret, struct error *err)
{
	struct members members;
	int r = open_state(path, &members, err);

	if (r != 0)
		return r;
	*ret = (struct import_state){ .arena = ARENA_INIT };
	read_members(&members, ret);
	return close_state(&members, path, "import", &ret->arena, err);
}

/* Exports */

static json_t *json_position(const struct map *position)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (!position)
		return json_null();
	typed_append_map(&text, position);
	return json_slice(buf_slice(&text));
}

static json_t *json_segments(const struct export_state *state)
{
	json_t *list = json_array();

	for (size_t i = 0; i < state->segment_count; i++) {
		const struct export_segment_state *segment = &state->segments[i];

		json_array_append_new(list, json_pack("{s:b, s:o, s:I}", "Done", segment->done,
						    "Position", json_position(segment->position),
						    "Items", (json_int_t)segment->items));
	}
	return list;
}

static json_t *json_files(const struct export_state *state)
{
	json_t *list = json_array();

	for (size_t i = 0; i < state->file_count; i++) {
		const struct export_file_state *file = &state->files[i];

		json_array_append_new(
			list, json_pack("{s:o, s:I, s:I}", "Name", json_slice(file->name), "Bytes",
				      (json_int_t)file->bytes, "Items", (json_int_t)file->items));
	}
	return list;
}

int export_state_write(const char *path, const struct export_state *state, struct error *err)
{
	json_t *root CLEANUP(json_decrefp) = json_pack(
		"{s:o, s:o, s:s?, s:i, s:b, s:o, s:b, s:o, s:I, s:I, s:o, s:o}", "TableId",
		json_slice(state->table_id), "TableName", json_slice(state->table_name), "Format",
		port_format_names[state->format], "Delimiter", state->delimiter, "Gzip",
		state->gzip, "Header", json_slice(state->header), "Gathered", state->gathered,
		"ExportId", json_slice(state->export_id), "Start", (json_int_t)state->start_ns,
		"Lost", (json_int_t)state->lost, "Segments", json_segments(state), "Files",
		json_files(state));

	return write_json(path, root, err);
}

static const struct map *read_key(struct members *members, struct arena *arena)
{
	struct slice text = member_text(members, "Position", arena);
	struct json_document document CLEANUP(json_document_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map *key = arena_alloc_zero(arena, sizeof(*key));

	if (!slice_present(text))
		return NULL;
	members->missing |= json_parse(text, &document, &err) < 0 ||
			    typed_read_map(&document, document.root, arena, key, &err) < 0;
	return key;
}

static void read_segments(struct members *members, struct export_state *ret)
{
	json_t *list = member(members, "Segments");

	ret->segment_count = json_array_size(list);
	ret->segments = arena_alloc_array(&ret->arena, ret->segment_count, sizeof(*ret->segments));
	for (size_t i = 0; i < ret->segment_count; i++) {
		struct members own = { .root = json_array_get(list, i) };

		ret->segments[i].done = json_is_true(member(&own, "Done"));
		ret->segments[i].position = read_key(&own, &ret->arena);
		ret->segments[i].items = member_number(&own, "Items");
		members->missing |= own.missing;
	}
}

static void read_files(struct members *members, struct export_state *ret)
{
	json_t *list = member(members, "Files");

	ret->file_count = json_array_size(list);
	ret->files = arena_alloc_array(&ret->arena, ret->file_count, sizeof(*ret->files));
	for (size_t i = 0; i < ret->file_count; i++) {
		struct members own = { .root = json_array_get(list, i) };

		ret->files[i].name = member_text(&own, "Name", &ret->arena);
		ret->files[i].bytes = member_number(&own, "Bytes");
		ret->files[i].items = member_number(&own, "Items");
		members->missing |= own.missing;
	}
}

static void read_export(struct members *members, struct export_state *ret)
{
	struct slice format = member_text(members, "Format", &ret->arena);

	members->missing |= !slice_present(format) || !port_format_parse(format.data, &ret->format);
	ret->table_id = member_text(members, "TableId", &ret->arena);
	ret->table_name = member_text(members, "TableName", &ret->arena);
	ret->delimiter = (char)member_number(members, "Delimiter");
	ret->gzip = json_is_true(member(members, "Gzip"));
	ret->header = member_text(members, "Header", &ret->arena);
	ret->gathered = json_is_true(member(members, "Gathered"));
	ret->export_id = member_text(members, "ExportId", &ret->arena);
	ret->start_ns = (int64_t)member_number(members, "Start");
	ret->lost = member_number(members, "Lost");
	read_segments(members, ret);
	read_files(members, ret);
	members->missing |= !ret->segment_count ||
			    (ret->file_count != 1 && ret->file_count != ret->segment_count);
}

int export_state_read(const char *path, struct export_state *ret, struct error *err)
{
	struct members members;
	int r = open_state(path, &members, err);

	if (r != 0)
		return r;
	*ret = (struct export_state){ .arena = ARENA_INIT };
	read_export(&members, ret);
	return close_state(&members, path, "export", &ret->arena, err);
}
