#include "http_answer.h"

#include "base/hash.h"
#include "model/json.h"

#include <assert.h>

#define CORAL_SERVICE "com.amazon.coral.service#"

void http_answer_clear(struct http_answer *answer)
{
	buf_clear(&answer->body);
	answer->status = 200;
	answer->content_type = NULL;
	answer->gzipped = false;
	answer->extra_count = 0;
}

void http_answer_add(struct http_answer *answer, const char *name, const char *value)
{
	assert(answer->extra_count < HTTP_ANSWER_EXTRAS);
	answer->extras[answer->extra_count++] = (struct http_extra){ name, value };
}

/* The service spells the member's name in two ways, and has errors without. */
static const char *message_member(enum error_class class)
{
	if (class == ERROR_SERIALIZATION || class == ERROR_ACCESS_DENIED ||
		class == ERROR_TRANSACTION_CANCELED)
		return "Message";
	return class == ERROR_UNKNOWN_OPERATION || class == ERROR_NOT_JSON ? NULL : "message";
}

static void append_message(struct buf *body, const char *member, const char *message)
{
	if (!member || !message || !*message)
		return;
	buf_appendf(body, ",\"%s\":", member);
	json_append_string(body, slice_from_string(message));
}

void http_answer_error(struct http_answer *answer, const struct error *err)
{
	const struct error_class_info *info = error_class_info(err->class);

	answer->status = (unsigned)info->http_status;
	buf_clear(&answer->body);
	buf_appendf(&answer->body, "{\"__type\":\"%s%s\"", info->name_prefix, info->exception);
	append_message(&answer->body, message_member(err->class), err->message);
	if (err->details) {
		buf_append_char(&answer->body, ',');
		buf_append_string(&answer->body, err->details);
	}
	buf_append_char(&answer->body, '}');
}

static void refuse(
	struct http_answer *answer, unsigned status, const char *exception, const char *message)
{
	answer->status = status;
	answer->content_type = "application/x-amz-json-1.0";
	buf_clear(&answer->body);
	buf_appendf(&answer->body, "{\"__type\":\"" CORAL_SERVICE "%s\"", exception);
	append_message(&answer->body, "message", message);
	buf_append_char(&answer->body, '}');
}

void http_answer_too_large(struct http_answer *answer)
{
	refuse(answer, 413, "RequestEntityTooLargeException",
		"Request size has exceeded the maximum allowed size of 16 MB");
}

void http_answer_busy(struct http_answer *answer)
{
	refuse(answer, 503, "ServiceUnavailableException",
		"Too many large requests at once; try again");
}

void http_answer_not_found(struct http_answer *answer)
{
	answer->status = 404;
	buf_append_string(&answer->body, "<UnknownOperationException/>\n");
}

void http_ids_next(struct http_ids *ids, char id[HTTP_REQUEST_ID_LENGTH + 1])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	uint64_t bits = 0;

	for (size_t i = 0; i < HTTP_REQUEST_ID_LENGTH; i++, bits >>= 5) {
		if (i % 12 == 0) {
			bits = hash64(slice_of((const char *)ids, sizeof(*ids)));
			ids->count++;
		}
		id[i] = digits[bits & 31];
	}
	id[HTTP_REQUEST_ID_LENGTH] = '\0';
}
