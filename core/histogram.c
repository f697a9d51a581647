#include "core/histogram.h"

enum { PER_MILLION = 1000000 };

static uint64_t read_field(const _Atomic(uint64_t) *field)
{
    return atomic_load_explicit(field, memory_order_relaxed); /* relaxed: a statistic */
}

static void write_field(_Atomic(uint64_t) *field, uint64_t value)
{
    atomic_store_explicit(field, value, memory_order_relaxed); /* relaxed: a statistic */
}

void as_histogram_init(as_histogram *histogram)
{
    for (uint32_t i = 0; i < AS_HISTOGRAM_BUCKET_COUNT; i++)
        write_field(&histogram->bucket[i], 0);
    write_field(&histogram->sum, 0);
    write_field(&histogram->min, UINT64_MAX);
    write_field(&histogram->max, 0);
    write_field(&histogram->clamped, 0);
}

void as_histogram_merge(as_histogram *into, const as_histogram *from)
{
    for (uint32_t i = 0; i < AS_HISTOGRAM_BUCKET_COUNT; i++) {
        uint64_t count = read_field(&from->bucket[i]);
        if (count)
            as_histogram_bump(&into->bucket[i], count);
    }
    as_histogram_bump(&into->sum, read_field(&from->sum));
    as_histogram_bump(&into->clamped, read_field(&from->clamped));
    uint64_t min = read_field(&from->min);
    uint64_t max = read_field(&from->max);
    if (min < read_field(&into->min))
        write_field(&into->min, min);
    if (max > read_field(&into->max))
        write_field(&into->max, max);
}

uint64_t as_histogram_count(const as_histogram *histogram)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < AS_HISTOGRAM_BUCKET_COUNT; i++)
        count += read_field(&histogram->bucket[i]);
    return count;
}

/* ceil(per_million / 10^6 * count), at least 1, without overflow for any count. */
static uint64_t rank_of(uint64_t count, uint64_t per_million)
{
    uint64_t whole = count / PER_MILLION * per_million;
    uint64_t part = (count % PER_MILLION * per_million + PER_MILLION - 1) / PER_MILLION;
    return whole + part ? whole + part : 1;
}

/* The highest value of the bucket in which the cumulated count reaches the rank; *seen and *idx go on from there. */
static uint64_t value_at(const as_histogram *histogram, uint64_t rank, uint64_t *seen, uint32_t *idx)
{
    while (*idx + 1 < AS_HISTOGRAM_BUCKET_COUNT) {
        uint64_t here = read_field(&histogram->bucket[*idx]);
        if (*seen + here >= rank)
            break;
        *seen += here;
        *idx += 1;
    }
    uint64_t high = as_histogram_bucket_high(*idx);
    uint64_t max = read_field(&histogram->max);
    return high < max ? high : max;
}

uint64_t as_histogram_percentile(const as_histogram *histogram, double percent)
{
    uint64_t count = as_histogram_count(histogram);
    uint64_t seen = 0;
    uint32_t idx = 0;
    if (count == 0)
        return 0;
    double bounded = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    return value_at(histogram, rank_of(count, (uint64_t)(bounded * PER_MILLION / 100.0 + 0.5)), &seen, &idx);
}

void as_histogram_summarize(const as_histogram *histogram, as_histogram_summary *summary)
{
    uint64_t count = as_histogram_count(histogram);
    uint64_t seen = 0;
    uint32_t idx = 0;
    *summary = (as_histogram_summary){.count = count};
    if (count == 0)
        return;
    summary->clamped = read_field(&histogram->clamped);
    summary->min = read_field(&histogram->min);
    summary->max = read_field(&histogram->max);
    summary->mean = (double)read_field(&histogram->sum) / (double)count;
    summary->p50 = value_at(histogram, rank_of(count, 500000), &seen, &idx);
    summary->p90 = value_at(histogram, rank_of(count, 900000), &seen, &idx);
    summary->p99 = value_at(histogram, rank_of(count, 990000), &seen, &idx);
    summary->p999 = value_at(histogram, rank_of(count, 999000), &seen, &idx);
    summary->p9999 = value_at(histogram, rank_of(count, 999900), &seen, &idx);
}
