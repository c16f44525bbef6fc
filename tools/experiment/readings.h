/* A response read again and again while a run goes on: what each stretch of time came to.
 *
 * A reading is a numerator and a denominator, so that the long-run value is the sum of the one over the sum of
 * the other: available seconds over observed seconds, failed requests over requests, a sampled level over
 * the number of samples. */
#ifndef TOOLS_EXPERIMENT_READINGS_H
#define TOOLS_EXPERIMENT_READINGS_H

#include "sim/stat/interval.h"
#include "sim/stat/regeneration.h"
#include "tools/experiment/experiment.h"

struct readings;

/* For the responses of an experiment. Release with readings_free(). */
struct readings *readings_new(const struct experiment *experiment);
void readings_free(struct readings *readings);

/* Read the summary of the present moment. The first call begins. */
void readings_take(struct readings *readings, const struct value *summary);

/* The value of each stretch by Σ numerator / Σ denominator; `count` of them, without those in which nothing was
 * observed. Borrowed. */
const double *readings_series(const struct readings *readings, size_t response, size_t *count);

/* From batch means, or from regeneration cycles. */
struct interval readings_interval(const struct readings *readings, size_t response);

#endif
