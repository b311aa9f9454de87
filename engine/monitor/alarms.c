#include "monitor/alarms.h"

#include "base/log.h"
#include "base/memory.h"
#include "monitor/alarm_evaluate.h"
#include "store/alarm_file.h"

#include <pthread.h>

/* An alarm, as the file has it. */
struct entry {
	struct buf name, bytes;
};

struct alarms {
	struct metrics *metrics;
	struct alarm_file *file;
	struct journal *journal;
	uint64_t log_max;
	pthread_mutex_t changing; /* held by who changes alarms, or judges one */
	pthread_mutex_t lock; /* of the rest */
	struct entry *entries; /* in byte order of their names */
	size_t count, capacity;
};

static struct slice entry_name(const struct alarms *alarms, size_t i)
{
	return buf_slice(&alarms->entries[i].name);
}

/* The first entry that is not before the name; whether it has that name. */
static bool find_locked(const struct alarms *alarms, struct slice name, size_t *ret)
{
	size_t low = 0, high = alarms->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(entry_name(alarms, middle), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return low < alarms->count && slice_equal(entry_name(alarms, low), name);
}

static void entry_release(struct entry *entry)
{
	buf_release(&entry->name);
	buf_release(&entry->bytes);
}

static struct entry *insert_locked(struct alarms *alarms, size_t at, struct slice name)
{
	struct entry *entry;

	if (alarms->count == alarms->capacity) {
		alarms->capacity = alarms->capacity ? 2 * alarms->capacity : 16;
		alarms->entries =
			memory_resize(alarms->entries, alarms->capacity * sizeof(*alarms->entries));
	}
	entry = &alarms->entries[at];
	memmove(entry + 1, entry, (alarms->count - at) * sizeof(*entry));
	alarms->count++;
	*entry = (struct entry){ BUF_INIT, BUF_INIT };
	buf_append_slice(&entry->name, name);
	return entry;
}

static void show_locked(struct alarms *alarms, const struct alarm_write *write)
{
	struct entry *entry;
	size_t at;
	bool there = find_locked(alarms, write->name, &at);

	if (slice_present(write->bytes)) {
		entry = there ? &alarms->entries[at] : insert_locked(alarms, at, write->name);
		buf_clear(&entry->bytes);
		buf_append_slice(&entry->bytes, write->bytes);
	} else if (there) {
		entry = &alarms->entries[at];
		entry_release(entry);
		alarms->count--;
		memmove(entry, entry + 1, (alarms->count - at) * sizeof(*entry));
	}
}

static void trim_log(struct alarms *alarms)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (journal_trim(alarms->journal, alarms->log_max, &err) < 0)
		log_warning("alarms: %s", err.message);
}

/* Writes and then shows; `changing` is held. */
static int change(struct alarms *alarms, const struct alarm_write *writes, size_t count,
	struct slice lines, enum durability durability, struct error *err)
{
	TRY(alarm_file_write(alarms->file, writes, count, alarms->journal, lines, durability, err));
	pthread_mutex_lock(&alarms->lock);
	for (size_t i = 0; i < count; i++)
		show_locked(alarms, &writes[i]);
	pthread_mutex_unlock(&alarms->lock);
	trim_log(alarms);
	return 0;
}

static int change_one(struct alarms *alarms, const struct alarm *alarm, struct slice lines,
	enum durability durability, struct error *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct alarm_write write = { .name = alarm->name };

	alarm_encode(alarm, &bytes);
	write.bytes = buf_slice(&bytes);
	return change(alarms, &write, 1, lines, durability, err);
}

/* Opening. */

static int take_entry(void *context, struct slice name, struct slice bytes, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct alarm_write write = { name, bytes };
	struct error malformed CLEANUP(error_release) = ERROR_INIT;
	struct alarms *alarms = context;
	struct alarm alarm;

	(void)err;
	if (alarm_decode(name, bytes, &arena, &alarm, &malformed) == 0)
		show_locked(alarms, &write);
	else
		log_warning("alarms: %s", malformed.message);
	return 0;
}

static int open_files(struct alarms *alarms, struct store *store, struct error *err)
{
	TRY(alarm_file_open(store, &alarms->file, err));
	TRY(journal_open(store, "alarms", &alarms->journal, err));
	return alarm_file_visit(alarms->file, take_entry, alarms, err);
}

int alarms_open(const struct alarms_options *options, struct alarms **ret, struct error *err)
{
	struct alarms *alarms = memory_new_zero(sizeof(*alarms));

	alarms->metrics = options->metrics;
	alarms->log_max = options->log_max ? options->log_max : ALARMS_LOG_MAX;
	pthread_mutex_init(&alarms->changing, NULL);
	pthread_mutex_init(&alarms->lock, NULL);
	if (open_files(alarms, options->store, err) < 0) {
		alarms_close(alarms);
		return -1;
	}
	*ret = alarms;
	return 0;
}

