#include "follow_private.h"

#include "base/memory.h"
#include "stream_requests.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

struct follow *follow_new(struct filesystem *fs)
{
	struct follow *follow = memory_new_zero(sizeof(*follow));

	follow->fs = fs;
	follow->wake = follow->mounts = -1;
	pthread_mutex_init(&follow->mutex, NULL);
	return follow;
}

void follow_watch_mount(struct follow *follow, follow_detached *detached, void *context)
{
	follow->detached = detached;
	follow->detached_context = context;
}

void follow_free(struct follow *follow)
{
	cleanup_close(&follow->wake);
	cleanup_close(&follow->mounts);
	pthread_mutex_destroy(&follow->mutex);
	free(follow);
}

void follow_wake_locked(struct follow *follow, struct follow_log *log)
{
	uint64_t one = 1;

	log->woken = true;
	/* A full counter wakes as well. */
	if (follow->started && write(follow->wake, &one, sizeof(one)) < 0)
		return;
}

void follow_changes(struct follow *follow, const struct change *changes, size_t count)
{
	struct slice last = { NULL, 0 };

	pthread_mutex_lock(&follow->mutex);
	for (size_t i = 0; follow->logs && i < count; i++) {
		if (slice_present(last) && slice_equal(changes[i].table_id, last))
			continue;
		last = changes[i].table_id;
		for (struct follow_log *log = follow->logs; log; log = log->next) {
			if (!slice_equal(log->table_id, last))
				continue;
			log->changes++;
			if (log->waiters)
				follow_wake_locked(follow, log);
		}
	}
	pthread_mutex_unlock(&follow->mutex);
}

static void take_out_locked(struct follow *follow, const struct follow_log *log)
{
	struct follow_log **link = &follow->logs;

	while (*link != log)
		link = &(*link)->next;
	*link = log->next;
}

static void log_free(struct follow_log *log)
{
	follow_drop_polls_locked(log, NULL);
	stream_text_release(&log->text);
	free((char *)log->table_id.data);
	free(log);
}

void follow_log_unref_locked(struct follow *follow, struct follow_log *log)
{
	if (--log->references)
		return;
	take_out_locked(follow, log);
	log_free(log);
}

/* It goes to the end, so that no log without a pause between its changes keeps the
 * waiters of another one waiting. */
static struct follow_log *take_woken_locked(struct follow *follow)
{
	struct follow_log *log = follow->logs, **link = &follow->logs;

	while (log && !log->woken)
		log = log->next;
	if (!log)
		return NULL;
	take_out_locked(follow, log);
	while (*link)
		link = &(*link)->next;
	log->next = NULL;
	*link = log;
	return log;
}

/* Wakes all once the mount is detached. */
static void look_at_mount(struct follow *follow)
{
	if (follow->mounts < 0 || !follow->detached(follow->detached_context))
		return;
	cleanup_close(&follow->mounts);
	follow->mounts = -1;
	pthread_mutex_lock(&follow->mutex);
	for (struct follow_log *log = follow->logs; log; log = log->next)
		log->woken = true;
	follow->gone = true;
	pthread_mutex_unlock(&follow->mutex);
}

/* Waits to be woken, or for the mount's end. */
static void wait_for_wake(struct follow *follow)
{
	struct pollfd files[] = {
		{ .fd = follow->wake, .events = POLLIN },
		{ .fd = follow->mounts, .events = POLLPRI },
	};
	uint64_t count;

	if (poll(files, ARRAY_SIZE(files), -1) < 0)
		return;
	if (files[0].revents && read(follow->wake, &count, sizeof(count)) < 0)
		return;
	if (files[1].revents)
		look_at_mount(follow);
}

static void *run(void *context)
{
	struct follow *follow = context;

	look_at_mount(follow); /* before it was looked for changes of mounts */
	pthread_mutex_lock(&follow->mutex);
	while (!follow->ending) {
		struct follow_log *log = take_woken_locked(follow);

		if (log) {
			follow_serve_locked(follow, log);
			continue;
		}
		pthread_mutex_unlock(&follow->mutex);
		wait_for_wake(follow);
		pthread_mutex_lock(&follow->mutex);
	}
	pthread_mutex_unlock(&follow->mutex);
	return NULL;
}

/* Signals are for the thread that waits for the session's end. */
bool follow_start_locked(struct follow *follow)
{
	sigset_t all, before;

	if (follow->started)
		return true;
	if (follow->wake < 0)
		follow->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (follow->wake < 0)
		return false;
	if (follow->mounts < 0 && follow->detached)
		follow->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	follow->started = pthread_create(&follow->thread, NULL, run, follow) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return follow->started;
}

static struct follow_log *find_waited_for_locked(struct follow *follow)
{
	struct follow_log *log = follow->logs;

	while (log && !log->waiters)
		log = log->next;
	return log;
}

void follow_end(struct follow *follow)
{
	struct follow_log *log;
	uint64_t one = 1;

	pthread_mutex_lock(&follow->mutex);
	follow->ending = true;
	pthread_mutex_unlock(&follow->mutex);
	if (follow->started && write(follow->wake, &one, sizeof(one)) >= 0)
		pthread_join(follow->thread, NULL);
	pthread_mutex_lock(&follow->mutex);
	while ((log = find_waited_for_locked(follow)))
		follow_serve_locked(follow, log);
	pthread_mutex_unlock(&follow->mutex);
}

static struct follow_log *find_log_locked(
	struct follow *follow, const struct mount_table *table, struct slice label)
{
	struct follow_log *log = follow->logs;

	while (log &&
		!(slice_equal(log->table_id, table->id) && slice_equal(log->text.label, label)))
		log = log->next;
	return log;
}

static struct follow_log *log_ref(
	struct follow *follow, const struct mount_table *table, struct slice label)
{
	struct follow_log *log;

	pthread_mutex_lock(&follow->mutex);
	log = find_log_locked(follow, table, label);
	if (!log) {
		log = memory_new_zero(sizeof(*log));
		log->table_id =
			slice_of(memory_copy_string(table->id.data, table->id.len), table->id.len);
		stream_text_init(&log->text, table->name, label);
		log->next = follow->logs;
		follow->logs = log;
	}
	log->references++;
	pthread_mutex_unlock(&follow->mutex);
	return log;
}

int follow_open(struct filesystem *fs, const struct mount_table *table, struct handle *handle,
	struct follow_reader *reader)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct find_stream_output found;
	int r = request_stream_of(fs, table, &arena, &found);

	if (r < 0)
		return r;
	*reader = (struct follow_reader){
		.handle = handle,
		.log = log_ref(fs->follow, table, found.stream_label),
		.base = found.end,
		.reached = found.end,
	};
	return 0;
}

void follow_close(struct filesystem *fs, struct follow_reader *reader)
{
	struct follow *follow = fs->follow;

	pthread_mutex_lock(&follow->mutex);
	follow_drop_polls_locked(reader->log, reader);
	follow_log_unref_locked(follow, reader->log);
	pthread_mutex_unlock(&follow->mutex);
}
