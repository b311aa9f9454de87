/* The shapes of request_backup.h, row by row. */
#include "api/request_backup.h"
#include "api/shapes.h"

const char *const backup_type_names[] = { "USER", "SYSTEM", "AWS_BACKUP", "ALL", NULL };

#define NEW_NAME   .required = true, .min = 3, .max = 255, .pattern = &resource_name
#define BACKUP_ARN .required = true, .min = 37, .max = 1024

#define OWNER create_backup_input
static const struct field create_backup_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, NEW_NAME),
	FIELD("BackupName", FIELD_STRING, backup_name, NEW_NAME),
};
SHAPE(create_backup_input, "CreateBackupInput");
#undef OWNER

#define OWNER backup_details
static const struct field backup_details_fields[] = {
	FIELD("BackupArn", FIELD_STRING, backup_arn),
	FIELD("BackupName", FIELD_STRING, backup_name),
	FIELD("BackupSizeBytes", FIELD_LONG, backup_size_bytes),
	FIELD("BackupStatus", FIELD_STRING, backup_status),
	FIELD("BackupType", FIELD_STRING, backup_type),
	FIELD("BackupCreationDateTime", FIELD_TIMESTAMP, backup_creation_date_time),
	FIELD("BackupExpiryDateTime", FIELD_TIMESTAMP, backup_expiry_date_time),
};
static SHAPE(backup_details, "BackupDetails");
#undef OWNER

#define OWNER create_backup_output
static const struct field create_backup_output_fields[] = {
	FIELD("BackupDetails", FIELD_STRUCT, backup_details, .shape = &shape_backup_details),
};
SHAPE(create_backup_output, "CreateBackupOutput");
#undef OWNER

/* The units alone. */
#define OWNER throughput_facts
static const struct field throughput_units_fields[] = {
	FIELD("ReadCapacityUnits", FIELD_LONG, read_capacity_units),
	FIELD("WriteCapacityUnits", FIELD_LONG, write_capacity_units),
};
static SHAPE(throughput_units, "ProvisionedThroughput");
#undef OWNER

#define OWNER source_table_details
static const struct field source_table_details_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("TableId", FIELD_STRING, table_id),
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("TableSizeBytes", FIELD_LONG, table_size_bytes),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &shape_key_schema_element),
	FIELD("TableCreationDateTime", FIELD_TIMESTAMP, table_creation_date_time),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_throughput_units),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
	FIELD("ItemCount", FIELD_LONG, item_count),
	FIELD("BillingMode", FIELD_STRING, billing_mode),
};
static SHAPE(source_table_details, "SourceTableDetails");
#undef OWNER

#define OWNER local_index_facts
static const struct field local_index_info_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &shape_key_schema_element),
	FIELD("Projection", FIELD_STRUCT, projection, .shape = &shape_projection_input),
};
static SHAPE(local_index_info, "LocalSecondaryIndexInfo");
#undef OWNER

#define OWNER global_index_facts
static const struct field global_index_info_fields[] = {
	FIELD("IndexName", FIELD_STRING, index_name),
	FIELD("KeySchema", FIELD_LIST, key_schema, .shape = &shape_key_schema_element),
	FIELD("Projection", FIELD_STRUCT, projection, .shape = &shape_projection_input),
	FIELD("ProvisionedThroughput", FIELD_STRUCT, provisioned_throughput,
		.shape = &shape_throughput_units),
	FIELD("OnDemandThroughput", FIELD_STRUCT, on_demand_throughput,
		.shape = &shape_on_demand_throughput),
};
static SHAPE(global_index_info, "GlobalSecondaryIndexInfo");
#undef OWNER

#define OWNER source_table_features
static const struct field source_table_features_fields[] = {
	FIELD("LocalSecondaryIndexes", FIELD_LIST, local_secondary_indexes,
		.shape = &shape_local_index_info),
	FIELD("GlobalSecondaryIndexes", FIELD_LIST, global_secondary_indexes,
		.shape = &shape_global_index_info),
	FIELD("StreamDescription", FIELD_STRUCT, stream_description,
		.shape = &shape_stream_specification),
	FIELD("TimeToLiveDescription", FIELD_STRUCT, time_to_live_description,
		.shape = &shape_ttl_facts),
	FIELD("SSEDescription", FIELD_STRUCT, sse_description, .shape = &shape_sse_facts),
};
static SHAPE(source_table_features, "SourceTableFeatureDetails");
#undef OWNER

