/*
 * Items as files: what stat, read and save do with them. DESIGN 4.2, 4.3.
 *
 * A reader's handle takes the text when it is opened, and keeps it when the
 * item is deleted. While an item is being changed, which is until QUIET_NS after
 * its last change, it is read with direct I/O: each reader gets one version
 * whole, whatever size the kernel believes the item to have. After that the
 * kernel's pages serve, and a reader that asks for more pages after a change
 * gets the new text, as its size is the new one's.
 *
 * A writer's handle holds a draft; it is always opened with direct I/O.
 */
#include "item.h"

#include "files.h"

#include "base/clock.h"
#include "base/memory.h"
#include "invalidate.h"
#include "model/plain.h"
#include "rejection.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>

#define QUIET_NS 1000000000LL

struct item_handle {
	struct handle handle;
	pthread_mutex_t mutex;
	/* A reader's: */
	struct buf text;
	struct item_facts facts;
	bool paged; /* through the kernel's pages */
	/* A writer's: */
	bool draft_loaded; /* holds what the item was, unless it began empty */
	bool draft_counted; /* told to the node */
	bool existed;
	uint64_t base_stamp;
	int64_t written_ns; /* the last write's time */
	struct draft draft;
	struct error refusal; /* the last one of this draft, for its end */
};

int item_place_of(const struct node_view *view, struct arena *arena, struct item_place *ret,
	struct error *err)
{
	*ret = (struct item_place){
		.schema = &view->table->schema,
		.partition_name = view->partition_name,
		.name = view->name,
	};
	if (!view->row_key.len)
		return 0;
	ret->key_known = true;
	return key_decode(ret->schema, view->row_key, arena, &ret->key, err);
}

void item_fill_attributes(const struct filesystem *fs, uint64_t inode,
	const struct item_facts *facts, struct stat *ret)
{
	*ret = (struct stat){
		.st_ino = inode,
		.st_mode = node_kinds[NODE_ITEM].mode,
		.st_nlink = 1,
		.st_uid = fs->owner,
		.st_gid = fs->group,
		.st_size = facts->text_length,
		.st_blksize = 4096,
		.st_blocks = ((off_t)facts->text_length + 511) / 512,
		.st_atim = clock_to_timespec(facts->mtime_ns),
		.st_mtim = clock_to_timespec(facts->mtime_ns),
		.st_ctim = clock_to_timespec((int64_t)facts->stamp),
	};
}

/* Reads the facts, and with *ret_item the item: 0, REQUEST_ABSENT or -1. */
static int read_item(struct filesystem *fs, const struct node_view *view, struct arena *arena,
	const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct item_place place;

	TRY(item_place_of(view, arena, &place, err));
	if (!place.key_known)
		return REQUEST_ABSENT;
	return request_item(fs, view->table, &place.key, arena, ret_item, ret, err);
}

/* Appends the item's text: 0, REQUEST_ABSENT or -1. */
static int append_text(struct filesystem *fs, const struct node_view *view, struct buf *buf,
	struct item_facts *ret, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct map *item;
	int r = read_item(fs, view, &arena, &item, ret, err);

	if (r)
		return r;
	buf_clear(buf);
	if (slice_present(ret->own_text))
		buf_append_slice(buf, ret->own_text);
	else
		plain_append_item(buf, item);
	ret->own_text = (struct slice){ NULL, 0 }; /* was the arena's */
	return 0;
}

static int absent_attributes(struct filesystem *fs, const struct node_view *view, struct stat *ret)
{
	struct node_drafts drafts = node_drafts(fs->nodes, view->node);
	struct item_facts facts = {
		.mtime_ns = drafts.newest_mtime,
		.stamp = (uint64_t)drafts.newest_mtime,
		.text_length = (uint32_t)drafts.newest_size,
	};

	if (!drafts.open)
		return handle_attributes(fs, view->node, ret);
	item_fill_attributes(fs, view->inode, &facts, ret);
	return 0;
}

int item_attributes(
	struct filesystem *fs, const struct node_view *view, struct stat *ret, double *ret_timeout)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct item_facts facts;
	int r = read_item(fs, view, &arena, NULL, &facts, &err);

	*ret_timeout = 0;
	if (r < 0)
		return error_to_errno(&err);
	if (r == REQUEST_ABSENT)
		return absent_attributes(fs, view, ret);
	if (!node_drafts(fs->nodes, view->node).open)
		*ret_timeout = ITEM_TIMEOUT;
	item_fill_attributes(fs, view->inode, &facts, ret);
	return 0;
}

