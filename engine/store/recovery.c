#include "store/recovery.h"
#include "store/catalog.h"
#include "store/history.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"

#define DAY_NS (24LL * 60 * 60 * 1000000000)

int64_t recovery_earliest(const struct table_description *table, int64_t now_ns)
{
	int64_t oldest = now_ns - table->recovery_days * DAY_NS;

	return oldest > table->recovery_since ? oldest : table->recovery_since;
}

struct setting {
	struct table_body *body;
	bool enabled;
	int64_t days;
	struct table_description description; /* after it */
	struct table_replacement replacement;
};

static bool is_set(const struct table_description *table, const struct setting *setting)
{
	if (!setting->enabled)
		return !table->recovery_enabled;
	return table->recovery_enabled && table->recovery_days == setting->days;
}

/* What was trimmed by the old period does not come back with a longer one. */
static int enable(struct txn *txn, const struct setting *setting, struct table_description *table,
	struct error *err)
{
	const struct history *history = setting->body->newest->history;
	int64_t now = (int64_t)txn_next_stamp(txn, history ? history->newest : 0);

	if (!slice_present(table->history_id))
		TRY(table_make_id(txn->arena, &table->history_id, err));
	table->recovery_since = table->recovery_enabled ? recovery_earliest(table, now) : now;
	table->recovery_enabled = true;
	table->recovery_days = setting->days;
	return 0;
}

/* The history stays while somebody reads it. */
static void disable(struct table_description *table, const struct table_body *body)
{
	table->recovery_enabled = false;
	table->recovery_days = table->recovery_since = 0;
	if (!body->pins)
		table->history_id = slice_of(NULL, 0);
}

static int set_body(struct txn *txn, void *context, struct error *err)
{
	struct setting *setting = context;
	struct table_body *body = setting->body;
	struct table_description *table = &setting->description;

	if (body->deleted)
		return TABLE_ABSENT;
	*table = catalog_copy(&body->newest->description, txn->arena);
	if (is_set(table, setting))
		return 0;
	if (setting->enabled)
		TRY(enable(txn, setting, table, err));
	else
		disable(table, body);
	return table_replace(txn, body->newest, table, &setting->replacement, err);
}

int recovery_set(struct table *table, bool enabled, int64_t days, struct arena *arena,
	enum durability durability, struct table_description *ret, struct error *err)
{
	struct setting setting = { .body = table->body, .enabled = enabled, .days = days };
	int r;

	TRY(r = txn_run(table->body->store, TXN_WRITE, durability, arena, set_body, &setting, err));
	if (r == 0)
		*ret = setting.description;
	return r;
}

static int tidy_body(struct txn *txn, void *context, struct error *err)
{
	struct setting *setting = context;
	struct table_body *body = setting->body;
	struct table_description *table = &setting->description;

	*table = catalog_copy(&body->newest->description, txn->arena);
	disable(table, body);
	return table_replace(txn, body->newest, table, &setting->replacement, err);
}

static int tidy_table(struct table *table, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct setting setting = { .body = table->body };
	const struct table_description *description = &table->description;

	if (!slice_present(description->history_id) || description->recovery_enabled)
		return 0;
	TRY(table_open(table, err));
	return txn_run(
		table->body->store, TXN_WRITE, DURABLE_PROCESS, &arena, tidy_body, &setting, err);
}

int recovery_tidy(struct store *store, struct error *err)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };
	int r = 0;

	table_cache_all(store, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		struct error failure = ERROR_INIT;

		if (tidy_table(tables.tables[i], &failure) < 0)
			r = error_keep_first(err, &failure);
	}
	return r;
}
