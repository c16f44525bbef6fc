/* Distributions: quantiles against published values, samples against their mean, and what a
 * scenario may and may not write. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/chance/distribution.h"
#include "models/api/json.h"
#include "tests/support/rows.h"

static struct distribution *load(const char *json)
{
    struct value *document = rows_parse(json);
    struct error error = { .text = NULL };
    struct distribution *distribution = distribution_load(document, &error);
    cr_assert_not_null(distribution, "%s: %s", json, error.text);
    value_drop(document);
    return distribution;
}

static bool near(double a, double b, double relative)
{
    return a == b || fabs(a - b) <= relative * fabs(b);
}

Test(distribution, quantiles_and_means_are_those_of_the_textbook)
{
    static const struct {
        const char *why, *text;
        double u, quantile, mean;
    } rows[] = {
        { "a constant is what it is", "\"2s\"", 0.3, 2, 2 },
        { "-m ln(1-u) = 600 ln 2", "{\"exponential\": {\"mean\": \"10m\"}}", 0.5,
          415.88830833596718565, 600 },
        { "halfway from 1 to 5", "{\"uniform\": {\"lower\": \"1s\", \"upper\": 5}}", 0.5, 3, 3 },
        { "b (-ln(1-u))^(1/a) = 3 * 2^2, mean b * 2!",
          "{\"weibull\": {\"shape\": 0.5, \"scale\": 3}}", 0.86466471676338730811, 12, 6 },
        { "chi-square with 4 degrees of freedom is gamma(2, 2): 95 % point 9.487729",
          "{\"gamma\": {\"shape\": 2, \"scale\": 2}}", 0.95, 9.487729036781156751, 4 },
        { "b (1-u)^(-1/a) = 3 * 0.16^(-1/2)", "{\"pareto\": {\"shape\": 2, \"scale\": 3}}", 0.84,
          7.5, 6 },
        { "no mean with a shape of 1", "{\"pareto\": {\"shape\": 1, \"scale\": 3}}", 0.75, 12,
          INFINITY },
        { "exp(mu + sigma z), z = 1.959963984540054 at 97.5 %; mean exp(mu + sigma^2/2)",
          "{\"lognormal\": {\"mu\": 0.5, \"sigma\": 1}}", 0.975, 11.704389993400804,
          2.718281828459045 },
        { "the quantile it was given; mean exp(mu + (ln 15 / 2.3263479)^2 / 2)",
          "{\"lognormal\": {\"p50\": \"2s\", \"p99\": \"30s\"}}", 0.99, 30, 3.9380508226104336 },
        { "weights 5, 3, 1: two thirds are up to 2",
          "{\"empirical\": {\"values\": [5, 1, \"2s\"], \"weights\": [1, 5, 3]}}", 0.6, 2,
          16.0 / 9 },
        { "all values alike", "{\"empirical\": {\"values\": [4, 2]}}", 0.50001, 4, 3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct distribution *distribution = load(rows[i].text);
        const double quantile = distribution_quantile(distribution, rows[i].u);
        const double mean = distribution_mean(distribution);
        cr_expect(near(quantile, rows[i].quantile, 1e-9), "%s: %.17g", rows[i].why, quantile);
        cr_expect(near(mean, rows[i].mean, 1e-9), "%s: mean %.17g", rows[i].why, mean);
        distribution_free(distribution);
    }
}

static struct distribution *one_of_each(int which)
{
    switch (which) {
    case 0:
        return distribution_new_constant(2);
    case 1:
        return distribution_new_exponential(3);
    case 2:
        return distribution_new_uniform(1, 4);
    case 3:
        return distribution_new_weibull(1.5, 2);
    case 4:
        return distribution_new_gamma(0.7, 3);
    case 5:
        return distribution_new_pareto(3.5, 2);
    case 6:
        return distribution_new_lognormal(0.1, 0.6);
    case 7:
        return distribution_new_lognormal_quantiles(0.5, 2, 0.9, 4);
    default:
        return distribution_new_empirical((double[]){ 3, 1, 2 }, (double[]){ 0, 2, 3 }, 3);
    }
}
enum { EACH = 9 };

Test(distribution, samples_have_the_mean_and_rise_with_the_uniform)
{
    for (int which = 0; which < EACH; which++) {
        enum { DRAWS = 20000 };
        struct distribution *distribution = one_of_each(which);
        struct stream stream = stream_of(1, "", "x", "sample", 0);
        double sum = 0, squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            const double x = distribution_sample(distribution, &stream);
            cr_assert(x >= 0);
            sum += x;
            squares += x * x;
        }
        const double mean = sum / DRAWS, deviation = sqrt(squares / DRAWS - mean * mean);
        cr_expect_lt(fabs(mean - distribution_mean(distribution)),
                     4 * deviation / sqrt(DRAWS) + 1e-12, "%d", which);
        cr_expect_eq(stream.counter, DRAWS, "one uniform for each");
        for (double u = 0.001, last = 0; u < 1; u += 0.001) {
            const double x = distribution_quantile(distribution, u);
            cr_expect_geq(x, last, "%d at %g", which, u);
            last = x;
        }
        distribution_free(distribution);
    }
}

/* Given X > Q(p), the u-quantile of X is Q(p + u (1 - p)). */
Test(distribution, what_is_left_of_a_lifetime_follows_the_conditional_distribution)
{
    static const double passed[] = { 0.001, 0.3, 0.9, 0.999 };
    for (int which = 0; which < EACH; which++) {
        struct distribution *distribution = one_of_each(which);
        if (distribution_is_constant(distribution)) {
            distribution_free(distribution);
            continue;
        }
        for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
            struct stream stream = stream_of(1, "", "x", "residual", i), copy = stream;
            const double age = distribution_quantile(distribution, passed[i]);
            for (int draw = 0; draw < 200; draw++) {
                const double u = stream_uniform(&copy);
                const double want =
                    distribution_quantile(distribution, passed[i] + u * (1 - passed[i]));
                const double left = distribution_sample_residual(distribution, age, &stream);
                if (which != EACH - 1)
                    cr_expect(near(age + left, want, 1e-9), "%d: %.12g + %.12g, not %.12g", which,
                              age, left, want);
                else /* 1 or 2; 3 has no weight */
                    cr_expect_eq(left, age < 2 ? 1 : 0);
            }
            cr_expect_eq(stream.counter, copy.counter, "one uniform for each");
        }
        distribution_free(distribution);
    }
}

