/* Attach volumes to the nodes of the pods that use them, and detach them when they are used there no more.
 *
 * Follows pkg/controller/volume/attachdetach of the release named in docs/fidelity.md. The reconciler
 * looks every 100 ms; here it looks at the first of these moments at which there is something to see. It
 * makes and deletes VolumeAttachments, which external-attacher obeys (csi_attacher.c), and reports what
 * is attached in a node's status. Only volumes of CSI drivers are attached, of those whose CSIDriver does
 * not say otherwise; only nodes whose kubelet leaves it to us take part.
 *
 * Keys: a PersistentVolume at the reconciler's times, a Node for its status, a VolumeAttachment when the
 * operation under way may have ended. */
#include <string.h>

#include "models/cluster/claim_binding.h"
#include "models/controllers/attach_detach_private.h"

#define LOOP (100 * SIM_MILLISECOND)

static const char managed[] = "volumes.kubernetes.io/controller-managed-attach-detach";

sim_time attach_detach_look(sim_time at)
{
    return (at + LOOP - 1) / LOOP * LOOP;
}

/* --- reconciling ------------------------------------------------------------------------------- */

/* Detaches come before attaches. */
static void look_at_volume(struct client *client, const struct text *name)
{
    struct attach_detach *world = controller_state(client);
    struct linked_volume *found = linked_volume_find(world, name);
    for (int wanted = 0; found != NULL && wanted <= 1; wanted++) {
        for (struct link *link = found->first; link != NULL; link = link->of_volume) {
            const struct persistent_volume *volume = link_volume(client, link);
            if (volume == NULL || (link->pod_count > 0) != wanted)
                continue;
            if (wanted)
                link_attach(client, link, volume);
            else if (link->state != LINK_DETACHED)
                link_detach(client, link, volume);
        }
    }
    for (struct link *link = found != NULL ? found->first : NULL, *next; link != NULL;
         link = next) {
        next = link->of_volume;
        link_forget_idle(world, link);
    }
}

static void look_at_attachment(struct client *client, const struct text *name)
{
    const struct attach_detach *world = controller_state(client);
    const struct volume_attachment *is =
        volume_attachment_of(client_get(client, KIND_VOLUMEATTACHMENT, NULL, name));
    if (is == NULL || is->volume_name == NULL)
        return; /* its deletion has been heard of */
    struct link *link = link_find(linked_volume_find(world, is->volume_name), is->node_name);
    if (link == NULL)
        return;
    link_follow(client, link);
    if ((link->state == LINK_ATTACHING || link->state == LINK_DETACHING) &&
        link->deadline != SIM_FOREVER)
        controller_requeue_after(client, object_key(&is->meta.object),
                                 link->deadline - client->now); /* it was woken before that */
}

static enum outcome attach_detach_reconcile(struct client *client, struct object_key key)
{
    const struct attach_detach *world = controller_state(client);
    const struct linked_node *node =
        key.kind == KIND_NODE ? linked_node_find(world, key.name) : NULL;
    if (key.kind == KIND_PERSISTENTVOLUME)
        look_at_volume(client, key.name);
    else if (key.kind == KIND_VOLUMEATTACHMENT)
        look_at_attachment(client, key.name);
    else if (node != NULL)
        return linked_node_report(client, node) ? RECONCILED : RETRY;
    return RECONCILED;
}

/* --- pods -------------------------------------------------------------------------------------- */

static void look_soon(struct controller_run *controller, const struct text *volume,
                      struct cause cause)
{
    const sim_time now = run_now(controller_client(controller)->cluster->run);
    const struct object_key key = { KIND_PERSISTENTVOLUME, NULL, volume };
    controller_wake_after(controller, key, attach_detach_look(now) - now, cause);
}

/* None of its containers runs, as far as it was reported, and none will; util.IsPodTerminated. */
static bool is_terminated(const struct pod *pod)
{
    if (pod_is_terminal(pod) || !pod->meta.deleting)
        return pod_is_terminal(pod);
    const uint32_t first = (uint32_t)pod->spec->init_container_count;
    for (uint32_t i = first; pod->containers != NULL && i < pod->containers->count; i++)
        if (pod->containers->items[i].state == CONTAINER_RUNNING)
            return false;
    return true;
}

