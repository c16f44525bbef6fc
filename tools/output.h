/* The folder a run leaves behind: what happened, what was measured, and all it was made of.
 *
 *     events.jsonl    one line for each thing that happened, with its cause
 *     summary.json    what was measured (docs/summary.md)
 *     report.html     the same for people
 *     scenario.json   the resolved inputs: `seatrial run OUT/scenario.json` is the same run
 *     workload.csv    the workload, if there was one
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include "sim/base/value.h"
#include "sim/kernel/trace.h"
#include "tools/inputs.h"

struct output;

/* Make the folder and begin events.jsonl. NULL with the error. */
struct output *output_begin(const char *directory, struct error *error);

/* A trace_sink with the output as its context. */
void output_trace(void *context, const struct trace_line *line);

/* Write the rest and give everything its name. False with the error. */
bool output_finish(struct output *output, const struct inputs *inputs, const struct value *summary,
                   struct error *error);
/* Release; what was not finished is removed. */
void output_free(struct output *output);

#endif
