/*
 * The life of transactions: their registry, who may enter, the time-out.
 */
#include "transaction_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "ephemeral.h"
#include "model/json.h"
#include "rejection.h"
#include "scratch.h"

#include <errno.h>
#include <signal.h>

struct transactions {
	struct filesystem *fs;
	int64_t timeout_ns;
	pthread_mutex_t mutex; /* before a transaction's own */
	pthread_cond_t changed;
	struct transaction *first;
	uint64_t begun; /* so far */
	pthread_t thread; /* that drops those left alone; begins with the first */
	bool started, ending;
};

static const char *const state_names[TRANSACTION_STATE_COUNT] = {
	[TRANSACTION_OPEN] = "open",
	[TRANSACTION_COMMITTING] = "committing",
	[TRANSACTION_FAILED] = "failed",
	[TRANSACTION_COMMITTED] = "committed",
	[TRANSACTION_ABORTED] = "aborted",
	[TRANSACTION_EXPIRED] = "dropped, as nobody used it",
};

static struct slice transaction_path(const struct transaction *transaction, struct arena *arena)
{
	return arena_printf(
		arena, TRANSACTION_DIRECTORY_NAME "/%.*s", SLICE_ARG(transaction->name));
}

/* Scratch files: of a transaction, or of all that a mount which was killed had. */
static void drop_scratch(struct filesystem *fs, struct slice path)
{
	int r = scratch_drop(fs->scratch, path);

	if (r < 0 && r != -ENOENT)
		log_warning(
			"removing scratch files of %.*s: %s", SLICE_ARG(path), strerrordesc_np(-r));
}

struct transactions *transactions_new(struct filesystem *fs, unsigned timeout)
{
	struct transactions *transactions = memory_new_zero(sizeof(*transactions));
	pthread_condattr_t monotonic;

	drop_scratch(fs, SLICE(TRANSACTION_DIRECTORY_NAME));

	transactions->fs = fs;
	transactions->timeout_ns = (timeout ? timeout : TRANSACTION_TIMEOUT) * 1000000000LL;
	pthread_mutex_init(&transactions->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&transactions->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return transactions;
}

static void drop_scratch_of(const struct transaction *transaction)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	drop_scratch(transaction->fs, transaction_path(transaction, &arena));
}

/* One transaction. */

struct transaction *transaction_ref(struct transaction *transaction)
{
	__atomic_add_fetch(&transaction->references, 1, __ATOMIC_RELAXED);
	return transaction;
}

