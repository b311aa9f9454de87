/* What the operations on alarms share. */
#pragma once

#include "api/operations.h"
#include "api/request_alarms.h"
#include "monitor/alarms.h"

/* Whether metric alarms are asked for, which are all there are: absent is both. */
bool alarm_types_match(const struct request_list *types);
