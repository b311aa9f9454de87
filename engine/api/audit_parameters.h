/*
 * A request or an answer as the audit log shows it: its members under names that
 * begin in lower case, as CloudTrail writes them.
 *
 * Unless items are asked for, nothing that is stored or compared stands there:
 *
 * 1. An item, a key or a map of expression values is the list of its names, as
 *    CloudTrail has it for items. Values that stand alone or in lists are left
 *    out, as are ready answers.
 * 2. A token that says where a read goes on tells a key: it is left out.
 * 3. In a statement each literal is AUDIT_REDACTED. In expressions none can be:
 *    values come by name. But what could not be read as statement or expression, or
 *    was not, may hold anything, and is AUDIT_REDACTED altogether.
 */
#pragma once

#include "api/field.h"
#include "base/buf.h"

#define AUDIT_REDACTED "***(Redacted)"

struct audit_style {
	bool items; /* values are shown */
	bool unread; /* the request was refused for how it is written, or before that was
		      * looked at */
};

/* Appends a struct of that shape as a JSON object. */
void audit_append_parameters(const struct audit_style *style, const struct request_shape *shape,
	const void *input, struct buf *buf);
/* Appends an item or a key by that style. */
void audit_append_attributes(
	const struct audit_style *style, const struct map *map, struct buf *buf);
/* Appends a PartiQL statement, each literal redacted: not yet a JSON string. */
void audit_redact_statement(struct slice statement, struct buf *buf);
