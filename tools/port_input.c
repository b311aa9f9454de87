#include "port_input.h"

#include "base/clock.h"
#include "base/hash.h"
#include "port_file.h"

#include <errno.h>
#include <sys/stat.h>

static int find_file(const char *path, struct port_input *input)
{
	input->parts = arena_alloc_zero(&input->arena, sizeof(*input->parts));
	input->parts->path = arena_copy(&input->arena, slice_from_string(path)).data;
	input->count = 1;
	return 0;
}

static int find_export(const char *path, struct port_input *input, struct error *err)
{
	struct manifest manifest;

	TRY(manifest_read(path, &input->arena, &manifest, err));
	input->is_export = true;
	input->parts = arena_alloc_array(&input->arena, manifest.count, sizeof(*input->parts));
	input->count = manifest.count;
	for (size_t i = 0; i < manifest.count; i++) {
		const struct manifest_file *file = &manifest.files[i];
		struct input_part *part = &input->parts[i];

		part->path = file->path;
		part->has_md5 = file->has_md5;
		memcpy(part->md5, file->md5, MD5_LENGTH);
	}
	return 0;
}

/* Adds up sizes, and what tells the files from others. */
static int identify(struct port_input *input, struct error *err)
{
	struct buf facts CLEANUP(buf_release) = BUF_INIT;

	input->can_resume = true;
	for (size_t i = 0; i < input->count; i++) {
		struct stat st;

		if (stat(input->parts[i].path, &st) < 0)
			return error_set_errno(err, errno, "Opening %s", input->parts[i].path);
		input->can_resume &= S_ISREG(st.st_mode);
		input->parts[i].size = (uint64_t)st.st_size;
		input->size += input->parts[i].size;
		buf_appendf(&facts, "%lld %lld %llu %llu\n", (long long)st.st_size,
			(long long)clock_from_timespec(st.st_mtim), (unsigned long long)st.st_dev,
			(unsigned long long)st.st_ino);
	}
	input->identity = hash64(buf_slice(&facts));
	return 0;
}

static int find(const char *path, struct port_input *input, struct error *err)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return find_file(path, input);
	if (stat(path, &st) < 0)
		return error_set_errno(err, errno, "Opening %s", path);
	if (S_ISDIR(st.st_mode))
		TRY(find_export(path, input, err));
	else
		TRY(find_file(path, input));
	return identify(input, err);
}

int input_find(const char *path, struct port_input *ret, struct error *err)
{
	char *whole CLEANUP(cleanup_free) = path_with(path, "");

	*ret = (struct port_input){ .arena = ARENA_INIT };
	ret->path = arena_copy(&ret->arena, slice_from_string(whole)).data;
	if (find(ret->path, ret, err) == 0)
		return 0;
	input_release(ret);
	return -1;
}

void input_release(struct port_input *input)
{
	arena_release(&input->arena);
	*input = (struct port_input){ .arena = ARENA_INIT };
}
