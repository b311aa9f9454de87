/*
 * BatchGetItem and BatchWriteItem. A batch of writes is one transaction here, so
 * that it costs one flush; each of its items is still atomic on its own. What its
 * throughput does not allow is left unprocessed, and is an error when that is all
 * of it.
 */
#include "api/admission.h"
#include "api/item_write.h"
#include "api/operations.h"
#include "api/parameters.h"
#include "api/table_set.h"

#include "model/item.h"
#include "store/row.h"

#define BATCH_GET_MAX       100
#define BATCH_WRITE_MAX     25
#define BATCH_GET_BYTES_MAX (16u << 20)

static int duplicate_keys(struct error *err)
{
	return error_set(err, ERROR_VALIDATION, "Provided list of item keys contains duplicates");
}

/* Reading. */

/* One table's part of a request. */
struct batch_reads {
	const struct keys_and_attributes *in;
	const struct projection *projection; /* or NULL */
	size_t use; /* in the table set */
	struct slice *row_keys;
	struct map *items; /* results */
	size_t item_count;
	size_t done; /* keys answered, found or not */
	struct error refusal; /* why the next one may not be read */
};

struct batch_get {
	struct usage *usage;
	struct table_set set;
	struct batch_reads *reads;
	size_t count;
	size_t bytes; /* of the items read */
	bool full; /* the next item would be too much */
};

/* Of the whole request; told of its first table. */
static int check_read_count(const struct batch_get_item_input *in, struct error *err)
{
	const struct keys_and_attributes *tables = in->request_items.items;
	size_t keys = 0;

	if (!in->request_items.count)
		return error_set(err, ERROR_VALIDATION,
			"1 validation error detected: Value at 'RequestItems' failed to satisfy "
			"constraint: Member must have length greater than or equal to 1");
	for (size_t i = 0; i < in->request_items.count; i++)
		keys += tables[i].keys.count;
	if (keys > BATCH_GET_MAX)
		return error_set(err, ERROR_VALIDATION,
			"1 validation error detected: Value at 'RequestItems.%.*s.member.Keys' "
			"failed to satisfy constraint: Member must have length less than or equal "
			"to %d",
			SLICE_ARG(tables[0].table_name), BATCH_GET_MAX);
	return 0;
}

/* What can be said of a table's part without the table. */
static int parse_reads(struct batch_reads *reads, struct arena *arena, struct error *err)
{
	const struct keys_and_attributes *in = reads->in;
	struct parameter older[] = { { "AttributesToGet", in->attributes_to_get.present } };
	struct parameter newer[] = {
		{ "ProjectionExpression", slice_present(in->projection_expression) },
	};
	struct placeholders placeholders;

	TRY(parameters_check_mix(older, 1, newer, 1, err));
	TRY(parameters_check_names(&in->expression_attribute_names, newer, 1, err));
	placeholders_init(&placeholders, in->expression_attribute_names.items,
		in->expression_attribute_names.count, NULL, arena);
	TRY(parameters_projection(&in->attributes_to_get, in->projection_expression, &placeholders,
		arena, &reads->projection, err));
	return placeholders_check_used(&placeholders, err);
}

static int take_keys(struct batch_reads *reads, const struct key_schema *schema,
	struct arena *arena, struct error *err)
{
	const struct map *keys = reads->in->keys.items;
	size_t count = reads->in->keys.count;

	reads->items = arena_alloc_array(arena, count, sizeof(*reads->items));
	reads->row_keys = arena_alloc_array(arena, count, sizeof(*reads->row_keys));
	for (size_t i = 0; i < count; i++) {
		struct key key;

		TRY(key_from_map(schema, &keys[i], &key, err));
		TRY(key_validate(schema, &key, err));
		reads->row_keys[i] = key_encode_new(schema, &key, arena);
		for (size_t j = 0; j < i; j++) {
			if (slice_equal(reads->row_keys[i], reads->row_keys[j]))
				return duplicate_keys(err);
		}
	}
	return 0;
}

static int prepare_reads(struct engine *engine, const struct batch_get_item_input *in,
	struct batch_get *batch, struct arena *arena, struct error *err)
{
	const struct keys_and_attributes *tables = in->request_items.items;

