/* The shapes of request_export.h, row by row. */
#include "api/shapes_export.h"
#include "api/request_export.h"
#include "api/shapes.h"

const char *const export_format_names[] = { "DYNAMODB_JSON", "ION", NULL };
const char *const export_type_names[] = { "FULL_EXPORT", "INCREMENTAL_EXPORT", NULL };
const char *const export_view_names[] = { "NEW_IMAGE", "NEW_AND_OLD_IMAGES", NULL };
const char *const input_format_names[] = { "DYNAMODB_JSON", "ION", "CSV", NULL };
const char *const compression_names[] = { "GZIP", "ZSTD", "NONE", NULL };
static const char *const bucket_sse_names[] = { "AES256", "KMS", NULL };

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_bucket_name(struct slice string)
{
	if (string.len < 2 || !is_alphanumeric(string.data[0]) ||
		!is_alphanumeric(string.data[string.len - 1]))
		return false;
	for (size_t i = 0; i < string.len; i++) {
		char c = string.data[i];

		if (!is_alphanumeric(c) && c != '.' && c != '-' && c != '_')
			return false;
	}
	return true;
}

static bool is_account(struct slice string)
{
	for (size_t i = 0; i < string.len; i++) {
		if (string.data[i] < '0' || string.data[i] > '9')
			return false;
	}
	return string.len == 12;
}

static bool has_no_dollar(struct slice string)
{
	return string.len && !memchr(string.data, '$', string.len);
}

static bool is_delimiter(struct slice string)
{
	return string.len == 1 && strchr(",;:|\t ", string.data[0]);
}

