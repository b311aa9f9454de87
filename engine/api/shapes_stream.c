/* The shapes of request_stream.h, row by row. */
#include "api/request_stream.h"
#include "api/shapes.h"

const char *const shard_iterator_type_names[] = {
	[ITERATOR_AFTER_SEQUENCE_NUMBER] = "AFTER_SEQUENCE_NUMBER",
	[ITERATOR_LATEST] = "LATEST",
	[ITERATOR_AT_SEQUENCE_NUMBER] = "AT_SEQUENCE_NUMBER",
	[ITERATOR_TRIM_HORIZON] = "TRIM_HORIZON",
	NULL,
};

#define OWNER list_streams_input
static const struct field list_streams_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1),
	FIELD("ExclusiveStartStreamArn", FIELD_STRING, exclusive_start_stream_arn, .min = 37,
		.max = 1024),
};
SHAPE(list_streams_input, "ListStreamsInput");
#undef OWNER

#define OWNER stream_summary
static const struct field stream_summary_fields[] = {
	FIELD("StreamArn", FIELD_STRING, stream_arn),
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("StreamLabel", FIELD_STRING, stream_label),
};
SHAPE(stream_summary, "Stream");
#undef OWNER

#define OWNER list_streams_output
static const struct field list_streams_output_fields[] = {
	FIELD("Streams", FIELD_LIST, streams, .shape = &shape_stream_summary),
	FIELD("LastEvaluatedStreamArn", FIELD_STRING, last_evaluated_stream_arn),
};
SHAPE(list_streams_output, "ListStreamsOutput");
#undef OWNER

#define OWNER describe_stream_input
static const struct field describe_stream_input_fields[] = {
	FIELD("StreamArn", FIELD_STRING, stream_arn, .required = true, .min = 37, .max = 1024),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1),
	FIELD("ExclusiveStartShardId", FIELD_STRING, exclusive_start_shard_id, .min = 28,
		.max = 65),
};
SHAPE(describe_stream_input, "DescribeStreamInput");
#undef OWNER

#define OWNER sequence_number_range
static const struct field sequence_number_range_fields[] = {
	FIELD("StartingSequenceNumber", FIELD_STRING, starting_sequence_number),
	FIELD("EndingSequenceNumber", FIELD_STRING, ending_sequence_number),
};
SHAPE(sequence_number_range, "SequenceNumberRange");
#undef OWNER

#define OWNER shard_facts
static const struct field shard_facts_fields[] = {
	FIELD("ShardId", FIELD_STRING, shard_id),
	FIELD("SequenceNumberRange", FIELD_STRUCT, sequence_number_range,
		.shape = &shape_sequence_number_range),
	FIELD("ParentShardId", FIELD_STRING, parent_shard_id),
};
SHAPE(shard_facts, "Shard");
#undef OWNER

#define OWNER stream_facts
static const struct field stream_facts_fields[] = {
	FIELD("StreamArn", FIELD_STRING, stream_arn),
	FIELD("StreamLabel", FIELD_STRING, stream_label),
	FIELD("StreamStatus", FIELD_STRING, stream_status),
	FIELD("StreamViewType", FIELD_STRING, stream_view_type),
	FIELD("CreationRequestDateTime", FIELD_TIMESTAMP, creation_request_date_time),
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &shape_key_schema_element),
	FIELD("Shards", FIELD_LIST, shards, .shape = &shape_shard_facts),
	FIELD("LastEvaluatedShardId", FIELD_STRING, last_evaluated_shard_id),
};
SHAPE(stream_facts, "StreamDescription");
#undef OWNER

#define OWNER describe_stream_output
static const struct field describe_stream_output_fields[] = {
	FIELD("StreamDescription", FIELD_STRUCT, stream_description, .shape = &shape_stream_facts),
};
SHAPE(describe_stream_output, "DescribeStreamOutput");
#undef OWNER

#define OWNER get_shard_iterator_input
static const struct field get_shard_iterator_input_fields[] = {
	FIELD("StreamArn", FIELD_STRING, stream_arn, .required = true, .min = 37, .max = 1024),
	FIELD("ShardId", FIELD_STRING, shard_id, .required = true, .min = 28, .max = 65),
	FIELD("ShardIteratorType", FIELD_ENUM, shard_iterator_type, .required = true,
		.values = shard_iterator_type_names),
	FIELD("SequenceNumber", FIELD_STRING, sequence_number, .min = 21, .max = 40),
};
SHAPE(get_shard_iterator_input, "GetShardIteratorInput");
#undef OWNER

#define OWNER get_shard_iterator_output
static const struct field get_shard_iterator_output_fields[] = {
	FIELD("ShardIterator", FIELD_STRING, shard_iterator),
};
SHAPE(get_shard_iterator_output, "GetShardIteratorOutput");
#undef OWNER

#define OWNER get_records_input
static const struct field get_records_input_fields[] = {
	FIELD("ShardIterator", FIELD_STRING, shard_iterator, .required = true, .min = 1,
		.max = 2048),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1, .max = 1000),
};
SHAPE(get_records_input, "GetRecordsInput");
#undef OWNER

#define OWNER stream_image
static const struct field stream_image_fields[] = {
	FIELD("ApproximateCreationDateTime", FIELD_TIMESTAMP, approximate_creation_date_time),
	FIELD("Keys", FIELD_ATTRIBUTES, keys),
	FIELD("NewImage", FIELD_ATTRIBUTES, new_image),
	FIELD("OldImage", FIELD_ATTRIBUTES, old_image),
	FIELD("SequenceNumber", FIELD_STRING, sequence_number),
	FIELD("SizeBytes", FIELD_LONG, size_bytes),
	FIELD("StreamViewType", FIELD_STRING, stream_view_type),
};
SHAPE(stream_image, "StreamRecord");
#undef OWNER

#define OWNER record_identity
static const struct field record_identity_fields[] = {
	FIELD("PrincipalId", FIELD_STRING, principal_id),
	FIELD("Type", FIELD_STRING, type),
};
SHAPE(record_identity, "Identity");
#undef OWNER

#define OWNER record_facts
static const struct field record_facts_fields[] = {
	FIELD("eventID", FIELD_STRING, event_id),
	FIELD("eventName", FIELD_STRING, event_name),
	FIELD("eventVersion", FIELD_STRING, event_version),
	FIELD("eventSource", FIELD_STRING, event_source),
	FIELD("awsRegion", FIELD_STRING, aws_region),
	FIELD("dynamodb", FIELD_STRUCT, dynamodb, .shape = &shape_stream_image),
	FIELD("userIdentity", FIELD_STRUCT, user_identity, .shape = &shape_record_identity),
};
SHAPE(record_facts, "Record");
#undef OWNER

#define OWNER get_records_output
static const struct field get_records_output_fields[] = {
	FIELD("Records", FIELD_LIST, records, .shape = &shape_record_facts),
	FIELD("NextShardIterator", FIELD_STRING, next_shard_iterator),
};
SHAPE(get_records_output, "GetRecordsOutput");
#undef OWNER
