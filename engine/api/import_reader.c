#include "api/import_reader.h"

#include "model/json.h"
#include "model/plain.h"
#include "model/typed.h"

static const struct slice byte_order_mark = SLICE("\xEF\xBB\xBF");

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice skip_blanks(struct slice text)
{
	while (text.len && is_blank(text.data[0]))
		text = slice_skip(text, 1);
	return text;
}

/* An S3 export's line: one member, Item, that is typed. */
static const json_t *exported_item(const struct json_document *document)
{
	const json_t *item = json_object_get(document->root, "Item");

	if (json_object_size(document->root) != 1 || !json_is_object(item))
		return NULL;
	return item;
}

static int read_exported(const struct json_document *document, const json_t *item,
	struct arena *arena, struct map *ret)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	return typed_read_map(document, item, arena, ret, &err);
}

int import_read_item(struct slice text, struct arena *arena, struct map *ret, struct error *err)
{
	if (slice_starts_with(skip_blanks(text), SLICE("{\"Item\":"))) {
		struct json_document document CLEANUP(json_document_release) = { 0 };
		const json_t *item;

		TRY(json_parse(text, &document, err));
		item = exported_item(&document);
		if (item && read_exported(&document, item, arena, ret) == 0)
			return 0;
	}
	return plain_read_item(text, arena, ret, err);
}

void import_reader_init(struct import_reader *reader, const struct import_position *from,
	import_take *take, import_refuse *refuse, void *context)
{
	*reader = (struct import_reader){
		.take = take,
		.refuse = refuse,
		.context = context,
		.at = from ? *from : (struct import_position){ .line = 1 },
		.pending = BUF_INIT,
	};
	reader->has_elements = reader->at.format == IMPORT_ARRAY;
}

void import_reader_release(struct import_reader *reader)
{
	buf_release(&reader->pending);
}

static void refuse_text(struct import_reader *reader, uint64_t line, const char *message)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	error_set(&err, ERROR_VALIDATION, "%s", message);
	reader->refuse(reader->context, line, &err);
}

/* The position is behind the record already. */
static void take_text(struct import_reader *reader, struct slice text, uint64_t line)
{
	const struct import_record record = { text, line, reader->at };

	if (skip_blanks(text).len)
		reader->take(reader->context, &record);
}

/* Keeps what is not whole yet, but no more than an item can be: the rest of an
 * over-long line is dropped and the line refused for its size. */
static void keep(struct import_reader *reader, struct slice text)
{
	if (reader->pending.len > JSON_TEXT_MAX)
		return;
	if (!reader->pending.len)
		reader->pending_line = reader->at.line;
	buf_append_slice(&reader->pending, text);
}

static void take_pending(struct import_reader *reader)
{
	take_text(reader, buf_slice(&reader->pending), reader->pending_line);
	buf_clear(&reader->pending);
}

static void feed_lines(struct import_reader *reader, struct slice piece)
{
	const char *end;

	while (piece.len && (end = memchr(piece.data, '\n', piece.len))) {
		struct slice line = slice_of(piece.data, (size_t)(end - piece.data));
		uint64_t number = reader->at.line;

		if (reader->pending.len)
			keep(reader, line);
		reader->at.line++;
		reader->at.offset += line.len + 1;
		if (reader->pending.len)
			take_pending(reader);
		else
			take_text(reader, line, number);
		piece = slice_skip(piece, line.len + 1);
	}
	if (piece.len)
		keep(reader, piece);
	reader->at.offset += piece.len;
}

/* Follows one byte of an array; true when it ends an element. */
static bool ends_element(struct import_reader *reader, char c)
{
	if (reader->in_string) {
		if (reader->escaped)
			reader->escaped = false;
		else if (c == '\\')
			reader->escaped = true;
		else if (c == '"')
			reader->in_string = false;
		return false;
	}
	if (c == '"')
		reader->in_string = true;
	else if (c == '{' || c == '[')
		reader->depth++;
	else if (reader->depth && (c == '}' || c == ']'))
		reader->depth--;
	else if (!reader->depth && c == ']')
		reader->at.format = IMPORT_ARRAY_ENDED;
	return !reader->depth && (c == ',' || reader->at.format == IMPORT_ARRAY_ENDED);
}

/* Takes the element that a comma or the end of the array ends. */
static void take_element(struct import_reader *reader)
{
	bool ended = reader->at.format == IMPORT_ARRAY_ENDED;

	if (reader->pending.len)
		take_pending(reader);
	else if (!ended)
		refuse_text(reader, reader->at.line, "a value is missing before ','");
	else if (reader->has_elements)
		refuse_text(reader, reader->at.line, "a value is missing between ',' and ']'");
	reader->has_elements = true;
}

static void feed_array(struct import_reader *reader, struct slice piece)
{
	for (size_t i = 0; i < piece.len; i++) {
		char c = piece.data[i];

		reader->at.offset++;
		if (reader->at.format == IMPORT_ARRAY && ends_element(reader, c))
			take_element(reader);
		else if (reader->pending.len || !is_blank(c))
			keep(reader, slice_of(&c, 1));
		reader->at.line += c == '\n';
	}
}

static bool is_mark(const struct import_reader *reader, char c)
{
	return reader->at.offset < byte_order_mark.len &&
	       c == byte_order_mark.data[reader->at.offset];
}

/* The first byte that is not blank tells. Blanks before it belong to its line. */
static struct slice detect_format(struct import_reader *reader, struct slice piece)
{
	while (piece.len && (is_blank(piece.data[0]) || is_mark(reader, piece.data[0]))) {
		if (piece.data[0] == '\n') {
			buf_clear(&reader->pending);
			reader->at.line++;
		} else if (is_blank(piece.data[0])) {
			keep(reader, slice_of(piece.data, 1));
		}
		reader->at.offset++;
		piece = slice_skip(piece, 1);
	}
	if (!piece.len)
		return piece;
	reader->at.format = piece.data[0] == '[' ? IMPORT_ARRAY : IMPORT_LINES;
	if (reader->at.format == IMPORT_LINES)
		return piece;
	buf_clear(&reader->pending);
	reader->at.offset++;
	return slice_skip(piece, 1);
}

void import_reader_feed(struct import_reader *reader, struct slice piece)
{
	if (reader->at.format == IMPORT_UNKNOWN)
		piece = detect_format(reader, piece);
	if (!piece.len)
		return;
	if (reader->at.format == IMPORT_LINES)
		feed_lines(reader, piece);
	else
		feed_array(reader, piece);
}

static bool is_whole(struct slice text)
{
	struct json_scanner scanner CLEANUP(json_scanner_release);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	json_scanner_init(&scanner);
	return json_scanner_feed(&scanner, text, &err) == JSON_COMPLETE;
}

void import_reader_finish(struct import_reader *reader, bool last)
{
	bool ended = reader->at.format == IMPORT_ARRAY_ENDED;

	if (last && ended && reader->pending.len) {
		refuse_text(reader, reader->pending_line, "the array has ended before this");
		buf_clear(&reader->pending);
	}
	if (reader->pending.len && (last || (reader->at.format == IMPORT_LINES &&
						    is_whole(buf_slice(&reader->pending)))))
		take_pending(reader);
	if (last && reader->at.format == IMPORT_ARRAY) {
		refuse_text(
			reader, reader->at.line, "the text ends inside the array: ']' is missing");
		reader->at.format = IMPORT_ARRAY_ENDED;
	}
}
