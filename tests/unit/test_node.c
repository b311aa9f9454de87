#undef NDEBUG
#include "base/buf.h"
#include "base/memory.h"
#include "node.h"
#include "test.h"

#define ABSENT ((struct slice){ NULL, 0 })
#define LIMIT  test_rounds(NODE_LIMIT_DEFAULT)

static const struct key_schema schema = {
	.partition = { SLICE("id"), VALUE_S },
	.sort = { SLICE("n"), VALUE_N },
};

/* What the evictor was told. */
struct evictions {
	struct node_table *nodes;
	uint64_t parent_id;
	size_t count;
	size_t in_use; /* of names that are no number */
	bool forget; /* as the kernel does, when it can */
	bool deaf; /* the queue is full, or the kernel busy */
};

static void note_eviction(void *context, uint64_t parent_id, struct slice name)
{
	struct evictions *evictions = context;
	struct node *node;

	if (evictions->deaf)
		return;
	evictions->count++;
	evictions->in_use += !(name.data[0] >= '0' && name.data[0] <= '9');
	evictions->parent_id = parent_id;
	if (!evictions->forget)
		return;
	node = node_find_child(evictions->nodes, node_of_id(evictions->nodes, parent_id), name, 0);
	CHECK(node);
	node_forget(evictions->nodes, node, 1);
	node_unref(evictions->nodes, node);
}

struct fixture {
	struct node_table *nodes;
	struct node *root;
	struct mount_table *movies, *again; /* the second one: created anew */
	struct evictions evictions;
	struct arena arena;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	f->nodes = node_table_new(note_eviction, &f->evictions, LIMIT);
	f->evictions.nodes = f->nodes;
	f->root = node_root(f->nodes);
	f->movies = mount_table_new(SLICE("Movies"), SLICE("id-1"), &schema, 0);
	f->again = mount_table_new(SLICE("Movies"), SLICE("id-2"), &schema, 0);
}

/* ASan sees what is left. */
static void end(struct fixture *f)
{
	node_table_free(f->nodes);
	mount_table_unref(f->movies);
	mount_table_unref(f->again);
	arena_release(&f->arena);
}

#define FIXTURE(f) \
	struct fixture f CLEANUP(end); \
	begin(&f)

static struct node *look_up(struct fixture *f, struct node *parent, enum node_kind kind,
	const char *name, struct mount_table *table)
{
	struct node_identity identity = {
		.kind = kind,
		.name = slice_from_string(name),
		.table = table,
		.row_key = kind == NODE_ITEM || kind == NODE_PARTITION ? slice_from_string(name)
								       : ABSENT,
	};

	return node_lookup(f->nodes, parent, &identity);
}

static bool is_known(struct fixture *f, struct node *parent, const char *name)
{
	struct node *node = node_find_child(f->nodes, parent, slice_from_string(name), 0);

	if (node)
		node_unref(f->nodes, node);
	return node;
}

static struct slice path_of(struct fixture *f, struct node *node)
{
	return node_path(f->nodes, node, &f->arena);
}

static void a_name_has_one_node_until_its_lookups_are_forgotten(void)
{
	FIXTURE(f);
	struct node *node = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);

	CHECK(look_up(&f, f.root, NODE_TABLE, "Movies", f.movies) == node);
	CHECK(node_of_id(f.nodes, node_id(node)) == node);
	node_forget(f.nodes, node, 1);
	CHECK(is_known(&f, f.root, "Movies"));
	node_forget(f.nodes, node, 1);
	CHECK(!is_known(&f, f.root, "Movies"));
}

static void the_root_is_never_forgotten(void)
{
	FIXTURE(f);

	CHECK(node_of_id(f.nodes, 1) == f.root);
	node_forget(f.nodes, f.root, 100);
	node_unref(f.nodes, node_ref(f.nodes, f.root));
	CHECK_TEXT(path_of(&f, f.root), "");
	CHECK(node_of_id(f.nodes, 1) == f.root);
}

static void a_node_lives_while_a_child_of_it_does(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *partition = look_up(&f, table, NODE_PARTITION, "2013", f.movies);
	struct node *item = look_up(&f, partition, NODE_ITEM, "Rush.json", f.movies);

	node_forget(f.nodes, table, 1);
	node_forget(f.nodes, partition, 1);
	CHECK_TEXT(path_of(&f, item), "Movies/2013/Rush.json");
	CHECK(is_known(&f, f.root, "Movies"));
	node_forget(f.nodes, item, 1);
	CHECK(!is_known(&f, f.root, "Movies"));
}

