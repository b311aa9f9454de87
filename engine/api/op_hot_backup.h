/* The one backup of the whole data directory that an engine takes at a time. For
 * api/ alone. */
#pragma once

struct hot_backup_job;
struct store;

struct hot_backup_job *hot_backup_job_new(struct store *store);
/* Stops what runs, and waits for its end. NULL is allowed. */
void hot_backup_job_free(struct hot_backup_job *job);
