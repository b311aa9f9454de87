/*
 * The alarms of a data directory: kept in the store, judged each minute.
 *
 * Invariants:
 * 1. What memory has is what the file has: a change is written, then shown. A
 *    malformed alarm of the file is as none, until it is put again: it holds up no
 *    start.
 * 2. A change and the lines about it in the journal are one transaction: each
 *    change of state is in the log once, whenever the process ends.
 * 3. An alarm is judged by periods that are over, whose last one ends with the
 *    newest whole minute; at the beginning of each minute, and when it is put. One
 *    over more than a day is judged at whole hours only, and when it is put.
 * 4. A state that is judged to be the same again changes nothing, not its reason
 *    either.
 *
 * Time comes in as a parameter everywhere. Lock order: changing, the store's and
 * the metrics' own; lock is a leaf.
 *
 * Source: CloudWatch User Guide, "Alarm evaluation".
 */
#pragma once

#include "monitor/alarm.h"
#include "store/journal.h"

#define ALARMS_MAX     5000
#define ALARMS_LOG_MAX (4u << 20) /* bytes */
#define ALARM_NAME_MAX 255

struct alarms;

struct alarms_options {
	struct store *store; /* borrowed, as the metrics; must outlive them */
	struct metrics *metrics;
	uint64_t log_max; /* bytes of the journal; 0: ALARMS_LOG_MAX */
};

int alarms_open(
	const struct alarms_options *options, struct alarms **ret, struct error *err) NODISCARD;
void alarms_close(struct alarms *alarms); /* NULL is allowed */

/* Makes the alarm, or gives the one of that name another definition, and judges
 * it. A new one begins with INSUFFICIENT_DATA, one that is there with its state. */
int alarms_put(struct alarms *alarms, const struct alarm *definition, int64_t now_ns,
	enum durability durability, struct error *err) NODISCARD;
/* Deletes all, or ERROR_ALARM_NOT_FOUND names one that is not there. */
int alarms_delete(struct alarms *alarms, const struct slice *names, size_t count, int64_t now_ns,
	enum durability durability, struct error *err) NODISCARD;
/* Gives it a state until it is judged again; the data may be absent. */
int alarms_set_state(struct alarms *alarms, struct slice name, enum alarm_state state,
	struct slice reason, struct slice reason_data, int64_t now_ns, enum durability durability,
	struct error *err) NODISCARD;

#define ALARM_ABSENT 1
/* The alarm of that name, in the arena: 0 or ALARM_ABSENT. */
int alarms_find(struct alarms *alarms, struct slice name, struct arena *arena, struct alarm *ret,
	struct error *err) NODISCARD;
/* The alarms behind the one of that name (absent: from the first), in byte order of
 * their names, in the arena; as many as are wanted at most. */
int alarms_list(struct alarms *alarms, struct slice after, size_t limit, struct arena *arena,
	struct alarm **ret, size_t *ret_count, struct error *err) NODISCARD;

/* To be called when a minute begins, after metrics_step(). Judges all, whatever
 * becomes of one; the first error is told. */
int alarms_step(struct alarms *alarms, int64_t now_ns, struct error *err) NODISCARD;

/* The log of what changed: lines as in alarm_report.h. */
struct journal *alarms_journal(const struct alarms *alarms);
