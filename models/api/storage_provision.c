/* Volumes that a provisioner makes for claims.
 *
 * Follows what external-provisioner writes: sig-storage-lib-external-provisioner. A volume of a
 * node in a zone belongs to that zone. */
#include <string.h>

#include "models/api/kinds.h"
#include "models/api/storage.h"

static struct value *zone_affinity(const char *zone)
{
    struct value *expression = value_new_map(), *term = value_new_map(), *required = NULL;
    struct value *values = value_new_list(), *expressions = value_new_list();
    struct value *terms = value_new_list();
    value_add(values, value_new_string(zone));
    value_set(expression, "key", value_new_string("topology.kubernetes.io/zone"));
    value_set(expression, "operator", value_new_string("In"));
    value_set(expression, "values", values);
    value_add(expressions, expression);
    value_set(term, "matchExpressions", expressions);
    value_add(terms, term);
    required = value_new_map();
    value_set(required, "nodeSelectorTerms", terms);
    return required;
}

static void copy_member(struct value *into, const char *key, const struct value *from)
{
    if (from != NULL)
        value_set(into, key, value_hold(from));
}

/* A class that nobody wrote has a provisioner that nobody named. */
static const char *provisioner_of(const struct storage_class *class)
{
    return class != NULL && class->provisioner != NULL ? class->provisioner->s
                                                       : "provisioner.seatrial.dev";
}

static struct value *provisioned_spec(const char *name, const struct persistent_volume_claim *claim,
                                      const struct storage_class *class, const char *zone)
{
    const struct value *asked = value_get(claim->meta.document, "spec");
    const struct value *reclaim =
        class != NULL ? value_get(class->meta.document, "reclaimPolicy") : NULL;
    struct value *spec = value_new_map();
    copy_member(spec, "capacity", value_path(asked, "resources", "requests", NULL));
    copy_member(spec, "accessModes", value_get(asked, "accessModes"));
    copy_member(spec, "volumeMode", value_get(asked, "volumeMode"));
    if (reclaim != NULL)
        value_set(spec, "persistentVolumeReclaimPolicy", value_hold(reclaim));
    else
        value_set(spec, "persistentVolumeReclaimPolicy", value_new_string("Delete"));
    if (claim->class_name != NULL)
        value_set(spec, "storageClassName", value_new_string(claim->class_name->s));
    value_put(&spec, value_new_string(provisioner_of(class)), "csi", "driver", NULL);
    value_put(&spec, value_new_string(name), "csi", "volumeHandle", NULL);
    if (zone != NULL)
        value_put(&spec, zone_affinity(zone), "nodeAffinity", "required", NULL);
    return spec;
}

struct object *persistent_volume_provision(const struct codec *codec, const char *name,
                                           const struct persistent_volume_claim *claim,
                                           const struct storage_class *class, const char *zone)
{
    struct value *tree = value_new_map();
    value_set(tree, "apiVersion", value_new_string("v1"));
    value_set(tree, "kind", value_new_string("PersistentVolume"));
    value_put(&tree, value_new_string(name), "metadata", "name", NULL);
    value_put(&tree, value_new_string(provisioner_of(class)), "metadata", "annotations",
              "pv.kubernetes.io/provisioned-by", NULL);
    value_set(tree, "spec", provisioned_spec(name, claim, class, zone));
    struct object *object = kind_infos[KIND_PERSISTENTVOLUME].load(codec, tree);
    struct persistent_volume *volume = (struct persistent_volume *)object;
    persistent_volume_set_claim(volume, codec->texts, claim);
    persistent_volume_set_phase(volume, VOLUME_BOUND);
    value_drop(tree);
    return object;
}
