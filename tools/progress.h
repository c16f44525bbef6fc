/* A progress bar on standard error, for people: only on a terminal, and only when a run takes
 * long enough to wonder. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool shown;
    double began, drawn; /* wall clock, seconds */
};

struct progress progress_begin(void);
/* `done` of the way, 0 to 1. Draws at most ten times a second. */
void progress_show(struct progress *progress, double done);
/* Would a bar be drawn now? For those to whom it is work to say what stands in it. */
bool progress_is_due(const struct progress *progress);

/* How far many runs have come. */
struct pace {
    size_t before;      /* that were finished when the bar began */
    size_t now;         /* and since then */
    double expected;    /* about how many there will be in all; 0: nobody knows */
    const char *unit;   /* "replications" */
    const char *so_far; /* what is known so far; "": nothing */
};
/* The same with their number, the rate of those since it began, the time left, and what is known; cut to
 * the width of the terminal. */
void progress_show_pace(struct progress *progress, const struct pace *pace);

/* Take the bar away. */
void progress_end(struct progress *progress);

/* Seconds by the wall clock, since some moment. */
double wall_seconds(void);

/* Seconds of CPU that this process has used. */
double cpu_seconds(void);

#endif
