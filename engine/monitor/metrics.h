/*
 * Metrics: figures of the calls, by the names and dimensions of CloudWatch's
 * namespace AWS/DynamoDB, a minute at a time.
 *
 * A series is a metric and the values of its dimensions. Calls are summed up in
 * memory for the minute in which they end; when it is over, each series that
 * got anything is written into the store, where it is kept for METRICS_KEPT_DAYS
 * (store/series.h). Readings join what is written with what is not yet, so that
 * nobody sees where one ends.
 *
 * Time comes in as a parameter everywhere: a day can be simulated.
 *
 * Source: Developer Guide, "DynamoDB Metrics and dimensions"; CloudWatch API
 * Reference, GetMetricStatistics.
 */
#pragma once

#include "base/arena.h"
#include "monitor/call.h"
#include "monitor/histogram.h"
#include "store/store.h"

#define METRICS_NAMESPACE "AWS/DynamoDB"
#define METRICS_KEPT_DAYS 15
#define MINUTE_NS         (60 * 1000000000LL)

enum metric_id {
	METRIC_ACCOUNT_MAX_READS,
	METRIC_ACCOUNT_MAX_TABLE_LEVEL_READS,
	METRIC_ACCOUNT_MAX_TABLE_LEVEL_WRITES,
	METRIC_ACCOUNT_MAX_WRITES,
	METRIC_ACCOUNT_PROVISIONED_READ_UTILIZATION,
	METRIC_ACCOUNT_PROVISIONED_WRITE_UTILIZATION,
	METRIC_CONDITIONAL_CHECK_FAILED_REQUESTS,
	METRIC_CONSUMED_READ_CAPACITY_UNITS,
	METRIC_CONSUMED_WRITE_CAPACITY_UNITS,
	METRIC_MAX_PROVISIONED_TABLE_READ_UTILIZATION,
	METRIC_MAX_PROVISIONED_TABLE_WRITE_UTILIZATION,
	METRIC_ON_DEMAND_MAX_READ_REQUEST_UNITS,
	METRIC_ON_DEMAND_MAX_WRITE_REQUEST_UNITS,
	METRIC_ONLINE_INDEX_PERCENTAGE_PROGRESS,
	METRIC_PROVISIONED_READ_CAPACITY_UNITS,
	METRIC_PROVISIONED_WRITE_CAPACITY_UNITS,
	METRIC_READ_THROTTLE_EVENTS,
	METRIC_RETURNED_BYTES,
	METRIC_RETURNED_ITEM_COUNT,
	METRIC_RETURNED_RECORDS_COUNT,
	METRIC_SUCCESSFUL_REQUEST_LATENCY,
	METRIC_SYSTEM_ERRORS,
	METRIC_THROTTLED_REQUESTS,
	METRIC_TIME_TO_LIVE_DELETED_ITEM_COUNT,
	METRIC_TRANSACTION_CONFLICT,
	METRIC_USER_ERRORS,
	METRIC_WRITE_THROTTLE_EVENTS,
	METRIC_COUNT
};

enum metric_dimension {
	DIMENSION_TABLE,
	DIMENSION_INDEX, /* global; what a local one uses is its table's */
	DIMENSION_OPERATION,
	DIMENSION_STREAM,
	DIMENSION_COUNT
};

extern const char *const dimension_names[DIMENSION_COUNT]; /* "TableName" */

/* Of a whole series: bits of 1 << enum metric_dimension. */
#define OF_ACCOUNT   0u
#define OF_TABLE     (1u << DIMENSION_TABLE)
#define OF_INDEX     (OF_TABLE | 1u << DIMENSION_INDEX)
#define OF_OPERATION (OF_TABLE | 1u << DIMENSION_OPERATION)
#define OF_STREAM    (OF_OPERATION | 1u << DIMENSION_STREAM) /* where it has a stream */
/* Of a call that has no table, as ListTables; the service does not publish it. */
#define OF_CALL (1u << DIMENSION_OPERATION)

enum metric_kind {
	METRIC_COUNTER, /* events, or what they cost: the sum tells */
	METRIC_GAUGE, /* a setting or a state that is looked at now and then */
	METRIC_DURATION, /* the distribution tells */
};

