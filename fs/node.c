#include "node_private.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/memory.h"

#include <assert.h>

#define BUCKETS_FIRST 1024
/* So many at once, every so many lookups: more than come in meanwhile. */
#define EVICT_BATCH 256
#define EVICT_EVERY 64
/* At so many times the limit partitions go too. */
#define DIRECTORIES_LIMITS 2

void node_view_release(struct node_view *view)
{
	mount_table_unref(view->table);
	view->table = NULL;
}

uint64_t node_item_inode(struct slice table_id, struct slice row_key)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	uint64_t inode;

	buf_append_slice(&bytes, table_id);
	buf_append_slice(&bytes, row_key);
	inode = hash64(buf_slice(&bytes));
	return inode > 1 ? inode : inode + 2;
}

/* Whatever is no item gets its number from where it stands. */
static uint64_t name_hash_of(const struct node *parent, struct slice name, uid_t owner)
{
	uint64_t words[2] = { (uint64_t)(uintptr_t)parent, owner };

	return hash64(name) ^ hash64(slice_of((const char *)words, sizeof(words)));
}

static struct slice name_of(const struct node *node)
{
	return slice_of(node->bytes, node->name_len);
}

static struct slice row_key_of(const struct node *node)
{
	if (!node->row_key_len)
		return (struct slice){ NULL, 0 };
	return slice_of(node->bytes + node->name_len, node->row_key_len);
}

static uint64_t place_inode(const struct node *parent, struct slice name, uid_t owner)
{
	uint64_t words[2] = { parent->inode, owner };
	uint64_t inode = hash64(name) * 31 + hash64(slice_of((const char *)words, sizeof(words)));

	return inode > 1 ? inode : inode + 2;
}

static uint64_t inode_of(const struct node *node)
{
	bool by_key = node->kind == NODE_ITEM || node->kind == NODE_PARTITION;

	if (by_key && node->table && mount_table_exists(node->table) && node->row_key_len)
		return node_item_inode(node->table->id, row_key_of(node));
	return place_inode(node->parent, name_of(node), node->owner);
}

/* The two hash chains. */

static struct node **name_bucket(
	const struct node_table *table, const struct node *parent, struct slice name, uid_t owner)
{
	return &table->by_name[name_hash_of(parent, name, owner) & (table->buckets - 1)];
}

static struct node **inode_bucket(const struct node_table *table, uint64_t inode)
{
	return &table->by_inode[inode & (table->buckets - 1)];
}

static void index_add(struct node_table *table, struct node *node)
{
	struct node **bucket = name_bucket(table, node->parent, name_of(node), node->owner);

	node->next_by_name = *bucket;
	*bucket = node;
	bucket = inode_bucket(table, node->inode);
	node->next_by_inode = *bucket;
	*bucket = node;
	node->named = true;
}

static void index_remove(struct node_table *table, struct node *node)
{
	struct node **link;

	if (!node->named)
		return;
	link = name_bucket(table, node->parent, name_of(node), node->owner);
	while (*link != node)
		link = &(*link)->next_by_name;
	*link = node->next_by_name;
	link = inode_bucket(table, node->inode);
	while (*link != node)
		link = &(*link)->next_by_inode;
	*link = node->next_by_inode;
	node->named = false;
}

static void index_grow(struct node_table *table)
{
	free(table->by_name);
	free(table->by_inode);
	table->buckets *= 2;
	table->by_name = memory_new_zero(table->buckets * sizeof(struct node *));
	table->by_inode = memory_new_zero(table->buckets * sizeof(struct node *));
	for (struct node *node = table->oldest; node; node = node->newer) {
		if (node->named)
			index_add(table, node);
	}
}

static struct node *find(
	const struct node_table *table, const struct node *parent, struct slice name, uid_t owner)
{
	struct node *node = *name_bucket(table, parent, name, owner);

	while (node && !(node->parent == parent && node->owner == owner &&
			       slice_equal(name_of(node), name)))
		node = node->next_by_name;
	return node;
}

/* The order of making. */

static void order_add(struct node_table *table, struct node *node)
{
	node->older = table->newest;
	node->newer = NULL;
	if (table->newest)
		table->newest->newer = node;
	else
		table->oldest = node;
	table->newest = node;
	table->count++;
}

