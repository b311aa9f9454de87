#undef NDEBUG
#include "scratch.h"
#include "test.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sys/stat.h>

#define ALICE 1000
#define BOB   1001
#define LIMIT 100000

/* An overlay in a data directory of its own. */
struct fixture {
	struct buf data;
	struct scratch *scratch;
};

static void fixture_open(struct fixture *f, int64_t limit)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(scratch_new(buf_string(&f->data), limit, &f->scratch, &err), &err);
}

static struct fixture fixture_new(void)
{
	const char *parent = getenv("TMPDIR");
	struct fixture f = { 0 };

	buf_appendf(&f.data, "%s/test-scratch-XXXXXX", parent ? parent : "/tmp");
	buf_string(&f.data);
	CHECK(mkdtemp(f.data.data));
	fixture_open(&f, LIMIT);
	return f;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat, (void)type, (void)ftw;
	return remove(path);
}

static void fixture_release(struct fixture *f)
{
	scratch_free(f->scratch);
	nftw(buf_string(&f->data), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	buf_release(&f->data);
}

/* As a new mount finds it. */
static void fixture_remount(struct fixture *f, int64_t limit)
{
	scratch_free(f->scratch);
	fixture_open(f, limit);
}

static struct scratch_path at(const char *directory, const char *name)
{
	return (struct scratch_path){ slice_from_string(directory), slice_from_string(name) };
}

static struct scratch_path movie(const char *name)
{
	return at("Movies/2013", name);
}

static struct scratch_file *open_file(struct fixture *f, uid_t uid, struct scratch_path path)
{
	struct scratch_file *file = NULL;

	CHECK_INT(scratch_open(f->scratch, uid, path, O_CREAT | O_RDWR, &file), 0);
	return file;
}

static void put(struct fixture *f, uid_t uid, struct scratch_path path, const char *text)
{
	struct scratch_file *file = NULL;
	struct slice data = slice_from_string(text);

	CHECK_INT(scratch_open(f->scratch, uid, path, O_CREAT | O_TRUNC, &file), 0);
	CHECK_INT(scratch_write(file, data, 0), data.len);
	scratch_close(file);
}

static void check_content(struct scratch_file *file, const char *expected)
{
	char *data CLEANUP(cleanup_free) = memory_new(1000);
	ssize_t n = scratch_read(file, data, 1000, 0);

	CHECK(n >= 0);
	CHECK_TEXT(slice_of(data, (size_t)n), expected);
}

static void check_file(struct fixture *f, uid_t uid, struct scratch_path path, const char *expected)
{
	struct scratch_file *file = NULL;

	CHECK_INT(scratch_open(f->scratch, uid, path, 0, &file), 0);
	check_content(file, expected);
	scratch_close(file);
}

static bool absent(struct fixture *f, uid_t uid, struct scratch_path path)
{
	struct stat stat;

	return scratch_stat(f->scratch, uid, path, &stat) == -ENOENT;
}

static int64_t used(struct fixture *f, uid_t uid)
{
	struct scratch_usage usage;

	scratch_usage(f->scratch, uid, &usage);
	return usage.bytes;
}

/* The names in a directory, joined by blanks. */
static void check_list(struct fixture *f, uid_t uid, const char *directory, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf names CLEANUP(buf_release) = BUF_INIT;
	struct scratch_list list;

	CHECK_INT(scratch_list(f->scratch, uid, slice_from_string(directory), &arena, &list), 0);
	for (size_t i = 0; i < list.count; i++)
		buf_appendf(&names, "%s%.*s", i ? " " : "", SLICE_ARG(list.entries[i].name));
	CHECK_TEXT(buf_slice(&names), expected);
}

static void what_was_written_is_read(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, movie(".x.swp"), "hello");
	check_file(&f, ALICE, movie(".x.swp"), "hello");
	put(&f, ALICE, movie(".x.swp"), "bye");
	check_file(&f, ALICE, movie(".x.swp"), "bye");
}

static void a_file_is_shown_as_the_users_with_mode_0600(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct stat stat;

	put(&f, ALICE, at("", "4913"), "hello");
	CHECK_INT(scratch_stat(f.scratch, ALICE, at("", "4913"), &stat), 0);
	CHECK_INT(stat.st_uid, ALICE);
	CHECK_INT(stat.st_mode, S_IFREG | 0600);
	CHECK_INT(stat.st_size, 5);
	CHECK_INT(stat.st_nlink, 1);
}

