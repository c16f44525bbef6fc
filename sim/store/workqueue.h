/* Keys waiting for a controller: each at most once, with delays and back-off.
 *
 * As client-go's work queue: a key added while it is being processed is processed once
 * more afterwards; a failing key comes back after base * 2^failures. Keys leave in the
 * order they were added. Each key carries the first cause that added it since it was
 * last taken. */
#ifndef SIM_STORE_WORKQUEUE_H
#define SIM_STORE_WORKQUEUE_H

#include "sim/kernel/run.h"
#include "sim/store/object.h"

struct workqueue;

/* In a run with a variation ("queue-order" of `name`) any key that waits may be the next. The name
 * is borrowed. */
void workqueue_vary(struct workqueue *queue, const char *name);

/* An empty queue. `ready(subject)` is called whenever a key becomes available. Back-off is
 * base * 2^failures, at most `limit`. Release with workqueue_free(). */
struct workqueue *workqueue_new(struct run *run, sim_time base, sim_time limit,
                                void (*ready)(void *subject), void *subject);
void workqueue_free(struct workqueue *queue);

/* Add a key now, or after a delay (the earlier of two delays counts). */
void workqueue_add(struct workqueue *queue, struct object_key key, struct cause cause);
void workqueue_add_after(struct workqueue *queue, struct object_key key, sim_time delay,
                         struct cause cause);

/* Take the first key; false when none waits. It is "in process" until workqueue_done().
 * The key's texts are held until then. */
bool workqueue_take(struct workqueue *queue, struct object_key *key, struct cause *cause);
/* Finished: forget the key's failures, or count one more and add it after its back-off. */
void workqueue_done(struct workqueue *queue, struct object_key key, bool failed);

/* Keys that wait now (delayed ones not counted). */
size_t workqueue_length(const struct workqueue *queue);

/* Since the queue was made: keys that came in line or waited there already when they were asked for
 * again do not count twice; those that came back after a failure. */
struct workqueue_counts {
    uint64_t adds, retries;
};
struct workqueue_counts workqueue_counts(const struct workqueue *queue);

#endif
