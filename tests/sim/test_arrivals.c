/* Arrivals: how many come in the mean, and how unevenly, against the formulas of their processes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/chance/arrivals.h"
#include "sim/stat/tally.h"
#include "tests/support/rows.h"

static struct arrivals *load(const char *json, const struct signal *rate)
{
    struct value *document = rows_parse(json);
    struct error error = { .text = NULL };
    struct arrivals *arrivals = arrivals_load(document, rate, &error);
    cr_assert_not_null(arrivals, "%s: %s", json, error.text);
    value_drop(document);
    return arrivals;
}

/* Counts of so many windows of one length, one after the other. */
static struct tally counts_of(struct arrivals *arrivals, sim_time window, int windows)
{
    struct tally tally;
    tally_init(&tally, 0);
    arrivals_begin(arrivals, 0, stream_of(7, "", "test", "arrivals", 0));
    sim_time next = arrivals_next(arrivals);
    for (int i = 1; i <= windows; i++) {
        double count = 0;
        for (; next < i * window; next = arrivals_next(arrivals))
            count++;
        tally_add(&tally, count);
    }
    return tally;
}

Test(arrivals, come_as_often_and_as_unevenly_as_their_process_says)
{
    /* The variance of the counts of windows of w seconds over their mean: 1 of a Poisson process;
     * E(X^2) / E(X) = 2m - 1 of geometric batches of mean m; of bursts with share p of the time,
     * rates f and q, s = 1/lasts + 1/(every - lasts):
     * 1 + 2 p (1-p) (f-q)^2 rate / s * (1 - (1 - exp(-s w)) / (s w)), here with f = 4, q = 0.4,
     * p = 1/6, s = 0.12, w = 60: 1 + 30 (1 - 0.9992534 / 7.2) = 26.836. */
    static const struct {
        const char *why, *process;
        double dispersion, tolerance;
    } processes[] = {
        { "independent", "\"poisson\"", 1, 0.05 },
        { "even", "\"even\"", 0, 1e-9 },
        { "batches", "{\"batches\": {\"mean\": 5}}", 9, 0.5 },
        { "bursts", "{\"bursts\": {\"factor\": 4, \"lasts\": \"10s\", \"every\": \"1m\"}}", 26.836,
          1.5 },
    };
    struct signal *rate = signal_new_constant(1);
    for (size_t i = 0; i < sizeof processes / sizeof *processes; i++) {
        enum { WINDOWS = 20000 };
        struct arrivals *arrivals = load(processes[i].process, rate);
        struct tally counts = counts_of(arrivals, SIM_MINUTE, WINDOWS);
        const double error = sqrt((processes[i].dispersion + 0.001) * 60 / WINDOWS);
        cr_expect_float_eq(counts.mean, 60, 4 * error, "%s: %g a minute", processes[i].why,
                           counts.mean);
        cr_expect_float_eq(tally_variance(&counts) / 60, processes[i].dispersion,
                           processes[i].tolerance, "%s: dispersion %g", processes[i].why,
                           tally_variance(&counts) / 60);
        cr_expect_eq(arrivals_expected(arrivals, 0, SIM_MINUTE), 60, "%s", processes[i].why);
        tally_close(&counts);
        arrivals_free(arrivals);
    }
    signal_free(rate);
}

