/*
 * What a transaction knows of rows beside what is stored: those that it read,
 * and what it made of those that it wrote. Seen over the stored rows it is the
 * transaction's view of them; given to the engine it is the commit.
 *
 * Invariants:
 * 1. A row without an entry is as stored, and nothing depends on it.
 * 2. What an entry expects of the stored row is what was seen first; it does
 *    not change any more. A row that is expected to be absent is never removed:
 *    there it is as stored again.
 * 3. Entries are in the order of their row keys. An entry is valid until the
 *    next change of its row.
 * 4. Entries take at most the limit, by overlay_cost(): what does not fit
 *    changes nothing.
 *
 * It knows no engine and no lock. DESIGN 4.5.
 */
#pragma once

#include "api/request_item.h"
#include "base/error.h"
#include "mount_table.h"

enum overlay_change {
	OVERLAY_AS_STORED,
	OVERLAY_PUT,
	OVERLAY_REMOVED,
	OVERLAY_TOUCHED, /* the stored item with another mtime */
};

struct overlay_entry {
	struct slice row_key;
	enum item_expectation expectation; /* of the stored row */
	uint64_t expected_stamp; /* of ITEM_UNCHANGED */
	enum overlay_change change;
	struct slice item; /* of OVERLAY_PUT: encoded (model/item.h) */
	/* Of OVERLAY_PUT, own text included; of OVERLAY_TOUCHED the mtime. */
	struct item_facts facts;
};

/* One table's entries. */
struct overlay_table {
	struct overlay_table *next;
	struct mount_table *stored; /* counted */
	void *entries; /* a tree of tsearch(3) */
	size_t count;
};

struct overlay {
	struct overlay_table *tables;
	size_t bytes, limit;
};

void overlay_init(struct overlay *overlay, size_t limit);
void overlay_release(struct overlay *overlay);

/* The entries of the table of that id, made at need. */
struct overlay_table *overlay_table(struct overlay *overlay, struct mount_table *stored);

/* What an entry takes, in bytes, with an item and text of these lengths. */
size_t overlay_cost(struct slice row_key, size_t item_bytes);
/* Fails with ERROR_TOO_LARGE unless so many bytes more fit. */
int overlay_check_room(const struct overlay *overlay, size_t bytes, struct error *err) NODISCARD;

/* The row's entry, or NULL. */
const struct overlay_entry *overlay_find(const struct overlay_table *table, struct slice row_key);
/* The first entry behind a row key, which need not be there (absent: the first
 * of all), of those that begin with the prefix; or NULL. */
const struct overlay_entry *overlay_after(
	const struct overlay_table *table, struct slice row_key, struct slice prefix);

#define OVERLAY_CHANGED 1
/* Notes what was found stored: 0, or OVERLAY_CHANGED when it is not what was
 * found before. */
int overlay_expect(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	enum item_expectation expectation, uint64_t stamp, struct error *err) NODISCARD;
int overlay_put(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	struct slice item, const struct item_facts *facts, struct error *err) NODISCARD;
int overlay_remove(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	struct error *err) NODISCARD;
/* Sets the mtime of an item that is put, or stored. */
int overlay_touch(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	int64_t mtime_ns, struct error *err) NODISCARD;

/* A page of stored row keys, in their order. */
struct overlay_stored {
	const struct item_row *rows;
	size_t count;
	bool more; /* others follow */
};

#define OVERLAY_NOT_STORED SIZE_MAX
struct overlay_pick {
	size_t stored; /* the row's place in the page, or OVERLAY_NOT_STORED */
	const struct overlay_entry *entry; /* or NULL */
};

struct overlay_page {
	struct overlay_pick *picks; /* with room for the limit */
	size_t count;
	struct slice last; /* up to here the page is whole: go on behind it */
	bool more;
};

/* Merges a page of stored rows with the entries: the rows that the view has
 * behind the row key (absent: from the first) and with the prefix, at most
 * limit. A page may hold none while there are more. */
void overlay_merge(const struct overlay_table *table, struct slice after, struct slice prefix,
	const struct overlay_stored *stored, size_t limit, struct overlay_page *ret);
/* The first partition behind the row key prefix of another (absent: the first)
 * in which an item is put: its own prefix, or absent. */
struct slice overlay_next_partition(const struct overlay_table *table, struct slice after);

/* What is written there and how much is expected, for people. */
struct overlay_counts {
	size_t read, written, removed;
};

void overlay_count(const struct overlay *overlay, struct overlay_counts *ret);
