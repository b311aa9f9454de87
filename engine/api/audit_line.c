/*
 * The line of a record. What is fixed of it is pasted together from literals, and
 * numbers are written by hand: it is done for each call, and printf would cost
 * more than all the rest.
 */
#include "api/audit_record.h"

#include "api/audit_parameters.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/json.h"

#include <errno.h>
#include <pwd.h>
#include <sys/random.h>

#define SECOND_NS     1000000000LL
#define EVENT_VERSION "1.08"
#define PASSWD_BYTES  1024 /* of one entry, to begin with */

void audit_writer_init(struct audit_writer *writer, struct slice region, struct slice account)
{
	*writer = (struct audit_writer){ .region = region, .account = account };
	if (getrandom(&writer->seed, sizeof(writer->seed), 0) < 0)
		writer->seed = (uint64_t)clock_realtime_ns();
}

void audit_writer_release(struct audit_writer *writer)
{
	buf_release(&writer->time);
	for (size_t i = 0; i < ARRAY_SIZE(writer->users); i++)
		buf_release(&writer->users[i].name);
}

#define append_literal(buf, literal) buf_append(buf, literal, sizeof(literal) - 1)

static void append_number(struct buf *buf, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	buf_append(buf, digits + at, sizeof(digits) - at);
}

/* What came from outside may be no UTF-8. */
static void append_string(struct buf *buf, struct slice string)
{
	struct buf copy CLEANUP(buf_release) = BUF_INIT;

	if (utf8_valid(string)) {
		json_append_string(buf, string);
		return;
	}
	for (size_t i = 0; i < string.len; i++)
		buf_append_char(&copy, (unsigned char)string.data[i] < 0x80 ? string.data[i] : '?');
	json_append_string(buf, buf_slice(&copy));
}

/* The same where the quotation has begun. */
static void append_ending(struct buf *buf, struct slice string)
{
	size_t at = buf->len;

	append_string(buf, string);
	memmove(buf->data + at, buf->data + at + 1, buf->len - at - 1);
	buf->len--;
}

/* ,"name":"value", when there is one. */
static void append_member(struct buf *buf, const char *prefix, struct slice value)
{
	if (!slice_present(value))
		return;
	buf_append_string(buf, prefix);
	append_string(buf, value);
}

/* A random UUID. RFC 4122. */
static void append_id(struct audit_writer *writer, struct buf *buf)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t halves[2], source[] = { writer->seed, writer->count };
	const unsigned char *bytes = (const unsigned char *)halves;

	writer->count += 2;
	halves[0] = hash64(slice_of((const char *)source, sizeof(source)));
	source[1]++;
	halves[1] = hash64(slice_of((const char *)source, sizeof(source)));
	buf_append_char(buf, '"');
	for (size_t i = 0; i < sizeof(halves); i++) {
		unsigned char byte = bytes[i];

		if (i == 4 || i == 6 || i == 8 || i == 10)
			buf_append_char(buf, '-');
		if (i == 6)
			byte = (unsigned char)((byte & 0x0F) | 0x40);
		if (i == 8)
			byte = (unsigned char)((byte & 0x3F) | 0x80);
		buf_append_char(buf, digits[byte >> 4]);
		buf_append_char(buf, digits[byte & 15]);
	}
	buf_append_char(buf, '"');
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

static void find_user(uid_t uid, struct buf *ret)
{
	size_t size = PASSWD_BYTES;
	struct passwd entry, *found = NULL;
	char *memory = NULL;
	int r;

	do {
		memory = memory_resize(memory, size);
		r = getpwuid_r(uid, &entry, memory, size, &found);
		size *= 2;
	} while (r == ERANGE);
	buf_clear(ret);
	if (found)
		buf_append_string(ret, found->pw_name);
	free(memory);
}

static struct slice user_name(struct audit_writer *writer, uid_t uid)
{
	size_t i = uid % ARRAY_SIZE(writer->users);

	if (!writer->users[i].used || writer->users[i].uid != uid) {
		writer->users[i].used = true;
		writer->users[i].uid = uid;
		find_user(uid, &writer->users[i].name);
	}
	return buf_slice(&writer->users[i].name);
}

static void append_local_user(
	struct audit_writer *writer, const struct audit_record *record, struct buf *buf)
{
	struct slice name = user_name(writer, record->uid);

