#include "model/key.h"

#include "base/hash.h"
#include "base/text.h"
#include "model/key_private.h"

/* The rules of the two parts of a key. */
struct key_part {
	size_t max_length;
	const char *too_long;
};

static const struct key_part partition_part = {
	.max_length = KEY_PARTITION_MAX,
	.too_long = "One or more parameter values were invalid: "
		    "Size of hashkey has exceeded the maximum size limit of2048 bytes", /* sic */
};

static const struct key_part sort_part = {
	.max_length = KEY_SORT_MAX,
	.too_long = "One or more parameter values were invalid: "
		    "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
};

static int part_validate(const struct key_part *part, const struct key_attribute *attribute,
	const struct value *value, struct error *err)
{
	if (value->type == VALUE_N)
		return 0;
	if (!value->bytes.len)
		return error_set(err, ERROR_KEY_EMPTY,
			"One or more parameter values are not valid. The AttributeValue for a key "
			"attribute cannot contain an empty %s value. Key: %.*s",
			value->type == VALUE_S ? "string" : "binary", SLICE_ARG(attribute->name));
	if (value->bytes.len > part->max_length)
		return error_set(err, ERROR_VALIDATION, "%s", part->too_long);
	return 0;
}

static int part_from_item(const struct key_part *part, const struct key_attribute *attribute,
	const struct map *item, struct value *ret, struct error *err)
{
	const struct value *value = map_find(item, attribute->name);

	if (!value)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: "
			"Missing the key %.*s in the item",
			SLICE_ARG(attribute->name));
	if (value->type != attribute->type)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: "
			"Type mismatch for key %.*s expected: %s actual: %s",
			SLICE_ARG(attribute->name), value_type_name(attribute->type),
			value_type_name(value->type));
	TRY(part_validate(part, attribute, value, err));
	*ret = *value;
	return 0;
}

int key_from_item(
	const struct key_schema *schema, const struct map *item, struct key *ret, struct error *err)
{
	struct key key = { 0 };

	TRY(part_from_item(&partition_part, &schema->partition, item, &key.partition, err));
	if (key_schema_has_sort(schema))
		TRY(part_from_item(&sort_part, &schema->sort, item, &key.sort, err));
	*ret = key;
	return 0;
}

static bool part_from_map(
	const struct key_attribute *attribute, const struct map *map, struct value *ret)
{
	const struct value *value = map_find(map, attribute->name);

	if (!value || value->type != attribute->type)
		return false;
	*ret = *value;
	return true;
}

int key_from_map(
	const struct key_schema *schema, const struct map *map, struct key *ret, struct error *err)
{
	bool has_sort = key_schema_has_sort(schema);
	struct key key = { 0 };

	if (map->count != (has_sort ? 2 : 1) ||
		!part_from_map(&schema->partition, map, &key.partition) ||
		(has_sort && !part_from_map(&schema->sort, map, &key.sort)))
		return error_set(err, ERROR_VALIDATION,
			"The provided key element does not match the schema");
	*ret = key;
	return 0;
}

int key_validate(const struct key_schema *schema, const struct key *key, struct error *err)
{
	TRY(part_validate(&partition_part, &schema->partition, &key->partition, err));
	if (key_schema_has_sort(schema))
		TRY(part_validate(&sort_part, &schema->sort, &key->sort, err));
	return 0;
}

struct map key_to_map(const struct key_schema *schema, const struct key *key, struct arena *arena)
{
	size_t count = key_schema_has_sort(schema) ? 2 : 1;
	struct member *members = arena_alloc_array(arena, count, sizeof(*members));

	members[0] = (struct member){ arena_copy(arena, schema->partition.name), key->partition };
	if (count == 2)
		members[1] = (struct member){ arena_copy(arena, schema->sort.name), key->sort };
	return (struct map){ members, count };
}

bool key_equal(const struct key_schema *schema, const struct key *a, const struct key *b)
{
	return value_equal(&a->partition, &b->partition) &&
	       (!key_schema_has_sort(schema) || value_equal(&a->sort, &b->sort));
}

/* Appends the bytes, each 00 as 00 FF. */
static void append_escaped(struct buf *buf, struct slice bytes)
{
	while (bytes.len) {
		const char *zero = memchr(bytes.data, 0, bytes.len);
		size_t len = zero ? (size_t)(zero - bytes.data) + 1 : bytes.len;

		buf_append(buf, bytes.data, len);
		if (zero)
			buf_append_char(buf, '\xFF');
		bytes = slice_skip(bytes, len);
	}
}

void key_encode_value(const struct value *value, struct buf *buf)
{
	if (value->type == VALUE_N) {
		number_encode(&value->number, buf);
		return;
	}
	append_escaped(buf, value->bytes);
	buf_append(buf, "\x00\x01", 2);
}

void key_encode_value_prefix(const struct value *value, struct buf *buf)
{
	append_escaped(buf, value->bytes);
}

