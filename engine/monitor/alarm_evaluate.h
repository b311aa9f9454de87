/* Judging an alarm by the metrics. */
#pragma once

#include "monitor/alarm_report.h"

/* Judges it by the periods that are over by then; what the finding points to is in
 * the arena, but for the alarm. */
int alarm_evaluate(const struct alarm *alarm, struct metrics *metrics, int64_t now_ns,
	struct arena *arena, struct alarm_finding *ret, struct error *err) NODISCARD;
/* Whether it is to be judged in that minute. */
bool alarm_is_due(const struct alarm *alarm, int64_t now_ns);
