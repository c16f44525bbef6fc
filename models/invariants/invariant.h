/* Invariants: what must hold of a cluster whatever the order of things.
 *
 * They look at every write as the store takes it, by whom it was made, and at what its maker can have
 * known: a controller that reads late is judged by what it could see, and a loss that nobody has heard
 * of is nobody's fault. Bounds and availability are worked out here a second time, in no code
 * that controllers use. Nothing here writes, draws or schedules, so that being watched changes no
 * run. A write costs what it changes, a pod that goes the pods of its owner.
 *
 * An invariant is a const: a name, its rule in one sentence, and one or two functions. Adding one
 * is one file and one line in the table in invariants.c; docs/explore.md has them all. */
#ifndef MODELS_INVARIANTS_INVARIANT_H
#define MODELS_INVARIANTS_INVARIANT_H

#include "models/cluster/cluster.h"

struct invariants_run;
struct census;

/* What an invariant is asked with. */
struct inspection {
    struct cluster *cluster;
    struct census *census;
    struct invariants_run *run;
    struct cause cause; /* of what is looked at */
    sim_time at;        /* when that happened: of a write its maker's time */
};

struct invariant {
    const char *name; /* "max-surge" */
    const char *rule; /* one sentence, no full stop */
    uint64_t kinds;   /* bit k: `written` wants writes of kind k */
    void (*written)(struct inspection *inspection, const struct write *write);
    /* Called once everything has come to rest; NULL: nothing is asked then. */
    void (*rest)(struct inspection *inspection);
};

/* The table of invariants, ends with NULL. */
extern const struct invariant *const invariants[];

struct violation {
    const struct invariant *invariant;
    sim_time at;
    struct cause cause; /* its line in the trace is the last one before the violation */
    char *text;         /* one sentence */
};

/* Say what is wrong. */
void invariant_broken(struct inspection *inspection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Watch a cluster from its first write on. `stop`: the first violation stops the run. Free with
 * invariants_stop(), before the cluster. */
struct invariants_run *invariants_start(struct cluster *cluster, bool stop);
void invariants_stop(struct invariants_run *run);

/* Ask what must hold at rest. */
void invariants_rest(struct invariants_run *run);

/* What was found so far, in order; borrowed. */
const struct violation *invariants_found(const struct invariants_run *run, size_t *count);

#endif
