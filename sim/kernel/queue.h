/* The future event list: what will happen, in the order it will happen.
 *
 * Events leave by (time, priority, insertion order), so two runs with the same
 * seed dispatch the same events in the same order. One queue belongs to one run.
 * Costs are amortised; n is the number of pending events. */
#ifndef SIM_KERNEL_QUEUE_H
#define SIM_KERNEL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/time.h"

typedef uint64_t event_id; /* names one scheduled event; never reused; 0 names none */
typedef void event_fn(void *subject, sim_time now);

struct event {
    sim_time at;   /* when it happens */
    int priority;  /* lower first among events at one instant */
    event_fn *act; /* what happens */
    void *subject; /* borrowed: outlives the event, or withdraws it */
};

struct queue;

/* An empty queue with its clock at 0. Release with queue_free(). */
struct queue *queue_new(void);

/* The same contract as a sorted list: slow, short, and right at first reading. For tests,
 * and for a second opinion on a surprising run (--queue=list). Every operation is O(n). */
struct queue *queue_new_list(void);

/* Release the queue; events still pending never happen. NULL is fine. */
void queue_free(struct queue *queue);

/* The clock: the time of the event taken last. O(1). */
sim_time queue_now(const struct queue *queue);

/* Events scheduled and neither taken nor withdrawn. O(1). */
size_t queue_length(const struct queue *queue);

/* Schedule an event; insert copies one that stands in memory. The past is a programming error
 * and aborts. O(1). */
event_id queue_insert(struct queue *queue, const struct event *event);
static inline event_id queue_add(struct queue *queue, struct event event)
{
    return queue_insert(queue, &event);
}

/* Withdraw an event. False if it has happened or was withdrawn before; 0 is fine. O(1). */
bool queue_cancel(struct queue *queue, event_id id);

/* Move an event to another time (not the past), last among its equals there. Its id stays.
 * False, and nothing changes, if it has happened or was withdrawn. O(1). */
bool queue_reschedule(struct queue *queue, event_id id, sim_time at);

/* When the earliest event happens; false when nothing is left. The clock stays. */
bool queue_peek(struct queue *queue, sim_time *at);

/* Advance the clock to the earliest event and move it into *next.
 * False, with the clock untouched, when nothing is left. O(1). */
bool queue_next(struct queue *queue, struct event *next);

/* The same, but only if the event happens at `end` or before. */
bool queue_next_by(struct queue *queue, sim_time end, struct event *next);

/* Advance the clock, over no event. Its own past is a programming error and aborts. */
void queue_advance(struct queue *queue, sim_time at);

#endif
