#include "port_cell.h"

#include "base/text.h"
#include "model/plain.h"
#include "model/typed.h"

#include <strings.h>

#define CELL_NAME "cell" /* of the attribute that a cell is read and written as */

/* Reading values */

/* By a reading of `{"cell":` text `}`. */
static int read_json(struct slice text, const char *before, const char *after, struct arena *arena,
	struct value *ret, struct error *err)
{
	struct buf json CLEANUP(buf_release) = BUF_INIT;
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	struct map map;

	buf_appendf(&json, "{\"" CELL_NAME "\":%s", before);
	buf_append_slice(&json, text);
	buf_append_string(&json, after);
	buf_append_char(&json, '}');
	if (plain_read_item(arena_copy(arena, buf_slice(&json)), arena, &map, &fault) < 0)
		return error_set(err, fault.class, "%s", fault.message);
	if (map.count != 1)
		return error_set(err, ERROR_VALIDATION, "more than one JSON value");
	*ret = map.members[0].value;
	return 0;
}

static int read_string(struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	(void)err;
	*ret = (struct value){ .type = VALUE_S, .bytes = arena_copy(arena, text) };
	return 0;
}

static int read_number(struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	(void)arena;
	ret->type = VALUE_N;
	return number_parse(text, &ret->number, err);
}

static int read_binary(struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	if (!base64_decode(&bytes, text))
		return error_set(err, ERROR_VALIDATION, "binary must be base64 with its padding");
	*ret = (struct value){ .type = VALUE_B, .bytes = arena_copy(arena, buf_slice(&bytes)) };
	return 0;
}

static bool is_word(struct slice text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static int read_boolean(
	struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	(void)arena;
	if (!is_word(text, "true") && !is_word(text, "false"))
		return error_set(err, ERROR_VALIDATION, "a BOOL is true or false");
	*ret = (struct value){ .type = VALUE_BOOL, .boolean = is_word(text, "true") };
	return 0;
}

static int read_null(struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	(void)arena;
	if (!is_word(text, "null") && !is_word(text, "true"))
		return error_set(err, ERROR_VALIDATION, "a NULL is null");
	*ret = (struct value){ .type = VALUE_NULL };
	return 0;
}

static int read_set(enum value_type type, struct slice text, struct arena *arena, struct value *ret,
	struct error *err)
{
	struct buf before CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&before, "{\"%s\":", value_type_name(type));
	if (!text.len || text.data[0] != '[')
		return error_set(err, ERROR_VALIDATION, "a set is a JSON array: [\"a\",\"b\"]");
	return read_json(text, buf_string(&before), "}", arena, ret, err);
}

static int read_string_set(
	struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	return read_set(VALUE_SS, text, arena, ret, err);
}

static int read_number_set(
	struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	return read_set(VALUE_NS, text, arena, ret, err);
}

static int read_binary_set(
	struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	return read_set(VALUE_BS, text, arena, ret, err);
}

static int read_document(
	struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	return read_json(text, "", "", arena, ret, err);
}

/* Writing values */

static struct slice without(struct slice text, size_t before, size_t after)
{
	return slice_of(text.data + before, text.len - before - after);
}

static void append_string(const struct value *value, struct buf *buf)
{
	buf_append_slice(buf, value->bytes);
}

static void append_number(const struct value *value, struct buf *buf)
{
	number_format(&value->number, buf);
}

static void append_binary(const struct value *value, struct buf *buf)
{
	base64_append(buf, value->bytes);
}

static void append_boolean(const struct value *value, struct buf *buf)
{
	buf_append_string(buf, value->boolean ? "true" : "false");
}

static void append_null(const struct value *value, struct buf *buf)
{
	(void)value;
	buf_append_string(buf, "null");
}

/* The contents of {"SS":[…]}. */
static void append_set(const struct value *value, struct buf *buf)
{
	struct buf typed CLEANUP(buf_release) = BUF_INIT;
	struct buf opening CLEANUP(buf_release) = BUF_INIT;

	typed_append_opening(&opening, value->type);
	typed_append_value(&typed, value);
	buf_append_slice(buf, without(buf_slice(&typed), opening.len, 1));
}

/* The value in the line {"cell":…}. */
static void append_document(const struct value *value, struct buf *buf)
{
	const struct member member = { SLICE(CELL_NAME), *value };
	const struct map map = { &member, 1 };
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	plain_append_line(&line, &map);
	buf_append_slice(
		buf, without(buf_slice(&line), strlen("{\"" CELL_NAME "\":"), strlen("}\n")));
}

static const struct cell_form {
	int (*read)(struct slice text, struct arena *arena, struct value *ret, struct error *err);
	void (*append)(const struct value *value, struct buf *buf);
} forms[] = {
	[VALUE_S] = { read_string, append_string },
	[VALUE_N] = { read_number, append_number },
	[VALUE_B] = { read_binary, append_binary },
	[VALUE_SS] = { read_string_set, append_set },
	[VALUE_NS] = { read_number_set, append_set },
	[VALUE_BS] = { read_binary_set, append_set },
	[VALUE_BOOL] = { read_boolean, append_boolean },
	[VALUE_NULL] = { read_null, append_null },
	[VALUE_L] = { read_document, append_document },
	[VALUE_M] = { read_document, append_document },
};
_Static_assert(ARRAY_SIZE(forms) == VALUE_TYPE_COUNT, "a type without a form");

int cell_read(enum value_type type, struct slice text, struct arena *arena, struct value *ret,
	struct error *err)
{
	TRY(forms[type].read(text, arena, ret, err));
	if (ret->type != type)
		return error_set(err, ERROR_VALIDATION, "the value is of type %s, not %s",
			value_type_name(ret->type), value_type_name(type));
	return 0;
}

void cell_append(const struct value *value, struct buf *buf)
{
	forms[value->type].append(value, buf);
}

/* A number as JSON spells it: 007 and +1 are rather strings. */
static bool is_json_number(struct slice text)
{
	size_t i = text.len && text.data[0] == '-';

	if (i == text.len || text.data[i] < '0' || text.data[i] > '9')
		return false;
	return text.data[i] != '0' || i + 1 == text.len || strchr(".eE", text.data[i + 1]);
}

enum value_type cell_infer_type(struct slice text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct number number;

	if (slice_equal_string(text, "true") || slice_equal_string(text, "false"))
		return VALUE_BOOL;
	if (is_json_number(text) && number_parse(text, &number, &err) == 0)
		return VALUE_N;
	return VALUE_S;
}
