/*
 * Tables: the catalogue and the open handles.
 *
 * Invariants:
 * 1. A table's id is never used again; a table deleted and created anew has
 *    another id, another file.
 * 2. A struct table is shared and reference-counted; its description does not
 *    change while somebody holds it (an update makes a new one).
 * 3. Counts are exact: kept in memory, written when the store closes, and
 *    recounted in the background after a crash, chunk by chunk under the
 *    writer's mutex, with writes before the chunk's frontier counted as they
 *    come and writes beyond it left to the recount.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "model/key_layout.h"
#include "store/txn.h"
#include <stdint.h>

enum billing_mode { BILLING_PROVISIONED, BILLING_PAY_PER_REQUEST };
enum table_class { TABLE_CLASS_STANDARD, TABLE_CLASS_STANDARD_INFREQUENT_ACCESS };

enum projection_type { PROJECTION_ALL, PROJECTION_KEYS_ONLY, PROJECTION_INCLUDE };

enum index_kind {
	INDEX_GLOBAL,
	INDEX_LOCAL,
	INDEX_EXPIRY, /* of time to live; not shown to anybody (store/ttl.h) */
};

enum index_status { INDEX_CREATING, INDEX_ACTIVE };

enum insights_mode { INSIGHTS_ACCESSED_AND_THROTTLED, INSIGHTS_THROTTLED };

/* Contributor insights, a setting. */
struct insights {
	bool enabled;
	enum insights_mode mode;
	int64_t changed_ns; /* 0: never */
};

struct index_description {
	struct slice name;
	struct slice id; /* UUID: of the file; made by the store */
	enum index_kind kind;
	enum index_status status; /* INDEX_CREATING while it is back-filled */
	struct key_layout key;
	enum projection_type projection;
	const struct slice *non_key_attributes; /* PROJECTION_INCLUDE */
	size_t non_key_attribute_count;
	int64_t read_capacity_units; /* 0 when on demand, or local */
	int64_t write_capacity_units;
	int64_t max_read_request_units; /* -1: not set */
	int64_t max_write_request_units;
	int64_t warm_read_units; /* 0: not set */
	int64_t warm_write_units;
	int64_t throughput_increased_ns, throughput_decreased_ns; /* 0: never */
	int64_t throughput_decreases; /* on the day of the last one */
	struct insights insights; /* of a global one */
};

enum stream_view {
	STREAM_KEYS_ONLY,
	STREAM_NEW_IMAGE,
	STREAM_OLD_IMAGE,
	STREAM_NEW_AND_OLD_IMAGES,
};

struct tag {
	struct slice key;
	struct slice value;
};

/* What CreateTable decides and DescribeTable tells. Stored as JSON in the
 * catalogue; an unknown member there is kept out, a missing one is zero. */
struct table_description {
	struct slice name;
	struct slice id; /* UUID, 36 characters, lower case */
	struct key_schema key;
	int64_t created_ns;
	enum billing_mode billing_mode;
	int64_t read_capacity_units; /* 0 when on demand */
	int64_t write_capacity_units;
	enum table_class table_class;
	bool deletion_protection;
	int64_t billing_changed_ns; /* last change to on demand; 0: at creation */
	int64_t on_demand_before_ns[3]; /* the changes before it; 0: none */
	int64_t throughput_increased_ns, throughput_decreased_ns; /* 0: never */
	int64_t throughput_decreases; /* on the day of the last one */
	int64_t table_class_changed_ns; /* 0: never */
	int64_t max_read_request_units; /* OnDemandThroughput; 0: not set, -1: none */
	int64_t max_write_request_units;
	int64_t warm_read_units; /* 0: not set */
	int64_t warm_write_units;
	const struct index_description *indexes; /* in order of creation */
	size_t index_count;
	/* The stream that is enabled; its id absent when there is none. The last
	 * one's label stays (store/stream.h). */
	struct slice stream_id;
	struct slice stream_label; /* "2026-11-22T12:36:45.123" */
	enum stream_view stream_view;
	struct slice ttl_attribute; /* absent: disabled */
	struct insights insights;
	bool sse_enabled; /* an SSEDescription is shown */
	struct slice sse_kms_key; /* ARN */
	struct slice resource_policy; /* JSON text; absent: none */
	struct slice resource_policy_revision;
	const struct tag *tags; /* in order of addition */
	size_t tag_count;
	/* On the mount; without one of its own it is the mount's owner's, 0755. */
	bool has_access;
	int64_t access_uid, access_gid, access_mode;
	/* Continuous backups (store/recovery.h). */
	struct slice history_id; /* UUID: of what is kept; absent: nothing is */
	bool recovery_enabled;
	int64_t recovery_days;
	int64_t recovery_since; /* ns: the first moment that could be restored */
	/* A table that is being filled from a backup or an import is for nobody else. */
	bool creating;
	bool deleting; /* and so is one of which the last backup is being made */
	struct slice restored_from_backup; /* ARN */
	struct slice restored_from_table; /* ARN */
	int64_t restored_ns; /* the moment that it shows */
};

