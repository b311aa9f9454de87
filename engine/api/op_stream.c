/*
 * ListStreams, DescribeStream, GetShardIterator, GetRecords.
 *
 * A stream has one shard, from its start to its end. The shard's first sequence
 * number is that of the oldest record that is kept, or of the one to come, so
 * that reading can always begin at it.
 */
#include "api/arn.h"
#include "api/operations.h"
#include "api/shard_iterator.h"

#include "base/clock.h"
#include "base/hash.h"
#include "store/stream.h"

#include <inttypes.h>

#define INVALID "One or more parameter values were invalid: "

#define PAGE_MAX          100
#define RECORDS_MAX       1000
#define RECORDS_BYTES_MAX (1024 * 1024)
#define SECOND_NS         1000000000LL
#define MILLISECOND_NS    1000000

static int stream_not_found(struct slice arn, struct error *err)
{
	return error_set(err, ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Stream: %.*s not found", SLICE_ARG(arn));
}

/* What a stream's ARN names; both absent when the region or the account is
 * another one. */
static int parse_arn(const struct engine *engine, struct slice arn, struct arena *arena,
	struct slice *ret_table, struct slice *ret_label, struct error *err)
{
	const struct slice kind = SLICE("/stream/");
	struct slice tables = arn_of_table(engine, SLICE(""), arena), rest = arn;
	bool ours = slice_starts_with(arn, tables);
	const char *at;

	if (ours)
		rest = slice_skip(arn, tables.len);
	at = memmem(rest.data, rest.len, kind.data, kind.len);
	if (!at || !slice_starts_with(arn, SLICE("arn:aws:dynamodb:")))
		return error_set(err, ERROR_VALIDATION, "Invalid StreamArn");
	*ret_table = *ret_label = slice_of(NULL, 0);
	if (!ours)
		return 0;
	*ret_table = slice_of(rest.data, (size_t)(at - rest.data));
	*ret_label = slice_skip(rest, ret_table->len + kind.len);
	return 0;
}

static int find_stream(const struct engine *engine, struct slice arn, struct arena *arena,
	struct stream_description *ret, struct error *err)
{
	struct slice table = { NULL, 0 }, label = { NULL, 0 };
	int r = STREAM_ABSENT;

	TRY(parse_arn(engine, arn, arena, &table, &label, err));
	if (slice_present(table))
		TRY(r = stream_find(engine->store, table, label, arena, ret, err));
	return r == STREAM_ABSENT ? stream_not_found(arn, err) : 0;
}

static struct slice arn_of_stream(
	const struct engine *engine, const struct stream_description *stream, struct arena *arena)
{
	return arn_of_part(engine, stream->table_name, "stream", stream->label, arena);
}

/* The page size asked for. `most` says how the service words its maximum. */
static int read_limit(
	const struct optional_integer *limit, const char *most, size_t *ret, struct error *err)
{
	if (limit->present && limit->value > PAGE_MAX)
		return error_set(err, ERROR_VALIDATION,
			INVALID "Limit cannot be greater than %s: %d", most, PAGE_MAX);
	*ret = limit->present ? (size_t)limit->value : PAGE_MAX;
	return 0;
}

/* The first of the list that stands after a name and label. */
static size_t position_after(
	const struct stream_description *list, size_t count, struct slice table, struct slice label)
{
	size_t i = 0;

	for (; i < count; i++) {
		int order = slice_compare(list[i].table_name, table);

		if (order > 0 || (order == 0 && slice_compare(list[i].label, label) > 0))
			break;
	}
	return i;
}

static int find_start(const struct engine *engine, const struct list_streams_input *in,
	const struct stream_description *list, size_t count, struct arena *arena, size_t *ret,
	struct error *err)
{
	struct slice table = { NULL, 0 }, label = { NULL, 0 };

	*ret = 0;
	if (!slice_present(in->exclusive_start_stream_arn))
		return 0;
	TRY(parse_arn(engine, in->exclusive_start_stream_arn, arena, &table, &label, err));
	*ret = slice_present(table) ? position_after(list, count, table, label) : count;
	return 0;
}

int run_list_streams(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_streams_input *in = request->input;
	struct list_streams_output *out = request->output;
	struct stream_description *list;
	struct stream_summary *streams;
	size_t limit = 0, count, start;

	TRY(read_limit(&in->limit, "the maximum allowed size", &limit, err));
	TRY(stream_list(engine->store, in->table_name, request->arena, &list, &count, err));
	TRY(find_start(engine, in, list, count, request->arena, &start, err));
	if (count - start < limit)
		limit = count - start;
	streams = arena_alloc_array(request->arena, limit, sizeof(*streams));
	for (size_t i = 0; i < limit; i++)
		streams[i] = (struct stream_summary){
			.stream_arn = arn_of_stream(engine, &list[start + i], request->arena),
			.table_name = list[start + i].table_name,
			.stream_label = list[start + i].label,
		};
	out->streams = (struct request_list){ true, limit, streams };
	if (start + limit < count)
		out->last_evaluated_stream_arn = streams[limit - 1].stream_arn;
	return 0;
}

static struct slice shard_id_of(const struct stream_description *stream, struct arena *arena)
{
	return arena_printf(arena, "shardId-%020" PRId64 "-%08" PRIx32,
		stream->created_ns / MILLISECOND_NS, (uint32_t)hash64(stream->id));
}

static struct slice sequence_number_of(uint64_t offset, struct arena *arena)
{
	struct buf number CLEANUP(buf_release) = BUF_INIT;

	stream_append_sequence_number(&number, offset);
	return arena_copy(arena, buf_slice(&number));
}

static int find_extent(const struct engine *engine, const struct stream_description *stream,
	struct slice arn, struct stream_extent *ret, struct error *err)
{
	int r;

	TRY(r = stream_extent(engine->store, stream, ret, err));
	return r == STREAM_ABSENT ? stream_not_found(arn, err) : 0;
}

static struct shard_facts *describe_shard(const struct stream_description *stream,
	const struct stream_extent *extent, struct arena *arena)
{
	struct shard_facts *shard = arena_alloc_zero(arena, sizeof(*shard));
	struct sequence_number_range *range = arena_alloc_zero(arena, sizeof(*range));

	range->starting_sequence_number = sequence_number_of(extent->start, arena);
	if (!stream->enabled)
		range->ending_sequence_number = sequence_number_of(extent->last, arena);
	shard->shard_id = shard_id_of(stream, arena);
	shard->sequence_number_range = range;
	return shard;
}

static struct request_list describe_key(const struct key_schema *key, struct arena *arena)
{
	struct key_schema_element *elements = arena_alloc_array(arena, 2, sizeof(*elements));

	elements[0] = (struct key_schema_element){ key->partition.name, SLICE("HASH") };
	elements[1] = (struct key_schema_element){ key->sort.name, SLICE("RANGE") };
	return (struct request_list){ true, key_schema_has_sort(key) ? 2 : 1, elements };
}

int run_describe_stream(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_stream_input *in = request->input;
	struct describe_stream_output *out = request->output;
	struct stream_facts *facts = arena_alloc_zero(request->arena, sizeof(*facts));
	struct stream_description stream;
	struct stream_extent extent;
	struct shard_facts *shard;
	size_t limit;
	bool listed;

	TRY(read_limit(&in->limit, "the maximum", &limit, err));
	TRY(find_stream(engine, in->stream_arn, request->arena, &stream, err));
	TRY(find_extent(engine, &stream, in->stream_arn, &extent, err));
	shard = describe_shard(&stream, &extent, request->arena);
	listed = !slice_present(in->exclusive_start_shard_id) ||
		 slice_compare(shard->shard_id, in->exclusive_start_shard_id) > 0;
	*facts = (struct stream_facts){
		.stream_arn = in->stream_arn,
		.stream_label = stream.label,
		.stream_status = stream.enabled ? SLICE("ENABLED") : SLICE("DISABLED"),
		.stream_view_type = slice_from_string(stream_view_type_names[stream.view]),
		.creation_request_date_time = stream.created_ns,
		.table_name = stream.table_name,
		.key_schema = describe_key(&stream.key, request->arena),
		.shards = { true, listed, shard },
	};
	out->stream_description = facts;
	return 0;
}

static bool wants_sequence_number(enum shard_iterator_type type)
{
	return type == ITERATOR_AT_SEQUENCE_NUMBER || type == ITERATOR_AFTER_SEQUENCE_NUMBER;
}

static int check_sequence_number(
	const struct get_shard_iterator_input *in, enum shard_iterator_type type, struct error *err)
{
	struct slice number = in->sequence_number;
	bool digits = slice_present(number);

	if (!wants_sequence_number(type) && slice_present(number))
		return error_set(err, ERROR_VALIDATION,
			INVALID "SequenceNumber should not be passed for this iterator type");
	if (!wants_sequence_number(type))
		return 0;
	for (size_t i = 0; i < number.len; i++)
		digits = digits && number.data[i] >= '0' && number.data[i] <= '9';
	return digits ? 0 : error_set(err, ERROR_VALIDATION, INVALID "Invalid SequenceNumber");
}

static int wrong_sequence_number(struct error *err)
{
	return error_set(err, ERROR_VALIDATION, "Invalid SequenceNumber for the shard");
}

static int trimmed(struct error *err)
{
	return error_set(
		err, ERROR_TRIMMED_DATA, "The data you are trying to access has been trimmed.");
}

/* From a sequence number to where reading begins: at it or after it. */
static int locate(const struct engine *engine, const struct stream_description *stream,
	const struct get_shard_iterator_input *in, bool after, const struct stream_extent *extent,
	struct arena *arena, uint64_t *ret, struct error *err)
{
	struct stream_record *records;
	uint64_t offset;
	size_t count;
	int r;

	if (!stream_parse_sequence_number(in->sequence_number, &offset) || offset > extent->end)
		return wrong_sequence_number(err);
	if (offset < extent->start)
		return trimmed(err);
	*ret = offset;
	if (offset == extent->end)
		return 0; /* the one to come */
	TRY(r = stream_read(engine->store, stream, offset, 1, 1, arena, &records, &count, err));
	if (r == STREAM_ABSENT)
		return stream_not_found(in->stream_arn, err);
	if (!count || records->offset != offset)
		return wrong_sequence_number(err);
	if (after)
		*ret = records->next_offset;
	return 0;
}

static int find_position(const struct engine *engine, const struct stream_description *stream,
	const struct get_shard_iterator_input *in, enum shard_iterator_type type,
	struct arena *arena, uint64_t *ret, struct error *err)
{
	struct stream_extent extent;

	TRY(find_extent(engine, stream, in->stream_arn, &extent, err));
	switch (type) {
	case ITERATOR_TRIM_HORIZON:
		*ret = extent.start;
		return 0;
	case ITERATOR_LATEST:
		*ret = extent.end;
		return 0;
	case ITERATOR_AT_SEQUENCE_NUMBER:
	case ITERATOR_AFTER_SEQUENCE_NUMBER:
		return locate(engine, stream, in, type == ITERATOR_AFTER_SEQUENCE_NUMBER, &extent,
			arena, ret, err);
	}
	abort();
}

static struct slice make_iterator(struct slice arn, uint64_t offset, struct arena *arena)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	shard_iterator_append(&text, arn, offset, clock_realtime_ns());
	return arena_copy(arena, buf_slice(&text));
}

