/* How long a container waits before it is started again, or its image is pulled again.
 *
 * Follows client-go util/flowcontrol/backoff.go as pkg/kubelet uses it: the first retry is
 * immediate, the next waits 10 s, then twice as long each time up to a limit. What went well
 * for longer than twice the limit before it failed begins anew. */
#ifndef MODELS_KUBELET_BACK_OFF_H
#define MODELS_KUBELET_BACK_OFF_H

#include "sim/base/time.h"

/* All zero: nothing has failed yet. */
struct back_off {
    sim_time length; /* of the next wait */
    sim_time used;   /* when a retry last began */
};

/* How long to wait from `failed`, when it failed again. */
sim_time back_off_wait(const struct back_off *back_off, sim_time failed, sim_time limit);

/* A retry begins at `now`, after the failure at `failed`. */
void back_off_use(struct back_off *back_off, sim_time failed, sim_time limit, sim_time now);

#endif
