/*
 * What is looked at: settings and states of the tables, and what the store
 * counts by itself.
 *
 * Settings are noted every GAUGE_MINUTES, as the service does, and for tables
 * that have some: provisioned throughput, or a maximum on demand. The account's
 * are noted along with them. So an idle process with tables on demand writes
 * nothing, and each provisioned table or index one record in that time.
 */
#include "monitor/account.h"
#include "monitor/metrics_private.h"
#include "store/backfill.h"
#include "store/table_cache.h"
#include "store/ttl.h"

#define GAUGE_MINUTES 5

/* Items that expired */

static void poll_table(struct metrics *metrics, struct table *table, int64_t now_ns)
{
	const struct metric_series series = {
		.metric = METRIC_TIME_TO_LIVE_DELETED_ITEM_COUNT,
		.dimensions = { [DIMENSION_TABLE] = table_description(table)->name },
	};
	uint64_t deleted = ttl_take_deleted(table);

	if (deleted)
		metrics_add(metrics, &series, (double)deleted, now_ns);
}

void metrics_poll(struct metrics *metrics, int64_t now_ns)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };

	table_cache_all(metrics->store, &tables);
	for (size_t i = 0; i < tables.count; i++)
		poll_table(metrics, tables.tables[i], now_ns);
}

/* Settings and states */

struct gauges {
	struct arena *arena;
	struct metric_sample *samples;
	size_t count, capacity;
	/* Of all tables: */
	int64_t reads, writes; /* provisioned together */
	int64_t most_reads, most_writes; /* by one */
};

static void add_sample(
	struct gauges *gauges, enum metric_id metric, const struct slice *dimensions, double value)
{
	struct metric_sample *sample, *larger;

	if (gauges->count == gauges->capacity) {
		gauges->capacity = gauges->capacity ? 2 * gauges->capacity : 16;
		larger = arena_alloc_array(gauges->arena, gauges->capacity, sizeof(*larger));
		if (gauges->count)
			memcpy(larger, gauges->samples, gauges->count * sizeof(*larger));
		gauges->samples = larger;
	}
	sample = &gauges->samples[gauges->count++];
	*sample = (struct metric_sample){ .series.metric = metric, .value = value };
	for (unsigned i = 0; dimensions && i < DIMENSION_COUNT; i++)
		sample->series.dimensions[i] = arena_copy(gauges->arena, dimensions[i]);
}

/* The settings of a table or an index. */
struct settings {
	struct slice dimensions[DIMENSION_COUNT];
	bool provisioned;
	int64_t reads, writes;
	int64_t most_reads, most_writes; /* on demand; less than 1: no maximum */
};

static void add_settings(struct gauges *gauges, const struct settings *settings)
{
	const struct slice *dimensions = settings->dimensions;

	if (settings->provisioned) {
		add_sample(gauges, METRIC_PROVISIONED_READ_CAPACITY_UNITS, dimensions,
			(double)settings->reads);
		add_sample(gauges, METRIC_PROVISIONED_WRITE_CAPACITY_UNITS, dimensions,
			(double)settings->writes);
		gauges->reads += settings->reads;
		gauges->writes += settings->writes;
		if (settings->reads > gauges->most_reads)
			gauges->most_reads = settings->reads;
		if (settings->writes > gauges->most_writes)
			gauges->most_writes = settings->writes;
		return;
	}
	if (settings->most_reads > 0)
		add_sample(gauges, METRIC_ON_DEMAND_MAX_READ_REQUEST_UNITS, dimensions,
			(double)settings->most_reads);
	if (settings->most_writes > 0)
		add_sample(gauges, METRIC_ON_DEMAND_MAX_WRITE_REQUEST_UNITS, dimensions,
			(double)settings->most_writes);
}

static void add_table(struct gauges *gauges, const struct table_description *table)
{
	bool provisioned = table->billing_mode == BILLING_PROVISIONED;
	struct settings settings = {
		.dimensions = { [DIMENSION_TABLE] = table->name },
		.provisioned = provisioned,
		.reads = table->read_capacity_units,
		.writes = table->write_capacity_units,
		.most_reads = table->max_read_request_units,
		.most_writes = table->max_write_request_units,
	};

	add_settings(gauges, &settings);
	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_description *index = &table->indexes[i];

		if (index->kind != INDEX_GLOBAL)
			continue;
		settings.dimensions[DIMENSION_INDEX] = index->name;
		settings.reads = index->read_capacity_units;
		settings.writes = index->write_capacity_units;
		settings.most_reads = index->max_read_request_units;
		settings.most_writes = index->max_write_request_units;
		add_settings(gauges, &settings);
	}
}

static void add_account(struct gauges *gauges)
{
	static const enum metric_id metrics[] = {
		METRIC_ACCOUNT_MAX_READS,
		METRIC_ACCOUNT_MAX_WRITES,
		METRIC_ACCOUNT_MAX_TABLE_LEVEL_READS,
		METRIC_ACCOUNT_MAX_TABLE_LEVEL_WRITES,
		METRIC_ACCOUNT_PROVISIONED_READ_UTILIZATION,
		METRIC_ACCOUNT_PROVISIONED_WRITE_UTILIZATION,
		METRIC_MAX_PROVISIONED_TABLE_READ_UTILIZATION,
		METRIC_MAX_PROVISIONED_TABLE_WRITE_UTILIZATION,
	};
	const double values[ARRAY_SIZE(metrics)] = {
		ACCOUNT_UNITS_MAX,
		ACCOUNT_UNITS_MAX,
		TABLE_UNITS_MAX,
		TABLE_UNITS_MAX,
		100.0 * (double)gauges->reads / ACCOUNT_UNITS_MAX,
		100.0 * (double)gauges->writes / ACCOUNT_UNITS_MAX,
		100.0 * (double)gauges->most_reads / TABLE_UNITS_MAX,
		100.0 * (double)gauges->most_writes / TABLE_UNITS_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		add_sample(gauges, metrics[i], NULL, values[i]);
}

static void add_progress(struct gauges *gauges, struct table *table)
{
	const struct table_description *description = table_description(table);

	for (size_t i = 0; i < description->index_count; i++) {
		const struct index_description *index = &description->indexes[i];
		const struct slice dimensions[DIMENSION_COUNT] = {
			[DIMENSION_TABLE] = description->name,
			[DIMENSION_INDEX] = index->name,
		};

		if (index->kind == INDEX_GLOBAL && index->status == INDEX_CREATING)
			add_sample(gauges, METRIC_ONLINE_INDEX_PERCENTAGE_PROGRESS, dimensions,
				100 * backfill_progress(table, index));
	}
}

void metrics_gauges(struct metrics *metrics, bool with_settings, struct arena *arena,
	struct metric_sample **ret, size_t *ret_count)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };
	struct gauges gauges = { .arena = arena };

	table_cache_all(metrics->store, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		if (with_settings)
			add_table(&gauges, table_description(tables.tables[i]));
		add_progress(&gauges, tables.tables[i]);
	}
	if (gauges.reads || gauges.writes)
		add_account(&gauges);
	*ret = gauges.samples;
	*ret_count = gauges.count;
}

void metrics_note_gauges(struct metrics *metrics, int64_t now_ns)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct metric_sample *samples;
	bool with_settings = now_ns / MINUTE_NS % GAUGE_MINUTES == 0;
	size_t count;

	metrics_gauges(metrics, with_settings, &arena, &samples, &count);
	for (size_t i = 0; i < count; i++)
		metrics_add(metrics, &samples[i].series, samples[i].value, now_ns);
}
