#include "draft.h"

#include "base/text.h"
#include "model/item.h"
#include "model/plain.h"
#include "name.h"

void draft_init(struct draft *draft)
{
	*draft = (struct draft){ .in_order = true };
	json_scanner_init(&draft->scanner);
}

void draft_release(struct draft *draft)
{
	buf_release(&draft->text);
	json_scanner_release(&draft->scanner);
	arena_release(&draft->arena);
}

void draft_load(struct draft *draft, struct slice text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	buf_append_slice(&draft->text, text);
	/* Stored text is a whole document; what follows may only be blanks. */
	draft->in_order = json_scanner_feed(&draft->scanner, text, &err) == JSON_COMPLETE;
	draft->complete = draft->in_order;
}

static void forget_judgement(struct draft *draft)
{
	draft->judged = false;
	arena_release(&draft->arena);
}

static struct slice first_word(struct slice text)
{
	while (text.len && strchr(" \t\r\n", text.data[0]))
		text = slice_skip(text, 1);
	return text;
}

static int check_object(const struct draft *draft, struct error *err)
{
	struct slice text = buf_slice(&draft->text);
	struct slice word = first_word(text);

	if (!word.len || word.data[0] == '{')
		return 0;
	error_set(err, ERROR_VALIDATION, "an item is a JSON object: expected '{', found '%c'",
		word.data[0] >= ' ' && word.data[0] < 0x7F ? word.data[0] : '?');
	error_set_place(err, error_place_at(text, text.len - word.len));
	return -1;
}

/* Strings alone say that it is too large, whatever may follow: three quarters
 * of their length, as they may be base64. */
