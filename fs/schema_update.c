#include "schema_update.h"

#include "requests.h"
#include "tables.h"

void schema_update_release(struct schema_update *update)
{
	arena_release(&update->arena);
}

/* Tags and policy, which UpdateTable has not: they may only be as they are. */

static bool has_tag(const struct request_list *tags, const struct tag_input *tag)
{
	const struct tag_input *items = tags->items;

	for (size_t i = 0; i < tags->count; i++) {
		if (slice_equal(items[i].key, tag->key) && slice_equal(items[i].value, tag->value))
			return true;
	}
	return false;
}

static int check_tags(struct filesystem *fs, const struct table_facts *table,
	const struct request_list *wanted, struct arena *arena, struct error *err)
{
	struct list_tags_of_resource_input input = { .resource_arn = table->table_arn };
	struct list_tags_of_resource_output page;
	const struct tag_input *tags;
	size_t count = 0;
	bool same = true;

	if (!wanted->present)
		return 0;
	do {
		page = (struct list_tags_of_resource_output){ 0 };
		TRY(request_run(fs, OPERATION_LIST_TAGS_OF_RESOURCE, &input, &page, arena, err));
		tags = page.tags.items;
		for (size_t i = 0; i < page.tags.count; i++)
			same &= has_tag(wanted, &tags[i]);
		count += page.tags.count;
		input.next_token = page.next_token;
	} while (slice_present(input.next_token));
	if (same && count == wanted->count)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"Tags can't be changed by a schema: TagResource and UntagResource do that");
}

static int check_policy(struct filesystem *fs, const struct table_facts *table, struct slice wanted,
	struct arena *arena, struct error *err)
{
	struct get_resource_policy_input input = { .resource_arn = table->table_arn };
	struct get_resource_policy_output output = { 0 };

	if (!slice_present(wanted))
		return 0;
	if (request_run(fs, OPERATION_GET_RESOURCE_POLICY, &input, &output, arena, err) < 0) {
		if (err->class != ERROR_POLICY_NOT_FOUND)
			return -1;
		error_release(err);
	}
	if (slice_present(output.policy) && slice_equal(output.policy, wanted))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"ResourcePolicy can't be changed by a schema: PutResourcePolicy does that");
}

/* The plan and its checks. */

static const struct sse_specification *encryption_of(
	const struct table_facts *table, struct arena *arena)
{
	struct sse_specification *encryption;

	if (!table->sse_description)
		return NULL;
	encryption = arena_alloc_zero(arena, sizeof(*encryption));
	encryption->enabled = (struct optional_boolean){ true, true };
	encryption->kms_master_key_id = table->sse_description->kms_master_key_arn;
	return encryption;
}

/* CreateTable finds every fault of a schema before it finds the table. */
static int check_whole(struct filesystem *fs, const struct create_table_input *whole,
	struct arena *arena, struct error *err)
{
	struct create_table_input input = *whole;
	struct create_table_output output = { 0 };

	input.check_only = true;
	if (request_run(fs, OPERATION_CREATE_TABLE, &input, &output, arena, err) == 0)
		return 0; /* dropped meanwhile, as the next request finds */
	if (err->class != ERROR_TABLE_IN_USE)
		return -1;
	error_release(err);
	return 0;
}

static int check_steps(struct filesystem *fs, const struct schema_plan *plan, struct arena *arena,
	struct error *err)
{
	struct update_table_output output = { 0 };
	struct update_table_input first;

	if (!plan->count)
		return 0;
	first = plan->steps[0];
	first.check_only = true;
	return request_run(fs, OPERATION_UPDATE_TABLE, &first, &output, arena, err);
}

static int plan_update(struct filesystem *fs, const struct table_facts *table, struct slice schema,
	struct schema_update *update, struct error *err)
{
	struct arena *arena = &update->arena;
	struct create_table_input wanted, whole;
	struct create_table_input current = schema_of(table, arena);

	current.sse_specification = encryption_of(table, arena);
	TRY(schema_read(schema, arena, &wanted, err));
	TRY(schema_complete(&current, &wanted, arena, &whole, err));
	TRY(check_tags(fs, table, &wanted.tags, arena, err));
	TRY(check_policy(fs, table, wanted.resource_policy, arena, err));
	TRY(check_whole(fs, &whole, arena, err));
	schema_plan(&current, &whole, arena, &update->plan);
	return check_steps(fs, &update->plan, arena, err);
}

