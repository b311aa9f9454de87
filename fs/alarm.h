/*
 * Alarms as files: `.alarms/NAME.json` is CloudWatch's PutMetricAlarm, and its state,
 * which is read and not written:
 *
 * 1. What is read can be written: the members that tell a state, the ARN and times
 *    are passed over, and a name must be the file's. So a copy of the file makes
 *    another alarm of its kind.
 * 2. A member that no alarm has is refused: one that was misspelled would be missing.
 * 3. The text is the canonical one, whatever was written; its time is that of the
 *    last change, of the alarm or of its state.
 *
 * A name too long for a file name stands in the text too. DESIGN 4.5.
 */
#pragma once

#include "directory_operations.h"

#define ALARM_TEXT_MAX (64 * 1024)

/* Finds one by its name in `.alarms`, or who is writing a new one: 0 or -errno. */
int alarm_find(const struct finder *finder, struct directory_entry *ret);
/* Appends the text of the one with that file name: 0 and its time, REQUEST_ABSENT or
 * -1. */
int alarm_append_text(struct filesystem *fs, struct slice file_name, struct buf *buf,
	int64_t *ret_mtime, struct error *err) NODISCARD;
/* Makes the alarm that a whole text tells of, or changes it, if the caller may know
 * what it watches. */
int alarm_save(struct filesystem *fs, const struct caller *caller, struct slice file_name,
	struct slice text, struct error *err) NODISCARD;
/* 0 or -errno. */
int alarm_unlink(const struct finder *finder);
