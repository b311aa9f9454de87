#undef NDEBUG
#include "monitor/sketch.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/memory.h"
#include "test.h"

#define COUNTERS 50
#define KEYS     5000
#define STREAM   test_rounds(200000)

/* A sketch, and the exact weights of the keys "0", "1", … */
struct trial {
	struct sketch *sketch;
	double *exact;
	double total;
	uint64_t random;
};

static struct trial trial_new(void)
{
	return (struct trial){
		.sketch = sketch_new(COUNTERS),
		.exact = memory_new_zero(KEYS * sizeof(double)),
		.random = 1,
	};
}

static void trial_release(struct trial *trial)
{
	sketch_free(trial->sketch);
	free(trial->exact);
}

static uint64_t next_random(struct trial *trial)
{
	trial->random = hash64(slice_of((const char *)&trial->random, sizeof(trial->random)));
	return trial->random;
}

static struct slice key_of(unsigned number, struct buf *buf)
{
	buf_clear(buf);
	buf_appendf(buf, "%u", number);
	return buf_slice(buf);
}

static void add(struct trial *trial, unsigned number, double weight)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;

	sketch_add(trial->sketch, key_of(number, &key), weight);
	trial->exact[number] += weight;
	trial->total += weight;
}

static double exact_of(const struct trial *trial, struct slice key)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&text, key);
	return trial->exact[strtoul(buf_string(&text), NULL, 10)];
}

/* What the header promises. */
static void check_bounds(const struct trial *trial)
{
	double bound = trial->total / COUNTERS, sum = 0;

	CHECK(sketch_total(trial->sketch) == trial->total);
	CHECK(sketch_missed(trial->sketch) <= bound);
	for (size_t i = 0; i < sketch_count(trial->sketch); i++) {
		struct sketch_entry entry = sketch_at(trial->sketch, i);
		double exact = exact_of(trial, entry.key);

		CHECK(entry.count >= exact);
		CHECK(entry.count - entry.error <= exact);
		CHECK(entry.error <= bound);
		sum += entry.count;
	}
	CHECK(sum == trial->total); /* halves and their sums are exact */
}

static void check_heavy_are_found(const struct trial *trial)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	struct sketch_entry entry;

	for (unsigned i = 0; i < KEYS; i++) {
		bool found;

		key_of(i, &key);
		found = sketch_find(trial->sketch, hash64(buf_slice(&key)), key.len, &entry);
		if (trial->exact[i] > trial->total / COUNTERS)
			CHECK(found);
		if (!found)
			CHECK(trial->exact[i] <= sketch_missed(trial->sketch));
		else
			CHECK(slice_equal(entry.key, buf_slice(&key)));
	}
}

static void few_keys_are_counted_exactly(void)
{
	struct trial trial CLEANUP(trial_release) = trial_new();

	for (unsigned i = 0; i < 10 * COUNTERS; i++)
		add(&trial, i % COUNTERS, 0.5 * (i % 7 + 1));
	for (size_t i = 0; i < sketch_count(trial.sketch); i++) {
		struct sketch_entry entry = sketch_at(trial.sketch, i);

		CHECK(entry.count == exact_of(&trial, entry.key));
		CHECK(entry.error == 0);
	}
	CHECK_INT(sketch_count(trial.sketch), COUNTERS);
	check_bounds(&trial);
}

/* The number of a key: one of [2^n - 1, 2^(n+1) - 1), each n as likely. */
static unsigned zipf(struct trial *trial)
{
	unsigned range = 1u << next_random(trial) % 12;

	return range - 1 + (unsigned)(next_random(trial) % range);
}

static void the_bounds_hold_on_a_zipf_stream(void)
{
	struct trial trial CLEANUP(trial_release) = trial_new();

	for (unsigned i = 0; i < STREAM; i++)
		add(&trial, zipf(&trial), 1);
	check_bounds(&trial);
	check_heavy_are_found(&trial);
}