	append_literal(buf, "{\"type\":\"LocalUser\",\"principalId\":\"");
	append_number(buf, record->uid);
	append_literal(buf, "\"");
	if (name.len)
		append_member(buf, ",\"userName\":", name);
	append_literal(buf, ",\"uid\":");
	append_number(buf, record->uid);
	append_literal(buf, ",\"gid\":");
	append_number(buf, record->gid);
	append_literal(buf, ",\"pid\":");
	append_number(buf, (uint64_t)record->pid);
	append_literal(buf, "}");
}

/* A user whose signature was verified. */
static void append_known_user(
	struct audit_writer *writer, const struct slice *strings, struct buf *buf)
{
	append_literal(buf, "{\"type\":\"IAMUser\"");
	append_member(buf, ",\"principalId\":", strings[AUDIT_ACCESS_KEY]);
	append_literal(buf, ",\"arn\":\"arn:aws:iam::");
	buf_append_slice(buf, writer->account);
	append_literal(buf, ":user/");
	append_ending(buf, strings[AUDIT_USER]);
	append_literal(buf, ",\"accountId\":\"");
	buf_append_slice(buf, writer->account);
	append_literal(buf, "\"");
	append_member(buf, ",\"accessKeyId\":", strings[AUDIT_ACCESS_KEY]);
	append_member(buf, ",\"userName\":", strings[AUDIT_USER]);
	append_literal(buf, "}");
}

static void append_identity(struct audit_writer *writer, const struct audit_record *record,
	const struct slice *strings, struct buf *buf)
{
	append_literal(buf, ",\"userIdentity\":");
	if (!record->known) {
		append_literal(buf, "{\"type\":\"Process\",\"invokedBy\":\"dynamount\"}");
	} else if (slice_present(strings[AUDIT_USER])) {
		append_known_user(writer, strings, buf);
	} else if (record->local) {
		append_local_user(writer, record, buf);
	} else {
		append_literal(buf, "{\"type\":\"Unknown\"");
		append_member(buf, ",\"accessKeyId\":", strings[AUDIT_ACCESS_KEY]);
		append_literal(buf, "}");
	}
}

static void append_source(
	const struct audit_record *record, const struct slice *strings, struct buf *buf)
{
	append_literal(buf, ",\"sourceIPAddress\":");
	if (slice_present(strings[AUDIT_ADDRESS]))
		append_string(buf, strings[AUDIT_ADDRESS]);
	else if (record->known && record->door == DOOR_MOUNT)
		append_literal(buf, "\"mount\"");
	else
		append_literal(buf, "\"internal\"");
	append_literal(buf, ",\"userAgent\":");
	if (slice_present(strings[AUDIT_AGENT]))
		append_string(buf, strings[AUDIT_AGENT]);
	else
		append_literal(buf, "null");
}

static void append_error(
	const struct audit_record *record, const struct slice *strings, struct buf *buf)
{
	if (record->error == ERROR_NONE)
		return;
	append_literal(buf, ",\"errorCode\":\"");
	buf_append_string(buf, error_class_info(record->error)->exception);
	append_literal(buf, "\"");
	append_member(buf, ",\"errorMessage\":", strings[AUDIT_MESSAGE]);
}

static void append_json(struct buf *buf, struct slice json)
{
	if (slice_present(json))
		buf_append_slice(buf, json);
	else
		append_literal(buf, "null");
}

static void append_ids(struct audit_writer *writer, const struct slice *strings, struct buf *buf)
{
	append_literal(buf, ",\"requestID\":");
	if (slice_present(strings[AUDIT_REQUEST_ID]))
		append_string(buf, strings[AUDIT_REQUEST_ID]);
	else
		append_id(writer, buf);
	append_literal(buf, ",\"eventID\":");
	append_id(writer, buf);
}

static void append_table(struct audit_writer *writer, struct slice table, struct buf *buf)
{
	append_literal(buf, "{\"accountId\":\"");
	buf_append_slice(buf, writer->account);
	append_literal(buf, "\",\"type\":\"AWS::DynamoDB::Table\",\"ARN\":\"arn:aws:dynamodb:");
	buf_append_slice(buf, writer->region);
	append_literal(buf, ":");
	buf_append_slice(buf, writer->account);
	append_literal(buf, ":table/");
	append_ending(buf, table);
	append_literal(buf, "}");
}

