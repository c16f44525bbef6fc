/* The inside of DefaultPreemption: shared by its files. */
#ifndef MODELS_SCHEDULER_PLUGINS_DEFAULT_PREEMPTION_PRIVATE_H
#define MODELS_SCHEDULER_PLUGINS_DEFAULT_PREEMPTION_PRIVATE_H

#include "models/api/policy.h"
#include "models/scheduler/extender.h"
#include "models/scheduler/snapshot/what_if.h"

/* --- default_preemption_victims.c: whom a node would have to give up ---------------------- */

/* A pod that might have to go. */
struct potential_victim {
    struct placed_pod *placed;
    sim_time start; /* in whole seconds; of pods that have not started: the end of time */
    size_t number;  /* as it came to the node; then by importance */
    bool violating; /* its going violates a budget */
    bool reprieved;
};

/* The search on one node after the other. */
struct victim_search {
    const struct prepared *prepared;
    const struct pod *pod; /* that needs room */
    struct what_if trial;
    struct potential_victim *potential; /* owned */
    size_t potential_count, potential_capacity;
    struct budget {
        const struct pod_disruption_budget *object;
        int64_t allowed; /* while the pods of one node are counted */
    } * budgets;         /* owned */
    size_t budget_count, budget_capacity;
};

/* Look up the budgets. */
void victim_search_init(struct victim_search *search, const struct prepared *prepared,
                        const struct pod *pod);
void victim_search_close(struct victim_search *search);

/* The smallest set of pods of lower priority without which the pod fits on the node: all of them
 * are removed, then brought back one by one, the most important first. False with the reasons when
 * it does not fit even without them. */
bool victim_search_node(struct victim_search *search, const struct node_info *node,
                        struct extender_victims *found, struct rejection *rejection);

/* When the pod began to run, as everybody reads it from the API: whole seconds. */
sim_time victim_start(const struct pod *pod);

/* --- default_preemption_choice.c: on which node it costs least ----------------------------- */

/* The best candidates, as numbers into `candidates` in the order of their slots. Returns how many. */
size_t victims_choose(const struct extender_victims *candidates, size_t count, size_t *best);

#endif
