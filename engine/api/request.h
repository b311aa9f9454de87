/*
 * The request model: what can be asked of an engine.
 *
 * There is ONE table of operations. Each row names an input and an output
 * struct, described field by field (field.h). Reading and writing JSON (wire.h),
 * constraint checking (validate.h), help and dispatch all walk these
 * descriptions; nothing else lists an operation's members.
 *
 * Source of names, limits and enumerations: Amazon DynamoDB API Reference,
 * 2012-08-10; a unit test compares this table with botocore's model of it.
 */
#pragma once

#include "api/field.h"
#include "api/request_access.h"
#include "api/request_audit.h"
#include "api/request_backup.h"
#include "api/request_batch.h"
#include "api/request_export.h"
#include "api/request_hot_backup.h"
#include "api/request_hot_keys.h"
#include "api/request_insights.h"
#include "api/request_item.h"
#include "api/request_log.h"
#include "api/request_metrics.h"
#include "api/request_statement.h"
#include "api/request_stream.h"
#include "api/request_table.h"
#include "base/arena.h"
#include "base/error.h"
#include <sys/types.h>

enum operation_id {
	OPERATION_BATCH_EXECUTE_STATEMENT,
	OPERATION_BATCH_GET_ITEM,
	OPERATION_BATCH_WRITE_ITEM,
	OPERATION_CREATE_BACKUP,
	OPERATION_CREATE_TABLE,
	OPERATION_DELETE_BACKUP,
	OPERATION_DELETE_ALARMS,
	OPERATION_DELETE_ITEM,
	OPERATION_DELETE_RESOURCE_POLICY,
	OPERATION_DELETE_TABLE,
	OPERATION_DESCRIBE_BACKUP,
	OPERATION_DESCRIBE_CONTINUOUS_BACKUPS,
	OPERATION_DESCRIBE_ALARM_HISTORY,
	OPERATION_DESCRIBE_ALARMS,
	OPERATION_DESCRIBE_CONTRIBUTOR_INSIGHTS,
	OPERATION_DESCRIBE_ENDPOINTS,
	OPERATION_DESCRIBE_EXPORT,
	OPERATION_DESCRIBE_IMPORT,
	OPERATION_DESCRIBE_LIMITS,
	OPERATION_DESCRIBE_STREAM,
	OPERATION_DESCRIBE_TABLE,
	OPERATION_DESCRIBE_TIME_TO_LIVE,
	OPERATION_EXECUTE_STATEMENT,
	OPERATION_EXECUTE_TRANSACTION,
	OPERATION_EXPORT_TABLE_TO_POINT_IN_TIME,
	OPERATION_GET_ITEM,
	OPERATION_GET_METRIC_STATISTICS,
	OPERATION_GET_RECORDS,
	OPERATION_GET_RESOURCE_POLICY,
	OPERATION_GET_SHARD_ITERATOR,
	OPERATION_IMPORT_TABLE,
	OPERATION_LIST_METRICS,
	OPERATION_LIST_BACKUPS,
	OPERATION_LIST_EXPORTS,
	OPERATION_LIST_IMPORTS,
	OPERATION_LIST_CONTRIBUTOR_INSIGHTS,
	OPERATION_LIST_STREAMS,
	OPERATION_LIST_TABLES,
	OPERATION_LIST_TAGS_OF_RESOURCE,
	OPERATION_PUT_ITEM,
	OPERATION_PUT_METRIC_ALARM,
	OPERATION_PUT_RESOURCE_POLICY,
	OPERATION_QUERY,
	OPERATION_RESTORE_TABLE_FROM_BACKUP,
	OPERATION_RESTORE_TABLE_TO_POINT_IN_TIME,
	OPERATION_SCAN,
	OPERATION_SET_ALARM_STATE,
	OPERATION_TAG_RESOURCE,
	OPERATION_TRANSACT_GET_ITEMS,
	OPERATION_TRANSACT_WRITE_ITEMS,
	OPERATION_UNTAG_RESOURCE,
	OPERATION_UPDATE_CONTINUOUS_BACKUPS,
	OPERATION_UPDATE_CONTRIBUTOR_INSIGHTS,
	OPERATION_UPDATE_ITEM,
	OPERATION_UPDATE_TABLE,
	OPERATION_UPDATE_TIME_TO_LIVE,
	/* Not of Amazon's API; for the mount and the command line only. */
	OPERATION_LOCAL_LIST_PARTITIONS,
	OPERATION_LOCAL_WRITE_ITEMS,
	OPERATION_LOCAL_SYNC,
	OPERATION_LOCAL_DESCRIBE_STORAGE,
	OPERATION_LOCAL_FIND_STREAM,
	OPERATION_LOCAL_READ_STREAM,
	OPERATION_LOCAL_START_HOT_BACKUP,
	OPERATION_LOCAL_DESCRIBE_HOT_BACKUP,
	OPERATION_LOCAL_STOP_HOT_BACKUP,
	OPERATION_LOCAL_FIND_ACCESS,
	OPERATION_LOCAL_SET_ACCESS,
	OPERATION_LOCAL_FIND_HOT_KEYS,
	OPERATION_LOCAL_FIND_LOG,
	OPERATION_LOCAL_READ_LOG,
	OPERATION_LOCAL_READ_AUDIT,
	OPERATION_COUNT
};

