/* A request from outside: what is read is written as text that is read and
 * written as the same again, and what is refused is the sender's fault. The
 * first byte chooses the operation. */
#include "api/validate.h"
#include "api/wire.h"

#include "fuzz.h"

/* The class of a refusal is one that a client is told. */
static bool is_refusal(const struct error *err)
{
	return err->class == ERROR_VALIDATION || err->class == ERROR_SERIALIZATION ||
	       err->class == ERROR_NOT_JSON || err->class == ERROR_TOO_LARGE;
}

static const struct request_shape *choose_shape(uint8_t byte)
{
	const struct request_shape *shape = operations[byte % OPERATION_COUNT].input;

	return shape ? shape : operations[OPERATION_QUERY].input;
}

static void try_validation(const struct request_shape *shape, const void *input)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;

	if (validate_input(shape, input, &err) < 0)
		HOLDS(err.class == ERROR_VALIDATION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf text_again = BUF_INIT;
	const struct request_shape *shape;
	void *input;

	if (!size)
		return 0;
	shape = choose_shape(data[0]);
	input = arena_alloc(&arena, shape->size);
	if (wire_read(shape, slice_of((const char *)data + 1, size - 1), &arena, input, &err) < 0) {
		HOLDS(is_refusal(&err));
		return 0;
	}
	try_validation(shape, input);
	wire_write(shape, input, &text);
	HOLDS(wire_read(shape, buf_slice(&text), &arena, input, &err) == 0);
	wire_write(shape, input, &text_again);
	HOLDS(slice_equal(buf_slice(&text), buf_slice(&text_again)));
	return 0;
}
