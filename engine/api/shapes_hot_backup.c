#include "api/request.h"
#include "api/shapes.h"

#define PATH_MAX_BYTES 4096

const char *const hot_backup_status_names[] = { "NONE", "RUNNING", "DONE", "FAILED", NULL };
const char *const hot_backup_phase_names[] = { "VERIFYING", "COPYING", "CHECKING", "SUMMING",
	NULL };

#define OWNER start_hot_backup_input
static const struct field start_hot_backup_input_fields[] = {
	FIELD("DestinationPath", FIELD_STRING, destination_path, .required = true, .min = 2,
		.max = PATH_MAX_BYTES),
};
SHAPE(start_hot_backup_input, "StartHotBackupInput");
#undef OWNER

const struct request_shape shape_describe_hot_backup_input = {
	.name = "DescribeHotBackupInput",
	.size = sizeof(struct describe_hot_backup_input),
};

#define OWNER describe_hot_backup_output
static const struct field describe_hot_backup_output_fields[] = {
	FIELD("Status", FIELD_STRING, status),
	FIELD("Phase", FIELD_STRING, phase),
	FIELD("Done", FIELD_LONG, done),
	FIELD("Total", FIELD_LONG, total),
	FIELD("Files", FIELD_LONG, files),
	FIELD("Bytes", FIELD_LONG, bytes),
	FIELD("Tables", FIELD_LONG, tables),
	FIELD("Items", FIELD_LONG, items),
	FIELD("FailureMessage", FIELD_STRING, failure_message),
};
SHAPE(describe_hot_backup_output, "DescribeHotBackupOutput");
#undef OWNER

const struct request_shape shape_stop_hot_backup_input = {
	.name = "StopHotBackupInput",
	.size = sizeof(struct stop_hot_backup_input),
};

#define OWNER stop_hot_backup_output
static const struct field stop_hot_backup_output_fields[] = {
	FIELD("Stopped", FIELD_BOOLEAN, stopped),
};
SHAPE(stop_hot_backup_output, "StopHotBackupOutput");
#undef OWNER
