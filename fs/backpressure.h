/*
 * Back-pressure: the kernel's requests on items whose table has no throughput left
 * (--capacity=enforce) wait until it has, and no thread waits with them.
 *
 * Invariants:
 * 1. A request is attempted as a whole. The first time that the engine refuses it
 *    something, the attempt ends without an answer: it has changed nothing. It is
 *    kept, with copies of what it came with, and attempted again.
 * 2. Who waits for the reads of a table, or for its writes, is attempted again in
 *    the order of coming; whoever comes while others wait stands back behind them,
 *    without asking the engine. Other tables are not held up.
 * 3. The one in front is attempted when its throughput is expected, and at least
 *    once in PRESSURE_LOOK_NS, as the table may be given more meanwhile.
 * 4. An interrupted request is answered with EINTR, not attempted again; at the
 *    end of the mount so are all.
 * 5. Only requests that go through backpressure_run() wait here; what reads in
 *    pages (.export, .where) makes a pause of its own. Answers of sessions (.query,
 *    .api) tell the exception instead.
 */
#pragma once

#include "acting.h"
#include "files.h"

#define PRESSURE_LOOK_NS 1000000000LL

struct backpressure;

struct backpressure *backpressure_new(struct filesystem *fs) __attribute__((returns_nonnull));
/* When the executor has ended. */
void backpressure_free(struct backpressure *pressure);

/* A request of the kernel's: what its function needs of it. Borrowed; names are
 * NUL-terminated. */
struct kernel_call {
	/* Does it all and replies, but refusals by backpressure_reply_err(). */
	void (*run)(struct filesystem *fs, const struct kernel_call *call);
	fuse_req_t req;
	fuse_ino_t ino, to; /* to: of a rename */
	struct handle *handle; /* or NULL */
	struct slice name, to_name;
	unsigned flags;
	struct fuse_file_info info; /* as it came */
	struct stat attributes;
	int to_set; /* of the attributes */
	struct slice data;
	size_t size;
	off_t offset;
};

/* Attempts it, now or when it is its turn. */
void backpressure_run(struct filesystem *fs, const struct kernel_call *call);

/* Within an attempt: whether it was refused, and will be made again. */
bool backpressure_waits(void);
/* fuse_reply_err(), unless it was refused. */
void backpressure_reply_err(fuse_req_t req, int errnum);

/* Whether this is the refusal. */
bool backpressure_is_refusal(const struct error *err);
/* How long to wait after a refusal of this thread's last request. */
int64_t backpressure_pause_ns(void);

/* For requests.c. Before the engine is asked: -1 with the refusal when others wait
 * for the same. */
int backpressure_stand_back(struct filesystem *fs, enum operation_id operation, const void *input,
	struct error *err) NODISCARD;
/* After it has refused, for so long. */
void backpressure_note(enum operation_id operation, const void *input, int64_t wait_ns);
