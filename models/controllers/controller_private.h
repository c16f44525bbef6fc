/* What the two files of the loop share: a controller at work. */
#ifndef MODELS_CONTROLLERS_CONTROLLER_PRIVATE_H
#define MODELS_CONTROLLERS_CONTROLLER_PRIVATE_H

#include "models/cluster/leadership.h"
#include "models/controllers/consistency.h"
#include "models/controllers/controller.h"

/* One of the workers of a controller, and the key it is at. */
struct worker {
    struct controller_run *run;
    bool busy;
    enum outcome outcome;
    struct object_key key; /* its texts are the work queue's until workqueue_done() */
    event_id event;        /* when it starts or ends */
};

struct controller_run {
    const struct controller *controller;
    const struct leadership *leadership; /* the manager's */
    struct cluster *cluster;
    struct client client;
    struct workqueue *queue;
    struct worker *workers;
    int worker_count;
    void *state;
    const struct text *kind_name; /* of what it reconciles: "ReplicaSet" */
    struct consistency written;   /* of one that awaits its own writes */
    struct varied
        ungated;        /* "gate-off": does not await its own writes, in a run with a variation */
    struct varied slow; /* in a run with a variation: "worker-slow" */
};

/* A controller with its client and idle workers, begun. Release with controller_run_free(). */
struct controller_run *controller_run_new(const struct controller *controller,
                                          struct cluster *cluster);
void controller_run_free(struct controller_run *run);

/* Its process begins: it knows nothing and has done nothing. And it ends, if it has not. */
void controller_run_begin(struct controller_run *run);
void controller_run_end(struct controller_run *run);

#endif
