/* The yardstick that timings stand beside: 10^7 holds of a std::priority_queue of struct event with
 * 10^5 pending, exponential increments, in CPU seconds. For programs that link priority_queue.o. */
#ifndef TESTS_BENCH_YARDSTICK_H
#define TESTS_BENCH_YARDSTICK_H

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "sim/base/memory.h"
#include "sim/chance/stream.h"
#include "tests/bench/priority_queue.h"

static inline double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline void yardstick_event(void *subject, sim_time now)
{
    (void)subject;
    (void)now;
}

/* As many holds as there are events, for the steady state; then those that are timed. */
static inline double yardstick_seconds(void)
{
    enum { HOLDS = 10000000, PENDING = 100000, INCREMENTS = 1 << 16 };
    sim_time *increments = mem_new(INCREMENTS * sizeof *increments);
    struct stream luck = stream_of(1, "", "bench", "exponential", 0);
    struct priority_queue *queue = priority_queue_new();
    for (int i = 0; i < INCREMENTS; i++)
        increments[i] = sim_time_from_seconds(-log(stream_uniform(&luck)));
    for (int i = 0; i < PENDING; i++)
        priority_queue_add(
            queue, (struct event){ .at = increments[i % INCREMENTS], .act = yardstick_event });
    priority_queue_hold(queue, increments, INCREMENTS, PENDING);
    const double began = cpu_seconds();
    priority_queue_hold(queue, increments, INCREMENTS, HOLDS);
    const double took = cpu_seconds() - began;
    priority_queue_free(queue);
    free(increments);
    return took;
}

#endif
