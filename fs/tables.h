/*
 * Tables as directories: making them from what is written to `.schema`, and
 * dropping them.
 *
 * A schema is CreateTable's JSON, whose TableName is that of the directory
 * whatever it says (so that copying one table's .schema to another clones it),
 * or the short form, one or two of name:TYPE, partition key first:
 *
 *	year:N title:S
 *
 * A table made here is billed per request unless its schema says otherwise.
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
/* Makes the table, or with check_only finds what would be wrong. */
int table_make(struct filesystem *fs, struct slice name, struct slice schema, bool check_only,
	struct error *err) NODISCARD;
/* Drops a table that holds nothing. */
int table_drop(struct filesystem *fs, struct slice name, struct error *err) NODISCARD;
/* Appends CreateTable's JSON for a table that exists. */
int table_append_schema(
	struct filesystem *fs, struct slice name, struct buf *buf, struct error *err) NODISCARD;
/* Appends DescribeTable's JSON, with the changes since the mount began. */
int table_append_info(
	struct filesystem *fs, struct slice name, struct buf *buf, struct error *err) NODISCARD;
