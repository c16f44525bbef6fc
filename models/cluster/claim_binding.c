/* Claims and what becomes of them; see claim_binding.h. */
#include "models/cluster/claim_binding.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

/* --- classes ------------------------------------------------------------------------------------ */

const struct storage_class *claim_class(const struct cache *cache,
                                        const struct persistent_volume_claim *claim)
{
    const struct object_key key = { KIND_STORAGECLASS, NULL, claim->class_name };
    return claim->class_name != NULL ? (const struct storage_class *)cache_get(cache, key) : NULL;
}

const struct storage_class *claim_default_class(const struct cache *cache,
                                                const struct persistent_volume_claim *claim)
{
    const struct storage_class *newest = NULL;
    if (claim->asks_for_class)
        return NULL;
    for (struct cache_cursor c = cache_list(cache, KIND_STORAGECLASS); cache_next(&c);) {
        const struct storage_class *class = (const struct storage_class *)c.object;
        if (storage_class_is_default(class) &&
            (newest == NULL || class->meta.created > newest->meta.created))
            newest = class;
    }
    return newest;
}

/* --- volumes -------------------------------------------------------------------------------------- */

static const struct persistent_volume *find_volume(const struct cache *cache,
                                                   const struct persistent_volume_claim *claim,
                                                   bool waits)
{
    const struct persistent_volume *best = NULL;
    for (struct cache_cursor c = cache_list(cache, KIND_PERSISTENTVOLUME); cache_next(&c);) {
        const struct persistent_volume *volume = persistent_volume_of(c.object);
        if (persistent_volume_is_for(volume, claim) && persistent_volume_fits(volume, claim))
            return volume;
        if (!waits && persistent_volume_is_free_for(volume, claim) &&
            (best == NULL || volume->capacity_bytes < best->capacity_bytes))
            best = volume;
    }
    return best;
}

/* The class "" asks for a volume that somebody makes by hand. Of Kubernetes' own plugins those that have
 * moved to CSI drivers are provisioned by these; no other makes volumes. */
static enum claim_fate fate_without_volume(const struct persistent_volume_claim *claim,
                                           const struct storage_class *class)
{
    if (class == NULL)
        return claim->class_name != NULL || !claim->asks_for_class ? CLAIM_IS_PROVISIONED
                                                                   : CLAIM_FINDS_NOTHING;
    if (class->provisioner == NULL)
        return CLAIM_FINDS_NOTHING;
    const char *provisioner = class->provisioner->s;
    return strncmp(provisioner, "kubernetes.io/", 14) != 0 ||
                   migrated_plugin_named(provisioner) != NULL
               ? CLAIM_IS_PROVISIONED
               : CLAIM_HAS_NO_PLUGIN;
}

enum claim_fate claim_decide(const struct cache *cache, const struct persistent_volume_claim *claim,
                             const struct persistent_volume **volume)
{
    const struct storage_class *class = claim_class(cache, claim);
    const bool waits = class != NULL && class->waits_for_consumer;
    *volume = find_volume(cache, claim, waits);
    if (*volume != NULL)
        return CLAIM_GETS_VOLUME;
    if (waits && claim_selected_node(claim) == NULL)
        return CLAIM_WAITS_FOR_POD;
    return fate_without_volume(claim, class);
}

/* --- volumes of pods ------------------------------------------------------------------------------ */

const struct persistent_volume_claim *claim_of_pod_volume(const struct cache *cache,
                                                          const struct texts *texts,
                                                          const struct pod *pod,
                                                          const struct pod_volume *volume)
{
    const struct text *name = volume->id;
    if (volume->type == POD_VOLUME_EPHEMERAL) {
        char *made = mem_format("%s-%s", name_of(pod), text_s(volume->name));
        name = text_find(texts, made); /* a name that nobody holds is nobody's */
        free(made);
    }
    const struct object_key key = { KIND_PERSISTENTVOLUMECLAIM, pod->meta.object.space, name };
    return name != NULL ? claim_of(cache_get(cache, key)) : NULL;
}

bool volume_is_attached(const struct cache *cache, const struct persistent_volume *volume)
{
    const struct object_key key = { KIND_CSIDRIVER, NULL, volume->csi.driver };
    const struct object *driver = volume->csi.driver != NULL ? cache_get(cache, key) : NULL;
    return volume->csi.driver != NULL &&
           (driver == NULL || ((const struct csi_driver *)driver)->attach_required);
}

/* --- ephemeral volumes ------------------------------------------------------------------------------ */

/* The template of the volume of this name in the pod's document. */
static const struct value *claim_template(const struct pod *pod, const struct pod_volume *volume)
{
    const struct value *list = value_get(pod->spec->document, "volumes");
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "name"), ""), text_s(volume->name)) == 0)
            return value_path(list->items[i], "ephemeral", "volumeClaimTemplate", NULL);
    return NULL;
}

static struct value *claim_document(const struct pod *pod, const struct pod_volume *volume,
                                    const struct value *template)
{
    struct value *tree = value_new_map();
    const struct value *meta = value_get(template, "metadata"), *spec = value_get(template, "spec");
    char *name = mem_format("%s-%s", name_of(pod), text_s(volume->name));
    value_set(tree, "apiVersion", value_new_string("v1"));
    value_set(tree, "kind", value_new_string("PersistentVolumeClaim"));
    if (meta != NULL)
        value_set(tree, "metadata", value_hold(meta));
    value_put(&tree, value_new_string(name), "metadata", "name", NULL);
    value_put(&tree, value_new_string(namespace_of(pod)), "metadata", "namespace", NULL);
    if (spec != NULL)
        value_set(tree, "spec", value_hold(spec));
    value_put(&tree, value_new_string("Pending"), "status", "phase", NULL);
    free(name);
    return tree;
}

struct object *claim_for_ephemeral(const struct codec *codec, const struct pod *pod,
                                   const struct pod_volume *volume)
{
    const struct value *template = claim_template(pod, volume);
    if (value_is_null(template))
        return NULL;
    struct value *tree = claim_document(pod, volume, template);
    struct object *claim = kind_infos[KIND_PERSISTENTVOLUMECLAIM].load(codec, tree);
    ((struct meta *)claim)->owners = owners_of_controller(codec->texts, &pod->meta, "v1", "Pod");
    value_drop(tree);
    return claim;
}
