/* From a run to its series: watches objects, and asks for what is sampled at every step.
 *
 * It watches and never writes, so that a run is the same with and without it. */
#ifndef TOOLS_EXPORT_RECORDER_H
#define TOOLS_EXPORT_RECORDER_H

#include "models/cluster/simulation.h"
#include "tools/export/series.h"

struct recorder;

/* Begin before the simulation has been advanced. `pods`: how many get series of their own, the first
 * ones. Release with recorder_free(), before the simulation. */
struct recorder *recorder_new(struct simulation *simulation, size_t pods);
void recorder_free(struct recorder *recorder);

/* Sample at the present moment: once at each step, and at the end. */
void recorder_step(struct recorder *recorder);

/* At the end: the curves of the summary become series, too. */
void recorder_finish(struct recorder *recorder, const struct value *summary);

const struct series_set *recorder_series(const struct recorder *recorder);
/* Pods that have none, as there were too many. */
size_t recorder_pods_left_out(const struct recorder *recorder);
/* Up to when the run was played: a policy may have ended it early. */
sim_time recorder_now(const struct recorder *recorder);
/* Unix time of the run's start. */
int64_t recorder_epoch(const struct recorder *recorder);

#endif