enum operation_kind {
	OPERATION_READ,
	OPERATION_WRITE,
	OPERATION_ADMIN, /* control plane */
	OPERATION_STREAM, /* of the service DynamoDBStreams */
	OPERATION_MONITOR, /* of the service CloudWatch */
	OPERATION_KIND_COUNT
};

/* A service, as requests over HTTP name it. */
struct operation_service {
	const char *target; /* what X-Amz-Target begins with: "DynamoDB_20120810" */
	const char *signing; /* in the scope of a signature: "dynamodb" */
	const char *action; /* in front of an action that is denied: "dynamodb" */
};

/* Of operations of the kind. */
extern const struct operation_service operation_services[OPERATION_KIND_COUNT];

struct engine;
struct principal;
struct request;
struct usage;
typedef int operation_run(struct engine *engine, struct request *request, struct error *err);

struct operation {
	const char *name; /* "PutItem"; NULL for a local one */
	const char *local_name; /* of a local one that the owner's commands ask for by the
				 * socket of the data directory; else NULL */
	const char *help; /* one line */
	enum operation_kind kind;
	bool empty_answer; /* the answer has no body, not even {} */
	const struct request_shape *input; /* NULL for a local one without a name */
	const struct request_shape *output;
	operation_run *run;
};

extern const struct operation operations[OPERATION_COUNT];

/* The operation of that name, or NULL. */
const struct operation *operation_find(struct slice name);
/* The same by its local name; and what stands for the service in front of it. */
const struct operation *operation_find_local(struct slice name);
#define OPERATION_LOCAL_TARGET "Dynamount"
/* How soon an answered write must be safe: which door it came in by. */
enum request_door {
	DOOR_MOUNT, /* survives a crash of the process; LOCAL_SYNC for more */
	DOOR_API, /* survives power loss */
};

/* Who asks, as far as the door knows. Absent slices: not known. */
struct request_caller {
	bool local; /* of this machine: the next three are known */
	uid_t uid;
	gid_t gid;
	pid_t pid;
	struct slice access_key, user; /* of the signature over HTTP */
	struct slice address; /* of the peer, without its port */
	struct slice user_agent;
	bool encrypted; /* it came by TLS */
};

struct request {
	enum operation_id operation;
	enum request_door door;
	const struct request_caller *caller; /* NULL: the process itself */
	const struct principal *principal; /* NULL: may do anything (principal.h) */
	struct arena *arena; /* results live here */
	struct slice endpoint; /* host and port by which it came; absent: by none */
	struct slice id; /* as the door tells it to the client; absent: it has none */
	bool as_json; /* the output is for wire_write() alone: items may be ready text */
	const void *input; /* the operation's input struct */
	void *output; /* the operation's output struct, zeroed by the caller */
	struct usage *usage; /* set by engine_run() */
	int64_t wait_ns; /* result, of what was refused for want of throughput: for how long */
};
