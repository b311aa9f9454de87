/*
 * UpdateContributorInsights, DescribeContributorInsights, ListContributorInsights.
 *
 * Here it is a setting that is told again, and takes effect at once: hot keys are
 * always watched (monitor/hot_keys.h), and `.hot` tells of them whether or not it
 * is enabled. There are no rules to look at in CloudWatch; they have the names that
 * the service would give them. Source: Developer Guide, "Using CloudWatch
 * Contributor Insights for DynamoDB".
 */
#include "api/operations.h"
#include "base/clock.h"

#include <inttypes.h>

#define LIST_MAX       100
#define LISTED_AT_ONCE 100 /* names of tables */
#define MILLISECOND_NS 1000000

/* A table's setting or that of a global index. */
struct target {
	struct slice table_name, index_name;
	bool has_sort;
	struct insights insights;
};

static int index_not_found(struct slice table_name, struct slice index_name, struct error *err)
{
	return error_set(err, ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Table: %.*s Index: %.*s not found",
		SLICE_ARG(table_name), SLICE_ARG(index_name));
}

static const struct index_description *find_index(
	const struct table_description *table, struct slice name)
{
	for (size_t i = 0; i < table->index_count; i++) {
		if (table->indexes[i].kind == INDEX_GLOBAL &&
			slice_equal(table->indexes[i].name, name))
			return &table->indexes[i];
	}
	return NULL;
}

static struct target target_of(
	const struct table_description *table, const struct index_description *index)
{
	if (!index)
		return (struct target){
			.table_name = table->name,
			.has_sort = key_schema_has_sort(&table->key),
			.insights = table->insights,
		};
	return (struct target){
		.table_name = table->name,
		.index_name = index->name,
		.has_sort = index->key.sort_count,
		.insights = index->insights,
	};
}

static struct slice status_of(const struct insights *insights)
{
	return insights->enabled ? SLICE("ENABLED") : SLICE("DISABLED");
}

/* Told of what is, or was, enabled. */
static struct slice mode_of(const struct insights *insights)
{
	if (!insights->changed_ns)
		return slice_of(NULL, 0);
	return slice_from_string(insights_mode_names[insights->mode]);
}

/* Changing */

struct insights_change {
	struct slice index_name;
	struct insights insights;
};

static void apply(const struct insights_change *change, struct insights *ret)
{
	if (ret->enabled == change->insights.enabled && ret->mode == change->insights.mode &&
		ret->changed_ns)
		return;
	*ret = change->insights;
}

static int change_index(struct txn *txn, struct table_description *table,
	const struct insights_change *change, struct error *err)
{
	struct index_description *indexes =
		arena_alloc_array(txn_arena(txn), table->index_count, sizeof(*indexes));
	const struct index_description *found = find_index(table, change->index_name);

	if (!found)
		return index_not_found(table->name, change->index_name, err);
	memcpy(indexes, table->indexes, table->index_count * sizeof(*indexes));
	apply(change, &indexes[found - table->indexes].insights);
	table->indexes = indexes;
	return 0;
}

static int change_insights(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	const struct insights_change *change = context;

	if (slice_present(change->index_name))
		return change_index(txn, table, change, err);
	apply(change, &table->insights);
	return 0;
}

int run_update_insights(struct engine *engine, struct request *request, struct error *err)
{
	const struct update_insights_input *in = request->input;
	struct update_insights_output *out = request->output;
	int mode = enum_index(insights_mode_names, in->mode), r;
	struct insights_change change = {
		.index_name = in->index_name,
		.insights = {
			.enabled = enum_index(insights_action_names, in->action) > 0,
			.mode = mode < 0 ? INSIGHTS_ACCESSED_AND_THROTTLED : (enum insights_mode)mode,
			.changed_ns = clock_realtime_ns(),
		},
	};

	TRY(r = table_update(engine->store, in->table_name, request->arena,
		    engine->durability[request->door], change_insights, &change, err));
	if (r == TABLE_ABSENT)
		return table_not_found(in->table_name, err);
	*out = (struct update_insights_output){
		.table_name = in->table_name,
		.index_name = in->index_name,
		.status = status_of(&change.insights),
		.mode = mode_of(&change.insights),
	};
	return 0;
}

/* Describing */

/* The names of the rules: of consumed and throttled, partition and whole keys. */
static struct request_list rules_of(const struct target *target, struct arena *arena)
{
	static const char *const kinds[] = { "PKC", "SKC", "PKT", "SKT" };
	struct slice *rules = arena_alloc_array(arena, ARRAY_SIZE(kinds), sizeof(*rules));
	struct slice name =
		slice_present(target->index_name) ? target->index_name : target->table_name;
	bool throttled_alone = target->insights.mode == INSIGHTS_THROTTLED;
	size_t count = 0;

	for (size_t i = 0; target->insights.enabled && i < ARRAY_SIZE(kinds); i++) {
		if ((kinds[i][0] == 'S' && !target->has_sort) ||
			(kinds[i][2] == 'C' && throttled_alone))
			continue;
		rules[count++] = arena_printf(arena, "DynamoDBContributorInsights-%s-%.*s-%" PRId64,
			kinds[i], SLICE_ARG(name), target->insights.changed_ns / MILLISECOND_NS);
	}
	return (struct request_list){ target->insights.enabled, count, rules };
}

