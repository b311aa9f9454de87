/* What a commit changed, told after it, outside of all locks, from the thread
 * that wrote. Slices are valid during the call. */
#pragma once

#include "base/slice.h"
#include <stdint.h>

enum change_kind {
	CHANGE_NONE, /* the same item again: no change of data */
	CHANGE_INSERT,
	CHANGE_MODIFY,
	CHANGE_REMOVE,
	CHANGE_TABLE_CREATED,
	CHANGE_TABLE_UPDATED, /* its description is another one */
	CHANGE_TABLE_DELETED,
};

struct change {
	enum change_kind kind;
	struct slice table_name;
	struct slice table_id;
	struct slice row_key; /* model/key.h; absent for a table's change */
	uint64_t stamp; /* of the new row */
};

typedef void change_watcher(void *context, const struct change *changes, size_t count);

/* Asked before old records of a stream are trimmed: the offset from which on they
 * are to be kept all the same, UINT64_MAX when it makes no difference. Called from
 * within a write transaction: it returns at once and asks nothing of the store. */
typedef uint64_t stream_keeper(void *context, struct slice stream_id);
