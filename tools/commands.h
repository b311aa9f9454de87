/* The subcommands of `dynamount`, one file each; the table is in main.c. */
#pragma once

#include <stdbool.h>

struct command {
	const char *name;
	const char *arguments; /* as --help shows them */
	const char *help; /* one line */
	const char *options; /* lines of --help, or NULL */
	/* Returns the process's exit status. argv[0] is the command's name. */
	int (*run)(const struct command *command, int argc, char **argv);
	/* What --help tells with a word after it, or NULL. */
	int (*help_of)(const char *word);
};

/* All of them; the last one has no name. */
extern const struct command commands[];

int command_mount(const struct command *command, int argc, char **argv);
int command_serve(const struct command *command, int argc, char **argv);
int command_umount(const struct command *command, int argc, char **argv);
int command_check(const struct command *command, int argc, char **argv);
int command_query(const struct command *command, int argc, char **argv);
int command_explain(const struct command *command, int argc, char **argv);
int command_call(const struct command *command, int argc, char **argv);
int command_call_help(const char *word);
int command_tables(const struct command *command, int argc, char **argv);
int command_create(const struct command *command, int argc, char **argv);
int command_tail(const struct command *command, int argc, char **argv);
int command_audit(const struct command *command, int argc, char **argv);
int command_metrics(const struct command *command, int argc, char **argv);
int command_export(const struct command *command, int argc, char **argv);
int command_backup(const struct command *command, int argc, char **argv);
int command_restore(const struct command *command, int argc, char **argv);
int command_import(const struct command *command, int argc, char **argv);

/* Says how the command is called, on standard error. Returns the exit status
 * of a wrong call, 2. */
int command_usage(const struct command *command);
/* Whether it takes the option of key_option.h beside those it tells. */
bool command_takes_key(const struct command *command);
/* For a command without options: whether it was given so many arguments, which
 * then begin at argv[optind]. */
bool command_arguments(int argc, char **argv, int least, int most);
