/* The shapes of request_metrics.h by name. For api/ alone. */
#pragma once

#include "api/shapes.h"

extern const struct request_shape shape_dimension, shape_datapoint,
	shape_get_metric_statistics_input, shape_get_metric_statistics_output,
	shape_dimension_filter, shape_list_metrics_input, shape_list_metrics_output, shape_metric;
