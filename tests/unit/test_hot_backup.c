/* Backups of an open store, and what is made of them again. */
#undef NDEBUG
#include "store/encryption.h"
#include "store/hot_backup.h"
#include "store/store_private.h"
#include "store_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define ROWS        ((int)test_rounds(500))
#define SMALL_BYTES 8192 /* of a file that is no table's */

/* "data", "backup" and "restored" in a directory of one case. */
struct vault {
	char *path;
	struct buf data, backup, restored, key;
	struct fixture f; /* on data */
	struct error err;
};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void open_data(struct vault *v, const char *path, const char *key_file)
{
	struct store_options options = fixture_options;

	options.key_file = key_file;
	CHECK_OK(store_open(path, &options, &v->f.store, &v->err), &v->err);
}

static struct vault vault_new(const char *key)
{
	const char *base = getenv("TMPDIR");
	struct vault v = { .err = ERROR_INIT, .f = { .arena = ARENA_INIT, .err = ERROR_INIT } };
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/dynamount-backup-XXXXXX", base ? base : "/tmp");
	buf_string(&path);
	v.path = mkdtemp(path.data);
	CHECK(v.path);
	buf_appendf(&v.data, "%s/data", v.path);
	buf_appendf(&v.backup, "%s/backup", v.path);
	buf_appendf(&v.restored, "%s/restored", v.path);
	buf_appendf(&v.key, "%s/key", v.path);
	write_file(buf_string(&v.key), "0123456789abcdef");
	open_data(&v, buf_string(&v.data), key ? buf_string(&v.key) : NULL);
	fixture_create_table(&v.f, "T");
	v.f.table = fixture_find(&v.f, "T");
	for (int i = 0; i < ROWS; i++)
		fixture_put(&v.f, "SECRET", i, "SECRET");
	buf_string(&v.backup);
	buf_string(&v.restored);
	return v;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat, (void)type, (void)ftw;
	return remove(path);
}

static void vault_release(struct vault *v)
{
	fixture_close(&v->f);
	nftw(v->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	arena_release(&v->f.arena);
	error_release(&v->f.err);
	error_release(&v->err);
	buf_release(&v->data);
	buf_release(&v->backup);
	buf_release(&v->restored);
	buf_release(&v->key);
	free(v->path);
}

/* Which phases came, and where it is to end. */
struct steps {
	unsigned seen[HOT_BACKUP_PHASE_COUNT];
	uint64_t last[HOT_BACKUP_PHASE_COUNT];
	enum hot_backup_phase end_in; /* HOT_BACKUP_PHASE_COUNT: none */
	struct fixture *busy; /* others write to it; or NULL */
};

/* While a file of another kind than a table's is copied: pages are written out, the
 * log goes on to other files, and others come, so that each file is of another moment. */
static void let_others_write(struct fixture *f)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_resize(&text, 390000);
	memset(text.data, 'x', text.len);
	for (unsigned i = 0; i < test_rounds(3); i++)
		fixture_put(f, "large", i, buf_string(&text));
	CHECK_OK(bdb_env_checkpoint(f->store->env, 0, &err), &err);
	usleep(20000);
}

static bool take_step(void *context, enum hot_backup_phase phase, uint64_t done, uint64_t total)
{
	struct steps *steps = context;

	CHECK(done <= total);
	CHECK(done >= steps->last[phase]);
	if (phase == HOT_BACKUP_COPYING && steps->busy && done - steps->last[phase] <= SMALL_BYTES)
		let_others_write(steps->busy);
	steps->last[phase] = done;
	steps->seen[phase]++;
	return phase != steps->end_in;
}

static int take_until(struct vault *v, enum hot_backup_phase end_in, struct hot_backup_totals *ret)
{
	struct steps steps = { .end_in = end_in };
	const struct hot_backup_watcher watcher = { take_step, &steps };

	return hot_backup_take(v->f.store, v->backup.data, &watcher, ret, &v->err);
}

static void take(struct vault *v)
{
	struct hot_backup_totals totals = { 0 };

	CHECK_OK(take_until(v, HOT_BACKUP_PHASE_COUNT, &totals), &v->err);
	CHECK_INT(totals.tables, 1);
}

static int restore_with(struct vault *v, const char *key, const char *backup_key,
	enum hot_backup_phase end_in, struct hot_backup_totals *ret)
{
	struct steps steps = { .end_in = end_in };
	const struct hot_backup_watcher watcher = { take_step, &steps };
	const struct hot_backup_restoration restoration = { v->backup.data, v->restored.data, key,
		backup_key };