static void the_bounds_hold_with_weights(void)
{
	struct trial trial CLEANUP(trial_release) = trial_new();

	for (unsigned i = 0; i < STREAM; i++)
		add(&trial, zipf(&trial), 0.5 * (double)(next_random(&trial) % 800 + 1));
	check_bounds(&trial);
	check_heavy_are_found(&trial);
}

/* No key comes twice before all others did: the worst for any sketch. */
static void the_bounds_hold_when_all_are_alike(void)
{
	struct trial trial CLEANUP(trial_release) = trial_new();

	for (unsigned i = 0; i < STREAM; i++)
		add(&trial, i % KEYS, 1);
	check_bounds(&trial);
	check_heavy_are_found(&trial);
}

/* Heavy keys first, then a flood of new ones that push out the least each time. */
static void heavy_keys_survive_a_flood(void)
{
	struct trial trial CLEANUP(trial_release) = trial_new();

	for (unsigned i = 0; i < STREAM / 2; i++)
		add(&trial, i % 5, 1);
	for (unsigned i = 0; i < STREAM / 2; i++)
		add(&trial, 5 + i % (KEYS - 5), 1);
	check_bounds(&trial);
	check_heavy_are_found(&trial);
}

/* A key that becomes hot when all counters are taken by others. */
static void a_late_heavy_key_is_found(void)
{
	struct trial trial CLEANUP(trial_release) = trial_new();

	for (unsigned i = 0; i < STREAM; i++)
		add(&trial, i % KEYS, 1);
	for (unsigned i = 0; i < STREAM / 10; i++)
		add(&trial, KEYS - 1, 1);
	check_bounds(&trial);
	check_heavy_are_found(&trial);
}

static void a_long_key_is_counted_by_its_hash(void)
{
	struct sketch *sketch = sketch_new(4);
	char first[1000], second[1000];
	struct sketch_entry entry;

	memset(first, 'x', sizeof(first));
	memcpy(second, first, sizeof(second));
	second[999] = 'y';
	for (int i = 0; i < 3; i++)
		sketch_add(sketch, slice_of(first, sizeof(first)), 1);
	sketch_add(sketch, slice_of(second, sizeof(second)), 1);
	CHECK_INT(sketch_count(sketch), 2);
	CHECK(sketch_find(sketch, hash64(slice_of(first, sizeof(first))), 1000, &entry));
	CHECK(entry.count == 3);
	CHECK_INT(entry.key.len, SKETCH_KEY_MAX);
	CHECK_INT(entry.length, 1000);
	sketch_free(sketch);
}

static void a_cleared_sketch_is_empty(void)
{
	struct trial trial CLEANUP(trial_release) = trial_new();

	for (unsigned i = 0; i < KEYS; i++)
		add(&trial, i, 1);
	sketch_clear(trial.sketch);
	CHECK_INT(sketch_count(trial.sketch), 0);
	CHECK(sketch_total(trial.sketch) == 0);
	memset(trial.exact, 0, KEYS * sizeof(double));
	trial.total = 0;
	for (unsigned i = 0; i < KEYS; i++)
		add(&trial, i % 7, 1);
	CHECK_INT(sketch_count(trial.sketch), 7);
	check_bounds(&trial);
}

static const struct test_case cases[] = {
	{ "few keys are counted exactly", few_keys_are_counted_exactly },
	{ "the bounds hold on a zipf stream", the_bounds_hold_on_a_zipf_stream },
	{ "the bounds hold with weights", the_bounds_hold_with_weights },
	{ "the bounds hold when all are alike", the_bounds_hold_when_all_are_alike },
	{ "heavy keys survive a flood", heavy_keys_survive_a_flood },
	{ "a late heavy key is found", a_late_heavy_key_is_found },
	{ "a long key is counted by its hash", a_long_key_is_counted_by_its_hash },
	{ "a cleared sketch is empty", a_cleared_sketch_is_empty },
};

int main(void)
{
	return test_run(cases, ARRAY_SIZE(cases));
}
