/*
 * A call: what the monitors are told of a request when it has ended, whatever
 * door it came by and whether or not it succeeded.
 *
 * Filled by engine_run() and by the operations as they go (api/usage.h). All of
 * it is borrowed for the time of monitor_note(): whoever keeps something copies
 * it.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include "model/value.h"
#include <stdint.h>

/* Capacity units. Source: Developer Guide, "Capacity unit consumption". */
struct call_units {
	double read, write;
};

/* Requests on items that were refused for want of throughput, or that the service
 * would have refused (--capacity=observe). */
struct call_throttles {
	unsigned read, write;
};

/* A partition of a global index that was read or written to: as its entries begin
 * (model/key_layout.h). */
struct call_partition {
	struct slice bytes;
	struct call_units units;
	struct call_throttles throttles;
};

struct call_index {
	struct slice name;
	bool local; /* its units are the table's in CloudWatch's figures */
	struct call_units units;
	struct call_units spared; /* of these: of what the service would have refused */
	struct call_throttles throttles;
	struct call_partition *partitions; /* of a global one */
	size_t partition_count;
};

/* An item that was read or written, or looked for. Query and SELECT tell their
 * partition, if it is one of the table: not one of a global index. */
struct call_key {
	const struct value *partition;
	const struct value *sort; /* NULL: the table has none, or a whole partition was read */
	struct call_units units;
	struct call_throttles throttles;
};

/* What was done with one table. */
struct call_table {
	struct slice name, id;
	struct call_units units; /* of the table itself, without its indexes */
	struct call_units spared; /* of these: of what the service would have refused */
	struct call_throttles throttles; /* of the table itself */
	struct call_index *indexes;
	size_t index_count;
	struct call_key *keys;
	size_t key_count;
	unsigned returned_items; /* by Query, Scan and SELECT */
	uint64_t returned_bytes;
	struct slice stream_label; /* of the stream that was read; absent: none was */
	unsigned returned_records; /* of it */
	unsigned failed_conditions;
	unsigned conflicts; /* items of a cancelled transaction that another one held */
};

struct call {
	const char *operation; /* "PutItem" */
	int64_t begun_ns; /* wall clock */
	int64_t duration_ns;
	const struct error *err; /* NULL: it succeeded */
	const struct call_table *tables; /* each once; none when the call did not come so far */
	size_t table_count;
};
