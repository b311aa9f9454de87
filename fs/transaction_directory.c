/*
 * `.transact`, where transactions are made and dropped, and what is in each of
 * them: all tables, as in the root.
 */
#include "directory_operations.h"

#include "listing_private.h"
#include "requests.h"
#include "transaction.h"

#include <errno.h>

/* `.transact` */

static int find_transaction(const struct finder *finder, struct directory_entry *ret)
{
	struct transaction *transaction = transaction_find(finder->fs, finder->name);
	struct mount_table *table;

	if (!transaction)
		return -ENOENT;
	table = transaction_own_table(transaction);
	transaction_unref(transaction);
	*ret = (struct directory_entry){
		.identity = {
			.kind = NODE_TRANSACTION,
			.name = finder->name,
			.table = table,
		},
		.table = table,
	};
	return 0;
}

static int list_transactions(struct listing *listing, struct batch *batch,
	const struct node_view *view, struct slice after, struct error *err)
{
	size_t count;
	struct slice *names =
		transaction_list(listing->fs, listing->caller.uid, &batch->arena, &count);

	(void)view;
	(void)err;
	for (size_t i = 0; i < count && batch->count < BATCH_ENTRIES; i++) {
		if (!slice_present(after) || slice_compare(names[i], after) > 0)
			listing_add(batch, NODE_TRANSACTION, names[i], names[i]);
	}
	return 0;
}

static int begin_transaction(const struct finder *finder)
{
	struct error err = ERROR_INIT;

	if (transaction_begin(finder->fs, finder->caller, finder->name, &err) < 0)
		return finder_fail(finder, &err);
	return 0;
}

static int drop_transaction(const struct finder *finder, const struct directory_entry *entry)
{
	struct error err = ERROR_INIT;

	if (transaction_abort(entry->table->transaction, &err) < 0)
		return finder_fail(finder, &err);
	directory_forget_name(finder->fs, finder->directory, &entry->identity);
	return 0;
}

const struct directory_operations transactions_directory = {
	.find = find_transaction,
	.list = list_transactions,
	.mkdir = begin_transaction,
	.rmdir = drop_transaction,
};

/* A transaction's own directory. */

static int list_tables(struct listing *listing, struct batch *batch, const struct node_view *view,
	struct slice after, struct error *err)
{
	(void)view;
	return listing_add_tables(listing, batch, after, err);
}

static int refuse(const struct finder *finder)
{
	return filesystem_refuse(finder->fs, finder->caller, finder->directory->node, finder->name,
		"tables are made and dropped outside of transactions");
}

static int refuse_to_drop(const struct finder *finder, const struct directory_entry *entry)
{
	return node_kind_is_directory(entry->identity.kind) ? refuse(finder) : -ENOTDIR;
}

static int owners_attributes(struct filesystem *fs, const struct caller *caller,
	const struct node_view *view, struct stat *ret)
{
	const struct caller *owner = transaction_owner(view->table->transaction);

	(void)fs;
	(void)caller;
	ret->st_uid = owner->uid;
	ret->st_gid = owner->gid;
	return 0;
}

/* Names in it are found by the grammar, as in the root. */
const struct directory_operations transaction_directory = {
	.list = list_tables,
	.mkdir = refuse,
	.rmdir = refuse_to_drop,
	.attributes = owners_attributes,
};
