#include "api/csv.h"

#include "model/json.h"

enum csv_state {
	CELL_BEGINS,
	CELL_PLAIN,
	CELL_QUOTED,
	CELL_CLOSED, /* behind a quote in a quoted cell: its end, or the first of two */
};

static enum csv_state next_state(enum csv_state state, char c, char delimiter)
{
	if (state == CELL_QUOTED)
		return c == '"' ? CELL_CLOSED : CELL_QUOTED;
	if (c == delimiter || c == '\n')
		return CELL_BEGINS;
	if (c == '"' && (state == CELL_BEGINS || state == CELL_CLOSED))
		return CELL_QUOTED;
	return state == CELL_CLOSED ? CELL_CLOSED : CELL_PLAIN;
}

/* Records */

void csv_reader_init(struct csv_reader *reader, const struct import_position *from, char delimiter,
	import_take *take, import_refuse *refuse, void *context)
{
	*reader = (struct csv_reader){
		.take = take,
		.refuse = refuse,
		.context = context,
		.delimiter = delimiter,
		.at = from ? *from : (struct import_position){ .line = 1 },
		.pending = BUF_INIT,
	};
}

void csv_reader_release(struct csv_reader *reader)
{
	buf_release(&reader->pending);
}

static void refuse_long(struct csv_reader *reader)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	error_set(&err, ERROR_TOO_LARGE, "more than %u MB without an end: is a quote not closed?",
		JSON_TEXT_MAX >> 20);
	reader->refuse(reader->context, reader->pending_line, &err);
}

/* Of an over-long record no more is kept than tells it. */
static void keep(struct csv_reader *reader, struct slice text)
{
	if (!reader->pending.len)
		reader->pending_line = reader->at.line;
	if (reader->pending.len <= JSON_TEXT_MAX)
		buf_append_slice(&reader->pending, text);
}

static void take_pending(struct csv_reader *reader)
{
	struct slice text = buf_slice(&reader->pending);
	struct import_record record = { text, reader->pending_line, reader->at };

	if (text.len > JSON_TEXT_MAX) {
		refuse_long(reader);
	} else {
		if (slice_ends_with(text, SLICE("\r")))
			record.text.len--;
		if (record.text.len)
			reader->take(reader->context, &record);
	}
	buf_clear(&reader->pending);
}

static struct slice skip_mark(struct csv_reader *reader, struct slice piece)
{
	static const struct slice mark = SLICE("\xEF\xBB\xBF");

	while (piece.len && reader->at.offset < mark.len &&
		piece.data[0] == mark.data[reader->at.offset]) {
		reader->at.offset++;
		piece = slice_skip(piece, 1);
	}
	return piece;
}

/* The length of what of the piece belongs to the record; *ret_ended: up to the
 * end of its line, which is left. */
static size_t scan(
	struct csv_reader *reader, struct slice piece, uint64_t *ret_lines, bool *ret_ended)
{
	enum csv_state state = reader->state;

	*ret_lines = 0;
	*ret_ended = false;
	for (size_t i = 0; i < piece.len; i++) {
		*ret_ended = piece.data[i] == '\n' && state != CELL_QUOTED;
		if (*ret_ended) {
			reader->state = CELL_BEGINS;
			return i;
		}
		*ret_lines += piece.data[i] == '\n';
		state = next_state(state, piece.data[i], reader->delimiter);
	}
	reader->state = state;
	return piece.len;
}

void csv_reader_feed(struct csv_reader *reader, struct slice piece)
{
	piece = skip_mark(reader, piece);
	while (piece.len) {
		uint64_t lines;
		bool ended;
		size_t len = scan(reader, piece, &lines, &ended);

		keep(reader, slice_of(piece.data, len));
		reader->at.line += lines + ended;
		reader->at.offset += len + ended;
		if (ended)
			take_pending(reader);
		piece = slice_skip(piece, len + ended);
	}
}

void csv_reader_finish(struct csv_reader *reader)
{
	if (reader->pending.len)
		take_pending(reader);
}

/* Cells */

static size_t count_cells(struct slice record, char delimiter)
{
	enum csv_state state = CELL_BEGINS;
	size_t count = 1;

	for (size_t i = 0; i < record.len; i++) {
		count += record.data[i] == delimiter && state != CELL_QUOTED;
		state = next_state(state, record.data[i], delimiter);
	}
	return count;
}

static int fail_at(struct slice record, size_t offset, const char *message, struct error *err)
{
	error_set(err, ERROR_VALIDATION, "%s", message);
	error_set_place(err, error_place_at(record, offset));
	return -1;
}

/* Where the quote that begins the cell is closed, or the record's end. */
static size_t closing_quote(struct slice record, size_t start)
{
	size_t i = start + 1;

	for (; i < record.len; i++) {
		if (record.data[i] != '"')
			continue;
		if (i + 1 == record.len || record.data[i + 1] != '"')
			break;
		i++;
	}
	return i < record.len ? i : record.len;
}

/* What the quotes hold: two of them stand for one. */
static struct slice unquote(struct slice quoted, struct arena *arena)
{
	char *text = arena_alloc(arena, quoted.len);
	size_t len = 0;

	for (size_t i = 0; i < quoted.len; i++) {
		text[len++] = quoted.data[i];
		i += quoted.data[i] == '"';
	}
	return slice_of(text, len);
}

/* Takes the quoted cell that begins at *at, which moves behind it. */
static int read_quoted(struct slice record, char delimiter, size_t *at, struct arena *arena,
	struct csv_cell *ret, struct error *err)
{
	size_t start = *at, end = closing_quote(record, start);

	if (end == record.len)
		return fail_at(record, start, "the quote that begins here is not closed", err);
	if (end + 1 < record.len && record.data[end + 1] != delimiter)
		return fail_at(record, end + 1, "text follows the quote that ends the cell", err);
	*ret = (struct csv_cell){
		.text = unquote(slice_of(record.data + start + 1, end - start - 1), arena),
		.quoted = true,
		.offset = start,
	};
	*at = end + 1;
	return 0;
}

static void read_plain(struct slice record, char delimiter, size_t *at, struct csv_cell *ret)
{
	struct slice rest = slice_skip(record, *at);
	const char *end = rest.len ? memchr(rest.data, delimiter, rest.len) : NULL;
	size_t len = end ? (size_t)(end - rest.data) : rest.len;

	*ret = (struct csv_cell){ slice_of(rest.data, len), false, *at };
	*at += len;
}

int csv_read_cells(struct slice record, char delimiter, struct arena *arena, struct csv_cells *ret,
	struct error *err)
{
	size_t count = count_cells(record, delimiter), at = 0, n = 0;
	struct csv_cell *cells = arena_alloc_array(arena, count, sizeof(*cells));

	for (;;) {
		if (at < record.len && record.data[at] == '"')
			TRY(read_quoted(record, delimiter, &at, arena, &cells[n], err));
		else
			read_plain(record, delimiter, &at, &cells[n]);
		n++;
		if (at >= record.len)
			break;
		at++;
	}
	*ret = (struct csv_cells){ cells, n };
	return 0;
}

static bool needs_quotes(struct slice text, char delimiter)
{
	if (!text.len)
		return true;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == delimiter || c == '"' || c == '\n' || c == '\r')
			return true;
	}
	return false;
}

void csv_append_cell(struct buf *buf, struct slice text, char delimiter)
{
	if (!needs_quotes(text, delimiter)) {
		buf_append_slice(buf, text);
		return;
	}
	buf_append_char(buf, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			buf_append_char(buf, '"');
		buf_append_char(buf, text.data[i]);
	}
	buf_append_char(buf, '"');
}
