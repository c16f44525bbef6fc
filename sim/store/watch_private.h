/* Changes on their way, and those who wait for them: what store and lagging caches share. */
#ifndef SIM_STORE_WATCH_PRIVATE_H
#define SIM_STORE_WATCH_PRIVATE_H

#include "sim/base/memory.h"
#include "sim/store/store.h"
#include "sim/store/view.h"

/* One write that somebody has not heard of yet. Holds its objects. */
struct change {
    struct watch_event event;
    struct change *next;
};

/* Changes in the order of their versions. */
struct changes {
    struct change *first, *last;
    uint64_t kinds; /* bit k: some are of kind k */
};

struct registration {
    struct watcher watcher;
    uint64_t kinds; /* bit k: wants those of kind k */
};

struct watchers {
    struct registration *items; /* in order */
    size_t count, capacity;
};

/* Append a change with this event, whose objects it holds. */
void changes_add(struct changes *changes, struct pool *pool, const struct watch_event *event);
/* Release them, and what they hold. */
void changes_close(struct changes *changes, struct pool *pool);

/* Take the changes into a view. */
void changes_apply(const struct changes *changes, struct view *view);
/* Tell everybody who wants to know: in the order of registration, each in that of versions. */
void changes_deliver(const struct changes *changes, const struct watchers *watchers);

/* When the first of a kind was written, if that was before `known`; otherwise this. */
sim_time changes_known(const struct changes *changes, uint16_t kind, sim_time known);
/* Is one of a kind among them, up to a version? */
bool changes_reach(const struct changes *changes, uint16_t kind, uint64_t version);
/* Leave of each object only what has become of it, as somebody sees who lists anew: what the view
 * does not know and is no more, was never there. One that was removed and made again is told as
 * both. In the order of the last change. */
void changes_compress(struct changes *changes, struct pool *pool, const struct view *view);

void watchers_add(struct watchers *watchers, struct watcher watcher, uint64_t kinds);
void watchers_remove(struct watchers *watchers, const void *self);

/* What the store shows to caches without lag. */
struct view *store_view(struct store *store);

#endif