int run_get_shard_iterator(struct engine *engine, struct request *request, struct error *err)
{
	const struct get_shard_iterator_input *in = request->input;
	struct get_shard_iterator_output *out = request->output;
	enum shard_iterator_type type = (enum shard_iterator_type)enum_index(
		shard_iterator_type_names, in->shard_iterator_type);
	struct stream_description stream;
	uint64_t offset = 0;

	TRY(check_sequence_number(in, type, err));
	TRY(find_stream(engine, in->stream_arn, request->arena, &stream, err));
	if (!slice_equal(in->shard_id, shard_id_of(&stream, request->arena)))
		return error_set(err, ERROR_TABLE_NOT_FOUND,
			"Requested resource not found: Shard does not exist");
	TRY(find_position(engine, &stream, in, type, request->arena, &offset, err));
	out->shard_iterator = make_iterator(in->stream_arn, offset, request->arena);
	return 0;
}

static struct stream_image *describe_image(const struct stream_description *stream,
	const struct stream_record *record, struct arena *arena)
{
	struct stream_image *image = arena_alloc_zero(arena, sizeof(*image));

	*image = (struct stream_image){
		.approximate_creation_date_time = record->time_ns / SECOND_NS * SECOND_NS,
		.keys = &record->keys,
		.new_image = record->has_new ? &record->new : NULL,
		.old_image = record->has_old ? &record->old : NULL,
		.sequence_number = sequence_number_of(record->offset, arena),
		.size_bytes = { true, (int64_t)record->size_bytes },
		.stream_view_type = slice_from_string(stream_view_type_names[stream->view]),
	};
	return image;
}

