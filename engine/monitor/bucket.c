#include "monitor/bucket.h"

#define SECOND_NS 1e9

static double capacity(const struct bucket *bucket)
{
	return bucket->rate * BUCKET_SECONDS;
}

void bucket_init(struct bucket *bucket, double rate, int64_t now_ns)
{
	*bucket = (struct bucket){ .rate = rate, .time_ns = now_ns };
	bucket->level = capacity(bucket);
}

double bucket_level(const struct bucket *bucket, int64_t now_ns)
{
	double level = bucket->level;

	if (now_ns > bucket->time_ns)
		level += (double)(now_ns - bucket->time_ns) / SECOND_NS * bucket->rate;
	return level < capacity(bucket) ? level : capacity(bucket);
}

static void refill(struct bucket *bucket, int64_t now_ns)
{
	bucket->level = bucket_level(bucket, now_ns);
	if (now_ns > bucket->time_ns)
		bucket->time_ns = now_ns;
}

void bucket_set_rate(struct bucket *bucket, double rate, int64_t now_ns)
{
	if (rate == bucket->rate)
		return;
	if (bucket->rate == 0) {
		bucket_init(bucket, rate, now_ns);
		return;
	}
	refill(bucket, now_ns);
	bucket->rate = rate;
	refill(bucket, now_ns);
}

bool bucket_is_full(const struct bucket *bucket, int64_t now_ns)
{
	return bucket_level(bucket, now_ns) >= capacity(bucket);
}

void bucket_take(struct bucket *bucket, double units, int64_t now_ns)
{
	if (bucket->rate == 0)
		return;
	refill(bucket, now_ns);
	bucket->level -= units;
}

int64_t bucket_wait_ns(const struct bucket *bucket, double pending, int64_t now_ns)
{
	double missing = pending - bucket_level(bucket, now_ns);

	if (bucket->rate == 0 || missing < 0)
		return 0;
	return (int64_t)(missing / bucket->rate * SECOND_NS) + 1;
}
