/*
 * The request model: what can be asked of an engine, and how it is written.
 *
 * There is ONE table of operations. Each row names an input and an output
 * struct, described field by field with offsets. Reading and writing JSON
 * (wire.h), constraint checking (validate.h), help and dispatch all walk these
 * descriptions; nothing else lists an operation's members.
 *
 * Conventions of the structs:
 * 1. An absent string is an absent slice, an absent structure, map or list a
 *    NULL pointer or a list that is not present, so that a zeroed struct is the
 *    empty request and a designated initialiser fills only what it means.
 * 2. Enumerations travel as their names; enum_index() turns them into numbers
 *    after validation.
 * 3. Members after the comment "local" are for callers in this process: they
 *    have no field row and can't come in over a wire.
 *
 * Source of names, limits and enumerations: Amazon DynamoDB API Reference,
 * 2012-08-10; a unit test compares this table with botocore's model of it.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "expr/legacy.h"
#include "model/key.h"
#include "model/value.h"
#include <stdint.h>

enum operation_id {
	OPERATION_CREATE_TABLE,
	OPERATION_DELETE_ITEM,
	OPERATION_DELETE_TABLE,
	OPERATION_DESCRIBE_TABLE,
	OPERATION_GET_ITEM,
	OPERATION_LIST_TABLES,
	OPERATION_PUT_ITEM,
	OPERATION_QUERY,
	OPERATION_SCAN,
	/* Not of Amazon's API; for the mount and the command line only. */
	OPERATION_LOCAL_LIST_PARTITIONS,
	OPERATION_LOCAL_WRITE_ITEMS,
	OPERATION_LOCAL_SYNC,
	OPERATION_LOCAL_DESCRIBE_STORAGE,
	OPERATION_COUNT
};

enum operation_kind {
	OPERATION_READ,
	OPERATION_WRITE,
	OPERATION_ADMIN, /* control plane */
};

enum field_type {
	FIELD_STRING, /* struct slice */
	FIELD_ENUM, /* struct slice, one of field.values */
	FIELD_INTEGER, /* struct optional_integer */
	FIELD_LONG, /* the same, called so in messages */
	FIELD_BOOLEAN, /* struct optional_boolean */
	FIELD_TIMESTAMP, /* int64_t, ns; JSON: epoch seconds with a fraction; 0: absent */
	FIELD_STRUCT, /* pointer to a struct of field.shape */
	FIELD_LIST, /* struct request_list of field.shape; of strings without one */
	FIELD_MAP, /* struct request_list of field.shape, whose structs begin with
		    * the struct slice of their name */
	FIELD_ATTRIBUTES, /* pointer to struct map: an item or a key */
	FIELD_ITEMS, /* struct request_list of struct map */
	FIELD_VALUES, /* struct request_list of struct value */
	FIELD_UNSUPPORTED, /* known to the service, refused here */
};

struct optional_integer {
	bool present;
	int64_t value;
};

struct optional_boolean {
	bool present;
	bool value;
};

struct request_list {
	bool present;
	size_t count;
	const void *items;
};

/* What a string must look like, and how messages quote that. */
struct field_pattern {
	const char *text;
	bool (*matches)(struct slice string);
};

struct request_shape;

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	bool required;
	int64_t min, max; /* of a length or an integer; 0, 0: any */
	const struct field_pattern *pattern;
	bool terse; /* messages spell its name as it is and don't quote its value */
	const char *const *values; /* of an enumeration, NULL-terminated */
	const struct request_shape *shape;
};

struct request_shape {
	const char *name;
	size_t size;
	const struct field *fields;
	size_t count;
};

struct engine;
struct request;
typedef int operation_run(struct engine *engine, struct request *request, struct error *err);

struct operation {
	const char *name; /* "PutItem"; NULL for a local one */
	const char *help; /* one line */
	enum operation_kind kind;
	const struct request_shape *input; /* NULL for a local one */
	const struct request_shape *output;
	operation_run *run;
};

extern const struct operation operations[OPERATION_COUNT];

/* The operation of that name, or NULL. */
const struct operation *operation_find(struct slice name);
/* The position of a validated name among an enumeration's values; -1 when
 * absent. */
int enum_index(const char *const *values, struct slice name);

/* How soon an answered write must be safe: which door it came in by. */
enum request_door {
	DOOR_MOUNT, /* survives a crash of the process; LOCAL_SYNC for more */
	DOOR_API, /* survives power loss */
};

struct request {
	enum operation_id operation;
	enum request_door door;
	struct arena *arena; /* results live here */
	const void *input; /* the operation's input struct */
	void *output; /* the operation's output struct, zeroed by the caller */
};

/* Enumerations, in the order in which the service's messages list them. */

extern const char *const scalar_type_names[]; /* B, N, S */
extern const char *const key_type_names[]; /* HASH, RANGE */
extern const char *const billing_mode_names[]; /* of enum billing_mode */
extern const char *const table_class_names[]; /* of enum table_class */
extern const char *const return_values_names[];
extern const char *const select_names[];

enum return_values {
	RETURN_ALL_NEW,
	RETURN_UPDATED_OLD,
	RETURN_ALL_OLD,
	RETURN_NONE,
	RETURN_UPDATED_NEW
};

