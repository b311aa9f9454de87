/* An engine in a private directory, and short ways to ask it: in JSON, as a
 * client over a wire, or by structs, as the mount. Apostrophes in a test's JSON
 * stand for double quotes. */
#pragma once

#include "api/engine.h"
#include "api/wire.h"
#include "base/buf.h"
#include "test.h"

#include <dirent.h>

struct door {
	char *path;
	struct engine *engine;
	struct arena arena;
	struct error err;
	struct buf answer; /* of the last call */
};

static inline void door_remove_directory(const char *path)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		buf_clear(&name);
		buf_appendf(&name, "%s/%s", path, entry->d_name);
		unlink(buf_string(&name));
	}
	if (directory)
		closedir(directory);
	rmdir(path);
}

static inline void door_release(struct door *door)
{
	engine_close(door->engine);
	door_remove_directory(door->path);
	free(door->path);
	arena_release(&door->arena);
	error_release(&door->err);
	buf_release(&door->answer);
}

static inline struct door door_open(const struct engine_options *options)
{
	struct door door = { .arena = ARENA_INIT, .err = ERROR_INIT, .answer = BUF_INIT };
	const char *base = getenv("TMPDIR");
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/dynamount-engine-XXXXXX", base ? base : "/tmp");
	buf_string(&path);
	door.path = mkdtemp(path.data);
	CHECK(door.path);
	CHECK_OK(engine_open(door.path, options, &door.engine, &door.err), &door.err);
	return door;
}

static inline struct door door_new(void)
{
	return door_open(&(struct engine_options){
		.cache_bytes = 16 << 20,
		.relaxed_durability = true,
	});
}

/* The text with each apostrophe replaced by a double quote. */
static inline struct slice door_json(struct arena *arena, const char *text)
{
	struct slice json = arena_copy(arena, slice_from_string(text));
	char *copy = arena_alloc(arena, json.len + 1);

	memcpy(copy, json.data, json.len + 1);
	for (size_t i = 0; i < json.len; i++) {
		if (copy[i] == '\'')
			copy[i] = '"';
	}
	return slice_of(copy, json.len);
}

/* Runs a request that has its structs: 0, or -1 with door->err. */
static inline int door_run(
	struct door *door, enum operation_id operation, const void *input, void *output)
{
	struct request request = {
		.operation = operation,
		.door = DOOR_MOUNT,
		.arena = &door->arena,
		.input = input,
		.output = output,
	};

	return engine_run(door->engine, &request, &door->err);
}

/* Asks in JSON: 0 with the answer in door->answer, or -1 with door->err. */
static inline int door_call(struct door *door, enum operation_id id, const char *json)
{
	const struct operation *operation = &operations[id];
	void *input = arena_alloc_zero(&door->arena, operation->input->size);
	void *output = arena_alloc_zero(&door->arena, operation->output->size);

	buf_clear(&door->answer);
	TRY(wire_read(
		operation->input, door_json(&door->arena, json), &door->arena, input, &door->err));
	TRY(door_run(door, id, input, output));
	wire_write(operation->output, output, &door->answer);
	return 0;
}

#define CHECK_CALL(door, id, json) CHECK_OK(door_call(door, id, json), &(door)->err)

/* Checks the whole answer. */
#define CHECK_ANSWER(door, id, json, expected) \
	do { \
		CHECK_CALL(door, id, json); \
		CHECK_TEXT(buf_slice(&(door)->answer), door_json(&(door)->arena, expected).data); \
	} while (0)

#define CHECK_REFUSED(door, id, json, class, message) \
	do { \
		CHECK_INT(door_call(door, id, json), -1); \
		CHECK_ERROR(&(door)->err, class, message); \
	} while (0)

/* Refused with a ValidationException of that message. */
#define CHECK_INVALID(door, id, json, message) \
	CHECK_REFUSED(door, id, json, ERROR_VALIDATION, message)

/* Makes a table on demand with the partition key "pk" and, with a type, the
 * sort key "sk". */
static inline void door_create_table(
	struct door *door, const char *name, const char *pk_type, const char *sk_type)
{
	struct attribute_definition definitions[] = {
		{ SLICE("pk"), slice_from_string(pk_type) },
		{ SLICE("sk"), slice_from_string(sk_type) },
	};
	struct key_schema_element keys[] = {
		{ SLICE("pk"), SLICE("HASH") },
		{ SLICE("sk"), SLICE("RANGE") },
	};
	size_t count = sk_type ? 2 : 1;
	struct create_table_input input = {
		.table_name = slice_from_string(name),
		.attribute_definitions = { true, count, definitions },
		.key_schema = { true, count, keys },
		.billing_mode = SLICE("PAY_PER_REQUEST"),
	};
	struct create_table_output output = { 0 };

	CHECK_OK(door_run(door, OPERATION_CREATE_TABLE, &input, &output), &door->err);
}

static inline struct value value_of_string(const char *string)
{
	return (struct value){ .type = VALUE_S, .bytes = slice_from_string(string) };
}

static inline struct value value_of_number(int64_t number)
{
	return (struct value){ .type = VALUE_N, .number = number_from_int64(number) };
}

/* The map of those attributes, in the arena. */
static inline struct map *map_of(struct arena *arena, const struct member *members, size_t count)
{
	struct member *copy = arena_alloc_array(arena, count, sizeof(*copy));
	struct map *map = arena_alloc(arena, sizeof(*map));

	memcpy(copy, members, count * sizeof(*copy));
	*map = (struct map){ copy, count };
	return map;
}

/* The item { pk, sk }, or its key. */
static inline struct map *door_key(struct door *door, struct value pk, struct value sk)
{
	struct member members[] = { { SLICE("pk"), pk }, { SLICE("sk"), sk } };

	return map_of(&door->arena, members, 2);
}

/* Writes in one transaction what there is no message for: it must succeed. */
static inline void door_write(struct door *door, const struct item_write *writes, size_t count)
{
	struct write_items_input input = { .writes = writes, .count = count };
	struct write_items_output output = { 0 };

	CHECK_OK(door_run(door, OPERATION_LOCAL_WRITE_ITEMS, &input, &output), &door->err);
	CHECK_INT(output.written, count);
}
