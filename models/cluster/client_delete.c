/* Deleting objects: grace, finalizers and the propagation to what they own.
 *
 * Follows apiserver pkg/registry/rest/delete.go, pkg/registry/generic/registry/store.go and the pod
 * and namespace strategies of the release named in docs/fidelity.md. Simplified: where the
 * real server writes a pod's last deletion grace of 0 and removes the pod right after, here
 * the removal alone is written and carries that state. */
#include "models/cluster/client_private.h"

#include <stdio.h>
#include <string.h>

#include "models/api/pod.h"
#include "models/api/policy.h"

static const char foreground[] = "foregroundDeletion", orphan[] = "orphan";

static bool same_uid(struct uid a, struct uid b)
{
    return a.high == b.high && a.low == b.low;
}

static void kind_text(const struct object *object, char text[RESOURCE_TEXT])
{
    const char *version = kind_infos[object->kind].api_version;
    const char *slash = version != NULL ? strchr(version, '/') : NULL;
    snprintf(text, RESOURCE_TEXT, "%s%s%.*s", kind_infos[object->kind].name, slash ? "." : "",
             slash ? (int)(slash - version) : 0, version ? version : "");
}

/* Namespaces that every cluster has stay (plugin NamespaceLifecycle). */
static enum reply check_immortal(struct object_key key, struct error *error)
{
    static const char *const names[] = { "default", "kube-system", "kube-public" };
    for (size_t i = 0; key.kind == KIND_NAMESPACE && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], text_s(key.name)) == 0)
            return reply_refuse(error, REPLY_FORBIDDEN,
                                "namespaces \"%s\" is forbidden: this namespace may not be deleted",
                                names[i]);
    return REPLY_OK;
}

static enum reply check_preconditions(const struct object *object, struct delete_options options,
                                      struct error *error)
{
    const struct uid uid = meta_of(object)->uid;
    char kind[RESOURCE_TEXT]; /* this message names the kind: "Deployment.apps" */
    kind_text(object, kind);
    char wanted[UID_TEXT], found[UID_TEXT];
    if (options.uid != NULL && !same_uid(*options.uid, uid))
        return reply_refuse(
            error, REPLY_CONFLICT,
            "Operation cannot be fulfilled on %s \"%s\": the UID in the precondition (%s) "
            "does not match the UID in record (%s). The object might have been deleted and "
            "then recreated",
            kind, text_s(object->name), uid_print(*options.uid, wanted), uid_print(uid, found));
    if (options.version != 0 && options.version != object->version)
        return reply_refuse(
            error, REPLY_CONFLICT,
            "Operation cannot be fulfilled on %s \"%s\": the ResourceVersion in the "
            "precondition (%llu) does not match the ResourceVersion in record (%llu). The "
            "object might have been modified",
            kind, text_s(object->name), (unsigned long long)options.version,
            (unsigned long long)object->version);
    return REPLY_OK;
}

/* --- finalizers of the garbage collector ---------------------------------------------- */

static bool orphans_by_default(enum kind kind)
{
    return kind == KIND_REPLICATIONCONTROLLER || kind == KIND_JOB;
}

/* Which of its two finalizers the garbage collector is to find: NULL for none. */
static const char *propagation_finalizer(const struct meta *object, enum propagation propagation)
{
    switch (propagation) {
    case PROPAGATE_FOREGROUND:
        return foreground;
    case PROPAGATE_ORPHAN:
        return orphan;
    case PROPAGATE_BACKGROUND:
        return NULL;
    case PROPAGATE_DEFAULT:
        break;
    }
    if (finalizers_have(object->finalizers, orphan))
        return orphan;
    if (finalizers_have(object->finalizers, foreground))
        return foreground;
    return orphans_by_default(object->object.kind) ? orphan : NULL;
}

static void drop_finalizer(struct meta *object, const char *name)
{
    const struct finalizers *left = finalizers_without(object->finalizers, name);
    finalizers_drop(object->finalizers);
    object->finalizers = left;
}

