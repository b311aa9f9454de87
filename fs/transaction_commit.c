/*
 * The end of a transaction: its overlay becomes one request of the engine.
 */
#include "transaction_private.h"

#include "files.h"
#include "model/json.h"
#include "name.h"
#include "requests.h"

/* Of what is said in the caller's .error; the .ctl has all of it. */
#define REASONS_TOLD 20

/* Files that are being written. */

static bool is_being_written(
	struct filesystem *fs, const struct transaction *transaction, struct node *node)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct node_drafts drafts;

	node_load(fs->nodes, node, &arena, &view);
	if (view.kind != NODE_ITEM || mount_table_transaction(view.table) != transaction)
		return false;
	drafts = node_drafts(fs->nodes, node);
	return drafts.open && !drafts.hidden; /* what was refused is not going to be saved */
}

static struct node *find_being_written(struct filesystem *fs, const struct transaction *transaction)
{
	struct node *found = NULL;

	pthread_mutex_lock(&fs->handles_mutex);
	for (struct handle *handle = fs->handles; handle && !found; handle = handle->next) {
		if (is_being_written(fs, transaction, handle->node))
			found = node_ref(fs->nodes, handle->node);
	}
	pthread_mutex_unlock(&fs->handles_mutex);
	return found;
}

static int check_nothing_is_written(const struct transaction *transaction, struct error *err)
{
	struct filesystem *fs = transaction->fs;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node *node = find_being_written(fs, transaction);
	struct slice path;

	if (!node)
		return 0;
	path = node_path(fs->nodes, node, &arena);
	node_unref(fs->nodes, node);
	return error_set(err, ERROR_CONFLICT, "%.*s is still being written: close it first",
		SLICE_ARG(path));
}

/* The request. */

struct commit {
	struct transaction *transaction;
	struct arena arena;
	struct item_write *writes;
	const struct overlay_table **tables; /* of each write */
	struct error *failures; /* the same */
	size_t count;
};

static size_t count_entries(const struct overlay *overlay)
{
	size_t count = 0;

	for (const struct overlay_table *table = overlay->tables; table; table = table->next)
		count += table->count;
	return count;
}

static void commit_init(struct commit *commit, struct transaction *transaction)
{
	size_t count = count_entries(&transaction->overlay);

	*commit = (struct commit){ .transaction = transaction };
	commit->writes = arena_alloc_array(&commit->arena, count, sizeof(*commit->writes));
	commit->tables = arena_alloc_array(&commit->arena, count, sizeof(*commit->tables));
	commit->failures = arena_alloc_array(&commit->arena, count, sizeof(*commit->failures));
}

static void commit_release(struct commit *commit)
{
	for (size_t i = 0; i < commit->count; i++)
		error_release(&commit->failures[i]);
	arena_release(&commit->arena);
}

static int add_entry(struct commit *commit, const struct overlay_table *table,
	const struct overlay_entry *entry, struct error *err)
{
	static const enum item_write_kind kinds[] = {
		[OVERLAY_AS_STORED] = ITEM_CHECK,
		[OVERLAY_PUT] = ITEM_PUT,
		[OVERLAY_REMOVED] = ITEM_DELETE,
		[OVERLAY_TOUCHED] = ITEM_TOUCH,
	};
	const struct key_schema *schema = &table->stored->schema;
	struct map *key_map = arena_alloc(&commit->arena, sizeof(*key_map));
	struct key key;

	TRY(key_decode(schema, entry->row_key, &commit->arena, &key, err));
	*key_map = key_to_map(schema, &key, &commit->arena);
	commit->tables[commit->count] = table;
	commit->writes[commit->count++] = (struct item_write){
		.kind = kinds[entry->change],
		.table_name = table->stored->name,
		.table_id = table->stored->id,
		.item = key_map,
		.encoded = entry->item,
		.expectation = entry->expectation,
		.expected_stamp = entry->expected_stamp,
		.must_exist = entry->change == OVERLAY_TOUCHED && entry->expectation == ITEM_ANY,
		.own_text = entry->facts.own_text,
		.mtime_ns = entry->facts.mtime_ns,
	};
	return 0;
}

static int add_table(struct commit *commit, const struct overlay_table *table, struct error *err)
{
	const struct overlay_entry *entry = overlay_after(table, SLICE(""), SLICE(""));

	for (; entry; entry = overlay_after(table, entry->row_key, SLICE(""))) {
		if (entry->change != OVERLAY_AS_STORED || entry->expectation != ITEM_ANY)
			TRY(add_entry(commit, table, entry, err));
	}
	return 0;
}

