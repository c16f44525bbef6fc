/* Keep a volume that is bound, however it is deleted: its finalizer goes when it is not bound any more.
 *
 * Follows pkg/controller/volume/pvprotection of the release named in docs/fidelity.md. */
#include "models/api/storage.h"
#include "models/controllers/controller.h"

static bool may_go(const struct object *object)
{
    return meta_of(object)->deleting &&
           finalizers_have(meta_of(object)->finalizers, VOLUME_PROTECTION) &&
           persistent_volume_of(object)->phase != VOLUME_BOUND;
}

static bool drop_finalizer(struct object *object, void *context)
{
    (void)context;
    return may_go(object) && meta_drop_finalizer((struct meta *)object, VOLUME_PROTECTION);
}

static enum outcome pv_protection_reconcile(struct client *client, struct object_key key)
{
    const struct object *volume = client_get(client, KIND_PERSISTENTVOLUME, NULL, key.name);
    if (volume == NULL || !may_go(volume))
        return RECONCILED;
    const enum reply reply = client_patch(client, key, drop_finalizer, NULL, NULL);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND ? RECONCILED : RETRY;
}

static void wake_volume(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED && may_go(event->object))
        wake_self(controller, event);
}

const struct controller pv_protection_controller = {
    .name = "persistentvolume-protection-controller",
    .reconciles = KIND_PERSISTENTVOLUME,
    .wakes_on = { { KIND_PERSISTENTVOLUME, wake_volume } },
    .reconcile = pv_protection_reconcile,
};
