/* A StatefulSet makes, updates and gives up its pods in order.
 *
 * Under OrderedReady a pod is made when all before it are ready, and given up when none after it is
 * left. A rolling update deletes available pods of the old revision from the last one on, none before
 * the partition, and only while all after it (under OrderedReady all others) are available; behind
 * the gate MaxUnavailableStatefulSet while no more than maxUnavailable are not. Pods that were lost
 * since the controller could know are forgiven. stateful_set_control.go of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/statefulset.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

struct order {
    struct inspection *inspection;
    const struct statefulset *set;
    const struct subject *subject;
    const struct pod *pod;
    sim_time since, now;
    int64_t ordinal, first, end; /* of the pod, and of those it wants */
    int32_t lost;                /* since */
};

static int64_t ordinal_of(const struct pod *pod)
{
    const char *dash = strrchr(name_of(pod), '-');
    return dash != NULL && dash[1] != '\0' ? strtoll(dash + 1, NULL, 10) : -1;
}

/* Wanted ordinals from one to another of which the pod is there and available. */
static int32_t available_among(const struct order *order, int64_t from, int64_t to, bool at_once)
{
    int32_t count = 0;
    for (const struct member *other = order->subject->members; other; other = other->next) {
        const int64_t ordinal = ordinal_of(other->pod);
        count +=
            ordinal >= from && ordinal < to && other->pod != order->pod &&
            seen_active(other->pod) &&
            seen_available(other->pod, at_once ? 0 : order->set->min_ready_seconds, order->now);
    }
    return count;
}

static void check_creation(const struct order *order)
{
    if (order->set->parallel || order->ordinal >= order->end)
        return;
    const int64_t before = order->ordinal - order->first;
    const int32_t ready = available_among(order, order->first, order->ordinal, true);
    if (ready + order->lost < before)
        invariant_broken(order->inspection,
                         "StatefulSet %s makes %s although only %d of the %lld before it are ready",
                         name_of(order->set), name_of(order->pod), ready, (long long)before);
}

static void check_end(const struct order *order)
{
    if (order->set->parallel)
        return;
    for (const struct member *other = order->subject->members; other; other = other->next)
        if (ordinal_of(other->pod) > order->ordinal && other->since < order->since) {
            invariant_broken(order->inspection,
                             "StatefulSet %s gives up %s before %s, which comes after it",
                             name_of(order->set), name_of(order->pod), name_of(other->pod));
            return;
        }
}

static void check_update(const struct order *order)
{
    const struct statefulset *set = order->set;
    const bool gated = order->inspection->cluster->settings.max_unavailable_stateful_set;
    const char *revision = labels_get(order->pod->meta.labels, "controller-revision-hash");
    if (set->update_revision == NULL || revision == NULL ||
        strcmp(revision, set->update_revision->s) == 0 ||
        !seen_available(order->pod, set->min_ready_seconds, order->since))
        return; /* it is not in the way of anybody */
    if (order->ordinal < set->partition)
        invariant_broken(order->inspection,
                         "StatefulSet %s updates %s, which is before the "
                         "partition %d",
                         name_of(set), name_of(order->pod), set->partition);
    const int64_t from = gated || !set->parallel ? order->first : order->ordinal + 1;
    int64_t needed = order->end - from - (from <= order->ordinal);
    const int32_t available = available_among(order, from, order->end, false);
    if (gated) {
        const int32_t share = share_of_total(set->max_unavailable, set->replicas, false);
        needed -= (share > 1 ? share : 1) - 1;
    }
    if (available + order->lost < needed)
        invariant_broken(order->inspection,
                         "StatefulSet %s updates %s although only %d of the others are available, "
                         "of at least %lld",
                         name_of(set), name_of(order->pod), available, (long long)needed);
}

/* What was wanted has not changed since the controller could know. */
static bool is_settled(const struct subject *subject, sim_time since)
{
    int32_t least, most;
    return history_since(&subject->generation, since, &least, &most) && least == most;
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *before = write->before ? pod_of(write->before) : NULL;
    const struct pod *after = write->after ? pod_of(write->after) : NULL;
    const struct pod *pod = before != NULL ? before : after;
    const struct owner *owner = meta_controller(&pod->meta);
    if (owner == NULL || !written_by(write, "statefulset-controller"))
        return;
    const struct subject *subject = census_subject(inspection->census, owner->uid);
    const struct object *object = subject ? census_object(inspection->census, subject) : NULL;
    int32_t lost, deleted, earlier, most;
    struct order order = { .inspection = inspection,
                           .set = statefulset_of(object),
                           .subject = subject,
                           .pod = pod,
                           .since = writer_knows(write, KIND_POD),
                           .now = write->by->now,
                           .ordinal = ordinal_of(pod) };
    if (object == NULL || subject->key.kind != KIND_STATEFULSET ||
        !is_settled(subject, writer_knows(write, KIND_STATEFULSET)) ||
        !history_since(&subject->lost, order.since, &lost, &most) ||
        !history_since(&subject->deleted, order.since, &deleted, &most) ||
        !history_since(&subject->deleted, run_now(inspection->cluster->run), &earlier, &most))
        return;
    /* What it deleted itself, earlier than now, it may not have heard of either. */
    order.lost = history_now(&subject->lost) - lost + earlier - deleted;
    order.first = order.set->start;
    order.end = order.first + order.set->replicas;
    if (before == NULL) {
        check_creation(&order);
    } else if (seen_active(before) && (after == NULL || after->meta.deleting)) {
        if (order.ordinal >= order.end || order.ordinal < order.first)
            check_end(&order);
        else
            check_update(&order);
    }
}

const struct invariant invariant_stateful_order = {
    .name = "stateful-order",
    .rule = "a StatefulSet makes, updates and gives up its pods in order, within maxUnavailable",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
