/* Bench: the FGD paper's experiment, six policies x ten seeds of the default openb trace, 10,866
 * pods each, with what is measured after every arrival.
 *
 * Prints a table; `make bench` keeps it in results/bench/fgd.md. */
#include <stdio.h>

#include "tests/bench/yardstick.h"
#include "tests/support/bench_report.h"
#include "tests/support/fgd_published.h"

enum { REPEATS = 5 };
static const double bar = 40; /* CPU seconds, all together */

/* CPU seconds of ten runs, loading of the trace not included. */
static double time_policy(const struct fgd_published *published, const char *policy,
                          size_t *arrived)
{
    const double began = cpu_seconds();
    *arrived = 0;
    for (unsigned seed = FGD_FIRST_SEED; seed < FGD_FIRST_SEED + FGD_SEEDS; seed++) {
        struct fgd_outcome outcome;
        fgd_published_replay(published, 0, policy, seed, &outcome);
        *arrived += outcome.arrived;
        fgd_outcome_close(&outcome);
    }
    return cpu_seconds() - began;
}

int main(void)
{
    struct fgd_published published;
    struct writer report = { 0 };
    double least[FGD_POLICIES] = { 0 }, yardstick = INFINITY, all = 0;
    size_t arrived[FGD_POLICIES] = { 0 };
    bench_report_head(&report, "The FGD paper's experiment");
    if (!fgd_published_load(&published)) {
        printf("%s\nNOT RUN: the shared data is not there (SEATRIAL_SHARED).\n", report.bytes);
        writer_close(&report);
        return 0;
    }
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        yardstick = fmin(yardstick, yardstick_seconds());
        for (size_t i = 0; i < FGD_POLICIES; i++) {
            const double seconds = time_policy(&published, fgd_policies[i].policy, &arrived[i]);
            least[i] = repeat == 0 ? seconds : fmin(least[i], seconds);
        }
    }
    writer_format(
        &report,
        "Made by `make bench`. Ten seeds of trace default on 1,213 nodes; CPU seconds, the "
        "least of %d, interleaved\nwith the yardstick: 10^7 holds of a "
        "std::priority_queue with 10^5 pending, %.3f s.\n\n"
        "| policy | pods | seconds | us/pod | yardsticks |\n|:--|--:|--:|--:|--:|\n",
        REPEATS, yardstick);
    for (size_t i = 0; i < FGD_POLICIES; i++) {
        all += least[i];
        writer_format(&report, "| %s | %zu | %.3f | %.2f | %.3f |\n", fgd_policies[i].title,
                      arrived[i], least[i], 1e6 * least[i] / (double)arrived[i],
                      least[i] / yardstick);
    }
    writer_format(&report,
                  "\nSix policies x ten seeds: %.2f s, %.2f yardsticks (bar: %.0f s, %s).\n", all,
                  all / yardstick, bar, all < bar ? "met" : "NOT MET");
    printf("%s", report.bytes);
    writer_close(&report);
    fgd_published_close(&published);
    return 0;
}
