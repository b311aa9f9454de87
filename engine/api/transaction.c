#include "api/transaction.h"

#include "api/admission.h"
#include "base/clock.h"
#include "model/json.h"
#include "store/row.h"
#include "store/token.h"

void transaction_init(struct transaction *transaction, size_t count, struct arena *arena)
{
	*transaction = (struct transaction){
		.plans = arena_alloc_array(arena, count, sizeof(*transaction->plans)),
		.uses = arena_alloc_array(arena, count, sizeof(*transaction->uses)),
		.failures = arena_alloc_array(arena, count, sizeof(*transaction->failures)),
	};
}

void transaction_release(struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++)
		error_release(&transaction->failures[i]);
	table_set_release(&transaction->set);
}

int transaction_check_distinct(const struct transaction *transaction, struct error *err)
{
	for (size_t i = 0; i < transaction->count; i++) {
		struct slice row_key = transaction->plans[i].action.row_key;

		for (size_t j = 0; slice_present(row_key) && j < i; j++) {
			if (transaction->uses[i] == transaction->uses[j] &&
				slice_equal(row_key, transaction->plans[j].action.row_key))
				return error_set(err, ERROR_VALIDATION,
					"Transaction request cannot include multiple operations on "
					"one item");
		}
	}
	return 0;
}

/* Reasons. */

const char *cancellation_code(const struct error *failure)
{
	static const char *const codes[ERROR_CLASS_COUNT] = {
		[ERROR_NONE] = "None",
		[ERROR_CONDITION_FAILED] = "ConditionalCheckFailed",
		[ERROR_ITEM_EXISTS] = "ConditionalCheckFailed",
		[ERROR_ITEM_CHANGED] = "ConditionalCheckFailed",
		[ERROR_DUPLICATE_ITEM] = "DuplicateItem",
		[ERROR_TABLE_NOT_FOUND] = "ResourceNotFound",
		[ERROR_COLLECTION_TOO_LARGE] = "ItemCollectionSizeLimitExceeded",
		[ERROR_CONFLICT] = "TransactionConflict",
		[ERROR_THROUGHPUT_EXCEEDED] = "ProvisionedThroughputExceeded",
		[ERROR_THROTTLED] = "ThrottlingError",
	};

	return codes[failure->class] ? codes[failure->class] : "ValidationError";
}

bool transaction_is_reason(const struct error *failure)
{
	return failure->class == ERROR_CONDITION_FAILED || failure->class == ERROR_VALIDATION ||
	       failure->class == ERROR_TOO_LARGE || failure->class == ERROR_DUPLICATE_ITEM ||
	       admission_refused(failure);
}

static void append_reason(struct buf *buf, const struct error *failure)
{
	buf_appendf(buf, "{\"Code\":\"%s\"", cancellation_code(failure));
	if (failure->details && !admission_refused(failure))
		buf_appendf(buf, ",%s", failure->details);
	if (failure->message) {
		buf_append_string(buf, ",\"Message\":");
		json_append_string(buf, slice_from_string(failure->message));
	}
	buf_append_char(buf, '}');
}

int transaction_canceled(const struct error *failures, size_t count, struct error *err)
{
	struct buf codes CLEANUP(buf_release) = BUF_INIT;
	struct buf reasons CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&reasons, "\"CancellationReasons\":[");
	for (size_t i = 0; i < count; i++) {
		buf_appendf(&codes, "%s%s", i ? ", " : "", cancellation_code(&failures[i]));
		buf_append_string(&reasons, i ? "," : "");
		append_reason(&reasons, &failures[i]);
	}
	buf_append_char(&reasons, ']');
	error_set(err, ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[%s]",
		buf_string(&codes));
	error_set_details(err, buf_slice(&reasons));
	return -1;
}

int transaction_check_failures(const struct error *failures, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (failures[i].class != ERROR_NONE)
			return transaction_canceled(failures, count, err);
	}
	return 0;
}

