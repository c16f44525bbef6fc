/* The component: hands what it hears to the kubelet it concerns. */
#include "models/kubelet/kubelet.h"

#include <stdlib.h>

#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

static void pod_heard(struct kubelet *kubelet, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (pod->node_name == NULL)
        return;
    struct pod_worker *worker = pod_worker_find(kubelet, pod->meta.uid);
    struct kubelet_node *node = worker ? worker->node : kubelet_node_find(kubelet, pod->node_name);
    if (node == NULL || !node->online)
        return; /* it will look for itself when it is back */
    if (worker != NULL && event->type == WATCH_DELETED) {
        worker->cause = event->cause;
        pod_worker_free(worker);
    } else if (worker != NULL) {
        pod_worker_update(worker, pod);
    } else if (event->type != WATCH_DELETED && !left_to_stages(kubelet, KIND_POD, pod->node_name)) {
        pod_worker_accept(node, pod, run_now(kubelet->cluster->run));
    }
}

static void node_heard(struct kubelet *kubelet, const struct watch_event *event)
{
    struct kubelet_node *node = kubelet_node_find(kubelet, event->object->name);
    if (node != NULL)
        node_mounts_attached(node, event);
    kubelet_node_seen(kubelet, event->object, event->type != WATCH_DELETED);
}

static void kubelet_deliver(void *self, const struct watch_event *event)
{
    struct kubelet *kubelet = self;
    const bool present = event->type != WATCH_DELETED;
    switch (event->object->kind) {
    case KIND_POD:
        pod_heard(kubelet, event);
        break;
    case KIND_NODE:
        node_heard(kubelet, event);
        break;
    case KIND_MACHINE:
        if (api_server_runs_on(event->object))
            kubelet_api_server_turned(kubelet, event->cause);
        else if (event->object->space == NULL)
            kubelet_node_machine(kubelet, (const struct machine *)event->object, present);
        break;
    default:
        break;
    }
}

static void *kubelet_start(struct cluster *cluster)
{
    if (cluster->settings.stage_kubelet)
        return NULL;
    struct kubelet *kubelet = mem_new(sizeof *kubelet);
    kubelet->cluster = cluster;
    table_init(&kubelet->nodes_by_name);
    table_init(&kubelet->workers_by_uid);
    pool_init(&kubelet->small_workers, sizeof(struct pod_worker) + sizeof(struct container_run));
    cache_watch(cluster_cache(cluster, "kubelet"), (struct watcher){ kubelet, kubelet_deliver });
    return kubelet;
}

static void kubelet_stop(void *state)
{
    struct kubelet *kubelet = state;
    if (kubelet == NULL)
        return;
    while (kubelet->nodes != NULL) {
        struct kubelet_node *node = kubelet->nodes;
        kubelet->nodes = node->next;
        kubelet_node_free(node);
    }
    table_close(&kubelet->nodes_by_name);
    table_close(&kubelet->workers_by_uid);
    pool_close(&kubelet->small_workers);
    free(kubelet);
}

const struct component kubelets = {
    .name = "kubelet",
    .start = kubelet_start,
    .stop = kubelet_stop,
};