struct table;

/* The index of that name, global or local, or NULL. */
const struct index_description *table_find_index(const struct table *table, struct slice name);

const struct table_description *table_description(const struct table *table);
struct table *table_ref(struct table *table);
/* NULL is allowed. */
void table_unref(struct table *table);
void table_unrefp(struct table **table); /* for CLEANUP */

#define TABLE_ABSENT 1
/* Finds a table by name, opening it if need be: 0 and a new reference, or
 * TABLE_ABSENT. Must not be called within a transaction's body: take the
 * reference first. */
int table_find(
	struct store *store, struct slice name, struct table **ret, struct error *err) NODISCARD;

#define TABLE_EXISTS 2
/* Makes a table with its indexes, stream (stream_view, when with_stream) and
 * the rest; everything is checked by the caller. Fills id, created_ns, the
 * indexes' ids and the stream's of *description (in the arena). 0 or
 * TABLE_EXISTS. */
int table_create(struct store *store, struct table_description *description, bool with_stream,
	struct arena *arena, enum durability durability, struct error *err) NODISCARD;
/* Changes a table's description. The mutator gets a copy whose arrays it may
 * replace by ones in the arena; what it returns other than 0 ends the change
 * and is returned. What it changes takes effect thus:
 * - an index without an id is made: ACTIVE at once when the table is empty,
 *   else CREATING, and back-filled by the worker;
 * - an index that is gone loses its entries;
 * - ttl_attribute changed: the expiry index is made or dropped;
 * - stream_view and stream_id are changed by stream_enable() and
 *   stream_disable() alone (store/stream.h), which the mutator may call.
 * Requests that hold the table go on seeing the description they found; every
 * write goes by the new one from the commit on. 0 or TABLE_ABSENT. */
typedef int table_mutator(
	struct txn *txn, struct table_description *description, void *context, struct error *err);
int table_update(struct store *store, struct slice name, struct arena *arena,
	enum durability durability, table_mutator *mutate, void *context,
	struct error *err) NODISCARD;
/* Whether it is creating or deleting, and nobody's. */
bool table_in_transition(const struct table *table);
/* "Attempt to change a resource which is still in use: Table is being created: T",
 * or deleted, which table_update() sets for such a table. Always -1. */
int table_refuse_transition(const struct table *table, struct error *err);
#define TABLE_NOT_EMPTY 3
#define TABLE_PINNED    4
/* Deletes a table with all its rows: 0, TABLE_ABSENT, TABLE_PINNED while a
 * snapshot of it is read, or with only_if_empty TABLE_NOT_EMPTY when it holds any
 * row (decided under the writer's mutex, so that no row can slip in). Requests
 * that hold it see ERROR_TABLE_NOT_FOUND from then on. */
int table_delete(struct store *store, struct slice name, bool only_if_empty,
	enum durability durability, struct error *err) NODISCARD;
/* Names of tables in byte order after `after` (absent: from the first), at
 * most limit of them; *ret_more tells whether others follow. In the arena. */
int table_list(struct store *store, struct slice after, size_t limit, struct arena *arena,
	struct slice **ret_names, size_t *ret_count, bool *ret_more, struct error *err) NODISCARD;

/* Exact, by a count of each entry; of an index that is being back-filled, what
 * there is so far. bytes is the sum of the projected sizes. */
struct index_counts {
	int64_t items;
	int64_t bytes;
};
void table_index_counts(struct table *table, struct slice index_name, struct index_counts *ret);

struct table_counts {
	bool exact; /* false while a recount after a crash is under way: last known */
	int64_t items;
	int64_t bytes; /* sum of item sizes */
	/* Since the store was opened: */
	int64_t inserted, modified, removed;
};

void table_counts(struct table *table, struct table_counts *ret);