static void files_survive_a_remount(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	int64_t before;

	put(&f, ALICE, movie("x~"), "hello");
	CHECK_INT(scratch_symlink(f.scratch, ALICE, at("", ".#x"), SLICE("me@host.1")), 0);
	before = used(&f, ALICE);
	fixture_remount(&f, LIMIT);
	check_file(&f, ALICE, movie("x~"), "hello");
	CHECK_INT(before, 2 * SCRATCH_ENTRY_COST + 5 + 9);
	CHECK_INT(used(&f, ALICE), before);
}

static void nobody_sees_anothers_files(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, movie("x~"), "alice");
	CHECK(absent(&f, BOB, movie("x~")));
	check_list(&f, BOB, "Movies/2013", "");
	CHECK_INT(scratch_unlink(f.scratch, BOB, movie("x~")), -ENOENT);
	CHECK_INT(scratch_rename(f.scratch, BOB, movie("x~"), movie("y~"), 0), -ENOENT);
	put(&f, BOB, movie("x~"), "bob");
	check_file(&f, ALICE, movie("x~"), "alice");
	check_file(&f, BOB, movie("x~"), "bob");
}

static void a_file_may_be_named_like_a_directory(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, at("Movies", "2013"), "file");
	put(&f, ALICE, movie("x~"), "below");
	put(&f, ALICE, at("", "Movies"), "root");
	put(&f, ALICE, movie(".files"), "files");
	check_file(&f, ALICE, at("Movies", "2013"), "file");
	check_file(&f, ALICE, movie("x~"), "below");
	check_file(&f, ALICE, at("", "Movies"), "root");
	check_file(&f, ALICE, movie(".files"), "files");
	check_list(&f, ALICE, "Movies", "2013");
}

static void names_and_directories_are_checked(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct scratch_file *file;
	struct stat stat;

	for (unsigned i = 0; i < 256; i++)
		buf_append_char(&name, 'n');
	CHECK_INT(scratch_stat(f.scratch, ALICE, at("", buf_string(&name)), &stat), -ENAMETOOLONG);
	CHECK_INT(scratch_open(f.scratch, ALICE, at("", buf_string(&name)), O_CREAT, &file),
		-ENAMETOOLONG);
	buf_resize(&name, 255);
	put(&f, ALICE, at("", buf_string(&name)), "fits");
	CHECK_INT(scratch_stat(f.scratch, ALICE, at("", ""), &stat), -ENOENT);
	CHECK_INT(scratch_open(f.scratch, ALICE, at("", ".."), O_CREAT, &file), -EINVAL);
	CHECK_INT(scratch_open(f.scratch, ALICE, at("", "a/b"), O_CREAT, &file), -EINVAL);
	CHECK_INT(scratch_open(f.scratch, ALICE, at("..", "x~"), O_CREAT, &file), -EINVAL);
	CHECK_INT(
		scratch_open(f.scratch, ALICE, at("Movies/.files", "x"), O_CREAT, &file), -EINVAL);
	CHECK_INT(scratch_open(f.scratch, ALICE, at("a/b/c/d/e/f/g/h/i", "x"), O_CREAT, &file),
		-EINVAL);
}

static void an_absent_file_is_opened_only_to_create_it(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file;

	CHECK_INT(scratch_open(f.scratch, ALICE, movie("x~"), O_RDWR, &file), -ENOENT);
	put(&f, ALICE, at("", "other~"), "");
	CHECK_INT(scratch_open(f.scratch, ALICE, movie("x~"), O_RDWR, &file), -ENOENT);
	CHECK_INT(scratch_truncate(f.scratch, ALICE, movie("x~"), 0), -ENOENT);
	CHECK_INT(scratch_unlink(f.scratch, ALICE, movie("x~")), -ENOENT);
}

static void exclusive_creation_finds_files_and_symlinks_in_the_way(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file;

	CHECK_INT(scratch_open(f.scratch, ALICE, movie("4913"), O_CREAT | O_EXCL, &file), 0);
	scratch_close(file);
	CHECK_INT(scratch_open(f.scratch, ALICE, movie("4913"), O_CREAT | O_EXCL, &file), -EEXIST);
	CHECK_INT(scratch_symlink(f.scratch, ALICE, movie(".#x"), SLICE("nowhere")), 0);
	CHECK_INT(scratch_open(f.scratch, ALICE, movie(".#x"), O_CREAT | O_EXCL, &file), -EEXIST);
}

