#undef NDEBUG
#include "test.h"

#include "api/bucket.h"
#include "api/export_writer.h"
#include "base/buf.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

/* A directory of buckets with one, "photos". */
struct buckets {
	char *root;
	int bucket;
	struct arena arena;
	struct error err;
};

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static void buckets_release(struct buckets *b)
{
	close(b->bucket);
	nftw(b->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(b->root);
	arena_release(&b->arena);
	error_release(&b->err);
}

static const char *path_of(struct buckets *b, const char *name)
{
	return arena_printf(&b->arena, "%s/%s", b->root, name).data;
}

static struct buckets buckets_new(void)
{
	struct buckets b = { .arena = ARENA_INIT, .err = ERROR_INIT };
	const char *base = getenv("TMPDIR");
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/dynamount-buckets-XXXXXX", base ? base : "/tmp");
	buf_string(&path);
	b.root = mkdtemp(path.data);
	CHECK(b.root);
	CHECK_INT(mkdir(path_of(&b, "photos"), 0700), 0);
	CHECK_INT(bucket_open(b.root, SLICE("photos"), &b.bucket, &b.err), 0);
	return b;
}

static void put(struct buckets *b, const char *directory, const char *name)
{
	int fd = -1, file;

	CHECK_OK(bucket_make_directory(b->bucket, slice_from_string(directory), &fd, &b->err),
		&b->err);
	file = openat(fd, name, O_WRONLY | O_CREAT, 0600);
	CHECK(file >= 0);
	close(file);
	close(fd);
}

/* The keys of a prefix, with blanks between. */
static struct slice list(struct buckets *b, const char *prefix, size_t limit)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct slice *keys;
	size_t count;

	CHECK_OK(bucket_list(b->bucket, slice_from_string(prefix), limit, &b->arena, &keys, &count,
			 &b->err),
		&b->err);
	for (size_t i = 0; i < count; i++)
		buf_appendf(&text, "%s%.*s", i ? " " : "", SLICE_ARG(keys[i]));
	return arena_copy(&b->arena, buf_slice(&text));
}

