/* external-provisioner: has CSI drivers make the volumes that the PV controller asks for, and delete
 * those that are given up.
 *
 * Follows sig-storage-lib-external-provisioner, controller/controller.go, and external-provisioner,
 * pkg/controller/controller.go (Delete). One controller stands for the provisioners of all drivers, each
 * of which sends Events in its own name. It is no part of kube-controller-manager. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/claim_binding.h"
#include "models/controllers/csi_calls.h"
#include "models/controllers/volume_topology.h"
#include "sim/base/memory.h"

struct provisioner {
    const struct settings *settings;
    struct csi_calls calls;
    struct table attached; /* volumes that VolumeAttachments name */
    struct attached_volume *first;
};

/* A volume, and how often it is attached. */
struct attached_volume {
    struct table_node by_name;
    struct attached_volume *previous, *next;
    const struct text *name, *node; /* held; the node of the latest attachment */
    size_t count;
};

static void provisioner_init(void *state, struct cluster *cluster)
{
    struct provisioner *provisioner = state;
    provisioner->settings = &cluster->settings;
    csi_calls_init(&provisioner->calls);
    table_init(&provisioner->attached);
}

/* --- attachments ----------------------------------------------------------------------------- */

static struct attached_volume *find_attached(const struct provisioner *provisioner,
                                             const struct text *name)
{
    struct table_node *node = table_first(&provisioner->attached, name->hash);
    for (; node != NULL; node = table_again(node)) {
        struct attached_volume *found = (struct attached_volume *)node; /* its first member */
        if (found->name == name)
            return found;
    }
    return NULL;
}

static void add_attached(struct provisioner *provisioner, const struct volume_attachment *of)
{
    struct attached_volume *volume = find_attached(provisioner, of->volume_name);
    if (volume == NULL) {
        volume = mem_new(sizeof *volume);
        volume->name = text_hold(of->volume_name);
        volume->next = provisioner->first;
        if (provisioner->first != NULL)
            provisioner->first->previous = volume;
        provisioner->first = volume;
        table_add(&provisioner->attached, &volume->by_name, volume->name->hash);
    }
    text_assign(&volume->node, text_hold(of->node_name));
    volume->count++;
}

static void drop_attached(struct provisioner *provisioner, struct attached_volume *volume)
{
    if (volume->previous != NULL)
        volume->previous->next = volume->next;
    else
        provisioner->first = volume->next;
    if (volume->next != NULL)
        volume->next->previous = volume->previous;
    table_remove(&provisioner->attached, &volume->by_name);
    text_drop(volume->name);
    text_drop(volume->node);
    free(volume);
}

static void provisioner_close(void *state)
{
    struct provisioner *provisioner = state;
    while (provisioner->first != NULL)
        drop_attached(provisioner, provisioner->first);
    table_close(&provisioner->attached);
    csi_calls_close(&provisioner->calls);
}

/* --- making volumes ---------------------------------------------------------------------------- */

/* Speak in the name of a driver's own provisioner. */
#define SAY(client, driver, about, warning, reason, ...)                                           \
    do {                                                                                           \
        const char *const own = (client)->name;                                                    \
        (client)->name = (driver);                                                                 \
        client_event((client), (about), (warning), (reason), __VA_ARGS__);                         \
        (client)->name = own;                                                                      \
    } while (0)

/* Was it asked to make a volume for this claim, and may it? */
static bool is_to_provision(const struct client *client,
                            const struct persistent_volume_claim *claim)
{
    if (claim == NULL || claim->meta.deleting || claim->volume_name != NULL ||
        claim_provisioner(claim) == NULL)
        return false;
    const struct storage_class *class = claim_class(client->cache, claim);
    return class == NULL || !class->waits_for_consumer || claim_selected_node(claim) != NULL;
}

static bool unselect_node(struct object *object, void *context)
{
    claim_select_node((struct persistent_volume_claim *)object, context, NULL);
    return true;
}

