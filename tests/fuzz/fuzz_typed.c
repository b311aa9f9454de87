/* A request's AttributeValue: what is accepted is written as text that reads
 * as the same value, and what is refused is the sender's fault. */
#include "model/typed.h"

#include "fuzz.h"

static int read_text(struct slice text, struct arena *arena, struct value *ret, struct error *err)
{
	CLEANUP(json_document_release) struct json_document document = { 0 };

	TRY(json_parse(text, &document, err));
	return typed_read_value(&document, document.root, arena, ret, err);
}

/* The type of a value's refusal is one that a client is told. */
static bool is_refusal(const struct error *err)
{
	return err->class == ERROR_VALIDATION || err->class == ERROR_SERIALIZATION ||
	       err->class == ERROR_TOO_LARGE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf text_again = BUF_INIT;
	struct value value, again;

	if (read_text(slice_of((const char *)data, size), &arena, &value, &err) < 0) {
		HOLDS(is_refusal(&err));
		return 0;
	}
	typed_append_value(&text, &value);
	HOLDS(read_text(buf_slice(&text), &arena, &again, &err) == 0);
	typed_append_value(&text_again, &again);
	HOLDS(slice_equal(buf_slice(&text), buf_slice(&text_again)));
	return 0;
}
