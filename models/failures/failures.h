/* The failures of a cluster: planned by a scenario, or done by hand.
 *
 * An entry of a scenario's `failures` says what (a kind of the table in failure_plan.c, with its own
 * options: see the file of the kind), when, and whom:
 *
 *     - kind: node-crash             what breaks
 *       name: cheap-nodes            optional: its luck goes by it
 *       enabled: false               it never happens, and nobody else's luck changes
 *       at: [10m, 3h]                given times, one or a list; or
 *       every: {weibull: {...}}      from the start, or from being mended, to the next one; or
 *       trace: {file: crashes.csv}   recorded ones (failure_trace.h)
 *       lasts: {lognormal: {...}}    until it is mended; absent: for ever
 *       nodes: ["worker-*"]          whom: names, * for any text; absent: all
 *       spreads: {to: rack}          and others with it
 *
 * Every node, zone or entry has streams of its own, so that one node more changes nobody's
 * luck; time runs for a node from when it joins. What is struck does not fail again before
 * it is mended. */
#ifndef MODELS_FAILURES_FAILURES_H
#define MODELS_FAILURES_FAILURES_H

#include "models/cluster/cluster.h"

extern const struct component failure_planner;

/* Plan an entry from now on. The document is held. Each fault is appended; false when there
 * was one. */
bool failures_plan(struct cluster *cluster, struct value *entry, struct error_list *faults);

/* Mend everything that is struck, and strike nothing any more. */
void failures_end(struct cluster *cluster);

/* Write out what files an entry names, before anything else is asked of it; see sim/chance/signal.h. */
struct signal_opener;
bool failures_open_files(struct value **entry, const struct signal_opener *opener,
                         struct error *error);

/* Check an entry without planning it. */
bool failures_check(const struct value *entry, struct error_list *faults);

/* Is there such a kind of failure? False with the error, and the nearest name. */
bool failures_know(const char *kind, struct place at, struct error *error);

/* The same as a plain question. */
bool failures_include(const char *kind);

/* The published figures that entries go by, each once: [{name, what, source}]; a new reference. */
struct value *failures_sources(const struct cluster *cluster);

/* By hand: "fail node-crash worker-3", "restore node-crash worker-3". A strike begins a root
 * of its own; mending ends what was struck, by hand or as planned. False with the error when
 * there is no such kind or target, or nothing to mend. */
bool failures_strike(struct cluster *cluster, const char *kind, const char *target,
                     struct error *error);
bool failures_mend(struct cluster *cluster, const char *kind, const char *target,
                   struct error *error);

#endif
