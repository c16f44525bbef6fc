/* Metrics: what is measured of a cluster. They watch the store itself, whatever caches lag behind it,
 * and never write, so that measuring cannot change a run.
 *
 * A metric is a const: a name (its key in the summary) and a few functions. Adding one is one
 * file and one line in the table in metrics.c. What the summary holds is described in
 * docs/summary.md. */
#ifndef MODELS_METRICS_METRIC_H
#define MODELS_METRICS_METRIC_H

#include "models/cluster/cluster.h"
#include "models/metrics/availability.h"
#include "sim/base/value.h"

/* Takes numbers that are told at a moment: of which family ("seatrial_requests_total"), with the values
 * of its labels (ends with NULL), how many. */
struct sampler {
    void (*take)(void *context, const char *family, const char *const *labels, double number);
    void *context;
};

struct metric {
    const char *name;
    /* Watch a cluster; returns the metric's state. */
    void *(*start)(struct cluster *cluster);
    /* What was measured up to `now`, as a document; a new reference. May be asked again later. NULL:
     * its key is left out. */
    struct value *(*summary)(void *state, sim_time now);
    /* Forget what was measured before `now`; what there is stays. */
    void (*restart)(void *state, sim_time now);
    void (*stop)(void *state); /* release */
    /* Tell what can be told at any moment, in the same order each time: what was counted up to now.
     * Families and labels are listed in docs/exports.md. NULL: nothing. */
    void (*sample)(void *state, sim_time now, const struct sampler *to);
};

/* The table of metrics, ends with NULL. */
extern const struct metric *const metrics[];

/* All metrics of the table at work on one cluster. */
struct metrics_run;

/* Begin before the first object is written, after the components. Free with metrics_stop(),
 * before the cluster. */
struct metrics_run *metrics_start(struct cluster *cluster);
void metrics_stop(struct metrics_run *run);

/* Measure the objectives of OpenSLO documents that were checked (models/cluster/openslo.h), from the present on: once, when traffic is
 * planned, before there are objects. The documents are held. Each fault is appended; false when there was one. */
bool metrics_plan_objectives(struct metrics_run *run, struct value *const *documents, size_t count,
                             struct error_list *faults, struct error_list *warnings);
/* Is there what the objectives are about, now that the beginning has happened? */
bool metrics_check(struct metrics_run *run, struct error_list *faults);

/* Measure from `now` on only: what came before was warm-up. */
void metrics_restart(struct metrics_run *run, sim_time now);

/* One map with a key for each metric; a new reference. */
struct value *metrics_summary(struct metrics_run *run, sim_time now);

/* How a workload of this kind, or a Service, is now, without the cost of a summary: in any namespace if `space`
 * is NULL. NULL when there is none of this name yet. Borrowed until metrics_stop(). */
const struct availability *metrics_availability(const struct metrics_run *run, enum kind kind,
                                                const char *space, const char *name);

/* Every number that the metrics can tell at any moment, at this one. */
void metrics_sample(struct metrics_run *run, sim_time now, const struct sampler *to);

/* A time as a JSON number of seconds, exact to the nanosecond; null for SIM_FOREVER. */
struct value *seconds_print(sim_time time);

#endif