static void set_propagation(struct texts *texts, struct meta *object, enum propagation propagation)
{
    const char *wanted = propagation_finalizer(object, propagation);
    const char *const both[] = { foreground, orphan };
    for (int i = 0; i < 2; i++)
        if (wanted != both[i] && finalizers_have(object->finalizers, both[i]))
            drop_finalizer(object, both[i]);
    if (wanted == NULL || finalizers_have(object->finalizers, wanted))
        return;
    const struct finalizers *more = finalizers_with(texts, object->finalizers, wanted);
    finalizers_drop(object->finalizers);
    object->finalizers = more;
}

/* --- grace ---------------------------------------------------------------------------- */

static void mark(struct meta *object, sim_time now, int64_t grace_seconds)
{
    if (!object->deleting && object->generation > 0)
        object->generation++;
    object->deleting = true;
    object->deletion = sim_time_after(now, grace_seconds * SIM_SECOND);
    object->deletion_grace_seconds = grace_seconds < INT32_MAX ? (int32_t)grace_seconds : INT32_MAX;
}

/* podStrategy.CheckGracefulDelete. */
static int64_t first_grace(const struct pod *pod, int64_t asked)
{
    if (pod->node_name == NULL || pod_is_terminal(pod))
        return 0;
    const int64_t grace = asked >= 0 ? asked : pod->spec->termination_grace_seconds;
    return grace < 0 ? 1 : grace;
}

/* Set a pod's grace: its first one, or a shorter one. False when a grace already runs that
 * nobody asked to shorten. */
static bool pod_set_grace(struct pod *pod, int64_t asked, sim_time now)
{
    struct meta *meta = &pod->meta;
    if (!meta->deleting) {
        mark(meta, now, first_grace(pod, asked));
        return true;
    }
    if (meta->deletion_grace_seconds == 0)
        return true; /* only finalizers kept it */
    if (asked < 0 || asked >= meta->deletion_grace_seconds)
        return false;
    mark(meta, now, asked);
    return true;
}

/* --- the verbs ------------------------------------------------------------------------ */

/* pkg/registry/core/namespace/storage: a namespace terminates until its finalizers are gone. */
static enum reply delete_namespace(struct client *client, const struct object *before)
{
    struct namespace_object *after = (struct namespace_object *)object_copy(before);
    if (after->spec_finalizers == NULL && after->meta.finalizers == NULL)
        return client_remove(client, &after->meta.object);
    if (!after->meta.deleting) {
        after->meta.deleting = true;
        after->meta.deletion = client->now;
        after->meta.deletion_grace_seconds = -1;
        after->terminating = true;
    }
    return client_store(client, "delete", before, &after->meta.object);
}

static enum reply delete_pod(struct client *client, const struct object *before,
                             struct delete_options options)
{
    struct pod *after = (struct pod *)object_copy(before);
    if (!pod_set_grace(after, options.grace_seconds, client->now)) {
        object_drop(&after->meta.object);
        return REPLY_OK;
    }
    set_propagation(client->cluster->run->texts, &after->meta, options.propagation);
    if (after->meta.finalizers == NULL && after->meta.deletion_grace_seconds == 0)
        return client_remove(client, &after->meta.object);
    return client_store(client, "delete", before, &after->meta.object);
}

static enum reply delete_plain(struct client *client, const struct object *before,
                               struct delete_options options)
{
    struct object *after = object_copy(before);
    struct meta *meta = (struct meta *)after;
    set_propagation(client->cluster->run->texts, meta, options.propagation);
    if (meta->finalizers == NULL)
        return client_remove(client, after);
    if (!meta->deleting)
        mark(meta, client->now, 0);
    return client_store(client, "delete", before, after);
}

enum reply client_delete_object(struct client *client, const struct object *object,
                                struct delete_options options)
{
    if (object->kind == KIND_POD)
        return delete_pod(client, object, options);
    if (object->kind == KIND_NAMESPACE)
        return delete_namespace(client, object);
    return delete_plain(client, object, options);
}

enum reply client_delete(struct client *client, struct object_key key,
                         struct delete_options options, struct error *error)
{
    enum reply reply = client_call(client, error);
    if (reply != REPLY_OK)
        return reply;
    const struct object *object = store_get(client->cluster->store, key);
    if (object == NULL)
        return reply_missing(error, key);
    reply = check_immortal(key, error);
    if (reply == REPLY_OK)
        reply = check_preconditions(object, options, error);
    if (reply != REPLY_OK)
        return reply;
    return client_delete_object(client, object, options);
}