static bool is_token(struct slice string)
{
	for (size_t i = 0; i < string.len; i++) {
		char c = string.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return string.len && string.len % 16 == 0;
}

static const struct field_pattern bucket_name = { "^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$",
	is_bucket_name };
static const struct field_pattern bucket_owner = { "[0-9]{12}", is_account };
static const struct field_pattern client_token = { "^[^\\$]+$", has_no_dollar };
static const struct field_pattern delimiter = { "[,;:|\\t ]", is_delimiter };
static const struct field_pattern page_token = { "([0-9a-f]{16})+", is_token };

#define BUCKET       .max = 255, .pattern = &bucket_name
#define BUCKET_OWNER .pattern = &bucket_owner
#define CLIENT_TOKEN .pattern = &client_token
#define JOB_ARN      .required = true, .min = 37, .max = 1024

#define OWNER export_span
static const struct field export_span_fields[] = {
	FIELD("ExportFromTime", FIELD_TIMESTAMP, from_time),
	FIELD("ExportToTime", FIELD_TIMESTAMP, to_time),
	FIELD("ExportViewType", FIELD_ENUM, view, .values = export_view_names),
};
static SHAPE(export_span, "IncrementalExportSpecification");
#undef OWNER

#define OWNER export_table_input
static const struct field export_table_input_fields[] = {
	FIELD("TableArn", FIELD_STRING, table_arn, .required = true),
	FIELD("ExportTime", FIELD_TIMESTAMP, export_time),
	FIELD("ClientToken", FIELD_STRING, client_token, CLIENT_TOKEN),
	FIELD("S3Bucket", FIELD_STRING, bucket, .required = true, BUCKET),
	FIELD("S3BucketOwner", FIELD_STRING, bucket_owner, BUCKET_OWNER),
	FIELD("S3Prefix", FIELD_STRING, prefix, .max = 1024),
	FIELD("S3SseAlgorithm", FIELD_ENUM, sse_algorithm, .values = bucket_sse_names),
	FIELD("S3SseKmsKeyId", FIELD_STRING, sse_kms_key_id, .min = 1, .max = 2048),
	FIELD("ExportFormat", FIELD_ENUM, format, .values = export_format_names),
	FIELD("ExportType", FIELD_ENUM, type, .values = export_type_names),
	FIELD("IncrementalExportSpecification", FIELD_STRUCT, span, .shape = &shape_export_span),
};
SHAPE(export_table_input, "ExportTableToPointInTimeInput");
#undef OWNER

#define OWNER export_description
static const struct field export_description_fields[] = {
	FIELD("ExportArn", FIELD_STRING, export_arn),
	FIELD("ExportStatus", FIELD_STRING, export_status),
	FIELD("StartTime", FIELD_TIMESTAMP, start_time),
	FIELD("EndTime", FIELD_TIMESTAMP, end_time),
	FIELD("ExportManifest", FIELD_STRING, export_manifest),
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("TableId", FIELD_STRING, table_id),
	FIELD("ExportTime", FIELD_TIMESTAMP, export_time),
	FIELD("ClientToken", FIELD_STRING, client_token),
	FIELD("S3Bucket", FIELD_STRING, bucket),
	FIELD("S3BucketOwner", FIELD_STRING, bucket_owner),
	FIELD("S3Prefix", FIELD_STRING, prefix),
	FIELD("S3SseAlgorithm", FIELD_STRING, sse_algorithm),
	FIELD("S3SseKmsKeyId", FIELD_STRING, sse_kms_key_id),
	FIELD("FailureCode", FIELD_STRING, failure_code),
	FIELD("FailureMessage", FIELD_STRING, failure_message),
	FIELD("ExportFormat", FIELD_STRING, format),
	FIELD("BilledSizeBytes", FIELD_LONG, billed_size_bytes),
	FIELD("ItemCount", FIELD_LONG, item_count),
	FIELD("ExportType", FIELD_STRING, type),
	FIELD("IncrementalExportSpecification", FIELD_STRUCT, span, .shape = &shape_export_span),
};
static SHAPE(export_description, "ExportDescription");
#undef OWNER

#define OWNER export_output
static const struct field export_output_fields[] = {
	FIELD("ExportDescription", FIELD_STRUCT, export_description,
		.shape = &shape_export_description),
};
SHAPE(export_output, "ExportTableToPointInTimeOutput");
#undef OWNER

#define OWNER describe_export_input
static const struct field describe_export_input_fields[] = {
	FIELD("ExportArn", FIELD_STRING, export_arn, JOB_ARN),
};
SHAPE(describe_export_input, "DescribeExportInput");
#undef OWNER

#define OWNER list_exports_input
static const struct field list_exports_input_fields[] = {
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("MaxResults", FIELD_INTEGER, max_results, .min = 1, .max = 25),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(list_exports_input, "ListExportsInput");
#undef OWNER

#define OWNER export_summary_facts
static const struct field export_summary_facts_fields[] = {
	FIELD("ExportArn", FIELD_STRING, export_arn),
	FIELD("ExportStatus", FIELD_STRING, export_status),
	FIELD("ExportType", FIELD_STRING, type),
};
static SHAPE(export_summary_facts, "ExportSummary");
#undef OWNER

#define OWNER list_exports_output
static const struct field list_exports_output_fields[] = {
	FIELD("ExportSummaries", FIELD_LIST, export_summaries,
		.shape = &shape_export_summary_facts),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(list_exports_output, "ListExportsOutput");
#undef OWNER

#define OWNER export_record
static const struct field export_record_fields[] = {
	FIELD("Description", FIELD_STRUCT, description, .shape = &shape_export_description),
	FIELD("Request", FIELD_STRING, request),
};
SHAPE(export_record, "ExportRecord");
#undef OWNER

#define OWNER bucket_source
static const struct field bucket_source_fields[] = {
	FIELD("S3BucketOwner", FIELD_STRING, bucket_owner, BUCKET_OWNER),
	FIELD("S3Bucket", FIELD_STRING, bucket, .required = true, BUCKET),
	FIELD("S3KeyPrefix", FIELD_STRING, prefix, .max = 1024),
};
static SHAPE(bucket_source, "S3BucketSource");
#undef OWNER

#define OWNER csv_options
static const struct field csv_options_fields[] = {
	FIELD("Delimiter", FIELD_STRING, delimiter, .min = 1, .max = 1, .pattern = &delimiter),
	FIELD("HeaderList", FIELD_LIST, header_list, .min = 1, .max = 255),
};
static SHAPE(csv_options, "CsvOptions");
#undef OWNER

#define OWNER input_format_options
static const struct field input_format_options_fields[] = {
	FIELD("Csv", FIELD_STRUCT, csv, .shape = &shape_csv_options),
};
static SHAPE(input_format_options, "InputFormatOptions");
#undef OWNER

#define OWNER table_creation_parameters
static const struct field table_creation_parameters_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, NEW_TABLE_NAME),
	FIELD("AttributeDefinitions", FIELD_LIST, attribute_definitions, .required = true,
		.shape = &shape_attribute_definition),
	FIELD("KeySchema", FIELD_LIST, key_schema, .required = true, .min = 1, .max = 2,
		.shape = &shape_key_schema_element),
	FIELD("BillingMode", FIELD_ENUM, billing_mode, .values = billing_mode_names),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_provisioned_throughput),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
	FIELD("SSESpecification", FIELD_STRUCT, sse_specification,
		.shape = &shape_sse_specification),
	FIELD("GlobalSecondaryIndexes", FIELD_LIST, global_secondary_indexes,
		.shape = &shape_global_index_input),
};
static SHAPE(table_creation_parameters, "TableCreationParameters");
#undef OWNER

