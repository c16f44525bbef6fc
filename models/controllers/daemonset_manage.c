/* Which nodes lack their pod of a DaemonSet, and which pods are too many.
 *
 * Follows manage and podsShouldBeOnNode of pkg/controller/daemon/daemon_controller.go of the release
 * named in docs/fidelity.md. */
#include <string.h>

#include "models/controllers/controller.h"
#include "models/controllers/daemonset_private.h"
#include "sim/base/memory.h"

/* How long a node is left alone on which the set's pod has failed. */
static const sim_time first_backoff = SIM_SECOND, longest_backoff = 15 * SIM_MINUTE;

/* ---- failed pods ---- */

static struct daemon_backoff *backoff_of(struct daemon_sync *sync, const struct text *node)
{
    struct daemonset_state *state = sync->state;
    for (size_t i = 0; i < state->count; i++) {
        struct daemon_backoff *backoff = &state->backoffs[i];
        if (backoff->set == sync->set->meta.uid.low && backoff->node == node &&
            backoff->generation == sync->set->observed_generation)
            return backoff;
    }
    MEM_GROW(state->backoffs, state->count, state->capacity);
    state->backoffs[state->count] =
        (struct daemon_backoff){ .set = sync->set->meta.uid.low,
                                 .generation = sync->set->observed_generation,
                                 .node = text_hold(node) };
    return &state->backoffs[state->count++];
}

/* May a failed pod be deleted now? If not, the set comes back when it may. */
static bool backoff_is_over(struct daemon_sync *sync, const struct text *node)
{
    struct daemon_backoff *backoff = backoff_of(sync, node);
    const sim_time now = sync->client->now, since = now - backoff->since;
    if (backoff->delay > 0 && since < backoff->delay) {
        controller_requeue_after(sync->client, sync->key, backoff->delay);
        return false;
    }
    /* Long quiet, and it begins anew. */
    const bool anew = backoff->delay == 0 || since > 2 * longest_backoff;
    const sim_time next = anew ? first_backoff : 2 * backoff->delay;
    backoff->delay = next < longest_backoff ? next : longest_backoff;
    backoff->since = now;
    return true;
}

static void replace_ended(struct daemon_sync *sync, const struct daemon_node *node,
                          const struct pod *pod, struct daemon_changes *changes)
{
    const bool failed = pod->phase == POD_FAILED;
    if (failed && !backoff_is_over(sync, node->node->meta.object.name))
        return;
    client_event(sync->client, &sync->set->meta.object, failed,
                 failed ? "FailedDaemonPod" : "SucceededDaemonPod",
                 "Found %s daemon pod %s/%s on node %s, will try to %s it",
                 failed ? "failed" : "succeeded", namespace_of(pod), name_of(pod),
                 name_of(node->node), failed ? "kill" : "delete");
    pod_list_add(&changes->pods, pod);
}

/* ---- one node ---- */

/* Beside an old pod that is ready, one new pod may run; the old one goes when the new one is
 * available, or at once when it is not ready itself. */
static void prune_surging(const struct daemon_sync *sync, const struct pod_list *running,
                          struct daemon_changes *changes)
{
    const struct pod *new = NULL, *old = NULL;
    for (size_t i = 0; i < running->count; i++) {
        const struct pod *pod = running->items[i];
        const char *hash = labels_get(pod->meta.labels, "controller-revision-hash");
        const bool present = hash != NULL && strcmp(hash, text_s(sync->hash)) == 0;
        const struct pod **oldest = present ? &new : &old;
        if (*oldest == NULL)
            *oldest = pod;
        else
            pod_list_add(&changes->pods, pod);
    }
    if (new != NULL && old != NULL && (!pod_is_ready(old) || daemon_pod_is_available(sync, new)))
        pod_list_add(&changes->pods, old);
}

static void tend(struct daemon_sync *sync, const struct daemon_node *node,
                 struct daemon_changes *changes)
{
    int max_surge, max_unavailable;
    struct pod_list running = { 0 };
    for (size_t i = 0; i < node->pod_count; i++) {
        const struct pod *pod = node->pods[i].pod;
        if (pod->meta.deleting)
            continue;
        if (pod_is_terminal(pod))
            replace_ended(sync, node, pod, changes);
        else
            pod_list_add(&running, pod);
    }
    daemon_bounds(sync->set, 1, &max_surge, &max_unavailable);
    if (max_surge == 0) /* all but the oldest are too many */
        for (size_t i = 1; i < running.count; i++)
            pod_list_add(&changes->pods, running.items[i]);
    else if (running.count > 1)
        prune_surging(sync, &running, changes);
    else if (running.count == 0 && node->should_run)
        daemon_changes_create(changes, node->node->meta.object.name);
    pod_list_close(&running);
}

static void leave(const struct daemon_node *node, struct daemon_changes *changes)
{
    for (size_t i = 0; i < node->pod_count; i++)
        if (!node->pods[i].pod->meta.deleting)
            pod_list_add(&changes->pods, node->pods[i].pod);
}

/* Pods that wait for a node which is not there can be bound by nobody. */
static void give_up_lost(const struct daemon_sync *sync, struct daemon_changes *changes)
{
    for (size_t i = 0; i < sync->pod_count; i++) {
        const struct daemon_pod *lost = &sync->pods[i];
        if (lost->pod->node_name == NULL &&
            client_get(sync->client, KIND_NODE, NULL, lost->node) == NULL)
            pod_list_add(&changes->pods, lost->pod);
    }
}

void daemon_manage(struct daemon_sync *sync, struct daemon_changes *changes)
{
    for (size_t i = 0; i < sync->node_count; i++) {
        const struct daemon_node *node = &sync->nodes[i];
        if (node->should_run && node->pod_count == 0)
            daemon_changes_create(changes, node->node->meta.object.name);
        else if (node->should_continue)
            tend(sync, node, changes);
        else
            leave(node, changes);
    }
    give_up_lost(sync, changes);
}
