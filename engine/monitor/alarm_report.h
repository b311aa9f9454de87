/*
 * What is told of an alarm: why it has its state, in CloudWatch's words, and the
 * lines of the alarms' log, one JSON object each:
 *
 *	{"time":…,"name":…,"type":"StateUpdate","old":"OK","new":"ALARM","reason":…,
 *		"datapoints":[{"time":…,"value":5.0,"samples":2.0},…]}
 *	{"time":…,"name":…,"type":"ConfigurationUpdate","change":"created"}
 */
#pragma once

#include "monitor/alarm.h"

/* Of datapoints: the newest ones that are told of. */
#define REPORT_REASON_POINTS 5
#define REPORT_POINTS        20

/* An alarm that was judged. */
struct alarm_finding {
	const struct alarm *alarm; /* as it was before */
	struct alarm_rule rule;
	const struct alarm_point *points; /* alarm_range() of them */
	struct alarm_verdict verdict;
	int64_t now_ns;
};

/* "Threshold Crossed: …", at most ALARM_REASON_MAX bytes. */
void report_append_reason(const struct alarm_finding *finding, struct buf *buf);
/* The same as JSON, at most ALARM_REASON_DATA_MAX bytes. */
void report_append_data(const struct alarm_finding *finding, struct buf *buf);

enum alarm_change { ALARM_CREATED, ALARM_UPDATED, ALARM_DELETED };
extern const char *const alarm_change_names[]; /* "created"; NULL-terminated */

/* A line of a change of state; the finding is NULL when a user made it. */
void report_append_state(enum alarm_state before, const struct alarm *after,
	const struct alarm_finding *finding, struct buf *log);
/* A line of a change of the alarm itself. */
void report_append_change(
	struct slice name, enum alarm_change change, int64_t now_ns, struct buf *log);
