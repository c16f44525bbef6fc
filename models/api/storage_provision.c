/* Volumes that a provisioner makes for claims.
 *
 * Follows what external-provisioner writes: sig-storage-lib-external-provisioner, controller.go, and
 * external-provisioner, pkg/controller/controller.go (Provision). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/api/kinds.h"
#include "models/api/storage.h"

static struct value *expression_of(const struct value_entry *label)
{
    struct value *expression = value_new_map(), *values = value_new_list();
    value_add(values, value_hold(label->value));
    value_set(expression, "key", value_new_string(label->key));
    value_set(expression, "operator", value_new_string("In"));
    value_set(expression, "values", values);
    return expression;
}

/* One term: all the labels. */
static struct value *affinity_of(const struct value *topology)
{
    struct value *term = value_new_map(), *terms = value_new_list(), *required = value_new_map();
    struct value *expressions = value_new_list();
    for (size_t i = 0; i < topology->count; i++)
        value_add(expressions, expression_of(&topology->entries[i]));
    value_set(term, "matchExpressions", expressions);
    value_add(terms, term);
    value_set(required, "nodeSelectorTerms", terms);
    return required;
}

static void copy_member(struct value *into, const char *key, const struct value *from)
{
    if (from != NULL)
        value_set(into, key, value_hold(from));
}

static struct value *reference_to(const struct persistent_volume_claim *claim)
{
    struct value *reference = value_new_map();
    char uid[UID_TEXT], version[24];
    snprintf(version, sizeof version, "%" PRIu64, claim->meta.object.version);
    value_set(reference, "kind", value_new_string("PersistentVolumeClaim"));
    value_set(reference, "apiVersion", value_new_string("v1"));
    value_set(reference, "namespace", value_new_string(namespace_of(claim)));
    value_set(reference, "name", value_new_string(name_of(claim)));
    value_set(reference, "uid", value_new_string(uid_print(claim->meta.uid, uid)));
    value_set(reference, "resourceVersion", value_new_string(version));
    return reference;
}

static struct value *provisioned_spec(const char *name, const struct persistent_volume_claim *claim,
                                      const struct storage_class *class,
                                      const struct value *topology)
{
    const struct value *asked = value_get(claim->meta.document, "spec");
    const struct value *of_class = class != NULL ? class->meta.document : NULL;
    const char *reclaim = value_text(value_get(of_class, "reclaimPolicy"), "Delete");
    struct value *spec = value_new_map();
    copy_member(spec, "capacity", value_path(asked, "resources", "requests", NULL));
    copy_member(spec, "accessModes", value_get(asked, "accessModes"));
    copy_member(spec, "volumeMode", value_get(asked, "volumeMode"));
    copy_member(spec, "mountOptions", value_get(of_class, "mountOptions"));
    value_set(spec, "persistentVolumeReclaimPolicy", value_new_string(reclaim));
    if (claim->class_name != NULL)
        value_set(spec, "storageClassName", value_new_string(claim->class_name->s));
    value_set(spec, "claimRef", reference_to(claim));
    value_put(&spec, value_new_string(storage_class_provisioner(class)), "csi", "driver", NULL);
    value_put(&spec, value_new_string(name), "csi", "volumeHandle", NULL);
    if (topology != NULL && topology->count > 0)
        value_put(&spec, affinity_of(topology), "nodeAffinity", "required", NULL);
    return spec;
}

struct value *volume_topology_of_zone(const char *zone)
{
    if (zone == NULL)
        return NULL;
    struct value *topology = value_new_map();
    value_set(topology, "topology.kubernetes.io/zone", value_new_string(zone));
    return topology;
}

struct object *persistent_volume_provision(const struct codec *codec, const char *name,
                                           const struct persistent_volume_claim *claim,
                                           const struct storage_class *class,
                                           const struct value *topology)
{
    struct value *tree = value_new_map();
    value_set(tree, "apiVersion", value_new_string("v1"));
    value_set(tree, "kind", value_new_string("PersistentVolume"));
    value_put(&tree, value_new_string(name), "metadata", "name", NULL);
    value_put(&tree, value_new_string(storage_class_provisioner(class)), "metadata", "annotations",
              "pv.kubernetes.io/provisioned-by", NULL);
    value_set(tree, "spec", provisioned_spec(name, claim, class, topology));
    struct object *object = kind_infos[KIND_PERSISTENTVOLUME].load(codec, tree);
    struct persistent_volume *volume = (struct persistent_volume *)object;
    if (persistent_volume_policy(volume) == RECLAIM_DELETE)
        volume->meta.finalizers = finalizers_with(codec->texts, NULL, PROVISIONER_FINALIZER);
    persistent_volume_set_phase(volume, VOLUME_PENDING);
    value_drop(tree);
    return object;
}
