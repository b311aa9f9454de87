#include "store/index.h"
#include "model/item.h"
#include "store/index_private.h"
#include "store/ttl.h"

bool index_entry_of(const struct index_description *description, const struct map *item,
	struct slice row_key, struct buf *buf)
{
	if (description->kind == INDEX_EXPIRY)
		return ttl_entry_encode(description->name, item, row_key, buf);
	return index_entry_encode(&description->key, item, row_key, buf) == 0;
}

bool index_covers(const struct index *index, const struct index_description *description,
	struct slice row_key)
{
	return description->status == INDEX_ACTIVE ||
	       slice_compare(row_key, buf_slice(&index->frontier)) <= 0;
}

static bool is_table_key(const struct table_description *table, struct slice attribute)
{
	return slice_equal(table->key.partition.name, attribute) ||
	       (key_schema_has_sort(&table->key) && slice_equal(table->key.sort.name, attribute));
}

static bool is_included(const struct index_description *index, struct slice attribute)
{
	for (size_t i = 0; i < index->non_key_attribute_count; i++) {
		if (slice_equal(index->non_key_attributes[i], attribute))
			return true;
	}
	return false;
}

bool index_projects(const struct table_description *table, const struct index_description *index,
	struct slice attribute)
{
	return index->projection == PROJECTION_ALL || key_layout_has(&index->key, attribute) ||
	       is_table_key(table, attribute) || is_included(index, attribute);
}

void index_project(const struct table_description *table, const struct index_description *index,
	const struct map *item, struct arena *arena, struct map *ret)
{
	struct member *members;
	size_t count = 0;

	if (index->projection == PROJECTION_ALL) {
		*ret = *item;
		return;
	}
	members = arena_alloc_array(arena, item->count, sizeof(*members));
	for (size_t i = 0; i < item->count; i++) {
		if (index_projects(table, index, item->members[i].name))
			members[count++] = item->members[i];
	}
	*ret = (struct map){ members, count };
}

uint32_t index_projected_size(const struct table_description *table,
	const struct index_description *index, const struct map *item, uint32_t item_size)
{
	size_t size = 0;

	if (index->projection == PROJECTION_ALL)
		return item_size;
	for (size_t i = 0; i < item->count; i++) {
		const struct member *member = &item->members[i];

		if (index_projects(table, index, member->name))
			size += member->name.len + value_size(&member->value);
	}
	return (uint32_t)size;
}

enum fault_kind { FAULT_NONE, FAULT_TYPE, FAULT_EMPTY, FAULT_PARTITION_LENGTH, FAULT_SORT_LENGTH };

/* Why an item may not be stored beside an index. */
struct fault {
	enum fault_kind kind;
	const struct index_description *index;
	const struct key_attribute *attribute;
	enum value_type type; /* that it has */
};

/* Whether an update leaves the attribute as it was. */
static bool is_unchanged(const struct map *old, struct slice name, const struct value *value)
{
	const struct value *before = old ? map_find(old, name) : NULL;

	return before && value_equal(before, value);
}

static enum fault_kind value_fault(const struct key_attribute *attribute, const struct value *value)
{
	if (value->type != attribute->type)
		return FAULT_TYPE;
	return value->type != VALUE_N && !value->bytes.len ? FAULT_EMPTY : FAULT_NONE;
}

/* Looks at the partition or the sort attributes; what is absent is no fault. */
static bool side_fault(const struct key_attribute *attributes, size_t count, size_t max_length,
	const struct map *old, const struct map *item, struct fault *ret)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		const struct value *value = map_find(item, attributes[i].name);
		bool unchanged;

		if (!value)
			continue;
		unchanged = is_unchanged(old, attributes[i].name, value);
		ret->attribute = &attributes[i];
		ret->type = value->type;
		ret->kind = unchanged ? FAULT_NONE : value_fault(&attributes[i], value);
		if (ret->kind != FAULT_NONE)
			return true;
		if (value->type == VALUE_S || value->type == VALUE_B)
			length += value->bytes.len;
		if (length > max_length && !unchanged) {
			ret->kind = max_length == KEY_SORT_MAX ? FAULT_SORT_LENGTH
							       : FAULT_PARTITION_LENGTH;
			return true;
		}
	}
	return false;
}

static bool index_fault(const struct index_description *index, const struct map *old,
	const struct map *item, struct fault *ret)
{
	*ret = (struct fault){ .index = index };
	return side_fault(index->key.partition, index->key.partition_count, KEY_PARTITION_MAX, old,
		       item, ret) ||
	       side_fault(index->key.sort, index->key.sort_count, KEY_SORT_MAX, old, item, ret);
}

static int empty_error(const struct fault *fault, bool update, struct error *err)
{
	const char *type = fault->type == VALUE_S ? "string" : "binary";

	if (update)
		return error_set(err, ERROR_KEY_EMPTY,
			"One or more parameter values are not valid. The update expression "
			"attempted to update a secondary index key to a value that is not "
			"supported. The AttributeValue for a key attribute cannot contain an empty "
			"%s value.",
			type);
	return error_set(err, ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. A value specified for a secondary "
		"index key is not supported. The AttributeValue for a key attribute cannot contain "
		"an empty %s value. IndexName: %.*s, IndexKey: %.*s",
		type, SLICE_ARG(fault->index->name), SLICE_ARG(fault->attribute->name));
}

static int fault_error(const struct fault *fault, bool update, struct error *err)
{
	switch (fault->kind) {
	case FAULT_NONE:
		return 0;
	case FAULT_TYPE:
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Type mismatch for Index Key "
			"%.*s Expected: %s Actual: %s IndexName: %.*s",
			SLICE_ARG(fault->attribute->name), value_type_name(fault->attribute->type),
			value_type_name(fault->type), SLICE_ARG(fault->index->name));
	case FAULT_EMPTY:
		return empty_error(fault, update, err);
	case FAULT_PARTITION_LENGTH:
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Size of hashkey has exceeded "
			"the maximum size limit of2048 bytes"); /* sic */
	case FAULT_SORT_LENGTH:
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Aggregated size of all range "
			"keys has exceeded the size limit of 1024 bytes");
	}
	abort();
}

/* Of several faults the service tells that of the index whose name is first. */
int index_check_item(const struct table_description *table, const struct map *old,
	const struct map *item, struct error *err)
{
	struct fault fault, first = { .kind = FAULT_NONE };

	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_description *index = &table->indexes[i];

		if (first.kind != FAULT_NONE && slice_compare(first.index->name, index->name) < 0)
			continue;
		if (index_fault(index, old, item, &fault))
			first = fault;
	}
	return fault_error(&first, old, err);
}
