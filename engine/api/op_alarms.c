/*
 * PutMetricAlarm, DescribeAlarms, DeleteAlarms and SetAlarmState.
 */
#include "api/op_alarms.h"

#include "api/op_metrics.h"
#include "base/clock.h"
#include "base/text.h"

#include <jansson.h>

#define PAGE_DEFAULT 50
#define PAGE_MAX     100

static struct alarms *alarms_of(const struct engine *engine)
{
	return monitor_alarms(engine->monitor);
}

static enum durability durability_of(const struct engine *engine, const struct request *request)
{
	return engine->durability[request->door];
}

/* Putting */

static int wrong_dimension(struct slice name, struct error *err)
{
	struct buf known CLEANUP(buf_release) = BUF_INIT;

	for (unsigned i = 0; i < DIMENSION_COUNT; i++)
		buf_appendf(&known, "%s%s",
			i == 0                    ? ""
			: i + 1 < DIMENSION_COUNT ? ", "
						  : " and ",
			dimension_names[i]);
	return error_set(err, ERROR_PARAMETER_VALUE,
		METRICS_NAMESPACE " has no dimension %.*s: those there are are %s", SLICE_ARG(name),
		buf_string(&known));
}

static int read_dimensions(
	const struct request_list *list, struct slice *ret_values, struct error *err)
{
	const struct dimension_facts *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		enum metric_dimension dimension = metric_dimension_find(items[i].name);

		if (dimension == DIMENSION_COUNT)
			return wrong_dimension(items[i].name, err);
		if (slice_present(ret_values[dimension]))
			return error_set(err, ERROR_PARAMETER_VALUE, "Dimensions has %s twice",
				dimension_names[dimension]);
		ret_values[dimension] = items[i].value;
	}
	return 0;
}

static struct alarm_actions actions_of(const struct request_list *list)
{
	return (struct alarm_actions){ list->count, list->items };
}

static int read_settings(
	const struct alarm_settings *settings, struct alarm *ret, struct error *err)
{
	const struct optional_boolean *enabled = &settings->actions_enabled;

	if (slice_present(settings->namespace) &&
		!slice_equal_string(settings->namespace, METRICS_NAMESPACE))
		return error_set(err, ERROR_PARAMETER_VALUE,
			"Namespace is %.*s: the metrics that there are are those of " METRICS_NAMESPACE,
			SLICE_ARG(settings->namespace));
	if (!settings->threshold.present)
		return error_set(err, ERROR_PARAMETER_MISSING, "Threshold is missing");
	*ret = (struct alarm){
		.name = settings->name,
		.description = settings->description,
		.actions_disabled = enabled->present && !enabled->value,
		.ok_actions = actions_of(&settings->ok_actions),
		.alarm_actions = actions_of(&settings->alarm_actions),
		.insufficient_data_actions = actions_of(&settings->insufficient_data_actions),
		.metric = settings->metric_name,
		.statistic = settings->statistic,
		.extended_statistic = settings->extended_statistic,
		.period = settings->period.value,
		.unit = settings->unit,
		.evaluation_periods = settings->evaluation_periods.value,
		.datapoints_to_alarm = settings->datapoints_to_alarm.value,
		.comparison_operator = settings->comparison_operator,
		.threshold = settings->threshold.value,
		.treat_missing_data = settings->treat_missing_data,
		.evaluate_low_sample_count_percentile =
			settings->evaluate_low_sample_count_percentile,
	};
	return read_dimensions(&settings->dimensions, ret->dimensions, err);
}

int run_put_metric_alarm(struct engine *engine, struct request *request, struct error *err)
{
	const struct put_metric_alarm_input *in = request->input;
	struct alarm alarm;

	TRY(read_settings(&in->settings, &alarm, err));
	return alarms_put(alarms_of(engine), &alarm, clock_realtime_ns(),
		durability_of(engine, request), err);
}

/* Describing */

static struct request_list list_actions(const struct alarm_actions *actions)
{
	return (struct request_list){ true, actions->count, actions->names };
}

