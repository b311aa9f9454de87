/*
 * An engine answers requests: every door of dynamount calls engine_run() and
 * nothing below it.
 *
 * engine_run: constraints of the input's fields -> the operation's own checks
 * -> one transaction -> output. The same mistake gives the same error at every
 * door.
 */
#pragma once

#include "api/audit.h"
#include "api/request.h"
#include "model/change.h"

struct buf;
struct engine;

struct engine_options {
	uint64_t cache_bytes; /* 0: the default, 64 MiB */
	bool strict_durability; /* the mount's writes survive power loss too */
	bool relaxed_durability; /* the API's writes survive only a crash */
	bool enforce_capacity; /* requests beyond their throughput are refused, not only counted */
	unsigned ttl_interval_seconds; /* between looks for what has expired; 0: 2 */
	const char *region; /* NULL: us-east-1 */
	const char *account; /* NULL: 123456789012 */
	bool finish_jobs; /* engine_close() waits for backups and the like; else they fail */
	const char *buckets; /* the directory of S3's buckets; NULL: there are none */
	enum audit_mode audit;
	bool audit_items; /* lines tell what items hold */
	uint64_t audit_bytes; /* of the log; 0: the default, 64 MiB */
	const char *key_file; /* of the encryption of the data directory; NULL: it has none */
};

/* Opens the data directory, creating it if absent. ERROR_IN_USE names the
 * process that holds it. */
int engine_open(const char *path, const struct engine_options *options, struct engine **ret,
	struct error *err) NODISCARD;
void engine_close(struct engine *engine);
/* Whether what it stores is encrypted, so that nothing of it should be written
 * beside. */
bool engine_is_encrypted(const struct engine *engine);

/* Runs a request. 0, or -1 with the error of the operation. Thread-safe. */
int engine_run(struct engine *engine, struct request *request, struct error *err) NODISCARD;

/* Tells the audit log of a call that its door has refused. */
void engine_note_refusal(struct engine *engine, const struct audit_call *call);

/* Tells the watcher of every committed change, whatever door it came by, from
 * the thread that made it. One at a time; NULL ends it. */
void engine_watch(struct engine *engine, change_watcher *watcher, void *context);
/* Called at the end of each request of DOOR_API that may have changed something,
 * in its thread, without locks: returns when the watcher has passed on what it
 * was told, so that what is answered is seen by every door. NULL ends it; to be
 * set while no request runs. */
typedef void engine_settle(void *context);
void engine_watch_settle(struct engine *engine, engine_settle *settle, void *context);

/* Asks the keeper before records of streams are trimmed; NULL ends it. */
void engine_keep_streams(struct engine *engine, stream_keeper *keeper, void *context);

/* Appends what the process has counted since it began, in the text format of
 * Prometheus; with a table (absent: all) only what is that one's. */
void engine_append_metrics(struct engine *engine, struct slice table, struct buf *buf);

/* Makes a data directory of a backup (store/hot_backup.h). The phase is one of
 * hot_backup_phase_names; false ends it, and leaves nothing. */
struct engine_restoration {
	const char *backup;
	const char *path; /* of the data directory: absent, or an empty directory */
	const char *key_file; /* of the data directory; NULL: it is not encrypted */
	const char *backup_key_file; /* of the backup; NULL: the same */
};
struct engine_restore_totals {
	uint64_t files, bytes, tables, items;
};
typedef bool engine_restore_step(void *context, const char *phase, uint64_t done, uint64_t total);
int engine_restore(const struct engine_restoration *restoration, engine_restore_step *step,
	void *context, struct engine_restore_totals *ret, struct error *err) NODISCARD;

/* Checks the integrity of a whole data directory that nobody has open; calls
 * report with one line for each problem. */
struct engine_check_totals {
	uint64_t tables, items, bytes, problems;
};
typedef void engine_check_report(void *context, struct slice table_name, const char *problem);
int engine_check(const char *path, const char *key_file, engine_check_report *report, void *context,
	struct engine_check_totals *ret, struct error *err) NODISCARD;
