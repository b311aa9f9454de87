#include "api/throughput.h"

#include "base/clock.h"

#define DECREASES_FREE 4 /* a day */
#define SECOND_NS      1000000000LL
#define HOUR_NS        (3600 * SECOND_NS)
#define DAY_NS         (24 * HOUR_NS)

struct throughput throughput_of_table(struct table_description *table)
{
	return (struct throughput){
		.read_units = &table->read_capacity_units,
		.write_units = &table->write_capacity_units,
		.increased_ns = &table->throughput_increased_ns,
		.decreased_ns = &table->throughput_decreased_ns,
		.decreases = &table->throughput_decreases,
	};
}

struct throughput throughput_of_index(struct index_description *index)
{
	return (struct throughput){
		.read_units = &index->read_capacity_units,
		.write_units = &index->write_capacity_units,
		.increased_ns = &index->throughput_increased_ns,
		.decreased_ns = &index->throughput_decreased_ns,
		.decreases = &index->throughput_decreases,
	};
}

int64_t throughput_decreases_today(int64_t decreases, int64_t decreased_ns, int64_t now_ns)
{
	return decreased_ns / DAY_NS == now_ns / DAY_NS ? decreases : 0;
}

static bool decreases(const struct throughput *throughput, int64_t read_units, int64_t write_units)
{
	return read_units < *throughput->read_units || write_units < *throughput->write_units;
}

void throughput_set(const struct throughput *throughput, int64_t read_units, int64_t write_units,
	int64_t now_ns)
{
	if (read_units > *throughput->read_units || write_units > *throughput->write_units)
		*throughput->increased_ns = now_ns;
	if (decreases(throughput, read_units, write_units)) {
		*throughput->decreases = 1 + throughput_decreases_today(*throughput->decreases,
						     *throughput->decreased_ns, now_ns);
		*throughput->decreased_ns = now_ns;
	}
	*throughput->read_units = read_units;
	*throughput->write_units = write_units;
}

#define TIME_LENGTH 80

/* "Sunday, November 22, 2026 at 1:00:03 AM Coordinated Universal Time" */
static const char *print_long_time(struct buf *buf, int64_t ns)
{
	struct timespec time = clock_to_timespec(ns);
	struct tm tm;

	buf->len += strftime(buf_reserve(buf, TIME_LENGTH), TIME_LENGTH,
		"%A, %B %-d, %Y at %-I:%M:%S %p Coordinated Universal Time",
		gmtime_r(&time.tv_sec, &tm));
	return buf_string(buf);
}

/* "Sun Nov 22 03:00:00 UTC 2026" */
static const char *print_short_time(struct buf *buf, int64_t ns)
{
	struct timespec time = clock_to_timespec(ns);
	struct tm tm;

	buf->len += strftime(buf_reserve(buf, TIME_LENGTH), TIME_LENGTH, "%a %b %d %H:%M:%S UTC %Y",
		gmtime_r(&time.tv_sec, &tm));
	return buf_string(buf);
}

int throughput_check_decrease(const struct throughput *throughput, int64_t read_units,
	int64_t write_units, int64_t now_ns, struct error *err)
{
	int64_t today = throughput_decreases_today(
		*throughput->decreases, *throughput->decreased_ns, now_ns);
	struct buf last CLEANUP(buf_release) = BUF_INIT;
	struct buf next CLEANUP(buf_release) = BUF_INIT;

	if (!decreases(throughput, read_units, write_units) || today < DECREASES_FREE ||
		now_ns - *throughput->decreased_ns >= HOUR_NS)
		return 0;
	return error_set(err, ERROR_LIMIT_EXCEEDED,
		"Subscriber limit exceeded: Provisioned throughput decreases are limited within a "
		"given UTC day. After the first %d decreases, each subsequent decrease in the same "
		"UTC day can be performed at most once every 3600 seconds. Number of decreases "
		"today: %lld. Last decrease at %s. Next decrease can be made at %s",
		DECREASES_FREE, (long long)today, print_long_time(&last, *throughput->decreased_ns),
		print_long_time(&next, *throughput->decreased_ns + HOUR_NS));
}

/* The moments before the last one, newest first. */
static void note_switch(struct table_description *table, int64_t now_ns)
{
	size_t kept = ARRAY_SIZE(table->on_demand_before_ns);

	memmove(table->on_demand_before_ns + 1, table->on_demand_before_ns,
		(kept - 1) * sizeof(table->on_demand_before_ns[0]));
	table->on_demand_before_ns[0] = table->billing_changed_ns;
	table->billing_changed_ns = now_ns;
}

void throughput_go_on_demand(
	struct table_description *table, struct index_description *indexes, int64_t now_ns)
{
	struct throughput throughput = throughput_of_table(table);

	note_switch(table, now_ns);
	table->billing_mode = BILLING_PAY_PER_REQUEST;
	throughput_set(&throughput, 0, 0, now_ns);
	for (size_t i = 0; i < table->index_count; i++) {
		struct throughput of_index = throughput_of_index(&indexes[i]);

		throughput_set(&of_index, 0, 0, now_ns);
	}
}

/* A table that was made on demand has not been switched by that. */
int throughput_check_on_demand(
	const struct table_description *table, int64_t now_ns, struct error *err)
{
	size_t kept = ARRAY_SIZE(table->on_demand_before_ns);
	int64_t oldest = table->on_demand_before_ns[kept - 1];
	struct buf last CLEANUP(buf_release) = BUF_INIT;
	struct buf next CLEANUP(buf_release) = BUF_INIT;

	if (now_ns - oldest >= DAY_NS || oldest == table->created_ns)
		return 0;
	return error_set(err, ERROR_LIMIT_EXCEEDED,
		"Subscriber limit exceeded: Update to PayPerRequest mode are limited to %zu times in "
		"1 day(s). Last update at %s. Next update can be made at %s",
		kept + 1, print_short_time(&last, table->billing_changed_ns),
		print_short_time(&next, oldest + DAY_NS));
}