	batch->count = in->request_items.count;
	batch->reads = arena_alloc_array(arena, batch->count, sizeof(*batch->reads));
	TRY(check_read_count(in, err));
	for (size_t i = 0; i < batch->count; i++) {
		batch->reads[i].in = &tables[i];
		TRY(parse_reads(&batch->reads[i], arena, err));
	}
	for (size_t i = 0; i < batch->count; i++)
		TRY(table_set_hold(
			engine, &batch->set, tables[i].table_name, &batch->reads[i].use, err));
	for (size_t i = 0; i < batch->count; i++) {
		struct table *table = batch->set.uses[batch->reads[i].use].table;

		TRY(take_keys(&batch->reads[i], &table_description(table)->key, arena, err));
	}
	return 0;
}

static void count_read(struct batch_get *batch, const struct batch_reads *reads, uint32_t bytes)
{
	const struct map *keys = reads->in->keys.items;

	usage_add_read(batch->usage, batch->set.uses[reads->use].table, &keys[reads->done], bytes,
		reads->in->consistent_read.value, USAGE_SINGLE);
}

/* Reads the next item, unless the answer is full. */
static int read_item(
	struct txn *txn, struct batch_get *batch, struct batch_reads *reads, struct error *err)
{
	struct table *table = batch->set.uses[reads->use].table;
	const struct map *keys = reads->in->keys.items;
	const struct admission admission = { batch->usage, table, &keys[reads->done],
		USAGE_SINGLE };
	struct map item;
	struct row row;
	int r;

	if (admission_read(&admission, NULL, &reads->refusal) < 0)
		return 0;
	TRY(r = row_get(txn, table, reads->row_keys[reads->done], ROW_FULL, &row, err));
	if (r == ROW_ABSENT) {
		count_read(batch, reads, 0);
		return 0;
	}
	batch->full = batch->bytes + row.meta.item_size > BATCH_GET_BYTES_MAX;
	if (batch->full)
		return 0;
	batch->bytes += row.meta.item_size;
	TRY(item_decode(txn_arena(txn), row.item, &item, err));
	count_read(batch, reads, row.meta.item_size);
	if (reads->projection)
		projection_apply(reads->projection, &item, txn_arena(txn),
			&reads->items[reads->item_count++]);
	else
		reads->items[reads->item_count++] = item;
	return 0;
}

static bool goes_on(const struct batch_get *batch, const struct batch_reads *reads)
{
	return !batch->full && reads->refusal.class == ERROR_NONE;
}

static int read_items(
	struct txn *txn, struct batch_get *batch, struct batch_reads *reads, struct error *err)
{
	error_release(&reads->refusal);
	reads->item_count = reads->done = 0;
	while (goes_on(batch, reads) && reads->done < reads->in->keys.count) {
		TRY(read_item(txn, batch, reads, err));
		reads->done += goes_on(batch, reads);
	}
	return 0;
}

/* An error when every table refused its first key. */
static int check_any_read(struct batch_get *batch, struct error *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->reads[i].done || batch->reads[i].refusal.class == ERROR_NONE)
			return 0;
	}
	return error_move(err, &batch->reads[0].refusal);
}

static int read_batch(struct txn *txn, void *context, struct error *err)
{
	struct batch_get *batch = context;

	batch->bytes = 0;
	batch->full = false;
	usage_clear(batch->usage);
	for (size_t i = 0; i < batch->count; i++)
		TRY(read_items(txn, batch, &batch->reads[i], err));
	return check_any_read(batch, err);
}

static void answer_reads(
	const struct batch_get *batch, struct batch_get_item_output *out, struct arena *arena)
{
	struct named_items *responses = arena_alloc_array(arena, batch->count, sizeof(*responses));
	struct keys_and_attributes *left = arena_alloc_array(arena, batch->count, sizeof(*left));
	size_t left_count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_reads *reads = &batch->reads[i];

		responses[i] = (struct named_items){ reads->in->table_name,
			{ true, reads->item_count, reads->items } };
		if (reads->done == reads->in->keys.count)
			continue;
		left[left_count] = *reads->in;
		left[left_count++].keys =
			(struct request_list){ true, reads->in->keys.count - reads->done,
				(const struct map *)reads->in->keys.items + reads->done };
	}
	out->responses = (struct request_list){ true, batch->count, responses };
	out->unprocessed_keys = (struct request_list){ true, left_count, left };
}

