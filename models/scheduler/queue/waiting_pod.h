/* A pod in the scheduling queue, and heaps of them. */
#ifndef MODELS_SCHEDULER_WAITING_POD_H
#define MODELS_SCHEDULER_WAITING_POD_H

#include "models/scheduler/configuration/profile.h"

enum waiting_place {
    WAITING_IN_FLIGHT,     /* popped: its attempt is going on */
    WAITING_ACTIVE,        /* to be tried, in order */
    WAITING_BACKOFF,       /* rejected; to be tried when its back-off is over, or sooner if nothing
                            * else is to do */
    WAITING_ERROR_BACKOFF, /* failed by an error; never tried before its back-off is over */
    WAITING_POOL           /* unschedulable or gated, until something helps */
};

struct waiting_pod {
    struct table_node by_name;
    const struct pod *pod; /* held: the version seen last */
    const struct profile *profile;
    struct cause cause; /* of what brought it into the queue, or last woke it */
    enum waiting_place place;
    size_t at;                           /* its place in a heap */
    struct waiting_pod *previous, *next; /* in the pool, in the order in which they came */
    struct in_flight *flight;            /* while in flight */
    bool gone;                           /* deleted while in flight */

    sim_time queued_at;     /* when it was added, or its last attempt failed */
    uint64_t stamp;         /* tells apart pods queued at one instant: rises with time */
    sim_time first_attempt; /* when it first entered the active queue; -1: never */
    int attempts, rejections, consecutive_errors;
    sim_time backoff_until; /* a whole second; -1: no failure yet */
    uint64_t rejecting;     /* bits: plugins that rejected or gate it */
    uint64_t pending;       /* bits: plugins that have to wait for something of their own */
    int gated_by;           /* the PreEnqueue plugin that keeps it out; -1: none */
    bool flushed;           /* by the five-minute flush */
    sim_time flushed_at;
};

/* A binary heap of waiting pods; who comes first is the caller's business. */
struct waiting_heap {
    struct waiting_pod **items; /* owned; the pods are borrowed */
    size_t count, capacity;
    bool (*before)(const struct waiting_pod *a, const struct waiting_pod *b);
};

void waiting_heap_close(struct waiting_heap *heap);
void waiting_heap_add(struct waiting_heap *heap, struct waiting_pod *pod);
/* The pod must be in this heap. */
void waiting_heap_remove(struct waiting_heap *heap, struct waiting_pod *pod);
static inline struct waiting_pod *waiting_heap_first(const struct waiting_heap *heap)
{
    return heap->count > 0 ? heap->items[0] : NULL;
}

#endif
