/* How the endpoints of a Service are spread over its slices: what endpointslice.c and
 * endpointslice_plan.c share. */
#ifndef MODELS_CONTROLLERS_ENDPOINTSLICE_PRIVATE_H
#define MODELS_CONTROLLERS_ENDPOINTSLICE_PRIVATE_H

#include "models/api/service.h"

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
};

struct slice_plan {
    struct wanted_endpoint *wanted; /* owned; in the order of the pods' creation */
    size_t wanted_count, wanted_capacity;
    struct planned_slice *slices; /* owned; those that are there first, in order of creation */
    size_t count, capacity;
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
