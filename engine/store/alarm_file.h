/*
 * Where alarms are kept: a name, and bytes that their owner gives meaning to
 * (monitor/alarm.h).
 *
 *	DATA/alarms.db	name -> bytes
 *
 * What happened to alarms goes into a journal in the same transaction, so that
 * each change is in the log exactly once, whenever the process ends.
 */
#pragma once

#include "base/error.h"
#include "store/journal.h"
#include "store/store.h"

struct alarm_file;

#define ALARM_FILE_DAMAGED 1
#define ALARM_FILE_ABSENT  2
/* Verifies the file of a store that has no alarm_file open and is otherwise unused:
 * 0, ALARM_FILE_DAMAGED, what is wrong being told to the function, or
 * ALARM_FILE_ABSENT. */
typedef void alarm_file_report(void *context, const char *message);
int alarm_file_verify(
	struct store *store, alarm_file_report *report, void *context, struct error *err) NODISCARD;

/* It must be closed before the store is. */
int alarm_file_open(struct store *store, struct alarm_file **ret, struct error *err) NODISCARD;
void alarm_file_close(struct alarm_file *file); /* NULL is allowed */

/* Called for each alarm, in byte order of their names; what fails ends it. */
typedef int alarm_visitor(void *context, struct slice name, struct slice bytes, struct error *err);
int alarm_file_visit(
	struct alarm_file *file, alarm_visitor *visit, void *context, struct error *err) NODISCARD;

struct alarm_write {
	struct slice name;
	struct slice bytes; /* absent: it is removed; that there is none is fine */
};

/* Writes all, and appends the lines to the journal, or nothing of it. */
int alarm_file_write(struct alarm_file *file, const struct alarm_write *writes, size_t count,
	struct journal *journal, struct slice lines, enum durability durability,
	struct error *err) NODISCARD;
