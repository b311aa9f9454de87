#include "port_items.h"

#include "base/text.h"
#include "model/json.h"
#include "model/typed.h"

#define UTF8_MAX 4 /* bytes of a character */

const char *const port_format_names[PORT_FORMAT_COUNT] = {
	[PORT_JSON] = "json",
	[PORT_TYPED] = "typed",
	[PORT_CSV] = "csv",
	[PORT_S3] = "s3",
};

bool port_format_parse(const char *name, enum port_format *ret)
{
	for (int format = PORT_ANY + 1; format < PORT_FORMAT_COUNT; format++) {
		if (strcmp(port_format_names[format], name) == 0) {
			*ret = (enum port_format)format;
			return true;
		}
	}
	return false;
}

bool port_delimiter_parse(const char *text, char *ret)
{
	if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
		text = "\t";
	if (strlen(text) != 1 || strchr("\"\r\n", *text) || (signed char)*text < 0)
		return false;
	*ret = *text;
	return true;
}

/* Recognising */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The first byte that tells something; NOTHING when there is none yet. */
#define NOTHING (-1)
static int first_byte(struct slice piece, bool at_start)
{
	if (at_start && slice_starts_with(piece, SLICE("\xEF\xBB\xBF")))
		piece = slice_skip(piece, 3);
	for (size_t i = 0; i < piece.len; i++) {
		if (!is_blank(piece.data[i]))
			return (unsigned char)piece.data[i];
	}
	return NOTHING;
}

/* Whether the first line cannot be a header of CSV: it is no text. Of a piece
 * that ends within it, a character at its end may be cut. */
static bool is_binary(struct slice piece)
{
	const char *end = memchr(piece.data, '\n', piece.len);
	struct slice line = slice_of(piece.data, end ? (size_t)(end - piece.data) : piece.len);
	size_t fault;

	if (memchr(line.data, '\0', line.len))
		return true;
	return !utf8_check(line, &fault) && (end || fault + UTF8_MAX <= line.len);
}

static int recognise(struct items_reader *reader, struct slice piece, struct error *err)
{
	int first = first_byte(piece, reader->from.offset == 0);

	if (reader->told)
		return 0;
	reader->options.format = first == '{' || first == '[' ? PORT_JSON : PORT_CSV;
	if (reader->options.format == PORT_CSV && is_binary(piece))
		return error_set(
			err, ERROR_VALIDATION, "it holds binary data, neither JSON nor CSV");
	return 0;
}

/* CSV */

static int read_header(struct items_reader *reader, struct slice record, struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;

	reader->columns.delimiter = reader->options.delimiter;
	reader->columns.infer = reader->options.infer;
	buf_append_slice(&reader->header, record);
	if (columns_read_header(
		    &reader->columns, reader->options.key, record, &reader->arena, &fault) == 0)
		return 0;
	if (reader->told)
		return error_set(err, fault.class, "%s", fault.message);
	return error_set(
		err, fault.class, "it does not begin as JSON, and as CSV: %s", fault.message);
}

/* The first record is the header. */
static void take_row(void *context, const struct import_record *record)
{
	struct items_reader *reader = context;

	if (reader->header.len)
		reader->options.take(reader->options.context, record);
	else if (reader->failure.class == ERROR_NONE)
		(void)!read_header(reader, record->text, &reader->failure);
}

static void refuse_row(void *context, uint64_t line, const struct error *err)
{
	struct items_reader *reader = context;

	if (reader->header.len)
		reader->options.refuse(reader->options.context, line, err);
	else if (reader->failure.class == ERROR_NONE)
		error_set(&reader->failure, err->class, "%s", err->message);
}

/* Reading */

void items_init(struct items_reader *reader, const struct items_options *options)
{
	*reader = (struct items_reader){
		.options = *options,
		.told = options->format != PORT_ANY,
		.from = { .line = 1 },
		.arena = ARENA_INIT,
		.header = BUF_INIT,
		.failure = ERROR_INIT,
	};
}

