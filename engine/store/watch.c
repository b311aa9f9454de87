#include "store/watch.h"

void watch_init(struct watch *watch)
{
	*watch = (struct watch){ 0 };
	pthread_mutex_init(&watch->lock, NULL);
	pthread_cond_init(&watch->idle, NULL);
}

void watch_release(struct watch *watch)
{
	pthread_cond_destroy(&watch->idle);
	pthread_mutex_destroy(&watch->lock);
}

void watch_set(struct watch *watch, change_watcher *watcher, void *context)
{
	pthread_mutex_lock(&watch->lock);
	watch->watcher = watcher;
	watch->context = context;
	while (!watch->watcher && watch->calls)
		pthread_cond_wait(&watch->idle, &watch->lock);
	pthread_mutex_unlock(&watch->lock);
}

bool watch_wanted(struct watch *watch)
{
	bool wanted;

	pthread_mutex_lock(&watch->lock);
	wanted = watch->watcher;
	pthread_mutex_unlock(&watch->lock);
	return wanted;
}

void change_list_release(struct change_list *list)
{
	buf_release(&list->changes);
	buf_release(&list->keys);
}

void change_list_add(struct change_list *list, const struct change *change)
{
	buf_append(&list->changes, change, sizeof(*change));
	buf_append_slice(&list->keys, change->row_key);
}

/* The keys stand still now: points the changes at them. */
static struct change *change_list_finish(struct change_list *list, size_t *ret_count)
{
	struct change *changes = (struct change *)(void *)list->changes.data;
	size_t count = list->changes.len / sizeof(*changes);
	const char *key = list->keys.data;

	for (size_t i = 0; i < count; i++) {
		if (!slice_present(changes[i].row_key))
			continue;
		changes[i].row_key.data = key;
		key += changes[i].row_key.len;
	}
	*ret_count = count;
	return changes;
}

static change_watcher *watch_enter(struct watch *watch, void **ret_context)
{
	change_watcher *watcher;

	pthread_mutex_lock(&watch->lock);
	watcher = watch->watcher;
	*ret_context = watch->context;
	if (watcher)
		watch->calls++;
	pthread_mutex_unlock(&watch->lock);
	return watcher;
}

static void watch_leave(struct watch *watch)
{
	pthread_mutex_lock(&watch->lock);
	if (--watch->calls == 0)
		pthread_cond_broadcast(&watch->idle);
	pthread_mutex_unlock(&watch->lock);
}

void watch_deliver(struct watch *watch, struct change_list *list)
{
	change_watcher *watcher;
	void *context;
	struct change *changes;
	size_t count;

	if (!list->changes.len)
		return;
	watcher = watch_enter(watch, &context);
	if (!watcher)
		return;
	changes = change_list_finish(list, &count);
	watcher(context, changes, count);
	watch_leave(watch);
}