static void symlinks_are_read_and_never_followed(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf target CLEANUP(buf_release) = BUF_INIT;
	struct timespec times[2] = { { 1, 0 }, { 2, 0 } };
	struct scratch_file *file;
	struct stat stat;

	CHECK_INT(scratch_symlink(f.scratch, ALICE, movie(".#x"), SLICE("/etc/passwd")), 0);
	CHECK_INT(scratch_readlink(f.scratch, ALICE, movie(".#x"), &target), 0);
	CHECK_TEXT(buf_slice(&target), "/etc/passwd");
	CHECK_INT(scratch_open(f.scratch, ALICE, movie(".#x"), O_CREAT, &file), -ELOOP);
	CHECK_INT(scratch_truncate(f.scratch, ALICE, movie(".#x"), 0), -ELOOP);
	CHECK_INT(scratch_utimens(f.scratch, ALICE, movie(".#x"), times), 0);
	CHECK_INT(scratch_stat(f.scratch, ALICE, movie(".#x"), &stat), 0);
	CHECK_INT(stat.st_mode, S_IFLNK | 0777);
	CHECK_INT(stat.st_size, 11);
	CHECK_INT(stat.st_mtim.tv_sec, 2);
	CHECK_INT(scratch_unlink(f.scratch, ALICE, movie(".#x")), 0);
	CHECK_INT(used(&f, ALICE), 0);
}

static void a_symlink_takes_no_name_in_use_and_no_empty_target(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf target CLEANUP(buf_release) = BUF_INIT;

	put(&f, ALICE, movie("x~"), "");
	CHECK_INT(scratch_symlink(f.scratch, ALICE, movie("x~"), SLICE("y")), -EEXIST);
	CHECK_INT(scratch_symlink(f.scratch, ALICE, movie("y~"), SLICE("")), -ENOENT);
	CHECK_INT(scratch_readlink(f.scratch, ALICE, movie("x~"), &target), -EINVAL);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST);
}

static void a_write_beyond_the_limit_fails_and_writes_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf much CLEANUP(buf_release) = BUF_INIT;
	struct scratch_file *file = open_file(&f, ALICE, movie("x~"));
	struct stat stat;

	buf_resize(&much, LIMIT - SCRATCH_ENTRY_COST);
	CHECK_INT(scratch_write(file, buf_slice(&much), 1), -EDQUOT);
	CHECK_INT(scratch_file_stat(file, &stat), 0);
	CHECK_INT(stat.st_size, 0);
	CHECK_INT(scratch_write(file, buf_slice(&much), 0), much.len);
	CHECK_INT(used(&f, ALICE), LIMIT);
	CHECK_INT(scratch_write(file, buf_slice(&much), 0), much.len);
	CHECK_INT(scratch_write(file, SLICE("x"), (off_t)much.len), -EDQUOT);
	scratch_close(file);
	CHECK_INT(scratch_symlink(f.scratch, ALICE, movie(".#x"), SLICE("y")), -EDQUOT);
	CHECK_INT(scratch_open(f.scratch, ALICE, movie("y~"), O_CREAT, &file), -EDQUOT);
	put(&f, BOB, movie("x~"), "another's limit is another's");
}

static void truncation_and_unlinking_give_back(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, movie("x~"), "0123456789");
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 10);
	CHECK_INT(scratch_truncate(f.scratch, ALICE, movie("x~"), 4), 0);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 4);
	put(&f, ALICE, movie("x~"), "1");
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 1);
	CHECK_INT(scratch_unlink(f.scratch, ALICE, movie("x~")), 0);
	CHECK_INT(used(&f, ALICE), 0);
}

static void a_hole_is_charged_and_reads_as_zeros(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file = open_file(&f, ALICE, movie("x~"));
	char data[4] = "abc";
	struct stat stat;

	CHECK_INT(scratch_file_truncate(file, LIMIT), -EDQUOT);
	CHECK_INT(scratch_file_truncate(file, -1), -EINVAL);
	CHECK_INT(scratch_file_truncate(file, 90000), 0);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 90000);
	CHECK_INT(scratch_read(file, data, 4, 89998), 2);
	CHECK(data[0] == '\0' && data[1] == '\0');
	CHECK_INT(scratch_file_stat(file, &stat), 0);
	CHECK_INT(stat.st_size, 90000);
	CHECK_INT(stat.st_blocks, 0);
	scratch_close(file);
}

