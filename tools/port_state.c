#include "port_state.h"

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

int import_state_read(const char *path, struct import_state *ret, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	json_t *root CLEANUP(json_decrefp) = NULL;
	struct members members = { 0 };
	int r = file_read_if_present(path, STATE_MAX, &text, err);

	if (r != 0)
		return r;
	root = json_loadb(text.data, text.len, 0, NULL);
	members.root = root;
	*ret = (struct import_state){ .arena = ARENA_INIT };
	read_members(&members, ret);
	if (!members.missing)
		return 0;
	arena_release(&ret->arena);
	return error_set(err, ERROR_VALIDATION, "%s does not tell of an import", path);
}