static void a_node_lives_while_a_handle_is_open_on_it(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);

	node_ref(f.nodes, table);
	node_forget(f.nodes, table, 1);
	CHECK(is_known(&f, f.root, "Movies"));
	node_unref(f.nodes, table);
	CHECK(!is_known(&f, f.root, "Movies"));
}

static void a_parent_is_counted(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *schema_file = look_up(&f, table, NODE_SCHEMA, ".schema", f.movies);
	struct node *parent = node_parent(f.nodes, schema_file);

	CHECK(parent == table);
	node_forget(f.nodes, table, 1);
	node_forget(f.nodes, schema_file, 1);
	CHECK(is_known(&f, f.root, "Movies"));
	node_unref(f.nodes, parent);
	CHECK(!is_known(&f, f.root, "Movies"));
}

static void a_view_is_a_copy(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *partition = look_up(&f, table, NODE_PARTITION, "2013", f.movies);
	struct node *item = look_up(&f, partition, NODE_ITEM, "Rush.json", f.movies);
	struct node_view view CLEANUP(node_view_release) = { 0 };

	node_load(f.nodes, item, &f.arena, &view);
	node_forget(f.nodes, item, 1);
	node_forget(f.nodes, partition, 1);
	CHECK_INT(view.kind, NODE_ITEM);
	CHECK_TEXT(view.name, "Rush.json");
	CHECK_TEXT(view.row_key, "Rush.json");
	CHECK_TEXT(view.partition_name, "2013");
	CHECK(view.table == f.movies);
	CHECK(view.inode == node_item_inode(SLICE("id-1"), SLICE("Rush.json")));
}

static void a_table_created_anew_has_another_node(void)
{
	FIXTURE(f);
	struct node *old = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *item = look_up(&f, old, NODE_ITEM, "Rush.json", f.movies);
	struct node *new = look_up(&f, f.root, NODE_TABLE, "Movies", f.again);
	uint64_t parent_id;
	struct slice name;

	CHECK(old != new);
	CHECK(!is_known(&f, new, "Rush.json"));
	CHECK(!node_place(f.nodes, old, &f.arena, &parent_id, &name));
	CHECK(node_place(f.nodes, new, &f.arena, &parent_id, &name));
	CHECK_INT(parent_id, 1);
	CHECK_TEXT(name, "Movies");
	/* What is open in the old one is still there. */
	CHECK_TEXT(path_of(&f, item), "Movies/Rush.json");
	node_forget(f.nodes, item, 1);
	node_forget(f.nodes, old, 1);
	CHECK(is_known(&f, f.root, "Movies"));
}

static void a_name_that_became_another_kind_has_another_node(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *scratch = look_up(&f, table, NODE_SCRATCH, "2013", f.movies);

	CHECK(look_up(&f, table, NODE_PARTITION, "2013", f.movies) != scratch);
	CHECK_TEXT(path_of(&f, scratch), "Movies/2013");
}

static void each_user_has_his_own_scratch(void)
{
	FIXTURE(f);
	struct node_identity identity = { .kind = NODE_SCRATCH, .name = SLICE(".x"), .owner = 1 };
	struct node *first = node_lookup(f.nodes, f.root, &identity), *second;

	identity.owner = 2;
	second = node_lookup(f.nodes, f.root, &identity);
	CHECK(first != second);
	CHECK(!is_known(&f, f.root, ".x"));
	CHECK(node_find_child(f.nodes, f.root, SLICE(".x"), 1) == first);
	node_unref(f.nodes, first);
}

static void a_moved_node_has_its_new_place_and_key(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *from = look_up(&f, table, NODE_PARTITION, "2013", f.movies);
	struct node *to = look_up(&f, table, NODE_PARTITION, "2014", f.movies);
	struct node *item = look_up(&f, from, NODE_ITEM, "Rush.json", f.movies);
	struct node_identity identity = { NODE_ITEM, SLICE("Lush.json"), f.movies, SLICE("key"),
		0 };

	node_move(f.nodes, item, to, &identity);
	CHECK_TEXT(path_of(&f, item), "Movies/2014/Lush.json");
	CHECK(!is_known(&f, from, "Rush.json"));
	CHECK(is_known(&f, to, "Lush.json"));
	CHECK(node_find_item(f.nodes, node_item_inode(SLICE("id-1"), SLICE("key"))) == item);
	CHECK(!node_find_item(f.nodes, node_item_inode(SLICE("id-1"), SLICE("Rush.json"))));
	node_unref(f.nodes, item);
	/* The old parent holds it no more, the new one does. */
	node_forget(f.nodes, from, 1);
	CHECK(!is_known(&f, table, "2013"));
	node_forget(f.nodes, to, 1);
	CHECK(is_known(&f, table, "2014"));
}

