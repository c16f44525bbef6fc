/* What a signal is made of: shared by signal.c and signal_load.c. */
#ifndef SIM_CHANCE_SIGNAL_PRIVATE_H
#define SIM_CHANCE_SIGNAL_PRIVATE_H

#include "sim/chance/signal.h"

/* From `start` on the value goes to `end`, which it has just before the next segment starts. */
struct segment {
    sim_time start; /* since the origin; the first is 0 */
    double value, end;
    double before; /* integral from the origin to `start` */
};

enum signal_kind { SIGNAL_CONSTANT, SIGNAL_COSINE, SIGNAL_SEGMENTS, SIGNAL_SUM };

struct signal {
    enum signal_kind kind;
    double mean;      /* also the constant; of segments what holds before the origin */
    double amplitude; /* cosine */
    sim_time origin;  /* cosine: a peak; segments: where the first starts */
    sim_time period;  /* 0: none; the last segment goes on for ever */
    double area;      /* of a period */
    size_t count;     /* of segments or parts */
    struct segment *segments;
    struct signal **parts;
};

#endif
