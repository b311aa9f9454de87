#include "api/audit_event.h"

#include "base/cleanup.h"
#include "model/json.h"

/* More writes of one transaction are counted, not listed: what one request of the
 * service could have. */
#define LISTED_MAX 100

static enum operation_id id_of(const struct audit_call *call)
{
	return (enum operation_id)(call->operation - operations);
}

/* Whether the name is that of an operation which only reads settings. */
static bool reads(const char *name)
{
	static const struct slice verbs[] = { { "Describe", 8 }, { "Get", 3 }, { "List", 4 } };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (slice_starts_with(slice_from_string(name), verbs[i]))
			return true;
	}
	return false;
}

/* DescribeStream and ListStreams are, GetShardIterator and GetRecords not. */
static bool is_management(const struct operation *operation)
{
	switch (operation->kind) {
	case OPERATION_ADMIN:
	case OPERATION_MONITOR:
		return true;
	case OPERATION_STREAM:
		return operation->name[0] != 'G';
	case OPERATION_READ:
	case OPERATION_WRITE:
	case OPERATION_KIND_COUNT:
		return false;
	}
	return false;
}

static bool is_read_only(const struct operation *operation)
{
	switch (operation->kind) {
	case OPERATION_ADMIN:
	case OPERATION_MONITOR:
		return reads(operation->name);
	case OPERATION_READ:
	case OPERATION_STREAM:
		return true;
	case OPERATION_WRITE:
	case OPERATION_KIND_COUNT:
		return false;
	}
	return false;
}

/* Whether the request asks for facts alone, or for its own faults. */
static bool is_facts_or_check(enum operation_id id, const void *input)
{
	if (!input)
		return false;
	if (id == OPERATION_GET_ITEM)
		return ((const struct get_item_input *)input)->facts_only ||
		       ((const struct get_item_input *)input)->is_look;
	if (id == OPERATION_QUERY)
		return ((const struct query_input *)input)->facts_only;
	if (id == OPERATION_SCAN)
		return ((const struct scan_input *)input)->facts_only;
	if (id == OPERATION_PUT_ITEM)
		return ((const struct put_item_input *)input)->check_only;
	if (id == OPERATION_CREATE_TABLE)
		return ((const struct create_table_input *)input)->check_only;
	if (id == OPERATION_UPDATE_TABLE)
		return ((const struct update_table_input *)input)->check_only;
	return false;
}

static bool is_look(const struct audit_call *call, const struct audit_event *event)
{
	if (is_facts_or_check(id_of(call), call->input))
		return true;
	return call->door == DOOR_MOUNT && !call->asked_by_name && event->management &&
	       event->read_only;
}

/* The mount's own operations */

static const char *name_of_writes(const struct write_items_input *input)
{
	static const char *const names[] = {
		[ITEM_PUT] = "PutItem",
		[ITEM_DELETE] = "DeleteItem",
		[ITEM_TOUCH] = "UpdateItem",
		[ITEM_CHECK] = "TransactWriteItems",
	};

	if (input->item_errors && !input->transacted)
		return "BatchWriteItem";
	return input->count == 1 ? names[input->writes[0].kind] : "TransactWriteItems";
}

/* Of what only this program has: a change of settings. */
static bool own_event(const char *name, struct audit_event *ret)
{
	*ret = (struct audit_event){
		.name = slice_from_string(name),
		.kind = OPERATION_ADMIN,
		.management = true,
	};
	return true;
}

static bool local_event_of(const struct audit_call *call, struct audit_event *ret)
{
	const struct read_stream_output *records = call->output;

	if (id_of(call) == OPERATION_LOCAL_WRITE_ITEMS) {
		*ret = (struct audit_event){
			.name = slice_from_string(name_of_writes(call->input)),
			.kind = OPERATION_WRITE,
		};
		return true;
	}
	if (id_of(call) == OPERATION_LOCAL_READ_STREAM) {
		*ret = (struct audit_event){
			.name = SLICE("GetRecords"),
			.kind = OPERATION_STREAM,
			.read_only = true,
		};
		return call->err || records->text.len;
	}
	if (id_of(call) == OPERATION_LOCAL_SET_ACCESS)
		return own_event("SetTableAccess", ret);
	if (call->operation->local_name && call->operation->kind == OPERATION_ADMIN &&
		!reads(call->operation->local_name))
		return own_event(call->operation->local_name, ret);
	return false;
}

bool audit_event_of(const struct audit_call *call, struct audit_event *ret)
{
	const struct operation *operation = call->operation;

	if (!operation) {
		*ret = (struct audit_event){
			.name = call->name,
			.kind = OPERATION_ADMIN,
			.management = true,
		};
		return true;
	}
	if (!operation->name)
		return local_event_of(call, ret);
	*ret = (struct audit_event){
		.name = slice_from_string(operation->name),
		.kind = operation->kind,
		.management = is_management(operation),
		.read_only = is_read_only(operation),
	};
	return !is_look(call, ret);
}