static int find_target(
	const struct table *table, struct slice index_name, struct target *ret, struct error *err)
{
	const struct table_description *description = table_description(table);
	const struct index_description *index = NULL;

	if (slice_present(index_name)) {
		index = find_index(description, index_name);
		if (!index)
			return index_not_found(description->name, index_name, err);
	}
	*ret = target_of(description, index);
	return 0;
}

int run_describe_insights(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_insights_input *in = request->input;
	struct describe_insights_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct target target = { 0 };

	TRY(engine_find_named_table(engine, in->table_name, &table, err));
	TRY(find_target(table, in->index_name, &target, err));
	*out = (struct describe_insights_output){
		.table_name = arena_copy(request->arena, target.table_name),
		.index_name = in->index_name,
		.rule_list = rules_of(&target, request->arena),
		.status = status_of(&target.insights),
		.last_update_date_time = target.insights.changed_ns,
		.mode = mode_of(&target.insights),
	};
	return 0;
}

/* Listing: tables by name, each followed by its global indexes. */

struct listing {
	struct arena *arena;
	struct slice after_table, after_index; /* absent: from the first */
	struct insights_summary *summaries;
	size_t count, limit;
	bool more;
};

/* "TABLE/INDEX", where the page before ended. */
static void read_token(struct listing *listing, struct slice token)
{
	const char *slash = token.len ? memchr(token.data, '/', token.len) : NULL;

	if (!slice_present(token))
		return;
	listing->after_table = token;
	listing->after_index = slice_of("", 0);
	if (!slash)
		return;
	listing->after_table.len = (size_t)(slash - token.data);
	listing->after_index = slice_skip(token, listing->after_table.len + 1);
}

static struct slice make_token(const struct listing *listing)
{
	const struct insights_summary *last = &listing->summaries[listing->count - 1];
	struct slice index = slice_present(last->index_name) ? last->index_name : SLICE("");

	return arena_printf(
		listing->arena, "%.*s/%.*s", SLICE_ARG(last->table_name), SLICE_ARG(index));
}

static void add_summary(struct listing *listing, const struct target *target)
{
	if (listing->count == listing->limit) {
		listing->more = true;
		return;
	}
	listing->summaries[listing->count++] = (struct insights_summary){
		.table_name = arena_copy(listing->arena, target->table_name),
		.index_name = arena_copy(listing->arena, target->index_name),
		.status = status_of(&target->insights),
		.mode = mode_of(&target->insights),
	};
}

/* The global index that follows that name; NULL when there is none. */
static const struct index_description *next_index(
	const struct table_description *table, struct slice after)
{
	const struct index_description *next = NULL;

	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_description *index = &table->indexes[i];

		if (index->kind == INDEX_GLOBAL && slice_compare(index->name, after) > 0 &&
			(!next || slice_compare(index->name, next->name) < 0))
			next = index;
	}
	return next;
}

static void list_table(struct listing *listing, const struct table_description *table)
{
	bool begun = slice_present(listing->after_table) &&
		     slice_equal(table->name, listing->after_table);
	struct slice after = begun ? listing->after_index : SLICE("");
	const struct index_description *index;
	struct target target = target_of(table, NULL);

	if (!begun)
		add_summary(listing, &target);
	while (!listing->more && (index = next_index(table, after))) {
		target = target_of(table, index);
		add_summary(listing, &target);
		after = index->name;
	}
}

static int list_named_table(
	struct engine *engine, struct listing *listing, struct slice name, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	int r;

	TRY(r = table_find(engine->store, name, &table, err));
	if (r == 0)
		list_table(listing, table_description(table));
	return r;
}

/* The rest of a table that the page before told in part, then those behind it. */
static int list_all(struct engine *engine, struct listing *listing, struct error *err)
{
	struct slice after = listing->after_table, *names;
	bool more = true;
	size_t count;

	if (slice_present(after))
		TRY(list_named_table(engine, listing, after, err));
	while (more && !listing->more) {
		TRY(table_list(engine->store, after, LISTED_AT_ONCE, listing->arena, &names, &count,
			&more, err));
		for (size_t i = 0; i < count && !listing->more; i++)
			TRY(list_named_table(engine, listing, names[i], err));
		if (count)
			after = names[count - 1];
	}
	return 0;
}

int run_list_insights(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_insights_input *in = request->input;
	struct list_insights_output *out = request->output;
	struct listing listing = {
		.arena = request->arena,
		.limit = in->max_results.present ? (size_t)in->max_results.value : LIST_MAX,
	};
	int r;

	listing.summaries =
		arena_alloc_array(request->arena, listing.limit, sizeof(*listing.summaries));
	read_token(&listing, in->next_token);
	if (slice_present(in->table_name))
		TRY(r = list_named_table(engine, &listing, in->table_name, err));
	else
		TRY(r = list_all(engine, &listing, err));
	if (r == TABLE_ABSENT)
		return table_not_found(in->table_name, err);
	out->summaries = (struct request_list){ true, listing.count, listing.summaries };
	if (listing.more)
		out->next_token = make_token(&listing);
	return 0;
}
