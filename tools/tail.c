/*
 * dynamount tail: the last changes of a table, each a line as in `.stream`, and
 * with -f those to come.
 *
 * Everything goes by DynamoDB's own operations on streams, so that any endpoint
 * will do. Each shard is read from where it stood:
 *
 * 1. A shard's position is the iterator that the last read left, or, where there
 *    is none, the sequence number of the last record read, or its beginning.
 * 2. Shards are read in the order in which they are described, parents first;
 *    they are described again when one has ended.
 * 3. An engine opened in this process keeps others out, so it is closed between
 *    looks while following: then there is only the sequence number.
 */
#include "base/memory.h"
#include "base/text.h"
#include "client.h"
#include "commands.h"
#include "model/record_line.h"
#include "output.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#define COUNT_DEFAULT 10
#define SECOND_NS     1000000000
#define PAUSE_NS      200000000 /* between looks while following */
#define PAUSE_HERE_NS 1000000000 /* the same of an engine that must be opened */

struct shard {
	struct shard *next;
	char *id;
	struct buf iterator, last; /* empty: none */
	bool at_end; /* begins with what comes */
	bool ended; /* read to its end, which is final */
};

/* The newest lines, in a ring that grows up to its limit. */
struct last_lines {
	struct buf *lines;
	size_t count, first;
	uint64_t limit;
};

struct tail {
	const char *where;
	struct client *client; /* NULL between looks */
	char *arn;
	struct shard *shards; /* in order */
	struct last_lines kept;
	bool follow;
	bool live; /* lines are written at once */
	struct buf out;
};

/* The newest lines */

static void lines_release(struct last_lines *kept)
{
	for (size_t i = 0; i < kept->count; i++)
		buf_release(&kept->lines[i]);
	free(kept->lines);
	*kept = (struct last_lines){ 0 };
}

/* Where the next line goes, empty. */
static struct buf *lines_next(struct last_lines *kept)
{
	struct buf *line;

	if (kept->count < kept->limit) {
		if (!(kept->count & (kept->count - 1))) /* a power of two, or 0: full */
			kept->lines = memory_resize(kept->lines,
				(kept->count ? 2 * kept->count : 1) * sizeof(*kept->lines));
		line = &kept->lines[kept->count++];
		*line = BUF_INIT;
		return line;
	}
	line = &kept->lines[kept->first];
	kept->first = (kept->first + 1) % kept->limit;
	buf_clear(line);
	return line;
}

static int lines_print(struct last_lines *kept, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < kept->count && r == 0; i++)
		TRY(r = output_write(
			    buf_slice(&kept->lines[(kept->first + i) % kept->count]), err));
	lines_release(kept);
	return r;
}

/* Shards */

static void shard_free(struct shard *shard)
{
	free(shard->id);
	buf_release(&shard->iterator);
	buf_release(&shard->last);
	free(shard);
}

static void tail_release(struct tail *tail)
{
	while (tail->shards) {
		struct shard *shard = tail->shards;

		tail->shards = shard->next;
		shard_free(shard);
	}
	lines_release(&tail->kept);
	client_closep(&tail->client);
	buf_release(&tail->out);
	free(tail->arn);
}

static void add_shard(struct tail *tail, struct slice id)
{
	struct shard **place = &tail->shards;

	for (; *place; place = &(*place)->next) {
		if (slice_equal_string(id, (*place)->id))
			return;
	}
	*place = memory_new_zero(sizeof(**place));
	(*place)->id = memory_copy_string(id.data, id.len);
	/* Nothing is wanted of what has been; but see 3. */
	(*place)->at_end = !tail->live && !tail->kept.limit && !client_is_local(tail->client);
}

static int describe_shards(struct tail *tail, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct describe_stream_input input = { .stream_arn = slice_from_string(tail->arn) };

	do {
		struct describe_stream_output output = { 0 };
		const struct shard_facts *shards;

		TRY(client_run(
			tail->client, OPERATION_DESCRIBE_STREAM, &input, &output, &arena, err));
		shards = output.stream_description->shards.items;
		for (size_t i = 0; i < output.stream_description->shards.count; i++)
			add_shard(tail, shards[i].shard_id);
		input.exclusive_start_shard_id = output.stream_description->last_evaluated_shard_id;
	} while (slice_present(input.exclusive_start_shard_id));
	return 0;
}

