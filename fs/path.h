/*
 * The path grammar: what a name in a directory of the mount stands for.
 *
 *	root	      table | ".error" | ".partiql" | ".api" | ".transact" | ".audit"
 *		      | ".alarms" | ".metrics"
 *	table	      item (no sort key) | partition (sort key)
 *		      | ".schema" | ".info" | ".import" | ".export" | ".query"
 *		      | ".stream" | ".follow" | ".ttl" | ".where" | ".indexes" | ".hot"
 *		      | ".metrics"
 *	partition     item
 *	.alarms	      alarm | ".log"
 *	.api	      operation
 *	.transact     transaction
 *	transaction   table | ".ctl"
 *	.where	      condition
 *	condition     link to an item
 *	.indexes      index
 *	index	      partition of the index
 *	its partition link to an item
 *
 * A table within a transaction has no special files but ".schema" and ".info".
 * What is in the directories of the last seven lines is for their own modules
 * to find (directory_operations.h); path_step() does the rest.
 *
 * Any other name in these directories can't be an item: it is scratch, a byte
 * file of its user (scratch.h), except that a name which claims to be an item
 * by its ".json" but is not one's canonical name is refused, lest a typing
 * error make a file that looks like an item and is none.
 *
 * A pure function of the directory and the name. DESIGN 4.1, 4.4, 4.5.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "model/key.h"
#include <stdbool.h>
#include <sys/stat.h>

enum node_kind {
	NODE_ROOT,
	NODE_TABLE,
	NODE_PARTITION,
	NODE_ITEM,
	NODE_SCRATCH,
	NODE_SCHEMA,
	NODE_INFO,
	NODE_IMPORT,
	NODE_EXPORT,
	NODE_ERROR,
	NODE_QUERY,
	NODE_STREAM,
	NODE_FOLLOW,
	NODE_TTL,
	NODE_PARTIQL,
	NODE_AUDIT,
	NODE_HOT,
	NODE_ALARMS, /* the directory; each file in it: */
	NODE_ALARM,
	NODE_ALARMS_LOG,
	NODE_API, /* the directory; each file in it: */
	NODE_OPERATION,
	NODE_WHERE, /* the directory; in it: */
	NODE_CONDITION, /* a directory of links to the items for which it holds */
	NODE_CONDITION_LINK,
	NODE_INDEXES,
	NODE_INDEX,
	NODE_INDEX_PARTITION,
	NODE_INDEX_LINK,
	NODE_TRANSACTIONS,
	NODE_TRANSACTION, /* a directory of tables, as the root is */
	NODE_CONTROL,
	NODE_METRICS,
	NODE_TABLE_METRICS,
	NODE_KIND_COUNT
};

/* Which rights to a table (at the root: to the root) a node in it needs: what its
 * mode is, class by class (ownership.h). */
enum node_rights {
	RIGHTS_SAME, /* to read, write or search it: the same */
	RIGHTS_VIEW, /* the same, but to search it is to read */
	RIGHTS_ASKED, /* for all that its mode has: to read or to write; it is asked, and
		       * each question is judged */
	RIGHTS_ALL, /* none: each request is judged */
};

/* What stands behind a kind of node; the special ones are found by name. */
struct node_kind_info {
	const char *name; /* of a special file, else NULL */
	enum node_kind directory; /* where a special file is found */
	mode_t mode; /* type, and the permissions of who has all rights */
	enum node_rights rights;
	bool in_transactions; /* a special file that a table has there too */
};

extern const struct node_kind_info node_kinds[NODE_KIND_COUNT];

static inline bool node_kind_is_directory(enum node_kind kind)
{
	return S_ISDIR(node_kinds[kind].mode);
}

/* A directory, as far as the grammar needs to know it. */
struct path_directory {
	enum node_kind kind; /* root, transaction, table, partition or .alarms */
	const struct key_schema *schema; /* NULL in a table that is only announced */
	bool in_transaction;
};

enum path_outcome {
	PATH_FOUND, /* *ret tells what it is */
	PATH_SCRATCH, /* it can only be scratch */
	PATH_NOT_CANONICAL, /* claims to be an item or a partition and is none */
};

struct path_step {
	enum node_kind kind;
	struct slice table_name; /* NODE_TABLE */
	/* NODE_PARTITION, NODE_ITEM and NODE_ALARM: the value that the name stands for. When
	 * it is hashed only a prefix of the value is known, and the hash. */
	struct value value;
	bool hashed;
	uint64_t hash;
	/* PATH_NOT_CANONICAL: the name that was probably meant, or absent. */
	struct slice canonical;
};

/* Takes one step down; results live in the arena. In a table with a sort key
 * PATH_FOUND says NODE_PARTITION for any name that a partition could have: a
 * scratch file of that name may exist instead. */
enum path_outcome path_step(const struct path_directory *directory, struct slice name,
	struct arena *arena, struct path_step *ret);

/* Appends the directory name of a table: its name, with a leading '.' or '-'
 * escaped. */
void path_append_table(struct buf *buf, struct slice table_name);
