/* The records of what CSI drivers say, and the plugins that have moved to them; see storage.h.
 *
 * Follows staging/src/k8s.io/csi-translation-lib of the release named in docs/fidelity.md: which
 * plugin became which driver. A disk is known by its own name, without the zone that the real
 * handle may carry. */
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/quantity.h"
#include "models/api/storage.h"
#include "sim/base/memory.h"

/* ---- plugins that have moved ---- */

static const struct migrated_plugin plugins[] = {
    { "awsElasticBlockStore", "volumeID", "kubernetes.io/aws-ebs", "ebs.csi.aws.com", true },
    { "gcePersistentDisk", "pdName", "kubernetes.io/gce-pd", "pd.csi.storage.gke.io", true },
    { "azureDisk", "diskURI", "kubernetes.io/azure-disk", "disk.csi.azure.com", true },
    { "cinder", "volumeID", "kubernetes.io/cinder", "cinder.csi.openstack.org", true },
    { "portworxVolume", "volumeID", "kubernetes.io/portworx-volume", "pxd.portworx.com", true },
    { "azureFile", "shareName", "kubernetes.io/azure-file", "file.csi.azure.com", false },
    { "vsphereVolume", "volumePath", "kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com",
      false },
};

const struct migrated_plugin *migrated_plugin_of_source(const char *source)
{
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
        if (strcmp(plugins[i].source, source) == 0)
            return &plugins[i];
    return NULL;
}

const struct migrated_plugin *migrated_plugin_named(const char *name)
{
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
        if (strcmp(plugins[i].name, name) == 0)
            return &plugins[i];
    return NULL;
}

/* "aws://us-east-1a/vol-1" names the volume vol-1. */
static const char *disk_name(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash != NULL && strncmp(id, "aws://", 6) == 0 ? slash + 1 : id;
}

struct csi_volume csi_volume_load(struct texts *texts, const struct value *volume)
{
    const struct value *csi = value_get(volume, "csi");
    if (!value_is_null(csi))
        return (struct csi_volume){
            .driver = text_intern(texts, value_text(value_get(csi, "driver"), "")),
            .handle = text_intern(texts, value_text(value_get(csi, "volumeHandle"), "")),
        };
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++) {
        const struct value *source = value_get(volume, plugins[i].source);
        if (value_is_null(source) || !plugins[i].counts)
            continue;
        const char *id = value_text(value_get(source, plugins[i].id), "");
        return (struct csi_volume){ .driver = text_intern(texts, plugins[i].driver),
                                    .handle = text_intern(texts, disk_name(id)),
                                    .in_tree = text_intern(texts, plugins[i].name) };
    }
    return (struct csi_volume){ 0 };
}

const struct text *csi_volume_unique_name(struct texts *texts, const struct csi_volume *csi)
{
    return csi->driver != NULL
               ? text_format(texts, "kubernetes.io/csi/%s^%s", csi->driver->s, text_s(csi->handle))
               : NULL;
}

/* ---- CSIDrivers ---- */

static void csi_driver_hold(struct object *copy)
{
    meta_hold((struct meta *)copy);
}

static void csi_driver_close(struct object *object)
{
    meta_close((struct meta *)object);
}

const struct object_kind csi_driver_kind = {
    .name = "csidriver",
    .size = sizeof(struct csi_driver),
    .hold = csi_driver_hold,
    .close = csi_driver_close,
};

struct object *csi_driver_load(const struct codec *codec, const struct value *tree)
{
    struct csi_driver *driver = (struct csi_driver *)record_new(codec, KIND_CSIDRIVER, tree);
    driver->storage_capacity =
        value_truth(value_path(tree, "spec", "storageCapacity", NULL), false);
    driver->attach_required = value_truth(value_path(tree, "spec", "attachRequired", NULL), true);
    return &driver->meta.object;
}

struct value *csi_driver_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

/* ---- CSINodes ---- */

static void drivers_drop(struct csi_node_drivers *drivers)
{
    if (drivers == NULL || --drivers->refs > 0)
        return;
    for (uint32_t i = 0; i < drivers->count; i++) {
        text_drop(drivers->items[i].name);
        value_drop((struct value *)drivers->items[i].topology_keys);
    }
    free(drivers);
}

static void csi_node_hold(struct object *copy)
{
    struct csi_node *node = (struct csi_node *)copy;
    meta_hold(&node->meta);
    if (node->drivers != NULL)
        node->drivers->refs++;
}

