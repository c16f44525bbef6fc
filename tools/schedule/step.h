/* One scheduling attempt, carried out on a trial and told as the recorded decisions of the real
 * kube-scheduler tell it: result, feasible and rejected nodes, scores, the best nodes, the
 * message. */
#ifndef TOOLS_SCHEDULE_STEP_H
#define TOOLS_SCHEDULE_STEP_H

#include "models/scheduler/trial/trial.h"

/* How a step is written down. */
struct step_style {
    bool hashes;    /* `detail: hash`: names only as hashes */
    bool visited;   /* family sampling: nodes in the order visited, and where the search began */
    bool terminate; /* victims of preemption stay until they are deleted */
};

/* Try the pod: what happens is told in the map. Of the best nodes it goes to the one that joined
 * first, started at this time. False when the two ways of deciding do not agree. */
bool step_attempt(struct trial *trial, const struct pod *pod, struct step_style style,
                  sim_time started, struct value *told);

/* A step in which nothing was to be decided. */
void step_tell_nothing(struct value *told, const char *result);

#endif
