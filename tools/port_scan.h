/*
 * Reading a whole table, in segments that threads scan at once. Between two pages
 * a scan can stop and, with the positions kept, go on in another process.
 */
#pragma once

#include "client.h"
#include "port_retry.h"

struct scan_segment {
	unsigned number;
	bool done;
	const struct map *position; /* the key of the last item read; NULL: none was */
	struct arena arena; /* of the position */
	uint64_t items; /* read so far */
};

struct scan;

#define SCAN_STOPPED 1
/* Takes a page, in the thread of its segment: one page of a segment at a time,
 * those of different ones at once. To go on it calls scan_advance(). */
typedef int scan_take(void *context, struct scan_segment *segment, const struct query_output *page,
	struct error *err);
/* Called now and then in the thread that runs the scan. SCAN_STOPPED: enough. */
typedef int scan_tick(void *context);

struct scan {
	struct client *client;
	struct scan_segment *segments;
	unsigned count;
	/* private: */
	scan_take *take;
	void *context;
	struct retry_control control;
	pthread_cond_t ended;
	unsigned running;
	bool stopped;
	struct error failure;
};

/* Of the client's table. */
void scan_init(struct scan *scan, struct client *client, unsigned segments);
void scan_release(struct scan *scan);
/* Begins again. */
void scan_rewind(struct scan *scan);
/* Puts a segment behind a key, which is copied; NULL: to its end. */
void scan_advance(struct scan_segment *segment, const struct map *last_key);
/* Reads what is left of all segments: 0, SCAN_STOPPED, or -1 with the first
 * failure of a page or of taking it. No thread is left then. */
int scan_run(struct scan *scan, scan_take *take, scan_tick *tick, void *context,
	struct error *err) NODISCARD;