/* Runs writes of the kernel's own making. */
static int own_put(struct filesystem *fs, const struct node_view *view,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err)
{
	int r;

	invalidate_own_begin();
	r = request_put(fs, view->table, input, arena, ret, err);
	invalidate_own_end();
	return r;
}

static int own_writes(struct filesystem *fs, const struct item_write *writes, size_t count,
	struct arena *arena, struct error *err)
{
	int r;

	invalidate_own_begin();
	r = request_writes(fs, writes, count, arena, err);
	invalidate_own_end();
	return r;
}

int item_set_mtime(struct filesystem *fs, const struct caller *caller, const struct node_view *view,
	int64_t mtime_ns)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct item_place place;
	struct map key;
	struct item_write write = {
		.kind = ITEM_TOUCH,
		.table_name = view->table->name,
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
	if (own_writes(fs, &write, 1, &arena, &err) < 0) {
		if (err.class == ERROR_ITEM_CHANGED) {
			error_release(&err);
			return -ENOENT;
		}
		return filesystem_reject(fs, caller, view->node, &err, (struct slice){ NULL, 0 });
	}
	return 0;
}

/* The text to keep beside the item: none where it is the canonical one. */
static struct slice own_text_of(struct slice text, const struct map *item)
{
	struct buf canonical CLEANUP(buf_release) = BUF_INIT;

	if (plain_item_length(item) != text.len)
		return text;
	plain_append_item(&canonical, item);
	if (slice_equal(buf_slice(&canonical), text))
		return (struct slice){ NULL, 0 };
	return text;
}

/* Notes the key of an item that had only a hashed name before, and with it that
 * of its directory. */
static int learn_key(struct filesystem *fs, const struct node_view *view, const struct map *item,
	struct error *err)
{
	struct buf row_key CLEANUP(buf_release) = BUF_INIT;
	struct key key;

	if (view->row_key.len)
		return 0;
	TRY(key_from_item(&view->table->schema, item, &key, err));
	key_encode(&view->table->schema, &key, &row_key);
	node_set_row_key(fs->nodes, view->node, buf_slice(&row_key));
	if (key_schema_has_sort(&view->table->schema)) {
		struct node *directory = node_parent(fs->nodes, view->node);

		buf_clear(&row_key);
		key_encode_partition(&key.partition, &row_key);
		node_set_row_key(fs->nodes, directory, buf_slice(&row_key));
		node_unref(fs->nodes, directory);
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
	put->own_text = own_text_of(text, &item);
	return own_put(fs, view, put, arena, &facts, err);
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
	int r = append_text(fs, view, &text, &facts, &err);

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

/* A person's own text goes along unless it spells out the key. */
static struct slice movable_text(
	struct slice own_text, const struct item_place *to, struct arena *arena)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item;

	if (!slice_present(own_text) || plain_read_item(own_text, arena, &item, &err) < 0)
		return (struct slice){ NULL, 0 };
	if (map_find(&item, to->schema->partition.name) ||
		(key_schema_has_sort(to->schema) && map_find(&item, to->schema->sort.name)))
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
		.table_name = from->table->name,
		.item = &old_key,
		.expectation = ITEM_UNCHANGED,
		.expected_stamp = facts.stamp,
	};
	writes[1] = (struct item_write){
		.kind = ITEM_PUT,
		.table_name = to->table->name,
		.item = &moved,
		.expectation = replace ? ITEM_ANY : ITEM_ABSENT,
		.own_text = movable_text(facts.own_text, &to_place, arena),
		.mtime_ns = facts.mtime_ns,
	};
	return own_writes(fs, writes, 2, arena, err);
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

/* Open, read, write, close. */

static struct item_handle *item_handle_of(struct handle *handle)
{
	return (struct item_handle *)handle;
}

static struct item_handle *item_handle_new(
	struct filesystem *fs, const struct caller *caller, const struct node_view *view, int flags)
{
	struct item_handle *item = memory_new_zero(sizeof(*item));

