/* What varies in a run: only when and where it is asked for, the same under the same names; and what
 * caches and work queues make of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sim/store/cache.h"
#include "sim/store/workqueue.h"
#include "tests/support/things.h"

/* As strong as it says, of what it names; of everything for "". */
struct wish {
    const char *what;
    double strength;
};

static double strength_of(void *context, const char *what, const char *whose)
{
    const struct wish *wish = context;
    (void)whose;
    return *wish->what == '\0' || strcmp(what, wish->what) == 0 ? wish->strength : 0;
}

static struct variation variation_of(struct wish *wish)
{
    return (struct variation){
        .strength = strength_of, .context = wish, .from = 0, .until = SIM_FOREVER
    };
}

Test(variation, an_ordinary_run_takes_the_usual_course)
{
    struct run *run = run_new(1);
    struct varied varied = varied_of(run, "late", "a");
    for (int i = 0; i < 100; i++) {
        cr_expect_not(varied_happens(&varied, run, 1));
        cr_expect_eq(varied_delay(&varied, run, SIM_SECOND), 0);
    }
    run_free(run);
}

Test(variation, happens_within_its_window_only)
{
    struct wish wish = { "late", 1 };
    struct variation variation = variation_of(&wish);
    struct run *run = run_new(1);
    variation.from = 10;
    variation.until = 20;
    run->variation = &variation;
    struct varied varied = varied_of(run, "late", "a"), other = varied_of(run, "lost", "a");
    for (sim_time at = 0; at < 30; at++) {
        run_until(run, at);
        cr_expect_eq(varied_happens(&varied, run, 1), at >= 10 && at < 20, "%d", (int)at);
        cr_expect_not(varied_happens(&other, run, 1));
    }
    run_free(run);
}

Test(variation, is_the_same_for_the_same_names_and_as_often_as_it_is_strong)
{
    struct wish half = { "", 0.5 };
    struct variation variation = variation_of(&half);
    struct run *run = run_new(7), *again = run_new(7);
    run->variation = again->variation = &variation;
    struct varied a = varied_of(run, "late", "x"), b = varied_of(again, "late", "x");
    int count = 0;
    for (int i = 0; i < 10000; i++) {
        const bool happens = varied_happens(&a, run, 0.5);
        count += happens;
        cr_expect_eq(happens, varied_happens(&b, again, 0.5));
    }
    cr_expect(count > 2300 && count < 2700, "a quarter of ten thousand: %d", count);
    for (int i = 0; i < 1000; i++)
        cr_expect_leq(varied_delay(&a, run, SIM_SECOND), SIM_SECOND / 2);
    run_free(run);
    run_free(again);
}

/* ---- caches ---- */

/* What a watcher that believes what it is told knows. */
enum { NAMES = 6 };

struct believer {
    struct run *run;
    struct cache *cache;
    bool known[NAMES];
    uint64_t versions[NAMES];
    int told, made_again;
    uint64_t gone; /* the name that was told as gone last, at this time */
    sim_time gone_at;
};

static void believe(void *self, const struct watch_event *event)
{
    struct believer *believer = self;
    const int i = event->object->name->s[0] - 'a';
    const bool known = event->type != WATCH_ADDED;
    cr_expect_eq(believer->known[i], known, "%c", 'a' + i);
    cr_expect_geq(event->object->version, believer->versions[i], "never older news");
    if (event->type == WATCH_MODIFIED)
        cr_expect_eq(event->before->version, believer->versions[i], "what was known before");
    if (event->type == WATCH_ADDED && believer->gone == (uint64_t)i + 1 &&
        believer->gone_at == event->at)
        believer->made_again++;
    believer->gone = event->type == WATCH_DELETED ? (uint64_t)i + 1 : 0;
    believer->gone_at = event->at;
    believer->known[i] = event->type != WATCH_DELETED;
    believer->versions[i] = event->object->version;
    believer->told++;
}

/* Write at random, one write a second, and hear of it in order, late, or by a list. */
static struct believer walk(const char *what, uint64_t seed)
{
    struct wish wish = { what, 1 };
    struct variation variation = variation_of(&wish);
    struct run *run = run_new(seed);
    run->variation = &variation;
    struct store *store = store_new(run, thing_kinds, THING_KINDS);
    struct cache *cache = cache_new_varied(run, store, "walk", 1u << PLACE);
    struct believer believer = { .run = run, .cache = cache };
    struct stream luck = stream_of(seed, "", "walk", "writes", 0);
    bool present[NAMES] = { false };
    cache_watch(cache, (struct watcher){ &believer, believe });
    for (int step = 1; step <= 400; step++) {
        const sim_time at = step * SIM_SECOND;
        const int i = (int)stream_below(&luck, NAMES);
        const char name[] = { (char)('a' + i), '\0' };
        if (!present[i])
            thing_create(store, run, THING, name, step, 0, at);
        else if (stream_below(&luck, 2) == 0)
            thing_replace(store, run, THING, name, step, 0, at);
        else
            thing_remove(store, run, THING, name, at);
        present[i] = store_get(store, thing_key(run, THING, name)) != NULL;
        cr_expect_leq(cache_known(cache, THING), run_now(run));
        run_until(run, at);
    }
    run_until(run, 1000 * SIM_SECOND);
    for (int i = 0; i < NAMES; i++) {
        const char name[] = { (char)('a' + i), '\0' };
        const struct object_key key = thing_key(run, THING, name);
        cr_expect_eq(thing_value(cache_get(cache, key)), thing_value(store_get(store, key)),
                     "in the end it knows everything");
        cr_expect_eq(believer.known[i], store_get(store, key) != NULL);
    }
    cr_expect_eq(cache_known(cache, THING), run_now(run));
    cr_expect(cache_has_seen(cache, THING, store_version(store)));
    cache_free(cache);
    store_free(store);
    run_free(run);
    return believer;
}

