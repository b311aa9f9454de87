#include "files.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "follow.h"
#include "invalidate.h"

#include <pthread.h>

#define QUEUE_MAX 8192
#define SETTLE_NS 1000000000LL

struct notice {
	uint64_t id; /* of the parent with a name, else of the inode */
	struct slice name; /* owned; absent for an inode */
};

struct invalidator {
	struct filesystem *fs;
	struct fuse_session *session;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct notice queue[QUEUE_MAX];
	size_t first, count;
	uint64_t pushed, sent; /* notices so far */
	bool started, stopping;
};

static __thread unsigned own_changes;

void invalidate_own_begin(void)
{
	own_changes++;
}

void invalidate_own_end(void)
{
	own_changes--;
}

struct invalidator *invalidator_new(struct filesystem *fs)
{
	struct invalidator *invalidator = memory_new_zero(sizeof(*invalidator));

	invalidator->fs = fs;
	pthread_mutex_init(&invalidator->mutex, NULL);
	pthread_cond_init(&invalidator->changed, NULL);
	return invalidator;
}

static void send(struct invalidator *invalidator, const struct notice *notice)
{
	/* Failures are the kernel's not knowing the node any more. */
	if (slice_present(notice->name))
		fuse_lowlevel_notify_inval_entry(
			invalidator->session, notice->id, notice->name.data, notice->name.len);
	else
		fuse_lowlevel_notify_inval_inode(invalidator->session, notice->id, 0, 0);
}

static void *run(void *data)
{
	struct invalidator *invalidator = data;

	pthread_mutex_lock(&invalidator->mutex);
	while (!invalidator->stopping) {
		struct notice notice;

		if (!invalidator->count) {
			pthread_cond_wait(&invalidator->changed, &invalidator->mutex);
			continue;
		}
		notice = invalidator->queue[invalidator->first];
		invalidator->first = (invalidator->first + 1) % QUEUE_MAX;
		invalidator->count--;
		pthread_cond_broadcast(&invalidator->changed);
		pthread_mutex_unlock(&invalidator->mutex);
		send(invalidator, &notice);
		free((char *)notice.name.data);
		pthread_mutex_lock(&invalidator->mutex);
		invalidator->sent++;
		pthread_cond_broadcast(&invalidator->changed);
	}
	pthread_mutex_unlock(&invalidator->mutex);
	return NULL;
}

void invalidator_start(struct invalidator *invalidator, struct fuse_session *session)
{
	invalidator->session = session;
	invalidator->started = pthread_create(&invalidator->thread, NULL, run, invalidator) == 0;
	if (!invalidator->started) {
		log_warning("changes by other doors will be seen late: no thread to tell of them");
		invalidator_end(invalidator);
	}
}

void invalidator_end(struct invalidator *invalidator)
{
	pthread_mutex_lock(&invalidator->mutex);
	invalidator->stopping = true;
	pthread_cond_broadcast(&invalidator->changed);
	pthread_mutex_unlock(&invalidator->mutex);
}

void invalidator_join(struct invalidator *invalidator)
{
	if (invalidator->started)
		pthread_join(invalidator->thread, NULL);
}

void invalidator_free(struct invalidator *invalidator)
{
	for (; invalidator->count; invalidator->count--) {
		free((char *)invalidator->queue[invalidator->first].name.data);
		invalidator->first = (invalidator->first + 1) % QUEUE_MAX;
	}
	pthread_cond_destroy(&invalidator->changed);
	pthread_mutex_destroy(&invalidator->mutex);
	free(invalidator);
}

/* Queues a notice, unless the queue is full and it may be dropped. */
static void push(struct invalidator *invalidator, uint64_t id, struct slice name, bool may_drop)
{
	struct notice notice = { .id = id };
	bool queued = false;

	if (slice_present(name))
		notice.name = slice_of(memory_copy_string(name.data, name.len), name.len);
	pthread_mutex_lock(&invalidator->mutex);
	while (!may_drop && invalidator->count == QUEUE_MAX && !invalidator->stopping)
		pthread_cond_wait(&invalidator->changed, &invalidator->mutex);
	if (invalidator->count < QUEUE_MAX && !invalidator->stopping) {
		invalidator->queue[(invalidator->first + invalidator->count++) % QUEUE_MAX] =
			notice;
		invalidator->pushed++;
		pthread_cond_broadcast(&invalidator->changed);
		queued = true;
	}
	pthread_mutex_unlock(&invalidator->mutex);
	if (!queued)
		free((char *)notice.name.data);
}

void invalidate_settle(void *context)
{
	struct filesystem *fs = context;
	struct invalidator *invalidator = fs->invalidator;
	struct timespec until = clock_to_timespec(clock_realtime_ns() + SETTLE_NS);
	uint64_t target;
	int r = 0;

	pthread_mutex_lock(&invalidator->mutex);
	target = invalidator->pushed;
	while (invalidator->sent < target && invalidator->started && !invalidator->stopping &&
		r == 0)
		r = pthread_cond_timedwait(&invalidator->changed, &invalidator->mutex, &until);
	pthread_mutex_unlock(&invalidator->mutex);
}

void invalidate_entry(void *invalidator, uint64_t parent_id, struct slice name)
{
	push(invalidator, parent_id, name, true);
}

void invalidate_node(struct invalidator *invalidator, const struct node *node)
{
	bool root = node == node_root(invalidator->fs->nodes);

	push(invalidator, root ? FUSE_ROOT_ID : node_id(node), (struct slice){ NULL, 0 }, false);
}

static void invalidate_item(struct filesystem *fs, const struct change *change)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node *node;
	uint64_t parent_id;
	struct slice name;

	node = node_find_item(fs->nodes, node_item_inode(change->table_id, change->row_key));
	if (!node)
		return;
	invalidate_node(fs->invalidator, node);
	if (change->kind == CHANGE_REMOVE && node_place(fs->nodes, node, &arena, &parent_id, &name))
		push(fs->invalidator, parent_id, name, false);
	node_unref(fs->nodes, node);
}

/* With the entry of its directory the kernel forgets all below it. */
static void invalidate_table(struct filesystem *fs, const struct change *change)
{
	node_drop_table(fs->nodes, change->table_id);
	if (!own_changes)
		push(fs->invalidator, FUSE_ROOT_ID, change->table_name, false);
}

void invalidate_changes(void *context, const struct change *changes, size_t count)
{
	struct filesystem *fs = context;

	node_count_change(fs->nodes);
	for (size_t i = 0; i < count; i++) {
		if (changes[i].kind == CHANGE_TABLE_DELETED)
			invalidate_table(fs, &changes[i]);
		else if (slice_present(changes[i].row_key) && !own_changes)
			invalidate_item(fs, &changes[i]);
	}
	follow_changes(fs->follow, changes, count);
}