Test(arrivals, follow_a_rate_that_varies)
{
    /* Nobody in the first ten seconds, 100 a second in the next ten, 20 a second after that. */
    static const struct signal_point points[] = { { 0, 0 },
                                                  { 10 * SIM_SECOND, 100 },
                                                  { 20 * SIM_SECOND, 20 } };
    static const char *const processes[] = {
        "\"poisson\"",
        "\"even\"",
        "{\"batches\": {\"mean\": 2}}",
        "{\"bursts\": {\"factor\": 2, \"lasts\": \"100ms\", \"every\": \"1s\"}}",
    };
    struct signal *rate = signal_new_points(SIGNAL_STEPS, points, 3, 0);
    for (size_t i = 0; i < sizeof processes / sizeof *processes; i++) {
        struct arrivals *arrivals = load(processes[i], rate);
        struct tally all;
        tally_init(&all, 100);
        int first = 0, second = 0;
        for (uint64_t branch = 0; branch < 100; branch++) {
            arrivals_begin(arrivals, 0, stream_of(1, "", "test", "arrivals", branch));
            int count = 0;
            for (sim_time at = arrivals_next(arrivals); at < 30 * SIM_SECOND;
                 at = arrivals_next(arrivals), count++) {
                first += at < 10 * SIM_SECOND;
                second += at >= 10 * SIM_SECOND && at < 20 * SIM_SECOND;
            }
            tally_add(&all, count);
        }
        cr_expect_eq(first, 0, "%s", processes[i]);
        cr_expect_float_eq(second / 100.0, 1000, 40, "%s: %d", processes[i], second);
        cr_expect_float_eq(all.mean, 1200, 45, "%s: %g", processes[i], all.mean);
        cr_expect_eq(arrivals_expected(arrivals, 5 * SIM_SECOND, 25 * SIM_SECOND), 1100);
        tally_close(&all);
        arrivals_free(arrivals);
    }
    signal_free(rate);
}

Test(arrivals, at_given_times_are_those_and_no_others)
{
    struct arrivals *arrivals = load("{\"times\": [\"1s\", 2.5, \"2500ms\", \"1m\"]}", NULL);
    static const double want[] = { 1, 2.5, 2.5, 60 };
    arrivals_begin(arrivals, 0, stream_of(1, "", "test", "arrivals", 0));
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(arrivals_next(arrivals), sim_time_from_seconds(want[i]));
    cr_expect_eq(arrivals_next(arrivals), SIM_FOREVER);
    cr_expect_eq(arrivals_expected(arrivals, SIM_SECOND, SIM_MINUTE), 3, "the end is not counted");
    arrivals_begin(arrivals, 2 * SIM_SECOND, stream_of(1, "", "test", "arrivals", 0));
    cr_expect_eq(arrivals_next(arrivals), sim_time_from_seconds(2.5));
    arrivals_free(arrivals);
}

Test(arrivals, that_cannot_be_are_refused)
{
    static const struct {
        const char *json, *fault;
    } refused[] = {
        { "\"poison\"", "no arrivals are called \"poison\" (try poisson)" },
        { "5", "arrivals are poisson, even, or a map of one key: batches, bursts, times or file" },
        { "{}", "arrivals are poisson, even, or a map of one key: batches, bursts, times or file" },
        { "{\"batches\": 3}", "batches has no parameters" },
        { "{\"batches\": {}}", "batches: has no mean" },
        { "{\"batches\": {\"mean\": 0.5}}", "batches: mean must be from 1 to 1e9" },
        { "{\"bursts\": {\"factor\": 7, \"lasts\": 10, \"every\": 60}}",
          "bursts: factor must be at most every / lasts, or more would come in bursts than come at "
          "all" },
        { "{\"bursts\": {\"factor\": 2, \"lasts\": 60, \"every\": 60}}",
          "bursts: lasts must be less than every" },
        { "{\"bursts\": {\"factor\": 2, \"lasts\": 0, \"every\": 60}}",
          "bursts: lasts must be more than 0" },
        { "{\"times\": [2, 1]}", "times: times must not descend" },
        { "{\"times\": [true]}", "times: a time is not a duration" },
        { "{\"times\": {}}", "times has no parameters" },
    };
    struct signal *rate = signal_new_constant(1);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct value *document = rows_parse(refused[i].json);
        struct error error = { .text = NULL };
        struct arrivals *arrivals = arrivals_load(document, rate, &error);
        cr_expect_null(arrivals, "%s", refused[i].json);
        cr_expect_str_eq(error.text, refused[i].fault, "%s: %s", refused[i].json, error.text);
        error_close(&error);
        value_drop(document);
    }
    signal_free(rate);
}