void key_put_hash(char *out, uint64_t hash)
{
	for (int i = KEY_HASH_LENGTH - 1; i >= 0; i--) {
		out[i] = (char)hash;
		hash >>= 8;
	}
}

void key_encode_partition(const struct value *partition, struct buf *buf)
{
	size_t start = buf->len;

	buf_resize(buf, start + KEY_HASH_LENGTH);
	key_encode_value(partition, buf);
	key_put_hash(
		buf->data + start, hash64(slice_skip(buf_slice(buf), start + KEY_HASH_LENGTH)));
}

void key_encode(const struct key_schema *schema, const struct key *key, struct buf *buf)
{
	key_encode_partition(&key->partition, buf);
	if (key_schema_has_sort(schema))
		key_encode_value(&key->sort, buf);
}

struct slice key_encode_new(
	const struct key_schema *schema, const struct key *key, struct arena *arena)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	key_encode(schema, key, &bytes);
	return arena_copy(arena, buf_slice(&bytes));
}

bool key_bound_after(struct buf *bound)
{
	while (bound->len && bound->data[bound->len - 1] == '\xFF')
		bound->len--;
	if (!bound->len)
		return false;
	bound->data[bound->len - 1]++;
	return true;
}

/* Length of the encoded string at the start of bytes, its end included; 0 when
 * malformed. */
static size_t escaped_length(struct slice bytes)
{
	size_t at = 0;

	while (at < bytes.len) {
		const char *zero = memchr(bytes.data + at, 0, bytes.len - at);

		if (!zero)
			return 0;
		at = (size_t)(zero - bytes.data) + 2;
		if (at > bytes.len)
			return 0;
		if (zero[1] == '\x01')
			return at;
		if (zero[1] != '\xFF')
			return 0;
	}
	return 0;
}

size_t key_encoded_length(enum value_type type, struct slice bytes)
{
	struct number number;
	size_t used;

	if (type != VALUE_N)
		return escaped_length(bytes);
	return number_decode(bytes, &number, &used) ? used : 0;
}

/* Reads back what append_escaped() made. */
static struct slice unescape(struct slice bytes, struct arena *arena)
{
	char *out = arena_alloc(arena, bytes.len);
	size_t len = 0;

	while (bytes.len) {
		const char *zero = memchr(bytes.data, 0, bytes.len);
		size_t run = zero ? (size_t)(zero - bytes.data) + 1 : bytes.len;

		memcpy(out + len, bytes.data, run);
		len += run;
		bytes = slice_skip(bytes, run + (zero != NULL));
	}
	return slice_of(out, len);
}

bool key_take_value(enum value_type type, size_t max_length, struct slice *bytes,
	struct arena *arena, struct value *ret)
{
	struct value value = { .type = type };
	size_t used;

	if (type == VALUE_N) {
		if (!number_decode(*bytes, &value.number, &used))
			return false;
	} else {
		used = escaped_length(*bytes);
		if (used <= 2) /* nothing but the end */
			return false;
		value.bytes = unescape(slice_of(bytes->data, used - 2), arena);
		if (value.bytes.len > max_length)
			return false;
		if (type == VALUE_S && !utf8_valid(value.bytes))
			return false;
	}
	*bytes = slice_skip(*bytes, used);
	*ret = value;
	return true;
}

static bool hash_matches(const struct key_schema *schema, struct slice bytes)
{
	size_t len = key_partition_length(schema, bytes);
	char expected[KEY_HASH_LENGTH];

	if (!len)
		return false;
	key_put_hash(
		expected, hash64(slice_of(bytes.data + KEY_HASH_LENGTH, len - KEY_HASH_LENGTH)));
	return memcmp(bytes.data, expected, KEY_HASH_LENGTH) == 0;
}

int key_decode(const struct key_schema *schema, struct slice bytes, struct arena *arena,
	struct key *ret, struct error *err)
{
	struct key key = { 0 };
	bool valid = hash_matches(schema, bytes);

	if (valid) {
		bytes = slice_skip(bytes, KEY_HASH_LENGTH);
		valid = key_take_value(schema->partition.type, partition_part.max_length, &bytes,
			arena, &key.partition);
	}
	if (valid && key_schema_has_sort(schema))
		valid = key_take_value(
			schema->sort.type, sort_part.max_length, &bytes, arena, &key.sort);
	if (!valid || bytes.len)
		return error_set(err, ERROR_CORRUPT, "Malformed row key");
	*ret = key;
	return 0;
}

size_t key_partition_length(const struct key_schema *schema, struct slice bytes)
{
	size_t len;

	if (bytes.len <= KEY_HASH_LENGTH)
		return 0;
	len = key_encoded_length(schema->partition.type, slice_skip(bytes, KEY_HASH_LENGTH));
	return len ? KEY_HASH_LENGTH + len : 0;
}
