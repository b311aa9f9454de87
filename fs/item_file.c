/*
 * Open items: reading one version, writing a draft, saving it. DESIGN 4.3.
 *
 * A reader's handle takes the text when it is opened and reads it with direct
 * I/O: it gets one version whole, whatever becomes of the item meanwhile and
 * whatever size the kernel believes it to have. Only a text that fits into one
 * page, of an item that has been left alone for QUIET_NS, is read through the
 * kernel's pages, which saves the requests when it is read again; a page that is
 * asked for after a change is one of the new text, as the size is the new one's.
 *
 * A writer's handle holds a draft; it is always opened with direct I/O.
 */
#include "files.h"

#include "backpressure.h"
#include "base/clock.h"
#include "base/memory.h"
#include "invalidate.h"
#include "item.h"
#include "item_store.h"
#include "model/json.h"
#include "ownership.h"
#include "rejection.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#define QUIET_NS  1000000000LL
#define PAGED_MAX 4096

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

static void open_reader(struct filesystem *fs, struct item_handle *item,
	const struct mount_table *table, struct fuse_file_info *info)
{
	item->paged = item->existed && !table->transaction && item->text.len <= PAGED_MAX &&
		      clock_realtime_ns() - (int64_t)item->facts.stamp > QUIET_NS;
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
	int r = writes ? item_read_facts(fs, view, &arena, NULL, &facts, &err)
		       : item_append_text(fs, view, &text, &facts, &err);

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
		open_reader(fs, item, view->table, info);
	*ret = &item->handle;
	return 0;
}

/* Of an item that was deleted while this file is open. */
static int item_handle_attributes(struct filesystem *fs, struct handle *handle, struct stat *ret)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct item_handle *item = item_handle_of(handle);
	struct table_access access;
	struct item_facts facts;

	node_load(fs->nodes, handle->node, &arena, &view);
	access = ownership_find(fs, view.table);

	pthread_mutex_lock(&item->mutex);
	facts = item->facts;
	facts.text_length =
		(uint32_t)(handle_writes(handle) ? item->draft.text.len : item->text.len);
	pthread_mutex_unlock(&item->mutex);
	item_fill_attributes(&access, node_id(handle->node), &facts, ret);
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
	r = item_read_facts(fs, view, &arena, NULL, &facts, err);
	TRY(r);
	if (r == REQUEST_ABSENT || facts.stamp == item->facts.stamp)
		return 0;
	TRY(item_append_text(fs, view, &item->text, &item->facts, err));
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
	r = item_append_text(fs, view, &text, &facts, err);
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
		backpressure_reply_err(req, -filesystem_reject(fs, &handle->opener, handle->node,
						    &err, (struct slice){ NULL, 0 }));
	else
		reply_text(req, buf_slice(handle_writes(handle) ? &item->draft.text : &item->text),
			size, offset);
	pthread_mutex_unlock(&item->mutex);
}

/* Rejects the draft, and keeps the reason. */
static int refuse_draft(struct filesystem *fs, struct item_handle *item, struct error *err)
{
	error_release(&item->refusal);
	item->refusal = (struct error){
		.class = err->class,
		.message = memory_copy_string(err->message, strlen(err->message)),
		.place = err->place,
	};
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
	int r = item_read_facts(fs, view, arena, NULL, &facts, err);

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
	if (!item->draft.judged || was_judged)
		return 0;
	TRY(request_check(fs, view->table, &item->draft.item, &arena, err));
	return check_unchanged(fs, item, view, &arena, err);
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
	if (!backpressure_waits())
		draft_changed(fs, item);
	if (r < 0)
		r = refuse_draft(fs, item, &err);
	pthread_mutex_unlock(&item->mutex);
	if (r < 0)
		backpressure_reply_err(req, -r);
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
	put.own_text = item_own_text(text, &item->draft.item);
	put.mtime_ns = node_drafts(fs->nodes, view->node).wanted_mtime;
	if (!put.mtime_ns)
		put.mtime_ns = item->written_ns;
	if (item_put(fs, view, &put, &arena, &facts, err) < 0) {
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
	if (r < 0 && !backpressure_waits())
		node_draft_hide(fs->nodes, handle->node);
	pthread_mutex_unlock(&item->mutex);
	backpressure_reply_err(req, -r);
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
	backpressure_reply_err(req, -r);
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
