/* Failures as they were recorded: rows "node,time,lasts" of a file.
 *
 *     {kind: node-crash, trace: {file: failures.csv}}
 *     {kind: node-crash, trace: {file: failures.csv, repeat: 7d, from: 2d}}
 *
 * The first column names a target of the entry's kind (a zone where zones are struck), times count from
 * the start of the run, an empty `lasts` is for ever. A first row of names and lines with # are left
 * out. With `from` the trace begins at that time of its own; with `repeat` it is over and begins anew
 * after so long. A row for what is struck still is left out. A scenario is loaded with its files
 * written out as `rows`, so that it stands alone. */
#ifndef MODELS_FAILURES_FAILURE_TRACE_H
#define MODELS_FAILURES_FAILURE_TRACE_H

#include "sim/base/error.h"
#include "sim/base/time.h"
#include "sim/base/value.h"

struct signal_opener;

struct trace_row {
    const char *target; /* borrowed from the entry */
    sim_time at, lasts; /* lasts: SIM_FOREVER */
};

struct failure_trace {
    struct trace_row *rows; /* owned; by target, then by time */
    size_t count;
    sim_time repeat; /* 0: once */
};

/* Write the file of an entry's trace out as rows; other faults are left to the next. */
bool failure_trace_open(struct value **entry, const struct signal_opener *opener,
                        struct error *error);

/* Read the rows of an entry, appending faults. The entry stays as it is for as long as the trace. */
void failure_trace_read(struct failure_trace *trace, const struct value *entry,
                        struct error_list *faults);
void failure_trace_close(struct failure_trace *trace);

/* When a target's next row is due: after `after`, or at it with `or_at`; SIM_FOREVER: never. Sets how long
 * it lasts. O(log rows), and linear in what a target has. */
sim_time failure_trace_next(const struct failure_trace *trace, const char *target, sim_time after,
                            bool or_at, sim_time *lasts);

#endif
