/*
 * Tables as they were: a model keeps each state that a table had, and a snapshot
 * at each moment must show that state, whatever happens meanwhile.
 */
#undef NDEBUG
#include "store_fixture.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/changes.h"
#include "store/history.h"
#include "store/recovery.h"
#include "store/snapshot.h"
#include "store/store_private.h"
#include "store/table_private.h"

#define KEYS    700 /* more than two chunks */
#define MOMENTS 1200
#define ABSENT  0
#define DAY_NS  (24LL * 60 * 60 * 1000000000)

/* The value of each key at one moment. */
struct state {
	uint64_t stamp;
	uint16_t values[KEYS];
};

struct model {
	struct state *states; /* MOMENTS of them */
	size_t count;
	uint16_t now[KEYS];
	unsigned seed;
};

static void model_release(struct model *model)
{
	free(model->states);
}

static struct model model_new(unsigned seed)
{
	return (struct model){
		.states = memory_new(MOMENTS * sizeof(struct state)),
		.seed = seed,
	};
}

static unsigned draw(struct model *model, unsigned below)
{
	model->seed = model->seed * 1103515245u + 12345u;
	return (model->seed >> 16) % below;
}

/* Some keys are prefixes of others. */
static const char *partition_of(struct fixture *f, size_t key)
{
	return arena_printf(&f->arena, "p%.*s", (int)(key % 7), "aaaaaaa").data;
}

static void write_value(struct fixture *f, size_t key, uint16_t value)
{
	const char *pk = partition_of(f, key);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "%zu %u", key, value);
	if (value == ABSENT)
		fixture_delete(f, pk, (int64_t)key);
	else
		fixture_put(f, pk, (int64_t)key, buf_string(&text));
}

/* One write, often of the keys that were written before. */
static void change_something(struct fixture *f, struct model *model)
{
	size_t key = draw(model, draw(model, 2) ? KEYS : KEYS / 20);
	uint16_t value = draw(model, 4) ? (uint16_t)(1 + draw(model, 1000)) : ABSENT;
	struct arena_mark mark = arena_mark(&f->arena);

	write_value(f, key, value);
	model->now[key] = value;
	arena_reset(&f->arena, mark);
}

static void keep_state(struct fixture *f, struct model *model)
{
	struct state *state = &model->states[model->count++];
	uint64_t now = (uint64_t)clock_realtime_ns();

	state->stamp = now > f->store->last_stamp ? now : f->store->last_stamp;
	memcpy(state->values, model->now, sizeof(state->values));
}

/* What a snapshot shows. */
struct shown {
	struct fixture *f;
	uint16_t values[KEYS];
	size_t rows;
	struct buf last_key;
	bool ordered;
};

/* Its attribute "v" holds the key and the value. */
static void show_item(struct shown *shown, const struct map *item)
{
	char *end;
	unsigned long key = strtoul(map_find(item, SLICE("v"))->bytes.data, &end, 10);

	CHECK(key < KEYS);
	shown->values[key] = (uint16_t)strtoul(end, NULL, 10);
	shown->rows++;
}

static int take(
	struct txn *txn, void *context, const struct row *rows, size_t count, struct error *err)
{
	struct shown *shown = context;

	for (size_t i = 0; i < count; i++) {
		struct map item;

		TRY(item_decode(txn_arena(txn), rows[i].item, &item, err));
		show_item(shown, &item);
		if (slice_compare(buf_slice(&shown->last_key), rows[i].key) >= 0)
			shown->ordered = false;
		buf_clear(&shown->last_key);
		buf_append_slice(&shown->last_key, rows[i].key);
	}
	return 0;
}

static void read_all(
	struct fixture *f, struct snapshot *snapshot, struct shown *shown, struct model *meanwhile)
{
	int r = 0;

	*shown = (struct shown){ .f = f, .ordered = true };
	while (r != SNAPSHOT_END) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		CHECK_OK(r = snapshot_next(snapshot, &arena, take, shown, &f->err), &f->err);
		for (int i = 0; meanwhile && i < 50; i++)
			change_something(f, meanwhile);
	}
	buf_release(&shown->last_key);
	CHECK(shown->ordered);
}

static void check_state(struct fixture *f, const struct state *state, struct model *meanwhile)
{
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };
	struct shown shown;
	size_t rows = 0;

	CHECK_OK(snapshot_open(f->table, state->stamp, &snapshot, &f->err), &f->err);
	CHECK(snapshot.table);
	read_all(f, &snapshot, &shown, meanwhile);
	for (size_t i = 0; i < KEYS; i++) {
		CHECK_INT(shown.values[i], state->values[i]);
		rows += state->values[i] != ABSENT;
	}
	CHECK_INT(shown.rows, rows);
}

