#include "api/audit.h"

#include "api/audit_event.h"
#include "api/audit_queue.h"
#include "api/request_tables.h"
#include "base/memory.h"
#include "monitor/call.h"
#include "store/journal.h"

/* Of what a client says of itself. */
#define AGENT_BYTES 1024
#define NAME_BYTES  128

struct audit {
	struct audit_options options;
	struct journal *journal;
	struct audit_queue queue;
};

int audit_open(const struct audit_options *options, struct audit **ret, struct error *err)
{
	struct audit *audit = memory_new_zero(sizeof(*audit));
	struct audit_queue *queue = &audit->queue;

	audit->options = *options;
	if (journal_open(options->store, "audit", &audit->journal, err) < 0) {
		free(audit);
		return -1;
	}
	queue->journal = audit->journal;
	queue->max_bytes = options->max_bytes ? options->max_bytes : AUDIT_MAX_BYTES;
	audit_writer_init(&queue->writer, options->region, options->account);
	if (audit_queue_start(queue, err) < 0) {
		audit_close(audit);
		return -1;
	}
	*ret = audit;
	return 0;
}

void audit_close(struct audit *audit)
{
	if (!audit)
		return;
	audit_queue_stop(&audit->queue);
	audit_writer_release(&audit->queue.writer);
	journal_close(audit->journal);
	free(audit);
}

struct journal *audit_journal(const struct audit *audit)
{
	return audit->journal;
}

/* Whether the caller was turned away, or asked for what nobody knows. */
static bool is_refused(const struct error *err)
{
	static const enum error_class classes[] = {
		ERROR_UNKNOWN_OPERATION,
		ERROR_MISSING_TOKEN,
		ERROR_UNKNOWN_CLIENT,
		ERROR_INVALID_SIGNATURE,
		ERROR_INCOMPLETE_SIGNATURE,
		ERROR_ACCESS_DENIED,
	};

	for (size_t i = 0; err && i < ARRAY_SIZE(classes); i++) {
		if (err->class == classes[i])
			return true;
	}
	return false;
}

static bool is_wanted(
	const struct audit *audit, const struct audit_event *event, const struct audit_call *call)
{
	switch (audit->options.mode) {
	case AUDIT_OFF:
		return false;
	case AUDIT_DATA:
		return true;
	case AUDIT_CONTROL:
		return event->management || is_refused(call->err);
	}
	return false;
}

/* Whether the request was refused for how it is written. */
static bool is_unread(const struct error *err)
{
	static const enum error_class classes[] = { ERROR_VALIDATION, ERROR_KEY_EMPTY,
		ERROR_TOO_LARGE, ERROR_NOT_JSON, ERROR_SERIALIZATION };

	for (size_t i = 0; err && i < ARRAY_SIZE(classes); i++) {
		if (err->class == classes[i])
			return true;
	}
	return false;
}

/* Messages quote what is wrong at their end, after a colon or in quotes. */
static size_t general_length(struct slice message)
{
	size_t length = 0;

	while (length < message.len && !strchr(":;'\"`{[<", message.data[length]))
		length++;
	return length;
}

static struct slice message_of(const struct audit *audit, const struct audit_event *event,
	const struct audit_call *call, struct buf *buf)
{
	struct slice message;
	size_t length;

	if (!call->err)
		return slice_of(NULL, 0);
	message = slice_from_string(call->err->message);
	if (audit->options.items || event->management || !is_unread(call->err))
		return message;
	length = general_length(message);
	if (length == message.len)
		return message;
	buf_append(buf, message.data, length);
	buf_append_string(buf, ": " AUDIT_REDACTED);
	return buf_slice(buf);
}

static void limit_json(struct buf *buf)
{
	if (buf->len <= AUDIT_PARAMETERS_BYTES)
		return;
	buf_clear(buf);
	buf_appendf(buf, "{\"omitted\":\"longer than %u bytes\"}", AUDIT_PARAMETERS_BYTES);
}