static void what_a_move_replaces_loses_its_name(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Users", f.movies);
	struct node *from = look_up(&f, table, NODE_ITEM, "a.json", f.movies);
	struct node *replaced = look_up(&f, table, NODE_ITEM, "b.json", f.movies);
	struct node_identity identity = { NODE_ITEM, SLICE("b.json"), f.movies, SLICE("b.json"),
		0 };
	uint64_t parent_id;
	struct slice name;

	node_move(f.nodes, from, table, &identity);
	CHECK(look_up(&f, table, NODE_ITEM, "b.json", f.movies) == from);
	CHECK(!node_place(f.nodes, replaced, &f.arena, &parent_id, &name));
	node_forget(f.nodes, replaced, 1);
	node_forget(f.nodes, from, 2);
	CHECK(!is_known(&f, table, "b.json"));
}

static void a_move_onto_itself_changes_nothing(void)
{
	FIXTURE(f);
	struct node *item = look_up(&f, f.root, NODE_ITEM, "a.json", f.movies);
	struct node_identity identity = { NODE_ITEM, SLICE("a.json"), f.movies, SLICE("a.json"),
		0 };

	node_move(f.nodes, item, f.root, &identity);
	CHECK(look_up(&f, f.root, NODE_ITEM, "a.json", f.movies) == item);
	CHECK_TEXT(path_of(&f, item), "a.json");
}

static void an_unnamed_node_is_met_no_more_but_lives(void)
{
	FIXTURE(f);
	struct node *node = look_up(&f, f.root, NODE_ITEM, "a.json", f.movies);
	struct node *next;

	node_unname(f.nodes, node);
	node_unname(f.nodes, node);
	CHECK(!is_known(&f, f.root, "a.json"));
	CHECK(!node_find_item(f.nodes, node_item_inode(SLICE("id-1"), SLICE("a.json"))));
	next = look_up(&f, f.root, NODE_ITEM, "a.json", f.movies);
	CHECK(next != node);
	CHECK_TEXT(path_of(&f, node), "a.json");
	node_forget(f.nodes, node, 1);
	CHECK(is_known(&f, f.root, "a.json"));
}

static void a_hashed_name_learns_its_key_once(void)
{
	FIXTURE(f);
	struct node_identity identity = { NODE_ITEM, SLICE("long.json"), f.movies, ABSENT, 0 };
	struct node *node = node_lookup(f.nodes, f.root, &identity);
	struct node_view view CLEANUP(node_view_release) = { 0 };

	node_set_row_key(f.nodes, node, SLICE("key"));
	node_set_row_key(f.nodes, node, SLICE("other"));
	node_load(f.nodes, node, &f.arena, &view);
	CHECK_TEXT(view.row_key, "key");
	CHECK_TEXT(view.name, "long.json");
	CHECK(node_find_item(f.nodes, node_item_inode(SLICE("id-1"), SLICE("key"))) == node);
	node_unref(f.nodes, node);
	CHECK(look_up(&f, f.root, NODE_ITEM, "long.json", f.movies) == node);
}

static void an_announced_table_becomes_one_that_exists(void)
{
	FIXTURE(f);
	struct mount_table *announced = mount_table_new(SLICE("Movies"), SLICE(""), NULL, 0);
	struct node *node = look_up(&f, f.root, NODE_TABLE, "Movies", announced);

	CHECK(!mount_table_exists(announced));
	node_set_table(f.nodes, node, f.movies);
	CHECK(look_up(&f, f.root, NODE_TABLE, "Movies", f.movies) == node);
	mount_table_unref(announced);
}

static void inode_numbers_are_of_the_key_or_of_the_place(void)
{
	FIXTURE(f);
	struct node_view views[3] = { 0 };
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *nodes[3] = { table, look_up(&f, table, NODE_SCHEMA, ".schema", f.movies),
		look_up(&f, f.root, NODE_ERROR, ".error", NULL) };

	for (size_t i = 0; i < 3; i++) {
		node_load(f.nodes, nodes[i], &f.arena, &views[i]);
		CHECK(views[i].inode > 1);
		for (size_t j = 0; j < i; j++)
			CHECK(views[i].inode != views[j].inode);
		node_view_release(&views[i]);
	}
	CHECK(node_item_inode(SLICE("id-1"), SLICE("a")) !=
		node_item_inode(SLICE("id-2"), SLICE("a")));
}

