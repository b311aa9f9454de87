/* Items: single ones, Query and Scan. Inputs and
 * outputs; conventions in field.h. */
#pragma once

#include "api/field.h"
#include "expr/legacy.h"
#include "model/key.h"

extern const char *const return_values_names[];
extern const char *const return_on_failure_names[]; /* ALL_OLD, NONE */
extern const char *const return_capacity_names[]; /* of enum return_capacity */
extern const char *const return_metrics_names[]; /* SIZE, NONE */
extern const char *const conditional_operator_names[]; /* of enum conditional_operator */
extern const char *const update_action_names[]; /* of enum legacy_action */
extern const char *const select_names[];

enum return_values {
	RETURN_ALL_NEW,
	RETURN_UPDATED_OLD,
	RETURN_ALL_OLD,
	RETURN_NONE,
	RETURN_UPDATED_NEW
};

enum return_capacity { RETURN_CAPACITY_INDEXES, RETURN_CAPACITY_TOTAL, RETURN_CAPACITY_NONE };
enum conditional_operator { CONDITIONAL_AND, CONDITIONAL_OR };
enum select { SELECT_SPECIFIC, SELECT_COUNT, SELECT_ALL_ATTRIBUTES, SELECT_ALL_PROJECTED };

/* What the mount shows of an item beside its attributes. */
struct item_facts {
	int64_t mtime_ns;
	uint64_t stamp; /* changes with each write; its time in ns */
	uint32_t item_size; /* bytes, DynamoDB's count */
	uint32_t text_length; /* bytes of its text on the mount */
	struct slice own_text; /* absent when the canonical rendering is its text */
};

/* What a write asks of the item that is there. */
enum item_expectation {
	ITEM_ANY,
	ITEM_ABSENT, /* else ERROR_ITEM_EXISTS */
	ITEM_UNCHANGED, /* its stamp is the one given; else ERROR_ITEM_CHANGED */
};

/* What a write asks of the item that is there, by expression or by the older
 * parameters. */
struct item_condition {
	struct slice expression;
	struct request_list names; /* struct name_placeholder */
	const struct map *values;
	struct request_list expected; /* struct expected_attribute */
	struct slice conditional_operator;
	struct slice return_values_on_failure;
};

/* Where an item stands: its key, and its bytes in the tree (model/key.h). */
struct item_row {
	struct key key;
	struct slice row_key;
	struct slice index_entry; /* of a read of an index (model/key_layout.h) */
};

/* A condition of KeyConditions, QueryFilter and ScanFilter. */
struct key_condition {
	struct slice attribute_name;
	struct slice comparison_operator;
	struct request_list attribute_value_list; /* struct value */
};

/* A member of Expected. */
struct expected_attribute {
	struct slice attribute_name;
	const struct value *value;
	struct optional_boolean exists;
	struct slice comparison_operator;
	struct request_list attribute_value_list; /* struct value */
};

/* A member of AttributeUpdates. */
struct attribute_update {
	struct slice attribute_name;
	const struct value *value;
	struct slice action;
};

/* Units of one table or index. */
struct capacity {
	struct slice index_name; /* of an index */
	struct optional_double read_capacity_units;
	struct optional_double write_capacity_units;
	struct optional_double capacity_units;
};

struct consumed_capacity {
	struct slice table_name;
	struct optional_double capacity_units;
	struct optional_double read_capacity_units;
	struct optional_double write_capacity_units;
	const struct capacity *table;
	struct request_list local_secondary_indexes; /* struct capacity */
	struct request_list global_secondary_indexes; /* struct capacity */
};

struct item_collection_metrics {
	const struct map *item_collection_key;
	struct request_list size_estimate_range_gb; /* double */
};

struct put_item_input {
	struct slice table_name;
	const struct map *item;
	struct slice return_values;
	struct item_condition condition;
	struct slice return_consumed_capacity;
	struct slice return_item_collection_metrics;
	/* local */
	enum item_expectation expectation;
	uint64_t expected_stamp;
	struct slice own_text;
	int64_t mtime_ns; /* 0: now */
	bool check_only; /* find every fault that needs no look at the stored item */
};

struct put_item_output {
	const struct map *attributes;
	const struct consumed_capacity *consumed_capacity;
	const struct item_collection_metrics *item_collection_metrics;
	/* local */
	struct item_facts facts; /* of the new item; own_text not set */
};

struct get_item_input {
	const struct map *key;
	struct slice table_name;
	struct optional_boolean consistent_read;
	struct request_list attributes_to_get; /* struct slice */
	struct slice return_consumed_capacity;
	struct slice projection_expression;
	struct request_list expression_attribute_names; /* struct name_placeholder */
	/* local */
	bool facts_only; /* the output's item is the key alone */
	bool is_look; /* of the mount, for a name: of metadata, as facts are */
};

struct get_item_output {
	const struct map *item; /* NULL when there is none */
	const struct consumed_capacity *consumed_capacity;
	/* local */
	struct slice item_json; /* instead of item, as request.as_json allows */
	struct item_facts facts;
};

