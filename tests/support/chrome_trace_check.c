#include "tests/support/chrome_trace_check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

enum { THREADS = 4096, DEPTH = 32 };

/* A thread, and the slices that are open at the present event. */
struct open {
    bool named;
    int64_t pid, ends[DEPTH];
    size_t depth;
};

struct check {
    struct open *threads; /* by tid */
    bool *processes;      /* named ones, by pid */
    bool *begun;          /* arrows, by id */
    size_t arrows;
    int64_t now;
};

static int64_t number(const struct value *event, const char *key)
{
    int64_t found = -1;
    cr_assert(value_as_int(value_get(event, key), &found), "%s is no whole number", key);
    return found;
}

static const char *word(const struct value *event, const char *key)
{
    const char *text = value_text(value_get(event, key), NULL);
    cr_assert_not_null(text, "an event without %s", key);
    return text;
}

static void check_names(struct check *check, const struct value *event)
{
    const char *name = word(event, "name");
    const struct value *args = value_get(event, "args");
    const int64_t pid = number(event, "pid");
    cr_assert(pid > 0 && pid < THREADS);
    if (strcmp(name, "process_name") == 0) {
        cr_assert_neq(word(args, "name")[0], '\0');
        check->processes[pid] = true;
    } else if (strcmp(name, "thread_name") == 0) {
        const int64_t tid = number(event, "tid");
        cr_assert(tid > 0 && tid < THREADS);
        cr_assert_not(check->threads[tid].named, "a thread with two names");
        cr_assert_neq(word(args, "name")[0], '\0');
        check->threads[tid] = (struct open){ .named = true, .pid = pid };
    } else {
        cr_assert(strcmp(name, "process_sort_index") == 0 ||
                  strcmp(name, "thread_sort_index") == 0);
        number(args, "sort_index");
    }
}

static struct open *thread_at(struct check *check, const struct value *event)
{
    const int64_t tid = number(event, "tid");
    cr_assert(tid > 0 && tid < THREADS && check->threads[tid].named, "a thread without a name");
    struct open *thread = &check->threads[tid];
    cr_assert_eq(thread->pid, number(event, "pid"));
    return thread;
}

/* A slice that ends when another begins is over, unless it has no length: then it is a place. */
static void close_ended(struct open *thread, int64_t now)
{
    while (thread->depth > 0 && thread->ends[thread->depth - 1] < now)
        thread->depth--;
}

static void check_slice(struct check *check, const struct value *event)
{
    struct open *thread = thread_at(check, event);
    const int64_t duration = number(event, "dur");
    cr_assert_geq(duration, 0);
    while (thread->depth > 0 && thread->ends[thread->depth - 1] <= check->now)
        thread->depth--;
    if (thread->depth > 0)
        cr_assert_leq(check->now + duration, thread->ends[thread->depth - 1],
                      "%s begins within another slice, and outlasts it", word(event, "name"));
    cr_assert_lt(thread->depth, DEPTH);
    thread->ends[thread->depth++] = check->now + duration;
    word(event, "cat");
}

static void check_arrow(struct check *check, const struct value *event, bool begins)
{
    struct open *thread = thread_at(check, event);
    const int64_t id = number(event, "id");
    close_ended(thread, check->now);
    cr_assert_gt(thread->depth, 0, "an arrow outside every slice");
    cr_assert(id > 0 && (size_t)id <= check->arrows);
    cr_assert_eq(check->begun[id], !begins, "arrow %d", (int)id);
    check->begun[id] = begins;
    cr_assert_str_eq(word(event, "cat"), "why");
    if (!begins)
        cr_assert_str_eq(word(event, "bp"), "e");
}

static void check_event(struct check *check, const struct value *event)
{
    const char *ph = word(event, "ph");
    word(event, "name");
    if (strcmp(ph, "M") == 0) {
        check_names(check, event);
        return;
    }
    cr_assert_geq(number(event, "ts"), check->now, "not in the order of time");
    check->now = number(event, "ts");
    cr_assert(check->processes[number(event, "pid")], "a process without a name");
    if (strcmp(ph, "X") == 0)
        check_slice(check, event);
    else if (strcmp(ph, "s") == 0 || strcmp(ph, "f") == 0)
        check_arrow(check, event, ph[0] == 's');
    else if (strcmp(ph, "i") == 0)
        cr_assert(thread_at(check, event) != NULL && strcmp(word(event, "s"), "t") == 0);
    else
        cr_assert(strcmp(ph, "C") == 0 && value_get(event, "args")->count > 0);
}

static struct value *parse(const char *path)
{
    struct writer text = { 0 };
    struct error error = { 0 };
    char block[65536];
    size_t length;
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    while ((length = fread(block, 1, sizeof block, file)) > 0)
        writer_add_bytes(&text, block, length);
    fclose(file);
    struct value *trace =
        json_read(text.bytes, text.length, (struct place){ .line = 1 }, NULL, &error);
    cr_assert_not_null(trace, "%s", error.text);
    writer_close(&text);
    return trace;
}

struct value *chrome_trace_read(const char *path)
{
    struct value *trace = parse(path);
    const struct value *events = value_get(trace, "traceEvents");
    cr_assert_not_null(events);
    struct check check = { .threads = mem_new(THREADS * sizeof(struct open)),
                           .processes = mem_new(THREADS),
                           .begun = mem_new(events->count + 1),
                           .arrows = events->count };
    for (size_t i = 0; i < events->count; i++)
        check_event(&check, value_at(events, i));
    for (size_t i = 1; i <= check.arrows; i++)
        cr_assert_not(check.begun[i], "arrow %zu has no end", i);
    free(check.threads);
    free(check.processes);
    free(check.begun);
    return trace;
}

const struct value *chrome_trace_find(const struct value *trace, const char *ph, const char *name)
{
    const struct value *events = value_get(trace, "traceEvents");
    for (size_t i = 0; i < events->count; i++) {
        const struct value *event = value_at(events, i);
        if (strcmp(word(event, "ph"), ph) == 0 && strcmp(word(event, "name"), name) == 0)
            return event;
    }
    return NULL;
}

size_t chrome_trace_count(const struct value *trace, const char *ph, const char *name)
{
    const struct value *events = value_get(trace, "traceEvents");
    size_t count = 0;
    for (size_t i = 0; i < events->count; i++) {
        const struct value *event = value_at(events, i);
        count += strcmp(word(event, "ph"), ph) == 0 &&
                 (name == NULL || strcmp(word(event, "name"), name) == 0);
    }
    return count;
}
