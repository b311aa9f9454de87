/*
 * What exports and imports have in common: their records in the ledger, tokens that
 * make a request idempotent, and pages of lists.
 *
 * A record is a struct of a shape, kept as JSON, so that what is described is what
 * is kept.
 */
#pragma once

#include "api/operations.h"
#include "api/request_export.h"
#include "store/ledger.h"

/* Records are told so long. Source: API Reference, ListExports and ListImports. */
#define TRANSFER_DAYS     90
#define TRANSFER_PAGE_MAX 25
/* A token is good so long. Source: API Reference, "ClientToken". */
#define TRANSFER_TOKEN_NS (8LL * 60 * 60 * 1000000000)

/* kind: LEDGER_EXPORT, struct export_record; LEDGER_IMPORT, struct import_record_kept. */
int transfer_save(struct store *store, enum ledger_kind kind, struct slice id, const void *record,
	enum durability durability, struct error *err) NODISCARD;
/* 0 or LEDGER_ABSENT; in the arena. */
int transfer_get(struct store *store, enum ledger_kind kind, struct slice id, struct arena *arena,
	void *ret_record, struct error *err) NODISCARD;

struct transfer_list {
	struct slice *ids;
	char *records; /* of the kind's struct */
	size_t count;
};

/* All of the last TRANSFER_DAYS, the newest first, in the arena. */
int transfer_read_all(struct store *store, enum ledger_kind kind, struct arena *arena,
	struct transfer_list *ret, struct error *err) NODISCARD;
/* Removes older ones. */
int transfer_expire(struct store *store, int64_t now_ns, struct error *err) NODISCARD;

/* A hash of an input, in the arena, by which the same request is known again. */
struct slice transfer_hash(
	const struct request_shape *shape, const void *input, struct arena *arena);

/* The token of a page that ends with that id. */
struct slice transfer_page_token(struct slice id, struct arena *arena);
/* The place in the list after the page of that token; an absent one is the start. */
int transfer_find_page(const struct transfer_list *list, struct slice token, size_t *ret,
	struct error *err) NODISCARD;
