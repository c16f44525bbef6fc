/* Bind claims to volumes, and have volumes made for claims.
 *
 * Follows pkg/controller/volume/persistentvolume of the release named in docs/fidelity.md; claim_binding.h
 * has the rules. It looks again when something changes, not every 15 s. */
#include <string.h>

#include "models/cluster/claim_binding.h"
#include "models/controllers/controller.h"

static const struct persistent_volume *find_volume(const struct client *client,
                                                   const struct text *name)
{
    return name == NULL
               ? NULL
               : persistent_volume_of(client_get(client, KIND_PERSISTENTVOLUME, NULL, name));
}

static enum outcome settled(enum reply reply)
{
    return reply_settles(reply) ? RECONCILED : RETRY;
}

/* --- binding --------------------------------------------------------------------------------- */

/* A claim that names no class is of the default one, also if that comes later. */
static bool take_default_class(struct client *client, const struct persistent_volume_claim *claim)
{
    const struct storage_class *class = claim_default_class(client->cache, claim);
    if (class == NULL)
        return false;
    struct object *edit = client_edit(&claim->meta.object);
    claim_set_class((struct persistent_volume_claim *)edit, &class->meta);
    client_update(client, edit, NULL);
    return true;
}

static bool set_volume_claim(struct object *object, void *context)
{
    const struct persistent_volume_claim *claim = context;
    struct persistent_volume *volume = (struct persistent_volume *)object;
    if (volume->claimed && !persistent_volume_is_for(volume, claim))
        return false;
    persistent_volume_set_claim(volume, object->name->home, claim);
    persistent_volume_set_phase(volume, VOLUME_BOUND);
    return true;
}

static bool set_claim_volume(struct object *object, void *context)
{
    claim_set_volume((struct persistent_volume_claim *)object, object->name->home, context);
    return true;
}

/* First the volume, then the claim: whoever sees the claim bound finds the volume bound. */
static enum outcome bind(struct client *client, const struct persistent_volume *volume,
                         const struct persistent_volume_claim *claim)
{
    const struct object_key of_volume = object_key(&volume->meta.object);
    client_patch(client, of_volume, set_volume_claim, (void *)claim, NULL);
    const struct object *bound = client_read(client, of_volume);
    if (bound == NULL || !persistent_volume_is_for(persistent_volume_of(bound), claim))
        return RETRY;
    return settled(client_patch(client, object_key(&claim->meta.object), set_claim_volume,
                                (void *)bound, NULL));
}

/* --- claims ------------------------------------------------------------------------------------ */

static bool set_provisioner(struct object *object, void *context)
{
    const struct storage_class *class = context;
    struct persistent_volume_claim *claim = (struct persistent_volume_claim *)object;
    const char *provisioner = storage_class_provisioner(class), *asked = claim_provisioner(claim);
    if (asked != NULL && strcmp(asked, provisioner) == 0)
        return false;
    claim_set_provisioner(claim, object->name->home, provisioner);
    return true;
}

/* Ask the class's provisioner; provisionClaimOperationExternal. */
static enum outcome ask_provisioner(struct client *client,
                                    const struct persistent_volume_claim *claim)
{
    const struct storage_class *class = claim_class(client->cache, claim);
    const char *provisioner = storage_class_provisioner(class), *asked = claim_provisioner(claim);
    if ((asked == NULL || strcmp(asked, provisioner) != 0) &&
        !reply_settles(client_patch(client, object_key(&claim->meta.object), set_provisioner,
                                    (void *)class, NULL)))
        return RETRY;
    client_event(
        client, &claim->meta.object, false, "ExternalProvisioning",
        "Waiting for a volume to be created either by the external provisioner '%s' or "
        "manually by the system administrator. If volume creation is delayed, please verify "
        "that the provisioner is running and correctly registered.",
        provisioner);
    return RECONCILED;
}

/* It names no volume yet. */
static enum outcome find_for(struct client *client, const struct persistent_volume_claim *claim)
{
    const struct persistent_volume *volume;
    const struct object *object = &claim->meta.object;
    switch (claim_decide(client->cache, claim, &volume)) {
    case CLAIM_GETS_VOLUME:
        return bind(client, volume, claim);
    case CLAIM_IS_PROVISIONED:
        return ask_provisioner(client, claim);
    case CLAIM_WAITS_FOR_POD:
        client_event(client, object, false, "WaitForFirstConsumer",
                     "waiting for first consumer to be created before binding");
        return RECONCILED;
    case CLAIM_HAS_NO_PLUGIN:
        client_event(client, object, true, "ProvisioningFailed",
                     "no volume plugin matched name: %s",
                     claim_class(client->cache, claim)->provisioner->s);
        return RECONCILED;
    case CLAIM_FINDS_NOTHING:
        break;
    }
    client_event(client, object, false, "FailedBinding",
                 "no persistent volumes available for this claim and no storage class is set");
    return RECONCILED;
}

