#include "port_columns.h"

#include "base/text.h"
#include "port_cell.h"

/* Headers */

static int fail_at(struct slice record, size_t offset, struct error *err)
{
	error_set_place(err, error_place_at(record, offset));
	return -1;
}

/* A cell of the header: name or name:TYPE. */
static struct port_column read_column(struct slice text)
{
	struct port_column column = { .name = text, .type = VALUE_S };
	const char *colon = text.len ? memrchr(text.data, ':', text.len) : NULL;
	size_t len = colon ? (size_t)(colon - text.data) : 0;

	if (!len || !value_type_parse(slice_skip(text, len + 1), &column.type))
		return column;
	column.name.len = len;
	column.typed = true;
	column.keeps_empty = column.type == VALUE_S || column.type == VALUE_B;
	return column;
}

static int apply_key(
	struct port_column *column, const struct key_attribute *attribute, struct error *err)
{
	if (!slice_present(attribute->name) || !slice_equal(column->name, attribute->name))
		return 0;
	if (column->typed && column->type != attribute->type)
		return error_set(err, ERROR_VALIDATION,
			"the key attribute %.*s is of type %s in the table",
			SLICE_ARG(column->name), value_type_name(attribute->type));
	column->type = attribute->type;
	column->typed = true;
	return 0;
}

/* Columns of one name and type in the order of the header. */
static int compare_places(const void *left, const void *right, void *context)
{
	const struct port_column *columns = context;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	int order = port_column_compare(&columns[a], &columns[b]);

	return order ? order : (a > b) - (a < b);
}

/* One name may have columns of several types that the header tells. The place is
 * that of the cell at fault. */
static int check_doubled(
	struct port_columns *columns, struct arena *arena, size_t *ret_place, struct error *err)
{
	size_t *order = arena_alloc_array(arena, columns->count, sizeof(*order));

	for (size_t i = 0; i < columns->count; i++)
		order[i] = i;
	qsort_r(order, columns->count, sizeof(*order), compare_places, columns->columns);
	for (size_t i = 1; i < columns->count; i++) {
		struct port_column *before = &columns->columns[order[i - 1]];
		struct port_column *column = &columns->columns[order[i]];

		if (!slice_equal(before->name, column->name))
			continue;
		*ret_place = order[i];
		if (before->type == column->type)
			return error_set(err, ERROR_VALIDATION, "the column %.*s is there twice",
				SLICE_ARG(column->name));
		before->has_others = column->has_others = true;
	}
	return 0;
}

static int add_column(struct port_columns *columns, const struct key_schema *key,
	const struct csv_cell *cell, struct error *err)
{
	struct port_column column = read_column(cell->text);

	if (!column.name.len)
		return error_set(err, ERROR_VALIDATION, "a column has no name");
	TRY(apply_key(&column, &key->partition, err));
	TRY(apply_key(&column, &key->sort, err));
	columns->columns[columns->count++] = column;
	return 0;
}

static int check_key(const struct port_columns *columns, const struct key_attribute *attribute,
	struct error *err)
{
	if (!slice_present(attribute->name))
		return 0;
	for (size_t i = 0; i < columns->count; i++) {
		if (slice_equal(columns->columns[i].name, attribute->name))
			return 0;
	}
	return error_set(err, ERROR_VALIDATION, "the header does not name the key attribute %.*s",
		SLICE_ARG(attribute->name));
}

static int read_columns(struct port_columns *columns, const struct key_schema *key,
	struct slice record, struct arena *arena, struct error *err)
{
	struct csv_cells cells;
	size_t place;

	record = arena_copy(arena, record);
	if (!utf8_valid(record))
		return error_set(err, ERROR_VALIDATION, "the header is not UTF-8 text");
	TRY(csv_read_cells(record, columns->delimiter, arena, &cells, err));
	columns->columns = arena_alloc_array(arena, cells.count, sizeof(*columns->columns));
	columns->count = 0;
	for (size_t i = 0; i < cells.count; i++) {
		if (add_column(columns, key, &cells.cells[i], err) < 0)
			return fail_at(record, cells.cells[i].offset, err);
	}
	if (check_doubled(columns, arena, &place, err) < 0)
		return fail_at(record, cells.cells[place].offset, err);
	return 0;
}

int columns_read_names(
	struct port_columns *columns, struct slice record, struct arena *arena, struct error *err)
{
	static const struct key_schema none = { .partition = { .type = VALUE_S } };

	return read_columns(columns, &none, record, arena, err);
}

int columns_read_header(struct port_columns *columns, const struct key_schema *key,
	struct slice record, struct arena *arena, struct error *err)
{
	TRY(read_columns(columns, key, record, arena, err));
	TRY(check_key(columns, &key->partition, err));
	return check_key(columns, &key->sort, err);
}

