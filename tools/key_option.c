#include "key_option.h"

#include "base/cleanup.h"
#include "server_options.h"

#include <stdio.h>
#include <string.h>

#define VARIABLE "DYNAMOUNT_KEY_FILE"

const char *key_option(void)
{
	const char *path = getenv(VARIABLE);

	return path && *path ? path : NULL;
}

static void remember(const char *path)
{
	char *absolute CLEANUP(cleanup_free) = absolute_path(path);

	setenv(VARIABLE, absolute, true);
}

/* How many words the option takes, 0 when there is none. */
static int words_of_option(char **argv, const char **ret_value)
{
	const char *word = argv[0];
	size_t len = strlen(KEY_OPTION);

	if (strncmp(word, KEY_OPTION, len) != 0 || (word[len] && word[len] != '='))
		return 0;
	*ret_value = word[len] ? word + len + 1 : argv[1];
	return word[len] || !argv[1] ? 1 : 2;
}

static int take_at(int *argc, char **argv, int i)
{
	const char *value = NULL;
	int words = words_of_option(argv + i, &value);

	if (!words)
		return 0;
	if (!value || !*value) {
		fprintf(stderr, "dynamount: " KEY_OPTION " needs the name of a file\n");
		return -1;
	}
	remember(value);
	memmove(argv + i, argv + i + words, (size_t)(*argc - i - words + 1) * sizeof(*argv));
	*argc -= words;
	return words;
}

int key_option_take(int *argc, char **argv)
{
	if (key_option())
		remember(key_option());
	for (int i = 0; i < *argc && strcmp(argv[i], "--") != 0;) {
		int words = take_at(argc, argv, i);

		TRY(words);
		i += !words;
	}
	return 0;
}
