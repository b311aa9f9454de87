/*
 * Reading and writing the item of a node: what files, moves and saves of whole
 * texts have in common. Writes are marked as the kernel's own (invalidate.h).
 */
#pragma once

#include "draft.h"
#include "filesystem.h"

/* Where an item's node says that it is. */
int item_place_of(const struct node_view *view, struct arena *arena, struct item_place *ret,
	struct error *err) NODISCARD;
/* Reads the facts, and unless ret_item is NULL the item: 0, REQUEST_ABSENT or -1. */
int item_read_facts(struct filesystem *fs, const struct node_view *view, struct arena *arena,
	const struct map **ret_item, struct item_facts *ret, struct error *err) NODISCARD;
/* Puts the item's text in the place of what the buffer holds: the same results. */
int item_append_text(struct filesystem *fs, const struct node_view *view, struct buf *buf,
	struct item_facts *ret, struct error *err) NODISCARD;
int item_put(struct filesystem *fs, const struct node_view *view,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err) NODISCARD;
int item_write_all(struct filesystem *fs, const struct mount_table *const *tables,
	struct item_write *writes, size_t count, struct arena *arena, struct error *err) NODISCARD;
/* The text to keep beside the item: absent where it is the canonical one. */
struct slice item_own_text(struct slice text, const struct map *item);
