/* The store: what a writer knows at once, what watchers learn and when, in which order. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>

#include "sim/base/writer.h"
#include "sim/store/cache.h"
#include "tests/support/things.h"

/* ---- stories ---- */

struct world {
    struct run *run;
    struct store *store;
    struct writer log;
};

struct listener {
    struct world *world;
    const char *name;
};

static void write_down(void *self, const struct watch_event *event)
{
    static const char *const types[] = { "added", "modified", "deleted" };
    const struct listener *listener = self;
    writer_format(&listener->world->log, "%d %s: %s %s %d", (int)event->at, listener->name,
                  event->object->name->s, types[event->type], thing_value(event->object));
    if (event->before != NULL)
        writer_format(&listener->world->log, " was %d", thing_value(event->before));
    writer_add_char(&listener->world->log, '\n');
}

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

static void expect_log(struct world *world, const char *want)
{
    cr_expect_str_eq(world->log.bytes ? world->log.bytes : "", want);
    writer_clear(&world->log);
}

static void write_thing(struct world *world, const char *name, int value, sim_time visible)
{
    if (store_get(world->store, thing_key(world->run, THING, name)) == NULL)
        cr_expect(thing_create(world->store, world->run, THING, name, value, 0, visible));
    else
        thing_replace(world->store, world->run, THING, name, value, 0, visible);
}

static int present(const struct world *world, const char *name)
{
    return thing_value(store_get(world->store, thing_key(world->run, THING, name)));
}

Test(store, a_write_is_known_at_once_and_seen_when_it_becomes_visible)
{
    struct world world = world_new();
    struct listener a = { &world, "a" };
    store_watch(world.store, (struct watcher){ .self = &a, .deliver = write_down });
    write_thing(&world, "x", 10, 5);
    cr_expect_eq(present(&world, "x"), 10);
    cr_expect_eq(store_version(world.store), 1);
    run_until(world.run, 4);
    expect_log(&world, "");
    run_until(world.run, 5);
    expect_log(&world, "5 a: x added 10\n");
    write_thing(&world, "x", 11, 5);
    expect_log(&world, "");
    run_until(world.run, 5);
    expect_log(&world, "5 a: x modified 11 was 10\n");
    thing_remove(world.store, world.run, THING, "x", 9);
    cr_expect_eq(present(&world, "x"), -1);
    run_until(world.run, 9);
    expect_log(&world, "9 a: x deleted 11 was 11\n");
    cr_expect_eq(store_version(world.store), 3);
    world_close(&world);
}

Test(store, delivers_by_time_then_registration_then_version)
{
    struct world world = world_new();
    struct listener a = { &world, "a" }, b = { &world, "b" }, c = { &world, "c" };
    store_watch_kinds(world.store, (struct watcher){ &a, write_down }, 1 << THING);
    store_watch_kinds(world.store, (struct watcher){ &b, write_down }, 1 << PLACE);
    store_watch(world.store, (struct watcher){ .self = &c, .deliver = write_down });
    write_thing(&world, "x", 1, 7);
    thing_create(world.store, world.run, PLACE, "p", 2, 0, 7);
    write_thing(&world, "y", 3, 6);
    write_thing(&world, "z", 4, 7);
    cr_expect_eq(queue_length(world.run->queue), 2, "one event for each time");
    run_until(world.run, 10);
    expect_log(&world, "6 a: y added 3\n6 c: y added 3\n"
                       "7 a: x added 1\n7 a: z added 4\n"
                       "7 b: p added 2\n"
                       "7 c: x added 1\n7 c: p added 2\n7 c: z added 4\n");
    store_unwatch(world.store, &a);
    write_thing(&world, "x", 5, 11);
    run_until(world.run, 11);
    expect_log(&world, "11 c: x modified 5 was 1\n");
    world_close(&world);
}

