/*
 * as_histogram: how long things took, in fixed memory and with a known error.
 *
 * Buckets are log-linear, as in Gil Tene's HdrHistogram. Values below 256 have a bucket each. Above, every power of two
 * is cut into 128 buckets of equal width, so with m the position of a value's highest bit
 *
 *     shift = max(m, 7) - 7        bucket = shift * 128 + (value >> shift)        width = 2^shift
 *
 *     shift 0: 0 .. 255, width 1 | shift 1: 256 .. 511, width 2 | shift 2: 512 .. 1023, width 4 | ...
 *
 * The bucket of shift and s = value >> shift (128 <= s <= 255) holds s * 2^shift .. (s + 1) * 2^shift - 1. A percentile
 * is answered with the bucket's highest value, so it never flatters, and it exceeds the true value v >= s * 2^shift by
 * at most 2^shift - 1 < v / s <= v / 128:
 *
 *     v <= answer < v * (1 + 1/128), exactly v below 256.
 *
 * The answer is also cut to the largest value recorded, which is kept exactly, like the smallest. The unit is the
 * caller's; latencies are in ns, and the range 0 .. 2^42 - 1 ns is 73 minutes. A larger value is recorded as the
 * largest one of the range and counted as clamped.
 *
 * Threads: one writer; any thread may read. Every field is a relaxed atomic that only the writer changes, so a reader
 * sees for each bucket some recent count; it takes the total from the buckets it saw, so that its percentiles agree
 * with themselves. Memory: 36,896 bytes, no allocation. Recording: constant time, one count-leading-zeros, no branch.
 */
#ifndef AS_CORE_HISTOGRAM_H
#define AS_CORE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    AS_HISTOGRAM_SUB_BITS = 7,    /* 128 buckets per power of two */
    AS_HISTOGRAM_RANGE_BITS = 42, /* values below 2^42 */
    AS_HISTOGRAM_BUCKET_COUNT = (AS_HISTOGRAM_RANGE_BITS - AS_HISTOGRAM_SUB_BITS + 1) << AS_HISTOGRAM_SUB_BITS
};

#define AS_HISTOGRAM_VALUE_MAX ((UINT64_C(1) << AS_HISTOGRAM_RANGE_BITS) - 1)

typedef struct as_histogram {
    _Atomic(uint64_t) bucket[AS_HISTOGRAM_BUCKET_COUNT];
    _Atomic(uint64_t) sum;
    _Atomic(uint64_t) min; /* UINT64_MAX while empty */
    _Atomic(uint64_t) max;
    _Atomic(uint64_t) clamped;
} as_histogram;

/* What a report shows. All zero while nothing has been recorded. */
typedef struct as_histogram_summary {
    uint64_t count;
    uint64_t clamped; /* of them beyond the range */
    uint64_t min, max;
    uint64_t p50, p90, p99, p999, p9999;
    double mean; /* of the values as recorded */
} as_histogram_summary;

/* Empty the histogram. Writer only. */
void as_histogram_init(as_histogram *histogram);

/* The bucket of a value that is at most AS_HISTOGRAM_VALUE_MAX. */
static inline uint32_t as_histogram_bucket_idx(uint64_t value)
{
    uint32_t shift = (uint32_t)(63 - __builtin_clzll(value | 128)) - AS_HISTOGRAM_SUB_BITS;
    return (shift << AS_HISTOGRAM_SUB_BITS) + (uint32_t)(value >> shift);
}

/* The lowest and the highest value of a bucket. */
static inline uint64_t as_histogram_bucket_low(uint32_t bucket_idx)
{
    uint32_t shift = bucket_idx < 256 ? 0 : (bucket_idx >> AS_HISTOGRAM_SUB_BITS) - 1;
    return (uint64_t)(bucket_idx - (shift << AS_HISTOGRAM_SUB_BITS)) << shift;
}

static inline uint64_t as_histogram_bucket_high(uint32_t bucket_idx)
{
    uint32_t shift = bucket_idx < 256 ? 0 : (bucket_idx >> AS_HISTOGRAM_SUB_BITS) - 1;
    return as_histogram_bucket_low(bucket_idx) + ((UINT64_C(1) << shift) - 1);
}

/* A field that only this thread changes: a load and a store, no locked instruction. */
static inline void as_histogram_bump(_Atomic(uint64_t) *field, uint64_t by)
{
    uint64_t was = atomic_load_explicit(field, memory_order_relaxed); /* relaxed: own counter */
    atomic_store_explicit(field, was + by, memory_order_relaxed);     /* relaxed: a statistic */
}

/* Count one value. Writer only; hot path. */
static inline void as_histogram_record(as_histogram *histogram, uint64_t value)
{
    uint64_t beyond = value > AS_HISTOGRAM_VALUE_MAX;
    value = beyond ? AS_HISTOGRAM_VALUE_MAX : value;
    uint64_t min = atomic_load_explicit(&histogram->min, memory_order_relaxed); /* relaxed: own field */
    uint64_t max = atomic_load_explicit(&histogram->max, memory_order_relaxed); /* relaxed: own field */
    as_histogram_bump(&histogram->bucket[as_histogram_bucket_idx(value)], 1);
    as_histogram_bump(&histogram->sum, value);
    as_histogram_bump(&histogram->clamped, beyond);
    atomic_store_explicit(&histogram->min, value < min ? value : min, memory_order_relaxed); /* relaxed: a statistic */
    atomic_store_explicit(&histogram->max, value > max ? value : max, memory_order_relaxed); /* relaxed: a statistic */
}

/* Add what another histogram holds; `from` may be in use by its writer. Writer of `into` only. */
void as_histogram_merge(as_histogram *into, const as_histogram *from);

uint64_t as_histogram_count(const as_histogram *histogram);

/*
 * The value at or below which `percent` (0..100, to four decimals) of the values lie: the ceil(percent/100 * count)-th
 * smallest, the smallest for 0, within the error bound above. 0 while empty.
 */
uint64_t as_histogram_percentile(const as_histogram *histogram, double percent);

/* Everything a report shows, in one pass over the buckets. */
void as_histogram_summarize(const as_histogram *histogram, as_histogram_summary *summary);

#endif
