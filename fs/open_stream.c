#include "open_stream.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "stream_requests.h"

#include <errno.h>
#include <sys/stat.h>

#define BLOCK_BYTES 512

struct open_streams {
	pthread_mutex_t mutex;
	struct open_stream *first;
};

struct open_streams *open_streams_new(void)
{
	struct open_streams *streams = memory_new_zero(sizeof(*streams));

	pthread_mutex_init(&streams->mutex, NULL);
	return streams;
}

void open_streams_free(struct open_streams *streams)
{
	pthread_mutex_destroy(&streams->mutex);
	free(streams);
}

static struct slice copy(struct slice bytes)
{
	return slice_of(memory_copy_string(bytes.data, bytes.len), bytes.len);
}

static struct open_stream *find_locked(struct open_streams *streams, const struct node *node)
{
	struct open_stream *stream = streams->first;

	while (stream && stream->node != node)
		stream = stream->next;
	return stream;
}

static uint64_t smallest_locked(const struct open_stream *stream, uint64_t least)
{
	for (const struct stream_reader *reader = stream->readers; reader; reader = reader->next) {
		if (reader->reached < least)
			least = reader->reached;
	}
	return least;
}

uint64_t open_streams_keep(void *context, struct slice stream_id)
{
	struct open_streams *streams = context;
	uint64_t keep = UINT64_MAX;

	pthread_mutex_lock(&streams->mutex);
	for (struct open_stream *stream = streams->first; stream; stream = stream->next) {
		if (slice_equal(stream->id, stream_id))
			keep = smallest_locked(stream, keep);
	}
	pthread_mutex_unlock(&streams->mutex);
	return keep;
}

static struct open_stream *add_locked(struct open_streams *streams, const struct node_view *view,
	const struct find_stream_output *found)
{
	struct open_stream *stream = memory_new_zero(sizeof(*stream));

	stream->id = copy(found->stream_id);
	stream->table_id = copy(view->table->id);
	stream->node = view->node;
	stream_text_init(&stream->text, view->table->name, found->stream_label);
	stream->next = streams->first;
	streams->first = stream;
	return stream;
}

/* Who opens the name next gets another node. */
static void replace_locked(struct filesystem *fs, struct open_stream *stream)
{
	if (!stream->replaced)
		node_unname(fs->nodes, stream->node);
	stream->replaced = true;
}

/* Whether it can't be shown from its origin on to one more reader. */
static bool is_past(const struct open_stream *stream, const struct find_stream_output *found)
{
	return !slice_equal(stream->id, found->stream_id) ||
	       (stream->settled && stream->origin < found->start);
}

/* From now on everything is kept for the reader, until it is known where it
 * begins. */
static int join(struct filesystem *fs, const struct node_view *view,
	const struct find_stream_output *found, struct stream_reader *reader,
	struct open_stream **ret)
{
	struct open_streams *streams = fs->streams;
	struct open_stream *stream;
	int r = 0;

	pthread_mutex_lock(&streams->mutex);
	stream = find_locked(streams, view->node);
	if (stream && is_past(stream, found)) {
		replace_locked(fs, stream);
		r = -ESTALE; /* the kernel looks the name up again */
	} else {
		if (!stream)
			stream = add_locked(streams, view, found);
		stream->references++;
		reader->reached = stream->origin;
		reader->next = stream->readers;
		stream->readers = reader;
		*ret = stream;
	}
	pthread_mutex_unlock(&streams->mutex);
	return r;
}

static void settle(
	struct filesystem *fs, struct open_stream *stream, const struct find_stream_output *found)
{
	pthread_mutex_lock(&fs->streams->mutex);
	if (!stream->settled) {
		stream->settled = true;
		stream->origin = found->start;
		stream->end = found->end;
		stream->modified_ns = found->modified_ns;
		for (struct stream_reader *reader = stream->readers; reader; reader = reader->next)
			reader->reached = stream->origin;
	}
	pthread_mutex_unlock(&fs->streams->mutex);
}

/* What was there before this request may be trimmed still, so the origin is
 * what there is between two trimmings. */
static int find_origin(struct filesystem *fs, struct open_stream *stream)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct find_stream_input input = {
		.table_name = stream->text.table_name,
		.stream_label = stream->text.label,
		.between_trims = true,
	};
	struct find_stream_output found;
	bool settled;

	pthread_mutex_lock(&fs->streams->mutex);
	settled = stream->settled;
	pthread_mutex_unlock(&fs->streams->mutex);
	if (settled)
		return 0;
	if (request_stream(fs, &input, &arena, &found, &err) < 0)
		return error_to_errno(&err);
	if (!found.found)
		return -ENOENT;
	settle(fs, stream, &found);
	return 0;
}