	handle_init(&item->handle, fs, NODE_ITEM, caller, view->node, flags);
	pthread_mutex_init(&item->mutex, NULL);
	draft_init(&item->draft);
	return item;
}

static void open_reader(
	struct filesystem *fs, struct item_handle *item, struct fuse_file_info *info)
{
	item->paged = item->existed && clock_realtime_ns() - (int64_t)item->facts.stamp > QUIET_NS;
	info->noflush = 1;
	info->direct_io = !item->paged;
	info->keep_cache =
		item->paged && node_pages_current(fs->nodes, item->handle.node, item->facts.stamp);
}

static void open_writer(
	struct filesystem *fs, struct item_handle *item, bool truncate, struct fuse_file_info *info)
{
	info->direct_io = 1;
	item->draft_loaded = !item->existed || truncate;
	item->draft.dirty = item->draft_loaded;
	if (!item->draft.dirty)
		return;
	item->draft_counted = true;
	node_draft_begin(fs->nodes, item->handle.node);
	node_draft_update(fs->nodes, item->handle.node, 0, clock_realtime_ns());
}

static int item_open(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	struct error err = ERROR_INIT;
	struct item_facts facts = { 0 };
	struct item_handle *item;
	int r = writes ? read_item(fs, view, &arena, NULL, &facts, &err)
		       : append_text(fs, view, &text, &facts, &err);

	if (r < 0)
		return filesystem_reject(fs, caller, view->node, &err, (struct slice){ NULL, 0 });
	if (r == REQUEST_ABSENT && !(flags & O_CREAT) && !node_drafts(fs->nodes, view->node).open)
		return -ENOENT;
	if (r == 0 && (flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	item = item_handle_new(fs, caller, view, flags);
	item->existed = r == 0;
	item->base_stamp = facts.stamp;
	item->facts = facts;
	item->text = text;
	text = BUF_INIT;
	if (writes)
		open_writer(fs, item, flags & O_TRUNC, info);
	else
		open_reader(fs, item, info);
	*ret = &item->handle;
	return 0;
}

/* Of an item that was deleted while this file is open. */
static int item_handle_attributes(struct filesystem *fs, struct handle *handle, struct stat *ret)
{
	struct item_handle *item = item_handle_of(handle);
	struct item_facts facts;

	pthread_mutex_lock(&item->mutex);
	facts = item->facts;
	facts.text_length =
		(uint32_t)(handle_writes(handle) ? item->draft.text.len : item->text.len);
	pthread_mutex_unlock(&item->mutex);
	item_fill_attributes(fs, node_id(handle->node), &facts, ret);
	ret->st_nlink = 0;
	return 0;
}

/* A page that the kernel asks for is one of the size that it knows. */
static int refresh_reader(struct filesystem *fs, struct item_handle *item,
	const struct node_view *view, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct item_facts facts;
	int r;

	if (!item->paged)
		return 0;
	r = read_item(fs, view, &arena, NULL, &facts, err);
	TRY(r);
	if (r == REQUEST_ABSENT || facts.stamp == item->facts.stamp)
		return 0;
	TRY(append_text(fs, view, &item->text, &item->facts, err));
	return 0;
}

/* Before the first change: the draft is what is stored. */
static int load_draft(struct filesystem *fs, struct item_handle *item, const struct node_view *view,
	struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct item_facts facts;
	int r;

	if (item->draft_loaded)
		return 0;
	r = append_text(fs, view, &text, &facts, err);
	TRY(r);
	if (r == 0) {
		draft_load(&item->draft, buf_slice(&text));
		item->base_stamp = facts.stamp;
	}
	item->draft_loaded = true;
	return 0;
}

static void item_read(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct item_handle *item = item_handle_of(handle);
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct error err = ERROR_INIT;
	int r;

	node_load(fs->nodes, handle->node, &arena, &view);
	pthread_mutex_lock(&item->mutex);
	if (handle_writes(handle))
		r = load_draft(fs, item, &view, &err);
	else
		r = refresh_reader(fs, item, &view, &err);
	if (r < 0)
		fuse_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node, &err,
					    (struct slice){ NULL, 0 }));
	else
		reply_text(req, buf_slice(handle_writes(handle) ? &item->draft.text : &item->text),
			size, offset);
	pthread_mutex_unlock(&item->mutex);
}

/* Rejects the draft, and keeps the reason. */
static int refuse_draft(struct filesystem *fs, struct item_handle *item, struct error *err)
{
	error_release(&item->refusal);
	item->refusal = (struct error){ err->class,
		memory_copy_string(err->message, strlen(err->message)), err->place };
	return filesystem_reject(
		fs, &item->handle.opener, item->handle.node, err, buf_slice(&item->draft.text));
}

static void draft_changed(struct filesystem *fs, struct item_handle *item)
{
	if (!item->draft_counted)
		node_draft_begin(fs->nodes, item->handle.node);
	item->draft_counted = true;
	item->written_ns = clock_realtime_ns();
	node_draft_update(fs->nodes, item->handle.node, item->draft.text.len, item->written_ns);
	if (item->draft.spoiled)
		node_draft_hide(fs->nodes, item->handle.node);
}

/* Whether the item is still the one that the draft began from. */
static int check_unchanged(struct filesystem *fs, struct item_handle *item,
	const struct node_view *view, struct arena *arena, struct error *err)
{
	struct item_facts facts;
	int r = read_item(fs, view, arena, NULL, &facts, err);

	TRY(r);
	if (r == 0 && !item->existed && (item->handle.flags & O_EXCL))
		return error_set(err, ERROR_ITEM_EXISTS, "The conditional request failed");
	if ((r == 0) != item->existed || (r == 0 && facts.stamp != item->base_stamp))
		return error_set(err, ERROR_ITEM_CHANGED,
			"the item was changed by somebody else after this file was opened: read "
			"it again, then save");
	return 0;
}

static int write_draft(struct filesystem *fs, struct item_handle *item,
	const struct node_view *view, struct slice data, off_t offset, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct item_place place;
	bool was_judged;

	TRY(item_place_of(view, &arena, &place, err));
	TRY(load_draft(fs, item, view, err));
	if (item->handle.flags & O_APPEND)
		offset = (off_t)item->draft.text.len;
	was_judged = item->draft.judged;
	TRY(draft_write(&item->draft, &place, data, offset, err));
	if (item->draft.judged && !was_judged)
		return check_unchanged(fs, item, view, &arena, err);
	return 0;
}

static void item_write(struct filesystem *fs, fuse_req_t req, struct handle *handle,
	struct slice data, off_t offset)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct item_handle *item = item_handle_of(handle);
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct error err = ERROR_INIT;
	int r;

