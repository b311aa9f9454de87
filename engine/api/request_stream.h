/* Streams, the API of the service DynamoDBStreams_20120810. Inputs and
 * outputs; conventions in field.h. */
#pragma once

#include "api/request_table.h"

extern const char *const shard_iterator_type_names[]; /* of enum shard_iterator_type */

enum shard_iterator_type {
	ITERATOR_AFTER_SEQUENCE_NUMBER,
	ITERATOR_LATEST,
	ITERATOR_AT_SEQUENCE_NUMBER,
	ITERATOR_TRIM_HORIZON
};

struct list_streams_input {
	struct slice table_name;
	struct optional_integer limit;
	struct slice exclusive_start_stream_arn;
};

struct stream_summary {
	struct slice stream_arn;
	struct slice table_name;
	struct slice stream_label;
};

struct list_streams_output {
	struct request_list streams; /* struct stream_summary */
	struct slice last_evaluated_stream_arn;
};

struct describe_stream_input {
	struct slice stream_arn;
	struct optional_integer limit;
	struct slice exclusive_start_shard_id;
};

struct sequence_number_range {
	struct slice starting_sequence_number;
	struct slice ending_sequence_number;
};

struct shard_facts {
	struct slice shard_id;
	const struct sequence_number_range *sequence_number_range;
	struct slice parent_shard_id;
};

struct stream_facts {
	struct slice stream_arn;
	struct slice stream_label;
	struct slice stream_status;
	struct slice stream_view_type;
	int64_t creation_request_date_time;
	struct slice table_name;
	struct request_list key_schema; /* struct key_schema_element */
	struct request_list shards; /* struct shard_facts */
	struct slice last_evaluated_shard_id;
};

struct describe_stream_output {
	const struct stream_facts *stream_description;
};

struct get_shard_iterator_input {
	struct slice stream_arn;
	struct slice shard_id;
	struct slice shard_iterator_type;
	struct slice sequence_number;
};

struct get_shard_iterator_output {
	struct slice shard_iterator;
};

struct get_records_input {
	struct slice shard_iterator;
	struct optional_integer limit;
};

struct stream_image {
	int64_t approximate_creation_date_time;
	const struct map *keys;
	const struct map *new_image;
	const struct map *old_image;
	struct slice sequence_number;
	struct optional_integer size_bytes;
	struct slice stream_view_type;
};

struct record_identity {
	struct slice principal_id;
	struct slice type;
};

struct record_facts {
	struct slice event_id;
	struct slice event_name;
	struct slice event_version;
	struct slice event_source;
	struct slice aws_region;
	const struct stream_image *dynamodb;
	const struct record_identity *user_identity;
};

struct get_records_output {
	struct request_list records; /* struct record_facts */
	struct slice next_shard_iterator;
};

/* What the mount asks: a stream as the text of its records' lines, in which each
 * byte has an offset that never changes (store/stream.h). */

struct find_stream_input {
	struct slice table_name;
	struct slice stream_label; /* absent: that of the stream that is enabled */
	/* No trimming is under way when the answer is made: what the keeper said
	 * before (engine_keep_streams()) holds for it. */
	bool between_trims;
};

struct find_stream_output {
	bool found;
	struct slice stream_id;
	struct slice stream_label;
	struct slice stream_view_type;
	bool enabled;
	uint64_t start; /* of the oldest record that is kept */
	uint64_t end;
	int64_t modified_ns; /* when the newest record came, or the stream began */
};

struct read_stream_input {
	struct slice table_name;
	struct slice stream_label;
	uint64_t offset;
	size_t size; /* at least; lines are whole, but for the first */
};

struct read_stream_output {
	bool found;
	struct slice text; /* empty at the end */
};