/* The selected node is gone: the scheduler has to choose anew. */
static enum outcome reschedule(struct client *client, const struct persistent_volume_claim *claim)
{
    struct provisioner *provisioner = controller_state(client);
    SAY(client, claim_provisioner(claim), &claim->meta.object, true, "ProvisioningFailed",
        "failed to get target node: node \"%s\" not found", claim_selected_node(claim));
    csi_calls_forget(&provisioner->calls, object_key(&claim->meta.object));
    return reply_settles(client_patch(client, object_key(&claim->meta.object), unselect_node,
                                      client->cluster->run->texts, NULL))
               ? RECONCILED
               : RETRY;
}

static const char *class_name_of(const struct persistent_volume_claim *claim)
{
    return text_s(claim->class_name);
}

static enum outcome make_volume(struct client *client, const struct persistent_volume_claim *claim,
                                const struct object *node)
{
    const struct storage_class *class = claim_class(client->cache, claim);
    char uid[UID_TEXT], name[UID_TEXT + 4];
    struct value *topology = volume_topology(client, claim, class, node);
    snprintf(name, sizeof name, "pvc-%s", uid_print(claim->meta.uid, uid));
    struct object *volume =
        persistent_volume_provision(&client->cluster->codec, name, claim, class, topology);
    value_drop(topology);
    const enum reply reply = client_create(client, volume, NULL, NULL);
    if (reply != REPLY_CREATED && reply != REPLY_ALREADY_EXISTS)
        return RETRY;
    SAY(client, claim_provisioner(claim), &claim->meta.object, false, "ProvisioningSucceeded",
        "Successfully provisioned volume %s", name);
    return RECONCILED;
}

static const struct object *selected_node(const struct client *client,
                                          const struct persistent_volume_claim *claim)
{
    const char *name = claim_selected_node(claim);
    const struct text *node = name != NULL ? text_find(client->cluster->run->texts, name) : NULL;
    return node != NULL ? client_get(client, KIND_NODE, NULL, node) : NULL;
}

static enum outcome provision(struct client *client, const struct persistent_volume_claim *claim)
{
    struct provisioner *provisioner = controller_state(client);
    const struct object *object = &claim->meta.object, *node = selected_node(client, claim);
    const struct csi_method create = { "volume-provision", provisioner->settings->volume_provision,
                                       provisioner->settings->volume_provision_failures };
    if (claim_selected_node(claim) != NULL && node == NULL)
        return reschedule(client, claim);
    switch (csi_calls_go_on(&provisioner->calls, client, object_key(object), claim->meta.uid,
                            &create)) {
    case CSI_BEGUN:
        SAY(client, claim_provisioner(claim), object, false, "Provisioning",
            "External provisioner is provisioning volume for claim \"%s/%s\"", namespace_of(claim),
            name_of(claim));
        return RECONCILED;
    case CSI_FAILED:
        SAY(client, claim_provisioner(claim), object, true, "ProvisioningFailed",
            "failed to provision volume with StorageClass \"%s\": rpc error: code = Internal desc "
            "= the driver could not create the volume",
            class_name_of(claim));
        return RECONCILED;
    case CSI_DONE:
        return make_volume(client, claim, node);
    case CSI_WAITS:
        break;
    }
    return RECONCILED;
}

static enum outcome reconcile_claim(struct client *client, struct object_key key)
{
    struct provisioner *provisioner = controller_state(client);
    const struct persistent_volume_claim *claim =
        claim_of(client_get(client, KIND_PERSISTENTVOLUMECLAIM, key.space, key.name));
    if (is_to_provision(client, claim))
        return provision(client, claim);
    csi_calls_forget(&provisioner->calls, key);
    return RECONCILED;
}

/* --- deleting volumes ---------------------------------------------------------------------------- */

static const char *made_by(const struct persistent_volume *volume)
{
    return labels_get(volume->meta.annotations, "pv.kubernetes.io/provisioned-by");
}

static bool drop_finalizer(struct object *object, void *context)
{
    (void)context;
    return meta_drop_finalizer((struct meta *)object, PROVISIONER_FINALIZER);
}

static enum outcome remove_volume(struct client *client, const struct persistent_volume *volume)
{
    const struct object_key key = object_key(&volume->meta.object);
    const struct uid uid = volume->meta.uid;
    struct delete_options options = delete_options_default();
    options.uid = &uid;
    if (!volume->meta.deleting && !reply_settles(client_delete(client, key, options, NULL)))
        return RETRY;
    return reply_settles(client_patch(client, key, drop_finalizer, NULL, NULL)) ? RECONCILED
                                                                                : RETRY;
}