static void impossible_offsets_are_refused(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file = open_file(&f, ALICE, movie("x~"));

	CHECK_INT(scratch_write(file, SLICE("x"), -1), -EINVAL);
	CHECK_INT(scratch_write(file, SLICE("x"), INT64_MAX), -EFBIG);
	CHECK_INT(scratch_write(file, SLICE(""), 500), 0);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST);
	scratch_close(file);
}

static void an_unlinked_file_is_read_until_its_last_close(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file, *again;
	struct stat stat;

	put(&f, ALICE, movie("x~"), "kept");
	file = open_file(&f, ALICE, movie("x~"));
	again = open_file(&f, ALICE, movie("x~"));
	CHECK_INT(scratch_unlink(f.scratch, ALICE, movie("x~")), 0);
	CHECK(absent(&f, ALICE, movie("x~")));
	check_content(file, "kept");
	CHECK_INT(scratch_file_stat(file, &stat), 0);
	CHECK_INT(stat.st_nlink, 0);
	scratch_close(again);
	CHECK_INT(scratch_write(file, SLICE("5 more"), 4), 6);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 10);
	scratch_close(file);
	CHECK_INT(used(&f, ALICE), 0);
}

static void a_new_file_of_an_unlinked_name_is_another(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *old;

	put(&f, ALICE, movie("x~"), "old");
	old = open_file(&f, ALICE, movie("x~"));
	CHECK_INT(scratch_unlink(f.scratch, ALICE, movie("x~")), 0);
	put(&f, ALICE, movie("x~"), "young");
	check_content(old, "old");
	check_file(&f, ALICE, movie("x~"), "young");
	scratch_close(old);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 5);
}

static void renaming_replaces_the_target_and_keeps_it_while_open(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *target;

	put(&f, ALICE, movie("new~"), "new");
	put(&f, ALICE, at("", "old~"), "older");
	target = open_file(&f, ALICE, at("", "old~"));
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("new~"), at("", "old~"), 0), 0);
	CHECK(absent(&f, ALICE, movie("new~")));
	check_file(&f, ALICE, at("", "old~"), "new");
	check_content(target, "older");
	CHECK_INT(used(&f, ALICE), 2 * SCRATCH_ENTRY_COST + 8);
	scratch_close(target);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 3);
}

static void an_open_file_follows_its_rename(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file = open_file(&f, ALICE, movie("x~"));

	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("x~"), at("Users", "y~"), 0), 0);
	CHECK_INT(scratch_write(file, SLICE("after"), 0), 5);
	check_file(&f, ALICE, at("Users", "y~"), "after");
	scratch_close(file);
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 5);
}

static void renaming_onto_itself_changes_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, movie("x~"), "same");
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("x~"), movie("x~"), 0), 0);
	check_file(&f, ALICE, movie("x~"), "same");
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 4);
}

static void renaming_without_replacing_keeps_the_target(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, movie("a~"), "a");
	put(&f, ALICE, at("", "b~"), "b");
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("a~"), at("", "b~"), RENAME_NOREPLACE),
		-EEXIST);
	check_file(&f, ALICE, movie("a~"), "a");
	check_file(&f, ALICE, at("", "b~"), "b");
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("a~"), movie("c~"), RENAME_NOREPLACE), 0);
	check_file(&f, ALICE, movie("c~"), "a");
	CHECK_INT(used(&f, ALICE), 2 * SCRATCH_ENTRY_COST + 2);
}

static void exchanging_swaps_two_files(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, movie("a~"), "a");
	put(&f, ALICE, at("", "b~"), "bb");
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("a~"), at("", "b~"), RENAME_EXCHANGE), 0);
	check_file(&f, ALICE, movie("a~"), "bb");
	check_file(&f, ALICE, at("", "b~"), "a");
	CHECK_INT(used(&f, ALICE), 2 * SCRATCH_ENTRY_COST + 3);
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("a~"), movie("none~"), RENAME_EXCHANGE),
		-ENOENT);
}

