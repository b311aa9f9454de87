/*
 * The HTTP doors of a process that has a data directory open: the socket in the
 * directory, for its owner, and the address of --http if there is one.
 */
#pragma once

#include "server_options.h"

struct doors {
	struct http_listener *owner, *http; /* or NULL */
};

/* Opens them. That there can be no socket in the directory is only told in the
 * log. The options may go after it. */
int doors_open(const struct server_options *options, const char *data_directory,
	struct engine *engine, struct doors *ret, struct error *err) NODISCARD;
/* Closes those that are open: what was asked is answered first. */
void doors_close(struct doors *doors);
/* Says on standard output where there is an address. */
void doors_announce(const struct doors *doors);
