/* Bench: a thousand replications of the shop's study, from the document to the files it leaves.
 *
 * CPU seconds of the whole program and its workers; the yardstick is that of the other benches, timed between
 * the runs. Prints a table; `make bench` keeps it in results/bench/experiments.md. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/writer.h"
#include "tests/bench/program_run.h"
#include "tests/support/bench_report.h"

enum { REPEATS = 3, REPLICATIONS = 1000 };

#define FOLDER "build/bench/shop-study"

/* The same scenario, without the three causes switched off in turn. */
static const char study[] = "apiVersion: seatrial.dev/v1alpha1\n"
                            "kind: Experiment\n"
                            "metadata: {name: shop}\n"
                            "spec:\n"
                            "  scenario: ../../scenarios/first_steps/shop/scenario.yaml\n";

static const struct {
    const char *name, *options;
} runs[] = {
    { "one worker", "--workers 1" },
    { "two workers", "--workers 2" },
};

/* A run that fails ends the bench. */
static double time_of(const char *options)
{
    char *command =
        mem_format("rm -rf " FOLDER " && build/seatrial experiment "
                   "build/bench/shop-study.yaml --replications %d --out " FOLDER " %s > /dev/null",
                   REPLICATIONS, options);
    const double before = program_seconds();
    if (system(command) != 0) { /* NOLINT: a line of our own */
        fprintf(stderr, "%s\n", command);
        exit(1);
    }
    free(command);
    return program_seconds() - before;
}

int main(void)
{
    struct writer report = { 0 };
    FILE *file = fopen("build/bench/shop-study.yaml", "w");
    if (file == NULL)
        return 1;
    fputs(study, file);
    fclose(file);
    bench_report_head(&report, "Experiments");
    writer_format(&report,
                  "Made by `make bench`. %d replications of the 30 days of the shop, with its "
                  "failures, each kept\nin results.db, and the reports at the end: CPU seconds of "
                  "all processes together, the least of %d\nruns; the yardstick is 10^7 holds of a "
                  "std::priority_queue with 10^5 pending, timed between them.\n\n"
                  "| run | seconds | yardsticks | bar | met |\n|:--|--:|--:|:--|:--|\n",
                  REPLICATIONS, REPEATS);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        double seconds = INFINITY, yardstick = INFINITY;
        for (int j = 0; j < REPEATS; j++) {
            yardstick = fmin(yardstick, yardstick_seconds());
            seconds = fmin(seconds, time_of(runs[i].options));
        }
        writer_format(&report, "| %s | %.2f | %.2f | < 100 s | %s |\n", runs[i].name, seconds,
                      seconds / yardstick, seconds < 100 ? "yes" : "NO");
    }
    printf("%s", report.bytes);
    writer_close(&report);
    return 0;
}