void alarms_close(struct alarms *alarms)
{
	if (!alarms)
		return;
	for (size_t i = 0; i < alarms->count; i++)
		entry_release(&alarms->entries[i]);
	free(alarms->entries);
	journal_close(alarms->journal);
	alarm_file_close(alarms->file);
	pthread_mutex_destroy(&alarms->lock);
	pthread_mutex_destroy(&alarms->changing);
	free(alarms);
}

struct journal *alarms_journal(const struct alarms *alarms)
{
	return alarms->journal;
}

/* Reading. */

int alarms_find(struct alarms *alarms, struct slice name, struct arena *arena, struct alarm *ret,
	struct error *err)
{
	struct slice bytes = { NULL, 0 };
	size_t at;

	pthread_mutex_lock(&alarms->lock);
	if (find_locked(alarms, name, &at))
		bytes = arena_copy(arena, buf_slice(&alarms->entries[at].bytes));
	pthread_mutex_unlock(&alarms->lock);
	return slice_present(bytes) ? alarm_decode(name, bytes, arena, ret, err) : ALARM_ABSENT;
}

/* Copies names and bytes, to be decoded without the lock. */
static struct alarm_write *copy_entries(struct alarms *alarms, struct slice after, size_t limit,
	struct arena *arena, size_t *ret_count)
{
	struct alarm_write *copies;
	size_t at = 0, count;

	pthread_mutex_lock(&alarms->lock);
	if (slice_present(after) && find_locked(alarms, after, &at))
		at++;
	count = alarms->count - at < limit ? alarms->count - at : limit;
	copies = arena_alloc_array(arena, count, sizeof(*copies));
	for (size_t i = 0; i < count; i++) {
		copies[i].name = arena_copy(arena, entry_name(alarms, at + i));
		copies[i].bytes = arena_copy(arena, buf_slice(&alarms->entries[at + i].bytes));
	}
	pthread_mutex_unlock(&alarms->lock);
	*ret_count = count;
	return copies;
}

int alarms_list(struct alarms *alarms, struct slice after, size_t limit, struct arena *arena,
	struct alarm **ret, size_t *ret_count, struct error *err)
{
	size_t count;
	const struct alarm_write *copies = copy_entries(alarms, after, limit, arena, &count);

	*ret = arena_alloc_array(arena, count, sizeof(**ret));
	for (size_t i = 0; i < count; i++)
		TRY(alarm_decode(copies[i].name, copies[i].bytes, arena, &(*ret)[i], err));
	*ret_count = count;
	return 0;
}

/* Changing; the functions that end in _locked want `changing`. */

/* Judges an alarm, and when that changes its state notes so in it and in the log. */
static int judge_locked(struct alarms *alarms, struct alarm *alarm, int64_t now_ns,
	struct arena *arena, struct buf *log, bool *ret_changed, struct error *err)
{
	struct buf reason CLEANUP(buf_release) = BUF_INIT, data CLEANUP(buf_release) = BUF_INIT;
	struct alarm after = *alarm;
	struct alarm_finding finding;

	TRY(alarm_evaluate(alarm, alarms->metrics, now_ns, arena, &finding, err));
	*ret_changed = finding.verdict.state != alarm->state;
	if (!*ret_changed)
		return 0;
	report_append_reason(&finding, &reason);
	report_append_data(&finding, &data);
	after.state = finding.verdict.state;
	after.state_ns = now_ns;
	after.reason = arena_copy(arena, buf_slice(&reason));
	after.reason_data = arena_copy(arena, buf_slice(&data));
	report_append_state(alarm->state, &after, &finding, log);
	*alarm = after;
	return 0;
}

static int check_room(struct alarms *alarms, struct error *err)
{
	size_t count;

	pthread_mutex_lock(&alarms->lock);
	count = alarms->count;
	pthread_mutex_unlock(&alarms->lock);
	if (count >= ALARMS_MAX)
		return error_set(err, ERROR_ALARM_LIMIT,
			"there are %d alarms, which are all there "
			"may be",
			ALARMS_MAX);
	return 0;
}

/* A definition with the state of the alarm that it takes the place of, if any. */
static int take_state_locked(struct alarms *alarms, const struct alarm *definition, int64_t now_ns,
	struct arena *arena, struct alarm *ret, enum alarm_change *ret_change, struct error *err)
{
	struct alarm before;
	int r;

	TRY(r = alarms_find(alarms, definition->name, arena, &before, err));
	*ret = *definition;
	ret->configured_ns = now_ns;
	*ret_change = r == ALARM_ABSENT ? ALARM_CREATED : ALARM_UPDATED;
	if (r == ALARM_ABSENT) {
		ret->state = ALARM_STATE_INSUFFICIENT_DATA;
		ret->reason = SLICE("Unchecked: Initial alarm creation");
		ret->reason_data = (struct slice){ NULL, 0 };
		ret->state_ns = now_ns;
		return check_room(alarms, err);
	}
	ret->state = before.state;
	ret->reason = before.reason;
	ret->reason_data = before.reason_data;
	ret->state_ns = before.state_ns;
	return 0;
}

