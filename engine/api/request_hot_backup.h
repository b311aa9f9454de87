/*
 * Backups of a whole data directory (store/hot_backup.h), as the owner's commands
 * ask for them: begun, looked after, and stopped. Inputs and outputs; conventions
 * in field.h.
 *
 * A backup goes on as long as somebody asks how far it is; when nobody has for
 * HOT_BACKUP_PATIENCE_SECONDS it ends, and leaves nothing.
 */
#pragma once

#include "api/field.h"

#define HOT_BACKUP_PATIENCE_SECONDS 30

struct start_hot_backup_input {
	struct slice destination_path; /* absolute; nothing is there */
};

enum hot_backup_status {
	HOT_BACKUP_NONE, /* since the start of the process */
	HOT_BACKUP_RUNNING,
	HOT_BACKUP_DONE,
	HOT_BACKUP_FAILED,
	HOT_BACKUP_STATUS_COUNT
};
extern const char *const hot_backup_status_names[HOT_BACKUP_STATUS_COUNT + 1];
/* In the order of enum hot_backup_phase. */
extern const char *const hot_backup_phase_names[];

struct describe_hot_backup_input {
	char unused;
};

/* Of the backup that runs, or of the last one. */
struct describe_hot_backup_output {
	struct slice status; /* hot_backup_status_names */
	struct slice phase; /* hot_backup_phase_names; absent before the first */
	struct optional_integer done, total; /* of the phase */
	struct optional_integer files, bytes, tables, items; /* when it is done */
	struct slice failure_message;
};

struct stop_hot_backup_input {
	char unused;
};

/* Answered when it has ended. */
struct stop_hot_backup_output {
	struct optional_boolean stopped; /* false: it was done already, or there was none */
};
