/* The scheduler at work in one cluster: shared by its cycle and its event handlers. */
#ifndef MODELS_SCHEDULER_SCHEDULER_PRIVATE_H
#define MODELS_SCHEDULER_SCHEDULER_PRIVATE_H

#include "models/cluster/cluster.h"
#include "models/scheduler/decision.h"
#include "models/scheduler/scheduling_queue.h"

struct scheduler {
    struct cluster *cluster;
    struct client client;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct scheduling_queue *queue;
    struct stream cycle_stream; /* how long attempts take */
    size_t next_start;          /* where the next search begins */
    event_id next_attempt;      /* planned, when it is not 0 */
    struct decision decision;   /* memory of the last one */

    /* The attempt that goes on. What was decided at its beginning takes effect at its end. */
    struct waiting_pod *trying;
    const struct text *chosen; /* held: the node; NULL: none will do */
    char *message;             /* owned: why none will do */
    uint64_t rejecting;        /* the plugins that say so */
};

/* A watcher: what happens to pods and nodes goes into the snapshot and the queue. */
void scheduler_hear(void *scheduler, const struct watch_event *event);

/* A pod that counts on a node, bound or assumed, counts no longer: others may have its room.
 * False when it did not count. */
bool scheduler_remove_placed(struct scheduler *scheduler, const struct object *pod,
                             struct cause cause);

#endif
