/* The future event list as a sorted list: the plain statement of the contract in queue.h,
 * against which queue_ladder.c is tested. New events search from the end, so equal ones
 * stay in the order they came. */
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/kernel/queue_private.h"

struct node {
    struct event event;
    event_id id;
    struct node *earlier, *later;
};

struct queue_list {
    struct queue base;
    struct node ends; /* ends.later is the first, ends.earlier the last event */
    event_id last_id;
};

static bool happens_after(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at > b->at : a->priority > b->priority;
}

static void link_in_order(struct queue_list *list, struct node *node)
{
    struct node *before = list->ends.earlier;
    while (before != &list->ends && happens_after(&before->event, &node->event))
        before = before->earlier;
    node->earlier = before;
    node->later = before->later;
    node->earlier->later = node;
    node->later->earlier = node;
}

static void unlink_node(struct node *node)
{
    node->earlier->later = node->later;
    node->later->earlier = node->earlier;
}

static struct node *find(struct queue_list *list, event_id id)
{
    for (struct node *node = list->ends.later; node != &list->ends; node = node->later)
        if (node->id == id)
            return node;
    return NULL;
}

static event_id list_add(struct queue *queue, const struct event *event)
{
    struct queue_list *list = (struct queue_list *)queue;
    struct node *node = mem_new(sizeof *node);
    node->event = *event;
    node->id = ++list->last_id;
    link_in_order(list, node);
    return node->id;
}

static bool list_cancel(struct queue *queue, event_id id)
{
    struct node *node = find((struct queue_list *)queue, id);
    if (node == NULL)
        return false;
    unlink_node(node);
    free(node);
    return true;
}

static bool list_reschedule(struct queue *queue, event_id id, sim_time at)
{
    struct queue_list *list = (struct queue_list *)queue;
    struct node *node = find(list, id);
    if (node == NULL)
        return false;
    unlink_node(node);
    node->event.at = at;
    link_in_order(list, node);
    return true;
}

static sim_time list_peek(struct queue *queue)
{
    return ((struct queue_list *)queue)->ends.later->event.at;
}

static bool list_take(struct queue *queue, sim_time end, struct event *next)
{
    struct node *first = ((struct queue_list *)queue)->ends.later;
    if (first->event.at > end)
        return false;
    *next = first->event;
    unlink_node(first);
    free(first);
    return true;
}

static void list_free(struct queue *queue)
{
    struct queue_list *list = (struct queue_list *)queue;
    while (list->ends.later != &list->ends) {
        struct node *first = list->ends.later;
        unlink_node(first);
        free(first);
    }
    free(list);
}

static const struct queue_kind list_kind = {
    .add = list_add,
    .cancel = list_cancel,
    .reschedule = list_reschedule,
    .peek = list_peek,
    .take = list_take,
    .free = list_free,
};

struct queue *queue_new_list(void)
{
    struct queue_list *list = mem_new(sizeof *list);
    list->base.kind = &list_kind;
    list->ends.earlier = list->ends.later = &list->ends;
    return &list->base;
}
