/*
 * The columns of CSV: what its header names, and items as rows.
 *
 * A header cell is an attribute's name, or name:TYPE with one of DynamoDB's ten
 * types. An attribute of the table's key has the type that the key says. A
 * column without a type holds strings, as of the service's own import; with
 * `infer` a JSON number in it is N, and true and false are BOOL.
 *
 * An empty cell leaves its attribute out. The empty string and empty binary are
 * a pair of quotes in a column name:S or name:B. One attribute may have columns of
 * several types, of which a row fills one: so every table can be written as CSV
 * and read back value for value.
 */
#pragma once

#include "api/csv.h"
#include "model/key.h"

struct port_column {
	struct slice name;
	enum value_type type;
	bool typed; /* by the header or the key: nothing is inferred */
	bool keeps_empty; /* a pair of quotes is a value */
	bool has_others; /* of the same name and other types, in a header that was read */
};

/* By name, then type. */
int port_column_compare(const struct port_column *a, const struct port_column *b);

struct port_columns {
	struct port_column *columns;
	size_t count;
	char delimiter;
	bool infer;
};

/* Reads a header, into the arena. Errors: the key is missing, a name is empty,
 * doubled, or contradicts the key. delimiter and infer are the caller's. */
int columns_read_header(struct port_columns *columns, const struct key_schema *key,
	struct slice record, struct arena *arena, struct error *err) NODISCARD;
/* Reads names of columns to write, into the arena: as a header, but any of them.
 * One without a type takes values of every type. */
int columns_read_names(struct port_columns *columns, struct slice record, struct arena *arena,
	struct error *err) NODISCARD;
/* Makes an item of a row, in the arena. */
int columns_read_item(const struct port_columns *columns, struct slice record, struct arena *arena,
	struct map *ret, struct error *err) NODISCARD;

/* The columns that a table needs, gathered from its items. Zeroed at first. */
struct column_set {
	struct port_column *columns; /* sorted by name, then type */
	size_t count, capacity;
	struct arena names;
};

void column_set_release(struct column_set *set);
void column_set_add_item(struct column_set *set, const struct map *item);
/* Adds all of another set. */
void column_set_merge(struct column_set *set, const struct column_set *from);
/* As columns for writing: those of the key first. In the arena; names are
 * borrowed from the set and the key. Their header, read as names, is the same
 * columns but for those of strings, which columns_complete() types. */
void columns_from_set(struct port_columns *columns, const struct key_schema *key,
	const struct column_set *set, struct arena *arena);

/* Makes columns without a type such of strings, but for those of the key. */
void columns_complete(struct port_columns *columns, const struct key_schema *key);

void columns_append_header(const struct port_columns *columns, struct buf *buf);
/* Appends a row, with its line end. Returns how many of the item's attributes
 * have no column that would hold their value. */
size_t columns_append_item(
	const struct port_columns *columns, const struct map *item, struct buf *buf);