	return hot_backup_restore(&restoration, &watcher, ret, &v->err);
}

static void restore(struct vault *v, const char *key, const char *backup_key)
{
	struct hot_backup_totals totals = { 0 };

	CHECK_OK(restore_with(v, key, backup_key, HOT_BACKUP_PHASE_COUNT, &totals), &v->err);
	CHECK_INT(totals.tables, 1);
}

static void check_refused(
	struct vault *v, const char *key, enum error_class class, const char *words)
{
	struct hot_backup_totals totals;

	CHECK_INT(restore_with(v, key, NULL, HOT_BACKUP_PHASE_COUNT, &totals), -1);
	if (!strstr(v->err.message, words))
		printf("# %s\n", v->err.message);
	CHECK(strstr(v->err.message, words));
	CHECK_INT(v->err.class, class);
	error_release(&v->err);
	CHECK_INT(access(v->restored.data, F_OK), -1);
}

/* Goes on with what was restored. */
static void open_restored(struct vault *v, const char *key_file)
{
	fixture_close(&v->f);
	open_data(v, v->restored.data, key_file);
	v->f.table = fixture_find(&v->f, "T");
}

static void check_rows(struct vault *v)
{
	for (int i = 0; i < ROWS; i++)
		CHECK_TEXT(fixture_value(&v->f, "SECRET", i), "SECRET");
	CHECK_INT(fixture_check(&v->f, NULL).items, ROWS);
	CHECK_INT(fixture_check(&v->f, NULL).problems, 0);
}

static unsigned files_with_secret;

static int look_for_secret(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = type == FTW_F ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = 1;

	(void)stat, (void)ftw;
	while (fd >= 0 && n > 0) {
		n = read(fd, buf_reserve(&text, 1 << 16), 1 << 16);
		text.len += n > 0 ? (size_t)n : 0;
	}
	files_with_secret += text.len && memmem(text.data, text.len, "SECRET", 6);
	return 0;
}

/* How many files below a directory tell something of an item. */
static unsigned count_secrets(const char *path)
{
	files_with_secret = 0;
	CHECK_INT(nftw(path, look_for_secret, 16, FTW_PHYS), 0);
	return files_with_secret;
}

static char *in_backup(struct vault *v, const char *name)
{
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/%s", v->backup.data, name);
	buf_string(&path);
	return path.data;
}

static bool unfinished(const char *path)
{
	struct buf partial CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&partial, "%s" HOT_BACKUP_UNFINISHED, path);
	return access(buf_string(&partial), F_OK) == 0;
}

static void what_is_restored_is_what_was_there(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);

	take(&v);
	fixture_delete(&v.f, "SECRET", 0);
	restore(&v, NULL, NULL);
	open_restored(&v, NULL);
	check_rows(&v);
}

/* A store for `check` has no worker that would count. */
static void what_is_restored_is_counted(void)
{
	struct store_options options = { .read_only_check = true };
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	struct table_counts counts;

	take(&v);
	restore(&v, NULL, NULL);
	fixture_close(&v.f);
	CHECK_OK(store_open(v.restored.data, &options, &v.f.store, &v.err), &v.err);
	v.f.table = fixture_find(&v.f, "T");
	table_counts(v.f.table, &counts);
	CHECK(counts.exact);
	CHECK_INT(counts.items, ROWS);
}

static void each_phase_tells_how_far_it_is(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	struct steps steps = { .end_in = HOT_BACKUP_PHASE_COUNT };
	const struct hot_backup_watcher watcher = { take_step, &steps };
	struct hot_backup_totals totals;

	CHECK_OK(hot_backup_take(v.f.store, v.backup.data, &watcher, &totals, &v.err), &v.err);
	CHECK(steps.seen[HOT_BACKUP_COPYING] > 5);
	CHECK_INT(steps.last[HOT_BACKUP_CHECKING], ROWS);
	CHECK_INT(steps.last[HOT_BACKUP_SUMMING], totals.bytes);
	CHECK_INT(totals.items, ROWS);
}

static void what_belongs_to_the_process_stays_behind(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	char *scratch CLEANUP(cleanup_free) = in_backup(&v, "scratch");
	char *lock CLEANUP(cleanup_free) = in_backup(&v, "lock");
	char *plain CLEANUP(cleanup_free) = in_backup(&v, "exports/deep/file");
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	for (const char *const *name =
			(const char *const[]){ "scratch", "exports", "exports/deep", NULL };
		*name; name++) {
		buf_clear(&path);
		buf_appendf(&path, "%s/%s", buf_string(&v.data), *name);
		CHECK_INT(mkdir(buf_string(&path), 0700), 0);
	}
	buf_appendf(&path, "/file");
	write_file(buf_string(&path), "text");
	take(&v);
	CHECK_INT(access(scratch, F_OK), -1);
	CHECK_INT(access(lock, F_OK), -1);
	CHECK_INT(access(plain, F_OK), 0);
}

