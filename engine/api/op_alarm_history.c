/*
 * DescribeAlarmHistory: the alarms' log (monitor/alarm_report.h), line by line, as
 * CloudWatch tells it.
 */
#include "api/op_alarms.h"

#include "base/clock.h"
#include "monitor/alarm_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <time.h>

#define PAGE_DEFAULT 50

/* The log's text, and where in it the lines of a page are looked for. */
struct reading {
	const struct describe_alarm_history_input *in;
	struct arena *arena;
	struct slice text; /* of whole lines */
	uint64_t origin; /* offset of its first byte */
	bool ascending;
	struct alarm_history_item *items;
	size_t count, page;
};

/* "2026-11-22T12:36:45.123Z" */
static int64_t parse_time(const char *text)
{
	struct tm parts = { 0 };
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
	int64_t ns;

	if (!rest)
		return 0;
	ns = (int64_t)timegm(&parts) * 1000000000;
	return *rest == '.' ? ns + strtol(rest + 1, NULL, 10) * 1000000 : ns;
}

static struct slice member_text(const json_t *line, const char *name, struct arena *arena)
{
	const json_t *node = json_object_get(line, name);

	if (!json_is_string(node))
		return (struct slice){ NULL, 0 };
	return arena_copy(arena, slice_of(json_string_value(node), json_string_length(node)));
}

static struct slice dump(json_t *root, struct arena *arena)
{
	char *text CLEANUP(cleanup_free) = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
	struct slice copy = arena_copy(arena, slice_from_string(text));

	json_decref(root);
	return copy;
}

/* Shares the line's own nodes. */
static json_t *line_member(const json_t *line, const char *name)
{
	return json_incref(json_object_get(line, name));
}

static void tell_state(const json_t *line, struct arena *arena, struct alarm_history_item *ret)
{
	ret->summary = arena_printf(arena, "Alarm updated from %s to %s",
		json_string_value(json_object_get(line, "old")),
		json_string_value(json_object_get(line, "new")));
	ret->data = dump(json_pack("{s:s,s:{s:o*},s:{s:o*,s:o*,s:{s:s,s:o*}}}", "version", "1.0",
				 "oldState", "stateValue", line_member(line, "old"), "newState",
				 "stateValue", line_member(line, "new"), "stateReason",
				 line_member(line, "reason"), "stateReasonData", "version", "1.0",
				 "evaluatedDatapoints", line_member(line, "datapoints")),
		arena);
}

/* Of what was done to an alarm: "Create", "Update" or "Delete". */
static const char *type_of_change(const char *change)
{
	static const char *const types[] = {
		[ALARM_CREATED] = "Create",
		[ALARM_UPDATED] = "Update",
		[ALARM_DELETED] = "Delete",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (change && strcmp(change, alarm_change_names[i]) == 0)
			return types[i];
	}
	return "";
}

static void tell_change(const json_t *line, struct arena *arena, struct alarm_history_item *ret)
{
	const char *change = json_string_value(json_object_get(line, "change"));

	ret->summary = arena_printf(
		arena, "Alarm \"%.*s\" %s", SLICE_ARG(ret->name), change ? change : "");
	ret->data = dump(
		json_pack("{s:s,s:s}", "version", "1.0", "type", type_of_change(change)), arena);
}

static bool is_wanted(
	const struct alarm_history_item *item, const struct describe_alarm_history_input *in)
{
	return (!slice_present(in->name) || slice_equal(in->name, item->name)) &&
	       (!slice_present(in->item_type) || slice_equal(in->item_type, item->item_type)) &&
	       (!in->start_date || item->timestamp >= in->start_date) &&
	       (!in->end_date || item->timestamp <= in->end_date);
}