static void set_recovery(struct fixture *f, bool enabled, int64_t days)
{
	struct table_description description;

	CHECK_OK(recovery_set(f->table, enabled, days, &f->arena, DURABLE_PROCESS, &description,
			 &f->err),
		&f->err);
	table_unref(f->table);
	f->table = fixture_find(f, "T");
}

static void fill(struct fixture *f, struct model *model, int writes)
{
	for (int i = 0; i < writes; i++)
		change_something(f, model);
}

/* Writes, with each state kept. */
static void live(struct fixture *f, struct model *model, size_t moments)
{
	for (size_t i = 0; i < moments; i++) {
		change_something(f, model);
		keep_state(f, model);
	}
}

static void each_moment_shows_the_table_as_it_was(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(1);

	fill(&f, &model, 900);
	set_recovery(&f, true, 35);
	keep_state(&f, &model);
	live(&f, &model, test_rounds(400));
	for (size_t i = 0; i < model.count; i++)
		check_state(&f, &model.states[i], NULL);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static void what_is_written_meanwhile_changes_no_snapshot(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(2);

	fill(&f, &model, 900);
	set_recovery(&f, true, 35);
	live(&f, &model, test_rounds(200));
	for (size_t i = 0; i < model.count; i += 4)
		check_state(&f, &model.states[i], &model);
}

/* More of it than one chunk looks at. */
static void what_changed_long_before_is_passed_over(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(10);

	set_recovery(&f, true, 35);
	fill(&f, &model, 1000 + (int)test_rounds(3000));
	live(&f, &model, 20);
	for (size_t i = 0; i < model.count; i++)
		check_state(&f, &model.states[i], i % 2 ? &model : NULL);
	for (size_t i = 0; i < KEYS; i++) {
		write_value(&f, i, ABSENT);
		model.now[i] = ABSENT;
	}
	keep_state(&f, &model);
	check_state(&f, &model.states[model.count - 1], NULL);
}

/* What a span shows of each key; untouched ones have no stamp. */
struct span {
	struct fixture *f;
	uint64_t stamps[KEYS];
	struct shown old, new;
};

static int take_changes(struct txn *txn, void *context, const struct row_change *changes,
	size_t count, struct error *err)
{
	struct span *span = context;

	for (size_t i = 0; i < count; i++) {
		struct key key;
		unsigned long number;
		struct map item;

		TRY(key_decode(&table_description(span->f->table)->key, changes[i].row_key,
			txn_arena(txn), &key, err));
		number = (unsigned long)key.sort.number.coefficient;
		for (int16_t zeros = key.sort.number.exponent; zeros > 0; zeros--)
			number *= 10;
		CHECK(number < KEYS && !span->stamps[number]);
		span->stamps[number] = changes[i].stamp;
		if (changes[i].had_old) {
			TRY(item_decode(txn_arena(txn), changes[i].old.item, &item, err));
			show_item(&span->old, &item);
		}
		if (changes[i].has_new) {
			TRY(item_decode(txn_arena(txn), changes[i].new.item, &item, err));
			show_item(&span->new, &item);
		}
	}
	return 0;
}

static void check_span(struct fixture *f, const struct state *from, const struct state *to,
	struct model *meanwhile)
{
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };
	struct changes changes CLEANUP(changes_release) = {
		.snapshot = &snapshot,
		.until = to->stamp + 1,
	};
	struct span span = { .f = f };
	int r = 0;

	CHECK_OK(snapshot_open(f->table, from->stamp, &snapshot, &f->err), &f->err);
	while (r != SNAPSHOT_END) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		CHECK_OK(r = changes_next(&changes, &arena, take_changes, &span, &f->err), &f->err);
		for (int i = 0; meanwhile && i < 20; i++)
			change_something(f, meanwhile);
	}
	for (size_t i = 0; i < KEYS; i++) {
		if (!span.stamps[i]) {
			CHECK_INT(from->values[i], to->values[i]);
			continue;
		}
		CHECK(span.stamps[i] > from->stamp && span.stamps[i] <= to->stamp);
		CHECK_INT(span.old.values[i], from->values[i]);
		CHECK_INT(span.new.values[i], to->values[i]);
	}
}

static void a_span_tells_what_became_of_each_row(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(11);

	fill(&f, &model, 900);
	set_recovery(&f, true, 35);
	live(&f, &model, 100 + test_rounds(900));
	for (size_t i = 0; i + 40 < model.count; i += 60) {
		check_span(&f, &model.states[i], &model.states[i + 1], NULL);
		check_span(&f, &model.states[i], &model.states[i + 40], NULL);
		check_span(&f, &model.states[i / 2], &model.states[model.count - 1], &model);
	}
	check_span(&f, &model.states[0], &model.states[model.count - 1], NULL);
}

