/*
 * What may outlive its table: backups, exports, imports and streams. Their ARNs have
 * the table's name, which another one may have by now: made by somebody else, who is
 * not to have what the former one left. So it is known by its id.
 */
#include "access_uses_private.h"

#include "api/arn.h"
#include "api/transfer.h"
#include "store/backup.h"
#include "store/stream.h"

/* What an ARN names, and the id of the table that it was made of: in the arena,
 * absent when there is no such thing. */
struct remains {
	struct access_uses *uses;
	struct slice table_name, name;
	struct slice table_id;
};

static int find_backup(struct remains *remains, struct error *err)
{
	struct backup backup;
	int r;

	TRY(r = backup_get(remains->uses->engine->store, remains->name, remains->uses->arena,
		    &backup, err));
	if (r != BACKUP_ABSENT)
		remains->table_id = backup.table.id;
	return 0;
}

static int find_export(struct remains *remains, struct error *err)
{
	struct export_record record = { 0 };
	int r;

	TRY(r = transfer_get(remains->uses->engine->store, LEDGER_EXPORT, remains->name,
		    remains->uses->arena, &record, err));
	if (r != LEDGER_ABSENT)
		remains->table_id = record.description->table_id;
	return 0;
}

static int find_import(struct remains *remains, struct error *err)
{
	struct import_record_kept record = { 0 };
	int r;

	TRY(r = transfer_get(remains->uses->engine->store, LEDGER_IMPORT, remains->name,
		    remains->uses->arena, &record, err));
	if (r != LEDGER_ABSENT)
		remains->table_id = record.description->table_id;
	return 0;
}

static int find_stream(struct remains *remains, struct error *err)
{
	struct stream_description stream;
	int r;

	TRY(r = stream_find(remains->uses->engine->store, remains->table_name, remains->name,
		    remains->uses->arena, &stream, err));
	if (r != STREAM_ABSENT)
		remains->table_id = stream.table_id;
	return 0;
}

static const struct remains_kind {
	const char *name;
	int (*find)(struct remains *remains, struct error *err);
} kinds[] = {
	{ "backup", find_backup },
	{ "export", find_export },
	{ "import", find_import },
	{ "stream", find_stream },
};

int access_find_origin(
	struct access_uses *uses, struct slice arn, struct slice *ret_id, struct error *err)
{
	struct remains remains = { .uses = uses };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!arn_split(
			    uses->engine, arn, kinds[i].name, &remains.table_name, &remains.name))
			continue;
		TRY(kinds[i].find(&remains, err));
		break;
	}
	*ret_id = remains.table_id;
	return 0;
}
