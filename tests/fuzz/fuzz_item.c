/* Stored bytes that are read as an item: damage is found or harmless. */
#include "model/item.h"

#include "fuzz.h"

/* One item, one encoding. */
static void check_encoding(struct slice bytes, const struct map *item)
{
	CLEANUP(buf_release) struct buf again = BUF_INIT;

	item_encode(item, &again);
	HOLDS(slice_equal(buf_slice(&again), bytes));
}

/* One attribute found alone is the one that is found with all the others. */
static void check_attributes(struct arena *arena, struct slice bytes, const struct map *item)
{
	for (size_t i = 0; i < item->count; i++) {
		CLEANUP(error_release) struct error err = ERROR_INIT;
		struct slice name = item->members[i].name;
		struct value value;

		HOLDS(item_decode_attribute(arena, bytes, name, &value, &err) == 0);
		HOLDS(value_equal(&value, map_find(item, name)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct slice bytes = slice_of((const char *)data, size);
	struct map item;

	if (item_decode(&arena, bytes, &item, &err) < 0) {
		HOLDS(err.class == ERROR_CORRUPT);
		return 0;
	}
	check_encoding(bytes, &item);
	check_attributes(&arena, bytes, &item);
	if (item_validate(&item, &err) < 0)
		HOLDS(err.class == ERROR_VALIDATION || err.class == ERROR_TOO_LARGE);
	return 0;
}
