/*
 * The bytes of an alarm: a JSON object, its members as CloudWatch names them where
 * it has them. What is absent or zero has no member; members that are not known
 * are passed over.
 */
#include "monitor/alarm.h"

#include <jansson.h>

enum member_kind { MEMBER_TEXT, MEMBER_NUMBER, MEMBER_DOUBLE, MEMBER_BOOLEAN, MEMBER_TEXTS };

struct kept_member {
	const char *name;
	enum member_kind kind;
	size_t offset;
};

#define MEMBER(json, type, place) \
	{ \
		json, type, offsetof(struct alarm, place) \
	}

static const struct kept_member members[] = {
	MEMBER("AlarmDescription", MEMBER_TEXT, description),
	MEMBER("AlarmConfigurationUpdated", MEMBER_NUMBER, configured_ns),
	MEMBER("ActionsDisabled", MEMBER_BOOLEAN, actions_disabled),
	MEMBER("OKActions", MEMBER_TEXTS, ok_actions),
	MEMBER("AlarmActions", MEMBER_TEXTS, alarm_actions),
	MEMBER("InsufficientDataActions", MEMBER_TEXTS, insufficient_data_actions),
	MEMBER("MetricName", MEMBER_TEXT, metric),
	MEMBER("TableName", MEMBER_TEXT, dimensions[DIMENSION_TABLE]),
	MEMBER("GlobalSecondaryIndexName", MEMBER_TEXT, dimensions[DIMENSION_INDEX]),
	MEMBER("Operation", MEMBER_TEXT, dimensions[DIMENSION_OPERATION]),
	MEMBER("StreamLabel", MEMBER_TEXT, dimensions[DIMENSION_STREAM]),
	MEMBER("Statistic", MEMBER_TEXT, statistic),
	MEMBER("ExtendedStatistic", MEMBER_TEXT, extended_statistic),
	MEMBER("Period", MEMBER_NUMBER, period),
	MEMBER("Unit", MEMBER_TEXT, unit),
	MEMBER("EvaluationPeriods", MEMBER_NUMBER, evaluation_periods),
	MEMBER("DatapointsToAlarm", MEMBER_NUMBER, datapoints_to_alarm),
	MEMBER("ComparisonOperator", MEMBER_TEXT, comparison_operator),
	MEMBER("Threshold", MEMBER_DOUBLE, threshold),
	MEMBER("TreatMissingData", MEMBER_TEXT, treat_missing_data),
	MEMBER("EvaluateLowSampleCountPercentile", MEMBER_TEXT,
		evaluate_low_sample_count_percentile),
	MEMBER("StateReason", MEMBER_TEXT, reason),
	MEMBER("StateReasonData", MEMBER_TEXT, reason_data),
	MEMBER("StateUpdated", MEMBER_NUMBER, state_ns),
};

static json_t *text_to_json(struct slice text)
{
	return slice_present(text) ? json_stringn(text.data, text.len) : NULL;
}

static json_t *texts_to_json(const struct alarm_actions *texts)
{
	json_t *array = texts->count ? json_array() : NULL;

	for (size_t i = 0; i < texts->count; i++)
		json_array_append_new(array, text_to_json(texts->names[i]));
	return array;
}

static json_t *member_to_json(const struct kept_member *member, const struct alarm *alarm)
{
	const void *at = (const char *)alarm + member->offset;

	switch (member->kind) {
	case MEMBER_TEXT:
		return text_to_json(*(const struct slice *)at);
	case MEMBER_NUMBER:
		return *(const int64_t *)at ? json_integer(*(const int64_t *)at) : NULL;
	case MEMBER_DOUBLE:
		return json_real(*(const double *)at);
	case MEMBER_BOOLEAN:
		return *(const bool *)at ? json_true() : NULL;
	case MEMBER_TEXTS:
		return texts_to_json(at);
	}
	return NULL;
}

void alarm_encode(const struct alarm *alarm, struct buf *buf)
{
	json_t *root = json_object();
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = member_to_json(&members[i], alarm);

		if (value)
			json_object_set_new(root, members[i].name, value);
	}
	json_object_set_new(root, "StateValue", json_string(alarm_state_names[alarm->state]));
	text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
	buf_append_string(buf, text);
	free(text);
	json_decref(root);
}

static bool text_from_json(const json_t *node, struct arena *arena, struct slice *ret)
{
	if (!json_is_string(node))
		return false;
	*ret = arena_copy(arena, slice_of(json_string_value(node), json_string_length(node)));
	return true;
}

static bool texts_from_json(const json_t *node, struct arena *arena, struct alarm_actions *ret)
{
	size_t count = json_array_size(node);
	struct slice *names = arena_alloc_array(arena, count, sizeof(*names));

	for (size_t i = 0; i < count; i++) {
		if (!text_from_json(json_array_get(node, i), arena, &names[i]))
			return false;
	}
	*ret = (struct alarm_actions){ count, names };
	return json_is_array(node);
}

static bool member_from_json(const struct kept_member *member, const json_t *node,
	struct arena *arena, struct alarm *alarm)
{
	void *at = (char *)alarm + member->offset;

	switch (member->kind) {
	case MEMBER_TEXT:
		return text_from_json(node, arena, at);
	case MEMBER_NUMBER:
		*(int64_t *)at = json_integer_value(node);
		return json_is_integer(node);
	case MEMBER_DOUBLE:
		*(double *)at = json_number_value(node);
		return json_is_number(node);
	case MEMBER_BOOLEAN:
		*(bool *)at = json_is_true(node);
		return json_is_boolean(node);
	case MEMBER_TEXTS:
		return texts_from_json(node, arena, at);
	}
	return false;
}

static bool state_from_json(const json_t *node, enum alarm_state *ret)
{
	const char *name = json_string_value(node);

	for (unsigned i = 0; name && alarm_state_names[i]; i++) {
		if (strcmp(name, alarm_state_names[i]) == 0) {
			*ret = (enum alarm_state)i;
			return true;
		}
	}
	return false;
}

static bool alarm_from_json(const json_t *root, struct arena *arena, struct alarm *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const json_t *node = json_object_get(root, members[i].name);

		if (node && !member_from_json(&members[i], node, arena, ret))
			return false;
	}
	return state_from_json(json_object_get(root, "StateValue"), &ret->state);
}

int alarm_decode(struct slice name, struct slice bytes, struct arena *arena, struct alarm *ret,
	struct error *err)
{
	json_t *root =
		json_loadb(bytes.data, bytes.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	struct error invalid = ERROR_INIT;
	bool whole;

	*ret = (struct alarm){ .name = arena_copy(arena, name) };
	whole = alarm_from_json(root, arena, ret) && alarm_check(ret, &invalid) == 0;
	json_decref(root);
	error_release(&invalid);
	if (!whole)
		return error_set(err, ERROR_CORRUPT,
			"the alarm %.*s is malformed, and left out until it is put again",
			SLICE_ARG(name));
	return 0;
}
