/*
 * Shows pure functions to tests in another language: one line in, one line
 * out, one process for any number of them.
 *
 *	request = command (" " field)*
 *	answer	= outcome (" " field)*		"error" has the message as its field
 *
 * Every field is the hexadecimal of its bytes; an empty one is empty. What the
 * fields of a command are is told in its row of the table. A request that
 * isn't one ends the program, since it is the test that is at fault.
 */
#undef NDEBUG
#include "base/arena.h"
#include "base/text.h"
#include "model/item.h"
#include "model/key.h"
#include "model/plain.h"
#include "name.h"

#include <assert.h>

#define FIELDS_MAX 4

struct request {
	struct slice fields[FIELDS_MAX];
	size_t count;
	struct arena *arena;
	struct buf *answer;
};

/* Appends an outcome and its fields to the answer, or sets the error. */
typedef int probe_function(const struct request *request, struct error *err);

static void answer_outcome(const struct request *request, const char *outcome)
{
	buf_append_string(request->answer, outcome);
}

static void answer_field(const struct request *request, struct slice field)
{
	buf_append_char(request->answer, ' ');
	hex_append(request->answer, field);
}

static void answer_int(const struct request *request, long long number)
{
	answer_field(request, arena_printf(request->arena, "%lld", number));
}

static void answer_number(const struct request *request, const struct number *number)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	number_format(number, &text);
	answer_field(request, buf_slice(&text));
}

static void answer_value(const struct request *request, const struct value *value)
{
	if (value->type == VALUE_N)
		answer_number(request, &value->number);
	else
		answer_field(request, value->bytes);
}

static enum value_type type_field(struct slice name)
{
	enum value_type type;
	bool known = value_type_parse(name, &type);

	assert(known && (type == VALUE_S || type == VALUE_N || type == VALUE_B));
	return type;
}

static enum name_suffix suffix_field(struct slice name)
{
	bool item = slice_equal_string(name, "item");

	assert(item || slice_equal_string(name, "partition"));
	return item ? NAME_ITEM : NAME_PARTITION;
}

static int value_field(
	enum value_type type, struct slice field, struct value *ret, struct error *err)
{
	*ret = (struct value){ .type = type };
	if (type == VALUE_N)
		return number_parse(field, &ret->number, err);
	ret->bytes = field;
	return 0;
}

/* A schema by its types: "S", "NB". */
static struct key_schema schema_field(struct slice types)
{
	struct key_schema schema = { .partition = { .name = SLICE("pk") } };

	assert(types.len == 1 || types.len == 2);
	schema.partition.type = type_field(slice_of(types.data, 1));
	if (types.len == 2)
		schema.sort = (struct key_attribute){
			SLICE("sk"),
			type_field(slice_skip(types, 1)),
		};
	return schema;
}

static int probe_number_parse(const struct request *request, struct error *err)
{
	struct number number;

	TRY(number_parse(request->fields[0], &number, err));
	answer_outcome(request, "ok");
	answer_number(request, &number);
	return 0;
}

typedef int number_operation(
	const struct number *a, const struct number *b, struct number *ret, struct error *err);

static int probe_operation(
	const struct request *request, number_operation *operation, struct error *err)
{
	struct number a, b, result;

	TRY(number_parse(request->fields[0], &a, err));
	TRY(number_parse(request->fields[1], &b, err));
	TRY(operation(&a, &b, &result, err));
	answer_outcome(request, "ok");
	answer_number(request, &result);
	return 0;
}

static int probe_number_add(const struct request *request, struct error *err)
{
	return probe_operation(request, number_add, err);
}

static int probe_number_subtract(const struct request *request, struct error *err)
{
	return probe_operation(request, number_subtract, err);
}

static int probe_number_decode(const struct request *request, struct error *err)
{
	struct number number;
	size_t used;

	(void)err;
	if (!number_decode(request->fields[0], &number, &used)) {
		answer_outcome(request, "no");
		return 0;
	}
	answer_outcome(request, "ok");
	answer_number(request, &number);
	answer_int(request, (long long)used);
	return 0;
}

static int probe_value_compare(const struct request *request, struct error *err)
{
	enum value_type type = type_field(request->fields[0]);
	struct value a, b;
	int r;

	TRY(value_field(type, request->fields[1], &a, err));
	TRY(value_field(type, request->fields[2], &b, err));
	r = value_compare(&a, &b);
	assert((r == 0) == value_equal(&a, &b));
	answer_outcome(request, "ok");
	answer_int(request, (r > 0) - (r < 0));
	return 0;
}

static int probe_value_encode(const struct request *request, struct error *err)
{
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;
	struct value value;

	TRY(value_field(type_field(request->fields[0]), request->fields[1], &value, err));
	key_encode_value(&value, &encoded);
	answer_outcome(request, "ok");
	answer_field(request, buf_slice(&encoded));
	return 0;
}

static int probe_key_prefix(const struct request *request, struct error *err)
{
	struct buf bound CLEANUP(buf_release) = BUF_INIT;
	struct value value;

	TRY(value_field(type_field(request->fields[0]), request->fields[1], &value, err));
	key_encode_value_prefix(&value, &bound);
	answer_outcome(request, "ok");
	answer_field(request, buf_slice(&bound));
	if (key_bound_after(&bound))
		answer_field(request, buf_slice(&bound));
	return 0;
}

