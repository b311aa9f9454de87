/*
 * `.where/CONDITION/`: the items for which a condition holds, as links named by
 * their keys.
 *
 *	grep -R director Movies/.where/"year = 2013 AND info.rating > 8"/
 *
 * Invariants:
 * 1. `.where` lists nothing, and nothing lists `.where`: whoever walks the tree
 *    never meets a condition that nobody wrote.
 * 2. A condition is the name of its directory, "%HH" standing for a byte. It is
 *    read anew for each request, and so are the items: a link is there as long
 *    as the condition holds.
 * 3. A listing reads as a SELECT does, by pages of at most 1 MB, and goes on
 *    after an entry by the token of its item (request_statement.h). Of what was
 *    read only names and tokens are kept. A search of many pages pauses in between.
 *
 * DESIGN 4.5.
 */
#include "item_link.h"

#include "api/question.h"
#include "backpressure.h"
#include "name.h"
#include "requests.h"

#include <errno.h>

#define UP "../../"

/* Items that one page looks at: as many as there may be entries, and more after
 * a page without any. */
#define LOOKED_AT_MIN BATCH_ENTRIES
#define LOOKED_AT_MAX (64 * BATCH_ENTRIES)
#define PAGES_MAX     8 /* read at once */

static int read_condition(struct filesystem *fs, const struct mount_table *table, struct slice text,
	struct arena *arena, struct question *ret, struct error *err)
{
	const struct table_facts *facts;

	TRY(item_link_describe(fs, table, arena, &facts, err));
	TRY(question_read(text, facts, arena, ret, err));
	if (!ret->is_condition)
		return error_set(err, ERROR_VALIDATION,
			"only a condition can be a directory of .where: write a statement or a "
			"request to .query");
	return 0;
}

/* .where */

static int find_condition(const struct finder *finder, struct directory_entry *ret)
{
	struct slice text = name_unescape(finder->name, finder->arena);
	struct error err = ERROR_INIT;
	struct question question;

	if (finder->name.data[0] == '.')
		return -ENOENT; /* what tools look for everywhere */
	if (read_condition(
		    finder->fs, finder->directory->table, text, finder->arena, &question, &err) < 0)
		return filesystem_reject_text(finder->fs, finder->caller, finder->directory->node,
			finder->name, &err, text);
	directory_identify(finder, NODE_CONDITION, slice_of(NULL, 0), ret);
	ret->timeout = DIRECTORY_TIMEOUT;
	return 0;
}

const struct directory_operations where_directory = {
	.find = find_condition,
	.read_only = true,
};

/* A condition */

static int find_link(const struct finder *finder, struct directory_entry *ret)
{
	const struct node_view *directory = finder->directory;
	const struct mount_table *table = directory->table;
	struct error err = ERROR_INIT;
	struct question question;
	const struct map *item;
	struct item_link link;
	struct key key;
	int r = read_condition(finder->fs, table, name_unescape(directory->name, finder->arena),
		finder->arena, &question, &err);

	if (r == 0)
		r = item_link_find_item(finder, 0, &key, &item, &err);
	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT || !question_holds(&question, item))
		return -ENOENT;
	link = item_link_of(&table->schema, NULL, 0, &key);
	if (!item_link_has_name(&link, finder->name))
		return -ENOENT;
	item_link_identify(finder, NODE_CONDITION_LINK, &key, ret);
	return 0;
}

/* A listing of a condition under way. */
struct answer_reading {
	struct filesystem *fs;
	const struct mount_table *table;
	const struct question *question;
	struct batch *batch;
	struct slice token; /* to go on with; absent: from the beginning */
	struct arena token_arena;
	size_t looked_at; /* by the next page, at most */
	size_t pages; /* read */
	bool ended;
};

static void answer_reading_release(struct answer_reading *reading)
{
	arena_release(&reading->token_arena);
}

/* Adds those of a page for which the condition holds, until the batch is full. */
static int add_page(struct answer_reading *reading, const struct execute_statement_output *page,
	struct error *err)
{
	const struct key_schema *schema = &reading->table->schema;
	const struct map *items = page->items.items;
	struct batch *batch = reading->batch;

	for (size_t i = 0; i < page->items.count && batch->count < BATCH_ENTRIES; i++) {
		struct item_link link;
		struct key key;

		if (!question_holds(reading->question, &items[i]))
			continue;
		TRY(key_from_item(schema, &items[i], &key, err));
		link = item_link_of(schema, NULL, 0, &key);
		item_link_add(batch, NODE_CONDITION_LINK, &link,
			arena_copy(&batch->arena, page->item_tokens[i]));
	}
	return 0;
}

static void take_token(struct answer_reading *reading, struct slice token)
{
	arena_reset(&reading->token_arena, (struct arena_mark){ NULL, 0 });
	reading->token = arena_copy(&reading->token_arena, token);
	reading->ended = !slice_present(token);
}

static int read_page(struct answer_reading *reading, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct execute_statement_input input = reading->question->request.statement;
	struct execute_statement_output page = { 0 };
	size_t before = reading->batch->count;

	input.limit = (struct optional_integer){ true, (int64_t)reading->looked_at };
	input.next_token = reading->token;
	input.item_tokens = true;
	TRY(request_run(reading->fs, OPERATION_EXECUTE_STATEMENT, &input, &page, &arena, err));
	TRY(add_page(reading, &page, err));
	take_token(reading, page.next_token);
	reading->pages++;
	if (reading->batch->count == before && reading->looked_at < LOOKED_AT_MAX)
		reading->looked_at *= 2;
	return 0;
}

static int interrupted(struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "reading the directory was interrupted");
}

/* The next page of it, or LISTING_PAUSED, once in a while and for want of throughput. */
static int read_on(struct answer_reading *reading, struct listing *listing, struct error *err)
{
	if (reading->pages == PAGES_MAX && listing_pause(listing, reading->batch, reading->token))
		return LISTING_PAUSED;
	if (read_page(reading, err) == 0)
		return 0;
	if (!backpressure_is_refusal(err) || !listing_wait(listing, reading->batch, reading->token))
		return -1;
	error_release(err);
	return LISTING_PAUSED;
}

static int add_links(struct listing *listing, struct batch *batch, const struct node_view *view,
	struct slice after, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct question question;
	struct answer_reading reading CLEANUP(answer_reading_release) = {
		.fs = listing->fs,
		.table = view->table,
		.question = &question,
		.batch = batch,
		.token = after,
		.looked_at = LOOKED_AT_MIN,
	};
	int r = 0;

	TRY(read_condition(listing->fs, view->table, name_unescape(view->name, &arena), &arena,
		&question, err));
	reading.ended = question.nothing;
	while (r == 0 && !reading.ended && batch->count < BATCH_ENTRIES) {
		if (listing_interrupted(listing))
			return batch->count ? 0 : interrupted(err);
		TRY(r = read_on(&reading, listing, err));
	}
	batch->is_last = reading.ended && batch->count < BATCH_ENTRIES;
	return r;
}

static int append_target(struct filesystem *fs, const struct node_view *link, struct buf *ret)
{
	return item_link_append_target(fs, link, UP, ret);
}

const struct directory_operations condition_directory = {
	.find = find_link,
	.list = add_links,
	.lists_slowly = true,
	.read_only = true,
	.append_target = append_target,
};
