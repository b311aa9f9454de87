#include "client.h"

#include "api/body.h"
#include "api/wire.h"
#include "base/clock.h"
#include "base/memory.h"
#include "client_remote.h"
#include "key_option.h"
#include "local_socket.h"
#include "where.h"

#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>

#define WAIT_NS  2000000000LL /* for a server that is about to begin or to end */
#define PAUSE_NS 20000000

struct client {
	struct where where;
	int directory; /* of the socket, or -1 */
	struct remote *remote; /* or: */
	struct engine *engine;
};

/* Opening */

static int open_url(struct client *client, struct error *err)
{
	const struct remote_options options = { .url = client->where.url,
		.name = client->where.name };

	return remote_open(&options, &client->remote, err);
}

static int open_socket(struct client *client, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct remote_options options = { .url = "http://localhost/", .name = client->where.name };

	local_socket_append_path(client->directory, &path);
	options.socket_path = buf_string(&path);
	return remote_open(&options, &client->remote, err);
}

static int belongs_to(const struct client *client, uid_t owner, const char *hint, struct error *err)
{
	struct passwd *user = getpwuid(owner);

	if (user)
		return error_set(err, ERROR_ACCESS_DENIED, "%s belongs to %s: %s",
			client->where.data_directory, user->pw_name, hint);
	return error_set(err, ERROR_ACCESS_DENIED, "%s belongs to the user of id %u: %s",
		client->where.data_directory, owner, hint);
}

/* Root may ask anybody's server, but what it wrote itself others could not. */
static int check_owner(const struct client *client, bool served, struct error *err)
{
	struct stat st;

	if (fstat(client->directory, &st) < 0)
		return error_set_errno(err, errno, "Looking at %s", client->where.data_directory);
	if (st.st_uid == geteuid() || (served && geteuid() == 0))
		return 0;
	if (geteuid() == 0)
		return belongs_to(client, st.st_uid,
			"nobody serves it just now, and only that user should open it", err);
	return belongs_to(client, st.st_uid, "others reach it by --http only", err);
}

/* 0, or LOCAL_SOCKET_NOBODY: then the engine may be opened here. */
static int find_server(struct client *client, struct error *err)
{
	int r;

	TRY(check_owner(client, true, err));
	TRY(r = local_socket_probe(client->directory, err));
	if (r == LOCAL_SOCKET_NOBODY)
		TRY(check_owner(client, false, err));
	return r;
}

static int open_data(struct client *client, struct error *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const struct engine_options options = { .key_file = key_option(), .finish_jobs = true };
	int64_t deadline_ns = clock_monotonic_ns() + WAIT_NS;
	int r;

	TRY(local_socket_directory(client->where.data_directory, &client->directory, err));
	for (;;) {
		TRY(r = find_server(client, err));
		if (r != LOCAL_SOCKET_NOBODY)
			return open_socket(client, err);
		if (engine_open(client->where.data_directory, &options, &client->engine, err) == 0)
			return 0;
		if (err->class != ERROR_IN_USE || clock_monotonic_ns() > deadline_ns)
			return -1;
		error_release(err);
		nanosleep(&pause, NULL);
	}
}

/* Opens a directory that is made when there is none, unless that fails. */
static int open_new_data(struct client *client, struct error *err)
{
	const char *path = client->where.data_directory;
	bool made = mkdir(path, 0700) == 0;

	if (!made && errno != EEXIST)
		return error_set_errno(err, errno, "Making the directory %s", path);
	if (open_data(client, err) == 0)
		return 0;
	if (made)
		rmdir(path); /* as long as it is empty */
	return -1;
}

static int open_where(const char *where, bool wants_table, enum where_use use, struct client **ret,
	struct error *err)
{
	struct client *client CLEANUP(client_closep) = memory_new_zero(sizeof(*client));

	client->directory = -1;
	TRY(where_resolve(where, wants_table, use, &client->where, err));
	if (client->where.url)
		TRY(open_url(client, err));
	else if (use == WHERE_MAY_BE_NEW)
		TRY(open_new_data(client, err));
	else
		TRY(open_data(client, err));
	*ret = client;
	client = NULL;
	return 0;
}

int client_open(const char *where, bool wants_table, struct client **ret, struct error *err)
{
	return open_where(where, wants_table, WHERE_EXISTS, ret, err);
}

int client_open_new(const char *where, struct client **ret, struct error *err)
{
	return open_where(where, true, WHERE_MAY_BE_NEW, ret, err);
}

void client_close(struct client *client)
{
	if (client->remote)
		remote_close(client->remote);
	if (client->engine)
		engine_close(client->engine);
	cleanup_close(&client->directory);
	where_release(&client->where);
	free(client);
}

void client_closep(struct client **client)
{
	if (*client)
		client_close(*client);
}

struct slice client_table(const struct client *client)
{
	return buf_slice(&client->where.table);
}

const char *client_name(const struct client *client)
{
	return client->where.name;
}