/* Why a volume that was asked for by name will not do; checkVolumeSatisfyClaim. */
static const char *mismatch(const struct persistent_volume *volume,
                            const struct persistent_volume_claim *claim)
{
    if (volume->capacity_bytes < claim->request_bytes)
        return "requested PV is too small";
    if (volume->class_name != claim->class_name)
        return "storageClassName does not match";
    if (volume->block != claim->block)
        return "incompatible volumeMode";
    return (claim->access_modes & ~volume->access_modes) != 0 ? "incompatible accessMode" : NULL;
}

/* It asks for a volume by name. */
static enum outcome take_named(struct client *client, const struct persistent_volume_claim *claim)
{
    const struct persistent_volume *volume = find_volume(client, claim->volume_name);
    if (volume == NULL)
        return RECONCILED; /* it waits for that volume */
    const char *why = mismatch(volume, claim), *name = name_of(volume);
    if (volume->claimed && !persistent_volume_is_for(volume, claim))
        client_event(client, &claim->meta.object, true, "FailedBinding",
                     "volume \"%s\" already bound to a different claim.", name);
    else if (!volume->claimed && why != NULL)
        client_event(client, &claim->meta.object, true, "VolumeMismatch",
                     "Cannot bind to requested volume \"%s\": %s", name, why);
    else
        return bind(client, volume, claim);
    return RECONCILED;
}

static bool lose(struct object *object, void *context)
{
    struct persistent_volume_claim *claim = (struct persistent_volume_claim *)object;
    (void)context;
    if (claim->phase == CLAIM_LOST)
        return false;
    claim_set_phase(claim, CLAIM_LOST);
    return true;
}

