#include "store/hot_backup_convert.h"
#include "store/bdb_copy.h"

#define CACHE_BYTES (32u << 20)
#define BATCH_BYTES (1u << 20) /* of records in one transaction */

/* A file that is being converted. */
struct transfer {
	DB_ENV *env;
	DBC *from;
	DB *to;
	struct pace *pace;
};

static int put_record(
	struct transfer *transfer, DB_TXN *txn, const DBT *key, const DBT *data, struct error *err)
{
	DBT to_key = bdb_input(bdb_slice(key)), to_data = bdb_input(bdb_slice(data));
	int r = transfer->to->put(transfer->to, txn, &to_key, &to_data, 0);

	if (r)
		return bdb_error(err, r, "writing a record");
	return pace_advance(transfer->pace, (uint64_t)key->size + data->size, err);
}

#define RECORDS_END 1
static int fill_batch(struct transfer *transfer, DB_TXN *txn, struct error *err)
{
	uint64_t bytes = 0;

	while (bytes < BATCH_BYTES) {
		DBT key = { 0 }, data = { 0 };
		int r = transfer->from->get(transfer->from, &key, &data, DB_NEXT);

		if (r == DB_NOTFOUND)
			return RECORDS_END;
		if (r)
			return bdb_error(err, r, "reading a record of the backup");
		TRY(put_record(transfer, txn, &key, &data, err));
		bytes += key.size + data.size;
	}
	return 0;
}

static int move_batch(struct transfer *transfer, struct error *err)
{
	DB_ENV *env = transfer->env;
	DB_TXN *txn;
	int r = env->txn_begin(env, NULL, &txn, 0), outcome;

	if (r)
		return bdb_error(err, r, "beginning a transaction");
	outcome = fill_batch(transfer, txn, err);
	r = outcome < 0 ? txn->abort(txn) : txn->commit(txn, 0);
	return r && outcome >= 0 ? bdb_error(err, r, "committing a transaction") : outcome;
}

static int move_records(struct transfer *transfer, struct error *err)
{
	int r;

	do {
		TRY(r = move_batch(transfer, err));
	} while (r != RECORDS_END);
	return 0;
}

static int with_cursor(DB *from, struct transfer *transfer, struct error *err)
{
	int r = from->cursor(from, NULL, &transfer->from, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	r = move_records(transfer, err);
	transfer->from->close(transfer->from);
	return r;
}

static int convert_database(const struct conversion *conversion, DB_ENV *env,
	const struct hot_file *file, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	DB *from CLEANUP(bdb_file_closep) = NULL, *to CLEANUP(bdb_file_closep) = NULL;
	struct transfer transfer = { .env = env, .pace = conversion->pace };
	const struct password *password = conversion->from_password;

	buf_appendf(&path, "%s/%s", conversion->from, file->name);
	TRY(bdb_file_open_alone(
		buf_string(&path), password_present(password) ? password->text : NULL, &from, err));
	TRY(bdb_file_open(env, NULL, file->name, DB_CREATE | DB_EXCL, &to, err));
	transfer.to = to;
	return with_cursor(from, &transfer, err);
}

static int convert_file(
	const struct conversion *conversion, DB_ENV *env, struct hot_file *file, struct error *err)
{
	int r;

	switch (hot_file_kind(file)) {
	case HOT_FILE_DATABASE:
		return convert_database(conversion, env, file, err);
	case HOT_FILE_PLAIN:
		if (strcmp(file->name, ENCRYPTION_FILE_NAME) == 0)
			return 0;
		TRY(r = hot_file_copy(conversion->from, conversion->to, file, UINT64_MAX,
			    conversion->pace, err));
		return 0;
	case HOT_FILE_LOG:
		return 0; /* all that it says is in the files */
	}
	return 0;
}

static int convert_files(const struct conversion *conversion, DB_ENV *env, struct error *err)
{
	uint64_t done = 0;

	for (size_t i = 0; i < conversion->files->count; i++) {
		struct hot_file *file = &conversion->files->items[i];

		done += file->bytes;
		TRY(convert_file(conversion, env, file, err));
		if (conversion->pace->done < done) /* pages are more than records */
			TRY(pace_advance(conversion->pace, done - conversion->pace->done, err));
	}
	return bdb_env_checkpoint(env, 0, err);
}

int hot_backup_convert(const struct conversion *conversion, struct password *ret, struct error *err)
{
	struct bdb_env_options options = { .cache_bytes = CACHE_BYTES };
	DB_ENV *env CLEANUP(bdb_env_closep) = NULL;

	TRY(encryption_open(conversion->to, conversion->to_key, ret, err));
	if (password_present(ret))
		options.password = ret->text;
	TRY(bdb_env_open(conversion->to, &options, &env, err));
	return convert_files(conversion, env, err);
}
