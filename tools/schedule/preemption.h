/* Preemption as the recorded decisions tell it. */
#ifndef TOOLS_SCHEDULE_PREEMPTION_H
#define TOOLS_SCHEDULE_PREEMPTION_H

#include "models/scheduler/trial/trial.h"

/* For a chooser whose `self` is a trial: of nodes the one that joined first. */
uint32_t preemption_choose(void *trial, const struct question *question);

/* Candidates, the best of them, victims, nominations; a new reference. Before it is carried out. */
struct value *preemption_told(const struct trial *trial, const struct post_filter_round *round);

#endif
