#include "path.h"

#include "name.h"

/* Directories that are read-only have the mode of others, so that all of their
 * users are told EROFS, and copies of them can be removed again. */
const struct node_kind_info node_kinds[NODE_KIND_COUNT] = {
	[NODE_ROOT] = { .mode = S_IFDIR | 0777 },
	[NODE_TABLE] = { .mode = S_IFDIR | 0777 },
	[NODE_PARTITION] = { .mode = S_IFDIR | 0777 },
	[NODE_ITEM] = { .mode = S_IFREG | 0666 },
	[NODE_SCRATCH] = { .mode = S_IFREG | 0600 },
	[NODE_SCHEMA] = { .name = ".schema",
		.directory = NODE_TABLE,
		.mode = S_IFREG | 0644,
		.in_transactions = true },
	[NODE_INFO] = { .name = ".info",
		.directory = NODE_TABLE,
		.mode = S_IFREG | 0444,
		.in_transactions = true },
	[NODE_IMPORT] = { .name = ".import", .directory = NODE_TABLE, .mode = S_IFREG | 0666 },
	[NODE_EXPORT] = { .name = ".export", .directory = NODE_TABLE, .mode = S_IFREG | 0444 },
	[NODE_ERROR] = { .name = ".error",
		.directory = NODE_ROOT,
		.mode = S_IFREG | 0444,
		.rights = RIGHTS_ALL },
	[NODE_QUERY] = { .name = ".query",
		.directory = NODE_TABLE,
		.mode = S_IFREG | 0666,
		.rights = RIGHTS_ASKED },
	[NODE_STREAM] = { .name = ".stream", .directory = NODE_TABLE, .mode = S_IFREG | 0644 },
	[NODE_FOLLOW] = { .name = ".follow", .directory = NODE_TABLE, .mode = S_IFREG | 0444 },
	[NODE_TTL] = { .name = ".ttl", .directory = NODE_TABLE, .mode = S_IFREG | 0644 },
	[NODE_PARTIQL] = { .name = ".partiql",
		.directory = NODE_ROOT,
		.mode = S_IFREG | 0666,
		.rights = RIGHTS_ALL },
	[NODE_AUDIT] = { .name = ".audit", .directory = NODE_ROOT, .mode = S_IFREG | 0400 },
	[NODE_HOT] = { .name = ".hot", .directory = NODE_TABLE, .mode = S_IFREG | 0444 },
	[NODE_ALARMS] = { .name = ".alarms", .directory = NODE_ROOT, .mode = S_IFDIR | 0777 },
	[NODE_ALARM] = { .mode = S_IFREG | 0666 },
	[NODE_ALARMS_LOG] = { .name = ".log", .directory = NODE_ALARMS, .mode = S_IFREG | 0444 },
	[NODE_API] = { .name = ".api",
		.directory = NODE_ROOT,
		.mode = S_IFDIR | 0755,
		.rights = RIGHTS_ALL },
	[NODE_OPERATION] = { .mode = S_IFREG | 0666, .rights = RIGHTS_ALL },
	[NODE_WHERE] = { .name = ".where",
		.directory = NODE_TABLE,
		.mode = S_IFDIR | 0777,
		.rights = RIGHTS_VIEW },
	[NODE_CONDITION] = { .mode = S_IFDIR | 0777, .rights = RIGHTS_VIEW },
	[NODE_CONDITION_LINK] = { .mode = S_IFLNK | 0777, .rights = RIGHTS_ALL },
	[NODE_INDEXES] = { .name = ".indexes",
		.directory = NODE_TABLE,
		.mode = S_IFDIR | 0777,
		.rights = RIGHTS_VIEW },
	[NODE_INDEX] = { .mode = S_IFDIR | 0777, .rights = RIGHTS_VIEW },
	[NODE_INDEX_PARTITION] = { .mode = S_IFDIR | 0777, .rights = RIGHTS_VIEW },
	[NODE_INDEX_LINK] = { .mode = S_IFLNK | 0777, .rights = RIGHTS_ALL },
	[NODE_TRANSACTIONS] = { .name = ".transact",
		.directory = NODE_ROOT,
		.mode = S_IFDIR | S_ISVTX | 0777,
		.rights = RIGHTS_ALL },
	[NODE_TRANSACTION] = { .mode = S_IFDIR | 0700, .rights = RIGHTS_ALL },
	[NODE_CONTROL] = { .name = ".ctl",
		.directory = NODE_TRANSACTION,
		.mode = S_IFREG | 0600,
		.rights = RIGHTS_ALL },
	[NODE_METRICS] = { .name = ".metrics", .directory = NODE_ROOT, .mode = S_IFREG | 0400 },
	[NODE_TABLE_METRICS] = { .name = ".metrics",
		.directory = NODE_TABLE,
		.mode = S_IFREG | 0444 },
};