Test(distribution, what_is_left_of_a_constant_is_known_and_never_negative)
{
    struct stream stream = stream_of(1, "", "x", "residual", 0);
    struct distribution *constant = distribution_new_constant(5);
    struct distribution *uniform = distribution_new_uniform(2, 4);
    struct distribution *weibull = distribution_new_weibull(0.5, 10);
    cr_expect_eq(distribution_sample_residual(constant, 2, &stream), 3);
    cr_expect_eq(distribution_sample_residual(constant, 7, &stream), 0);
    cr_expect_eq(distribution_sample_residual(uniform, 9, &stream), 0);
    for (double age = 0; age < 1e9; age = 10 * age + 1) {
        const double left = distribution_sample_residual(weibull, age, &stream);
        cr_expect(left > 0 && isfinite(left), "%g", age);
    }
    distribution_free(constant);
    distribution_free(uniform);
    distribution_free(weibull);
}

Test(distribution, every_shape_of_gamma_that_is_allowed_has_its_quantiles)
{
    static const double us[] = { 0x1p-53, 1e-9, 0.001, 0.3, 0.5, 0.9, 0.9999, 1 - 0x1p-53 };
    for (double shape = 0.001; shape <= 1e5; shape *= 1.17) {
        struct distribution *gamma = distribution_new_gamma(shape, 3);
        for (size_t i = 0; i < sizeof us / sizeof *us; i++) {
            const double x = distribution_quantile(gamma, us[i]);
            cr_expect(x < 1e-280 || near(gsl_cdf_gamma_P(x, shape, 3), us[i], 1e-9), "%g at %g",
                      shape, us[i]);
        }
        distribution_free(gamma);
    }
}

