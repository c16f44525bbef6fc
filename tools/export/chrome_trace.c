/* Follows the Trace Event Format document of the Chromium project: X for slices (`dur` never negative), i
 * for instants, C for counters, s and f with bp "e" for arrows, M for names. Readers want events in
 * the order of `ts`; an arrow belongs to the slice that was told last on its thread, so it is told
 * right behind it. */
#include "tools/export/chrome_trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

struct named {
    uint32_t process;
    char *name; /* owned */
    int order;
};

struct slice {
    uint32_t thread;
    bool is_mark;
    sim_time begin, end; /* SIM_FOREVER while it lasts */
    const char *category;
    char *name; /* owned */
    const char *keys[2];
    char *texts[2]; /* owned */
};

enum event_type { EVENT_SLICE, EVENT_ARROW_BEGINS, EVENT_ARROW_ENDS, EVENT_INSTANT, EVENT_COUNTER };

/* What is sorted: by time, then by the slice it stands at, then as it came. */
struct entry {
    int64_t microseconds;
    size_t behind; /* the slice; of others their own place among the slices */
    size_t number; /* in its own list */
    enum event_type type;
};

struct arrow {
    uint32_t from, to;
};

struct instant {
    uint32_t thread;
    sim_time at;
    const char *category;
    char *name, *text; /* owned */
    size_t behind;
};

struct counter {
    uint32_t process;
    sim_time at;
    char *name; /* owned */
    struct chrome_count values[2];
    size_t behind;
};

#define LIST(type, name)                                                                           \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, capacity;                                                                    \
    } name

struct chrome_trace {
    size_t most, left_out;
    LIST(struct named, processes);
    LIST(struct named, threads);
    LIST(struct slice, slices);
    LIST(struct instant, instants);
    LIST(struct counter, counters);
    LIST(struct arrow, arrows);
    LIST(struct entry, entries);
};

static int64_t microseconds(sim_time at)
{
    return at / SIM_MICROSECOND;
}

struct chrome_trace *chrome_trace_new(size_t most)
{
    struct chrome_trace *trace = mem_new(sizeof *trace);
    trace->most = most;
    return trace;
}

void chrome_trace_free(struct chrome_trace *trace)
{
    if (trace == NULL)
        return;
    for (size_t i = 0; i < trace->processes.count; i++)
        free(trace->processes.items[i].name);
    for (size_t i = 0; i < trace->threads.count; i++)
        free(trace->threads.items[i].name);
    for (size_t i = 0; i < trace->slices.count; i++) {
        free(trace->slices.items[i].name);
        free(trace->slices.items[i].texts[0]);
        free(trace->slices.items[i].texts[1]);
    }
    for (size_t i = 0; i < trace->instants.count; i++) {
        free(trace->instants.items[i].name);
        free(trace->instants.items[i].text);
    }
    for (size_t i = 0; i < trace->counters.count; i++)
        free(trace->counters.items[i].name);
    free(trace->processes.items);
    free(trace->threads.items);
    free(trace->slices.items);
    free(trace->instants.items);
    free(trace->counters.items);
    free(trace->arrows.items);
    free(trace->entries.items);
    free(trace);
}

static char *copy(const char *text)
{
    return mem_text(text, strlen(text));
}

uint32_t chrome_process(struct chrome_trace *trace, const char *name, int order)
{
    MEM_GROW(trace->processes.items, trace->processes.count, trace->processes.capacity);
    trace->processes.items[trace->processes.count++] =
        (struct named){ .name = copy(name), .order = order };
    return (uint32_t)trace->processes.count;
}

uint32_t chrome_thread(struct chrome_trace *trace, uint32_t process, const char *name)
{
    MEM_GROW(trace->threads.items, trace->threads.count, trace->threads.capacity);
    trace->threads.items[trace->threads.count++] =
        (struct named){ .process = process, .name = copy(name) };
    return (uint32_t)trace->threads.count;
}

static bool is_full(struct chrome_trace *trace)
{
    if (trace->slices.count + trace->instants.count < trace->most)
        return false;
    trace->left_out++;
    return true;
}

uint32_t chrome_begin(struct chrome_trace *trace, uint32_t thread, sim_time at,
                      const char *category, const char *name)
{
    if (is_full(trace))
        return 0;
    MEM_GROW(trace->slices.items, trace->slices.count, trace->slices.capacity);
    trace->slices.items[trace->slices.count++] = (struct slice){
        .thread = thread, .begin = at, .end = SIM_FOREVER, .category = category, .name = copy(name)
    };
    return (uint32_t)trace->slices.count;
}

void chrome_end(struct chrome_trace *trace, uint32_t slice, sim_time at)
{
    if (slice != 0)
        trace->slices.items[slice - 1].end = at;
}

uint32_t chrome_mark(struct chrome_trace *trace, uint32_t thread, sim_time at, const char *category,
                     const char *name)
{
    const uint32_t slice = chrome_begin(trace, thread, at, category, name);
    if (slice != 0)
        trace->slices.items[slice - 1].is_mark = true;
    return slice;
}

