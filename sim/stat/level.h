/* A level: something that has a value at every time, as the length of a queue, and its
 * average over time. */
#ifndef SIM_STAT_LEVEL_H
#define SIM_STAT_LEVEL_H

#include "sim/base/time.h"

struct level {
    double value;
    sim_time begin, since;    /* of the measurement, and of the value */
    double area, square_area; /* integrals of value and value^2 up to `since`, in nanoseconds */
    double least, most;
};

/* The measurement begins now, at this value. */
void level_init(struct level *level, sim_time now, double value);

/* From now on the value is another. Time does not go back. */
void level_set(struct level *level, sim_time now, double value);
void level_add(struct level *level, sim_time now, double change);

/* Forget what was measured, as when the warm-up is over; the value stays. */
void level_restart(struct level *level, sim_time now);

/* The integral in value-seconds, the average over time, and the variance around it, from the
 * beginning until now. The average over no time is the value. */
double level_area(const struct level *level, sim_time now);
double level_mean(const struct level *level, sim_time now);
double level_variance(const struct level *level, sim_time now);

#endif
