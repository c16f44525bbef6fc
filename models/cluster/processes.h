/* What the processes in pods do: what the machine under a node knows and no object of the API says.
 *
 * A pod may be Ready before its process listens, and listed as an endpoint after the process is
 * gone. The kubelet tells, at the run's present time; who measures what users get listens
 * (models/traffic). Nothing is stored, so that nobody's hearing it changes a run. */
#ifndef MODELS_CLUSTER_PROCESSES_H
#define MODELS_CLUSTER_PROCESSES_H

#include "models/api/pod.h"
#include "sim/kernel/cause.h"

enum process_change {
    PROCESS_STARTS, /* and listens from `at` on; SIM_FOREVER: never */
    PROCESS_STOPS,  /* it is on its way out: after the preStop hook, at `at`, it gets SIGTERM */
    PROCESS_ENDS    /* it is gone */
};

struct process_event {
    enum process_change change;
    const struct pod *pod; /* borrowed for the call: any version of it */
    size_t container;      /* index in the template's containers; init containers are not told of */
    sim_time at;
    struct cause cause;
};

typedef void process_listener(void *self, const struct process_event *event);

#endif
