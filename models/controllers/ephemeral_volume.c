/* Make the claims of generic ephemeral volumes: one for each pod and volume, owned by the pod.
 *
 * Follows pkg/controller/volume/ephemeral of the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod.h"
#include "models/api/storage.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"

/* The template of the volume of this name in the pod's document. */
static const struct value *claim_template(const struct pod *pod, const struct pod_volume *volume)
{
    const struct value *list = value_get(pod->spec->document, "volumes");
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "name"), ""), text_s(volume->name)) == 0)
            return value_path(list->items[i], "ephemeral", "volumeClaimTemplate", NULL);
    return NULL;
}

static struct value *claim_document(const struct pod *pod, const struct value *template,
                                    const char *name)
{
    struct value *tree = value_new_map();
    const struct value *meta = value_get(template, "metadata");
    value_set(tree, "apiVersion", value_new_string("v1"));
    value_set(tree, "kind", value_new_string("PersistentVolumeClaim"));
    if (meta != NULL)
        value_set(tree, "metadata", value_hold(meta));
    value_put(&tree, value_new_string(name), "metadata", "name", NULL);
    value_put(&tree, value_new_string(namespace_of(pod)), "metadata", "namespace", NULL);
    value_set(tree, "spec", value_hold(value_get(template, "spec")));
    value_put(&tree, value_new_string("Pending"), "status", "phase", NULL);
    return tree;
}

static enum outcome make_claim(struct client *client, const struct pod *pod,
                               const struct pod_volume *volume)
{
    const struct codec *codec = &client->cluster->codec;
    const struct value *template = claim_template(pod, volume);
    char *name = mem_format("%s-%s", name_of(pod), text_s(volume->name));
    const struct text *key = text_intern(codec->texts, name);
    enum outcome outcome = RECONCILED;
    if (template != NULL &&
        client_get(client, KIND_PERSISTENTVOLUMECLAIM, pod->meta.object.space, key) == NULL) {
        struct value *tree = claim_document(pod, template, name);
        struct object *claim = kind_infos[KIND_PERSISTENTVOLUMECLAIM].load(codec, tree);
        ((struct meta *)claim)->owners =
            owners_of_controller(codec->texts, &pod->meta, "v1", "Pod");
        if (client_create(client, claim, NULL, NULL) != REPLY_CREATED)
            outcome = RETRY;
        value_drop(tree);
    }
    text_drop(key);
    free(name);
    return outcome;
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
