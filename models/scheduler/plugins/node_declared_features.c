/* NodeDeclaredFeatures: a pod that needs a feature of the kubelet goes to nodes that declare it.
 *
 * Of the features of this release two are needed from the start: restarting all containers by a
 * rule, and user namespaces on the host's network. Follows pkg/scheduler/framework/plugins/
 * nodedeclaredfeatures and component-helpers nodedeclaredfeatures/features of the release named
 * in docs/fidelity.md. */
#include "models/scheduler/plugins/plugins.h"

static bool restarts_all(const struct value *containers)
{
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        const struct value *rules = value_get(containers->items[i], "restartPolicyRules");
        for (size_t k = 0; rules != NULL && k < rules->count; k++)
            if (strcmp(value_text(value_get(rules->items[k], "action"), ""),
                       "RestartAllContainers") == 0)
                return true;
    }
    return false;
}

static bool needs_restart_rules(const struct pod_spec *spec)
{
    return restarts_all(value_get(spec->document, "containers")) ||
           restarts_all(value_get(spec->document, "initContainers"));
}

static bool needs_user_namespaces(const struct pod_spec *spec)
{
    return spec->host_network && !value_truth(value_get(spec->document, "hostUsers"), true);
}

static const struct {
    const char *name;
    bool (*is_needed)(const struct pod_spec *spec);
} features[] = {
    { "RestartAllContainersOnContainerExits", needs_restart_rules },
    { "UserNamespacesHostNetworkSupport", needs_user_namespaces },
};
enum { FEATURES = sizeof features / sizeof *features };

/* Bits of features[]. */
static unsigned needed_by(const struct pod_spec *spec)
{
    unsigned needed = 0;
    for (size_t i = 0; i < FEATURES; i++)
        if (features[i].is_needed(spec))
            needed |= 1u << i;
    return needed;
}

static bool declares(const struct node *node, const char *feature)
{
    const struct value *list = value_path(node->meta.document, "status", "declaredFeatures", NULL);
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(list->items[i], ""), feature) == 0)
            return true;
    return false;
}

static enum pre_filter declared_features_pre_filter(const struct sched_call *call,
                                                    struct narrowed *narrowed,
                                                    struct rejection *rejection)
{
    (void)narrowed;
    (void)rejection;
    return needed_by(call->spec) == 0 ? PRE_FILTER_SKIP : PRE_FILTER_GO;
}

static bool declared_features_filter(const struct sched_call *call, const struct node_info *node,
                                     struct rejection *rejection)
{
    for (size_t i = 0; i < FEATURES; i++)
        if (features[i].is_needed(call->spec) && !declares(node->node, features[i].name))
            return reject(rejection, UNRESOLVABLE, "node(s) didn't match Pod's required features");
    return true;
}

/* Any pod whose needs have changed wakes: the real one compares the two versions of the event. */
static bool needs_changed(const void *args, const struct pod *pod, const struct object *before,
                          const struct object *after)
{
    (void)args;
    (void)pod;
    return needed_by(pod_of(before)->spec) != needed_by(pod_of(after)->spec);
}

const struct sched_plugin node_declared_features_plugin = {
    .name = "NodeDeclaredFeatures",
    .events = { { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_DECLARED_FEATURE, NULL },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL },
                { KIND_POD, EVENT_UPDATE, needs_changed } },
    .pre_filter = declared_features_pre_filter,
    .filter = declared_features_filter,
};
