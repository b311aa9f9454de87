/*
 * A draft: the text of an item while it is being written.
 *
 * Invariants:
 * 1. What is stored stays until a commit; truncating a draft deletes nothing.
 * 2. Text that arrives in order is checked as it arrives (model/json.h): the
 *    write that brings a definite error fails, and so does the one that
 *    completes a document which is not a valid item of its place. After that
 *    the draft is spoiled: it takes no more until it is truncated to nothing,
 *    so that the pieces around a rejected one never make a document of their
 *    own.
 * 3. Text written over other text is judged only as a whole, when it is
 *    committed: half of it is the old one.
 * 4. A judged draft holds a valid item in its arena until its text changes.
 *
 * DESIGN 4.3.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/json.h"
#include "model/key.h"
#include <stdint.h>
#include <sys/types.h>

/* Where the item is going to be: what its key must be. */
struct item_place {
	const struct key_schema *schema;
	bool key_known; /* else a name is hashed, and only the text tells the key */
	struct key key;
	struct slice partition_name; /* of the directory; absent without sort key */
	struct slice name; /* of the file */
};

struct draft {
	struct buf text;
	struct json_scanner scanner;
	struct arena arena;
	struct map item; /* of a judged draft, key included */
	bool in_order; /* the scanner has seen exactly the text */
	bool complete; /* in order, and a whole document */
	bool judged;
	bool spoiled;
	bool dirty; /* changed since it began or was committed */
};

void draft_init(struct draft *draft);
void draft_release(struct draft *draft);
/* Begins from the text of the stored item. */
void draft_load(struct draft *draft, struct slice text);
/* Takes a piece. On -1 the draft is spoiled; its text includes the piece. */
int draft_write(struct draft *draft, const struct item_place *place, struct slice piece,
	off_t offset, struct error *err) NODISCARD;
int draft_truncate(struct draft *draft, off_t size, struct error *err) NODISCARD;
/* Makes it a judged draft, or says why it can't be one. */
int draft_judge(struct draft *draft, const struct item_place *place, struct error *err) NODISCARD;

/* Fills the key's attributes in where the item lacks them and checks them
 * where it has them. The map is replaced by one in the arena at need. */
int item_take_key(const struct item_place *place, struct arena *arena, struct map *item,
	struct error *err) NODISCARD;