static bool has_claims(const struct pod *pod)
{
    for (size_t i = 0; i < pod->spec->volume_count; i++)
        if (pod->spec->volumes[i].type == POD_VOLUME_CLAIM ||
            pod->spec->volumes[i].type == POD_VOLUME_EPHEMERAL)
            return true;
    return false;
}

static bool is_managed(const struct client *client, const struct text *node)
{
    const struct object *object = client_get(client, KIND_NODE, NULL, node);
    const char *said = object != NULL ? labels_get(meta_of(object)->annotations, managed) : NULL;
    return said != NULL && strcmp(said, "true") == 0;
}

/* The volumes that the pod's claims are bound to, of those that are attached. False when a claim is
 * not bound yet. */
static bool find_volumes(const struct client *client, const struct pod *pod,
                         const struct text **names, size_t *count)
{
    for (size_t i = 0; i < pod->spec->volume_count; i++) {
        const struct pod_volume *mounted = &pod->spec->volumes[i];
        if (mounted->type != POD_VOLUME_CLAIM && mounted->type != POD_VOLUME_EPHEMERAL)
            continue;
        const struct persistent_volume_claim *claim =
            claim_of_pod_volume(client->cache, client->cluster->run->texts, pod, mounted);
        const struct object *volume =
            claim != NULL && claim_is_bound(claim)
                ? client_get(client, KIND_PERSISTENTVOLUME, NULL, claim->volume_name)
                : NULL;
        if (volume == NULL)
            return false;
        if (volume_is_attached(client->cache, persistent_volume_of(volume)))
            names[(*count)++] = volume->name;
    }
    return true;
}

static void want(struct controller_run *controller, const struct pod *pod, struct cause cause)
{
    struct attach_detach *world = controller_run_state(controller);
    const struct client *client = controller_client(controller);
    const struct text *names[pod->spec->volume_count + 1];
    struct link *links[pod->spec->volume_count + 1];
    size_t count = 0;
    if (!is_managed(client, pod->node_name))
        return; /* when its node is, all its pods are looked at */
    if (!find_volumes(client, pod, names, &count)) {
        attach_detach_wait(world, pod);
        return;
    }
    attach_detach_stop_waiting(world, object_key(&pod->meta.object));
    for (size_t i = 0; i < count; i++) {
        links[i] = link_take(world, names[i], pod->node_name);
        look_soon(controller, names[i], cause);
    }
    if (count > 0)
        linked_pod_add(world, pod, links, count);
}

static void give_up(struct controller_run *controller, struct linked_pod *pod, struct cause cause)
{
    for (size_t i = 0; i < pod->count; i++)
        look_soon(controller, pod->links[i]->volume->name, cause);
    linked_pod_drop(controller_run_state(controller), pod);
}

static void look_at_pod(struct controller_run *controller, const struct pod *pod, bool present,
                        struct cause cause)
{
    struct attach_detach *world = controller_run_state(controller);
    struct linked_pod *known = linked_pod_find(world, pod->meta.uid);
    const bool wants = present && !is_terminated(pod);
    if (!wants)
        attach_detach_stop_waiting(world, object_key(&pod->meta.object));
    if (wants && known == NULL)
        want(controller, pod, cause);
    else if (!wants && known != NULL)
        give_up(controller, known, cause);
}

static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (pod->spec->volume_count > 0 && pod->node_name != NULL && has_claims(pod))
        look_at_pod(controller, pod, event->type != WATCH_DELETED, event->cause);
}

/* What a pod waits for may be there now. */
static void wake_waiting(struct controller_run *controller, const struct watch_event *event)
{
    struct attach_detach *world = controller_run_state(controller);
    const struct client *client = controller_client(controller);
    for (size_t i = world->waiting_count; event->type != WATCH_DELETED && i-- > 0;) {
        const struct object_key key = world->waiting[i];
        const struct object *pod = client_get(client, KIND_POD, key.space, key.name);
        if (pod == NULL)
            attach_detach_stop_waiting(world, key);
        else
            look_at_pod(controller, pod_of(pod), true, event->cause);
    }
}