static void order_remove(struct node_table *table, struct node *node)
{
	if (node->older)
		node->older->newer = node->newer;
	else
		table->oldest = node->newer;
	if (node->newer)
		node->newer->older = node->older;
	else
		table->newest = node->older;
	table->count--;
}

static void set_identity(struct node *node, const struct node_identity *identity)
{
	size_t key_len = identity->row_key.len;
	char *bytes = memory_new(identity->name.len + key_len);
	struct mount_table *table = mount_table_ref(identity->table);

	memcpy(bytes, identity->name.data, identity->name.len);
	if (key_len)
		memcpy(bytes + identity->name.len, identity->row_key.data, key_len);
	free(node->bytes);
	mount_table_unref(node->table);
	node->bytes = bytes;
	node->name_len = identity->name.len;
	node->row_key_len = key_len;
	node->kind = identity->kind;
	node->owner = identity->owner;
	node->table = table;
	node->inode = inode_of(node);
}

struct node_table *node_table_new(node_evictor *evictor, void *context, size_t limit)
{
	struct node_table *table = memory_new_zero(sizeof(*table));

	pthread_mutex_init(&table->mutex, NULL);
	table->buckets = BUCKETS_FIRST;
	table->by_name = memory_new_zero(table->buckets * sizeof(struct node *));
	table->by_inode = memory_new_zero(table->buckets * sizeof(struct node *));
	table->root.kind = NODE_ROOT;
	table->root.inode = 1;
	table->root.references = 1;
	table->evictor = evictor;
	table->evictor_context = context;
	table->limit = limit;
	return table;
}

static void node_free(struct node *node)
{
	mount_table_unref(node->table);
	free(node->bytes);
	free(node);
}

void node_table_free(struct node_table *table)
{
	while (table->oldest) {
		struct node *node = table->oldest;

		table->oldest = node->newer;
		node_free(node);
	}
	free(table->by_name);
	free(table->by_inode);
	pthread_mutex_destroy(&table->mutex);
	free(table);
}

struct node *node_root(struct node_table *table)
{
	return &table->root;
}

struct node *node_of_id(struct node_table *table, uint64_t id)
{
	return id == 1 ? &table->root : (struct node *)(uintptr_t)id;
}

/* Frees a node that nothing holds, and its parents with it. */
static void collect(struct node_table *table, struct node *node)
{
	while (node != &table->root && node->lookups == 0 && node->references == 0) {
		struct node *parent = node->parent;

		index_remove(table, node);
		order_remove(table, node);
		node_free(node);
		parent->references--;
		node = parent;
	}
}

/* Notes the oldest nodes that only the kernel holds, to be given up. */
struct eviction {
	uint64_t parent_id[EVICT_BATCH];
	struct slice name[EVICT_BATCH];
	size_t count;
};

static uint64_t kernel_id(const struct node_table *table, const struct node *node)
{
	return node == &table->root ? 1 : node_id(node);
}

/* The kernel may not have been told, or not have been able to: it is asked
 * again after a while. A directory may be where somebody's shell stands: partitions
 * and their like go only when there are very many, as in a walk over a million of
 * them. */
static bool is_evictable(const struct node_table *table, const struct node *node)
{
	bool is_many = node->kind == NODE_PARTITION || node->kind == NODE_CONDITION ||
		       node->kind == NODE_INDEX_PARTITION;

	if (node->references || !node->named || node->drafts.open)
		return false;
	if (node->asked && table->lookups - node->asked < table->limit)
		return false;
	if (!node_kind_is_directory(node->kind))
		return true;
	return is_many && table->count > DIRECTORIES_LIMITS * table->limit;
}

static void choose_evictions(struct node_table *table, struct eviction *eviction)
{
	size_t looked_at = 0;
	struct node *node = table->oldest, *newer;

	eviction->count = 0;
	if (table->count < table->limit || table->lookups % EVICT_EVERY)
		return;
	for (; node && eviction->count < EVICT_BATCH && looked_at < 4 * EVICT_BATCH; node = newer) {
		newer = node->newer;
		looked_at++;
		/* Each goes to the end of the queue, so that none is met twice. */
		order_remove(table, node);
		order_add(table, node);
		if (!is_evictable(table, node))
			continue;
		node->asked = table->lookups;
		eviction->parent_id[eviction->count] = kernel_id(table, node->parent);
		eviction->name[eviction->count++] =
			slice_of(memory_copy_string(node->bytes, node->name_len), node->name_len);
	}
}

