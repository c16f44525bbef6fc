/* What each kind of volume source must say, by a table in the API server's order.
 *
 * Follows the validate...VolumeSource() functions of pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

static const char *const hostpath_types[] = {
    "",     "BlockDevice",  "CharDevice", "Directory", "DirectoryOrCreate",
    "File", "FileOrCreate", "Socket",     NULL
};
static const char *const pull_policies[] = { "Always", "IfNotPresent", "Never", NULL };

void check_file_mode(struct field_errors *errors, const struct value *map, const char *key,
                     const struct field_path *path)
{
    int64_t mode = number_at(map, key);
    if (mode < 0 || mode > 0777)
        field_invalid(errors, CHILD(path, key), value_get(map, key),
                      "must be a number between 0 and 0777 (octal), both inclusive");
}

static void check_empty_dir(struct field_errors *errors, const struct value *source,
                            const struct field_path *path)
{
    struct quantity limit;
    const struct value *size = value_get(source, "sizeLimit");
    if (size != NULL && quantity_load(size, &limit, NULL) && limit.nano < 0)
        field_forbidden(errors, CHILD(path, "sizeLimit"), size,
                        "SizeLimit field must be a valid resource quantity");
}

static void check_host_path(struct field_errors *errors, const struct value *source,
                            const struct field_path *path)
{
    check_required_text(errors, source, "path", path, NULL);
    if (*text_at(source, "path") == '\0')
        return;
    check_no_backsteps(errors, value_get(source, "path"), CHILD(path, "path"));
    check_choice(errors, source, "type", path, hostpath_types, OPTIONAL);
}

static void check_git_repo(struct field_errors *errors, const struct value *source,
                           const struct field_path *path)
{
    check_descending_path(errors, value_get(source, "directory"), text_at(source, "directory"),
                          CHILD(path, "directory"));
}

static void check_partition(struct field_errors *errors, const struct value *source,
                            const struct field_path *path)
{
    int64_t partition = number_at(source, "partition");
    if (partition < 0 || partition > 255)
        field_invalid(errors, CHILD(path, "partition"), value_get(source, "partition"),
                      "must be between 1 and 255, inclusive");
}

void check_volume_items(struct field_errors *errors, const struct value *source,
                        const struct field_path *path)
{
    const struct value *items = value_get(source, "items");
    for (size_t i = 0; i < size_of(items); i++) {
        const struct field_path *item = ITEM(CHILD(path, "items"), i);
        check_required_text(errors, items->items[i], "key", item, NULL);
        check_required_text(errors, items->items[i], "path", item, NULL);
        check_local_path(errors, value_get(items->items[i], "path"), CHILD(item, "path"));
        check_file_mode(errors, items->items[i], "mode", item);
    }
}

static void check_files(struct field_errors *errors, const struct value *source,
                        const struct field_path *path)
{
    check_file_mode(errors, source, "defaultMode", path);
    check_volume_items(errors, source, path);
}

static void check_downward_api(struct field_errors *errors, const struct value *source,
                               const struct field_path *path)
{
    const struct value *items = value_get(source, "items");
    check_file_mode(errors, source, "defaultMode", path);
    for (size_t i = 0; i < size_of(items); i++)
        check_downward_file(errors, items->items[i], path);
}

static void check_nfs(struct field_errors *errors, const struct value *source,
                      const struct field_path *path)
{
    if (*text_at(source, "path") != '/')
        field_invalid(errors, CHILD(path, "path"), value_get(source, "path"),
                      "must be an absolute path");
}

/* A qualified name of an initiator, by the scheme it begins with. */
static void check_iqn(struct field_errors *errors, const struct value *source, const char *key,
                      const struct field_path *path)
{
    static const char *const schemes[] = { "iqn", "eui", "naa" };
    for (size_t i = 0; i < 3; i++)
        if (strncmp(text_at(source, key), schemes[i], 3) == 0)
            return;
    field_invalid(errors, path, value_get(source, key),
                  "must be valid format starting with iqn, eui, or naa");
}

static void check_iscsi(struct field_errors *errors, const struct value *source,
                        const struct field_path *path)
{
    bool authenticates =
        truth_at(source, "chapAuthDiscovery") || truth_at(source, "chapAuthSession");
    if (*text_at(source, "iqn") != '\0')
        check_iqn(errors, source, "iqn", CHILD(path, "iqn"));
    check_range(errors, source, "lun", path, 0, 255);
    if (authenticates && !has(source, "secretRef"))
        field_required(errors, CHILD(path, "secretRef"), source, "%s", "");
    if (has(source, "initiatorName"))
        check_iqn(errors, source, "initiatorName", CHILD(path, "initiatorname"));
}

