/* A DaemonSet has one pod on a node, and with maxSurge one of the new template beside an old one.
 *
 * Without surge a new one is made when the old one is gone altogether: one that is being deleted still
 * counts. Expectations see to it, whatever is read late. pkg/controller/daemon of the release named
 * in docs/fidelity.md. */
#include <string.h>

#include "models/api/daemonset.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static const struct text *node_of_daemon(const struct pod *pod)
{
    return daemon_pod_node(pod->spec, pod->node_name);
}

static bool same_revision(const struct pod *a, const struct pod *b)
{
    static const char label[] = "controller-revision-hash";
    const char *one = labels_get(a->meta.labels, label), *other = labels_get(b->meta.labels, label);
    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *pod = pod_of(write->after);
    if (write->before != NULL || !written_by(write, "daemonset-controller"))
        return;
    const struct owner *owner = meta_controller(&pod->meta);
    const struct subject *subject = owner ? census_subject(inspection->census, owner->uid) : NULL;
    const struct object *set = subject ? census_object(inspection->census, subject) : NULL;
    int32_t least, most;
    if (set == NULL || set->kind != KIND_DAEMONSET ||
        !history_since(&subject->generation, writer_knows(write, KIND_DAEMONSET), &least, &most) ||
        least != most)
        return;
    const bool surges = share_of_total(daemonset_of(set)->max_surge, INT32_MAX / 100, true) > 0;
    for (const struct member *other = subject->members; other != NULL; other = other->next) {
        const bool in_the_way =
            surges ? seen_active(other->pod) && same_revision(other->pod, pod) : true;
        if (other->pod != pod && in_the_way && node_of_daemon(other->pod) == node_of_daemon(pod)) {
            invariant_broken(inspection, "DaemonSet %s makes %s for node %s, which has %s%s",
                             text_s(subject->key.name), name_of(pod), text_s(node_of_daemon(pod)),
                             name_of(other->pod),
                             other->pod->meta.deleting ? ", being deleted" : "");
            return;
        }
    }
}

const struct invariant invariant_daemon_node = {
    .name = "daemon-node",
    .rule = "a DaemonSet has one pod on a node, or one more while it surges",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