static void names_are_those_of_S3(void)
{
	static const char *const good[] = { "abc", "a.b-c_d", "My-Bucket.2026", "123" };
	static const char *const bad[] = { "", "ab", "..", ".ab", "-ab", "a..b", "a/b", "a b",
		"ä-b" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_OK(bucket_check_name(slice_from_string(good[i]), &err), &err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_INT(bucket_check_name(slice_from_string(bad[i]), &err), -1);
		CHECK_INT(err.class, ERROR_VALIDATION);
	}
}

static void prefixes_stay_in_their_bucket(void)
{
	static const char *const good[] = { "", "a", "a/", "a/b.c/d", "...", "a/..b" };
	static const char *const bad[] = { "..", "/", "/a", "a//b", "a/../b", "a/.", "./a",
		"a/.." };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_OK(bucket_check_prefix(slice_from_string(good[i]), &err), &err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_INT(bucket_check_prefix(slice_from_string(bad[i]), &err), -1);
	}
	{
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_INT(bucket_check_prefix((struct slice){ "a\0b", 3 }, &err), -1);
	}
}

static void a_prefix_is_of_keys_not_of_directories(void)
{
	struct buckets b CLEANUP(buckets_release) = buckets_new();

	put(&b, "a/deep/", "z");
	put(&b, "a/", "b");
	put(&b, "ab/", "c");
	put(&b, "", "a-file");
	CHECK_TEXT(list(&b, "", 10), "a-file a/b a/deep/z ab/c");
	CHECK_TEXT(list(&b, "a", 10), "a-file a/b a/deep/z ab/c");
	CHECK_TEXT(list(&b, "a/", 10), "a/b a/deep/z");
	CHECK_TEXT(list(&b, "a/d", 10), "a/deep/z");
	CHECK_TEXT(list(&b, "a/deep/z", 10), "a/deep/z");
	CHECK_TEXT(list(&b, "a/deep/z/", 10), "");
	CHECK_TEXT(list(&b, "b", 10), "");
}

static void more_keys_than_the_limit_are_an_error(void)
{
	struct buckets b CLEANUP(buckets_release) = buckets_new();
	struct slice *keys;
	size_t count;

	put(&b, "", "1");
	put(&b, "", "2");
	CHECK_TEXT(list(&b, "", 2), "1 2");
	CHECK_INT(bucket_list(b.bucket, SLICE(""), 1, &b.arena, &keys, &count, &b.err), -1);
	CHECK_ERROR(&b.err, ERROR_VALIDATION, "More than 1 objects begin with that prefix");
}

static void a_missing_bucket_is_an_outcome(void)
{
	struct buckets b CLEANUP(buckets_release) = buckets_new();
	int fd = -1;

	CHECK_INT(bucket_open(b.root, SLICE("other"), &fd, &b.err), BUCKET_ABSENT);
	close(open(path_of(&b, "file"), O_CREAT | O_WRONLY, 0600));
	CHECK_INT(bucket_open(b.root, SLICE("file"), &fd, &b.err), BUCKET_ABSENT);
}

/* Neither to write nor to read nor to list. */
static void links_lead_nowhere(void)
{
	struct buckets b CLEANUP(buckets_release) = buckets_new();
	int fd = -1;

	CHECK_INT(mkdir(path_of(&b, "outside"), 0700), 0);
	close(open(path_of(&b, "outside/secret"), O_CREAT | O_WRONLY, 0600));
	CHECK_INT(symlink("../outside", path_of(&b, "photos/link")), 0);
	CHECK_INT(symlink("../outside/secret", path_of(&b, "photos/secret")), 0);
	CHECK_TEXT(list(&b, "", 10), "");
	CHECK_INT(bucket_make_directory(b.bucket, SLICE("link/new/"), &fd, &b.err), -1);
	error_release(&b.err);
	CHECK_INT(bucket_open_object(b.bucket, SLICE("link/secret"), &fd, &b.err), -1);
	error_release(&b.err);
	CHECK_INT(bucket_open_object(b.bucket, SLICE("secret"), &fd, &b.err), -1);
}

static void a_directory_is_removed_with_all_below_and_nothing_else(void)
{
	struct buckets b CLEANUP(buckets_release) = buckets_new();

	put(&b, "keep/", "this");
	put(&b, "keep/go/deep/", "a");
	put(&b, "keep/go/", "b");
	CHECK_INT(mkdir(path_of(&b, "outside"), 0700), 0);
	close(open(path_of(&b, "outside/stays"), O_CREAT | O_WRONLY, 0600));
	CHECK_INT(symlink("../../../outside", path_of(&b, "photos/keep/go/link")), 0);
	CHECK_OK(bucket_remove_directory(b.bucket, SLICE("keep/go/"), &b.err), &b.err);
	CHECK_TEXT(list(&b, "", 10), "keep/this");
	CHECK_INT(access(path_of(&b, "photos/keep/go"), F_OK), -1);
	CHECK_INT(access(path_of(&b, "outside/stays"), F_OK), 0);
}

static void a_directory_that_was_never_made_is_removed_already(void)
{
	struct buckets b CLEANUP(buckets_release) = buckets_new();

	put(&b, "keep/", "this");
	CHECK_OK(bucket_remove_directory(b.bucket, SLICE("keep/never/"), &b.err), &b.err);
	CHECK_OK(bucket_remove_directory(b.bucket, SLICE("never/made/"), &b.err), &b.err);
	CHECK_OK(bucket_remove_directory(b.bucket, SLICE("keep/this/made/"), &b.err), &b.err);
	CHECK_TEXT(list(&b, "", 10), "keep/this");
}

/* A manifest that is there already stands for any that cannot be written. */
static void an_incremental_export_that_fails_takes_its_data_back(void)
{
	struct buckets b CLEANUP(buckets_release) = buckets_new();
	const struct export_summary summary = { .export_id = SLICE("0-a"), .incremental = true };
	struct export_writer writer = { .directory = -1, .data = -1, .shared = -1 };
	int directory = -1, shared = -1;

	put(&b, "data/", "other.json.gz");
	put(&b, "0-a/", "manifest-files.json");
	CHECK_OK(bucket_make_directory(b.bucket, SLICE("0-a/"), &directory, &b.err), &b.err);
	CHECK_OK(export_writer_open(&writer, directory, SLICE("data/"), &b.arena, &b.err), &b.err);
	CHECK_OK(export_writer_end_data(&writer, &b.err), &b.err);
	CHECK_OK(bucket_make_directory(b.bucket, SLICE("data/"), &shared, &b.err), &b.err);
	CHECK_OK(export_writer_share_data(&writer, shared, &b.err), &b.err);
	CHECK_INT(export_writer_finish(&writer, &summary, &b.err), -1);
	export_writer_unshare_data(&writer);
	export_writer_release(&writer);
	CHECK_TEXT(list(&b, "data/", 10), "data/other.json.gz");
}

static const struct test_case cases[] = {
	{ "names are those of S3", names_are_those_of_S3 },
	{ "prefixes stay in their bucket", prefixes_stay_in_their_bucket },
	{ "a prefix is of keys, not of directories", a_prefix_is_of_keys_not_of_directories },
	{ "more keys than the limit are an error", more_keys_than_the_limit_are_an_error },
	{ "a missing bucket is an outcome", a_missing_bucket_is_an_outcome },
	{ "links lead nowhere", links_lead_nowhere },
	{ "a directory is removed with all below and nothing else",
		a_directory_is_removed_with_all_below_and_nothing_else },
	{ "a directory that was never made is removed already",
		a_directory_that_was_never_made_is_removed_already },
	{ "an incremental export that fails takes its data back",
		an_incremental_export_that_fails_takes_its_data_back },
};

TEST_MAIN(cases)
