/*
 * What the lines of calls with the same facts have in common.
 *
 *	head	all before the time
 *	middle	from there to the parameters
 *	tail	all behind the event's id, from its quote on
 *
 * Clients make many calls of a kind: the last templates are kept, by the bytes of
 * the facts.
 */
#pragma once

#include "api/audit_record.h"

#define AUDIT_TEMPLATES 64
#define AUDIT_USERS     16

struct audit_template {
	struct buf facts; /* their bytes; empty: it is not used */
	struct buf head, middle, tail;
};

struct audit_templates {
	struct slice region, account; /* borrowed */
	struct audit_template items[AUDIT_TEMPLATES]; /* by hash */
	struct {
		bool used;
		uid_t uid;
		struct buf name; /* empty: it has none */
	} users[AUDIT_USERS]; /* by uid */
};

void audit_templates_release(struct audit_templates *templates);
/* That of a record, until the next one is asked for. */
const struct audit_template *audit_template_of(
	struct audit_templates *templates, const struct audit_record *record);
