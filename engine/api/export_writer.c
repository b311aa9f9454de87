#include "api/export_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Of text in one data file. */
#define FILE_BYTES (64u << 20)

static int make_file(int directory, const char *name, struct slice text, struct error *err)
{
	int fd CLEANUP(cleanup_close) =
		openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return error_set_errno(err, errno, "making %s", name);
	while (text.len) {
		ssize_t written = write(fd, text.data, text.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_set_errno(err, errno, "writing %s", name);
		text = slice_skip(text, (size_t)written);
	}
	return fsync(fd) < 0 ? error_set_errno(err, errno, "writing %s", name) : 0;
}

int export_writer_open(struct export_writer *writer, int directory, struct slice data_key,
	struct arena *arena, struct error *err)
{
	*writer = (struct export_writer){
		.directory = directory,
		.data = -1,
		.shared = -1,
		.key = data_key,
		.arena = arena,
	};
	TRY(make_file(directory, EXPORT_STARTED, SLICE(""), err));
	if (mkdirat(directory, EXPORT_DATA, 0777) < 0)
		return error_set_errno(err, errno, "making " EXPORT_DATA);
	writer->data = openat(directory, EXPORT_DATA, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return writer->data < 0 ? error_set_errno(err, errno, "opening " EXPORT_DATA) : 0;
}

static int begin_file(struct export_writer *writer, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	TRY(export_append_name(&name, err));
	TRY(packed_writer_create(writer->data, buf_string(&name), &writer->file, err));
	writer->text_bytes = 0;
	writer->now = (struct export_file){
		.key = arena_printf(
			writer->arena, "%.*s%s", SLICE_ARG(writer->key), buf_string(&name)),
	};
	return 0;
}

static int end_file(struct export_writer *writer, struct error *err)
{
	TRY(packed_writer_finish(writer->file, writer->now.md5, err));
	packed_writer_closep(&writer->file);
	buf_append(&writer->files, &writer->now, sizeof(writer->now));
	return 0;
}

int export_writer_flush(struct export_writer *writer, uint64_t items, struct error *err)
{
	if (!writer->file)
		TRY(begin_file(writer, err));
	TRY(packed_write(writer->file, buf_slice(&writer->text), err));
	writer->text_bytes += writer->text.len;
	writer->now.items += items;
	writer->items += items;
	buf_clear(&writer->text);
	return writer->text_bytes < FILE_BYTES ? 0 : end_file(writer, err);
}

int export_writer_end_data(struct export_writer *writer, struct error *err)
{
	if (!writer->file && writer->files.len)
		return 0;
	if (!writer->file)
		TRY(begin_file(writer, err));
	return end_file(writer, err);
}

static size_t count_files(const struct export_writer *writer)
{
	return writer->files.len / sizeof(struct export_file);
}

static const struct export_file *files_of(const struct export_writer *writer)
{
	return (const struct export_file *)(const void *)writer->files.data;
}

static const char *name_of(const struct export_file *file)
{
	return strrchr(file->key.data, '/') + 1;
}

int export_writer_share_data(struct export_writer *writer, int shared, struct error *err)
{
	writer->shared = shared;
	for (size_t i = 0; i < count_files(writer); i++) {
		const char *name = name_of(&files_of(writer)[i]);

		if (renameat(writer->data, name, shared, name) < 0)
			return error_set_errno(err, errno, "moving %s", name);
	}
	if (unlinkat(writer->directory, EXPORT_DATA, AT_REMOVEDIR) < 0)
		return error_set_errno(err, errno, "removing " EXPORT_DATA);
	return 0;
}

/* Those not yet moved are not there. */
void export_writer_unshare_data(struct export_writer *writer)
{
	for (size_t i = 0; writer->shared >= 0 && i < count_files(writer); i++)
		unlinkat(writer->shared, name_of(&files_of(writer)[i]), 0);
}

/* A manifest and its checksum. */
static int write_checked(
	struct export_writer *writer, const char *name, struct slice text, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct buf checksum CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&path, "%s" EXPORT_MANIFEST, name);
	TRY(make_file(writer->directory, buf_string(&path), text, err));
	export_append_checksum(&checksum, text);
	buf_clear(&path);
	buf_appendf(&path, "%s" EXPORT_CHECKSUM, name);
	return make_file(writer->directory, buf_string(&path), buf_slice(&checksum), err);
}

static int sync_directories(const struct export_writer *writer, struct error *err)
{
	const int directories[] = { writer->data, writer->shared, writer->directory };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		if (directories[i] >= 0 && fsync(directories[i]) < 0)
			return error_set_errno(err, errno, "bringing an export to disk");
	}
	return 0;
}

int export_writer_finish(
	struct export_writer *writer, const struct export_summary *summary, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < count_files(writer); i++)
		export_append_file(&text, &files_of(writer)[i]);
	TRY(write_checked(writer, EXPORT_FILES, buf_slice(&text), err));
	buf_clear(&text);
	export_append_summary(&text, summary);
	TRY(write_checked(writer, EXPORT_SUMMARY, buf_slice(&text), err));
	return sync_directories(writer, err);
}

void export_writer_release(struct export_writer *writer)
{
	packed_writer_closep(&writer->file);
	cleanup_close(&writer->data);
	cleanup_close(&writer->shared);
	cleanup_close(&writer->directory);
	buf_release(&writer->files);
	buf_release(&writer->text);
}
