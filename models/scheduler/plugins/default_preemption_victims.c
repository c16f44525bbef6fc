/* Whom a node would have to give up so that a pod fits: the dry run.
 *
 * Follows SelectVictimsOnNode and filterPodsWithPDBViolation of pkg/scheduler/framework/plugins/
 * defaultpreemption/default_preemption.go of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/plugins/default_preemption_private.h"

sim_time victim_start(const struct pod *pod)
{
    return pod->started ? pod->start_time / SIM_SECOND : INT64_MAX;
}

/* --- budgets ------------------------------------------------------------------------------- */

static const struct pod_disruption_budget *budget_of(const struct object *object)
{
    return (const struct pod_disruption_budget *)object;
}

/* An empty selector protects nobody here, although it selects everybody elsewhere. */
static bool protects(const struct pod_disruption_budget *budget)
{
    return budget->selector != NULL && !budget->selector->nothing &&
           !selector_is_empty(budget->selector);
}

void victim_search_init(struct victim_search *search, const struct prepared *prepared,
                        const struct pod *pod)
{
    *search = (struct victim_search){ .prepared = prepared, .pod = pod };
    for (struct cache_cursor c = lister_all(prepared->snapshot, KIND_PODDISRUPTIONBUDGET);
         lister_next(&c);) {
        if (!protects(budget_of(c.object)))
            continue;
        MEM_GROW(search->budgets, search->budget_count, search->budget_capacity);
        search->budgets[search->budget_count++].object = budget_of(c.object);
    }
}

void victim_search_close(struct victim_search *search)
{
    what_if_close(&search->trial);
    free(search->potential);
    free(search->budgets);
}

static bool is_being_disrupted(const struct pod_disruption_budget *budget, const struct pod *pod)
{
    for (uint32_t i = 0; budget->disrupted != NULL && i < budget->disrupted->count; i++)
        if (budget->disrupted->items[i].pod == pod->meta.object.name)
            return true;
    return false;
}

/* Take the pod out of every budget that protects it. A pod whose eviction was granted was taken out
 * already. */
static bool violates(struct victim_search *search, const struct pod *pod)
{
    bool violated = false;
    if (pod->meta.labels == NULL || pod->meta.labels->count == 0)
        return false;
    for (size_t i = 0; i < search->budget_count; i++) {
        struct budget *budget = &search->budgets[i];
        if (budget->object->meta.object.space != pod->meta.object.space ||
            !selector_matches(budget->object->selector, labels_lookup, pod->meta.labels) ||
            is_being_disrupted(budget->object, pod))
            continue;
        violated |= --budget->allowed < 0;
    }
    return violated;
}

/* --- potential victims ----------------------------------------------------------------------- */

/* util.MoreImportantPod: the higher priority, then the longer run. */
static int by_importance(const void *a, const void *b)
{
    const struct potential_victim *first = a, *second = b;
    const int32_t high = first->placed->pod->spec->priority;
    const int32_t low = second->placed->pod->spec->priority;
    if (high != low)
        return high > low ? -1 : 1;
    if (first->start != second->start)
        return first->start < second->start ? -1 : 1;
    return first->number < second->number ? -1 : 1;
}

static void list_potential(struct victim_search *search)
{
    search->potential_count = 0;
    for (struct placed_pod *placed = search->trial.node.first; placed != NULL;
         placed = placed->next) {
        if (placed->pod->spec->priority >= search->pod->spec->priority)
            continue;
        MEM_GROW(search->potential, search->potential_count, search->potential_capacity);
        search->potential[search->potential_count] = (struct potential_victim){
            .placed = placed, .start = victim_start(placed->pod), .number = search->potential_count
        };
        search->potential_count++;
    }
}

static void find_violating(struct victim_search *search)
{
    for (size_t i = 0; i < search->budget_count; i++)
        search->budgets[i].allowed = search->budgets[i].object->disruptions_allowed;
    for (size_t i = 0; i < search->potential_count; i++)
        search->potential[i].violating =
            search->budget_count > 0 && violates(search, search->potential[i].placed->pod);
}

/* Does the pod still fit when these come back? */
static void reprieve(struct victim_search *search, bool violating)
{
    struct rejection rejection;
    for (size_t i = 0; i < search->potential_count; i++) {
        struct potential_victim *victim = &search->potential[i];
        if (victim->violating != violating)
            continue;
        what_if_restore(&search->trial, victim->placed);
        victim->reprieved = what_if_filter(&search->trial, &rejection) < 0;
        if (!victim->reprieved)
            what_if_remove(&search->trial, victim->placed);
    }
}

static void list_victims(const struct victim_search *search, struct extender_victims *found)
{
    found->pods = mem_new((search->potential_count + 1) * sizeof *found->pods);
    for (size_t i = 0; i < search->potential_count; i++) {
        if (search->potential[i].reprieved)
            continue;
        found->pods[found->count++] = search->potential[i].placed->pod;
        found->pdb_violations += search->potential[i].violating;
    }
}

static bool has_lower(const struct victim_search *search, const struct node_info *node)
{
    for (const struct placed_pod *placed = node->first; placed != NULL; placed = placed->next)
        if (placed->pod->spec->priority < search->pod->spec->priority)
            return true;
    return false;
}

bool victim_search_node(struct victim_search *search, const struct node_info *node,
                        struct extender_victims *found, struct rejection *rejection)
{
    *found = (struct extender_victims){ .slot = node->slot, .kept = true };
    rejection->count = 0;
    if (!has_lower(search, node))
        return reject(rejection, UNRESOLVABLE, "No preemption victims found for incoming pod");
    what_if_begin(&search->trial, search->prepared, search->pod, node);
    list_potential(search);
    for (size_t i = 0; i < search->potential_count; i++)
        what_if_remove(&search->trial, search->potential[i].placed);
    const bool fits = what_if_filter(&search->trial, rejection) < 0;
    if (fits) {
        qsort(search->potential, search->potential_count, sizeof *search->potential, by_importance);
        find_violating(search);
        reprieve(search, true);
        reprieve(search, false);
        list_victims(search, found);
    }
    what_if_end(&search->trial);
    return fits;
}
