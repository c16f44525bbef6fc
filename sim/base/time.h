/* Time of a run: whole nanoseconds since its start.
 *
 * An integer, so that two paths to one instant agree to the last bit. Seconds as a
 * double become time in sim_time_from_seconds() and nowhere else. Durations and instants
 * share the type; text is that of Go's durations with days: "3d4h12m", "1.5h", "250ms". */
#ifndef SIM_BASE_TIME_H
#define SIM_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/error.h"

typedef int64_t sim_time; /* nanoseconds */

#define SIM_NANOSECOND  ((sim_time)1)
#define SIM_MICROSECOND (1000 * SIM_NANOSECOND)
#define SIM_MILLISECOND (1000 * SIM_MICROSECOND)
#define SIM_SECOND      (1000 * SIM_MILLISECOND)
#define SIM_MINUTE      (60 * SIM_SECOND)
#define SIM_HOUR        (60 * SIM_MINUTE)
#define SIM_DAY         (24 * SIM_HOUR)
#define SIM_FOREVER     INT64_MAX /* about 292 years: later than anything that happens */

/* The nearest nanosecond (halves away from zero), SIM_FOREVER or -SIM_FOREVER where it
 * does not fit. NaN is a programming error. */
sim_time sim_time_from_seconds(double seconds);
double sim_time_to_seconds(sim_time time);

/* at + delay, SIM_FOREVER instead of overflow. Neither may be negative. */
sim_time sim_time_after(sim_time at, sim_time delay);

/* Read "1h30m", "-250ms", "1.5d", "0". Units: d, h, m, s, ms, us (or µs), ns, each number
 * with an optional fraction, cut to whole nanoseconds. The whole text must be a duration.
 * On a fault, *time is untouched and the error stands at `at`. */
bool sim_time_parse(const char *text, struct place at, sim_time *time, struct error *error);

/* Print so that sim_time_parse() gives the same time back: "3d4h12m", "1m0.25s", "250ms",
 * "0s". Units that are zero are left out. Returns `text`. */
#define SIM_TIME_TEXT 40
char *sim_time_print(sim_time time, char text[SIM_TIME_TEXT]);

#endif
