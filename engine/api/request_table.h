/* Tables: making, describing, changing and deleting them, their tags, limits,
 * policies and time to live. Inputs and
 * outputs; conventions in field.h. */
#pragma once

#include "api/field.h"
#include "api/request_access.h"
#include "model/key.h"

extern const char *const scalar_type_names[]; /* B, N, S */
extern const char *const key_type_names[]; /* HASH, RANGE */
extern const char *const billing_mode_names[]; /* of enum billing_mode */
extern const char *const table_class_names[]; /* of enum table_class */
extern const char *const projection_type_names[]; /* of enum projection_type */
extern const char *const stream_view_names[]; /* of enum stream_view */
extern const char *const sse_type_names[]; /* AES256, KMS */

struct attribute_definition {
	struct slice attribute_name;
	struct slice attribute_type; /* S, N, B */
};

struct key_schema_element {
	struct slice attribute_name;
	struct slice key_type; /* HASH, RANGE */
};

struct provisioned_throughput {
	struct optional_integer write_capacity_units;
	struct optional_integer read_capacity_units;
};

struct throughput_facts {
	int64_t last_increase_date_time;
	int64_t last_decrease_date_time;
	struct optional_integer number_of_decreases_today;
	struct optional_integer read_capacity_units;
	struct optional_integer write_capacity_units;
};

struct on_demand_throughput {
	struct optional_integer max_read_request_units; /* -1: none */
	struct optional_integer max_write_request_units;
};

struct warm_throughput {
	struct optional_integer read_units_per_second;
	struct optional_integer write_units_per_second;
	struct slice status; /* of answers */
};

struct projection_input {
	struct slice projection_type;
	struct request_list non_key_attributes; /* struct slice */
};

struct local_index_input {
	struct slice index_name;
	struct request_list key_schema; /* struct key_schema_element */
	const struct projection_input *projection;
};

/* A new global index, of CreateTable and of UpdateTable. */
struct global_index_input {
	struct slice index_name;
	struct request_list key_schema; /* struct key_schema_element */
	const struct projection_input *projection;
	const struct provisioned_throughput *provisioned_throughput;
	const struct on_demand_throughput *on_demand_throughput;
	const struct warm_throughput *warm_throughput;
};

struct global_index_change {
	struct slice index_name;
	const struct provisioned_throughput *provisioned_throughput;
	const struct on_demand_throughput *on_demand_throughput;
	const struct warm_throughput *warm_throughput;
};

struct global_index_removal {
	struct slice index_name;
};

struct global_index_update {
	const struct global_index_change *update;
	const struct global_index_input *create;
	const struct global_index_removal *delete;
};

struct stream_specification {
	struct optional_boolean stream_enabled;
	struct slice stream_view_type;
};

struct sse_specification {
	struct optional_boolean enabled;
	struct slice sse_type;
	struct slice kms_master_key_id;
};

struct sse_facts {
	struct slice status;
	struct slice sse_type;
	struct slice kms_master_key_arn;
};

struct tag_input {
	struct slice key;
	struct slice value;
};

struct local_index_facts {
	struct slice index_name;
	struct request_list key_schema; /* struct key_schema_element */
	const struct projection_input *projection;
	struct optional_integer index_size_bytes;
	struct optional_integer item_count;
	struct slice index_arn;
};

struct global_index_facts {
	struct slice index_name;
	struct request_list key_schema; /* struct key_schema_element */
	const struct projection_input *projection;
	struct slice index_status;
	struct optional_boolean backfilling;
	const struct throughput_facts *provisioned_throughput;
	struct optional_integer index_size_bytes;
	struct optional_integer item_count;
	struct slice index_arn;
	const struct on_demand_throughput *on_demand_throughput;
	const struct warm_throughput *warm_throughput;
};

struct billing_mode_summary {
	struct slice billing_mode;
	int64_t last_update_to_pay_per_request;
};

struct table_class_summary {
	struct slice table_class;
	int64_t last_update_date_time;
};

struct restore_summary {
	struct slice source_backup_arn;
	struct slice source_table_arn;
	int64_t restore_date_time;
	struct optional_boolean restore_in_progress;
};

/* TableDescription, as DescribeTable and its kin answer it. */
struct table_facts {
	struct request_list attribute_definitions; /* struct attribute_definition */
	struct slice table_name;
	struct request_list key_schema; /* struct key_schema_element */
	struct slice table_status;
	int64_t creation_date_time;
	const struct throughput_facts *provisioned_throughput;
	struct optional_integer table_size_bytes;
	struct optional_integer item_count;
	struct slice table_arn;
	struct slice table_id;
	const struct billing_mode_summary *billing_mode_summary;
	struct request_list local_secondary_indexes; /* struct local_index_facts */
	struct request_list global_secondary_indexes; /* struct global_index_facts */
	const struct stream_specification *stream_specification;
	struct slice latest_stream_label;
	struct slice latest_stream_arn;
	const struct restore_summary *restore_summary;
	const struct sse_facts *sse_description;
	const struct table_class_summary *table_class_summary;
	struct optional_boolean deletion_protection_enabled;
	const struct on_demand_throughput *on_demand_throughput;
	const struct warm_throughput *warm_throughput;
	/* local */
	struct key_schema key;
	int64_t items_inserted, items_modified, items_removed; /* since the start */
	int64_t stored_bytes, stored_index_bytes; /* on disk; of DescribeTable alone */
	bool converting; /* to another class */
	unsigned converted_percent;
	struct table_access access;
};

