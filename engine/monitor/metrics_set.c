#include "monitor/metrics_set.h"

#include "base/hash.h"
#include "base/memory.h"

#include <limits.h>

#define CAPACITY_FIRST 16

void metric_group_append_name(struct buf *buf, const struct slice dimensions[DIMENSION_COUNT])
{
	unsigned scope = 0;

	for (unsigned i = 0; i < DIMENSION_COUNT; i++)
		scope |= slice_present(dimensions[i]) ? 1u << i : 0;
	buf_append_char(buf, (char)scope);
	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (!slice_present(dimensions[i]))
			continue;
		buf_append_slice(buf, dimensions[i]);
		buf_append_char(buf, '\0');
	}
}

bool metric_group_read_name(struct slice name, struct slice dimensions[DIMENSION_COUNT])
{
	unsigned scope = name.len ? (unsigned char)name.data[0] : UINT_MAX;

	if (scope >= 1u << DIMENSION_COUNT)
		return false;
	name = slice_skip(name, 1);
	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		const char *end;

		dimensions[i] = (struct slice){ NULL, 0 };
		if (!(scope & 1u << i))
			continue;
		end = name.len ? memchr(name.data, '\0', name.len) : NULL;
		if (!end)
			return false;
		dimensions[i] = slice_of(name.data, (size_t)(end - name.data));
		name = slice_skip(name, dimensions[i].len + 1);
	}
	return !name.len;
}

static struct metric_group *group_new(struct slice name, uint64_t hash)
{
	struct metric_group *group = memory_new_zero(sizeof(*group) + name.len);
	char *copy = (char *)(group + 1);

	memcpy(copy, name.data, name.len);
	group->name = slice_of(copy, name.len);
	group->hash = hash;
	return group;
}

static void group_free(struct metric_group *group)
{
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (group->metrics[i])
			histogram_release(group->metrics[i]);
		free(group->metrics[i]);
	}
	free(group);
}

void metric_set_release(struct metric_set *set)
{
	for (size_t i = 0; i < set->capacity; i++) {
		if (set->slots[i])
			group_free(set->slots[i]);
	}
	free(set->slots);
	*set = (struct metric_set){ 0 };
}

/* Where the group is, or would be. */
static struct metric_group **slot_of(const struct metric_set *set, struct slice name, uint64_t hash)
{
	size_t i = hash & (set->capacity - 1);

	while (set->slots[i] &&
		(set->slots[i]->hash != hash || !slice_equal(set->slots[i]->name, name)))
		i = (i + 1) & (set->capacity - 1);
	return &set->slots[i];
}

static void grow(struct metric_set *set)
{
	struct metric_set larger = { .count = set->count };

	larger.capacity = set->capacity ? 2 * set->capacity : CAPACITY_FIRST;
	larger.slots = memory_new_zero(larger.capacity * sizeof(struct metric_group *));
	for (size_t i = 0; i < set->capacity; i++) {
		if (set->slots[i])
			*slot_of(&larger, set->slots[i]->name, set->slots[i]->hash) = set->slots[i];
	}
	free(set->slots);
	*set = larger;
}

struct metric_group *metric_set_find(const struct metric_set *set, struct slice name)
{
	return set->capacity ? *slot_of(set, name, hash64(name)) : NULL;
}

struct metric_group *metric_set_add(struct metric_set *set, struct slice name)
{
	uint64_t hash = hash64(name);
	struct metric_group **slot;

	if (2 * set->count >= set->capacity)
		grow(set);
	slot = slot_of(set, name, hash);
	if (!*slot && set->count < METRIC_GROUPS_MAX) {
		*slot = group_new(name, hash);
		set->count++;
	}
	return *slot;
}

struct histogram *metric_group_add(struct metric_group *group, enum metric_id metric)
{
	if (!group->metrics[metric])
		group->metrics[metric] = memory_new_zero(sizeof(*group->metrics[metric]));
	return group->metrics[metric];
}

static void group_merge(struct metric_group *group, const struct metric_group *other)
{
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (other->metrics[i])
			histogram_merge(
				metric_group_add(group, (enum metric_id)i), other->metrics[i]);
	}
}

void metric_set_merge(struct metric_set *set, const struct metric_set *other)
{
	for (size_t i = 0; i < other->capacity; i++) {
		struct metric_group *group;

		if (!other->slots[i] || other->slots[i]->written)
			continue;
		group = metric_set_add(set, other->slots[i]->name);
		if (group)
			group_merge(group, other->slots[i]);
	}
}
