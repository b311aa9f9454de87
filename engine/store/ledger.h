/*
 * The ledger: what was asked for that takes long or outlives its table, and how it
 * went. A record is a JSON object under an id; ids begin with the time, so that
 * their order is that of the requests.
 *
 *	DATA/backups.db	kind, one letter ‖ id -> JSON
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"
#include "store/txn.h"

enum ledger_kind { LEDGER_BACKUP, LEDGER_EXPORT, LEDGER_IMPORT };

struct ledger_entry {
	struct slice id;
	struct slice text;
};

/* An id as the service makes them, in the arena: 01693685827463-2d8752fd. */
int ledger_make_id(
	struct arena *arena, int64_t time_ns, struct slice *ret, struct error *err) NODISCARD;
/* The time in ns, to the ms, that an id begins with; false when it is no id. */
bool ledger_id_time(struct slice id, int64_t *ret_ns);

int ledger_put(struct txn *txn, enum ledger_kind kind, struct slice id, struct slice text,
	struct error *err) NODISCARD;
int ledger_delete(
	struct txn *txn, enum ledger_kind kind, struct slice id, struct error *err) NODISCARD;
/* The same in transactions of their own. */
int ledger_save(struct store *store, enum ledger_kind kind, struct slice id, struct slice text,
	enum durability durability, struct error *err) NODISCARD;
int ledger_forget(struct store *store, enum ledger_kind kind, struct slice id,
	enum durability durability, struct error *err) NODISCARD;

#define LEDGER_ABSENT 1
/* 0 and the text in the arena, or LEDGER_ABSENT. */
int ledger_get(struct store *store, enum ledger_kind kind, struct slice id, struct arena *arena,
	struct slice *ret_text, struct error *err) NODISCARD;
/* All of a kind in order of their ids, in the arena. */
int ledger_list(struct store *store, enum ledger_kind kind, struct arena *arena,
	struct ledger_entry **ret, size_t *ret_count, struct error *err) NODISCARD;