/* Whether the line is wanted, which is then told of. */
static bool tell_line(
	const struct reading *reading, struct slice text, struct alarm_history_item *ret)
{
	json_t *line = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
	bool wanted;

	*ret = (struct alarm_history_item){
		.name = member_text(line, "name", reading->arena),
		.alarm_type = SLICE("MetricAlarm"),
		.timestamp = parse_time(json_string_value(json_object_get(line, "time"))),
		.item_type = member_text(line, "type", reading->arena),
	};
	wanted = is_wanted(ret, reading->in);
	if (wanted && enum_index(history_item_type_names, ret->item_type) == HISTORY_STATE)
		tell_state(line, reading->arena, ret);
	else if (wanted)
		tell_change(line, reading->arena, ret);
	json_decref(line);
	return wanted;
}

/* The next line from a place on, or from there back: false at the end. */
static bool next_line(const struct reading *reading, size_t *at, struct slice *ret)
{
	const char *text = reading->text.data;
	const char *newline;
	size_t start = *at, end = *at;

	if (*at == (reading->ascending ? reading->text.len : 0))
		return false;
	if (reading->ascending) {
		newline = memchr(text + start, '\n', reading->text.len - start);
		*at = end = newline ? (size_t)(newline - text) + 1 : reading->text.len;
	} else {
		newline = memrchr(text, '\n', end - 1);
		*at = start = newline ? (size_t)(newline - text) + 1 : 0;
	}
	*ret = slice_of(text + start, end - start);
	return true;
}

/* A token is the offset in the log at which the next page begins. */
static int read_token(const struct reading *reading, size_t *ret, struct error *err)
{
	struct slice token = reading->in->next_token;
	uint64_t offset;
	char *end;

	*ret = reading->ascending ? 0 : reading->text.len;
	if (!slice_present(token))
		return 0;
	token = arena_copy(reading->arena, token); /* ends it with NUL */
	offset = strtoull(token.data, &end, 10);
	if (!token.len || *end || end != token.data + token.len ||
		offset > reading->origin + reading->text.len)
		return error_set(err, ERROR_INVALID_NEXT_TOKEN, "The next token is invalid");
	*ret = offset < reading->origin ? 0 : (size_t)(offset - reading->origin);
	return 0;
}

static int read_page(
	struct reading *reading, struct describe_alarm_history_output *out, struct error *err)
{
	struct alarm_history_item item;
	struct slice line;
	size_t at;

	TRY(read_token(reading, &at, err));
	for (size_t before = at; next_line(reading, &at, &line); before = at) {
		if (!tell_line(reading, line, &item))
			continue;
		if (reading->count == reading->page) {
			out->next_token =
				arena_printf(reading->arena, "%" PRIu64, reading->origin + before);
			break;
		}
		reading->items[reading->count++] = item;
	}
	out->items = (struct request_list){ true, reading->count, reading->items };
	return 0;
}

/* All of the log; what is trimmed meanwhile is gone. */
static int read_log(
	struct journal *journal, struct buf *ret, uint64_t *ret_origin, struct error *err)
{
	for (;;) {
		struct journal_extent extent = journal_extent(journal);
		struct error failure = ERROR_INIT;

		*ret_origin = extent.start;
		if (journal_read(journal, extent.start, extent.end - extent.start, ret, &failure) ==
			0)
			return 0;
		if (failure.class != ERROR_TRIMMED_DATA)
			return error_move(err, &failure);
		error_release(&failure);
		buf_clear(ret);
	}
}

int run_describe_alarm_history(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_alarm_history_input *in = request->input;
	struct describe_alarm_history_output *out = request->output;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct reading reading = {
		.in = in,
		.arena = request->arena,
		.ascending = slice_equal_string(in->scan_by, "TimestampAscending"),
		.page = in->max_records.present ? (size_t)in->max_records.value : PAGE_DEFAULT,
	};

	out->items.present = true;
	if (!alarm_types_match(&in->types))
		return 0;
	TRY(read_log(alarms_journal(monitor_alarms(engine->monitor)), &text, &reading.origin, err));
	reading.text = buf_slice(&text);
	reading.items = arena_alloc_array(request->arena, reading.page, sizeof(*reading.items));
	return read_page(&reading, out, err);
}
