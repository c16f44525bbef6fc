/* The future event list: its order, its ids, and the fast kind against the plain one. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim/kernel/queue.h"

static void nothing(void *subject, sim_time now)
{
    (void)subject;
    (void)now;
}

static event_id add(struct queue *queue, sim_time at, int priority, intptr_t name)
{
    return queue_add(queue, (struct event){ at, priority, nothing, (void *)name });
}

static intptr_t next(struct queue *queue)
{
    struct event event;
    return queue_next(queue, &event) ? (intptr_t)event.subject : 0;
}

static struct queue *kind(int which)
{
    return which == 0 ? queue_new() : queue_new_list();
}

Test(queue, leaves_by_time_then_priority_then_insertion)
{
    for (int which = 0; which < 2; which++) {
        struct queue *queue = kind(which);
        add(queue, 30, 0, 6);
        add(queue, 20, 5, 4);
        add(queue, 20, -5, 2);
        add(queue, 20, 5, 5);
        add(queue, 10, 9, 1);
        add(queue, 20, -5, 3);
        add(queue, SIM_FOREVER, INT32_MAX, 7);
        for (intptr_t want = 1; want <= 7; want++)
            cr_expect_eq(next(queue), want);
        cr_expect_eq(queue_now(queue), SIM_FOREVER);
        cr_expect_eq(next(queue), 0);
        queue_free(queue);
    }
}

Test(queue, the_clock_follows_what_is_taken_and_nothing_else)
{
    for (int which = 0; which < 2; which++) {
        struct queue *queue = kind(which);
        sim_time at = -1;
        cr_expect_not(queue_peek(queue, &at));
        event_id first = add(queue, 5, 0, 1);
        add(queue, 7, 0, 2);
        cr_expect(queue_peek(queue, &at));
        cr_expect_eq(at, 5);
        cr_expect(queue_cancel(queue, first));
        cr_expect(queue_peek(queue, &at));
        cr_expect_eq(at, 7);
        cr_expect_eq(queue_now(queue), 0);
        add(queue, 3, 0, 3); /* before what was peeked at */
        cr_expect_eq(next(queue), 3);
        cr_expect_eq(queue_now(queue), 3);
        cr_expect_eq(next(queue), 2);
        cr_expect_eq(next(queue), 0);
        cr_expect_eq(queue_now(queue), 7);
        queue_free(queue);
    }
}

Test(queue, an_id_ends_with_its_event)
{
    for (int which = 0; which < 2; which++) {
        struct queue *queue = kind(which);
        event_id a = add(queue, 5, 0, 1), b = add(queue, 5, 0, 2);
        cr_expect_not(queue_cancel(queue, 0));
        cr_expect(queue_cancel(queue, a));
        cr_expect_not(queue_cancel(queue, a));
        event_id c = add(queue, 4, 0, 3);
        cr_expect_neq(c, a);
        cr_expect_not(queue_reschedule(queue, a, 9));
        cr_expect(queue_reschedule(queue, c, 5), "and goes behind its equals there");
        cr_expect_eq(queue_length(queue), 2);
        cr_expect_eq(next(queue), 2);
        cr_expect_not(queue_cancel(queue, b));
        cr_expect(queue_reschedule(queue, c, 5));
        cr_expect_eq(next(queue), 3);
        cr_expect_not(queue_reschedule(queue, c, 6));
        cr_expect_eq(queue_length(queue), 0);
        queue_free(queue);
    }
}

/* A plain generator of its own, so that this test stands alone. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Delays that provoke each part of the ladder: none, equal, near, far, widely spread. */
static sim_time delay(uint64_t *state, unsigned mood)
{
    uint64_t bits = draw(state);
    switch (mood) {
    case 0:
        return (sim_time)(bits % 4) * 100;
    case 1:
        return bits % 16 == 0 ? 30 * SIM_DAY : (sim_time)(bits >> 8) % SIM_SECOND;
    case 2:
        return (sim_time)(bits >> 1 >> draw(state) % 62);
    case 3:
        return 0;
    case 4:
        return SIM_SECOND;
    default:
        return (sim_time)(bits % 1000);
    }
}

struct pair {
    struct queue *fast, *plain;
};

struct pending {
    event_id fast, plain;
};

static void expect_same_next(struct pair pair)
{
    struct event fast = { 0 }, plain = { 0 };
    bool any = queue_next(pair.plain, &plain);
    cr_assert_eq(queue_next(pair.fast, &fast), any);
    cr_assert_eq(fast.at, plain.at);
    cr_assert_eq(fast.priority, plain.priority);
    cr_assert_eq(fast.subject, plain.subject);
    cr_assert_eq(queue_now(pair.fast), queue_now(pair.plain));
}

