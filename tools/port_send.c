#include "port_send.h"

#include "base/hash.h"
#include "base/memory.h"

/* A batch on its way. */
struct sending {
	struct retry_control *control;
	struct client *client;
	const struct key_schema *key;
	struct port_entry **entries; /* those with items */
	size_t count;
	unsigned tries; /* since something was stored */
	struct error *failure;
};

/* Whether it is the fault of an item, which the others need not suffer for. */
static bool is_item_fault(const struct error *err)
{
	static const bool faults[ERROR_CLASS_COUNT] = {
		[ERROR_VALIDATION] = true,
		[ERROR_KEY_EMPTY] = true,
		[ERROR_TOO_LARGE] = true,
		[ERROR_NOT_JSON] = true,
		[ERROR_SERIALIZATION] = true,
		[ERROR_COLLECTION_TOO_LARGE] = true,
	};

	return faults[err->class];
}

static bool may_try_again(struct sending *sending, const struct error *err)
{
	return retry_may_help(err) && retry_pause(sending->control, &sending->tries);
}

/* The engine in this process: all at once. */

static int store_here(struct sending *sending, struct error *item_errors, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct item_write *writes = arena_alloc_array(&arena, sending->count, sizeof(*writes));
	struct write_items_input input = {
		.writes = writes,
		.count = sending->count,
		.item_errors = item_errors,
	};
	struct write_items_output output = { 0 };

	for (size_t i = 0; i < sending->count; i++)
		writes[i] = (struct item_write){
			.kind = ITEM_PUT,
			.table_name = client_table(sending->client),
			.item = sending->entries[i]->item,
		};
	return client_run(
		sending->client, OPERATION_LOCAL_WRITE_ITEMS, &input, &output, &arena, err);
}

static void move_errors(struct sending *sending, struct error *item_errors, bool keep)
{
	for (size_t i = 0; i < sending->count; i++) {
		if (keep && item_errors[i].class != ERROR_NONE)
			error_move(&sending->entries[i]->err, &item_errors[i]);
		error_release(&item_errors[i]);
	}
}

static void send_here(struct sending *sending)
{
	struct error *item_errors CLEANUP(cleanup_free) =
		memory_new_zero(sending->count * sizeof(*item_errors) + 1);

	for (;;) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		int r = store_here(sending, item_errors, &err);

		move_errors(sending, item_errors, r == 0);
		if (r == 0)
			return;
		if (!may_try_again(sending, &err)) {
			error_move(sending->failure, &err);
			return;
		}
	}
}

/* A remote engine: BatchWriteItem. */

static bool is_unprocessed(const struct sending *sending, const struct port_entry *entry,
	const struct batch_write_item_output *output, struct arena *arena)
{
	const struct named_list *tables = output->unprocessed_items.items;
	const struct write_request *requests;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct key key;

	if (!output->unprocessed_items.count)
		return false;
	requests = tables[0].list.items;
	for (size_t i = 0; i < tables[0].list.count; i++) {
		if (requests[i].put_request &&
			key_from_item(sending->key, requests[i].put_request->item, &key, &err) ==
				0 &&
			hash64(key_encode_new(sending->key, &key, arena)) == entry->key_hash)
			return true;
		error_release(&err);
	}
	return false;
}

/* Keeps what is still to be sent at the front. */
static void keep_unprocessed(
	struct sending *sending, struct batch_write_item_output *output, struct arena *arena)
{
	size_t kept = 0;

	for (size_t i = 0; i < sending->count; i++) {
		if (is_unprocessed(sending, sending->entries[i], output, arena))
			sending->entries[kept++] = sending->entries[i];
	}
	if (kept < sending->count)
		sending->tries = 0;
	sending->count = kept;
}

static int store_there(struct sending *sending, struct arena *arena,
	struct batch_write_item_output *output, struct error *err)
{
	struct write_request requests[SEND_REMOTE_ITEMS] = { 0 };
	struct put_request puts[SEND_REMOTE_ITEMS];
	struct named_list table = {
		.name = client_table(sending->client),
		.list = { true, sending->count, requests },
	};
	struct batch_write_item_input input = { .request_items = { true, 1, &table } };

	for (size_t i = 0; i < sending->count; i++) {
		puts[i] = (struct put_request){ sending->entries[i]->item };
		requests[i].put_request = &puts[i];
	}
	return client_run(sending->client, OPERATION_BATCH_WRITE_ITEM, &input, output, arena, err);
}

static void send_there(struct sending *sending);

/* Of a batch with an item that the engine refuses: each half by itself. */
static void send_halves(struct sending *sending)
{
	struct sending first = *sending, second = *sending;

	first.count = sending->count / 2;
	second.entries += first.count;
	second.count -= first.count;
	send_there(&first);
	if (sending->failure->class == ERROR_NONE)
		send_there(&second);
}

/* One request. *err is what keeps items from being stored. */
static void send_once(struct sending *sending, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct batch_write_item_output output = { 0 };

	if (store_there(sending, &arena, &output, err) < 0)
		return;
	keep_unprocessed(sending, &output, &arena);
	if (sending->count)
		error_set(err, ERROR_SYSTEM,
			"%s leaves items unprocessed, however often they are sent",
			client_name(sending->client));
}

static void send_there(struct sending *sending)
{
	while (sending->count) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		send_once(sending, &err);
		if (!sending->count)
			return;
		if (is_item_fault(&err)) {
			if (sending->count > 1)
				send_halves(sending);
			else
				error_move(&sending->entries[0]->err, &err);
			return;
		}
		if (!may_try_again(sending, &err)) {
			error_move(sending->failure, &err);
			return;
		}
	}
}

void send_batch(struct retry_control *control, struct client *client, const struct key_schema *key,
	struct port_batch *batch)
{
	struct port_entry **entries CLEANUP(cleanup_free) =
		memory_new(batch->items * sizeof(struct port_entry *) + 1);
	struct sending sending = {
		.control = control,
		.client = client,
		.key = key,
		.entries = entries,
		.failure = &batch->failure,
	};

	for (size_t i = 0; i < batch->count; i++) {
		if (batch->entries[i].item)
			entries[sending.count++] = &batch->entries[i];
	}
	if (sending.count)
		(client_is_local(client) ? send_here : send_there)(&sending);
}
