#include "store/check_stream.h"

#include "base/buf.h"
#include "store/stream.h"

#define RECORDS_AT_ONCE 1000
#define BYTES_AT_ONCE   (1 << 20)

struct stream_look {
	struct store *store;
	const struct stream_description *stream;
	check_report *report;
	void *context;
	uint64_t offset; /* where the next record must begin */
	bool ended; /* there is no further record, or none that can be read */
	uint64_t problems;
};

static void PRINTF(2, 3) problem(struct stream_look *look, const char *format, ...)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	va_list args;

	buf_appendf(&text, "stream %.*s: ", SLICE_ARG(look->stream->label));
	va_start(args, format);
	buf_vappendf(&text, format, args);
	va_end(args);
	look->report(look->context, look->stream->table_name, buf_string(&text));
	look->problems++;
}

/* What is damaged is a problem to report, and no failure. */
static int judge(struct stream_look *look, struct error *damage, struct error *err)
{
	if (damage->class != ERROR_CORRUPT)
		return error_move(err, damage);
	problem(look, "%s", damage->message);
	look->ended = true;
	return 0;
}

static void look_at_record(struct stream_look *look, const struct stream_record *record)
{
	if (record->offset != look->offset)
		problem(look, "a record begins at %llu, the one before it ends at %llu",
			(unsigned long long)record->offset, (unsigned long long)look->offset);
	look->offset = record->next_offset;
}

static int look_at_some(struct stream_look *look, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error damage CLEANUP(error_release) = ERROR_INIT;
	struct stream_record *records;
	size_t count = 0;
	int r = stream_read(look->store, look->stream, look->offset, RECORDS_AT_ONCE, BYTES_AT_ONCE,
		&arena, &records, &count, &damage);

	if (r < 0)
		return judge(look, &damage, err);
	if (r == STREAM_ABSENT)
		count = 0;
	for (size_t i = 0; i < count; i++)
		look_at_record(look, &records[i]);
	look->ended = !count;
	return 0;
}

static int look_at_stream(struct stream_look *look, struct error *err)
{
	struct error damage CLEANUP(error_release) = ERROR_INIT;
	struct stream_extent extent;
	int r = stream_extent(look->store, look->stream, &extent, &damage);

	if (r < 0)
		return judge(look, &damage, err);
	if (r == STREAM_ABSENT)
		return 0;
	look->offset = extent.start;
	while (!look->ended)
		TRY(look_at_some(look, err));
	return 0;
}

int check_streams(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct stream_description *streams;
	size_t count;

	TRY(stream_list(store, (struct slice){ NULL, 0 }, &arena, &streams, &count, err));
	for (size_t i = 0; i < count; i++) {
		struct stream_look look = {
			.store = store,
			.stream = &streams[i],
			.report = report,
			.context = context,
		};

		TRY(look_at_stream(&look, err));
		*problems += look.problems;
	}
	return 0;
}
