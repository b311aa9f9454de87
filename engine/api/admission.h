/*
 * Admission: whether a request may go on to read or write, by what its table and
 * the table's global indexes are set to (monitor/throttle.h).
 *
 * It is asked for each item and each page before it is touched; once it is known
 * what a write changes in the indexes, it is asked for these. What is refused is
 * counted in the request's usage, with the time to wait, and is an error of the
 * item: ERROR_THROUGHPUT_EXCEEDED of provisioned throughput, ERROR_THROTTLED of an
 * on-demand maximum. Everything is admitted where throughput is only observed:
 * there the usage itself counts what the service would have refused.
 *
 * Source: Developer Guide, "Diagnosing throttling"; API Reference,
 * "ThrottlingReason".
 */
#pragma once

#include "api/operations.h"

/* Of an item, or with key NULL of a page. */
struct admission {
	struct usage *usage;
	const struct table *table;
	const struct map *key;
	enum usage_kind kind;
};

/* index NULL: of the table itself. */
int admission_read(const struct admission *admission, const struct index_description *index,
	struct error *err) NODISCARD;
int admission_write(const struct admission *admission, struct error *err) NODISCARD;
/* Has the write ask for the indexes too, if they are limited. The admission is
 * borrowed until it is done. */
void admission_watch_indexes(struct admission *admission, struct write_action *action);

/* Whether a failure is such a refusal. */
bool admission_refused(const struct error *failure);
