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
static void make_id(struct audit_writer *writer, char id[ID_LENGTH])
{
	static const char digits[] = "0123456789abcdef";
	static const unsigned char places[] = { 0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30,
		32, 34 };
	uint64_t halves[] = { next_random(writer), next_random(writer) };
	unsigned char *bytes = (unsigned char *)halves;

	bytes[6] = (bytes[6] & 0x0F) | 0x40; /* the version, */
	bytes[8] = (bytes[8] & 0x3F) | 0x80; /* and the variant */
	id[8] = id[13] = id[18] = id[23] = '-';
	for (size_t i = 0; i < sizeof(halves); i++) {
		id[places[i]] = digits[bytes[i] >> 4];
		id[places[i] + 1] = digits[bytes[i] & 15];
	}
}

/* Most lines of a batch are of the second of the one before. */
static struct slice time_of(struct audit_writer *writer, int64_t ns)
{
	int64_t second = ns / SECOND_NS;

	if (second != writer->second || !writer->time.len) {
		buf_clear(&writer->time);
		clock_append_iso(&writer->time, ns);
		writer->time.len -= strlen(".123Z");
		buf_append_char(&writer->time, 'Z');
		writer->second = second;
	}
	return buf_slice(&writer->time);
}

static struct slice json_or_null(struct slice json)
{
	return slice_present(json) ? json : SLICE("null");
}

/* It is done for each call: in one go, since each append has its price. */
static void append_pieces(struct buf *buf, const struct slice *pieces, size_t count)
{
	size_t length = 0;
	char *at;

	for (size_t i = 0; i < count; i++)
		length += pieces[i].len;
	at = buf_reserve(buf, length);
	for (size_t i = 0; i < count; i++)
		at = mempcpy(at, pieces[i].data, pieces[i].len);
	buf->len += length;
}

/* Request ids are a door's own, of letters and digits. */
static void append_line(struct audit_writer *writer, const struct audit_template *template,
	const struct audit_record *record, const struct slice *strings, struct buf *buf)
{
	char event_id[ID_LENGTH];
	const struct slice pieces[] = {
		buf_slice(&template->head),
		time_of(writer, record->begun_ns),
		buf_slice(&template->middle),
		json_or_null(strings[AUDIT_PARAMETERS]),
		SLICE(",\"responseElements\":"),
		json_or_null(strings[AUDIT_RESPONSE]),
		SLICE(",\"requestID\":\""),
		strings[AUDIT_REQUEST_ID],
		SLICE("\",\"eventID\":\""),
		slice_of(event_id, sizeof(event_id)),
		buf_slice(&template->tail),
	};

	make_id(writer, event_id);
	append_pieces(buf, pieces, ARRAY_SIZE(pieces));
}

void audit_append_line(
	struct audit_writer *writer, const struct audit_record *record, struct buf *buf)
{
	const struct audit_template *template = audit_template_of(&writer->templates, record);
	struct slice strings[AUDIT_STRING_COUNT];
	char request_id[ID_LENGTH];

	audit_record_strings(record, strings);
	if (!slice_present(strings[AUDIT_REQUEST_ID])) {
		make_id(writer, request_id);
		strings[AUDIT_REQUEST_ID] = slice_of(request_id, sizeof(request_id));
	}
	append_line(writer, template, record, strings, buf);
}

void audit_append_loss(struct audit_writer *writer, uint64_t lines, int64_t now_ns, struct buf *buf)
{
	char id[ID_LENGTH];

	buf_append_string(buf, "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"Process\","
			       "\"invokedBy\":\"dynamount\"},\"eventTime\":\"");
	buf_append_slice(buf, time_of(writer, now_ns));
	buf_appendf(buf,
		"\",\"eventSource\":\"dynamount\",\"eventName\":\"LinesLost\","
		"\"additionalEventData\":{\"lines\":%" PRIu64 "},\"eventID\":\"",
		lines);
	make_id(writer, id);
	buf_append(buf, id, sizeof(id));
	buf_append_string(buf, "\",\"eventType\":\"AwsServiceEvent\",\"managementEvent\":true,"
			       "\"eventCategory\":\"Management\"}\n");
}