#define OWNER backup_description
static const struct field backup_description_fields[] = {
	FIELD("BackupDetails", FIELD_STRUCT, backup_details, .shape = &shape_backup_details),
	FIELD("SourceTableDetails", FIELD_STRUCT, source_table_details,
		.shape = &shape_source_table_details),
	FIELD("SourceTableFeatureDetails", FIELD_STRUCT, source_table_feature_details,
		.shape = &shape_source_table_features),
};
static SHAPE(backup_description, "BackupDescription");
#undef OWNER

#define OWNER describe_backup_input
static const struct field describe_backup_input_fields[] = {
	FIELD("BackupArn", FIELD_STRING, backup_arn, BACKUP_ARN),
};
SHAPE(describe_backup_input, "DescribeBackupInput");
#undef OWNER

#define OWNER describe_backup_output
static const struct field describe_backup_output_fields[] = {
	FIELD("BackupDescription", FIELD_STRUCT, backup_description,
		.shape = &shape_backup_description),
};
SHAPE(describe_backup_output, "DescribeBackupOutput");
#undef OWNER

#define OWNER delete_backup_input
static const struct field delete_backup_input_fields[] = {
	FIELD("BackupArn", FIELD_STRING, backup_arn, BACKUP_ARN),
};
SHAPE(delete_backup_input, "DeleteBackupInput");
#undef OWNER

#define OWNER delete_backup_output
static const struct field delete_backup_output_fields[] = {
	FIELD("BackupDescription", FIELD_STRUCT, backup_description,
		.shape = &shape_backup_description),
};
SHAPE(delete_backup_output, "DeleteBackupOutput");
#undef OWNER

#define OWNER list_backups_input
static const struct field list_backups_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("Limit", FIELD_INTEGER, limit, .min = 1, .max = 100),
	FIELD("TimeRangeLowerBound", FIELD_TIMESTAMP, time_range_lower_bound),
	FIELD("TimeRangeUpperBound", FIELD_TIMESTAMP, time_range_upper_bound),
	FIELD("ExclusiveStartBackupArn", FIELD_STRING, exclusive_start_backup_arn, .min = 37,
		.max = 1024),
	FIELD("BackupType", FIELD_ENUM, backup_type, .values = backup_type_names),
};
SHAPE(list_backups_input, "ListBackupsInput");
#undef OWNER

#define OWNER backup_summary
static const struct field backup_summary_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("TableId", FIELD_STRING, table_id),
	FIELD("TableArn", FIELD_STRING, table_arn),
	FIELD("BackupArn", FIELD_STRING, backup_arn),
	FIELD("BackupName", FIELD_STRING, backup_name),
	FIELD("BackupCreationDateTime", FIELD_TIMESTAMP, backup_creation_date_time),
	FIELD("BackupExpiryDateTime", FIELD_TIMESTAMP, backup_expiry_date_time),
	FIELD("BackupStatus", FIELD_STRING, backup_status),
	FIELD("BackupType", FIELD_STRING, backup_type),
	FIELD("BackupSizeBytes", FIELD_LONG, backup_size_bytes),
};
static SHAPE(backup_summary, "BackupSummary");
#undef OWNER

#define OWNER list_backups_output
static const struct field list_backups_output_fields[] = {
	FIELD("BackupSummaries", FIELD_LIST, backup_summaries, .shape = &shape_backup_summary),
	FIELD("LastEvaluatedBackupArn", FIELD_STRING, last_evaluated_backup_arn),
};
SHAPE(list_backups_output, "ListBackupsOutput");
#undef OWNER

#define OVERRIDES \
	FIELD("BillingModeOverride", FIELD_ENUM, overrides.billing_mode, \
		.values = billing_mode_names), \
		FIELD("GlobalSecondaryIndexOverride", FIELD_LIST, overrides.global_indexes, \
			.shape = &shape_global_index_input), \
		FIELD("LocalSecondaryIndexOverride", FIELD_LIST, overrides.local_indexes, \
			.shape = &shape_local_index_input), \
		FIELD("ProvisionedThroughputOverride", FIELD_STRUCT, \
			overrides.provisioned_throughput, .shape = &shape_provisioned_throughput), \
		FIELD("OnDemandThroughputOverride", FIELD_STRUCT, overrides.on_demand_throughput, \
			.shape = &shape_on_demand_throughput), \
		FIELD("SSESpecificationOverride", FIELD_STRUCT, overrides.sse_specification, \
			.shape = &shape_sse_specification)

