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

#define RECORD_BYTES 1024 /* most are no longer */

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

static void add_message(const struct audit *audit, const struct audit_event *event,
	const struct audit_call *call, struct buf *buf)
{
	struct slice message;
	size_t start = buf->len, length;

	if (!call->err)
		return;
	message = slice_from_string(call->err->message);
	length = audit->options.items || event->management || !is_unread(call->err)
			 ? message.len
			 : general_length(message);
	buf_append(buf, message.data, length);
	if (length < message.len)
		buf_append_string(buf, ": " AUDIT_REDACTED);
	audit_record_end_string(buf, AUDIT_MESSAGE, start);
}

static void end_json(struct buf *buf, enum audit_string string, size_t start)
{
	if (buf->len - start > AUDIT_PARAMETERS_BYTES) {
		buf->len = start;
		buf_appendf(buf, "{\"omitted\":\"longer than %u bytes\"}", AUDIT_PARAMETERS_BYTES);
	}
	audit_record_end_string(buf, string, start);
}

static void add_parameters(
	const struct audit *audit, const struct audit_call *call, struct buf *buf)
{
	/* Who is turned away is so before what he asks is read. */
	const struct audit_style style = { audit->options.items,
		is_unread(call->err) || is_refused(call->err) };
	size_t start = buf->len;

	if (!call->operation || !call->input)
		return;
	if (call->operation->input)
		audit_append_parameters(&style, call->operation->input, call->input, buf);
	else
		audit_append_local_parameters(&style, call, buf);
	end_json(buf, AUDIT_PARAMETERS, start);
}

/* What the control plane answers to a change. */
static void add_response(
	const struct audit_event *event, const struct audit_call *call, struct buf *buf)
{
	const struct audit_style style = { .items = true };
	size_t start = buf->len;

	if (!event->management || event->read_only || call->err || !call->output ||
		!call->operation->output || call->operation->empty_answer)
		return;
	audit_append_parameters(&style, call->operation->output, call->output, buf);
	end_json(buf, AUDIT_RESPONSE, start);
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
	size_t start = buf->len;

	if (!call->operation || !call->input)
		return;
	if (!call->operation->input)
		audit_append_local_tables(call, buf);
	else if (request_visit_tables(
			 call->operation, call->input, &arena, append_table, buf, &err) < 0)
		buf->len = start;
}

/* Those that it used, or that it names. */
static void add_tables(const struct audit_call *call, struct buf *buf)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	size_t start = buf->len;

	for (size_t i = 0; i < call->table_count; i++)
		append_table(buf, call->tables[i].name, &err);
	if (!call->table_count)
		append_named_tables(call, buf);
	audit_record_end_string(buf, AUDIT_TABLES, start);
}

static struct slice at_most(struct slice string, size_t length)
{
	return string.len > length ? slice_of(string.data, length) : string;
}

static struct audit_facts facts_of(const struct audit_event *event, const struct audit_call *call)
{
	struct audit_facts facts = {
		.kind = event->kind,
		.door = call->door,
		.error = call->err ? call->err->class : ERROR_NONE,
		.management = event->management,
		.read_only = event->read_only,
		.known = call->caller,
	};

	if (call->caller && call->caller->local) {
		facts.local = true;
		facts.uid = call->caller->uid;
		facts.gid = call->caller->gid;
		facts.pid = call->caller->pid;
	}
	return facts;
}

/* In the order of enum audit_string. */
static void add_strings(const struct audit *audit, const struct audit_event *event,
	const struct audit_call *call, struct buf *buf)
{
	static const struct request_caller nobody;
	const struct request_caller *caller = call->caller ? call->caller : &nobody;

	audit_record_add(buf, AUDIT_NAME, at_most(event->name, NAME_BYTES));
	audit_record_add(buf, AUDIT_ACCESS_KEY, at_most(caller->access_key, NAME_BYTES));
	audit_record_add(buf, AUDIT_USER, at_most(caller->user, NAME_BYTES));
	audit_record_add(buf, AUDIT_ADDRESS, at_most(caller->address, NAME_BYTES));
	audit_record_add(buf, AUDIT_AGENT, at_most(caller->user_agent, AGENT_BYTES));
	add_tables(call, buf);
	add_message(audit, event, call, buf);
	audit_record_add(buf, AUDIT_REQUEST_ID, call->request_id);
	add_parameters(audit, call, buf);
	add_response(event, call, buf);
}

static void queue_event(
	struct audit *audit, const struct audit_event *event, const struct audit_call *call)
{
	const struct audit_facts facts = facts_of(event, call);
	struct buf record CLEANUP(buf_release) = BUF_INIT;

	buf_reserve(&record, RECORD_BYTES);
	audit_record_begin(&record, &facts, call->begun_ns);
	add_strings(audit, event, call, &record);
	audit_record_end(&record);
	audit_queue_add(
		&audit->queue, buf_slice(&record), event->management && !is_refused(call->err));
}

void audit_note(struct audit *audit, const struct audit_call *call)
{
	struct audit_event event;

	if (audit->options.mode == AUDIT_OFF || !audit_event_of(call, &event))
		return;
	if (is_wanted(audit, &event, call))
		queue_event(audit, &event, call);
}
