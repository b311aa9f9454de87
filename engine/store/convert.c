#include "store/convert.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/convert_private.h"
#include "store/dictionary.h"
#include "store/store_private.h"

#include <endian.h>
#include <errno.h>
#include <sys/statvfs.h>

#define SECOND_NS 1000000000LL

/* A table is worth a dictionary from this size on, and another one when it has
 * grown so many times. */
#define TRAIN_BYTES 65536
#define TRAIN_TIMES 4

/* What a conversion leaves free on the disk for those who write. */
#define RESERVE_BYTES (24u << 20)
#define RETRY_NS      (5 * SECOND_NS)

/* The record of conversions.db; the frontier follows. Integers little-endian. */
struct conversion_record {
	uint8_t version; /* 1 */
	uint8_t phase;
	uint8_t visible;
	uint8_t reserved;
	uint16_t dictionary;
	uint16_t reserved_too;
	uint64_t trained_bytes;
};
_Static_assert(sizeof(struct conversion_record) == 16, "the record has no padding");

void conversion_release(struct conversion *conversion)
{
	buf_release(&conversion->frontier);
	buf_release(&conversion->shrunk);
}

static int malformed(const struct table_body *body, struct error *err)
{
	return error_set(err, ERROR_CORRUPT,
		"the record of the conversion of table %s is malformed", body->id);
}

static int load_record(struct table_body *body, struct slice bytes, struct error *err)
{
	struct conversion *conversion = &body->conversion;
	struct conversion_record record;

	if (bytes.len < sizeof(record))
		return malformed(body, err);
	memcpy(&record, bytes.data, sizeof(record));
	if (record.version != 1 || record.phase > CONVERSION_SHRINK)
		return malformed(body, err);
	conversion->phase = (enum conversion_phase)record.phase;
	conversion->visible = record.visible;
	conversion->dictionary = le16toh(record.dictionary);
	conversion->trained_bytes = (int64_t)le64toh(record.trained_bytes);
	buf_append_slice(&conversion->frontier, slice_skip(bytes, sizeof(record)));
	return 0;
}

/* Without a record the table's class never changed. */
int conversion_load(struct table_body *body, struct error *err)
{
	DBT key = bdb_input(slice_from_string(body->id)), data = { .flags = DB_DBT_MALLOC };
	DB *file = body->store->conversions;
	int r = file->get(file, NULL, &key, &data, 0);

	if (r == DB_NOTFOUND)
		return 0;
	if (r)
		return bdb_error(err, r, "reading how far a table is converted");
	r = load_record(body, bdb_slice(&data), err);
	free(data.data);
	return r;
}

static int save_record(struct txn *txn, const struct conversion_step *step, struct error *err)
{
	const struct conversion_record record = {
		.version = 1,
		.phase = (uint8_t)step->phase,
		.visible = step->visible,
		.dictionary = htole16(step->dictionary),
		.trained_bytes = htole64((uint64_t)step->trained_bytes),
	};
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	DBT key = bdb_input(slice_from_string(step->body->id)), data;
	DB *file = txn->store->conversions;
	int r;

	buf_append(&bytes, &record, sizeof(record));
	buf_append_slice(&bytes, step->frontier);
	data = bdb_input(buf_slice(&bytes));
	r = file->put(file, txn->bdb, &key, &data, 0);
	return r ? bdb_error(err, r, "noting how far a table is converted") : 0;
}

int conversion_forget(struct txn *txn, const char *table_id, struct error *err)
{
	DBT key = bdb_input(slice_from_string(table_id));
	DB *file = txn->store->conversions;
	int r = file->del(file, txn->bdb, &key, 0);

	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "noting that a table is gone");
	return r ? 0 : dictionary_forget(txn, table_id, err);
}

uint16_t conversion_dictionary(const struct table_body *body)
{
	return body->conversion.dictionary;
}