Test(distribution, time_is_rounded_to_nanoseconds)
{
    struct stream stream = stream_of(1, "", "x", "sample", 0);
    struct distribution *third = distribution_new_constant(1.0 / 3);
    cr_expect_eq(distribution_sample_time(third, &stream), 333333333);
    cr_expect(distribution_is_constant(third));
    distribution_free(third);
}

Test(distribution, prints_what_it_loads)
{
    static const char *const rows[] = {
        "\"2s\"",
        "2.5",
        "{\"exponential\":{\"mean\":\"10m\"}}",
        "{\"uniform\":{\"lower\":\"1s\",\"upper\":\"1m0.25s\"}}",
        "{\"weibull\":{\"shape\":0.7,\"scale\":\"3h\"}}",
        "{\"gamma\":{\"shape\":2,\"scale\":0.1}}",
        "{\"pareto\":{\"shape\":2.5,\"scale\":1}}",
        "{\"lognormal\":{\"mu\":-0.5,\"sigma\":1}}",
        "{\"lognormal\":{\"p50\":\"2s\",\"p99.9\":\"30s\"}}",
        "{\"empirical\":{\"values\":[\"1s\",\"2s\",\"5s\"],\"weights\":[5,3,1]}}",
        ("{\"mixture\":[{\"weight\":0.75,\"of\":\"2s\"},"
         "{\"weight\":0.25,\"of\":{\"exponential\":{\"mean\":\"6h\"}}}]}"),
        "{\"published\":\"fta.lanl05.repair\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct distribution *distribution = load(rows[i]);
        struct distribution *copy = distribution_copy(distribution);
        distribution_free(distribution);
        struct value *printed = distribution_print(copy);
        char *text = rows_print(printed);
        cr_expect_str_eq(text, rows[i]);
        free(text);
        value_drop(printed);
        distribution_free(copy);
    }
}

