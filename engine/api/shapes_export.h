/* The shapes of shapes_export.c by name. For api/ alone. */
#pragma once

#include "api/field.h"

extern const struct request_shape shape_export_table_input, shape_export_output,
	shape_describe_export_input, shape_list_exports_input, shape_list_exports_output,
	shape_import_table_input, shape_import_output, shape_describe_import_input,
	shape_list_imports_input, shape_list_imports_output;
/* Of what the ledger keeps. */
extern const struct request_shape shape_export_record, shape_import_record_kept;
