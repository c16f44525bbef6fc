/* Assumed pods; see assume.h.
 *
 * Follows assume() in pkg/scheduler/schedule_one.go of the release named in docs/fidelity.md. */
#include "models/scheduler/decision/assume.h"

/* What all plugins note together; the later one wins. */
static const struct labels *annotations_of(const struct profile *profile,
                                           const struct snapshot *snapshot, const struct pod *pod,
                                           const struct node_info *node, struct run *run)
{
    const struct labels *all = NULL;
    for (size_t i = 0; node != NULL && i < profile->plugin_count; i++) {
        const struct profile_plugin *plugin = &profile->plugins[i];
        if (plugin->plugin->annotate == NULL)
            continue;
        const struct sched_call call = { .profile = profile,
                                         .spec = pod->spec,
                                         .pod = pod,
                                         .snapshot = snapshot,
                                         .args = plugin->args };
        const struct labels *more = plugin->plugin->annotate(&call, node, run);
        labels_take_over(snapshot->texts, &all, more);
        labels_drop(more);
    }
    return all;
}

struct assumed assume_pod(const struct profile *profile, const struct snapshot *snapshot,
                          const struct pod *pod, const struct node_info *node, struct run *run)
{
    const struct labels *annotations = annotations_of(profile, snapshot, pod, node, run);
    if (annotations == NULL)
        return (struct assumed){ .pod = pod_of(object_hold(&pod->meta.object)) };
    struct pod *copy = (struct pod *)object_copy(&pod->meta.object);
    labels_take_over(snapshot->texts, &copy->meta.annotations, annotations);
    return (struct assumed){ copy, annotations };
}

void assumed_close(struct assumed *assumed)
{
    object_drop(&assumed->pod->meta.object);
    labels_drop(assumed->annotations);
    *assumed = (struct assumed){ 0 };
}
