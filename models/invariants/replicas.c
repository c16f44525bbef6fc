/* A ReplicaSet makes no pod but those it lacks, deletes none but those it has too many of, and of
 * these the ones that are not ready first.
 *
 * Whatever it reads late, its expectations keep it from doing anything twice: what it has made and
 * deleted since the time it knows of is at most what was missing, or too many, then. So
 * ReplicaSetController.manageReplicas promises (pkg/controller/replicaset of the release named in
 * docs/fidelity.md), and only while it expects: five minutes. */
#include "models/api/workloads.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

struct knowledge {
    int32_t least_wanted, most_wanted, least_active, most_active;
    int32_t created, deleted, come, gone; /* since */
};

static bool know(const struct subject *set, sim_time since, struct knowledge *known)
{
    int32_t created = 0, deleted = 0, come = 0, gone = 0, most = 0;
    const bool well =
        history_since(&set->wanted, since, &known->least_wanted, &known->most_wanted) &&
        history_since(&set->active, since, &known->least_active, &known->most_active) &&
        history_since(&set->come, since, &come, &most) &&
        history_since(&set->gone, since, &gone, &most) &&
        history_since(&set->created, since, &created, &most) &&
        history_since(&set->deleted, since, &deleted, &most);
    known->created = history_now(&set->created) - created;
    known->deleted = history_now(&set->deleted) - deleted;
    known->come = history_now(&set->come) - come;
    known->gone = history_now(&set->gone) - gone;
    return well;
}

/* Not ready, and that can be known. */
static bool was_unready(const struct member *member, sim_time since)
{
    const struct pod *pod = member->pod;
    return seen_active(pod) && member->since < since && !pod_is_ready(pod) &&
           pod->transitions[POD_READY] < since;
}

static void check_order(struct inspection *inspection, const struct subject *set,
                        const struct pod *deleted, sim_time since)
{
    if (!pod_is_ready(deleted) || deleted->transitions[POD_READY] >= since)
        return;
    for (const struct member *other = set->members; other != NULL; other = other->next)
        if (was_unready(other, since)) {
            invariant_broken(inspection,
                             "ready pod %s is deleted while %s of the same ReplicaSet is not ready",
                             name_of(deleted), name_of(other->pod));
            return;
        }
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *before = write->before ? pod_of(write->before) : NULL;
    const struct pod *after = write->after ? pod_of(write->after) : NULL;
    const struct pod *pod = after != NULL ? after : before;
    if (!written_by(write, "replicaset-controller"))
        return;
    const struct owner *owner = meta_controller(&pod->meta);
    const struct subject *set = owner ? census_subject(inspection->census, owner->uid) : NULL;
    const sim_time since = writer_knows_both(write, KIND_POD, KIND_REPLICASET);
    struct knowledge known;
    if (set == NULL || !know(set, since, &known))
        return;
    if (before == NULL) {
        const int32_t lacked = known.most_wanted - known.least_active + known.gone;
        if (known.created > lacked)
            invariant_broken(inspection,
                             "ReplicaSet %s makes pod %s, number %d since what it knows of; it can "
                             "have lacked at most %d",
                             text_s(set->key.name), name_of(pod), known.created, lacked);
    } else if (seen_active(before) && !before->meta.deleting && (!after || after->meta.deleting)) {
        const int32_t spare = known.most_active - known.least_wanted + known.come;
        if (known.deleted > spare)
            invariant_broken(inspection,
                             "ReplicaSet %s deletes pod %s, number %d since what it knows of; it "
                             "can have had at most %d too many",
                             text_s(set->key.name), name_of(pod), known.deleted, spare);
        /* All of them go in no order, and calls that fail leave some behind. */
        if (known.least_wanted > 0 && write->by->failing.strength <= 0)
            check_order(inspection, set, before, since);
    }
}

const struct invariant invariant_replicas = {
    .name = "replicas",
    .rule =
        "a ReplicaSet makes and deletes no pod twice, and deletes pods that are not ready first",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
