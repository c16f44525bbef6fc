/* As client-go's util/workqueue of the release named in docs/fidelity.md: queue.go (waiting,
 * dirty and in process), delaying_queue.go (the earlier of two delays counts) and the
 * per-item exponential limiter of default_rate_limiters.go. A key that nothing is known
 * of takes no memory. */
#include "sim/store/workqueue.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/base/table.h"

struct item {
    struct table_node node; /* first: a node is its item */
    struct workqueue *queue;
    struct object_key key; /* held */
    struct item *next;     /* in line */
    bool dirty;            /* added since it was last taken; in line unless in process */
    bool in_process;
    uint32_t failures;
    struct cause cause;       /* the first since it was last taken */
    struct cause taken_cause; /* of what is in process */
    event_id delay;           /* 0: no delayed addition */
    sim_time due;             /* of the delayed addition */
    struct cause due_cause;
};

struct workqueue {
    struct run *run;
    sim_time base, limit;
    void (*ready)(void *subject);
    void *subject;
    struct table items; /* by the hash of the key */
    struct pool pool;
    struct item *first, *last; /* in line */
    size_t length;
    const char *name; /* whose order is varied; NULL: nobody's */
    struct varied order;
    uint64_t taken; /* out of their turn, or not */
    struct workqueue_counts counts;
};

struct workqueue *workqueue_new(struct run *run, sim_time base, sim_time limit,
                                void (*ready)(void *subject), void *subject)
{
    struct workqueue *queue = mem_new(sizeof *queue);
    queue->run = run;
    queue->base = base;
    queue->limit = limit;
    queue->ready = ready;
    queue->subject = subject;
    table_init(&queue->items);
    pool_init(&queue->pool, sizeof(struct item));
    return queue;
}

/* ---- items ---- */

static struct item *item_find(const struct workqueue *queue, struct object_key key)
{
    struct table_node *node = table_first(&queue->items, object_key_hash(key));
    for (; node != NULL; node = table_again(node))
        if (object_key_equal(((struct item *)node)->key, key))
            return (struct item *)node;
    return NULL;
}

static struct item *item_of(struct workqueue *queue, struct object_key key)
{
    struct item *item = item_find(queue, key);
    if (item != NULL)
        return item;
    item = pool_take(&queue->pool);
    item->queue = queue;
    item->key = object_key_hold(key);
    table_add(&queue->items, &item->node, object_key_hash(key));
    return item;
}

static void item_forget(struct item *item)
{
    struct workqueue *queue = item->queue;
    run_cancel(queue->run, &item->delay);
    table_remove(&queue->items, &item->node);
    object_key_drop(item->key);
    pool_give(&queue->pool, item);
}

void workqueue_free(struct workqueue *queue)
{
    if (queue == NULL)
        return;
    for (size_t i = 0; i <= queue->items.mask; i++)
        while (queue->items.buckets[i] != NULL)
            item_forget((struct item *)queue->items.buckets[i]);
    table_close(&queue->items);
    pool_close(&queue->pool);
    free(queue);
}

/* ---- in line ---- */

static void stand_in_line(struct workqueue *queue, struct item *item)
{
    item->next = NULL;
    *(queue->last ? &queue->last->next : &queue->first) = item;
    queue->last = item;
    queue->length++;
    queue->ready(queue->subject);
}

static void add(struct item *item, struct cause cause)
{
    if (item->dirty)
        return;
    item->dirty = true;
    item->queue->counts.adds++;
    item->cause = cause;
    if (!item->in_process)
        stand_in_line(item->queue, item);
}

void workqueue_add(struct workqueue *queue, struct object_key key, struct cause cause)
{
    add(item_of(queue, key), cause);
}

void workqueue_vary(struct workqueue *queue, const char *name)
{
    queue->name = name;
    queue->order = varied_of(queue->run, "queue-order", name);
}

/* The place in line of the key that is taken next. */
static uint32_t next_place(struct workqueue *queue)
{
    if (queue->length < 2 || !varied_happens(&queue->order, queue->run, 1))
        return 0;
    return run_choose(queue->run, "queue-order", queue->name, queue->taken++,
                      (uint32_t)queue->length);
}

static struct item *leave_line(struct workqueue *queue, uint32_t place)
{
    struct item *before = NULL, *item = queue->first;
    for (; place > 0; place--) {
        before = item;
        item = item->next;
    }
    *(before != NULL ? &before->next : &queue->first) = item->next;
    if (queue->last == item)
        queue->last = before;
    queue->length--;
    return item;
}

bool workqueue_take(struct workqueue *queue, struct object_key *key, struct cause *cause)
{
    if (queue->first == NULL)
        return false;
    struct item *item = leave_line(queue, next_place(queue));
    item->dirty = false;
    item->in_process = true;
    item->taken_cause = item->cause;
    *key = item->key;
    *cause = item->cause;
    return true;
}

size_t workqueue_length(const struct workqueue *queue)
{
    return queue->length;
}

struct workqueue_counts workqueue_counts(const struct workqueue *queue)
{
    return queue->counts;
}

/* ---- delays ---- */

static void delay_ends(void *subject, sim_time now)
{
    struct item *item = subject;
    assert(item->due == now);
    item->delay = 0;
    add(item, item->due_cause);
}

static void add_at(struct item *item, sim_time due, struct cause cause)
{
    struct run *run = item->queue->run;
    if (item->delay != 0 && item->due <= due)
        return;
    run_cancel(run, &item->delay);
    item->due = due;
    item->due_cause = cause;
    item->delay = run_at(run, due, PRIORITY_WORK, delay_ends, item);
}

void workqueue_add_after(struct workqueue *queue, struct object_key key, sim_time delay,
                         struct cause cause)
{
    struct item *item = item_of(queue, key);
    if (delay <= 0)
        add(item, cause);
    else
        add_at(item, sim_time_after(run_now(queue->run), delay), cause);
}

/* base * 2^failures, at most the limit. */
static sim_time backoff(const struct workqueue *queue, uint32_t failures)
{
    sim_time delay = queue->base;
    for (; failures > 0 && delay < queue->limit; failures--)
        delay = sim_time_after(delay, delay);
    return delay < queue->limit ? delay : queue->limit;
}

void workqueue_done(struct workqueue *queue, struct object_key key, bool failed)
{
    struct item *item = item_find(queue, key);
    assert(item != NULL && item->in_process);
    queue->counts.retries += failed;
    if (failed)
        workqueue_add_after(queue, key, backoff(queue, item->failures++), item->taken_cause);
    else
        item->failures = 0;
    item->in_process = false;
    if (item->dirty)
        stand_in_line(queue, item);
    else if (item->delay == 0 && item->failures == 0)
        item_forget(item);
}
