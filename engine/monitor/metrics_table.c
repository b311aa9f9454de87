/* The table of metrics, and what of a call counts for each. */
#include "monitor/metrics.h"

#include <stddef.h>

const char *const dimension_names[DIMENSION_COUNT] = {
	[DIMENSION_TABLE] = "TableName",
	[DIMENSION_INDEX] = "GlobalSecondaryIndexName",
	[DIMENSION_OPERATION] = "Operation",
	[DIMENSION_STREAM] = "StreamLabel",
};

static bool more_than_nothing(double value, double *ret)
{
	*ret = value;
	return value > 0;
}

/* A table's figures are its own and those of its local indexes. */

static double units_of(const struct metric_view *view, size_t member)
{
	const struct call_table *table = view->table;
	double units;

	if (view->index)
		return *(const double *)((const char *)&view->index->units + member);
	units = *(const double *)((const char *)&table->units + member);
	for (size_t i = 0; i < table->index_count; i++) {
		if (table->indexes[i].local)
			units += *(const double *)((const char *)&table->indexes[i].units + member);
	}
	return units;
}

static bool measure_read_units(const struct metric_view *view, double *ret)
{
	return more_than_nothing(units_of(view, offsetof(struct call_units, read)), ret);
}

static bool measure_write_units(const struct metric_view *view, double *ret)
{
	return more_than_nothing(units_of(view, offsetof(struct call_units, write)), ret);
}

static struct call_throttles throttles_of(const struct metric_view *view)
{
	const struct call_table *table = view->table;
	struct call_throttles throttles;

	if (view->index)
		return view->index->throttles;
	throttles = table->throttles;
	for (size_t i = 0; i < table->index_count; i++) {
		if (!table->indexes[i].local)
			continue;
		throttles.read += table->indexes[i].throttles.read;
		throttles.write += table->indexes[i].throttles.write;
	}
	return throttles;
}

static bool measure_read_throttles(const struct metric_view *view, double *ret)
{
	return more_than_nothing(throttles_of(view).read, ret);
}

static bool measure_write_throttles(const struct metric_view *view, double *ret)
{
	return more_than_nothing(throttles_of(view).write, ret);
}

static bool is_batch(const struct call *call)
{
	return strcmp(call->operation, "BatchGetItem") == 0 ||
	       strcmp(call->operation, "BatchWriteItem") == 0;
}

/* Whether any item of the call was admitted. */
static bool is_admitted_in_part(const struct call *call)
{
	for (size_t i = 0; i < call->table_count; i++) {
		const struct call_table *table = &call->tables[i];

		for (size_t j = 0; j < table->key_count; j++) {
			if (!table->keys[j].throttles.read && !table->keys[j].throttles.write)
				return true;
		}
	}
	return false;
}

/* One, however many events the request had; of a batch only when none of its items
 * was admitted. Source: Developer Guide, "DynamoDB metrics and dimensions",
 * ThrottledRequests. */
static bool measure_throttled(const struct metric_view *view, double *ret)
{
	const struct call_table *table = view->table;
	unsigned events = table->throttles.read + table->throttles.write;

	for (size_t i = 0; i < table->index_count; i++)
		events += table->indexes[i].throttles.read + table->indexes[i].throttles.write;
	if (events && is_batch(view->call) && is_admitted_in_part(view->call))
		return false;
	return more_than_nothing(events > 0, ret);
}

static bool measure_latency(const struct metric_view *view, double *ret)
{
	*ret = (double)view->call->duration_ns / 1e6;
	return !view->call->err;
}

static int status_of(const struct call *call)
{
	return call->err ? error_class_info(call->err->class)->http_status : 200;
}

static bool measure_system_errors(const struct metric_view *view, double *ret)
{
	*ret = 1;
	return status_of(view->call) >= 500;
}

/* Those which have metrics of their own. */
static bool is_counted_elsewhere(const struct error *err)
{
	static const char *const exceptions[] = {
		"ConditionalCheckFailedException",
		"ProvisionedThroughputExceededException",
	};
	const char *exception = error_class_info(err->class)->exception;

	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++) {
		if (strcmp(exception, exceptions[i]) == 0)
			return true;
	}
	return false;
}

static bool measure_user_errors(const struct metric_view *view, double *ret)
{
	int status = status_of(view->call);

	*ret = 1;
	return status >= 400 && status < 500 && !is_counted_elsewhere(view->call->err);
}

