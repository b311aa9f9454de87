#undef NDEBUG
#include "fs_fixture.h"

#include "api/operations.h"
#include "base/clock.h"
#include "open_stream.h"
#include "store/stream.h"
#include "stream_requests.h"
#include "stream_switch.h"

#include <errno.h>

#define RETENTION_NS (STREAM_RETENTION_SECONDS * 1000000000LL)

/* A table with a stream, and the node of its `.stream`. */
struct streaming {
	struct fixture f;
	struct node *directory;
	struct node_view table, file;
};

static void look_up(struct streaming *s)
{
	struct node_identity identity = {
		.kind = NODE_STREAM,
		.name = SLICE(".stream"),
		.table = s->table.table,
	};
	struct node *node = node_lookup(s->f.fs.nodes, s->directory, &identity);

	node_view_release(&s->file);
	node_load(s->f.fs.nodes, node, &s->f.arena, &s->file);
}

static void streaming_begin(struct streaming *s)
{
	*s = (struct streaming){ .directory = NULL };
	fixture_begin(&s->f);
	s->f.fs.streams = open_streams_new();
	engine_keep_streams(s->f.fs.engine, open_streams_keep, s->f.fs.streams);
	s->directory = fixture_table(&s->f, "Table", "id:S");
	node_load(s->f.fs.nodes, s->directory, &s->f.arena, &s->table);
	look_up(s);
}

static void streaming_end(struct streaming *s)
{
	engine_keep_streams(s->f.fs.engine, NULL, NULL);
	open_streams_free(s->f.fs.streams);
	node_view_release(&s->table);
	node_view_release(&s->file);
	fixture_end(&s->f);
}

#define STREAMING(s) \
	struct streaming s CLEANUP(streaming_end); \
	streaming_begin(&s)

static void put(struct streaming *s, const char *id)
{
	struct member member = { SLICE("id"), fixture_string(slice_from_string(id)) };
	struct map item = { &member, 1 };
	struct put_item_input input = { .item = &item };
	struct item_facts facts;

	CHECK_OK(request_put(&s->f.fs, s->table.table, &input, &s->f.arena, &facts, &s->f.err),
		&s->f.err);
}

static void trim_all(struct streaming *s)
{
	CHECK_OK(stream_trim(
			 s->f.fs.engine->store, clock_realtime_ns() + 2 * RETENTION_NS, &s->f.err),
		&s->f.err);
}

static struct find_stream_output find(struct streaming *s)
{
	struct find_stream_output found;

	CHECK_INT(request_stream_of(&s->f.fs, s->table.table, &s->f.arena, &found), 0);
	return found;
}

/* One descriptor. */
struct descriptor {
	struct open_stream *stream;
	struct stream_reader reader;
};

static void begin(struct streaming *s, struct descriptor *ret)
{
	CHECK_INT(open_stream_begin(&s->f.fs, &s->file, &ret->reader, &ret->stream), 0);
}

static void end(struct streaming *s, struct descriptor *descriptor)
{
	open_stream_end(&s->f.fs, descriptor->stream, &descriptor->reader);
}

/* Reads all that is there. */
static size_t read_on(struct streaming *s, struct descriptor *descriptor)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	uint64_t from = descriptor->reader.reached;

	CHECK_OK(stream_text_read(
			 &s->f.fs, &descriptor->stream->text, from, 1 << 20, &text, &s->f.err),
		&s->f.err);
	open_stream_reached(&s->f.fs, &descriptor->reader, from + text.len);
	return text.len;
}

static uint64_t size_by_name(struct streaming *s)
{
	struct stat st = { 0 };

	CHECK_INT(table_stream_attributes(&s->f.fs, s->table.table, &st), 0);
	return (uint64_t)st.st_size;
}

static uint64_t size_of_open(struct streaming *s, const struct node_view *file)
{
	struct stat st = { 0 };

	CHECK_INT(open_stream_attributes(&s->f.fs, file->node, &st), 0);
	return (uint64_t)st.st_size;
}

