#include "api/audit_line.h"

#include "base/clock.h"
#include "base/hash.h"

#include <inttypes.h>
#include <sys/random.h>

#define SECOND_NS 1000000000LL
#define ID_LENGTH 36

void audit_writer_init(struct audit_writer *writer, struct slice region, struct slice account)
{
	*writer = (struct audit_writer){ .templates = { .region = region, .account = account } };
	if (getrandom(&writer->seed, sizeof(writer->seed), 0) < 0)
		writer->seed = (uint64_t)clock_realtime_ns();
}

void audit_writer_release(struct audit_writer *writer)
{
	audit_templates_release(&writer->templates);
	buf_release(&writer->time);
}

static uint64_t next_random(struct audit_writer *writer)
{
	const uint64_t source[] = { writer->seed, writer->count++ };

	return hash64(slice_of((const char *)source, sizeof(source)));
}

/* A random UUID. RFC 4122. */
static void append_id(struct audit_writer *writer, struct buf *buf)
{
	static const char digits[] = "0123456789abcdef";
	static const char form[] = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
	uint64_t bits = next_random(writer), rest = next_random(writer);
	char *at = buf_reserve(buf, ID_LENGTH);

	for (size_t i = 0; i < ID_LENGTH; i++) {
		at[i] = form[i] == 'x' ? digits[bits & 15] : form[i];
		bits = bits >> 4 | rest << 60;
		rest >>= 4;
	}
	buf->len += ID_LENGTH;
}

/* Most lines of a batch are of the second of the one before. */
static void append_time(struct audit_writer *writer, int64_t ns, struct buf *buf)
{
	int64_t second = ns / SECOND_NS;

	if (second != writer->second || !writer->time.len) {
		buf_clear(&writer->time);
		clock_append_iso(&writer->time, ns);
		writer->time.len -= strlen(".123Z");
		buf_append_char(&writer->time, 'Z');
		writer->second = second;
	}
	buf_append_slice(buf, buf_slice(&writer->time));
}

static void append_json(struct buf *buf, struct slice json)
{
	buf_append_slice(buf, slice_present(json) ? json : SLICE("null"));
}

/* Request ids are a door's own, of letters and digits. */
static void append_ids(struct audit_writer *writer, struct slice request_id, struct buf *buf)
{
	buf_append_slice(buf, SLICE(",\"requestID\":\""));
	if (slice_present(request_id))
		buf_append_slice(buf, request_id);
	else
		append_id(writer, buf);
	buf_append_slice(buf, SLICE("\",\"eventID\":\""));
	append_id(writer, buf);
	buf_append_char(buf, '"');
}

void audit_append_line(
	struct audit_writer *writer, const struct audit_record *record, struct buf *buf)
{
	const struct audit_template *template = audit_template_of(&writer->templates, record);
	struct slice strings[AUDIT_STRING_COUNT];

	audit_record_strings(record, strings);
	buf_append_slice(buf, buf_slice(&template->head));
	append_time(writer, record->begun_ns, buf);
	buf_append_slice(buf, buf_slice(&template->middle));
	append_json(buf, strings[AUDIT_PARAMETERS]);
	buf_append_slice(buf, SLICE(",\"responseElements\":"));
	append_json(buf, strings[AUDIT_RESPONSE]);
	append_ids(writer, strings[AUDIT_REQUEST_ID], buf);
	buf_append_slice(buf, buf_slice(&template->tail));
}

void audit_append_loss(struct audit_writer *writer, uint64_t lines, int64_t now_ns, struct buf *buf)
{
	buf_append_string(buf, "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"Process\","
			       "\"invokedBy\":\"dynamount\"},\"eventTime\":\"");
	append_time(writer, now_ns, buf);
	buf_appendf(buf,
		"\",\"eventSource\":\"dynamount\",\"eventName\":\"LinesLost\","
		"\"additionalEventData\":{\"lines\":%" PRIu64 "},\"eventID\":\"",
		lines);
	append_id(writer, buf);
	buf_append_string(buf, "\",\"eventType\":\"AwsServiceEvent\",\"managementEvent\":true,"
			       "\"eventCategory\":\"Management\"}\n");
}
