/* The progress bar, and what a run cost. */
#include "tools/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 40 };

static double clock_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct progress progress_begin(void)
{
    double now = clock_seconds(CLOCK_MONOTONIC);
    return (struct progress){ .began = now, .drawn = now };
}

void progress_show(struct progress *progress, double done)
{
    double now = clock_seconds(CLOCK_MONOTONIC);
    if (now - progress->drawn < 0.1 || now - progress->began < 0.5 || !isatty(STDERR_FILENO))
        return;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i < done * BAR ? '#' : '.';
    bar[BAR] = '\0';
    double left = done > 0 ? (now - progress->began) * (1 - done) / done : 0;
    fprintf(stderr, "\r[%s] %3.0f %%, about %.0f s left ", bar, 100 * done, left);
    progress->drawn = now;
    progress->shown = true;
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r%*s\r", BAR + 40, "");
    progress->shown = false;
}

double cpu_seconds(void)
{
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double wall_seconds(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}
