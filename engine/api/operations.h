/* What the files of api/ share: the engine's inside and the run functions that
 * the table of operations names. */
#pragma once

#include "api/audit.h"
#include "api/engine.h"
#include "api/usage.h"
#include "monitor/monitor.h"
#include "store/store.h"
#include "store/table.h"
#include <pthread.h>

struct engine {
	struct store *store;
	struct monitor *monitor;
	struct hot_backup_job *hot_backup;
	struct job_queue *jobs;
	bool finish_jobs;
	const char *buckets; /* NULL: there are none */
	struct audit *audit;
	enum durability durability[2]; /* by enum request_door */
	struct slice region, account;
	engine_settle *settle; /* or NULL */
	void *settle_context;
	pthread_mutex_t root_mutex; /* over root_access; held while it is written */
	struct table_access root_access;
};

operation_run run_create_table, run_delete_table, run_describe_table, run_list_tables;
operation_run run_update_table, run_tag_resource, run_untag_resource, run_list_tags_of_resource;
operation_run run_describe_limits, run_describe_endpoints;
operation_run run_put_resource_policy, run_get_resource_policy, run_delete_resource_policy;
operation_run run_update_time_to_live, run_describe_time_to_live;
operation_run run_put_item, run_get_item, run_delete_item, run_update_item;
operation_run run_query, run_scan;
operation_run run_batch_get_item, run_batch_write_item;
operation_run run_transact_get_items, run_transact_write_items;
operation_run run_execute_statement, run_batch_execute_statement, run_execute_transaction;
operation_run run_list_streams, run_describe_stream, run_get_shard_iterator, run_get_records;
operation_run run_list_partitions, run_write_items, run_sync, run_describe_storage;
operation_run run_find_stream, run_read_stream;
operation_run run_start_hot_backup, run_describe_hot_backup, run_stop_hot_backup;
operation_run run_create_backup, run_describe_backup, run_list_backups, run_delete_backup;
operation_run run_restore_from_backup, run_restore_to_point_in_time;
operation_run run_update_continuous_backups, run_describe_continuous_backups;
operation_run run_export_table, run_describe_export, run_list_exports;
operation_run run_import_table, run_describe_import, run_list_imports;
operation_run run_get_metric_statistics, run_list_metrics;
operation_run run_find_access, run_set_access;
operation_run run_put_metric_alarm, run_describe_alarms, run_describe_alarm_history;
operation_run run_delete_alarms, run_set_alarm_state;
operation_run run_find_log, run_read_log, run_read_audit;
operation_run run_find_hot_keys;
operation_run run_update_insights, run_describe_insights, run_list_insights;

/* The table that a request on data names: a new reference, or
 * ERROR_TABLE_NOT_FOUND "Requested resource not found". */
int engine_find_table(
	struct engine *engine, struct slice name, struct table **ret, struct error *err) NODISCARD;
/* The same for operations on tables, whose error names it. */
int engine_find_named_table(
	struct engine *engine, struct slice name, struct table **ret, struct error *err) NODISCARD;
#define TABLE_NAME_MIN 3
#define TABLE_NAME_MAX 255 /* characters */
/* Whether an operation on tables would look for one of that name. */
int check_table_name(struct slice name, struct error *err) NODISCARD;
/* "Requested resource not found: Table: T not found". Always -1. */
int table_not_found(struct slice name, struct error *err);
