/* Text that is read as an item: what is accepted is written as text that reads
 * as the same item, in both forms, at the length that was announced. */
#include "model/item.h"
#include "model/plain.h"

#include "fuzz.h"

static void check_text(struct arena *arena, struct slice text, const struct map *item)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct map again;

	HOLDS(plain_read_item(text, arena, &again, &err) == 0);
	HOLDS(map_equal(&again, item));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf line = BUF_INIT;
	struct map item;

	if (plain_read_item(slice_of((const char *)data, size), &arena, &item, &err) < 0)
		return 0;
	if (item_validate(&item, &err) < 0)
		return 0;
	plain_append_item(&text, &item);
	HOLDS(text.len == plain_item_length(&item));
	check_text(&arena, buf_slice(&text), &item);
	plain_append_line(&line, &item);
	check_text(&arena, buf_slice(&line), &item);
	return 0;
}
