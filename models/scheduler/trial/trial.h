/* What would the scheduler do? The objects of a cluster in which no time passes.
 *
 * Objects are put and removed; a pod is tried when somebody asks, and nothing else happens: no
 * queue, no back-off, no controllers. `seatrial schedule` and the recorded decisions of the
 * real scheduler are played on it. */
#ifndef MODELS_SCHEDULER_TRIAL_H
#define MODELS_SCHEDULER_TRIAL_H

#include "models/cluster/cluster.h"
#include "models/scheduler/decision/decision.h"
#include "models/scheduler/decision/post_filter.h"

struct trial {
    struct run *run;
    struct cluster *cluster; /* store and cache, without components */
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct nominator *nominator; /* waiting pods that were promised room */
    struct template_cache *templates;
    struct decision fast, plain; /* of the last attempt, in both ways */
    size_t next_start;           /* where the next search begins */
    /* private */
    size_t *ranks; /* by slot: the order in which the nodes joined */
    size_t rank_capacity, next_rank;
    uint64_t uids;
};

/* A cluster with the namespaces and priority classes that every cluster has. The configuration
 * is a KubeSchedulerConfiguration (NULL: the default one); NULL with errors appended when it is
 * refused. Release with trial_free(). */
struct trial *trial_new(const struct value *configuration, struct error_list *errors);
void trial_free(struct trial *trial);

/* Let somebody outside have a say beside the plugins; NULL is nobody. Borrowed. */
void trial_ask_extenders(struct trial *trial, struct extenders *extenders);

/* Create the object, or replace the one of its name; takes the reference. What has no uid is
 * given one. */
void trial_put(struct trial *trial, struct object *object);
/* False when there is none. The pods of a node stay. */
bool trial_remove(struct trial *trial, struct object_key key);
/* The node and the pods on it. */
void trial_remove_node(struct trial *trial, const struct text *name);

/* Borrowed until the next write; NULL when there is none. */
const struct object *trial_find(const struct trial *trial, enum kind kind, const char *space,
                                const char *name);
/* Is the scheduler to find a node for it: neither bound nor ended? */
bool trial_is_pending(const struct pod *pod);

/* The pending pods in the order in which QueueSort pops them, equal ones as they came; borrowed
 * until the next write. The caller frees the array. */
const struct pod **trial_queue(const struct trial *trial, size_t *count);

/* The PreEnqueue plugin that keeps the pod out of the queue, with what it says; NULL: none. */
const struct sched_plugin *trial_gate(const struct trial *trial, const struct profile *profile,
                                      const struct pod *pod, struct writer *why);

/* Try a pod, remembering (into `fast`) or asking everybody (into `plain`). Both begin where the
 * last attempt ended; trial_next() says that an attempt has ended. */
void trial_decide(struct trial *trial, const struct profile *profile, const struct pod *pod);
void trial_decide_plainly(struct trial *trial, const struct profile *profile,
                          const struct pod *pod);
void trial_next(struct trial *trial, const struct decision *decision);
/* Do the two ways say the same? */
bool trial_agrees(const struct trial *trial);

/* The pod is on the node from now on, started at this time. */
void trial_bind(struct trial *trial, const struct profile *profile, const struct pod *pod,
                const struct text *node, sim_time started);

/* What the PV controller has done by the time pods are tried: a claim that names no volume and need
 * not wait for its pod is bound. And the claims of a pod's ephemeral volumes are there. For objects
 * that somebody wrote by hand: those of a cluster that runs are as they are. */
void trial_settle_claim(struct trial *trial, const struct text *space, const struct text *name);
void trial_settle_ephemeral(struct trial *trial, const struct pod *pod);

/* Before that: bind the pod's claims that wait for it, as the PV controller would once the pod has
 * its node. Tells which got which: {"staticBindings": {claim: volume}, "dynamicProvisions":
 * [claim]}, claims by "namespace/name"; NULL: none. The caller drops it. */
struct value *trial_bind_volumes(struct trial *trial, const struct profile *profile,
                                 const struct pod *pod, const struct text *node);

/* What PostFilter found takes effect: lower nominations to the node are cleared, the pod's own is
 * set, the victims are gone, or (`terminate`) on their way. */
void trial_carry_out(struct trial *trial, const struct post_filter_round *round, bool terminate);

/* Nodes that joined earlier have a lower number. */
size_t trial_node_rank(const struct trial *trial, uint32_t slot);

#endif
