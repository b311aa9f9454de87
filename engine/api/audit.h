/*
 * The audit log: who called what, with what result, as one line of JSON for each
 * call of any door, shaped as CloudTrail's records are.
 *
 *	DATA/journal-audit.db	the lines (store/journal.h)
 *
 * Invariants:
 * 1. A call of the control plane is in the journal before it is answered; one on
 *    data within AUDIT_DELAY_NS. After a crash of the process the lines of that
 *    time may be missing; none is ever torn.
 * 2. What a user did is logged, and nothing else: a door that looks names or
 *    facts up for itself makes no line (audit_event.h).
 * 3. A call pays for copying what its line needs, bounded; a thread writes it
 *    out (audit_queue.h). Callers wait while the queue is full: no line is lost,
 *    unless the journal can't be written. Then nobody waits, and the first line
 *    that can be written again tells how many are missing.
 * 4. Nothing of an item is in a line unless asked for (audit_parameters.h).
 *
 * Source: Developer Guide, "Understanding DynamoDB log file entries"; CloudTrail
 * User Guide, "CloudTrail record contents".
 */
#pragma once

#include "api/request.h"

#define AUDIT_DELAY_NS         200000000LL
#define AUDIT_MAX_BYTES        (64u << 20) /* of the journal, unless told otherwise */
#define AUDIT_PARAMETERS_BYTES (100u << 10) /* longer ones are left out */

enum audit_mode {
	AUDIT_CONTROL, /* tables and settings; and whoever is turned away */
	AUDIT_DATA, /* items and streams too */
	AUDIT_OFF,
};

struct audit;
struct call_table;
struct journal;
struct store;

struct audit_options {
	struct store *store; /* borrowed; must outlive the log */
	enum audit_mode mode;
	bool items; /* values are shown */
	uint64_t max_bytes; /* 0: AUDIT_MAX_BYTES */
	struct slice region, account; /* borrowed */
};

int audit_open(
	const struct audit_options *options, struct audit **ret, struct error *err) NODISCARD;
/* Writes what is queued. NULL is allowed. */
void audit_close(struct audit *audit);

/* A call that has ended, or was refused at its door. All of it is borrowed. */
struct audit_call {
	const struct operation *operation; /* NULL: none has that name */
	struct slice name; /* what was asked for, when there is no operation */
	enum request_door door;
	const struct request_caller *caller; /* NULL: the process itself */
	struct slice request_id; /* absent: it has none yet */
	int64_t begun_ns;
	bool asked_by_name; /* by a user who named the operation, whatever the door */
	const void *input, *output; /* of the operation; NULL: it did not come so far */
	const struct error *err; /* NULL: it succeeded */
	const struct call_table *tables; /* monitor/call.h */
	size_t table_count;
};

/* Thread-safe; never fails. May wait for the disk, so no locks are held. */
void audit_note(struct audit *audit, const struct audit_call *call);

/* The log itself. */
struct journal *audit_journal(const struct audit *audit);
