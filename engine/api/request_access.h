/*
 * Owner and rights of the mount's directories. Inputs and outputs of the local
 * operations that read and change them; conventions in field.h.
 */
#pragma once

#include "base/slice.h"
#include <stdbool.h>
#include <sys/types.h>

#define ACCESS_MODE_MASK    0777
#define ACCESS_MODE_DEFAULT 0755

/* What stat(2) tells of a table's directory, or of the root. */
struct table_access {
	bool known; /* else it is the mount's owner's, ACCESS_MODE_DEFAULT */
	uid_t uid;
	gid_t gid;
	mode_t mode; /* permissions alone */
};

struct find_access_input {
	struct slice table_name; /* absent: of the root */
	struct slice table_id; /* absent: whatever table has the name */
};

struct find_access_output {
	struct table_access access;
};

enum access_members {
	ACCESS_OWNER = 1,
	ACCESS_GROUP = 2,
	ACCESS_MODE = 4,
};

struct set_access_input {
	struct slice table_name; /* absent: of the root */
	struct slice table_id;
	unsigned members; /* those to be set, of access: */
	struct table_access access;
	struct table_access presumed; /* what it is as long as it is not known */
};

struct set_access_output {
	struct table_access access;
};