static struct slice parameters_of(
	const struct audit *audit, const struct audit_call *call, struct buf *buf)
{
	const struct audit_style style = { audit->options.items, is_unread(call->err) };

	if (!call->operation || !call->input)
		return slice_of(NULL, 0);
	if (call->operation->name)
		audit_append_parameters(&style, call->operation->input, call->input, buf);
	else
		audit_append_local_parameters(&style, call, buf);
	limit_json(buf);
	return buf_slice(buf);
}

/* What the control plane answers to a change. */
static struct slice response_of(
	const struct audit_event *event, const struct audit_call *call, struct buf *buf)
{
	const struct audit_style style = { .items = true };

	if (!event->management || event->read_only || call->err || !call->output)
		return slice_of(NULL, 0);
	if (call->operation->empty_answer)
		return slice_of(NULL, 0);
	audit_append_parameters(&style, call->operation->output, call->output, buf);
	limit_json(buf);
	return buf_slice(buf);
}

static int append_table(void *context, struct slice name, struct error *err)
{
	struct buf *buf = context;

	(void)err;
	if (slice_present(name)) {
		buf_append_slice(buf, name);
		buf_append_char(buf, '\n');
	}
	return 0;
}

static void append_named_tables(const struct audit_call *call, struct buf *buf)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (!call->operation || !call->input)
		return;
	if (!call->operation->name)
		audit_append_local_tables(call, buf);
	else if (request_visit_tables(
			 call->operation, call->input, &arena, append_table, buf, &err) < 0)
		buf_clear(buf);
}

/* Those that it used, or that it names. */
static struct slice tables_of(const struct audit_call *call, struct buf *buf)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	for (size_t i = 0; i < call->table_count; i++)
		append_table(buf, call->tables[i].name, &err);
	if (!call->table_count)
		append_named_tables(call, buf);
	return buf_slice(buf);
}

static struct slice at_most(struct slice string, size_t length)
{
	return string.len > length ? slice_of(string.data, length) : string;
}

static void take_caller(const struct request_caller *caller, struct audit_record *record,
	struct slice strings[AUDIT_STRING_COUNT])
{
	record->known = caller;
	if (!caller)
		return;
	record->local = caller->local;
	record->uid = caller->uid;
	record->gid = caller->gid;
	record->pid = caller->pid;
	strings[AUDIT_ACCESS_KEY] = at_most(caller->access_key, NAME_BYTES);
	strings[AUDIT_USER] = at_most(caller->user, NAME_BYTES);
	strings[AUDIT_ADDRESS] = at_most(caller->address, NAME_BYTES);
	strings[AUDIT_AGENT] = at_most(caller->user_agent, AGENT_BYTES);
}

static void queue_event(
	struct audit *audit, const struct audit_event *event, const struct audit_call *call)
{
	struct buf bufs[AUDIT_STRING_COUNT] = { 0 };
	struct slice strings[AUDIT_STRING_COUNT] = { 0 };
	struct audit_record record = {
		.begun_ns = call->begun_ns,
		.kind = event->kind,
		.door = call->door,
		.error = call->err ? call->err->class : ERROR_NONE,
		.management = event->management,
		.read_only = event->read_only,
	};

	take_caller(call->caller, &record, strings);
	strings[AUDIT_NAME] = at_most(event->name, NAME_BYTES);
	strings[AUDIT_REQUEST_ID] = at_most(call->request_id, NAME_BYTES);
	strings[AUDIT_MESSAGE] = message_of(audit, event, call, &bufs[AUDIT_MESSAGE]);
	strings[AUDIT_PARAMETERS] = parameters_of(audit, call, &bufs[AUDIT_PARAMETERS]);
	strings[AUDIT_RESPONSE] = response_of(event, call, &bufs[AUDIT_RESPONSE]);
	strings[AUDIT_TABLES] = tables_of(call, &bufs[AUDIT_TABLES]);
	audit_queue_add(
		&audit->queue, &record, strings, event->management && !is_refused(call->err));
	for (size_t i = 0; i < AUDIT_STRING_COUNT; i++)
		buf_release(&bufs[i]);
}

void audit_note(struct audit *audit, const struct audit_call *call)
{
	struct audit_event event;

	if (audit->options.mode == AUDIT_OFF || !audit_event_of(call, &event))
		return;
	if (is_wanted(audit, &event, call))
		queue_event(audit, &event, call);
}
