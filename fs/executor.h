/*
 * Threads for what may take long: a worker that serves the kernel hands the
 * request over and goes on, so that no number of slow readers stops the mount.
 *
 * Invariants:
 * 1. A job runs once, on one of EXECUTOR_THREADS threads that begin at need, in
 *    the order of submission; it answers its request itself.
 * 2. A job never waits for the kernel, for a user, or for another job: what has
 *    to be waited for is parked elsewhere.
 * 3. executor_free() runs what is still queued, then ends the threads; by then
 *    nothing but a job submits any more.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EXECUTOR_THREADS 8

struct executor;

struct executor *executor_new(void) __attribute__((returns_nonnull));
void executor_free(struct executor *executor);

typedef void executor_job(void *context);
void executor_submit(struct executor *executor, executor_job *job, void *context);
/* The same after a pause, from a job that looks again and again whether something
 * has come; no thread waits meanwhile. At the end no pause is waited for. */
void executor_submit_later(
	struct executor *executor, int64_t pause_ns, executor_job *job, void *context);
