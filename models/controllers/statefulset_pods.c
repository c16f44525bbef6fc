/* One pod of a StatefulSet: made with its claims, deleted, put right, and what is said of it.
 *
 * Follows pkg/controller/statefulset/stateful_pod_control.go of the release named in
 * docs/fidelity.md. */
#include <stdio.h>
#include <string.h>

#include "models/cluster/cluster.h"
#include "models/api/planted.h"
#include "models/cluster/pod_admission.h"
#include "models/controllers/statefulset_private.h"

static const char name_label[] = "statefulset.kubernetes.io/pod-name",
                  index_label[] = "apps.kubernetes.io/pod-index",
                  revision_label[] = "controller-revision-hash";

const char *stateful_pod_revision(const struct pod *pod)
{
    const char *revision = labels_get(pod->meta.labels, revision_label);
    return revision != NULL ? revision : "";
}

bool stateful_pod_identity_matches(const struct pod *pod)
{
    const char *name = labels_get(pod->meta.labels, name_label);
    return name != NULL && strcmp(name, name_of(pod)) == 0;
}

/* ---- events ---- */

enum verb { CREATE, UPDATE, DELETE };

/* `error` without a text: it went well. */
static void say(struct stateful_sync *sync, enum verb verb, const char *pod,
                const struct error *error)
{
    static const struct {
        const char *word, *success, *failure;
    } verbs[] = {
        { "Create", "SuccessfulCreate", "FailedCreate" },
        { "Update", "SuccessfulUpdate", "FailedUpdate" },
        { "Delete", "SuccessfulDelete", "FailedDelete" },
    };
    const struct object *about = &sync->set->meta.object;
    if (error->text == NULL)
        client_event(sync->client, about, false, verbs[verb].success,
                     "%s Pod %s in StatefulSet %s successful", verbs[verb].word, pod,
                     name_of(sync->set));
    else
        client_event(sync->client, about, true, verbs[verb].failure,
                     "%s Pod %s in StatefulSet %s failed error: %s", verbs[verb].word, pod,
                     name_of(sync->set), error->text);
}

/* ---- identity ---- */

/* The labels of a pod by name and place: a new reference. */
static const struct labels *with_identity(struct texts *texts, const struct labels *labels,
                                          const char *name, int64_t ordinal)
{
    char index[24];
    snprintf(index, sizeof index, "%lld", (long long)ordinal);
    const struct labels *named = labels_with(texts, labels, name_label, name);
    const struct labels *indexed = labels_with(texts, named, index_label, index);
    labels_drop(named);
    return indexed;
}

static struct object *pod_new(const struct stateful_sync *sync,
                              const struct stateful_replica *replica)
{
    const struct codec *codec = &sync->client->cluster->codec;
    const struct pod_template *template = replica->revision->template;
    const struct value *metadata = value_get(template->document, "metadata");
    struct object *object = object_new(object_kinds, KIND_POD);
    struct pod *pod = (struct pod *)object;
    object->space = text_hold(sync->set->meta.object.space);
    object->name =
        text_format(codec->texts, "%s-%lld", name_of(sync->set), (long long)replica->ordinal);
    pod->meta.generate_name = text_format(codec->texts, "%s-", name_of(sync->set));
    const struct labels *named =
        with_identity(codec->texts, template->labels, name_of(object), replica->ordinal);
    pod->meta.labels =
        labels_with(codec->texts, named, revision_label, text_s(replica->revision->name));
    labels_drop(named);
    pod->meta.annotations = labels_hold(template->annotations);
    pod->meta.owners =
        owners_of_controller(codec->texts, &sync->set->meta, "apps/v1", "StatefulSet");
    pod->meta.finalizers = finalizers_from_value(codec->texts, value_get(metadata, "finalizers"));
    pod->spec = statefulset_pod_spec(codec, sync->set, template, replica->ordinal);
    pod->node_name = text_hold(pod->spec->node_name);
    pod->gated = pod->spec->scheduling_gate_count > 0;
    pod->phase = POD_PENDING;
    pod_mark_templated(object);
    return object;
}

/* ---- create, delete, update ---- */

bool stateful_pod_create(struct stateful_sync *sync, const struct stateful_replica *replica)
{
    struct object *pod = pod_new(sync, replica);
    const struct text *name = text_hold(pod->name);
    struct error error = { 0 };
    enum reply reply = REPLY_OK;
    if (stateful_claims_create(sync, replica->ordinal, &error))
        reply = client_create(sync->client, pod, NULL, &error);
    else
        object_drop(pod);
    if (PLANTED(PLANTED_ORDINAL_TWICE) && reply == REPLY_ALREADY_EXISTS) {
        struct delete_options now = { .grace_seconds = 0 };
        client_delete(sync->client, (struct object_key){ KIND_POD, sync->key.space, name }, now,
                      NULL);
    }
    /* A name that is still taken is no news: the pod before it is on its way out. */
    const bool silent = reply == REPLY_ALREADY_EXISTS;
    struct error late = { 0 };
    if (reply == REPLY_CREATED && !stateful_claims_update(sync, replica->ordinal, NULL, &late))
        say(sync, UPDATE, text_s(name), &late);
    else if (!silent)
        say(sync, CREATE, text_s(name), &error);
    const bool done = error.text == NULL && late.text == NULL;
    error_close(&error);
    error_close(&late);
    text_drop(name);
    return done;
}

bool stateful_pod_delete(struct stateful_sync *sync, const struct pod *pod)
{
    struct error error = { 0 };
    const enum reply reply = client_delete(sync->client, object_key(&pod->meta.object),
                                           delete_options_default(), &error);
    say(sync, DELETE, name_of(pod), &error);
    error_close(&error);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND;
}

static bool name_it(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    const struct labels *labels =
        with_identity(object->name->home, meta->labels, name_of(object), *(int64_t *)context);
    labels_drop(meta->labels);
    meta->labels = labels;
    return true;
}

bool stateful_pod_update(struct stateful_sync *sync, const struct stateful_replica *replica)
{
    struct error error = { 0 };
    int64_t ordinal = replica->ordinal;
    if (stateful_claims_update(sync, ordinal, replica->pod, &error) &&
        !stateful_pod_identity_matches(replica->pod))
        client_patch(sync->client, object_key(&replica->pod->meta.object), name_it, &ordinal,
                     &error);
    say(sync, UPDATE, name_of(replica->pod), &error);
    const bool done = error.text == NULL;
    error_close(&error);
    return done;
}