Test(store, writes_of_one_object_do_not_overtake_each_other)
{
    struct world world = world_new();
    struct listener a = { &world, "a" };
    store_watch(world.store, (struct watcher){ .self = &a, .deliver = write_down });
    write_thing(&world, "x", 1, 8);
    write_thing(&world, "x", 2, 3);
    thing_remove(world.store, world.run, THING, "x", 4);
    cr_expect_not_null(text_find(world.run->texts, "x"), "watchers still have to hear of it");
    write_thing(&world, "x", 3, 9);
    run_until(world.run, 10);
    expect_log(&world, "8 a: x added 1\n8 a: x modified 2 was 1\n8 a: x deleted 2 was 2\n"
                       "9 a: x added 3\n");
    world_close(&world);
}

Test(store, a_name_is_taken_until_it_is_removed)
{
    struct world world = world_new();
    cr_expect(thing_create(world.store, world.run, THING, "x", 1, 0, 5));
    cr_expect_not(thing_create(world.store, world.run, THING, "x", 2, 0, 5));
    cr_expect(thing_create(world.store, world.run, PLACE, "x", 3, 0, 5), "of another kind");
    cr_expect_eq(present(&world, "x"), 1);
    thing_remove(world.store, world.run, THING, "x", 5);
    cr_expect(thing_create(world.store, world.run, THING, "x", 4, 0, 5));
    cr_expect_eq(present(&world, "x"), 4);
    world_close(&world); /* with all of it still on its way */
}

static void list(void *context, const struct object *object)
{
    writer_format(context, "%s=%d ", object->name->s, thing_value(object));
}

Test(store, lists_what_is_present_whether_or_not_it_is_visible)
{
    struct world world = world_new();
    for (int i = 0; i < 5; i++)
        write_thing(&world, (char[]){ (char)('a' + i), 0 }, i, 0);
    run_until(world.run, 1);
    thing_remove(world.store, world.run, THING, "a", 5);
    thing_remove(world.store, world.run, THING, "c", 5);
    write_thing(&world, "c", 12, 5);
    write_thing(&world, "b", 11, 5);
    write_thing(&world, "f", 15, 5);
    thing_remove(world.store, world.run, THING, "f", 5);
    write_thing(&world, "g", 16, 5);
    cr_expect_eq(store_count(world.store, THING), 5);
    store_each(world.store, THING, list, &world.log);
    expect_log(&world, "b=11 d=3 e=4 c=12 g=16 ");
    run_until(world.run, 5);
    store_each(world.store, THING, list, &world.log);
    expect_log(&world, "b=11 d=3 e=4 c=12 g=16 ");
    world_close(&world);
}

struct holder {
    const struct object *kept;
};

static void keep(void *self, const struct watch_event *event)
{
    struct holder *holder = self;
    if (holder->kept == NULL)
        holder->kept = object_hold(event->object);
}

Test(store, a_version_lives_as_long_as_somebody_holds_it)
{
    struct world world = world_new();
    struct holder holder = { NULL };
    store_watch(world.store, (struct watcher){ .self = &holder, .deliver = keep });
    write_thing(&world, "x", 1, 0);
    write_thing(&world, "x", 2, 1);
    thing_remove(world.store, world.run, THING, "x", 2);
    run_until(world.run, 3);
    cr_expect_eq(thing_value(holder.kept), 1);
    cr_expect_eq(holder.kept->refs, 1, "nobody else");
    object_drop(holder.kept);
    world_close(&world);
}

/* ---- memory ---- */

static uint64_t by_value(const struct object *object)
{
    return (uint64_t)thing_value(object) % 100 + 1;
}

static uint64_t by_tens(const struct object *object)
{
    return (uint64_t)thing_value(object) / 10 + 1;
}