static struct pending add_to_both(struct pair pair, sim_time at, int priority, intptr_t name)
{
    event_id fast = add(pair.fast, at, priority, name);
    return (struct pending){ fast, add(pair.plain, at, priority, name) };
}

static sim_time later(struct pair pair, uint64_t *state, unsigned mood)
{
    return sim_time_after(queue_now(pair.plain), delay(state, mood));
}

/* One step of the walk. Ids in `known` may be long gone: then both kinds must say so. */
static void step(struct pair pair, uint64_t *state, unsigned mood, struct pending *known,
                 size_t count, intptr_t name)
{
    struct pending *one = &known[draw(state) % count];
    sim_time at, peeked[2] = { 0 };
    switch (draw(state) % 16) {
    default:
        at = later(pair, state, mood);
        *one = add_to_both(pair, at, draw(state) % 8 == 0 ? (int)(draw(state) % 5) - 2 : 0, name);
        break;
    case 0 ... 4:
        expect_same_next(pair);
        break;
    case 5:
    case 6:
        cr_assert_eq(queue_cancel(pair.fast, one->fast), queue_cancel(pair.plain, one->plain));
        break;
    case 7:
        at = later(pair, state, mood);
        cr_assert_eq(queue_reschedule(pair.fast, one->fast, at),
                     queue_reschedule(pair.plain, one->plain, at));
        break;
    case 8:
        cr_assert_eq(queue_peek(pair.fast, &peeked[0]), queue_peek(pair.plain, &peeked[1]));
        cr_assert_eq(peeked[0], peeked[1]);
    }
    cr_assert_eq(queue_length(pair.fast), queue_length(pair.plain));
}

static void walk(uint64_t seed, size_t known_count, int steps)
{
    struct pair pair = { queue_new(), queue_new_list() };
    struct pending *known = calloc(known_count, sizeof *known);
    unsigned mood = 0;
    for (int i = 1; i <= steps; i++) {
        if (i % 300 == 1)
            mood = (unsigned)(draw(&seed) % 6);
        if (queue_now(pair.plain) > SIM_FOREVER / 2)
            break;
        step(pair, &seed, mood, known, known_count, i);
        while (queue_length(pair.plain) > 1500)
            expect_same_next(pair);
    }
    while (queue_length(pair.plain) > 0)
        expect_same_next(pair);
    cr_assert_eq(queue_length(pair.fast), 0);
    free(known);
    queue_free(pair.fast);
    queue_free(pair.plain);
}

Test(queue, fast_and_plain_agree_on_random_walks)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        walk(seed, seed % 2 ? 50 : 3000, 6000);
}

/* Thousands of pending events, where the list would be slow: the order itself is checked. */
Test(queue, a_large_queue_drains_in_order)
{
    for (unsigned mood = 0; mood < 6; mood++) {
        struct queue *queue = queue_new();
        uint64_t state = mood;
        for (intptr_t name = 1; name <= 200000; name++) {
            event_id id = add(queue, delay(&state, mood), (int)(draw(&state) % 3), name);
            if (name % 3 == 0)
                queue_cancel(queue, id);
            else if (name % 7 == 0)
                queue_reschedule(queue, id, delay(&state, mood));
        }
        struct event last = { .at = -1 }, event;
        size_t count = 0;
        for (; queue_next(queue, &event); last = event, count++) {
            bool ordered = event.at > last.at || event.priority > last.priority ||
                           (event.priority == last.priority && event.at == last.at);
            cr_assert(ordered, "mood %u, event %zu", mood, count);
        }
        cr_expect_eq(count, 200000 - 66666);
        queue_free(queue);
    }
}

/* Time-outs that are nearly always withdrawn must not pile up. */
Test(queue, withdrawn_events_do_not_accumulate)
{
    struct queue *queue = queue_new();
    event_id timeout = add(queue, 40 * SIM_SECOND, 0, 1);
    struct event event;
    for (int i = 0; i < 3000000; i++) {
        add(queue, queue_now(queue) + SIM_MILLISECOND, 0, 2);
        cr_assert(queue_next(queue, &event));
        sim_time at = queue_now(queue) + 40 * SIM_SECOND;
        if (i % 2)
            cr_assert(queue_reschedule(queue, timeout, at));
        else {
            cr_assert(queue_cancel(queue, timeout));
            timeout = add(queue, at, 0, 1);
        }
    }
    cr_expect_eq(queue_length(queue), 1);
    queue_free(queue);
}
