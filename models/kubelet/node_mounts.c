/* The volumes that a kubelet has or wants on its node, and what it says of them: volumesInUse.
 *
 * Follows pkg/kubelet/volumemanager/volume_manager.go (GetVolumesInUse, MarkVolumesAsReportedInUse) and
 * nodestatus/setters.go of the release named in docs/fidelity.md: they are said at the regular updates
 * of the node's status. A volume is in use from the moment a pod wants it until it is unmounted. */
#include <stdlib.h>

#include "models/api/storage.h"
#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

static void volumes_report(void *subject, sim_time now);

/* At the first regular update from `at` on, which is later than now. */
static void report_from(struct kubelet_node *node, sim_time at, sim_time now)
{
    struct run *run = node->kubelet->cluster->run;
    const sim_time period = node->kubelet->cluster->settings.node_status_update_frequency;
    const sim_time since = node->online_since, from = at > now ? at : now + 1;
    const sim_time next = since + (from - since + period - 1) / period * period;
    if (!node->online)
        return; /* when it is */
    if (node->volumes_due == 0 || !queue_reschedule(run->queue, node->volumes_due, next))
        node->volumes_due = run_at(run, next, PRIORITY_WORLD, volumes_report, node);
}

static bool show_in_use(struct object *object, void *context)
{
    struct node *node = (struct node *)object;
    const struct node_volumes *in_use = context;
    if (node_volumes_equal(node->volumes_in_use, in_use))
        return false;
    node_volumes_drop(node->volumes_in_use);
    node->volumes_in_use = node_volumes_hold(in_use);
    return true;
}

/* Forget what nobody uses any more; the names of the others, which have to be attached. */
static const struct node_volumes *in_use_at(struct kubelet_node *node, sim_time now)
{
    const struct text **names = NULL;
    size_t count = 0, capacity = 0;
    for (struct node_volume **at = &node->volumes; *at != NULL;) {
        struct node_volume *volume = *at;
        if (volume->pods == 0 && volume->free_at <= now) {
            *at = volume->next;
            text_drop(volume->name);
            free(volume);
            continue;
        }
        if (volume->attached) {
            MEM_GROW(names, count, capacity);
            names[count++] = volume->name;
        }
        at = &volume->next;
    }
    const struct node_volumes *in_use = node_volumes_new(names, count);
    free(names);
    return in_use;
}

/* Pods wait for this report. */
static void wake_waiting(struct kubelet_node *node)
{
    for (struct pod_worker *worker = node->first; worker != NULL; worker = worker->next)
        if (worker->stage == STAGE_VOLUMES)
            pod_worker_wake_at(worker, node->client.now);
}

static void volumes_report(void *subject, sim_time now)
{
    struct kubelet_node *node = subject;
    const struct object_key key = { KIND_NODE, NULL, node->name };
    node->volumes_due = 0;
    if (!node->online)
        return;
    const struct node_volumes *in_use = in_use_at(node, now);
    const struct object *known = client_get(&node->client, KIND_NODE, NULL, node->name);
    client_begin(&node->client, node->volumes_cause);
    const bool said =
        (known != NULL && node_volumes_equal(node_of(known)->volumes_in_use, in_use)) ||
        reply_settles(client_patch(&node->client, key, show_in_use, (void *)in_use, NULL));
    node_volumes_drop(in_use);
    if (!said) {
        report_from(node, now, now);
        return;
    }
    for (struct node_volume *volume = node->volumes; volume != NULL; volume = volume->next) {
        volume->reported = volume->reported || volume->pods > 0;
        if (volume->pods == 0)
            report_from(node, volume->free_at, now);
    }
    wake_waiting(node);
}

struct node_volume *node_volume_take(struct kubelet_node *node, const struct persistent_volume *of,
                                     bool attached, sim_time now)
{
    const struct text *name = csi_volume_unique_name(node->kubelet->cluster->run->texts, &of->csi);
    struct node_volume *volume = node->volumes;
    while (volume != NULL && volume->name != name)
        volume = volume->next;
    if (volume == NULL) {
        volume = mem_new(sizeof *volume);
        volume->name = text_hold(name);
        volume->next = node->volumes;
        node->volumes = volume;
    }
    text_drop(name);
    volume->attached = attached;
    if (volume->pods++ == 0)
        volume->reported = false;
    if (attached && !volume->reported) {
        node->volumes_cause = node->client.cause;
        report_from(node, now, now);
    }
    return volume;
}

void node_volume_give(struct kubelet_node *node, struct node_volume *volume, sim_time free_at,
                      sim_time now)
{
    volume->free_at = free_at > volume->free_at ? free_at : volume->free_at;
    if (--volume->pods > 0)
        return;
    node->volumes_cause = node->client.cause;
    report_from(node, volume->free_at, now);
}

void node_mounts_online(struct kubelet_node *node, sim_time now)
{
    const struct object *known = client_get(&node->client, KIND_NODE, NULL, node->name);
    if (node->volumes != NULL || (known != NULL && node_of(known)->volumes_in_use != NULL))
        report_from(node, now, now);
}

void node_mounts_attached(struct kubelet_node *node, const struct watch_event *event)
{
    const struct object *before = event->before;
    if (node->volumes == NULL || before == NULL ||
        node_of(before)->volumes_attached == node_of(event->object)->volumes_attached)
        return;
    for (struct pod_worker *worker = node->first; worker != NULL; worker = worker->next)
        if (worker->stage == STAGE_VOLUMES) {
            worker->cause = event->cause;
            pod_worker_wake(worker);
        }
}

void node_mounts_forget(struct kubelet_node *node)
{
    for (struct pod_worker *worker = node->first; worker != NULL; worker = worker->next)
        pod_mounts_free(worker);
    while (node->volumes != NULL) {
        struct node_volume *volume = node->volumes;
        node->volumes = volume->next;
        text_drop(volume->name);
        free(volume);
    }
    run_cancel(node->kubelet->cluster->run, &node->volumes_due);
}
