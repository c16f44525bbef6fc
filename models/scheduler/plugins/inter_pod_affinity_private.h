/* What the files of InterPodAffinity share: its arguments, and its counts over the cluster. */
#ifndef MODELS_SCHEDULER_PLUGINS_INTER_POD_AFFINITY_PRIVATE_H
#define MODELS_SCHEDULER_PLUGINS_INTER_POD_AFFINITY_PRIVATE_H

#include "models/scheduler/plugin.h"

/* InterPodAffinityArgs. */
struct affinity_args {
    int32_t hard_pod_affinity_weight;
    bool ignore_preferred_terms_of_existing_pods;
};

/* What is counted of the pods in each domain of a topology key. */
enum affinity_count {
    MATCHING,   /* pods that match all terms of the pod's required affinity */
    REPELLED,   /* pods that match a term of its required anti-affinity */
    REPELLING,  /* pods with a term of required anti-affinity that matches the pod */
    PREFERENCE, /* weights of terms that match, on either side */
    AFFINITY_COUNTS
};

/* Pods, each as often as terms of it count, and the sum of their weights. */
struct affinity_sum {
    int64_t pods, weight;
};

/* One kind of count by the domains of one topology key. */
struct dimension {
    enum affinity_count kind;
    const struct topology *topology; /* borrowed from the snapshot */
    bool fine;                       /* many domains: the sums tell nodes apart, not the numbers */
    bool grouped;                    /* nodes are told apart by it */
    struct affinity_sum *sums;       /* owned, by domain */
    size_t sum_count;
    struct share {
        uint32_t domain; /* 0: nothing counts */
        uint32_t pods;
        int64_t weight;
    } * shares; /* owned, by slot: what the node contributed */
    size_t share_count;
    struct affinity_sum found; /* while the pods of one node are summed up */
};

/* What one pod of a population adds to a dimension. */
struct effect {
    uint32_t dimension, pods;
    int64_t weight;
};

struct effects {
    struct effect *items; /* owned */
    size_t count, capacity;
};

/* The effects of a population, found once. */
struct known_effects {
    uint64_t serial; /* of the population; 0: none */
    struct effects effects;
};

struct affinity_counts {
    bool concerned;               /* by_identity, when they were made: otherwise nothing counts */
    bool matches_itself;          /* the pod matches all terms of its required affinity */
    struct dimension *dimensions; /* owned */
    size_t dimension_count, dimension_capacity;
    struct known_effects *known; /* owned, by the population's number */
    size_t known_count;
    int64_t totals[AFFINITY_COUNTS]; /* pods over all dimensions of a kind */
};

/* Does the pod have terms, or a pod that counts some that match it? */
bool affinity_concerns(const struct sched_call *call);
/* Do all of these terms of the pod match pods with these labels in this namespace? None do not. */
bool affinity_own_terms_match(const struct sched_call *call, const struct affinity_terms *terms,
                              const struct text *space, const struct labels *labels);

/* What a pod that counts adds: by the pod's terms and its own; by its own alone (they are added to
 * what is there); and the same as remembered for a population. */
void affinity_find_effects(const struct sched_call *call, struct effects *effects,
                           const struct pod_spec *spec, const struct text *space,
                           const struct labels *labels);
void affinity_add_all_theirs(const struct sched_call *call, struct effects *effects,
                             const struct pod_affinity *theirs, const struct text *space);
const struct effects *affinity_effects_of(const struct sched_call *call,
                                          const struct population *population);

/* The dimension of a kind and a key, by its index; made when it is not there. */
uint32_t affinity_dimension(const struct sched_call *call, enum affinity_count kind,
                            const struct text *key);

/* The counting points of the plugin; see plugin.h. */
void *affinity_counts_new(const struct sched_call *call);
void affinity_counts_free(void *counts);
void affinity_count_node(const struct sched_call *call, const struct node_info *node,
                         struct slot_list *others);
size_t affinity_group(const struct sched_call *call, const struct node_info *node, uint32_t *words);
void affinity_pod_moved(const struct sched_call *call, const struct node_info *node,
                        const struct pod *pod, int sign);

/* The node's domain in a dimension (0: it lacks the label), and what counts in a domain. */
uint32_t affinity_domain(const struct dimension *dimension, const struct node_info *node);
struct affinity_sum affinity_sum_of(const struct dimension *dimension, uint32_t domain);

/* Queueing hints. */
bool affinity_hint_pod(const void *args, const struct pod *pod, const struct object *before,
                       const struct object *after);
bool affinity_hint_node(const void *args, const struct pod *pod, const struct object *before,
                        const struct object *after);

#endif
