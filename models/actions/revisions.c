/* Revisions of Deployments, DaemonSets and StatefulSets, and the way back to one. */
#include "models/actions/revisions.h"

#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/workloads.h"
#include "models/cluster/patch.h"

bool kind_has_revisions(enum kind kind)
{
    return kind == KIND_DEPLOYMENT || kind == KIND_DAEMONSET || kind == KIND_STATEFULSET;
}

/* --- finding ------------------------------------------------------------------------------ */

static int64_t number_of(const struct object *object)
{
    const char *text =
        labels_get(meta_of(object)->annotations, "deployment.kubernetes.io/revision");
    if (object->kind == KIND_CONTROLLERREVISION)
        return value_int(value_get(meta_of(object)->document, "revision"), 0);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

static bool is_of(const struct object *object, const struct object *workload)
{
    const struct owner *controller = meta_controller(meta_of(object));
    return controller != NULL && uid_equal(controller->uid, meta_of(workload)->uid);
}

struct revision revision_next(const struct client *client, const struct object *workload,
                              int64_t after)
{
    const enum kind kind =
        workload->kind == KIND_DEPLOYMENT ? KIND_REPLICASET : KIND_CONTROLLERREVISION;
    struct revision found = { 0 };
    for (struct cache_cursor c = client_list_namespace(client, kind, workload->space);
         cache_next(&c);) {
        const int64_t number = number_of(c.object);
        if (is_of(c.object, workload) && number > after &&
            (found.object == NULL || number < found.number))
            found = (struct revision){ c.object, number };
    }
    return found;
}

struct revision revision_find(const struct client *client, const struct object *workload,
                              int64_t number)
{
    const struct revision none = { 0 };
    struct revision newest = none, before = none, next = none;
    while ((next = revision_next(client, workload, next.number)).object != NULL) {
        if (next.number == number)
            return next;
        before = newest;
        newest = next;
    }
    return number == 0 ? before : none;
}

/* --- going back ----------------------------------------------------------------------------- */

/* A ReplicaSet's template as its Deployment had it. */
static struct value *template_of(const struct replicaset *set)
{
    struct value *template = value_hold(set->template->document);
    if (value_path(template, "metadata", "labels", "pod-template-hash", NULL) == NULL)
        return template;
    struct value **metadata = value_slot(value_own(&template), "metadata");
    struct value **labels = value_slot(value_own(metadata), "labels");
    value_remove(value_own(labels), "pod-template-hash");
    return template;
}

/* Annotations that a rollback leaves as the Deployment has them. */
static bool stays(const char *key)
{
    static const char *const keys[] = {
        last_applied,
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void copy_annotations(struct value *into, const struct labels *from, bool those_that_stay)
{
    for (uint32_t i = 0; from != NULL && i < from->count; i++)
        if (stays(from->items[i].key->s) == those_that_stay)
            value_set(into, from->items[i].key->s, value_new_string(text_s(from->items[i].value)));
}

static void restore_deployment(struct value **document, const struct object *workload,
                               const struct object *set)
{
    struct value *annotations = value_new_map();
    copy_annotations(annotations, meta_of(workload)->annotations, true);
    copy_annotations(annotations, meta_of(set)->annotations, false);
    value_put(document, template_of((const struct replicaset *)set), "spec", "template", NULL);
    value_put(document, annotations, "metadata", "annotations", NULL);
}

/* A ControllerRevision keeps a strategic merge patch that puts its template in place. */
static void restore_by_patch(struct value **document, const struct object *revision)
{
    const struct value *patch = value_get(meta_of(revision)->document, "data");
    const struct schema_kind *kind = schema_kind(value_text(value_get(*document, "apiVersion"), ""),
                                                 value_text(value_get(*document, "kind"), ""));
    struct error error = { 0 };
    struct value *changed = patch_strategic(*document, patch, kind->type, &error);
    if (changed != NULL) {
        value_drop(*document);
        *document = changed;
    }
    error_close(&error);
}

struct value *revision_restore(const struct codec *codec, const struct object *workload,
                               struct revision revision)
{
    struct value *document = kind_infos[workload->kind].print(codec, workload);
    if (workload->kind == KIND_DEPLOYMENT)
        restore_deployment(&document, workload, revision.object);
    else
        restore_by_patch(&document, revision.object);
    return document;
}

bool revision_is_present(const struct codec *codec, const struct object *workload,
                         struct revision revision)
{
    struct value *present = kind_infos[workload->kind].print(codec, workload);
    struct value *restored = revision_restore(codec, workload, revision);
    const bool same = value_equal(value_path(present, "spec", "template", NULL),
                                  value_path(restored, "spec", "template", NULL));
    value_drop(restored);
    value_drop(present);
    return same;
}