int schema_update_begin(struct filesystem *fs, struct slice table_name, struct slice schema,
	struct schema_update *ret, struct error *err)
{
	const struct table_facts *table;

	ret->table_name = arena_copy(&ret->arena, table_name);
	schema = arena_copy(&ret->arena, schema);
	if (table_describe(fs, ret->table_name, &ret->arena, &table, err) < 0) {
		if (err->class != ERROR_TABLE_NOT_FOUND)
			return -1;
		error_release(err);
		return SCHEMA_NO_TABLE;
	}
	ret->table_id = table->table_id;
	return plan_update(fs, table, schema, ret, err);
}

/* The steps. */

static void append_steps(
	const struct schema_update *update, size_t from, size_t to, struct buf *buf)
{
	for (size_t i = from; i < to; i++) {
		if (i > from)
			buf_append_string(buf, "; ");
		schema_step_append(&update->plan.steps[i], buf);
	}
	if (from == to)
		buf_append_string(buf, "nothing");
}

int schema_update_give_up(const struct schema_update *update, struct error *err)
{
	struct buf done CLEANUP(buf_release) = BUF_INIT;
	struct buf left CLEANUP(buf_release) = BUF_INIT;

	if (update->done == update->plan.count)
		return error_set(err, ERROR_TABLE_IN_USE,
			"interrupted: the new index is still being filled, which goes on");
	append_steps(update, 0, update->done, &done);
	append_steps(update, update->done, update->plan.count, &left);
	return error_set(err, ERROR_TABLE_IN_USE,
		"interrupted: the table is not yet what the schema wants. Done: %s. Not done: %s",
		buf_string(&done), buf_string(&left));
}

/* Of one that somebody else's change made impossible. */
static int tell_progress(const struct schema_update *update, struct error *err)
{
	struct error reason CLEANUP(error_release) = ERROR_INIT;
	struct buf done CLEANUP(buf_release) = BUF_INIT;

	if (!update->done)
		return -1;
	error_move(&reason, err);
	append_steps(update, 0, update->done, &done);
	return error_set(
		err, reason.class, "%s (done before: %s)", reason.message, buf_string(&done));
}

static bool adds_index(const struct update_table_input *step)
{
	const struct global_index_update *updates = step->global_secondary_index_updates.items;

	return step->global_secondary_index_updates.count && updates[0].create;
}

static bool fills_index(const struct table_facts *table)
{
	const struct global_index_facts *indexes = table->global_secondary_indexes.items;

	for (size_t i = 0; i < table->global_secondary_indexes.count; i++) {
		if (slice_equal_string(indexes[i].index_status, "CREATING"))
			return true;
	}
	return false;
}

/* 0, or SCHEMA_WAITS with nothing done. */
static int make_step(struct filesystem *fs, const struct schema_update *update, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct update_table_input *step = &update->plan.steps[update->done];
	struct update_table_output output = { 0 };
	const struct table_facts *table;

	TRY(table_describe(fs, update->table_name, &arena, &table, err));
	if (!slice_equal(table->table_id, update->table_id))
		return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	if (adds_index(step) && fills_index(table))
		return SCHEMA_WAITS;
	return request_run(fs, OPERATION_UPDATE_TABLE, step, &output, &arena, err);
}

/* Whoever adds an index wants to read it: 0, or SCHEMA_WAITS while it is filled. */
static int wait_for_index(
	struct filesystem *fs, const struct schema_update *update, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct table_facts *table;
	bool added = false;

	for (size_t i = 0; i < update->plan.count; i++)
		added |= adds_index(&update->plan.steps[i]);
	if (!added)
		return 0;
	TRY(table_describe(fs, update->table_name, &arena, &table, err));
	return fills_index(table) ? SCHEMA_WAITS : 0;
}

int schema_update_continue(struct filesystem *fs, struct schema_update *update, struct error *err)
{
	while (update->done < update->plan.count) {
		int r = make_step(fs, update, err);

		if (r < 0)
			return tell_progress(update, err);
		if (r == SCHEMA_WAITS)
			return r;
		update->done++;
	}
	return wait_for_index(fs, update, err);
}
