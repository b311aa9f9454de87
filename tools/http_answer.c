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

void http_answer_error(struct http_answer *answer, const struct error *err)
{
	answer->status = (unsigned)error_class_info(err->class)->http_status;
	buf_clear(&answer->body);
	body_append_error(&answer->body, err);
}

static void refuse(
	struct http_answer *answer, unsigned status, const char *exception, const char *message)
{
	answer->status = status;
	answer->content_type = "application/x-amz-json-1.0";
	buf_clear(&answer->body);
	buf_appendf(&answer->body, "{\"__type\":\"" CORAL_SERVICE "%s\"", exception);
	buf_append_string(&answer->body, ",\"message\":");
	json_append_string(&answer->body, slice_from_string(message));
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
