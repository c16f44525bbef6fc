/* A strict reader of OpenMetrics 1.0 text with times, and of Prometheus' text format without: what the
 * specification demands and Prometheus' own parser lets pass is a fault here. */
#ifndef TESTS_SUPPORT_OPENMETRICS_H
#define TESTS_SUPPORT_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>

struct om_sample {
    const char *series; /* name and labels as they stand there; into the text */
    size_t series_length;
    double value, time; /* seconds since 1970; NaN: none is told */
    bool is_counter;
};

struct om_text {
    char *text; /* owned */
    struct om_sample *samples;
    size_t count, capacity, families;
    char fault[256]; /* the first one; "": none */
};

/* Read a file. With `times` it is OpenMetrics: every sample has a time, families have the names without
 * _total, and `# EOF` ends it. Without, it is the other format. */
struct om_text om_read(const char *path, bool times);
void om_close(struct om_text *text);

/* The samples of a series, by name and labels as they stand there, in order; NULL and 0 when there are
 * none. Not of a histogram, whose samples stand together by time. */
const struct om_sample *om_find(const struct om_text *text, const char *series, size_t *count);
/* The last value of it; NaN when there is none. */
double om_last(const struct om_text *text, const char *series);

#endif
