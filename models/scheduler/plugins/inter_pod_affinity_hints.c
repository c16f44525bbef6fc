/* Queueing hints of InterPodAffinity: which changes may help a pod it rejected.
 *
 * Hints do not look up Namespaces: a term that selects them by labels takes none that it does not
 * list. Follows pkg/scheduler/framework/plugins/interpodaffinity/plugin.go of the release named
 * in docs/fidelity.md. */
#include "models/scheduler/plugins/inter_pod_affinity_private.h"

static const struct affinity_terms no_terms;

static const struct affinity_terms *required(const struct pod *pod)
{
    return pod->spec->pod_affinity != NULL ? &pod->spec->pod_affinity->required : &no_terms;
}

static const struct affinity_terms *required_anti(const struct pod *pod)
{
    return pod->spec->pod_affinity != NULL ? &pod->spec->pod_affinity->required_anti : &no_terms;
}

/* Do all of the terms of one pod match the other? None do not. */
static bool all_match(const struct affinity_terms *terms, const struct pod *of,
                      const struct pod *other)
{
    for (size_t i = 0; i < terms->count; i++)
        if (!affinity_term_matches(&terms->items[i], of->meta.object.space,
                                   other->meta.object.space, NULL, other->meta.labels))
            return false;
    return terms->count > 0;
}

bool affinity_hint_pod(const void *args, const struct pod *pod, const struct object *before,
                       const struct object *after)
{
    (void)args;
    const struct pod *was = before != NULL ? pod_of(before) : NULL;
    const struct pod *is = after != NULL ? pod_of(after) : NULL;
    if (is != NULL && is->meta.uid.low == pod->meta.uid.low)
        return true; /* its own labels changed */
    if (was != NULL && is != NULL)
        return (!all_match(required(pod), pod, was) && all_match(required(pod), pod, is)) ||
               (all_match(required_anti(pod), pod, was) && !all_match(required_anti(pod), pod, is));
    if (is != NULL)
        return all_match(required(pod), pod, is);
    return all_match(required_anti(pod), pod, was) || all_match(required_anti(was), was, pod);
}

static bool topology_may_help(const struct affinity_term *term, bool anti,
                              const struct node *before, const struct node *after)
{
    const char *is = labels_get(after->meta.labels, text_s(term->topology_key));
    if (before == NULL)
        return anti || is != NULL;
    const char *was = labels_get(before->meta.labels, text_s(term->topology_key));
    if (was != NULL && is != NULL)
        return strcmp(was, is) != 0;
    return anti ? was != NULL && is == NULL : was == NULL && is != NULL;
}

bool affinity_hint_node(const void *args, const struct pod *pod, const struct object *before,
                        const struct object *after)
{
    (void)args;
    const struct node *was = before != NULL ? node_of(before) : NULL;
    for (int anti = 0; anti < 2; anti++) {
        const struct affinity_terms *terms = anti ? required_anti(pod) : required(pod);
        for (size_t i = 0; i < terms->count; i++)
            if (topology_may_help(&terms->items[i], anti, was, node_of(after)))
                return true;
    }
    return false;
}
