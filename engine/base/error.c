#include "base/error.h"
#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE  "com.amazonaws.dynamodb.v20120810#"
#define VALIDATE "com.amazon.coral.validate#"
#define CORAL    "com.amazon.coral.service#"
#define COMMON   "com.amazon.coral.availability#"
#define MONITOR  "com.amazonaws.cloudwatch.v2010_08_01#"

static const struct error_class_info classes[] = {
	[ERROR_NONE] = { "", "", 200, 0 },
	[ERROR_VALIDATION] = { "ValidationException", VALIDATE, 400, EINVAL },
	[ERROR_KEY_EMPTY] = { "ValidationException", VALIDATE, 400, EINVAL },
	[ERROR_TOO_LARGE] = { "ValidationException", VALIDATE, 400, EFBIG },
	[ERROR_NOT_JSON] = { "SerializationException", CORAL, 400, EINVAL },
	[ERROR_SERIALIZATION] = { "SerializationException", CORAL, 400, EINVAL },
	[ERROR_UNKNOWN_OPERATION] = { "UnknownOperationException", CORAL, 400, EINVAL },
	[ERROR_TABLE_NOT_FOUND] = { "ResourceNotFoundException", SERVICE, 400, ENOENT },
	[ERROR_TABLE_IN_USE] = { "ResourceInUseException", SERVICE, 400, EEXIST },
	[ERROR_TABLE_NOT_EMPTY] = { "ResourceInUseException", SERVICE, 400, ENOTEMPTY },
	[ERROR_CONDITION_FAILED] = { "ConditionalCheckFailedException", SERVICE, 400, ECANCELED },
	[ERROR_ITEM_EXISTS] = { "ConditionalCheckFailedException", SERVICE, 400, EEXIST },
	[ERROR_ITEM_CHANGED] = { "ConditionalCheckFailedException", SERVICE, 400, ESTALE },
	[ERROR_INDEX_NOT_FOUND] = { "ResourceNotFoundException", SERVICE, 400, ENOENT },
	[ERROR_LIMIT_EXCEEDED] = { "LimitExceededException", SERVICE, 400, EDQUOT },
	[ERROR_COLLECTION_TOO_LARGE] = { "ItemCollectionSizeLimitExceededException", SERVICE, 400,
		EFBIG },
	[ERROR_TRANSACTION_CANCELED] = { "TransactionCanceledException", SERVICE, 400, ECANCELED },
	[ERROR_IDEMPOTENT_MISMATCH] = { "IdempotentParameterMismatchException", SERVICE, 400,
		EINVAL },
	[ERROR_DUPLICATE_ITEM] = { "DuplicateItemException", SERVICE, 400, EEXIST },
	[ERROR_POLICY_NOT_FOUND] = { "PolicyNotFoundException", SERVICE, 400, ENOENT },
	[ERROR_EXPIRED_ITERATOR] = { "ExpiredIteratorException", SERVICE, 400, ESTALE },
	[ERROR_TRIMMED_DATA] = { "TrimmedDataAccessException", SERVICE, 400, ESTALE },
	[ERROR_BACKUP_NOT_FOUND] = { "BackupNotFoundException", SERVICE, 400, ENOENT },
	[ERROR_BACKUP_IN_USE] = { "BackupInUseException", SERVICE, 400, EBUSY },
	[ERROR_SOURCE_NOT_FOUND] = { "TableNotFoundException", SERVICE, 400, ENOENT },
	[ERROR_SOURCE_IN_USE] = { "TableInUseException", SERVICE, 400, EBUSY },
	[ERROR_TARGET_EXISTS] = { "TableAlreadyExistsException", SERVICE, 400, EEXIST },
	[ERROR_RECOVERY_OFF] = { "PointInTimeRecoveryUnavailableException", SERVICE, 400, EINVAL },
	[ERROR_RESTORE_TIME] = { "InvalidRestoreTimeException", SERVICE, 400, EINVAL },
	[ERROR_EXPORT_NOT_FOUND] = { "ExportNotFoundException", SERVICE, 400, ENOENT },
	[ERROR_EXPORT_TIME] = { "InvalidExportTimeException", SERVICE, 400, EINVAL },
	[ERROR_EXPORT_CONFLICT] = { "ExportConflictException", SERVICE, 400, EBUSY },
	[ERROR_IMPORT_NOT_FOUND] = { "ImportNotFoundException", SERVICE, 400, ENOENT },
	[ERROR_IMPORT_CONFLICT] = { "ImportConflictException", SERVICE, 400, EBUSY },
	[ERROR_MISSING_TOKEN] = { "MissingAuthenticationTokenException", CORAL, 400, EACCES },
	[ERROR_UNKNOWN_CLIENT] = { "UnrecognizedClientException", CORAL, 400, EACCES },
	[ERROR_INVALID_SIGNATURE] = { "InvalidSignatureException", CORAL, 400, EACCES },
	[ERROR_INCOMPLETE_SIGNATURE] = { "IncompleteSignatureException", CORAL, 400, EACCES },
	[ERROR_PARAMETER_VALUE] = { "InvalidParameterValueException", MONITOR, 400, EINVAL },
	[ERROR_PARAMETER_COMBINATION] = { "InvalidParameterCombinationException", MONITOR, 400,
		EINVAL },
	[ERROR_PARAMETER_MISSING] = { "MissingRequiredParameterException", MONITOR, 400, EINVAL },
	[ERROR_ALARM_NOT_FOUND] = { "ResourceNotFound", MONITOR, 404, ENOENT },
	[ERROR_ALARM_LIMIT] = { "LimitExceededFault", MONITOR, 400, EDQUOT },
	[ERROR_INVALID_FORMAT] = { "InvalidFormatFault", MONITOR, 400, EINVAL },
	[ERROR_INVALID_NEXT_TOKEN] = { "InvalidNextToken", MONITOR, 400, EINVAL },
	[ERROR_CONFLICT] = { "TransactionConflictException", SERVICE, 400, EBUSY },
	[ERROR_THROUGHPUT_EXCEEDED] = { "ProvisionedThroughputExceededException", SERVICE, 400,
		EAGAIN },
	[ERROR_THROTTLED] = { "ThrottlingException", COMMON, 400, EAGAIN },
	[ERROR_ACCESS_DENIED] = { "AccessDeniedException", CORAL, 400, EACCES },
	[ERROR_NOT_PERMITTED] = { "ValidationException", VALIDATE, 400, EPERM },
	[ERROR_READ_ONLY] = { "AccessDeniedException", SERVICE, 400, EROFS },
	[ERROR_IN_USE] = { "ResourceInUseException", SERVICE, 400, EBUSY },
	[ERROR_CORRUPT] = { "InternalServerError", SERVICE, 500, EIO },
	[ERROR_NO_SPACE] = { "InternalServerError", SERVICE, 500, ENOSPC },
	[ERROR_SYSTEM] = { "InternalServerError", SERVICE, 500, EIO },
};
_Static_assert(ARRAY_SIZE(classes) == ERROR_CLASS_COUNT, "a class without a row");

