/*
 * Changing the throughput of tables and indexes, and how often.
 *
 * Source: Developer Guide, "Service, account, and table quotas": four decreases a
 * day of a table or an index, by UTC, and then one an hour; "Considerations when
 * switching capacity modes": four switches to on demand in 24 hours.
 */
#pragma once

#include "base/error.h"
#include "store/table.h"

/* The throughput of a table or of a global index, within its description. */
struct throughput {
	int64_t *read_units, *write_units;
	int64_t *increased_ns, *decreased_ns;
	int64_t *decreases; /* on the day of the last one */
};

struct throughput throughput_of_table(struct table_description *table);
struct throughput throughput_of_index(struct index_description *index);

/* How many decreases there have been today, of that many on the last one's day. */
int64_t throughput_decreases_today(int64_t decreases, int64_t decreased_ns, int64_t now_ns);
/* Sets it, and notes whether that is more or less. */
void throughput_set(const struct throughput *throughput, int64_t read_units, int64_t write_units,
	int64_t now_ns);
/* Whether it may be decreased so: ERROR_LIMIT_EXCEEDED "Subscriber limit exceeded:
 * Provisioned throughput decreases are limited within a given UTC day. …". */
int throughput_check_decrease(const struct throughput *throughput, int64_t read_units,
	int64_t write_units, int64_t now_ns, struct error *err) NODISCARD;

/* Notes that a table goes on demand now, with its indexes. */
void throughput_go_on_demand(
	struct table_description *table, struct index_description *indexes, int64_t now_ns);
/* Whether it may: ERROR_LIMIT_EXCEEDED "Subscriber limit exceeded: Update to
 * PayPerRequest mode are limited to 4 times in 1 day(s). …". */
int throughput_check_on_demand(
	const struct table_description *table, int64_t now_ns, struct error *err) NODISCARD;
