/* Proportions, cycles, resamples and comparisons, against values from books and by hand. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "sim/sim.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fabs(b) + 1e-12;
}

/* Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998,
 * table I, method 3: 81/263, 15/148, 0/20, 1/29. */
Test(proportion, agrees_with_newcombe)
{
    static const struct {
        uint64_t successes, trials;
        double lower, upper;
    } rows[] = { { 81, 263, 0.2553, 0.3662 },
                 { 15, 148, 0.0624, 0.1605 },
                 { 0, 20, 0, 0.1611 },
                 { 1, 29, 0.0061, 0.1718 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bounds bounds = proportion_of(rows[i].successes, rows[i].trials, 0.95);
        cr_expect_float_eq(bounds.lower, rows[i].lower, 5e-5, "row %zu: %f", i, bounds.lower);
        cr_expect_float_eq(bounds.upper, rows[i].upper, 5e-5, "row %zu: %f", i, bounds.upper);
    }
    const struct bounds none = proportion_of(0, 0, 0.95);
    cr_expect(isnan(none.estimate) && none.lower == 0 && none.upper == 1);
    cr_expect_eq(proportion_of(7, 7, 0.9).upper, 1);
}

/* Cycles (1, 2), (2, 3), (6, 5): ratio 9/10; the values reward - 0.9 length are -0.8, -0.7, 1.5, with sum 0
 * and squares 3.38, so the error is sqrt(3.38 / 2 / 3) / (10 / 3). */
Test(regeneration, is_the_ratio_estimate)
{
    struct regeneration cycles = { 0 };
    regeneration_add(&cycles, 1, 2);
    cr_expect(isinf(regeneration_interval(&cycles, 0.95).error));
    regeneration_add(&cycles, 2, 3);
    regeneration_add(&cycles, 6, 5);
    const struct interval interval = regeneration_interval(&cycles, 0.95);
    cr_expect(near(interval.mean, 0.9));
    cr_expect(near(interval.error, sqrt(3.38 / 2 / 3) / (10.0 / 3)));
    cr_expect(near(interval.half_width, interval.error * 4.302652729911275), "t of 2 at 97.5 %%");
    cr_expect_eq(interval.count, 3);
}

/* Antithetic pairs (1, 3), (2, 6), and one without its mirror. */
Test(antithetic, pairs_count_as_one)
{
    static const double values[] = { 1, 3, 2, 6, 100 };
    const struct interval interval = interval_of_pairs(values, 5, 0.95);
    cr_expect_eq(interval.count, 2);
    cr_expect_eq(interval.mean, 3);
    cr_expect(near(interval.error, 1), "2 and 4");
}

Test(antithetic, mirrors_halve_the_variance_of_a_monotone_response_at_least)
{
    enum { PAIRS = 2000 };
    double mirrored[2 * PAIRS], plain[2 * PAIRS];
    for (uint64_t i = 0; i < PAIRS; i++) {
        struct stream a = stream_of(1, "", "response", "u", i), b = stream_antithetic(a);
        struct stream c = stream_of(2, "", "response", "u", i);
        plain[2 * i] = mirrored[2 * i] = exp(stream_uniform(&a));
        mirrored[2 * i + 1] = exp(stream_uniform(&b));
        plain[2 * i + 1] = exp(stream_uniform(&c));
    }
    const struct interval with = interval_of_pairs(mirrored, 2 * PAIRS, 0.95);
    const struct interval without = interval_of(plain, 2 * PAIRS, 0.95);
    cr_expect_lt(with.error, 0.3 * without.error, "theory: 0.18");
    cr_expect_leq(fabs(with.mean - (exp(1) - 1)), 3 * with.error);
}

/* A mean's interval is that of Student for large samples; a quantile has one at all. */
Test(bootstrap, agrees_with_student_for_means_of_many)
{
    enum { COUNT = 400 };
    double values[COUNT];
    struct stream noise = stream_of(1, "", "sample", "noise", 0);
    struct stream luck = stream_of(1, "", "sample", "bootstrap", 0);
    for (int i = 0; i < COUNT; i++)
        values[i] = -log(stream_uniform(&noise));
    const struct interval student = interval_of(values, COUNT, 0.95);
    const struct bounds bounds =
        bootstrap_of(values, COUNT, statistic_mean, NULL, 4000, &luck, 0.95);
    cr_expect(near(bounds.estimate, student.mean));
    cr_expect_float_eq(bounds.upper - bounds.lower, 2 * student.half_width,
                       0.1 * student.half_width);
    cr_expect_gt(bounds.upper - bounds.estimate, bounds.estimate - bounds.lower,
                 "exponential values are skew, and so is the interval");
}

Test(bootstrap, covers_a_median_as_often_as_it_promises)
{
    enum { RUNS = 400, COUNT = 60 };
    const double half = 0.5;
    int covered = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        double values[COUNT];
        struct stream noise = stream_of(1, "", "median", "noise", run);
        struct stream luck = stream_of(1, "", "median", "bootstrap", run);
        for (int i = 0; i < COUNT; i++)
            values[i] = -log(stream_uniform(&noise));
        const struct bounds bounds =
            bootstrap_of(values, COUNT, statistic_quantile, &half, 400, &luck, 0.9);
        covered += bounds.lower <= log(2) && log(2) <= bounds.upper;
    }
    cr_expect(covered > 0.85 * RUNS && covered < 0.95 * RUNS, "%d of %d", covered, RUNS);
}

Test(bootstrap, of_one_value_says_nothing)
{
    const double value = 3;
    struct stream luck = stream_of(1, "", "one", "bootstrap", 0);
    const struct bounds bounds = bootstrap_of(&value, 1, statistic_mean, NULL, 10, &luck, 0.95);
    cr_expect(bounds.estimate == 3 && isinf(bounds.lower) && isinf(bounds.upper));
}

/* Differences 2, 1, 1, 3, 1: mean 1.6, error 0.4, so t = 4 with 4 degrees of freedom. */
Test(comparisons, paired_p_value_is_students)
{
    static const double a[] = { 10, 12, 9, 13, 11 }, b[] = { 8, 11, 8, 10, 10 };
    cr_expect(near(paired_p_value(a, b, 5), 2 * gsl_cdf_tdist_Q(4, 4)));
    cr_expect_float_eq(paired_p_value(a, b, 5), 0.01613, 1e-5, "a table of t");
    cr_expect_eq(paired_p_value(a, a, 5), 1);
    cr_expect_eq(paired_p_value(a, b, 1), 1);
}

Test(comparisons, correlation_is_pearsons)
{
    static const double x[] = { 1, 2, 3, 4 }, y[] = { 2, 4, 6, 8 }, z[] = { 1, 3, 2, 4 };
    static const double flat[] = { 5, 5, 5, 5 };
    cr_expect(near(correlation_of(x, y, 4), 1));
    cr_expect(near(correlation_of(x, z, 4), 0.8));
    cr_expect(isnan(correlation_of(x, flat, 4)));
}

/* Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.06, as none may fall again. */
Test(comparisons, holm_steps_down)
{
    double p[] = { 0.04, 0.01, 0.03, 0.02 };
    holm_adjust(p, 4);
    cr_expect(near(p[1], 0.04) && near(p[3], 0.06) && near(p[2], 0.06) && near(p[0], 0.06));
    double large[] = { 0.9, 0.8 };
    holm_adjust(large, 2);
    cr_expect(large[0] == 1 && large[1] == 1);
    cr_expect(near(simultaneous_confidence(0.95, 5), 0.99));
    cr_expect_eq(simultaneous_confidence(0.95, 1), 0.95);
}
