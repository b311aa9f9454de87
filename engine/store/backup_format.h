/* A backup's record in the ledger, as JSON. */
#pragma once

#include "store/backup.h"

void backup_append_record(struct buf *buf, const struct backup *backup);
/* In the arena: ERROR_CORRUPT. */
int backup_read_record(struct slice id, struct slice text, struct arena *arena, struct backup *ret,
	struct error *err) NODISCARD;