static int probe_key_encode(const struct request *request, struct error *err)
{
	struct key_schema schema = schema_field(request->fields[0]);
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;
	struct key key = { 0 };

	TRY(value_field(schema.partition.type, request->fields[1], &key.partition, err));
	TRY(value_field(schema.sort.type, request->fields[2], &key.sort, err));
	TRY(key_validate(&schema, &key, err));
	key_encode(&schema, &key, &encoded);
	answer_outcome(request, "ok");
	answer_field(request, buf_slice(&encoded));
	answer_int(request, (long long)key_partition_length(&schema, buf_slice(&encoded)));
	return 0;
}

static int probe_key_decode(const struct request *request, struct error *err)
{
	struct key_schema schema = schema_field(request->fields[0]);
	struct key key;

	TRY(key_decode(&schema, request->fields[1], request->arena, &key, err));
	answer_outcome(request, "ok");
	answer_value(request, &key.partition);
	if (key_schema_has_sort(&schema))
		answer_value(request, &key.sort);
	return 0;
}

static int probe_name_encode(const struct request *request, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct value value;

	TRY(value_field(type_field(request->fields[0]), request->fields[2], &value, err));
	name_encode(&value, suffix_field(request->fields[1]), &name);
	answer_outcome(request, "ok");
	answer_field(request, buf_slice(&name));
	return 0;
}

static int probe_name_decode(const struct request *request, struct error *err)
{
	static const char *const outcomes[] = {
		[NAME_EXACT] = "exact",
		[NAME_HASHED] = "hashed",
		[NAME_IMPOSSIBLE] = "impossible",
	};
	enum value_type type = type_field(request->fields[0]);
	struct slice canonical;
	struct value value;
	uint64_t hash;
	int r;

	(void)err;
	r = name_decode(request->fields[2], suffix_field(request->fields[1]), type, request->arena,
		&value, &hash, &canonical);
	answer_outcome(request, outcomes[r]);
	if (r != NAME_IMPOSSIBLE)
		answer_value(request, &value);
	else if (slice_present(canonical))
		answer_field(request, canonical);
	return 0;
}

/* The canonical text reads back, and so do the binary form and the line. */
static int probe_item_roundtrip(const struct request *request, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT, line CLEANUP(buf_release) = BUF_INIT;
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;
	struct map item, decoded, again;

	TRY(plain_read_item(request->fields[0], request->arena, &item, err));
	item_encode(&item, &encoded);
	TRY(item_decode(request->arena, buf_slice(&encoded), &decoded, err));
	assert(map_equal(&item, &decoded));
	plain_append_item(&text, &decoded);
	assert(text.len == plain_item_length(&item));
	plain_append_line(&line, &item);
	TRY(plain_read_item(buf_slice(&line), request->arena, &again, err));
	assert(map_equal(&item, &again));
	answer_outcome(request, "ok");
	answer_field(request, buf_slice(&text));
	return 0;
}

static const struct probe {
	const char *command;
	size_t fields;
	probe_function *function;
} probes[] = {
	{ "number-parse", 1, probe_number_parse }, /* text -> canonical text */
	{ "number-add", 2, probe_number_add }, /* text, text -> text */
	{ "number-subtract", 2, probe_number_subtract },
	{ "number-decode", 1, probe_number_decode }, /* bytes -> text, length; or no */
	{ "value-compare", 3, probe_value_compare }, /* type, value, value -> -1, 0, 1 */
	{ "value-encode", 2, probe_value_encode }, /* type, value -> bytes */
	{ "key-prefix", 2, probe_key_prefix }, /* type, value -> bound[, bound after it] */
	{ "key-encode", 3, probe_key_encode }, /* types, value, value -> bytes, length */
	{ "key-decode", 2, probe_key_decode }, /* types, bytes -> value[, value] */
	{ "name-encode", 3, probe_name_encode }, /* type, suffix, value -> name */
	{ "item-roundtrip", 1, probe_item_roundtrip }, /* text -> canonical text */
	{ "name-decode", 3, probe_name_decode }, /* type, suffix, name -> outcome, value */
};

static const struct probe *find_probe(struct slice command)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		if (slice_equal_string(command, probes[i].command))
			return &probes[i];
	}
	return NULL;
}

/* Takes what stands before the next blank, and the blank. */
static struct slice take_word(struct slice *line)
{
	const char *blank = memchr(line->data, ' ', line->len);
	struct slice word = { line->data, blank ? (size_t)(blank - line->data) : line->len };

	*line = slice_skip(*line, word.len + (blank != NULL));
	return word;
}

/* The field's bytes, in memory of exactly their size so that a sanitizer sees
 * a read beyond them. The caller frees it. */
static struct slice read_field(struct slice hex)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	bool valid = hex_decode(&bytes, hex);
	char *copy = malloc(bytes.len ? bytes.len : 1);

	assert(valid && copy);
	if (bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	return slice_of(copy, bytes.len);
}

static void answer_line(struct slice line, struct buf *answer)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct request request = { .arena = &arena, .answer = answer };
	const struct probe *probe = find_probe(take_word(&line));

	assert(probe);
	for (; request.count < probe->fields; request.count++)
		request.fields[request.count] = read_field(take_word(&line));
	assert(!line.len);
	if (probe->function(&request, &err) < 0) {
		buf_clear(answer);
		answer_outcome(&request, "error");
		answer_field(&request, slice_from_string(err.message));
	}
	for (size_t i = 0; i < request.count; i++)
		free((void *)request.fields[i].data);
}

int main(void)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	char *line CLEANUP(cleanup_free) = NULL;
	size_t capacity = 0;
	ssize_t len;

	while ((len = getline(&line, &capacity, stdin)) > 0) {
		if (line[len - 1] == '\n')
			len--;
		answer_line(slice_of(line, (size_t)len), &answer);
		puts(buf_string(&answer));
		fflush(stdout);
		buf_clear(&answer);
	}
	return 0;
}
