/* Backups as the operations tell them; in the arena. */
#pragma once

#include "api/operations.h"
#include "store/backup.h"

struct slice describe_backup_arn(
	const struct engine *engine, const struct backup *backup, struct arena *arena);
/* status: of DynamoDB's names. */
const struct backup_details *describe_backup_details(const struct engine *engine,
	const struct backup *backup, const char *status, struct arena *arena);
const struct backup_description *describe_backup(const struct engine *engine,
	const struct backup *backup, const char *status, struct arena *arena);
void describe_backup_summary(const struct engine *engine, const struct backup *backup,
	struct backup_summary *ret, struct arena *arena);
const char *backup_status_name(const struct backup *backup);

/* The backup of an ARN: BackupNotFoundException. */
int backup_find(struct engine *engine, struct slice arn, struct arena *arena, struct backup *ret,
	struct error *err) NODISCARD;
