#undef NDEBUG
#include "port_file.h"
#include "port_state.h"
#include "test.h"

/* A path of its own, with nothing there. */
struct place {
	char path[40];
	struct error err;
};

static void place_release(struct place *place)
{
	unlink(place->path);
	error_release(&place->err);
}

static struct place place_new(void)
{
	struct place place = { .path = "/tmp/dynamount-port-XXXXXX", .err = ERROR_INIT };
	int fd = mkstemp(place.path);

	CHECK(fd >= 0);
	close(fd);
	unlink(place.path);
	return place;
}

static void an_import_is_read_as_it_was_written(void)
{
	struct place place CLEANUP(place_release) = place_new();
	const struct import_state state = {
		.identity = UINT64_MAX - 5,
		.table_id = SLICE("0f0f"),
		.table_name = SLICE("Movies"),
		.format = PORT_CSV,
		.delimiter = '\t',
		.infer = true,
		.header = SLICE("id,\"a\nb\"\xC3\xA4"),
		.part = 3,
		.position = { 1ull << 40, 7, IMPORT_ARRAY },
		.imported = 5,
		.rejected = 6,
		.rejects_path = SLICE("x.rejects"),
		.rejects_bytes = 8,
		.reasons_bytes = 9,
	};
	struct import_state read;

	CHECK_OK(import_state_write(place.path, &state, &place.err), &place.err);
	CHECK_INT(import_state_read(place.path, &read, &place.err), 0);
	CHECK(read.identity == state.identity && read.format == PORT_CSV && read.infer);
	CHECK(read.delimiter == '\t' && read.part == 3 && read.imported == 5);
	CHECK(read.position.offset == 1ull << 40 && read.position.line == 7);
	CHECK_INT(read.position.format, IMPORT_ARRAY);
	CHECK(read.rejected == 6 && read.rejects_bytes == 8 && read.reasons_bytes == 9);
	CHECK(slice_equal(read.header, state.header));
	CHECK_TEXT(read.table_id, "0f0f");
	CHECK_TEXT(read.table_name, "Movies");
	CHECK_TEXT(read.rejects_path, "x.rejects");
	arena_release(&read.arena);
}

static void what_is_not_known_yet_stays_so(void)
{
	struct place place CLEANUP(place_release) = place_new();
	const struct import_state state = { .position.line = 1 };
	struct import_state read;

	CHECK_OK(import_state_write(place.path, &state, &place.err), &place.err);
	CHECK_INT(import_state_read(place.path, &read, &place.err), 0);
	CHECK_INT(read.format, PORT_ANY);
	CHECK(!slice_present(read.header) && !slice_present(read.rejects_path));
	arena_release(&read.arena);
}

static void an_export_is_read_as_it_was_written(void)
{
	struct place place CLEANUP(place_release) = place_new();
	const struct member members[] = {
		{ SLICE("b"), { .type = VALUE_B, .bytes = SLICE("\xFF\0\"") } },
		{ SLICE("n"), { .type = VALUE_N, .number = number_from_int64(-7) } },
	};
	const struct map position = { members, ARRAY_SIZE(members) };
	struct export_segment_state segments[] = { { false, &position, 5 }, { true, NULL, 6 } };
	struct export_file_state files[] = { { SLICE("x.gz"), 10, 5 }, { SLICE("y.gz"), 20, 6 } };
	const struct export_state state = {
		.table_id = SLICE("0f0f"),
		.table_name = SLICE("Movies"),
		.format = PORT_S3,
		.delimiter = ',',
		.gzip = true,
		.export_id = SLICE("0-a"),
		.start_ns = 1234567890123456789,
		.lost = 2,
		.segments = segments,
		.segment_count = ARRAY_SIZE(segments),
		.files = files,
		.file_count = ARRAY_SIZE(files),
	};
	struct export_state read;

	CHECK_OK(export_state_write(place.path, &state, &place.err), &place.err);
	CHECK_INT(export_state_read(place.path, &read, &place.err), 0);
	CHECK(read.format == PORT_S3 && read.gzip && !read.gathered && read.lost == 2);
	CHECK(read.start_ns == state.start_ns);
	CHECK_TEXT(read.export_id, "0-a");
	CHECK_INT(read.segment_count, 2);
	CHECK(!read.segments[0].done && read.segments[0].items == 5);
	CHECK(map_equal(read.segments[0].position, &position));
	CHECK(read.segments[1].done && !read.segments[1].position);
	CHECK_INT(read.file_count, 2);
	CHECK_TEXT(read.files[1].name, "y.gz");
	CHECK(read.files[1].bytes == 20 && read.files[1].items == 6);
	arena_release(&read.arena);
}

static void an_absent_state_is_no_error(void)
{
	struct place place CLEANUP(place_release) = place_new();
	struct import_state import;
	struct export_state export;

	CHECK_INT(import_state_read(place.path, &import, &place.err), STATE_ABSENT);
	CHECK_INT(export_state_read(place.path, &export, &place.err), STATE_ABSENT);
}

static void check_damaged(const char *text)
{
	struct place place CLEANUP(place_release) = place_new();
	struct import_state import;
	struct export_state export;

	CHECK_OK(file_replace(place.path, slice_from_string(text), &place.err), &place.err);
	CHECK_INT(import_state_read(place.path, &import, &place.err), -1);
	CHECK(strstr(place.err.message, "does not tell of an import"));
	error_release(&place.err);
	CHECK_INT(export_state_read(place.path, &export, &place.err), -1);
	CHECK(strstr(place.err.message, "does not tell of an export"));
}

static void a_damaged_state_is_told(void)
{
	check_damaged("");
	check_damaged("{}");
	check_damaged("[]");
	check_damaged("{\"Format\":5,\"Segments\":{},\"Files\":[1]}");
}

static const struct test_case cases[] = {
	{ "an import is read as it was written", an_import_is_read_as_it_was_written },
	{ "what is not known yet stays so", what_is_not_known_yet_stays_so },
	{ "an export is read as it was written", an_export_is_read_as_it_was_written },
	{ "an absent state is no error", an_absent_state_is_no_error },
	{ "a damaged state is told", a_damaged_state_is_told },
};

TEST_MAIN(cases)
