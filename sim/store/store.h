/* The store: the present version of every object, and the writes on their way to those
 * who watch.
 *
 * A write takes effect in the store at once, so that its caller knows the outcome, and
 * becomes visible at a time the caller names (now, or later when the call itself took
 * virtual time). Watchers see writes as events of the future event list, never as
 * callbacks inside a write, ordered by (time, registration of the watcher, version).
 * The writes of one object become visible in the order they were made. */
#ifndef SIM_STORE_STORE_H
#define SIM_STORE_STORE_H

#include "sim/kernel/run.h"
#include "sim/store/object.h"

struct store;

enum watch_type { WATCH_ADDED, WATCH_MODIFIED, WATCH_DELETED };

/* One write as a watcher sees it. Borrowed for the length of the call. */
struct watch_event {
    enum watch_type type;
    const struct object *object; /* the new version; for WATCH_DELETED the last state */
    const struct object *before; /* the version it replaced; NULL for WATCH_ADDED */
    sim_time at;                 /* when it became visible */
    struct cause cause;
    sim_time made; /* when it was written: what a call does is visible when the call has ended */
};

/* Somebody who wants to know. `deliver` may schedule events and queue keys; writes belong
 * into an event of its own. */
struct watcher {
    void *self;
    void (*deliver)(void *self, const struct watch_event *event);
};

/* An empty store of `count` kinds (at most 64); the table is borrowed. Release with
 * store_free(), before the run. */
struct store *store_new(struct run *run, const struct object_kind *const *kinds, uint16_t count);
void store_free(struct store *store);

/* The present version; borrowed until the next write of this key. NULL when absent. O(1). */
const struct object *store_get(const struct store *store, struct object_key key);

/* Objects of a kind, present versions: first those that watchers know of, in the order in
 * which they came to know them, then those still on their way, in the order of creation. */
size_t store_count(const struct store *store, uint16_t kind);
void store_each(const struct store *store, uint16_t kind,
                void (*visit)(void *context, const struct object *object), void *context);

/* Store a new object, taking the caller's reference. Its name must be free: false (and the
 * reference is dropped) when it is not. Gives it the next version. */
bool store_create(struct store *store, struct object *object, sim_time visible);

/* Replace the present version of the same key, taking the caller's reference. The key must
 * exist. Gives the object the next version. */
void store_replace(struct store *store, struct object *object, sim_time visible);

/* Remove a key that exists. `last` is its final state, the caller's reference is taken; it
 * gets the next version, as a deletion is itself a write. */
void store_remove(struct store *store, struct object *last, sim_time visible);

/* Everything of a kind that was written before this time is visible. O(writes under way). */
sim_time store_known(const struct store *store, uint16_t kind);

/* The version of the newest write. */
uint64_t store_version(const struct store *store);

/* From now on, deliver every write to the watcher, or only those of some kinds (bit k: of kind
 * k). In the order of registration; returns how many registered before. */
size_t store_watch(struct store *store, struct watcher watcher);
size_t store_watch_kinds(struct store *store, struct watcher watcher, uint64_t kinds);
/* No more, please: the watcher registered last with this `self`. Not from `deliver`. */
void store_unwatch(struct store *store, const void *self);

/* The table of kinds given to store_new(). */
const struct object_kind *const *store_kinds(const struct store *store, uint16_t *count);

#endif