static void reopen(struct fixture *f)
{
	fixture_close(f);
	fixture_open(f);
}

static void history_survives_a_restart(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(3);

	fill(&f, &model, 300);
	set_recovery(&f, true, 35);
	for (int i = 0; i < 5; i++) {
		live(&f, &model, 60);
		reopen(&f);
	}
	for (size_t i = 0; i < model.count; i += 3)
		check_state(&f, &model.states[i], NULL);
}

/* A snapshot of now, of a table whose history was not kept before. */
static void now_needs_no_recovery(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(4);
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };
	struct shown shown;
	struct state before;

	fill(&f, &model, 1500);
	memcpy(before.values, model.now, sizeof(before.values));
	CHECK_OK(snapshot_open(f.table, SNAPSHOT_NOW, &snapshot, &f.err), &f.err);
	fill(&f, &model, 500);
	read_all(&f, &snapshot, &shown, &model);
	CHECK(memcmp(shown.values, before.values, sizeof(before.values)) == 0);
	CHECK(snapshot.table->body->newest->history);
	snapshot_close(&snapshot);
	CHECK(!f.table->body->newest->history);
}

static void two_snapshots_at_once_are_each_of_their_moment(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(5);
	struct snapshot first CLEANUP(snapshot_close) = { 0 },
			      second CLEANUP(snapshot_close) = { 0 };
	uint16_t before[2][KEYS];
	struct shown shown;

	fill(&f, &model, 800);
	memcpy(before[0], model.now, sizeof(before[0]));
	CHECK_OK(snapshot_open(f.table, SNAPSHOT_NOW, &first, &f.err), &f.err);
	fill(&f, &model, 300);
	memcpy(before[1], model.now, sizeof(before[1]));
	CHECK_OK(snapshot_open(f.table, SNAPSHOT_NOW, &second, &f.err), &f.err);
	fill(&f, &model, 300);
	read_all(&f, &first, &shown, NULL);
	CHECK(memcmp(shown.values, before[0], sizeof(before[0])) == 0);
	snapshot_close(&first);
	fill(&f, &model, 300);
	CHECK_OK(history_trim(f.store, clock_realtime_ns(), &f.err), &f.err);
	read_all(&f, &second, &shown, NULL);
	CHECK(memcmp(shown.values, before[1], sizeof(before[1])) == 0);
}

static size_t count_entries(DB *file)
{
	DBT key = { .flags = DB_DBT_REALLOC }, data = { .flags = DB_DBT_REALLOC };
	size_t count = 0;
	DBC *cursor;

	CHECK_INT(file->cursor(file, NULL, &cursor, 0), 0);
	while (cursor->get(cursor, &key, &data, DB_NEXT) == 0)
		count++;
	cursor->close(cursor);
	free(key.data);
	free(data.data);
	return count;
}

static void what_is_older_than_the_period_goes(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(6);
	const struct history *history;
	size_t kept;
	int64_t at;

	set_recovery(&f, true, 1);
	live(&f, &model, 600);
	history = f.table->history;
	CHECK_INT(count_entries(history->file), count_entries(history->moments));
	kept = count_entries(history->moments);
	/* The day after the moment in the middle. */
	at = (int64_t)model.states[300].stamp + DAY_NS;
	CHECK_OK(history_trim(f.store, at, &f.err), &f.err);
	CHECK_INT(count_entries(history->file), count_entries(history->moments));
	CHECK(count_entries(history->moments) < kept);
	for (size_t i = 300; i < model.count; i += 20)
		check_state(&f, &model.states[i], NULL);
	CHECK_OK(history_trim(f.store, at + DAY_NS, &f.err), &f.err);
	CHECK_INT(count_entries(history->moments), 0);
	CHECK_INT(count_entries(history->file), 0);
}

static void what_a_snapshot_reads_is_not_trimmed(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(7);
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };
	struct shown shown;

	fill(&f, &model, 300);
	set_recovery(&f, true, 1);
	live(&f, &model, 300);
	CHECK_OK(snapshot_open(f.table, model.states[100].stamp, &snapshot, &f.err), &f.err);
	CHECK_OK(history_trim(f.store, clock_realtime_ns() + 2 * DAY_NS, &f.err), &f.err);
	read_all(&f, &snapshot, &shown, NULL);
	CHECK(memcmp(shown.values, model.states[100].values, sizeof(shown.values)) == 0);
}

