#include "kept_questions.h"

#include "base/buf.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
	struct entry *next; /* older */
	uid_t uid;
	int64_t time;
	struct buf file, text, answer;
	bool answered;
};

struct kept_questions {
	pthread_mutex_t mutex; /* over all below; the only lock of this file */
	struct entry *newest;
};

struct kept_questions *kept_questions_new(void)
{
	struct kept_questions *kept = memory_new_zero(sizeof(*kept));

	pthread_mutex_init(&kept->mutex, NULL);
	return kept;
}

/* Takes the entry out of its list and frees it. */
static void remove_entry(struct entry **link)
{
	struct entry *entry = *link;

	*link = entry->next;
	buf_release(&entry->file);
	buf_release(&entry->text);
	buf_release(&entry->answer);
	free(entry);
}

void kept_questions_free(struct kept_questions *kept)
{
	while (kept->newest)
		remove_entry(&kept->newest);
	pthread_mutex_destroy(&kept->mutex);
	free(kept);
}

static struct entry **find_locked(struct kept_questions *kept, uid_t uid, struct slice file)
{
	struct entry **link = &kept->newest;

	while (*link && ((*link)->uid != uid || !slice_equal(buf_slice(&(*link)->file), file)))
		link = &(*link)->next;
	return link;
}

static void expire_locked(struct kept_questions *kept, int64_t now)
{
	struct entry **link = &kept->newest;

	while (*link) {
		if ((*link)->time + KEPT_NS < now)
			remove_entry(link);
		else
			link = &(*link)->next;
	}
}

/* Forgets the oldest of a user's that are too many. */
static void bound_locked(struct kept_questions *kept, uid_t uid)
{
	struct entry **link = &kept->newest;
	size_t count = 0, bytes = 0;

	while (*link) {
		if ((*link)->uid == uid) {
			bytes += (*link)->text.len + (*link)->answer.len;
			count++;
			if (count > KEPT_COUNT_MAX || (count > 1 && bytes > KEPT_BYTES_MAX)) {
				remove_entry(link);
				continue;
			}
		}
		link = &(*link)->next;
	}
}

void kept_questions_put(struct kept_questions *kept, uid_t uid, struct slice file,
	const struct kept_question *question, int64_t now)
{
	struct entry *entry = memory_new_zero(sizeof(*entry));
	struct entry **before;

	entry->uid = uid;
	entry->time = now;
	entry->answered = slice_present(question->answer);
	buf_append_slice(&entry->file, file);
	buf_append_slice(&entry->text, question->text);
	buf_append_slice(&entry->answer, question->answer);
	pthread_mutex_lock(&kept->mutex);
	expire_locked(kept, now);
	before = find_locked(kept, uid, file);
	if (*before)
		remove_entry(before);
	entry->next = kept->newest;
	kept->newest = entry;
	bound_locked(kept, uid);
	pthread_mutex_unlock(&kept->mutex);
}

void kept_questions_forget(struct kept_questions *kept, uid_t uid, struct slice file)
{
	struct entry **link;

	pthread_mutex_lock(&kept->mutex);
	link = find_locked(kept, uid, file);
	if (*link)
		remove_entry(link);
	pthread_mutex_unlock(&kept->mutex);
}

bool kept_questions_find(struct kept_questions *kept, uid_t uid, struct slice file, int64_t now,
	struct arena *arena, struct kept_question *ret)
{
	const struct entry *entry;

	pthread_mutex_lock(&kept->mutex);
	expire_locked(kept, now);
	entry = *find_locked(kept, uid, file);
	if (entry) {
		ret->text = arena_copy(arena, buf_slice(&entry->text));
		ret->answer = entry->answered ? arena_copy(arena, buf_slice(&entry->answer))
					      : (struct slice){ NULL, 0 };
	}
	pthread_mutex_unlock(&kept->mutex);
	return entry != NULL;
}
