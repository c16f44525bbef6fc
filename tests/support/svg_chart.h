/* A chart of curves as plain SVG: lines with their names at the right end, and marks beside them for
 * what they are compared with. */
#ifndef TESTS_SUPPORT_SVG_CHART_H
#define TESTS_SUPPORT_SVG_CHART_H

#include <stdbool.h>

#include "sim/base/writer.h"

struct svg_series {
    const char *name;   /* at the right end of a line; NULL: none */
    const char *colour; /* "#1b6ca8" */
    const double *y;    /* borrowed: at x_first, x_first + 1, ...; NAN: no value */
    size_t count;
    bool dashed;
    size_t marks; /* a circle at each so many points instead of a line; 0: a line */
};

struct svg_chart {
    const char *title, *x_title, *y_title;
    double x_first; /* of every series */
    double x_least, x_most, x_tick, y_least, y_most, y_tick;
    const struct svg_series *series;
    size_t count;
};

void svg_chart_print(const struct svg_chart *chart, struct writer *out);

#endif