static void what_is_there_already_is_kept(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	struct hot_backup_totals totals;

	take(&v);
	CHECK_INT(take_until(&v, HOT_BACKUP_PHASE_COUNT, &totals), -1);
	CHECK(strstr(v.err.message, "backup is there already"));
	error_release(&v.err);
	CHECK_INT(mkdir(v.restored.data, 0700), 0);
	restore(&v, NULL, NULL); /* into an empty directory */
	CHECK_INT(restore_with(&v, NULL, NULL, HOT_BACKUP_PHASE_COUNT, &totals), -1);
	CHECK(strstr(v.err.message, "restored is there already"));
	error_release(&v.err);
}

static void one_that_is_stopped_leaves_nothing(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	struct hot_backup_totals totals;

	for (int phase = HOT_BACKUP_COPYING; phase < HOT_BACKUP_PHASE_COUNT; phase++) {
		CHECK_INT(take_until(&v, (enum hot_backup_phase)phase, &totals), -1);
		error_release(&v.err);
		CHECK(!unfinished(v.backup.data));
		CHECK_INT(access(v.backup.data, F_OK), -1);
	}
	take(&v);
	for (int phase = HOT_BACKUP_VERIFYING; phase <= HOT_BACKUP_CHECKING; phase++) {
		CHECK_INT(restore_with(&v, NULL, NULL, (enum hot_backup_phase)phase, &totals), -1);
		error_release(&v.err);
		CHECK(!unfinished(v.restored.data));
		CHECK_INT(access(v.restored.data, F_OK), -1);
	}
}

static void one_left_unfinished_is_told_with_what_to_do(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	struct buf partial CLEANUP(buf_release) = BUF_INIT;
	struct hot_backup_totals totals;

	buf_appendf(&partial, "%s" HOT_BACKUP_UNFINISHED, v.backup.data);
	CHECK_INT(mkdir(buf_string(&partial), 0700), 0);
	CHECK_INT(take_until(&v, HOT_BACKUP_PHASE_COUNT, &totals), -1);
	CHECK(strstr(v.err.message, "remove it: rm -r "));
	error_release(&v.err);
	CHECK_INT(access(partial.data, F_OK), 0);
}

static void a_backup_does_not_lie_in_what_it_is_of(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	struct hot_backup_totals totals;

	buf_clear(&v.backup);
	buf_appendf(&v.backup, "%s/backup", buf_string(&v.data));
	CHECK_INT(take_until(&v, HOT_BACKUP_PHASE_COUNT, &totals), -1);
	CHECK(strstr(v.err.message, "cannot lie in it"));
	error_release(&v.err);
}

static void a_shortened_file_is_named(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	char *path CLEANUP(cleanup_free) = in_backup(&v, "counts.db");

	take(&v);
	CHECK_INT(truncate(path, 4096), 0);
	check_refused(&v, NULL, ERROR_CORRUPT, "backup/counts.db has 4096 bytes in place of 8192");
}

static void a_changed_file_is_named(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	char *path CLEANUP(cleanup_free) = in_backup(&v, "catalog.db");
	int fd CLEANUP(cleanup_close) = -1;

	take(&v);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK_INT(pwrite(fd, "x", 1, 8000), 1);
	check_refused(&v, NULL, ERROR_CORRUPT, "backup/catalog.db was changed");
}

static void a_missing_file_is_named(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	char *path CLEANUP(cleanup_free) = in_backup(&v, "tokens.db");

	take(&v);
	CHECK_INT(unlink(path), 0);
	check_refused(&v, NULL, ERROR_CORRUPT, "backup/tokens.db is missing");
}

static void a_shortened_manifest_is_told(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	char *path CLEANUP(cleanup_free) = in_backup(&v, "backup.json");

	take(&v);
	CHECK_INT(truncate(path, 300), 0);
	check_refused(&v, NULL, ERROR_CORRUPT, "backup/backup.json is damaged");
	CHECK_INT(unlink(path), 0);
	check_refused(&v, NULL, ERROR_VALIDATION, "backup is no backup: it has no backup.json");
}