enum select { SELECT_SPECIFIC, SELECT_COUNT, SELECT_ALL_ATTRIBUTES, SELECT_ALL_PROJECTED };

struct attribute_definition {
	struct slice attribute_name;
	struct slice attribute_type; /* S, N, B */
};

struct key_schema_element {
	struct slice attribute_name;
	struct slice key_type; /* HASH, RANGE */
};

struct provisioned_throughput {
	struct optional_integer read_capacity_units;
	struct optional_integer write_capacity_units;
	struct optional_integer number_of_decreases_today; /* output only */
};

struct billing_mode_summary {
	struct slice billing_mode;
	int64_t last_update_to_pay_per_request;
};

struct table_class_summary {
	struct slice table_class;
};

struct create_table_input {
	struct slice table_name;
	struct request_list attribute_definitions; /* struct attribute_definition */
	struct request_list key_schema; /* struct key_schema_element */
	struct slice billing_mode;
	const struct provisioned_throughput *provisioned_throughput;
	struct slice table_class;
	struct optional_boolean deletion_protection_enabled;
	/* local */
	bool check_only; /* find every fault, make nothing */
};

/* TableDescription, as DescribeTable and its kin answer it. */
struct table_facts {
	struct request_list attribute_definitions;
	struct slice table_name;
	struct request_list key_schema;
	struct slice table_status;
	int64_t creation_date_time;
	const struct provisioned_throughput *provisioned_throughput;
	struct optional_integer table_size_bytes;
	struct optional_integer item_count;
	struct slice table_arn;
	struct slice table_id;
	const struct billing_mode_summary *billing_mode_summary;
	const struct table_class_summary *table_class_summary;
	struct optional_boolean deletion_protection_enabled;
	/* local */
	struct key_schema key;
	int64_t items_inserted, items_modified, items_removed; /* since the start */
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

struct list_tables_input {
	struct slice exclusive_start_table_name;
	struct optional_integer limit;
};

struct list_tables_output {
	struct request_list table_names; /* struct slice */
	struct slice last_evaluated_table_name;
};

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

struct put_item_input {
	struct slice table_name;
	const struct map *item;
	struct slice return_values;
	/* local */
	enum item_expectation expectation;
	uint64_t expected_stamp;
	struct slice own_text;
	int64_t mtime_ns; /* 0: now */
};

struct put_item_output {
	const struct map *attributes;
	/* local */
	struct item_facts facts; /* of the new item; own_text not set */
};

struct get_item_input {
	struct slice table_name;
	const struct map *key;
	struct optional_boolean consistent_read;
	/* local */
	bool facts_only; /* the output's item is the key alone */
};

struct get_item_output {
	const struct map *item; /* NULL when there is none */
	/* local */
	struct item_facts facts;
};

struct delete_item_input {
	struct slice table_name;
	const struct map *key;
	struct slice return_values;
	/* local */
};

struct delete_item_output {
	const struct map *attributes;
	/* local */
	bool found;
};

/* A condition of the older KeyConditions parameter. */
struct key_condition {
	struct slice attribute_name;
	struct slice comparison_operator;
	struct request_list attribute_value_list; /* struct value */
};

struct query_input {
	struct slice table_name;
	struct request_list key_conditions; /* struct key_condition */
	struct optional_boolean scan_index_forward;
	struct optional_integer limit;
	const struct map *exclusive_start_key;
	struct slice select;
	struct optional_boolean consistent_read;
	/* local */
	bool facts_only; /* items are keys alone; *facts filled; no 1 MB limit */
};

/* Where an item stands: its key, and its bytes in the tree (model/key.h). */
struct item_row {
	struct key key;
	struct slice row_key;
};

struct query_output {
	struct request_list items; /* struct map */
	struct optional_integer count;
	struct optional_integer scanned_count;
	const struct map *last_evaluated_key;
	/* local */
	const struct item_facts *facts; /* one for each item */
	const struct item_row *rows; /* the same */
};

struct scan_input {
	struct slice table_name;
	struct optional_integer limit;
	const struct map *exclusive_start_key;
	struct slice select;
	struct optional_boolean consistent_read;
	struct optional_integer segment;
	struct optional_integer total_segments;
	/* local */
	bool facts_only;
};

/* Distinct partition keys of a table, in scan order. */
struct list_partitions_input {
	struct slice table_name;
	const struct value *after; /* NULL: from the first; need not exist */
	bool by_hash; /* only those whose key_encode_partition() begins with: */
	uint64_t hash;
	size_t limit;
};

struct list_partitions_output {
	const struct value *partitions;
	size_t count;
	bool more;
};

enum item_write_kind { ITEM_PUT, ITEM_DELETE, ITEM_TOUCH };

struct item_write {
	enum item_write_kind kind;
	struct slice table_name;
	const struct map *item; /* for delete and touch the key alone */
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
};

struct write_items_output {
	struct item_facts *facts; /* one for each write, of the new item; zero without one */
	size_t written;
};

struct describe_storage_output {
	uint64_t bytes_used; /* on disk, by the data directory */
	uint64_t bytes_free; /* for an unprivileged user */
	uint64_t items;
	uint64_t tables;
};
