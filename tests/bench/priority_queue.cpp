#include "tests/bench/priority_queue.h"

#include <queue>
#include <vector>

namespace
{
struct happens_later {
    bool operator()(const event &a, const event &b) const
    {
        return a.at != b.at ? a.at > b.at : a.priority > b.priority;
    }
};
} // namespace

struct priority_queue {
    std::priority_queue<event, std::vector<event>, happens_later> events;
};

struct priority_queue *priority_queue_new(void)
{
    return new priority_queue;
}

void priority_queue_free(struct priority_queue *queue)
{
    delete queue;
}

void priority_queue_add(struct priority_queue *queue, struct event event)
{
    queue->events.push(event);
}

/* The loop is on this side, so that the compiler may inline the heap into it. */
sim_time priority_queue_hold(struct priority_queue *queue, const sim_time *increments,
                             uint64_t count, uint64_t holds)
{
    sim_time now = 0;
    for (uint64_t i = 0; i < holds; i++) {
        struct event next = queue->events.top();
        queue->events.pop();
        now = next.at;
        next.act(next.subject, now);
        next.at = now + increments[i % count];
        queue->events.push(next);
    }
    return now;
}
