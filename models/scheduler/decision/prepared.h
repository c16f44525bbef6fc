/* The plugins of a profile, prepared for one class of pods: what they compiled from it, what
 * they count, who takes part, and to which nodes the search is narrowed.
 *
 * As the framework's CycleState after PreFilter and PreScore, but kept as long as the class is
 * in use: plugins that count are asked again at every attempt, the others once. */
#ifndef MODELS_SCHEDULER_PREPARED_H
#define MODELS_SCHEDULER_PREPARED_H

#include "models/scheduler/configuration/profile.h"
#include "models/scheduler/decision/rejection_table.h"

struct prepared {
    const struct profile *profile;
    const struct pod *pod; /* held: one of the class */
    uint64_t by_identity;  /* bits: plugins for which it has the identity of the class */
    const struct pod_spec *spec;
    const struct snapshot *snapshot;
    void *compiled[PROFILE_PLUGINS], *counts[PROFILE_PLUGINS];
    uint64_t epochs[PROFILE_PLUGINS];
    uint64_t counting; /* bits: the plugins that count */

    /* Who takes part in this attempt, in the order of the profile. */
    uint8_t filters[PROFILE_PLUGINS], scores[PROFILE_PLUGINS];
    size_t filter_count, score_count;
    uint8_t score_points[PROFILE_PLUGINS]; /* of scores[]: its index in the profile's point */
    uint64_t filtering, scoring;           /* the same as bits */

    const struct text **narrowed; /* owned, the texts held: the nodes to look at; NULL: all */
    size_t narrowed_count;
    uint64_t narrowing; /* bits: the plugins that narrowed the search */
    bool rejected;      /* PreFilter rejected every node */
    int rejected_by;    /* the plugin that did; -1: several narrowed the search to nothing */
    struct rejection rejection; /* what they say */
    const struct text *about;   /* held: of that rejection, when it is nobody's own */
};

/* Compile for a pod, with counts of no node. Plugins that do not count have been asked who takes
 * part; those that count do not take part before prepared_begin(). */
void prepared_init(struct prepared *prepared, const struct profile *profile, const struct pod *pod,
                   const struct snapshot *snapshot);
/* The same for a class of pods, of which the pod is one: for these plugins they have its identity, for
 * the others any. */
void prepared_init_class(struct prepared *prepared, const struct profile *profile,
                         const struct pod *pod, const struct snapshot *snapshot,
                         uint64_t by_identity);
void prepared_close(struct prepared *prepared);

/* Has a plugin's epoch changed? Then everything remembered is void. */
bool prepared_is_stale(const struct prepared *prepared);

/* A node joined, changed, or left (node->node is NULL): plugins that count hear of it. Other nodes
 * that are now unlike what they were are added to `others`. */
void prepared_count(const struct prepared *prepared, const struct node_info *node,
                    struct slot_list *others);
/* The same for all nodes of the snapshot. */
void prepared_count_all(const struct prepared *prepared);

/* An attempt begins, counts are up to date: PreFilter. */
void prepared_begin(struct prepared *prepared);
/* These nodes passed the filters: PreScore. */
void prepared_begin_scores(struct prepared *prepared, const struct candidates *candidates);

/* Several nodes are feasible: may they be scored? False with the error of the attempt. */
bool prepared_check_scores(const struct prepared *prepared, struct error *error);

struct sched_call prepared_call(const struct prepared *prepared, size_t plugin);

/* The names of the plugins that narrowed the search, sorted: "A B". */
void prepared_print_narrowing(const struct prepared *prepared, struct writer *into);

static inline bool prepared_counts(const struct prepared *prepared, size_t plugin)
{
    return prepared->counting >> plugin & 1;
}

/* Ask the filters in order; the plugin that rejects, or -1. */
int prepared_filter(const struct prepared *prepared, const struct node_info *node,
                    struct rejection *rejection);

/* The name and weight of scores[i]. */
const struct sched_plugin *prepared_scorer(const struct prepared *prepared, size_t i);
int64_t prepared_weight(const struct prepared *prepared, size_t i);

#endif
