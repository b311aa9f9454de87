/* Scan: a page of a table or of an index, or of one segment of it. */
#include "api/operations.h"
#include "api/read_parameters.h"

static int check_segment(const struct scan_input *in, struct error *err)
{
	if (in->segment.present && !in->total_segments.present)
		return error_set(err, ERROR_VALIDATION,
			"The TotalSegments parameter is required but was not present in the request "
			"when Segment parameter is present");
	if (in->total_segments.present && !in->segment.present)
		return error_set(err, ERROR_VALIDATION,
			"The Segment parameter is required but was not present in the request when "
			"parameter TotalSegments is present");
	if (in->segment.present && in->segment.value >= in->total_segments.value)
		return error_set(err, ERROR_VALIDATION,
			"The Segment parameter is zero-based and must be less than parameter "
			"TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
			(long long)in->segment.value, (long long)in->total_segments.value);
	return 0;
}

static int resume(const struct read_call *call, const struct scan_input *in,
	struct key_range *range, struct error *err)
{
	struct buf position CLEANUP(buf_release) = BUF_INIT;

	TRY(start_key_position(table_description(call->table), call->index, true,
		in->exclusive_start_key, &position, err));
	if (!key_range_holds(range, buf_slice(&position)))
		return error_set(err, ERROR_VALIDATION,
			"The provided starting key is invalid: Invalid ExclusiveStartKey. Please "
			"use ExclusiveStartKey with correct Segment. TotalSegments: %lld Segment: "
			"%lld",
			(long long)in->total_segments.value, (long long)in->segment.value);
	key_range_resume(range, false, buf_slice(&position));
	return 0;
}

struct read_parameters read_parameters_of_scan(const struct scan_input *in)
{
	return (struct read_parameters){
		.table_name = in->table_name,
		.index_name = in->index_name,
		.select = in->select,
		.attributes_to_get = in->attributes_to_get,
		.limit = in->limit,
		.consistent = in->consistent_read.value,
		.filter_name = "ScanFilter",
		.filter = in->filter,
		.conditional_operator = in->conditional_operator,
		.start_key = in->exclusive_start_key,
		.return_consumed_capacity = in->return_consumed_capacity,
		.projection_expression = in->projection_expression,
		.filter_expression = in->filter_expression,
		.names = in->expression_attribute_names,
		.values = in->expression_attribute_values,
		.facts_only = in->facts_only,
		.as_lines = in->as_lines,
	};
}

int run_scan(struct engine *engine, struct request *request, struct error *err)
{
	const struct scan_input *in = request->input;
	const struct read_parameters parameters = read_parameters_of_scan(in);
	struct key_range range CLEANUP(key_range_release) = KEY_RANGE_INIT;
	struct read_call call CLEANUP(read_call_release) = {
		.engine = engine,
		.request = request,
		.in = &parameters,
	};

	TRY(read_call_check(&call, err));
	TRY(check_segment(in, err));
	TRY(read_call_parse(&call, err));
	TRY(read_call_find(&call, err));
	if (in->segment.present)
		key_range_of_segment(&range, in->segment.value, in->total_segments.value);
	if (in->exclusive_start_key)
		TRY(resume(&call, in, &range, err));
	return read_call_answer(&call, &range, false, err);
}
