/* One scenario, played from start to end: a run, its cluster, what users do, what fails, and what
 * is measured.
 *
 *     struct simulation *simulation = simulation_new(&scenario, (struct simulation_options){ 0 },
 *                                                    &faults, &warnings);
 *     simulation_advance(simulation, scenario.duration);
 *     struct value *summary = simulation_summary(simulation);
 */
#ifndef MODELS_CLUSTER_SIMULATION_H
#define MODELS_CLUSTER_SIMULATION_H

#include "models/cluster/cluster.h"
#include "models/cluster/scenario.h"
#include "models/cluster/workload.h"

struct simulation_options {
    struct queue *queue;             /* another future event list, taken over; NULL: the fast one */
    trace_sink *sink;                /* reads the trace; NULL: nobody */
    void *context;                   /* the sink's */
    bool without_metrics;            /* measure nothing; must not change the trace */
    const struct workload *workload; /* instead of the scenario's, borrowed; NULL: that one */
    const struct variation *variation; /* borrowed; NULL: everything takes its usual course */
};

struct simulation;
struct availability;

/* At time 0, with the scenario's nodes and objects created, its failures and its timeline planned. The scenario is borrowed and outlives
 * it. Objects that the API server would refuse are appended to the faults, at the user's place:
 * NULL when there are any. Namespaces that are used but not given are made. */
struct simulation *simulation_new(const struct scenario *scenario,
                                  struct simulation_options options, struct error_list *faults,
                                  struct error_list *warnings);
void simulation_free(struct simulation *simulation);

/* Let everything happen up to and including this time. */
void simulation_advance(struct simulation *simulation, sim_time until);

/* Let the beginning happen, up to time 0, and find mistakes of what the scenario expects: paths that do
 * not fit the summary, bounds of another type. Each is appended; false when there is one. */
bool simulation_check(struct simulation *simulation, struct error_list *faults);

/* Measure from this moment on only: what was measured before is forgotten, what there is stays. */
void simulation_measure_anew(struct simulation *simulation);

/* Disturbances end: what failures broke is mended, and nothing fails any more. */
void simulation_calm(struct simulation *simulation);
/* What controllers know is told to them once more. */
void simulation_resync(struct simulation *simulation);

/* Do something that is not in the scenario, at its time, which is not over. The action is borrowed. */
void simulation_do(struct simulation *simulation, const struct scenario_action *action);

struct run *simulation_run(const struct simulation *simulation);
struct cluster *simulation_cluster(const struct simulation *simulation);

/* How a workload or Service is now; see metrics_availability(). NULL as well when nothing is measured. */
const struct availability *simulation_availability(const struct simulation *simulation,
                                                   enum kind kind, const char *space,
                                                   const char *name);

/* Actions of the timeline that could not be done, so far, each with the user's place and what
 * kubectl would print. Borrowed. */
const struct error_list *simulation_problems(const struct simulation *simulation);

/* Every number that is measured and can be told at any moment, at this one; see metric.h. Nothing where
 * nothing is measured. */
struct sampler;
void simulation_sample(struct simulation *simulation, const struct sampler *to);

/* The summary document up to now (docs/summary.md), with the verdicts on what is expected; a new
 * reference. Nothing is expected where nothing is measured. */
struct value *simulation_summary(struct simulation *simulation);

#endif
