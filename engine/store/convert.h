/*
 * Conversion: bringing the rows of a table into the form that its class asks for.
 *
 *	DATA/conversions.db	table id -> how far the table's conversion is
 *
 * Rows of STANDARD are stored as they are. Those of STANDARD_INFREQUENT_ACCESS are
 * compressed where that makes them smaller, with a dictionary of the table's rows
 * (store/dictionary.h), if there are enough to make one.
 *
 * Invariants:
 * 1. Every write stores the form of the table's newest class. What was stored
 *    before is converted by the worker, in row key order, a chunk of some
 *    milliseconds under the writer mutex in each transaction, with how far it came.
 *    So a conversion goes on after a crash where it was. Till its end rows of both
 *    forms lie side by side, and readers take either.
 * 2. It changes nothing that anybody reads: items, texts, mtimes, stamps, counts,
 *    indexes, streams and histories stay. What can't be read stays as it is.
 * 3. While no conversion is under way or asked for, every row is as it is or
 *    compressed with the conversion's dictionary or with none. A change of the class
 *    asks for one in its own transaction.
 * 4. A table that has grown to several times of what its dictionary was made of is
 *    converted again, with another one.
 * 5. When the rows are done the space they gave up goes back to the file system
 *    (store/convert_space.c).
 * 6. A step that fails, as it does on a full disk, leaves all as it was before it;
 *    the log tells so once, and it is tried again later. A conversion leaves some
 *    of the disk to those who write.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "store/table.h"
#include <stdatomic.h>

struct table_body;
struct txn;

/* Stored: never renumber. */
enum conversion_phase {
	CONVERSION_DONE,
	CONVERSION_ASKED, /* for, by a change of the class */
	CONVERSION_ROWS,
	CONVERSION_MERGE, /* of pages that are less full now */
	CONVERSION_SHRINK, /* of the file */
};

/* Of a table's body, under the writer mutex but for the atomic ones. */
struct conversion {
	_Atomic enum conversion_phase phase;
	atomic_uint percent; /* of all of it */
	atomic_bool visible; /* it was asked for, and is not done */
	uint16_t dictionary; /* number, for rows written from now on; 0: none */
	_Atomic int64_t trained_bytes; /* the table's size when that was made, or given up */
	struct buf frontier; /* the last row key that the phase has dealt with; empty: none */
	/* Not recorded: */
	uint64_t free_pages; /* about; in the file, to be given back */
	bool shrinking; /* at present, whatever the phase */
	struct buf shrunk; /* how far, as a row key */
	/* The worker's alone: */
	bool failed; /* the last step did */
	int64_t due_ns; /* monotonic; not before that */
};

void conversion_release(struct conversion *conversion);
/* Reads how far it is. */
int conversion_load(struct table_body *body, struct error *err) NODISCARD;
/* Asks for one when another description is to have another class. */
int conversion_ask(struct txn *txn, const struct table *table, const struct table_description *next,
	struct error *err) NODISCARD;
/* Removes the record, and the table's dictionaries. */
int conversion_forget(struct txn *txn, const char *table_id, struct error *err) NODISCARD;
/* Under the writer mutex: the dictionary of rows that are written. */
uint16_t conversion_dictionary(const struct table_body *body);
/* Whether rows may have that dictionary, besides what readers hold. */
bool conversion_may_need(const struct table_body *body, uint16_t dictionary);

/* When the next step of it is to be done, monotonic; INT64_MAX: never. */
int64_t conversion_due(const struct table *table);
/* Does a step; what fails is logged. */
void conversion_step(struct table *table);
