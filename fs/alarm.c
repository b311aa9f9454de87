#include "alarm.h"

#include "api/body.h"
#include "api/request_alarms.h"
#include "api/wire.h"
#include "layout.h"
#include "listing_private.h"
#include "model/json.h"
#include "name.h"
#include "ownership.h"
#include "requests.h"

#include <errno.h>

#define PAGE 100 /* what DescribeAlarms tells of at once */

static int describe(struct filesystem *fs, const struct describe_alarms_input *input,
	struct arena *arena, struct describe_alarms_output *ret, struct error *err)
{
	*ret = (struct describe_alarms_output){ 0 };
	return request_run(fs, OPERATION_DESCRIBE_ALARMS, input, ret, arena, err);
}

/* Names */

static struct slice file_name_of(struct slice alarm_name, struct arena *arena)
{
	struct value value = { .type = VALUE_S, .bytes = alarm_name };
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	name_encode(&value, NAME_ITEM, &name);
	return arena_copy(arena, buf_slice(&name));
}

/* The name that a file name stands for, or when that is a hash, what it begins
 * with: an enum name_outcome. */
static int decode(struct slice file_name, struct arena *arena, struct slice *ret)
{
	struct slice canonical;
	struct value value;
	uint64_t hash;
	int outcome = name_decode(file_name, NAME_ITEM, VALUE_S, arena, &value, &hash, &canonical);

	*ret = value.bytes;
	return outcome;
}

/* Of the alarms that begin so, the one whose file name is that: 0, REQUEST_ABSENT or
 * -1. */
static int find_hashed(struct filesystem *fs, struct slice file_name, struct slice prefix,
	struct arena *arena, const struct alarm_facts **ret, struct error *err)
{
	struct describe_alarms_input input = {
		.name_prefix = prefix.len ? prefix : (struct slice){ NULL, 0 },
		.max_records = { true, PAGE },
	};
	struct describe_alarms_output output;

	do {
		TRY(describe(fs, &input, arena, &output, err));
		for (size_t i = 0; i < output.metric_alarms.count; i++) {
			*ret = (const struct alarm_facts *)output.metric_alarms.items + i;
			if (slice_equal(file_name_of((*ret)->settings.name, arena), file_name))
				return 0;
		}
		input.next_token = output.next_token;
	} while (slice_present(input.next_token));
	return REQUEST_ABSENT;
}

/* The alarm of a file name: 0, REQUEST_ABSENT or -1. */
static int find_facts(struct filesystem *fs, struct slice file_name, struct arena *arena,
	const struct alarm_facts **ret, struct error *err)
{
	struct describe_alarms_output output;
	struct slice name;
	int outcome = decode(file_name, arena, &name);
	struct describe_alarms_input input = { .names = { true, 1, &name } };

	if (outcome == NAME_HASHED)
		return find_hashed(fs, file_name, name, arena, ret, err);
	if (outcome != NAME_EXACT)
		return REQUEST_ABSENT;
	TRY(describe(fs, &input, arena, &output, err));
	*ret = output.metric_alarms.items;
	return output.metric_alarms.count ? 0 : REQUEST_ABSENT;
}

/* The text */

static void hide_empty(struct request_list *list)
{
	list->present = list->count > 0;
}

int alarm_append_text(struct filesystem *fs, struct slice file_name, struct buf *buf,
	int64_t *ret_mtime, struct error *err)
{
	const struct request_shape *alarms = operations[OPERATION_DESCRIBE_ALARMS].output;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf compact CLEANUP(buf_release) = BUF_INIT;
	const struct alarm_facts *found;
	struct alarm_facts facts;
	struct slice name;
	int r;

	TRY(r = find_facts(fs, file_name, &arena, &found, err));
	if (r == REQUEST_ABSENT)
		return r;
	facts = *found;
	if (decode(file_name, &arena, &name) == NAME_EXACT)
		facts.settings.name = (struct slice){ NULL, 0 };
	facts.arn = facts.state_reason_data = (struct slice){ NULL, 0 };
	hide_empty(&facts.settings.ok_actions);
	hide_empty(&facts.settings.alarm_actions);
	hide_empty(&facts.settings.insufficient_data_actions);
	wire_write(alarms->fields[0].shape, &facts, &compact);
	layout_append(buf_slice(&compact), buf);
	*ret_mtime = facts.state_updated > facts.configuration_updated
			     ? facts.state_updated
			     : facts.configuration_updated;
	return 0;
}

/* Saving */

static bool has_field(const struct request_shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (strcmp(shape->fields[i].name, name) == 0)
			return true;
	}
	return false;
}