void chrome_note(struct chrome_trace *trace, uint32_t slice, const char *key, const char *text)
{
    if (slice == 0)
        return;
    struct slice *of = &trace->slices.items[slice - 1];
    const int place = of->keys[0] != NULL;
    of->keys[place] = key;
    free(of->texts[place]);
    of->texts[place] = copy(text);
}

void chrome_instant(struct chrome_trace *trace, uint32_t thread, sim_time at, const char *category,
                    const char *name, const char *text)
{
    if (is_full(trace))
        return;
    MEM_GROW(trace->instants.items, trace->instants.count, trace->instants.capacity);
    trace->instants.items[trace->instants.count++] =
        (struct instant){ thread, at, category, copy(name), copy(text), trace->slices.count };
}

void chrome_counter(struct chrome_trace *trace, uint32_t process, sim_time at, const char *name,
                    struct chrome_count first, struct chrome_count second)
{
    MEM_GROW(trace->counters.items, trace->counters.count, trace->counters.capacity);
    trace->counters.items[trace->counters.count++] =
        (struct counter){ process, at, copy(name), { first, second }, trace->slices.count };
}

/* One to the past, or between two at one moment in the wrong order, could not be drawn. */
void chrome_arrow(struct chrome_trace *trace, uint32_t from, uint32_t to)
{
    if (from == 0 || to == 0 || from == to)
        return;
    const int64_t begin = microseconds(trace->slices.items[from - 1].begin);
    const int64_t end = microseconds(trace->slices.items[to - 1].begin);
    if (begin > end || (begin == end && from > to))
        return;
    MEM_GROW(trace->arrows.items, trace->arrows.count, trace->arrows.capacity);
    trace->arrows.items[trace->arrows.count++] = (struct arrow){ from, to };
}

size_t chrome_left_out(const struct chrome_trace *trace)
{
    return trace->left_out;
}

/* ---- printing ---- */

static void add_entry(struct chrome_trace *trace, sim_time at, size_t behind, size_t number,
                      enum event_type type)
{
    MEM_GROW(trace->entries.items, trace->entries.count, trace->entries.capacity);
    trace->entries.items[trace->entries.count++] =
        (struct entry){ microseconds(at), behind, number, type };
}

static int by_time(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    if (one->microseconds != other->microseconds)
        return one->microseconds < other->microseconds ? -1 : 1;
    if (one->behind != other->behind)
        return one->behind < other->behind ? -1 : 1;
    if (one->type != other->type)
        return one->type < other->type ? -1 : 1;
    return one->number < other->number ? -1 : 1;
}

static void sort_entries(struct chrome_trace *trace, sim_time end)
{
    trace->entries.count = 0;
    for (size_t i = 0; i < trace->slices.count; i++)
        if (trace->slices.items[i].begin <= end)
            add_entry(trace, trace->slices.items[i].begin, i + 1, i, EVENT_SLICE);
    for (size_t i = 0; i < trace->arrows.count; i++) {
        const struct arrow *arrow = &trace->arrows.items[i];
        if (trace->slices.items[arrow->to - 1].begin > end)
            continue;
        add_entry(trace, trace->slices.items[arrow->from - 1].begin, arrow->from, i,
                  EVENT_ARROW_BEGINS);
        add_entry(trace, trace->slices.items[arrow->to - 1].begin, arrow->to, i, EVENT_ARROW_ENDS);
    }
    for (size_t i = 0; i < trace->instants.count; i++)
        add_entry(trace, trace->instants.items[i].at, trace->instants.items[i].behind, i,
                  EVENT_INSTANT);
    for (size_t i = 0; i < trace->counters.count; i++)
        add_entry(trace, trace->counters.items[i].at, trace->counters.items[i].behind, i,
                  EVENT_COUNTER);
    qsort(trace->entries.items, trace->entries.count, sizeof *trace->entries.items, by_time);
}

static void add_text(struct writer *out, const char *key, const char *text)
{
    writer_format(out, ",\"%s\":", key);
    json_print_string(out, text, strlen(text), false);
}

static void begin_event(struct writer *out, const char *type, int64_t ts)
{
    writer_format(out, ",\n{\"ph\":\"%s\",\"ts\":%" PRId64, type, ts);
}

static void add_place(const struct chrome_trace *trace, uint32_t thread, struct writer *out)
{
    writer_format(out, ",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32,
                  trace->threads.items[thread - 1].process, thread);
}

