#include "directory_operations.h"

const struct directory_operations *directory_operations_of(enum node_kind kind)
{
	static const struct directory_operations *const directories[NODE_KIND_COUNT] = {
		[NODE_ROOT] = NULL,
		[NODE_ALARMS] = &alarms_directory,
		[NODE_API] = &api_directory,
		[NODE_TRANSACTIONS] = &transactions_directory,
		[NODE_TRANSACTION] = &transaction_directory,
		[NODE_WHERE] = &where_directory,
		[NODE_CONDITION] = &condition_directory,
		[NODE_INDEXES] = &indexes_directory,
		[NODE_INDEX] = &index_directory,
		[NODE_INDEX_PARTITION] = &index_partition_directory,
	};

	return directories[kind];
}

bool directory_is_read_only(enum node_kind kind)
{
	const struct directory_operations *own = directory_operations_of(kind);

	return own && own->read_only;
}

const struct directory_operations *directory_operations_of_link(enum node_kind link)
{
	static const enum node_kind directories[NODE_KIND_COUNT] = {
		[NODE_CONDITION_LINK] = NODE_CONDITION,
		[NODE_INDEX_LINK] = NODE_INDEX_PARTITION,
	};

	return directory_operations_of(directories[link]);
}
