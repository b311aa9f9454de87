/* What `dynamount metrics` prints: figures as a table or as JSON Lines. */
#pragma once

#include "metrics_series.h"

/* Appends a line for each period from the first to the last with a value. */
void metrics_append_table(const struct metrics_series *series, size_t count, struct buf *buf);
/* Appends an object for each series, a line each. */
void metrics_append_json(const struct metrics_series *series, size_t count, struct buf *buf);