static size_t memory_in_use(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Create objects one after the other; returns the bytes all of them take. */
static size_t bytes_of(struct world *world, int count)
{
    const size_t before = memory_in_use();
    for (int i = 0; i < count; i++) {
        char name[20];
        snprintf(name, sizeof name, "thing-%d", i);
        thing_create(world->store, world->run, THING, name, i, 1 + (uint64_t)i / 1000,
                     run_now(world->run));
        run_until(world->run, run_now(world->run));
    }
    return memory_in_use() - before;
}

Test(store, an_object_at_rest_costs_less_than_150_bytes_besides_itself)
{
    enum { COUNT = 50000 };
    struct world world = world_new();
    struct cache *cache = cache_new(world.run, world.store, "test", NULL);
    struct cache *other = cache_new(world.run, world.store, "other", NULL);
    cache_add_index(cache, THING, thing_owner);
    cache_add_index(cache, THING, by_value);
    cache_add_index(cache, THING, by_tens);
    const size_t itself = sizeof(struct thing) + 8 + 8 * 6; /* with its name and malloc's heads */
    const size_t each = bytes_of(&world, COUNT) / COUNT;
    cache_free(other);
    cache_free(cache);
    world_close(&world);
    if (each == 0)
        cr_skip_test("a sanitizer's allocator does not count");
    cr_expect(each > itself && each < itself + 150, "%zu", each);
}

/* ---- a random walk against a plain list of all writes ---- */

enum { NAMES = 12, WATCHERS = 3, STEPS = 4000, SPAN = 6 };

struct write {
    enum watch_type type;
    int name, value;
    uint64_t owner, version;
    sim_time visible;
};

struct walk {
    struct world world;
    struct stream luck;
    struct cache *cache;
    int by_owner;
    struct write writes[STEPS]; /* by version */
    size_t count;
    uint64_t heard[WATCHERS][STEPS]; /* versions */
    size_t heard_count[WATCHERS];
};

struct ear {
    struct walk *walk;
    int number;
};

static void hear(void *self, const struct watch_event *event)
{
    const struct ear *ear = self;
    struct walk *walk = ear->walk;
    cr_assert_eq(event->at, run_now(walk->world.run));
    walk->heard[ear->number][walk->heard_count[ear->number]++] = event->object->version;
}

static const char *name_of(int name)
{
    static const char *const names[NAMES] = { "a", "b", "c", "d", "e", "f",
                                              "g", "h", "i", "j", "k", "l" };
    return names[name];
}

static const struct write *latest(const struct walk *walk, int name)
{
    for (size_t i = walk->count; i-- > 0;)
        if (walk->writes[i].name == name)
            return &walk->writes[i];
    return NULL;
}

static void write_something(struct walk *walk)
{
    struct run *run = walk->world.run;
    struct store *store = walk->world.store;
    struct write write = { .name = (int)stream_below(&walk->luck, NAMES),
                           .value = (int)walk->count,
                           .owner = stream_below(&walk->luck, 4),
                           .visible = run_now(run) + (sim_time)stream_below(&walk->luck, SPAN) };
    const struct write *before = latest(walk, write.name);
    const char *name = name_of(write.name);
    const bool exists = before != NULL && before->type != WATCH_DELETED;
    if (!exists) {
        write.type = WATCH_ADDED;
        cr_assert(thing_create(store, run, THING, name, write.value, write.owner, write.visible));
    } else if (stream_below(&walk->luck, 3) == 0) {
        write.type = WATCH_DELETED;
        thing_remove(store, run, THING, name, write.visible);
    } else {
        write.type = WATCH_MODIFIED;
        thing_replace(store, run, THING, name, write.value, write.owner, write.visible);
    }
    write.version = store_version(store);
    if (before != NULL && before->visible > write.visible)
        write.visible = before->visible;
    walk->writes[walk->count++] = write;
}

/* The writes that are visible now, by (time, version): the plain way. */
static size_t visible_writes(const struct walk *walk, struct write *sorted)
{
    size_t count = 0;
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->writes[i].visible > run_now(walk->world.run))
            continue;
        size_t hole = count++;
        for (; hole > 0 && sorted[hole - 1].visible > walk->writes[i].visible; hole--)
            sorted[hole] = sorted[hole - 1];
        sorted[hole] = walk->writes[i];
    }
    return count;
}

