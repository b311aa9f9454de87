/*
 * Completion, from the tables that say what there is: commands, what they take
 * (the words of struct command's arguments) and their options (the lines of
 * --help), operations, and the tables of a data directory or an endpoint.
 */
#include "complete.h"

#include "client.h"
#include "commands.h"
#include "key_option.h"
#include "where.h"

#include <ctype.h>
#include <stdio.h>

struct completion {
	struct slice word; /* so far */
	const char *rest; /* what the shell shall add */
	struct buf candidates; /* lines */
};

static void add(struct completion *completion, struct slice before, struct slice candidate)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&line, before);
	buf_append_slice(&line, candidate);
	if (!slice_starts_with(buf_slice(&line), completion->word))
		return;
	buf_append_slice(&completion->candidates, buf_slice(&line));
	buf_append_char(&completion->candidates, '\n');
}

static void add_word(struct completion *completion, struct slice word)
{
	add(completion, SLICE(""), word);
}

/* Options: the lines of --help that begin with "  -", as
 *
 *	  -n N, --limit=N          no more than N items
 */

/* Takes the next option off a list of them: "-n N", "--limit=N". */
static bool next_option(struct slice *list, struct slice *ret)
{
	const char *comma = memmem(list->data, list->len, ", ", 2);

	if (!list->len)
		return false;
	*ret = comma ? slice_of(list->data, (size_t)(comma - list->data)) : *list;
	*list = slice_skip(*list, comma ? ret->len + 2 : ret->len);
	return true;
}

/* Takes the next line off the help, and returns the options that it is about;
 * empty when it goes on with those before. */
static struct slice next_options(const char **help)
{
	const char *line = *help, *end = strchrnul(line, '\n');
	struct slice text = slice_of(line, (size_t)(end - line));
	const char *gap;

	*help = *end ? end + 1 : end;
	if (!slice_starts_with(text, SLICE("  -")))
		return SLICE("");
	text = slice_skip(text, 2);
	gap = memmem(text.data, text.len, "  ", 2);
	return gap ? slice_of(text.data, (size_t)(gap - text.data)) : text;
}

/* Calls visit with each option of the command; true as soon as that is. */
typedef bool visit_option(void *context, struct slice option);
static bool visit_options(const struct command *command, visit_option *visit, void *context)
{
	const char *help = command->options ? command->options : "";
	struct slice option;

	while (*help) {
		struct slice list = next_options(&help);

		while (next_option(&list, &option)) {
			if (visit(context, option))
				return true;
		}
	}
	return false;
}

/* A value in capitals stands for what is to be given. */
static bool add_option(void *context, struct slice option)
{
	const char *blank = memchr(option.data, ' ', option.len), *equals;

	if (blank)
		option.len = (size_t)(blank - option.data);
	equals = memchr(option.data, '=', option.len);
	if (equals && isupper((unsigned char)equals[1]))
		option.len = (size_t)(equals + 1 - option.data);
	add_word(context, option);
	return false;
}

/* Whether the option is the word, and its value the next word. */
static bool is_waiting(void *context, struct slice option)
{
	struct slice word = *(const struct slice *)context;

	return option.len > word.len && slice_starts_with(option, word) &&
	       (option.data[word.len] == ' ' || option.data[word.len] == '=');
}

static bool is_file_option(void *context, struct slice option)
{
	struct slice word = *(const struct slice *)context;
	const char *equals = memchr(word.data, '=', word.len);

	return equals && slice_ends_with(option, SLICE("=FILE")) &&
	       slice_starts_with(word, slice_of(option.data, option.len - strlen("FILE")));
}

/* What the values of options stand for. */

static void add_operation_names(struct completion *completion, struct slice before)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		if (operations[i].name)
			add(completion, before, slice_from_string(operations[i].name));
	}
}

static void add_metric_names(struct completion *completion, struct slice before)
{
	struct metric_summary metric;

	for (size_t i = 0; metric_summary(i, &metric); i++)
		add(completion, before, slice_from_string(metric.name));
}

static void add_statistic_names(struct completion *completion, struct slice before)
{
	for (size_t i = 0; metric_statistic_names[i]; i++)
		add(completion, before, slice_from_string(metric_statistic_names[i]));
}

static const struct {
	struct slice name;
	void (*add)(struct completion *completion, struct slice before);
} option_kinds[] = {
	{ SLICE("METRIC"), add_metric_names },
	{ SLICE("STATISTIC"), add_statistic_names },
	{ SLICE("OPERATION"), add_operation_names },
};

/* Whether the word is that option with "=" behind it, and its value is of a kind
 * whose names are known: these are added. */
static bool add_values(void *context, struct slice option)
{
	struct completion *completion = context;
	const char *equals = memchr(option.data, '=', option.len);
	struct slice name = option, value;

	if (!equals)
		return false;
	name.len = (size_t)(equals + 1 - option.data);
	value = slice_skip(option, name.len);
	if (!slice_starts_with(completion->word, name))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(option_kinds); i++) {
		if (slice_equal(value, option_kinds[i].name))
			option_kinds[i].add(completion, name);
	}
	return completion->candidates.len > 0;
}

static void add_options(struct completion *completion, const struct command *command)
{
	if (visit_options(command, add_values, completion)) {
		completion->rest = "nothing";
		return;
	}
	if (visit_options(command, is_file_option, &completion->word)) {
		completion->rest = "files";
		return;
	}
	visit_options(command, add_option, completion);
	if (command_takes_key(command))
		add_word(completion, SLICE(KEY_OPTION "="));
	add_word(completion, SLICE("--help"));
}

