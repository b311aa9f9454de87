/*
 * Settings: what a data directory keeps as a whole, in DATA/settings.db,
 * name -> text. They are read when it is opened and seldom changed: the file is
 * open for no longer than that takes.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

#define SETTING_ABSENT 1
/* The text, NUL-terminated in the arena: 0 or SETTING_ABSENT. */
int setting_read(struct store *store, struct slice name, struct arena *arena, struct slice *ret,
	struct error *err) NODISCARD;
int setting_write(struct store *store, struct slice name, struct slice text,
	enum durability durability, struct arena *arena, struct error *err) NODISCARD;
