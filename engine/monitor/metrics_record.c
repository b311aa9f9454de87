/*
 * The record of a group and a minute:
 *
 *	record = u8 version { varint code, varint length, histogram }
 *
 * A code that is not known, of a metric that another version had, is passed
 * over.
 */
#include "base/log.h"
#include "monitor/metrics_set.h"
#include "monitor/varint.h"

#define VERSION 1

uint64_t metric_group_marks(const struct metric_group *group)
{
	uint64_t marks = 0;

	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (group->metrics[i])
			marks |= (uint64_t)1 << metrics_info[i].code;
	}
	return marks;
}

void metric_group_encode(const struct metric_group *group, struct buf *buf)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	buf_append_char(buf, VERSION);
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (!group->metrics[i])
			continue;
		buf_clear(&bytes);
		histogram_encode(group->metrics[i], &bytes);
		varint_append(buf, metrics_info[i].code);
		varint_append(buf, bytes.len);
		buf_append_slice(buf, buf_slice(&bytes));
	}
}

/* Takes the next part off the record. */
static bool take_part(struct slice *record, uint64_t *ret_code, struct slice *ret_bytes)
{
	uint64_t length;

	if (!varint_take(record, ret_code) || !varint_take(record, &length) || length > record->len)
		return false;
	*ret_bytes = slice_of(record->data, length);
	*record = slice_skip(*record, length);
	return true;
}

static bool take_version(struct slice *record)
{
	if (!record->len || record->data[0] != VERSION)
		return false;
	*record = slice_skip(*record, 1);
	return true;
}

static bool add_bytes(struct slice bytes, struct histogram *ret)
{
	struct histogram histogram CLEANUP(histogram_release) = HISTOGRAM_INIT;

	if (!histogram_decode(&bytes, &histogram))
		return false;
	histogram_merge(ret, &histogram);
	return true;
}

bool metric_record_read(struct slice record, enum metric_id metric, struct histogram *ret)
{
	struct slice bytes;
	uint64_t code;

	if (!take_version(&record))
		return false;
	while (record.len) {
		if (!take_part(&record, &code, &bytes))
			return false;
		if (code == metrics_info[metric].code)
			return add_bytes(bytes, ret);
	}
	return true;
}

bool metric_group_decode(struct slice record, struct metric_group *group)
{
	struct slice bytes;
	uint64_t code;

	if (!take_version(&record))
		return false;
	while (record.len) {
		enum metric_id metric;

		if (!take_part(&record, &code, &bytes))
			return false;
		metric = code < 64 ? metric_find_code((unsigned)code) : METRIC_COUNT;
		if (metric != METRIC_COUNT && !add_bytes(bytes, metric_group_add(group, metric)))
			return false;
	}
	return true;
}

void metric_record_merge(struct slice old, struct slice add, struct buf *ret)
{
	struct metric_set set CLEANUP(metric_set_release) = { 0 };
	struct metric_group *group = metric_set_add(&set, SLICE("merged"));

	if (!metric_group_decode(old, group) || !metric_group_decode(add, group))
		log_warning("metrics: a record is malformed, and its figures are left out");
	metric_group_encode(group, ret);
}