static int find_iterator(struct tail *tail, struct shard *shard, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct get_shard_iterator_output output = { 0 };
	struct get_shard_iterator_input input = {
		.stream_arn = slice_from_string(tail->arn),
		.shard_id = slice_from_string(shard->id),
		.shard_iterator_type = shard->at_end ? SLICE("LATEST") : SLICE("TRIM_HORIZON"),
	};

	if (shard->last.len) {
		input.shard_iterator_type = SLICE("AFTER_SEQUENCE_NUMBER");
		input.sequence_number = buf_slice(&shard->last);
	}
	TRY(client_run(tail->client, OPERATION_GET_SHARD_ITERATOR, &input, &output, &arena, err));
	buf_clear(&shard->iterator);
	buf_append_slice(&shard->iterator, output.shard_iterator);
	return 0;
}

/* Records */

static void append_record(const struct record_facts *record, struct buf *buf)
{
	const struct stream_image *image = record->dynamodb;
	const struct record_identity *identity = record->user_identity;
	struct record_line line = {
		.event_id = record->event_id,
		.event_name = record->event_name,
		.event_version = record->event_version,
		.event_source = record->event_source,
		.region = record->aws_region,
		.time_seconds = image->approximate_creation_date_time / SECOND_NS,
		.keys = image->keys,
		.new_image = image->new_image,
		.old_image = image->old_image,
		.sequence_number = image->sequence_number,
		.size_bytes = (uint64_t)image->size_bytes.value,
		.view_type = image->stream_view_type,
	};

	if (identity) {
		line.identity_type = identity->type;
		line.identity_principal = identity->principal_id;
	}
	record_line_append(buf, &line);
}

static void take_records(struct tail *tail, struct shard *shard, const struct request_list *list)
{
	const struct record_facts *records = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (!records[i].dynamodb)
			continue;
		if (tail->live)
			append_record(&records[i], &tail->out);
		else if (tail->kept.limit)
			append_record(&records[i], lines_next(&tail->kept));
		buf_clear(&shard->last);
		buf_append_slice(&shard->last, records[i].dynamodb->sequence_number);
	}
}

/* An iterator lives some minutes, a record a day: whoever slept longer goes on
 * with the oldest record that is left. */
static bool recover(struct shard *shard, const struct error *err)
{
	if (err->class != ERROR_EXPIRED_ITERATOR && err->class != ERROR_TRIMMED_DATA)
		return false;
	buf_clear(&shard->iterator);
	if (err->class == ERROR_TRIMMED_DATA)
		buf_clear(&shard->last);
	shard->at_end = false;
	return true;
}

static int read_records(struct tail *tail, struct shard *shard, size_t *ret_count,
	struct arena *arena, struct error *err)
{
	struct get_records_output output = { 0 };
	struct get_records_input input;

	*ret_count = 0;
	if (!shard->iterator.len)
		TRY(find_iterator(tail, shard, err));
	input = (struct get_records_input){ .shard_iterator = buf_slice(&shard->iterator) };
	TRY(client_run(tail->client, OPERATION_GET_RECORDS, &input, &output, arena, err));
	take_records(tail, shard, &output.records);
	*ret_count = output.records.count;
	shard->ended = !slice_present(output.next_shard_iterator);
	buf_clear(&shard->iterator);
	buf_append_slice(&shard->iterator, output.next_shard_iterator);
	return 0;
}

/* Reads what there is: 0, or OUTPUT_CLOSED. */
static int read_shard(struct tail *tail, struct shard *shard, struct error *err)
{
	size_t count = 1;
	int r = 0;

	while (count && !shard->ended && r == 0) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		if (read_records(tail, shard, &count, &arena, err) < 0) {
			if (!recover(shard, err))
				return -1;
			error_release(err);
			count = 1;
		}
		TRY(r = output_write(buf_slice(&tail->out), err));
		buf_clear(&tail->out);
	}
	return r;
}