	node_load(fs->nodes, handle->node, &arena, &view);
	pthread_mutex_lock(&item->mutex);
	r = write_draft(fs, item, &view, data, offset, &err);
	draft_changed(fs, item);
	if (r < 0)
		r = refuse_draft(fs, item, &err);
	pthread_mutex_unlock(&item->mutex);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_write(req, data.len);
}

static enum item_expectation expectation_of(const struct item_handle *item)
{
	return item->existed ? ITEM_UNCHANGED : ITEM_ABSENT;
}

/* A file that appeared since it was opened is a lost update like any other,
 * unless the caller asked for the difference. */
static void explain_conflict(const struct item_handle *item, struct error *err)
{
	bool exclusive = item->handle.flags & O_EXCL;

	if (err->class != ERROR_ITEM_CHANGED && (err->class != ERROR_ITEM_EXISTS || exclusive))
		return;
	error_release(err);
	error_set(err, ERROR_ITEM_CHANGED,
		"the item was changed by somebody else after this file was opened: read it again, "
		"then save");
}

static int commit_draft(struct filesystem *fs, struct item_handle *item,
	const struct node_view *view, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice text = buf_slice(&item->draft.text);
	struct item_place place;
	struct item_facts facts;
	struct put_item_input put = { .item = &item->draft.item };

	TRY(item_place_of(view, &arena, &place, err));
	TRY(draft_judge(&item->draft, &place, err));
	put.expectation = expectation_of(item);
	put.expected_stamp = item->base_stamp;
	put.own_text = own_text_of(text, &item->draft.item);
	put.mtime_ns = node_drafts(fs->nodes, view->node).wanted_mtime;
	if (!put.mtime_ns)
		put.mtime_ns = item->written_ns;
	if (own_put(fs, view, &put, &arena, &facts, err) < 0) {
		explain_conflict(item, err);
		return -1;
	}
	item->existed = true;
	item->base_stamp = facts.stamp;
	item->facts = facts;
	item->draft.dirty = false;
	return learn_key(fs, view, &item->draft.item, err);
}

static void end_draft(struct filesystem *fs, struct item_handle *item)
{
	if (item->draft_counted)
		node_draft_end(fs->nodes, item->handle.node);
	item->draft_counted = false;
}

