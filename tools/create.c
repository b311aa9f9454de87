/* dynamount create: a table, from its schema as `.schema` takes it. */
#include "client.h"
#include "commands.h"
#include "output.h"
#include "tables.h"

static int create(const char *where, struct slice schema, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct client *client CLEANUP(client_closep) = NULL;
	struct create_table_input input = { 0 };
	struct create_table_output output = { 0 };

	TRY(schema_read(schema, &arena, &input, err));
	TRY(client_open_new(where, &client, err));
	schema_set_defaults(&input);
	input.table_name = client_table(client);
	return client_run(client, OPERATION_CREATE_TABLE, &input, &output, &arena, err);
}

int command_create(const struct command *command, int argc, char **argv)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf schema CLEANUP(buf_release) = BUF_INIT;

	if (!command_arguments(argc, argv, 1, 2))
		return command_usage(command);
	if (input_read_argument(argv[optind + 1], &schema, &err) < 0 ||
		create(argv[optind], buf_slice(&schema), &err) < 0)
		return output_error(&err, buf_slice(&schema));
	return EXIT_SUCCESS;
}
