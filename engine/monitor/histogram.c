#include "monitor/histogram.h"

#include "base/memory.h"
#include "monitor/varint.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MANTISSA_BITS 52
#define SHIFT         (MANTISSA_BITS - HISTOGRAM_BITS)
/* What the upper bits of HISTOGRAM_LEAST are, as a number of IEEE 754. */
#define LEAST_BITS ((uint64_t)(1023 - 20) << HISTOGRAM_BITS)

_Static_assert(sizeof(double) == sizeof(uint64_t), "a double is one of IEEE 754");

void histogram_release(struct histogram *histogram)
{
	free(histogram->counts);
	*histogram = HISTOGRAM_INIT;
}

/* Of a value from HISTOGRAM_LEAST on: exponent and the mantissa's upper bits, by
 * which a double is ordered. */
static unsigned bucket_of(double value)
{
	uint64_t bits;

	if (value > HISTOGRAM_MOST)
		value = HISTOGRAM_MOST;
	memcpy(&bits, &value, sizeof(bits));
	return (unsigned)((bits >> SHIFT) - LEAST_BITS);
}

/* The least value of a bucket. */
static double value_of(unsigned bucket)
{
	uint64_t bits = (bucket + LEAST_BITS) << SHIFT;
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Room for more on the side on which a histogram grows, lest each new bucket
 * move all others. */
#define SLACK 16

static void resize(struct histogram *histogram, unsigned first, unsigned length)
{
	uint64_t *counts = memory_new_zero(length * sizeof(*counts));

	if (histogram->length)
		memcpy(counts + (histogram->first - first), histogram->counts,
			histogram->length * sizeof(*counts));
	free(histogram->counts);
	histogram->counts = counts;
	histogram->first = first;
	histogram->length = length;
}

/* Makes room for the buckets from first to last. */
static void cover(struct histogram *histogram, unsigned first, unsigned last)
{
	unsigned begin = histogram->first, end = histogram->first + histogram->length;

	if (!histogram->length) {
		resize(histogram, first, last - first + 1);
		return;
	}
	if (first < begin)
		begin = first > SLACK ? first - SLACK : 0;
	if (last >= end)
		end = last + SLACK < HISTOGRAM_BUCKETS ? last + SLACK + 1 : HISTOGRAM_BUCKETS;
	if (end - begin > histogram->length)
		resize(histogram, begin, end - begin);
}

static void add_to_bucket(struct histogram *histogram, double value, uint64_t count)
{
	unsigned bucket;

	if (value < HISTOGRAM_LEAST) {
		histogram->zeros += count;
		return;
	}
	bucket = bucket_of(value);
	cover(histogram, bucket, bucket);
	histogram->counts[bucket - histogram->first] += count;
}

void histogram_add(struct histogram *histogram, double value)
{
	if (!histogram->count || value < histogram->minimum)
		histogram->minimum = value;
	if (!histogram->count || value > histogram->maximum)
		histogram->maximum = value;
	histogram->count++;
	histogram->sum += value;
	add_to_bucket(histogram, value, 1);
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	if (!other->count)
		return;
	if (!histogram->count || other->minimum < histogram->minimum)
		histogram->minimum = other->minimum;
	if (!histogram->count || other->maximum > histogram->maximum)
		histogram->maximum = other->maximum;
	histogram->count += other->count;
	histogram->zeros += other->zeros;
	histogram->sum += other->sum;
	if (!other->length)
		return;
	cover(histogram, other->first, other->first + other->length - 1);
	for (unsigned i = 0; i < other->length; i++)
		histogram->counts[other->first - histogram->first + i] += other->counts[i];
}

/* The value of that rank, which counts from 1. */
static double value_at(const struct histogram *histogram, uint64_t rank)
{
	uint64_t passed = histogram->zeros;

	if (rank <= passed)
		return 0;
	for (unsigned i = 0; i < histogram->length; i++) {
		passed += histogram->counts[i];
		if (rank <= passed)
			return value_of(histogram->first + i);
	}
	return histogram->maximum;
}

double histogram_percentile(const struct histogram *histogram, double percent)
{
	double share = percent / 100 * (double)histogram->count;
	uint64_t rank = (uint64_t)share;
	double value;

	if (!histogram->count)
		return 0;
	rank += (double)rank < share;
	if (rank >= histogram->count)
		return histogram->maximum;
	if (rank <= 1)
		return histogram->minimum;
	value = value_at(histogram, rank);
	return value < histogram->minimum ? histogram->minimum : value;
}

uint64_t histogram_count_to(const struct histogram *histogram, double limit)
{
	uint64_t count = limit < 0 ? 0 : histogram->zeros;

	for (unsigned i = 0; i < histogram->length; i++) {
		if (value_of(histogram->first + i) > limit)
			break;
		count += histogram->counts[i];
	}
	return count;
}

/*
 *	encoding = varint count [ u8 form
 *		( FORM_EQUAL f64 value
 *		| FORM_VARIOUS f64 sum, minimum, maximum varint zeros
 *			varint first, length, used { varint gap, count } ) ]
 *
 * used is the number of buckets with a count that is not 0; a gap is how many
 * without one lie before it. Numbers are in the order of bytes of the machine, as all of the
 *store's records.
 */
enum { FORM_EQUAL, FORM_VARIOUS };

static void append_double(struct buf *buf, double value)
{
	buf_append(buf, &value, sizeof(value));
}

static bool take_double(struct slice *bytes, double *ret)
{
	if (bytes->len < sizeof(*ret))
		return false;
	memcpy(ret, bytes->data, sizeof(*ret));
	*bytes = slice_skip(*bytes, sizeof(*ret));
	return *ret >= 0; /* nor is it NaN */
}

static void encode_buckets(const struct histogram *histogram, struct buf *buf)
{
	unsigned used = 0, gap = 0;

	for (unsigned i = 0; i < histogram->length; i++)
		used += histogram->counts[i] != 0;
	varint_append(buf, histogram->first);
	varint_append(buf, histogram->length);
	varint_append(buf, used);
	for (unsigned i = 0; i < histogram->length; i++, gap++) {
		if (!histogram->counts[i])
			continue;
		varint_append(buf, gap);
		varint_append(buf, histogram->counts[i]);
		gap = UINT_MAX; /* and so 0 for the next */
	}
}

static bool is_of_equal(const struct histogram *histogram)
{
	return histogram->minimum == histogram->maximum &&
	       histogram->sum == histogram->minimum * (double)histogram->count;
}

void histogram_encode(const struct histogram *histogram, struct buf *buf)
{
	varint_append(buf, histogram->count);
	if (!histogram->count)
		return;
	if (is_of_equal(histogram)) {
		buf_append_char(buf, FORM_EQUAL);
		append_double(buf, histogram->minimum);
		return;
	}
	buf_append_char(buf, FORM_VARIOUS);
	append_double(buf, histogram->sum);
	append_double(buf, histogram->minimum);
	append_double(buf, histogram->maximum);
	varint_append(buf, histogram->zeros);
	encode_buckets(histogram, buf);
}

static bool decode_equal(struct slice *bytes, struct histogram *ret)
{
	double value;

	if (!take_double(bytes, &value))
		return false;
	ret->minimum = ret->maximum = value;
	ret->sum = value * (double)ret->count;
	add_to_bucket(ret, value, ret->count);
	return true;
}

static bool decode_buckets(struct slice *bytes, uint64_t used, struct histogram *ret)
{
	uint64_t next = 0;

	for (uint64_t i = 0; i < used; i++) {
		uint64_t gap, count;

		if (!varint_take(bytes, &gap) || !varint_take(bytes, &count) ||
			next >= ret->length || gap >= ret->length - next)
			return false;
		next += gap;
		ret->counts[next++] = count;
	}
	return true;
}

static bool decode_various(struct slice *bytes, struct histogram *ret)
{
	uint64_t first, length, used;

	if (!take_double(bytes, &ret->sum) || !take_double(bytes, &ret->minimum) ||
		!take_double(bytes, &ret->maximum) || !varint_take(bytes, &ret->zeros) ||
		!varint_take(bytes, &first) || !varint_take(bytes, &length) ||
		!varint_take(bytes, &used) || first >= HISTOGRAM_BUCKETS ||
		length > HISTOGRAM_BUCKETS - first)
		return false;
	if (length)
		resize(ret, (unsigned)first, (unsigned)length);
	return decode_buckets(bytes, used, ret);
}

bool histogram_decode(struct slice *bytes, struct histogram *ret)
{
	char form;

	if (!varint_take(bytes, &ret->count))
		return false;
	if (!ret->count)
		return true;
	if (!bytes->len)
		return false;
	form = bytes->data[0];
	*bytes = slice_skip(*bytes, 1);
	if (form == FORM_EQUAL)
		return decode_equal(bytes, ret);
	return form == FORM_VARIOUS && decode_various(bytes, ret);
}