static int check_size(const struct draft *draft, struct error *err)
{
	if (draft->scanner.string_bytes / 4 * 3 <= ITEM_SIZE_MAX)
		return 0;
	return error_set(err, ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
}

static int take_in_order(
	struct draft *draft, const struct item_place *place, struct slice piece, struct error *err)
{
	bool blank = first_word(piece).len == 0;
	int progress;

	TRY(check_object(draft, err));
	progress = json_scanner_feed(&draft->scanner, piece, err);
	TRY(progress);
	TRY(check_size(draft, err));
	draft->complete = progress == JSON_COMPLETE;
	if (!draft->complete || (draft->judged && blank))
		return 0;
	return draft_judge(draft, place, err);
}

static void write_over(struct draft *draft, struct slice piece, size_t offset)
{
	if (offset + piece.len > draft->text.len)
		buf_resize(&draft->text, offset + piece.len);
	memcpy(draft->text.data + offset, piece.data, piece.len);
	draft->in_order = draft->complete = false;
	forget_judgement(draft);
}

int draft_write(struct draft *draft, const struct item_place *place, struct slice piece,
	off_t offset, struct error *err)
{
	int r;

	if (draft->spoiled)
		return error_set(err, ERROR_VALIDATION,
			"an earlier write to this open file was rejected: begin again");
	if (!piece.len)
		return 0;
	draft->dirty = true;
	if ((uint64_t)offset + piece.len > JSON_TEXT_MAX) {
		draft->spoiled = true;
		return error_set(
			err, ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
	}
	if (!draft->in_order || (size_t)offset != draft->text.len) {
		write_over(draft, piece, (size_t)offset);
		return 0;
	}
	buf_append_slice(&draft->text, piece);
	r = take_in_order(draft, place, piece, err);
	if (r < 0)
		draft->spoiled = true;
	return r;
}

int draft_truncate(struct draft *draft, off_t size, struct error *err)
{
	if (size > (off_t)JSON_TEXT_MAX)
		return error_set(
			err, ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
	draft->dirty = true;
	forget_judgement(draft);
	if (size == 0) {
		buf_clear(&draft->text);
		json_scanner_release(&draft->scanner);
		json_scanner_init(&draft->scanner);
		draft->in_order = true;
		draft->complete = draft->spoiled = false;
		return 0;
	}
	if ((size_t)size != draft->text.len)
		draft->in_order = draft->complete = false;
	buf_resize(&draft->text, (size_t)size);
	return 0;
}

int draft_judge(struct draft *draft, const struct item_place *place, struct error *err)
{
	if (draft->judged)
		return 0;
	forget_judgement(draft);
	TRY(plain_read_item(buf_slice(&draft->text), &draft->arena, &draft->item, err));
	TRY(item_take_key(place, &draft->arena, &draft->item, err));
	TRY(item_validate(&draft->item, err));
	draft->judged = true;
	return 0;
}

static void append_value(struct buf *buf, const struct value *value)
{
	if (value->type == VALUE_N)
		number_format(&value->number, buf);
	else if (value->type == VALUE_B)
		base64_append(buf, value->bytes);
	else
		json_append_string(buf, value->bytes);
}

static int key_mismatch(const struct key_attribute *attribute, const struct value *found,
	const struct value *wanted, struct error *err)
{
	struct buf found_text CLEANUP(buf_release) = BUF_INIT;
	struct buf wanted_text CLEANUP(buf_release) = BUF_INIT;

	append_value(&found_text, found);
	append_value(&wanted_text, wanted);
	return error_set(err, ERROR_VALIDATION,
		"the key attribute \"%.*s\" is %s here, but the file's path says %s: leave it out, "
		"or write to the path of that key",
		SLICE_ARG(attribute->name), buf_string(&found_text), buf_string(&wanted_text));
}

/* Checks one key attribute; counts in *missing when it is not there. */
static int check_attribute(const struct key_attribute *attribute, const struct value *wanted,
	const struct map *item, size_t *missing, struct error *err)
{
	const struct value *found = map_find(item, attribute->name);

	if (!found) {
		(*missing)++;
		return 0;
	}
	if (found->type != attribute->type)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Type mismatch for key %.*s "
			"expected: %s actual: %s",
			SLICE_ARG(attribute->name), value_type_name(attribute->type),
			value_type_name(found->type));
	if (!value_equal(found, wanted))
		return key_mismatch(attribute, found, wanted, err);
	return 0;
}

/* The item outlives the place: what it takes from there is copied. */
static struct member copy_member(const struct member *member, struct arena *arena)
{
	struct member copy = *member;

	copy.name = arena_copy(arena, member->name);
	if (copy.value.type != VALUE_N)
		copy.value.bytes = arena_copy(arena, member->value.bytes);
	return copy;
}

static void prepend_missing(
	const struct item_place *place, struct arena *arena, struct map *item, size_t missing)
{
	const struct map key = key_to_map(place->schema, &place->key, arena);
	struct member *members = arena_alloc_array(arena, item->count + missing, sizeof(*members));
	size_t count = 0;

	for (size_t i = 0; i < key.count; i++) {
		if (!map_find(item, key.members[i].name))
			members[count++] = copy_member(&key.members[i], arena);
	}
	if (item->count)
		memcpy(members + count, item->members, item->count * sizeof(*members));
	*item = (struct map){ members, count + item->count };
}

static int check_name(const struct value *value, enum name_suffix suffix, struct slice name,
	const struct key_attribute *attribute, struct error *err)
{
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;

	name_encode(value, suffix, &encoded);
	if (slice_equal(buf_slice(&encoded), name))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"the key attribute \"%.*s\" belongs to a file named %s, not %.*s",
		SLICE_ARG(attribute->name), buf_string(&encoded), SLICE_ARG(name));
}

/* The path holds only a hash of a key: the item must bring it. */
static int check_hashed(const struct item_place *place, const struct map *item, struct error *err)
{
	const struct key_schema *schema = place->schema;
	struct key key;

	TRY(key_from_item(schema, item, &key, err));
	if (!key_schema_has_sort(schema))
		return check_name(&key.partition, NAME_ITEM, place->name, &schema->partition, err);
	TRY(check_name(
		&key.partition, NAME_PARTITION, place->partition_name, &schema->partition, err));
	return check_name(&key.sort, NAME_ITEM, place->name, &schema->sort, err);
}

int item_take_key(
	const struct item_place *place, struct arena *arena, struct map *item, struct error *err)
{
	const struct key_schema *schema = place->schema;
	size_t missing = 0;

	if (!place->key_known)
		return check_hashed(place, item, err);
	TRY(check_attribute(&schema->partition, &place->key.partition, item, &missing, err));
	if (key_schema_has_sort(schema))
		TRY(check_attribute(&schema->sort, &place->key.sort, item, &missing, err));
	if (missing)
		prepend_missing(place, arena, item, missing);
	return key_validate(schema, &place->key, err);
}
