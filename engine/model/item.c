#include "model/item.h"
#include "base/memory.h"
#include "base/text.h"

/* What the service counts for a container, and for each thing in it. */
#define CONTAINER_SIZE 3
#define ENTRY_SIZE     1

static size_t elements_size(const struct elements *elements, size_t entry_size)
{
	size_t size = elements->count * entry_size;

	for (size_t i = 0; i < elements->count; i++)
		size += value_size(&elements->items[i]);
	return size;
}

size_t value_size(const struct value *value)
{
	switch (value->type) {
	case VALUE_S:
	case VALUE_B:
		return value->bytes.len;
	case VALUE_N:
		return number_size(&value->number);
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return elements_size(&value->elements, 0);
	case VALUE_BOOL:
	case VALUE_NULL:
		return 1;
	case VALUE_L:
		return CONTAINER_SIZE + elements_size(&value->elements, ENTRY_SIZE);
	case VALUE_M:
		return CONTAINER_SIZE + value->map.count * ENTRY_SIZE + item_size(&value->map);
	case VALUE_TYPE_COUNT:
		break;
	}
	return 0;
}

size_t item_size(const struct map *item)
{
	size_t size = 0;

	for (size_t i = 0; i < item->count; i++)
		size += item->members[i].name.len + value_size(&item->members[i].value);
	return size;
}

/* The service words each type of set in its own way. */
static const struct set_messages {
	const char *empty;
	const char *before_duplicates;
	const char *after_duplicates; /* NULL: the elements are not shown */
} set_messages[VALUE_TYPE_COUNT] = {
	[VALUE_SS] = {
		.empty = "An string set  may not be empty",
		.before_duplicates =
			"One or more parameter values were invalid: Input collection [",
		.after_duplicates = "] contains duplicates.",
	},
	[VALUE_NS] = {
		.empty = "An number set  may not be empty",
		.before_duplicates = "Input collection contains duplicates",
	},
	[VALUE_BS] = {
		.empty = "Binary sets should not be empty",
		.before_duplicates =
			"One or more parameter values were invalid: Input collection [",
		.after_duplicates = "]of type BS contains duplicates.",
	},
};

static int duplicates_error(const struct value *set, struct error *err)
{
	const struct set_messages *messages = &set_messages[set->type];
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&text, messages->before_duplicates);
	for (size_t i = 0; messages->after_duplicates && i < set->elements.count; i++) {
		if (i)
			buf_append_string(&text, ", ");
		if (set->type == VALUE_BS)
			base64_append(&text, set->elements.items[i].bytes);
		else
			buf_append_slice(&text, set->elements.items[i].bytes);
	}
	if (messages->after_duplicates)
		buf_append_string(&text, messages->after_duplicates);
	return error_set(err, ERROR_VALIDATION, "%s", buf_string(&text));
}

static int compare_elements(const void *a, const void *b)
{
	return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

static bool has_duplicates(const struct elements *elements)
{
	const struct value **sorted CLEANUP(cleanup_free) = NULL;

	if (elements->count < 2)
		return false;
	sorted = memory_new(elements->count * sizeof(*sorted));
	for (size_t i = 0; i < elements->count; i++)
		sorted[i] = &elements->items[i];
	qsort(sorted, elements->count, sizeof(*sorted), compare_elements);
	for (size_t i = 1; i < elements->count; i++) {
		if (value_compare(sorted[i - 1], sorted[i]) == 0)
			return true;
	}
	return false;
}

static int check_string(const struct value *value, struct error *err)
{
	if (utf8_valid(value->bytes))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: A string value is not valid UTF-8");
}

static int check_set(const struct value *set, struct error *err)
{
	if (!set->elements.count)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: %s",
			set_messages[set->type].empty);
	for (size_t i = 0; set->type == VALUE_SS && i < set->elements.count; i++)
		TRY(check_string(&set->elements.items[i], err));
	if (has_duplicates(&set->elements))
		return duplicates_error(set, err);
	return 0;
}

static int check_name(struct slice name, struct error *err)
{
	const char *fault = NULL;

	if (!name.len)
		fault = "An attribute name may not be empty";
	else if (name.len > ITEM_NAME_MAX)
		fault = "Attribute name is too large, must be less than 65536 bytes";
	else if (!utf8_valid(name) || memchr(name.data, '\0', name.len))
		fault = "An attribute name must be UTF-8 without U+0000";
	if (!fault)
		return 0;
	return error_set(
		err, ERROR_VALIDATION, "One or more parameter values were invalid: %s", fault);
}

static int check_map(const struct map *map, unsigned level, struct error *err);

static int check_value(const struct value *value, unsigned level, struct error *err)
{
	if (level > ITEM_NESTING_MAX)
		return error_set(err, ERROR_VALIDATION,
			"Nesting Levels have exceeded supported limits: Attributes in the item "
			"have nested levels beyond supported limit");
	switch (value->type) {
	case VALUE_S:
		return check_string(value, err);
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return check_set(value, err);
	case VALUE_L:
		for (size_t i = 0; i < value->elements.count; i++)
			TRY(check_value(&value->elements.items[i], level + 1, err));
		return 0;
	case VALUE_M:
		return check_map(&value->map, level + 1, err);
	case VALUE_N:
	case VALUE_B:
	case VALUE_BOOL:
	case VALUE_NULL:
	case VALUE_TYPE_COUNT:
		break;
	}
	return 0;
}

static int check_map(const struct map *map, unsigned level, struct error *err)
{
	for (size_t i = 0; i < map->count; i++) {
		TRY(check_name(map->members[i].name, err));
		TRY(check_value(&map->members[i].value, level, err));
	}
	return 0;
}

int item_validate_values(const struct map *item, struct error *err)
{
	return check_map(item, 1, err);
}

int item_validate_size(const struct map *item, struct error *err)
{
	if (item_size(item) > ITEM_SIZE_MAX)
		return error_set(
			err, ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
	return 0;
}

int item_validate(const struct map *item, struct error *err)
{
	TRY(item_validate_values(item, err));
	return item_validate_size(item, err);
}
