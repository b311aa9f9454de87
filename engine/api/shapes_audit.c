/* The shapes of request_audit.h, row by row. */
#include "api/request_audit.h"
#include "api/shapes.h"

#define OWNER read_audit_input
static const struct field read_audit_input_fields[] = {
	FIELD("Offset", FIELD_LONG, offset),
	FIELD("Size", FIELD_LONG, size),
};
SHAPE(read_audit_input, "ReadAuditInput");
#undef OWNER

#define OWNER read_audit_output
static const struct field read_audit_output_fields[] = {
	FIELD("Start", FIELD_LONG, start),
	FIELD("End", FIELD_LONG, end),
	FIELD("Text", FIELD_STRING, text),
};
SHAPE(read_audit_output, "ReadAuditOutput");
#undef OWNER
