/* Delivery of changes: one batch at a time, to one watcher after the other. */
#include <assert.h>
#include <stdlib.h>

#include "sim/store/watch_private.h"

void changes_add(struct changes *changes, struct pool *pool, const struct watch_event *event)
{
    struct change *change = pool_take(pool);
    change->event = *event;
    object_hold(event->object);
    object_hold(event->before);
    *(changes->last ? &changes->last->next : &changes->first) = change;
    changes->last = change;
    changes->kinds |= UINT64_C(1) << event->object->kind;
}

void changes_close(struct changes *changes, struct pool *pool)
{
    for (struct change *change = changes->first, *next; change != NULL; change = next) {
        next = change->next;
        object_drop(change->event.object);
        object_drop(change->event.before);
        pool_give(pool, change);
    }
    *changes = (struct changes){ 0 };
}

void changes_apply(const struct changes *changes, struct view *view)
{
    for (const struct change *change = changes->first; change != NULL; change = change->next)
        if (change->event.type == WATCH_DELETED)
            view_remove(view, object_key(change->event.object));
        else
            view_put(view, change->event.object);
}

static void deliver_to(const struct changes *changes, struct registration wants)
{
    for (const struct change *change = changes->first; change != NULL; change = change->next)
        if (wants.kinds >> change->event.object->kind & 1)
            wants.watcher.deliver(wants.watcher.self, &change->event);
}

void changes_deliver(const struct changes *changes, const struct watchers *watchers)
{
    const size_t count = watchers->count; /* who joins meanwhile hears of later changes */
    for (size_t i = 0; i < count; i++)
        if (watchers->items[i].kinds & changes->kinds)
            deliver_to(changes, watchers->items[i]);
}

void watchers_add(struct watchers *watchers, struct watcher watcher, uint64_t kinds)
{
    MEM_GROW(watchers->items, watchers->count, watchers->capacity);
    watchers->items[watchers->count++] = (struct registration){ watcher, kinds };
}

void watchers_remove(struct watchers *watchers, const void *self)
{
    size_t found = watchers->count;
    while (found > 0 && watchers->items[found - 1].watcher.self != self)
        found--;
    assert(found > 0);
    for (size_t i = found; i < watchers->count; i++)
        watchers->items[i - 1] = watchers->items[i];
    watchers->count--;
}
