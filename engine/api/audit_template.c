#include "api/audit_template.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/json.h"

#include <errno.h>
#include <pwd.h>

#define EVENT_VERSION "1.08"
#define PASSWD_BYTES  1024 /* of one entry, to begin with */

static void template_release(struct audit_template *template)
{
	buf_release(&template->facts);
	buf_release(&template->head);
	buf_release(&template->middle);
	buf_release(&template->tail);
}

void audit_templates_release(struct audit_templates *templates)
{
	for (size_t i = 0; i < AUDIT_TEMPLATES; i++)
		template_release(&templates->items[i]);
	for (size_t i = 0; i < AUDIT_USERS; i++)
		buf_release(&templates->users[i].name);
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

static struct slice user_name(struct audit_templates *templates, uid_t uid)
{
	size_t i = uid % AUDIT_USERS;

	if (!templates->users[i].used || templates->users[i].uid != uid) {
		templates->users[i].used = true;
		templates->users[i].uid = uid;
		find_user(uid, &templates->users[i].name);
	}
	return buf_slice(&templates->users[i].name);
}

static void append_local_user(
	struct audit_templates *templates, const struct audit_facts *facts, struct buf *buf)
{
	struct slice name = user_name(templates, facts->uid);

	buf_appendf(buf, "{\"type\":\"LocalUser\",\"principalId\":\"%u\"", facts->uid);
	if (name.len)
		append_member(buf, ",\"userName\":", name);
	buf_appendf(buf, ",\"uid\":%u,\"gid\":%u,\"pid\":%d}", facts->uid, facts->gid, facts->pid);
}

/* A user whose signature was verified. */
static void append_known_user(
	const struct audit_templates *templates, const struct slice *strings, struct buf *buf)
{
	struct slice account = templates->account;

	buf_append_string(buf, "{\"type\":\"IAMUser\"");
	append_member(buf, ",\"principalId\":", strings[AUDIT_ACCESS_KEY]);
	buf_appendf(buf, ",\"arn\":\"arn:aws:iam::%.*s:user/", SLICE_ARG(account));
	append_ending(buf, strings[AUDIT_USER]);
	buf_appendf(buf, ",\"accountId\":\"%.*s\"", SLICE_ARG(account));
	append_member(buf, ",\"accessKeyId\":", strings[AUDIT_ACCESS_KEY]);
	append_member(buf, ",\"userName\":", strings[AUDIT_USER]);
	buf_append_char(buf, '}');
}

static void append_identity(struct audit_templates *templates, const struct audit_facts *facts,
	const struct slice *strings, struct buf *buf)
{
	if (!facts->known) {
		buf_append_string(buf, "{\"type\":\"Process\",\"invokedBy\":\"dynamount\"}");
	} else if (slice_present(strings[AUDIT_USER])) {
		append_known_user(templates, strings, buf);
	} else if (facts->local) {
		append_local_user(templates, facts, buf);
	} else {
		buf_append_string(buf, "{\"type\":\"Unknown\"");
		append_member(buf, ",\"accessKeyId\":", strings[AUDIT_ACCESS_KEY]);
		buf_append_char(buf, '}');
	}
}

static void append_source(
	const struct audit_facts *facts, const struct slice *strings, struct buf *buf)
{
	bool mount = facts->known && facts->door == DOOR_MOUNT;

	buf_append_string(buf, ",\"sourceIPAddress\":");
	append_string(buf, slice_present(strings[AUDIT_ADDRESS]) ? strings[AUDIT_ADDRESS]
			   : mount                               ? SLICE("mount")
								 : SLICE("internal"));
	buf_append_string(buf, ",\"userAgent\":");
	if (slice_present(strings[AUDIT_AGENT]))
		append_string(buf, strings[AUDIT_AGENT]);
	else
		buf_append_string(buf, "null");
}

static void append_error(
	const struct audit_facts *facts, const struct slice *strings, struct buf *buf)
{
	if (facts->error == ERROR_NONE)
		return;
	buf_appendf(buf, ",\"errorCode\":\"%s\"", error_class_info(facts->error)->exception);
	append_member(buf, ",\"errorMessage\":", strings[AUDIT_MESSAGE]);
}

static void append_resources(
	const struct audit_templates *templates, struct slice tables, struct buf *buf)
{
	const char *separator = ",\"resources\":[";

	if (!tables.len)
		return;
	while (tables.len) {
		const char *end = memchr(tables.data, '\n', tables.len);
		struct slice name = slice_of(tables.data, (size_t)(end - tables.data));

		buf_appendf(buf,
			"%s{\"accountId\":\"%.*s\",\"type\":\"AWS::DynamoDB::Table\","
			"\"ARN\":\"arn:aws:dynamodb:%.*s:%.*s:table/",
			separator, SLICE_ARG(templates->account), SLICE_ARG(templates->region),
			SLICE_ARG(templates->account));
		append_ending(buf, name);
		buf_append_char(buf, '}');
		separator = ",";
		tables = slice_skip(tables, name.len + 1);
	}
	buf_append_char(buf, ']');
}

/* "DynamoDB_20120810" tells "2012-08-10". */
static void append_version(enum operation_kind kind, struct buf *buf)
{
	struct slice target = slice_from_string(operation_services[kind].target);
	const char *date = target.data + target.len - strlen("20120810");

	buf_appendf(buf, ",\"eventType\":\"AwsApiCall\",\"apiVersion\":\"%.4s-%.2s-%.2s\"", date,
		date + 4, date + 6);
}

static void make_template(struct audit_templates *templates, const struct audit_facts *facts,
	const struct slice *strings, struct audit_template *ret)
{
	buf_append_string(&ret->head, "{\"eventVersion\":\"" EVENT_VERSION "\",\"userIdentity\":");
	append_identity(templates, facts, strings, &ret->head);
	buf_append_string(&ret->head, ",\"eventTime\":\"");

	buf_appendf(&ret->middle, "\",\"eventSource\":\"%s.amazonaws.com\"",
		operation_services[facts->kind].signing);
	append_member(&ret->middle, ",\"eventName\":", strings[AUDIT_NAME]);
	append_member(&ret->middle, ",\"awsRegion\":", templates->region);
	append_source(facts, strings, &ret->middle);
	append_error(facts, strings, &ret->middle);
	buf_append_string(&ret->middle, ",\"requestParameters\":");

	buf_appendf(&ret->tail, "\",\"readOnly\":%s", facts->read_only ? "true" : "false");
	append_resources(templates, strings[AUDIT_TABLES], &ret->tail);
	append_version(facts->kind, &ret->tail);
	buf_appendf(&ret->tail,
		",\"managementEvent\":%s,\"recipientAccountId\":\"%.*s\",\"eventCategory\":\"%s\"}\n",
		facts->management ? "true" : "false", SLICE_ARG(templates->account),
		facts->management ? "Management" : "Data");
}

const struct audit_template *audit_template_of(
	struct audit_templates *templates, const struct audit_record *record)
{
	struct slice facts = audit_record_facts(record);
	struct audit_template *template = &templates->items[hash64(facts) % AUDIT_TEMPLATES];
	struct slice strings[AUDIT_STRING_COUNT];

	if (slice_equal(buf_slice(&template->facts), facts))
		return template;
	buf_clear(&template->facts);
	buf_clear(&template->head);
	buf_clear(&template->middle);
	buf_clear(&template->tail);
	buf_append_slice(&template->facts, facts);
	audit_record_strings(record, strings);
	make_template(templates, &record->facts, strings, template);
	return template;
}