const char *client_data_directory(const struct client *client)
{
	return client->where.data_directory;
}

bool client_is_local(const struct client *client)
{
	return client->engine;
}

/* Running */

static int run_here(struct client *client, enum operation_id operation, const void *input,
	void *output, struct arena *arena, struct error *err)
{
	const struct request_caller caller = {
		.local = true,
		.uid = getuid(),
		.gid = getgid(),
		.pid = getpid(),
		.address = SLICE("command-line"),
	};
	struct request request = {
		.operation = operation,
		.door = DOOR_API,
		.caller = &caller,
		.arena = arena,
		.input = input,
		.output = output,
	};

	return engine_run(client->engine, &request, err);
}

static int run_there(struct client *client, enum operation_id operation, const void *input,
	void *output, struct arena *arena, struct error *err)
{
	const struct operation *row = &operations[operation];
	struct buf request CLEANUP(buf_release) = BUF_INIT;
	struct buf answer CLEANUP(buf_release) = BUF_INIT;

	wire_write(row->input, input, &request);
	TRY(remote_call(client->remote, row, buf_slice(&request), &answer, err));
	if (row->empty_answer)
		return 0;
	return wire_read(row->output, buf_slice(&answer), arena, output, err);
}

int client_run(void *context, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err)
{
	struct client *client = context;

	return (client->engine ? run_here : run_there)(
		client, operation, input, output, arena, err);
}

static int call_here(struct client *client, enum operation_id operation, struct slice request,
	struct buf *ret, struct error *err)
{
	const struct operation *row = &operations[operation];
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	void *input = arena_alloc_zero(&arena, row->input->size);
	void *output = arena_alloc_zero(&arena, row->output->size);

	TRY(body_read(row, request, &arena, input, err));
	TRY(run_here(client, operation, input, output, &arena, err));
	if (!row->empty_answer)
		wire_write(row->output, output, ret);
	return 0;
}

int client_call(struct client *client, enum operation_id operation, struct slice request,
	struct buf *ret, struct error *err)
{
	if (client->remote)
		return remote_call(client->remote, &operations[operation], request, ret, err);
	if (call_here(client, operation, request, ret, err) == 0)
		return 0;
	body_append_error(ret, err);
	return -1;
}

/* Describing */

static enum value_type type_of(const struct table_facts *table, struct slice name)
{
	static const enum value_type types[] = { VALUE_B, VALUE_N, VALUE_S }; /* as the names */
	const struct attribute_definition *definitions = table->attribute_definitions.items;

	for (size_t i = 0; i < table->attribute_definitions.count; i++) {
		int type = enum_index(scalar_type_names, definitions[i].attribute_type);

		if (slice_equal(definitions[i].attribute_name, name) && type >= 0)
			return types[type];
	}
	return VALUE_S;
}

/* What an engine in this process tells besides, from what the other one told. */
static void complete_facts(struct table_facts *table)
{
	const struct key_schema_element *elements = table->key_schema.items;

	for (size_t i = 0; i < table->key_schema.count; i++) {
		struct slice name = elements[i].attribute_name;

		*(slice_equal_string(elements[i].key_type, "HASH") ? &table->key.partition
								   : &table->key.sort) =
			(struct key_attribute){ name, type_of(table, name) };
	}
}

int client_describe(struct client *client, struct arena *arena, const struct table_facts **ret,
	struct error *err)
{
	struct describe_table_input input = { .table_name = client_table(client) };
	struct describe_table_output output = { 0 };
	struct table_facts *table;

	TRY(client_run(client, OPERATION_DESCRIBE_TABLE, &input, &output, arena, err));
	if (!output.table)
		return error_set(
			err, ERROR_SYSTEM, "%s tells nothing of the table", client_name(client));
	if (client->remote) {
		table = arena_alloc(arena, sizeof(*table));
		*table = *output.table;
		complete_facts(table);
		output.table = table;
	}
	*ret = output.table;
	return 0;
}

/* ListTables tells a hundred at a time. */
static int collect_names(
	struct client *client, struct arena *arena, struct buf *ret, struct error *err)
{
	struct list_tables_input input = { 0 };

	do {
		struct list_tables_output output = { 0 };

		TRY(client_run(client, OPERATION_LIST_TABLES, &input, &output, arena, err));
		buf_append(ret, output.table_names.items,
			output.table_names.count * sizeof(struct slice));
		input.exclusive_start_table_name = output.last_evaluated_table_name;
	} while (slice_present(input.exclusive_start_table_name));
	return 0;
}

int client_list_tables(struct client *client, struct arena *arena, struct slice **ret,
	size_t *ret_count, struct error *err)
{
	struct buf names CLEANUP(buf_release) = BUF_INIT; /* struct slice */

	TRY(collect_names(client, arena, &names, err));
	*ret_count = names.len / sizeof(**ret);
	*ret = arena_alloc_array(arena, *ret_count, sizeof(**ret));
	memcpy(*ret, buf_slice(&names).data, names.len);
	return 0;
}