static void unknown_rename_flags_are_refused(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, ALICE, movie("a~"), "a");
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("a~"), movie("b~"), RENAME_WHITEOUT),
		-EINVAL);
	CHECK_INT(scratch_rename(f.scratch, ALICE, movie("a~"), movie("b~"),
			  RENAME_EXCHANGE | RENAME_NOREPLACE),
		-EINVAL);
	check_file(&f, ALICE, movie("a~"), "a");
}

static void folders_go_with_their_last_file(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&path, "%s/scratch/%d/Movies", buf_string(&f.data), ALICE);
	put(&f, ALICE, movie("x~"), "");
	put(&f, ALICE, at("Movies", "y~"), "");
	CHECK_INT(scratch_unlink(f.scratch, ALICE, movie("x~")), 0);
	CHECK_INT(access(buf_string(&path), F_OK), 0);
	CHECK_INT(scratch_rename(f.scratch, ALICE, at("Movies", "y~"), at("", "y~"), 0), 0);
	CHECK_INT(access(buf_string(&path), F_OK), -1);
	CHECK_INT(scratch_rename(f.scratch, ALICE, at("", "y~"), movie("y~"), RENAME_EXCHANGE),
		-ENOENT);
	CHECK_INT(access(buf_string(&path), F_OK), -1);
}

static void times_are_set_and_kept(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct timespec times[2] = { { 1, 5 }, { 1700000000, 123456789 } };
	struct scratch_file *file = open_file(&f, ALICE, movie("x~"));
	struct stat stat;

	CHECK_INT(scratch_utimens(f.scratch, ALICE, movie("x~"), times), 0);
	CHECK_INT(scratch_file_stat(file, &stat), 0);
	CHECK_INT(stat.st_mtim.tv_sec, 1700000000);
	CHECK_INT(stat.st_mtim.tv_nsec, 123456789);
	CHECK_INT(stat.st_atim.tv_sec, 1);
	times[0].tv_nsec = UTIME_OMIT;
	times[1] = (struct timespec){ 7, 0 };
	CHECK_INT(scratch_file_utimens(file, times), 0);
	CHECK_INT(scratch_stat(f.scratch, ALICE, movie("x~"), &stat), 0);
	CHECK_INT(stat.st_mtim.tv_sec, 7);
	CHECK_INT(stat.st_atim.tv_sec, 1);
	scratch_close(file);
}

static void writing_and_truncating_set_mtime_and_ctime(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	struct scratch_file *file = open_file(&f, ALICE, movie("x~"));
	struct stat stat;

	CHECK_INT(scratch_file_utimens(file, times), 0);
	CHECK_INT(scratch_write(file, SLICE("x"), 0), 1);
	CHECK_INT(scratch_file_stat(file, &stat), 0);
	CHECK(stat.st_mtim.tv_sec > 1);
	CHECK(stat.st_ctim.tv_sec >= stat.st_mtim.tv_sec);
	CHECK_INT(scratch_file_utimens(file, times), 0);
	CHECK_INT(scratch_truncate(f.scratch, ALICE, movie("x~"), 0), 0);
	CHECK_INT(scratch_file_stat(file, &stat), 0);
	CHECK(stat.st_mtim.tv_sec > 1);
	CHECK_INT(scratch_sync(file), 0);
	scratch_close(file);
}

