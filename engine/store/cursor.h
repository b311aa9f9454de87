/* Cursors from within store/. */
#pragma once

#include "store/row.h"

/* Releases a transaction's cursors, whatever the body left open. */
void row_cursor_release_all(struct row_cursor *first);

/* row_cursor_next() without a look into the record. */
int row_cursor_next_record(struct row_cursor *cursor, struct slice *ret_key,
	struct slice *ret_record, struct error *err) NODISCARD;