static struct request_list list_dimensions(const struct slice *values, struct arena *arena)
{
	struct dimension_facts *facts = arena_alloc_array(arena, DIMENSION_COUNT, sizeof(*facts));
	size_t count = 0;

	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (slice_present(values[i]))
			facts[count++] =
				(struct dimension_facts){ slice_from_string(dimension_names[i]),
					values[i] };
	}
	return (struct request_list){ true, count, facts };
}

static struct optional_integer optional(int64_t value)
{
	return (struct optional_integer){ value != 0, value };
}

static struct alarm_settings describe_settings(const struct alarm *alarm, struct arena *arena)
{
	return (struct alarm_settings){
		.name = alarm->name,
		.description = alarm->description,
		.actions_enabled = { true, !alarm->actions_disabled },
		.ok_actions = list_actions(&alarm->ok_actions),
		.alarm_actions = list_actions(&alarm->alarm_actions),
		.insufficient_data_actions = list_actions(&alarm->insufficient_data_actions),
		.metric_name = alarm->metric,
		.namespace = SLICE(METRICS_NAMESPACE),
		.statistic = alarm->statistic,
		.extended_statistic = alarm->extended_statistic,
		.dimensions = list_dimensions(alarm->dimensions, arena),
		.period = optional(alarm->period),
		.unit = alarm->unit,
		.evaluation_periods = optional(alarm->evaluation_periods),
		.datapoints_to_alarm = optional(alarm->datapoints_to_alarm),
		.threshold = { true, alarm->threshold },
		.comparison_operator = alarm->comparison_operator,
		.treat_missing_data = alarm->treat_missing_data,
		.evaluate_low_sample_count_percentile = alarm->evaluate_low_sample_count_percentile,
	};
}

static struct alarm_facts describe_alarm(
	const struct engine *engine, const struct alarm *alarm, struct arena *arena)
{
	return (struct alarm_facts){
		.settings = describe_settings(alarm, arena),
		.arn = arena_printf(arena, "arn:aws:cloudwatch:%.*s:%.*s:alarm:%.*s",
			SLICE_ARG(engine->region), SLICE_ARG(engine->account),
			SLICE_ARG(alarm->name)),
		.configuration_updated = alarm->configured_ns,
		.state_value = slice_from_string(alarm_state_names[alarm->state]),
		.state_reason = alarm->reason,
		.state_reason_data = alarm->reason_data,
		.state_updated = alarm->state_ns,
	};
}

bool alarm_types_match(const struct request_list *types)
{
	const struct slice *names = types->items;

	for (size_t i = 0; i < types->count; i++) {
		if (slice_equal_string(names[i], "MetricAlarm"))
			return true;
	}
	return !types->count;
}

static bool has_action(const struct alarm_actions *actions, struct slice prefix)
{
	for (size_t i = 0; i < actions->count; i++) {
		if (slice_starts_with(actions->names[i], prefix))
			return true;
	}
	return false;
}

static bool is_wanted(const struct alarm *alarm, const struct describe_alarms_input *in)
{
	if (slice_present(in->name_prefix) && !slice_starts_with(alarm->name, in->name_prefix))
		return false;
	if (slice_present(in->state_value) &&
		!slice_equal_string(in->state_value, alarm_state_names[alarm->state]))
		return false;
	return !slice_present(in->action_prefix) ||
	       has_action(&alarm->ok_actions, in->action_prefix) ||
	       has_action(&alarm->alarm_actions, in->action_prefix) ||
	       has_action(&alarm->insufficient_data_actions, in->action_prefix);
}

/* A token is the name of the alarm that was told last. */
static int read_token(struct slice token, struct arena *arena, struct slice *ret, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	*ret = (struct slice){ NULL, 0 };
	if (!slice_present(token))
		return 0;
	if (!base64_decode(&name, token) || !name.len)
		return error_set(err, ERROR_INVALID_NEXT_TOKEN, "The next token is invalid");
	*ret = arena_copy(arena, buf_slice(&name));
	return 0;
}

static struct slice make_token(struct slice name, struct arena *arena)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	base64_append(&text, name);
	return arena_copy(arena, buf_slice(&text));
}

