/* The plugins of a profile, prepared for one template: what they compiled from it, who takes
 * part, and to which nodes the search is narrowed.
 *
 * As the framework's CycleState after PreFilter and PreScore, but kept as long as the
 * template is in use. */
#ifndef MODELS_SCHEDULER_PREPARED_H
#define MODELS_SCHEDULER_PREPARED_H

#include "models/scheduler/profile.h"
#include "models/scheduler/rejection_table.h"

struct prepared {
    const struct profile *profile;
    const struct pod_spec *spec; /* held */
    const struct snapshot *snapshot;
    void *compiled[PROFILE_PLUGINS];
    uint64_t epochs[PROFILE_PLUGINS]; /* as of the last prepared_renew() */

    uint8_t filters[PROFILE_PLUGINS], scores[PROFILE_PLUGINS]; /* who takes part, in order */
    size_t filter_count, score_count;
    uint8_t score_points[PROFILE_PLUGINS]; /* of scores[]: its index in the profile's point */
    struct narrowed narrowed;
    uint64_t narrowing;         /* bits: the plugins that narrowed the search */
    int rejected_by;            /* the plugin whose PreFilter rejected every node; -1: none */
    struct rejection rejection; /* of rejected_by */
};

void prepared_init(struct prepared *prepared, const struct profile *profile,
                   const struct pod_spec *spec, const struct snapshot *snapshot);
void prepared_close(struct prepared *prepared);

/* Has a plugin's epoch changed? Then who takes part was found anew, and remembered answers
 * are void. */
bool prepared_renew(struct prepared *prepared);

struct sched_call prepared_call(const struct prepared *prepared, size_t plugin);

/* Ask the filters in order; the plugin that rejects, or -1. */
int prepared_filter(const struct prepared *prepared, const struct node_info *node,
                    struct rejection *rejection);

/* The name and weight of scores[i]. */
const struct sched_plugin *prepared_scorer(const struct prepared *prepared, size_t i);
int64_t prepared_weight(const struct prepared *prepared, size_t i);

#endif
