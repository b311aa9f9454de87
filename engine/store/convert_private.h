/* A conversion from within convert*.c. */
#pragma once

#include "store/convert.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* A step under way: what it makes of the conversion, which takes effect when its
 * transaction commits. */
struct conversion_step {
	struct txn_end end;
	struct table_body *body;
	struct table *table; /* its newest version */
	enum conversion_phase phase;
	bool visible;
	uint16_t dictionary;
	int64_t trained_bytes;
	struct slice frontier; /* in the arena, or static */
	uint64_t free_pages;
	bool shrinking;
	struct slice shrunk;
};

/* Makes a step of a conversion as it is, to be changed. */
void conversion_step_init(struct conversion_step *step, struct table_body *body);
/* Records what the step has made of it, and sees to it that it takes effect. */
int conversion_step_save(
	struct txn *txn, struct conversion_step *step, struct error *err) NODISCARD;
/* That it takes effect, though there is nothing to be recorded. */
void conversion_step_note(struct txn *txn, struct conversion_step *step);

/* What a step of each phase does. */
int convert_rows(struct txn *txn, struct conversion_step *step, struct error *err) NODISCARD;
int convert_merge(struct txn *txn, struct conversion_step *step, struct error *err) NODISCARD;
int convert_shrink(struct txn *txn, struct conversion_step *step, struct error *err) NODISCARD;

/* Free pages of a file that are worth to be given back, while others come. */
#define CONVERT_FREE_PAGES 4096
