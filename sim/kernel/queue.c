/* The contract of the future event list that does not depend on how it is kept: the clock
 * never goes back, nothing is scheduled into the past, and the count is right. The events
 * themselves are in queue_ladder.c (fast) or queue_list.c (plain). */
#include "sim/kernel/queue.h"

#include <assert.h>

#include "sim/kernel/queue_private.h"

struct queue *queue_new(void)
{
    return queue_new_ladder();
}

void queue_free(struct queue *queue)
{
    if (queue != NULL)
        queue->kind->free(queue);
}

sim_time queue_now(const struct queue *queue)
{
    return queue->now;
}

size_t queue_length(const struct queue *queue)
{
    return queue->length;
}

event_id queue_insert(struct queue *queue, const struct event *event)
{
    assert(event->at >= queue->now);
    queue->length++;
    return queue->kind->add(queue, event);
}

bool queue_cancel(struct queue *queue, event_id id)
{
    if (!queue->kind->cancel(queue, id))
        return false;
    queue->length--;
    return true;
}

bool queue_reschedule(struct queue *queue, event_id id, sim_time at)
{
    assert(at >= queue->now);
    return queue->kind->reschedule(queue, id, at);
}

bool queue_peek(struct queue *queue, sim_time *at)
{
    if (queue->length == 0)
        return false;
    *at = queue->kind->peek(queue);
    return true;
}

bool queue_next(struct queue *queue, struct event *next)
{
    return queue_next_by(queue, SIM_FOREVER, next);
}

bool queue_next_by(struct queue *queue, sim_time end, struct event *next)
{
    if (queue->length == 0 || !queue->kind->take(queue, end, next))
        return false;
    assert(next->at >= queue->now);
    queue->now = next->at;
    queue->length--;
    return true;
}

void queue_advance(struct queue *queue, sim_time at)
{
    assert(at >= queue->now);
    assert(queue->length == 0 || queue->kind->peek(queue) >= at);
    queue->now = at;
}
