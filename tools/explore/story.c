/* Tell a finding. */
#include "tools/explore/story.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/table.h"

enum { LONGEST = 24 };

/* In seconds, to the millisecond; the caller frees. */
static char *clock_text(sim_time at)
{
    return mem_format("%lld.%03lld", (long long)(at / SIM_SECOND),
                      (long long)(at % SIM_SECOND / SIM_MILLISECOND));
}

/* Ids of the lines that led to a line, the first one first; at most LONGEST, the last ones. */
static size_t chain_of(const struct kept_trace *trace, uint64_t line, uint64_t ids[LONGEST])
{
    size_t count = 0;
    for (; line > 0 && line <= trace->count && count < LONGEST; line = trace->lines[line - 1].cause)
        ids[count++] = line;
    for (size_t i = 0; i < count / 2; i++) {
        const uint64_t swapped = ids[i];
        ids[i] = ids[count - 1 - i];
        ids[count - 1 - i] = swapped;
    }
    return count;
}

/* Without a cause, what happened last. */
static size_t last_of(const struct kept_trace *trace, uint64_t ids[LONGEST])
{
    const size_t count = trace->count < LONGEST ? trace->count : LONGEST;
    for (size_t i = 0; i < count; i++)
        ids[i] = trace->count - count + i + 1;
    return count;
}

static size_t play(const struct scenario *scenario, const struct variance *variance,
                   const struct finding *finding, struct kept_trace *trace, uint64_t ids[LONGEST])
{
    struct finding again;
    struct error_list faults = { 0 };
    if (strcmp(finding->invariant, "crash") == 0)
        return 0; /* it would be our end */
    explore_once(scenario, variance, (struct exploring){ .trace = trace }, &again, &faults);
    error_list_close(&faults);
    return finding->line > 0 ? chain_of(trace, finding->line, ids) : last_of(trace, ids);
}

void story_print(const struct scenario *scenario, const struct variance *variance,
                 const struct finding *finding, struct writer *out)
{
    struct kept_trace trace = { 0 };
    uint64_t ids[LONGEST];
    char time[SIM_TIME_TEXT];
    const size_t count = play(scenario, variance, finding, &trace, ids);
    writer_format(out, "%s: %s\n", finding->invariant, finding_rule(finding));
    writer_format(out, "at %s %s\n\n", sim_time_print(finding->at, time), finding->text);
    struct text_table table = { .heads = { "-SECONDS", "WHAT", "HAPPENED" } };
    for (size_t i = 0; i < count; i++) {
        const struct kept_line *line = &trace.lines[ids[i] - 1];
        struct table_row *row = text_table_row(&table);
        row->cells[0] = clock_text(line->at);
        row->cells[1] = mem_format("%s", line->subject);
        row->cells[2] = mem_format("%s", line->text);
    }
    if (count > 0)
        text_table_print(&table, out);
    text_table_close(&table);
    kept_trace_close(&trace);
}

struct value *story_chain(const struct scenario *scenario, const struct variance *variance,
                          const struct finding *finding)
{
    struct kept_trace trace = { 0 };
    uint64_t ids[LONGEST];
    char time[SIM_TIME_TEXT];
    struct value *chain = value_new_list();
    const size_t count = play(scenario, variance, finding, &trace, ids);
    for (size_t i = 0; i < count; i++) {
        const struct kept_line *line = &trace.lines[ids[i] - 1];
        struct value *entry = value_new_map();
        value_set(entry, "at", value_new_string(sim_time_print(line->at, time)));
        value_set(entry, "subject", value_new_string(line->subject));
        value_set(entry, "text", value_new_string(line->text));
        value_add(chain, entry);
    }
    kept_trace_close(&trace);
    return chain;
}