static void a_listing_is_in_byte_order_and_of_one_directory(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	static const char *const names[] = { "x~", "sedAbC", ".x.swp", "4913", "\xC3\xA9~" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		put(&f, ALICE, movie(names[i]), "");
	put(&f, ALICE, at("Movies", "upper~"), "");
	put(&f, ALICE, at("", "root~"), "");
	check_list(&f, ALICE, "Movies/2013", ".x.swp 4913 sedAbC x~ \xC3\xA9~");
	check_list(&f, ALICE, "Movies", "upper~");
	check_list(&f, ALICE, "", "root~");
	check_list(&f, ALICE, "Users", "");
}

static void a_listing_tells_files_from_symlinks(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct scratch_list list;

	put(&f, ALICE, movie("b"), "");
	CHECK_INT(scratch_symlink(f.scratch, ALICE, movie("a"), SLICE("b")), 0);
	CHECK_INT(scratch_list(f.scratch, ALICE, SLICE("Movies/2013"), &arena, &list), 0);
	CHECK_INT(list.count, 2);
	CHECK_INT(list.entries[0].type, S_IFLNK);
	CHECK_INT(list.entries[1].type, S_IFREG);
}

static void a_listing_resumes_behind_a_name_that_may_be_gone(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct scratch_list list;

	put(&f, ALICE, movie("b"), "");
	put(&f, ALICE, movie("d"), "");
	CHECK_INT(scratch_list(f.scratch, ALICE, SLICE("Movies/2013"), &arena, &list), 0);
	CHECK_INT(scratch_list_after(&list, SLICE("")), 0);
	CHECK_INT(scratch_list_after(&list, SLICE("a")), 0);
	CHECK_INT(scratch_list_after(&list, SLICE("b")), 1);
	CHECK_INT(scratch_list_after(&list, SLICE("c")), 1);
	CHECK_INT(scratch_list_after(&list, SLICE("d")), 2);
}

static void dropping_a_table_takes_all_users_files_and_no_other_tables(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file;

	put(&f, ALICE, movie("x~"), "1");
	put(&f, ALICE, at("Movies", "y~"), "2");
	put(&f, BOB, movie("z~"), "3");
	put(&f, BOB, at("Movies2", "kept~"), "4");
	file = open_file(&f, ALICE, movie("x~"));
	CHECK_INT(scratch_drop(f.scratch, SLICE("Movies")), 0);
	CHECK(absent(&f, ALICE, movie("x~")));
	CHECK(absent(&f, ALICE, at("Movies", "y~")));
	CHECK(absent(&f, BOB, movie("z~")));
	check_file(&f, BOB, at("Movies2", "kept~"), "4");
	check_content(file, "1");
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 1);
	scratch_close(file);
	CHECK_INT(used(&f, ALICE), 0);
	CHECK_INT(scratch_drop(f.scratch, SLICE("Movies")), 0);
	CHECK_INT(scratch_drop(f.scratch, SLICE("")), -EINVAL);
	CHECK_INT(scratch_drop(f.scratch, SLICE("../1001")), -EINVAL);
}

static void unlinked_open_files_count_against_the_limit(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *files[LIMIT / SCRATCH_ENTRY_COST], *more;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		files[i] = open_file(&f, ALICE, movie("x~"));
		CHECK_INT(scratch_unlink(f.scratch, ALICE, movie("x~")), 0);
	}
	CHECK_INT(scratch_open(f.scratch, ALICE, movie("x~"), O_CREAT, &more), -EDQUOT);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		scratch_close(files[i]);
	CHECK_INT(used(&f, ALICE), 0);
}

static void the_open_files_of_a_user_are_bounded(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct scratch_file *files[SCRATCH_OPEN_MAX], *more;

	fixture_remount(&f, SCRATCH_LIMIT_DEFAULT);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		buf_clear(&name);
		buf_appendf(&name, "%zu~", i);
		files[i] = open_file(&f, ALICE, movie(buf_string(&name)));
	}
	CHECK_INT(scratch_open(f.scratch, ALICE, movie("x~"), O_CREAT, &more), -ENFILE);
	CHECK(absent(&f, ALICE, movie("x~")));
	put(&f, BOB, movie("x~"), "another's bound is another's");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		scratch_close(files[i]);
	put(&f, ALICE, movie("x~"), "again");
}

static void a_lowered_limit_keeps_what_is_there(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_file *file;

	put(&f, ALICE, movie("x~"), "0123456789");
	fixture_remount(&f, 10);
	file = open_file(&f, ALICE, movie("x~"));
	CHECK_INT(scratch_write(file, SLICE("x"), 3), 1);
	CHECK_INT(scratch_write(file, SLICE("x"), 10), -EDQUOT);
	CHECK_INT(scratch_file_truncate(file, 5), 0);
	scratch_close(file);
}

static void the_total_is_that_of_all_users(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct scratch_usage usage;

	put(&f, ALICE, movie("x~"), "1");
	put(&f, BOB, movie("x~"), "22");
	scratch_usage_total(f.scratch, &usage);
	CHECK_INT(usage.bytes, 2 * SCRATCH_ENTRY_COST + 3);
	CHECK_INT(usage.entries, 2);
	CHECK_INT(usage.limit, 2 * LIMIT);
}

