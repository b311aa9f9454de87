/*
 * What went wrong, said once.
 *
 * A failing function sets the error exactly once, with a message for the user,
 * and returns -1; callers pass both on and do not reword. Each class has one
 * row that gives its name at every boundary: DynamoDB's exception and HTTP
 * status, and the errno of the mount.
 *
 * Source: exceptions and their statuses are those of the Amazon DynamoDB API
 * Reference, "Common Errors" and the Errors section of each action.
 */
#pragma once

#include "base/cleanup.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

enum error_class {
	ERROR_NONE,
	ERROR_VALIDATION, /* the request breaks a rule of DynamoDB */
	ERROR_KEY_EMPTY, /* ValidationException: no key can be so, whatever the table */
	ERROR_TOO_LARGE, /* ValidationException of the size kind */
	ERROR_NOT_JSON, /* SerializationException, of which the service says no more */
	ERROR_SERIALIZATION, /* a member of the wrong JSON type */
	ERROR_UNKNOWN_OPERATION,
	ERROR_TABLE_NOT_FOUND, /* ResourceNotFoundException */
	ERROR_TABLE_IN_USE, /* ResourceInUseException: exists, or in transition */
	ERROR_TABLE_NOT_EMPTY, /* rmdir of a table that holds items */
	ERROR_CONDITION_FAILED,
	ERROR_ITEM_EXISTS, /* condition failed: put-if-absent found an item */
	ERROR_ITEM_CHANGED, /* condition failed: the item is not the one read */
	ERROR_INDEX_NOT_FOUND, /* ResourceNotFoundException of UpdateTable */
	ERROR_LIMIT_EXCEEDED,
	ERROR_COLLECTION_TOO_LARGE, /* ItemCollectionSizeLimitExceededException */
	ERROR_TRANSACTION_CANCELED,
	ERROR_IDEMPOTENT_MISMATCH,
	ERROR_DUPLICATE_ITEM, /* PartiQL's INSERT */
	ERROR_POLICY_NOT_FOUND,
	ERROR_EXPIRED_ITERATOR,
	ERROR_TRIMMED_DATA,
	ERROR_BACKUP_NOT_FOUND,
	ERROR_BACKUP_IN_USE,
	ERROR_SOURCE_NOT_FOUND, /* TableNotFoundException, of backups and exports */
	ERROR_SOURCE_IN_USE, /* TableInUseException */
	ERROR_TARGET_EXISTS, /* TableAlreadyExistsException, of restores */
	ERROR_RECOVERY_OFF, /* point-in-time recovery is not enabled */
	ERROR_RESTORE_TIME,
	ERROR_EXPORT_NOT_FOUND,
	ERROR_EXPORT_TIME,
	ERROR_EXPORT_CONFLICT,
	ERROR_IMPORT_NOT_FOUND,
	ERROR_IMPORT_CONFLICT,
	ERROR_MISSING_TOKEN, /* unsigned where signing is asked */
	ERROR_UNKNOWN_CLIENT, /* access key */
	ERROR_INVALID_SIGNATURE,
	ERROR_INCOMPLETE_SIGNATURE,
	ERROR_PARAMETER_VALUE, /* CloudWatch's own words for what is wrong */
	ERROR_PARAMETER_COMBINATION,
	ERROR_PARAMETER_MISSING,
	ERROR_ALARM_NOT_FOUND, /* ResourceNotFound of CloudWatch */
	ERROR_ALARM_LIMIT, /* LimitExceeded of CloudWatch */
	ERROR_INVALID_FORMAT, /* of SetAlarmState's data */
	ERROR_INVALID_NEXT_TOKEN, /* of CloudWatch's lists */
	ERROR_CONFLICT, /* given up after retries against other writers */
	ERROR_THROUGHPUT_EXCEEDED, /* provisioned */
	ERROR_THROTTLED, /* of an on-demand maximum */
	ERROR_ACCESS_DENIED,
	ERROR_NOT_PERMITTED, /* a file operation that items do not have */
	ERROR_READ_ONLY,
	ERROR_IN_USE, /* the data directory belongs to another process */
	ERROR_CORRUPT, /* stored bytes that do not decode */
	ERROR_NO_SPACE,
	ERROR_SYSTEM, /* the operating system or the store failed */
	ERROR_CLASS_COUNT
};

struct error_class_info {
	const char *exception; /* "ValidationException" */
	const char *name_prefix; /* of "__type": "com.amazonaws.dynamodb.v20120810#" */
	int http_status;
	int posix_errno;
};

/* A place in the text that was rejected. Lines and columns count from 1,
 * columns in bytes; offset is from the start of the text. */
struct error_place {
	bool known;
	size_t offset;
	unsigned line;
	unsigned column;
};

struct error {
	enum error_class class;
	char *message; /* owned */
	char *details; /* owned; JSON members of the exception's body, as "Item":{…}; or NULL */
	struct error_place place;
};

#define ERROR_INIT ((struct error){ ERROR_NONE, NULL, NULL, { false, 0, 0, 0 } })

/* Sets class and message of an error that is not yet set. Always -1. */
int error_set(struct error *err, enum error_class class, const char *format, ...) PRINTF(3, 4);
/* The same with strerror(errnum) after the message; ENOSPC and EDQUOT become
 * ERROR_NO_SPACE, EACCES and EPERM ERROR_ACCESS_DENIED, EROFS ERROR_READ_ONLY. */
int error_set_errno(struct error *err, int errnum, const char *format, ...) PRINTF(3, 4);
/* Adds what else the exception's body tells: JSON members without braces. */
void error_set_details(struct error *err, struct slice members);
/* Marks where in the input it is. */
void error_set_place(struct error *err, struct error_place place);
/* Forgets it, for an error that a caller has dealt with. */
void error_release(struct error *err);
/* Keeps the first of several failures: moves `from` into an error that is not
 * yet set, else forgets it. Always -1. */
int error_keep_first(struct error *err, struct error *from);
/* Takes what `from` holds, leaving it empty. Always -1. */
int error_move(struct error *err, struct error *from);

const struct error_class_info *error_class_info(enum error_class class);
/* The negative errno for this error; 0 when it is not set. */
int error_to_errno(const struct error *err);
/* "EINVAL" for EINVAL and so on. */
const char *error_errno_name(int errnum);

/* The place of a byte offset in a text. */
struct error_place error_place_at(struct slice text, size_t offset);