static bool measure_failed_conditions(const struct metric_view *view, double *ret)
{
	return more_than_nothing(view->table->failed_conditions, ret);
}

static bool measure_conflicts(const struct metric_view *view, double *ret)
{
	return more_than_nothing(view->table->conflicts, ret);
}

/* An answer without items is one, too, of an operation that answers by lists. */
static bool measure_items(const struct metric_view *view, double *ret)
{
	const char *operation = view->call->operation;

	*ret = view->table->returned_items;
	return *ret > 0 || (!view->call->err && (strcmp(operation, "Query") == 0 ||
							strcmp(operation, "Scan") == 0));
}

static bool measure_bytes(const struct metric_view *view, double *ret)
{
	return more_than_nothing((double)view->table->returned_bytes, ret);
}

static bool measure_records(const struct metric_view *view, double *ret)
{
	*ret = view->table->returned_records;
	return !view->call->err && strcmp(view->call->operation, "GetRecords") == 0;
}

const struct metric_info metrics_info[METRIC_COUNT] = {
	[METRIC_ACCOUNT_MAX_READS] = {
		.code = 0,
		.name = "AccountMaxReads",
		.unit = "Count",
		.help = "Read capacity units that the account may provision.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_ACCOUNT_MAX_TABLE_LEVEL_READS] = {
		.code = 1,
		.name = "AccountMaxTableLevelReads",
		.unit = "Count",
		.help = "Read capacity units that a table of the account may have.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_ACCOUNT_MAX_TABLE_LEVEL_WRITES] = {
		.code = 2,
		.name = "AccountMaxTableLevelWrites",
		.unit = "Count",
		.help = "Write capacity units that a table of the account may have.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_ACCOUNT_MAX_WRITES] = {
		.code = 3,
		.name = "AccountMaxWrites",
		.unit = "Count",
		.help = "Write capacity units that the account may provision.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_ACCOUNT_PROVISIONED_READ_UTILIZATION] = {
		.code = 4,
		.name = "AccountProvisionedReadCapacityUtilization",
		.unit = "Percent",
		.help = "Share of AccountMaxReads that is provisioned.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_ACCOUNT_PROVISIONED_WRITE_UTILIZATION] = {
		.code = 5,
		.name = "AccountProvisionedWriteCapacityUtilization",
		.unit = "Percent",
		.help = "Share of AccountMaxWrites that is provisioned.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_CONDITIONAL_CHECK_FAILED_REQUESTS] = {
		.code = 6,
		.name = "ConditionalCheckFailedRequests",
		.unit = "Count",
		.help = "Conditions of writes that did not hold.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_TABLE,
		.measure = measure_failed_conditions,
	},
	[METRIC_CONSUMED_READ_CAPACITY_UNITS] = {
		.code = 7,
		.name = "ConsumedReadCapacityUnits",
		.unit = "Count",
		.help = "Read capacity units that requests consumed.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
		.measure = measure_read_units,
	},
	[METRIC_CONSUMED_WRITE_CAPACITY_UNITS] = {
		.code = 8,
		.name = "ConsumedWriteCapacityUnits",
		.unit = "Count",
		.help = "Write capacity units that requests consumed.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
		.measure = measure_write_units,
	},
	[METRIC_MAX_PROVISIONED_TABLE_READ_UTILIZATION] = {
		.code = 9,
		.name = "MaxProvisionedTableReadCapacityUtilization",
		.unit = "Percent",
		.help = "Share of AccountMaxTableLevelReads that the largest table or index has.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_MAX_PROVISIONED_TABLE_WRITE_UTILIZATION] = {
		.code = 10,
		.name = "MaxProvisionedTableWriteCapacityUtilization",
		.unit = "Percent",
		.help = "Share of AccountMaxTableLevelWrites that the largest table or index has.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_ACCOUNT,
	},
	[METRIC_ON_DEMAND_MAX_READ_REQUEST_UNITS] = {
		.code = 11,
		.name = "OnDemandMaxReadRequestUnits",
		.unit = "Count",
		.help = "The maximum of read request units that is set.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
	},
	[METRIC_ON_DEMAND_MAX_WRITE_REQUEST_UNITS] = {
		.code = 12,
		.name = "OnDemandMaxWriteRequestUnits",
		.unit = "Count",
		.help = "The maximum of write request units that is set.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
	},
	[METRIC_ONLINE_INDEX_PERCENTAGE_PROGRESS] = {
		.code = 13,
		.name = "OnlineIndexPercentageProgress",
		.unit = "Count",
		.help = "How much of an index that is being made is there, in percent.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_INDEX,
	},
	[METRIC_PROVISIONED_READ_CAPACITY_UNITS] = {
		.code = 14,
		.name = "ProvisionedReadCapacityUnits",
		.unit = "Count",
		.help = "Read capacity units that are provisioned.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
	},
	[METRIC_PROVISIONED_WRITE_CAPACITY_UNITS] = {
		.code = 15,
		.name = "ProvisionedWriteCapacityUnits",
		.unit = "Count",
		.help = "Write capacity units that are provisioned.",
		.kind = METRIC_GAUGE,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
	},
	[METRIC_READ_THROTTLE_EVENTS] = {
		.code = 16,
		.name = "ReadThrottleEvents",
		.unit = "Count",
		.help = "Reads beyond the throughput there is.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
		.measure = measure_read_throttles,
	},
	[METRIC_RETURNED_BYTES] = {
		.code = 17,
		.name = "ReturnedBytes",
		.unit = "Bytes",
		.help = "Bytes of the records or items that requests returned.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_OPERATION | 1u << OF_STREAM,
		.measure = measure_bytes,
	},
	[METRIC_RETURNED_ITEM_COUNT] = {
		.code = 18,
		.name = "ReturnedItemCount",
		.unit = "Count",
		.help = "Items that queries and scans returned.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_OPERATION,
		.measure = measure_items,
	},
	[METRIC_RETURNED_RECORDS_COUNT] = {
		.code = 19,
		.name = "ReturnedRecordsCount",
		.unit = "Count",
		.help = "Records of streams that requests returned.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_STREAM,
		.measure = measure_records,
	},
	[METRIC_SUCCESSFUL_REQUEST_LATENCY] = {
		.code = 20,
		.name = "SuccessfulRequestLatency",
		.unit = "Milliseconds",
		.help = "How long requests took that succeeded.",
		.kind = METRIC_DURATION,
		.scopes = 1u << OF_OPERATION | 1u << OF_STREAM | 1u << OF_CALL,
		.measure = measure_latency,
	},
	[METRIC_SYSTEM_ERRORS] = {
		.code = 21,
		.name = "SystemErrors",
		.unit = "Count",
		.help = "Requests that failed with an HTTP status of 500 or more.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_OPERATION | 1u << OF_CALL,
		.measure = measure_system_errors,
	},
	[METRIC_THROTTLED_REQUESTS] = {
		.code = 22,
		.name = "ThrottledRequests",
		.unit = "Count",
		.help = "Requests with an event beyond the throughput there is.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_OPERATION,
		.measure = measure_throttled,
	},
	[METRIC_TIME_TO_LIVE_DELETED_ITEM_COUNT] = {
		.code = 23,
		.name = "TimeToLiveDeletedItemCount",
		.unit = "Count",
		.help = "Items that were deleted as their time to live was over.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_TABLE,
	},
	[METRIC_TRANSACTION_CONFLICT] = {
		.code = 24,
		.name = "TransactionConflict",
		.unit = "Count",
		.help = "Items of transactions that another request held.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_TABLE,
		.measure = measure_conflicts,
	},
	[METRIC_USER_ERRORS] = {
		.code = 25,
		.name = "UserErrors",
		.unit = "Count",
		.help = "Requests that failed with an HTTP status of 400, but for conditions and "
			"throughput.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_ACCOUNT,
		.measure = measure_user_errors,
	},
	[METRIC_WRITE_THROTTLE_EVENTS] = {
		.code = 26,
		.name = "WriteThrottleEvents",
		.unit = "Count",
		.help = "Writes beyond the throughput there is.",
		.kind = METRIC_COUNTER,
		.scopes = 1u << OF_TABLE | 1u << OF_INDEX,
		.measure = measure_write_throttles,
	},
};

enum metric_id metric_find(struct slice name)
{
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (slice_equal_string(name, metrics_info[i].name))
			return (enum metric_id)i;
	}
	return METRIC_COUNT;
}

enum metric_id metric_find_code(unsigned code)
{
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (metrics_info[i].code == code)
			return (enum metric_id)i;
	}
	return METRIC_COUNT;
}

unsigned metric_scope(const struct metric_series *series)
{
	unsigned scope = 0;

	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (slice_present(series->dimensions[i]))
			scope |= 1u << i;
	}
	return scope;
}

bool metric_has_scope(enum metric_id metric, unsigned scope)
{
	return metrics_info[metric].scopes >> scope & 1;
}