Test(variation, news_that_come_late_come_in_order_and_complete)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        cr_expect_eq(walk("watch-late", seed).told, 400);
}

Test(variation, a_list_tells_what_has_become_of_each_and_no_more)
{
    int told = 0, made_again = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct believer believer = walk("watch-lost", seed);
        told += believer.told;
        made_again += believer.made_again;
    }
    cr_expect_lt(told, 20 * 400, "some were passed over");
    cr_expect_gt(told, 20 * 300, "most were not");
    cr_expect_gt(made_again, 0, "one that went and came back is told as both");
}

Test(variation, what_is_prompt_is_never_late)
{
    struct wish wish = { "", 1 };
    struct variation variation = variation_of(&wish);
    struct run *run = run_new(3);
    run->variation = &variation;
    struct store *store = store_new(run, thing_kinds, THING_KINDS);
    struct cache *cache = cache_new_varied(run, store, "walk", 1u << PLACE);
    for (int i = 1; i <= 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        thing_create(store, run, PLACE, name, i, 0, i * SIM_SECOND);
        run_until(run, i * SIM_SECOND);
        cr_expect_eq(thing_value(cache_get(cache, thing_key(run, PLACE, name))), i);
    }
    cache_free(cache);
    store_free(store);
    run_free(run);
}

/* A new process knows at once what is there. */
Test(variation, a_relist_forgets_what_is_on_its_way)
{
    struct wish wish = { "watch-late", 1 };
    struct variation variation = variation_of(&wish);
    struct run *run = run_new(4);
    run->variation = &variation;
    struct store *store = store_new(run, thing_kinds, THING_KINDS);
    struct cache *cache = cache_new_varied(run, store, "walk", 0);
    struct believer believer = { .run = run, .cache = cache };
    for (int i = 0; i < 26; i++)
        thing_create(store, run, THING, (char[]){ (char)('a' + i), '\0' }, i, 0, 0);
    run_until(run, 0);
    cr_expect_lt(cache_count(cache, THING), 26, "some are late");
    cache_watch(cache, (struct watcher){ &believer, believe });
    cache_relist(cache);
    cr_expect_eq(cache_count(cache, THING), 26);
    run_until(run, 100 * SIM_SECOND);
    cr_expect_eq(believer.told, 0);
    cache_free(cache);
    store_free(store);
    run_free(run);
}

/* ---- work queues ---- */

static void ready(void *subject)
{
    (void)subject;
}

static void add(struct run *run, struct workqueue *queue, char letter)
{
    const struct text *name = text_intern(run->texts, (char[]){ letter, '\0' });
    workqueue_add(queue, (struct object_key){ THING, NULL, name }, (struct cause){ 0 });
    text_drop(name);
}

/* How often the first of five keys is not the first to be taken. */
static int out_of_turn(double strength)
{
    struct wish wish = { "queue-order", strength };
    struct variation variation = variation_of(&wish);
    struct run *run = run_new(5);
    run->variation = &variation;
    struct workqueue *queue = workqueue_new(run, 1, 10, ready, NULL);
    workqueue_vary(queue, "some-controller");
    int count = 0;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 5; i++)
            add(run, queue, (char)('a' + i));
        unsigned seen = 0;
        for (int i = 0; i < 5; i++) {
            struct object_key key;
            struct cause cause;
            cr_assert(workqueue_take(queue, &key, &cause));
            count += i == 0 && key.name->s[0] != 'a';
            seen |= 1u << (key.name->s[0] - 'a');
            workqueue_done(queue, key, false);
        }
        cr_expect_eq(seen, 0x1f, "each key once");
        cr_expect_eq(workqueue_length(queue), 0);
    }
    workqueue_free(queue);
    run_free(run);
    return count;
}

Test(variation, any_key_may_be_the_next_but_each_comes_once)
{
    cr_expect_eq(out_of_turn(0), 0);
    const int count = out_of_turn(1);
    cr_expect(count > 60 && count < 95, "four times in five: %d", count);
}
