/*
 * The files of an export, in its directory of a bucket: data first, the manifests
 * when all of it is written, so that an export with manifests is whole.
 */
#pragma once

#include "api/export_manifest.h"
#include "api/packed_file.h"
#include "base/arena.h"

struct export_writer {
	int directory; /* of the export; -1: none */
	int data; /* of its data */
	int shared; /* where that of an incremental one went; -1: nowhere yet */
	struct slice key; /* of the data: [PREFIX/]AWSDynamoDB/EXPORT-ID/data/ */
	struct arena *arena;
	struct packed_writer *file; /* under way, or NULL */
	struct export_file now; /* what is known of it */
	uint64_t text_bytes; /* of it */
	struct buf files; /* of struct export_file: done */
	struct buf text; /* lines not yet written */
	uint64_t items;
};

/* Makes the directory's _started and data; takes the descriptor over. */
int export_writer_open(struct export_writer *writer, int directory, struct slice data_key,
	struct arena *arena, struct error *err) NODISCARD;
/* Adds the lines in writer->text, of so many items. */
int export_writer_flush(struct export_writer *writer, uint64_t items, struct error *err) NODISCARD;
/* Ends the data: at least one file, which may be empty. */
int export_writer_end_data(struct export_writer *writer, struct error *err) NODISCARD;
/* Moves the data into the directory that incremental exports share; takes its
 * descriptor over. */
int export_writer_share_data(struct export_writer *writer, int shared, struct error *err) NODISCARD;
/* Takes back what was moved there. */
void export_writer_unshare_data(struct export_writer *writer);
/* Writes the manifests: all is on disk after it. */
int export_writer_finish(struct export_writer *writer, const struct export_summary *summary,
	struct error *err) NODISCARD;
void export_writer_release(struct export_writer *writer);
