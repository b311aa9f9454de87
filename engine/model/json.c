#include "model/json.h"
#include "base/text.h"

void json_document_release(struct json_document *document)
{
	json_decref(document->root);
	buf_release(&document->numbers);
	*document = (struct json_document){ .root = NULL };
}

static const struct json_number *number_at(const struct buf *numbers, size_t index)
{
	return (const struct json_number *)(const void *)numbers->data + index;
}

/* The place in the text of a place in the lifted text, which is not within a
 * number. */
static size_t original_offset(const struct json_scanner *scanner, size_t lifted)
{
	size_t count = scanner->numbers.len / sizeof(struct json_number);
	size_t digits = 1, next_power = 10; /* of the index */
	size_t removed = 0, added = 0;

	for (size_t i = 0; i < count; i++) {
		const struct json_number *number = number_at(&scanner->numbers, i);

		if (i == next_power) {
			digits++;
			next_power *= 10;
		}
		if (number->offset - removed + added >= lifted)
			break;
		removed += number->len;
		added += digits;
	}
	return lifted + removed - added;
}

/* The string with its quotes that ends before the offset. */
static struct slice string_before(struct slice text, size_t end)
{
	size_t start = end - 1;

	while (start > 0) {
		size_t backslashes = 0;

		if (text.data[--start] != '"')
			continue;
		while (backslashes < start && text.data[start - 1 - backslashes] == '\\')
			backslashes++;
		if (backslashes % 2 == 0)
			break;
	}
	return slice_of(text.data + start, end - start);
}

/* The scanner has accepted the text: what Jansson still finds is a member that
 * was there before, and it stops right after the name. */
static int jansson_error(const struct json_scanner *scanner, struct slice text,
	const json_error_t *fault, struct error *err)
{
	struct slice name;

	if (json_error_code(fault) != json_error_duplicate_key)
		return error_set(err, ERROR_VALIDATION, "%s", fault->text);
	name = string_before(text, original_offset(scanner, (size_t)fault->position));
	error_set(err, ERROR_VALIDATION, "duplicate attribute %.*s", SLICE_ARG(name));
	error_set_place(err, error_place_at(text, (size_t)(name.data - text.data)));
	return -1;
}

int json_parse(struct slice text, struct json_document *ret, struct error *err)
{
	struct json_scanner scanner CLEANUP(json_scanner_release);
	json_error_t fault;
	json_t *root;

	json_scanner_init(&scanner);
	TRY(json_scanner_feed(&scanner, text, err));
	TRY(json_scanner_finish(&scanner, err));
	root = json_loadb(scanner.lifted.data, scanner.lifted.len,
		JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
	if (!root)
		return jansson_error(&scanner, text, &fault, err);
	*ret = (struct json_document){ root, text, scanner.numbers };
	buf_init(&scanner.numbers);
	return 0;
}

struct slice json_number_text(const struct json_document *document, const json_t *node)
{
	const struct json_number *number;

	if (!json_is_integer(node))
		return slice_of(NULL, 0);
	number = number_at(&document->numbers, (size_t)json_integer_value(node));
	return slice_of(document->text.data + number->offset, number->len);
}

/* Counts the nodes before the target, in the order of the text: true when it
 * was met. Nesting was bounded by the scanner. */
static bool count_nodes_before(json_t *node, const json_t *target, size_t *count)
{
	if (node == target)
		return true;
	(*count)++;
	for (size_t i = 0; i < json_array_size(node); i++) {
		if (count_nodes_before(json_array_get(node, i), target, count))
			return true;
	}
	for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at)) {
		if (count_nodes_before(json_object_iter_value(at), target, count))
			return true;
	}
	return false;
}

static size_t skip_string(struct slice text, size_t at)
{
	for (at++; text.data[at] != '"'; at++) {
		if (text.data[at] == '\\')
			at++;
	}
	return at + 1;
}

static bool is_punctuation(char c)
{
	return strchr(" \t\r\n,:]}", c) != NULL;
}

static size_t skip_token(struct slice text, size_t at)
{
	if (text.data[at] == '"')
		return skip_string(text, at);
	if (text.data[at] == '{' || text.data[at] == '[')
		return at + 1;
	while (at < text.len && !is_punctuation(text.data[at]))
		at++;
	return at;
}

static bool is_name(struct slice text, size_t end)
{
	while (end < text.len && strchr(" \t\r\n", text.data[end]))
		end++;
	return end < text.len && text.data[end] == ':';
}

/* Where the value with so many before it begins. */
static size_t value_offset(struct slice text, size_t before)
{
	size_t at = 0;

	while (at < text.len) {
		size_t end;

		if (is_punctuation(text.data[at])) {
			at++;
			continue;
		}
		end = skip_token(text, at);
		if (text.data[at] != '"' || !is_name(text, end)) {
			if (!before--)
				break;
		}
		at = end;
	}
	return at;
}

struct error_place json_place(const struct json_document *document, const json_t *node)
{
	size_t before = 0;

	if (!count_nodes_before(document->root, node, &before))
		return (struct error_place){ .known = false };
	return error_place_at(document->text, value_offset(document->text, before));
}

/* How a byte of a string is written: 0 as it is, 'u' as \u00XX, another letter
 * after a backslash. */
static const char escapes[256] = {
	[0x00 ... 0x07] = 'u',
	['\b'] = 'b',
	['\t'] = 't',
	['\n'] = 'n',
	[0x0B] = 'u',
	['\f'] = 'f',
	['\r'] = 'r',
	[0x0E ... 0x1F] = 'u',
	['"'] = '"',
	['\\'] = '\\',
	[0x7F] = 'u',
};

static void append_escape(struct buf *buf, char byte)
{
	char letter = escapes[(unsigned char)byte];

	buf_append_char(buf, '\\');
	buf_append_char(buf, letter);
	if (letter == 'u') {
		buf_append_string(buf, "00");
		hex_append(buf, slice_of(&byte, 1));
	}
}

void json_append_string(struct buf *buf, struct slice string)
{
	size_t done = 0;

	buf_append_char(buf, '"');
	for (size_t i = 0; i < string.len; i++) {
		if (!escapes[(unsigned char)string.data[i]])
			continue;
		buf_append(buf, string.data + done, i - done);
		append_escape(buf, string.data[i]);
		done = i + 1;
	}
	buf_append(buf, string.data + done, string.len - done);
	buf_append_char(buf, '"');
}

size_t json_escaped_length(struct slice string)
{
	size_t length = string.len + strlen("\"\"");

	for (size_t i = 0; i < string.len; i++) {
		char letter = escapes[(unsigned char)string.data[i]];

		if (letter)
			length += strlen(letter == 'u' ? "u00XX" : "n");
	}
	return length;
}
