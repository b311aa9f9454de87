/* The one hash: where a partition lies, inode numbers, hash tables. It is part
 * of the format on disk and must never change. Source: XXH3, 64 bits, seed 0. */
#pragma once

#include "base/slice.h"
#include <stdint.h>

uint64_t hash64(struct slice bytes);