static void a_name_does_not_lead_out_of_the_backup(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	char *path CLEANUP(cleanup_free) = in_backup(&v, "backup.json");

	take(&v);
	write_file(path,
		"{\"FormatVersion\":1,\"Encrypted\":false,\"Tables\":1,\"Items\":1,\"ItemBytes\":1,"
		"\"Files\":[{\"Name\":\"a/../../x\",\"Bytes\":1,\"SHA256\":\""
		"0000000000000000000000000000000000000000000000000000000000000000\"}]}");
	check_refused(&v, NULL, ERROR_CORRUPT, "backup/backup.json is damaged");
}

static void an_encrypted_store_has_an_encrypted_backup(void)
{
	struct vault v CLEANUP(vault_release) = vault_new("key");

	take(&v);
	CHECK_INT(count_secrets(v.path), 0);
	check_refused(&v, NULL, ERROR_ACCESS_DENIED, "backup is encrypted: name its key");
	write_file(buf_string(&v.key), "another key, another key");
	check_refused(&v, buf_string(&v.key), ERROR_ACCESS_DENIED, "is not the one that");
	write_file(buf_string(&v.key), "0123456789abcdef");
	restore(&v, buf_string(&v.key), NULL);
	open_restored(&v, buf_string(&v.key));
	check_rows(&v);
	CHECK_INT(count_secrets(v.path), 0);
}

static void a_backup_is_restored_into_an_encrypted_directory(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);

	take(&v);
	CHECK(count_secrets(v.backup.data) > 0);
	restore(&v, buf_string(&v.key), NULL);
	open_restored(&v, buf_string(&v.key));
	check_rows(&v);
	CHECK_INT(count_secrets(v.restored.data), 0);
}

static void a_backup_is_restored_under_another_key(void)
{
	struct vault v CLEANUP(vault_release) = vault_new("key");
	struct buf next CLEANUP(buf_release) = BUF_INIT;

	take(&v);
	buf_appendf(&next, "%s/next", v.path);
	write_file(buf_string(&next), "another key, another key");
	restore(&v, buf_string(&next), buf_string(&v.key));
	open_restored(&v, buf_string(&next));
	check_rows(&v);
	CHECK_INT(count_secrets(v.path), 0);
}

static void a_backup_is_restored_without_its_key_any_more(void)
{
	struct vault v CLEANUP(vault_release) = vault_new("key");

	take(&v);
	restore(&v, NULL, buf_string(&v.key));
	open_restored(&v, NULL);
	check_rows(&v);
	CHECK(count_secrets(v.restored.data) > 0);
}

/* Pairs of rows that always agree, as each transaction writes both. */

struct pair_writer {
	struct vault *vault;
	const char *pk;
	atomic_bool stop;
	unsigned written;
	bool failed;
};

static int write_pair_body(struct txn *txn, void *context, struct error *err)
{
	struct fixture_write *pair = context;

	TRY(write_apply(txn, &pair[0].action, &pair[0].result, err));
	return write_apply(txn, &pair[1].action, &pair[1].result, err);
}

static void write_pair(struct pair_writer *writer, unsigned number)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct fixture *f = &writer->vault->f;
	struct fixture_write pair[2] = { 0 };
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct map items[2];

	buf_appendf(&text, "%u", number);
	for (int i = 0; i < 2; i++) {
		items[i] =
			fixture_item(&arena, writer->pk, i * 1000 + number % 100, buf_slice(&text));
		pair[i].action = (struct write_action){
			.kind = WRITE_PUT,
			.table = f->table,
			.row_key = fixture_key_of(f->table, &arena, &items[i]),
			.item = &items[i],
		};
	}
	writer->failed |= txn_run(f->store, TXN_WRITE, DURABLE_PROCESS, &arena, write_pair_body,
				  pair, &err) < 0;
}

static void *write_pairs(void *context)
{
	struct pair_writer *writer = context;

	while (!writer->stop) {
		write_pair(writer, writer->written++);
		usleep(100); /* or others seldom come to write: what waits longest is not first */
	}
	return NULL;
}

/* Of each writer there are the pairs up to some number, and none after it. */
static void check_pairs(struct vault *v, const char *pk)
{
	long newest = -1, oldest = 1L << 40;

	for (int i = 0; i < 100; i++) {
		struct slice one = fixture_value(&v->f, pk, i);
		struct slice other = fixture_value(&v->f, pk, 1000 + i);
		long number;

		CHECK(slice_equal(one, other));
		if (!slice_present(one))
			continue;
		number = strtol(one.data, NULL, 10);
		newest = number > newest ? number : newest;
		oldest = number < oldest ? number : oldest;
	}
	CHECK(newest < 100 || newest - oldest == 99);
}

