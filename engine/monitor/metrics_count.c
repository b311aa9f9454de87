/* What a call adds to which series, by the table of metrics. */
#include "monitor/metrics_private.h"

struct counting {
	struct metric_set *set;
	struct buf *name;
	struct metric_view view;
};

static struct metric_group *group_of(const struct counting *counting, unsigned scope)
{
	const struct metric_view *view = &counting->view;
	struct slice dimensions[DIMENSION_COUNT] = { { 0 } };

	if (scope & 1u << DIMENSION_TABLE)
		dimensions[DIMENSION_TABLE] = view->table->name;
	if (scope & 1u << DIMENSION_INDEX)
		dimensions[DIMENSION_INDEX] = view->index->name;
	if (scope & 1u << DIMENSION_OPERATION)
		dimensions[DIMENSION_OPERATION] = slice_from_string(view->call->operation);
	if (scope & 1u << DIMENSION_STREAM)
		dimensions[DIMENSION_STREAM] = view->table->stream_label;
	buf_clear(counting->name);
	metric_group_append_name(counting->name, dimensions);
	return metric_set_add(counting->set, buf_slice(counting->name));
}

/* Whether a stream's series takes in what would be its operation's. */
static bool is_of_stream(const struct metric_view *view, enum metric_id metric)
{
	return view->table && slice_present(view->table->stream_label) &&
	       metric_has_scope(metric, OF_STREAM);
}

static bool measure(
	const struct metric_view *view, enum metric_id metric, unsigned scope, double *ret)
{
	return metrics_info[metric].measure && metric_has_scope(metric, scope) &&
	       !(scope == OF_OPERATION && is_of_stream(view, metric)) &&
	       metrics_info[metric].measure(view, ret);
}

/* Adds what the call is to the group of that scope. */
static void count(const struct counting *counting, unsigned scope)
{
	struct metric_group *group = NULL;
	double value;

	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		enum metric_id metric = (enum metric_id)i;

		if (!measure(&counting->view, metric, scope, &value))
			continue;
		if (!group)
			group = group_of(counting, scope);
		if (!group)
			return;
		histogram_add(metric_group_add(group, metric), value);
	}
}

static void count_table(struct counting *counting)
{
	const struct metric_view *view = &counting->view;
	const struct call_table *table = view->table;

	count(counting, OF_TABLE);
	if (view->call->operation)
		count(counting, OF_OPERATION);
	if (view->call->operation && slice_present(table->stream_label))
		count(counting, OF_STREAM);
	for (size_t i = 0; i < table->index_count; i++) {
		counting->view.index = &table->indexes[i];
		if (!table->indexes[i].local)
			count(counting, OF_INDEX);
	}
	counting->view.index = NULL;
}

void metrics_count_call(struct metric_set *set, struct buf *name, const struct call *call)
{
	struct counting counting = { set, name, { .call = call } };

	count(&counting, OF_ACCOUNT);
	if (!call->table_count && call->operation)
		count(&counting, OF_CALL);
	for (size_t i = 0; i < call->table_count; i++) {
		counting.view.table = &call->tables[i];
		count_table(&counting);
	}
}
