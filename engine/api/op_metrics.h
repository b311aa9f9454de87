/* What the operations of CloudWatch share. */
#pragma once

#include "api/operations.h"
#include "monitor/metrics.h"

/* The series that a request names; its dimensions are borrowed. False when there
 * can be none such. */
bool metric_series_find(struct slice namespace, struct slice metric_name,
	const struct request_list *dimensions, struct metric_series *ret);
/* Of that name, or DIMENSION_COUNT. */
enum metric_dimension metric_dimension_find(struct slice name);