static int get_batch(
	struct engine *engine, struct request *request, struct batch_get *batch, struct error *err)
{
	const struct batch_get_item_input *in = request->input;
	struct batch_get_item_output *out = request->output;
	struct arena *arena = request->arena;

	TRY(prepare_reads(engine, in, batch, arena, err));
	TRY(txn_run(engine->store, TXN_READ, DURABLE_PROCESS, arena, read_batch, batch, err));
	answer_reads(batch, out, arena);
	out->consumed_capacity = table_set_capacity(
		&batch->set, batch->usage, in->return_consumed_capacity, false, arena);
	return 0;
}

int run_batch_get_item(struct engine *engine, struct request *request, struct error *err)
{
	struct batch_get batch = { .usage = request->usage };
	int r = get_batch(engine, request, &batch, err);

	for (size_t i = 0; i < batch.count; i++)
		error_release(&batch.reads[i].refusal);
	table_set_release(&batch.set);
	return r;
}

/* Writing. */

struct batch_write {
	struct usage *usage;
	struct table_set set;
	struct planned_write *plans;
	size_t *uses; /* of each plan */
	const struct write_request **requests; /* of each plan */
	bool *refused; /* of each plan */
	size_t count;
};

static int check_write_count(const struct batch_write_item_input *in, struct error *err)
{
	const struct named_list *tables = in->request_items.items;
	size_t writes = 0;

	if (!in->request_items.count)
		return error_set(err, ERROR_VALIDATION,
			"The requestItems parameter is required for BatchWriteItem");
	for (size_t i = 0; i < in->request_items.count; i++)
		writes += tables[i].list.count;
	if (writes > BATCH_WRITE_MAX)
		return error_set(err, ERROR_VALIDATION,
			"Too many items requested for the BatchWriteItem call");
	return 0;
}

/* What can be said of a write without its table. */
static int check_write(const struct write_request *write, struct error *err)
{
	if (!write->put_request == !write->delete_request)
		return error_set(err, ERROR_VALIDATION,
			"Supplied AttributeValue has more than one datatypes set, must contain "
			"exactly one of the supported datatypes");
	return write->put_request ? item_validate(write->put_request->item, err) : 0;
}

static bool has_other_type(const struct key_attribute *attribute, const struct map *item)
{
	const struct value *value = map_find(item, attribute->name);

	return value && value->type != attribute->type;
}

/* A key of the wrong type is told in other words than by PutItem. */
static int check_put_key(const struct key_schema *schema, const struct map *item, struct error *err)
{
	if (has_other_type(&schema->partition, item) ||
		(key_schema_has_sort(schema) && has_other_type(&schema->sort, item)))
		return error_set(err, ERROR_VALIDATION,
			"The provided key element does not match the schema");
	return 0;
}

static int plan_write(struct batch_write *batch, size_t use, const struct write_request *write,
	struct arena *arena, struct error *err)
{
	struct planned_write *plan = &batch->plans[batch->count];
	struct table *table = batch->set.uses[use].table;

	if (write->put_request) {
		const struct map *item = write->put_request->item;

		TRY(check_put_key(&table_description(table)->key, item, err));
		TRY(plan_put(plan, table, item, arena, err));
	} else {
		TRY(plan_delete(plan, table, write->delete_request->key, arena, err));
	}
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->uses[i] == use &&
			slice_equal(batch->plans[i].action.row_key, plan->action.row_key))
			return duplicate_keys(err);
	}
	batch->requests[batch->count] = write;
	batch->uses[batch->count++] = use;
	return 0;
}

static int prepare_writes(struct engine *engine, const struct batch_write_item_input *in,
	struct batch_write *batch, struct arena *arena, struct error *err)
{
	const struct named_list *tables = in->request_items.items;
	size_t *uses = arena_alloc_array(arena, in->request_items.count, sizeof(*uses));

