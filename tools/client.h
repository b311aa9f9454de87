/*
 * A client: how the commands reach an engine, wherever it is.
 *
 * WHERE on the command line names it, and a table of it:
 *
 *	http://127.0.0.1:8000/Movies	an endpoint, ours or another DynamoDB
 *	MNT/Movies			a mount, or a path in one: also "." inside it
 *	DATA/Movies			a data directory, whether or not one runs
 *
 * A process that has a data directory open (mount, serve) also answers the HTTP
 * API on the Unix socket DATA/dynamount.sock, which only its owner can reach,
 * so needs no credentials. For a mount the data directory is the source in
 * /proc/self/mounts. When nobody answers on the socket the client opens the
 * engine itself, for as long as the command takes.
 *
 * Over HTTP a request is the operation table's (wire.h), signed as the environment
 * says (client_remote.h).
 */
#pragma once

#include "api/engine.h"
#include "base/buf.h"

struct client;

/* Finds and opens what WHERE names. With wants_table the last part of it is a
 * table's name, else there is none. Errors tell what was tried. */
int client_open(
	const char *where, bool wants_table, struct client **ret, struct error *err) NODISCARD;
/* The same for a table that is to be made: the data directory is, too, where
 * there is nothing yet, or an empty directory. */
int client_open_new(const char *where, struct client **ret, struct error *err) NODISCARD;
void client_close(struct client *client);
void client_closep(struct client **client); /* for CLEANUP */
/* The table's name, borrowed. */
struct slice client_table(const struct client *client);
/* What messages call it: "http://…", "/srv/data". Borrowed. */
const char *client_name(const struct client *client);

/* The data directory, borrowed; NULL: it is an endpoint. */
const char *client_data_directory(const struct client *client);
/* Whether the engine is in this process, which so keeps others from it. */
bool client_is_local(const struct client *client);

/* Runs an operation of Amazon's API: a question_runner, with the client as
 * context. The error of a remote engine is the one that it would be here. Any
 * number of threads may run and call at once. */
int client_run(void *client, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err) NODISCARD;
/* The same with JSON in and out, for `call`. On -1 with an exception of the
 * service the body that it would have over HTTP is in *ret too. */
int client_call(struct client *client, enum operation_id operation, struct slice request,
	struct buf *ret, struct error *err) NODISCARD;
/* DescribeTable of the client's table, in the arena. */
int client_describe(struct client *client, struct arena *arena, const struct table_facts **ret,
	struct error *err) NODISCARD;
/* The names of all tables, in the arena. */
int client_list_tables(struct client *client, struct arena *arena, struct slice **ret,
	size_t *ret_count, struct error *err) NODISCARD;
