#include "store/alarm_file.h"

#include "base/memory.h"
#include "store/store_private.h"
#include "store/txn_private.h"

struct alarm_file {
	struct store *store;
	DB *bdb;
};

#define FILE_NAME "alarms.db"

int alarm_file_verify(
	struct store *store, alarm_file_report *report, void *context, struct error *err)
{
	int r;

	TRY(r = bdb_file_verify(store->env, FILE_NAME, report, context, err));
	if (r == BDB_FILE_ABSENT)
		return ALARM_FILE_ABSENT;
	return r == BDB_FILE_DAMAGED ? ALARM_FILE_DAMAGED : 0;
}

int alarm_file_open(struct store *store, struct alarm_file **ret, struct error *err)
{
	struct alarm_file *file;
	DB *bdb;

	TRY(bdb_file_open(store->env, NULL, FILE_NAME, DB_CREATE, &bdb, err));
	file = memory_new(sizeof(*file));
	*file = (struct alarm_file){ store, bdb };
	*ret = file;
	return 0;
}

void alarm_file_close(struct alarm_file *file)
{
	if (!file)
		return;
	bdb_file_closep(&file->bdb);
	free(file);
}

static int visit_all(DBC *cursor, alarm_visitor *visit, void *context, struct error *err)
{
	DBT name = { 0 }, bytes = { 0 }; /* the cursor's memory */
	int r;

	while ((r = cursor->get(cursor, &name, &bytes, DB_NEXT)) == 0)
		TRY(visit(context, bdb_slice(&name), bdb_slice(&bytes), err));
	return r == DB_NOTFOUND ? 0 : bdb_error(err, r, "reading the alarms");
}

int alarm_file_visit(
	struct alarm_file *file, alarm_visitor *visit, void *context, struct error *err)
{
	DBC *cursor;
	int r = file->bdb->cursor(file->bdb, NULL, &cursor, 0);
	int close;

	if (r)
		return bdb_error(err, r, "opening a cursor");
	r = visit_all(cursor, visit, context, err);
	close = cursor->close(cursor);
	return r == 0 && close ? bdb_error(err, close, "closing a cursor") : r;
}

struct writing {
	struct alarm_file *file;
	const struct alarm_write *writes;
	size_t count;
	struct journal *journal;
	struct slice lines;
};

static int write_one(DB *bdb, struct txn *txn, const struct alarm_write *write, struct error *err)
{
	DBT name = bdb_input(write->name), bytes = bdb_input(write->bytes);
	int r = slice_present(write->bytes) ? bdb->put(bdb, txn->bdb, &name, &bytes, 0)
					    : bdb->del(bdb, txn->bdb, &name, 0);

	return r && r != DB_NOTFOUND ? bdb_error(err, r, "writing an alarm") : 0;
}

static int write_body(struct txn *txn, void *context, struct error *err)
{
	const struct writing *writing = context;

	for (size_t i = 0; i < writing->count; i++)
		TRY(write_one(writing->file->bdb, txn, &writing->writes[i], err));
	return journal_append_in(writing->journal, txn, writing->lines, err);
}

int alarm_file_write(struct alarm_file *file, const struct alarm_write *writes, size_t count,
	struct journal *journal, struct slice lines, enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct writing writing = { file, writes, count, journal, lines };

	return txn_run(file->store, TXN_WRITE, durability, &arena, write_body, &writing, err);
}
