/* What the files of api/ share: the engine's inside and the run functions that
 * the table of operations names. */
#pragma once

#include "api/engine.h"
#include "store/store.h"
#include "store/table.h"

struct engine {
	struct store *store;
	enum durability durability[2]; /* by enum request_door */
	struct slice region, account;
};

operation_run run_create_table, run_delete_table, run_describe_table, run_list_tables;
operation_run run_put_item, run_get_item, run_delete_item;
operation_run run_query, run_scan;
operation_run run_list_partitions, run_write_items, run_sync, run_describe_storage;

/* The table that a request on data names: a new reference, or
 * ERROR_TABLE_NOT_FOUND "Requested resource not found". */
int engine_find_table(
	struct engine *engine, struct slice name, struct table **ret, struct error *err) NODISCARD;
