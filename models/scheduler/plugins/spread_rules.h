/* The topology spread constraints that hold for the pods of one class, and the arguments of
 * PodTopologySpread they may come from.
 *
 * A constraint says which pods it counts by its selector, by labels that must be the pod's own
 * (matchLabelKeys), or, when it is one of the profile's defaults, by what the pod belongs to. */
#ifndef MODELS_SCHEDULER_PLUGINS_SPREAD_RULES_H
#define MODELS_SCHEDULER_PLUGINS_SPREAD_RULES_H

#include "models/scheduler/plugin.h"

/* PodTopologySpreadArgs: what holds for pods that have no constraints of their own. */
struct spread_args {
    struct spread_constraint *defaults; /* owned */
    size_t default_count;
    bool system; /* defaultingType System: the scheduler's own */
};
void *spread_args_load(struct texts *texts, const struct value *args, struct error_list *errors);
void spread_args_free(void *args);

/* Which pods of the namespace are counted: all of these hold. */
struct spread_matcher {
    const struct selector *selector; /* held; NULL: none */
    const struct labels *labels;     /* held; NULL: none */
};
bool spread_matcher_takes(const struct spread_matcher *matcher, const struct labels *labels);
/* One that would take every pod is taken to count none, as kube-scheduler has it. */
bool spread_matcher_is_empty(const struct spread_matcher *matcher);

struct spread_rule {
    const struct text *topology_key; /* borrowed from the template or the arguments */
    bool by_node;                    /* the key is kubernetes.io/hostname */
    bool honors_affinity, honors_taints;
    int32_t max_skew, min_domains;
    size_t matcher;     /* of the rules' matchers */
    bool counts_itself; /* the pod would be counted by its own rule */
};

/* What compile() makes of a class. */
struct spread_rules {
    struct spread_rule *items; /* owned: hard ones, then soft ones, as written */
    size_t hard_count, count;
    struct spread_matcher *matchers; /* owned: each different one once */
    size_t matcher_count;
    const struct text *space; /* held: only pods of this namespace count */
    bool needs_all_keys;      /* soft rules leave out nodes that lack the key of one of them */

    /* What the defaults' selector was when last looked at. */
    uint64_t looked_at, selector_hash;
};
void *spread_rules_compile(const struct sched_call *call);
void spread_rules_free(void *rules);

/* For the framework: see plugin.h. */
bool spread_rules_by_identity(const struct sched_call *call);
size_t spread_rules_traits(const struct sched_call *call, uint64_t *words);
uint64_t spread_rules_epoch(const struct sched_call *call);

#endif
