/* How many pods each rule of a class counts in each domain.
 *
 * Every node has a share in the counts of every rule: its pods that the rule takes, and the domain
 * they count for. A node that changes has its shares replaced, so that keeping the counts costs what
 * changed, however many nodes and pods there are.
 *
 * Where all rules are soft, only pods that they take matter: those are found by their labels, and a
 * new class does not look at the other nodes before they are candidates. */
#ifndef MODELS_SCHEDULER_PLUGINS_SPREAD_COUNTS_H
#define MODELS_SCHEDULER_PLUGINS_SPREAD_COUNTS_H

#include "models/scheduler/plugins/spread_rules.h"

/* What a node adds to the counts of one rule. */
struct spread_share {
    uint32_t domain; /* of the rule's topology; 0: the node has no such label */
    uint32_t pods : 30;
    uint32_t known : 1;  /* the node was looked at: if not, it has no such pods */
    uint32_t counts : 1; /* the inclusion policies let the node count */
};

struct spread_domain {
    int64_t pods;   /* on the nodes that count */
    uint32_t nodes; /* that count; 0: the domain does not exist for this rule */
    uint64_t seen;  /* the attempt that last met it among its candidates */
};

/* The counts of one rule. */
struct spread_count {
    const struct topology *topology; /* borrowed from the snapshot */
    struct spread_domain *domains;   /* owned, by number; NULL when not summed */
    bool summed; /* over domains. A soft rule on the hostname asks only for a node's own pods */
    size_t domain_capacity;
    size_t candidate_domains; /* of this attempt */
    double weight;            /* of a pod in the score of this attempt */

    /* Hard rules: the domains that exist, and how many have so many pods. */
    size_t domain_count;
    uint32_t *having; /* owned, by number of pods */
    size_t having_capacity, least;
    bool by_number; /* nodes are told apart by their domain, not by its count */

    /* Pods that were there, or were not: what if. All of one domain. */
    uint32_t moved_domain;
    int64_t moved;
};

/* What a class's rules take of a population. */
struct spread_memo {
    uint64_t serial; /* of the population; 0: never asked */
};

struct spread_counts {
    struct spread_count *items;  /* owned, one a rule */
    struct spread_share *shares; /* owned: by slot, then rule */
    uint32_t *found;             /* owned, by matcher: of the node being counted */
    struct spread_memo *memos;   /* owned, by number of the population */
    bool *takes;                 /* owned, by number of the population, then matcher */
    size_t count, matcher_count, slot_capacity, memo_capacity;
    uint64_t attempt; /* how often candidates have been looked at */
};

/* For the framework: see plugin.h. */
void *spread_counts_new(const struct sched_call *call);
void spread_counts_free(void *counts);
void spread_counts_node(const struct sched_call *call, const struct node_info *node,
                        struct slot_list *others);
bool spread_counts_all(const struct sched_call *call);
void spread_counts_soon(const struct sched_call *call, uint32_t slot);
size_t spread_counts_group(const struct sched_call *call, const struct node_info *node,
                           uint32_t *words);
void spread_counts_move(const struct sched_call *call, const struct node_info *node,
                        const struct pod *pod, int sign);

/* The shares of a node of the snapshot, one a rule. */
const struct spread_share *spread_shares_of_new(const struct sched_call *call, uint32_t slot);
static inline const struct spread_share *spread_shares(const struct sched_call *call, uint32_t slot)
{
    const struct spread_counts *counts = call->counts;
    const struct spread_share *shares = &counts->shares[slot * counts->count];
    return shares->known ? shares : spread_shares_of_new(call, slot);
}

/* Has the node the label, if only with the empty value? */
static inline bool spread_has_label(const struct spread_count *count, uint32_t slot)
{
    return count->topology->domain_of[slot] != 0;
}

/* Of a hard rule: the pods in a domain, and the fewest in any, with what is moved. */
int64_t spread_count_pods(const struct spread_count *count, uint32_t domain);
int64_t spread_count_least(const struct spread_count *count, const struct spread_rule *rule);

#endif