/* It was bound: is its volume there and its own? syncBoundClaim. */
static enum outcome check_bound(struct client *client, const struct persistent_volume_claim *claim)
{
    const struct persistent_volume *volume = find_volume(client, claim->volume_name);
    const bool misbound =
        volume != NULL && volume->claimed && !persistent_volume_is_for(volume, claim);
    if ((volume != NULL && !misbound) || claim->phase == CLAIM_LOST)
        return RECONCILED;
    if (!reply_settles(client_patch(client, object_key(&claim->meta.object), lose, NULL, NULL)))
        return RETRY;
    client_event(client, &claim->meta.object, true, misbound ? "ClaimMisbound" : "ClaimLost", "%s",
                 misbound
                     ? "Two claims are bound to the same volume, this one is bound incorrectly"
                     : "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
    return RECONCILED;
}

static enum outcome reconcile_claim(struct client *client, struct object_key key)
{
    const struct persistent_volume_claim *claim =
        claim_of(client_get(client, KIND_PERSISTENTVOLUMECLAIM, key.space, key.name));
    if (claim == NULL || claim->meta.deleting)
        return RECONCILED;
    if (claim_is_bound(claim))
        return check_bound(client, claim);
    if (take_default_class(client, claim))
        return RECONCILED; /* the write comes back */
    return claim->volume_name == NULL ? find_for(client, claim) : take_named(client, claim);
}

/* --- volumes ----------------------------------------------------------------------------------- */

static bool set_phase(struct object *object, void *context)
{
    const enum volume_phase phase = *(const enum volume_phase *)context;
    struct persistent_volume *volume = (struct persistent_volume *)object;
    if (volume->phase == phase)
        return false;
    persistent_volume_set_phase(volume, phase);
    return true;
}

static enum outcome write_phase(struct client *client, const struct persistent_volume *volume,
                                enum volume_phase phase)
{
    return volume->phase == phase ? RECONCILED
                                  : settled(client_patch(client, object_key(&volume->meta.object),
                                                         set_phase, &phase, NULL));
}

static bool free_volume(struct object *object, void *context)
{
    struct persistent_volume *volume = (struct persistent_volume *)object;
    persistent_volume_clear_claim(volume, context);
    persistent_volume_set_phase(volume, VOLUME_AVAILABLE);
    return true;
}

/* Plugins that can wipe a volume: NFS and paths of the host. A pod does it, which takes no time here. */
static enum outcome recycle(struct client *client, const struct persistent_volume *volume)
{
    const struct value *spec = value_get(volume->meta.document, "spec");
    const struct object *object = &volume->meta.object;
    if (value_get(spec, "nfs") == NULL && value_get(spec, "hostPath") == NULL) {
        client_event(client, object, true, "VolumeFailedRecycle",
                     "No recycler plugin found for the volume!");
        return write_phase(client, volume, VOLUME_FAILED);
    }
    if (!reply_settles(client_patch(client, object_key(object), free_volume,
                                    client->cluster->run->texts, NULL)))
        return RETRY;
    client_event(client, object, false, "VolumeRecycled", "Volume recycled");
    return RECONCILED;
}

/* What was provisioned is its provisioner's to delete. Of volumes made by hand, Kubernetes can delete
 * paths of the host below /tmp only. */
static enum outcome delete_volume(struct client *client, const struct persistent_volume *volume)
{
    const struct object *object = &volume->meta.object;
    const char *path =
        value_text(value_path(volume->meta.document, "spec", "hostPath", "path", NULL), NULL);
    if (labels_get(volume->meta.annotations, "pv.kubernetes.io/provisioned-by") != NULL)
        return RECONCILED;
    if (path != NULL && strncmp(path, "/tmp/", 5) == 0 && path[5] != '\0') {
        return settled(client_delete(client, object_key(object), delete_options_default(), NULL));
    }
    if (path != NULL)
        client_event(client, object, true, "VolumeFailedDelete",
                     "host_path deleter only supports /tmp/.+ but received provided %s", path);
    else
        client_event(client, object, true, "VolumeFailedDelete",
                     "error getting deleter volume plugin for volume \"%s\": no deletable volume "
                     "plugin matched",
                     name_of(volume));
    return write_phase(client, volume, VOLUME_FAILED);
}

/* A volume whose claim is gone is given up as its policy says. */
static enum outcome give_up(struct client *client, const struct persistent_volume *volume)
{
    if (volume->phase == VOLUME_FAILED)
        return RECONCILED;
    if (write_phase(client, volume, VOLUME_RELEASED) == RETRY)
        return RETRY;
    switch (persistent_volume_policy(volume)) {
    case RECLAIM_DELETE:
        return delete_volume(client, volume);
    case RECLAIM_RECYCLE:
        return recycle(client, volume);
    case RECLAIM_RETAIN:
        break;
    }
    return RECONCILED;
}

static enum outcome reconcile_volume(struct client *client, struct object_key key)
{
    const struct persistent_volume *volume = find_volume(client, key.name);
    if (volume == NULL)
        return RECONCILED;
    if (!volume->claimed || !volume->claim_has_uid)
        return write_phase(client, volume, VOLUME_AVAILABLE);
    const struct object *claim =
        client_get(client, KIND_PERSISTENTVOLUMECLAIM, volume->claim_space, volume->claim_name);
    if (claim == NULL || !persistent_volume_is_for(volume, claim_of(claim)))
        return give_up(client, volume);
    return claim_of(claim)->volume_name == volume->meta.object.name
               ? write_phase(client, volume, VOLUME_BOUND)
               : RECONCILED;
}

static enum outcome binder_reconcile(struct client *client, struct object_key key)
{
    return key.kind == KIND_PERSISTENTVOLUME ? reconcile_volume(client, key)
                                             : reconcile_claim(client, key);
}

/* --- waking ---------------------------------------------------------------------------------------- */

static void wake_claims(struct controller_run *controller, struct cause cause)
{
    struct cache_cursor c = client_list(controller_client(controller), KIND_PERSISTENTVOLUMECLAIM);
    while (cache_next(&c))
        if (!claim_is_bound(claim_of(c.object)))
            controller_wake(controller, object_key(c.object), cause);
}

/* A claim that is deleted leaves its volume. */
static void wake_claim(struct controller_run *controller, const struct watch_event *event)
{
    const struct persistent_volume_claim *claim = claim_of(event->object);
    if (event->type != WATCH_DELETED)
        controller_wake(controller, object_key(event->object), event->cause);
    if (claim->volume_name != NULL)
        controller_wake(controller,
                        (struct object_key){ KIND_PERSISTENTVOLUME, NULL, claim->volume_name },
                        event->cause);
}

/* A volume that is there is what claims may have waited for: one of them, if it is somebody's. */
static void wake_volume(struct controller_run *controller, const struct watch_event *event)
{
    const struct persistent_volume *volume = persistent_volume_of(event->object);
    if (event->type != WATCH_DELETED)
        controller_wake(controller, object_key(event->object), event->cause);
    if (volume->claimed)
        controller_wake(controller,
                        (struct object_key){ KIND_PERSISTENTVOLUMECLAIM, volume->claim_space,
                                             volume->claim_name },
                        event->cause);
    else if (event->type != WATCH_DELETED)
        wake_claims(controller, event->cause);
}

static void wake_class(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED)
        wake_claims(controller, event->cause);
}

const struct controller persistent_volume_binder_controller = {
    .name = "persistentvolume-binder-controller",
    .source = "persistentvolume-controller",
    .reconciles = KIND_OTHER,
    .wakes_on = { { KIND_PERSISTENTVOLUMECLAIM, wake_claim },
                  { KIND_PERSISTENTVOLUME, wake_volume },
                  { KIND_STORAGECLASS, wake_class } },
    .reconcile = binder_reconcile,
};
