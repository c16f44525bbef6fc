/* The records of volumes, claims and classes; see storage.h. */
#include "models/api/storage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/quantity.h"
#include "sim/base/memory.h"

static const char bind_completed[] = "pv.kubernetes.io/bind-completed";
static const char bound_by_controller[] = "pv.kubernetes.io/bound-by-controller";
static const char selected_node[] = "volume.kubernetes.io/selected-node";
static const char asked[] = "volume.kubernetes.io/storage-provisioner";
static const char asked_before[] = "volume.beta.kubernetes.io/storage-provisioner";
static const char old_class[] = "volume.beta.kubernetes.io/storage-class";

/* ---- what volumes and claims share ---- */

static const struct {
    const char *name;
    enum access_mode mode;
} access_modes[] = {
    { "ReadWriteOnce", READ_WRITE_ONCE },
    { "ReadOnlyMany", READ_ONLY_MANY },
    { "ReadWriteMany", READ_WRITE_MANY },
    { "ReadWriteOncePod", READ_WRITE_ONCE_POD },
};

static uint8_t load_access_modes(const struct value *list)
{
    unsigned modes = 0;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        for (size_t k = 0; k < sizeof access_modes / sizeof *access_modes; k++)
            if (strcmp(value_text(list->items[i], ""), access_modes[k].name) == 0)
                modes |= access_modes[k].mode;
    return (uint8_t)modes;
}

/* Bytes; `otherwise` where there is no amount. */
static int64_t load_bytes(const struct value *amount, int64_t otherwise)
{
    struct quantity quantity;
    struct error error = { 0 };
    const bool good = !value_is_null(amount) && quantity_load(amount, &quantity, &error);
    error_close(&error);
    return good ? quantity_value(quantity) : otherwise;
}

/* The annotation of old goes before the field. */
static const struct text *load_class(const struct codec *codec, const struct meta *meta,
                                     const struct value *spec)
{
    const char *annotated = labels_get(meta->annotations, old_class);
    return annotated != NULL ? text_intern(codec->texts, annotated)
                             : intern_value(codec, value_get(spec, "storageClassName"));
}

static bool load_block(const struct value *spec)
{
    return strcmp(value_text(value_get(spec, "volumeMode"), ""), "Block") == 0;
}

static int find_word(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return 0;
}

static void annotate(struct meta *meta, struct texts *texts, const char *key, const char *value)
{
    const struct labels *old = meta->annotations;
    meta->annotations = labels_with(texts, old, key, value);
    labels_drop(old);
}

/* ---- PersistentVolumes ---- */

static const char *const volume_phases[] = { "Pending", "Available", "Bound", "Released",
                                             "Failed" };

static void csi_volume_hold(const struct csi_volume *csi)
{
    text_hold(csi->driver);
    text_hold(csi->handle);
    text_hold(csi->in_tree);
}

static void csi_volume_drop(const struct csi_volume *csi)
{
    text_drop(csi->driver);
    text_drop(csi->handle);
    text_drop(csi->in_tree);
}

static void persistent_volume_hold(struct object *copy)
{
    struct persistent_volume *volume = (struct persistent_volume *)copy;
    meta_hold(&volume->meta);
    text_hold(volume->class_name);
    text_hold(volume->attributes_class);
    text_hold(volume->claim_space);
    text_hold(volume->claim_name);
    node_selector_hold(volume->node_affinity);
    csi_volume_hold(&volume->csi);
}

static void persistent_volume_close(struct object *object)
{
    struct persistent_volume *volume = (struct persistent_volume *)object;
    meta_close(&volume->meta);
    text_drop(volume->class_name);
    text_drop(volume->attributes_class);
    text_drop(volume->claim_space);
    text_drop(volume->claim_name);
    node_selector_drop(volume->node_affinity);
    csi_volume_drop(&volume->csi);
}

const struct object_kind persistent_volume_kind = {
    .name = "persistentvolume",
    .size = sizeof(struct persistent_volume),
    .hold = persistent_volume_hold,
    .close = persistent_volume_close,
};

static void load_claim_ref(const struct codec *codec, struct persistent_volume *volume,
                           const struct value *reference)
{
    const char *uid = value_text(value_get(reference, "uid"), "");
    volume->claimed = !value_is_null(reference);
    volume->claim_space = intern_value(codec, value_get(reference, "namespace"));
    volume->claim_name = intern_value(codec, value_get(reference, "name"));
    volume->claim_has_uid = *uid != '\0';
    volume->claim_uid = uid_from_text(uid);
}

static void load_volume_phase(struct persistent_volume *volume, const struct value *tree)
{
    const char *phase = value_text(value_path(tree, "status", "phase", NULL), "");
    volume->phase = (uint8_t)find_word(volume_phases, 5, phase);
}

