/* The volumes of a pod template that have a say in where its pods can run. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_spec_private.h"
#include "models/api/storage.h"
#include "sim/base/memory.h"

static const struct text *member(struct texts *texts, const struct value *map, const char *key)
{
    return text_intern(texts, value_text(value_get(map, key), ""));
}

static void load_rbd(struct pod_volume *volume, struct texts *texts, const struct value *source)
{
    const struct value *monitors = value_get(source, "monitors");
    volume->type = POD_VOLUME_RBD;
    volume->id = member(texts, source, "image");
    volume->pool = member(texts, source, "pool");
    volume->monitor_count = monitors != NULL && monitors->type == VALUE_LIST ? monitors->count : 0;
    volume->monitors = mem_new((volume->monitor_count + 1) * sizeof *volume->monitors);
    for (size_t i = 0; i < volume->monitor_count; i++)
        volume->monitors[i] = text_intern(texts, value_text(monitors->items[i], ""));
}

static void load_disk(struct pod_volume *volume, struct texts *texts, const struct value *from,
                      const struct value *source)
{
    struct csi_volume csi = csi_volume_load(texts, from);
    volume->type = POD_VOLUME_DISK;
    volume->id = member(texts, source, volume->plugin->id);
    volume->handle = csi.handle;
    text_drop(csi.driver);
    text_drop(csi.in_tree);
}

/* The source under this key of a volume; false when it has no say. */
static bool load_source(struct pod_volume *volume, struct texts *texts, const struct value *from,
                        const char *key, const struct value *source)
{
    volume->read_only = value_truth(value_get(source, "readOnly"), false);
    volume->plugin = migrated_plugin_of_source(key);
    if (volume->plugin != NULL) {
        load_disk(volume, texts, from, source);
    } else if (strcmp(key, "persistentVolumeClaim") == 0) {
        volume->type = POD_VOLUME_CLAIM;
        volume->id = member(texts, source, "claimName");
    } else if (strcmp(key, "ephemeral") == 0) {
        volume->type = POD_VOLUME_EPHEMERAL;
    } else if (strcmp(key, "csi") == 0) {
        volume->type = POD_VOLUME_CSI;
        volume->id = member(texts, source, "driver");
    } else if (strcmp(key, "iscsi") == 0) {
        volume->type = POD_VOLUME_ISCSI;
        volume->id = member(texts, source, "iqn");
    } else if (strcmp(key, "rbd") == 0) {
        load_rbd(volume, texts, source);
    } else {
        return false;
    }
    return true;
}

static bool load_volume(struct pod_volume *volume, struct texts *texts, const struct value *from)
{
    for (size_t i = 0; from->type == VALUE_MAP && i < from->count; i++) {
        const struct value_entry *entry = &from->entries[i];
        *volume = (struct pod_volume){ 0 };
        if (value_is_null(entry->value) ||
            !load_source(volume, texts, from, entry->key, entry->value))
            continue;
        volume->name = member(texts, from, "name");
        return true;
    }
    return false;
}

void pod_spec_load_volumes(struct pod_spec *spec, struct texts *texts, const struct value *list)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct pod_volume volume;
        if (!load_volume(&volume, texts, list->items[i]))
            continue;
        spec->volumes = mem_resize(spec->volumes, (spec->volume_count + 1) * sizeof *spec->volumes);
        spec->volumes[spec->volume_count++] = volume;
    }
}

void pod_spec_close_volumes(struct pod_spec *spec)
{
    for (size_t i = 0; i < spec->volume_count; i++) {
        struct pod_volume *volume = &spec->volumes[i];
        text_drop(volume->name);
        text_drop(volume->id);
        text_drop(volume->handle);
        text_drop(volume->pool);
        for (size_t k = 0; k < volume->monitor_count; k++)
            text_drop(volume->monitors[k]);
        free(volume->monitors);
    }
    free(spec->volumes);
}