void transaction_unref(struct transaction *transaction)
{
	if (!transaction || __atomic_sub_fetch(&transaction->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	overlay_release(&transaction->overlay);
	buf_release(&transaction->reasons);
	ownership_principal_release(&transaction->principal);
	pthread_mutex_destroy(&transaction->mutex);
	free((char *)transaction->name.data);
	free(transaction);
}

const struct caller *transaction_owner(const struct transaction *transaction)
{
	return &transaction->owner;
}

static bool is_ended(const struct transaction *transaction)
{
	return transaction->state >= TRANSACTION_COMMITTED;
}

static int check_use(
	const struct transaction *transaction, enum transaction_use use, struct error *err)
{
	if (is_ended(transaction))
		return error_set(err, ERROR_TABLE_NOT_FOUND,
			"this transaction has ended: it was %s", state_names[transaction->state]);
	if (transaction->state == TRANSACTION_COMMITTING)
		return error_set(err, ERROR_CONFLICT, "this transaction is being committed");
	if (transaction->state == TRANSACTION_FAILED && use == TRANSACTION_WRITES)
		return error_set(err, ERROR_TRANSACTION_CANCELED,
			"this transaction could not be committed, and never can be: its .ctl tells "
			"why; rmdir it, and begin again");
	return 0;
}

struct overlay *transaction_enter(
	struct transaction *transaction, enum transaction_use use, struct error *err)
{
	pthread_mutex_lock(&transaction->mutex);
	if (check_use(transaction, use, err) < 0) {
		pthread_mutex_unlock(&transaction->mutex);
		return NULL;
	}
	transaction->used_ns = clock_monotonic_ns();
	return &transaction->overlay;
}

void transaction_leave(struct transaction *transaction)
{
	pthread_mutex_unlock(&transaction->mutex);
}

uint64_t transaction_stamp(struct transaction *transaction)
{
	uint64_t stamp = (uint64_t)clock_realtime_ns();

	if (stamp <= transaction->last_stamp)
		stamp = transaction->last_stamp + 1;
	transaction->last_stamp = stamp;
	return stamp;
}

/* Apart from the id of the table itself, and from that of any other view. */
static void append_table_id(
	const struct transaction *transaction, struct slice stored_id, struct buf *id)
{
	buf_appendf(id, "%.*s/%llu", SLICE_ARG(stored_id), (unsigned long long)transaction->number);
}

static struct mount_table *table_new(struct transaction *transaction, struct slice name,
	struct slice stored_id, const struct key_schema *schema, int64_t created_ns)
{
	struct buf id CLEANUP(buf_release) = BUF_INIT;
	struct mount_table *table;

	append_table_id(transaction, stored_id, &id);
	table = mount_table_new(name, buf_slice(&id), schema, created_ns);
	table->transaction = transaction_ref(transaction);
	return table;
}

struct mount_table *transaction_own_table(struct transaction *transaction)
{
	return table_new(transaction, SLICE(""), SLICE(""), NULL, transaction->began_ns);
}

int transaction_table(struct transaction *transaction, struct mount_table *stored,
	struct mount_table **ret, struct error *err)
{
	struct overlay *overlay = transaction_enter(transaction, TRANSACTION_READS, err);

	if (!overlay)
		return -1;
	overlay_table(overlay, stored); /* so that its end knows of it */
	transaction_leave(transaction);
	*ret = table_new(
		transaction, stored->name, stored->id, &stored->schema, stored->created_ns);
	(*ret)->stored = mount_table_ref(stored);
	return 0;
}

/* The end. */

static struct transaction **find_link_locked(struct transactions *transactions, struct slice name)
{
	struct transaction **link = &transactions->first;

	while (*link && slice_compare((*link)->name, name) < 0)
		link = &(*link)->next;
	return link;
}

/* What is beside the overlay: scratch files and directories without items. */
static void remove_remains(struct transaction *transaction, const struct overlay *overlay)
{
	struct filesystem *fs = transaction->fs;
	struct buf id CLEANUP(buf_release) = BUF_INIT;

	drop_scratch_of(transaction);
	for (const struct overlay_table *table = overlay->tables; table; table = table->next) {
		buf_clear(&id);
		append_table_id(transaction, table->stored->id, &id);
		ephemeral_remove_all(fs->ephemerals, buf_slice(&id));
	}
}

void transaction_finish(struct transaction *transaction, enum transaction_state state)
{
	struct transactions *transactions = transaction->fs->transactions;
	struct overlay overlay;

	pthread_mutex_lock(&transaction->mutex);
	transaction->state = state;
	overlay_count(&transaction->overlay, &transaction->counts);
	overlay = transaction->overlay;
	overlay_init(&transaction->overlay, overlay.limit);
	pthread_mutex_unlock(&transaction->mutex);
	remove_remains(transaction, &overlay);
	overlay_release(&overlay);
	pthread_mutex_lock(&transactions->mutex);
	*find_link_locked(transactions, transaction->name) = transaction->next;
	pthread_mutex_unlock(&transactions->mutex);
	transaction_unref(transaction);
}

int transaction_abort(struct transaction *transaction, struct error *err)
{
	int r;

	pthread_mutex_lock(&transaction->mutex);
	r = check_use(transaction, TRANSACTION_READS, err);
	if (r == 0)
		transaction->state = TRANSACTION_ABORTED;
	pthread_mutex_unlock(&transaction->mutex);
	if (r == 0)
		transaction_finish(transaction, TRANSACTION_ABORTED);
	return r;
}

/* The time-out. */

static void tell_expired(struct transaction *transaction)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct rejection rejection = {
		.path = arena_printf(
			&arena, TRANSACTION_DIRECTORY_NAME "/%.*s", SLICE_ARG(transaction->name)),
		.err = &err,
		.errnum = ETIMEDOUT,
	};

	error_set(&err, ERROR_TRANSACTION_CANCELED,
		"this transaction was dropped: nobody had used it for %lld seconds",
		(long long)(transaction->fs->transactions->timeout_ns / 1000000000));
	rejection_record(transaction->fs->rejections, transaction->owner.uid, &rejection);
}

/* Marks it as ended if it is over; else *ret_deadline is when it will be. */
static bool expire(struct transaction *transaction, int64_t timeout_ns, int64_t *ret_deadline)
{
	bool expired = false;

	pthread_mutex_lock(&transaction->mutex);
	*ret_deadline = transaction->used_ns + timeout_ns;
	if (transaction->state == TRANSACTION_OPEN || transaction->state == TRANSACTION_FAILED) {
		expired = *ret_deadline <= clock_monotonic_ns();
		if (expired)
			transaction->state = TRANSACTION_EXPIRED;
	} else { /* in somebody's hands: look again later */
		*ret_deadline = clock_monotonic_ns() + timeout_ns;
	}
	pthread_mutex_unlock(&transaction->mutex);
	return expired;
}

/* One that is over, or NULL; *ret_deadline is when the next one will be. */
static struct transaction *find_expired_locked(
	struct transactions *transactions, int64_t *ret_deadline)
{
	struct transaction *transaction = transactions->first;
	int64_t deadline;

	*ret_deadline = INT64_MAX;
	for (; transaction; transaction = transaction->next) {
		if (expire(transaction, transactions->timeout_ns, &deadline))
			return transaction;
		if (deadline < *ret_deadline)
			*ret_deadline = deadline;
	}
	return NULL;
}

static void wait_until_locked(struct transactions *transactions, int64_t deadline)
{
	struct timespec until = clock_to_timespec(deadline);

	if (deadline == INT64_MAX)
		pthread_cond_wait(&transactions->changed, &transactions->mutex);
	else
		pthread_cond_timedwait(&transactions->changed, &transactions->mutex, &until);
}

static void *drop_expired(void *context)
{
	struct transactions *transactions = context;
	struct transaction *expired;
	int64_t deadline;

	pthread_mutex_lock(&transactions->mutex);
	while (!transactions->ending) {
		expired = find_expired_locked(transactions, &deadline);
		if (!expired) {
			wait_until_locked(transactions, deadline);
			continue;
		}
		pthread_mutex_unlock(&transactions->mutex);
		tell_expired(expired);
		transaction_finish(expired, TRANSACTION_EXPIRED);
		pthread_mutex_lock(&transactions->mutex);
	}
	pthread_mutex_unlock(&transactions->mutex);
	return NULL;
}

/* Signals are for the thread that waits for the session's end. Without a thread
 * transactions last until they are ended. */
static void start_thread_locked(struct transactions *transactions)
{
	sigset_t all, before;

	if (transactions->started)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	transactions->started =
		pthread_create(&transactions->thread, NULL, drop_expired, transactions) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void transactions_free(struct transactions *transactions)
{
	pthread_mutex_lock(&transactions->mutex);
	transactions->ending = true;
	pthread_cond_signal(&transactions->changed);
	pthread_mutex_unlock(&transactions->mutex);
	if (transactions->started)
		pthread_join(transactions->thread, NULL);
	while (transactions->first)
		transaction_finish(transactions->first, TRANSACTION_ABORTED);
	pthread_cond_destroy(&transactions->changed);
	pthread_mutex_destroy(&transactions->mutex);
	free(transactions);
}

/* Beginning and finding. */

static struct transaction *transaction_new(
	struct filesystem *fs, const struct caller *caller, struct slice name, uint64_t number)
{
	struct transaction *transaction = memory_new_zero(sizeof(*transaction));

	transaction->references = 1;
	transaction->fs = fs;
	transaction->name = slice_of(memory_copy_string(name.data, name.len), name.len);
	transaction->number = number;
	transaction->owner = *caller;
	transaction->principal = ownership_principal(fs, caller);
	transaction->began_ns = clock_realtime_ns();
	transaction->used_ns = clock_monotonic_ns();
	pthread_mutex_init(&transaction->mutex, NULL);
	overlay_init(&transaction->overlay, TRANSACTION_BYTES);
	return transaction;
}

static int begin_locked(struct transactions *transactions, const struct caller *caller,
	struct slice name, struct error *err)
{
	struct transaction **link = find_link_locked(transactions, name), *transaction;
	size_t count = 0;

	if (*link && slice_equal((*link)->name, name))
		return error_set(err, ERROR_CONFLICT, "the transaction of this name is ending");
	for (transaction = transactions->first; transaction; transaction = transaction->next)
		count += transaction->owner.uid == caller->uid;
	if (count >= TRANSACTIONS_MAX)
		return error_set(err, ERROR_LIMIT_EXCEEDED,
			"there are %d transactions open, and no more than that: end one of them",
			TRANSACTIONS_MAX);
	transaction = transaction_new(transactions->fs, caller, name, ++transactions->begun);
	drop_scratch_of(transaction); /* of one before that ended while a file was made */
	transaction->next = *link;
	*link = transaction;
	start_thread_locked(transactions);
	pthread_cond_signal(&transactions->changed);
	return 0;
}

int transaction_begin(
	struct filesystem *fs, const struct caller *caller, struct slice name, struct error *err)
{
	struct transactions *transactions = fs->transactions;
	int r;

	if (name.data[0] == '.')
		return error_set(err, ERROR_NOT_PERMITTED,
			"the name of a transaction can't begin with a dot");
	pthread_mutex_lock(&transactions->mutex);
	r = begin_locked(transactions, caller, name, err);
	pthread_mutex_unlock(&transactions->mutex);
	return r;
}

struct transaction *transaction_find(struct filesystem *fs, struct slice name)
{
	struct transactions *transactions = fs->transactions;
	struct transaction *found;
	bool ended;

	pthread_mutex_lock(&transactions->mutex);
	found = *find_link_locked(transactions, name);
	if (found && slice_equal(found->name, name)) {
		pthread_mutex_lock(&found->mutex);
		ended = is_ended(found);
		pthread_mutex_unlock(&found->mutex);
		found = ended ? NULL : transaction_ref(found);
	} else {
		found = NULL;
	}
	pthread_mutex_unlock(&transactions->mutex);
	return found;
}

struct slice *transaction_list(
	struct filesystem *fs, uid_t uid, struct arena *arena, size_t *ret_count)
{
	struct transactions *transactions = fs->transactions;
	struct slice *names = arena_alloc_array(arena, TRANSACTIONS_MAX, sizeof(*names));
	struct transaction *transaction;
	size_t count = 0;

	pthread_mutex_lock(&transactions->mutex);
	for (transaction = transactions->first; transaction; transaction = transaction->next) {
		if (transaction->owner.uid == uid)
			names[count++] = arena_copy(arena, transaction->name);
	}
	pthread_mutex_unlock(&transactions->mutex);
	*ret_count = count;
	return names;
}

void transaction_append_status(struct transaction *transaction, struct buf *buf)
{
	struct overlay_counts counts;

	buf_append_string(buf, "{\"Transaction\":");
	json_append_string(buf, transaction->name);
	buf_append_string(buf, ",\"Since\":\"");
	clock_append_iso(buf, transaction->began_ns);
	pthread_mutex_lock(&transaction->mutex);
	counts = transaction->counts;
	if (!is_ended(transaction))
		overlay_count(&transaction->overlay, &counts);
	buf_appendf(buf,
		"\",\"State\":\"%s\",\"Read\":%zu,\"Written\":%zu,\"Removed\":%zu,\"Bytes\":%zu,"
		"\"BytesMax\":%zu,\"TimeoutSeconds\":%lld}\n",
		state_names[transaction->state], counts.read, counts.written, counts.removed,
		transaction->overlay.bytes, transaction->overlay.limit,
		(long long)(transaction->fs->transactions->timeout_ns / 1000000000));
	buf_append_slice(buf, buf_slice(&transaction->reasons));
	pthread_mutex_unlock(&transaction->mutex);
}
