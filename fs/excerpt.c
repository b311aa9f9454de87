#include "excerpt.h"
#include "base/log.h"
#include "base/text.h"

#include <locale.h>
#include <pthread.h>
#include <wchar.h>

/* Of a longer line, this many characters are shown, at least so many of them
 * behind the place if there are. */
#define LINE_SHOWN  100
#define AFTER_SHOWN 40

#define TAB_WIDTH 8
#define ELLIPSIS  "\u2026"

/* Characters that move, hide or break others. Source: Unicode, general
 * categories Cc, Cf, Zl and Zp as far as they have that effect. */
static const struct {
	uint32_t first, last;
} unshowable[] = {
	{ 0x0080, 0x009F },
	{ 0x061C, 0x061C },
	{ 0x200B, 0x200F },
	{ 0x2028, 0x202E },
	{ 0x2060, 0x206F },
	{ 0xFEFF, 0xFEFF },
};

/* Knows how wide characters are, whatever the daemon's environment; kept until
 * the process ends. */
static locale_t utf8_locale;
static pthread_once_t utf8_locale_once = PTHREAD_ONCE_INIT;

static void utf8_locale_make(void)
{
	utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8_locale)
		log_warning("there is no locale C.UTF-8: carets may stand beside their place");
}

/* Writes a line and knows where it is. */
struct painter {
	struct buf *buf;
	size_t column;
};

/* The length of the character that the text begins with; 0 when malformed. */
static size_t character_length(struct slice text)
{
	unsigned char lead = (unsigned char)text.data[0];
	size_t len = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

	return len <= text.len && utf8_valid(slice_of(text.data, len)) ? len : 0;
}

static uint32_t character_decode(struct slice character)
{
	static const unsigned char lead_bits[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	uint32_t code_point = (unsigned char)character.data[0] & lead_bits[character.len];

	for (size_t i = 1; i < character.len; i++)
		code_point = code_point << 6 | ((unsigned char)character.data[i] & 0x3F);
	return code_point;
}

static bool is_showable(uint32_t code_point)
{
	for (size_t i = 0; i < ARRAY_SIZE(unshowable); i++) {
		if (code_point >= unshowable[i].first && code_point <= unshowable[i].last)
			return false;
	}
	return true;
}

static size_t character_width(uint32_t code_point)
{
	locale_t outer;
	int width;

	pthread_once(&utf8_locale_once, utf8_locale_make);
	if (!utf8_locale)
		return 1;
	outer = uselocale(utf8_locale);
	width = wcwidth((wchar_t)code_point);
	uselocale(outer);
	return width < 0 ? 1 : (size_t)width;
}

static void paint_text(struct painter *painter, const char *text, size_t width)
{
	buf_append_string(painter->buf, text);
	painter->column += width;
}

static void paint_character(struct painter *painter, struct slice character)
{
	uint32_t code_point = character_decode(character);

	if (is_showable(code_point)) {
		buf_append_slice(painter->buf, character);
		painter->column += character_width(code_point);
	} else {
		buf_appendf(painter->buf, "\\u%04x", code_point);
		painter->column += strlen("\\u0000");
	}
}

/* Paints the character or byte that the text begins with; returns its length. */
static size_t paint_next(struct painter *painter, struct slice text)
{
	unsigned char byte = (unsigned char)text.data[0];
	size_t len = byte < ' ' || byte == 0x7F ? 0 : character_length(text);

	if (len) {
		paint_character(painter, slice_of(text.data, len));
		return len;
	}
	buf_appendf(painter->buf, "\\x%02x", byte);
	painter->column += strlen("\\x00");
	return 1;
}

static size_t paint_in_line(struct painter *painter, struct slice text)
{
	if (text.data[0] != '\t')
		return paint_next(painter, text);
	do
		paint_text(painter, " ", 1);
	while (painter->column % TAB_WIDTH);
	return 1;
}

void excerpt_append_visible(struct buf *buf, struct slice text)
{
	struct painter painter = { buf, 0 };

	while (text.len)
		text = slice_skip(text, paint_next(&painter, text));
}

static size_t step_forward(struct slice line, size_t at, size_t characters)
{
	while (characters-- && at < line.len) {
		size_t len = character_length(slice_skip(line, at));

		at += len ? len : 1;
	}
	return at;
}

/* The length of the character or malformed byte that ends there. */
static size_t length_before(struct slice line, size_t at)
{
	for (size_t len = 2; len <= 4 && len <= at; len++) {
		if (character_length(slice_skip(line, at - len)) == len)
			return len;
	}
	return 1;
}

static size_t step_back(struct slice line, size_t at, size_t characters)
{
	while (characters-- && at > 0)
		at -= length_before(line, at);
	return at;
}

static size_t count_characters(struct slice line, size_t at, size_t most)
{
	size_t count = 0;

	for (; count < most && at < line.len; count++)
		at = step_forward(line, at, 1);
	return count;
}

/* The line that the offset is in, without its end, and the offset in it. */
static struct slice line_around(struct slice text, size_t offset, size_t *ret_offset)
{
	const char *before = offset ? memrchr(text.data, '\n', offset) : NULL;
	size_t start = before ? (size_t)(before - text.data) + 1 : 0;
	struct slice line = slice_skip(text, start);
	const char *end = memchr(text.data + offset, '\n', text.len - offset);

	if (end)
		line.len = (size_t)(end - line.data);
	if (slice_ends_with(line, SLICE("\r")))
		line.len--;
	*ret_offset = offset - start < line.len ? offset - start : line.len;
	return line;
}

/* Paints the part of the line around the offset; returns the offset's column. */
static size_t paint_line(struct painter *painter, struct slice line, size_t offset)
{
	size_t after = count_characters(line, offset, AFTER_SHOWN);
	size_t at = step_back(line, offset, LINE_SHOWN - after);
	size_t end = step_forward(line, at, LINE_SHOWN);
	size_t column = 0;

	if (at > 0)
		paint_text(painter, ELLIPSIS, 1);
	while (at < end) {
		if (at <= offset)
			column = painter->column;
		at += paint_in_line(painter, slice_skip(line, at));
	}
	if (at <= offset)
		column = painter->column;
	if (end < line.len)
		paint_text(painter, ELLIPSIS, 1);
	return column;
}

void excerpt_append(struct buf *buf, struct slice text, const struct error_place *place)
{
	struct painter painter = { buf, 0 };
	struct slice line = { NULL, 0 };
	size_t offset = 0, column;

	buf_appendf(buf, "line %u, column %u", place->line, place->column);
	if (slice_present(text) && place->offset <= text.len)
		line = line_around(text, place->offset, &offset);
	if (line.len == 0) {
		buf_append_string(buf, "\n");
		return;
	}
	buf_append_string(buf, ":\n");
	column = paint_line(&painter, line, offset);
	buf_appendf(buf, "\n%*s^\n", (int)column, "");
}
