/*
 * Items as files: attributes, saving a whole text, moving. DESIGN 4.2, 4.3.
 */
#include "item.h"

#include "base/clock.h"
#include "files.h"
#include "invalidate.h"
#include "item_store.h"
#include "model/plain.h"
#include "ownership.h"
#include "requests.h"

#include <errno.h>

#define ITEM_TIMEOUT 30.0

double item_timeout(const struct mount_table *table)
{
	return table->transaction ? 0 : ITEM_TIMEOUT;
}

void item_fill_attributes(const struct table_access *access, uint64_t inode,
	const struct item_facts *facts, struct stat *ret)
{
	*ret = (struct stat){
		.st_ino = inode,
		.st_nlink = 1,
		.st_size = facts->text_length,
		.st_blksize = 4096,
		.st_blocks = ((off_t)facts->text_length + 511) / 512,
		.st_atim = clock_to_timespec(facts->mtime_ns),
		.st_mtim = clock_to_timespec(facts->mtime_ns),
		.st_ctim = clock_to_timespec((int64_t)facts->stamp),
	};
	ownership_fill(NODE_ITEM, access, ret);
}

static int absent_attributes(struct filesystem *fs, const struct node_view *view,
	const struct table_access *access, struct stat *ret)
{
	struct node_drafts drafts = node_drafts(fs->nodes, view->node);
	struct item_facts facts = {
		.mtime_ns = drafts.newest_mtime,
		.stamp = (uint64_t)drafts.newest_mtime,
		.text_length = (uint32_t)drafts.newest_size,
	};

	if (!drafts.open)
		return handle_attributes(fs, view->node, ret);
	item_fill_attributes(access, view->inode, &facts, ret);
	return 0;
}

int item_attributes(
	struct filesystem *fs, const struct node_view *view, struct stat *ret, double *ret_timeout)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct item_facts facts;
	struct table_access access = ownership_find(fs, view->table);
	int r = item_read_facts(fs, view, &arena, NULL, &facts, &err);

	*ret_timeout = 0;
	if (r < 0)
		return error_to_errno(&err);
	if (r == REQUEST_ABSENT)
		return absent_attributes(fs, view, &access, ret);
	if (!node_drafts(fs->nodes, view->node).open)
		*ret_timeout = item_timeout(view->table);
	item_fill_attributes(&access, view->inode, &facts, ret);
	return 0;
}

int item_set_mtime(struct filesystem *fs, const struct caller *caller, const struct node_view *view,
	int64_t mtime_ns)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct item_place place;
	struct map key;
	const struct mount_table *table = view->table;
	struct item_write write = {
		.kind = ITEM_TOUCH,
		.item = &key,
		.must_exist = true,
		.mtime_ns = mtime_ns,
	};

	if (node_draft_set_mtime(fs->nodes, view->node, mtime_ns))
		return 0;
	if (item_place_of(view, &arena, &place, &err) < 0)
		return filesystem_reject(fs, caller, view->node, &err, (struct slice){ NULL, 0 });
	if (!place.key_known)
		return -ENOENT;
	key = key_to_map(place.schema, &place.key, &arena);
	if (item_write_all(fs, &table, &write, 1, &arena, &err) < 0) {
		if (err.class == ERROR_ITEM_CHANGED) {
			error_release(&err);
			return -ENOENT;
		}
		return filesystem_reject(fs, caller, view->node, &err, (struct slice){ NULL, 0 });
	}
	return 0;
}

static int save_text(struct filesystem *fs, const struct node_view *view, struct slice text,
	struct put_item_input *put, struct arena *arena, struct error *err)
{
	struct item_place place;
	struct item_facts facts;
	struct map item;

	TRY(item_place_of(view, arena, &place, err));
	TRY(plain_read_item(text, arena, &item, err));
	TRY(item_take_key(&place, arena, &item, err));
	put->item = &item;
	put->own_text = item_own_text(text, &item);
	return item_put(fs, view, put, arena, &facts, err);
}

int item_delete(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct error *err)
{
	int r;

	invalidate_own_begin();
	r = request_delete(fs, table, key, err);
	invalidate_own_end();
	return r;
}

int item_save(struct filesystem *fs, const struct caller *caller, const struct node_view *view,
	struct node *directory, struct slice text, enum item_expectation expectation,
	int64_t mtime_ns)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct put_item_input put = { .expectation = expectation, .mtime_ns = mtime_ns };

	if (save_text(fs, view, text, &put, &arena, &err) < 0)
		return filesystem_reject_text(fs, caller, directory, view->name, &err, text);
	return 0;
}