/* Add, move or remove a write's object in a list in order of addition, by owner or all. */
static size_t follow(struct write *list, size_t count, struct write write, bool belongs)
{
    size_t at = 0;
    while (at < count && list[at].name != write.name)
        at++;
    if (belongs) {
        list[at] = write;
        return at < count ? count : count + 1;
    }
    if (at == count)
        return count;
    for (size_t i = at + 1; i < count; i++)
        list[i - 1] = list[i];
    return count - 1;
}

static void expect_list(const struct walk *walk, struct cache_cursor cursor,
                        const struct write *sorted, size_t count, uint64_t owner)
{
    struct write want[NAMES + 1];
    size_t wanted = 0, seen = 0;
    for (size_t i = 0; i < count; i++)
        wanted =
            follow(want, wanted, sorted[i],
                   sorted[i].type != WATCH_DELETED && (owner == 0 || sorted[i].owner == owner));
    for (; cache_next(&cursor); seen++) {
        cr_assert_lt(seen, wanted);
        cr_assert_eq(cursor.object->version, want[seen].version);
    }
    cr_assert_eq(seen, wanted);
    cr_assert_eq(owner == 0 ? cache_count(walk->cache, THING)
                            : cache_listed_count(walk->cache, THING, walk->by_owner, owner),
                 wanted);
}

static void check(const struct walk *walk)
{
    struct write sorted[STEPS];
    const size_t count = visible_writes(walk, sorted);
    expect_list(walk, cache_list(walk->cache, THING), sorted, count, 0);
    for (uint64_t owner = 1; owner < 4; owner++)
        expect_list(walk, cache_listed(walk->cache, THING, walk->by_owner, owner), sorted, count,
                    owner);
    for (int ear = 0; ear < WATCHERS; ear++)
        cr_assert_eq(walk->heard_count[ear], count);
    for (int name = 0; name < NAMES; name++) {
        const struct write *last = latest(walk, name);
        const struct object *object =
            store_get(walk->world.store, thing_key(walk->world.run, THING, name_of(name)));
        cr_assert_eq(object != NULL, last != NULL && last->type != WATCH_DELETED);
        cr_assert(object == NULL || object->version == last->version);
    }
}

static void check_heard(const struct walk *walk)
{
    struct write sorted[STEPS];
    const size_t count = visible_writes(walk, sorted);
    for (int ear = 0; ear < WATCHERS; ear++)
        for (size_t i = 0; i < count; i++)
            cr_assert_eq(walk->heard[ear][i], sorted[i].version);
}

static void random_walk(uint64_t seed, int steps)
{
    static struct walk walk;
    struct ear ears[WATCHERS];
    walk = (struct walk){ .world = world_new(), .luck = stream_of(seed, "", "", "walk", 0) };
    walk.cache = cache_new(walk.world.run, walk.world.store, "test", NULL);
    walk.by_owner = cache_add_index(walk.cache, THING, thing_owner);
    for (int i = 0; i < WATCHERS; i++) {
        ears[i] = (struct ear){ &walk, i };
        cache_watch(walk.cache, (struct watcher){ .self = &ears[i], .deliver = hear });
    }
    for (int i = 0; i < steps; i++) {
        for (uint64_t writes = stream_below(&walk.luck, 4); writes > 0; writes--)
            write_something(&walk);
        if (stream_below(&walk.luck, 2) == 0) {
            run_until(walk.world.run,
                      run_now(walk.world.run) + (sim_time)stream_below(&walk.luck, SPAN));
            check(&walk);
        }
    }
    run_until(walk.world.run, SIM_SECOND);
    check(&walk);
    check_heard(&walk);
    cache_free(walk.cache);
    world_close(&walk.world);
}

Test(store, agrees_with_a_plain_list_of_writes)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        random_walk(seed, 200);
}
