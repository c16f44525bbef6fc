/* The yardstick: the future event list most C++ simulations have, a std::priority_queue of
 * struct event by value. No cancelling, no order among equals. */
#ifndef TESTS_BENCH_PRIORITY_QUEUE_H
#define TESTS_BENCH_PRIORITY_QUEUE_H

#include <stdbool.h>

#include "sim/kernel/queue.h"

#ifdef __cplusplus
extern "C" {
#endif

struct priority_queue;

struct priority_queue *priority_queue_new(void);
void priority_queue_free(struct priority_queue *queue);
void priority_queue_add(struct priority_queue *queue, struct event event);

/* Take the earliest and add it again `increments[i % count]` later, `holds` times. Returns
 * the time it ends at. */
sim_time priority_queue_hold(struct priority_queue *queue, const sim_time *increments,
                             uint64_t count, uint64_t holds);

#ifdef __cplusplus
}
#endif

#endif
