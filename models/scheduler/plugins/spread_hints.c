/* Which events change how pods are spread, for a pod that waits; see spread_hints.h.
 *
 * Only hard constraints count. Follows isSchedulableAfterPodChange and
 * isSchedulableAfterNodeChange in pkg/scheduler/framework/plugins/podtopologyspread/plugin.go of
 * the release named in docs/fidelity.md, but for hard constraints among the profile's defaults: a
 * hint does not look up what the pod belongs to, and takes every pod of the namespace to matter. */
#include "models/scheduler/plugins/spread_hints.h"

#include "models/scheduler/plugins/spread_rules.h"

/* The constraints that hold for a pod: its own, or the defaults. */
struct constraints {
    const struct spread_constraint *items;
    size_t count;
    bool defaults;
};

static struct constraints constraints_of(const struct spread_args *args, const struct pod *pod)
{
    if (pod->spec->spread_count > 0)
        return (struct constraints){ pod->spec->spread, pod->spec->spread_count, false };
    return (struct constraints){ args->defaults, args->default_count, true };
}

/* Does the waiting pod's constraint count a pod with these labels? */
static bool takes(const struct spread_constraint *constraint, const struct labels *own,
                  const struct labels *labels)
{
    if (!selector_matches(constraint->selector, labels_lookup, labels))
        return false;
    for (size_t i = 0; i < constraint->match_label_key_count; i++) {
        const char *key = text_s(constraint->match_label_keys[i]);
        const char *wanted = labels_get(own, key), *value = labels_get(labels, key);
        if (wanted != NULL && (value == NULL || strcmp(value, wanted) != 0))
            return false;
    }
    return true;
}

static bool is_taken(const struct constraints *constraints, const struct pod *waiting,
                     const struct pod *pod)
{
    for (size_t i = 0; i < constraints->count; i++)
        if (constraints->items[i].hard &&
            (constraints->defaults ||
             takes(&constraints->items[i], waiting->meta.labels, pod->meta.labels)))
            return true;
    return false;
}

/* Some constraint takes one version of the pod and not the other. */
static bool is_taken_differently(const struct constraints *constraints, const struct pod *waiting,
                                 const struct pod *before, const struct pod *after)
{
    const struct labels *own = waiting->meta.labels;
    for (size_t i = 0; i < constraints->count; i++) {
        const struct spread_constraint *constraint = &constraints->items[i];
        if (constraint->hard &&
            (constraints->defaults || takes(constraint, own, before->meta.labels) !=
                                          takes(constraint, own, after->meta.labels)))
            return true;
    }
    return false;
}

static bool honors_taints(const struct constraints *constraints)
{
    for (size_t i = 0; i < constraints->count; i++)
        if (constraints->items[i].hard && constraints->items[i].honors_taints)
            return true;
    return false;
}

static bool is_self(const struct pod *pod, const struct pod *waiting)
{
    return pod->meta.uid.low == waiting->meta.uid.low;
}

static bool is_involved(const struct object *object, const struct pod *waiting)
{
    const struct pod *pod = pod_of(object);
    return is_self(pod, waiting) || ((pod->node_name != NULL || pod_nominated_node(pod) != NULL) &&
                                     object->space == waiting->meta.object.space);
}

static bool tolerations_differ(const struct pod_spec *a, const struct pod_spec *b)
{
    if (a == b)
        return false;
    return !value_equal(value_get(a->document, "tolerations"),
                        value_get(b->document, "tolerations"));
}

bool spread_hint_of_pod(const void *args, const struct pod *waiting, const struct object *before,
                        const struct object *after)
{
    const struct constraints constraints = constraints_of(args, waiting);
    if ((before != NULL && !is_involved(before, waiting)) ||
        (after != NULL && !is_involved(after, waiting)))
        return false;
    if (before == NULL || after == NULL)
        return is_taken(&constraints, waiting, pod_of(before != NULL ? before : after));
    const struct pod *old = pod_of(before), *new = pod_of(after);
    if (is_self(new, waiting) && honors_taints(&constraints) &&
        tolerations_differ(old->spec, new->spec))
        return true;
    return !labels_equal(old->meta.labels, new->meta.labels) &&
           is_taken_differently(&constraints, waiting, old, new);
}

/* --- nodes ---------------------------------------------------------------------------------- */

static bool has_all_keys(const struct constraints *constraints, const struct node *node)
{
    for (size_t i = 0; i < constraints->count; i++)
        if (constraints->items[i].hard &&
            labels_get(node->meta.labels, text_s(constraints->items[i].topology_key)) == NULL)
            return false;
    return true;
}

static bool some_domain_differs(const struct constraints *constraints, const struct node *a,
                                const struct node *b)
{
    for (size_t i = 0; i < constraints->count; i++) {
        const char *key = text_s(constraints->items[i].topology_key);
        if (constraints->items[i].hard &&
            strcmp(labels_get(a->meta.labels, key), labels_get(b->meta.labels, key)) != 0)
            return true;
    }
    return false;
}

/* A node counts when it has all keys; a pod without hard constraints finds them on every node. */
bool spread_hint_of_node(const void *args, const struct pod *waiting, const struct object *before,
                         const struct object *after)
{
    const struct constraints constraints = constraints_of(args, waiting);
    const bool did = before != NULL && has_all_keys(&constraints, node_of(before));
    const bool does = after != NULL && has_all_keys(&constraints, node_of(after));
    if (before == NULL || after == NULL || did != does)
        return did || does;
    return does && (some_domain_differs(&constraints, node_of(before), node_of(after)) ||
                    !taints_equal(node_of(before)->taints, node_of(after)->taints));
}
