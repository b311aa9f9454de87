/* Backups and continuous backups: inputs and outputs; conventions in field.h. */
#pragma once

#include "api/request_table.h"

extern const char *const backup_type_names[]; /* USER, SYSTEM, AWS_BACKUP, ALL */

struct create_backup_input {
	struct slice table_name;
	struct slice backup_name;
};

struct backup_details {
	struct slice backup_arn;
	struct slice backup_name;
	struct optional_integer backup_size_bytes;
	struct slice backup_status;
	struct slice backup_type;
	int64_t backup_creation_date_time;
	int64_t backup_expiry_date_time;
};

struct create_backup_output {
	const struct backup_details *backup_details;
};

struct source_table_details {
	struct slice table_name;
	struct slice table_id;
	struct slice table_arn;
	struct optional_integer table_size_bytes;
	struct request_list key_schema; /* struct key_schema_element */
	int64_t table_creation_date_time;
	const struct throughput_facts *provisioned_throughput;
	const struct on_demand_throughput *on_demand_throughput;
	struct optional_integer item_count;
	struct slice billing_mode;
};

struct source_table_features {
	struct request_list local_secondary_indexes; /* struct local_index_facts */
	struct request_list global_secondary_indexes; /* struct global_index_facts */
	const struct stream_specification *stream_description;
	const struct ttl_facts *time_to_live_description;
	const struct sse_facts *sse_description;
};

struct backup_description {
	const struct backup_details *backup_details;
	const struct source_table_details *source_table_details;
	const struct source_table_features *source_table_feature_details;
};

struct describe_backup_input {
	struct slice backup_arn;
};

struct describe_backup_output {
	const struct backup_description *backup_description;
};

struct delete_backup_input {
	struct slice backup_arn;
};

struct delete_backup_output {
	const struct backup_description *backup_description;
};

struct list_backups_input {
	struct slice table_name;
	struct optional_integer limit;
	int64_t time_range_lower_bound;
	int64_t time_range_upper_bound;
	struct slice exclusive_start_backup_arn;
	struct slice backup_type;
};

struct backup_summary {
	struct slice table_name;
	struct slice table_id;
	struct slice table_arn;
	struct slice backup_arn;
	struct slice backup_name;
	int64_t backup_creation_date_time;
	int64_t backup_expiry_date_time;
	struct slice backup_status;
	struct slice backup_type;
	struct optional_integer backup_size_bytes;
};

struct list_backups_output {
	struct request_list backup_summaries; /* struct backup_summary */
	struct slice last_evaluated_backup_arn;
};

/* What a restored table has otherwise than its source; part of two inputs. */
struct restore_overrides {
	struct slice billing_mode;
	struct request_list global_indexes; /* struct global_index_input */
	struct request_list local_indexes; /* struct local_index_input */
	const struct provisioned_throughput *provisioned_throughput;
	const struct on_demand_throughput *on_demand_throughput;
	const struct sse_specification *sse_specification;
};

struct restore_from_backup_input {
	struct slice target_table_name;
	struct slice backup_arn;
	struct restore_overrides overrides;
};

struct restore_to_point_in_time_input {
	struct slice source_table_arn;
	struct slice source_table_name;
	struct slice target_table_name;
	struct optional_boolean use_latest_restorable_time;
	int64_t restore_date_time;
	struct restore_overrides overrides;
};

/* Of both. */
struct restore_output {
	const struct table_facts *table_description;
};

struct recovery_specification {
	struct optional_boolean point_in_time_recovery_enabled;
	struct optional_integer recovery_period_in_days;
};

struct recovery_facts {
	struct slice point_in_time_recovery_status;
	struct optional_integer recovery_period_in_days;
	int64_t earliest_restorable_date_time;
	int64_t latest_restorable_date_time;
};

struct continuous_backups_facts {
	struct slice continuous_backups_status;
	const struct recovery_facts *point_in_time_recovery_description;
};

struct update_continuous_backups_input {
	struct slice table_name;
	const struct recovery_specification *point_in_time_recovery_specification;
};

struct describe_continuous_backups_input {
	struct slice table_name;
};

/* Of both. */
struct continuous_backups_output {
	const struct continuous_backups_facts *continuous_backups_description;
};