static struct record_facts describe_record(const struct stream_description *stream,
	const struct stream_record *record, struct arena *arena)
{
	static const struct record_identity service = {
		.principal_id = SLICE(STREAM_EXPIRY_PRINCIPAL),
		.type = SLICE(STREAM_EXPIRY_TYPE),
	};
	struct buf id CLEANUP(buf_release) = BUF_INIT;

	stream_append_event_id(&id, stream, record->offset);
	return (struct record_facts){
		.event_id = arena_copy(arena, buf_slice(&id)),
		.event_name = slice_from_string(stream_event_names[record->kind]),
		.event_version = SLICE(STREAM_EVENT_VERSION),
		.event_source = SLICE(STREAM_EVENT_SOURCE),
		.aws_region = stream->region,
		.dynamodb = describe_image(stream, record, arena),
		.user_identity = record->expired ? &service : NULL,
	};
}

static struct request_list describe_records(const struct stream_description *stream,
	const struct stream_record *records, size_t count, struct arena *arena)
{
	struct record_facts *facts = arena_alloc_array(arena, count, sizeof(*facts));

	for (size_t i = 0; i < count; i++)
		facts[i] = describe_record(stream, &records[i], arena);
	return (struct request_list){ true, count, facts };
}

static uint64_t size_of_records(const struct stream_record *records, size_t count)
{
	uint64_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += records[i].size_bytes;
	return size;
}

