/* external-attacher: has CSI drivers attach and detach what VolumeAttachments say.
 *
 * Follows external-attacher, pkg/controller/csi_handler.go. One controller stands for the attachers of all
 * drivers; it is no part of kube-controller-manager. Volumes do not get its finalizer: their provisioner
 * waits for the attachments anyway. */
#include <stdlib.h>
#include <string.h>

#include "models/api/storage.h"
#include "models/controllers/csi_calls.h"
#include "sim/base/memory.h"

struct attacher {
    const struct settings *settings;
    struct csi_calls calls;
};

static void attacher_init(void *state, struct cluster *cluster)
{
    struct attacher *attacher = state;
    attacher->settings = &cluster->settings;
    csi_calls_init(&attacher->calls);
}

static void attacher_close(void *state)
{
    csi_calls_close(&((struct attacher *)state)->calls);
}

/* "external-attacher/ebs-csi-aws-com": GetFinalizerName. The caller frees. */
static char *finalizer_of(const struct volume_attachment *attachment)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    const char *driver = text_s(attachment->attacher);
    char *name = mem_format("external-attacher/%s", driver);
    for (char *c = name + strlen(name) - strlen(driver); *c != '\0'; c++)
        if (strchr(plain, *c) == NULL)
            *c = '-';
    return name;
}

/* What is to become of an attachment. */
struct call_outcome {
    const struct client *client;
    bool attached;
    const char *error;     /* NULL: none */
    const char *finalizer; /* to drop; NULL: none */
};

static bool add_finalizer(struct object *object, void *context)
{
    return meta_add_finalizer((struct meta *)object, object->name->home, context);
}

static bool write_outcome(struct object *object, void *context)
{
    const struct call_outcome *outcome = context;
    struct volume_attachment *attachment = (struct volume_attachment *)object;
    volume_attachment_set(attachment, &outcome->client->cluster->codec, outcome->attached,
                          outcome->error, outcome->client->now);
    if (outcome->finalizer != NULL)
        meta_drop_finalizer(&attachment->meta, outcome->finalizer);
    return true;
}

/* A write that failed is made again after the call, which is made again, too. */
static enum outcome settled(enum reply reply)
{
    return reply_settles(reply) ? RECONCILED : RETRY;
}

static enum outcome attach(struct client *client, const struct volume_attachment *attachment,
                           char *finalizer)
{
    struct attacher *attacher = controller_state(client);
    const struct object_key key = object_key(&attachment->meta.object);
    const struct csi_method publish = { "volume-attach", attacher->settings->volume_attach,
                                        attacher->settings->volume_attach_failures };
    if (!finalizers_have(attachment->meta.finalizers, finalizer) &&
        !reply_settles(client_patch(client, key, add_finalizer, finalizer, NULL)))
        return RETRY;
    const enum csi_progress progress =
        csi_calls_go_on(&attacher->calls, client, key, attachment->meta.uid, &publish);
    if (progress == CSI_BEGUN || progress == CSI_WAITS)
        return RECONCILED;
    struct call_outcome outcome = {
        .client = client,
        .attached = progress == CSI_DONE,
        .error = progress == CSI_DONE ? NULL
                                      : "rpc error: code = Internal desc = the driver could not "
                                        "attach the volume",
    };
    return settled(client_patch(client, key, write_outcome, &outcome, NULL));
}

static enum outcome detach(struct client *client, const struct volume_attachment *attachment,
                           char *finalizer)
{
    struct attacher *attacher = controller_state(client);
    const struct object_key key = object_key(&attachment->meta.object);
    const struct csi_method unpublish = { "volume-detach", attacher->settings->volume_detach, 0 };
    if (csi_calls_go_on(&attacher->calls, client, key, attachment->meta.uid, &unpublish) ==
        CSI_DONE) {
        struct call_outcome outcome = { .client = client, .finalizer = finalizer };
        return settled(client_patch(client, key, write_outcome, &outcome, NULL));
    }
    return RECONCILED;
}

static enum outcome attacher_reconcile(struct client *client, struct object_key key)
{
    struct attacher *attacher = controller_state(client);
    const struct volume_attachment *attachment =
        volume_attachment_of(client_get(client, KIND_VOLUMEATTACHMENT, NULL, key.name));
    enum outcome outcome = RECONCILED;
    if (attachment == NULL || (attachment->attached && !attachment->meta.deleting)) {
        csi_calls_forget(&attacher->calls, key);
        return RECONCILED;
    }
    char *finalizer = finalizer_of(attachment);
    if (!attachment->meta.deleting)
        outcome = attach(client, attachment, finalizer);
    else if (finalizers_have(attachment->meta.finalizers, finalizer))
        outcome = detach(client, attachment, finalizer);
    free(finalizer);
    return outcome;
}

static void wake_attachment(struct controller_run *controller, const struct watch_event *event)
{
    const struct volume_attachment *attachment = volume_attachment_of(event->object);
    if (event->type == WATCH_DELETED || attachment->meta.deleting || !attachment->attached)
        wake_self(controller, event);
}

static int worker_threads(const struct settings *settings)
{
    (void)settings;
    return 10; /* --worker-threads */
}

const struct controller csi_attacher_controller = {
    .name = "csi-attacher",
    .reconciles = KIND_VOLUMEATTACHMENT,
    .wakes_on = { { KIND_VOLUMEATTACHMENT, wake_attachment } },
    .reconcile = attacher_reconcile,
    .workers = worker_threads,
    .qps = 5,
    .burst = 10,
    .state_size = sizeof(struct attacher),
    .init = attacher_init,
    .close = attacher_close,
};
