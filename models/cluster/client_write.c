/* Creating and changing objects, with the rules of the API server.
 *
 * Follows apiserver pkg/registry/rest/{create,update}.go and pkg/registry/generic/registry/store.go
 * of the release named in docs/fidelity.md. Records that come here are already admitted:
 * components make them from admitted templates, users' documents pass cluster_admit(). */
#include "models/api/daemonset.h"
#include "models/cluster/client_private.h"

#include <assert.h>
#include <string.h>

#include "models/api/job.h"
#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/api/storage.h"
#include "models/cluster/change.h"
#include "models/cluster/identity.h"
#include "models/cluster/pod_admission.h"
#include "models/cluster/quota_admission.h"
#include "models/cluster/unchanged.h"

enum { NAME_BYTES = 253 };
enum { NAME_TRIES = 8 }; /* names drawn before a clash is reported, as the generic registry does */

static struct store *store_of(const struct client *client)
{
    return client->cluster->store;
}

/* What the trace calls a kind; all kinds that are kept as documents share one type. */
static const char *traced_kind(const struct object *object)
{
    const struct kind_info *info = &kind_infos[object->kind];
    return object->type != &document_kind ? object->type->name : info->name;
}

/* Note a write in the trace, as the cause of what follows from the new version. */
static void note_write(struct client *client, const char *verb, const struct object *before,
                       struct object *after)
{
    char detail[CHANGE_TEXT];
    after->cause =
        run_note(client->cluster->run, client->now, client->cause, verb, traced_kind(after),
                 after->space, after->name, change_text(before, after, detail));
}

/* --- create ------------------------------------------------------------------------- */

/* Admission plugin NamespaceLifecycle. */
static enum reply namespace_accepts(struct client *client, const struct object *object,
                                    struct error *error)
{
    if (object->space == NULL)
        return REPLY_OK;
    const struct object_key key = { KIND_NAMESPACE, NULL, object->space };
    const struct object *space = store_get(store_of(client), key);
    if (space == NULL)
        return reply_missing(error, key);
    if (!meta_of(space)->deleting)
        return REPLY_OK;
    char resource[RESOURCE_TEXT];
    return reply_refuse(
        error, REPLY_FORBIDDEN,
        "%s \"%s\" is forbidden: unable to create new content in namespace %s because it "
        "is being terminated",
        resource_text(object_key(object), resource), own_name(object_key(object)),
        text_s(object->space));
}

static enum reply refuse_taken(struct error *error, const struct object *present)
{
    char resource[RESOURCE_TEXT];
    return reply_refuse(error, REPLY_ALREADY_EXISTS, "%s%s \"%s\" already exists",
                        meta_of(present)->deleting ? "object is being deleted: " : "",
                        resource_text(object_key(present), resource),
                        own_name(object_key(present)));
}

/* rest.BeforeCreate: what a new object is given, whatever it says itself. */
static void fill_in(struct client *client, struct meta *object)
{
    struct cluster *cluster = client->cluster;
    object->uid = (struct uid){ 0, 0 };
    if (cluster->identify != NULL)
        cluster->identify(cluster->identify_context, object);
    object->created = client->now;
    object->generation = kind_infos[object->object.kind].spec_changed != NULL;
    object->deleting = false;
    object->deletion = 0;
    object->deletion_grace_seconds = 0;
    if (object->object.kind == KIND_POD)
        pod_begin((struct pod *)object, cluster->run->texts, client->now);
    /* The admission plugin StorageObjectInUseProtection. */
    if (object->object.kind == KIND_PERSISTENTVOLUMECLAIM)
        meta_add_finalizer(object, cluster->run->texts, CLAIM_PROTECTION);
    if (object->object.kind == KIND_PERSISTENTVOLUME)
        meta_add_finalizer(object, cluster->run->texts, VOLUME_PROTECTION);
}

/* What a component makes has passed no validation; of its name only the length can be wrong. A generated
 * name is cut to fit, and our own kinds are named by what containers call them. */
static enum reply name_fits(const struct object *object, struct error *error)
{
    const char *name = text_s(object->name);
    const struct kind_info *info = &kind_infos[object->kind];
    if (strlen(name) <= NAME_BYTES || info->api_version == NULL ||
        strncmp(info->api_version, "seatrial.dev/", 13) == 0)
        return REPLY_OK;
    return reply_refuse(
        error, REPLY_INVALID,
        "%s \"%s\" is invalid: metadata.name: Invalid value: \"%s\": must be no more "
        "than %d bytes",
        info->name, name, name, NAME_BYTES);
}