/* --- nodes and attachments ---------------------------------------------------------------------- */

/* What the kubelet says it has mounted. */
static void note_mounted(struct controller_run *controller, const struct node *node,
                         struct linked_node *linked)
{
    const struct client *client = controller_client(controller);
    for (struct link *l = linked->first; l != NULL; l = l->of_node) {
        const struct persistent_volume *volume = link_volume(client, l);
        const struct text *name =
            volume != NULL ? csi_volume_unique_name(client->cluster->run->texts, &volume->csi)
                           : NULL;
        if (name != NULL)
            l->mounted = node_volumes_have(node->volumes_in_use, name);
        text_drop(name);
    }
}

static void wake_node(struct controller_run *controller, const struct watch_event *event)
{
    struct attach_detach *world = controller_run_state(controller);
    const struct client *client = controller_client(controller);
    struct linked_node *linked = linked_node_find(world, event->object->name);
    const struct object *before = event->before;
    if (linked != NULL)
        note_mounted(controller, node_of(event->object), linked);
    for (struct link *l = linked != NULL ? linked->first : NULL; l != NULL; l = l->of_node)
        if (l->pod_count == 0)
            look_soon(controller, l->volume->name, event->cause);
    if (event->type == WATCH_DELETED || !is_managed(client, event->object->name) ||
        (before != NULL && labels_get(meta_of(before)->annotations, managed) != NULL))
        return;
    struct cache_cursor pods = client_list_on_node(client, event->object->name);
    while (cache_next(&pods))
        if (has_claims(pod_of(pods.object)))
            look_at_pod(controller, pod_of(pods.object), true, event->cause);
}

/* An attachment that we do not know of was made by a process before this one. */
static struct link *learn(struct attach_detach *world, const struct volume_attachment *is)
{
    struct link *link = link_find(linked_volume_find(world, is->volume_name), is->node_name);
    if (link != NULL && link->state != LINK_DETACHED)
        return link;
    link = link_take(world, is->volume_name, is->node_name);
    link->state = is->meta.deleting ? LINK_DETACHING
                  : is->attached    ? LINK_ATTACHED
                                    : LINK_UNCERTAIN;
    link->deadline = SIM_FOREVER;
    link->mounted = link->reported = link->state == LINK_ATTACHED;
    return link;
}

static void wake_attachment(struct controller_run *controller, const struct watch_event *event)
{
    struct attach_detach *world = controller_run_state(controller);
    const struct volume_attachment *is = volume_attachment_of(event->object);
    struct link *link;
    if (is->volume_name == NULL)
        return;
    if (event->type != WATCH_DELETED) {
        learn(world, is);
        wake_self(controller, event);
        look_soon(controller, is->volume_name, event->cause);
        return;
    }
    link = link_find(linked_volume_find(world, is->volume_name), is->node_name);
    if (link == NULL || link->state == LINK_ATTACHING)
        return;
    link->state = link->failed = LINK_DETACHED;
    link->reported = false;
    link->wait = 0;
    link->unwanted = -1;
    controller_wake(controller, (struct object_key){ KIND_NODE, NULL, is->node_name },
                    event->cause);
    look_soon(controller, is->volume_name, event->cause);
}

const struct controller attach_detach_controller = {
    .name = "persistentvolume-attach-detach-controller",
    .source = "attachdetach-controller",
    .reconciles = KIND_OTHER,
    .wakes_on = { { KIND_NODE, wake_node },
                  { KIND_VOLUMEATTACHMENT, wake_attachment },
                  { KIND_POD, wake_pod },
                  { KIND_PERSISTENTVOLUMECLAIM, wake_waiting },
                  { KIND_PERSISTENTVOLUME, wake_waiting } },
    .reconcile = attach_detach_reconcile,
    .state_size = sizeof(struct attach_detach),
    .init = attach_detach_init,
    .close = attach_detach_close,
};