static void a_backup_under_load_is_of_one_moment(void)
{
	struct vault v CLEANUP(vault_release) = vault_new("key");
	struct pair_writer writers[] = { { .vault = &v, .pk = "a" }, { .vault = &v, .pk = "b" } };
	struct steps steps = { .end_in = HOT_BACKUP_PHASE_COUNT, .busy = &v.f };
	struct hot_backup_totals totals;
	pthread_t threads[ARRAY_SIZE(writers)];

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		CHECK_INT(pthread_create(&threads[i], NULL, write_pairs, &writers[i]), 0);
	while (writers[0].written < test_rounds(500))
		usleep(1000);
	CHECK_OK(hot_backup_take(v.f.store, v.backup.data,
			 &(struct hot_backup_watcher){ take_step, &steps }, &totals, &v.err),
		&v.err);
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		writers[i].stop = true;
		CHECK_INT(pthread_join(threads[i], NULL), 0);
		CHECK(!writers[i].failed);
	}
	restore(&v, buf_string(&v.key), NULL);
	open_restored(&v, buf_string(&v.key));
	check_pairs(&v, "a");
	check_pairs(&v, "b");
	CHECK_INT(fixture_check(&v.f, NULL).problems, 0);
}

/* Makes and deletes tables, in each of which there is a row. */
static void *change_tables(void *context)
{
	struct pair_writer *changer = context;
	struct fixture f = { .store = changer->vault->f.store, .arena = ARENA_INIT };
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	for (; !changer->stop; changer->written++) {
		buf_clear(&name);
		buf_appendf(&name, "Other%u", changer->written);
		fixture_create_table(&f, buf_string(&name));
		f.table = fixture_find(&f, buf_string(&name));
		fixture_put(&f, "SECRET", 1, "SECRET");
		table_unref(f.table);
		if (changer->written % 3 == 0)
			continue;
		changer->failed |= table_delete(f.store, slice_from_string(name.data), false,
					   DURABLE_PROCESS, &f.err) < 0;
	}
	arena_release(&f.arena);
	return NULL;
}

static void tables_may_come_and_go_meanwhile(void)
{
	struct vault v CLEANUP(vault_release) = vault_new(NULL);
	struct pair_writer changer = { &v, "", false, 0, false };
	struct hot_backup_totals totals;
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, change_tables, &changer), 0);
	while (changer.written < 10)
		usleep(1000);
	CHECK_OK(take_until(&v, HOT_BACKUP_PHASE_COUNT, &totals), &v.err);
	changer.stop = true;
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK(!changer.failed);
	CHECK(totals.tables > 1);
	CHECK_OK(restore_with(&v, NULL, NULL, HOT_BACKUP_PHASE_COUNT, &totals), &v.err);
	open_restored(&v, NULL);
	CHECK_INT(fixture_check(&v.f, NULL).tables, totals.tables);
	CHECK_INT(fixture_check(&v.f, NULL).problems, 0);
}

static const struct test_case cases[] = {
	{ "what is restored is what was there", what_is_restored_is_what_was_there },
	{ "what is restored is counted", what_is_restored_is_counted },
	{ "each phase tells how far it is", each_phase_tells_how_far_it_is },
	{ "what belongs to the process stays behind", what_belongs_to_the_process_stays_behind },
	{ "what is there already is kept", what_is_there_already_is_kept },
	{ "one that is stopped leaves nothing", one_that_is_stopped_leaves_nothing },
	{ "one left unfinished is told with what to do",
		one_left_unfinished_is_told_with_what_to_do },
	{ "a backup does not lie in what it is of", a_backup_does_not_lie_in_what_it_is_of },
	{ "a shortened file is named", a_shortened_file_is_named },
	{ "a changed file is named", a_changed_file_is_named },
	{ "a missing file is named", a_missing_file_is_named },
	{ "a shortened manifest is told", a_shortened_manifest_is_told },
	{ "a name does not lead out of the backup", a_name_does_not_lead_out_of_the_backup },
	{ "an encrypted store has an encrypted backup",
		an_encrypted_store_has_an_encrypted_backup },
	{ "a backup is restored into an encrypted directory",
		a_backup_is_restored_into_an_encrypted_directory },
	{ "a backup is restored under another key", a_backup_is_restored_under_another_key },
	{ "a backup is restored without its key any more",
		a_backup_is_restored_without_its_key_any_more },
	{ "a backup under load is of one moment", a_backup_under_load_is_of_one_moment },
	{ "tables may come and go meanwhile", tables_may_come_and_go_meanwhile },
};

TEST_MAIN(cases)
