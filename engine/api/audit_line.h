/*
 * The lines of the audit log.
 */
#pragma once

#include "api/audit_template.h"

struct audit_writer {
	struct audit_templates templates;
	uint64_t seed, count; /* of ids */
	int64_t second; /* of the time that was written last, */
	struct buf time; /* as text */
};

void audit_writer_init(struct audit_writer *writer, struct slice region, struct slice account);
void audit_writer_release(struct audit_writer *writer);
/* Appends the line of a record. */
void audit_append_line(
	struct audit_writer *writer, const struct audit_record *record, struct buf *buf);
/* Appends the line that tells of lines that could not be written. */
void audit_append_loss(
	struct audit_writer *writer, uint64_t lines, int64_t now_ns, struct buf *buf);
