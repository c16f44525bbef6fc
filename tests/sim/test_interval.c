/* Intervals and warm-up: by hand, and by how often they are right. */
#include <criterion/criterion.h>
#include <math.h>

#include "sim/chance/distribution.h"
#include "sim/stat/interval.h"
#include "sim/stat/warmup.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

Test(interval, follows_student)
{
    static const double a[] = { 10, 12, 9, 13, 11 }, b[] = { 8, 11, 8, 10, 10 };
    struct interval interval = interval_of(a, 5, 0.95);
    cr_expect_eq(interval.mean, 11);
    cr_expect(near(interval.error, sqrt(2.5 / 5)));
    cr_expect(near(interval.half_width, 2.7764451051977987 * sqrt(2.5 / 5)),
              "t of 4 degrees of freedom at 97.5 %%");
    cr_expect(near(interval_relative(interval), interval.half_width / 11));
    struct interval difference = interval_of_difference(a, b, 5, 0.9);
    cr_expect(near(difference.mean, 1.6), "2, 1, 1, 3, 1");
    cr_expect(near(difference.error, sqrt(0.8 / 5)));
    cr_expect(near(difference.half_width, 2.1318467863266495 * sqrt(0.8 / 5)));
    cr_expect(isinf(interval_of(a, 1, 0.95).half_width), "one value says nothing of its error");
}

/* A first-order autoregressive series with mean 5: its mean has a known variance. */
struct series {
    struct stream stream;
    double correlation, last;
};

static double next(struct series *series)
{
    const double noise = stream_uniform(&series->stream) - 0.5;
    series->last = series->correlation * series->last + noise;
    return 5 + series->last;
}

static struct batches run_series(struct series series, int length)
{
    struct batches batches;
    batches_init(&batches, 1);
    for (int i = 0; i < length; i++)
        batches_add(&batches, next(&series));
    return batches;
}

Test(interval, batch_means_cover_the_mean_as_often_as_they_promise)
{
    enum { RUNS = 400 };
    static const double correlations[] = { 0, 0.5, 0.9 };
    for (size_t i = 0; i < 3; i++) {
        int covered = 0, sound = 0;
        for (uint64_t run = 0; run < RUNS; run++) {
            struct series series = { stream_of(1, "", "series", "noise", run), correlations[i], 0 };
            struct batches batches = run_series(series, 20000);
            bool is_sound;
            struct interval interval = batches_interval(&batches, 0.9, &is_sound);
            covered += fabs(interval.mean - 5) <= interval.half_width;
            sound += is_sound;
        }
        cr_expect(covered > 0.86 * RUNS && covered < 0.94 * RUNS, "%g: %d of %d", correlations[i],
                  covered, RUNS);
        cr_expect(sound > 0.95 * RUNS, "%g: %d sound", correlations[i], sound);
    }
}

Test(interval, a_series_that_is_too_short_for_its_correlation_is_not_sound)
{
    struct series series = { stream_of(1, "", "series", "noise", 0), 0.999, 0 };
    struct batches batches = run_series(series, 2000);
    bool is_sound = true;
    batches_interval(&batches, 0.9, &is_sound);
    cr_expect_not(is_sound);
    batches_init(&batches, 10);
    is_sound = true;
    batches_add(&batches, 1);
    cr_expect(isinf(batches_interval(&batches, 0.9, &is_sound).error));
    cr_expect_not(is_sound);
}

Test(interval, batches_keep_every_observation_of_full_batches)
{
    struct batches batches;
    batches_init(&batches, 3);
    for (int i = 0; i < 3 * BATCHES; i++)
        batches_add(&batches, i);
    cr_expect_eq(batches.size, 6, "the table was full");
    cr_expect_eq(batches.count, BATCHES / 2);
    double sum = 0;
    for (size_t i = 0; i < batches.count; i++)
        sum += batches.sums[i];
    cr_expect_eq(sum, 3.0 * BATCHES * (3 * BATCHES - 1) / 2);
}

Test(warmup, ends_where_the_transient_does)
{
    enum { LENGTH = 2000 };
    static double x[LENGTH];
    struct stream stream = stream_of(1, "", "warmup", "noise", 0);
    for (int i = 0; i < LENGTH; i++)
        x[i] = 20 * exp(-i / 60.0) + stream_uniform(&stream);
    struct warmup warmup = warmup_find(x, LENGTH);
    cr_expect(warmup.is_settled);
    cr_expect(warmup.length >= 180 && warmup.length <= 500, "%zu: 20 exp(-t/60) is 1 at 180",
              warmup.length);
    for (int i = 0; i < LENGTH; i++)
        x[i] = 0.01 * i + stream_uniform(&stream);
    cr_expect_not(warmup_find(x, LENGTH).is_settled, "a drift never settles");
    cr_expect_not(warmup_find(x, 9).is_settled, "one batch is too short to tell");
}

Test(warmup, agrees_with_its_definition)
{
    enum { LENGTH = 203, BATCHED = LENGTH / 5 };
    double x[LENGTH], means[BATCHED], best = INFINITY;
    struct stream stream = stream_of(3, "", "warmup", "noise", 0);
    size_t want = 0;
    for (int i = 0; i < LENGTH; i++)
        x[i] = (i < 40 ? 3 : 0) + stream_uniform(&stream);
    for (size_t i = 0; i < BATCHED; i++)
        means[i] = (x[5 * i] + x[5 * i + 1] + x[5 * i + 2] + x[5 * i + 3] + x[5 * i + 4]) / 5;
    for (size_t d = 0; d <= BATCHED / 2; d++) {
        double mean = 0, squares = 0;
        for (size_t i = d; i < BATCHED; i++)
            mean += means[i] / (double)(BATCHED - d);
        for (size_t i = d; i < BATCHED; i++)
            squares += pow(means[i] - mean, 2);
        if (squares / pow((double)(BATCHED - d), 2) < best) {
            best = squares / pow((double)(BATCHED - d), 2);
            want = d;
        }
    }
    cr_expect_eq(warmup_find(x, LENGTH).length, want * 5);
    cr_expect_geq(want, 8);
}
