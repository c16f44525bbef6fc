/* The work queue: each key once, delays, back-off, and the cause that is carried. */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/base/writer.h"
#include "sim/store/workqueue.h"

enum { BASE = 5, LIMIT = 1000 };

struct world {
    struct run *run;
    struct workqueue *queue;
    struct writer log;
};

static void ready(void *subject)
{
    struct world *world = subject;
    writer_format(&world->log, "ready@%d ", (int)run_now(world->run));
}

static void world_init(struct world *world)
{
    *world = (struct world){ .run = run_new(1) };
    world->queue = workqueue_new(world->run, BASE, LIMIT, ready, world);
}

static void world_close(struct world *world)
{
    workqueue_free(world->queue);
    run_free(world->run);
    writer_close(&world->log);
}

static void add(struct world *world, const char *name, uint64_t cause)
{
    const struct text *text = text_intern(world->run->texts, name);
    workqueue_add(world->queue, (struct object_key){ 3, NULL, text }, (struct cause){ cause, 0 });
    text_drop(text);
}

static void add_after(struct world *world, const char *name, sim_time delay, uint64_t cause)
{
    const struct text *text = text_intern(world->run->texts, name);
    workqueue_add_after(world->queue, (struct object_key){ 3, NULL, text }, delay,
                        (struct cause){ cause, 0 });
    text_drop(text);
}

static void take(struct world *world)
{
    struct object_key key;
    struct cause cause;
    if (workqueue_take(world->queue, &key, &cause))
        writer_format(&world->log, "%s<-%d ", key.name->s, (int)cause.id);
    else
        writer_add(&world->log, "nothing ");
}

static void done(struct world *world, const char *name, bool failed)
{
    const struct object_key key = { 3, NULL, text_find(world->run->texts, name) };
    cr_assert_not_null(key.name, "the queue holds what is in process");
    workqueue_done(world->queue, key, failed);
}

static void expect_log(struct world *world, const char *want)
{
    cr_expect_str_eq(world->log.bytes ? world->log.bytes : "", want);
    writer_clear(&world->log);
}

Test(workqueue, keys_leave_in_order_and_each_once_with_its_first_cause)
{
    struct world world;
    world_init(&world);
    add(&world, "a", 11);
    add(&world, "b", 12);
    add(&world, "a", 13);
    cr_expect_eq(workqueue_length(world.queue), 2);
    take(&world);
    take(&world);
    take(&world);
    expect_log(&world, "ready@0 ready@0 a<-11 b<-12 nothing ");
    done(&world, "a", false);
    done(&world, "b", false);
    cr_expect_null(text_find(world.run->texts, "a"), "and is forgotten");
    world_close(&world);
}

Test(workqueue, a_key_added_while_in_process_comes_once_more)
{
    struct world world;
    world_init(&world);
    add(&world, "a", 11);
    take(&world);
    add(&world, "a", 12);
    add(&world, "a", 13);
    cr_expect_eq(workqueue_length(world.queue), 0);
    take(&world);
    done(&world, "a", false);
    take(&world);
    done(&world, "a", false);
    take(&world);
    expect_log(&world, "ready@0 a<-11 nothing ready@0 a<-12 nothing ");
    world_close(&world);
}

Test(workqueue, the_earlier_of_two_delays_counts)
{
    struct world world;
    world_init(&world);
    add_after(&world, "a", 100, 11);
    add_after(&world, "a", 40, 12);
    add_after(&world, "a", 60, 13);
    add_after(&world, "b", 0, 14);
    run_until(world.run, 50);
    cr_expect_eq(workqueue_length(world.queue), 2);
    take(&world);
    take(&world);
    done(&world, "a", false);
    run_until(world.run, 200);
    take(&world);
    expect_log(&world, "ready@0 ready@40 b<-14 a<-12 nothing ");
    world_close(&world);
}

Test(workqueue, a_delay_survives_that_its_key_is_processed)
{
    struct world world;
    world_init(&world);
    add_after(&world, "a", 100, 11);
    add(&world, "a", 12);
    take(&world);
    done(&world, "a", false);
    run_until(world.run, 100);
    take(&world);
    expect_log(&world, "ready@0 a<-12 ready@100 a<-11 ");
    world_close(&world);
}

Test(workqueue, failures_come_back_after_a_doubling_delay_up_to_the_limit)
{
    struct world world;
    world_init(&world);
    static const sim_time delays[] = { 5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000 };
    add(&world, "a", 11);
    take(&world);
    expect_log(&world, "ready@0 a<-11 ");
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        const sim_time due = run_now(world.run) + delays[i];
        done(&world, "a", true);
        run_until(world.run, due - 1);
        cr_expect_eq(workqueue_length(world.queue), 0);
        run_until(world.run, due);
        cr_expect_eq(workqueue_length(world.queue), 1, "failure %zu", i);
        writer_clear(&world.log);
        take(&world);
        expect_log(&world, "a<-11 ");
    }
    done(&world, "a", false);
    add(&world, "a", 12);
    take(&world);
    done(&world, "a", true);
    writer_clear(&world.log);
    const sim_time due = run_now(world.run) + BASE;
    run_until(world.run, due);
    cr_expect_eq(workqueue_length(world.queue), 1, "a success wipes the slate");
    world_close(&world);
}