#define OWNER restore_from_backup_input
static const struct field restore_from_backup_input_fields[] = {
	FIELD("TargetTableName", FIELD_STRING, target_table_name, NEW_NAME),
	FIELD("BackupArn", FIELD_STRING, backup_arn, BACKUP_ARN),
	OVERRIDES,
};
SHAPE(restore_from_backup_input, "RestoreTableFromBackupInput");
#undef OWNER

#define OWNER restore_to_point_in_time_input
static const struct field restore_to_point_in_time_input_fields[] = {
	FIELD("SourceTableArn", FIELD_STRING, source_table_arn),
	FIELD("SourceTableName", FIELD_STRING, source_table_name, .min = 3, .max = 255,
		.pattern = &resource_name),
	FIELD("TargetTableName", FIELD_STRING, target_table_name, NEW_NAME),
	FIELD("UseLatestRestorableTime", FIELD_BOOLEAN, use_latest_restorable_time),
	FIELD("RestoreDateTime", FIELD_TIMESTAMP, restore_date_time),
	OVERRIDES,
};
SHAPE(restore_to_point_in_time_input, "RestoreTableToPointInTimeInput");
#undef OWNER

#define OWNER restore_output
static const struct field restore_output_fields[] = {
	FIELD("TableDescription", FIELD_STRUCT, table_description, .shape = &shape_table_facts),
};
SHAPE(restore_output, "RestoreTableOutput");
#undef OWNER

#define OWNER recovery_specification
static const struct field recovery_specification_fields[] = {
	FIELD("PointInTimeRecoveryEnabled", FIELD_BOOLEAN, point_in_time_recovery_enabled,
		.required = true),
	FIELD("RecoveryPeriodInDays", FIELD_INTEGER, recovery_period_in_days, .min = 1, .max = 35),
};
static SHAPE(recovery_specification, "PointInTimeRecoverySpecification");
#undef OWNER

#define OWNER recovery_facts
static const struct field recovery_facts_fields[] = {
	FIELD("PointInTimeRecoveryStatus", FIELD_STRING, point_in_time_recovery_status),
	FIELD("RecoveryPeriodInDays", FIELD_INTEGER, recovery_period_in_days),
	FIELD("EarliestRestorableDateTime", FIELD_TIMESTAMP, earliest_restorable_date_time),
	FIELD("LatestRestorableDateTime", FIELD_TIMESTAMP, latest_restorable_date_time),
};
static SHAPE(recovery_facts, "PointInTimeRecoveryDescription");
#undef OWNER

#define OWNER continuous_backups_facts
static const struct field continuous_backups_facts_fields[] = {
	FIELD("ContinuousBackupsStatus", FIELD_STRING, continuous_backups_status),
	FIELD("PointInTimeRecoveryDescription", FIELD_STRUCT, point_in_time_recovery_description,
		.shape = &shape_recovery_facts),
};
static SHAPE(continuous_backups_facts, "ContinuousBackupsDescription");
#undef OWNER

#define OWNER update_continuous_backups_input
static const struct field update_continuous_backups_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, NEW_NAME),
	FIELD("PointInTimeRecoverySpecification", FIELD_STRUCT,
		point_in_time_recovery_specification, .required = true,
		.shape = &shape_recovery_specification),
};
SHAPE(update_continuous_backups_input, "UpdateContinuousBackupsInput");
#undef OWNER

#define OWNER describe_continuous_backups_input
static const struct field describe_continuous_backups_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, NEW_NAME),
};
SHAPE(describe_continuous_backups_input, "DescribeContinuousBackupsInput");
#undef OWNER

#define OWNER continuous_backups_output
static const struct field continuous_backups_output_fields[] = {
	FIELD("ContinuousBackupsDescription", FIELD_STRUCT, continuous_backups_description,
		.shape = &shape_continuous_backups_facts),
};
SHAPE(continuous_backups_output, "ContinuousBackupsOutput");
#undef OWNER