int run_get_records(struct engine *engine, struct request *request, struct error *err)
{
	const struct get_records_input *in = request->input;
	struct get_records_output *out = request->output;
	size_t count, limit = in->limit.present ? (size_t)in->limit.value : RECORDS_MAX;
	struct stream_description stream;
	struct stream_extent extent;
	struct stream_record *records;
	struct slice arn;
	uint64_t offset = 0;
	int r;

	TRY(shard_iterator_parse(in->shard_iterator, clock_realtime_ns(), &arn, &offset, err));
	TRY(find_stream(engine, arn, request->arena, &stream, err));
	TRY(find_extent(engine, &stream, arn, &extent, err));
	if (offset < extent.start)
		return trimmed(err);
	TRY(r = stream_read(engine->store, &stream, offset, limit, RECORDS_BYTES_MAX,
		    request->arena, &records, &count, err));
	if (r == STREAM_ABSENT)
		return stream_not_found(arn, err);
	out->records = describe_records(&stream, records, count, request->arena);
	usage_add_records(request->usage, &stream, count, size_of_records(records, count));
	if (count)
		offset = records[count - 1].next_offset;
	/* A shard that is closed and read to its end has no next one. */
	if (stream.enabled || offset < extent.end)
		out->next_shard_iterator = make_iterator(arn, offset, request->arena);
	return 0;
}
