/*
 * A line of the audit log before it is written: what was copied from a call.
 *
 *	struct audit_record, which ends with struct audit_facts
 *	the strings, in the order of enum audit_string
 *
 * in one piece of memory, so that a queue of records is a buffer. The facts, with
 * the strings that belong to them, are what calls of one client have in common:
 * those bytes tell a template (audit_template.h).
 */
#pragma once

#include "api/audit.h"
#include "base/buf.h"

enum audit_string {
	/* Of the facts: */
	AUDIT_NAME, /* of the event */
	AUDIT_ACCESS_KEY,
	AUDIT_USER,
	AUDIT_ADDRESS,
	AUDIT_AGENT,
	AUDIT_TABLES, /* names, each with a newline */
	AUDIT_MESSAGE,
	/* Of the one call: */
	AUDIT_REQUEST_ID,
	AUDIT_PARAMETERS, /* JSON */
	AUDIT_RESPONSE, /* JSON */
	AUDIT_STRING_COUNT
};

#define AUDIT_FACTS AUDIT_REQUEST_ID /* strings of the facts */

struct audit_facts {
	enum operation_kind kind;
	enum request_door door;
	enum error_class error;
	bool management, read_only;
	bool known, local; /* there is a caller; it has: */
	uid_t uid;
	gid_t gid;
	pid_t pid;
	uint32_t lengths[AUDIT_FACTS]; /* AUDIT_ABSENT: there is none */
};
_Static_assert(sizeof(struct audit_facts) == 4 * (7 + AUDIT_FACTS), "it has no padding");

struct audit_record {
	int64_t begun_ns;
	uint32_t size; /* of the record, with its strings, padded */
	uint32_t facts_size; /* of the facts, with theirs */
	uint32_t lengths[AUDIT_STRING_COUNT - AUDIT_FACTS];
	struct audit_facts facts;
};

#define AUDIT_ABSENT UINT32_MAX

/* Makes one in an empty buffer: begin, then strings in their order, each added or
 * appended to the buffer and ended, then end. Strings that are left out are
 * absent. */
void audit_record_begin(struct buf *buf, const struct audit_facts *facts, int64_t begun_ns);
void audit_record_add(struct buf *buf, enum audit_string string, struct slice text);
/* What was appended from that length on is the string. */
void audit_record_end_string(struct buf *buf, enum audit_string string, size_t start);
void audit_record_end(struct buf *buf);

/* The facts with their strings, as bytes. */
struct slice audit_record_facts(const struct audit_record *record);
void audit_record_strings(const struct audit_record *record, struct slice ret[AUDIT_STRING_COUNT]);
