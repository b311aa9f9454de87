/* File names, of every type of key: what a name decodes to has that name and
 * no other one, and a name that was meant is a name. */
#include "name.h"

#include "fuzz.h"

static const enum value_type types[] = { VALUE_S, VALUE_N, VALUE_B };

static bool has_name(const struct value *value, enum name_suffix suffix, struct slice name)
{
	CLEANUP(buf_release) struct buf encoded = BUF_INIT;

	name_encode(value, suffix, &encoded);
	HOLDS(encoded.len <= NAME_LENGTH_MAX);
	return slice_equal(buf_slice(&encoded), name);
}

static void check(struct slice name, enum name_suffix suffix, enum value_type type)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct slice canonical = { NULL, 0 };
	struct value value;
	uint64_t hash;

	switch ((enum name_outcome)name_decode(
		name, suffix, type, &arena, &value, &hash, &canonical)) {
	case NAME_EXACT:
		HOLDS(has_name(&value, suffix, name));
		break;
	case NAME_HASHED:
		HOLDS(value.type == type);
		break;
	case NAME_IMPOSSIBLE:
		if (slice_present(canonical)) {
			HOLDS(name_decode(canonical, suffix, type, &arena, &value, &hash,
				      &canonical) != NAME_IMPOSSIBLE);
		}
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice name = slice_of((const char *)data, size);

	/* The kernel passes on no empty name, no slash and no NUL. */
	if (size == 0 || memchr(data, '/', size) || memchr(data, 0, size))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		check(name, NAME_PARTITION, types[i]);
		check(name, NAME_ITEM, types[i]);
	}
	return 0;
}