static void append_resources(struct audit_writer *writer, struct slice tables, struct buf *buf)
{
	if (!tables.len)
		return;
	append_literal(buf, ",\"resources\":[");
	while (tables.len) {
		const char *end = memchr(tables.data, '\n', tables.len);
		size_t length = end ? (size_t)(end - tables.data) : tables.len;

		append_table(writer, slice_of(tables.data, length), buf);
		tables = slice_skip(tables, end ? length + 1 : length);
		if (tables.len)
			append_literal(buf, ",");
	}
	append_literal(buf, "]");
}

/* "DynamoDB_20120810" tells "2012-08-10". */
static void append_version(enum operation_kind kind, struct buf *buf)
{
	struct slice target = slice_from_string(operation_services[kind].target);
	struct slice date = slice_skip(target, target.len - strlen("20120810"));

	append_literal(buf, ",\"eventType\":\"AwsApiCall\",\"apiVersion\":\"");
	buf_append(buf, date.data, 4);
	append_literal(buf, "-");
	buf_append(buf, date.data + 4, 2);
	append_literal(buf, "-");
	buf_append(buf, date.data + 6, 2);
}

static void append_category(
	struct audit_writer *writer, const struct audit_record *record, struct buf *buf)
{
	append_version(record->kind, buf);
	append_literal(buf, "\",\"managementEvent\":");
	buf_append_string(buf, record->management ? "true" : "false");
	append_literal(buf, ",\"recipientAccountId\":\"");
	buf_append_slice(buf, writer->account);
	append_literal(buf, "\",\"eventCategory\":\"");
	buf_append_string(buf, record->management ? "Management" : "Data");
	append_literal(buf, "\"}\n");
}

static void append_event(struct audit_writer *writer, const struct audit_record *record,
	struct slice name, struct buf *buf)
{
	append_literal(buf, ",\"eventTime\":\"");
	append_time(writer, record->begun_ns, buf);
	append_literal(buf, "\",\"eventSource\":\"");
	buf_append_string(buf, operation_services[record->kind].signing);
	append_literal(buf, ".amazonaws.com\",\"eventName\":");
	append_string(buf, name);
	append_literal(buf, ",\"awsRegion\":\"");
	buf_append_slice(buf, writer->region);
	append_literal(buf, "\"");
}

void audit_append_line(
	struct audit_writer *writer, const struct audit_record *record, struct buf *buf)
{
	struct slice strings[AUDIT_STRING_COUNT];

	audit_record_strings(record, strings);
	append_literal(buf, "{\"eventVersion\":\"" EVENT_VERSION "\"");
	append_identity(writer, record, strings, buf);
	append_event(writer, record, strings[AUDIT_NAME], buf);
	append_source(record, strings, buf);
	append_error(record, strings, buf);
	append_literal(buf, ",\"requestParameters\":");
	append_json(buf, strings[AUDIT_PARAMETERS]);
	append_literal(buf, ",\"responseElements\":");
	append_json(buf, strings[AUDIT_RESPONSE]);
	append_ids(writer, strings, buf);
	append_literal(buf, ",\"readOnly\":");
	buf_append_string(buf, record->read_only ? "true" : "false");
	append_resources(writer, strings[AUDIT_TABLES], buf);
	append_category(writer, record, buf);
}

void audit_append_loss(struct audit_writer *writer, uint64_t lines, int64_t now_ns, struct buf *buf)
{
	append_literal(buf, "{\"eventVersion\":\"" EVENT_VERSION
			    "\",\"userIdentity\":{\"type\":\"Process\",\"invokedBy\":\"dynamount\"}"
			    ",\"eventTime\":\"");
	append_time(writer, now_ns, buf);
	append_literal(buf, "\",\"eventSource\":\"dynamount\",\"eventName\":\"LinesLost\""
			    ",\"additionalEventData\":{\"lines\":");
	append_number(buf, lines);
	append_literal(buf, "},\"eventID\":");
	append_id(writer, buf);
	append_literal(buf, ",\"eventType\":\"AwsServiceEvent\",\"managementEvent\":true"
			    ",\"eventCategory\":\"Management\"}\n");
}
