/* Tallies against plain sums and sorted lists. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/chance/distribution.h"
#include "sim/stat/tally.h"

static bool near(double a, double b, double relative)
{
    return fabs(a - b) <= relative * fabs(b) + 1e-300;
}

Test(tally, knows_the_moments_of_a_small_sample)
{
    static const double values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
    struct tally tally;
    tally_init(&tally, TALLY_EXACT);
    cr_expect_eq(tally_quantile(&tally, 0.5), 0);
    for (size_t i = 0; i < 8; i++)
        tally_add(&tally, values[i]);
    cr_expect_eq(tally.count, 8);
    cr_expect_eq(tally.mean, 5);
    cr_expect(near(tally_variance(&tally), 32.0 / 7, 1e-15));
    cr_expect_eq(tally.least, 2);
    cr_expect_eq(tally.most, 9);
    static const struct {
        const char *why;
        double p, want;
    } rows[] = {
        { "the least", 0, 2 },
        { "one of eight", 0.125, 2 },
        { "just more than one of eight", 0.126, 4 },
        { "half: the fourth", 0.5, 4 },
        { "just more than half: the fifth", 0.51, 5 },
        { "seven of eight", 0.875, 7 },
        { "the most", 1, 9 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(tally_quantile(&tally, rows[i].p), rows[i].want, "%s", rows[i].why);
    tally_add(&tally, 1);
    cr_expect_eq(tally_quantile(&tally, 0), 1, "after a quantile was asked for");
    tally_close(&tally);
}

Test(tally, a_large_mean_does_not_spoil_the_variance)
{
    struct tally tally;
    tally_init(&tally, 0);
    for (int i = 0; i < 1000; i++)
        tally_add(&tally, 1e9 + i % 2);
    cr_expect(near(tally_variance(&tally), 250.0 / 999, 1e-9), "%.17g", tally_variance(&tally));
    tally_close(&tally);
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

enum { MANY = 50000 };

static void expect_quantiles(struct tally *tally, double *values, double tolerance)
{
    static const double shares[] = { 0, 0.001, 0.05, 0.33, 0.5, 0.9, 0.99, 0.9999, 1 };
    qsort(values, MANY, sizeof *values, compare);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        const size_t rank = (size_t)fmax(1, ceil(shares[i] * MANY));
        const double got = tally_quantile(tally, shares[i]);
        cr_expect(near(got, values[rank - 1], tolerance), "%g: %.9g, want %.9g", shares[i], got,
                  values[rank - 1]);
    }
}

/* Positive over many decades, zeros, and negative values. */
static double draw(int which, struct stream *stream)
{
    const double u = stream_uniform(stream);
    switch (which) {
    case 0:
        return pow(10, 20 * u - 10);
    case 1:
        return u < 0.4 ? 0 : -log(u);
    default:
        return tan(3.1 * (u - 0.5));
    }
}

Test(tally, the_sketch_keeps_its_stated_error)
{
    static double values[MANY];
    for (int which = 0; which < 3; which++) {
        struct stream stream = stream_of(1, "", "tally", "draw", (uint64_t)which);
        struct tally sketched, exact;
        tally_init(&sketched, 1000);
        tally_init(&exact, MANY);
        for (int i = 0; i < MANY; i++) {
            values[i] = draw(which, &stream);
            tally_add(&sketched, values[i]);
            tally_add(&exact, values[i]);
        }
        expect_quantiles(&sketched, values, TALLY_SKETCH_ERROR * (1 + 1e-9));
        expect_quantiles(&exact, values, 0);
        tally_close(&sketched);
        tally_close(&exact);
    }
}

Test(tally, merged_parts_are_the_whole)
{
    enum { PARTS = 7 };
    static const size_t sizes[] = { 0, 100, MANY };
    for (size_t kind = 0; kind < 3; kind++) {
        struct stream stream = stream_of(2, "", "tally", "draw", kind);
        struct tally whole, parts[PARTS], sum;
        tally_init(&whole, sizes[kind]);
        tally_init(&sum, sizes[kind]);
        for (int part = 0; part < PARTS; part++) {
            tally_init(&parts[part], sizes[kind]);
            for (int i = 0; i < 50 * part; i++) {
                const double value = draw(2, &stream);
                tally_add(&whole, value);
                tally_add(&parts[part], value);
            }
            tally_merge(&sum, &parts[part]);
            tally_close(&parts[part]);
        }
        cr_expect_eq(sum.count, whole.count);
        cr_expect_eq(sum.least, whole.least);
        cr_expect_eq(sum.most, whole.most);
        cr_expect(near(sum.mean, whole.mean, 1e-9));
        cr_expect(near(tally_variance(&sum), tally_variance(&whole), 1e-9));
        for (double p = 0; p <= 1; p += 0.01)
            cr_expect_eq(tally_quantile(&sum, p), tally_quantile(&whole, p));
        tally_close(&whole);
        tally_close(&sum);
    }
}
