#include "api/audit_record.h"

#define ALIGNMENT _Alignof(struct audit_record)

void audit_record_append(struct buf *buf, const struct audit_record *fields,
	const struct slice strings[AUDIT_STRING_COUNT])
{
	struct audit_record record = *fields;
	size_t size = sizeof(record), at = buf->len;

	for (size_t i = 0; i < AUDIT_STRING_COUNT; i++) {
		record.lengths[i] =
			slice_present(strings[i]) ? (uint32_t)strings[i].len : AUDIT_ABSENT;
		size += strings[i].len;
	}
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	record.size = (uint32_t)size;
	buf_reserve(buf, size);
	buf_append(buf, &record, sizeof(record));
	for (size_t i = 0; i < AUDIT_STRING_COUNT; i++)
		buf_append_slice(buf, strings[i]);
	buf_resize(buf, at + size);
}

void audit_record_strings(const struct audit_record *record, struct slice ret[AUDIT_STRING_COUNT])
{
	const char *at = (const char *)(record + 1);

	for (size_t i = 0; i < AUDIT_STRING_COUNT; i++) {
		ret[i] = slice_of(NULL, 0);
		if (record->lengths[i] == AUDIT_ABSENT)
			continue;
		ret[i] = slice_of(at, record->lengths[i]);
		at += record->lengths[i];
	}
}
