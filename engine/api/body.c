#include "api/body.h"

#include "api/wire.h"
#include "model/json.h"

#include <malloc.h>
#include <pthread.h>

static pthread_mutex_t long_body = PTHREAD_MUTEX_INITIALIZER;

static void reading_begin(struct slice body)
{
	if (body.len > BODY_LONG)
		pthread_mutex_lock(&long_body);
}

static void reading_end(struct slice body)
{
	if (body.len <= BODY_LONG)
		return;
	malloc_trim(0);
	pthread_mutex_unlock(&long_body);
}

bool body_is_json(struct slice text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct json_document document = { 0 };
	bool is;

	reading_begin(text);
	is = json_parse(text, &document, &err) == 0;
	json_document_release(&document);
	reading_end(text);
	return is;
}

int body_read(const struct operation *operation, struct slice body, struct arena *arena,
	void *input, struct error *err)
{
	int r;

	if (!body.len)
		return error_set(err, ERROR_NOT_JSON, "The body is empty");
	reading_begin(body);
	r = wire_read(operation->input, body, arena, input, err);
	reading_end(body);
	return r;
}

/* The service spells the member's name in two ways, and has errors without. */
static const char *message_member(enum error_class class)
{
	if (class == ERROR_SERIALIZATION || class == ERROR_ACCESS_DENIED ||
		class == ERROR_TRANSACTION_CANCELED)
		return "Message";
	return class == ERROR_UNKNOWN_OPERATION || class == ERROR_NOT_JSON ? NULL : "message";
}

void body_append_error(struct buf *buf, const struct error *err)
{
	const struct error_class_info *info = error_class_info(err->class);
	const char *member = message_member(err->class);

	buf_appendf(buf, "{\"__type\":\"%s%s\"", info->name_prefix, info->exception);
	if (member && err->message && *err->message) {
		buf_appendf(buf, ",\"%s\":", member);
		json_append_string(buf, slice_from_string(err->message));
	}
	if (err->details)
		buf_appendf(buf, ",%s", err->details);
	buf_append_char(buf, '}');
}
