/* Exports to buckets and imports from them: inputs and outputs; conventions in
 * field.h. */
#pragma once

#include "api/request_table.h"

extern const char *const export_format_names[]; /* DYNAMODB_JSON, ION */
extern const char *const export_type_names[]; /* FULL_EXPORT, INCREMENTAL_EXPORT */
extern const char *const export_view_names[]; /* NEW_IMAGE, NEW_AND_OLD_IMAGES */
extern const char *const input_format_names[]; /* DYNAMODB_JSON, ION, CSV */
extern const char *const compression_names[]; /* of enum packing */

struct export_span {
	int64_t from_time; /* inclusive */
	int64_t to_time; /* exclusive */
	struct slice view;
};

struct export_table_input {
	struct slice table_arn;
	int64_t export_time;
	struct slice client_token;
	struct slice bucket;
	struct slice bucket_owner;
	struct slice prefix;
	struct slice sse_algorithm;
	struct slice sse_kms_key_id;
	struct slice format;
	struct slice type;
	const struct export_span *span;
};

struct export_description {
	struct slice export_arn;
	struct slice export_status;
	int64_t start_time;
	int64_t end_time;
	struct slice export_manifest;
	struct slice table_arn;
	struct slice table_id;
	int64_t export_time;
	struct slice client_token;
	struct slice bucket;
	struct slice bucket_owner;
	struct slice prefix;
	struct slice sse_algorithm;
	struct slice sse_kms_key_id;
	struct slice failure_code;
	struct slice failure_message;
	struct slice format;
	struct optional_integer billed_size_bytes;
	struct optional_integer item_count;
	struct slice type;
	const struct export_span *span;
};

/* Of ExportTableToPointInTime and DescribeExport. */
struct export_output {
	const struct export_description *export_description;
};

struct describe_export_input {
	struct slice export_arn;
};

struct list_exports_input {
	struct slice table_arn;
	struct optional_integer max_results;
	struct slice next_token;
};

struct export_summary_facts {
	struct slice export_arn;
	struct slice export_status;
	struct slice type;
};

struct list_exports_output {
	struct request_list export_summaries; /* struct export_summary_facts */
	struct slice next_token;
};

struct bucket_source {
	struct slice bucket_owner;
	struct slice bucket;
	struct slice prefix;
};

struct csv_options {
	struct slice delimiter;
	struct request_list header_list; /* struct slice */
};

struct input_format_options {
	const struct csv_options *csv;
};

struct table_creation_parameters {
	struct slice table_name;
	struct request_list attribute_definitions; /* struct attribute_definition */
	struct request_list key_schema; /* struct key_schema_element */
	struct slice billing_mode;
	const struct provisioned_throughput *provisioned_throughput;
	const struct on_demand_throughput *on_demand_throughput;
	const struct sse_specification *sse_specification;
	struct request_list global_secondary_indexes; /* struct global_index_input */
};

struct import_table_input {
	struct slice client_token;
	const struct bucket_source *source;
	struct slice format;
	const struct input_format_options *format_options;
	struct slice compression;
	const struct table_creation_parameters *table;
};

struct import_description {
	struct slice import_arn;
	struct slice import_status;
	struct slice table_arn;
	struct slice table_id;
	struct slice client_token;
	const struct bucket_source *source;
	struct optional_integer error_count;
	struct slice log_group_arn;
	struct slice format;
	const struct input_format_options *format_options;
	struct slice compression;
	const struct table_creation_parameters *table;
	int64_t start_time;
	int64_t end_time;
	struct optional_integer processed_size_bytes;
	struct optional_integer processed_item_count;
	struct optional_integer imported_item_count;
	struct slice failure_code;
	struct slice failure_message;
};

/* Of ImportTable and DescribeImport. */
struct import_output {
	const struct import_description *import_table_description;
};

struct describe_import_input {
	struct slice import_arn;
};

struct list_imports_input {
	struct slice table_arn;
	struct optional_integer page_size;
	struct slice next_token;
};

struct import_summary_facts {
	struct slice import_arn;
	struct slice import_status;
	struct slice table_arn;
	const struct bucket_source *source;
	struct slice log_group_arn;
	struct slice format;
	int64_t start_time;
	int64_t end_time;
};

struct list_imports_output {
	struct request_list import_summaries; /* struct import_summary_facts */
	struct slice next_token;
};

/* What the ledger keeps of them. */
struct export_record {
	const struct export_description *description;
	struct slice request; /* a hash, by which a token's request is known again */
};

struct import_record_kept {
	const struct import_description *description;
	struct slice request;
};
