/* The records of VolumeAttachments: what is to be attached to which node, and whether it is; see
 * storage.h.
 *
 * Follows pkg/volume/csi/csi_attacher.go (their names, by getAttachmentName) and
 * pkg/apis/storage of the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/storage.h"
#include "sim/base/memory.h"
#include "sim/base/sha256.h"

static void volume_attachment_hold(struct object *copy)
{
    struct volume_attachment *attachment = (struct volume_attachment *)copy;
    meta_hold(&attachment->meta);
    text_hold(attachment->attacher);
    text_hold(attachment->node_name);
    text_hold(attachment->volume_name);
    text_hold(attachment->error);
}

static void volume_attachment_close(struct object *object)
{
    struct volume_attachment *attachment = (struct volume_attachment *)object;
    meta_close(&attachment->meta);
    text_drop(attachment->attacher);
    text_drop(attachment->node_name);
    text_drop(attachment->volume_name);
    text_drop(attachment->error);
}

const struct object_kind volume_attachment_kind = {
    .name = "volumeattachment",
    .size = sizeof(struct volume_attachment),
    .hold = volume_attachment_hold,
    .close = volume_attachment_close,
};

static void take_status(struct volume_attachment *attachment, const struct value *tree,
                        const struct text *error)
{
    attachment->attached = value_truth(value_path(tree, "status", "attached", NULL), false);
    text_assign(&attachment->error, error);
}

struct object *volume_attachment_load(const struct codec *codec, const struct value *tree)
{
    struct volume_attachment *attachment =
        (struct volume_attachment *)record_new(codec, KIND_VOLUMEATTACHMENT, tree);
    const struct value *spec = value_get(tree, "spec");
    attachment->attacher = intern_value(codec, value_get(spec, "attacher"));
    attachment->node_name = intern_value(codec, value_get(spec, "nodeName"));
    attachment->volume_name =
        intern_value(codec, value_path(spec, "source", "persistentVolumeName", NULL));
    take_status(attachment, tree,
                intern_value(codec, value_path(tree, "status", "attachError", "message", NULL)));
    return &attachment->meta.object;
}

struct value *volume_attachment_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

void volume_attachment_take_status(struct object *into, const struct object *from)
{
    document_take_status(into, from);
    take_status((struct volume_attachment *)into, meta_of(into)->document,
                text_hold(volume_attachment_of(from)->error));
}

const struct text *volume_attachment_name(struct texts *texts, const struct csi_volume *csi,
                                          const struct text *node)
{
    char digest[SHA256_TEXT];
    char *whole = mem_format("%s%s%s", text_s(csi->handle), text_s(csi->driver), text_s(node));
    sha256_print(whole, strlen(whole), digest);
    free(whole);
    return text_format(texts, "csi-%s", digest);
}

struct object *volume_attachment_new(const struct codec *codec,
                                     const struct persistent_volume *volume,
                                     const struct text *node)
{
    struct value *tree = value_new_map();
    const struct text *name = volume_attachment_name(codec->texts, &volume->csi, node);
    value_set(tree, "apiVersion", value_new_string("storage.k8s.io/v1"));
    value_set(tree, "kind", value_new_string("VolumeAttachment"));
    PUT_TEXT(&tree, name, "metadata", "name");
    PUT_TEXT(&tree, volume->csi.driver, "spec", "attacher");
    PUT_TEXT(&tree, volume->meta.object.name, "spec", "source", "persistentVolumeName");
    PUT_TEXT(&tree, node, "spec", "nodeName");
    value_put(&tree, value_new_bool(false), "status", "attached", NULL);
    struct object *attachment = volume_attachment_load(codec, tree);
    text_drop(name);
    value_drop(tree);
    return attachment;
}

void volume_attachment_set(struct volume_attachment *attachment, const struct codec *codec,
                           bool attached, const char *error, sim_time now)
{
    struct value **document = &attachment->meta.document;
    document_cut(document, "status", "attachError", NULL);
    value_put(document, value_new_bool(attached), "status", "attached", NULL);
    attachment->attached = attached;
    text_assign(&attachment->error, error != NULL ? text_intern(codec->texts, error) : NULL);
    if (error == NULL)
        return;
    value_put(document, time_value(codec, now), "status", "attachError", "time", NULL);
    value_put(document, value_new_string(error), "status", "attachError", "message", NULL);
}