struct object *persistent_volume_load(const struct codec *codec, const struct value *tree)
{
    struct persistent_volume *volume =
        (struct persistent_volume *)record_new(codec, KIND_PERSISTENTVOLUME, tree);
    const struct value *spec = value_get(tree, "spec");
    const struct value *affinity = value_path(spec, "nodeAffinity", "required", NULL);
    struct error error = { 0 };
    volume->class_name = load_class(codec, &volume->meta, spec);
    volume->attributes_class = intern_value(codec, value_get(spec, "volumeAttributesClassName"));
    volume->capacity_bytes = load_bytes(value_path(spec, "capacity", "storage", NULL), 0);
    volume->access_modes = load_access_modes(value_get(spec, "accessModes"));
    volume->block = load_block(spec);
    volume->csi = csi_volume_load(codec->texts, spec);
    load_claim_ref(codec, volume, value_get(spec, "claimRef"));
    load_volume_phase(volume, tree);
    if (!value_is_null(affinity))
        volume->node_affinity = node_selector_load(codec->texts, affinity, &error);
    error_close(&error);
    return &volume->meta.object;
}

struct value *persistent_volume_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

void persistent_volume_take_status(struct object *into, const struct object *from)
{
    document_take_status(into, from);
    load_volume_phase((struct persistent_volume *)into, meta_of(into)->document);
}

bool persistent_volume_is_for(const struct persistent_volume *volume,
                              const struct persistent_volume_claim *claim)
{
    return volume->claimed && volume->claim_name == claim->meta.object.name &&
           volume->claim_space == claim->meta.object.space &&
           (!volume->claim_has_uid || uid_equal(volume->claim_uid, claim->meta.uid));
}

bool persistent_volume_fits(const struct persistent_volume *volume,
                            const struct persistent_volume_claim *claim)
{
    return volume->class_name == claim->class_name &&
           volume->capacity_bytes >= claim->request_bytes && volume->block == claim->block &&
           volume->attributes_class == claim->attributes_class && !volume->meta.deleting;
}

bool persistent_volume_is_free_for(const struct persistent_volume *volume,
                                   const struct persistent_volume_claim *claim)
{
    return persistent_volume_fits(volume, claim) && !volume->claimed &&
           volume->phase == VOLUME_AVAILABLE &&
           (claim->access_modes & ~volume->access_modes) == 0 &&
           (claim->selector == NULL ||
            selector_matches(claim->selector, labels_lookup, volume->meta.labels));
}

bool persistent_volume_reaches(const struct persistent_volume *volume, const struct labels *node)
{
    return volume->node_affinity == NULL ||
           node_selector_matches(volume->node_affinity, labels_lookup, node, "");
}

void persistent_volume_set_claim(struct persistent_volume *volume, struct texts *texts,
                                 const struct persistent_volume_claim *claim)
{
    const struct object *object = &claim->meta.object;
    struct value **document = &volume->meta.document;
    char uid[UID_TEXT], version[24];
    const bool beforehand = persistent_volume_is_for(volume, claim);
    snprintf(version, sizeof version, "%" PRIu64, object->version);
    value_put(document, value_new_string("PersistentVolumeClaim"), "spec", "claimRef", "kind",
              NULL);
    value_put(document, value_new_string("v1"), "spec", "claimRef", "apiVersion", NULL);
    PUT_TEXT(document, object->space, "spec", "claimRef", "namespace");
    PUT_TEXT(document, object->name, "spec", "claimRef", "name");
    value_put(document, value_new_string(uid_print(claim->meta.uid, uid)), "spec", "claimRef",
              "uid", NULL);
    value_put(document, value_new_string(version), "spec", "claimRef", "resourceVersion", NULL);
    text_assign(&volume->claim_space, text_hold(object->space));
    text_assign(&volume->claim_name, text_hold(object->name));
    volume->claimed = volume->claim_has_uid = true;
    volume->claim_uid = claim->meta.uid;
    if (!beforehand)
        annotate(&volume->meta, texts, bound_by_controller, "yes");
}

void persistent_volume_clear_claim(struct persistent_volume *volume, struct texts *texts)
{
    document_cut(&volume->meta.document, "spec", "claimRef", NULL);
    text_assign(&volume->claim_space, NULL);
    text_assign(&volume->claim_name, NULL);
    volume->claimed = volume->claim_has_uid = false;
    volume->claim_uid = uid_from_text("");
    annotate(&volume->meta, texts, bound_by_controller, NULL);
}

enum reclaim_policy persistent_volume_policy(const struct persistent_volume *volume)
{
    static const char *const policies[] = { "Retain", "Delete", "Recycle" };
    const char *policy = value_text(
        value_path(volume->meta.document, "spec", "persistentVolumeReclaimPolicy", NULL), "");
    return (enum reclaim_policy)find_word(policies, 3, policy);
}

bool persistent_volume_is_exclusive(const struct persistent_volume *volume)
{
    return volume->access_modes != 0 &&
           (volume->access_modes & (READ_ONLY_MANY | READ_WRITE_MANY)) == 0;
}

void persistent_volume_set_phase(struct persistent_volume *volume, enum volume_phase phase)
{
    volume->phase = (uint8_t)phase;
    value_put(&volume->meta.document, value_new_string(volume_phases[phase]), "status", "phase",
              NULL);
}

/* ---- PersistentVolumeClaims ---- */

static const char *const claim_phases[] = { "Pending", "Bound", "Lost" };

