/* dynamount tables: the names of tables, and with -l what they are. */
#include "client.h"
#include "commands.h"
#include "excerpt.h"
#include "output.h"

#include <getopt.h>
#include <stdio.h>

enum {
	COLUMN_NAME,
	COLUMN_STATUS,
	COLUMN_ITEMS,
	COLUMN_BYTES,
	COLUMN_KEY,
	COLUMN_INDEXES,
	COLUMNS
};

static const struct column {
	const char *heading;
	bool right; /* aligned so: a number */
} columns[COLUMNS] = {
	[COLUMN_NAME] = { "TABLE", false },
	[COLUMN_STATUS] = { "STATUS", false },
	[COLUMN_ITEMS] = { "ITEMS", true },
	[COLUMN_BYTES] = { "BYTES", true },
	[COLUMN_KEY] = { "KEY", false },
	[COLUMN_INDEXES] = { "INDEXES", false },
};

struct row {
	struct slice cells[COLUMNS];
};

/* The long listing */

static struct slice cell_of_text(struct slice text, struct arena *arena)
{
	struct buf cell CLEANUP(buf_release) = BUF_INIT;

	excerpt_append_visible(&cell, text);
	return arena_copy(arena, buf_slice(&cell));
}

static struct slice cell_of_number(const struct optional_integer *number, struct arena *arena)
{
	if (!number->present)
		return SLICE("-");
	return arena_printf(arena, "%lld", (long long)number->value);
}

static struct slice type_of(const struct table_facts *table, struct slice attribute)
{
	const struct attribute_definition *definitions = table->attribute_definitions.items;

	for (size_t i = 0; i < table->attribute_definitions.count; i++) {
		if (slice_equal(definitions[i].attribute_name, attribute))
			return definitions[i].attribute_type;
	}
	return SLICE("?");
}

/* "year:N title:S", as `.schema` takes it. */
static struct slice cell_of_key(const struct table_facts *table, struct arena *arena)
{
	const struct key_schema_element *elements = table->key_schema.items;
	struct buf key CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < table->key_schema.count; i++) {
		struct slice name = elements[i].attribute_name;

		buf_appendf(&key, "%s%.*s:%.*s", i ? " " : "", SLICE_ARG(name),
			SLICE_ARG(type_of(table, name)));
	}
	return cell_of_text(buf_slice(&key), arena);
}

static void append_name(struct buf *list, struct slice name)
{
	if (list->len)
		buf_append_char(list, ',');
	buf_append_slice(list, name);
}

static struct slice cell_of_indexes(const struct table_facts *table, struct arena *arena)
{
	const struct local_index_facts *local = table->local_secondary_indexes.items;
	const struct global_index_facts *global = table->global_secondary_indexes.items;
	struct buf list CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < table->local_secondary_indexes.count; i++)
		append_name(&list, local[i].index_name);
	for (size_t i = 0; i < table->global_secondary_indexes.count; i++)
		append_name(&list, global[i].index_name);
	return list.len ? arena_copy(arena, buf_slice(&list)) : SLICE("-");
}

static struct row row_of(const struct table_facts *table, struct arena *arena)
{
	return (struct row){ {
		[COLUMN_NAME] = table->table_name,
		[COLUMN_STATUS] = table->table_status,
		[COLUMN_ITEMS] = cell_of_number(&table->item_count, arena),
		[COLUMN_BYTES] = cell_of_number(&table->table_size_bytes, arena),
		[COLUMN_KEY] = cell_of_key(table, arena),
		[COLUMN_INDEXES] = cell_of_indexes(table, arena),
	} };
}

/* Characters, without a look at their width. */
static size_t width_of(struct slice cell)
{
	size_t width = 0;

	for (size_t i = 0; i < cell.len; i++)
		width += ((unsigned char)cell.data[i] & 0xC0) != 0x80;
	return width;
}

static void append_row(const struct row *row, const size_t widths[COLUMNS], struct buf *buf)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		struct slice cell = row->cells[i];
		int padding = (int)(widths[i] - width_of(cell));

		buf_append_string(buf, i ? "  " : "");
		if (columns[i].right)
			buf_appendf(buf, "%*s", padding, "");
		buf_append_slice(buf, cell);
		if (!columns[i].right && i + 1 < COLUMNS)
			buf_appendf(buf, "%*s", padding, "");
	}
	buf_append_char(buf, '\n');
}

static void append_rows(const struct row *rows, size_t count, struct buf *buf)
{
	size_t widths[COLUMNS] = { 0 };

	for (size_t i = 0; i < count * COLUMNS; i++) {
		size_t width = width_of(rows[i / COLUMNS].cells[i % COLUMNS]);

		if (width > widths[i % COLUMNS])
			widths[i % COLUMNS] = width;
	}
	for (size_t i = 0; i < count; i++)
		append_row(&rows[i], widths, buf);
}

/* 0, or ROW_ABSENT for a table that was dropped meanwhile. */
#define ROW_ABSENT 1
static int describe(struct client *client, struct slice name, struct arena *arena, struct row *ret,
	struct error *err)
{
	struct describe_table_input input = { .table_name = name };
	struct describe_table_output output = { 0 };

	if (client_run(client, OPERATION_DESCRIBE_TABLE, &input, &output, arena, err) < 0) {
		if (err->class != ERROR_TABLE_NOT_FOUND)
			return -1;
		error_release(err);
		return ROW_ABSENT;
	}
	*ret = row_of(output.table, arena);
	return 0;
}

static int print_long(struct client *client, const struct slice *names, size_t count,
	struct arena *arena, struct error *err)
{
	struct row *rows = arena_alloc_array(arena, count + 1, sizeof(*rows));
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	size_t filled = 1;
	int r;

	for (size_t i = 0; i < COLUMNS; i++)
		rows[0].cells[i] = slice_from_string(columns[i].heading);
	for (size_t i = 0; i < count; i++) {
		TRY(r = describe(client, names[i], arena, &rows[filled], err));
		filled += r != ROW_ABSENT;
	}
	append_rows(rows, filled, &text);
	return output_write(buf_slice(&text), err);
}

static int print_short(const struct slice *names, size_t count, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < count; i++) {
		buf_append_slice(&text, names[i]);
		buf_append_char(&text, '\n');
	}
	return output_write(buf_slice(&text), err);
}

static int print_tables(const char *where, bool long_form, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct client *client CLEANUP(client_closep) = NULL;
	struct slice *names;
	size_t count;

	TRY(client_open(where, false, &client, err));
	TRY(client_list_tables(client, &arena, &names, &count, err));
	return long_form ? print_long(client, names, count, &arena, err)
			 : print_short(names, count, err);
}

int command_tables(const struct command *command, int argc, char **argv)
{
	static const struct option rows[] = { { "long", no_argument, NULL, 'l' }, { 0 } };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	bool long_form = false;
	int code;

	optind = 1;
	while ((code = getopt_long(argc, argv, "l", rows, NULL)) >= 0) {
		if (code != 'l')
			return command_usage(command);
		long_form = true;
	}
	if (argc - optind != 1)
		return command_usage(command);
	if (print_tables(argv[optind], long_form, &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	return EXIT_SUCCESS;
}
