/* A run: how far it goes, what its hash covers, and its chains of causes and choices. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/kernel/run.h"

struct diary {
    struct run *run;
    sim_time times[20];
    int count;
};

static void write_down(void *subject, sim_time now)
{
    struct diary *diary = subject;
    diary->times[diary->count++] = now;
}

static void stop_here(void *subject, sim_time now)
{
    write_down(subject, now);
    run_stop(((struct diary *)subject)->run);
}

Test(run, goes_to_the_end_it_is_told_and_no_further)
{
    struct run *run = run_new(1);
    struct diary diary = { .run = run };
    run_at(run, 5, PRIORITY_WORLD, write_down, &diary);
    run_at(run, 10, PRIORITY_WORLD, write_down, &diary);
    run_at(run, 11, PRIORITY_WORLD, write_down, &diary);
    run_until(run, 10);
    cr_expect_eq(diary.count, 2, "what happens at the end is part of it");
    cr_expect_eq(run_now(run), 10);
    cr_expect_eq(run->events, 2);
    run_until(run, 30);
    cr_expect_eq(diary.count, 3);
    cr_expect_eq(run_now(run), 30, "though the last event was at 11");
    cr_expect_not(run_step(run));
    run_free(run);
}

Test(run, a_stop_leaves_the_rest_for_later)
{
    struct run *run = run_new(1);
    struct diary diary = { .run = run };
    run_at(run, 5, PRIORITY_WORLD, stop_here, &diary);
    run_at(run, 5, PRIORITY_WORK, write_down, &diary);
    event_id withdrawn = run_at(run, 6, PRIORITY_WORLD, write_down, &diary);
    run_until(run, 10);
    cr_expect_eq(run_now(run), 5);
    cr_expect_eq(diary.count, 1);
    run_cancel(run, &withdrawn);
    cr_expect_eq(withdrawn, 0);
    run_cancel(run, &withdrawn);
    run_until(run, 10);
    cr_expect_eq(diary.count, 2);
    cr_expect_eq(run_now(run), 10);
    run_free(run);
}

/* ---- the hash ---- */

static void rearm(void *subject, sim_time now)
{
    struct run *run = subject;
    struct stream stream = stream_of(run->seed, "", "x", "delay", run->events);
    run_at(run, now + 1 + (sim_time)stream_below(&stream, 3), PRIORITY_WORLD, rearm, run);
}

static void begin(struct run *run)
{
    for (int i = 0; i < 5; i++)
        run_at(run, i, PRIORITY_WORLD, rearm, run);
}

static uint64_t hash_of(struct run *run)
{
    begin(run);
    run_until(run, 1000);
    uint64_t hash = run->trace.hash;
    run_free(run);
    return hash;
}

Test(run, both_queues_give_the_same_run_and_seeds_differ)
{
    uint64_t fast = hash_of(run_new(1));
    cr_expect_eq(fast, hash_of(run_new_with_queue(1, queue_new_list())));
    cr_expect_neq(fast, hash_of(run_new(2)));
}

Test(run, a_forked_run_goes_on_to_the_same_hash)
{
    struct run *run = run_new(1);
    int ends[2];
    uint64_t other = 0;
    begin(run);
    run_until(run, 500);
    cr_assert_eq(pipe(ends), 0);
    const pid_t child = fork();
    run_until(run, 1000);
    if (child == 0) {
        const bool told = write(ends[1], &run->trace.hash, sizeof other) == sizeof other;
        _exit(told ? 0 : 1);
    }
    cr_assert_eq(read(ends[0], &other, sizeof other), sizeof other);
    waitpid(child, NULL, 0);
    cr_expect_eq(other, run->trace.hash);
    run_free(run);
    cr_expect_eq(other, hash_of(run_new(1)), "which is that of a run that was never stopped");
}

/* ---- causes ---- */

struct page {
    char text[1000];
    size_t length;
};

static void write_line(void *context, const struct trace_line *line)
{
    struct page *page = context;
    page->length += (size_t)snprintf(page->text + page->length, sizeof page->text - page->length,
                                     "%d<-%d %s: %s\n", (int)line->id, (int)line->cause,
                                     line->subject, line->text);
}

