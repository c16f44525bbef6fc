/* Bind claims to volumes, and have volumes made for claims.
 *
 * Follows pkg/controller/volume/persistentvolume of the release named in docs/fidelity.md as far as
 * pods need it to be scheduled; claim_binding.h has the rules. Provisioners are part of it: every class
 * has one that works, and its volumes take no time but that of the API calls. */
#include <stdio.h>
#include <string.h>

#include "models/api/node.h"
#include "models/cluster/claim_binding.h"
#include "models/controllers/controller.h"

static const struct persistent_volume *find_volume(const struct client *client,
                                                   const struct text *name)
{
    return name == NULL
               ? NULL
               : persistent_volume_of(client_get(client, KIND_PERSISTENTVOLUME, NULL, name));
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
    client_patch(client, object_key(&claim->meta.object), set_claim_volume, (void *)bound, NULL);
    return RECONCILED;
}

/* The zone of the node that the scheduler has selected. */
static const char *zone_for(const struct client *client,
                            const struct persistent_volume_claim *claim)
{
    const char *name = claim_selected_node(claim);
    const struct text *node = name != NULL ? text_find(client->cluster->run->texts, name) : NULL;
    const struct object *found = node != NULL ? client_get(client, KIND_NODE, NULL, node) : NULL;
    return found != NULL ? labels_get(meta_of(found)->labels, "topology.kubernetes.io/zone") : NULL;
}

static enum outcome provision(struct client *client, const struct persistent_volume_claim *claim)
{
    char uid[UID_TEXT], name[UID_TEXT + 4];
    snprintf(name, sizeof name, "pvc-%s", uid_print(claim->meta.uid, uid));
    struct object *volume =
        persistent_volume_provision(&client->cluster->codec, name, claim,
                                    claim_class(client->cache, claim), zone_for(client, claim));
    const struct object *stored = NULL;
    if (client_create(client, volume, &stored, NULL) != REPLY_CREATED)
        return RETRY;
    return bind(client, persistent_volume_of(stored), claim);
}

/* --- reconciling ------------------------------------------------------------------------------- */

/* It names no volume yet. */
static enum outcome find_for(struct client *client, const struct persistent_volume_claim *claim)
{
    const struct persistent_volume *volume;
    switch (claim_decide(client->cache, claim, &volume)) {
    case CLAIM_GETS_VOLUME:
        return bind(client, volume, claim);
    case CLAIM_IS_PROVISIONED:
        return provision(client, claim);
    case CLAIM_WAITS_FOR_POD:
        client_event(client, &claim->meta.object, false, "WaitForFirstConsumer",
                     "waiting for first consumer to be created before binding");
        return RECONCILED;
    case CLAIM_FINDS_NOTHING:
        break;
    }
    client_event(client, &claim->meta.object, false, "FailedBinding",
                 "no persistent volumes available for this claim and no storage class is set");
    return RECONCILED;
}

static enum outcome reconcile_claim(struct client *client, struct object_key key)
{
    const struct persistent_volume_claim *claim =
        claim_of(client_get(client, KIND_PERSISTENTVOLUMECLAIM, key.space, key.name));
    if (claim == NULL || claim->meta.deleting || claim_is_bound(claim))
        return RECONCILED;
    if (take_default_class(client, claim))
        return RECONCILED; /* the write comes back */
    if (claim->volume_name == NULL)
        return find_for(client, claim);
    const struct persistent_volume *named = find_volume(client, claim->volume_name);
    if (named == NULL || (named->claimed && !persistent_volume_is_for(named, claim)))
        return RECONCILED; /* it waits for that volume */
    return bind(client, named, claim);
}

static bool set_phase(struct object *object, void *context)
{
    persistent_volume_set_phase((struct persistent_volume *)object,
                                *(const enum volume_phase *)context);
    return true;
}

/* A volume whose claim is gone is given up as its policy says. */
static void give_up(struct client *client, const struct persistent_volume *volume)
{
    const char *policy = value_text(
        value_path(volume->meta.document, "spec", "persistentVolumeReclaimPolicy", NULL), "");
    enum volume_phase released = VOLUME_RELEASED;
    if (volume->phase != VOLUME_RELEASED)
        client_patch(client, object_key(&volume->meta.object), set_phase, &released, NULL);
    if (strcmp(policy, "Delete") == 0)
        client_delete(client, object_key(&volume->meta.object), delete_options_default(), NULL);
}

static enum outcome reconcile_volume(struct client *client, struct object_key key)
{
    const struct persistent_volume *volume = find_volume(client, key.name);
    enum volume_phase available = VOLUME_AVAILABLE, bound = VOLUME_BOUND;
    if (volume == NULL || volume->meta.deleting)
        return RECONCILED;
    if (!volume->claimed || !volume->claim_has_uid) {
        if (volume->phase != VOLUME_AVAILABLE)
            client_patch(client, key, set_phase, &available, NULL);
        return RECONCILED;
    }
    const struct object *claim =
        client_get(client, KIND_PERSISTENTVOLUMECLAIM, volume->claim_space, volume->claim_name);
    if (claim == NULL || !persistent_volume_is_for(volume, claim_of(claim)))
        give_up(client, volume);
    else if (claim_of(claim)->volume_name == volume->meta.object.name &&
             volume->phase != VOLUME_BOUND)
        client_patch(client, key, set_phase, &bound, NULL);
    return RECONCILED;
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

/* A volume that is there, or bound to a claim beforehand, is what claims may have waited for. */
static void wake_volume(struct controller_run *controller, const struct watch_event *event)
{
    const struct persistent_volume *volume = persistent_volume_of(event->object);
    if (event->type == WATCH_DELETED)
        return;
    controller_wake(controller, object_key(event->object), event->cause);
    if (volume->phase != VOLUME_BOUND)
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
