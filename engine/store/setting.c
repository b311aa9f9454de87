#include "store/setting.h"

#include "store/store_private.h"
#include "store/txn_private.h"

static int open_file(struct store *store, DB **ret, struct error *err)
{
	return bdb_file_open(store->env, NULL, "settings.db", DB_CREATE, ret, err);
}

int setting_read(struct store *store, struct slice name, struct arena *arena, struct slice *ret,
	struct error *err)
{
	DB *file CLEANUP(bdb_file_closep) = NULL;
	DBT key = bdb_input(name), data = { .flags = DB_DBT_MALLOC };
	int r;

	TRY(open_file(store, &file, err));
	r = file->get(file, NULL, &key, &data, 0);
	if (r == DB_NOTFOUND)
		return SETTING_ABSENT;
	if (r)
		return bdb_error(err, r, "reading a setting");
	*ret = arena_copy(arena, bdb_slice(&data));
	free(data.data);
	return 0;
}

struct setting {
	DB *file;
	struct slice name, text;
};

static int put(struct txn *txn, void *context, struct error *err)
{
	const struct setting *setting = context;
	DBT key = bdb_input(setting->name), data = bdb_input(setting->text);
	int r = setting->file->put(setting->file, txn->bdb, &key, &data, 0);

	return r ? bdb_error(err, r, "writing a setting") : 0;
}

int setting_write(struct store *store, struct slice name, struct slice text,
	enum durability durability, struct arena *arena, struct error *err)
{
	DB *file CLEANUP(bdb_file_closep) = NULL;
	struct setting setting = { .name = name, .text = text };

	TRY(open_file(store, &file, err));
	setting.file = file;
	return txn_run(store, TXN_WRITE, durability, arena, put, &setting, err);
}