/* Rows to items */

/* What is wrong with a cell is told with its column's name. */
static int read_cell(const struct port_columns *columns, const struct port_column *column,
	const struct csv_cell *cell, struct slice record, struct arena *arena, struct value *ret,
	struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	enum value_type type = column->type;

	if (columns->infer && !column->typed)
		type = cell_infer_type(cell->text);
	if (cell_read(type, cell->text, arena, ret, &fault) == 0)
		return 0;
	error_set(err, fault.class, "%.*s: %s", SLICE_ARG(column->name), fault.message);
	return fail_at(record, cell->offset, err);
}

static bool is_absent(const struct port_column *column, const struct csv_cell *cell)
{
	return !cell->text.len && !(cell->quoted && column->keeps_empty);
}

static int check_count(const struct port_columns *columns, size_t cells, struct error *err)
{
	if (cells == columns->count)
		return 0;
	return error_set(err, ERROR_VALIDATION, "%zu cell%s, but the header names %zu column%s",
		cells, cells == 1 ? "" : "s", columns->count, columns->count == 1 ? "" : "s");
}

int columns_read_item(const struct port_columns *columns, struct slice record, struct arena *arena,
	struct map *ret, struct error *err)
{
	struct member *members;
	struct map map = { NULL, 0 };
	struct csv_cells cells;

	TRY(csv_read_cells(record, columns->delimiter, arena, &cells, err));
	TRY(check_count(columns, cells.count, err));
	members = arena_alloc_array(arena, cells.count, sizeof(*members));
	map.members = members;
	for (size_t i = 0; i < cells.count; i++) {
		const struct port_column *column = &columns->columns[i];

		if (is_absent(column, &cells.cells[i]))
			continue;
		if (column->has_others && map_find(&map, column->name)) {
			error_set(err, ERROR_VALIDATION, "%.*s has values of two types",
				SLICE_ARG(column->name));
			return fail_at(record, cells.cells[i].offset, err);
		}
		members[map.count].name = column->name;
		TRY(read_cell(columns, column, &cells.cells[i], record, arena,
			&members[map.count].value, err));
		map.count++;
	}
	*ret = map;
	return 0;
}

/* Writing */

static bool is_key(const struct key_schema *key, struct slice name)
{
	return slice_equal(key->partition.name, name) ||
	       (key_schema_has_sort(key) && slice_equal(key->sort.name, name));
}

void columns_from_set(struct port_columns *columns, const struct key_schema *key,
	const struct column_set *set, struct arena *arena)
{
	struct port_column *column = columns->columns =
		arena_alloc_array(arena, set->count + 2, sizeof(*column));

	*column++ =
		(struct port_column){ .name = key->partition.name, .type = key->partition.type };
	if (key_schema_has_sort(key))
		*column++ = (struct port_column){ .name = key->sort.name, .type = key->sort.type };
	for (size_t i = 0; i < set->count; i++) {
		if (!is_key(key, set->columns[i].name))
			*column++ = set->columns[i];
	}
	columns->count = (size_t)(column - columns->columns);
}

void columns_complete(struct port_columns *columns, const struct key_schema *key)
{
	for (size_t i = 0; i < columns->count; i++) {
		if (!is_key(key, columns->columns[i].name))
			columns->columns[i].typed = true;
	}
}

/* A string's column says its type only where it must. So does one whose bare
 * name would be read as a name and a type. */
static void append_name(const struct port_column *column, struct buf *buf)
{
	bool says = column->typed && (column->type != VALUE_S || column->keeps_empty);

	buf_append_slice(buf, column->name);
	if (says || read_column(column->name).typed)
		buf_appendf(buf, ":%s", value_type_name(column->type));
}

void columns_append_header(const struct port_columns *columns, struct buf *buf)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < columns->count; i++) {
		if (i)
			buf_append_char(buf, columns->delimiter);
		buf_clear(&name);
		append_name(&columns->columns[i], &name);
		csv_append_cell(buf, buf_slice(&name), columns->delimiter);
	}
	buf_append_char(buf, '\n');
}

size_t columns_append_item(
	const struct port_columns *columns, const struct map *item, struct buf *buf)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	size_t written = 0;

	for (size_t i = 0; i < columns->count; i++) {
		const struct port_column *column = &columns->columns[i];
		const struct value *value = map_find(item, column->name);

		if (i)
			buf_append_char(buf, columns->delimiter);
		if (!value || (column->typed && column->type != value->type))
			continue;
		buf_clear(&text);
		cell_append(value, &text);
		csv_append_cell(buf, buf_slice(&text), columns->delimiter);
		written += text.len || column->keeps_empty;
	}
	buf_append_char(buf, '\n');
	return item->count - written;
}
