/*
 * Links to items: what the directories of `.where` and of `.indexes` share.
 *
 * A link is a name made of an item's key, after the sort attributes of an index
 * where it stands in one (joined_name.h), and leads to the item's own file.
 * What a link leads to is found by its name alone, without its directory having
 * been listed. It is looked up each time, since a change of the item can end it.
 */
#pragma once

#include "directory_operations.h"
#include "joined_name.h"
#include "listing_private.h"

/* What DescribeTable tells of the table, in the arena. ERROR_TABLE_NOT_FOUND when
 * it was dropped, also when another one has its name. */
int item_link_describe(struct filesystem *fs, const struct mount_table *table, struct arena *arena,
	const struct table_facts **ret, struct error *err) NODISCARD;

/* The values that a link is named by. */
struct item_link {
	struct value values[JOINED_VALUES_MAX]; /* sort attributes, then the key */
	size_t count, key_count;
};

struct item_link item_link_of(const struct key_schema *schema, const struct value *sort_values,
	size_t sort_count, const struct key *key);
/* Adds the link to a listing that is to go on after it by the position, which
 * lives as long as the batch. */
void item_link_add(struct batch *batch, enum node_kind kind, const struct item_link *link,
	struct slice position);
bool item_link_has_name(const struct item_link *link, struct slice name);

/* Finds the item of the link finder->name, which begins with so many sort
 * attributes: 0, REQUEST_ABSENT or -1. Whether it is that item's link remains to
 * be asked. In the finder's arena. */
int item_link_find_item(const struct finder *finder, size_t sort_count, struct key *ret_key,
	const struct map **ret_item, struct error *err) NODISCARD;
/* Fills what a link that was found is. */
void item_link_identify(const struct finder *finder, enum node_kind kind, const struct key *key,
	struct directory_entry *ret);

/* Appends where the link leads, from `up`, the way to its table: "../../". */
int item_link_append_target(
	struct filesystem *fs, const struct node_view *link, const char *up, struct buf *ret);
