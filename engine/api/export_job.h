/* The writing of an export. */
#pragma once

#include "api/job.h"
#include "api/transfer.h"
#include "store/snapshot.h"

struct export_job {
	struct job job;
	struct engine *engine;
	struct arena arena; /* of the record */
	struct slice id;
	struct export_record record;
	struct export_description description; /* the record's, as it changes */
	struct snapshot snapshot; /* of an incremental one: before its span */
};

struct export_job *export_job_new(struct engine *engine);
void export_job_free(struct export_job *export);
/* Takes the record that was saved under the id, for its own. */
int export_job_load(struct export_job *export, struct slice id, struct error *err) NODISCARD;

/* Where a record's export lies in its bucket, with '/' at its end; in the arena. */
struct slice export_directory(
	const struct export_description *description, struct slice id, struct arena *arena);
/* Marks what was interrupted when the process ended as failed, and removes what
 * there is of it. */
int export_tidy(struct engine *engine, struct error *err) NODISCARD;