/* The overlay does not change meanwhile: nobody may enter. */
static int write_overlay(struct commit *commit, struct error *err)
{
	const struct overlay *overlay = &commit->transaction->overlay;
	struct write_items_input input = { .transacted = true };
	struct write_items_output output = { 0 };

	for (const struct overlay_table *table = overlay->tables; table; table = table->next)
		TRY(add_table(commit, table, err));
	input.writes = commit->writes;
	input.count = commit->count;
	input.item_errors = commit->failures;
	return request_run_for(commit->transaction->fs, &commit->transaction->principal,
		OPERATION_LOCAL_WRITE_ITEMS, &input, &output, &commit->arena, err);
}

/* Reasons. */

static void append_path(
	const struct overlay_table *table, const struct map *key_map, struct buf *path)
{
	const struct key_schema *schema = &table->stored->schema;
	const struct value *partition = map_find(key_map, schema->partition.name);

	path_append_table(path, table->stored->name);
	buf_append_char(path, '/');
	if (!key_schema_has_sort(schema)) {
		name_encode(partition, NAME_ITEM, path);
		return;
	}
	name_encode(partition, NAME_PARTITION, path);
	buf_append_char(path, '/');
	name_encode(map_find(key_map, schema->sort.name), NAME_ITEM, path);
}

static const char *explain(const struct error *failure)
{
	static const char *const messages[ERROR_CLASS_COUNT] = {
		[ERROR_ITEM_EXISTS] = "an item was made here after this transaction found none",
		[ERROR_ITEM_CHANGED] =
			"the item was changed or removed after this transaction read it",
		[ERROR_TABLE_NOT_FOUND] = "the table was dropped",
	};

	return messages[failure->class] ? messages[failure->class] : failure->message;
}

static void append_reason(struct commit *commit, size_t i, struct buf *reasons)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	const struct error *failure = &commit->failures[i];

	append_path(commit->tables[i], commit->writes[i].item, &path);
	buf_append_string(reasons, "{\"Path\":");
	json_append_string(reasons, buf_slice(&path));
	buf_appendf(reasons, ",\"Code\":\"%s\",\"Message\":", cancellation_code(failure));
	json_append_string(reasons, slice_from_string(explain(failure)));
	buf_append_string(reasons, "}\n");
}

/* Puts the reasons into the error: some of them where there are many. */
static void tell_reasons(struct commit *commit, struct buf *reasons, struct error *err)
{
	size_t count = 0, told = 0;

	for (size_t i = 0; i < commit->count; i++) {
		if (commit->failures[i].class == ERROR_NONE)
			continue;
		append_reason(commit, i, reasons);
		if (++count <= REASONS_TOLD)
			told = reasons->len;
	}
	error_release(err);
	error_set(err, ERROR_TRANSACTION_CANCELED,
		"nothing was committed; reasons: %zu, all of them in .ctl\n%.*s", count,
		(int)(told ? told - 1 : 0), buf_string(reasons));
}

/* The commit. */

static int start(struct transaction *transaction, struct buf *ret, struct error *err)
{
	if (transaction_enter(transaction, TRANSACTION_WRITES, err)) {
		transaction->state = TRANSACTION_COMMITTING;
		transaction_leave(transaction);
		return 0;
	}
	if (err->class == ERROR_TRANSACTION_CANCELED) { /* it has failed before */
		pthread_mutex_lock(&transaction->mutex);
		buf_append_slice(ret, buf_slice(&transaction->reasons));
		pthread_mutex_unlock(&transaction->mutex);
	}
	return -1;
}

static void stop(struct transaction *transaction, enum transaction_state state, struct buf *reasons)
{
	pthread_mutex_lock(&transaction->mutex);
	transaction->state = state;
	buf_append_slice(&transaction->reasons, buf_slice(reasons));
	pthread_mutex_unlock(&transaction->mutex);
}

int transaction_commit(struct transaction *transaction, struct buf *ret, struct error *err)
{
	struct commit commit CLEANUP(commit_release);
	bool canceled;

	commit = (struct commit){ 0 };
	TRY(check_nothing_is_written(transaction, err));
	TRY(start(transaction, ret, err));
	commit_init(&commit, transaction);
	if (write_overlay(&commit, err) == 0) {
		transaction_finish(transaction, TRANSACTION_COMMITTED);
		transaction_append_status(transaction, ret);
		return 0;
	}
	canceled = err->class == ERROR_TRANSACTION_CANCELED;
	if (canceled)
		tell_reasons(&commit, ret, err);
	stop(transaction, canceled ? TRANSACTION_FAILED : TRANSACTION_OPEN, ret);
	return -1;
}