/* Running. */

static int use_token(struct txn *txn, struct transaction *transaction, struct error *err)
{
	int r;

	transaction->replayed = false;
	if (!slice_present(transaction->token))
		return 0;
	TRY(r = token_use(txn, transaction->token, transaction->content, clock_realtime_ns(), err));
	if (r == TOKEN_OTHER)
		return error_set(err, ERROR_IDEMPOTENT_MISMATCH,
			"The request was retried with a ClientRequestToken that was already used "
			"with other parameters");
	transaction->replayed = r == TOKEN_SAME;
	return 0;
}

/* What was done before costs reads of its items as they are now. Source: API
 * Reference, "TransactWriteItems", ClientRequestToken. An item whose key does not
 * fit is of a table that was made anew since. */
static int read_again(struct txn *txn, const struct transaction *transaction, struct error *err)
{
	for (size_t i = 0; i < transaction->count; i++) {
		const struct planned_write *plan = &transaction->plans[i];
		struct row row;
		int r;

		if (plan->unfit)
			continue;
		TRY(r = row_get(txn, plan->table, plan->action.row_key, ROW_META, &row, err));
		usage_add_read(transaction->usage, plan->table, plan->key,
			r == ROW_ABSENT ? 0 : row.meta.item_size, true, USAGE_TRANSACTED);
	}
	return 0;
}

static int apply(struct txn *txn, void *context, struct error *err)
{
	struct transaction *transaction = context;

	usage_clear(transaction->usage);
	TRY(use_token(txn, transaction, err));
	if (transaction->replayed)
		return read_again(txn, transaction, err);
	for (size_t i = 0; i < transaction->count; i++) {
		struct error *failure = &transaction->failures[i];

		if (transaction->plans[i].unfit)
			continue;
		error_release(failure);
		if (planned_write_apply(txn, &transaction->plans[i], transaction->usage, failure) >=
			0)
			continue;
		if (!transaction_is_reason(failure))
			return error_move(err, failure);
	}
	return transaction_check_failures(transaction->failures, transaction->count, err);
}

static bool is_refused(const struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++) {
		if (admission_refused(&transaction->failures[i]))
			return true;
	}
	return false;
}

/* Of a transaction that came to nothing: its preparation, but not when its
 * throughput did not allow even that. */
static void count_failed(const struct transaction *transaction, const struct error *err)
{
	bool prepared = err->class == ERROR_TRANSACTION_CANCELED && !is_refused(transaction);

	usage_undo(transaction->usage);
	for (size_t i = 0; i < transaction->count; i++) {
		const struct planned_write *plan = &transaction->plans[i];
		const struct error *failure = &transaction->failures[i];

		if (plan->unfit)
			continue;
		if (prepared)
			planned_write_count_failed(plan, transaction->usage, failure);
		else
			usage_note_failure(transaction->usage, plan->table,
				failure->class == ERROR_NONE ? err->class : failure->class);
	}
}

int transaction_run(struct engine *engine, struct request *request, struct transaction *transaction,
	struct error *err)
{
	transaction->usage = request->usage;
	if (txn_run(engine->store, TXN_WRITE, engine->durability[request->door], request->arena,
		    apply, transaction, err) < 0) {
		count_failed(transaction, err);
		return -1;
	}
	if (!transaction->replayed)
		return 0;
	/* What was done before may be on its way to the medium still. */
	return engine->durability[request->door] == DURABLE_POWER ? store_flush(engine->store, err)
								  : 0;
}

void transaction_add_collections(struct transaction *transaction, struct arena *arena)
{
	for (size_t i = 0; i < transaction->count && !transaction->replayed; i++) {
		const struct planned_write *plan = &transaction->plans[i];

		if (plan->action.kind != WRITE_CHECK)
			table_use_add_collection(
				&transaction->set.uses[transaction->uses[i]], plan->key, arena);
	}
}
