/* The shapes of request_alarms.h by name. For api/ alone. */
#pragma once

#include "api/shapes.h"

extern const struct request_shape shape_put_metric_alarm_input, shape_alarm,
	shape_describe_alarms_input, shape_describe_alarms_output,
	shape_describe_alarm_history_input, shape_alarm_history_item,
	shape_describe_alarm_history_output, shape_delete_alarms_input, shape_set_alarm_state_input;