/* A call as one of its series sees it. */
struct metric_view {
	const struct call *call;
	const struct call_table *table; /* NULL: the series is none of a table */
	const struct call_index *index; /* NULL: none of an index */
};

/* What a call adds to a series, or false: nothing. */
typedef bool metric_measure(const struct metric_view *view, double *ret);

struct metric_info {
	unsigned code; /* on disk: never changes, below 64 */
	const char *name; /* "ConsumedReadCapacityUnits" */
	const char *unit; /* CloudWatch's: "Count" */
	const char *help; /* one line */
	enum metric_kind kind;
	unsigned scopes; /* that it comes by: bits of 1 << scope */
	metric_measure *measure; /* NULL: none of calls */
};

extern const struct metric_info metrics_info[METRIC_COUNT];

/* The metric of that name or code, or METRIC_COUNT. */
enum metric_id metric_find(struct slice name);
enum metric_id metric_find_code(unsigned code);

struct metric_series {
	enum metric_id metric;
	struct slice dimensions[DIMENSION_COUNT]; /* absent: it has no such */
};

/* The bits of the dimensions that a series has. */
unsigned metric_scope(const struct metric_series *series);
/* Whether the metric comes by such dimensions. */
bool metric_has_scope(enum metric_id metric, unsigned scope);

struct metrics;

struct metrics *metrics_open(struct store *store);
/* Writes what is not yet written. NULL is allowed. */
void metrics_close(struct metrics *metrics, int64_t now_ns);
/* Tells of a call. Thread-safe, never waits for the disk. It counts for the
 * minute in which it ended. */
void metrics_note(struct metrics *metrics, const struct call *call);
/* Adds one sample to a series, for what is not a call's. */
void metrics_add(
	struct metrics *metrics, const struct metric_series *series, double value, int64_t now_ns);
/* To be called when a minute begins: looks at gauges and at what expired, writes
 * the minutes that have ended, forgets the old ones now and then. */
int metrics_step(struct metrics *metrics, int64_t now_ns, struct error *err) NODISCARD;
/* Takes in what others count, that a reading shows all there is: the items that
 * expired. */
void metrics_poll(struct metrics *metrics, int64_t now_ns);

struct metric_query {
	struct metric_series series;
	int64_t start_ns; /* the minute in which it lies is the first */
	int64_t end_ns; /* the minutes that begin before it */
	unsigned period_minutes; /* > 0; periods count from the start's minute on */
	const double *percentiles; /* 0 to 100 */
	size_t percentile_count;
};

struct metric_datapoint {
	int64_t time_ns; /* the period's begin */
	double sample_count, sum, average, minimum, maximum;
	const double *percentiles; /* as asked; HISTOGRAM_ERROR below the true ones at most */
};

/* The periods of a series in which there are samples, in order of time, in the
 * arena; the minute under way is among them if it is asked for. A series that
 * nobody ever added to has none. */
int metrics_statistics(struct metrics *metrics, const struct metric_query *query,
	struct arena *arena, struct metric_datapoint **ret, size_t *ret_count,
	struct error *err) NODISCARD;

struct metric_sample {
	struct metric_series series;
	double value;
};

/* The gauges as they are now, in the arena: of indexes that are being made, and
 * with settings the throughput of tables, indexes and the account. */
void metrics_gauges(struct metrics *metrics, bool with_settings, struct arena *arena,
	struct metric_sample **ret, size_t *ret_count);

/* What the process has seen of a series, since it began. */
struct metric_total {
	struct metric_series series;
	const struct histogram *histogram;
};

/* All series of the process, in an order that stays: by metric, then by
 * dimensions. With a table only those of it. In the arena. */
void metrics_totals(struct metrics *metrics, struct slice table, struct arena *arena,
	struct metric_total **ret, size_t *ret_count);

/* Appends the totals and the gauges in the text format of Prometheus; with a table
 * only those of it. Counters begin with the process. */
void metrics_append_text(struct metrics *metrics, struct slice table, struct buf *buf);

/* The series that are kept, in byte order of their dimensions, then of their
 * metrics; active_since_ns: only those with samples since then. In the arena. */
int metrics_list(struct metrics *metrics, int64_t active_since_ns, struct arena *arena,
	struct metric_series **ret, size_t *ret_count, struct error *err) NODISCARD;
