/* Welford's recurrence (Technometrics 4, 1962), and DDSketch for quantiles (Masson, Rim and
 * Lee, "DDSketch: a fast and fully-mergeable quantile sketch", VLDB 2019): bucket i holds
 * what lies in (g^(i-1), g^i], where g = (1 + e) / (1 - e); its middle 2 g^i / (g + 1) is
 * within e of all of it. */
#include "sim/stat/tally.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/memory.h"

static const double GROWTH = (1 + TALLY_SKETCH_ERROR) / (1 - TALLY_SKETCH_ERROR);

/* ---- sketch ---- */

/* Make room for a bucket, with some to spare at the side that had to grow. */
static void sketch_reach(struct sketch *sketch, int64_t bucket)
{
    enum { SPARE = 64 };
    int64_t low = sketch->lowest, high = sketch->lowest + (int64_t)sketch->width;
    if (sketch->width == 0)
        low = high = bucket;
    if (bucket >= low && bucket < high)
        return;
    low = bucket < low ? bucket - SPARE : low;
    high = bucket >= high ? bucket + SPARE : high;
    uint64_t *counts = mem_new((size_t)(high - low) * sizeof *counts);
    for (size_t i = 0; i < sketch->width; i++)
        counts[sketch->lowest - low + (int64_t)i] = sketch->counts[i];
    free(sketch->counts);
    *sketch = (struct sketch){ low, counts, (size_t)(high - low) };
}

static void sketch_add_count(struct sketch *sketch, int64_t bucket, uint64_t count)
{
    sketch_reach(sketch, bucket);
    sketch->counts[bucket - sketch->lowest] += count;
}

static void sketch_add(struct sketch *sketch, double value)
{
    sketch_add_count(sketch, (int64_t)ceil(log(value) / log(GROWTH)), 1);
}

static void sketch_merge(struct sketch *sketch, const struct sketch *other)
{
    for (size_t i = 0; i < other->width; i++)
        if (other->counts[i] > 0)
            sketch_add_count(sketch, other->lowest + (int64_t)i, other->counts[i]);
}

static double sketch_middle(const struct sketch *sketch, size_t i)
{
    return 2 * pow(GROWTH, (double)(sketch->lowest + (int64_t)i)) / (GROWTH + 1);
}

/* ---- tally ---- */

void tally_init(struct tally *tally, size_t exact)
{
    *tally = (struct tally){ .exact = exact };
}

void tally_close(struct tally *tally)
{
    free(tally->values);
    free(tally->positive.counts);
    free(tally->negative.counts);
    *tally = (struct tally){ .exact = tally->exact };
}

static void to_sketch(struct tally *tally, double value)
{
    if (value > 0)
        sketch_add(&tally->positive, value);
    else if (value < 0)
        sketch_add(&tally->negative, -value);
    else
        tally->zeros++;
}

/* No longer exact: pour what was kept into the sketch. */
static void pour(struct tally *tally)
{
    for (size_t i = 0; i < tally->kept; i++)
        to_sketch(tally, tally->values[i]);
    free(tally->values);
    tally->values = NULL;
    tally->kept = tally->capacity = tally->sorted = 0;
    tally->exact = 0;
}

static void keep(struct tally *tally, double value)
{
    if (tally->kept == tally->exact && tally->exact > 0)
        pour(tally);
    if (tally->exact == 0) {
        to_sketch(tally, value);
        return;
    }
    MEM_GROW(tally->values, tally->kept, tally->capacity);
    tally->values[tally->kept++] = value;
}

void tally_add(struct tally *tally, double value)
{
    assert(isfinite(value));
    if (tally->count == 0)
        tally->least = tally->most = value;
    tally->least = value < tally->least ? value : tally->least;
    tally->most = value > tally->most ? value : tally->most;
    tally->count++;
    const double before = value - tally->mean;
    tally->mean += before / (double)tally->count;
    tally->squares += before * (value - tally->mean);
    keep(tally, value);
}

static void merge_values(struct tally *tally, const struct tally *other)
{
    for (size_t i = 0; i < other->kept; i++)
        keep(tally, other->values[i]);
    if (other->exact > 0)
        return;
    if (tally->exact > 0)
        pour(tally);
    sketch_merge(&tally->positive, &other->positive);
    sketch_merge(&tally->negative, &other->negative);
    tally->zeros += other->zeros;
}

void tally_merge(struct tally *tally, const struct tally *other)
{
    if (other->count == 0)
        return;
    const double ours = (double)tally->count, theirs = (double)other->count;
    const double apart = other->mean - tally->mean;
    if (tally->count == 0) {
        tally->least = other->least;
        tally->most = other->most;
    }
    tally->least = other->least < tally->least ? other->least : tally->least;
    tally->most = other->most > tally->most ? other->most : tally->most;
    tally->count += other->count;
    tally->mean += apart * theirs / (ours + theirs);
    tally->squares += other->squares + apart * apart * ours * theirs / (ours + theirs);
    merge_values(tally, other);
}

double tally_variance(const struct tally *tally)
{
    return tally->count < 2 ? 0 : tally->squares / (double)(tally->count - 1);
}

double tally_deviation(const struct tally *tally)
{
    return sqrt(tally_variance(tally));
}

/* ---- quantiles ---- */

static int compare_values(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double exact_quantile(struct tally *tally, uint64_t rank)
{
    if (tally->sorted < tally->kept)
        qsort(tally->values, tally->kept, sizeof *tally->values, compare_values);
    tally->sorted = tally->kept;
    return tally->values[rank - 1];
}

/* Walk the buckets from the most negative value up until `rank` observations are behind. */
static double sketch_quantile(const struct tally *tally, uint64_t rank)
{
    for (size_t i = tally->negative.width; i-- > 0; rank -= tally->negative.counts[i])
        if (rank <= tally->negative.counts[i])
            return -sketch_middle(&tally->negative, i);
    if (rank <= tally->zeros)
        return 0;
    rank -= tally->zeros;
    size_t i = 0;
    for (; rank > tally->positive.counts[i]; i++)
        rank -= tally->positive.counts[i];
    return sketch_middle(&tally->positive, i);
}

double tally_quantile(struct tally *tally, double p)
{
    assert(p >= 0 && p <= 1);
    if (tally->count == 0)
        return 0;
    uint64_t rank = (uint64_t)ceil(p * (double)tally->count);
    rank = rank < 1 ? 1 : rank;
    if (tally->exact > 0)
        return exact_quantile(tally, rank);
    const double value = sketch_quantile(tally, rank);
    return fmin(fmax(value, tally->least), tally->most);
}
