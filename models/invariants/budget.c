/* No eviction takes a budget below what it asks for.
 *
 * What is healthy the disruption controller has counted, perhaps late: pods that were lost since its last
 * count could know, and not by evictions, are forgiven; those that were evicted never are. What
 * the budget asks for is worked out here, of the replicas that the owners of its pods wanted, at the least,
 * since then. A pod that is not ready costs nothing. pkg/controller/disruption and the eviction
 * subresource of the release named in docs/fidelity.md. */
#include <string.h>

#include "models/api/policy.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

struct count {
    struct inspection *inspection;
    const struct pod_disruption_budget *budget;
    sim_time since;
    int healthy, matched;
    int64_t expected;
    struct subject *owners[32]; /* counted already */
    size_t owner_count;
    bool unknown; /* too much to tell */
};

static void count_owner(struct count *count, struct subject *owner)
{
    int32_t least, most;
    if (owner != NULL && owner->owner != NULL)
        owner = owner->owner;
    for (size_t i = 0; i < count->owner_count; i++)
        if (count->owners[i] == owner)
            return;
    if (owner == NULL || count->owner_count == 32 ||
        !history_since(&owner->wanted, count->since, &least, &most)) {
        count->unknown = true;
        return;
    }
    count->owners[count->owner_count++] = owner;
    count->expected += least;
}

static void count_pod(void *context, const struct object *object)
{
    struct count *count = context;
    const struct pod *pod = pod_of(object);
    if (object->space != count->budget->meta.object.space ||
        !selector_matches(count->budget->selector, labels_lookup, pod->meta.labels))
        return;
    const struct member *member = census_member(count->inspection->census, pod->meta.uid);
    count->matched++;
    count->healthy += pod_is_ready(pod) && seen_active(pod);
    count_owner(count, member != NULL ? member->owner : NULL);
}

struct match {
    const struct pod *pod;
    const struct pod_disruption_budget *only;
    int count;
};

static void match_budget(void *context, const struct object *object)
{
    struct match *match = context;
    const struct pod_disruption_budget *budget = (const struct pod_disruption_budget *)object;
    if (object->space == match->pod->meta.object.space && budget->selector != NULL &&
        selector_matches(budget->selector, labels_lookup, match->pod->meta.labels)) {
        match->only = budget;
        match->count++;
    }
}

/* False when it cannot be told: owners that nobody knows. */
static bool asked_for(const struct count *count, int64_t *least)
{
    const struct pod_disruption_budget *budget = count->budget;
    const int32_t expected = (int32_t)count->expected;
    if (budget->has_min_available && !budget->min_available.percent) {
        *least = budget->min_available.number;
        return true;
    }
    if (count->unknown)
        return false;
    if (budget->has_min_available)
        *least = share_of_total(budget->min_available, expected, true);
    else
        *least = expected - share_of_total(budget->max_unavailable, expected, true);
    return true;
}

static bool is_eviction(const struct pod *before, const struct pod *after)
{
    return !before->meta.deleting && (after == NULL || after->meta.deleting) &&
           pod_condition_is_true(before, POD_DISRUPTION_TARGET) &&
           strcmp(pod_condition_reason(before, POD_DISRUPTION_TARGET), "EvictionByEvictionAPI") ==
               0;
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *before = write->before ? pod_of(write->before) : NULL;
    if (before == NULL || !is_eviction(before, write->after ? pod_of(write->after) : NULL) ||
        !pod_is_ready(before) || !seen_active(before))
        return;
    const struct store *store = inspection->cluster->store;
    struct match match = { .pod = before };
    store_each(store, KIND_PODDISRUPTIONBUDGET, match_budget, &match);
    if (match.count != 1)
        return;
    const struct subject *subject = census_subject(inspection->census, match.only->meta.uid);
    struct count count = { .inspection = inspection,
                           .budget = match.only,
                           .since = subject->known };
    if (match.only->observed_generation < match.only->meta.generation)
        invariant_broken(inspection, "%s is evicted before budget %s was looked at again",
                         name_of(before), name_of(match.only));
    int32_t least_generation, most_generation;
    int64_t least;
    store_each(store, KIND_POD, count_pod, &count);
    if (!history_since(&subject->generation, subject->known, &least_generation, &most_generation) ||
        least_generation != most_generation || !asked_for(&count, &least))
        return;
    const int lost = census_losses(inspection->census, before->meta.object.space,
                                   match.only->selector, subject->known);
    if (count.healthy + lost < least)
        invariant_broken(inspection,
                         "the eviction of %s leaves %d healthy pods (%d were lost since budget %s "
                         "could know): it asks for %lld",
                         name_of(before), count.healthy, lost, name_of(match.only),
                         (long long)least);
}

const struct invariant invariant_budget = {
    .name = "budget",
    .rule = "no eviction takes a PodDisruptionBudget below what it asks for",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
