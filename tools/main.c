#include "commands.h"
#include "server_options.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define MOUNT_OPTIONS \
	"  -f                       stay in the foreground\n" \
	"  -o OPTION[,OPTION...]    mount options: ro, allow_other and others of mount.fuse3,\n" \
	"                           and those below without their dashes\n" \
	"  --scratch=SIZE           room for each user's scratch files (default 256M)\n" \
	"  --http=ADDRESS:PORT      answer DynamoDB's HTTP API too; port 0: any\n" SERVER_OPTIONS_HELP

#define SERVE_OPTIONS \
	"  --http=ADDRESS:PORT      where to listen (default 127.0.0.1:8000); port 0: any\n" SERVER_OPTIONS_HELP

static const struct command commands[] = {
	{
		.name = "mount",
		.arguments = "DATA MNT",
		.help = "mount the tables of the data directory DATA on MNT",
		.options = MOUNT_OPTIONS,
		.run = run_mount,
	},
	{
		.name = "serve",
		.arguments = "DATA",
		.help = "answer DynamoDB's HTTP API from the data directory DATA",
		.options = SERVE_OPTIONS,
		.run = run_serve,
	},
	{
		.name = "umount",
		.arguments = "MNT",
		.help = "unmount MNT and wait until everything is written",
		.run = run_umount,
	},
	{
		.name = "check",
		.arguments = "DATA",
		.help = "check the integrity of a data directory that is not in use",
		.run = run_check,
	},
};

int command_usage(const struct command *command)
{
	fprintf(stderr, "usage: dynamount %s %s\nTry 'dynamount %s --help'.\n", command->name,
		command->arguments, command->name);
	return 2;
}

static void print_help(FILE *out)
{
	fprintf(out, "dynamount: DynamoDB tables as directories, and over HTTP\n\nusage:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  dynamount %-7s %-10s %s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
	fprintf(out,
		"  dynamount DATA MNT [-o OPTIONS]  the same as mount, for fstab and mount(8)\n\n"
		"'dynamount COMMAND --help' tells a command's options.\n");
}

static int print_command_help(const struct command *command)
{
	printf("usage: dynamount %s %s\n\n%s\n", command->name, command->arguments, command->help);
	if (command->options)
		printf("\noptions:\n%s", command->options);
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("dynamount %s\n", DYNAMOUNT_VERSION);
		return 0;
	}
	command = find_command(argv[1]);
	if (command) {
		if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
			return print_command_help(command);
		return command->run(command, argc - 1, argv + 1);
	}
	/* mount.fuse3 calls us with the source, the mount point and -o. A word
	 * without a slash or an option is rather a mistyped command. */
	if (argc > 2 && argv[1][0] != '-' && (strchr(argv[1], '/') || argc > 3))
		return run_mount(find_command("mount"), argc, argv);
	fprintf(stderr, "dynamount: '%s' is not a command\nTry 'dynamount --help'.\n", argv[1]);
	return 2;
}