/* Give the object a free name, if its own is to be generated. The object in its way otherwise. */
static const struct object *name_object(struct client *client, struct meta *object)
{
    const bool generated = object->object.name == NULL;
    assert(!generated || object->generate_name != NULL);
    const struct object *present = NULL;
    for (int i = 0; i < NAME_TRIES; i++) {
        if (generated)
            text_assign(&object->object.name, identity_name(client->cluster->identities, object));
        present = store_get(store_of(client), object_key(&object->object));
        if (present == NULL || !generated)
            break;
    }
    return present;
}

enum reply client_create(struct client *client, struct object *object, const struct object **stored,
                         struct error *error)
{
    struct meta *meta = (struct meta *)object;
    enum reply reply = client_call(client, error);
    if (reply != REPLY_OK) {
        object_drop(object);
        return reply;
    }
    fill_in(client, meta);
    reply = namespace_accepts(client, object, error);
    if (reply == REPLY_OK)
        reply = name_fits(object, error);
    const struct admitted *admitted = NULL;
    if (reply == REPLY_OK && object->kind == KIND_POD)
        reply = pod_admit(client, (struct pod *)object, &admitted, error);
    const struct object *present = reply == REPLY_OK ? name_object(client, meta) : NULL;
    if (reply == REPLY_OK && admitted != NULL)
        reply = pod_admit_check(admitted, (const struct pod *)object, error);
    if (reply == REPLY_OK)
        reply = quota_admit(client, object, NULL, error);
    /* What was charged stays charged, until the quota is counted again. */
    if (present != NULL && reply == REPLY_OK)
        reply = refuse_taken(error, present);
    if (reply != REPLY_OK) {
        object_drop(object);
        return reply;
    }
    if (meta->uid.low == 0)
        meta->uid = identity_uid(client->cluster->identities, meta, client->now);
    if (object->kind == KIND_JOB)
        job_select_pods(&client->cluster->codec, (struct job *)object);
    note_write(client, "create", NULL, object);
    pod_admissions_note(client->cluster->pod_admissions, object);
    if (stored != NULL)
        *stored = object;
    const bool created = store_create(store_of(client), object, client->now);
    assert(created);
    client_wrote(client, NULL, object);
    return REPLY_CREATED;
}

/* --- change ------------------------------------------------------------------------- */

/* What no update changes: identity, and the deletion once it was asked for. */
static void keep_identity(struct meta *after, const struct meta *before)
{
    after->uid = before->uid;
    after->created = before->created;
    after->deleting = before->deleting;
    after->deletion = before->deletion;
    after->deletion_grace_seconds = before->deletion_grace_seconds;
    after->generation = before->generation;
}

static const struct text *new_finalizer(const struct meta *before, const struct meta *after)
{
    for (uint32_t i = 0; after->finalizers != NULL && i < after->finalizers->count; i++)
        if (!finalizers_have(before->finalizers, after->finalizers->items[i]->s))
            return after->finalizers->items[i];
    return NULL;
}

bool client_remove_finished(struct client *client, const struct object *before,
                            struct object *after)
{
    const struct meta *was = meta_of(before), *is = meta_of(after);
    if (!was->deleting || was->deletion_grace_seconds > 0 || is->finalizers != NULL)
        return false;
    if (after->kind == KIND_NAMESPACE &&
        ((const struct namespace_object *)after)->spec_finalizers != NULL)
        return false;
    /* The last state watchers see is the one before the finalizer went, as in the real server. */
    struct object *last = object_copy(before);
    object_drop(after);
    client_remove(client, last);
    return true;
}

enum reply client_remove(struct client *client, struct object *last)
{
    last->cause = run_note(client->cluster->run, client->now, client->cause, "remove",
                           traced_kind(last), last->space, last->name, NULL);
    pod_admissions_note(client->cluster->pod_admissions, last);
    const struct object *before = store_get(store_of(client), object_key(last));
    store_remove(store_of(client), last, client->now);
    client_wrote(client, before, NULL);
    return REPLY_OK;
}

/* What is known of labels beside the API's object. */
static void note_labels(const struct object *before, struct object *after)
{
    if (after->kind == KIND_POD) {
        const struct pod *was = pod_of(before);
        struct pod *is = (struct pod *)after;
        is->of_template =
            was->of_template && owners_equal(is->meta.owners, was->meta.owners) &&
            (is->meta.labels == was->meta.labels || labels_have(is->meta.labels, was->meta.labels));
    } else if (after->kind == KIND_REPLICASET) {
        const struct replicaset *was = (const struct replicaset *)before;
        struct replicaset *is = (struct replicaset *)after;
        is->relabelled =
            was->relabelled || !labels_equal(is->template->labels, was->template->labels);
    }
}