static void csi_node_close(struct object *object)
{
    struct csi_node *node = (struct csi_node *)object;
    meta_close(&node->meta);
    drivers_drop(node->drivers);
}

const struct object_kind csi_node_kind = {
    .name = "csinode",
    .size = sizeof(struct csi_node),
    .hold = csi_node_hold,
    .close = csi_node_close,
};

static struct csi_node_drivers *load_drivers(const struct codec *codec, const struct value *list)
{
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return NULL;
    struct csi_node_drivers *drivers =
        mem_new(sizeof *drivers + list->count * sizeof drivers->items[0]);
    drivers->refs = 1;
    drivers->count = (uint32_t)list->count;
    for (size_t i = 0; i < list->count; i++) {
        const struct value *keys = value_get(list->items[i], "topologyKeys");
        drivers->items[i] = (struct csi_node_driver){
            .name = intern_value(codec, value_get(list->items[i], "name")),
            .limit = value_int(value_path(list->items[i], "allocatable", "count", NULL), -1),
            .topology_keys = keys != NULL && keys->count > 0 ? value_hold(keys) : NULL,
        };
    }
    return drivers;
}

struct object *csi_node_load(const struct codec *codec, const struct value *tree)
{
    struct csi_node *node = (struct csi_node *)record_new(codec, KIND_CSINODE, tree);
    node->drivers = load_drivers(codec, value_path(tree, "spec", "drivers", NULL));
    return &node->meta.object;
}

struct value *csi_node_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

const struct value *csi_node_topology_keys(const struct csi_node *node, const struct text *driver)
{
    for (uint32_t i = 0; node != NULL && node->drivers != NULL && i < node->drivers->count; i++)
        if (node->drivers->items[i].name == driver)
            return node->drivers->items[i].topology_keys;
    return NULL;
}

const char *csi_node_migrated(const struct csi_node *node)
{
    const char *plugins_moved =
        labels_get(node->meta.annotations, "storage.alpha.kubernetes.io/migrated-plugins");
    return plugins_moved != NULL ? plugins_moved : "";
}

bool csi_node_has_migrated(const struct csi_node *node, const char *in_tree)
{
    const char *rest = node != NULL ? csi_node_migrated(node) : "";
    const size_t length = strlen(in_tree);
    while (*rest != '\0') {
        const size_t next = strcspn(rest, ",");
        if (next == length && strncmp(rest, in_tree, length) == 0)
            return true;
        rest += next + (rest[next] == ',');
    }
    return false;
}

/* ---- CSIStorageCapacities ---- */

static void csi_storage_capacity_hold(struct object *copy)
{
    struct csi_storage_capacity *capacity = (struct csi_storage_capacity *)copy;
    meta_hold(&capacity->meta);
    text_hold(capacity->class_name);
    selector_hold(capacity->nodes);
}

static void csi_storage_capacity_close(struct object *object)
{
    struct csi_storage_capacity *capacity = (struct csi_storage_capacity *)object;
    meta_close(&capacity->meta);
    text_drop(capacity->class_name);
    selector_drop(capacity->nodes);
}

const struct object_kind csi_storage_capacity_kind = {
    .name = "csistoragecapacity",
    .size = sizeof(struct csi_storage_capacity),
    .hold = csi_storage_capacity_hold,
    .close = csi_storage_capacity_close,
};

struct object *csi_storage_capacity_load(const struct codec *codec, const struct value *tree)
{
    struct csi_storage_capacity *capacity =
        (struct csi_storage_capacity *)record_new(codec, KIND_CSISTORAGECAPACITY, tree);
    const struct value *limit = value_get(tree, "maximumVolumeSize"); /* the more precise one */
    const struct value *topology = value_get(tree, "nodeTopology");
    struct quantity quantity;
    struct error error = { 0 };
    if (value_is_null(limit))
        limit = value_get(tree, "capacity");
    capacity->limit_bytes = !value_is_null(limit) && quantity_load(limit, &quantity, &error)
                                ? quantity_value(quantity)
                                : -1;
    capacity->class_name = intern_value(codec, value_get(tree, "storageClassName"));
    if (!value_is_null(topology))
        capacity->nodes = selector_load(codec->texts, topology, &error);
    error_close(&error);
    return &capacity->meta.object;
}

struct value *csi_storage_capacity_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}
