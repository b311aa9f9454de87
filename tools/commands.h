/* The subcommands of `dynamount`, one file each; the table is in main.c. */
#pragma once

struct command {
	const char *name;
	const char *arguments; /* as --help shows them */
	const char *help; /* one line */
	const char *options; /* lines of --help, or NULL */
	/* Returns the process's exit status. argv[0] is the command's name. */
	int (*run)(const struct command *command, int argc, char **argv);
};

int run_mount(const struct command *command, int argc, char **argv);
int run_serve(const struct command *command, int argc, char **argv);
int run_umount(const struct command *command, int argc, char **argv);
int run_check(const struct command *command, int argc, char **argv);

/* Says how the command is called, on standard error. Returns the exit status
 * of a wrong call, 2. */
int command_usage(const struct command *command);