static void a_missing_data_directory_is_an_error(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct scratch *scratch;

	CHECK_INT(scratch_new("/nonexistent", LIMIT, &scratch, &err), -1);
	CHECK_ERROR(&err, ERROR_SYSTEM, "opening /nonexistent/scratch: No such file or directory");
}

/* Of the directory in memory that this one has. */
static const char *memory_path(struct fixture *f, struct buf *buf)
{
	struct stat stat_of_data;

	CHECK_INT(stat(buf_string(&f->data), &stat_of_data), 0);
	buf_appendf(buf, "/dev/shm/dynamount-%u-%jx-%jx", geteuid(), (uintmax_t)stat_of_data.st_dev,
		(uintmax_t)stat_of_data.st_ino);
	return buf_string(buf);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static struct fixture fixture_new_in_memory(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct fixture f = fixture_new();
	struct buf folder CLEANUP(buf_release) = BUF_INIT;

	scratch_free(f.scratch);
	buf_appendf(&folder, "%s/scratch", buf_string(&f.data));
	CHECK_INT(rmdir(buf_string(&folder)), 0);
	CHECK_OK(scratch_new_in_memory(buf_string(&f.data), LIMIT, &f.scratch, &err), &err);
	return f;
}

static void in_memory_nothing_lies_in_the_data_directory(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new_in_memory();
	struct buf folder CLEANUP(buf_release) = BUF_INIT;
	struct buf memory CLEANUP(buf_release) = BUF_INIT;

	put(&f, ALICE, movie(".x.swp"), "hello");
	check_file(&f, ALICE, movie(".x.swp"), "hello");
	CHECK_INT(used(&f, ALICE), SCRATCH_ENTRY_COST + 5);
	buf_appendf(&folder, "%s/scratch", buf_string(&f.data));
	CHECK(!exists(buf_string(&folder)));
	CHECK(exists(memory_path(&f, &memory)));
}

static void what_is_in_memory_goes_at_the_end(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new_in_memory();
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf memory CLEANUP(buf_release) = BUF_INIT;

	put(&f, ALICE, movie(".x.swp"), "hello");
	put(&f, BOB, at("", "x~"), "bye");
	CHECK(exists(memory_path(&f, &memory)));
	scratch_free(f.scratch);
	CHECK(!exists(buf_string(&memory)));
	CHECK_OK(scratch_new_in_memory(buf_string(&f.data), LIMIT, &f.scratch, &err), &err);
	CHECK(absent(&f, ALICE, movie(".x.swp")));
}

static void what_a_crash_leaves_in_memory_is_found_again(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new_in_memory();
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct scratch *crashed = f.scratch;

	put(&f, ALICE, movie(".x.swp"), "hello");
	CHECK_OK(scratch_new_in_memory(buf_string(&f.data), LIMIT, &f.scratch, &err), &err);
	check_file(&f, ALICE, movie(".x.swp"), "hello");
	scratch_free(crashed);
}

static void a_directory_in_memory_that_others_may_use_is_refused(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf memory CLEANUP(buf_release) = BUF_INIT;
	struct buf message CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct scratch *scratch;
	int r;

	CHECK_INT(mkdir(memory_path(&f, &memory), 0755), 0);
	r = scratch_new_in_memory(buf_string(&f.data), LIMIT, &scratch, &err);
	rmdir(buf_string(&memory));
	CHECK_INT(r, -1);
	buf_appendf(&message, "%s, where scratch files should go, belongs to others",
		buf_string(&memory));
	CHECK_ERROR(&err, ERROR_ACCESS_DENIED, buf_string(&message));
}

/* What editors do, on few names, so that they meet. */
static void *churn(void *data)
{
	static const char *const names[] = { "a~", "b~", "c~" };
	struct fixture *f = data;
	struct scratch_file *file;

	for (unsigned i = 0; i < 300; i++) {
		struct scratch_path path = movie(names[i % 3]);
		uid_t uid = i % 7 ? ALICE : BOB;

		if (scratch_open(f->scratch, uid, path, O_CREAT | (i % 5 ? 0 : O_TRUNC), &file))
			continue;
		if (scratch_write(file, SLICE("0123456789"), (i * 37) % 500) < 0 ||
			scratch_file_truncate(file, i % 90) < 0)
			return data;
		if (i % 4 == 0 && scratch_unlink(f->scratch, uid, path) < -ENOENT)
			return data;
		if (i % 4 == 1 && scratch_rename(f->scratch, uid, path, at("", "d~"), 0) < -ENOENT)
			return data;
		scratch_close(file);
	}
	return NULL;
}

static void concurrent_users_keep_the_account_exact(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	pthread_t threads[4];
	int64_t alice, bob;
	void *failed;

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK_INT(pthread_create(&threads[i], NULL, churn, &f), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		CHECK_INT(pthread_join(threads[i], &failed), 0);
		CHECK(!failed);
	}
	alice = used(&f, ALICE);
	bob = used(&f, BOB);
	fixture_remount(&f, LIMIT);
	CHECK_INT(used(&f, ALICE), alice);
	CHECK_INT(used(&f, BOB), bob);
}

static const struct test_case cases[] = {
	{ "what was written is read", what_was_written_is_read },
	{ "a file is shown as the user's, with mode 0600",
		a_file_is_shown_as_the_users_with_mode_0600 },
	{ "files survive a remount", files_survive_a_remount },
	{ "nobody sees another's files", nobody_sees_anothers_files },
	{ "a file may be named like a directory", a_file_may_be_named_like_a_directory },
	{ "names and directories are checked", names_and_directories_are_checked },
	{ "an absent file is opened only to create it",
		an_absent_file_is_opened_only_to_create_it },
	{ "exclusive creation finds files and symlinks in the way",
		exclusive_creation_finds_files_and_symlinks_in_the_way },
	{ "symlinks are read and never followed", symlinks_are_read_and_never_followed },
	{ "a symlink takes no name in use and no empty target",
		a_symlink_takes_no_name_in_use_and_no_empty_target },
	{ "a write beyond the limit fails and writes nothing",
		a_write_beyond_the_limit_fails_and_writes_nothing },
	{ "truncation and unlinking give back", truncation_and_unlinking_give_back },
	{ "a hole is charged and reads as zeros", a_hole_is_charged_and_reads_as_zeros },
	{ "impossible offsets are refused", impossible_offsets_are_refused },
	{ "an unlinked file is read until its last close",
		an_unlinked_file_is_read_until_its_last_close },
	{ "a new file of an unlinked name is another", a_new_file_of_an_unlinked_name_is_another },
	{ "renaming replaces the target and keeps it while open",
		renaming_replaces_the_target_and_keeps_it_while_open },
	{ "an open file follows its rename", an_open_file_follows_its_rename },
	{ "renaming onto itself changes nothing", renaming_onto_itself_changes_nothing },
	{ "renaming without replacing keeps the target",
		renaming_without_replacing_keeps_the_target },
	{ "exchanging swaps two files", exchanging_swaps_two_files },
	{ "unknown rename flags are refused", unknown_rename_flags_are_refused },
	{ "folders go with their last file", folders_go_with_their_last_file },
	{ "times are set and kept", times_are_set_and_kept },
	{ "writing and truncating set mtime and ctime",
		writing_and_truncating_set_mtime_and_ctime },
	{ "a listing is in byte order and of one directory",
		a_listing_is_in_byte_order_and_of_one_directory },
	{ "a listing tells files from symlinks", a_listing_tells_files_from_symlinks },
	{ "a listing resumes behind a name that may be gone",
		a_listing_resumes_behind_a_name_that_may_be_gone },
	{ "dropping a table takes all users' files and no other table's",
		dropping_a_table_takes_all_users_files_and_no_other_tables },
	{ "unlinked open files count against the limit",
		unlinked_open_files_count_against_the_limit },
	{ "the open files of a user are bounded", the_open_files_of_a_user_are_bounded },
	{ "a lowered limit keeps what is there", a_lowered_limit_keeps_what_is_there },
	{ "the total is that of all users", the_total_is_that_of_all_users },
	{ "a missing data directory is an error", a_missing_data_directory_is_an_error },
	{ "in memory, nothing lies in the data directory",
		in_memory_nothing_lies_in_the_data_directory },
	{ "what is in memory goes at the end", what_is_in_memory_goes_at_the_end },
	{ "what a crash leaves in memory is found again",
		what_a_crash_leaves_in_memory_is_found_again },
	{ "a directory in memory that others may use is refused",
		a_directory_in_memory_that_others_may_use_is_refused },
	{ "concurrent users keep the account exact", concurrent_users_keep_the_account_exact },
};

TEST_MAIN(cases)
