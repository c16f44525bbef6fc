/* What the two future event lists share with queue.c: the clock, the count, and the
 * functions that tell them apart. */
#ifndef SIM_KERNEL_QUEUE_PRIVATE_H
#define SIM_KERNEL_QUEUE_PRIVATE_H

#include "sim/kernel/queue.h"

/* How one kind of queue keeps its contract. The checks on time and the clock are queue.c's;
 * `take` and `peek` are only called while something is pending. */
struct queue_kind {
    event_id (*add)(struct queue *queue, const struct event *event);
    bool (*cancel)(struct queue *queue, event_id id);
    bool (*reschedule)(struct queue *queue, event_id id, sim_time at);
    sim_time (*peek)(struct queue *queue);
    bool (*take)(struct queue *queue, sim_time end, struct event *next); /* false: after `end` */
    void (*free)(struct queue *queue);
};

/* The first member of each kind's own struct. */
struct queue {
    const struct queue_kind *kind;
    sim_time now;
    size_t length;
};

/* The fast kind, in queue_ladder.c. */
struct queue *queue_new_ladder(void);

#endif
