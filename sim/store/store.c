/* What watchers know is a view; what they do not know yet is a thin layer above it.
 *
 * A write that is not visible yet waits in the batch of its time, and its key has a draft
 * with the present version. When the time comes, one event per batch takes it into the
 * view, drops the drafts that have nothing left to wait for, and tells the watchers. So an
 * object at rest has one entry, in the view, which caches without lag share. */
#include "sim/store/store.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/store/watch_private.h"

/* A key with writes on their way. */
struct draft {
    struct table_node node;       /* first: a node is its draft */
    struct object_key key;        /* borrowed from the changes that wait */
    const struct object *object;  /* the present version, held by its change; NULL: removed */
    sim_time visible;             /* of the latest write */
    size_t waiting;               /* writes on their way */
    uint64_t added;               /* version of its creation; 0 once the view knows of it */
    struct draft *before, *after; /* while `added`: in the order of creation */
};

/* The writes that become visible at one time. */
struct batch {
    struct table_node node; /* first: a node is its batch */
    struct store *store;
    sim_time at;
    struct changes changes;
    event_id event;
    struct batch *before, *after; /* in no order that matters: for store_free() */
};

struct store {
    struct run *run;
    const struct object_kind *const *kinds;
    uint16_t kind_count;
    uint64_t version;
    struct view view;
    struct watchers watchers;
    struct table drafts;     /* by the hash of the key */
    struct table batches;    /* by the hash of the time */
    struct draft new_drafts; /* ends of the list of new ones */
    struct batch all_batches;
    size_t *counts; /* present objects of each kind */
    struct pool draft_pool, batch_pool, change_pool;
};

struct store *store_new(struct run *run, const struct object_kind *const *kinds, uint16_t count)
{
    assert(count <= 64);
    struct store *store = mem_new(sizeof *store);
    store->run = run;
    store->kinds = kinds;
    store->kind_count = count;
    store->counts = mem_new(count * sizeof *store->counts);
    view_init(&store->view, count);
    table_init(&store->drafts);
    table_init(&store->batches);
    store->new_drafts.before = store->new_drafts.after = &store->new_drafts;
    store->all_batches.before = store->all_batches.after = &store->all_batches;
    pool_init(&store->draft_pool, sizeof(struct draft));
    pool_init(&store->batch_pool, sizeof(struct batch));
    pool_init(&store->change_pool, sizeof(struct change));
    return store;
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    struct batch *batch = store->all_batches.after;
    for (; batch != &store->all_batches; batch = batch->after) {
        run_cancel(store->run, &batch->event);
        changes_close(&batch->changes, &store->change_pool);
    }
    view_close(&store->view);
    table_close(&store->drafts);
    table_close(&store->batches);
    pool_close(&store->draft_pool);
    pool_close(&store->batch_pool);
    pool_close(&store->change_pool);
    free(store->watchers.items);
    free(store->counts);
    free(store);
}

uint64_t store_version(const struct store *store)
{
    return store->version;
}

const struct object_kind *const *store_kinds(const struct store *store, uint16_t *count)
{
    *count = store->kind_count;
    return store->kinds;
}

struct view *store_view(struct store *store)
{
    return &store->view;
}

size_t store_watch(struct store *store, struct watcher watcher)
{
    return store_watch_kinds(store, watcher, UINT64_MAX);
}

size_t store_watch_kinds(struct store *store, struct watcher watcher, uint64_t kinds)
{
    watchers_add(&store->watchers, watcher, kinds);
    return store->watchers.count - 1;
}

void store_unwatch(struct store *store, const void *self)
{
    watchers_remove(&store->watchers, self);
}

/* ---- drafts ---- */

static struct draft *draft_find(const struct store *store, struct object_key key)
{
    if (store->drafts.count == 0)
        return NULL;
    struct table_node *node = table_first(&store->drafts, object_key_hash(key));
    for (; node != NULL; node = table_again(node))
        if (object_key_equal(((struct draft *)node)->key, key))
            return (struct draft *)node;
    return NULL;
}

static struct draft *draft_of(struct store *store, struct object_key key)
{
    struct draft *draft = draft_find(store, key);
    if (draft != NULL)
        return draft;
    draft = pool_take(&store->draft_pool);
    draft->key = key;
    table_add(&store->drafts, &draft->node, object_key_hash(key));
    return draft;
}

static void draft_set_new(struct store *store, struct draft *draft, uint64_t version)
{
    struct draft *end = &store->new_drafts;
    draft->added = version;
    draft->before = end->before;
    draft->after = end;
    draft->before->after = draft->after->before = draft;
}

static void draft_unset_new(struct draft *draft)
{
    if (draft->added == 0)
        return;
    draft->added = 0;
    draft->before->after = draft->after;
    draft->after->before = draft->before;
}

