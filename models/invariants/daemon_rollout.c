/* A DaemonSet that rolls gives up no available pod beyond maxUnavailable; with maxSurge none whose
 * successor on the node is not available.
 *
 * Of nodes where it should still run; how many these are its status says, or fewer. Pods lost since the controller
 * could know are forgiven. pkg/controller/daemon/update.go of the release named in docs/fidelity.md. */
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/node.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

struct roll {
    struct inspection *inspection;
    const struct daemonset *set;
    const struct subject *subject;
    const struct pod *pod;      /* that is deleted */
    sim_time since, nodes, now; /* pods, nodes that are known; */
    int32_t lost, wanted;
};

/* And was, as far as the controller can know. */
static bool is_wanted_there(const struct roll *roll)
{
    if (roll->pod->node_name == NULL)
        return false;
    const struct object_key key = { KIND_NODE, NULL, roll->pod->node_name };
    const struct object *node = store_get(roll->inspection->cluster->store, key);
    const struct subject *subject =
        node != NULL ? census_subject(roll->inspection->census, meta_of(node)->uid) : NULL;
    int32_t least, most;
    if (subject == NULL || !history_since(&subject->wanted, roll->nodes, &least, &most) ||
        least != most)
        return false;
    return node != NULL && node_is_selected(node_of(node), roll->set->daemon) &&
           taints_are_tolerated(node_of(node)->taints, roll->set->daemon);
}

/* Nodes where one of its pods is available; and whether the pod's own node has another one. */
static int32_t available_nodes(const struct roll *roll, bool *another)
{
    int32_t count = 0;
    *another = false;
    for (const struct member *other = roll->subject->members; other; other = other->next) {
        if (other->pod == roll->pod || uid_equal(other->pod->meta.uid, roll->pod->meta.uid) ||
            !seen_active(other->pod) ||
            !seen_available(other->pod, roll->set->min_ready_seconds, roll->now))
            continue;
        count++;
        *another |= other->pod->node_name == roll->pod->node_name;
    }
    return count;
}

static bool know(struct roll *roll, const struct write *write, int32_t *desired)
{
    int32_t least, most, lost;
    const sim_time sets = writer_knows(write, KIND_DAEMONSET);
    if (!history_since(&roll->subject->generation, sets, &least, &most) || least != most ||
        !history_since(&roll->subject->available, sets, desired, &most) ||
        !history_since(&roll->subject->lost, roll->since, &lost, &most))
        return false;
    roll->lost = history_now(&roll->subject->lost) - lost;
    return true;
}

/* Nodes that it should run on, as they are now. */
static void count_wanted(void *context, const struct object *object)
{
    struct roll *roll = context;
    roll->wanted += node_is_selected(node_of(object), roll->set->daemon) &&
                    taints_are_tolerated(node_of(object)->taints, roll->set->daemon);
}

static void check(const struct roll *roll, int32_t desired)
{
    bool another;
    const int32_t available = available_nodes(roll, &another);
    const int32_t surge = share_of_total(roll->set->max_surge, desired, true);
    int32_t unavailable = share_of_total(roll->set->max_unavailable, desired, true);
    if (surge > 0) {
        if (!another && roll->lost == 0)
            invariant_broken(
                roll->inspection,
                "DaemonSet %s deletes %s although no other pod on node %s is available",
                name_of(roll->set), name_of(roll->pod), text_s(roll->pod->node_name));
        return;
    }
    unavailable = unavailable > 0 ? unavailable : 1;
    if (available + roll->lost < desired - unavailable)
        invariant_broken(roll->inspection,
                         "DaemonSet %s deletes %s, which leaves %d available: of %d at most %d may "
                         "be missing",
                         name_of(roll->set), name_of(roll->pod), available, desired, unavailable);
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *before = write->before ? pod_of(write->before) : NULL;
    if (before == NULL || !seen_active(before) || !written_by(write, "daemonset-controller") ||
        (write->after != NULL && !meta_of(write->after)->deleting))
        return;
    const struct owner *owner = meta_controller(&before->meta);
    const struct subject *subject = owner ? census_subject(inspection->census, owner->uid) : NULL;
    const struct object *set = subject ? census_object(inspection->census, subject) : NULL;
    struct roll roll = { .inspection = inspection,
                         .set = daemonset_of(set),
                         .subject = subject,
                         .pod = before,
                         .since = writer_knows_both(write, KIND_POD, KIND_NODE),
                         .nodes = writer_knows(write, KIND_NODE),
                         .now = write->by->now };
    int32_t desired;
    if (set == NULL || set->kind != KIND_DAEMONSET || !know(&roll, write, &desired) ||
        !is_wanted_there(&roll) || !seen_available(before, roll.set->min_ready_seconds, roll.since))
        return;
    store_each(inspection->cluster->store, KIND_NODE, count_wanted, &roll);
    check(&roll, roll.wanted < desired ? roll.wanted : desired);
}

const struct invariant invariant_daemon_rollout = {
    .name = "daemon-rollout",
    .rule = "a DaemonSet that rolls gives up no available pod beyond maxUnavailable",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
