/*
 * A line of the audit log before it is written: what was copied from a call.
 *
 * A record is this struct and the bytes of its strings behind it, in one piece of
 * memory, so that a queue of them is a buffer.
 */
#pragma once

#include "api/audit.h"

enum audit_string {
	AUDIT_NAME, /* of the event */
	AUDIT_ACCESS_KEY,
	AUDIT_USER,
	AUDIT_ADDRESS,
	AUDIT_AGENT,
	AUDIT_REQUEST_ID,
	AUDIT_MESSAGE,
	AUDIT_PARAMETERS, /* JSON */
	AUDIT_RESPONSE, /* JSON */
	AUDIT_TABLES, /* names, each with a newline */
	AUDIT_STRING_COUNT
};

/* Absent strings have this length. */
#define AUDIT_ABSENT UINT32_MAX

struct audit_record {
	uint32_t size; /* with its strings, padded */
	uint32_t lengths[AUDIT_STRING_COUNT];
	int64_t begun_ns;
	enum operation_kind kind;
	enum request_door door;
	enum error_class error;
	bool management, read_only;
	bool known, local; /* there is a caller; it has: */
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/* Appends a record; *fields gives all but size and lengths. Absent strings stay
 * so. */
void audit_record_append(struct buf *buf, const struct audit_record *fields,
	const struct slice strings[AUDIT_STRING_COUNT]);
/* The strings of a record. */
void audit_record_strings(const struct audit_record *record, struct slice ret[AUDIT_STRING_COUNT]);

/* What lines have in common. */
struct audit_writer {
	struct slice region, account;
	uint64_t seed, count; /* of ids */
	int64_t second; /* of the time that was written last, */
	struct buf time; /* as text */
	struct {
		uid_t uid;
		struct buf name; /* empty: it has none */
		bool used;
	} users[16]; /* by uid */
};

void audit_writer_init(struct audit_writer *writer, struct slice region, struct slice account);
void audit_writer_release(struct audit_writer *writer);
/* Appends the line of a record. */
void audit_append_line(
	struct audit_writer *writer, const struct audit_record *record, struct buf *buf);
/* Appends the line that tells of lines that could not be written. */
void audit_append_loss(
	struct audit_writer *writer, uint64_t lines, int64_t now_ns, struct buf *buf);