int open_stream_begin(struct filesystem *fs, const struct node_view *view,
	struct stream_reader *reader, struct open_stream **ret)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct find_stream_output found;
	struct open_stream *stream = NULL;
	int r = request_stream_of(fs, view->table, &arena, &found);

	if (r == 0)
		r = join(fs, view, &found, reader, &stream);
	if (r < 0)
		return r;
	r = find_origin(fs, stream);
	if (r < 0)
		open_stream_end(fs, stream, reader);
	else
		*ret = stream;
	return r;
}

static void stream_free(struct open_stream *stream)
{
	stream_text_release(&stream->text);
	free((char *)stream->id.data);
	free((char *)stream->table_id.data);
	free(stream);
}

static void remove_locked(struct open_streams *streams, const struct open_stream *stream)
{
	struct open_stream **link = &streams->first;

	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
}

static bool unref_locked(struct open_streams *streams, struct open_stream *stream)
{
	if (--stream->references)
		return false;
	remove_locked(streams, stream);
	return true;
}

static void unref(struct filesystem *fs, struct open_stream *stream)
{
	bool last;

	pthread_mutex_lock(&fs->streams->mutex);
	last = unref_locked(fs->streams, stream);
	pthread_mutex_unlock(&fs->streams->mutex);
	if (last)
		stream_free(stream);
}

void open_stream_end(
	struct filesystem *fs, struct open_stream *stream, struct stream_reader *reader)
{
	struct stream_reader **link = &stream->readers;

	pthread_mutex_lock(&fs->streams->mutex);
	while (*link != reader)
		link = &(*link)->next;
	*link = reader->next;
	pthread_mutex_unlock(&fs->streams->mutex);
	unref(fs, stream);
}

void open_stream_reached(struct filesystem *fs, struct stream_reader *reader, uint64_t offset)
{
	pthread_mutex_lock(&fs->streams->mutex);
	if (offset > reader->reached)
		reader->reached = offset;
	pthread_mutex_unlock(&fs->streams->mutex);
}

/* tail -F sees by the inode's number that it is another stream. */
static void fill_attributes(
	struct slice stream_id, uint64_t size, int64_t modified_ns, struct stat *ret)
{
	ret->st_ino ^= hash64(stream_id) >> 1;
	ret->st_size = (off_t)size;
	ret->st_blocks = (blkcnt_t)((size + BLOCK_BYTES - 1) / BLOCK_BYTES);
	ret->st_mtim = ret->st_ctim = clock_to_timespec(modified_ns);
}

/* A stream that is no more shows what it showed last. */
static void show_growth(struct filesystem *fs, struct open_stream *stream,
	const struct find_stream_output *found, struct stat *ret)
{
	pthread_mutex_lock(&fs->streams->mutex);
	if (found->found && found->end >= stream->end) {
		stream->end = found->end;
		stream->modified_ns = found->modified_ns;
	}
	fill_attributes(stream->id, stream->end - stream->origin, stream->modified_ns, ret);
	pthread_mutex_unlock(&fs->streams->mutex);
}

int open_stream_attributes(struct filesystem *fs, const struct node *node, struct stat *ret)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct find_stream_output found;
	struct open_stream *stream;
	int r;

	pthread_mutex_lock(&fs->streams->mutex);
	stream = find_locked(fs->streams, node);
	if (stream && stream->settled)
		stream->references++;
	else
		stream = NULL;
	pthread_mutex_unlock(&fs->streams->mutex);
	if (!stream)
		return -ENOENT;
	r = stream_text_look(fs, &stream->text, &arena, &found, &err);
	if (r == 0)
		show_growth(fs, stream, &found, ret);
	unref(fs, stream);
	return r < 0 ? error_to_errno(&err) : 0;
}

/* The origin of the table's stream. Nodes of one that it had before lose the
 * name. */
static uint64_t origin_of(struct filesystem *fs, const struct mount_table *table,
	const struct find_stream_output *found)
{
	uint64_t origin = found->start;

	pthread_mutex_lock(&fs->streams->mutex);
	for (struct open_stream *stream = fs->streams->first; stream; stream = stream->next) {
		if (!slice_equal(stream->table_id, table->id) || stream->replaced)
			continue;
		if (!slice_equal(stream->id, found->stream_id))
			replace_locked(fs, stream);
		else if (stream->settled)
			origin = stream->origin;
	}
	pthread_mutex_unlock(&fs->streams->mutex);
	return origin;
}

int table_stream_attributes(
	struct filesystem *fs, const struct mount_table *table, struct stat *ret)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct find_stream_output found;
	int r = request_stream_of(fs, table, &arena, &found);

	if (r == 0)
		fill_attributes(found.stream_id, found.end - origin_of(fs, table, &found),
			found.modified_ns, ret);
	return r;
}