static void persistent_volume_claim_hold(struct object *copy)
{
    struct persistent_volume_claim *claim = (struct persistent_volume_claim *)copy;
    meta_hold(&claim->meta);
    text_hold(claim->class_name);
    text_hold(claim->attributes_class);
    text_hold(claim->volume_name);
    selector_hold(claim->selector);
}

static void persistent_volume_claim_close(struct object *object)
{
    struct persistent_volume_claim *claim = (struct persistent_volume_claim *)object;
    meta_close(&claim->meta);
    text_drop(claim->class_name);
    text_drop(claim->attributes_class);
    text_drop(claim->volume_name);
    selector_drop(claim->selector);
}

const struct object_kind persistent_volume_claim_kind = {
    .name = "persistentvolumeclaim",
    .size = sizeof(struct persistent_volume_claim),
    .hold = persistent_volume_claim_hold,
    .close = persistent_volume_claim_close,
};

static void load_claim_phase(struct persistent_volume_claim *claim, const struct value *tree)
{
    const char *phase = value_text(value_path(tree, "status", "phase", NULL), "");
    claim->phase = (uint8_t)find_word(claim_phases, 3, phase);
}

struct object *persistent_volume_claim_load(const struct codec *codec, const struct value *tree)
{
    struct persistent_volume_claim *claim =
        (struct persistent_volume_claim *)record_new(codec, KIND_PERSISTENTVOLUMECLAIM, tree);
    const struct value *spec = value_get(tree, "spec"), *selector = value_get(spec, "selector");
    const struct value *request = value_path(spec, "resources", "requests", "storage", NULL);
    struct error error = { 0 };
    claim->class_name = load_class(codec, &claim->meta, spec);
    claim->asks_for_class =
        claim->class_name != NULL || !value_is_null(value_get(spec, "storageClassName"));
    claim->attributes_class = intern_value(codec, value_get(spec, "volumeAttributesClassName"));
    claim->access_modes = load_access_modes(value_get(spec, "accessModes"));
    claim->block = load_block(spec);
    claim->asks_for_size = !value_is_null(request);
    claim->request_bytes = load_bytes(request, 0);
    claim->volume_name = intern_value(codec, value_get(spec, "volumeName"));
    load_claim_phase(claim, tree);
    if (!value_is_null(selector))
        claim->selector = selector_load(codec->texts, selector, &error);
    error_close(&error);
    return &claim->meta.object;
}

struct value *persistent_volume_claim_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

void persistent_volume_claim_take_status(struct object *into, const struct object *from)
{
    document_take_status(into, from);
    load_claim_phase((struct persistent_volume_claim *)into, meta_of(into)->document);
}

bool claim_is_bound(const struct persistent_volume_claim *claim)
{
    return claim->volume_name != NULL &&
           labels_get(claim->meta.annotations, bind_completed) != NULL;
}

const char *claim_selected_node(const struct persistent_volume_claim *claim)
{
    return labels_get(claim->meta.annotations, selected_node);
}

void claim_select_node(struct persistent_volume_claim *claim, struct texts *texts,
                       const struct text *node)
{
    annotate(&claim->meta, texts, selected_node, node != NULL ? text_s(node) : NULL);
}

void claim_set_provisioner(struct persistent_volume_claim *claim, struct texts *texts,
                           const char *provisioner)
{
    annotate(&claim->meta, texts, asked_before, provisioner);
    annotate(&claim->meta, texts, asked, provisioner);
}

const char *claim_provisioner(const struct persistent_volume_claim *claim)
{
    return labels_get(claim->meta.annotations, asked);
}

void claim_set_phase(struct persistent_volume_claim *claim, enum claim_phase phase)
{
    claim->phase = (uint8_t)phase;
    value_put(&claim->meta.document, value_new_string(claim_phases[phase]), "status", "phase",
              NULL);
}

void claim_set_class(struct persistent_volume_claim *claim, const struct meta *class)
{
    text_assign(&claim->class_name, text_hold(class->object.name));
    claim->asks_for_class = true;
    PUT_TEXT(&claim->meta.document, claim->class_name, "spec", "storageClassName");
}

void claim_set_volume(struct persistent_volume_claim *claim, struct texts *texts,
                      const struct persistent_volume *volume)
{
    struct value **document = &claim->meta.document;
    const struct value *spec = value_get(volume->meta.document, "spec");
    struct value *modes = value_get(spec, "accessModes"), *capacity = value_get(spec, "capacity");
    if (claim->volume_name == NULL)
        annotate(&claim->meta, texts, bound_by_controller, "yes");
    annotate(&claim->meta, texts, bind_completed, "yes");
    text_assign(&claim->volume_name, text_hold(volume->meta.object.name));
    PUT_TEXT(document, claim->volume_name, "spec", "volumeName");
    claim->phase = CLAIM_BOUND;
    value_put(document, value_new_string(claim_phases[CLAIM_BOUND]), "status", "phase", NULL);
    if (modes != NULL)
        value_put(document, value_hold(modes), "status", "accessModes", NULL);
    if (capacity != NULL)
        value_put(document, value_hold(capacity), "status", "capacity", NULL);
}