static void what_an_open_reader_has_not_read_is_not_trimmed(void)
{
	STREAMING(s);
	struct descriptor reader;
	uint64_t size;

	put(&s, "a");
	put(&s, "b");
	begin(&s, &reader);
	size = size_by_name(&s);
	trim_all(&s);
	CHECK_INT(find(&s).start, 0);
	CHECK_INT(size_of_open(&s, &s.file), size);
	CHECK_INT(read_on(&s, &reader), size);
	end(&s, &reader);
}

static void what_it_has_read_is_trimmed_and_its_size_stays(void)
{
	STREAMING(s);
	struct descriptor reader;
	uint64_t read;

	put(&s, "a");
	begin(&s, &reader);
	read = read_on(&s, &reader);
	put(&s, "b");
	trim_all(&s);
	CHECK_INT(find(&s).start, read);
	CHECK_INT(size_of_open(&s, &s.file), find(&s).end);
	CHECK_INT(size_by_name(&s), find(&s).end);
	CHECK_INT(read_on(&s, &reader), find(&s).end - read);
	end(&s, &reader);
}

static void the_slowest_reader_keeps(void)
{
	STREAMING(s);
	struct descriptor slow, fast;

	put(&s, "a");
	begin(&s, &slow);
	begin(&s, &fast);
	read_on(&s, &fast);
	trim_all(&s);
	CHECK_INT(find(&s).start, 0);
	end(&s, &slow);
	trim_all(&s);
	CHECK_INT(find(&s).start, find(&s).end);
	end(&s, &fast);
}

static void reading_behind_what_was_trimmed_is_an_error(void)
{
	STREAMING(s);
	struct descriptor reader;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	put(&s, "a");
	begin(&s, &reader);
	read_on(&s, &reader);
	put(&s, "b");
	read_on(&s, &reader);
	trim_all(&s);
	put(&s, "c");
	/* The window has the newest lines, not these. */
	CHECK_INT(stream_text_read(&s.f.fs, &reader.stream->text, 0, 1, &text, &s.f.err), -1);
	CHECK_INT(s.f.err.class, ERROR_TRIMMED_DATA);
	CHECK_INT(error_to_errno(&s.f.err), -ESTALE);
	error_release(&s.f.err);
	end(&s, &reader);
}

static void after_the_last_close_the_file_begins_with_what_is_kept(void)
{
	STREAMING(s);
	struct descriptor reader;

	put(&s, "a");
	begin(&s, &reader);
	read_on(&s, &reader);
	put(&s, "b");
	trim_all(&s);
	end(&s, &reader);
	CHECK_INT(size_by_name(&s), find(&s).end - find(&s).start);
	begin(&s, &reader);
	CHECK_INT(reader.stream->origin, find(&s).start);
	CHECK_INT(read_on(&s, &reader), size_by_name(&s));
	end(&s, &reader);
}

static void one_more_reader_after_trimming_gets_a_file_of_its_own(void)
{
	STREAMING(s);
	struct node_view first CLEANUP(node_view_release) = { 0 };
	struct descriptor old, new;
	uint64_t size;

	put(&s, "a");
	begin(&s, &old);
	read_on(&s, &old);
	put(&s, "b");
	trim_all(&s);
	size = size_of_open(&s, &s.file);
	CHECK_INT(open_stream_begin(&s.f.fs, &s.file, &new.reader, &new.stream), -ESTALE);
	node_load(s.f.fs.nodes, s.file.node, &s.f.arena, &first);
	look_up(&s);
	CHECK(s.file.node != first.node);
	begin(&s, &new);
	CHECK(read_on(&s, &new) > 0);
	CHECK_INT(size_by_name(&s), find(&s).end - find(&s).start);
	CHECK_INT(size_of_open(&s, &first), size);
	CHECK(read_on(&s, &old) > 0);
	end(&s, &old);
	end(&s, &new);
}

