/* A trace as Perfetto and Chrome show it: Chrome's Trace Event Format, JSON.
 *
 * Processes have threads, threads have slices that follow or enclose one another, and marks, which
 * are slices of a microsecond, so that arrows can begin and end at them. Times are cut to whole
 * microseconds since the start of the run. */
#ifndef TOOLS_EXPORT_CHROME_TRACE_H
#define TOOLS_EXPORT_CHROME_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/base/time.h"

struct chrome_trace;

/* At most so many slices; what comes later is left out, and the trace says so. Free with
 * chrome_trace_free(). */
struct chrome_trace *chrome_trace_new(size_t most);
void chrome_trace_free(struct chrome_trace *trace);

/* A process; shown in the order of `order`. Its number, from 1. */
uint32_t chrome_process(struct chrome_trace *trace, const char *name, int order);
/* A thread of a process, shown in the order of their making. Its number is not used twice. */
uint32_t chrome_thread(struct chrome_trace *trace, uint32_t process, const char *name);

/* A slice begins; its number, 0 when it is left out, which all functions below take in good part. It ends
 * with the trace unless it is ended; what it encloses ends first. The category is a constant. */
uint32_t chrome_begin(struct chrome_trace *trace, uint32_t thread, sim_time at,
                      const char *category, const char *name);
void chrome_end(struct chrome_trace *trace, uint32_t slice, sim_time at);
uint32_t chrome_mark(struct chrome_trace *trace, uint32_t thread, sim_time at, const char *category,
                     const char *name);
/* Something to read of a slice; the key is a constant. Twice at most. */
void chrome_note(struct chrome_trace *trace, uint32_t slice, const char *key, const char *text);

/* Something that happened at a moment on a thread: no arrows. */
void chrome_instant(struct chrome_trace *trace, uint32_t thread, sim_time at, const char *category,
                    const char *name, const char *text);

/* From now on a counter of a process has these values; the names are constants. Two at most. */
struct chrome_count {
    const char *name;
    double value;
};
void chrome_counter(struct chrome_trace *trace, uint32_t process, sim_time at, const char *name,
                    struct chrome_count first, struct chrome_count second);

/* An arrow from the beginning of one slice to that of another, which is not before it. */
void chrome_arrow(struct chrome_trace *trace, uint32_t from, uint32_t to);

/* How many slices were left out. */
size_t chrome_left_out(const struct chrome_trace *trace);

/* Everything in the order of time; `end` is that of the run. */
void chrome_write(struct chrome_trace *trace, sim_time end, FILE *out);

#endif