static int check_members(const struct json_document *document, struct error *err)
{
	const struct request_shape *put = operations[OPERATION_PUT_METRIC_ALARM].input;
	const struct request_shape *told =
		operations[OPERATION_DESCRIBE_ALARMS].output->fields[0].shape;
	const char *name;
	json_t *value;

	json_object_foreach(document->root, name, value)
	{
		if (has_field(put, name) || has_field(told, name))
			continue;
		error_set(err, ERROR_VALIDATION, "an alarm has no member %s", name);
		error_set_place(err, json_place(document, value));
		return -1;
	}
	return 0;
}

static int take_name(
	struct slice file_name, struct arena *arena, struct slice *name, struct error *err)
{
	struct slice own;
	bool exact = decode(file_name, arena, &own) == NAME_EXACT;

	if (exact && !slice_present(*name))
		*name = own;
	if (!slice_present(*name))
		return error_set(err, ERROR_VALIDATION,
			"a name as long as this stands in the text too, as AlarmName");
	if (slice_equal(file_name_of(*name, arena), file_name))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"AlarmName is %.*s, which is not the name of this file: leave it out",
		SLICE_ARG(*name));
}

/* Marks the value of the first member that the message names. */
static void mark_member(const struct json_document *document, struct error *err)
{
	const char *first = NULL, *name;
	json_t *value, *marked = NULL;

	json_object_foreach(document->root, name, value)
	{
		const char *at = strstr(err->message, name);

		if (at && (!first || at < first)) {
			first = at;
			marked = value;
		}
	}
	if (marked && !err->place.known)
		error_set_place(err, json_place(document, marked));
}

static int put_alarm(struct filesystem *fs, const struct caller *caller, struct slice file_name,
	struct slice text, struct arena *arena, struct error *err)
{
	struct principal principal CLEANUP(ownership_principal_release) = { 0 };
	struct put_metric_alarm_input input;
	char nothing;

	TRY(body_read(&operations[OPERATION_PUT_METRIC_ALARM], text, arena, &input, err));
	TRY(take_name(file_name, arena, &input.settings.name, err));
	principal = ownership_principal(fs, caller);
	return request_run_for(
		fs, &principal, OPERATION_PUT_METRIC_ALARM, &input, &nothing, arena, err);
}

int alarm_save(struct filesystem *fs, const struct caller *caller, struct slice file_name,
	struct slice text, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct json_document document CLEANUP(json_document_release) = { 0 };

	if (text.len > ALARM_TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "no alarm is as long as this");
	TRY(json_parse(text, &document, err));
	TRY(check_members(&document, err));
	if (put_alarm(fs, caller, file_name, text, &arena, err) == 0)
		return 0;
	mark_member(&document, err);
	return -1;
}

/* The directory */

/* A new alarm is there while somebody writes it. */
static int find_draft(const struct finder *finder)
{
	struct node_table *nodes = finder->fs->nodes;
	struct node *node = node_find_child(nodes, finder->directory->node, finder->name, 0);
	struct node_drafts drafts;

	if (!node)
		return -ENOENT;
	drafts = node_drafts(nodes, node);
	node_unref(nodes, node);
	return drafts.open && !drafts.hidden ? 0 : -ENOENT;
}

int alarm_find(const struct finder *finder, struct directory_entry *ret)
{
	const struct alarm_facts *facts;
	struct error err = ERROR_INIT;
	int r = find_facts(finder->fs, finder->name, finder->arena, &facts, &err);

	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT && find_draft(finder) < 0)
		return -ENOENT;
	directory_identify(finder, NODE_ALARM, (struct slice){ NULL, 0 }, ret);
	return 0;
}

int alarm_unlink(const struct finder *finder)
{
	const struct alarm_facts *facts;
	struct error err = ERROR_INIT;
	struct delete_alarms_input input = { .names = { .present = true, .count = 1 } };
	char nothing;
	int r = find_facts(finder->fs, finder->name, finder->arena, &facts, &err);

	if (r == 0) {
		input.names.items = &facts->settings.name;
		r = request_run(
			finder->fs, OPERATION_DELETE_ALARMS, &input, &nothing, finder->arena, &err);
	}
	if (r < 0)
		return finder_fail(finder, &err);
	return r == REQUEST_ABSENT ? -EBUSY : 0; /* one that is still being written */
}

/* A position is the name of the alarm listed last. */
static int list_alarms(struct listing *listing, struct batch *batch, const struct node_view *view,
	struct slice after, struct error *err)
{
	const struct describe_alarms_input input = {
		.after = after,
		.max_records = { true, PAGE },
	};
	struct describe_alarms_output output;
	const struct alarm_facts *facts;

	(void)view;
	TRY(describe(listing->fs, &input, &batch->arena, &output, err));
	facts = output.metric_alarms.items;
	for (size_t i = 0; i < output.metric_alarms.count; i++) {
		struct slice name = facts[i].settings.name;

		listing_add(batch, NODE_ALARM, file_name_of(name, &batch->arena), name);
	}
	return 0;
}

const struct directory_operations alarms_directory = {
	.list = list_alarms,
	.holds_scratch = true,
};