/* Cuts the stored text, as truncate(2) does without opening the file: one save,
 * if what is left is an item. */
int item_cut(struct filesystem *fs, const struct caller *caller, const struct node_view *view,
	off_t size)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct error err = ERROR_INIT;
	struct item_facts facts;
	struct put_item_input put = { .expectation = ITEM_UNCHANGED };
	int r = item_append_text(fs, view, &text, &facts, &err);

	if (r == REQUEST_ABSENT)
		return -ENOENT;
	if (r == 0 && (size_t)size == text.len)
		return 0;
	if (r == 0 && size > (off_t)text.len)
		r = error_set(&err, ERROR_VALIDATION, "an item's text can't be filled with NULs");
	if (r == 0) {
		buf_resize(&text, (size_t)size);
		put.expected_stamp = facts.stamp;
		r = save_text(fs, view, buf_slice(&text), &put, &arena, &err);
	}
	if (r < 0)
		return filesystem_reject(fs, caller, view->node, &err, buf_slice(&text));
	return 0;
}

/* The item as it will be at its new place: the new key in place of the old
 * one's attributes, before the others. */
static struct map with_key(const struct map *item, const struct item_place *to, struct arena *arena)
{
	struct map key = key_to_map(to->schema, &to->key, arena);
	struct member *members =
		arena_alloc_array(arena, item->count + key.count, sizeof(*members));
	size_t count = 0;

	for (size_t i = 0; i < key.count; i++)
		members[count++] = key.members[i];
	for (size_t i = 0; i < item->count; i++) {
		if (!map_find(&key, item->members[i].name))
			members[count++] = item->members[i];
	}
	return (struct map){ members, count };
}

/* A person's own text goes along unless it spells out the key, or lacks what
 * was a key where it comes from and is an attribute like others now. */
static struct slice movable_text(struct slice own_text, const struct map *moved,
	const struct item_place *to, struct arena *arena)
{
	size_t keys = key_schema_has_sort(to->schema) ? 2 : 1;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item;

	if (!slice_present(own_text) || plain_read_item(own_text, arena, &item, &err) < 0)
		return (struct slice){ NULL, 0 };
	if (map_find(&item, to->schema->partition.name) ||
		(key_schema_has_sort(to->schema) && map_find(&item, to->schema->sort.name)) ||
		item.count + keys != moved->count)
		return (struct slice){ NULL, 0 };
	return own_text;
}

static int move_item(struct filesystem *fs, const struct node_view *from,
	const struct node_view *to, bool replace, struct arena *arena, struct error *err)
{
	struct item_place from_place, to_place;
	const struct map *item;
	struct item_facts facts;
	struct map moved, old_key;
	const struct mount_table *const tables[] = { from->table, to->table };
	struct item_write writes[2];
	int r;

	TRY(item_place_of(from, arena, &from_place, err));
	TRY(item_place_of(to, arena, &to_place, err));
	if (!to_place.key_known)
		return error_set(err, ERROR_VALIDATION,
			"a name with a hash does not tell its key: write the item there instead");
	r = from_place.key_known
		    ? request_item(fs, from->table, &from_place.key, arena, &item, &facts, err)
		    : REQUEST_ABSENT;
	if (r)
		return r;
	moved = with_key(item, &to_place, arena);
	old_key = key_to_map(from_place.schema, &from_place.key, arena);
	writes[0] = (struct item_write){
		.kind = ITEM_DELETE,
		.item = &old_key,
		.expectation = ITEM_UNCHANGED,
		.expected_stamp = facts.stamp,
	};
	writes[1] = (struct item_write){
		.kind = ITEM_PUT,
		.item = &moved,
		.expectation = replace ? ITEM_ANY : ITEM_ABSENT,
		.own_text = movable_text(facts.own_text, &moved, &to_place, arena),
		.mtime_ns = facts.mtime_ns,
	};
	return item_write_all(fs, tables, writes, 2, arena, err);
}

int item_move(struct filesystem *fs, const struct caller *caller, const struct node_view *from,
	const struct node_view *to, bool replace)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err = ERROR_INIT;
	int r = move_item(fs, from, to, replace, &arena, &err);

	if (r < 0)
		return filesystem_reject(fs, caller, to->node ? to->node : from->node, &err,
			(struct slice){ NULL, 0 });
	return r == REQUEST_ABSENT ? -ENOENT : 0;
}
