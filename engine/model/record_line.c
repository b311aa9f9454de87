#include "model/record_line.h"

#include "model/json.h"
#include "model/plain.h"

#include <inttypes.h>

/* The prefix is what stands between the value before and this one. */
static void append_string(struct buf *buf, const char *prefix, struct slice string)
{
	buf_append_string(buf, prefix);
	json_append_string(buf, string);
}

static void append_image(struct buf *buf, const char *prefix, const struct map *image)
{
	if (!image)
		return;
	buf_append_string(buf, prefix);
	plain_append_line(buf, image);
	buf->len--; /* its newline */
}

void record_line_append(struct buf *buf, const struct record_line *record)
{
	append_string(buf, "{\"eventID\":", record->event_id);
	append_string(buf, ",\"eventName\":", record->event_name);
	append_string(buf, ",\"eventVersion\":", record->event_version);
	append_string(buf, ",\"eventSource\":", record->event_source);
	append_string(buf, ",\"awsRegion\":", record->region);
	buf_appendf(buf, ",\"dynamodb\":{\"ApproximateCreationDateTime\":%" PRId64,
		record->time_seconds);
	append_image(buf, ",\"Keys\":", record->keys);
	append_image(buf, ",\"NewImage\":", record->new_image);
	append_image(buf, ",\"OldImage\":", record->old_image);
	append_string(buf, ",\"SequenceNumber\":", record->sequence_number);
	buf_appendf(buf, ",\"SizeBytes\":%" PRIu64, record->size_bytes);
	append_string(buf, ",\"StreamViewType\":", record->view_type);
	buf_append_char(buf, '}');
	if (slice_present(record->identity_type)) {
		append_string(buf, ",\"userIdentity\":{\"type\":", record->identity_type);
		append_string(buf, ",\"principalId\":", record->identity_principal);
		buf_append_char(buf, '}');
	}
	buf_append_string(buf, "}\n");
}
