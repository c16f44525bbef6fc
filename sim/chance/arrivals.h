/* When requests come: arrival processes whose rate follows a signal.
 *
 * Open: nobody waits for an answer before the next one comes. A scenario writes how they come as
 *     poisson                                        independently; the usual case
 *     even                                           in equal steps of the integral of the rate
 *     {batches: {mean: 5}}                           together, in numbers that are geometric from 1
 *     {bursts: {factor: 4, lasts: 10s, every: 1m}}   for a while with `factor` times the rate
 *     {times: [1s, 2.5s, ...]}                       at these times; there is no rate
 *     {file: {path: arrivals.csv}}                   the same, a line each
 *
 * Whatever the process, as many come in the mean as the integral of the rate says. A rate that
 * varies is a change of time: with arrivals at the points of a process of rate 1 in the integral
 * of the rate, exactly (Çinlar 1975, section 4.7; Lewis and Shedler 1979). `bursts` is a
 * Markov-modulated Poisson process of two states (Fischer and Meier-Hellstern 1993): both last
 * exponentially long, a burst `lasts` in the mean and begins once in `every` in the mean; between
 * bursts the rate is so much lower that the mean stays. `batches` is a compound Poisson process. */
#ifndef SIM_CHANCE_ARRIVALS_H
#define SIM_CHANCE_ARRIVALS_H

#include "sim/chance/signal.h"
#include "sim/chance/stream.h"

struct arrivals;

/* Is it a process of given times, which has no rate? `from` NULL: it is Poisson. */
bool arrivals_are_given(const struct value *from);

/* Read from a document; NULL: poisson. `rate`, per second, is borrowed and outlives the process;
 * NULL for given times. NULL with the error at the user's place. A `file` must have been written
 * out by arrivals_open_file() before. Free with arrivals_free(). */
struct arrivals *arrivals_load(const struct value *from, const struct signal *rate,
                               struct error *error);
void arrivals_free(struct arrivals *arrivals); /* NULL is fine */

/* Write a `file` in the document out as the times it has, so that the document stands alone. */
bool arrivals_open_file(struct value **document, const struct signal_opener *opener,
                        struct error *error);

/* How many come from one instant (inclusive) to a later one (exclusive), in the mean. */
double arrivals_expected(const struct arrivals *arrivals, sim_time from, sim_time to);

/* How many come in a second at an instant, in the mean. */
double arrivals_rate(const struct arrivals *arrivals, sim_time at);

/* Begin drawing arrivals from an instant on. The stream is copied. */
void arrivals_begin(struct arrivals *arrivals, sim_time from, struct stream stream);

/* Those after the next draw from another stream: see stream_branch(). */
void arrivals_branch(struct arrivals *arrivals, uint64_t salt);

/* The next one, never before the last: several may come at one instant. SIM_FOREVER: none will.
 * O(log points) of the rate. */
sim_time arrivals_next(struct arrivals *arrivals);

#endif