static void evict(struct node_table *table, struct eviction *eviction)
{
	for (size_t i = 0; i < eviction->count; i++) {
		table->evictor(table->evictor_context, eviction->parent_id[i], eviction->name[i]);
		free((char *)eviction->name[i].data);
	}
}

static struct node *make(
	struct node_table *table, struct node *parent, const struct node_identity *identity)
{
	struct node *node = memory_new_zero(sizeof(*node));

	node->parent = parent;
	parent->references++;
	set_identity(node, identity);
	if (table->count >= table->buckets)
		index_grow(table);
	order_add(table, node);
	index_add(table, node);
	return node;
}

/* Whether the node is still what its name stands for now. */
static bool is_same(const struct node *node, const struct node_identity *identity)
{
	if (node->kind != identity->kind)
		return false;
	if (!node->table || !identity->table)
		return node->table == identity->table;
	return slice_equal(node->table->id, identity->table->id);
}

/* Of a node that stays where it is. */
static void replace_identity(
	struct node_table *table, struct node *node, const struct node_identity *identity)
{
	index_remove(table, node);
	set_identity(node, identity);
	index_add(table, node);
}

struct node *node_lookup(
	struct node_table *table, struct node *parent, const struct node_identity *identity)
{
	struct eviction eviction;
	struct node *node;

	pthread_mutex_lock(&table->mutex);
	node = find(table, parent, identity->name, identity->owner);
	if (node && !is_same(node, identity)) {
		index_remove(table, node);
		node = NULL;
	}
	if (!node)
		node = make(table, parent, identity);
	else if (!node->row_key_len && identity->row_key.len)
		replace_identity(table, node, identity);
	node->lookups++;
	node->asked = 0;
	table->lookups++;
	choose_evictions(table, &eviction);
	pthread_mutex_unlock(&table->mutex);
	evict(table, &eviction);
	return node;
}

void node_forget(struct node_table *table, struct node *node, uint64_t count)
{
	if (node == &table->root)
		return;
	pthread_mutex_lock(&table->mutex);
	assert(node->lookups >= count);
	node->lookups -= count;
	collect(table, node);
	pthread_mutex_unlock(&table->mutex);
}

struct node *node_ref(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->mutex);
	node->references++;
	pthread_mutex_unlock(&table->mutex);
	return node;
}

void node_unref(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->mutex);
	node->references--;
	collect(table, node);
	pthread_mutex_unlock(&table->mutex);
}

struct node *node_parent(struct node_table *table, struct node *node)
{
	struct node *parent;

	pthread_mutex_lock(&table->mutex);
	parent = node->parent;
	parent->references++;
	pthread_mutex_unlock(&table->mutex);
	return parent;
}

void node_load(
	struct node_table *table, struct node *node, struct arena *arena, struct node_view *ret)
{
	pthread_mutex_lock(&table->mutex);
	*ret = (struct node_view){
		.node = node,
		.kind = node->kind,
		.name = arena_copy(arena, name_of(node)),
		.table = mount_table_ref(node->table),
		.row_key = arena_copy(arena, row_key_of(node)),
		.inode = node->inode,
		.owner = node->owner,
		.named = node->named,
	};
	if (node->parent && node->parent->kind == NODE_PARTITION)
		ret->partition_name = arena_copy(arena, name_of(node->parent));
	else if (node->kind == NODE_PARTITION)
		ret->partition_name = ret->name;
	pthread_mutex_unlock(&table->mutex);
}

void node_move(struct node_table *table, struct node *node, struct node *parent,
	const struct node_identity *identity)
{
	struct node *replaced, *old_parent;

	pthread_mutex_lock(&table->mutex);
	old_parent = node->parent;
	replaced = find(table, parent, identity->name, identity->owner);
	if (replaced && replaced != node)
		index_remove(table, replaced);
	index_remove(table, node);
	parent->references++;
	node->parent = parent;
	set_identity(node, identity);
	index_add(table, node);
	old_parent->references--;
	collect(table, old_parent);
	pthread_mutex_unlock(&table->mutex);
}