struct create_table_input {
	struct slice table_name;
	struct slice billing_mode;
	const struct provisioned_throughput *provisioned_throughput;
	struct request_list key_schema; /* struct key_schema_element */
	struct request_list attribute_definitions; /* struct attribute_definition */
	struct request_list local_secondary_indexes; /* struct local_index_input */
	struct request_list global_secondary_indexes; /* struct global_index_input */
	const struct stream_specification *stream_specification;
	const struct sse_specification *sse_specification;
	struct request_list tags; /* struct tag_input */
	struct slice table_class;
	struct optional_boolean deletion_protection_enabled;
	const struct warm_throughput *warm_throughput;
	struct slice resource_policy;
	const struct on_demand_throughput *on_demand_throughput;
	/* local */
	bool check_only; /* find every fault, make nothing */
	struct table_access access; /* of the new table */
};

struct create_table_output {
	const struct table_facts *table_description;
};

struct describe_table_input {
	struct slice table_name;
};

struct describe_table_output {
	const struct table_facts *table;
};

struct delete_table_input {
	struct slice table_name;
	/* local */
	bool only_if_empty; /* else ERROR_TABLE_NOT_EMPTY */
};

struct delete_table_output {
	const struct table_facts *table_description;
};

struct update_table_input {
	struct slice table_name;
	struct request_list attribute_definitions; /* struct attribute_definition */
	struct slice billing_mode;
	const struct provisioned_throughput *provisioned_throughput;
	struct request_list global_secondary_index_updates; /* struct global_index_update */
	const struct stream_specification *stream_specification;
	const struct sse_specification *sse_specification;
	struct slice table_class;
	struct optional_boolean deletion_protection_enabled;
	const struct on_demand_throughput *on_demand_throughput;
	const struct warm_throughput *warm_throughput;
	/* local */
	bool check_only; /* find every fault, change nothing, answer nothing */
	const struct update_table_input *next; /* with check_only: what is asked after this */
};

struct update_table_output {
	const struct table_facts *table_description;
};

struct list_tables_input {
	struct slice exclusive_start_table_name;
	struct optional_integer limit;
};

struct list_tables_output {
	struct request_list table_names; /* struct slice */
	struct slice last_evaluated_table_name;
};

struct tag_resource_input {
	struct slice resource_arn;
	struct request_list tags; /* struct tag_input */
};

/* What an operation answers that tells nothing. */
struct empty_output {
	char nothing;
};

struct untag_resource_input {
	struct slice resource_arn;
	struct request_list tag_keys; /* struct slice */
};

struct list_tags_of_resource_input {
	struct slice resource_arn;
	struct slice next_token;
};

struct list_tags_of_resource_output {
	struct request_list tags; /* struct tag_input */
	struct slice next_token;
};

struct describe_limits_input {
	char nothing;
};

struct describe_limits_output {
	struct optional_integer account_max_read_capacity_units;
	struct optional_integer account_max_write_capacity_units;
	struct optional_integer table_max_read_capacity_units;
	struct optional_integer table_max_write_capacity_units;
};

struct describe_endpoints_input {
	char nothing;
};

struct endpoint_facts {
	struct slice address;
	struct optional_integer cache_period_in_minutes;
};

struct describe_endpoints_output {
	struct request_list endpoints; /* struct endpoint_facts */
};

struct put_resource_policy_input {
	struct slice resource_arn;
	struct slice policy;
	struct slice expected_revision_id;
	struct optional_boolean confirm_remove_self_resource_access;
};

struct put_resource_policy_output {
	struct slice revision_id;
};

struct get_resource_policy_input {
	struct slice resource_arn;
};

struct get_resource_policy_output {
	struct slice policy;
	struct slice revision_id;
};

struct delete_resource_policy_input {
	struct slice resource_arn;
	struct slice expected_revision_id;
};

struct delete_resource_policy_output {
	struct slice revision_id;
};

struct ttl_specification {
	struct optional_boolean enabled;
	struct slice attribute_name;
};

struct update_time_to_live_input {
	struct slice table_name;
	const struct ttl_specification *time_to_live_specification;
};

struct update_time_to_live_output {
	const struct ttl_specification *time_to_live_specification;
};

struct describe_time_to_live_input {
	struct slice table_name;
};

struct ttl_facts {
	struct slice time_to_live_status;
	struct slice attribute_name;
};

struct describe_time_to_live_output {
	const struct ttl_facts *time_to_live_description;
};