static int error_vset(struct error *err, enum error_class class, const char *format, va_list args)
{
	struct buf message = BUF_INIT;

	assert(err->class == ERROR_NONE);
	buf_vappendf(&message, format, args);
	buf_string(&message);
	err->class = class;
	err->message = message.data;
	return -1;
}

int error_set(struct error *err, enum error_class class, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_vset(err, class, format, args);
	va_end(args);
	return -1;
}

static enum error_class class_of_errno(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		return ERROR_NO_SPACE;
	case EACCES:
	case EPERM:
		return ERROR_ACCESS_DENIED;
	case EROFS:
		return ERROR_READ_ONLY;
	default:
		return ERROR_SYSTEM;
	}
}

int error_set_errno(struct error *err, int errnum, const char *format, ...)
{
	struct buf message = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vappendf(&message, format, args);
	va_end(args);
	error_set(err, class_of_errno(errnum), "%s: %s", buf_string(&message),
		strerrordesc_np(errnum) ? strerrordesc_np(errnum) : "unknown error");
	buf_release(&message);
	return -1;
}

void error_set_details(struct error *err, struct slice members)
{
	struct buf copy = BUF_INIT;

	assert(!err->details);
	buf_append_slice(&copy, members);
	buf_string(&copy);
	err->details = copy.data;
}

void error_set_place(struct error *err, struct error_place place)
{
	err->place = place;
}

void error_release(struct error *err)
{
	free(err->message);
	free(err->details);
	*err = ERROR_INIT;
}

int error_move(struct error *err, struct error *from)
{
	assert(err->class == ERROR_NONE);
	*err = *from;
	*from = ERROR_INIT;
	return -1;
}

int error_keep_first(struct error *err, struct error *from)
{
	if (err->class == ERROR_NONE)
		return error_move(err, from);
	error_release(from);
	return -1;
}

const struct error_class_info *error_class_info(enum error_class class)
{
	return &classes[class];
}

int error_to_errno(const struct error *err)
{
	return -classes[err->class].posix_errno;
}

const char *error_errno_name(int errnum)
{
	const char *name = strerrorname_np(errnum);

	return name ? name : "EUNKNOWN";
}

struct error_place error_place_at(struct slice text, size_t offset)
{
	struct error_place place = { .known = true, .offset = offset, .line = 1, .column = 1 };

	for (size_t i = 0; i < offset && i < text.len; i++) {
		place.column++;
		if (text.data[i] == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	return place;
}
