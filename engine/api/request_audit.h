/* The audit log as the command line reads it. Inputs and outputs; conventions in
 * field.h. */
#pragma once

#include "api/field.h"

struct read_audit_input {
	struct optional_integer offset; /* absent: only where the log begins and ends */
	struct optional_integer size; /* at least; lines are whole, but for the first */
};

struct read_audit_output {
	struct optional_integer start; /* of the oldest line that is kept */
	struct optional_integer end;
	struct slice text; /* absent at the end */
};