/* Arguments */

static void add_operations(struct completion *completion)
{
	add_operation_names(completion, SLICE(""));
}

static void add_tables_of(struct completion *completion, const char *where, struct slice before)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct client *client CLEANUP(client_closep) = NULL;
	struct slice *names;
	size_t count;

	if (client_open(where, false, &client, &err) < 0 ||
		client_list_tables(client, &arena, &names, &count, &err) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		add(completion, before, names[i]);
}

/* In a mount tables are directories, and so found by the shell. */
static bool is_in_mount(const char *path)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct where where CLEANUP(where_release) = { 0 };

	if (where_resolve(path, false, WHERE_EXISTS, &where, &err) < 0)
		return false;
	return !where.url && strcmp(where.name, where.data_directory) != 0;
}

static void add_tables(struct completion *completion)
{
	struct slice word = completion->word;
	const char *slash = memrchr(word.data, '/', word.len);
	struct slice before = slice_of(word.data, slash ? (size_t)(slash + 1 - word.data) : 0);
	struct buf where CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&where, before);
	if (!slash)
		buf_append_char(&where, '.');
	if (!is_in_mount(buf_string(&where)))
		add_tables_of(completion, buf_string(&where), before);
}

/* What the words of struct command's arguments stand for. */
static const struct argument_kind {
	const char *name, *rest;
	void (*add)(struct completion *completion); /* or NULL */
} argument_kinds[] = {
	{ "DATA", "directories", NULL },
	{ "MNT", "directories", NULL },
	{ "DEST", "directories", NULL },
	{ "BACKUP", "directories", NULL },
	{ "WHERE", "directories", NULL },
	{ "WHERE/TABLE", "directories", add_tables },
	{ "WHERE[/TABLE", "directories", add_tables },
	{ "OPERATION", "nothing", add_operations },
	{ "FILE", "files", NULL },
};

static bool is_kind(struct slice argument, const struct argument_kind *kind)
{
	struct slice name = slice_from_string(kind->name);

	if (slice_starts_with(argument, SLICE("[")))
		argument = slice_skip(argument, 1);
	/* "FILE|-]" is a file, "WHERE/TABLE" not a "WHERE". */
	return slice_starts_with(argument, name) &&
	       (argument.len == name.len || strchr("|]", argument.data[name.len]));
}

static struct slice argument_at(const char *arguments, size_t index)
{
	while (index-- && *arguments) {
		arguments = strchrnul(arguments, ' ');
		arguments += strspn(arguments, " ");
	}
	return slice_of(arguments, strcspn(arguments, " "));
}

static void add_argument(struct completion *completion, const struct command *command, size_t index)
{
	struct slice argument = argument_at(command->arguments, index);

	for (size_t i = 0; i < ARRAY_SIZE(argument_kinds); i++) {
		if (!is_kind(argument, &argument_kinds[i]))
			continue;
		completion->rest = argument_kinds[i].rest;
		if (argument_kinds[i].add)
			argument_kinds[i].add(completion);
	}
}

/* The whole line */

static bool takes_next_word(const struct command *command, const char *option)
{
	struct slice word = slice_from_string(option);

	return *option == '-' && visit_options(command, is_waiting, &word);
}

static void complete_command(
	struct completion *completion, const struct command *command, int argc, char **argv)
{
	const char *previous = argc > 1 ? argv[argc - 2] : "";
	size_t index = 0;

	for (int i = 1; i < argc - 1; i++) {
		if (argv[i][0] != '-' && !(i > 1 && takes_next_word(command, argv[i - 1])))
			index++;
	}
	if (command->help_of && strcmp(previous, "--help") == 0)
		add_operations(completion);
	else if (takes_next_word(command, previous))
		completion->rest = "files";
	else if (slice_starts_with(completion->word, SLICE("-")))
		add_options(completion, command);
	else
		add_argument(completion, command, index);
}

/* Whether the last word is the option that goes in any place, or its value. */
static bool is_key_option(int argc, char **argv)
{
	return strncmp(argv[argc - 1], KEY_OPTION "=", strlen(KEY_OPTION "=")) == 0 ||
	       (argc > 1 && strcmp(argv[argc - 2], KEY_OPTION) == 0);
}

static void complete_words(struct completion *completion, int argc, char **argv)
{
	for (const struct command *command = commands; argc > 1 && command->name; command++) {
		if (strcmp(command->name, argv[0]) == 0)
			complete_command(completion, command, argc, argv);
	}
}

static void complete_name(struct completion *completion)
{
	for (const struct command *command = commands; command->name; command++)
		add_word(completion, slice_from_string(command->name));
	add_word(completion, SLICE("--help"));
	add_word(completion, SLICE("--version"));
	add_word(completion, SLICE(KEY_OPTION "="));
}

void complete_print(int argc, char **argv)
{
	struct completion completion = { .word = slice_from_string(argc ? argv[argc - 1] : ""),
		.rest = "nothing" };
	bool of_key = argc && is_key_option(argc, argv);

	if (of_key)
		completion.rest = "files";
	else if (key_option_take(&argc, argv) == 0 && argc < 2)
		complete_name(&completion);
	else
		complete_words(&completion, argc, argv);
	printf("%s\n%s", completion.rest, buf_string(&completion.candidates));
	buf_release(&completion.candidates);
}
