/* Caches: what lag does to what a client knows, and when. */
#include <criterion/criterion.h>

#include "sim/base/writer.h"
#include "sim/store/cache.h"
#include "tests/support/things.h"

struct world {
    struct run *run;
    struct store *store;
    struct writer log;
};

struct listener {
    struct world *world;
    struct cache *cache;
    const char *name;
};

static struct world world_new(void)
{
    struct world world = { .run = run_new(1) };
    world.store = store_new(world.run, thing_kinds, THING_KINDS);
    return world;
}

static void world_close(struct world *world)
{
    store_free(world->store);
    run_free(world->run);
    writer_close(&world->log);
}

static int known(const struct world *world, const struct cache *cache, const char *name)
{
    return thing_value(cache_get(cache, thing_key(world->run, THING, name)));
}

/* What is told, and what the cache knows by then. */
static void write_down(void *self, const struct watch_event *event)
{
    struct listener *listener = self;
    const int value = thing_value(cache_get(listener->cache, object_key(event->object)));
    writer_format(&listener->world->log, "%d %s: %d, knows %d\n",
                  (int)run_now(listener->world->run), listener->name, thing_value(event->object),
                  value);
    cr_expect_eq(event->at, run_now(listener->world->run));
}

static void expect_log(struct world *world, const char *want)
{
    cr_expect_str_eq(world->log.bytes ? world->log.bytes : "", want);
    writer_clear(&world->log);
}

static struct cache *lagging(struct world *world, const char *name, double seconds)
{
    struct distribution *lag = distribution_new_constant(seconds);
    struct cache *cache = cache_new(world->run, world->store, name, lag);
    distribution_free(lag);
    return cache;
}

Test(cache, shows_each_write_after_its_lag)
{
    struct world world = world_new();
    struct cache *now = cache_new(world.run, world.store, "now", NULL);
    struct cache *late = lagging(&world, "late", 3e-9);
    struct listener a = { &world, late, "late" }, b = { &world, now, "now" };
    cache_watch(late, (struct watcher){ &a, write_down });
    cache_watch(now, (struct watcher){ &b, write_down });
    thing_create(world.store, world.run, THING, "x", 7, 0, 10);
    run_until(world.run, 9);
    cr_expect_eq(known(&world, now, "x"), -1, "not visible yet");
    run_until(world.run, 10);
    cr_expect_eq(known(&world, now, "x"), 7);
    cr_expect_eq(known(&world, late, "x"), -1);
    thing_replace(world.store, world.run, THING, "x", 8, 0, 11);
    run_until(world.run, 13);
    cr_expect_eq(known(&world, now, "x"), 8);
    cr_expect_eq(known(&world, late, "x"), 7);
    thing_remove(world.store, world.run, THING, "x", 14);
    run_until(world.run, 16);
    cr_expect_eq(known(&world, now, "x"), -1);
    cr_expect_eq(known(&world, late, "x"), 8);
    run_until(world.run, 20);
    cr_expect_eq(known(&world, late, "x"), -1);
    expect_log(&world, "10 now: 7, knows 7\n11 now: 8, knows 8\n13 late: 7, knows 7\n"
                       "14 now: 8, knows -1\n14 late: 8, knows 8\n17 late: 8, knows -1\n");
    cache_free(late);
    cache_free(now);
    world_close(&world);
}

