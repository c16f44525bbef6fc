/* A quantity that follows the time of a run by a known formula: a rate of arrivals, a demand.
 *
 * Deterministic, never negative, and known for all times, so that whoever follows one needs no
 * ticks: ask for its integral over the time that went by, or for the next instant at which the
 * formula changes. A scenario writes a constant as a bare amount and anything else as a map of
 * one key; times are durations since the start of the run ("90s") or numbers of seconds:
 *     250
 *     {steps: [{at: 0s, value: 100}, {at: 10m, value: 300}]}
 *     {line: [{at: 0s, value: 100}, {at: 10m, value: 300}]}          straight between its points
 *     {diurnal: {mean: 100, amplitude: 60, peak: 14h, period: 24h}}  mean + amplitude cos(...)
 *     {spikes: {base: 10, height: 200, at: 5m, lasts: 1m, every: 1h}}
 *     {file: {path: day.csv, interpolate: linear, every: 24h}}       rows "time,value"
 *     {sum: [20, {spikes: ...}, ...]}
 * `every` makes a pattern repeat and may be left out, as may `base` (0), `period` (24h) and
 * `interpolate` (step). Steps and lines that repeat are written {steps: {points: [...],
 * every: 1h}}; what follows the last point of a period leads on to the first one. Without
 * `every`, the first and the last value hold before and after. `at` is inclusive, the end of a
 * spike and of a step is not.
 *
 * Amounts are in whatever unit the reader of the scenario gives them; integrals are in that unit
 * times seconds. */
#ifndef SIM_CHANCE_SIGNAL_H
#define SIM_CHANCE_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/error.h"
#include "sim/base/time.h"
#include "sim/base/value.h"

struct signal; /* immutable */

struct signal_point {
    sim_time at;
    double value;
};

enum signal_shape { SIGNAL_STEPS, SIGNAL_LINE };

/* Never fail; amounts are finite and not negative, anything else is a programming error. Free with
 * signal_free(). */
struct signal *signal_new_constant(double value);
/* `points` (at least one, times from 0 strictly ascending) are copied. `every` 0: never again;
 * else later than the last point. */
struct signal *signal_new_points(enum signal_shape shape, const struct signal_point *points,
                                 size_t count, sim_time every);
/* `amplitude` is at most `mean`; `peak` is not negative. */
struct signal *signal_new_diurnal(double mean, double amplitude, sim_time peak, sim_time period);
/* `lasts` is positive; `every` is 0 or longer. */
struct signal *signal_new_spikes(double base, double height, sim_time at, sim_time lasts,
                                 sim_time every);
/* Takes the parts, which are at least one. */
struct signal *signal_new_sum(struct signal *const *parts, size_t count);
void signal_free(struct signal *signal); /* NULL is fine */

/* How an amount is read: false with the error at its place. It need not check the sign. */
typedef bool signal_amount_fn(const struct value *from, double *amount, struct error *error);

/* Read from a document (not NULL). `amount` NULL: plain numbers. NULL with the error at the user's
 * place. A `file` must have been written out by signal_open_files() before. */
struct signal *signal_load(const struct value *from, signal_amount_fn *amount, struct error *error);

/* How a file is opened: the bytes, which the caller free()s, and a name for places that outlives
 * the documents; NULL with the error. */
struct signal_opener {
    char *(*open)(void *context, const struct value *path, size_t *length, const char **name,
                  struct error *error);
    void *context;
};

/* Write each `file` in the document out as the points it has, so that the document stands alone.
 * Other faults of the document are left to signal_load(). */
bool signal_open_files(struct value **document, const struct signal_opener *opener,
                       struct error *error);

/* The value at an instant (not negative): O(log points). */
double signal_value(const struct signal *signal, sim_time at);

/* The exact integral from one instant to a later one, in amount times seconds: O(log points). */
double signal_integral(const struct signal *signal, sim_time from, sim_time to);

/* The first instant after `at` at which the formula changes; SIM_FOREVER if it never does. A sine
 * is one formula for ever. */
sim_time signal_next_change(const struct signal *signal, sim_time at);

/* Does it keep its value until signal_next_change()? */
bool signal_is_flat(const struct signal *signal, sim_time at);

/* The first instant, in whole nanoseconds, by which the integral from `from` has come to `amount`;
 * SIM_FOREVER if it never does. Arrivals of a rate come at these instants, `amount` being the next
 * sample of an exponential with mean 1. */
sim_time signal_reaches(const struct signal *signal, sim_time from, double amount);

#endif
