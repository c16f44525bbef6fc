/* What a run leaves for other tools, beside its summary (docs/exports.md):
 *
 *     trace.perfetto.json   the run as Perfetto and Chrome show it
 *     metrics.om            time series as Prometheus reads them: OpenMetrics with times
 *     csv/metrics.csv       the same samples for a spreadsheet
 *     csv/workloads.csv     ..., the lists of the summary
 */
#ifndef TOOLS_EXPORT_EXPORTS_H
#define TOOLS_EXPORT_EXPORTS_H

#include <stdbool.h>

#include "models/cluster/simulation.h"
#include "sim/kernel/trace.h"
#include "tools/command.h"

/* The options that exports_read() understands; commands list them in their own table. */
#define EXPORT_OPTIONS                                                                             \
    { "exports", 0, "LIST",                                                                        \
      "what else --out leaves: all (default), none, or some of trace,metrics,csv" },               \
        { "metrics-step", 0, "TIME",                                                               \
          "tell every series each TIME, as a scrape would (default: when it changes)" },           \
        { "metrics-snapshot", 0, "FILE",                                                           \
          "write the last value of every series, as a scrape at the end would get it" },           \
    {                                                                                              \
        "metrics-pods", 0, "NUMBER", "how many pods get series of their own (default 2000)"        \
    }

struct exports;

/* What a command line asks for, if there is a folder (NULL: none): *exports is NULL when it is nothing.
 * False with a complaint on standard error, which names the command. Release with exports_free(). */
bool exports_read(const struct command_line *line, const char *command, const char *directory,
                  struct exports **exports);
void exports_free(struct exports *exports);

/* A line of the trace; from the very first on. */
void exports_trace(struct exports *exports, const struct trace_line *line);
/* Watch a simulation that has not been advanced, which is to be played for so long; and let go of it. */
void exports_watch(struct exports *exports, struct simulation *simulation, sim_time duration);
void exports_unwatch(struct exports *exports);

/* How far to play until the next sample is to be taken: from one multiple of a step to the next. */
sim_time exports_step(const struct exports *exports);
/* Take a sample, now. */
void exports_sample(struct exports *exports);

/* Write everything. False with the error. What was too much is told on standard error. */
bool exports_write(struct exports *exports, const struct value *summary, struct error *error);

#endif
