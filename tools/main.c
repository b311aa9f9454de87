#include "commands.h"
#include "complete.h"
#include "key_option.h"
#include "server_options.h"

#include "base/cleanup.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MOUNT_OPTIONS \
	"  -f                       stay in the foreground\n" \
	"  -o OPTION[,OPTION...]    mount options: ro, allow_other and others of mount.fuse3,\n" \
	"                           and those below without their dashes\n" \
	"  --scratch=SIZE           room for each user's scratch files (default 256M)\n" \
	"  --transaction-timeout=SECONDS  drop transactions left alone that long (default 600)\n" \
	"  --http=ADDRESS:PORT      answer DynamoDB's HTTP API too; port 0: any\n" SERVER_OPTIONS_HELP

#define SERVE_OPTIONS \
	"  --http=ADDRESS:PORT      where to listen (default 127.0.0.1:8000); port 0: any\n" SERVER_OPTIONS_HELP

#define QUERY_OPTIONS "  -n N, --limit=N          no more than N items\n"

#define CALL_OPTIONS \
	"  --list                   the names of all operations\n" \
	"  --help OPERATION         the members of its request and answer\n"

#define TABLES_OPTIONS "  -l, --long               with status, items, bytes, key and indexes\n"

#define TAIL_OPTIONS \
	"  -n N, --lines=N          the last N changes (default 10)\n" \
	"  -f, --follow             and those to come\n"

#define AUDIT_OPTIONS \
	"  -n N, --lines=N          the last N lines (default 10)\n" \
	"  -f, --follow             and those to come\n"

#define METRICS_OPTIONS \
	"  --since=TIME             from then on: how long ago, as 30m or 2d (default 1h), or a time,\n" \
	"                           as 2026-11-22T12:30\n" \
	"  --until=TIME             to then (default now)\n" \
	"  --period=LENGTH          a figure for each so long: 1m, 5m, 1h (default: 60 at most)\n" \
	"  --metric=METRIC          this one, as ConsumedReadCapacityUnits; may be repeated\n" \
	"  --index=NAME             of a global secondary index\n" \
	"  --operation=OPERATION    of an operation, as GetItem\n" \
	"  --statistic=STATISTIC    Sum, Average, Minimum, Maximum, SampleCount, or a percentile, as\n" \
	"                           p99 (default: what tells most of a metric)\n" \
	"  --plot                   draw it in the terminal\n" \
	"  --svg                    write an SVG document\n" \
	"  --json                   write JSON Lines, one for each series\n"

#define IMPORT_OPTIONS \
	"  --format=FORMAT          json: JSON Lines or an array, plain or typed; typed: DynamoDB\n" \
	"                           JSON alone; csv; s3: the form of an export to S3\n" \
	"                           (default: recognised)\n" \
	"  --create=SCHEMA          make the table if there is none: 'year:N title:S'\n" \
	"  --delimiter=CHARACTER    between the cells of CSV (default ','; tab)\n" \
	"  --infer                  numbers, true and false in CSV are no strings\n" \
	"  --rejects=FILE           where the lines go that are left out (default\n" \
	"                           FILE.rejects); why is in FILE.reasons beside it\n" \
	"  --resume                 go on with an import that was interrupted\n" \
	"  --restart                begin it again\n" \
	"  -q, --quiet              tell errors only\n"

#define EXPORT_OPTIONS \
	"  --format=FORMAT          json: JSON Lines, plain (default); typed: DynamoDB JSON; csv; s3:\n" \
	"                           a directory as an export to S3 writes it\n" \
	"  --columns=NAME,NAME:TYPE of CSV: these attributes alone (default: all, for which the\n" \
	"                           table is read twice)\n" \
	"  --delimiter=CHARACTER    between the cells of CSV (default ','; tab)\n" \
	"  --gzip                   compress; so does a FILE.gz\n" \
	"  --segments=N             read N parts of the table at once (default 1)\n" \
	"  --resume                 go on with an export that was interrupted\n" \
	"  --restart                begin it again\n" \
	"  --force                  replace a FILE that is there\n" \
	"  -q, --quiet              tell errors only\n"

#define BACKUP_OPTIONS "  -q, --quiet              tell errors only\n"

#define RESTORE_OPTIONS \
	"  --key-file=FILE          the key that DATA is to have, also named by DYNAMOUNT_KEY_FILE;\n" \
	"                           without one it is not encrypted\n" \
	"  --backup-key-file=FILE   the key of BACKUP, when it is another one\n" \
	"  -q, --quiet              tell errors only\n"