static int put_locked(struct alarms *alarms, const struct alarm *definition, int64_t now_ns,
	enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf log CLEANUP(buf_release) = BUF_INIT;
	enum alarm_change change;
	struct alarm alarm;
	bool changed;

	TRY(take_state_locked(alarms, definition, now_ns, &arena, &alarm, &change, err));
	report_append_change(alarm.name, change, now_ns, &log);
	TRY(judge_locked(alarms, &alarm, now_ns, &arena, &log, &changed, err));
	return change_one(alarms, &alarm, buf_slice(&log), durability, err);
}

int alarms_put(struct alarms *alarms, const struct alarm *definition, int64_t now_ns,
	enum durability durability, struct error *err)
{
	int r;

	TRY(alarm_check(definition, err));
	pthread_mutex_lock(&alarms->changing);
	r = put_locked(alarms, definition, now_ns, durability, err);
	pthread_mutex_unlock(&alarms->changing);
	return r;
}

static int not_found(struct slice name, struct error *err)
{
	return error_set(err, ERROR_ALARM_NOT_FOUND, "there is no alarm %.*s", SLICE_ARG(name));
}

static int check_all_there(
	struct alarms *alarms, const struct slice *names, size_t count, struct error *err)
{
	bool there = true;
	size_t i, at;

	pthread_mutex_lock(&alarms->lock);
	for (i = 0; i < count && there; i++)
		there = find_locked(alarms, names[i], &at);
	pthread_mutex_unlock(&alarms->lock);
	return there ? 0 : not_found(names[i - 1], err);
}

static bool is_among(const struct alarm_write *writes, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_equal(writes[i].name, name))
			return true;
	}
	return false;
}

static int delete_locked(struct alarms *alarms, const struct slice *names, size_t count,
	int64_t now_ns, enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf log CLEANUP(buf_release) = BUF_INIT;
	struct alarm_write *writes = arena_alloc_array(&arena, count, sizeof(*writes));
	size_t deleted = 0;

	TRY(check_all_there(alarms, names, count, err));
	for (size_t i = 0; i < count; i++) {
		if (is_among(writes, deleted, names[i]))
			continue;
		writes[deleted++].name = names[i];
		report_append_change(names[i], ALARM_DELETED, now_ns, &log);
	}
	return change(alarms, writes, deleted, buf_slice(&log), durability, err);
}

int alarms_delete(struct alarms *alarms, const struct slice *names, size_t count, int64_t now_ns,
	enum durability durability, struct error *err)
{
	int r;

	pthread_mutex_lock(&alarms->changing);
	r = delete_locked(alarms, names, count, now_ns, durability, err);
	pthread_mutex_unlock(&alarms->changing);
	return r;
}

static int set_state_locked(struct alarms *alarms, const struct alarm *wanted,
	enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf log CLEANUP(buf_release) = BUF_INIT;
	struct alarm alarm;
	enum alarm_state before;
	int r;

	TRY(r = alarms_find(alarms, wanted->name, &arena, &alarm, err));
	if (r == ALARM_ABSENT)
		return not_found(wanted->name, err);
	before = alarm.state;
	alarm.state = wanted->state;
	alarm.reason = wanted->reason;
	alarm.reason_data = wanted->reason_data;
	alarm.state_ns = wanted->state_ns;
	if (alarm.state != before)
		report_append_state(before, &alarm, NULL, &log);
	return change_one(alarms, &alarm, buf_slice(&log), durability, err);
}

int alarms_set_state(struct alarms *alarms, struct slice name, enum alarm_state state,
	struct slice reason, struct slice reason_data, int64_t now_ns, enum durability durability,
	struct error *err)
{
	const struct alarm wanted = {
		.name = name,
		.state = state,
		.reason = reason,
		.reason_data = reason_data,
		.state_ns = now_ns,
	};
	int r;

	pthread_mutex_lock(&alarms->changing);
	r = set_state_locked(alarms, &wanted, durability, err);
	pthread_mutex_unlock(&alarms->changing);
	return r;
}

/* The step. */

static int step_one_locked(
	struct alarms *alarms, struct slice name, int64_t now_ns, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf log CLEANUP(buf_release) = BUF_INIT;
	bool changed = false;
	struct alarm alarm;
	int r;

	TRY(r = alarms_find(alarms, name, &arena, &alarm, err));
	if (r == ALARM_ABSENT || !alarm_is_due(&alarm, now_ns))
		return 0;
	TRY(judge_locked(alarms, &alarm, now_ns, &arena, &log, &changed, err));
	return changed ? change_one(alarms, &alarm, buf_slice(&log), DURABLE_PROCESS, err) : 0;
}

int alarms_step(struct alarms *alarms, int64_t now_ns, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice none = { NULL, 0 };
	size_t count;
	const struct alarm_write *copies = copy_entries(alarms, none, SIZE_MAX, &arena, &count);

	for (size_t i = 0; i < count; i++) {
		struct error failure = ERROR_INIT;
		int r;

		pthread_mutex_lock(&alarms->changing);
		r = step_one_locked(alarms, copies[i].name, now_ns, &failure);
		pthread_mutex_unlock(&alarms->changing);
		if (r < 0)
			error_keep_first(err, &failure);
	}
	return err->class == ERROR_NONE ? 0 : -1;
}
