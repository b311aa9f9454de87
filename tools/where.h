/*
 * WHERE: what a command works on, as it is named on the command line.
 *
 *	http://HOST:PORT/TABLE	an endpoint of DynamoDB's API
 *	MNT/TABLE[/…]		a path in a mount, also "." or Movies/2013 inside it
 *	DATA/TABLE		a data directory
 *
 * A path in a mount stands for the mount's data directory, the source that
 * /proc/self/mounts tells. It need not exist, nor need the mount's server: the
 * longest part of it that does is resolved, the rest taken by its letters.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>

struct where {
	char *url; /* of an endpoint, without the table; or NULL: */
	char *data_directory; /* absolute */
	char *name; /* for messages: the URL, the mount point or the data directory */
	struct buf table; /* empty unless one was wanted */
};

enum where_use {
	WHERE_EXISTS, /* the data directory is there */
	WHERE_MAY_BE_NEW, /* or there is nothing yet in its place, or an empty directory */
};

void where_release(struct where *where);
/* Finds out what the text names; with wants_table the last part of a URL or of
 * the path below a data directory is the table's name. Errors tell what was
 * tried. */
int where_resolve(const char *text, bool wants_table, enum where_use use, struct where *ret,
	struct error *err) NODISCARD;
/* The absolute path of something to be made, new: as far as it exists free of
 * symbolic links, and in no mount of dynamount. */
int where_new_place(const char *text, char **ret, struct error *err) NODISCARD;