Test(distribution, faults_are_told_at_their_place)
{
    static const struct {
        const char *text, *want;
        int column;
    } rows[] = {
        { "[]",
          "a distribution is a value (2s) or one name with its parameters ({exponential: {mean: "
          "10m}})",
          1 },
        { "\"2 s\"", "a constant: \"2 s\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)", 1 },
        { "-3", "a constant must not be negative", 1 },
        { "{\"exponental\": {\"mean\": 1}}",
          "unknown distribution \"exponental\" (try exponential)", 2 },
        { "{\"zipf\": {}}",
          "unknown distribution \"zipf\" (try exponential, uniform, weibull, gamma, pareto, "
          "lognormal, empirical, mixture or published)",
          2 },
        { "{\"gamma\": {\"shape\": 2}}", "gamma: has no scale", 11 },
        { "{\"gamma\": 2}", "gamma: has no parameters", 11 },
        { "{\"gamma\": {\"shape\": \"2s\", \"scale\": 1}}", "gamma: shape: is not a number", 21 },
        { "{\"gamma\": {\"shape\": 1e-4, \"scale\": 1}}",
          "gamma: shape must be from 0.001 to 100000", 21 },
        { "{\"weibull\": {\"shap\": 2, \"scale\": 1}}",
          "weibull: unknown parameter \"shap\" (try shape)", 14 },
        { "{\"weibull\": {\"shape\": 0, \"scale\": 1}}", "weibull: shape must be more than 0", 23 },
        { "{\"exponential\": {\"mean\": 1e999}}", "exponential: mean must be finite", 26 },
        { "{\"uniform\": {\"lower\": 2, \"upper\": 1}}", "uniform: upper is below lower", 35 },
        { "{\"lognormal\": {\"p50\": 2}}", "lognormal: needs two quantiles, as {p50: 2s, p99: 30s}",
          15 },
        { "{\"lognormal\": {\"p50\": 3, \"p99\": 2}}",
          "lognormal: the larger quantile must have the larger value", 15 },
        { "{\"lognormal\": {\"p50\": 3, \"q99\": 5}}",
          "lognormal: \"q99\" is not a quantile (try p50, p99 or p99.9)", 26 },
        { "{\"empirical\": {\"values\": []}}", "empirical: values must be a list of at least one",
          26 },
        { "{\"empirical\": {\"values\": [1, 2], \"weights\": [1]}}",
          "empirical: there are 1 weights for 2 values", 45 },
        { "{\"empirical\": {\"values\": [1], \"weights\": [0]}}", "empirical: all weights are 0",
          42 },
        { "{\"empirical\": {\"values\": [1, -2]}}", "empirical: values must not be negative", 30 },
        { "{\"mixture\": [{\"weight\": 0, \"of\": 2}]}", "mixture: all weights are 0", 13 },
        { "{\"mixture\": [{\"weight\": 1}]}", "mixture: has no of", 14 },
        { "{\"mixture\": [{\"weight\": 1, \"of\": {\"zipf\": 1}}]}",
          "mixture: unknown distribution \"zipf\" (try exponential, uniform, weibull, gamma, "
          "pareto, "
          "lognormal, empirical, mixture or published)",
          35 },
        { "{\"mixture\": []}",
          "mixture: must be a list of parts, {weight: 1, of: {...}}, at most 100", 13 },
        { "{\"published\": \"fta.lanl05.repairs\"}",
          "nothing is published under \"fta.lanl05.repairs\" (did you mean fta.lanl05.repair?)",
          15 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = { .text = NULL };
        struct value *document = json_read(rows[i].text, strlen(rows[i].text),
                                           (struct place){ "x", 1, 1 }, NULL, &error);
        cr_expect_null(distribution_load(document, &error), "%s", rows[i].text);
        cr_assert_not_null(error.text, "%s", rows[i].text);
        cr_expect_str_eq(error.text, rows[i].want);
        cr_expect_eq(error.at.column, rows[i].column, "%s: %d", rows[i].text, error.at.column);
        error_close(&error);
        value_drop(document);
    }
}

/* ---- mixtures ---- */

/* Ten of mean 5 min for each of mean 6 h: P(X > x) = (10 e^(-x/300) + e^(-x/21600)) / 11. */
Test(distribution, a_mixture_is_inverted_as_a_whole)
{
    struct distribution *parts[] = { distribution_new_exponential(300),
                                     distribution_new_exponential(21600) };
    struct distribution *mixture = distribution_new_mixture(parts, (double[]){ 10, 1 }, 2);
    cr_expect_float_eq(distribution_mean(mixture), (10 * 300 + 21600) / 11.0, 1e-9);
    double last = 0;
    for (int i = 1; i < 1000; i++) {
        const double u = i / 1000.0, x = distribution_quantile(mixture, u);
        const double above = (10 * exp(-x / 300) + exp(-x / 21600)) / 11;
        cr_expect_float_eq(above, 1 - u, 1e-12, "at %g", u);
        cr_expect(x >= last, "a larger u never gives less");
        last = x;
    }
    for (int i = 0; i < 2; i++)
        distribution_free(parts[i]);
    struct distribution *copy = distribution_copy(mixture);
    distribution_free(mixture);
    cr_expect_float_eq(distribution_mean(copy), 24600 / 11.0, 1e-9);
    distribution_free(copy);
}

/* Half of them at once after 5: F jumps from 0 to 1/2 there. */
Test(distribution, a_mixture_may_have_constants)
{
    struct distribution *parts[] = { distribution_new_constant(5),
                                     distribution_new_uniform(10, 20) };
    struct distribution *mixture = distribution_new_mixture(parts, (double[]){ 1, 1 }, 2);
    cr_expect_float_eq(distribution_quantile(mixture, 0.01), 5, 1e-12);
    cr_expect_float_eq(distribution_quantile(mixture, 0.4999), 5, 1e-12);
    cr_expect_float_eq(distribution_quantile(mixture, 0.75), 15, 1e-12);
    struct stream stream = stream_of(1, "", "x", "y", 0);
    for (int i = 0; i < 100; i++) {
        const double left = distribution_sample_residual(mixture, 7, &stream);
        cr_expect(left >= 3 && left <= 13, "past 5 it is from 10 to 20: %g more", left);
    }
    for (int i = 0; i < 2; i++)
        distribution_free(parts[i]);
    distribution_free(mixture);
}
