#include "stream_requests.h"

#include "requests.h"

#include <errno.h>

int request_stream(struct filesystem *fs, const struct find_stream_input *input,
	struct arena *arena, struct find_stream_output *ret, struct error *err)
{
	return request_run(fs, OPERATION_LOCAL_FIND_STREAM, input, ret, arena, err);
}

int request_stream_of(struct filesystem *fs, const struct mount_table *table, struct arena *arena,
	struct find_stream_output *ret)
{
	struct find_stream_input input = { .table_name = table->name };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (mount_table_check(table, &err) < 0 || request_stream(fs, &input, arena, ret, &err) < 0)
		return error_to_errno(&err);
	return ret->found ? 0 : -ENOENT;
}

int request_stream_text(struct filesystem *fs, const struct read_stream_input *input,
	struct arena *arena, struct slice *ret, struct error *err)
{
	struct read_stream_output output = { .found = false };

	TRY(request_run(fs, OPERATION_LOCAL_READ_STREAM, input, &output, arena, err));
	*ret = output.text;
	return 0;
}

int request_stream_view(
	struct filesystem *fs, struct slice table_name, struct slice view, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct stream_specification stream = {
		.stream_enabled = { true, slice_present(view) },
		.stream_view_type = view,
	};
	struct update_table_input input = {
		.table_name = table_name,
		.stream_specification = &stream,
	};
	struct update_table_output output = { 0 };

	return request_run(fs, OPERATION_UPDATE_TABLE, &input, &output, &arena, err);
}