/* Following */

static int no_stream(const struct client *client, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"%.*s has no stream: in a mount, echo NEW_AND_OLD_IMAGES > .stream enables it; or "
		"dynamount call %s UpdateTable '{\"TableName\":\"%.*s\",\"StreamSpecification\":"
		"{\"StreamEnabled\":true,\"StreamViewType\":\"NEW_AND_OLD_IMAGES\"}}'",
		SLICE_ARG(client_table(client)), client_name(client),
		SLICE_ARG(client_table(client)));
}

static int find_stream(struct tail *tail, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct stream_specification *stream;
	const struct table_facts *table;

	TRY(client_open(tail->where, true, &tail->client, err));
	TRY(client_describe(tail->client, &arena, &table, err));
	stream = table->stream_specification;
	if (!stream || !stream->stream_enabled.value || !slice_present(table->latest_stream_arn))
		return no_stream(tail->client, err);
	tail->arn = memory_copy_string(table->latest_stream_arn.data, table->latest_stream_arn.len);
	return describe_shards(tail, err);
}

/* Reads what there is of all shards: 0, or OUTPUT_CLOSED. */
static int read_shards(struct tail *tail, struct error *err)
{
	bool ended = false;
	int r = 0;

	for (struct shard *shard = tail->shards; shard && r == 0; shard = shard->next) {
		bool before = shard->ended;

		TRY(r = read_shard(tail, shard, err));
		ended = ended || (shard->ended && !before);
	}
	if (ended && tail->live)
		TRY(describe_shards(tail, err));
	return r;
}

static bool has_more(const struct tail *tail)
{
	for (const struct shard *shard = tail->shards; shard; shard = shard->next) {
		if (!shard->ended)
			return true;
	}
	return false;
}

static void pause_between(struct tail *tail)
{
	long ns = PAUSE_NS;
	struct timespec pause;

	if (client_is_local(tail->client)) {
		client_closep(&tail->client);
		tail->client = NULL;
		for (struct shard *shard = tail->shards; shard; shard = shard->next)
			buf_clear(&shard->iterator);
		ns = PAUSE_HERE_NS;
	}
	pause = (struct timespec){ ns / SECOND_NS, ns % SECOND_NS };
	nanosleep(&pause, NULL);
}

static int follow(struct tail *tail, struct error *err)
{
	int r = 0;

	tail->live = true;
	while (has_more(tail)) {
		pause_between(tail);
		if (!tail->client)
			TRY(client_open(tail->where, true, &tail->client, err));
		TRY(r = read_shards(tail, err));
		if (r == OUTPUT_CLOSED)
			return r;
	}
	return error_set(err, ERROR_SYSTEM, "The stream of %s has ended", tail->where);
}

static int print_tail(struct tail *tail, struct error *err)
{
	int r;

	TRY(find_stream(tail, err));
	TRY(read_shards(tail, err));
	TRY(r = lines_print(&tail->kept, err));
	return tail->follow && r == 0 ? follow(tail, err) : r;
}

static int set_option(struct tail *tail, int code)
{
	switch (code) {
	case 'f':
		tail->follow = true;
		return 0;
	case 'n':
		if (decimal_parse(optarg, &tail->kept.limit))
			return 0;
		fprintf(stderr, "dynamount: --lines cannot be '%s': a number is expected\n",
			optarg);
		return -1;
	default:
		return -1;
	}
}

int command_tail(const struct command *command, int argc, char **argv)
{
	static const struct option rows[] = { { "follow", no_argument, NULL, 'f' },
		{ "lines", required_argument, NULL, 'n' }, { 0 } };
	struct tail tail CLEANUP(tail_release) = { .kept.limit = COUNT_DEFAULT };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int code;

	optind = 1;
	while ((code = getopt_long(argc, argv, "fn:", rows, NULL)) >= 0) {
		if (set_option(&tail, code) < 0)
			return command_usage(command);
	}
	if (argc - optind != 1)
		return command_usage(command);
	tail.where = argv[optind];
	if (print_tail(&tail, &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	return EXIT_SUCCESS;
}
