/*
 * Owner, group and mode of everything in the mount.
 *
 * 1. A table's directory has its own, and so has the root; they are the
 *    engine's, and those of a table that is only announced its entry's
 *    (ephemeral.h). What has none is the mount's owner's, 0755.
 * 2. All that is in a table has its owner and group, and of its permissions
 *    what node_kinds says (path.h): so a right to the table is that right at every
 *    path in it, for the kernel checks them (default_permissions). In a
 *    transaction it is the same.
 * 3. Where the kernel can't tell what a file is used for, the engine checks who
 *    asks (api/access.h): that of a session's requests is ownership_principal().
 * 4. A change is known to the kernel before chmod(2) returns: nothing that is
 *    cached outlasts it.
 *
 * Set-user-id, set-group-id and sticky bits are not kept.
 */
#pragma once

#include "api/principal.h"
#include "filesystem.h"
#include "path.h"
#include <sys/stat.h>

/* Of the directory of a table; of the root without one. */
struct table_access ownership_find(struct filesystem *fs, const struct mount_table *table);
/* What such a directory's access makes of a node in it, or of itself. */
void ownership_fill(enum node_kind kind, const struct table_access *access, struct stat *ret);

/* Who asks, with his groups, which are looked up: for as long as the caller waits
 * for an answer. Release with ownership_principal_release(). */
struct principal ownership_principal(struct filesystem *fs, const struct caller *caller);
void ownership_principal_release(struct principal *principal);

/* Changes some members (enum access_members) of a table's directory or the root.
 * Takes long: it waits for the kernel to forget what it knows. */
int ownership_change(struct filesystem *fs, const struct principal *principal,
	const struct node_view *directory, unsigned members, const struct table_access *access,
	struct error *err) NODISCARD;
