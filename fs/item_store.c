#include "item_store.h"

#include "invalidate.h"
#include "model/plain.h"
#include "requests.h"

int item_place_of(const struct node_view *view, struct arena *arena, struct item_place *ret,
	struct error *err)
{
	*ret = (struct item_place){
		.schema = &view->table->schema,
		.partition_name = view->partition_name,
		.name = view->name,
	};
	if (!view->row_key.len)
		return 0;
	ret->key_known = true;
	return key_decode(ret->schema, view->row_key, arena, &ret->key, err);
}

/* Reads the facts, and with *ret_item the item: 0, REQUEST_ABSENT or -1. */
int item_read_facts(struct filesystem *fs, const struct node_view *view, struct arena *arena,
	const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct item_place place;

	TRY(item_place_of(view, arena, &place, err));
	if (!place.key_known)
		return REQUEST_ABSENT;
	return request_item(fs, view->table, &place.key, arena, ret_item, ret, err);
}

/* Appends the item's text: 0, REQUEST_ABSENT or -1. */
int item_append_text(struct filesystem *fs, const struct node_view *view, struct buf *buf,
	struct item_facts *ret, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct map *item;
	int r = item_read_facts(fs, view, &arena, &item, ret, err);

	if (r)
		return r;
	buf_clear(buf);
	if (slice_present(ret->own_text))
		buf_append_slice(buf, ret->own_text);
	else
		plain_append_item(buf, item);
	ret->own_text = (struct slice){ NULL, 0 }; /* was the arena's */
	return 0;
}

/* Runs writes of the kernel's own making. */
int item_put(struct filesystem *fs, const struct node_view *view,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err)
{
	int r;

	invalidate_own_begin();
	r = request_put(fs, view->table, input, arena, ret, err);
	invalidate_own_end();
	return r;
}

int item_write_all(struct filesystem *fs, const struct mount_table *const *tables,
	struct item_write *writes, size_t count, struct arena *arena, struct error *err)
{
	int r;

	invalidate_own_begin();
	r = request_writes(fs, tables, writes, count, arena, err);
	invalidate_own_end();
	return r;
}

/* The text to keep beside the item: none where it is the canonical one. */
struct slice item_own_text(struct slice text, const struct map *item)
{
	struct buf canonical CLEANUP(buf_release) = BUF_INIT;

	if (plain_item_length(item) != text.len)
		return text;
	plain_append_item(&canonical, item);
	if (slice_equal(buf_slice(&canonical), text))
		return (struct slice){ NULL, 0 };
	return text;
}
