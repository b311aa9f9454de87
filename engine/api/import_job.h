/*
 * The filling of a table from the objects of a bucket.
 *
 * Invariants:
 * 1. The table is nobody's else until all objects are read; it is removed when the
 *    import fails.
 * 2. What is no item, or does not fit the table, is counted and told in the log of
 *    errors, and the others go in: at most IMPORT_ERRORS_MAX, then the import fails.
 * 3. Of several items of one key the last one stays, and all of them are counted.
 *
 * The log is DIR/aws-dynamodb/imports/IMPORT-ID.json beside the buckets, a line for
 * each error as the service writes them to CloudWatch Logs. It is made with the first
 * error.
 */
#pragma once

#include "api/job.h"
#include "api/transfer.h"

#define IMPORT_ERRORS_MAX  10000
#define IMPORT_OBJECTS_MAX 50000 /* Developer Guide, "Import quotas" */
#define IMPORT_LOG_GROUP   "/aws-dynamodb/imports"

struct import_job {
	struct job job;
	struct engine *engine;
	struct arena arena; /* of the record */
	struct slice id;
	struct import_record_kept record;
	struct import_description description; /* the record's, as it changes */
	struct table *table;
};

struct import_job *import_job_new(struct engine *engine);
void import_job_free(struct import_job *import);
/* Also removes its table: it could not begin. */
void import_job_abandon(struct import_job *import);
/* Takes the record that was saved under the id, for its own. */
int import_job_load(struct import_job *import, struct slice id, struct error *err) NODISCARD;

/* Marks what was interrupted when the process ended as failed. */
int import_tidy(struct engine *engine, struct error *err) NODISCARD;