bool conversion_may_need(const struct table_body *body, uint16_t dictionary)
{
	return body->conversion.dictionary == dictionary ||
	       body->conversion.phase == CONVERSION_ASKED ||
	       body->conversion.phase == CONVERSION_ROWS;
}

/* The part of the hashes that lies before a row key, in percent. */
static unsigned part_before(struct slice row_key)
{
	unsigned char first = row_key.len ? (unsigned char)row_key.data[0] : 0;

	return first * 100u / 256;
}

static unsigned percent_of(const struct conversion_step *step)
{
	static const struct {
		unsigned before, share;
	} phases[] = {
		[CONVERSION_DONE] = { 100, 0 },
		[CONVERSION_ASKED] = { 0, 0 },
		[CONVERSION_ROWS] = { 0, 70 },
		[CONVERSION_MERGE] = { 70, 20 },
		[CONVERSION_SHRINK] = { 90, 10 },
	};
	bool shrinks = step->phase == CONVERSION_SHRINK;
	unsigned part = part_before(shrinks ? step->shrunk : step->frontier);

	return phases[step->phase].before + phases[step->phase].share * part / 100;
}

static void step_ended(struct txn_end *end, bool committed)
{
	const struct conversion_step *step = (struct conversion_step *)end;
	struct conversion *conversion = &step->body->conversion;

	if (!committed)
		return;
	conversion->phase = step->phase;
	conversion->percent = percent_of(step);
	conversion->visible = step->visible;
	conversion->dictionary = step->dictionary;
	conversion->trained_bytes = step->trained_bytes;
	conversion->free_pages = step->free_pages;
	conversion->shrinking = step->shrinking;
	buf_clear(&conversion->frontier);
	buf_append_slice(&conversion->frontier, step->frontier);
	buf_clear(&conversion->shrunk);
	buf_append_slice(&conversion->shrunk, step->shrunk);
}

void conversion_step_init(struct conversion_step *step, struct table_body *body)
{
	const struct conversion *conversion = &body->conversion;

	*step = (struct conversion_step){
		.end = { .ended = step_ended },
		.body = body,
		.table = body->newest,
		.phase = conversion->phase,
		.visible = conversion->visible,
		.dictionary = conversion->dictionary,
		.trained_bytes = conversion->trained_bytes,
		.frontier = buf_slice(&conversion->frontier),
		.free_pages = conversion->free_pages,
		.shrinking = conversion->shrinking,
		.shrunk = buf_slice(&conversion->shrunk),
	};
}

void conversion_step_note(struct txn *txn, struct conversion_step *step)
{
	step->frontier = arena_copy(txn->arena, step->frontier);
	step->shrunk = arena_copy(txn->arena, step->shrunk);
	txn_at_end(txn, &step->end);
}

int conversion_step_save(struct txn *txn, struct conversion_step *step, struct error *err)
{
	conversion_step_note(txn, step);
	return save_record(txn, step, err);
}

int conversion_ask(struct txn *txn, const struct table *table, const struct table_description *next,
	struct error *err)
{
	struct conversion_step *step;

	if (next->table_class == table->description.table_class)
		return 0;
	step = arena_alloc(txn->arena, sizeof(*step));
	conversion_step_init(step, table->body);
	step->phase = CONVERSION_ASKED;
	step->visible = true;
	return conversion_step_save(txn, step, err);
}

/* Whether the table has outgrown its dictionary, or has none and got large. */
static bool has_grown(const struct table *table)
{
	const struct conversion *conversion = &table->body->conversion;
	struct table_counts counts;

	if (table->description.table_class == TABLE_CLASS_STANDARD)
		return false;
	table_counts((struct table *)table, &counts);
	return counts.exact && counts.bytes >= TRAIN_BYTES &&
	       counts.bytes / TRAIN_TIMES >= conversion->trained_bytes;
}

static bool is_to_begin(const struct table *table)
{
	const struct conversion *conversion = &table->body->conversion;

	return conversion->phase == CONVERSION_ASKED ||
	       (conversion->phase == CONVERSION_DONE && has_grown(table));
}