/* A page that is being filled. */
struct page {
	const struct engine *engine;
	const struct describe_alarms_input *in;
	struct arena *arena;
	struct slice after; /* the alarms behind that name; absent: from the first */
	struct alarm_facts *facts;
	size_t told, max;
	bool full; /* and there is more */
};

static void tell(struct page *page, const struct alarm *alarm)
{
	if (page->full || !is_wanted(alarm, page->in))
		return;
	page->full = page->told == page->max;
	if (!page->full)
		page->facts[page->told++] = describe_alarm(page->engine, alarm, page->arena);
}

static int tell_all(struct page *page, struct error *err)
{
	struct slice after = page->after;
	size_t count = 1;

	while (count && !page->full) {
		struct alarm *alarms;

		TRY(alarms_list(alarms_of(page->engine), after, PAGE_MAX, page->arena, &alarms,
			&count, err));
		for (size_t i = 0; i < count; i++)
			tell(page, &alarms[i]);
		if (count)
			after = alarms[count - 1].name;
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static int tell_named(struct page *page, const struct request_list *list, struct error *err)
{
	struct slice *names = arena_alloc_array(page->arena, list->count, sizeof(*names));

	memcpy(names, list->items, list->count * sizeof(*names));
	qsort(names, list->count, sizeof(*names), compare_names);
	for (size_t i = 0; i < list->count; i++) {
		struct alarm alarm;
		int r;

		if ((i && slice_equal(names[i], names[i - 1])) ||
			(slice_present(page->after) && slice_compare(names[i], page->after) <= 0))
			continue;
		TRY(r = alarms_find(alarms_of(page->engine), names[i], page->arena, &alarm, err));
		if (r == 0)
			tell(page, &alarm);
	}
	return 0;
}

static int fill_page(struct page *page, struct describe_alarms_output *out, struct error *err)
{
	const struct describe_alarms_input *in = page->in;

	page->max = in->max_records.present ? (size_t)in->max_records.value : PAGE_DEFAULT;
	page->facts = arena_alloc_array(page->arena, page->max, sizeof(*page->facts));
	if (in->names.count)
		TRY(tell_named(page, &in->names, err));
	else
		TRY(tell_all(page, err));
	out->metric_alarms = (struct request_list){ true, page->told, page->facts };
	if (page->full)
		out->next_token =
			make_token(page->facts[page->told - 1].settings.name, page->arena);
	return 0;
}

int run_describe_alarms(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_alarms_input *in = request->input;
	struct describe_alarms_output *out = request->output;
	struct page page = { .engine = engine, .in = in, .arena = request->arena };

	if (in->names.count && slice_present(in->name_prefix))
		return error_set(err, ERROR_PARAMETER_COMBINATION,
			"AlarmNames and AlarmNamePrefix exclude each other");
	TRY(read_token(in->next_token, request->arena, &page.after, err));
	if (slice_present(in->after))
		page.after = in->after;
	out->metric_alarms.present = true;
	if (!alarm_types_match(&in->types))
		return 0;
	return fill_page(&page, out, err);
}

/* Deleting, and setting a state */

int run_delete_alarms(struct engine *engine, struct request *request, struct error *err)
{
	const struct delete_alarms_input *in = request->input;

	return alarms_delete(alarms_of(engine), in->names.items, in->names.count,
		clock_realtime_ns(), durability_of(engine, request), err);
}

static int check_data(struct slice data, struct error *err)
{
	json_t *root;

	if (!slice_present(data))
		return 0;
	root = json_loadb(data.data, data.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (!root)
		return error_set(err, ERROR_INVALID_FORMAT, "StateReasonData is no JSON");
	json_decref(root);
	return 0;
}

int run_set_alarm_state(struct engine *engine, struct request *request, struct error *err)
{
	const struct set_alarm_state_input *in = request->input;
	enum alarm_state state = (enum alarm_state)enum_index(alarm_state_names, in->state_value);

	TRY(check_data(in->state_reason_data, err));
	return alarms_set_state(alarms_of(engine), in->name, state, in->state_reason,
		in->state_reason_data, clock_realtime_ns(), durability_of(engine, request), err);
}
