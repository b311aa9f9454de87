#include "base/text.h"

#include <errno.h>
#include <float.h>
#include <stdint.h>
#include <stdlib.h>

/* Length of the sequence at p, or 0 when it is malformed. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		len = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		len = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		len = 4;
	else
		return 0;
	if (left < len)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;
	else if (p[0] == 0xED)
		high = 0x9F;
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	}
	return len;
}

bool utf8_check(struct slice text, size_t *ret_offset)
{
	const unsigned char *p = (const unsigned char *)text.data;
	size_t i = 0;

	while (i < text.len) {
		size_t len = utf8_sequence(p + i, text.len - i);

		if (!len) {
			*ret_offset = i;
			return false;
		}
		i += len;
	}
	return true;
}

bool utf8_valid(struct slice text)
{
	size_t offset;

	return utf8_check(text, &offset);
}

void utf8_append(struct buf *buf, uint32_t c)
{
	if (c < 0x80) {
		buf_append_char(buf, (char)c);
	} else if (c < 0x800) {
		buf_append_char(buf, (char)(0xC0 | c >> 6));
		buf_append_char(buf, (char)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		buf_append_char(buf, (char)(0xE0 | c >> 12));
		buf_append_char(buf, (char)(0x80 | (c >> 6 & 0x3F)));
		buf_append_char(buf, (char)(0x80 | (c & 0x3F)));
	} else {
		buf_append_char(buf, (char)(0xF0 | c >> 18));
		buf_append_char(buf, (char)(0x80 | (c >> 12 & 0x3F)));
		buf_append_char(buf, (char)(0x80 | (c >> 6 & 0x3F)));
		buf_append_char(buf, (char)(0x80 | (c & 0x3F)));
	}
}

bool text_is_blank(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!memchr(" \t\r\n", text.data[i], 4))
			return false;
	}
	return true;
}

static const char base64_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_append(struct buf *buf, struct slice bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.data;

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)p[i] << 16;

		if (left > 1)
			group |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			group |= p[i + 2];
		buf_append_char(buf, base64_alphabet[group >> 18]);
		buf_append_char(buf, base64_alphabet[group >> 12 & 63]);
		buf_append_char(buf, left > 1 ? base64_alphabet[group >> 6 & 63] : '=');
		buf_append_char(buf, left > 2 ? base64_alphabet[group & 63] : '=');
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool base64_decode(struct buf *buf, struct slice text)
{
	size_t padding = 0;

	if (text.len % 4)
		return false;
	if (slice_ends_with(text, SLICE("==")))
		padding = 2;
	else if (slice_ends_with(text, SLICE("=")))
		padding = 1;
	for (size_t i = 0; i < text.len; i += 4) {
		size_t digits = i + 4 == text.len ? 4 - padding : 4;
		uint32_t group = 0;

		for (size_t j = 0; j < 4; j++) {
			int value = j < digits ? base64_value(text.data[i + j]) : 0;

			if (value < 0)
				return false;
			group = group << 6 | (uint32_t)value;
		}
		if ((digits == 2 && (group & 0xFFFF)) || (digits == 3 && (group & 0xFF)))
			return false;
		buf_append_char(buf, (char)(group >> 16));
		if (digits > 2)
			buf_append_char(buf, (char)(group >> 8));
		if (digits > 3)
			buf_append_char(buf, (char)group);
	}
	return true;
}

void hex_append(struct buf *buf, struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.data[i];

		buf_append_char(buf, digits[byte >> 4]);
		buf_append_char(buf, digits[byte & 15]);
	}
}

int hex_digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(struct buf *buf, struct slice text)
{
	if (text.len % 2)
		return false;
	for (size_t i = 0; i < text.len; i += 2) {
		int high = hex_digit_value(text.data[i]);
		int low = hex_digit_value(text.data[i + 1]);

		if (high < 0 || low < 0)
			return false;
		if ((text.data[i] >= 'A' && text.data[i] <= 'F') ||
			(text.data[i + 1] >= 'A' && text.data[i + 1] <= 'F'))
			return false;
		buf_append_char(buf, (char)(high << 4 | low));
	}
	return true;
}

bool decimal_parse(const char *text, uint64_t *ret)
{
	size_t length = strspn(text, "0123456789");

	errno = 0;
	*ret = strtoull(text, NULL, 10);
	return length && !text[length] && !errno;
}

void double_append(struct buf *buf, double number)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int precision = DBL_DIG;

	do {
		buf_clear(&text);
		buf_appendf(&text, "%.*g", precision, number);
	} while (strtod(buf_string(&text), NULL) != number && ++precision <= DBL_DECIMAL_DIG);
	if (!strpbrk(text.data, ".e"))
		buf_append_string(&text, ".0");
	buf_append_slice(buf, buf_slice(&text));
}
