#include "rejection.h"
#include "base/clock.h"
#include "base/memory.h"
#include "excerpt.h"

#include <pthread.h>

/* One user's entries, a ring. */
struct history {
	struct history *next;
	uid_t uid;
	struct buf entries[REJECTION_COUNT_MAX];
	size_t first;
	size_t count;
	size_t bytes;
};

struct rejection_log {
	pthread_mutex_t lock; /* over all below; the only lock of this file */
	struct history *histories;
};

struct rejection_log *rejection_log_new(void)
{
	struct rejection_log *log = memory_new_zero(sizeof(*log));

	pthread_mutex_init(&log->lock, NULL);
	return log;
}

static struct buf *entry_at(struct history *history, size_t i)
{
	return &history->entries[(history->first + i) % REJECTION_COUNT_MAX];
}

static void drop_oldest(struct history *history)
{
	struct buf *oldest = entry_at(history, 0);

	history->bytes -= oldest->len;
	buf_release(oldest);
	history->first = (history->first + 1) % REJECTION_COUNT_MAX;
	history->count--;
}

static void history_free(struct history *history)
{
	while (history->count)
		drop_oldest(history);
	free(history);
}

void rejection_log_free(struct rejection_log *log)
{
	while (log->histories) {
		struct history *history = log->histories;

		log->histories = history->next;
		history_free(history);
	}
	pthread_mutex_destroy(&log->lock);
	free(log);
}

static struct history *history_find_locked(struct rejection_log *log, uid_t uid)
{
	struct history *history = log->histories;

	while (history && history->uid != uid)
		history = history->next;
	return history;
}

static struct history *history_obtain_locked(struct rejection_log *log, uid_t uid)
{
	struct history *history = history_find_locked(log, uid);

	if (!history) {
		history = memory_new_zero(sizeof(*history));
		history->uid = uid;
		history->next = log->histories;
		log->histories = history;
	}
	return history;
}

/* Steals the entry. */
static void history_add(struct history *history, struct buf *entry)
{
	while (history->count == REJECTION_COUNT_MAX ||
		(history->count && history->bytes + entry->len > REJECTION_BYTES_MAX))
		drop_oldest(history);
	history->bytes += entry->len;
	*entry_at(history, history->count++) = *entry;
	buf_init(entry);
}

static void append_line(struct buf *buf, const char *label, struct slice text)
{
	buf_append_string(buf, label);
	excerpt_append_visible(buf, text);
	buf_append_char(buf, '\n');
}

/* A message of several lines, such as an import's, stays that. */
static void append_message(struct buf *buf, struct slice message)
{
	const char *label = "message: ";
	const char *end;

	while ((end = memchr(message.data, '\n', message.len))) {
		struct slice line = slice_of(message.data, (size_t)(end - message.data));

		append_line(buf, label, line);
		message = slice_skip(message, line.len + 1);
		label = "  ";
	}
	append_line(buf, label, message);
}

static void append_draft(struct buf *buf, struct slice text)
{
	buf_appendf(buf, "draft, %zu bytes", text.len);
	if (text.len > REJECTION_DRAFT_MAX) {
		text.len = REJECTION_DRAFT_MAX;
		buf_appendf(buf, ", of them the first %zu", text.len);
	}
	buf_append_string(buf, ":\n");
	buf_reserve(buf, text.len + 1);
	buf_append_slice(buf, text);
	buf_append_char(buf, '\n');
}

static void entry_render(struct buf *buf, const struct rejection *rejection)
{
	const struct error *err = rejection->err;
	const char *exception = err ? error_class_info(err->class)->exception : "";
	const char *message = err ? err->message : strerrordesc_np(rejection->errnum);

	clock_append_iso(buf, clock_realtime_ns());
	buf_appendf(buf, " %s%s%s\n", error_errno_name(rejection->errnum), *exception ? " " : "",
		exception);
	append_line(buf, "path: ", rejection->path);
	if (message)
		append_message(buf, slice_from_string(message));
	if (err && err->place.known)
		excerpt_append(buf, rejection->text, &err->place);
	if (rejection->keep_text && slice_present(rejection->text))
		append_draft(buf, rejection->text);
}

void rejection_record(struct rejection_log *log, uid_t uid, const struct rejection *rejection)
{
	struct buf entry CLEANUP(buf_release) = BUF_INIT;

	entry_render(&entry, rejection);
	pthread_mutex_lock(&log->lock);
	history_add(history_obtain_locked(log, uid), &entry);
	pthread_mutex_unlock(&log->lock);
}

static void history_append(struct history *history, struct buf *buf)
{
	buf_reserve(buf, history->bytes + history->count);
	for (size_t i = 0; i < history->count; i++) {
		if (i > 0)
			buf_append_char(buf, '\n');
		buf_append_slice(buf, buf_slice(entry_at(history, i)));
	}
}

void rejection_read(struct rejection_log *log, uid_t uid, struct buf *buf)
{
	struct history *history;

	pthread_mutex_lock(&log->lock);
	history = history_find_locked(log, uid);
	if (history)
		history_append(history, buf);
	pthread_mutex_unlock(&log->lock);
}
