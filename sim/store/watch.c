/* Changes on their way: one batch at a time, to one watcher after the other. */
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

sim_time changes_known(const struct changes *changes, uint16_t kind, sim_time known)
{
    if (changes->kinds >> kind & 1)
        for (const struct change *change = changes->first; change != NULL; change = change->next)
            if (change->event.object->kind == kind && change->event.made < known)
                known = change->event.made;
    return known;
}

bool changes_reach(const struct changes *changes, uint16_t kind, uint64_t version)
{
    if (changes->kinds >> kind & 1)
        for (const struct change *change = changes->first; change != NULL; change = change->next)
            if (change->event.object->kind == kind && change->event.object->version <= version)
                return true;
    return false;
}

/* ---- listing anew ---- */

/* The last change of an object, and whether it was removed before that. */
struct fate {
    const struct change *last;
    bool removed;
};

static bool same_object(const struct change *a, const struct change *b)
{
    return object_key_equal(object_key(a->event.object), object_key(b->event.object));
}

/* What became of the object of a change; `last` NULL when a later one tells. */
static struct fate fate_of(const struct changes *changes, const struct change *change)
{
    struct fate fate = { .last = change };
    for (const struct change *later = change->next; later != NULL; later = later->next)
        if (same_object(change, later))
            return (struct fate){ 0 };
    for (const struct change *other = changes->first; other != change; other = other->next)
        fate.removed |= same_object(change, other) && other->event.type == WATCH_DELETED;
    return fate;
}

static void tell_fate(struct changes *into, struct pool *pool, struct fate fate,
                      const struct object *known)
{
    struct watch_event event = fate.last->event;
    const bool gone = event.type == WATCH_DELETED;
    event.before = known;
    if (known != NULL && (gone || fate.removed)) {
        struct watch_event end = event;
        end.type = WATCH_DELETED;
        end.object = known; /* its last state is not known */
        changes_add(into, pool, &end);
        event.before = NULL;
    }
    if (gone)
        return;
    event.type = event.before != NULL ? WATCH_MODIFIED : WATCH_ADDED;
    changes_add(into, pool, &event);
}

void changes_compress(struct changes *changes, struct pool *pool, const struct view *view)
{
    struct changes left = { 0 };
    for (const struct change *change = changes->first; change != NULL; change = change->next) {
        const struct fate fate = fate_of(changes, change);
        if (fate.last != NULL)
            tell_fate(&left, pool, fate, view_get(view, object_key(change->event.object)));
    }
    changes_close(changes, pool);
    *changes = left;
}

/* ---- delivery ---- */

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