static void a_name_whose_stream_is_another_one_gets_another_node(void)
{
	STREAMING(s);
	struct descriptor reader, other;
	struct node *before = s.file.node;

	put(&s, "a");
	begin(&s, &reader);
	CHECK_OK(stream_switch(&s.f.fs, s.table.table, (struct slice){ NULL, 0 }, &s.f.err),
		&s.f.err);
	CHECK_OK(stream_switch(&s.f.fs, s.table.table, SLICE("KEYS_ONLY"), &s.f.err), &s.f.err);
	CHECK_INT(open_stream_begin(&s.f.fs, &s.file, &other.reader, &other.stream), -ESTALE);
	CHECK_INT(size_by_name(&s), 0);
	look_up(&s);
	CHECK(s.file.node != before);
	begin(&s, &other);
	CHECK_INT(read_on(&s, &other), 0);
	CHECK(read_on(&s, &reader) > 0);
	end(&s, &other);
	end(&s, &reader);
}

static void a_reader_outlives_its_stream_and_table(void)
{
	STREAMING(s);
	struct descriptor reader;
	uint64_t size;

	put(&s, "a");
	begin(&s, &reader);
	size = size_of_open(&s, &s.file);
	CHECK_OK(stream_switch(&s.f.fs, s.table.table, (struct slice){ NULL, 0 }, &s.f.err),
		&s.f.err);
	trim_all(&s);
	CHECK_INT(read_on(&s, &reader), size);
	trim_all(&s);
	CHECK_INT(read_on(&s, &reader), 0);
	CHECK_INT(size_of_open(&s, &s.file), size);
	end(&s, &reader);
}

static void a_stream_that_went_before_its_size_was_asked_for_has_it_still(void)
{
	STREAMING(s);
	struct descriptor reader;
	uint64_t first;

	put(&s, "a");
	trim_all(&s);
	first = find(&s).end; /* so that the file does not begin with the text */
	put(&s, "b");
	begin(&s, &reader);
	CHECK_INT(read_on(&s, &reader), find(&s).end - first);
	first = find(&s).end - first;
	CHECK_OK(stream_switch(&s.f.fs, s.table.table, (struct slice){ NULL, 0 }, &s.f.err),
		&s.f.err);
	trim_all(&s);
	trim_all(&s);
	CHECK_INT(size_of_open(&s, &s.file), first);
	end(&s, &reader);
}

static void without_a_stream_there_is_nothing_to_open(void)
{
	STREAMING(s);
	struct descriptor reader;
	struct stat st;

	CHECK_OK(stream_switch(&s.f.fs, s.table.table, (struct slice){ NULL, 0 }, &s.f.err),
		&s.f.err);
	CHECK_INT(open_stream_begin(&s.f.fs, &s.file, &reader.reader, &reader.stream), -ENOENT);
	CHECK_INT(table_stream_attributes(&s.f.fs, s.table.table, &st), -ENOENT);
	CHECK_INT(open_stream_attributes(&s.f.fs, s.file.node, &st), -ENOENT);
}

static const struct test_case cases[] = {
	{ "a stream that went before its size was asked for has it still",
		a_stream_that_went_before_its_size_was_asked_for_has_it_still },
	{ "what an open reader has not read is not trimmed",
		what_an_open_reader_has_not_read_is_not_trimmed },
	{ "what it has read is trimmed, and its size stays",
		what_it_has_read_is_trimmed_and_its_size_stays },
	{ "the slowest reader keeps", the_slowest_reader_keeps },
	{ "reading behind what was trimmed is an error",
		reading_behind_what_was_trimmed_is_an_error },
	{ "after the last close the file begins with what is kept",
		after_the_last_close_the_file_begins_with_what_is_kept },
	{ "one more reader after trimming gets a file of its own",
		one_more_reader_after_trimming_gets_a_file_of_its_own },
	{ "a name whose stream is another one gets another node",
		a_name_whose_stream_is_another_one_gets_another_node },
	{ "a reader outlives its stream and table", a_reader_outlives_its_stream_and_table },
	{ "without a stream there is nothing to open", without_a_stream_there_is_nothing_to_open },
};

TEST_MAIN(cases)
