/* What lookup.c and directory.c share: one name in one directory, being found. */
#pragma once

#include "directory.h"

struct finder {
	struct filesystem *fs;
	const struct caller *caller;
	const struct node_view *directory;
	struct slice name;
	struct arena *arena;
	struct path_step step;
};

/* What the grammar says of the name; finder.step is filled. */
enum path_outcome finder_step(struct finder *finder);
/* Rejects: the negative errno. */
int finder_fail(const struct finder *finder, struct error *err);
int finder_not_canonical(const struct finder *finder);
int finder_no_schema(const struct finder *finder);