static uint64_t tell(struct run *run)
{
    const struct text *shop = text_intern(run->texts, "shop");
    const struct text *web = text_intern(run->texts, "web-1");
    struct cause crash = run_root(run, 10, "node-crash", "worker-3");
    struct cause apply = run_root(run, 12, "apply", "");
    struct cause gone = run_note(run, 60, crash, "evicted", "pod", shop, web, "from worker-3");
    run_note(run, 61, gone, "replaced", "pod", NULL, web, NULL);
    struct cause end = run_note(run, 62, apply, "ends", "timeline", NULL, NULL, NULL);
    cr_expect_str_eq(run_root_of(run, gone)->kind, "node-crash");
    cr_expect_str_eq(run_root_of(run, gone)->name->s, "node-crash/worker-3");
    cr_expect_eq(run_root_of(run, gone)->at, 10);
    cr_expect_str_eq(run_root_of(run, end)->name->s, "apply");
    cr_expect_null(run_root_of(run, (struct cause){ 0 })->name, "nothing has no name");
    text_drop(shop);
    text_drop(web);
    uint64_t hash = run->trace.hash;
    run_free(run);
    return hash;
}

Test(run, causes_lead_to_their_root)
{
    struct page page = { .length = 0 };
    struct run *run = run_new(1);
    run->trace.sink = write_line;
    run->trace.context = &page;
    uint64_t read = tell(run);
    cr_expect_str_eq(page.text, "1<-0 node-crash/worker-3: begins\n"
                                "2<-0 apply: begins\n"
                                "3<-1 pod/shop/web-1: evicted from worker-3\n"
                                "4<-3 pod/web-1: replaced\n"
                                "5<-2 timeline: ends\n");
    cr_expect_eq(read, tell(run_new(1)), "whether or not anybody reads");
}

static void expect_length(void *context, const struct trace_line *line)
{
    cr_expect_eq(strlen(line->subject), 3 + 1 + 700);
    ++*(int *)context;
}

Test(run, a_name_of_any_length_is_noted)
{
    struct run *run = run_new(1);
    int lines = 0;
    trace_init(&run->trace, expect_length, &lines);
    char name[701];
    memset(name, 'x', 700);
    name[700] = '\0';
    const struct text *text = text_intern(run->texts, name);
    run_note(run, 0, (struct cause){ 0 }, "exists", "pod", NULL, text, NULL);
    cr_expect_eq(lines, 1);
    text_drop(text);
    run_free(run);
}

/* ---- choices ---- */

Test(run, choices_belong_to_their_entity)
{
    struct run *run = run_new(1);
    int counts[4] = { 0 };
    for (uint64_t salt = 0; salt < 4000; salt++)
        counts[run_choose(run, "tie", "pod/a", salt, 4)]++;
    for (int i = 0; i < 4; i++)
        cr_expect(counts[i] > 850 && counts[i] < 1150, "%d: %d", i, counts[i]);
    uint32_t first = run_choose(run, "tie", "pod/b", 0, 1000000);
    run_choose(run, "tie", "pod/c", 0, 1000000);
    cr_expect_eq(first, run_choose(run, "tie", "pod/b", 0, 1000000));
    cr_expect_eq(run_choose(run, "tie", "pod/b", 1, 1), 0);
    cr_expect_eq(run->choices_made, 4003, "one option is no choice");
    cr_expect_eq(run->choice_count, 0, "nobody asked to keep them");
    run_free(run);
}

static uint64_t choose_ten(struct run *run)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 10; i++)
        sum = sum * 7 + run_choose(run, "order", "x", i, 7);
    return sum;
}

Test(run, recorded_choices_can_be_repeated_and_changed)
{
    struct run *first = run_new(1), *other = run_new(2), *changed = run_new(1);
    first->keep_choices = true;
    uint64_t sum = choose_ten(first);
    cr_assert_eq(first->choice_count, 10);
    other->replay = first->choices;
    other->replay_count = 10;
    cr_expect_eq(choose_ten(other), sum, "under another seed");
    struct choice turned = first->choices[0];
    turned.taken = (turned.taken + 1) % 7;
    changed->replay = &turned;
    changed->replay_count = 1;
    uint64_t seventh = 40353607; /* 7^9: the weight of the first choice */
    cr_expect_eq(choose_ten(changed) % seventh, sum % seventh, "the others stay as they were");
    cr_expect_neq(changed->trace.hash, first->trace.hash);
    run_free(first);
    run_free(other);
    run_free(changed);
}