const struct command commands[] = {
	{
		.name = "mount",
		.arguments = "DATA MNT",
		.help = "mount the tables of the data directory DATA on MNT",
		.options = MOUNT_OPTIONS,
		.run = command_mount,
	},
	{
		.name = "serve",
		.arguments = "DATA",
		.help = "answer DynamoDB's HTTP API from the data directory DATA",
		.options = SERVE_OPTIONS,
		.run = command_serve,
	},
	{
		.name = "umount",
		.arguments = "MNT",
		.help = "unmount MNT and wait until everything is written",
		.run = command_umount,
	},
	{
		.name = "check",
		.arguments = "DATA",
		.help = "check the integrity of a data directory that is not in use",
		.run = command_check,
	},
	{
		.name = "query",
		.arguments = "WHERE/TABLE [QUESTION]",
		.help = "print the items that a condition, a PartiQL statement or a request in "
			"JSON asks for",
		.options = QUERY_OPTIONS,
		.run = command_query,
	},
	{
		.name = "explain",
		.arguments = "WHERE/TABLE [QUESTION]",
		.help = "tell how a question would be answered: by key, by index or by a scan",
		.run = command_explain,
	},
	{
		.name = "call",
		.arguments = "WHERE OPERATION [JSON]",
		.help = "run an operation of DynamoDB's API",
		.options = CALL_OPTIONS,
		.run = command_call,
		.help_of = command_call_help,
	},
	{
		.name = "tables",
		.arguments = "WHERE",
		.help = "list the tables",
		.options = TABLES_OPTIONS,
		.run = command_tables,
	},
	{
		.name = "create",
		.arguments = "WHERE/TABLE [SCHEMA]",
		.help = "make a table: 'year:N title:S', or CreateTable's JSON",
		.run = command_create,
	},
	{
		.name = "tail",
		.arguments = "WHERE/TABLE",
		.help = "print the last changes of a table",
		.options = TAIL_OPTIONS,
		.run = command_tail,
	},
	{
		.name = "audit",
		.arguments = "WHERE",
		.help = "print the last lines of the log of calls",
		.options = AUDIT_OPTIONS,
		.run = command_audit,
	},
	{
		.name = "metrics",
		.arguments = "WHERE[/TABLE]",
		.help = "print what was counted: capacity, throttling, latency, errors",
		.options = METRICS_OPTIONS,
		.run = command_metrics,
	},
	{
		.name = "import",
		.arguments = "WHERE/TABLE [FILE|DIRECTORY|-]",
		.help = "load items: JSON Lines, an array, typed JSON, CSV, an export to S3; "
			"also gzipped",
		.options = IMPORT_OPTIONS,
		.run = command_import,
	},
	{
		.name = "export",
		.arguments = "WHERE/TABLE [FILE|DIRECTORY|-]",
		.help = "write all items: JSON Lines, typed JSON, CSV, the form of an export to S3",
		.options = EXPORT_OPTIONS,
		.run = command_export,
	},
	{
		.name = "backup",
		.arguments = "DATA DEST",
		.help = "copy a whole data directory, also while it is in use, and check the copy",
		.options = BACKUP_OPTIONS,
		.run = command_backup,
	},
	{
		.name = "restore",
		.arguments = "BACKUP DATA",
		.help = "make a data directory of a backup, and check it",
		.options = RESTORE_OPTIONS,
		.run = command_restore,
	},
	{ 0 },
};

/* Of those that take WHERE; a data directory is one without a process, too. */
#define WHERE_HELP "\nWHERE is a mount or a path in one, a data directory, or http://HOST:PORT.\n"

int command_usage(const struct command *command)
{
	fprintf(stderr, "usage: dynamount %s %s\nTry 'dynamount %s --help'.\n", command->name,
		command->arguments, command->name);
	return 2;
}

bool command_arguments(int argc, char **argv, int least, int most)
{
	static const struct option none[] = { { 0 } };

	optind = 1;
	if (getopt_long(argc, argv, "", none, NULL) >= 0)
		return false;
	return argc - optind >= least && argc - optind <= most;
}

bool command_takes_key(const struct command *command)
{
	bool told = command->options && strstr(command->options, "--key-file=");

	return !told && (strstr(command->arguments, "WHERE") || strstr(command->arguments, "DATA"));
}

static int width_of_calls(void)
{
	size_t width = 0;

	for (const struct command *command = commands; command->name; command++) {
		size_t len = strlen(command->name) + 1 + strlen(command->arguments);

		width = len > width ? len : width;
	}
	return (int)width;
}

static void print_help(FILE *out)
{
	int width = width_of_calls();

	fprintf(out, "dynamount: DynamoDB tables as directories, and over HTTP\n\nusage:\n");
	for (const struct command *command = commands; command->name; command++)
		fprintf(out, "  dynamount %s %-*s  %s\n", command->name,
			width - (int)strlen(command->name) - 1, command->arguments, command->help);
	fprintf(out,
		"  dynamount DATA MNT [-o OPTIONS]  the same as mount, for fstab and mount(8)\n" WHERE_HELP
		"\n'dynamount COMMAND --help' tells a command's options.\n");
}

static int print_command_help(const struct command *command)
{
	printf("usage: dynamount %s %s\n\n%s\n", command->name, command->arguments, command->help);
	if (strstr(command->arguments, "WHERE"))
		printf(WHERE_HELP);
	if (command->options || command_takes_key(command))
		printf("\noptions:\n%s", command->options ? command->options : "");
	if (command_takes_key(command))
		printf(KEY_OPTION_HELP);
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (const struct command *command = commands; command->name; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
}

static bool asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* to be told when writing */
	if (argc < 2 || !asks_for_help(argv[1]))
		return command->run(command, argc, argv);
	if (argc > 2 && command->help_of)
		return command->help_of(argv[2]);
	return print_command_help(command);
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		complete_print(argc - 2, argv + 2);
		return 0;
	}
	if (key_option_take(&argc, argv) < 0)
		return 2;
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (asks_for_help(argv[1])) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("dynamount %s\n", DYNAMOUNT_VERSION);
		return 0;
	}
	command = find_command(argv[1]);
	if (command)
		return run_command(command, argc - 1, argv + 1);
	/* mount.fuse3 calls us with the source, the mount point and -o. A word
	 * without a slash or an option is rather a mistyped command. */
	if (argc > 2 && argv[1][0] != '-' && (strchr(argv[1], '/') || argc > 3))
		return command_mount(find_command("mount"), argc, argv);
	fprintf(stderr, "dynamount: '%s' is not a command\nTry 'dynamount --help'.\n", argv[1]);
	return 2;
}