void node_set_row_key(struct node_table *table, struct node *node, struct slice row_key)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct node_identity identity;

	pthread_mutex_lock(&table->mutex);
	if (node->named && node->row_key_len == 0) {
		buf_append_slice(&name, name_of(node));
		identity = (struct node_identity){ node->kind, buf_slice(&name), node->table,
			row_key, node->owner };
		replace_identity(table, node, &identity);
	}
	pthread_mutex_unlock(&table->mutex);
}

void node_set_table(struct node_table *table, struct node *node, struct mount_table *mount_table)
{
	struct mount_table *old;

	pthread_mutex_lock(&table->mutex);
	old = node->table;
	node->table = mount_table_ref(mount_table);
	pthread_mutex_unlock(&table->mutex);
	mount_table_unref(old);
}

void node_unname(struct node_table *table, struct node *node)
{
	pthread_mutex_lock(&table->mutex);
	index_remove(table, node);
	pthread_mutex_unlock(&table->mutex);
}

static struct node *find_item(const struct node_table *table, uint64_t inode)
{
	struct node *node = *inode_bucket(table, inode);

	while (node && !(node->inode == inode && node->kind == NODE_ITEM))
		node = node->next_by_inode;
	return node;
}

struct node *node_find_item(struct node_table *table, uint64_t inode)
{
	struct node *node;

	pthread_mutex_lock(&table->mutex);
	node = find_item(table, inode);
	if (node)
		node->references++;
	pthread_mutex_unlock(&table->mutex);
	return node;
}

struct node *node_find_child(
	struct node_table *table, struct node *parent, struct slice name, uid_t owner)
{
	struct node *node;

	pthread_mutex_lock(&table->mutex);
	node = find(table, parent, name, owner);
	if (node)
		node->references++;
	pthread_mutex_unlock(&table->mutex);
	return node;
}

bool node_place(struct node_table *table, struct node *node, struct arena *arena,
	uint64_t *ret_parent_id, struct slice *ret_name)
{
	bool named;

	pthread_mutex_lock(&table->mutex);
	named = node->named;
	if (named) {
		*ret_parent_id = kernel_id(table, node->parent);
		*ret_name = arena_copy(arena, name_of(node));
	}
	pthread_mutex_unlock(&table->mutex);
	return named;
}

static void append_path(const struct node *node, struct buf *path)
{
	if (!node->parent)
		return;
	append_path(node->parent, path);
	if (path->len)
		buf_append_char(path, '/');
	buf_append_slice(path, name_of(node));
}

struct slice node_path(struct node_table *table, struct node *node, struct arena *arena)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	pthread_mutex_lock(&table->mutex);
	append_path(node, &path);
	pthread_mutex_unlock(&table->mutex);
	return arena_copy(arena, buf_slice(&path));
}

uint64_t node_changes(struct node_table *table)
{
	return __atomic_load_n(&table->changes, __ATOMIC_ACQUIRE);
}

void node_count_change(struct node_table *table)
{
	__atomic_add_fetch(&table->changes, 1, __ATOMIC_ACQ_REL);
}

/* The table that a node is in, not as a transaction sees it, or NULL. */
static struct mount_table *stored_table_of(const struct node *node)
{
	return node->table && node->table->stored ? node->table->stored : node->table;
}

struct node **node_list_of_table(
	struct node_table *table, struct slice table_id, struct arena *arena, size_t *ret_count)
{
	struct node **nodes;
	size_t count = 0;

	pthread_mutex_lock(&table->mutex);
	nodes = arena_alloc_array(arena, table->count, sizeof(struct node *));
	for (struct node *node = table->oldest; node; node = node->newer) {
		const struct mount_table *stored = stored_table_of(node);

		if (!slice_equal(stored ? stored->id : SLICE(""), table_id))
			continue;
		node->references++;
		nodes[count++] = node;
	}
	pthread_mutex_unlock(&table->mutex);
	*ret_count = count;
	return nodes;
}

void node_drop_table(struct node_table *table, struct slice table_id)
{
	pthread_mutex_lock(&table->mutex);
	for (struct node *node = table->oldest; node; node = node->newer) {
		struct mount_table *mounted = stored_table_of(node);

		if (mounted && slice_equal(mounted->id, table_id))
			__atomic_store_n(&mounted->dropped, true, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&table->mutex);
}
