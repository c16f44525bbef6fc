/* What happens in a cluster, as the scheduling queue hears it: events that may make waiting
 * pods schedulable.
 *
 * Follows pkg/scheduler/framework/types.go and events.go of the release named in
 * docs/fidelity.md: names, bits, and their order, which matters for matching. */
#ifndef MODELS_SCHEDULER_CLUSTER_EVENT_H
#define MODELS_SCHEDULER_CLUSTER_EVENT_H

#include "models/api/kinds.h"
#include "models/api/node.h"
#include "models/api/pod.h"

enum event_action {
    EVENT_ADD = 1 << 0,
    EVENT_DELETE = 1 << 1,
    EVENT_UPDATE_NODE_ALLOCATABLE = 1 << 2,
    EVENT_UPDATE_NODE_LABEL = 1 << 3,
    EVENT_UPDATE_NODE_TAINT = 1 << 4,
    EVENT_UPDATE_NODE_CONDITION = 1 << 5,
    EVENT_UPDATE_NODE_ANNOTATION = 1 << 6,
    EVENT_UPDATE_NODE_DECLARED_FEATURE = 1 << 7,
    EVENT_UPDATE_POD_LABEL = 1 << 8,
    EVENT_UPDATE_POD_SCALE_DOWN = 1 << 9,
    EVENT_UPDATE_POD_TOLERATION = 1 << 10,
    EVENT_UPDATE_POD_GATES_ELIMINATED = 1 << 11,
    EVENT_UPDATE_POD_GENERATED_CLAIM = 1 << 12,
    EVENT_UPDATE_POD_OTHER = 1 << 13,
    EVENT_UPDATE = (1 << 14) - (1 << 2) /* all the updates */
};

/* One event. The objects are borrowed. */
struct cluster_event {
    enum kind kind;
    uint32_t action;
    const char *label; /* a constant: "NodeAdd", "AssignedPodDelete", ... */
    bool wildcard;     /* concerns everybody: hints are not asked */
    bool bounded;      /* concerns only pods of at most this priority */
    int32_t priority;
    const struct object *before, *after;
};

/* Does a registration (kind, actions) cover the event? By bits and by number, as
 * ClusterEvent.Match does: a plain Update does not match who asked for some updates only. */
bool cluster_event_matches(const struct cluster_event *event, enum kind kind, uint32_t actions);

/* The events of one change of a node, in the order in which the real one fires them: a
 * node that becomes schedulable is a change of taints. At most this many. */
enum { CHANGE_EVENTS = 8 };
size_t node_change_events(const struct node *before, const struct node *after,
                          struct cluster_event events[CHANGE_EVENTS]);

/* The events of one change of a pod, waiting or bound; the plain update when it is none of
 * the known changes. */
size_t pod_change_events(const struct pod *before, const struct pod *after,
                         struct cluster_event events[CHANGE_EVENTS]);

/* Did a pod that is gone hold room: on its node, or on one that was promised to it? */
bool pod_held_room(const struct pod *gone);

/* The event of a change of an object of another kind; false when such changes are nobody's
 * business. */
struct watch_event;
bool object_change_event(const struct watch_event *change, struct cluster_event *event);

#endif
