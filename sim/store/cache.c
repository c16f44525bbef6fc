/* Without lag, a cache is the view the store keeps anyway. With lag, it is a watcher of the
 * store with a view of its own: each batch it hears of waits for its lag, behind what waits
 * already, and is then taken in and told to the cache's watchers. What waits stands in lanes: one
 * for everything, or in a varied cache one for each kind, which do not wait for one another. */
#include "sim/store/cache.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/store/watch_private.h"

/* What a varied lane does at most: come late; lose its watch, and list anew after so long. */
static const sim_time longest_delay = 5 * SIM_SECOND, longest_loss = 15 * SIM_SECOND;
static const double often_late = 0.7, often_lost = 0.04;

/* Changes that arrive at one time. */
struct arrival {
    struct arrival *next;
    sim_time at;
    bool listed; /* not watched but listed: only what has become of each object */
    struct changes changes;
};

struct lane {
    struct cache *cache;
    struct arrival *first, *last; /* on their way, by time */
    event_id event;               /* when the first arrives; 0: nothing is on its way */
    bool begun;                   /* the following are drawn */
    struct varied late, lost;
};

struct cache {
    struct run *run;
    struct store *store;
    struct distribution *lag; /* with one lane */
    struct lane *lanes;       /* owned; NULL: no lag, and nothing below is used */
    uint16_t lane_count;
    const char *name; /* of a varied cache: borrowed */
    uint64_t prompt;  /* of a varied cache: kinds that are never late */
    int priority;     /* of its events: in the order in which caches were made */
    struct stream stream;
    struct luck_holder luck; /* of that */
    struct view view;
    struct watchers watchers;
    struct pool arrival_pool, change_pool;
};

static bool lags(const struct distribution *lag)
{
    return lag != NULL && !(distribution_is_constant(lag) && distribution_mean(lag) == 0);
}

static void cache_hear(void *self, const struct watch_event *event);

static void cache_begin_lanes(struct cache *cache, uint16_t count)
{
    uint16_t kinds;
    store_kinds(cache->store, &kinds);
    const struct watcher hear = { .self = cache, .deliver = cache_hear };
    cache->lane_count = count;
    cache->lanes = mem_new(count * sizeof *cache->lanes);
    for (uint16_t i = 0; i < count; i++)
        cache->lanes[i].cache = cache;
    view_init(&cache->view, kinds);
    pool_init(&cache->arrival_pool, sizeof(struct arrival));
    pool_init(&cache->change_pool, sizeof(struct change));
    cache->priority = PRIORITY_WATCH + 1 + (int)store_watch(cache->store, hear);
    assert(cache->priority < PRIORITY_WORLD);
}

struct cache *cache_new(struct run *run, struct store *store, const char *name,
                        const struct distribution *lag)
{
    struct cache *cache = mem_new(sizeof *cache);
    cache->run = run;
    cache->store = store;
    if (!lags(lag))
        return cache;
    cache->lag = distribution_copy(lag);
    cache->stream = run_stream(run, "", name, "cache lag", 0);
    cache->luck = (struct luck_holder){ .stream = &cache->stream };
    luck_hold(run, &cache->luck);
    cache_begin_lanes(cache, 1);
    return cache;
}

struct cache *cache_new_varied(struct run *run, struct store *store, const char *name,
                               uint64_t prompt)
{
    struct cache *cache = mem_new(sizeof *cache);
    uint16_t kinds;
    cache->run = run;
    cache->store = store;
    cache->name = name;
    cache->prompt = prompt;
    store_kinds(store, &kinds);
    cache_begin_lanes(cache, kinds);
    return cache;
}

static void lane_close(struct lane *lane)
{
    struct cache *cache = lane->cache;
    run_cancel(cache->run, &lane->event);
    for (struct arrival *arrival = lane->first; arrival != NULL; arrival = arrival->next)
        changes_close(&arrival->changes, &cache->change_pool);
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    luck_leave(&cache->luck);
    if (cache->lanes != NULL) {
        store_unwatch(cache->store, cache);
        for (uint16_t i = 0; i < cache->lane_count; i++)
            lane_close(&cache->lanes[i]);
        view_close(&cache->view);
        pool_close(&cache->arrival_pool);
        pool_close(&cache->change_pool);
        free(cache->watchers.items);
        free(cache->lanes);
        distribution_free(cache->lag);
    }
    free(cache);
}

/* ---- lag ---- */

