/* How the endpoints of a Service are spread over its slices: what endpointslice.c and
 * endpointslice_plan.c share. */
#ifndef MODELS_CONTROLLERS_ENDPOINTSLICE_PRIVATE_H
#define MODELS_CONTROLLERS_ENDPOINTSLICE_PRIVATE_H

#include "models/api/service.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

enum { ENDPOINTS_PER_SLICE = 100 };

/* An endpoint that should be in a slice; its texts are borrowed from pod and node. */
struct wanted_endpoint {
    struct endpoint endpoint;
    const struct value *ports; /* of its pod; equal ones are the same list */
    bool placed;
};

/* A slice as it is and as it shall be. */
struct planned_slice {
    const struct endpoint_slice *old; /* borrowed; NULL: to be made */
    const struct value *ports;        /* NULL: the placeholder of a Service without endpoints */
    struct endpoint *items;           /* owned; texts borrowed */
    size_t count, capacity;
    bool owned; /* by the Service, not by an earlier one of its name */
    bool changed, unwanted;
    bool same;    /* none of its endpoints has changed: they are the old one's, without items */
    uint64_t uid; /* lower half: of the old one, or of the one that was made */
};

struct slice_plan {
    struct wanted_endpoint *wanted; /* owned; in the order of the pods' creation */
    size_t wanted_count, wanted_capacity;
    struct planned_slice *slices; /* owned; those that are there first, in order of creation */
    size_t count, capacity;
    /* Has the endpoint of this pod (lower half of its uid) to be looked up among the wanted? If not,
     * it stays as it is. NULL: all have to. */
    bool (*has_changed)(const void *context, uint64_t uid);
    const void *context;
};

/* Want one more endpoint. */
void slice_plan_want(struct slice_plan *plan, struct endpoint endpoint, const struct value *ports);

/* Take in a slice that is there. One that the Service does not own is only to be deleted. */
void slice_plan_take(struct slice_plan *plan, const struct endpoint_slice *old, bool owned);

/* Decide: endpoints stay where they are, new ones fill up the slices that change anyway, then one
 * that does not, then new slices; a Service without any slice gets a placeholder. `labels` are those
 * that slices should have. */
void slice_plan_decide(struct slice_plan *plan, const struct labels *labels);

void slice_plan_close(struct slice_plan *plan);

/* ---- endpointslice_known.c ---- */

/* A pod that a Service selects. */
struct known_pod {
    struct table_node by_uid;
    struct known_service *service;
    struct known_pod *next, **link; /* of its Service */
    const struct text *name;        /* held */
    uint64_t uid;                   /* lower half */
    uint64_t number;                /* rises in the order in which pods came */
    uint64_t slice;                 /* the one that has its endpoint; 0: none */
    bool changed;                   /* since the last look */
};

struct known_service {
    struct table_node by_key;
    struct known_service *next, **link;
    struct object_key key; /* held */
    uint64_t id;
    struct known_pod *pods;
    struct known_pod **changed; /* owned */
    size_t changed_count, changed_capacity;
    /* The last look left nothing to do but what these say: the version of the Service, and how
     * often nodes had come, gone or moved. If not, all pods are to be looked at. */
    bool complete;
    uint64_t version, nodes;
};

struct slice_knowledge {
    struct table services, pods;
    struct known_service *first, **last;
    struct pool pod_pool;
    uint64_t services_seen, pods_seen;
    uint64_t nodes; /* how often a node came, went or moved */
};

void slice_knowledge_init(struct slice_knowledge *knowledge);
void slice_knowledge_close(struct slice_knowledge *knowledge);

/* NULL: it was never looked at. */
struct known_service *slice_knowledge_find(const struct slice_knowledge *knowledge,
                                           struct object_key service);
/* The same, or a new one without pods. */
struct known_service *slice_knowledge_of(struct slice_knowledge *knowledge,
                                         struct object_key service);
void slice_knowledge_forget(struct slice_knowledge *knowledge, struct known_service *service);
void slice_knowledge_forget_pods(struct slice_knowledge *knowledge, struct known_service *service);

/* NULL: it is not known. */
struct known_pod *slice_knowledge_pod(const struct slice_knowledge *knowledge,
                                      const struct known_service *service, uint64_t uid);
struct known_pod *slice_knowledge_add(struct slice_knowledge *knowledge,
                                      struct known_service *service, const struct object *pod);
void slice_knowledge_change(struct known_pod *pod);
/* One that is not among the changed ones. */
void slice_knowledge_remove(struct slice_knowledge *knowledge, struct known_pod *pod);
/* The changed ones in the order in which they came. */
void slice_knowledge_sort(struct known_service *service);

/* ---- endpointslice_tracker.c ---- */

/* The controller's own writes that its cache has not shown it yet: until then it knows that what
 * it sees is stale, and does not take its own changes for somebody else's. */
struct pending_write {
    const struct text *space, *service; /* held */
    uint64_t uid;                       /* of the slice */
    uint64_t version;                   /* 0: it is to go */
};

struct slice_tracker {
    struct pending_write *items; /* owned */
    size_t count, capacity;
};

void slice_tracker_expect(struct slice_tracker *tracker, const struct endpoint_slice *slice,
                          bool deleted);
/* A change of a slice is seen. True when it is the expected one, which is then forgotten. */
bool slice_tracker_saw(struct slice_tracker *tracker, const struct endpoint_slice *slice,
                       bool deleted);
/* Are writes to slices of this Service pending? */
bool slice_tracker_is_stale(const struct slice_tracker *tracker, const struct text *space,
                            const struct text *service);
void slice_tracker_close(struct slice_tracker *tracker);

#endif