static void check_fibre_channel(struct field_errors *errors, const struct value *source,
                                const struct field_path *path)
{
    const struct value *targets = value_get(source, "targetWWNs");
    const struct field_path *at = CHILD(path, "targetWWNs");
    bool has_ids = size_of(value_get(source, "wwids")) > 0;
    if (size_of(targets) == 0) {
        if (!has_ids)
            field_required(errors, at, source,
                           "must specify either targetWWNs or wwids, but not both");
        return;
    }
    if (has_ids)
        field_invalid(errors, at, targets,
                      "targetWWNs and wwids can not be specified simultaneously");
    if (!has(source, "lun"))
        field_required(errors, CHILD(path, "lun"), source,
                       "lun is required if targetWWNs is specified");
    check_range(errors, source, "lun", path, 0, 255);
}

static void check_flocker(struct field_errors *errors, const struct value *source,
                          const struct field_path *path)
{
    bool by_name = *text_at(source, "datasetName") != '\0';
    bool by_uuid = *text_at(source, "datasetUUID") != '\0';
    if (!by_name && !by_uuid)
        field_required(errors, path, source, "one of datasetName and datasetUUID is required");
    if (by_name && by_uuid)
        field_invalid_printed(errors, path, source, "\"resource\"",
                              "datasetName and datasetUUID can not be specified simultaneously");
    if (strchr(text_at(source, "datasetName"), '/') != NULL)
        field_invalid(errors, CHILD(path, "datasetName"), value_get(source, "datasetName"),
                      "must not contain '/'");
}

static void check_list_given(struct field_errors *errors, const struct value *source,
                             const struct field_path *path)
{
    if (size_of(value_get(source, "monitors")) == 0)
        field_required(errors, CHILD(path, "monitors"), source, "%s", "");
}

static void check_secret_name(struct field_errors *errors, const struct value *source,
                              const struct field_path *path)
{
    if (has(source, "secretRef"))
        check_required_text(errors, value_get(source, "secretRef"), "name",
                            CHILD(path, "secretRef"), NULL);
}

static void check_flex(struct field_errors *errors, const struct value *source,
                       const struct field_path *path)
{
    const struct value *options = value_get(source, "options");
    for (size_t i = 0; i < size_of(options); i++) {
        const char *key = options->entries[i].key;
        char *space = mem_format(".%.*s", (int)(strchrnul(key, '/') - key), key);
        size_t length = strlen(space);
        bool reserved = (length >= 14 && strcasecmp(space + length - 14, ".kubernetes.io") == 0) ||
                        (length >= 7 && strcasecmp(space + length - 7, ".k8s.io") == 0);
        char *quoted = field_quote(key);
        if (reserved)
            field_invalid_printed(errors, KEY(CHILD(path, "options"), key), options, quoted,
                                  "kubernetes.io and k8s.io namespaces are reserved");
        free(quoted);
        free(space);
    }
}

static void check_azure_disk(struct field_errors *errors, const struct value *source,
                             const struct field_path *path)
{
    static const char *const caching[] = { "None", "ReadOnly", "ReadWrite", NULL };
    static const char *const kinds[] = { "Dedicated", "Managed", "Shared", NULL };
    static const char *const managed[] = {
        "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
        "{disk-id}",
        NULL
    };
    static const char *const blob[] = {
        "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd", NULL
    };
    const char *uri = text_at(source, "diskURI");
    bool is_managed = strcmp(text_at(source, "kind"), "Managed") == 0;
    const char *start = is_managed ? "/subscriptions/" : "https://";
    check_choice(errors, source, "cachingMode", path, caching, OPTIONAL);
    check_choice(errors, source, "kind", path, kinds, OPTIONAL);
    if (has(source, "kind") && strncmp(uri, start, strlen(start)) != 0)
        field_unsupported(errors, CHILD(path, "diskURI"), value_get(source, "diskURI"), NULL,
                          is_managed ? managed : blob);
}

static void check_storageos(struct field_errors *errors, const struct value *source,
                            const struct field_path *path)
{
    check_required_text(errors, source, "volumeName", path, text_dns_label);
    check_optional_text(errors, source, "volumeNamespace", path, text_dns_label);
    check_secret_name(errors, source, path);
}

