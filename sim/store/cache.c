/* Without lag, a cache is the view the store keeps anyway. With lag, it is a watcher of the
 * store with a view of its own: each batch it hears of waits for its lag, behind what waits
 * already, and is then taken in and told to the cache's watchers. */
#include "sim/store/cache.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/store/watch_private.h"

/* Changes that arrive at one time. */
struct arrival {
    struct arrival *next;
    sim_time at;
    struct changes changes;
};

struct cache {
    struct run *run;
    struct store *store;
    struct distribution *lag; /* NULL: none, and nothing below is used */
    int priority;             /* of its events: in the order in which caches were made */
    struct stream stream;
    struct view view;
    struct watchers watchers;
    struct arrival *first, *last; /* on their way, by time */
    event_id event;               /* when the first arrives; 0: nothing is on its way */
    struct pool arrival_pool, change_pool;
};

static bool lags(const struct distribution *lag)
{
    return lag != NULL && !(distribution_is_constant(lag) && distribution_mean(lag) == 0);
}

static void cache_hear(void *self, const struct watch_event *event);

struct cache *cache_new(struct run *run, struct store *store, const char *name,
                        const struct distribution *lag)
{
    struct cache *cache = mem_new(sizeof *cache);
    cache->run = run;
    cache->store = store;
    if (!lags(lag))
        return cache;
    uint16_t kinds;
    store_kinds(store, &kinds);
    const struct watcher hear = { .self = cache, .deliver = cache_hear };
    cache->lag = distribution_copy(lag);
    cache->stream = stream_of(run->seed, "", name, "cache lag", 0);
    view_init(&cache->view, kinds);
    pool_init(&cache->arrival_pool, sizeof(struct arrival));
    pool_init(&cache->change_pool, sizeof(struct change));
    cache->priority = PRIORITY_WATCH + 1 + (int)store_watch(store, hear);
    assert(cache->priority < PRIORITY_WORLD);
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    if (cache->lag != NULL) {
        store_unwatch(cache->store, cache);
        run_cancel(cache->run, &cache->event);
        for (struct arrival *arrival = cache->first; arrival != NULL; arrival = arrival->next)
            changes_close(&arrival->changes, &cache->change_pool);
        view_close(&cache->view);
        pool_close(&cache->arrival_pool);
        pool_close(&cache->change_pool);
        free(cache->watchers.items);
        distribution_free(cache->lag);
    }
    free(cache);
}

/* ---- lag ---- */

static void cache_take_in(void *subject, sim_time now)
{
    struct cache *cache = subject;
    struct arrival *arrival = cache->first;
    assert(arrival->at == now);
    cache->first = arrival->next;
    if (cache->first == NULL)
        cache->last = NULL;
    cache->event = 0;
    if (cache->first != NULL)
        cache->event = run_at(cache->run, cache->first->at, cache->priority, cache_take_in, cache);
    changes_apply(&arrival->changes, &cache->view);
    changes_deliver(&arrival->changes, &cache->watchers);
    changes_close(&arrival->changes, &cache->change_pool);
    pool_give(&cache->arrival_pool, arrival);
}

/* The last arrival if it is at this time, else a new one. */
static struct arrival *arrival_at(struct cache *cache, sim_time at)
{
    if (cache->last != NULL && cache->last->at == at)
        return cache->last;
    struct arrival *arrival = pool_take(&cache->arrival_pool);
    arrival->at = at;
    *(cache->last ? &cache->last->next : &cache->first) = arrival;
    cache->last = arrival;
    if (cache->event == 0)
        cache->event = run_at(cache->run, at, cache->priority, cache_take_in, cache);
    return arrival;
}

static void cache_hear(void *self, const struct watch_event *event)
{
    struct cache *cache = self;
    const sim_time lag = distribution_sample_time(cache->lag, &cache->stream);
    struct watch_event late = *event;
    late.at = sim_time_after(event->at, lag);
    if (cache->last != NULL && cache->last->at > late.at)
        late.at = cache->last->at; /* no change overtakes an earlier one */
    changes_add(&arrival_at(cache, late.at)->changes, &cache->change_pool, &late);
}

/* ---- the contract ---- */

static struct view *cache_view(const struct cache *cache)
{
    return cache->lag != NULL ? (struct view *)&cache->view : store_view(cache->store);
}

int cache_add_index(struct cache *cache, uint16_t kind, index_fn *key)
{
    return view_add_index(cache_view(cache), kind, key);
}

const struct object *cache_get(const struct cache *cache, struct object_key key)
{
    return view_get(cache_view(cache), key);
}

void cache_watch(struct cache *cache, struct watcher watcher)
{
    cache_watch_kinds(cache, watcher, UINT64_MAX);
}

void cache_watch_kinds(struct cache *cache, struct watcher watcher, uint64_t kinds)
{
    if (cache->lag != NULL)
        watchers_add(&cache->watchers, watcher, kinds);
    else
        store_watch_kinds(cache->store, watcher, kinds);
}

struct cache_cursor cache_list(const struct cache *cache, uint16_t kind)
{
    return view_list_all(cache_view(cache), kind);
}

struct cache_cursor cache_listed(const struct cache *cache, uint16_t kind, int index, uint64_t key)
{
    return view_list_group(cache_view(cache), kind, index, key);
}

size_t cache_count(const struct cache *cache, uint16_t kind)
{
    return cache_view(cache)->kinds[kind].all.count;
}

size_t cache_listed_count(const struct cache *cache, uint16_t kind, int index, uint64_t key)
{
    return view_group_count(cache_view(cache), kind, index, key);
}