static void lane_take_in(void *subject, sim_time now)
{
    struct lane *lane = subject;
    struct cache *cache = lane->cache;
    struct arrival *arrival = lane->first;
    assert(arrival->at == now);
    lane->first = arrival->next;
    if (lane->first == NULL)
        lane->last = NULL;
    lane->event = 0;
    if (lane->first != NULL)
        lane->event = run_at(cache->run, lane->first->at, cache->priority, lane_take_in, lane);
    if (arrival->listed)
        changes_compress(&arrival->changes, &cache->change_pool, &cache->view);
    changes_apply(&arrival->changes, &cache->view);
    changes_deliver(&arrival->changes, &cache->watchers);
    changes_close(&arrival->changes, &cache->change_pool);
    pool_give(&cache->arrival_pool, arrival);
}

/* The last arrival if it is at this time, else a new one. */
static struct arrival *arrival_at(struct lane *lane, sim_time at)
{
    struct cache *cache = lane->cache;
    if (lane->last != NULL && lane->last->at == at)
        return lane->last;
    struct arrival *arrival = pool_take(&cache->arrival_pool);
    arrival->at = at;
    *(lane->last ? &lane->last->next : &lane->first) = arrival;
    lane->last = arrival;
    if (lane->event == 0)
        lane->event = run_at(cache->run, at, cache->priority, lane_take_in, lane);
    return arrival;
}

static void lane_begin(struct lane *lane, uint16_t kind)
{
    const struct cache *cache = lane->cache;
    uint16_t kinds;
    char whose[128];
    lane->begun = true;
    if (cache->prompt >> kind & 1)
        return;
    snprintf(whose, sizeof whose, "%s/%s", cache->name,
             store_kinds(cache->store, &kinds)[kind]->name);
    lane->late = varied_of(cache->run, "watch-late", whose);
    lane->lost = varied_of(cache->run, "watch-lost", whose);
}

/* When a varied lane hears of something. */
static sim_time varied_arrival(struct lane *lane, sim_time now, bool *lost)
{
    struct run *run = lane->cache->run;
    *lost = varied_happens(&lane->lost, run, often_lost);
    if (*lost)
        return sim_time_after(now, varied_delay(&lane->lost, run, longest_loss));
    if (!varied_happens(&lane->late, run, often_late))
        return now;
    return sim_time_after(now, varied_delay(&lane->late, run, longest_delay));
}

static void cache_hear(void *self, const struct watch_event *event)
{
    struct cache *cache = self;
    const bool varied = cache->lag == NULL;
    struct lane *lane = &cache->lanes[varied ? event->object->kind : 0];
    struct watch_event late = *event;
    bool lost = false;
    if (varied && !lane->begun)
        lane_begin(lane, event->object->kind);
    if (varied)
        late.at = varied_arrival(lane, event->at, &lost);
    else
        late.at = sim_time_after(event->at, distribution_sample_time(cache->lag, &cache->stream));
    if (lane->last != NULL && lane->last->at > late.at)
        late.at = lane->last->at; /* no change overtakes an earlier one */
    struct arrival *arrival = arrival_at(lane, late.at);
    arrival->listed |= lost;
    changes_add(&arrival->changes, &cache->change_pool, &late);
}

void cache_relist(struct cache *cache)
{
    for (uint16_t i = 0; i < cache->lane_count; i++) {
        struct lane *lane = &cache->lanes[i];
        run_cancel(cache->run, &lane->event);
        for (struct arrival *arrival = lane->first; arrival != NULL; arrival = lane->first) {
            lane->first = arrival->next;
            changes_apply(&arrival->changes, &cache->view);
            changes_close(&arrival->changes, &cache->change_pool);
            pool_give(&cache->arrival_pool, arrival);
        }
        lane->last = NULL;
    }
}

sim_time cache_known(const struct cache *cache, uint16_t kind)
{
    sim_time known = store_known(cache->store, kind);
    if (cache->lanes == NULL)
        return known;
    const struct lane *lane = &cache->lanes[cache->lane_count > 1 ? kind : 0];
    for (const struct arrival *arrival = lane->first; arrival != NULL; arrival = arrival->next)
        known = changes_known(&arrival->changes, kind, known);
    return known;
}

bool cache_lags(const struct cache *cache)
{
    return cache->lanes != NULL;
}

bool cache_has_seen(const struct cache *cache, uint16_t kind, uint64_t version)
{
    if (cache->lanes == NULL)
        return true;
    const struct lane *lane = &cache->lanes[cache->lane_count > 1 ? kind : 0];
    for (const struct arrival *arrival = lane->first; arrival != NULL; arrival = arrival->next)
        if (changes_reach(&arrival->changes, kind, version))
            return false;
    return true;
}

/* ---- the contract ---- */

static struct view *cache_view(const struct cache *cache)
{
    return cache->lanes != NULL ? (struct view *)&cache->view : store_view(cache->store);
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
    if (cache->lanes != NULL)
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