static void drafts_are_counted_until_the_last_ends(void)
{
	FIXTURE(f);
	struct node *node = look_up(&f, f.root, NODE_ITEM, "a.json", f.movies);

	CHECK(!node_draft_set_mtime(f.nodes, node, 5));
	node_draft_begin(f.nodes, node);
	node_draft_begin(f.nodes, node);
	node_draft_update(f.nodes, node, 17, 3);
	node_draft_end(f.nodes, node);
	CHECK_INT(node_drafts(f.nodes, node).open, 1);
	CHECK_INT(node_drafts(f.nodes, node).newest_size, 17);
	CHECK_INT(node_drafts(f.nodes, node).newest_mtime, 3);
	node_draft_end(f.nodes, node);
	CHECK_INT(node_drafts(f.nodes, node).open, 0);
	CHECK_INT(node_drafts(f.nodes, node).newest_size, 0);
}

static void a_write_ends_what_was_wanted_or_hidden(void)
{
	FIXTURE(f);
	struct node *node = look_up(&f, f.root, NODE_ITEM, "a.json", f.movies);

	node_draft_begin(f.nodes, node);
	CHECK(node_draft_set_mtime(f.nodes, node, 5));
	node_draft_hide(f.nodes, node);
	CHECK(node_drafts(f.nodes, node).hidden);
	CHECK_INT(node_drafts(f.nodes, node).wanted_mtime, 5);
	CHECK_INT(node_drafts(f.nodes, node).newest_mtime, 5);
	node_draft_update(f.nodes, node, 1, 6);
	CHECK(!node_drafts(f.nodes, node).hidden);
	CHECK_INT(node_drafts(f.nodes, node).wanted_mtime, 0);
	CHECK_INT(node_drafts(f.nodes, node).newest_mtime, 6);
	node_draft_end(f.nodes, node);
}

static void pages_are_current_for_the_stamp_noted_last(void)
{
	FIXTURE(f);
	struct node *node = look_up(&f, f.root, NODE_ITEM, "a.json", f.movies);

	CHECK(!node_pages_current(f.nodes, node, 7));
	CHECK(node_pages_current(f.nodes, node, 7));
	CHECK(!node_pages_current(f.nodes, node, 8));
	CHECK(node_pages_current(f.nodes, node, 8));
}

static struct node *look_up_numbered(struct fixture *f, struct node *parent, size_t number)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&name, "%zu.json", number);
	return look_up(f, parent, NODE_ITEM, buf_string(&name), f->movies);
}

