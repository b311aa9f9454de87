/*
 * What the mount asks of the engine's logs: text of whole lines that grows, in
 * which each byte has an offset that never changes (store/journal.h). Inputs and
 * outputs; conventions in field.h.
 */
#pragma once

#include "base/slice.h"
#include <stdint.h>

enum engine_log {
	LOG_AUDIT, /* audit.h */
	LOG_ALARMS, /* monitor/alarm_report.h */
};

struct find_log_input {
	enum engine_log log;
};

struct find_log_output {
	uint64_t start; /* of the oldest line that is kept */
	uint64_t end;
	int64_t modified_ns; /* when the newest line came */
};

struct read_log_input {
	enum engine_log log;
	uint64_t offset;
	size_t size; /* at least; lines are whole, but for the first */
};

struct read_log_output {
	struct slice text; /* empty at the end */
};