static void begin(struct items_reader *reader)
{
	const struct items_options *options = &reader->options;

	reader->begun = true;
	if (options->format == PORT_CSV)
		csv_reader_init(&reader->csv, &reader->from, options->delimiter, take_row,
			refuse_row, reader);
	else
		import_reader_init(&reader->json, &reader->from, options->take, options->refuse,
			options->context);
}

int items_init_at(struct items_reader *reader, const struct items_options *options,
	const struct import_position *from, struct slice header, struct error *err)
{
	items_init(reader, options);
	reader->from = *from;
	if (options->format == PORT_CSV)
		TRY(read_header(reader, header, err));
	begin(reader);
	return 0;
}

void items_release(struct items_reader *reader)
{
	if (reader->begun && reader->options.format == PORT_CSV)
		csv_reader_release(&reader->csv);
	else if (reader->begun)
		import_reader_release(&reader->json);
	arena_release(&reader->arena);
	buf_release(&reader->header);
	error_release(&reader->failure);
}

/* Blanks before anything tells the format. */
static bool pass_over_blank(struct items_reader *reader, struct slice piece)
{
	if (first_byte(piece, reader->from.offset == 0) != NOTHING)
		return false;
	for (size_t i = 0; i < piece.len; i++)
		reader->from.line += piece.data[i] == '\n';
	reader->from.offset += piece.len;
	return true;
}

int items_feed(struct items_reader *reader, struct slice piece, struct error *err)
{
	if (!reader->begun && pass_over_blank(reader, piece))
		return 0;
	if (!reader->begun) {
		TRY(recognise(reader, piece, err));
		begin(reader);
	}
	if (reader->options.format == PORT_CSV)
		csv_reader_feed(&reader->csv, piece);
	else
		import_reader_feed(&reader->json, piece);
	if (reader->failure.class == ERROR_NONE)
		return 0;
	return error_move(err, &reader->failure);
}

int items_finish(struct items_reader *reader, struct error *err)
{
	if (!reader->begun)
		return 0; /* an empty text */
	if (reader->options.format == PORT_CSV)
		csv_reader_finish(&reader->csv);
	else
		import_reader_finish(&reader->json, true);
	if (reader->failure.class == ERROR_NONE)
		return 0;
	return error_move(err, &reader->failure);
}

struct slice items_header(const struct items_reader *reader)
{
	if (!reader->header.len)
		return (struct slice){ NULL, 0 };
	return buf_slice(&reader->header);
}

/* Whether the one member, Item, is an item: its values are objects then. Of an
 * attribute of that name, which must be the key, the value is a string. */
static bool is_wrapped(json_t *root)
{
	json_t *item = json_object_get(root, "Item");
	void *first = json_object_iter(item);

	return json_object_size(root) == 1 && json_is_object(item) &&
	       (!first || json_is_object(json_object_iter_value(first)));
}

/* Typed strictly: what is no typed item is an error, never a plain one. */
static int parse_typed(
	struct slice text, bool wrapped, struct arena *arena, struct map *ret, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };

	TRY(json_parse(text, &document, err));
	if (wrapped && !json_is_object(json_object_get(document.root, "Item")))
		return error_set(err, ERROR_VALIDATION, "the line of an export is {\"Item\":{…}}");
	if (wrapped || is_wrapped(document.root))
		return typed_read_map(
			&document, json_object_get(document.root, "Item"), arena, ret, err);
	return typed_read_map(&document, document.root, arena, ret, err);
}

int items_parse(const struct items_reader *reader, struct slice text, struct arena *arena,
	struct map *ret, struct error *err)
{
	switch (reader->options.format) {
	case PORT_CSV:
		return columns_read_item(&reader->columns, text, arena, ret, err);
	case PORT_TYPED:
	case PORT_S3:
		return parse_typed(text, reader->options.format == PORT_S3, arena, ret, err);
	case PORT_ANY:
	case PORT_JSON:
	case PORT_FORMAT_COUNT:
		break;
	}
	return import_read_item(text, arena, ret, err);
}