static void many_nodes_are_all_found(void)
{
	FIXTURE(f);
	static struct node *nodes[5000];

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		nodes[i] = look_up_numbered(&f, f.root, i);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		CHECK(look_up_numbered(&f, f.root, i) == nodes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		node_forget(f.nodes, nodes[i], 2);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		CHECK(look_up_numbered(&f, f.root, i));
}

static void below_the_limit_nothing_is_evicted(void)
{
	FIXTURE(f);

	for (size_t i = 0; i < LIMIT - 1; i++)
		look_up_numbered(&f, f.root, i);
	CHECK_INT(f.evictions.count, 0);
	for (size_t i = 0; i < 64; i++) /* it looks now and then */
		look_up_numbered(&f, f.root, LIMIT);
	CHECK(f.evictions.count > 0);
	CHECK_INT(f.evictions.parent_id, 1);
}

static void a_kernel_that_forgets_what_is_evicted_keeps_it_bounded(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	size_t made = 2 * LIMIT;

	f.evictions.forget = true;
	for (size_t i = 0; i < made; i++)
		look_up_numbered(&f, table, i);
	CHECK(made - f.evictions.count <= LIMIT);
	CHECK(made - f.evictions.count > LIMIT / 2);
	CHECK(f.evictions.parent_id == node_id(table));
	CHECK(is_known(&f, f.root, "Movies"));
}

static void what_is_in_use_is_not_evicted(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	struct node *open = look_up(&f, table, NODE_ITEM, "open.json", f.movies);
	struct node *draft = look_up(&f, table, NODE_ITEM, "draft.json", f.movies);
	struct node *unnamed = look_up(&f, table, NODE_ITEM, "unnamed.json", f.movies);

	node_ref(f.nodes, open);
	node_draft_begin(f.nodes, draft);
	node_unname(f.nodes, unnamed);
	f.evictions.forget = true;
	for (size_t i = 0; i < 2 * LIMIT; i++)
		look_up_numbered(&f, table, i);
	CHECK(f.evictions.count > LIMIT / 2);
	CHECK_INT(f.evictions.in_use, 0);
	CHECK(is_known(&f, table, "open.json"));
	CHECK(is_known(&f, table, "draft.json"));
	CHECK_TEXT(path_of(&f, unnamed), "Movies/unnamed.json");
	node_unref(f.nodes, open);
}

static void each_is_asked_for_once_between_two_lookups(void)
{
	FIXTURE(f);
	size_t asked;

	for (size_t i = 0; i < LIMIT + 2000; i++)
		look_up_numbered(&f, f.root, i);
	asked = f.evictions.count;
	CHECK(asked <= LIMIT + 2000);
	for (size_t i = 0; i < 2000; i++)
		look_up_numbered(&f, f.root, LIMIT + 2000);
	/* The kernel holds them all the same: there is nobody left to ask for. */
	CHECK(f.evictions.count <= LIMIT + 2000 + 2000);
	asked = f.evictions.count;
	look_up_numbered(&f, f.root, LIMIT + 2000);
	CHECK(f.evictions.count - asked <= 256);
}

static void what_was_not_forgotten_is_asked_for_again(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);
	size_t made = 3 * LIMIT;
	struct node **held = arena_alloc_array(&f.arena, made, sizeof(*held));

	f.evictions.deaf = true;
	for (size_t i = 0; i < made; i++) {
		struct node *node = look_up_numbered(&f, table, i);

		if (i % 2)
			held[i] = node_ref(f.nodes, node);
	}
	for (size_t i = 1; i < made; i += 2)
		node_unref(f.nodes, held[i]);
	f.evictions.deaf = false;
	f.evictions.forget = true;
	for (size_t i = 0; i < 2 * LIMIT; i++)
		look_up_numbered(&f, table, made + i);
	CHECK(made + 2 * LIMIT - f.evictions.count <= LIMIT);
}

static void a_lookup_brings_the_key_that_was_not_known(void)
{
	FIXTURE(f);
	struct node_identity identity = { NODE_PARTITION, SLICE("long"), f.movies, ABSENT, 0 };
	struct node *node = node_lookup(f.nodes, f.root, &identity);
	struct node_view view CLEANUP(node_view_release) = { 0 };

	identity.row_key = SLICE("key");
	CHECK(node_lookup(f.nodes, f.root, &identity) == node);
	identity.row_key = ABSENT;
	CHECK(node_lookup(f.nodes, f.root, &identity) == node);
	node_load(f.nodes, node, &f.arena, &view);
	CHECK_TEXT(view.row_key, "key");
}

static void a_dropped_table_is_so_for_all_that_know_it(void)
{
	FIXTURE(f);
	struct node *table = look_up(&f, f.root, NODE_TABLE, "Movies", f.movies);

	look_up(&f, table, NODE_ITEM, "Rush.json", f.movies);
	node_drop_table(f.nodes, SLICE("id-1"));
	CHECK(f.movies->dropped);
	CHECK(!f.again->dropped);
}

/* Several workers and the kernel's forgetting, over one directory; a thread
 * sanitizer tells what the locks leave out. */

#define HAMMERED 64
#define ROUNDS   4000

struct hammer {
	struct fixture *f;
	struct node *directory;
	unsigned random;
	bool failed;
};

static unsigned next_random(struct hammer *hammer)
{
	hammer->random = hammer->random * 1103515245 + 12345;
	return hammer->random >> 16;
}

static void hammer_node(struct hammer *hammer, struct node *node, struct arena *arena)
{
	struct node_table *nodes = hammer->f->nodes;
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct node_identity identity = { .kind = NODE_ITEM };
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	uint64_t parent_id;
	struct slice slice;

	node_load(nodes, node, arena, &view);
	hammer->failed |= view.kind != NODE_ITEM || view.table != hammer->f->movies;
	switch (next_random(hammer) % 8) {
	case 0:
		buf_appendf(&name, "%u.json", next_random(hammer) % HAMMERED);
		identity.name = identity.row_key = buf_slice(&name);
		identity.table = hammer->f->movies;
		node_move(nodes, node, hammer->directory, &identity);
		break;
	case 1:
		node_unname(nodes, node);
		break;
	case 2:
		node_draft_begin(nodes, node);
		node_draft_update(nodes, node, 1, 1);
		hammer->failed |= !node_drafts(nodes, node).open;
		node_draft_end(nodes, node);
		break;
	case 3:
		node_place(nodes, node, arena, &parent_id, &slice);
		break;
	case 4:
		node_unref(nodes, node_parent(nodes, node));
		break;
	default:
		hammer->failed |= !slice_starts_with(node_path(nodes, node, arena), SLICE("M/"));
		break;
	}
}

