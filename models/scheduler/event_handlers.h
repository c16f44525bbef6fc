/* What the scheduler hears of pods, nodes and volumes, and what that means for what it knows.
 *
 * Follows pkg/scheduler/eventhandlers.go of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_EVENT_HANDLERS_H
#define MODELS_SCHEDULER_EVENT_HANDLERS_H

#include "models/scheduler/permits.h"
#include "models/scheduler/queue/scheduling_queue.h"
#include "sim/store/store.h"

/* What the scheduler knows. All borrowed. */
struct scheduler_view {
    const struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct scheduling_queue *queue;
    struct permits *permits;
};

/* For a watcher whose `self` is a scheduler_view. */
void scheduler_hear(void *view, const struct watch_event *event);

/* A pod that counts on a node, bound or assumed, counts no longer: others may have its room.
 * False when it did not count. */
bool scheduler_remove_placed(struct scheduler_view *view, const struct object *pod,
                             struct cause cause);

#endif
