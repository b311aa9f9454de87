/*
 * What the audit log calls a call: its name and kind, or that it is none.
 *
 * The mount's own operations, which the service does not have, are logged as
 * what the user did with them:
 *
 *	LOCAL_WRITE_ITEMS	PutItem, DeleteItem or UpdateItem (a new time) of one
 *				item; BatchWriteItem of an import; else
 *				TransactWriteItems
 *	LOCAL_READ_STREAM	GetRecords, when it told any
 *	LOCAL_SET_ACCESS	SetTableAccess, of chmod and chown
 *	those of the owner's	their own name, unless they only look
 *	commands
 *
 * Looks are no calls. The kernel looks names and attributes up, and reads
 * directories, far more often than a user asks for them. So these are not logged
 * when the mount asks for them:
 *
 *	what is read of the control plane, as DescribeTable for each lookup
 *	keys and facts of items, for lookups and listings
 *	checks of what may be written, before it is
 *
 * A user who reads an item's file asks for the item: GetItem.
 */
#pragma once

#include "api/audit.h"
#include "api/audit_parameters.h"

struct audit_event {
	struct slice name;
	enum operation_kind kind;
	bool management, read_only;
};

/* False when it is a look, or an operation that is no call. */
bool audit_event_of(const struct audit_call *call, struct audit_event *ret);

/* Appends the parameters of a mount's own operation. */
void audit_append_local_parameters(
	const struct audit_style *style, const struct audit_call *call, struct buf *buf);
/* Appends the names of its tables, each with a newline. */
void audit_append_local_tables(const struct audit_call *call, struct buf *buf);