static void print_slice(const struct chrome_trace *trace, const struct slice *slice, sim_time end,
                        struct writer *out)
{
    const sim_time last = slice->end < end ? slice->end : end;
    const int64_t begin = microseconds(slice->begin);
    begin_event(out, "X", begin);
    writer_format(out, ",\"dur\":%" PRId64, slice->is_mark ? 1 : microseconds(last) - begin);
    add_place(trace, slice->thread, out);
    add_text(out, "cat", slice->category);
    add_text(out, "name", slice->name);
    if (slice->keys[0] != NULL) {
        writer_add(out, ",\"args\":{");
        for (int i = 0; i < 2 && slice->keys[i] != NULL; i++) {
            writer_format(out, "%s\"%s\":", i > 0 ? "," : "", slice->keys[i]);
            json_print_string(out, slice->texts[i], strlen(slice->texts[i]), false);
        }
        writer_add_char(out, '}');
    }
    writer_add_char(out, '}');
}

static void print_arrow_end(const struct chrome_trace *trace, size_t number, bool begins,
                            struct writer *out)
{
    const struct arrow *arrow = &trace->arrows.items[number];
    const struct slice *slice = &trace->slices.items[(begins ? arrow->from : arrow->to) - 1];
    begin_event(out, begins ? "s" : "f", microseconds(slice->begin));
    add_place(trace, slice->thread, out);
    writer_format(out, ",\"id\":%zu,\"cat\":\"why\",\"name\":\"cause\"%s}", number + 1,
                  begins ? "" : ",\"bp\":\"e\"");
}

static void print_instant(const struct chrome_trace *trace, const struct instant *instant,
                          struct writer *out)
{
    begin_event(out, "i", microseconds(instant->at));
    writer_add(out, ",\"s\":\"t\"");
    add_place(trace, instant->thread, out);
    add_text(out, "cat", instant->category);
    add_text(out, "name", instant->name);
    writer_add(out, ",\"args\":{\"text\":");
    json_print_string(out, instant->text, strlen(instant->text), false);
    writer_add(out, "}}");
}

static void print_counter(const struct counter *counter, struct writer *out)
{
    begin_event(out, "C", microseconds(counter->at));
    writer_format(out, ",\"pid\":%" PRIu32, counter->process);
    add_text(out, "name", counter->name);
    writer_add(out, ",\"args\":{");
    for (int i = 0; i < 2 && counter->values[i].name != NULL; i++)
        writer_format(out, "%s\"%s\":%.12g", i > 0 ? "," : "", counter->values[i].name,
                      counter->values[i].value);
    writer_add(out, "}}");
}

static void print_metadata(const struct chrome_trace *trace, struct writer *out)
{
    for (size_t i = 0; i < trace->processes.count; i++) {
        const struct named *process = &trace->processes.items[i];
        writer_format(
            out,
            "%s\n{\"ph\":\"M\",\"ts\":0,\"pid\":%zu,\"name\":\"process_name\",\"args\":{\"name\":",
            i > 0 ? "," : "", i + 1);
        json_print_string(out, process->name, strlen(process->name), false);
        writer_format(out,
                      "}},\n{\"ph\":\"M\",\"ts\":0,\"pid\":%zu,\"name\":\"process_sort_index\","
                      "\"args\":{\"sort_index\":%d}}",
                      i + 1, process->order);
    }
    for (size_t i = 0; i < trace->threads.count; i++) {
        const struct named *thread = &trace->threads.items[i];
        writer_format(out,
                      ",\n{\"ph\":\"M\",\"ts\":0,\"pid\":%" PRIu32
                      ",\"tid\":%zu,\"name\":\"thread_name\",\"args\":{\"name\":",
                      thread->process, i + 1);
        json_print_string(out, thread->name, strlen(thread->name), false);
        writer_format(out,
                      "}},\n{\"ph\":\"M\",\"ts\":0,\"pid\":%" PRIu32
                      ",\"tid\":%zu,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%zu}}",
                      thread->process, i + 1, i + 1);
    }
}

void chrome_write(struct chrome_trace *trace, sim_time end, FILE *file)
{
    struct writer out = { 0 };
    writer_format(&out,
                  "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"leftOut\":\"%zu\"},"
                  "\"traceEvents\":[",
                  trace->left_out);
    print_metadata(trace, &out);
    sort_entries(trace, end);
    for (size_t i = 0; i < trace->entries.count; i++) {
        const struct entry *entry = &trace->entries.items[i];
        switch (entry->type) {
        case EVENT_SLICE:
            print_slice(trace, &trace->slices.items[entry->number], end, &out);
            break;
        case EVENT_ARROW_BEGINS:
        case EVENT_ARROW_ENDS:
            print_arrow_end(trace, entry->number, entry->type == EVENT_ARROW_BEGINS, &out);
            break;
        case EVENT_INSTANT:
            print_instant(trace, &trace->instants.items[entry->number], &out);
            break;
        case EVENT_COUNTER:
            print_counter(&trace->counters.items[entry->number], &out);
            break;
        }
        fwrite(out.bytes, 1, out.length, file);
        writer_clear(&out);
    }
    writer_add(&out, "\n]}\n");
    fwrite(out.bytes, 1, out.length, file);
    writer_close(&out);
}