static bool find_special(
	const struct path_directory *directory, struct slice name, struct path_step *ret)
{
	for (int kind = 0; kind < NODE_KIND_COUNT; kind++) {
		const struct node_kind_info *info = &node_kinds[kind];

		if (info->name && info->directory == directory->kind &&
			slice_equal_string(name, info->name)) {
			if (directory->in_transaction && directory->kind == NODE_TABLE &&
				!info->in_transactions)
				return false;
			ret->kind = (enum node_kind)kind;
			return true;
		}
	}
	return false;
}

/* A table's directory is named as a string partition would be. */
static enum path_outcome step_to_table(
	struct slice name, struct arena *arena, struct path_step *ret)
{
	struct value value;

	if (name_decode(name, NAME_PARTITION, VALUE_S, arena, &value, &ret->hash,
		    &ret->canonical) != NAME_EXACT)
		return PATH_SCRATCH;
	ret->kind = NODE_TABLE;
	ret->table_name = value.bytes;
	return PATH_FOUND;
}

/* Names that tools give to their own files, also where they end in ".json":
 * hidden ones, and Emacs's auto-saves. */
static bool looks_temporary(struct slice name)
{
	return name.data[0] == '.' || name.data[0] == '#';
}

static enum path_outcome step_to_partition(const struct key_schema *schema, struct slice name,
	struct arena *arena, struct path_step *ret)
{
	int outcome = name_decode(name, NAME_PARTITION, schema->partition.type, arena, &ret->value,
		&ret->hash, &ret->canonical);

	ret->kind = NODE_PARTITION;
	if (outcome == NAME_IMPOSSIBLE && slice_present(ret->canonical) && !looks_temporary(name))
		return PATH_NOT_CANONICAL;
	if (outcome == NAME_IMPOSSIBLE)
		return PATH_SCRATCH;
	ret->hashed = outcome == NAME_HASHED;
	return PATH_FOUND;
}

static enum path_outcome step_to_item(const struct key_attribute *attribute, struct slice name,
	struct arena *arena, struct path_step *ret)
{
	int outcome = name_decode(
		name, NAME_ITEM, attribute->type, arena, &ret->value, &ret->hash, &ret->canonical);

	if (outcome == NAME_IMPOSSIBLE) {
		if (slice_ends_with(name, SLICE(".json")) && !looks_temporary(name))
			return PATH_NOT_CANONICAL;
		return PATH_SCRATCH;
	}
	ret->kind = NODE_ITEM;
	ret->hashed = outcome == NAME_HASHED;
	return PATH_FOUND;
}

/* An alarm's file is named as an item of that key would be. */
static enum path_outcome step_to_alarm(
	struct slice name, struct arena *arena, struct path_step *ret)
{
	static const struct key_attribute key = { SLICE("AlarmName"), VALUE_S };
	enum path_outcome outcome = step_to_item(&key, name, arena, ret);

	if (outcome == PATH_FOUND)
		ret->kind = NODE_ALARM;
	return outcome;
}

enum path_outcome path_step(const struct path_directory *directory, struct slice name,
	struct arena *arena, struct path_step *ret)
{
	const struct key_schema *schema = directory->schema;

	*ret = (struct path_step){ 0 };
	if (find_special(directory, name, ret))
		return PATH_FOUND;
	if (directory->kind == NODE_ROOT || directory->kind == NODE_TRANSACTION)
		return step_to_table(name, arena, ret);
	if (directory->kind == NODE_ALARMS)
		return step_to_alarm(name, arena, ret);
	if (!schema)
		return PATH_SCRATCH;
	if (directory->kind == NODE_PARTITION)
		return step_to_item(&schema->sort, name, arena, ret);
	if (key_schema_has_sort(schema))
		return step_to_partition(schema, name, arena, ret);
	return step_to_item(&schema->partition, name, arena, ret);
}

void path_append_table(struct buf *buf, struct slice table_name)
{
	struct value value = { .type = VALUE_S, .bytes = table_name };

	name_encode(&value, NAME_PARTITION, buf);
}
