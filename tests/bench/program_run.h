/* Runs of the program that are timed: CPU seconds as the system charges them, children's included, and
 * what the program says of itself. */
#ifndef TESTS_BENCH_PROGRAM_RUN_H
#define TESTS_BENCH_PROGRAM_RUN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/bench/yardstick.h"

struct program_figures {
    double seconds;   /* the least */
    double yardstick; /* the least */
    char said[256];   /* the line on standard error that tells what the run took */
};

static inline double program_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* What the program says of itself is the last line that it prints. A run that fails ends the bench. */
static inline double program_time(const char *arguments, char *said, size_t length)
{
    char *command = mem_format("build/seatrial run %s 2>&1 >/dev/null", arguments);
    const double before = program_seconds();
    FILE *pipe = popen(command, "r");
    while (pipe != NULL && fgets(said, (int)length, pipe) != NULL)
        said[strcspn(said, "\n")] = '\0';
    if (pipe == NULL || pclose(pipe) != 0) {
        fprintf(stderr, "%s: %s\n", command, said);
        exit(1);
    }
    free(command);
    return program_seconds() - before;
}

/* The least of some runs, and of the yardstick between them. */
static inline struct program_figures program_measure(const char *arguments, int repeats)
{
    struct program_figures least = { .seconds = INFINITY, .yardstick = INFINITY };
    for (int i = 0; i < repeats; i++) {
        least.yardstick = fmin(least.yardstick, yardstick_seconds());
        least.seconds = fmin(least.seconds, program_time(arguments, least.said, sizeof least.said));
    }
    return least;
}

/* "..., 33.0 MiB, ..." */
static inline double program_mib(const char *said)
{
    const char *unit = strstr(said, " MiB"), *number = unit;
    while (number != NULL && number > said && number[-1] != ' ')
        number--;
    return number != NULL ? atof(number) : INFINITY;
}

#endif
