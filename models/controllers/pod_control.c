/* What controllers that own pods share. See pod_control.h. */
#include "models/controllers/pod_control.h"

#include <stdlib.h>
#include <string.h>

#include "models/cluster/cluster.h"
#include "models/cluster/pod_admission.h"
#include "models/controllers/ownership.h"
#include "sim/base/memory.h"

enum { SLOW_START_BATCH = 1 };

void pod_list_add(struct pod_list *list, const struct pod *pod)
{
    MEM_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = pod;
}

void pod_list_close(struct pod_list *list)
{
    free(list->items);
    *list = (struct pod_list){ 0 };
}

/* ---- claiming ---- */

static bool pod_is_terminating(const struct pod *pod)
{
    return pod->meta.deleting && !pod_is_terminal(pod);
}

static bool claim_owned(struct claim *claim, const struct pod *pod, struct pod_list *active,
                        struct pod_list *terminating, struct error *error)
{
    const bool matches = claim_matches(claim, &pod->meta);
    if (pod_is_terminating(pod) && matches)
        pod_list_add(terminating, pod);
    if (!pod_is_active(pod))
        return true;
    if (!matches)
        return claim_release(claim, &pod->meta, error);
    pod_list_add(active, pod);
    return true;
}

bool pods_claim(struct client *client, const struct pod_owner *owner, struct pod_list *active,
                struct pod_list *terminating, struct error *error)
{
    struct claim claim = { .client = client,
                           .owner = owner->meta,
                           .api_version = owner->api_version,
                           .kind = owner->kind,
                           .selector = owner->selector };
    bool done = true;
    struct cache_cursor owned = client_list_owned(client, KIND_POD, owner->meta->uid);
    while (cache_next(&owned))
        done &= claim_owned(&claim, pod_of(owned.object), active, terminating, error);

    struct cache_cursor orphans = client_list_orphans(client, KIND_POD, owner->meta->object.space);
    while (cache_next(&orphans)) {
        const struct pod *pod = pod_of(orphans.object);
        bool adopted = false;
        if (pod_is_active(pod) && claim_matches(&claim, &pod->meta))
            done &= claim_adopt(&claim, &pod->meta, &adopted, error);
        if (adopted)
            pod_list_add(active, pod);
    }
    return done;
}

/* ---- creating ---- */

/* What all pods of one batch share. */
struct pod_mould {
    const struct pod_owner *owner;
    const struct owners *owners;
    const struct finalizers *finalizers;
    const struct text *generate_name;
};

/* The owner references for new pods: those of a pod that is there already, or new ones. */
static const struct owners *owners_of_pods(struct client *client, const struct pod_owner *owner)
{
    struct cache_cursor owned = client_list_owned(client, KIND_POD, owner->meta->uid);
    if (cache_next(&owned) && meta_of(owned.object)->owners->count == 1)
        return owners_hold(meta_of(owned.object)->owners);
    return owners_of_controller(client->cluster->codec.texts, owner->meta, owner->api_version,
                                owner->kind);
}

static const struct finalizers *finalizers_of_pods(struct texts *texts,
                                                   const struct pod_owner *owner)
{
    const struct value *metadata = value_get(owner->template->document, "metadata");
    const struct finalizers *own = finalizers_from_value(texts, value_get(metadata, "finalizers"));
    if (owner->finalizer == NULL || finalizers_have(own, owner->finalizer))
        return own;
    const struct finalizers *with = finalizers_with(texts, own, owner->finalizer);
    finalizers_drop(own);
    return with;
}

static struct pod_mould mould_new(struct client *client, const struct pod_owner *owner)
{
    struct texts *texts = client->cluster->codec.texts;
    return (struct pod_mould){
        .owner = owner,
        .owners = owners_of_pods(client, owner),
        .finalizers = finalizers_of_pods(texts, owner),
        .generate_name = text_format(texts, "%s-", name_of(owner->meta)),
    };
}

static void mould_close(struct pod_mould *mould)
{
    owners_drop(mould->owners);
    finalizers_drop(mould->finalizers);
    text_drop(mould->generate_name);
}

static struct object *pod_from(const struct pod_mould *mould)
{
    const struct pod_template *template = mould->owner->template;
    struct object *object = object_new(object_kinds, KIND_POD);
    struct pod *pod = (struct pod *)object;
    object->space = text_hold(mould->owner->meta->object.space);
    pod->meta.generate_name = text_hold(mould->generate_name);
    pod->meta.labels = labels_hold(template->labels);
    pod->meta.annotations = labels_hold(template->annotations);
    pod->meta.owners = owners_hold(mould->owners);
    pod->meta.finalizers = finalizers_hold(mould->finalizers);
    pod->spec = pod_spec_hold(template->spec);
    pod->node_name = text_hold(template->spec->node_name);
    pod->gated = template->spec->scheduling_gate_count > 0;
    pod->phase = POD_PENDING;
    pod->of_template = true;
    pod_mark_templated(object);
    return object;
}

bool namespace_is_terminating(enum reply reply, const struct error *error)
{
    return reply == REPLY_FORBIDDEN && error->text != NULL &&
           strstr(error->text, "because it is being terminated") != NULL;
}

static bool pod_create(struct client *client, const struct pod_mould *mould, int number,
                       struct error *error)
{
    struct object *pod = pod_from(mould);
    if (mould->owner->dress != NULL)
        mould->owner->dress(client, (struct pod *)pod, number, mould->owner->context);
    struct error refused = { 0 };
    const struct object *about = &mould->owner->meta->object, *stored = NULL;
    const enum reply reply = client_create(client, pod, &stored, &refused);
    if (reply == REPLY_CREATED) {
        client_event(client, about, false, "SuccessfulCreate", "Created pod: %s", name_of(stored));
        return true;
    }
    const bool pointless = namespace_is_terminating(reply, &refused);
    if (!pointless) {
        client_event(client, about, true, "FailedCreate", "Error creating: %s", refused.text);
        error_set(error, refused.at, "%s", refused.text);
    }
    error_close(&refused);
    return pointless;
}

/* `size` pods from the one with number `first` on. */
static int create_batch(struct client *client, const struct pod_mould *mould, int first, int size,
                        struct error *error)
{
    int created = 0;
    struct batch batch = client_batch(client);
    for (int i = 0; i < size; i++) {
        client_batch_next(client, &batch);
        created += pod_create(client, mould, first + i, error);
    }
    client_batch_end(client, &batch);
    return created;
}

int pods_create(struct client *client, const struct pod_owner *owner, int count,
                struct error *error)
{
    struct pod_mould mould = mould_new(client, owner);
    int created = 0, left = count;
    for (int size = SLOW_START_BATCH; left > 0 && error->text == NULL; size *= 2) {
        const int batch = size < left ? size : left;
        created += create_batch(client, &mould, count - left, batch, error);
        left -= batch;
    }
    mould_close(&mould);
    return created;
}

/* ---- deleting ---- */

enum reply pod_delete(struct client *client, const struct pod_owner *owner, const struct pod *pod,
                      struct error *error)
{
    struct error refused = { 0 };
    const struct object *about = &owner->meta->object;
    const enum reply reply =
        client_delete(client, object_key(&pod->meta.object), delete_options_default(), &refused);
    if (reply == REPLY_OK) {
        client_event(client, about, false, "SuccessfulDelete", "Deleted pod: %s", name_of(pod));
    } else if (reply != REPLY_NOT_FOUND) {
        client_event(client, about, true, "FailedDelete", "Error deleting: %s", refused.text);
        error_set(error, refused.at, "unable to delete pods: %s", refused.text);
    }
    error_close(&refused);
    return reply;
}