Test(workqueue, a_change_meanwhile_does_not_wait_for_the_backoff)
{
    struct world world;
    world_init(&world);
    add(&world, "a", 11);
    take(&world);
    add(&world, "a", 12);
    done(&world, "a", true);
    take(&world);
    done(&world, "a", false);
    run_until(world.run, 5);
    take(&world);
    expect_log(&world, "ready@0 a<-11 ready@0 a<-12 ready@5 a<-11 ");
    world_close(&world); /* with a key in process */
}

/* ---- a random walk against a plain table ---- */

enum { KEYS = 8 };

struct plain {
    bool dirty, in_process;
    int line; /* place in line; 0: none */
    int failures;
    sim_time due; /* -1: none */
};

struct walk {
    struct world world;
    struct plain keys[KEYS];
    int line;
    struct stream luck;
};

static void plain_add(struct walk *walk, int key)
{
    struct plain *plain = &walk->keys[key];
    if (!plain->dirty && !plain->in_process)
        plain->line = ++walk->line;
    plain->dirty = true;
}

static void plain_delay(struct plain *plain, sim_time due)
{
    if (plain->due < 0 || due < plain->due)
        plain->due = due;
}

/* Let time pass one nanosecond at a time: delays of one instant end in the order they were
 * given, which the walk avoids by giving no two keys the same due time. */
static void pass_time(struct walk *walk, sim_time end)
{
    for (sim_time now = run_now(walk->world.run); now <= end; now++) {
        run_until(walk->world.run, now);
        for (int key = 0; key < KEYS; key++)
            if (walk->keys[key].due == now) {
                walk->keys[key].due = -1;
                plain_add(walk, key);
            }
    }
}

static int plain_first(const struct walk *walk)
{
    int first = -1;
    for (int key = 0; key < KEYS; key++)
        if (walk->keys[key].line > 0 &&
            (first < 0 || walk->keys[key].line < walk->keys[first].line))
            first = key;
    return first;
}

static void take_both(struct walk *walk)
{
    struct object_key key;
    struct cause cause;
    const int first = plain_first(walk);
    cr_assert_eq(workqueue_take(walk->world.queue, &key, &cause), first >= 0);
    if (first < 0)
        return;
    cr_assert_eq(key.name->s[0], 'a' + first);
    walk->keys[first].line = 0;
    walk->keys[first].dirty = false;
    walk->keys[first].in_process = true;
}

static void done_both(struct walk *walk, int key, bool failed)
{
    struct plain *plain = &walk->keys[key];
    if (!plain->in_process)
        return;
    const sim_time now = run_now(walk->world.run);
    const sim_time backoff = BASE << plain->failures < LIMIT ? BASE << plain->failures : LIMIT;
    if (failed)
        plain_delay(plain, now + backoff);
    plain->failures = failed ? plain->failures + 1 : 0;
    plain->in_process = false;
    if (plain->dirty)
        plain->line = ++walk->line;
    done(&walk->world, (char[]){ (char)('a' + key), 0 }, failed);
}

static bool is_due(const struct walk *walk, sim_time at)
{
    for (int key = 0; key < KEYS; key++)
        if (walk->keys[key].due == at)
            return true;
    return false;
}

static void step(struct walk *walk)
{
    const int key = (int)stream_below(&walk->luck, KEYS);
    const char name[] = { (char)('a' + key), 0 };
    const sim_time now = run_now(walk->world.run);
    const sim_time delay = 1 + (sim_time)stream_below(&walk->luck, 50);
    const bool failed = stream_below(&walk->luck, 2) == 0;
    switch (stream_below(&walk->luck, 6)) {
    case 0:
        plain_add(walk, key);
        add(&walk->world, name, 1);
        break;
    case 1:
        if (is_due(walk, now + delay))
            break;
        plain_delay(&walk->keys[key], now + delay);
        add_after(&walk->world, name, delay, 1);
        break;
    case 2:
        pass_time(walk, now + 1 + (sim_time)stream_below(&walk->luck, 8));
        break;
    case 3:
        take_both(walk);
        break;
    default:
        for (int failures = 0; failures <= 12; failures++)
            if (failed && is_due(walk, now + (BASE << failures < LIMIT ? BASE << failures : LIMIT)))
                return;
        done_both(walk, key, failed);
    }
}

Test(workqueue, agrees_with_a_plain_table)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct walk walk = { .luck = stream_of(seed, "", "", "walk", 0) };
        world_init(&walk.world);
        for (int key = 0; key < KEYS; key++)
            walk.keys[key].due = -1;
        for (int i = 0; i < 5000; i++)
            step(&walk);
        world_close(&walk.world);
    }
}
