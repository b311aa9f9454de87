#include "api/key_range.h"

#include <endian.h>

void key_range_release(struct key_range *range)
{
	buf_release(&range->lower);
	buf_release(&range->upper);
	buf_release(&range->partition);
}

static void bound_copy(struct buf *to, struct slice from)
{
	buf_clear(to);
	buf_append_slice(to, from);
}

/* After everything that begins with the prefix; empty when that is the end. */
static void bound_after(struct buf *bound, struct slice prefix)
{
	bound_copy(bound, prefix);
	if (!key_bound_after(bound))
		buf_clear(bound);
}

static void bound_at_value(struct buf *bound, struct slice prefix, const struct value *value)
{
	bound_copy(bound, prefix);
	key_encode_value(value, bound);
}

static void bound_after_value(struct buf *bound, struct slice prefix, const struct value *value)
{
	bound_at_value(bound, prefix, value);
	if (!key_bound_after(bound))
		buf_clear(bound);
}

static void narrow(struct key_range *range, struct slice prefix, const struct key_query *query)
{
	const struct value *bounds = query->bounds;

	switch (query->range) {
	case KEY_EQ:
		bound_at_value(&range->lower, prefix, &bounds[0]);
		bound_after_value(&range->upper, prefix, &bounds[0]);
		break;
	case KEY_LE:
		bound_after_value(&range->upper, prefix, &bounds[0]);
		break;
	case KEY_LT:
		bound_at_value(&range->upper, prefix, &bounds[0]);
		break;
	case KEY_GE:
		bound_at_value(&range->lower, prefix, &bounds[0]);
		break;
	case KEY_GT:
		bound_after_value(&range->lower, prefix, &bounds[0]);
		break;
	case KEY_BETWEEN:
		bound_at_value(&range->lower, prefix, &bounds[0]);
		bound_after_value(&range->upper, prefix, &bounds[1]);
		break;
	case KEY_BEGINS_WITH:
		bound_copy(&range->lower, prefix);
		key_encode_value_prefix(&bounds[0], &range->lower);
		bound_after(&range->upper, buf_slice(&range->lower));
		break;
	}
}

void key_range_of_query(
	struct key_range *range, const struct key_layout *layout, const struct key_query *query)
{
	struct buf prefix CLEANUP(buf_release) = BUF_INIT;

	key_layout_encode_partition(layout, query->partition, &range->partition);
	buf_append_slice(&prefix, buf_slice(&range->partition));
	for (size_t i = 0; i < query->sort_equal_count; i++)
		key_encode_value(&query->sort_equal[i], &prefix);
	bound_copy(&range->lower, buf_slice(&prefix));
	bound_after(&range->upper, buf_slice(&prefix));
	if (query->has_range)
		narrow(range, buf_slice(&prefix), query);
}

static void append_segment_start(struct buf *bound, int64_t segment, int64_t total)
{
	__extension__ unsigned __int128 start = (unsigned __int128)segment << 64;
	uint64_t hash = htobe64((uint64_t)(start / (uint64_t)total));

	buf_append(bound, &hash, sizeof(hash));
}

void key_range_of_segment(struct key_range *range, int64_t segment, int64_t total)
{
	if (segment > 0)
		append_segment_start(&range->lower, segment, total);
	if (segment + 1 < total)
		append_segment_start(&range->upper, segment + 1, total);
}

bool key_range_holds(const struct key_range *range, struct slice position)
{
	return slice_compare(position, buf_slice(&range->lower)) >= 0 &&
	       (!range->upper.len || slice_compare(position, buf_slice(&range->upper)) < 0);
}

void key_range_resume(struct key_range *range, bool backward, struct slice position)
{
	if (backward) {
		bound_copy(&range->upper, position);
		return;
	}
	bound_copy(&range->lower, position);
	buf_append_char(&range->lower, '\0');
}

struct row_range key_range_rows(const struct key_range *range, bool backward)
{
	return (struct row_range){
		.lower = buf_slice(&range->lower),
		.upper = range->upper.len ? buf_slice(&range->upper) : (struct slice){ NULL, 0 },
		.backward = backward,
	};
}
