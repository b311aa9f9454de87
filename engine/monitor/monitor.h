/*
 * The monitors: what watches the calls of an engine and tells of them later.
 *
 * This layer stands between the store, in whose files it keeps what must
 * outlive the process, and the operations, which it knows nothing of. Each
 * monitor is a module of its own; this one opens and closes them, passes each
 * call on to all, and has the one thread that does what time brings: a step at
 * the start of each minute.
 */
#pragma once

#include "monitor/call.h"
#include "store/store.h"

struct alarms;
struct hot_keys;
struct metrics;
struct monitor;
struct throttle;

struct monitor_options {
	struct store *store; /* borrowed; must outlive the monitor */
	bool enforce_capacity; /* refuse what exceeds the throughput, not only count it */
};

int monitor_open(
	const struct monitor_options *options, struct monitor **ret, struct error *err) NODISCARD;
/* Keeps what is not yet kept, ends the thread. NULL is allowed. */
void monitor_close(struct monitor *monitor);

/* Tells of a call that has ended. Thread-safe; never fails, never waits for the
 * disk. */
void monitor_note(struct monitor *monitor, const struct call *call);

/* Its parts, borrowed. */
struct hot_keys *monitor_hot_keys(struct monitor *monitor);
struct metrics *monitor_metrics(struct monitor *monitor);
struct alarms *monitor_alarms(struct monitor *monitor);
struct throttle *monitor_throttle(struct monitor *monitor);
