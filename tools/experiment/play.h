/* One replication of one point: played, measured, and told as a document. */
#ifndef TOOLS_EXPERIMENT_PLAY_H
#define TOOLS_EXPERIMENT_PLAY_H

#include "tools/experiment/experiment.h"

/* The seed of a replication: the study's own for the first, of which its mirror is the second where luck
 * is antithetic. With common random numbers it is the same at every point. */
uint64_t experiment_seed(const struct experiment *experiment, struct task task);

/* Play it. The result, a new reference; NULL with the error:
 *
 *     seed, events
 *     values      one number for each response, null where there is none
 *     causes      {row, namespace, kind, downtimeSeconds, outages} of the rows that responses are of
 *     warmups     of BY_MSER5: the seconds that were left out for each response
 *     intervals   of one long run: {mean, halfWidth, count} for each response
 *     isTruth     true for each response that was true or false
 */
struct value *experiment_play(const struct experiment *experiment, struct task task,
                              struct error *error);

#endif
