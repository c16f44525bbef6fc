/* A StatefulSet has at most one pod for an ordinal, and none that it may not have.
 *
 * Names see to it that there is one object; that there is one process is promised by nobody but the
 * kubelet removing a pod that ran on a node, or, of a node that is gone or given up, the collector of
 * pods. Whoever else removes it may have two of them run. */
#include <string.h>

#include "models/api/statefulset.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

/* What stands behind the last dash; -1 when that is no number. */
static int64_t ordinal_of(const struct pod *pod)
{
    const char *dash = strrchr(name_of(pod), '-');
    int64_t number = 0;
    if (dash == NULL || dash[1] == '\0' || strlen(dash) > 10)
        return -1;
    for (const char *digit = dash + 1; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9')
            return -1;
        number = number * 10 + (*digit - '0');
    }
    return number;
}

static const struct subject *set_of(const struct inspection *inspection, const struct pod *pod)
{
    const struct owner *owner = meta_controller(&pod->meta);
    const struct subject *set = owner ? census_subject(inspection->census, owner->uid) : NULL;
    return set != NULL && set->key.kind == KIND_STATEFULSET ? set : NULL;
}

static void check_alone(struct inspection *inspection, const struct subject *set,
                        const struct pod *pod)
{
    for (const struct member *other = set->members; other != NULL; other = other->next)
        if (other->pod != pod && ordinal_of(other->pod) == ordinal_of(pod) &&
            !seen_ended(other->pod) && !seen_ended(pod))
            invariant_broken(inspection, "StatefulSet %s has two pods for ordinal %lld: %s and %s",
                             text_s(set->key.name), (long long)ordinal_of(pod), name_of(pod),
                             name_of(other->pod));
}

/* The node of a pod is gone, or given up by its user, as far as the collector can know. */
static bool is_lost(struct inspection *inspection, const struct write *write,
                    const struct text *name)
{
    const struct object_key key = { KIND_NODE, NULL, name };
    const struct object *node = store_get(inspection->cluster->store, key);
    const struct subject *subject =
        node != NULL ? census_subject(inspection->census, meta_of(node)->uid) : NULL;
    int32_t least, most;
    return subject == NULL || subject->met >= writer_knows(write, KIND_NODE) ||
           !history_since(&subject->given_up, writer_knows(write, KIND_NODE), &least, &most) ||
           most > 0;
}

static bool may_remove(struct inspection *inspection, const struct write *write,
                       const struct text *node)
{
    if (written_by(write, "pod-garbage-collector-controller"))
        return is_lost(inspection, write, node);
    return written_by(write, "kubelet") || written_by(write, "kubectl");
}

/* Nobody but its kubelet says that a pod has ended, or removes one that has not. */
static bool is_ended_by(const struct write *write, const struct pod *before)
{
    const struct pod *after = write->after != NULL ? pod_of(write->after) : NULL;
    return before != NULL && before->node_name != NULL && !seen_ended(before) &&
           (after == NULL || seen_ended(after));
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *pod = pod_of(write->after != NULL ? write->after : write->before);
    const struct subject *set = set_of(inspection, pod);
    if (set == NULL)
        return;
    if (write->before == NULL && ordinal_of(pod) < 0)
        invariant_broken(inspection, "StatefulSet %s makes pod %s, which has no ordinal",
                         text_s(set->key.name), name_of(pod));
    else if (write->before == NULL)
        check_alone(inspection, set, pod);
    else if (is_ended_by(write, pod_of(write->before)) &&
             !may_remove(inspection, write, pod->node_name))
        invariant_broken(inspection,
                         "pod %s is given up by %s, although it may still run on %s: two of one "
                         "ordinal",
                         name_of(pod), write->by->name, text_s(pod->node_name));
}

const struct invariant invariant_ordinal = {
    .name = "ordinal",
    .rule = "a StatefulSet has at most one pod for each ordinal",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