/* Whether the text is one that a commit can be tried with. An incomplete one
 * is kept for what may follow; it is told of at the last close. */
static bool draft_is_ready(const struct item_handle *item)
{
	if (item->draft.spoiled || !item->draft.text.len)
		return false;
	return item->draft.complete || !item->draft.in_order;
}

/* Commits what is to be committed: 0 or -errno. */
static int settle(struct filesystem *fs, struct item_handle *item)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct error err = ERROR_INIT;

	if (!item->draft.dirty)
		return 0;
	node_load(fs->nodes, item->handle.node, &arena, &view);
	if (!view.named && !item->existed) { /* made and removed while open */
		item->draft.dirty = false;
		end_draft(fs, item);
		return 0;
	}
	if (!draft_is_ready(item))
		return -EINVAL;
	if (commit_draft(fs, item, &view, &err) < 0)
		return refuse_draft(fs, item, &err);
	end_draft(fs, item);
	return 0;
}

static void item_flush(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct item_handle *item = item_handle_of(handle);
	int r;

	pthread_mutex_lock(&item->mutex);
	r = settle(fs, item);
	if (r < 0)
		node_draft_hide(fs->nodes, handle->node);
	pthread_mutex_unlock(&item->mutex);
	fuse_reply_err(req, -r);
}

static void item_fsync(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct item_handle *item = item_handle_of(handle);
	struct error err = ERROR_INIT;
	int r;

	pthread_mutex_lock(&item->mutex);
	r = settle(fs, item);
	pthread_mutex_unlock(&item->mutex);
	if (r == 0 && request_sync(fs, &err) < 0)
		r = filesystem_reject(
			fs, &handle->opener, handle->node, &err, (struct slice){ NULL, 0 });
	fuse_reply_err(req, -r);
}

static int item_truncate(struct filesystem *fs, struct handle *handle, off_t size)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct item_handle *item = item_handle_of(handle);
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct error err = ERROR_INIT;
	int r = 0;

	node_load(fs->nodes, handle->node, &arena, &view);
	pthread_mutex_lock(&item->mutex);
	if (load_draft(fs, item, &view, &err) < 0 ||
		((size_t)size != item->draft.text.len &&
			draft_truncate(&item->draft, size, &err) < 0))
		r = filesystem_reject(
			fs, &handle->opener, handle->node, &err, (struct slice){ NULL, 0 });
	else if (item->draft.dirty)
		draft_changed(fs, item);
	if (r == 0 && !size)
		error_release(&item->refusal);
	pthread_mutex_unlock(&item->mutex);
	return r;
}

/* Why a draft was not stored. */
static void explain_abandoned(struct item_handle *item, struct error *ret)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	struct slice text = buf_slice(&item->draft.text);

	if (item->refusal.class != ERROR_NONE)
		error_move(ret, &item->refusal);
	else if (!text.len)
		error_set(ret, ERROR_VALIDATION, "nothing was written: an item is at least {}%s",
			item->existed ? "; the stored one is unchanged" : "");
	else if (json_parse(text, &document, ret) == 0)
		error_set(ret, ERROR_VALIDATION, "this draft was not stored");
}

/* What is lost at the last close goes to .error, with the text. */
static void abandon(struct filesystem *fs, struct item_handle *item)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct rejection rejection = { .err = &err, .errnum = EINVAL };

	explain_abandoned(item, &err);
	rejection.errnum = -error_to_errno(&err);
	rejection.path = node_path(fs->nodes, item->handle.node, &arena);
	rejection.text = buf_slice(&item->draft.text);
	rejection.keep_text = rejection.text.len > 0;
	rejection_record(fs->rejections, item->handle.opener.uid, &rejection);
}

static void item_release(struct filesystem *fs, struct handle *handle)
{
	struct item_handle *item = item_handle_of(handle);

	if (handle_writes(handle) && item->draft.dirty)
		abandon(fs, item);
	end_draft(fs, item);
	draft_release(&item->draft);
	error_release(&item->refusal);
	buf_release(&item->text);
	pthread_mutex_destroy(&item->mutex);
	handle_done(handle, fs);
	free(item);
}

const struct file_operations item_file = {
	.attributes = item_handle_attributes,
	.open = item_open,
	.read = item_read,
	.write = item_write,
	.flush = item_flush,
	.fsync = item_fsync,
	.truncate = item_truncate,
	.release = item_release,
};
