/* TagResource, UntagResource, ListTagsOfResource. Source: Developer Guide,
 * "Adding tags and labels to resources". */
#include "api/arn.h"
#include "api/table_design.h"

struct tag_change {
	const struct request_list *added; /* struct tag_input; or NULL */
	const struct request_list *removed; /* struct slice; or NULL */
};

static bool is_listed(const struct request_list *keys, struct slice key)
{
	const struct slice *items = keys->items;

	for (size_t i = 0; i < keys->count; i++) {
		if (slice_equal(items[i], key))
			return true;
	}
	return false;
}

static void remove_tags(
	struct table_description *description, const struct request_list *keys, struct arena *arena)
{
	struct tag *tags = arena_alloc_array(arena, description->tag_count, sizeof(*tags));
	size_t count = 0;

	for (size_t i = 0; i < description->tag_count; i++) {
		if (!is_listed(keys, description->tags[i].key))
			tags[count++] = description->tags[i];
	}
	description->tags = tags;
	description->tag_count = count;
}

static int change_tags(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	const struct tag_change *change = context;

	if (change->removed)
		remove_tags(description, change->removed, txn_arena(txn));
	if (change->added)
		return design_tags(change->added, txn_arena(txn), description, err);
	return 0;
}

static int update_tags(struct engine *engine, struct request *request, struct slice arn,
	struct tag_change *change, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	int r;

	TRY(arn_find_table(engine, request, arn, &table, err));
	r = table_update(engine->store, table_description(table)->name, request->arena,
		engine->durability[request->door], change_tags, change, err);
	if (r == TABLE_ABSENT)
		return table_not_found(table_description(table)->name, err);
	return r;
}

int run_tag_resource(struct engine *engine, struct request *request, struct error *err)
{
	const struct tag_resource_input *in = request->input;
	struct tag_change change = { .added = &in->tags };

	TRY(arn_check(engine, request, in->resource_arn, err));
	if (!in->tags.count)
		return error_set(
			err, ERROR_VALIDATION, "Atleast one Tag needs to be provided as Input.");
	return update_tags(engine, request, in->resource_arn, &change, err);
}

int run_untag_resource(struct engine *engine, struct request *request, struct error *err)
{
	const struct untag_resource_input *in = request->input;
	struct tag_change change = { .removed = &in->tag_keys };

	TRY(arn_check(engine, request, in->resource_arn, err));
	if (!in->tag_keys.count)
		return error_set(err, ERROR_VALIDATION,
			"Atleast one Tag Key needs to be provided as Input.");
	return update_tags(engine, request, in->resource_arn, &change, err);
}

int run_list_tags_of_resource(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_tags_of_resource_input *in = request->input;
	struct list_tags_of_resource_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	const struct table_description *description;
	struct tag_input *tags;

	TRY(arn_find_table(engine, request, in->resource_arn, &table, err));
	description = table_description(table);
	tags = arena_alloc_array(request->arena, description->tag_count, sizeof(*tags));
	for (size_t i = 0; i < description->tag_count; i++) {
		tags[i].key = arena_copy(request->arena, description->tags[i].key);
		tags[i].value = arena_copy(request->arena, description->tags[i].value);
	}
	out->tags = (struct request_list){ true, description->tag_count, tags };
	return 0;
}