#define OWNER import_table_input
static const struct field import_table_input_fields[] = {
	FIELD("ClientToken", FIELD_STRING, client_token, CLIENT_TOKEN),
	FIELD("S3BucketSource", FIELD_STRUCT, source, .required = true,
		.shape = &shape_bucket_source),
	FIELD("InputFormat", FIELD_ENUM, format, .required = true, .values = input_format_names),
	FIELD("InputFormatOptions", FIELD_STRUCT, format_options,
		.shape = &shape_input_format_options),
	FIELD("InputCompressionType", FIELD_ENUM, compression, .values = compression_names),
	FIELD("TableCreationParameters", FIELD_STRUCT, table, .required = true,
		.shape = &shape_table_creation_parameters),
};
SHAPE(import_table_input, "ImportTableInput");
#undef OWNER

#define OWNER import_description
static const struct field import_description_fields[] = {
	FIELD("ImportArn", FIELD_STRING, import_arn),
	FIELD("ImportStatus", FIELD_STRING, import_status),
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("TableId", FIELD_STRING, table_id),
	FIELD("ClientToken", FIELD_STRING, client_token),
	FIELD("S3BucketSource", FIELD_STRUCT, source, .shape = &shape_bucket_source),
	FIELD("ErrorCount", FIELD_LONG, error_count),
	FIELD("CloudWatchLogGroupArn", FIELD_STRING, log_group_arn),
	FIELD("InputFormat", FIELD_STRING, format),
	FIELD("InputFormatOptions", FIELD_STRUCT, format_options,
		.shape = &shape_input_format_options),
	FIELD("InputCompressionType", FIELD_STRING, compression),
	FIELD("TableCreationParameters", FIELD_STRUCT, table,
		.shape = &shape_table_creation_parameters),
	FIELD("StartTime", FIELD_TIMESTAMP, start_time),
	FIELD("EndTime", FIELD_TIMESTAMP, end_time),
	FIELD("ProcessedSizeBytes", FIELD_LONG, processed_size_bytes),
	FIELD("ProcessedItemCount", FIELD_LONG, processed_item_count),
	FIELD("ImportedItemCount", FIELD_LONG, imported_item_count),
	FIELD("FailureCode", FIELD_STRING, failure_code),
	FIELD("FailureMessage", FIELD_STRING, failure_message),
};
static SHAPE(import_description, "ImportTableDescription");
#undef OWNER

#define OWNER import_output
static const struct field import_output_fields[] = {
	FIELD("ImportTableDescription", FIELD_STRUCT, import_table_description,
		.shape = &shape_import_description),
};
SHAPE(import_output, "ImportTableOutput");
#undef OWNER

#define OWNER describe_import_input
static const struct field describe_import_input_fields[] = {
	FIELD("ImportArn", FIELD_STRING, import_arn, JOB_ARN),
};
SHAPE(describe_import_input, "DescribeImportInput");
#undef OWNER

#define OWNER list_imports_input
static const struct field list_imports_input_fields[] = {
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("PageSize", FIELD_INTEGER, page_size, .min = 1, .max = 25),
	FIELD("NextToken", FIELD_STRING, next_token, .min = 112, .max = 1024,
		.pattern = &page_token),
};
SHAPE(list_imports_input, "ListImportsInput");
#undef OWNER

#define OWNER import_summary_facts
static const struct field import_summary_facts_fields[] = {
	FIELD("ImportArn", FIELD_STRING, import_arn),
	FIELD("ImportStatus", FIELD_STRING, import_status),
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("S3BucketSource", FIELD_STRUCT, source, .shape = &shape_bucket_source),
	FIELD("CloudWatchLogGroupArn", FIELD_STRING, log_group_arn),
	FIELD("InputFormat", FIELD_STRING, format),
	FIELD("StartTime", FIELD_TIMESTAMP, start_time),
	FIELD("EndTime", FIELD_TIMESTAMP, end_time),
};
static SHAPE(import_summary_facts, "ImportSummary");
#undef OWNER

#define OWNER list_imports_output
static const struct field list_imports_output_fields[] = {
	FIELD("ImportSummaryList", FIELD_LIST, import_summaries,
		.shape = &shape_import_summary_facts),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(list_imports_output, "ListImportsOutput");
#undef OWNER

#define OWNER import_record_kept
static const struct field import_record_kept_fields[] = {
	FIELD("Description", FIELD_STRUCT, description, .shape = &shape_import_description),
	FIELD("Request", FIELD_STRING, request),
};
SHAPE(import_record_kept, "ImportRecord");
#undef OWNER
