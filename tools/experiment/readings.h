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

/* Read the summary of a stretch of time, for which measuring began anew. */
void readings_take(struct readings *readings, const struct value *summary);

/* The mean without its warm-up, which MSER-5 finds in the readings; how long that was. NAN where nothing was
 * observed. */
double readings_settled(const struct readings *readings, size_t response, sim_time *warmup);

/* From batch means, or from regeneration cycles. */
struct interval readings_interval(const struct readings *readings, size_t response);

#endif
