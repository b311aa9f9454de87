/*
 * The table of operations.
 *
 * Members of the service that this engine knows of but does not serve are
 * FIELD_UNSUPPORTED: a request that brings one is refused, since leaving out
 * what was asked for would be worse.
 *
 * An input's rows (shapes_*.c) stand in the order in which the service's messages
 * tell their failures.
 */
#include "api/operations.h"
#include "api/request.h"
#include "api/shapes.h"
#include "api/shapes_alarms.h"
#include "api/shapes_export.h"
#include "api/shapes_metrics.h"

static bool has_name_characters(struct slice string)
{
	for (size_t i = 0; i < string.len; i++) {
		char c = string.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_' || c == '.' || c == '-'))
			return false;
	}
	return true;
}

static bool is_resource_name(struct slice string)
{
	return string.len > 0 && has_name_characters(string);
}

const struct field_pattern resource_name = { "[a-zA-Z0-9_.-]+", is_resource_name };
/* Of a name to look up: that it is empty is told once, as a length. */
const struct field_pattern known_name = { "[a-zA-Z0-9_.-]+", has_name_characters };

const struct operation operations[OPERATION_COUNT] = {
	[OPERATION_BATCH_EXECUTE_STATEMENT] = {
		.name = "BatchExecuteStatement",
		.help = "Run up to 25 PartiQL statements, each on its own.",
		.kind = OPERATION_WRITE,
		.input = &shape_batch_execute_statement_input,
		.output = &shape_batch_execute_statement_output,
		.run = run_batch_execute_statement,
	},
	[OPERATION_BATCH_GET_ITEM] = {
		.name = "BatchGetItem",
		.help = "Read up to 100 items of any tables.",
		.kind = OPERATION_READ,
		.input = &shape_batch_get_item_input,
		.output = &shape_batch_get_item_output,
		.run = run_batch_get_item,
	},
	[OPERATION_BATCH_WRITE_ITEM] = {
		.name = "BatchWriteItem",
		.help = "Put and delete up to 25 items of any tables.",
		.kind = OPERATION_WRITE,
		.input = &shape_batch_write_item_input,
		.output = &shape_batch_write_item_output,
		.run = run_batch_write_item,
	},
	[OPERATION_CREATE_BACKUP] = {
		.name = "CreateBackup",
		.help = "Keep a table as it is now.",
		.kind = OPERATION_ADMIN,
		.input = &shape_create_backup_input,
		.output = &shape_create_backup_output,
		.run = run_create_backup,
	},
	[OPERATION_CREATE_TABLE] = {
		.name = "CreateTable",
		.help = "Make a table.",
		.kind = OPERATION_ADMIN,
		.input = &shape_create_table_input,
		.output = &shape_create_table_output,
		.run = run_create_table,
	},
	[OPERATION_DELETE_BACKUP] = {
		.name = "DeleteBackup",
		.help = "Delete a backup.",
		.kind = OPERATION_ADMIN,
		.input = &shape_delete_backup_input,
		.output = &shape_delete_backup_output,
		.run = run_delete_backup,
	},
	[OPERATION_DELETE_ALARMS] = {
		.name = "DeleteAlarms",
		.help = "Delete alarms.",
		.kind = OPERATION_MONITOR,
		.empty_answer = true,
		.input = &shape_delete_alarms_input,
		.output = &shape_empty_output,
		.run = run_delete_alarms,
	},
	[OPERATION_DELETE_ITEM] = {
		.name = "DeleteItem",
		.help = "Delete the item of a key.",
		.kind = OPERATION_WRITE,
		.input = &shape_delete_item_input,
		.output = &shape_delete_item_output,
		.run = run_delete_item,
	},
	[OPERATION_DELETE_RESOURCE_POLICY] = {
		.name = "DeleteResourcePolicy",
		.help = "Take the policy off a table.",
		.kind = OPERATION_ADMIN,
		.input = &shape_delete_resource_policy_input,
		.output = &shape_delete_resource_policy_output,
		.run = run_delete_resource_policy,
	},
	[OPERATION_DELETE_TABLE] = {
		.name = "DeleteTable",
		.help = "Delete a table and all its items.",
		.kind = OPERATION_ADMIN,
		.input = &shape_delete_table_input,
		.output = &shape_delete_table_output,
		.run = run_delete_table,
	},
	[OPERATION_DESCRIBE_BACKUP] = {
		.name = "DescribeBackup",
		.help = "Tell a backup and what its table was.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_backup_input,
		.output = &shape_describe_backup_output,
		.run = run_describe_backup,
	},
	[OPERATION_DESCRIBE_CONTINUOUS_BACKUPS] = {
		.name = "DescribeContinuousBackups",
		.help = "Tell which moments of a table can be restored.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_continuous_backups_input,
		.output = &shape_continuous_backups_output,
		.run = run_describe_continuous_backups,
	},
	[OPERATION_DESCRIBE_ALARM_HISTORY] = {
		.name = "DescribeAlarmHistory",
		.help = "Tell what happened to alarms.",
		.kind = OPERATION_MONITOR,
		.input = &shape_describe_alarm_history_input,
		.output = &shape_describe_alarm_history_output,
		.run = run_describe_alarm_history,
	},
	[OPERATION_DESCRIBE_ALARMS] = {
		.name = "DescribeAlarms",
		.help = "Tell alarms and their states.",
		.kind = OPERATION_MONITOR,
		.input = &shape_describe_alarms_input,
		.output = &shape_describe_alarms_output,
		.run = run_describe_alarms,
	},
	[OPERATION_DESCRIBE_CONTRIBUTOR_INSIGHTS] = {
		.name = "DescribeContributorInsights",
		.help = "Tell whether contributor insights of a table or an index is enabled.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_insights_input,
		.output = &shape_describe_insights_output,
		.run = run_describe_insights,
	},
	[OPERATION_DESCRIBE_ENDPOINTS] = {
		.name = "DescribeEndpoints",
		.help = "Tell the address that serves.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_endpoints_input,
		.output = &shape_describe_endpoints_output,
		.run = run_describe_endpoints,
	},
	[OPERATION_DESCRIBE_EXPORT] = {
		.name = "DescribeExport",
		.help = "Tell how an export stands.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_export_input,
		.output = &shape_export_output,
		.run = run_describe_export,
	},
	[OPERATION_DESCRIBE_IMPORT] = {
		.name = "DescribeImport",
		.help = "Tell how an import stands.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_import_input,
		.output = &shape_import_output,
		.run = run_describe_import,
	},
	[OPERATION_DESCRIBE_LIMITS] = {
		.name = "DescribeLimits",
		.help = "Tell the account's limits of capacity.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_limits_input,
		.output = &shape_describe_limits_output,
		.run = run_describe_limits,
	},
	[OPERATION_DESCRIBE_STREAM] = {
		.name = "DescribeStream",
		.help = "Tell the shards of a stream.",
		.kind = OPERATION_STREAM,
		.input = &shape_describe_stream_input,
		.output = &shape_describe_stream_output,
		.run = run_describe_stream,
	},
	[OPERATION_DESCRIBE_TABLE] = {
		.name = "DescribeTable",
		.help = "Tell a table's key, state, size and settings.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_table_input,
		.output = &shape_describe_table_output,
		.run = run_describe_table,
	},
	[OPERATION_DESCRIBE_TIME_TO_LIVE] = {
		.name = "DescribeTimeToLive",
		.help = "Tell the attribute that says when items expire.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_time_to_live_input,
		.output = &shape_describe_time_to_live_output,
		.run = run_describe_time_to_live,
	},
	[OPERATION_EXECUTE_STATEMENT] = {
		.name = "ExecuteStatement",
		.help = "Run a PartiQL statement.",
		.kind = OPERATION_WRITE,
		.input = &shape_execute_statement_input,
		.output = &shape_execute_statement_output,
		.run = run_execute_statement,
	},
	[OPERATION_EXECUTE_TRANSACTION] = {
		.name = "ExecuteTransaction",
		.help = "Run up to 100 PartiQL statements, all or nothing.",
		.kind = OPERATION_WRITE,
		.input = &shape_execute_transaction_input,
		.output = &shape_execute_transaction_output,
		.run = run_execute_transaction,
	},
	[OPERATION_EXPORT_TABLE_TO_POINT_IN_TIME] = {
		.name = "ExportTableToPointInTime",
		.help = "Write a table as it was at a moment, or its changes, to a bucket.",
		.kind = OPERATION_ADMIN,
		.input = &shape_export_table_input,
		.output = &shape_export_output,
		.run = run_export_table,
	},
	[OPERATION_GET_ITEM] = {
		.name = "GetItem",
		.help = "Read the item of a key.",
		.kind = OPERATION_READ,
		.input = &shape_get_item_input,
		.output = &shape_get_item_output,
		.run = run_get_item,
	},
	[OPERATION_GET_METRIC_STATISTICS] = {
		.name = "GetMetricStatistics",
		.help = "Read a metric, period by period.",
		.kind = OPERATION_MONITOR,
		.input = &shape_get_metric_statistics_input,
		.output = &shape_get_metric_statistics_output,
		.run = run_get_metric_statistics,
	},
	[OPERATION_GET_RECORDS] = {
		.name = "GetRecords",
		.help = "Read records of changes from a shard.",
		.kind = OPERATION_STREAM,
		.input = &shape_get_records_input,
		.output = &shape_get_records_output,
		.run = run_get_records,
	},
	[OPERATION_GET_RESOURCE_POLICY] = {
		.name = "GetResourcePolicy",
		.help = "Tell the policy of a table.",
		.kind = OPERATION_ADMIN,
		.input = &shape_get_resource_policy_input,
		.output = &shape_get_resource_policy_output,
		.run = run_get_resource_policy,
	},
	[OPERATION_GET_SHARD_ITERATOR] = {
		.name = "GetShardIterator",
		.help = "Choose where to begin to read a shard.",
		.kind = OPERATION_STREAM,
		.input = &shape_get_shard_iterator_input,
		.output = &shape_get_shard_iterator_output,
		.run = run_get_shard_iterator,
	},
	[OPERATION_LIST_METRICS] = {
		.name = "ListMetrics",
		.help = "Name the metrics there are.",
		.kind = OPERATION_MONITOR,
		.input = &shape_list_metrics_input,
		.output = &shape_list_metrics_output,
		.run = run_list_metrics,
	},
	[OPERATION_IMPORT_TABLE] = {
		.name = "ImportTable",
		.help = "Make a table of the objects of a bucket.",
		.kind = OPERATION_ADMIN,
		.input = &shape_import_table_input,
		.output = &shape_import_output,
		.run = run_import_table,
	},
	[OPERATION_LIST_BACKUPS] = {
		.name = "ListBackups",
		.help = "Name the backups.",
		.kind = OPERATION_ADMIN,
		.input = &shape_list_backups_input,
		.output = &shape_list_backups_output,
		.run = run_list_backups,
	},
	[OPERATION_LIST_EXPORTS] = {
		.name = "ListExports",
		.help = "Name the exports of the last 90 days.",
		.kind = OPERATION_ADMIN,
		.input = &shape_list_exports_input,
		.output = &shape_list_exports_output,
		.run = run_list_exports,
	},
	[OPERATION_LIST_IMPORTS] = {
		.name = "ListImports",
		.help = "Name the imports of the last 90 days.",
		.kind = OPERATION_ADMIN,
		.input = &shape_list_imports_input,
		.output = &shape_list_imports_output,
		.run = run_list_imports,
	},
	[OPERATION_LIST_CONTRIBUTOR_INSIGHTS] = {
		.name = "ListContributorInsights",
		.help = "Tell contributor insights of all tables and indexes.",
		.kind = OPERATION_ADMIN,
		.input = &shape_list_insights_input,
		.output = &shape_list_insights_output,
		.run = run_list_insights,
	},
	[OPERATION_LIST_STREAMS] = {
		.name = "ListStreams",
		.help = "Name the streams.",
		.kind = OPERATION_STREAM,
		.input = &shape_list_streams_input,
		.output = &shape_list_streams_output,
		.run = run_list_streams,
	},
	[OPERATION_LIST_TABLES] = {
		.name = "ListTables",
		.help = "Name the tables.",
		.kind = OPERATION_ADMIN,
		.input = &shape_list_tables_input,
		.output = &shape_list_tables_output,
		.run = run_list_tables,
	},
	[OPERATION_LIST_TAGS_OF_RESOURCE] = {
		.name = "ListTagsOfResource",
		.help = "Tell the tags of a table.",
		.kind = OPERATION_ADMIN,
		.input = &shape_list_tags_of_resource_input,
		.output = &shape_list_tags_of_resource_output,
		.run = run_list_tags_of_resource,
	},
	[OPERATION_PUT_ITEM] = {
		.name = "PutItem",
		.help = "Store an item, replacing the one of its key.",
		.kind = OPERATION_WRITE,
		.input = &shape_put_item_input,
		.output = &shape_put_item_output,
		.run = run_put_item,
	},
	[OPERATION_PUT_METRIC_ALARM] = {
		.name = "PutMetricAlarm",
		.help = "Make an alarm on a metric, or change it.",
		.kind = OPERATION_MONITOR,
		.empty_answer = true,
		.input = &shape_put_metric_alarm_input,
		.output = &shape_empty_output,
		.run = run_put_metric_alarm,
	},
	[OPERATION_PUT_RESOURCE_POLICY] = {
		.name = "PutResourcePolicy",
		.help = "Attach a policy to a table.",
		.kind = OPERATION_ADMIN,
		.input = &shape_put_resource_policy_input,
		.output = &shape_put_resource_policy_output,
		.run = run_put_resource_policy,
	},
	[OPERATION_QUERY] = {
		.name = "Query",
		.help = "Read the items of one partition key, in order of the sort key.",
		.kind = OPERATION_READ,
		.input = &shape_query_input,
		.output = &shape_query_output,
		.run = run_query,
	},
	[OPERATION_RESTORE_TABLE_FROM_BACKUP] = {
		.name = "RestoreTableFromBackup",
		.help = "Make a table of a backup.",
		.kind = OPERATION_ADMIN,
		.input = &shape_restore_from_backup_input,
		.output = &shape_restore_output,
		.run = run_restore_from_backup,
	},
	[OPERATION_RESTORE_TABLE_TO_POINT_IN_TIME] = {
		.name = "RestoreTableToPointInTime",
		.help = "Make a table of what another one was at a moment.",
		.kind = OPERATION_ADMIN,
		.input = &shape_restore_to_point_in_time_input,
		.output = &shape_restore_output,
		.run = run_restore_to_point_in_time,
	},
	[OPERATION_SCAN] = {
		.name = "Scan",
		.help = "Read all items of a table.",
		.kind = OPERATION_READ,
		.input = &shape_scan_input,
		.output = &shape_scan_output,
		.run = run_scan,
	},
	[OPERATION_SET_ALARM_STATE] = {
		.name = "SetAlarmState",
		.help = "Give an alarm a state until it is judged again.",
		.kind = OPERATION_MONITOR,
		.empty_answer = true,
		.input = &shape_set_alarm_state_input,
		.output = &shape_empty_output,
		.run = run_set_alarm_state,
	},
	[OPERATION_TAG_RESOURCE] = {
		.name = "TagResource",
		.help = "Tag a table.",
		.kind = OPERATION_ADMIN,
		.empty_answer = true,
		.input = &shape_tag_resource_input,
		.output = &shape_empty_output,
		.run = run_tag_resource,
	},
	[OPERATION_TRANSACT_GET_ITEMS] = {
		.name = "TransactGetItems",
		.help = "Read up to 100 items as they are at one moment.",
		.kind = OPERATION_READ,
		.input = &shape_transact_get_items_input,
		.output = &shape_transact_get_items_output,
		.run = run_transact_get_items,
	},
	[OPERATION_TRANSACT_WRITE_ITEMS] = {
		.name = "TransactWriteItems",
		.help = "Put, update, delete and check up to 100 items, all or nothing.",
		.kind = OPERATION_WRITE,
		.input = &shape_transact_write_items_input,
		.output = &shape_transact_write_items_output,
		.run = run_transact_write_items,
	},
	[OPERATION_UNTAG_RESOURCE] = {
		.name = "UntagResource",
		.help = "Take tags off a table.",
		.kind = OPERATION_ADMIN,
		.empty_answer = true,
		.input = &shape_untag_resource_input,
		.output = &shape_empty_output,
		.run = run_untag_resource,
	},
	[OPERATION_UPDATE_CONTINUOUS_BACKUPS] = {
		.name = "UpdateContinuousBackups",
		.help = "Choose whether past moments of a table can be restored.",
		.kind = OPERATION_ADMIN,
		.input = &shape_update_continuous_backups_input,
		.output = &shape_continuous_backups_output,
		.run = run_update_continuous_backups,
	},
	[OPERATION_UPDATE_CONTRIBUTOR_INSIGHTS] = {
		.name = "UpdateContributorInsights",
		.help = "Enable or disable contributor insights of a table or an index.",
		.kind = OPERATION_ADMIN,
		.input = &shape_update_insights_input,
		.output = &shape_update_insights_output,
		.run = run_update_insights,
	},
	[OPERATION_UPDATE_ITEM] = {
		.name = "UpdateItem",
		.help = "Change attributes of an item, making it if need be.",
		.kind = OPERATION_WRITE,
		.input = &shape_update_item_input,
		.output = &shape_update_item_output,
		.run = run_update_item,
	},
	[OPERATION_UPDATE_TABLE] = {
		.name = "UpdateTable",
		.help = "Change a table's throughput, indexes, stream and settings.",
		.kind = OPERATION_ADMIN,
		.input = &shape_update_table_input,
		.output = &shape_update_table_output,
		.run = run_update_table,
	},
	[OPERATION_UPDATE_TIME_TO_LIVE] = {
		.name = "UpdateTimeToLive",
		.help = "Choose the attribute that tells when items expire.",
		.kind = OPERATION_ADMIN,
		.input = &shape_update_time_to_live_input,
		.output = &shape_update_time_to_live_output,
		.run = run_update_time_to_live,
	},
	[OPERATION_LOCAL_LIST_PARTITIONS] = {
		.help = "Name the partition keys of a table.",
		.kind = OPERATION_READ,
		.run = run_list_partitions,
	},
	[OPERATION_LOCAL_WRITE_ITEMS] = {
		.help = "Make any number of changes in one transaction.",
		.kind = OPERATION_WRITE,
		.run = run_write_items,
	},
	[OPERATION_LOCAL_SYNC] = {
		.help = "Make everything so far survive power loss.",
		.kind = OPERATION_WRITE,
		.run = run_sync,
	},
	[OPERATION_LOCAL_DESCRIBE_STORAGE] = {
		.help = "Tell the space that the data directory takes and has left.",
		.kind = OPERATION_ADMIN,
		.run = run_describe_storage,
	},
	[OPERATION_LOCAL_FIND_STREAM] = {
		.help = "Tell where a stream begins and ends, as text.",
		.kind = OPERATION_STREAM,
		.run = run_find_stream,
	},
	[OPERATION_LOCAL_READ_STREAM] = {
		.help = "Read the text of a stream.",
		.kind = OPERATION_STREAM,
		.run = run_read_stream,
	},
	[OPERATION_LOCAL_START_HOT_BACKUP] = {
		.local_name = "StartHotBackup",
		.help = "Begin a backup of the whole data directory.",
		.kind = OPERATION_ADMIN,
		.input = &shape_start_hot_backup_input,
		.output = &shape_empty_output,
		.run = run_start_hot_backup,
	},
	[OPERATION_LOCAL_DESCRIBE_HOT_BACKUP] = {
		.local_name = "DescribeHotBackup",
		.help = "Tell how far a backup of the data directory is.",
		.kind = OPERATION_ADMIN,
		.input = &shape_describe_hot_backup_input,
		.output = &shape_describe_hot_backup_output,
		.run = run_describe_hot_backup,
	},
	[OPERATION_LOCAL_STOP_HOT_BACKUP] = {
		.local_name = "StopHotBackup",
		.help = "Stop a backup of the data directory, and leave nothing of it.",
		.kind = OPERATION_ADMIN,
		.input = &shape_stop_hot_backup_input,
		.output = &shape_stop_hot_backup_output,
		.run = run_stop_hot_backup,
	},
	[OPERATION_LOCAL_FIND_ACCESS] = {
		.help = "Tell owner and mode of a table's directory.",
		.kind = OPERATION_READ,
		.run = run_find_access,
	},
	[OPERATION_LOCAL_SET_ACCESS] = {
		.help = "Change owner or mode of a table's directory.",
		.kind = OPERATION_ADMIN,
		.run = run_set_access,
	},
	[OPERATION_LOCAL_FIND_HOT_KEYS] = {
		.help = "Tell the keys that are read and written most.",
		.kind = OPERATION_READ,
		.run = run_find_hot_keys,
	},
	[OPERATION_LOCAL_FIND_LOG] = {
		.help = "Tell where a log begins and ends.",
		.kind = OPERATION_READ,
		.run = run_find_log,
	},
	[OPERATION_LOCAL_READ_LOG] = {
		.help = "Read the text of a log.",
		.kind = OPERATION_READ,
		.run = run_read_log,
	},
	[OPERATION_LOCAL_READ_AUDIT] = {
		.local_name = "ReadAudit",
		.help = "Read lines of the audit log.",
		.kind = OPERATION_READ,
		.input = &shape_read_audit_input,
		.output = &shape_read_audit_output,
		.run = run_read_audit,
	},
};

#define DYNAMODB \
	{ \
		.target = "DynamoDB_20120810", .signing = "dynamodb", .action = "dynamodb" \
	}

const struct operation_service operation_services[OPERATION_KIND_COUNT] = {
	[OPERATION_READ] = DYNAMODB,
	[OPERATION_WRITE] = DYNAMODB,
	[OPERATION_ADMIN] = DYNAMODB,
	[OPERATION_STREAM] = {
		.target = "DynamoDBStreams_20120810",
		.signing = "dynamodb",
		.action = "dynamodb",
	},
	[OPERATION_MONITOR] = {
		.target = "GraniteServiceVersion20100801",
		.signing = "monitoring",
		.action = "cloudwatch",
	},
};

const struct operation *operation_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (operations[i].name && slice_equal_string(name, operations[i].name))
			return &operations[i];
	}
	return NULL;
}

const struct operation *operation_find_local(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (operations[i].local_name && slice_equal_string(name, operations[i].local_name))
			return &operations[i];
	}
	return NULL;
}

int enum_index(const char *const *values, struct slice name)
{
	for (int i = 0; slice_present(name) && values[i]; i++) {
		if (slice_equal_string(name, values[i]))
			return i;
	}
	return -1;
}