/* A write of this key has become visible. */
static void draft_settle(struct store *store, const struct object *version)
{
    struct draft *draft = draft_find(store, object_key(version));
    if (draft->added == version->version)
        draft_unset_new(draft);
    if (--draft->waiting > 0)
        return;
    table_remove(&store->drafts, &draft->node);
    pool_give(&store->draft_pool, draft);
}

/* ---- batches ---- */

static uint64_t time_hash(sim_time at)
{
    uint64_t hash = (uint64_t)at * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

static void batch_link(struct store *store, struct batch *batch)
{
    batch->before = &store->all_batches;
    batch->after = store->all_batches.after;
    batch->before->after = batch->after->before = batch;
    table_add(&store->batches, &batch->node, time_hash(batch->at));
}

/* From here on, a write at this same time begins another batch. */
static void batch_unlink(struct store *store, struct batch *batch)
{
    batch->before->after = batch->after;
    batch->after->before = batch->before;
    table_remove(&store->batches, &batch->node);
}

static void batch_show(void *subject, sim_time now)
{
    struct batch *batch = subject;
    struct store *store = batch->store;
    assert(batch->at == now);
    batch_unlink(store, batch);
    changes_apply(&batch->changes, &store->view);
    for (const struct change *change = batch->changes.first; change; change = change->next)
        draft_settle(store, change->event.object);
    changes_deliver(&batch->changes, &store->watchers);
    changes_close(&batch->changes, &store->change_pool);
    pool_give(&store->batch_pool, batch);
}

static struct batch *batch_of(struct store *store, sim_time at)
{
    struct table_node *node = table_first(&store->batches, time_hash(at));
    for (; node != NULL; node = table_again(node))
        if (((struct batch *)node)->at == at)
            return (struct batch *)node;
    struct batch *batch = pool_take(&store->batch_pool);
    batch->store = store;
    batch->at = at;
    batch->event = run_at(store->run, at, PRIORITY_WATCH, batch_show, batch);
    batch_link(store, batch);
    return batch;
}

/* ---- reading ---- */

const struct object *store_get(const struct store *store, struct object_key key)
{
    const struct draft *draft = draft_find(store, key);
    return draft != NULL ? draft->object : view_get(&store->view, key);
}

size_t store_count(const struct store *store, uint16_t kind)
{
    return store->counts[kind];
}

void store_each(const struct store *store, uint16_t kind,
                void (*visit)(void *context, const struct object *object), void *context)
{
    for (struct cache_cursor c = view_list_all(&store->view, kind); cache_next(&c);) {
        const struct draft *draft = draft_find(store, object_key(c.object));
        if (draft == NULL)
            visit(context, c.object);
        else if (draft->object != NULL && draft->added == 0)
            visit(context, draft->object);
    }
    const struct draft *draft = store->new_drafts.after;
    for (; draft != &store->new_drafts; draft = draft->after)
        if (draft->key.kind == kind)
            visit(context, draft->object);
}

sim_time store_known(const struct store *store, uint16_t kind)
{
    sim_time known = run_now(store->run);
    const struct batch *batch = store->all_batches.after;
    for (; batch != &store->all_batches; batch = batch->after)
        known = changes_known(&batch->changes, kind, known);
    return known;
}

/* ---- writing ---- */

/* Give the object the next version and send it on its way; takes the reference. */
static void write_version(struct store *store, enum watch_type type, struct object *object,
                          const struct object *before, sim_time visible)
{
    assert(visible >= run_now(store->run) && object->kind < store->kind_count);
    const struct object_key key = object_key(object);
    object->version = ++store->version;
    trace_step(&store->run->trace, visible, object_key_hash(key) + type);

    struct draft *draft = draft_of(store, key);
    draft->visible = visible > draft->visible ? visible : draft->visible;
    draft->waiting++;
    draft->object = type == WATCH_DELETED ? NULL : object;
    if (type == WATCH_ADDED)
        draft_set_new(store, draft, object->version);
    else if (type == WATCH_DELETED)
        draft_unset_new(draft);

    struct batch *batch = batch_of(store, draft->visible);
    changes_add(&batch->changes, &store->change_pool,
                &(struct watch_event){ type, object, before, batch->at, object->cause,
                                       run_now(store->run) });
    object_drop(object);
}

bool store_create(struct store *store, struct object *object, sim_time visible)
{
    if (store_get(store, object_key(object)) != NULL) {
        object_drop(object);
        return false;
    }
    store->counts[object->kind]++;
    write_version(store, WATCH_ADDED, object, NULL, visible);
    return true;
}

void store_replace(struct store *store, struct object *object, sim_time visible)
{
    const struct object *before = store_get(store, object_key(object));
    assert(before != NULL && before != object);
    write_version(store, WATCH_MODIFIED, object, before, visible);
}

void store_remove(struct store *store, struct object *last, sim_time visible)
{
    const struct object *before = store_get(store, object_key(last));
    assert(before != NULL && before != last);
    store->counts[last->kind]--;
    write_version(store, WATCH_DELETED, last, before, visible);
}
