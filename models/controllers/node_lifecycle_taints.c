/* The taints that follow from a node's conditions, and the labels that must agree.
 *
 * Follows doNoScheduleTaintingPass, reconcileNodeLabels (pkg/controller/nodelifecycle) and
 * pkg/controller/controller_utils.go of the release named in docs/fidelity.md. */
#include <string.h>

#include "models/controllers/node_lifecycle_private.h"

const char taint_not_ready[] = "node.kubernetes.io/not-ready";
const char taint_unreachable[] = "node.kubernetes.io/unreachable";
const char taint_unschedulable[] = "node.kubernetes.io/unschedulable";

/* Which condition calls for which NoSchedule taint. */
static const struct {
    const char *condition;
    enum condition_status status;
    const char *taint;
} calls[] = {
    { "Ready", CONDITION_FALSE, taint_not_ready },
    { "Ready", CONDITION_UNKNOWN, taint_unreachable },
    { "MemoryPressure", CONDITION_TRUE, "node.kubernetes.io/memory-pressure" },
    { "DiskPressure", CONDITION_TRUE, "node.kubernetes.io/disk-pressure" },
    { "NetworkUnavailable", CONDITION_TRUE, "node.kubernetes.io/network-unavailable" },
    { "PIDPressure", CONDITION_TRUE, "node.kubernetes.io/pid-pressure" },
};
enum { CALLS = sizeof calls / sizeof *calls };

/* Labels of the first name are repeated under the second. */
static const struct {
    const char *primary, *secondary;
} repeated_labels[] = {
    { "kubernetes.io/os", "beta.kubernetes.io/os" },
    { "kubernetes.io/arch", "beta.kubernetes.io/arch" },
};
enum { REPEATED_LABELS = sizeof repeated_labels / sizeof *repeated_labels };

/* ---- one taint ---- */

struct taint_change {
    struct cluster *cluster;
    const char *key;
    enum taint_effect effect;
    sim_time now;
    bool remove;
};

static bool change_taint(struct object *object, void *context)
{
    const struct taint_change *change = context;
    struct node *node = (struct node *)object;
    const bool present = taints_find(node->taints, change->key, change->effect) != NULL;
    if (present != change->remove)
        return false;
    const struct taints *old = node->taints;
    if (change->remove)
        node->taints = taints_without(old, change->key, change->effect);
    else
        node->taints = taints_with(old, (struct taint){
                                            .key = cluster_text(change->cluster, change->key),
                                            .effect = change->effect,
                                            .has_time = true,
                                            .added = change->now,
                                        });
    taints_drop(old);
    return true;
}

static bool write_taint(struct client *client, const struct text *name, struct taint_change change)
{
    const struct object *node = client_get(client, KIND_NODE, NULL, name);
    if (node == NULL ||
        (taints_find(node_of(node)->taints, change.key, change.effect) != NULL) != change.remove)
        return false;
    change.cluster = client->cluster;
    change.now = client->now;
    return client_patch(client, object_key(node), change_taint, &change, NULL) == REPLY_OK;
}

bool node_add_taint(struct client *client, const struct text *node, const char *key,
                    enum taint_effect effect)
{
    return write_taint(client, node, (struct taint_change){ .key = key, .effect = effect });
}

bool node_remove_taint(struct client *client, const struct text *node, const char *key,
                       enum taint_effect effect)
{
    return write_taint(client, node,
                       (struct taint_change){ .key = key, .effect = effect, .remove = true });
}

void node_mark_reachable(struct client *client, struct node_lifecycle *state,
                         const struct node *node)
{
    const struct text *name = node->meta.object.name;
    node_remove_taint(client, name, taint_unreachable, NO_EXECUTE);
    node_remove_taint(client, name, taint_not_ready, NO_EXECUTE);
    zone_withdraw(zone_of(state, node), name);
}

/* ---- NoSchedule ---- */

static bool is_called_for(const struct node *node, const char *taint)
{
    for (size_t i = 0; i < CALLS; i++) {
        const struct condition *condition = conditions_find(node->conditions, calls[i].condition);
        if (strcmp(calls[i].taint, taint) == 0 && condition != NULL &&
            condition->status == calls[i].status)
            return true;
    }
    return strcmp(taint, taint_unschedulable) == 0 && node->unschedulable;
}

static bool taint_differs(const struct node *node, const char *taint)
{
    return is_called_for(node, taint) != (taints_find(node->taints, taint, NO_SCHEDULE) != NULL);
}

/* All missing taints are added in one write, then all that are too many removed in another. */
static bool exchange_taints(struct object *object, void *context)
{
    const struct taint_change *change = context;
    struct node *node = (struct node *)object;
    struct taint_change one = *change;
    bool changed = false;
    one.effect = NO_SCHEDULE;
    for (size_t i = 0; i <= CALLS; i++) {
        one.key = i < CALLS ? calls[i].taint : taint_unschedulable;
        if (taint_differs(node, one.key) && is_called_for(node, one.key) != one.remove)
            changed = change_taint(object, &one) || changed;
    }
    return changed;
}

/* ---- labels ---- */

static const char *missing_label(const struct node *node, size_t which)
{
    const char *wanted = labels_get(node->meta.labels, repeated_labels[which].primary);
    const char *present = labels_get(node->meta.labels, repeated_labels[which].secondary);
    if (wanted == NULL || (present != NULL && strcmp(wanted, present) == 0))
        return NULL;
    return wanted;
}

static bool repeat_labels(struct object *object, void *context)
{
    struct cluster *cluster = context;
    struct node *node = (struct node *)object;
    bool changed = false;
    for (size_t i = 0; i < REPEATED_LABELS; i++) {
        const char *wanted = missing_label(node, i);
        if (wanted == NULL)
            continue;
        const struct labels *old = node->meta.labels;
        node->meta.labels =
            labels_with(cluster->run->texts, old, repeated_labels[i].secondary, wanted);
        labels_drop(old);
        changed = true;
    }
    return changed;
}

/* ---- both ---- */

static bool taints_differ(const struct node *node, bool too_many)
{
    for (size_t i = 0; i <= CALLS; i++) {
        const char *taint = i < CALLS ? calls[i].taint : taint_unschedulable;
        if (taint_differs(node, taint) && is_called_for(node, taint) != too_many)
            return true;
    }
    return false;
}

static bool labels_differ(const struct node *node)
{
    for (size_t i = 0; i < REPEATED_LABELS; i++)
        if (missing_label(node, i) != NULL)
            return true;
    return false;
}

bool node_needs_update(const struct node *node)
{
    return taints_differ(node, false) || taints_differ(node, true) || labels_differ(node);
}

void node_update(struct client *client, const struct node *node)
{
    const struct object_key key = object_key(&node->meta.object);
    struct taint_change change = { .cluster = client->cluster, .now = client->now };
    if (taints_differ(node, false))
        client_patch(client, key, exchange_taints, &change, NULL);
    change.remove = true;
    if (taints_differ(node, true))
        client_patch(client, key, exchange_taints, &change, NULL);
    if (labels_differ(node))
        client_patch(client, key, repeat_labels, client->cluster, NULL);
}