int64_t conversion_due(const struct table *table)
{
	const struct conversion *conversion = &table->body->conversion;

	if (conversion->phase == CONVERSION_DONE && !is_to_begin(table))
		return INT64_MAX;
	return conversion->due_ns;
}

/* What a conversion begins with. */
struct beginning {
	struct table_body *body;
	enum table_class class;
	struct buf dictionary; /* empty: none */
	int64_t bytes; /* the table's size */
	struct conversion_step step;
};

static int begin_body(struct txn *txn, void *context, struct error *err)
{
	struct beginning *beginning = context;
	struct conversion_step *step = &beginning->step;
	struct table_body *body = beginning->body;

	if (body->deleted || body->newest->description.table_class != beginning->class)
		return 0;
	conversion_step_init(step, body);
	step->phase = CONVERSION_ROWS;
	step->frontier = step->shrunk = SLICE("");
	step->shrinking = false;
	step->trained_bytes = beginning->bytes;
	if (beginning->dictionary.len)
		TRY(dictionary_add(txn, body->id, step->dictionary,
			buf_slice(&beginning->dictionary), &step->dictionary, err));
	else
		step->dictionary = 0;
	return conversion_step_save(txn, step, err);
}

static int begin(struct table *table, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct beginning beginning = {
		.body = table->body,
		.class = table->description.table_class,
	};
	struct table_counts counts;
	int r = 0;

	table_counts(table, &counts);
	beginning.bytes = counts.bytes;
	if (beginning.class != TABLE_CLASS_STANDARD && counts.bytes >= TRAIN_BYTES)
		r = dictionary_train(table, &beginning.dictionary, err);
	if (r >= 0 && !worker_stopping(&table->body->store->worker)) /* a whole sample */
		r = txn_run(table->body->store, TXN_WRITE, DURABLE_PROCESS, &arena, begin_body,
			&beginning, err);
	buf_release(&beginning.dictionary);
	return r;
}

/* Leaves room to those who write. */
static int check_space(const struct store *store, struct error *err)
{
	struct statvfs disk;

	if (statvfs(store->path, &disk) == 0 &&
		(uint64_t)disk.f_bavail * disk.f_frsize < RESERVE_BYTES)
		return error_set_errno(
			err, ENOSPC, "less than %u MB are free", RESERVE_BYTES >> 20);
	return 0;
}

static int step_body(struct txn *txn, void *context, struct error *err)
{
	static int (*const phases[])(
		struct txn * txn, struct conversion_step * step, struct error * err) = {
		[CONVERSION_ROWS] = convert_rows,
		[CONVERSION_MERGE] = convert_merge,
		[CONVERSION_SHRINK] = convert_shrink,
	};
	struct conversion_step *step = context;

	conversion_step_init(step, step->body);
	if (step->body->deleted || !phases[step->phase])
		return 0;
	return step->shrinking ? convert_shrink(txn, step, err)
			       : phases[step->phase](txn, step, err);
}

static int take_step(struct table *table, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct store *store = table->body->store;
	struct conversion_step step = { .body = table->body };

	TRY(table_open(table, err));
	TRY(check_space(store, err));
	if (is_to_begin(table))
		return begin(table, err);
	return txn_run(store, TXN_WRITE, DURABLE_PROCESS, &arena, step_body, &step, err);
}

void conversion_step(struct table *table)
{
	struct conversion *conversion = &table->body->conversion;
	struct slice name = table->description.name;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	bool failed = take_step(table, &err) < 0;

	if (failed && !conversion->failed)
		log_warning("store: converting table %.*s to its class: %s; it goes on later",
			SLICE_ARG(name), err.message);
	if (!failed && conversion->failed)
		log_warning("store: converting table %.*s to its class goes on", SLICE_ARG(name));
	conversion->failed = failed;
	conversion->due_ns = failed ? clock_monotonic_ns() + RETRY_NS : 0;
}
