/* Who there is, kept up to date by single writes: pods by their owners and nodes, owners with what they
 * wanted and had over time.
 *
 * Everything is counted in the order in which the store takes writes, at the run's time. */
#ifndef MODELS_INVARIANTS_CENSUS_H
#define MODELS_INVARIANTS_CENSUS_H

#include "models/api/pod.h"
#include "models/api/intstr.h"
#include "models/api/selector.h"
#include "models/cluster/cluster.h"
#include "models/invariants/history.h"
#include "sim/base/table.h"

struct subject;

/* One pod that exists. */
struct member {
    struct table_node by_uid;
    const struct pod *pod; /* held: the present version */
    struct subject *owner; /* its controller; NULL: none */
    struct member *previous, *next;
    struct subject *node; /* it takes room there; NULL: nowhere */
    sim_time since;       /* when it was created, in the run's time */
    bool was_ended : 1, was_succeeded : 1, was_lost : 1; /* counted with its owner's */
    bool given_up : 1; /* its Job has let it go without counting it */
    bool released : 1; /* its Job has counted it */
};

/* An object that owns pods or ReplicaSets, or a node. Stays after its removal. */
struct subject {
    struct table_node by_uid;
    struct subject *older; /* in the order in which they were met */
    struct uid uid;
    struct object_key key;             /* held */
    struct subject *owner;             /* of a ReplicaSet: its Deployment; NULL: none */
    struct subject *parts, *next_part; /* of a Deployment: its ReplicaSets */
    struct member *members;            /* the pods it controls */
    bool present;
    sim_time met; /* when it was created, in the run's time */

    struct history generation;
    struct history given_up; /* of a node: it is out of service, or gone */
    struct history
        wanted; /* spec.replicas, parallelism; of a node: how often whom it takes has changed */
    struct history
        bound; /* of a Deployment: replicas it may have; of a Job: active pods it may have;
                                * of a StatefulSet: its partition */
    struct history floor;            /* of a Deployment: replicas that must be available */
    struct history available;        /* as its status says; of a DaemonSet: pods that are desired */
    struct history min_ready;        /* minReadySeconds */
    struct history active;           /* pods: not ended, not being deleted */
    struct history terminating;      /* pods: being deleted, not ended */
    struct history created, deleted; /* pods, so far, by its own controller */
    struct history come, gone;       /* pods so far that became active, and ceased to be */
    struct history unready;          /* ready pods so far that ceased to be so, by whomever */
    struct history lost;             /* ready pods so far that ceased to be so, but for `deleted` */
    int32_t certain_pods; /* of a Job: pods that succeeded and were not being deleted before */
    int32_t ended_pods;   /* of a Job: different pods so far that succeeded, failed or went */
    int32_t succeeded_pods,
        failed_pods; /* of a Job: different pods so far that did, and that failed
                                          * or went */
    int32_t released_succeeded, released_failed;
    sim_time known; /* of a budget: what its last count knew */

    int64_t cpu_milli, memory_bytes, pods; /* of a node: requested there */
    int by_hand;                           /* pods that chose the node themselves */
};

struct census *census_new(struct cluster *cluster);
void census_free(struct census *census);

/* Take in a write. */
void census_take(struct census *census, const struct write *write);

struct member *census_member(const struct census *census, struct uid pod);
struct subject *census_subject(const struct census *census, struct uid uid);
/* Walk all subjects, latest first, by `older`. */
struct subject *census_subjects(const struct census *census);
/* The present version of a subject; NULL when it is gone. */
const struct object *census_object(const struct census *census, const struct subject *subject);

/* A ready pod that ceased to be so, or was deleted, but by an eviction. */
struct loss {
    sim_time at;
    const struct text *space;
    const struct labels *labels;
};
/* Losses since a time that a selector matches. */
int census_losses(const struct census *census, const struct text *space,
                  const struct selector *selector, sim_time since);

/* ---- what a pod is like, worked out here ---- */

bool seen_active(const struct pod *pod);
bool seen_ended(const struct pod *pod);
/* Ready for so many seconds at this time. */
bool seen_available(const struct pod *pod, int32_t min_ready_seconds, sim_time at);

/* ---- bounds, worked out here ---- */

/* Of a number or a percentage of `total`. */
int32_t share_of_total(struct int_or_percent share, int32_t total, bool up);
/* Of a rolling update of so many replicas. */
void rollout_bounds(struct int_or_percent surge, struct int_or_percent unavailable,
                    int32_t replicas, int32_t *most, int32_t *least);

/* ---- who writes, and what they know ---- */

bool written_by(const struct write *write, const char *client);
/* Everything of a kind that was written before this time was known to who writes. */
static inline sim_time writer_knows(const struct write *write, enum kind kind)
{
    return cache_known(write->by->cache, (uint16_t)kind);
}
sim_time writer_knows_both(const struct write *write, enum kind one, enum kind other);

#endif
