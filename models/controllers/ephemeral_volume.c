/* Make the claims of generic ephemeral volumes: one for each pod and volume, owned by the pod.
 *
 * Follows pkg/controller/volume/ephemeral of the release named in docs/fidelity.md. */
#include "models/cluster/claim_binding.h"
#include "models/controllers/controller.h"

static enum outcome make_claim(struct client *client, const struct pod *pod,
                               const struct pod_volume *volume)
{
    struct object *claim = claim_for_ephemeral(&client->cluster->codec, pod, volume);
    if (claim == NULL)
        return RECONCILED;
    if (client_get(client, KIND_PERSISTENTVOLUMECLAIM, claim->space, claim->name) != NULL) {
        object_drop(claim);
        return RECONCILED;
    }
    return client_create(client, claim, NULL, NULL) == REPLY_CREATED ? RECONCILED : RETRY;
}

static enum outcome ephemeral_volume_reconcile(struct client *client, struct object_key key)
{
    const struct object *object = client_get(client, KIND_POD, key.space, key.name);
    enum outcome outcome = RECONCILED;
    if (object == NULL || meta_of(object)->deleting)
        return RECONCILED;
    const struct pod *pod = pod_of(object);
    for (size_t i = 0; i < pod->spec->volume_count && outcome == RECONCILED; i++)
        if (pod->spec->volumes[i].type == POD_VOLUME_EPHEMERAL)
            outcome = make_claim(client, pod, &pod->spec->volumes[i]);
    return outcome;
}

static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct pod_spec *spec = pod_of(event->object)->spec;
    for (size_t i = 0; event->type == WATCH_ADDED && i < spec->volume_count; i++)
        if (spec->volumes[i].type == POD_VOLUME_EPHEMERAL) {
            wake_self(controller, event);
            return;
        }
}

const struct controller ephemeral_volume_controller = {
    .name = "ephemeral-volume-controller",
    .source = "ephemeral_volume",
    .reconciles = KIND_POD,
    .wakes_on = { { KIND_POD, wake_pod } },
    .reconcile = ephemeral_volume_reconcile,
};
