/* A progress bar on standard error, for people: only on a terminal, and only when a run takes
 * long enough to wonder. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>

struct progress {
    bool shown;
    double began, drawn; /* wall clock, seconds */
};

struct progress progress_begin(void);
/* `done` of the way, 0 to 1. Draws at most ten times a second. */
void progress_show(struct progress *progress, double done);
/* Take the bar away. */
void progress_end(struct progress *progress);

/* Seconds by the wall clock, since some moment. */
double wall_seconds(void);

/* Seconds of CPU that this process has used. */
double cpu_seconds(void);

#endif
