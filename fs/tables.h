/*
 * Tables as directories: making them from what is written to `.schema`, and
 * dropping them. Changing them is schema_update.h's.
 *
 * A schema is CreateTable's JSON, whose TableName is that of the directory
 * whatever it says (so that copying one table's .schema to another clones it),
 * or the short form, one or two of name:TYPE, partition key first:
 *
 *	year:N title:S
 *
 * A table made here is billed per request and has a stream of new and old images,
 * unless its schema says otherwise; one without a stream says so in its .schema.
 * DESIGN 4.5.
 */
#pragma once

#include "base/buf.h"
#include "filesystem.h"

/* Whether a table can have this name. */
int table_check_name(struct filesystem *fs, struct slice name, struct error *err) NODISCARD;
/* Whether the text is as long as it means to be: a whole JSON document, or a
 * line. */
bool schema_is_complete(struct slice text);
/* Reads one of either form into CreateTable's input. */
int schema_read(struct slice schema, struct arena *arena, struct create_table_input *ret,
	struct error *err) NODISCARD;
/* Fills in what a table made from it has when it says nothing else. */
void schema_set_defaults(struct create_table_input *schema);
/* What CreateTable would be asked for another table like this one. */
struct create_table_input schema_of(const struct table_facts *table, struct arena *arena);
/* What DescribeTable tells. */
int table_describe(struct filesystem *fs, struct slice name, struct arena *arena,
	const struct table_facts **ret, struct error *err) NODISCARD;
/* Makes the table, or with check_only finds what would be wrong; ERROR_TABLE_IN_USE
 * when there is one. */
int table_make(struct filesystem *fs, struct slice name, struct slice schema, bool check_only,
	struct error *err) NODISCARD;
/* Drops a table that holds nothing and is not protected. */
int table_drop(struct filesystem *fs, struct slice name, struct error *err) NODISCARD;
/* Appends CreateTable's JSON for a table that exists. */
int table_append_schema(
	struct filesystem *fs, struct slice name, struct buf *buf, struct error *err) NODISCARD;
/* Appends DescribeTable's JSON, with the changes since the mount began and what the
 * table takes on disk. */
int table_append_info(
	struct filesystem *fs, struct slice name, struct buf *buf, struct error *err) NODISCARD;