/* Also when recovery is disabled while it is read. */
static void a_moment_that_is_read_stays_to_the_end(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct model model CLEANUP(model_release) = model_new(8);
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };
	struct shown shown;

	set_recovery(&f, true, 35);
	live(&f, &model, 200);
	CHECK_OK(snapshot_open(f.table, model.states[50].stamp, &snapshot, &f.err), &f.err);
	set_recovery(&f, false, 0);
	fill(&f, &model, 300);
	read_all(&f, &snapshot, &shown, &model);
	CHECK(memcmp(shown.values, model.states[50].values, sizeof(shown.values)) == 0);
	CHECK_INT(table_delete(f.store, SLICE("T"), false, DURABLE_PROCESS, &f.err), TABLE_PINNED);
	snapshot_close(&snapshot);
	CHECK(!f.table->body->newest->history);
	CHECK_INT(table_delete(f.store, SLICE("T"), false, DURABLE_PROCESS, &f.err), 0);
}

static void moments_that_are_not_kept_are_refused(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };
	uint64_t before = (uint64_t)clock_realtime_ns();
	struct model model CLEANUP(model_release) = model_new(9);

	fill(&f, &model, 20);
	CHECK_INT(snapshot_open(f.table, before, &snapshot, &f.err), SNAPSHOT_GONE);
	set_recovery(&f, true, 1);
	CHECK_INT(snapshot_open(f.table, before, &snapshot, &f.err), SNAPSHOT_GONE);
	set_recovery(&f, false, 0);
	CHECK_INT(snapshot_open(f.table, f.store->last_stamp, &snapshot, &f.err), SNAPSHOT_GONE);
}

/* A longer period does not bring back what a shorter one has let go. */
static void a_period_begins_when_it_is_set(void)
{
	struct table_description table = { .recovery_enabled = true, .recovery_days = 2 };

	CHECK_INT(recovery_earliest(&table, 10 * DAY_NS), 8 * DAY_NS);
	table.recovery_since = 9 * DAY_NS;
	CHECK_INT(recovery_earliest(&table, 10 * DAY_NS), 9 * DAY_NS);
	table.recovery_days = 35;
	CHECK_INT(recovery_earliest(&table, 100 * DAY_NS), 65 * DAY_NS);
}

static void an_unneeded_history_ends_at_the_next_start(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct snapshot snapshot = { 0 };
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	CHECK_OK(snapshot_open(f.table, SNAPSHOT_NOW, &snapshot, &f.err), &f.err);
	/* As if the process had ended here. */
	table_unref(snapshot.table);
	f.table->body->pins = NULL;
	reopen(&f);
	CHECK(f.table->history);
	buf_appendf(&name, "%s/", f.path);
	{
		struct buf file CLEANUP(buf_release) = BUF_INIT;

		buf_append_string(&name, history_file_name(f.table->description.history_id, &file));
	}
	CHECK_INT(access(buf_string(&name), F_OK), 0);
	CHECK_OK(recovery_tidy(f.store, &f.err), &f.err);
	CHECK(!f.table->body->newest->history);
	fixture_close(&f);
	CHECK(access(buf_string(&name), F_OK) < 0);
	fixture_open(&f);
}

static void texts_and_times_make_no_history(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("x"));
	struct fixture_write write = {
		.action = {
			.kind = WRITE_TOUCH,
			.table = f.table,
			.row_key = fixture_key_of(f.table, &f.arena, &item),
			.mtime_ns = 5,
		},
	};

	set_recovery(&f, true, 35);
	write.action.table = f.table;
	fixture_put(&f, "a", 1, "x");
	fixture_put(&f, "a", 1, "x");
	CHECK_OK(fixture_apply(&f, &write), &f.err);
	fixture_delete(&f, "b", 1);
	CHECK_INT(count_entries(f.table->history->moments), 1);
}

static const struct test_case cases[] = {
	{ "each moment shows the table as it was", each_moment_shows_the_table_as_it_was },
	{ "what is written meanwhile changes no snapshot",
		what_is_written_meanwhile_changes_no_snapshot },
	{ "what changed long before is passed over", what_changed_long_before_is_passed_over },
	{ "a span tells what became of each row", a_span_tells_what_became_of_each_row },
	{ "history survives a restart", history_survives_a_restart },
	{ "a snapshot of now needs no recovery", now_needs_no_recovery },
	{ "two snapshots at once are each of their moment",
		two_snapshots_at_once_are_each_of_their_moment },
	{ "what is older than the period goes", what_is_older_than_the_period_goes },
	{ "what a snapshot reads is not trimmed", what_a_snapshot_reads_is_not_trimmed },
	{ "a moment that is read stays to the end", a_moment_that_is_read_stays_to_the_end },
	{ "moments that are not kept are refused", moments_that_are_not_kept_are_refused },
	{ "a period begins when it is set", a_period_begins_when_it_is_set },
	{ "an unneeded history ends at the next start",
		an_unneeded_history_ends_at_the_next_start },
	{ "texts and times make no history", texts_and_times_make_no_history },
};

TEST_MAIN(cases)
