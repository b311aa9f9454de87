#include "api/import_rows.h"

#include "base/text.h"

int import_name_columns(const struct slice *names, size_t count, char delimiter,
	struct import_columns *ret, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!names[i].len)
			return error_set(
				err, ERROR_VALIDATION, "The header has a column without a name");
		for (size_t j = 0; j < i; j++) {
			if (slice_equal(names[i], names[j]))
				return error_set(err, ERROR_VALIDATION,
					"The header names %.*s twice", SLICE_ARG(names[i]));
		}
	}
	*ret = (struct import_columns){ names, count, delimiter };
	return 0;
}

int import_read_header(struct slice record, char delimiter, struct arena *arena,
	struct import_columns *ret, struct error *err)
{
	struct csv_cells cells = { NULL, 0 };
	struct slice *names;

	TRY(csv_read_cells(record, delimiter, arena, &cells, err));
	names = arena_alloc_array(arena, cells.count, sizeof(*names));
	for (size_t i = 0; i < cells.count; i++)
		names[i] = arena_copy(arena, cells.cells[i].text);
	return import_name_columns(names, cells.count, delimiter, ret, err);
}

static bool find_key_type(const struct key_layout *key, struct slice name, enum value_type *ret)
{
	for (size_t i = 0; i < key->partition_count + key->sort_count; i++) {
		const struct key_attribute *attribute =
			i < key->partition_count ? &key->partition[i]
						 : &key->sort[i - key->partition_count];

		if (slice_equal(attribute->name, name)) {
			*ret = attribute->type;
			return true;
		}
	}
	return false;
}

static enum value_type type_of(const struct table_description *table, struct slice name)
{
	struct key_layout key = key_layout_of(&table->key);
	enum value_type type = VALUE_S;

	if (find_key_type(&key, name, &type))
		return type;
	for (size_t i = 0; i < table->index_count; i++) {
		if (find_key_type(&table->indexes[i].key, name, &type))
			break;
	}
	return type;
}

static int read_binary(struct slice name, struct slice text, struct arena *arena, struct value *ret,
	struct error *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	if (!base64_decode(&bytes, text))
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: %.*s is not base64",
			SLICE_ARG(name));
	ret->bytes = arena_copy(arena, buf_slice(&bytes));
	return 0;
}

static int read_cell(struct slice name, enum value_type type, struct slice text,
	struct arena *arena, struct value *ret, struct error *err)
{
	ret->type = type;
	if (type == VALUE_N)
		return number_parse(text, &ret->number, err);
	if (type == VALUE_B)
		return read_binary(name, text, arena, ret, err);
	ret->bytes = arena_copy(arena, text);
	return 0;
}

int import_read_row(const struct import_columns *columns, const struct table_description *table,
	struct slice record, struct arena *arena, struct map *ret, struct error *err)
{
	struct csv_cells cells = { NULL, 0 };
	struct member *members;
	size_t count = 0;

	TRY(csv_read_cells(record, columns->delimiter, arena, &cells, err));
	if (cells.count != columns->count)
		return error_set(err, ERROR_VALIDATION, "%zu cells, the header has %zu columns",
			cells.count, columns->count);
	members = arena_alloc_array(arena, cells.count, sizeof(*members));
	for (size_t i = 0; i < cells.count; i++) {
		const struct csv_cell *cell = &cells.cells[i];
		struct slice name = columns->names[i];

		if (!cell->text.len && !cell->quoted)
			continue;
		members[count].name = name;
		TRY(read_cell(
			name, type_of(table, name), cell->text, arena, &members[count].value, err));
		count++;
	}
	*ret = (struct map){ members, count };
	return 0;
}
