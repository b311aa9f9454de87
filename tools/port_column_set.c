#include "port_columns.h"

#include "base/memory.h"

void column_set_release(struct column_set *set)
{
	free(set->columns);
	arena_release(&set->names);
}

int port_column_compare(const struct port_column *a, const struct port_column *b)
{
	int order = slice_compare(a->name, b->name);

	return order ? order : (a->type > b->type) - (a->type < b->type);
}

/* Where the column is, or should be. */
static size_t find_column(const struct column_set *set, const struct port_column *column)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (port_column_compare(&set->columns[middle], column) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_to_set(struct column_set *set, const struct port_column *column)
{
	size_t i = find_column(set, column);

	if (i < set->count && port_column_compare(&set->columns[i], column) == 0) {
		set->columns[i].keeps_empty |= column->keeps_empty;
		return;
	}
	if (set->count == set->capacity) {
		set->capacity = set->capacity ? 2 * set->capacity : 16;
		set->columns = memory_resize(set->columns, set->capacity * sizeof(*set->columns));
	}
	memmove(&set->columns[i + 1], &set->columns[i], (set->count - i) * sizeof(*set->columns));
	set->columns[i] = *column;
	set->columns[i].name = arena_copy(&set->names, column->name);
	set->count++;
}

void column_set_add_item(struct column_set *set, const struct map *item)
{
	for (size_t i = 0; i < item->count; i++) {
		const struct value *value = &item->members[i].value;
		bool is_bytes = value->type == VALUE_S || value->type == VALUE_B;
		const struct port_column column = {
			.name = item->members[i].name,
			.type = value->type,
			.typed = true,
			.keeps_empty = is_bytes && !value->bytes.len,
		};

		add_to_set(set, &column);
	}
}

void column_set_merge(struct column_set *set, const struct column_set *from)
{
	for (size_t i = 0; i < from->count; i++)
		add_to_set(set, &from->columns[i]);
}
