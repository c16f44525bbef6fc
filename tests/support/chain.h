/* A Markov chain in continuous time with few states, solved as linear equations: the theory that runs are
 * held against.
 *
 *     struct chain *chain = chain_new(2);
 *     chain_rate(chain, 0, 1, 0.01);
 *     chain_rate(chain, 1, 0, 1);
 *     chain_solve(chain);
 *     double down = chain_mean(chain, (double[]){ 0, 1 });
 */
#ifndef TESTS_SUPPORT_CHAIN_H
#define TESTS_SUPPORT_CHAIN_H

#include <stddef.h>

struct chain;

/* States 0 to count - 1, no transitions. Free with chain_free(). */
struct chain *chain_new(size_t count);
void chain_free(struct chain *chain);

/* Add to the rate of going from one state to another one. */
void chain_rate(struct chain *chain, size_t from, size_t to, double rate);

/* All transitions are there: find how probable each state is in the long run. Every state can be reached
 * from every other. O(count^3). */
void chain_solve(struct chain *chain);

/* After chain_solve(): a state's share of the time; the mean of a function of the state; transitions
 * per unit of time. */
double chain_share(const struct chain *chain, size_t state);
double chain_mean(const struct chain *chain, const double *values);
double chain_events(const struct chain *chain);

/* The variance of the average of a function over a long time, times that time: 2 sum of p f g, where g
 * solves Poisson's equation Q g = -f for the function less its mean (Asmussen and Glynn, "Stochastic
 * Simulation", 2007, section IV.3). O(count^3). */
double chain_variance(const struct chain *chain, const double *values);

#endif