void check_csi_driver(struct field_errors *errors, const struct value *source,
                      const struct field_path *path)
{
    enum { DRIVER_BYTES = 63 };
    const char *driver = text_at(source, "driver");
    const struct field_path *at = CHILD(path, "driver");
    check_required_text(errors, source, "driver", path, NULL);
    if (strlen(driver) > DRIVER_BYTES)
        field_too_long(errors, at, value_get(source, "driver"), DRIVER_BYTES);
    if (strpbrk(driver, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL)
        check_text(errors, value_get(source, "driver"), at, text_dns_subdomain);
}

static void check_csi(struct field_errors *errors, const struct value *source,
                      const struct field_path *path)
{
    const struct value *secret = value_get(source, "nodePublishSecretRef");
    check_csi_driver(errors, source, path);
    if (secret == NULL)
        return;
    if (*text_at(secret, "name") == '\0')
        field_required(errors, CHILD(CHILD(path, "nodePublishSecretRef"), "name"), secret, "%s",
                       "");
    else
        check_text(errors, value_get(secret, "name"), CHILD(path, "name"), text_dns_subdomain);
}

static void check_image(struct field_errors *errors, const struct value *source,
                        const struct field_path *path)
{
    check_choice(errors, source, "pullPolicy", path, pull_policies, REQUIRED);
}

static void check_ephemeral(struct field_errors *errors, const struct value *source,
                            const struct field_path *path)
{
    const struct value *template = value_get(source, "volumeClaimTemplate");
    const struct field_path *at = CHILD(path, "volumeClaimTemplate");
    const struct value *meta = value_get(template, "metadata");
    if (template == NULL) {
        field_required(errors, at, source, "%s", "");
        return;
    }
    check_annotations(errors, value_get(meta, "annotations"),
                      CHILD(CHILD(at, "metadata"), "annotations"));
    check_labels(errors, value_get(meta, "labels"), CHILD(CHILD(at, "metadata"), "labels"));
    for (size_t i = 0; i < size_of(meta); i++) {
        const char *key = meta->entries[i].key;
        if (strcmp(key, "labels") != 0 && strcmp(key, "annotations") != 0)
            field_forbidden(errors, CHILD(CHILD(at, "metadata"), key), meta->entries[i].value,
                            "cannot be set");
    }
    check_claim_spec(errors, value_get(template, "spec"), CHILD(at, "spec"));
}

/* A kind of source: members that must be given, and what else it asks. `path` and `second`
 * are the names in messages where they differ from the field's. */
static const struct source {
    const char *name, *path, *second;
    const char *required[4];
    check_fn *check;
} sources[] = {
    { "emptyDir", NULL, NULL, { NULL }, check_empty_dir },
    { "hostPath", NULL, NULL, { NULL }, check_host_path },
    { "gitRepo", NULL, NULL, { "repository" }, check_git_repo },
    { "gcePersistentDisk", "persistentDisk", NULL, { "pdName" }, check_partition },
    { "awsElasticBlockStore", NULL, NULL, { "volumeID" }, check_partition },
    { "secret", NULL, NULL, { "secretName" }, check_files },
    { "nfs", NULL, NULL, { "server", "path" }, check_nfs },
    { "iscsi", NULL, NULL, { "targetPortal", "iqn" }, check_iscsi },
    { "glusterfs", NULL, NULL, { "endpoints", "path" }, NULL },
    { "flocker", NULL, NULL, { NULL }, check_flocker },
    { "persistentVolumeClaim", NULL, NULL, { "claimName" }, NULL },
    { "rbd", NULL, NULL, { NULL }, check_list_given },
    { "cinder", NULL, NULL, { "volumeID" }, check_secret_name },
    { "cephfs", NULL, "cephFS", { NULL }, check_list_given },
    { "quobyte", NULL, NULL, { "registry", "volume" }, NULL },
    { "downwardAPI", NULL, "downwarAPI", { NULL }, check_downward_api },
    { "fc", NULL, NULL, { NULL }, check_fibre_channel },
    { "flexVolume", NULL, NULL, { "driver" }, check_flex },
    { "configMap", NULL, NULL, { "name" }, check_files },
    { "azureFile", NULL, NULL, { "secretName", "shareName" }, NULL },
    { "vsphereVolume", NULL, NULL, { "volumePath" }, NULL },
    { "photonPersistentDisk", NULL, NULL, { "pdID" }, NULL },
    { "portworxVolume", NULL, NULL, { "volumeID" }, NULL },
    { "azureDisk", NULL, NULL, { "diskName", "diskURI" }, check_azure_disk },
    { "storageos", NULL, NULL, { NULL }, check_storageos },
    { "projected", NULL, NULL, { NULL }, check_projected },
    { "scaleIO", NULL, NULL, { "gateway", "system", "volumeName" }, NULL },
    { "csi", NULL, NULL, { NULL }, check_csi },
    { "ephemeral", NULL, NULL, { NULL }, check_ephemeral },
    { "image", NULL, NULL, { NULL }, check_image },
};

const char *volume_source_at(size_t index)
{
    return index < sizeof sources / sizeof *sources ? sources[index].name : NULL;
}

void check_volume_source(struct field_errors *errors, size_t index, const struct value *node,
                         const struct field_path *path)
{
    const struct source *source = &sources[index];
    const struct field_path *at = CHILD(path, source->path ? source->path : source->name);
    for (size_t i = 0; i < 4 && source->required[i] != NULL; i++)
        check_required_text(errors, node, source->required[i], at, NULL);
    if (source->check != NULL)
        source->check(errors, node, at);
}

void forbid_second_source(struct field_errors *errors, size_t index, const struct value *node,
                          const struct field_path *path)
{
    const struct source *source = &sources[index];
    field_forbidden(errors, CHILD(path, source->second ? source->second : source->name), node,
                    "may not specify more than 1 volume type");
}
