/*
 * Transactions: the private views of all tables that mkdir makes in `.transact`.
 *
 * A transaction sees the tables as they are, and over them what it wrote itself
 * (transaction_overlay.h). It is optimistic: it locks nothing and keeps nobody
 * waiting. Its commit is one transaction of the engine, in which all that it has
 * read must still be what it was; then all that it wrote is written, else none.
 *
 * Invariants:
 * 1. The overlay is looked at and changed only between transaction_enter() and
 *    transaction_leave(). The engine does not run in between.
 * 2. What was found stored is noted in the overlay before anybody is told of
 *    it: no answer rests on what the commit does not check, but those to stat(2)
 *    and readdir(3), which nothing notes.
 * 3. It is open until it commits; while it does, nothing else enters. A commit
 *    that others' changes prevent leaves it failed: it can be read, no more. A
 *    commit that fails for another reason leaves it open. Whatever ends it
 *    leaves nothing behind: no entry, no scratch file, no empty directory.
 * 4. A name is taken until all of its transaction is gone.
 * 5. It ends by itself when nothing has entered for the time-out. It lives in
 *    memory: it ends with the mount.
 *
 * DESIGN 4.5. Functions may be called from any thread.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRANSACTIONS_MAX           64 /* of each user */
#define TRANSACTION_BYTES          ((size_t)64 << 20)
#define TRANSACTION_TIMEOUT        600 /* seconds */
#define TRANSACTION_DIRECTORY_NAME ".transact"

struct caller;
struct filesystem;
struct mount_table;
struct overlay;
struct transaction;
struct transactions;

/* All that are open; the time-out is in seconds, 0 for the default. */
struct transactions *transactions_new(struct filesystem *fs, unsigned timeout)
	__attribute__((returns_nonnull));
/* Drops them all. */
void transactions_free(struct transactions *transactions);

int transaction_begin(struct filesystem *fs, const struct caller *caller, struct slice name,
	struct error *err) NODISCARD;
/* The open one of that name, whosever it is: a reference, or NULL. */
struct transaction *transaction_find(struct filesystem *fs, struct slice name);
/* The names of a user's, in byte order, in the arena. */
struct slice *transaction_list(
	struct filesystem *fs, uid_t uid, struct arena *arena, size_t *ret_count);

struct transaction *transaction_ref(struct transaction *transaction);
/* NULL is allowed. */
void transaction_unref(struct transaction *transaction);

/* Who began it. */
const struct caller *transaction_owner(const struct transaction *transaction);

/* What stands for a table in its own directory: new. */
struct mount_table *transaction_own_table(struct transaction *transaction);
/* A table as the transaction sees it: new. */
int transaction_table(struct transaction *transaction, struct mount_table *stored,
	struct mount_table **ret, struct error *err) NODISCARD;

enum transaction_use { TRANSACTION_READS, TRANSACTION_WRITES };
/* The overlay, locked, or NULL with the error: it has ended, is being
 * committed, or failed and is to be written. */
struct overlay *transaction_enter(
	struct transaction *transaction, enum transaction_use use, struct error *err) NODISCARD;
void transaction_leave(struct transaction *transaction);
/* Of an item that is put: time, made unique. To be called in between. */
uint64_t transaction_stamp(struct transaction *transaction);

/* Commits, and appends what came of it, as JSON Lines. ERROR_CONFLICT while a
 * file is being written; ERROR_TRANSACTION_CANCELED when what it read has
 * changed: its message then has those lines too. May take long. */
int transaction_commit(
	struct transaction *transaction, struct buf *ret, struct error *err) NODISCARD;
/* Drops it. ERROR_CONFLICT while it is being committed. */
int transaction_abort(struct transaction *transaction, struct error *err) NODISCARD;
/* What it is and what has come of it, as JSON Lines. */
void transaction_append_status(struct transaction *transaction, struct buf *buf);