static enum outcome delete_volume(struct client *client, const struct persistent_volume *volume)
{
    struct provisioner *provisioner = controller_state(client);
    const struct object_key key = object_key(&volume->meta.object);
    const struct csi_method delete = { "volume-delete", provisioner->settings->volume_delete, 0 };
    const struct attached_volume *attached = find_attached(provisioner, key.name);
    if (attached != NULL) {
        if (csi_calls_refuse(&provisioner->calls, client, key, volume->meta.uid))
            SAY(client, made_by(volume), &volume->meta.object, true, "VolumeFailedDelete",
                "persistentvolume %s is still attached to node %s", text_s(key.name),
                text_s(attached->node));
        return RECONCILED;
    }
    return csi_calls_go_on(&provisioner->calls, client, key, volume->meta.uid, &delete) == CSI_DONE
               ? remove_volume(client, volume)
               : RECONCILED;
}

static enum outcome reconcile_volume(struct client *client, struct object_key key)
{
    struct provisioner *provisioner = controller_state(client);
    const struct persistent_volume *volume =
        persistent_volume_of(client_get(client, KIND_PERSISTENTVOLUME, NULL, key.name));
    const bool ours = volume != NULL && made_by(volume) != NULL && volume->csi.driver != NULL;
    if (ours && volume->phase == VOLUME_RELEASED &&
        persistent_volume_policy(volume) == RECLAIM_DELETE)
        return delete_volume(client, volume);
    csi_calls_forget(&provisioner->calls, key);
    if (ours && persistent_volume_policy(volume) != RECLAIM_DELETE &&
        finalizers_have(volume->meta.finalizers, PROVISIONER_FINALIZER) &&
        !reply_settles(client_patch(client, key, drop_finalizer, NULL, NULL)))
        return RETRY;
    return RECONCILED;
}

static enum outcome provisioner_reconcile(struct client *client, struct object_key key)
{
    return key.kind == KIND_PERSISTENTVOLUME ? reconcile_volume(client, key)
                                             : reconcile_claim(client, key);
}

/* --- waking ---------------------------------------------------------------------------------------- */

static void wake_claim(struct controller_run *controller, const struct watch_event *event)
{
    const struct persistent_volume_claim *claim = claim_of(event->object);
    if (event->type != WATCH_DELETED && claim->volume_name == NULL &&
        claim_provisioner(claim) != NULL)
        wake_self(controller, event);
}

static void wake_volume(struct controller_run *controller, const struct watch_event *event)
{
    const struct persistent_volume *volume = persistent_volume_of(event->object);
    if (event->type != WATCH_DELETED && made_by(volume) != NULL &&
        (volume->phase == VOLUME_RELEASED || volume->meta.deleting))
        wake_self(controller, event);
}

static void wake_attachment(struct controller_run *controller, const struct watch_event *event)
{
    struct provisioner *provisioner = controller_run_state(controller);
    const struct volume_attachment *attachment = volume_attachment_of(event->object);
    if (attachment->volume_name == NULL)
        return;
    if (event->type == WATCH_ADDED)
        add_attached(provisioner, attachment);
    struct attached_volume *known = find_attached(provisioner, attachment->volume_name);
    if (event->type == WATCH_DELETED && known != NULL && --known->count == 0)
        drop_attached(provisioner, known);
}

static int worker_threads(const struct settings *settings)
{
    (void)settings;
    return 100; /* --worker-threads */
}

const struct controller csi_provisioner_controller = {
    .name = "csi-provisioner",
    .reconciles = KIND_OTHER,
    .wakes_on = { { KIND_PERSISTENTVOLUMECLAIM, wake_claim },
                  { KIND_PERSISTENTVOLUME, wake_volume },
                  { KIND_VOLUMEATTACHMENT, wake_attachment } },
    .reconcile = provisioner_reconcile,
    .workers = worker_threads,
    .qps = 5,
    .burst = 10,
    .state_size = sizeof(struct provisioner),
    .init = provisioner_init,
    .close = provisioner_close,
};
