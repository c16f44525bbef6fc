/* Waiting pods that were promised room on a node, and pods whose preemption is going on.
 *
 * A nominated pod counts on its node for every pod of at most its priority until it is assumed,
 * deleted, or loses the nomination. What the scheduler decided counts at once, before the API
 * server has it: status.nominatedNodeName follows. Follows pkg/scheduler/backend/queue/
 * nominator.go and framework/preemption/executor.go of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_NOMINATOR_H
#define MODELS_SCHEDULER_NOMINATOR_H

#include "models/api/pod.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

/* What becomes of a pod's nomination. */
enum nomination {
    NOMINATION_UNCHANGED, /* as the pod's status says */
    NOMINATION_SET,
    NOMINATION_CLEARED
};

/* A nominated pod. */
struct nominee {
    struct table_node by_uid;
    const struct pod *pod;     /* held: the version heard last */
    const struct pod *counted; /* what counts on the node: `pod`, or only its name */
    struct nominated_node *node;
    struct nominee *previous, *next; /* on its node, in the order of nomination */
};

/* A node with nominated pods. */
struct nominated_node {
    struct table_node by_name;
    const struct text *name; /* held; NULL: the node "", where the real one lists pods whose
                              * nomination was cleared */
    struct nominee *first, *last;
    struct nominated_node *previous, *next; /* in the order in which they got their first one */
};

struct nominator {
    struct table by_uid, by_name;
    struct nominated_node *first, *last;
    uint64_t generation; /* of the last change */
    /* Where there is no queue that has the pods, the real nominator knows no more of them than
     * their names: pods of priority 0 that ask for nothing. Set before anything is added. */
    bool names_only;
    /* private */
    struct pod_spec bare; /* of pods that are but a name */
    struct pool nominees, nodes;
    struct uid *preempting; /* owned */
    size_t preempting_count, preempting_capacity;
};

struct nominator *nominator_new(void);
void nominator_free(struct nominator *nominator);

/* A pod is to be scheduled (again): its nomination is what is said, or what its status says. It goes
 * to the end of its node's list. `node` is for NOMINATION_SET. */
void nominator_add(struct nominator *nominator, const struct pod *pod, enum nomination nomination,
                   const struct text *node);
/* A new version. A nomination that neither version tells of is kept: the API server does not
 * have it yet. */
void nominator_update(struct nominator *nominator, const struct pod *before,
                      const struct pod *after);
/* It has a node, or is gone. */
void nominator_remove(struct nominator *nominator, const struct pod *pod);

/* The pods nominated to a node; NULL: none. Borrowed until the next change. */
const struct nominated_node *nominator_find(const struct nominator *nominator,
                                            const struct text *node);

/* The first of them with a lower priority: it may no longer fit when others make room there. */
const struct pod *nominator_lower(const struct nominator *nominator, const struct text *node,
                                  int32_t priority);
/* Is this pod nominated, whatever its status says? */
bool nominator_has(const struct nominator *nominator, const struct pod *pod);

/* Must the pod respect this nominated one? It has at least the same priority, and is another. */
static inline bool nominee_counts(const struct nominee *nominee, const struct pod *pod)
{
    return nominee->counted->spec->priority >= pod->spec->priority &&
           !uid_equal(nominee->pod->meta.uid, pod->meta.uid);
}
/* Must it respect any of them? */
bool nominated_node_counts(const struct nominated_node *node, const struct pod *pod);

/* The API calls of a pod's preemption have begun, or are done. Meanwhile it is not tried again. */
void nominator_begin_preemption(struct nominator *nominator, struct uid pod);
void nominator_end_preemption(struct nominator *nominator, struct uid pod);
bool nominator_is_preempting(const struct nominator *nominator, struct uid pod);

#endif
