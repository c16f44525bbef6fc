/* Keep a claim that a pod uses, however it is deleted: its finalizer goes when no pod has it any more.
 *
 * Follows pkg/controller/volume/pvcprotection of the release named in docs/fidelity.md. */
#include "models/api/pod.h"
#include "models/api/storage.h"
#include "models/controllers/controller.h"

/* A pod that has no node has not seen the claim, and no kubelet will start one whose claim is on
 * its way out. */
static bool uses(const struct pod *pod, const struct text *claim)
{
    if (pod->node_name == NULL)
        return false;
    for (size_t i = 0; i < pod->spec->volume_count; i++)
        if (pod->spec->volumes[i].type == POD_VOLUME_CLAIM && pod->spec->volumes[i].id == claim)
            return true;
    return false;
}

static bool is_used(const struct client *client, struct object_key claim)
{
    struct cache_cursor pods = client_list_namespace(client, KIND_POD, claim.space);
    while (cache_next(&pods))
        if (uses(pod_of(pods.object), claim.name))
            return true;
    return false;
}

static bool drop_finalizer(struct object *object, void *context)
{
    (void)context;
    return meta_drop_finalizer((struct meta *)object, CLAIM_PROTECTION);
}

static enum outcome pvc_protection_reconcile(struct client *client, struct object_key key)
{
    const struct object *claim =
        client_get(client, KIND_PERSISTENTVOLUMECLAIM, key.space, key.name);
    if (claim == NULL || !meta_of(claim)->deleting ||
        !finalizers_have(meta_of(claim)->finalizers, CLAIM_PROTECTION) || is_used(client, key))
        return RECONCILED;
    const enum reply reply = client_patch(client, key, drop_finalizer, NULL, NULL);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND ? RECONCILED : RETRY;
}

/* Only a pod that ends or goes frees its claims. */
static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (event->type != WATCH_DELETED && !pod_is_terminal(pod) && pod->node_name != NULL)
        return;
    for (size_t i = 0; i < pod->spec->volume_count; i++)
        if (pod->spec->volumes[i].type == POD_VOLUME_CLAIM)
            controller_wake(controller,
                            (struct object_key){ KIND_PERSISTENTVOLUMECLAIM, pod->meta.object.space,
                                                 pod->spec->volumes[i].id },
                            event->cause);
}

static void wake_claim(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED && meta_of(event->object)->deleting)
        wake_self(controller, event);
}

const struct controller pvc_protection_controller = {
    .name = "persistentvolumeclaim-protection-controller",
    .reconciles = KIND_PERSISTENTVOLUMECLAIM,
    .wakes_on = { { KIND_PERSISTENTVOLUMECLAIM, wake_claim }, { KIND_POD, wake_pod } },
    .reconcile = pvc_protection_reconcile,
};
