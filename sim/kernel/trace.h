/* What happened in a run, and because of what: one line per thing, and a hash over all.
 *
 * Two runs are the same run exactly when their hashes are equal, so the hash covers every
 * line: its time, its cause and its words, whether or not anybody reads the lines. Words
 * are formatted for a reader only; without one a line costs a few nanoseconds. */
#ifndef SIM_KERNEL_TRACE_H
#define SIM_KERNEL_TRACE_H

#include <stdint.h>

#include "sim/base/time.h"

typedef uint64_t trace_id; /* names one line; counts from 1; 0 names none */

struct trace_line {
    sim_time at;
    trace_id id, cause;  /* cause 0: nothing in the run caused it */
    const char *subject; /* who: "machine/a"; "" where nobody in particular */
    const char *text;    /* what: "stops" */
};

/* Reads lines as they happen; the line and its texts live until it returns. */
typedef void trace_sink(void *context, const struct trace_line *line);

struct trace {
    uint64_t hash;
    trace_id last;    /* lines so far */
    trace_sink *sink; /* NULL: nobody reads */
    void *context;    /* the sink's, borrowed */
};

/* A trace with nothing in it yet. Holds no memory of its own. */
void trace_init(struct trace *trace, trace_sink *sink, void *context);

/* Something happened to `subject`, caused by the line `cause` (of this trace, or 0).
 * The format is printf's, with %s, %d, %u, %c and %% and the lengths l, ll and z; no
 * flags, widths or doubles. Returns the line's id, the cause of what follows from it. */
trace_id trace_note(struct trace *trace, sim_time now, trace_id cause, const char *subject,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A step too small for a line, as a number: part of the hash, with no id and no words. */
static inline void trace_step(struct trace *trace, sim_time now, uint64_t what)
{
    /* Each line below is a bijection of the hash, so a difference is never lost again. */
    uint64_t hash = (trace->hash ^ (uint64_t)now) * 0x9e3779b97f4a7c15u;
    hash = ((hash ^ hash >> 32) + what) * 0xd6e8feb86659fd93u;
    trace->hash = hash ^ hash >> 32;
}

#endif