static void append_write(
	const struct audit_style *style, const struct item_write *write, struct buf *buf)
{
	buf_append_string(buf, "\"tableName\":");
	json_append_string(buf, write->table_name);
	buf_append_string(buf, write->kind == ITEM_PUT ? ",\"item\":" : ",\"key\":");
	audit_append_attributes(style, write->item, buf);
}

static void list_writes(
	const struct audit_style *style, const struct write_items_input *input, struct buf *buf)
{
	static const char *const verbs[] = {
		[ITEM_PUT] = "Put",
		[ITEM_DELETE] = "Delete",
		[ITEM_TOUCH] = "Update",
		[ITEM_CHECK] = "ConditionCheck",
	};

	buf_append_string(buf, "\"requestItems\":[");
	for (size_t i = 0; i < input->count; i++) {
		buf_appendf(buf, "%s{\"operation\":\"%s\",", i ? "," : "",
			verbs[input->writes[i].kind]);
		append_write(style, &input->writes[i], buf);
		buf_append_char(buf, '}');
	}
	buf_append_char(buf, ']');
}

static void count_writes(const struct write_items_input *input, struct buf *buf)
{
	size_t puts = 0, deletes = 0;

	for (size_t i = 0; i < input->count; i++) {
		puts += input->writes[i].kind == ITEM_PUT;
		deletes += input->writes[i].kind == ITEM_DELETE;
	}
	buf_appendf(buf, "\"putRequests\":%zu,\"deleteRequests\":%zu", puts, deletes);
}

static void append_writes(
	const struct audit_style *style, const struct write_items_input *input, struct buf *buf)
{
	if (input->item_errors && !input->transacted)
		count_writes(input, buf);
	else if (input->count == 1)
		append_write(style, &input->writes[0], buf);
	else if (input->count <= LISTED_MAX)
		list_writes(style, input, buf);
	else
		count_writes(input, buf);
}

static void append_records(const struct read_stream_input *input, struct buf *buf)
{
	buf_append_string(buf, "\"tableName\":");
	json_append_string(buf, input->table_name);
	buf_append_string(buf, ",\"streamLabel\":");
	json_append_string(buf, input->stream_label);
	buf_appendf(buf, ",\"offset\":%llu", (unsigned long long)input->offset);
}

/* Of the root there is no name. */
static void append_access(const struct set_access_input *input, struct buf *buf)
{
	if (slice_present(input->table_name)) {
		buf_append_string(buf, "\"tableName\":");
		json_append_string(buf, input->table_name);
		buf_append_char(buf, ',');
	}
	if (input->members & ACCESS_OWNER)
		buf_appendf(buf, "\"uid\":%u,", input->access.uid);
	if (input->members & ACCESS_GROUP)
		buf_appendf(buf, "\"gid\":%u,", input->access.gid);
	if (input->members & ACCESS_MODE)
		buf_appendf(buf, "\"mode\":\"%04o\",", input->access.mode);
	if (buf->data[buf->len - 1] == ',')
		buf->len--;
}

void audit_append_local_parameters(
	const struct audit_style *style, const struct audit_call *call, struct buf *buf)
{
	buf_append_char(buf, '{');
	if (id_of(call) == OPERATION_LOCAL_WRITE_ITEMS)
		append_writes(style, call->input, buf);
	else if (id_of(call) == OPERATION_LOCAL_SET_ACCESS)
		append_access(call->input, buf);
	else
		append_records(call->input, buf);
	buf_append_char(buf, '}');
}

static void append_table(struct slice name, struct buf *buf)
{
	if (!slice_present(name))
		return;
	buf_append_slice(buf, name);
	buf_append_char(buf, '\n');
}

void audit_append_local_tables(const struct audit_call *call, struct buf *buf)
{
	const struct write_items_input *input = call->input;

	if (id_of(call) == OPERATION_LOCAL_READ_STREAM)
		append_table(((const struct read_stream_input *)call->input)->table_name, buf);
	if (id_of(call) == OPERATION_LOCAL_SET_ACCESS)
		append_table(((const struct set_access_input *)call->input)->table_name, buf);
	if (id_of(call) != OPERATION_LOCAL_WRITE_ITEMS)
		return;
	for (size_t i = 0; i < input->count; i++) {
		if (i == 0 ||
			!slice_equal(input->writes[i].table_name, input->writes[i - 1].table_name))
			append_table(input->writes[i].table_name, buf);
	}
}