	TRY(check_write_count(in, err));
	batch->plans = arena_alloc_array(arena, BATCH_WRITE_MAX, sizeof(*batch->plans));
	batch->uses = arena_alloc_array(arena, BATCH_WRITE_MAX, sizeof(*batch->uses));
	batch->requests = arena_alloc_array(arena, BATCH_WRITE_MAX, sizeof(*batch->requests));
	batch->refused = arena_alloc_array(arena, BATCH_WRITE_MAX, sizeof(*batch->refused));
	for (size_t i = 0; i < in->request_items.count; i++) {
		const struct write_request *writes = tables[i].list.items;

		for (size_t j = 0; j < tables[i].list.count; j++)
			TRY(check_write(&writes[j], err));
	}
	for (size_t i = 0; i < in->request_items.count; i++)
		TRY(table_set_hold(engine, &batch->set, tables[i].name, &uses[i], err));
	for (size_t i = 0; i < in->request_items.count; i++) {
		const struct write_request *writes = tables[i].list.items;

		for (size_t j = 0; j < tables[i].list.count; j++)
			TRY(plan_write(batch, uses[i], &writes[j], arena, err));
	}
	return 0;
}

static int write_batch(struct txn *txn, void *context, struct error *err)
{
	struct error refusal CLEANUP(error_release) = ERROR_INIT;
	struct batch_write *batch = context;
	size_t refused = 0;

	usage_clear(batch->usage);
	for (size_t i = 0; i < batch->count; i++) {
		struct error failure = ERROR_INIT;

		batch->refused[i] = false;
		if (planned_write_apply(txn, &batch->plans[i], batch->usage, &failure) >= 0)
			continue;
		if (!admission_refused(&failure))
			return error_move(err, &failure);
		batch->refused[i] = true;
		refused++;
		error_keep_first(&refusal, &failure);
	}
	return refused == batch->count ? error_move(err, &refusal) : 0;
}

static void add_collections(struct batch_write *batch, struct arena *arena)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (!batch->refused[i])
			table_use_add_collection(
				&batch->set.uses[batch->uses[i]], batch->plans[i].key, arena);
	}
}

/* The refused writes of a table. */
static struct request_list list_refused(
	const struct batch_write *batch, size_t use, struct arena *arena)
{
	struct write_request *writes = arena_alloc_array(arena, batch->count, sizeof(*writes));
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		if (batch->refused[i] && batch->uses[i] == use)
			writes[count++] = *batch->requests[i];
	}
	return (struct request_list){ true, count, writes };
}

static struct request_list list_unprocessed(const struct batch_write *batch, struct arena *arena)
{
	struct named_list *tables = arena_alloc_array(arena, batch->set.count, sizeof(*tables));
	size_t count = 0;

	for (size_t i = 0; i < batch->set.count; i++) {
		struct slice name = table_description(batch->set.uses[i].table)->name;

		tables[count] = (struct named_list){ arena_copy(arena, name),
			list_refused(batch, i, arena) };
		count += tables[count].list.count > 0;
	}
	return (struct request_list){ true, count, tables };
}

static int write_all(struct engine *engine, struct request *request, struct batch_write *batch,
	struct error *err)
{
	const struct batch_write_item_input *in = request->input;
	struct batch_write_item_output *out = request->output;
	struct arena *arena = request->arena;

	TRY(prepare_writes(engine, in, batch, arena, err));
	if (txn_run(engine->store, TXN_WRITE, engine->durability[request->door], arena, write_batch,
		    batch, err) < 0) {
		usage_undo(batch->usage);
		return -1;
	}
	add_collections(batch, arena);
	out->unprocessed_items = list_unprocessed(batch, arena);
	out->consumed_capacity = table_set_capacity(
		&batch->set, request->usage, in->return_consumed_capacity, false, arena);
	out->item_collection_metrics =
		table_set_collections(&batch->set, in->return_item_collection_metrics, arena);
	return 0;
}

int run_batch_write_item(struct engine *engine, struct request *request, struct error *err)
{
	struct batch_write batch = { .usage = request->usage };
	int r = write_all(engine, request, &batch, err);

	table_set_release(&batch.set);
	return r;
}
