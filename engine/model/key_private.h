/* Encoded values, for what makes keys of several (key_layout.c). */
#pragma once

#include "model/key.h"

/* Writes a hash as a key begins with it. */
void key_put_hash(char *out, uint64_t hash);
/* Length of the encoded value at the start of bytes, its end included; 0 when
 * malformed. */
size_t key_encoded_length(enum value_type type, struct slice bytes);
/* Takes one value of at most max_length bytes from the start of *bytes. */
bool key_take_value(enum value_type type, size_t max_length, struct slice *bytes,
	struct arena *arena, struct value *ret);
