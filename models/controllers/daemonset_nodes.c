/* Which nodes a DaemonSet wants to be on, and which of its pods are there.
 *
 * Follows NodeShouldRunDaemonPod and getNodesToDaemonPods of pkg/controller/daemon of the release
 * named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/controllers/daemonset_private.h"
#include "sim/base/memory.h"

/* ---- nodes ---- */

static bool tolerates_all(const struct pod_spec *spec, const struct taints *taints,
                          bool no_schedule_too)
{
    for (size_t i = 0; taints != NULL && i < taints->count; i++) {
        const enum taint_effect effect = taints->items[i].effect;
        const bool counts = effect == NO_EXECUTE || (no_schedule_too && effect == NO_SCHEDULE);
        if (counts && !taint_is_tolerated(&taints->items[i], spec))
            return false;
    }
    return true;
}

void daemon_node_judge(const struct daemonset *set, const struct node *node, bool *should_run,
                       bool *should_continue)
{
    const struct pod_spec *spec = set->daemon;
    const bool fits = (spec->node_name == NULL || spec->node_name == node->meta.object.name) &&
                      node_is_selected(node, spec);
    *should_run = fits && tolerates_all(spec, node->taints, true);
    *should_continue = fits && tolerates_all(spec, node->taints, false);
}

/* ---- pods ---- */

/* By node (in the order of a hash, which only serves to find them), then as they are served. */
static int by_node(const void *a, const void *b)
{
    const struct daemon_pod *left = a, *right = b;
    if (left->node != right->node)
        return left->node->hash != right->node->hash
                   ? (left->node->hash < right->node->hash ? -1 : 1)
                   : strcmp(left->node->s, right->node->s);
    const bool left_bound = left->pod->node_name != NULL;
    const bool right_bound = right->pod->node_name != NULL;
    if (left_bound != right_bound)
        return left_bound ? -1 : 1;
    if (left->pod->meta.created != right->pod->meta.created)
        return left->pod->meta.created < right->pod->meta.created ? -1 : 1;
    return strcmp(name_of(left->pod), name_of(right->pod));
}

/* Pods that have ended and are being deleted are on no node any more. */
static void take_pods(struct daemon_sync *sync)
{
    size_t capacity = 0;
    struct cache_cursor cursor = client_list_owned(sync->client, KIND_POD, sync->set->meta.uid);
    while (cache_next(&cursor)) {
        const struct pod *pod = pod_of(cursor.object);
        const struct text *node = daemon_pod_node(pod->spec, pod->node_name);
        if (node == NULL || (pod_is_terminal(pod) && pod->meta.deleting))
            continue;
        MEM_GROW(sync->pods, sync->pod_count, capacity);
        sync->pods[sync->pod_count++] = (struct daemon_pod){ node, pod };
    }
    if (sync->pod_count > 0)
        qsort(sync->pods, sync->pod_count, sizeof *sync->pods, by_node);
}

static int compare_node(const void *key, const void *item)
{
    const struct text *node = key;
    const struct daemon_pod *pod = item;
    if (node == pod->node)
        return 0;
    if (node->hash != pod->node->hash)
        return node->hash < pod->node->hash ? -1 : 1;
    return strcmp(node->s, pod->node->s);
}

static void find_pods(const struct daemon_sync *sync, struct daemon_node *view)
{
    const struct text *name = view->node->meta.object.name;
    const struct daemon_pod *end = sync->pods + sync->pod_count;
    const struct daemon_pod *found =
        sync->pod_count > 0
            ? bsearch(name, sync->pods, sync->pod_count, sizeof *sync->pods, compare_node)
            : NULL;
    if (found == NULL)
        return;
    while (found > sync->pods && found[-1].node == name)
        found--;
    view->pods = found;
    while (found + view->pod_count < end && found[view->pod_count].node == name)
        view->pod_count++;
}

void daemon_sync_look(struct daemon_sync *sync)
{
    size_t capacity = 0;
    take_pods(sync);
    struct cache_cursor cursor = client_list(sync->client, KIND_NODE);
    while (cache_next(&cursor)) {
        MEM_GROW(sync->nodes, sync->node_count, capacity);
        struct daemon_node *view = &sync->nodes[sync->node_count++];
        *view = (struct daemon_node){ .node = node_of(cursor.object) };
        daemon_node_judge(sync->set, view->node, &view->should_run, &view->should_continue);
        find_pods(sync, view);
    }
}

void daemon_sync_close(struct daemon_sync *sync)
{
    text_drop(sync->hash);
    free(sync->pods);
    free(sync->nodes);
}

/* ---- one pod ---- */

bool daemon_pod_is_updated(const struct daemon_sync *sync, const struct pod *pod)
{
    const char *generation = daemonset_template_generation(sync->set);
    const char *made_of = labels_get(pod->meta.labels, "pod-template-generation");
    const char *hash = labels_get(pod->meta.labels, "controller-revision-hash");
    return (generation != NULL && made_of != NULL && strcmp(generation, made_of) == 0) ||
           (hash != NULL && strcmp(hash, text_s(sync->hash)) == 0);
}

bool daemon_pod_is_available(const struct daemon_sync *sync, const struct pod *pod)
{
    return pod_is_available(pod, sync->set->min_ready_seconds, sync->client->now);
}

void daemon_bounds(const struct daemonset *set, int desired, int *max_surge, int *max_unavailable)
{
    *max_surge = (int)intstr_scaled(set->max_surge, desired, true);
    *max_unavailable = (int)intstr_scaled(set->max_unavailable, desired, true);
    if (desired > 0 && *max_surge == 0 && *max_unavailable == 0)
        *max_unavailable = 1;
}