enum reply client_store(struct client *client, const char *verb, const struct object *before,
                        struct object *after)
{
    share_unchanged(after, before);
    if (is_unchanged(before, after)) {
        object_drop(after);
        return REPLY_OK;
    }
    if (client_remove_finished(client, before, after))
        return REPLY_OK;
    note_labels(before, after);
    client_note_manager(client, verb, before, after);
    note_write(client, verb, before, after);
    pod_admissions_note(client->cluster->pod_admissions, after);
    store_replace(store_of(client), after, client->now);
    client_wrote(client, before, after);
    return REPLY_OK;
}

/* rest.BeforeUpdate, and the write. Takes the reference. */
static enum reply write_change(struct client *client, const char *verb, const struct object *before,
                               struct object *after, struct error *error)
{
    const struct meta *was = meta_of(before);
    struct meta *is = (struct meta *)after;
    keep_identity(is, was);
    const struct text *added = was->deleting ? new_finalizer(was, is) : NULL;
    if (added != NULL) {
        enum reply reply = reply_refuse(
            error, REPLY_INVALID,
            "%s \"%s\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be "
            "added if "
            "the object is being deleted, found new finalizers []string{\"%s\"}",
            kind_infos[after->kind].name, text_s(after->name), added->s);
        object_drop(after);
        return reply;
    }
    const struct kind_info *info = &kind_infos[after->kind];
    if (info->spec_changed != NULL && info->spec_changed(before, after))
        is->generation++;
    if (after->kind == KIND_DAEMONSET)
        daemonset_count_templates(client->cluster->run->texts, (struct daemonset *)after,
                                  daemonset_of(before));
    return client_store(client, verb, before, after);
}

/* The stored version an update is meant for; NULL with the reply when there is none, or when it
 * is not the one the record was copied from (a record of no version replaces any). */
static const struct object *find_updated(struct client *client, const struct object *object,
                                         enum reply *reply, struct error *error)
{
    *reply = client_call(client, error);
    if (*reply != REPLY_OK)
        return NULL;
    const struct object *before = store_get(store_of(client), object_key(object));
    if (before == NULL)
        *reply = reply_missing(error, object_key(object));
    else if (object->version != 0 && object->version != before->version)
        *reply = reply_conflict(error, object_key(object),
                                "the object has been modified; please apply your changes to the "
                                "latest version and try again");
    return *reply == REPLY_OK ? before : NULL;
}

enum reply client_update(struct client *client, struct object *object, struct error *error)
{
    enum reply reply;
    const struct object *before = find_updated(client, object, &reply, error);
    if (before == NULL) {
        object_drop(object);
        return reply;
    }
    if (kind_infos[object->kind].take_status != NULL)
        kind_infos[object->kind].take_status(object, before);
    reply = quota_admit(client, object, before, error);
    if (reply != REPLY_OK) {
        object_drop(object);
        return reply;
    }
    return write_change(client, "update", before, object, error);
}

/* Of the metadata, the strategy of a Deployment's status keeps the stored labels only: its
 * controller writes the revision, an annotation, together with the status. */
static void take_annotations(struct meta *into, const struct meta *from)
{
    const struct labels *annotations = labels_hold(from->annotations);
    labels_drop(into->annotations);
    into->annotations = annotations;
}

enum reply client_update_status(struct client *client, struct object *object, struct error *error)
{
    enum reply reply;
    const struct object *before = find_updated(client, object, &reply, error);
    if (before == NULL) {
        object_drop(object);
        return reply;
    }
    struct object *after = object_copy(before);
    assert(kind_infos[object->kind].take_status != NULL);
    kind_infos[object->kind].take_status(after, object);
    if (after->kind == KIND_DEPLOYMENT)
        take_annotations((struct meta *)after, meta_of(object));
    object_drop(object);
    return write_change(client, "update-status", before, after, error);
}

enum reply client_patch(struct client *client, struct object_key key, change_fn *change,
                        void *context, struct error *error)
{
    const enum reply reply = client_call(client, error);
    if (reply != REPLY_OK)
        return reply;
    const struct object *before = store_get(store_of(client), key);
    if (before == NULL)
        return reply_missing(error, key);
    struct object *after = object_copy(before);
    if (!change(after, context)) {
        object_drop(after);
        return REPLY_OK;
    }
    return write_change(client, "patch", before, after, error);
}
