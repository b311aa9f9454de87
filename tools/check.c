/* dynamount check: the engine's integrity check of a whole data directory. */
#include "commands.h"
#include "key_option.h"

#include "api/engine.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static void print_problem(void *context, struct slice table_name, const char *problem)
{
	(void)context;
	if (table_name.len)
		printf("%.*s: %s\n", SLICE_ARG(table_name), problem);
	else
		printf("%s\n", problem);
}

int command_check(const struct command *command, int argc, char **argv)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct engine_check_totals totals = { 0 };
	struct stat st;

	if (argc != 2 || argv[1][0] == '-')
		return command_usage(command);
	if (stat(argv[1], &st) < 0) { /* opening would create it */
		fprintf(stderr, "dynamount: %s: %s\n", argv[1], strerrordesc_np(errno));
		return EXIT_FAILURE;
	}
	if (engine_check(argv[1], key_option(), print_problem, NULL, &totals, &err) < 0) {
		fprintf(stderr, "dynamount: %s\n", err.message);
		return EXIT_FAILURE;
	}
	printf("%llu tables, %llu items, %llu bytes: %llu problems\n",
		(unsigned long long)totals.tables, (unsigned long long)totals.items,
		(unsigned long long)totals.bytes, (unsigned long long)totals.problems);
	return totals.problems ? EXIT_FAILURE : EXIT_SUCCESS;
}
