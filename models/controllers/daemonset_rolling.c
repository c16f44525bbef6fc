/* The next step of a DaemonSet's rolling update: which old pods go, and where a new one may start
 * beside an old one.
 *
 * Follows rollingUpdate of pkg/controller/daemon/update.go of the release named in docs/fidelity.md.
 * Where that walks a Go map of nodes, we go by the nodes' creation. */
#include <stdlib.h>

#include "models/controllers/daemonset_private.h"
#include "sim/base/memory.h"

void daemon_changes_create(struct daemon_changes *changes, const struct text *node)
{
    MEM_GROW(changes->nodes, changes->node_count, changes->node_capacity);
    changes->nodes[changes->node_count++] = node;
}

void daemon_changes_close(struct daemon_changes *changes)
{
    free((void *)changes->nodes);
    pod_list_close(&changes->pods);
}

/* At most one pod of the present template and one of another; false when there are more, which is
 * for the management of pods to prune. Pods being deleted do not count. */
static bool find_pods(const struct daemon_sync *sync, const struct daemon_node *node,
                      const struct pod **new, const struct pod **old)
{
    *new = *old = NULL;
    for (size_t i = 0; i < node->pod_count; i++) {
        const struct pod *pod = node->pods[i].pod;
        const struct pod **slot = daemon_pod_is_updated(sync, pod) ? new : old;
        if (pod->meta.deleting)
            continue;
        if (*slot != NULL)
            return false;
        *slot = pod;
    }
    return true;
}

/* Neither wanted nor occupied. */
static bool is_no_concern(const struct daemon_node *node)
{
    return !node->should_run && node->pod_count == 0;
}

/* ---- without surge: delete old pods, as many as may be missing ---- */

static void roll_by_deletion(const struct daemon_sync *sync, int max_unavailable,
                             struct daemon_changes *changes)
{
    struct pod_list candidates = { 0 };
    int unavailable = 0;
    for (size_t i = 0; i < sync->node_count; i++) {
        const struct pod *new, *old;
        if (is_no_concern(&sync->nodes[i]))
            continue;
        if (!find_pods(sync, &sync->nodes[i], &new, &old) || (new == NULL) == (old == NULL)) {
            unavailable++;
        } else if (new != NULL) {
            unavailable += !daemon_pod_is_available(sync, new);
        } else if (!daemon_pod_is_available(sync, old)) {
            pod_list_add(&changes->pods, old);
            unavailable++;
        } else if (unavailable < max_unavailable) {
            pod_list_add(&candidates, old);
        }
    }
    for (size_t i = 0; i < candidates.count && unavailable < max_unavailable; i++, unavailable++)
        pod_list_add(&changes->pods, candidates.items[i]);
    pod_list_close(&candidates);
}

/* ---- with surge: start new pods first ---- */

struct surge {
    int max, used, available;
    struct daemon_changes candidates; /* nodes that may have a second pod; pods of unwanted nodes */
};

static void roll_node(const struct daemon_sync *sync, const struct daemon_node *node,
                      struct surge *surge, struct daemon_changes *changes)
{
    const struct pod *new, *old;
    const struct text *name = node->node->meta.object.name;
    if (!find_pods(sync, node, &new, &old)) {
        surge->used++;
        return;
    }
    const struct pod *counted = old != NULL ? old : new;
    surge->available += counted != NULL && daemon_pod_is_available(sync, counted);
    if (old == NULL)
        return;
    if (new != NULL && daemon_pod_is_available(sync, new))
        pod_list_add(&changes->pods, old);
    else if (new != NULL)
        surge->used++;
    else if (!daemon_pod_is_available(sync, old) && !node->should_run)
        pod_list_add(&changes->pods, old);
    else if (!daemon_pod_is_available(sync, old))
        daemon_changes_create(changes, name);
    else if (!node->should_run)
        pod_list_add(&surge->candidates.pods, old);
    else if (surge->used < surge->max)
        daemon_changes_create(&surge->candidates, name);
}

/* Old pods of nodes that are no longer wanted go once as many are available elsewhere. */
static void roll_by_surge(const struct daemon_sync *sync, int max_surge, int desired,
                          struct daemon_changes *changes)
{
    struct surge surge = { .max = max_surge };
    for (size_t i = 0; i < sync->node_count; i++)
        if (!is_no_concern(&sync->nodes[i]))
            roll_node(sync, &sync->nodes[i], &surge, changes);
    int spare = surge.available - desired;
    for (size_t i = 0; i < surge.candidates.pods.count && spare > 0; i++, spare--)
        pod_list_add(&changes->pods, surge.candidates.pods.items[i]);
    int room = surge.max - surge.used;
    for (size_t i = 0; i < surge.candidates.node_count && room > 0; i++, room--)
        daemon_changes_create(changes, surge.candidates.nodes[i]);
    daemon_changes_close(&surge.candidates);
}

void daemon_roll(struct daemon_sync *sync, struct daemon_changes *changes)
{
    int desired = 0, max_surge, max_unavailable;
    for (size_t i = 0; i < sync->node_count; i++)
        desired += sync->nodes[i].should_run;
    daemon_bounds(sync->set, desired, &max_surge, &max_unavailable);
    if (max_surge == 0)
        roll_by_deletion(sync, max_unavailable, changes);
    else
        roll_by_surge(sync, max_surge, desired, changes);
}
