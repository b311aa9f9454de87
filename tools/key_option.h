/*
 * --key-file=FILE, which every command takes that may open a data directory, in
 * any place of its line; or DYNAMOUNT_KEY_FILE in the environment, where the
 * option goes too, so that there is one place to look.
 */
#pragma once

#define KEY_OPTION "--key-file"

/* Lines of --help. */
#define KEY_OPTION_HELP \
	"  --key-file=FILE          the key of an encrypted data directory; it may also be named\n" \
	"                           by DYNAMOUNT_KEY_FILE in the environment\n"

/* Takes the option out of the words, wherever it stands; its path becomes absolute,
 * as that of the environment does. -1 when it has no value, which was said then. */
int key_option_take(int *argc, char **argv);
/* The file, borrowed; or NULL. */
const char *key_option(void);
