#include "model/key_layout.h"

#include "base/hash.h"
#include "model/key_private.h"

/* One side of a layout, partition or sort. */
struct side {
	const struct key_attribute *attributes;
	size_t count;
	size_t max_length; /* bytes of all its values */
};

static struct side partition_side(const struct key_layout *layout)
{
	return (struct side){ layout->partition, layout->partition_count, KEY_PARTITION_MAX };
}

static struct side sort_side(const struct key_layout *layout)
{
	return (struct side){ layout->sort, layout->sort_count, KEY_SORT_MAX };
}

struct key_layout key_layout_of(const struct key_schema *schema)
{
	struct key_layout layout = { .partition = { schema->partition }, .partition_count = 1 };

	if (key_schema_has_sort(schema)) {
		layout.sort[0] = schema->sort;
		layout.sort_count = 1;
	}
	return layout;
}

static bool side_has(struct side side, struct slice name)
{
	for (size_t i = 0; i < side.count; i++) {
		if (slice_equal(side.attributes[i].name, name))
			return true;
	}
	return false;
}

bool key_layout_has(const struct key_layout *layout, struct slice name)
{
	return side_has(partition_side(layout), name) || side_has(sort_side(layout), name);
}

/* Puts the hash of what was appended after its place. */
static void finish_hash(struct buf *buf, size_t start)
{
	key_put_hash(
		buf->data + start, hash64(slice_skip(buf_slice(buf), start + KEY_HASH_LENGTH)));
}

void key_layout_encode_partition(
	const struct key_layout *layout, const struct value *values, struct buf *buf)
{
	size_t start = buf->len;

	buf_resize(buf, start + KEY_HASH_LENGTH);
	for (size_t i = 0; i < layout->partition_count; i++)
		key_encode_value(&values[i], buf);
	finish_hash(buf, start);
}

/* False when an attribute is not fit for a key. */
static bool side_encode(struct side side, const struct map *item, struct buf *buf)
{
	size_t length = 0;

	for (size_t i = 0; i < side.count; i++) {
		const struct value *value = map_find(item, side.attributes[i].name);

		if (!value || value->type != side.attributes[i].type)
			return false;
		if (value->type != VALUE_N && !value->bytes.len)
			return false;
		length += value->type == VALUE_N ? 0 : value->bytes.len;
		if (length > side.max_length)
			return false;
		key_encode_value(value, buf);
	}
	return true;
}

static bool encode_keys(const struct key_layout *layout, const struct map *item, struct buf *buf)
{
	size_t start = buf->len;

	buf_resize(buf, start + KEY_HASH_LENGTH);
	if (!side_encode(partition_side(layout), item, buf))
		return false;
	finish_hash(buf, start);
	return side_encode(sort_side(layout), item, buf);
}

int index_entry_encode(const struct key_layout *layout, const struct map *item,
	struct slice row_key, struct buf *buf)
{
	size_t start = buf->len;

	if (!encode_keys(layout, item, buf)) {
		buf->len = start;
		return INDEX_ENTRY_NONE;
	}
	buf_append_slice(buf, row_key);
	return 0;
}

/* Takes the values of one side from the start of *bytes. */
static bool side_take(
	struct side side, struct slice *bytes, struct arena *arena, struct value *ret_values)
{
	for (size_t i = 0; i < side.count; i++) {
		if (!key_take_value(
			    side.attributes[i].type, side.max_length, bytes, arena, &ret_values[i]))
			return false;
	}
	return true;
}

static bool take_hash(struct slice *bytes, struct slice *ret_hash)
{
	if (bytes->len < KEY_HASH_LENGTH)
		return false;
	*ret_hash = slice_of(bytes->data, KEY_HASH_LENGTH);
	*bytes = slice_skip(*bytes, KEY_HASH_LENGTH);
	return true;
}

static bool take_partition(const struct key_layout *layout, struct slice *bytes,
	struct arena *arena, struct value *ret_values)
{
	char expected[KEY_HASH_LENGTH];
	struct slice hash, start;

	if (!take_hash(bytes, &hash))
		return false;
	start = *bytes;
	if (!side_take(partition_side(layout), bytes, arena, ret_values))
		return false;
	key_put_hash(expected, hash64(slice_of(start.data, start.len - bytes->len)));
	return slice_equal(hash, slice_of(expected, sizeof(expected)));
}

int key_layout_decode_partition(const struct key_layout *layout, struct slice bytes,
	struct arena *arena, struct value *ret_values, struct error *err)
{
	struct value values[KEY_ATTRIBUTES_MAX];

	if (!take_partition(layout, &bytes, arena, values) || bytes.len)
		return error_set(err, ERROR_CORRUPT, "Malformed partition of an index");
	memcpy(ret_values, values, layout->partition_count * sizeof(*values));
	return 0;
}

int index_entry_decode(const struct key_layout *layout, struct slice entry, struct arena *arena,
	struct value *ret_values, struct slice *ret_row_key, struct error *err)
{
	struct value values[2 * KEY_ATTRIBUTES_MAX];
	size_t count = layout->partition_count + layout->sort_count;

	if (!take_partition(layout, &entry, arena, values) ||
		!side_take(sort_side(layout), &entry, arena, values + layout->partition_count) ||
		!entry.len)
		return error_set(err, ERROR_CORRUPT, "Malformed index entry");
	memcpy(ret_values, values, count * sizeof(*values));
	*ret_row_key = entry;
	return 0;
}

static bool side_skip(struct side side, struct slice *bytes)
{
	for (size_t i = 0; i < side.count; i++) {
		size_t length = key_encoded_length(side.attributes[i].type, *bytes);

		if (!length)
			return false;
		*bytes = slice_skip(*bytes, length);
	}
	return true;
}

struct slice index_entry_partition(const struct key_layout *layout, struct slice entry)
{
	struct slice rest = entry, hash;

	if (!take_hash(&rest, &hash) || !side_skip(partition_side(layout), &rest))
		return slice_of(NULL, 0);
	return slice_of(entry.data, entry.len - rest.len);
}

struct slice index_entry_row_key(const struct key_layout *layout, struct slice entry)
{
	struct slice hash;

	if (!take_hash(&entry, &hash) || !side_skip(partition_side(layout), &entry) ||
		!side_skip(sort_side(layout), &entry) || !entry.len)
		return slice_of(NULL, 0);
	return entry;
}