static void *hammer(void *data)
{
	struct hammer *hammer = data;
	struct node_table *nodes = hammer->f->nodes;

	for (size_t i = 0; i < test_rounds(ROUNDS); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		size_t number = next_random(hammer) % HAMMERED;
		struct node *node = look_up_numbered(hammer->f, hammer->directory, number);
		struct node *other = node_find_item(nodes, 1 + next_random(hammer));

		if (other)
			node_unref(nodes, other);
		node_ref(nodes, node);
		hammer_node(hammer, node, &arena);
		node_forget(nodes, node, 1);
		node_unref(nodes, node);
	}
	return NULL;
}

static void threads_may_use_it_at_once(void)
{
	FIXTURE(f);
	struct node *directory = look_up(&f, f.root, NODE_TABLE, "M", f.movies);
	struct hammer hammers[4];
	pthread_t threads[4];

	for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
		hammers[i] = (struct hammer){ &f, directory, i + 1, false };
		CHECK_INT(pthread_create(&threads[i], NULL, hammer, &hammers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK(!hammers[i].failed);
	/* Every count went back: with its last lookup the directory is gone too. */
	for (unsigned i = 0; i < HAMMERED; i++) {
		struct buf name CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&name, "%u.json", i);
		CHECK(!is_known(&f, directory, buf_string(&name)));
	}
	node_forget(f.nodes, directory, 1);
	CHECK(!is_known(&f, f.root, "M"));
}

static const struct test_case cases[] = {
	{ "a name has one node until its lookups are forgotten",
		a_name_has_one_node_until_its_lookups_are_forgotten },
	{ "the root is never forgotten", the_root_is_never_forgotten },
	{ "a node lives while a child of it does", a_node_lives_while_a_child_of_it_does },
	{ "a node lives while a handle is open on it", a_node_lives_while_a_handle_is_open_on_it },
	{ "a parent that is asked for is counted", a_parent_is_counted },
	{ "a view is a copy", a_view_is_a_copy },
	{ "a table created anew has another node", a_table_created_anew_has_another_node },
	{ "a name that became another kind has another node",
		a_name_that_became_another_kind_has_another_node },
	{ "each user has his own scratch", each_user_has_his_own_scratch },
	{ "a moved node has its new place and key", a_moved_node_has_its_new_place_and_key },
	{ "what a move replaces loses its name", what_a_move_replaces_loses_its_name },
	{ "a move onto itself changes nothing", a_move_onto_itself_changes_nothing },
	{ "an unnamed node is met no more, but lives", an_unnamed_node_is_met_no_more_but_lives },
	{ "a hashed name learns its key, once", a_hashed_name_learns_its_key_once },
	{ "an announced table becomes one that exists",
		an_announced_table_becomes_one_that_exists },
	{ "inode numbers are of the key, or of the place",
		inode_numbers_are_of_the_key_or_of_the_place },
	{ "drafts are counted until the last one ends", drafts_are_counted_until_the_last_ends },
	{ "a write ends what was wanted or hidden", a_write_ends_what_was_wanted_or_hidden },
	{ "pages are current for the stamp that was noted last",
		pages_are_current_for_the_stamp_noted_last },
	{ "many nodes are all found", many_nodes_are_all_found },
	{ "below the limit nothing is evicted", below_the_limit_nothing_is_evicted },
	{ "a kernel that forgets what is evicted keeps the table bounded",
		a_kernel_that_forgets_what_is_evicted_keeps_it_bounded },
	{ "what is in use is not evicted", what_is_in_use_is_not_evicted },
	{ "each is asked for once between two lookups",
		each_is_asked_for_once_between_two_lookups },
	{ "what was not forgotten is asked for again", what_was_not_forgotten_is_asked_for_again },
	{ "a lookup brings the key that was not known",
		a_lookup_brings_the_key_that_was_not_known },
	{ "a dropped table is so for all that know it",
		a_dropped_table_is_so_for_all_that_know_it },
	{ "threads may use it at once", threads_may_use_it_at_once },
};

TEST_MAIN(cases)
