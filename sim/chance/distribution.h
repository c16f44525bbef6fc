/* Named distributions with parameters checked, over GSL.
 *
 * A scenario writes a constant as a bare value and anything else as a map of one key:
 *     2s
 *     {exponential: {mean: 10m}}       {uniform: {lower: 1s, upper: 2s}}
 *     {weibull: {shape: 0.7, scale: 3h}}    {gamma: {shape: 2, scale: 1s}}
 *     {pareto: {shape: 2.5, scale: 1s}}     {lognormal: {mu: 0.5, sigma: 1}}
 *     {lognormal: {p50: 2s, p99: 30s}}  (any two quantiles pNN)
 *     {empirical: {values: [1s, 2s, 5s], weights: [5, 3, 1]}}
 *     {mixture: [{weight: 10, of: {exponential: {mean: 5m}}}, {weight: 1, of: 6h}]}
 *     {published: fta.lanl05.repair}        a measurement by its name (published.h)
 * Samples are doubles in the unit of the parameters: seconds where they were durations. They
 * are never negative; the shape of a gamma is from 0.001 to 100000. */
#ifndef SIM_CHANCE_DISTRIBUTION_H
#define SIM_CHANCE_DISTRIBUTION_H

#include <stdbool.h>

#include "sim/base/error.h"
#include "sim/base/time.h"
#include "sim/base/value.h"
#include "sim/chance/stream.h"

struct distribution;

/* Never fail; parameters out of range are a programming error. Free with distribution_free(). */
struct distribution *distribution_new_constant(double value);
struct distribution *distribution_new_exponential(double mean);
struct distribution *distribution_new_uniform(double lower, double upper);
struct distribution *distribution_new_weibull(double shape, double scale);
struct distribution *distribution_new_gamma(double shape, double scale);
struct distribution *distribution_new_pareto(double shape, double scale);
struct distribution *distribution_new_lognormal(double mu, double sigma);
struct distribution *distribution_new_lognormal_quantiles(double p, double at_p, double q,
                                                          double at_q);
/* `weights` NULL: all equal. The arrays are copied. */
struct distribution *distribution_new_empirical(const double *values, const double *weights,
                                                size_t count);
/* Weights need not add up to 1, but to more than 0; the parts are copied. */
struct distribution *distribution_new_mixture(struct distribution *const *parts,
                                              const double *weights, size_t count);
/* A published one by its name; NULL when there is none of that name. */
struct distribution *distribution_new_published(const char *name);
struct distribution *distribution_copy(const struct distribution *distribution);
void distribution_free(struct distribution *distribution);

/* Read from a document (not NULL); durations ("90s") and plain numbers (seconds) both count as
 * parameters. NULL with the error at the user's place: an unknown name (with the nearest), a
 * missing or unknown parameter, a value out of range. */
struct distribution *distribution_load(const struct value *from, struct error *error);

/* The next sample. One uniform per variate by inversion. */
double distribution_sample(const struct distribution *distribution, struct stream *stream);
/* The same as time, in seconds rounded to nanoseconds. */
sim_time distribution_sample_time(const struct distribution *distribution, struct stream *stream);

/* The next sample of what remains of a lifetime that has lasted for `age` (>= 0): of X - age, given that
 * X > age. By inversion of the conditional distribution, one uniform. 0 where no lifetime is longer. */
double distribution_sample_residual(const struct distribution *distribution, double age,
                                    struct stream *stream);

/* One sample of a lognormal that nobody keeps; sigma 0: its median. */
double distribution_draw_lognormal(double mu, double sigma, struct stream *stream);

/* P(X <= x), for x >= 0. */
double distribution_below(const struct distribution *distribution, double x);
/* The inverse of the distribution function at u in (0, 1). */
double distribution_quantile(const struct distribution *distribution, double u);
double distribution_mean(const struct distribution *distribution); /* INFINITY if it has none */
bool distribution_is_constant(const struct distribution *distribution);

/* As a scenario writes it, for the resolved inputs: loads as the same distribution. A new
 * reference. */
struct value *distribution_print(const struct distribution *distribution);

#endif
