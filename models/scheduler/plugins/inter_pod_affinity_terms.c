/* Which terms of InterPodAffinity match which pods, and what a pod that counts thereby adds.
 *
 * Follows AffinityTerm.Matches, updateWithPod and processExistingPod in pkg/scheduler/framework of the
 * release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/plugins/inter_pod_affinity_private.h"

/* --- which terms match -------------------------------------------------------------------------- */

/* Does a term of the pod itself match pods with these labels in this namespace? Namespaces that are
 * selected by labels must exist. */
static bool own_term_matches(const struct sched_call *call, const struct affinity_term *term,
                             const struct text *space, const struct labels *labels)
{
    if (!affinity_term_selects(term, labels))
        return false;
    if (affinity_term_reaches(term, call->pod->meta.object.space, space))
        return true;
    if (term->namespace_selector == NULL)
        return false;
    const struct object *found = lister_get(call->snapshot, KIND_NAMESPACE, NULL, space);
    return found != NULL &&
           selector_matches(term->namespace_selector, labels_lookup, meta_of(found)->labels);
}

bool affinity_own_terms_match(const struct sched_call *call, const struct affinity_terms *terms,
                              const struct text *space, const struct labels *labels)
{
    for (size_t i = 0; i < terms->count; i++)
        if (!own_term_matches(call, &terms->items[i], space, labels))
            return false;
    return terms->count > 0;
}

/* Does a term of a pod in namespace `space` match the pod? */
static bool others_term_matches(const struct sched_call *call, const struct affinity_term *term,
                                const struct text *space)
{
    const struct meta *pod = &call->pod->meta;
    const struct labels *space_labels = NULL;
    if (term->namespace_selector != NULL) {
        const struct object *found =
            lister_get(call->snapshot, KIND_NAMESPACE, NULL, pod->object.space);
        space_labels = found != NULL ? meta_of(found)->labels : NULL;
    }
    return affinity_term_matches(term, space, pod->object.space, space_labels, pod->labels);
}

static bool some_term_matches(const struct sched_call *call, const struct affinity_terms *terms,
                              const struct text *space)
{
    for (size_t i = 0; i < terms->count; i++)
        if (others_term_matches(call, &terms->items[i], space))
            return true;
    return false;
}

bool affinity_concerns(const struct sched_call *call)
{
    if (call->spec->pod_affinity != NULL)
        return true;
    for (size_t i = 0; i < call->snapshot->with_terms_count; i++) {
        const struct term_owner *owner = call->snapshot->with_terms[i];
        const struct pod_affinity *theirs = owner->terms;
        if (some_term_matches(call, &theirs->required_anti, owner->space) ||
            some_term_matches(call, &theirs->required, owner->space) ||
            some_term_matches(call, &theirs->preferred, owner->space) ||
            some_term_matches(call, &theirs->preferred_anti, owner->space))
            return true;
    }
    return false;
}

/* --- effects of a pod -------------------------------------------------------------------------------- */

static void add_effect(const struct sched_call *call, struct effects *effects,
                       enum affinity_count kind, const struct text *key, int64_t weight)
{
    const uint32_t dimension = affinity_dimension(call, kind, key);
    size_t at = 0;
    while (at < effects->count && effects->items[at].dimension != dimension)
        at++;
    if (at == effects->count) {
        MEM_GROW(effects->items, effects->count, effects->capacity);
        effects->items[effects->count++] = (struct effect){ .dimension = dimension };
    }
    effects->items[at].pods++;
    effects->items[at].weight += weight;
}

/* Of the pod's own terms on pods with these labels. */
static void add_own(const struct sched_call *call, struct effects *effects,
                    const struct text *space, const struct labels *labels)
{
    const struct pod_affinity *own = call->spec->pod_affinity;
    if (own == NULL)
        return;
    const bool matches = affinity_own_terms_match(call, &own->required, space, labels);
    for (size_t i = 0; matches && i < own->required.count; i++)
        add_effect(call, effects, MATCHING, own->required.items[i].topology_key, 0);
    for (size_t i = 0; i < own->required_anti.count; i++)
        if (own_term_matches(call, &own->required_anti.items[i], space, labels))
            add_effect(call, effects, REPELLED, own->required_anti.items[i].topology_key, 0);
    for (size_t i = 0; i < own->preferred.count; i++) {
        const struct affinity_term *term = &own->preferred.items[i];
        if (own_term_matches(call, term, space, labels))
            add_effect(call, effects, PREFERENCE, term->topology_key, term->weight);
    }
    for (size_t i = 0; i < own->preferred_anti.count; i++) {
        const struct affinity_term *term = &own->preferred_anti.items[i];
        if (own_term_matches(call, term, space, labels))
            add_effect(call, effects, PREFERENCE, term->topology_key, -(int64_t)term->weight);
    }
}

/* A pod without preferences of its own may be told not to care for those of others. */
static bool ignores_preferences(const struct sched_call *call)
{
    const struct affinity_args *args = call->args;
    const struct pod_affinity *own = call->spec->pod_affinity;
    return args->ignore_preferred_terms_of_existing_pods &&
           (own == NULL || own->preferred.count + own->preferred_anti.count == 0);
}

/* Of terms of a pod in `space` on the pod. Each term of a list has its own weight, or all of them
 * `weight`, times `sign`. */
static void add_theirs(const struct sched_call *call, struct effects *effects,
                       enum affinity_count kind, const struct affinity_terms *terms,
                       const struct text *space, int32_t weight, int sign)
{
    for (size_t i = 0; i < terms->count; i++) {
        const struct affinity_term *term = &terms->items[i];
        if (others_term_matches(call, term, space))
            add_effect(call, effects, kind, term->topology_key,
                       (int64_t)sign * (weight != 0 ? weight : term->weight));
    }
}

/* Of all terms of pods in `space` on the pod. */
void affinity_add_all_theirs(const struct sched_call *call, struct effects *effects,
                             const struct pod_affinity *theirs, const struct text *space)
{
    const struct affinity_args *args = call->args;
    add_theirs(call, effects, REPELLING, &theirs->required_anti, space, 0, 1);
    if (ignores_preferences(call))
        return;
    if (args->hard_pod_affinity_weight > 0)
        add_theirs(call, effects, PREFERENCE, &theirs->required, space,
                   args->hard_pod_affinity_weight, 1);
    add_theirs(call, effects, PREFERENCE, &theirs->preferred, space, 0, 1);
    add_theirs(call, effects, PREFERENCE, &theirs->preferred_anti, space, 0, -1);
}

void affinity_find_effects(const struct sched_call *call, struct effects *effects,
                           const struct pod_spec *spec, const struct text *space,
                           const struct labels *labels)
{
    effects->count = 0;
    add_own(call, effects, space, labels);
    if (spec->pod_affinity != NULL)
        affinity_add_all_theirs(call, effects, spec->pod_affinity, space);
}

/* The same, remembered for a population. */
const struct effects *affinity_effects_of(const struct sched_call *call,
                                          const struct population *population)
{
    struct affinity_counts *counts = call->counts;
    if (population->number >= counts->known_count) {
        const size_t count = call->snapshot->population_limit * 2;
        counts->known = mem_resize(counts->known, count * sizeof *counts->known);
        memset(counts->known + counts->known_count, 0,
               (count - counts->known_count) * sizeof *counts->known);
        counts->known_count = count;
    }
    struct known_effects *known = &counts->known[population->number];
    if (known->serial != population->serial) {
        known->serial = population->serial;
        affinity_find_effects(call, &known->effects, population->spec, population->space,
                              population->labels);
    }
    return &known->effects;
}
