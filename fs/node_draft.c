#include "node_private.h"

void node_draft_begin(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->mutex);
	node->drafts.open++;
	pthread_mutex_unlock(&table->mutex);
}

void node_draft_update(struct node_table *table, struct node *node, size_t size, int64_t mtime)
{
	pthread_mutex_lock(&table->mutex);
	node->drafts.newest_size = size;
	node->drafts.newest_mtime = mtime;
	node->drafts.wanted_mtime = 0;
	node->drafts.hidden = false;
	pthread_mutex_unlock(&table->mutex);
}

void node_draft_hide(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->mutex);
	node->drafts.hidden = true;
	pthread_mutex_unlock(&table->mutex);
}

bool node_draft_set_mtime(struct node_table *table, struct node *node, int64_t mtime)
{
	bool open;

	pthread_mutex_lock(&table->mutex);
	open = node->drafts.open > 0;
	if (open)
		node->drafts.newest_mtime = node->drafts.wanted_mtime = mtime;
	pthread_mutex_unlock(&table->mutex);
	return open;
}

void node_draft_end(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->mutex);
	if (--node->drafts.open == 0)
		node->drafts = (struct node_drafts){ 0 };
	pthread_mutex_unlock(&table->mutex);
}

struct node_drafts node_drafts(struct node_table *table, struct node *node)
{
	struct node_drafts drafts;

	pthread_mutex_lock(&table->mutex);
	drafts = node->drafts;
	pthread_mutex_unlock(&table->mutex);
	return drafts;
}

bool node_pages_current(struct node_table *table, struct node *node, uint64_t stamp)
{
	bool current;

	pthread_mutex_lock(&table->mutex);
	current = node->pages_stamp == stamp;
	node->pages_stamp = stamp;
	pthread_mutex_unlock(&table->mutex);
	return current;
}
