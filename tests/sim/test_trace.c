/* The hash sees every difference, and is the same whether or not anybody reads. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sim/kernel/trace.h"

struct page {
    char text[1000];
    size_t length;
};

static void write_line(void *context, const struct trace_line *line)
{
    struct page *page = context;
    char at[SIM_TIME_TEXT];
    page->length += (size_t)snprintf(page->text + page->length, sizeof page->text - page->length,
                                     "%s #%d<-%d %s %s\n", sim_time_print(line->at, at),
                                     (int)line->id, (int)line->cause, line->subject, line->text);
}

static void tell_a_story(struct trace *trace)
{
    trace_id crash = trace_note(trace, 10 * SIM_SECOND, 0, "node/a", "stops");
    trace_step(trace, 12 * SIM_SECOND, 77);
    trace_id taint = trace_note(trace, 60 * SIM_SECOND, crash, "node/a", "Ready=%s", "Unknown");
    trace_note(trace, 360 * SIM_SECOND, taint, "pod/web-1", "evicted, %d of %zu, 100%%", -3,
               (size_t)40);
}

Test(trace, a_line_carries_its_cause_to_whoever_reads)
{
    struct page page = { .length = 0 };
    struct trace trace;
    trace_init(&trace, write_line, &page);
    tell_a_story(&trace);
    cr_expect_str_eq(page.text, "10s #1<-0 node/a stops\n"
                                "1m #2<-1 node/a Ready=Unknown\n"
                                "6m #3<-2 pod/web-1 evicted, -3 of 40, 100%\n");
}

Test(trace, the_hash_does_not_depend_on_a_reader)
{
    struct page page = { .length = 0 };
    struct trace read, unread;
    trace_init(&read, write_line, &page);
    trace_init(&unread, NULL, NULL);
    tell_a_story(&read);
    tell_a_story(&unread);
    cr_expect_eq(read.hash, unread.hash);
    cr_expect_eq(read.last, 3);
    cr_expect_eq(unread.last, 3);
    cr_expect_eq(unread.hash, 0xdd97babb65b946e8u, "the same on every machine");
}

static uint64_t hash_of(sim_time now, trace_id cause, const char *subject, const char *text, int n)
{
    struct trace trace;
    trace_init(&trace, NULL, NULL);
    trace_note(&trace, 1, 0, "x", "one");
    trace_note(&trace, 1, 0, "x", "two");
    trace_note(&trace, now, cause, subject, "%s %d", text, n);
    return trace.hash;
}

Test(trace, every_part_of_a_line_changes_the_hash)
{
    uint64_t hashes[] = {
        hash_of(5, 1, "pod/a", "bound to n1", 3),  hash_of(6, 1, "pod/a", "bound to n1", 3),
        hash_of(5, 2, "pod/a", "bound to n1", 3),  hash_of(5, 1, "pod/b", "bound to n1", 3),
        hash_of(5, 1, "pod/a", "bound to n2", 3),  hash_of(5, 1, "pod/a", "bound to n1", 4),
        hash_of(5, 1, "pod/ab", "ound to n1", 3),  hash_of(5, 1, "", "", 0),
        hash_of(5, 1, "pod/a", "bound to n1", -3),
    };
    size_t count = sizeof hashes / sizeof *hashes;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            cr_expect_neq(hashes[i], hashes[j], "%zu and %zu", i, j);
}
