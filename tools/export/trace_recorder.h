/* From a run to its Chrome trace: who did what, how pods and nodes fared, and what followed from what.
 *
 * Processes: the failures and users that begin chains of causes; the control plane, a thread for each
 * who writes; the pods that wait for a node; each workload, with its outages, its rollouts and its
 * replicas; each node, with a thread for itself and one for each pod and container on it. Every write
 * is a mark, and has an arrow from what caused it. */
#ifndef TOOLS_EXPORT_TRACE_RECORDER_H
#define TOOLS_EXPORT_TRACE_RECORDER_H

#include <stdio.h>

#include "models/cluster/simulation.h"
#include "sim/kernel/trace.h"

struct trace_recorder;

/* Made before the simulation, so that it gets every line; at most so many slices. Release with
 * trace_recorder_free(), before the simulation. */
struct trace_recorder *trace_recorder_new(size_t slices);
void trace_recorder_free(struct trace_recorder *recorder);

/* A trace_sink with the recorder as its context. */
void trace_recorder_line(void *context, const struct trace_line *line);
/* Watch, before the simulation has been advanced. */
void trace_recorder_watch(struct trace_recorder *recorder, struct simulation *simulation);

/* At the end: outages, rollouts and curves of the summary, and everything into the file. */
void trace_recorder_write(struct trace_recorder *recorder, const struct value *summary, FILE *out);
/* Slices that were left out. */
size_t trace_recorder_left_out(const struct trace_recorder *recorder);

#endif