Test(cache, at_one_instant_caches_come_in_the_order_they_were_made)
{
    struct world world = world_new();
    struct cache *slow = lagging(&world, "slow", 2e-9), *fast = lagging(&world, "fast", 1e-9);
    struct cache *now = cache_new(world.run, world.store, "now", NULL);
    struct listener a = { &world, slow, "slow" }, b = { &world, fast, "fast" };
    struct listener c = { &world, now, "now" };
    cache_watch(fast, (struct watcher){ &b, write_down });
    cache_watch(slow, (struct watcher){ &a, write_down });
    cache_watch_kinds(now, (struct watcher){ &c, write_down }, 1 << THING);
    thing_create(world.store, world.run, THING, "x", 1, 0, 4); /* slow hears of it at 6 */
    thing_create(world.store, world.run, THING, "y", 2, 0, 5); /* fast hears of it at 6 */
    thing_create(world.store, world.run, THING, "z", 3, 0, 6);
    thing_create(world.store, world.run, PLACE, "p", 9, 0, 6);
    run_until(world.run, 6);
    expect_log(&world, "4 now: 1, knows 1\n"
                       "5 now: 2, knows 2\n5 fast: 1, knows 1\n"
                       "6 now: 3, knows 3\n6 slow: 1, knows 1\n6 fast: 2, knows 2\n");
    cache_free(slow);
    cache_free(fast);
    cache_free(now);
    world_close(&world);
}

/* ---- a random lag against the list of what was heard ---- */

struct replica {
    struct cache *cache;
    uint64_t last_version;
    sim_time last_at;
    int heard;
};

static void follow(void *self, const struct watch_event *event)
{
    struct replica *replica = self;
    cr_assert_geq(event->at, replica->last_at);
    cr_assert_gt(event->object->version, replica->last_version, "nothing overtakes");
    replica->last_at = event->at;
    replica->last_version = event->object->version;
    replica->heard++;
}

static void write_one(struct world *world, struct stream *luck, int value)
{
    const char name[] = { (char)('a' + stream_below(luck, 20)), 0 };
    const uint64_t owner = stream_below(luck, 3);
    const sim_time now = run_now(world->run);
    if (store_get(world->store, thing_key(world->run, THING, name)) == NULL)
        thing_create(world->store, world->run, THING, name, value, owner, now);
    else if (stream_below(luck, 4) == 0)
        thing_remove(world->store, world->run, THING, name, now);
    else
        thing_replace(world->store, world->run, THING, name, value, owner, now);
}

static void expect_same(const struct cache *a, const struct cache *b, int index)
{
    cr_assert_eq(cache_count(a, THING), cache_count(b, THING));
    for (uint64_t owner = 0; owner < 3; owner++) {
        struct cache_cursor ca =
            owner ? cache_listed(a, THING, index, owner) : cache_list(a, THING);
        struct cache_cursor cb =
            owner ? cache_listed(b, THING, index, owner) : cache_list(b, THING);
        bool more;
        do {
            more = cache_next(&ca);
            cr_assert_eq(more, cache_next(&cb));
            cr_assert(!more || ca.object == cb.object);
        } while (more);
    }
}

Test(cache, a_random_lag_keeps_the_order_and_catches_up)
{
    struct world world = world_new();
    struct stream luck = stream_of(5, "", "", "walk", 0);
    struct distribution *lag = distribution_new_exponential(3);
    struct cache *now = cache_new(world.run, world.store, "now", NULL);
    struct cache *late = cache_new(world.run, world.store, "late", lag);
    struct replica replica = { .cache = late };
    cache_watch(late, (struct watcher){ &replica, follow });
    const int index = cache_add_index(now, THING, thing_owner);
    cr_expect_eq(cache_add_index(now, THING, thing_owner), index, "the same index");
    cr_expect_eq(cache_add_index(late, THING, thing_owner), index);
    for (int i = 1; i <= 2000; i++) {
        write_one(&world, &luck, i);
        run_until(world.run, run_now(world.run) + (sim_time)stream_below(&luck, 2) * SIM_SECOND);
    }
    cr_expect_lt(replica.heard, 2000, "some are on their way");
    run_until(world.run, SIM_HOUR);
    cr_expect_eq(replica.heard, 2000);
    expect_same(now, late, index);
    cr_expect_eq(cache_listed_count(now, THING, index, 99), 0);
    write_one(&world, &luck, 1);
    run_until(world.run, SIM_HOUR);
    cache_free(late); /* with a change on its way */
    cache_free(now);
    distribution_free(lag);
    world_close(&world);
}
