#include "stream_switch.h"

#include "stream_requests.h"

#include <strings.h>

static const struct {
	const char *word;
	const char *view; /* NULL: off */
} switches[] = {
	{ "KEYS_ONLY", "KEYS_ONLY" },
	{ "NEW_IMAGE", "NEW_IMAGE" },
	{ "OLD_IMAGE", "OLD_IMAGE" },
	{ "NEW_AND_OLD_IMAGES", "NEW_AND_OLD_IMAGES" },
	{ "NONE", NULL },
	{ "OFF", NULL },
};

#define WORDS "KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, or NONE to disable the stream"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice trim(struct slice text)
{
	while (text.len && is_blank(text.data[0]))
		text = slice_skip(text, 1);
	while (text.len && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

static int wrong_word(struct slice text, struct slice word, struct error *err)
{
	error_set(err, ERROR_VALIDATION,
		"a stream's view type is " WORDS "; this is none: \"%.*s\"", SLICE_ARG(word));
	error_set_place(err, error_place_at(text, (size_t)(word.data - text.data)));
	return -1;
}

int stream_switch_read(struct slice text, struct slice *ret, struct error *err)
{
	struct slice word = trim(text);
	bool ended = text.len && is_blank(text.data[text.len - 1]);

	if (!word.len)
		return STREAM_SWITCH_INCOMPLETE;
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		size_t len = strlen(switches[i].word);

		if (word.len > len || strncasecmp(word.data, switches[i].word, word.len) != 0)
			continue;
		if (word.len < len)
			return ended ? wrong_word(text, word, err) : STREAM_SWITCH_INCOMPLETE;
		*ret = slice_from_string(switches[i].view);
		return 0;
	}
	return wrong_word(text, word, err);
}

bool stream_switch_is_cut(struct slice text, struct error *err)
{
	struct slice word = trim(text);

	if (word.len)
		wrong_word(text, word, err);
	return word.len;
}

static int other_view(
	struct slice table_name, struct slice now, struct slice wanted, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"Table already has an enabled stream: TableName: %.*s. It is one of %.*s; to "
		"have another one, write NONE to .stream, then %.*s",
		SLICE_ARG(table_name), SLICE_ARG(now), SLICE_ARG(wanted));
}

int stream_switch(struct filesystem *fs, const struct mount_table *table, struct slice view,
	struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct find_stream_input input = { .table_name = table->name };
	struct find_stream_output found;

	TRY(mount_table_check(table, err));
	TRY(request_stream(fs, &input, &arena, &found, err));
	if (found.found != slice_present(view))
		return request_stream_view(fs, table->name, view, err);
	if (found.found && !slice_equal(found.stream_view_type, view))
		return other_view(table->name, found.stream_view_type, view, err);
	return 0;
}