struct delete_item_input {
	struct slice table_name;
	const struct map *key;
	struct slice return_values;
	struct item_condition condition;
	struct slice return_consumed_capacity;
	struct slice return_item_collection_metrics;
};

struct delete_item_output {
	const struct map *attributes;
	const struct consumed_capacity *consumed_capacity;
	const struct item_collection_metrics *item_collection_metrics;
	/* local */
	bool found;
};

struct update_item_input {
	struct slice table_name;
	const struct map *key;
	struct request_list attribute_updates; /* struct attribute_update */
	struct slice update_expression;
	struct slice return_values;
	struct item_condition condition;
	struct slice return_consumed_capacity;
	struct slice return_item_collection_metrics;
};

struct update_item_output {
	const struct map *attributes;
	const struct consumed_capacity *consumed_capacity;
	const struct item_collection_metrics *item_collection_metrics;
};

struct query_input {
	struct slice table_name;
	struct slice index_name;
	struct slice select;
	struct request_list attributes_to_get; /* struct slice */
	struct optional_integer limit;
	struct optional_boolean consistent_read;
	struct request_list key_conditions; /* struct key_condition */
	struct request_list filter; /* struct key_condition */
	struct slice conditional_operator;
	struct optional_boolean scan_index_forward;
	const struct map *exclusive_start_key;
	struct slice return_consumed_capacity;
	struct slice projection_expression;
	struct slice filter_expression;
	struct slice key_condition_expression;
	struct request_list expression_attribute_names; /* struct name_placeholder */
	const struct map *expression_attribute_values;
	/* local */
	bool facts_only; /* items are keys alone; *facts filled; no 1 MB limit */
};

struct query_output {
	struct request_list items; /* struct map */
	struct optional_integer count;
	struct optional_integer scanned_count;
	const struct map *last_evaluated_key;
	const struct consumed_capacity *consumed_capacity;
	/* local */
	struct slice items_json; /* instead of items, as request.as_json allows */
	struct slice lines; /* instead of items, with as_lines */
	const struct item_facts *facts; /* one for each item */
	const struct item_row *rows; /* the same */
};

struct scan_input {
	struct slice table_name;
	struct slice index_name;
	struct request_list attributes_to_get; /* struct slice */
	struct optional_integer limit;
	struct slice select;
	struct request_list filter; /* struct key_condition */
	struct slice conditional_operator;
	const struct map *exclusive_start_key;
	struct slice return_consumed_capacity;
	struct optional_integer total_segments;
	struct optional_integer segment;
	struct slice projection_expression;
	struct slice filter_expression;
	struct request_list expression_attribute_names; /* struct name_placeholder */
	const struct map *expression_attribute_values;
	struct optional_boolean consistent_read;
	/* local */
	bool facts_only;
	bool as_lines; /* items as lines of plain JSON (model/plain.h) */
};

/* Distinct partition keys of a table or of an index, in scan order. */
struct list_partitions_input {
	struct slice table_name;
	struct slice index_name; /* absent: of the table */
	const struct value *after; /* its values; NULL: from the first; need not exist */
	bool by_hash; /* only those whose key_layout_encode_partition() begins with: */
	uint64_t hash;
	size_t limit;
};

struct list_partitions_output {
	const struct value *partitions; /* those of one, then of the next */
	size_t values_each;
	size_t count; /* of partitions */
	bool more;
};

enum item_write_kind {
	ITEM_PUT,
	ITEM_DELETE,
	ITEM_TOUCH,
	ITEM_CHECK /* changes nothing: what it expects must hold */
};

struct item_write {
	enum item_write_kind kind;
	struct slice table_name;
	struct slice table_id; /* absent: whatever table has the name */
	const struct map *item; /* but for a put the key alone */
	/* Of a put, absent or all of the item as item_encode() has it, validated:
	 * it is decoded only while it is written. *item is then its key. */
	struct slice encoded;
	enum item_expectation expectation;
	uint64_t expected_stamp;
	bool must_exist; /* else the whole request fails with ERROR_ITEM_CHANGED */
	struct slice own_text;
	int64_t mtime_ns;
};

/* Any number of changes, all in one transaction or none. */
struct write_items_input {
	const struct item_write *writes;
	size_t count;
	/* NULL: an item that breaks a rule fails them all. Else one error for
	 * each write: such an item is left out and told there, to be released
	 * by the caller. */
	struct error *item_errors;
	/* With item_errors: one that fails fails them all, once all were judged,
	 * with ERROR_TRANSACTION_CANCELED. Its error then stays there. */
	bool transacted;
};

struct write_items_output {
	struct item_facts *facts; /* one for each write, of the new item; zero without one */
	size_t written;
};

/* What the reasons of a cancelled transaction call a failure: "None",
 * "ConditionalCheckFailed", … */
const char *cancellation_code(const struct error *failure);

struct describe_storage_output {
	uint64_t bytes_used; /* on disk, by the data directory */
	uint64_t bytes_free; /* for an unprivileged user */
	uint64_t items;
	uint64_t tables;
};
