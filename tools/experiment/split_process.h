/* Copies of a run for importance splitting, by fork(): whatever a run is made of, the copy is exact.
 *
 * At an up-crossing the process forks a copy, which plays to its end and tells through a pipe what it has found;
 * then the next. One works while those it came from wait: there are never more processes than levels,
 * and the order in which results are added up is always the same. */
#ifndef TOOLS_EXPERIMENT_SPLIT_PROCESS_H
#define TOOLS_EXPERIMENT_SPLIT_PROCESS_H

#include "sim/experiment/splitting.h"

/* For the branch() of a splitting_model: the arguments it was given, and the run of its state. The state
 * must not hold connections to other processes. A copy ends when the process it came from does, and writes
 * nothing: what stdio has buffered stays with the first. False with the error. */
bool split_by_fork(struct run *run, void *state, uint64_t salt, const struct splitting_trial *trial,
                   struct splitting_tally *tally, struct error *error);

#endif
