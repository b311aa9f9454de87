#include "api/audit_record.h"

#include <stddef.h>

#define ALIGNMENT _Alignof(struct audit_record)

/* The strings begin where the facts end, before what the struct is padded with. */
#define STRINGS_AT (offsetof(struct audit_record, facts) + sizeof(struct audit_facts))

static struct audit_record *record_of(struct buf *buf)
{
	return (struct audit_record *)(void *)buf->data;
}

static uint32_t *length_of(struct audit_record *record, size_t string)
{
	return string < AUDIT_FACTS ? &record->facts.lengths[string]
				    : &record->lengths[string - AUDIT_FACTS];
}

void audit_record_begin(struct buf *buf, const struct audit_facts *facts, int64_t begun_ns)
{
	struct audit_record record = { .begun_ns = begun_ns, .facts = *facts };

	for (size_t i = 0; i < AUDIT_STRING_COUNT; i++)
		*length_of(&record, i) = AUDIT_ABSENT;
	buf_append(buf, &record, STRINGS_AT);
}

void audit_record_end_string(struct buf *buf, enum audit_string string, size_t start)
{
	*length_of(record_of(buf), string) = (uint32_t)(buf->len - start);
}

void audit_record_add(struct buf *buf, enum audit_string string, struct slice text)
{
	size_t start = buf->len;

	if (!slice_present(text))
		return;
	buf_append_slice(buf, text);
	audit_record_end_string(buf, string, start);
}

static uint32_t present_length(uint32_t length)
{
	return length == AUDIT_ABSENT ? 0 : length;
}

void audit_record_end(struct buf *buf)
{
	struct audit_record *record = record_of(buf);
	size_t size = (buf->len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	record->facts_size = sizeof(record->facts);
	for (size_t i = 0; i < AUDIT_FACTS; i++)
		record->facts_size += present_length(record->facts.lengths[i]);
	record->size = (uint32_t)size;
	buf_resize(buf, size);
}

struct slice audit_record_facts(const struct audit_record *record)
{
	return slice_of((const char *)&record->facts, record->facts_size);
}

void audit_record_strings(const struct audit_record *record, struct slice ret[AUDIT_STRING_COUNT])
{
	const char *at = (const char *)record + STRINGS_AT;

	for (size_t i = 0; i < AUDIT_STRING_COUNT; i++) {
		uint32_t length = *length_of((struct audit_record *)record, i);

		ret[i] = length == AUDIT_ABSENT ? slice_of(NULL, 0) : slice_of(at, length);
		at += ret[i].len;
	}
}
